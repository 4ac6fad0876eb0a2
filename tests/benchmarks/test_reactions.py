"""How long the ladders of 59 symbols with half a year of five-minute bars take; run with --benchmark-only."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from eventstudy.bars import BarPanel
from eventstudy.events import Events, place
from eventstudy.panels import PricePanel
from eventstudy.reactions import daily_prices, measure_reactions
from tests.made_up import FIRST, SESSIONS

SYMBOLS, DAYS = 59, 124
# Half of the bars of the extended hours, all of the regular ones.
EARLY, REGULAR, LATE = range(8 * 60, 570, 10), range(570, 960, 5), range(960, 1020, 10)


@pytest.fixture(scope="module")
def bars() -> BarPanel:
    rng = np.random.default_rng(3)
    minutes = np.array([*EARLY, *REGULAR, *LATE])
    days = SESSIONS[FIRST : FIRST + DAYS].astype("datetime64[m]")
    times = (days[:, None] + minutes.astype("timedelta64[m]")).ravel().astype(str)
    frames = []
    for number in range(SYMBOLS):
        price = 100 * np.exp(np.cumsum(rng.normal(0, 0.001, len(times))))
        fields = dict.fromkeys(("open", "high", "low", "close"), price)
        frames.append(pd.DataFrame({"time": times, "symbol": f"S{number:02d}", **fields, "volume": 1000.0}))
    return BarPanel.from_frame(pd.concat(frames, ignore_index=True), interval=300, label="start", zone="exchange")


@pytest.fixture(scope="module")
def prices(bars: BarPanel) -> PricePanel:
    return daily_prices(bars)


@pytest.fixture(scope="module")
def events() -> Events:
    """Return two reports of every symbol, after the close."""
    rows = [
        {"symbol": f"S{number:02d}", "announced_at": f"{SESSIONS[FIRST + day + number % 7]}T21:15Z"}
        for number in range(SYMBOLS)
        for day in (45, 108)
    ]
    return Events.from_frame(pd.DataFrame(rows))


def test_all_ladders(benchmark: Any, bars: BarPanel, prices: PricePanel, events: Events) -> None:
    placed = place(events)
    options = {"benchmark": "S00", "bars": bars, "quote": None}
    reactions = benchmark(measure_reactions, events, placed, prices, **options)
    assert len(reactions) == 2 * SYMBOLS
    assert all(each.has_bars for each in reactions)
