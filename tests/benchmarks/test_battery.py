"""Every closed-form test across events, on five windows; nothing here asserts a time.

``EVENTSTUDY_FULL_BENCHMARK=1`` takes a million events.
"""

from __future__ import annotations

import os
from dataclasses import replace

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from eventstudy.execution import Engine
from eventstudy.inference import TESTS, Sample, TestResult
from eventstudy.inference.battery import run_tests
from eventstudy.returns import MarketModel, Regressors, Windows, measure_abnormal_returns
from tests.benchmarks.panels import WINDOWS, made_up_panel, made_up_places

EVENTS = 1_000_000 if os.environ.get("EVENTSTUDY_FULL_BENCHMARK") == "1" else 3_000
NAMED = {"day0": (0, 0), "before": (-10, -1), "week": (-2, 2), "after": (1, 10), "all": (-10, 10)}
# One result an event, or draws.
APART = {"t", "joint_f", "placebo", "synthetic_placebo"}


@pytest.mark.parametrize("how", ["serial", "threads"])
def test_every_closed_form_on_five_windows(benchmark: BenchmarkFixture, how: str) -> None:
    panel = made_up_panel(10_000 if EVENTS > 10_000 else 100, 15_000 if EVENTS > 10_000 else 4_000)
    windows = Windows(estimation=WINDOWS.estimation, event=WINDOWS.event, named=NAMED)
    aligned = replace(made_up_places(panel, EVENTS), windows=windows)
    names = [name for name in TESTS.names() if name not in APART and not hasattr(TESTS.get(name), "draws")]
    tests = [TESTS.get(name)() for name in names]
    needs = tuple(dict.fromkeys(need for test in tests for need in test.needs))
    members, every = {"all": np.ones(EVENTS, dtype=bool)}, np.arange(EVENTS)
    dates, ids, engine = panel.listing.calendars[0].sessions[aligned.day0], aligned.attrition.event_id, Engine(name=how)

    def run() -> list[TestResult]:
        abnormal, held = measure_abnormal_returns(
            aligned, panel, MarketModel("MKT"), Regressors(panel), needs=needs, groups=members, engine=engine
        )
        cars = abnormal.cars(engine).values()
        drawn = [("all", Sample.of(abnormal, each, every, ids, held["all"], day0=dates)) for each in cars]
        return [each.outcome for each in run_tests(tests, drawn, engine)]

    results = benchmark.pedantic(run, rounds=1)
    assert len(results) == len(tests) * len(NAMED)
    assert {result.test for result in results if np.isfinite(result.p_value)} >= set(names) - {"portfolio", "hotelling"}
