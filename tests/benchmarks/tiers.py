"""Three depths of one study: estimation alone, every parametric test, every rank test."""

from __future__ import annotations

import numpy as np

from eventstudy.execution import Engine
from eventstudy.inference import TESTS, Sample, TestResult
from eventstudy.inference.battery import run_tests
from eventstudy.panels import ReturnPanel
from eventstudy.returns import Aligned, MarketModel, Regressors, measure_abnormal_returns

PARAMETRIC = ("cross_sectional", "crude_dependence", "patell", "bmp", "kolari_pynnonen", "generalized_sign")
TIERS = {
    "T1": (),
    "T3": PARAMETRIC,
    "T4": (*PARAMETRIC, "corrado_rank", "grank_t"),
}


def run_tier(tier: str, aligned: Aligned, panel: ReturnPanel, engine: Engine) -> list[TestResult]:
    """Estimate the market model with exact standard errors, and run the tests of a tier on two windows."""
    tests = [TESTS.get(name)() for name in TIERS[tier]]
    needs = tuple(dict.fromkeys(need for test in tests for need in test.needs))
    members = {"all": np.ones(len(aligned), dtype=bool)}
    abnormal, accumulated = measure_abnormal_returns(
        aligned, panel, MarketModel("MKT"), Regressors(panel), needs=needs, groups=members, engine=engine
    )
    _ = abnormal.std_errors(engine)
    every, names = np.arange(len(aligned)), aligned.attrition.event_id
    drawn = [
        ("all", Sample.of(abnormal, cars, every, names, accumulated["all"])) for cars in abnormal.cars(engine).values()
    ]
    return [each.outcome for each in run_tests(tests, drawn, engine)]
