"""Diagnostics against statsmodels, on residuals with holes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.stattools import durbin_watson, jarque_bera

from eventstudy.returns.diagnostics import diagnose_model, diagnose_residuals
from eventstudy.returns.models import CAPM, HuberModel, MarketModel, RawModel
from tests.returns.made_up_blocks import made_up_block


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), missing=st.sampled_from([0.0, 0.1]))
def test_equal_statsmodels(seed: int, missing: float) -> None:
    rng = np.random.default_rng(seed)
    residuals = 0.001 + 0.02 * rng.standard_t(5, (3, 90))
    residuals[rng.random(residuals.shape) < missing] = np.nan
    found = diagnose_residuals(residuals, lags=3)
    for event in range(3):
        e = residuals[event][~np.isnan(residuals[event])]
        assert found.durbin_watson[event] == pytest.approx(durbin_watson(e), rel=1e-10)
        lagged = sm.add_constant(np.column_stack([e[2:-1] ** 2, e[1:-2] ** 2, e[:-3] ** 2]))
        statistic = len(lagged) * sm.OLS(e[3:] ** 2, lagged).fit().rsquared
        assert found.arch_lm[event] == pytest.approx(statistic, rel=1e-8, abs=1e-10)
        assert found.arch_lm_p[event] == pytest.approx(stats.chi2.sf(statistic, 3), rel=1e-8)
        statistic, p_value, *_ = jarque_bera(e)
        assert found.jarque_bera[event] == pytest.approx(statistic, rel=1e-10)
        assert found.jarque_bera_p[event] == pytest.approx(p_value, rel=1e-9)
        assert found.mean_residual[event] == pytest.approx(e.mean(), rel=1e-10)
        assert found.mean_residual_t[event] == pytest.approx(e.mean() / pd.Series(e).sem(), rel=1e-10)


def test_condition_number_is_that_of_the_rows_used() -> None:
    block = made_up_block(3, missing=0.1, excess=True)
    for model in (MarketModel("M"), HuberModel("M"), CAPM()):
        found = diagnose_model(model, block, model.fit(block).residuals).condition_number
        for event in range(3):
            used = np.isfinite(block.y[event]) & np.isfinite(block.x[event, :, 0])
            fit = sm.OLS(block.y[event, used], sm.add_constant(block.x[event, used, 0])).fit()
            assert found[event] == pytest.approx(fit.condition_number, rel=1e-8)
    model = RawModel()
    assert np.isnan(diagnose_model(model, block, model.fit(block).residuals).condition_number).all()


def test_without_an_estimate_there_is_nothing_to_say() -> None:
    block = made_up_block(3)
    block.y[0] = np.nan
    model = MarketModel("M")
    found = diagnose_model(model, block, model.fit(block).residuals)
    for name in found.__dataclass_fields__:
        values = getattr(found, name)
        assert np.isnan(values[0])
        assert np.isfinite(values[1:]).all()
