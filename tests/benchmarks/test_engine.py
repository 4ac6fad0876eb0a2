"""How long the engine takes an event, tier by tier; nothing here asserts a time."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from pytest_benchmark.fixture import BenchmarkFixture

from eventstudy.execution import Engine
from eventstudy.panels import ReturnPanel
from eventstudy.returns import MarketModel, Regressors, measure_abnormal_returns
from tests.benchmarks.panels import made_up_panel, made_up_places
from tests.benchmarks.tiers import TIERS, run_tier

EVENTS = 5_000


@pytest.fixture(scope="module")
def panel() -> ReturnPanel:
    return made_up_panel(200, 4_000)


@pytest.mark.parametrize("path", ["numpy", "compiled"])
@pytest.mark.parametrize("tier", TIERS)
def test_tiers(benchmark: BenchmarkFixture, panel: ReturnPanel, tier: str, path: str) -> None:
    aligned = made_up_places(panel, EVENTS)
    run_tier(tier, made_up_places(panel, 300), panel, Engine(path=path))
    results = benchmark.pedantic(run_tier, (tier, aligned, panel, Engine(path=path)), rounds=3)
    assert len(results) == len(TIERS[tier]) * 2


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
