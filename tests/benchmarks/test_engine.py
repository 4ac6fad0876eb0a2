"""How long the engine takes an event, tier by tier; nothing here asserts a time.

``EVENTSTUDY_FULL_BENCHMARK=1`` takes a million events on 10,000 symbols of 15,000 sessions.
"""

from __future__ import annotations

import os
from functools import partial

import numpy as np
import pytest
import statsmodels.api as sm
from pytest_benchmark.fixture import BenchmarkFixture

from eventstudy.execution import Engine
from eventstudy.panels import ReturnPanel
from eventstudy.returns import (
    AbnormalReturns,
    Aligned,
    ExpectedReturnModel,
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


@pytest.mark.parametrize("gaps", [True, False], ids=["gaps", "whole"])
@pytest.mark.parametrize("path", ["numpy", "compiled"])
@pytest.mark.parametrize("tier", TIERS)
def test_tiers(benchmark: BenchmarkFixture, tier: str, path: str, *, gaps: bool) -> None:
    panel = made_up_panel(SYMBOLS, SESSIONS, gaps=gaps)
    aligned = made_up_places(panel, EVENTS)
    run_tier(tier, made_up_places(panel, 300), panel, Engine(path=path))
    results = benchmark.pedantic(run_tier, (tier, aligned, panel, Engine(path=path)), rounds=3)
    assert len(results) == len(TIERS[tier]) * 2


@pytest.mark.parametrize("path", ["numpy", "compiled"])
def test_five_factors(benchmark: BenchmarkFixture, panel: ReturnPanel, path: str) -> None:
    factors = made_up_factors(panel, 5)
    estimate = partial(estimated, panel, FactorModel(factors.names), Regressors(panel, factors), path)
    estimate(made_up_places(panel, 300))
    aligned = made_up_places(panel, EVENTS)
    abnormal = benchmark.pedantic(estimate, (aligned,), rounds=3)
    day0 = int(aligned.day0[0])
    check_first(abnormal, aligned, panel, factors.values[day0 - 260 : day0 + 11], factors.risk_free[0])


@pytest.mark.parametrize("path", ["numpy", "compiled"])
def test_a_hundred_events(benchmark: BenchmarkFixture, panel: ReturnPanel, path: str) -> None:
    aligned = made_up_places(panel, 100)
    estimate = partial(estimated, panel, MarketModel("MKT"), Regressors(panel), path)
    abnormal = benchmark.pedantic(estimate, (aligned,), rounds=20, warmup_rounds=1)
    market = panel.window(np.zeros(1, dtype=np.int64), aligned.day0[:1] - 260, 271)[0]
    check_first(abnormal, aligned, panel, market)


def estimated(
    panel: ReturnPanel, model: ExpectedReturnModel, regressors: Regressors, path: str, aligned: Aligned
) -> AbnormalReturns:
    """Estimate a model, and take the exact standard errors of abnormal returns and of their sums."""
    abnormal, _ = measure_abnormal_returns(aligned, panel, model, regressors, engine=Engine(path=path))
    _ = abnormal.std_error, abnormal.cars()
    return abnormal


def check_first(
    abnormal: AbnormalReturns, aligned: Aligned, panel: ReturnPanel, x: np.ndarray, risk_free: float = 0.0
) -> None:
    """Compare parameters and standard errors of the first event with those of statsmodels."""
    y = panel.window(aligned.code[:1], aligned.day0[:1] - 260, 250)[0] - risk_free
    fit = sm.OLS(y, sm.add_constant(x[:250])).fit()
    ahead = fit.get_prediction(sm.add_constant(x[250:], has_constant="add"))
    np.testing.assert_allclose(abnormal.estimates.parameters[0], fit.params, rtol=1e-9, atol=1e-14)
    np.testing.assert_allclose(abnormal.std_error[0], ahead.se_obs, rtol=1e-9)


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
