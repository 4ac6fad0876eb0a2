"""A few symbols of a large partitioned data set are read without loading the rest; memory is measured.

``EVENTSTUDY_FULL_BENCHMARK=1`` makes the data set as large as it gets: 10,000 symbols of 15,000 sessions.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from eventstudy.calendars import get_calendar

FULL = os.environ.get("EVENTSTUDY_FULL_BENCHMARK") == "1"
SYMBOLS, SESSIONS, WANTED, MORE = (10_000, 15_000, 500, 1_500) if FULL else (400, 4_000, 20, 200)

# The peak of the process's own memory: getrusage would count what the test runner held when it started the process.
READ = """
import sys
from pathlib import Path
from eventstudy.sources import ParquetPrices
import pandas, pyarrow.dataset
from eventstudy.calendars import get_calendar
get_calendar("XNYS")
def peak():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))
before = peak()
symbols = [f"S{number:05d}" for number in range(0, int(sys.argv[2]), int(sys.argv[2]) // int(sys.argv[3]))]
panel = ParquetPrices(path=Path(sys.argv[1]), off_session="drop").prices(symbols)
print(len(panel.symbols), len(panel.close), peak() - before)
"""


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with one file a symbol: date and close of every weekday session there is."""
    folder = tmp_path_factory.mktemp("large")
    known = get_calendar("XNYS").sessions
    early = known[0] - np.arange(max(0, SESSIONS - len(known)), 0, -1)
    days = np.concatenate([early, known])[-SESSIONS:].astype("datetime64[D]")
    rng = np.random.default_rng(1)
    for number in range(SYMBOLS):
        close = 50 * np.exp(np.cumsum(rng.normal(0, 0.02, len(days))))
        place = folder / f"symbol=S{number:05d}"
        place.mkdir()
        pq.write_table(pa.table({"date": days, "close": close}), place / "part-0.parquet")
    return folder


def measure(folder: Path, wanted: int) -> tuple[int, int, int]:
    """Return symbols and values read, and the kilobytes by which the reading process grew at most."""
    command = [sys.executable, "-c", READ, str(folder), str(SYMBOLS), str(wanted)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=1200)
    symbols, values, grown = map(int, done.stdout.split())
    return symbols, values, grown


def test_memory_follows_what_is_asked_for(large: Path, record_property: Callable[[str, object], None]) -> None:
    symbols, values, grown = measure(large, WANTED)
    assert symbols == WANTED
    everything = SYMBOLS * SESSIONS * 2 * 8 / 1024
    record_property("grown_megabytes", round(grown / 1024))
    record_property("data_set_megabytes", round(everything / 1024))
    # A panel holds up to nine numbers a session, and the tables on the way to it as much again four times.
    assert grown < 60_000 + 5 * 9 * 8 * values / 1024
    more, _, grown_more = measure(large, MORE)
    assert more >= MORE
    assert grown < 0.6 * grown_more
