"""How long it takes from Parquet to Parquet: run with --benchmark-only to see figures; no test fails on a time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from eventstudy.panels import PricePanel
from eventstudy.sources import ParquetEvents, ParquetPrices
from tests.benchmarks.panels import made_up_panel, made_up_places
from tests.benchmarks.parquet_to_parquet import made_up_study, make_files, steps

SYMBOLS, SESSIONS, EVENTS = 200, 15_000, 20_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("files")
    make_files(made, EVENTS, SYMBOLS, SESSIONS)
    return made


def test_a_long_file_becomes_a_panel(benchmark: Any, folder: Path) -> None:
    found: PricePanel = benchmark(ParquetPrices(path=folder / "prices.parquet", kind="returns").prices)
    made = made_up_panel(SYMBOLS, SESSIONS)
    assert found.symbols == made.listing.symbols
    np.testing.assert_array_equal(found.total_return, made.values)


def test_events_are_prepared(benchmark: Any, folder: Path) -> None:
    events = ParquetEvents(path=folder / "events.parquet").events()
    prices = ParquetPrices(path=folder / "prices.parquet", kind="returns").prices()
    prepared = benchmark(made_up_study().prepare, events, prices)
    places = made_up_places(made_up_panel(SYMBOLS, SESSIONS), EVENTS)
    np.testing.assert_array_equal(prepared.aligned.code, places.code)
    np.testing.assert_array_equal(prepared.aligned.day0, places.day0)


def test_every_event_and_day_is_written(benchmark: Any, folder: Path) -> None:
    done = benchmark.pedantic(lambda: list(steps(folder)), rounds=1)
    assert done[-1] == "write"
    assert pq.read_metadata(folder / "results" / "abnormal_returns.parquet").num_rows == EVENTS * 21
    assert pq.read_metadata(folder / "results" / "cars.parquet").num_rows == EVENTS * 2
