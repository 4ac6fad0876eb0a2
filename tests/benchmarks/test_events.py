"""How long the event loader takes: run with --benchmark-only to see figures.

``EVENTSTUDY_FULL_BENCHMARK=1`` loads a million rows.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from eventstudy.events import Events, place
from eventstudy.sources import CsvEvents

E = 100_000
ROWS = 1_000_000 if os.environ.get("EVENTSTUDY_FULL_BENCHMARK") == "1" else 100_000


def announcements(count: int) -> pd.DataFrame:
    """Return made-up announcements of 2,000 symbols in five markets, half of them with a time."""
    rng = np.random.default_rng(11)
    second = rng.integers(1_104_537_600, 1_767_225_600, count)
    time = np.char.add(second.astype("datetime64[s]").astype(str), "Z").astype(object)
    suffix = np.array(["", "", ".HK", ".L", ".T"], dtype=object)
    number = rng.integers(0, 2000, count)
    timed = np.arange(count) % 2 == 0
    return pd.DataFrame(
        {
            "event_id": np.arange(count).astype(str),
            "symbol": [f"S{each}{suffix[each % 5]}" for each in number],
            "announced_at": np.where(timed, time, ""),
            "date": second.astype("datetime64[s]").astype("datetime64[D]").astype(str),
            "timing": np.array(["BMO", "AMC", "DMH", ""], dtype=object)[rng.integers(0, 4, count)],
            "eps": rng.normal(1, 0.2, count).round(2),
        }
    )


@pytest.fixture(scope="module")
def events() -> Events:
    found = Events.from_frame(announcements(E))
    place(found)  # the calendars are made once
    return found


def test_placing_a_hundred_thousand_events(benchmark: Any, events: Events) -> None:
    placed = benchmark(place, events)
    assert len(placed.day0) == E


def test_loading_rows(benchmark: Any, tmp_path: Path) -> None:
    path = tmp_path / "events.csv"
    announcements(ROWS).to_csv(path, index=False)
    found = benchmark.pedantic(CsvEvents(path=path).events, rounds=1)
    assert len(found) == ROWS
