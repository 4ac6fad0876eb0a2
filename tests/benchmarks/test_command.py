"""The whole command on made-up prices: read, align, estimate, every closed-form test, files and page; no time asserted.

``EVENTSTUDY_FULL_BENCHMARK=1`` takes 10,000 events of 200 symbols.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from eventstudy.calendars import get_calendar
from eventstudy.inference import TESTS

SYMBOLS, EACH, SESSIONS = (200, 50, 3_500) if os.environ.get("EVENTSTUDY_FULL_BENCHMARK") == "1" else (10, 10, 1_000)
# They draw, or estimate donors.
APART = {"placebo", "synthetic_placebo"}
CONFIG = """
name: made-up
events: {{source: csv, path: events.csv}}
prices: {{source: parquet, path: prices.parquet}}
benchmark: MKT
windows:
  estimation: [-260, -11]
  event: [-10, 10]
  named: {{day0: [0, 0], week: [-2, 2], all: [-10, 10]}}
tests: [{tests}]
report: [html]
reaction: {reaction}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with made-up prices of closes, and announcements after the close at random sessions."""
    made, rng = tmp_path_factory.mktemp("command"), np.random.default_rng(0)
    sessions = get_calendar("XNYS").sessions[-SESSIONS - 500 : -500]
    market = rng.normal(0, 0.01, SESSIONS)
    prices = [pd.DataFrame({"date": sessions, "symbol": "MKT", "close": 100 * np.exp(np.cumsum(market))})]
    events = []
    for number in range(SYMBOLS):
        own = 50 * np.exp(np.cumsum(0.9 * market + rng.normal(0, 0.02, SESSIONS)))
        prices.append(pd.DataFrame({"date": sessions, "symbol": f"S{number:04d}", "close": own}))
        days = np.sort(rng.choice(np.arange(300, SESSIONS - 40), EACH, replace=False))
        events.append(pd.DataFrame({"symbol": f"S{number:04d}", "date": sessions[days].astype(str), "timing": "amc"}))
    pd.concat(prices, ignore_index=True).to_parquet(made / "prices.parquet")
    pd.concat(events, ignore_index=True).to_csv(made / "events.csv", index=False)
    return made


@pytest.mark.parametrize("reaction", ["true", "false"])
def test_the_whole_command(benchmark: BenchmarkFixture, folder: Path, reaction: str) -> None:
    names = [name for name in TESTS.names() if name not in APART and not hasattr(TESTS.get(name), "draws")]
    (folder / "study.yaml").write_text(CONFIG.format(tests=", ".join(names), reaction=reaction))
    command = [sys.executable, "-m", "eventstudy", "run", "study.yaml"]
    home = str(Path(__file__).parents[2])

    def run() -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            command, cwd=folder, env=os.environ | {"PYTHONPATH": home}, check=True, capture_output=True
        )

    benchmark.pedantic(run, rounds=1)
    written = folder / "results" / "made-up"
    assert len(pd.read_csv(written / "cars.csv")) == 3 * SYMBOLS * EACH
    assert {*pd.read_csv(written / "tests.csv")["test"]} == {*names}
    assert len(pd.read_csv(written / "reactions.csv")) == (17 * SYMBOLS * EACH if reaction == "true" else 0)
    assert (written / "report.html").exists()
