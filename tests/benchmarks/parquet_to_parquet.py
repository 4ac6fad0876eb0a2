"""Print what a study costs from files to files: prices and events in Parquet, every table in Parquet, no tests.

    python -m tests.benchmarks.parquet_to_parquet 1e6

The data are made up: 10,000 symbols of up to 15,000 sessions, about 37 million returns in a long file sorted by symbol
and date, and events at random places. They are written to a folder; a fresh process then reads them, estimates the
market model with the exact standard errors of abnormal returns and CARs, and writes its tables. With ``--folder`` the
files stay there, and are found again the next time.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from eventstudy.execution import Engine
from eventstudy.prepare import digests
from eventstudy.reactions import Reactions
from eventstudy.reports import ParquetReport
from eventstudy.result import StudyResult
from eventstudy.sources import ParquetEvents, ParquetPrices
from eventstudy.study import Study
from tests.benchmarks.panels import WINDOWS, made_up_panel, made_up_places

SYMBOLS, SESSIONS = 10_000, 15_000


def make_files(folder: Path, events: int, symbols: int = SYMBOLS, sessions: int = SESSIONS) -> None:
    """Write made-up returns and events, prices.parquet and events.parquet, where they are not there yet."""
    if (folder / "events.parquet").exists():
        return
    panel = made_up_panel(symbols, sessions)
    listing, names = panel.listing, np.array(panel.listing.symbols, dtype=object)
    code = np.repeat(np.arange(symbols), listing.lengths)
    symbol = pa.array(names).take(pa.array(code))
    pq.write_table(
        pa.table({"date": listing.dates(), "symbol": symbol, "return": panel.values}), folder / "prices.parquet"
    )
    places = made_up_places(panel, events)
    date = places.dates(listing)
    # A list of events comes in the order of their dates.
    order = np.argsort(date, kind="stable")
    columns = {
        "event_id": np.arange(events).astype(str),
        "symbol": names[places.code[order]],
        "date": date[order],
        "timing": ["during"] * events,
    }
    pq.write_table(pa.table(columns), folder / "events.parquet")


def made_up_study() -> Study:
    """Return the study: one model and its exact standard errors, on the compiled path and two threads."""
    engine = Engine(name="threads", workers=2, path="compiled")
    return Study(windows=WINDOWS, models=["market"], benchmark="MKT", tests=[], reaction=False, engine=engine)


def steps(folder: Path) -> Iterator[str]:
    """Run the study on the files of a folder and write its tables beside them; give the name of each step done."""
    study = made_up_study()
    events = ParquetEvents(path=folder / "events.parquet").events()
    yield "read events"
    prices = ParquetPrices(path=folder / "prices.parquet", kind="returns").prices()
    yield "read prices"
    with ThreadPoolExecutor(1) as aside:
        inputs = aside.submit(digests, {"events": events, "prices": prices}, study.engine)
        prepared = study.prepare(events, prices)
        yield "place, screen and align"
        models, groups = study.estimate(prepared)
        yield "estimate"
    reactions = Reactions.none(prepared.events, prepared.placed, prices)
    result = StudyResult.of(study, prepared, models, groups, reactions, inputs.result())
    results = result.results
    yield "summary"
    ParquetReport().write(results, folder / "results")
    yield "write"


def main(arguments: Sequence[str] | None = None) -> None:
    """Make the files, and print the seconds of each step of a fresh process."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("events", type=lambda text: int(float(text)))
    parser.add_argument("--symbols", type=int, default=SYMBOLS)
    parser.add_argument("--folder", type=Path, help="where the files stay")
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args(arguments)
    if asked.measure:
        measure(asked.folder)
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = asked.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        make_files(folder, asked.events, asked.symbols)
        command = [sys.executable, "-m", __spec__.name, str(asked.events), "--folder", str(folder), "--measure"]
        subprocess.run(command, check=True)


def measure(folder: Path) -> None:
    """Print the seconds of each step in this process: wall, and processor in the program and in the system."""
    # To free a gigabyte that an earlier run has left takes a third of a second.
    shutil.rmtree(folder / "results", ignore_errors=True)
    print(f"{'':26}{'wall':>7}{'user':>7}{'system':>8}")
    began, used = time.perf_counter(), os.times()
    first, all_used = began, used
    for name in steps(folder):
        now, spent = time.perf_counter(), os.times()
        print(f"{name:26}{now - began:7.2f}{spent.user - used.user:7.2f}{spent.system - used.system:8.2f}", flush=True)
        began, used = now, spent
    user, system = used.user - all_used.user, used.system - all_used.system
    print(f"{'in all':26}{began - first:7.2f}{user:7.2f}{system:8.2f}")
    print(f"peak memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.2f} GiB")


if __name__ == "__main__":
    main(sys.argv[1:])
