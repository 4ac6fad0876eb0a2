"""How long the engine takes an event, tier by tier; nothing here asserts a time.

``EVENTSTUDY_FULL_BENCHMARK=1`` takes a million events on 10,000 symbols of 15,000 sessions.
"""

from __future__ import annotations

import os

import numpy as np
import pytest
import statsmodels.api as sm
from pytest_benchmark.fixture import BenchmarkFixture

from eventstudy.execution import Engine
from eventstudy.panels import ReturnPanel
from eventstudy.returns import (
    AbnormalReturns,
    Aligned,
    FactorModel,
    MarketModel,
    Regressors,
    measure_abnormal_returns,
)
from tests.benchmarks.panels import made_up_factors, made_up_panel, made_up_places
from tests.benchmarks.tiers import TIERS, run_tier

FULL = os.environ.get("EVENTSTUDY_FULL_BENCHMARK") == "1"
EVENTS, SYMBOLS, SESSIONS = (1_000_000, 10_000, 15_000) if FULL else (5_000, 200, 4_000)


@pytest.fixture(scope="module")
def panel() -> ReturnPanel:
    return made_up_panel(SYMBOLS, SESSIONS)


@pytest.mark.parametrize("path", ["numpy", "compiled"])
@pytest.mark.parametrize("tier", TIERS)
def test_tiers(benchmark: BenchmarkFixture, panel: ReturnPanel, tier: str, path: str) -> None:
    aligned = made_up_places(panel, EVENTS)
    run_tier(tier, made_up_places(panel, 300), panel, Engine(path=path))
    results = benchmark.pedantic(run_tier, (tier, aligned, panel, Engine(path=path)), rounds=3)
    assert len(results) == len(TIERS[tier]) * 2


@pytest.mark.parametrize("path", ["numpy", "compiled"])
def test_five_factors(benchmark: BenchmarkFixture, panel: ReturnPanel, path: str) -> None:
    factors = made_up_factors(panel, 5)
    model, regressors, engine = FactorModel(factors.names), Regressors(panel, factors), Engine(path=path)

    def run(aligned: Aligned) -> AbnormalReturns:
        abnormal, _ = measure_abnormal_returns(aligned, panel, model, regressors, engine=engine)
        _ = abnormal.std_error
        return abnormal

    run(made_up_places(panel, 300))
    aligned = made_up_places(panel, EVENTS)
    abnormal = benchmark.pedantic(run, (aligned,), rounds=3)
    day0, code = int(aligned.day0[0]), aligned.code[:1]
    returns = panel.window(code, aligned.day0[:1] - 260, 250)[0] - factors.risk_free[0]
    fit = sm.OLS(returns, sm.add_constant(factors.values[day0 - 260 : day0 - 10])).fit()
    np.testing.assert_allclose(abnormal.estimates.parameters[0], fit.params, rtol=1e-9)


@pytest.mark.parametrize("path", ["numpy", "compiled"])
def test_a_hundred_events(benchmark: BenchmarkFixture, panel: ReturnPanel, path: str) -> None:
    aligned = made_up_places(panel, 100)
    run_tier("T1", aligned, panel, Engine(path=path))
    assert benchmark.pedantic(run_tier, ("T1", aligned, panel, Engine(path=path)), rounds=20) == []


def test_a_loop_over_statsmodels(benchmark: BenchmarkFixture, panel: ReturnPanel) -> None:
    aligned = made_up_places(panel, 50)
    codes, market = aligned.code, panel.listing.codes(["MKT"] * 50)

    def loop() -> list[float]:
        found = []
        for code, day0, other in zip(codes, aligned.day0, market, strict=True):
            y = panel.window(np.array([code]), np.array([day0 - 260]), 250)[0]
            x = panel.window(np.array([other]), np.array([day0 - 260]), 250)[0]
            found.append(float(sm.OLS(y, sm.add_constant(x)).fit().params[1]))
        return found

    found = benchmark.pedantic(loop, rounds=3)
    abnormal, _ = measure_abnormal_returns(aligned, panel, MarketModel("MKT"), Regressors(panel))
    np.testing.assert_allclose(abnormal.estimates.parameter("beta"), found, rtol=1e-10)
