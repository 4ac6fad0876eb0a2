"""Every linear model against statsmodels on random designs with holes, and its covariance against dummy regressions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st

from eventstudy.errors import InputError, Reason
from eventstudy.returns.models import (
    CAPM,
    FF3,
    FF5,
    Block,
    Carhart,
    DimsonModel,
    EstimationResult,
    FactorModel,
    LinearModel,
    MarketAdjustedModel,
    MarketModel,
    MeanAdjustedModel,
    RawModel,
)
from tests.returns.made_up_blocks import made_up_block

# Two orthogonal factorisations of one well-conditioned design agree to far more digits than this.
CLOSE = 1e-10
MODELS: dict[str, LinearModel] = {
    "mean_adjusted": MeanAdjustedModel(),
    "market": MarketModel("M"),
    "market and sector": MarketModel("M", also=("SECTOR", "peers")),
    "capm": CAPM(),
    "capm, zero alpha": CAPM(alpha=False),
    "factors": FactorModel(("mkt_rf", "mom")),
    "ff3": FF3(),
    "ff5": FF5(),
    "carhart": Carhart(),
}


def reference(model: LinearModel, block: Block, event: int) -> tuple[object, np.ndarray, np.ndarray, np.ndarray]:
    """Return the fit of statsmodels, the rows used, and left side and rows of the event window."""
    constant = not (isinstance(model, CAPM) and not model.alpha)
    x, x_event = block.x[event], block.x_event[event]
    y, y_event = block.y[event], block.y_event[event]
    if block.risk_free is not None and block.risk_free_event is not None:
        y, y_event = y - block.risk_free[event], y_event - block.risk_free_event[event]
    if constant:
        x, x_event = np.column_stack([np.ones(len(x)), x]), np.column_stack([np.ones(len(x_event)), x_event])
    used = np.isfinite(y) & np.isfinite(x).all(axis=1)
    return sm.OLS(y[used], x[used]).fit(), used, y_event, x_event


def block_for(model: LinearModel, seed: int, missing: float) -> Block:
    return made_up_block(seed, columns=len(model.regressors), missing=missing, excess=model.excess)


@pytest.mark.parametrize("name", MODELS)
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), missing=st.sampled_from([0.0, 0.1]))
def test_equals_statsmodels(name: str, seed: int, missing: float) -> None:
    model = MODELS[name]
    block = block_for(model, seed, missing)
    result = model.fit(block)
    for event in range(3):
        fit, used, y_event, x_event = reference(model, block, event)
        coefficients = result.parameters[event][-len(fit.params) :]
        np.testing.assert_allclose(coefficients, fit.params, rtol=CLOSE, atol=1e-13)
        np.testing.assert_allclose(result.sigma[event], np.sqrt(fit.mse_resid), rtol=CLOSE)
        np.testing.assert_allclose(result.residuals[event][used], fit.resid, rtol=0, atol=1e-14)
        abnormal = block.y_event[event] - result.expected[event]
        np.testing.assert_allclose(abnormal, y_event - x_event @ fit.params, rtol=0, atol=1e-14)
        assert (result.n_obs[event], result.dof[event]) == (used.sum(), fit.df_resid)
        exact = fit.mse_resid * np.eye(7) + x_event @ fit.cov_params() @ x_event.T
        # In units of the variances, whose rounding an element has that cancels: the two halves of the reference differ.
        unit = np.sqrt(np.outer(np.diag(exact), np.diag(exact)))
        np.testing.assert_allclose(covariance(result, event) / unit, exact / unit, rtol=1e-9, atol=1e-14)


def covariance(result: EstimationResult, event: int) -> np.ndarray:
    return np.diag(result.noise[event]) + result.spread[event] @ result.spread[event].T


@pytest.mark.parametrize("name", MODELS)
def test_car_variance_is_that_of_the_dummy_regression(name: str) -> None:
    """Salkever (1976): one dummy an event day; the sum of their coefficients is the CAR, with its exact variance."""
    model = MODELS[name]
    block = block_for(model, 11, 0.1)
    result = model.fit(block)
    for event in range(3):
        fit, used, y_event, x_event = reference(model, block, event)
        k = x_event.shape[1]
        stacked = np.block([[fit.model.exog, np.zeros((used.sum(), 7))], [x_event, np.eye(7)]])
        pooled = sm.OLS(np.concatenate([fit.model.endog, y_event]), stacked).fit()
        window = np.zeros(k + 7)
        window[k + 2 : k + 5] = 1.0
        dummies = pooled.t_test(window)
        car = (block.y_event[event] - result.expected[event])[2:5].sum()
        weights = window[k:]
        assert car == pytest.approx(float(dummies.effect[0]), rel=CLOSE)
        variance = weights @ covariance(result, event) @ weights
        assert np.sqrt(variance) == pytest.approx(float(dummies.sd[0, 0]), rel=CLOSE)


def test_zero_alpha_reports_an_alpha_of_zero() -> None:
    result = CAPM(alpha=False).fit(made_up_block(1, excess=True))
    np.testing.assert_array_equal(result.parameters[:, 0], 0.0)
    assert result.dof.tolist() == [79, 79, 79]


def test_capm_takes_the_riskless_return_off_a_market_that_is_no_factor() -> None:
    block = made_up_block(2, excess=True)
    assert block.risk_free is not None
    assert block.risk_free_event is not None
    whole = replace(
        block,
        x=block.x + block.risk_free[..., None],
        x_event=block.x_event + block.risk_free_event[..., None],
        factor=(False,),
    )
    np.testing.assert_allclose(CAPM("M").fit(whole).expected, CAPM().fit(block).expected, rtol=1e-9, atol=1e-15)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), missing=st.sampled_from([0.0, 0.1]))
def test_models_without_parameters(seed: int, missing: float) -> None:
    block = made_up_block(seed, missing=missing)
    for model, expected in ((RawModel(), np.zeros_like(block.y)), (MarketAdjustedModel("M"), block.x[..., 0])):
        result = model.fit(block)
        for event in range(3):
            ar = (block.y - expected)[event]
            ar = ar[~np.isnan(ar)]
            assert result.sigma[event] == pytest.approx(ar.std(ddof=1), rel=CLOSE)
            assert result.dof[event] == len(ar) - 1
        uncentred = replace(model, centred=False).fit(block)
        assert uncentred.sigma[event] == pytest.approx(np.sqrt((ar**2).mean()), rel=CLOSE)
        assert uncentred.dof[event] == len(ar)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), missing=st.sampled_from([0.0, 0.1]))
def test_returns_over_several_sessions_are_weighted_least_squares(seed: int, missing: float) -> None:
    """Maynes and Rumsey (1993): weights 1/n on ``r = a n + b (sum of r_m)``; statsmodels' WLS."""
    rng = np.random.default_rng(seed)
    block = made_up_block(seed, missing=missing)
    span, span_event = rng.integers(1, 4, block.y.shape), rng.integers(1, 4, block.y_event.shape)
    result = MarketModel("M").fit(replace(block, span=span.astype(float), span_event=span_event.astype(float)))
    for event in range(3):
        design = np.column_stack([span[event], block.x[event, :, 0]])
        used = np.isfinite(block.y[event]) & np.isfinite(design).all(axis=1)
        fit = sm.WLS(block.y[event][used], design[used], weights=1.0 / span[event][used]).fit()
        ahead = np.column_stack([span_event[event], block.x_event[event, :, 0]])
        np.testing.assert_allclose(result.parameters[event], fit.params, rtol=CLOSE, atol=1e-13)
        assert result.sigma[event] ** 2 == pytest.approx(fit.mse_resid, rel=CLOSE)
        np.testing.assert_allclose(result.expected[event], ahead @ fit.params, rtol=0, atol=1e-14)
        exact = fit.mse_resid * np.diag(span_event[event]) + ahead @ fit.cov_params() @ ahead.T
        # In units of the variances, whose rounding an element has that cancels: the two halves of the reference differ.
        unit = np.sqrt(np.outer(np.diag(exact), np.diag(exact)))
        np.testing.assert_allclose(covariance(result, event) / unit, exact / unit, rtol=1e-9, atol=1e-14)
        np.testing.assert_allclose(result.residuals[event][used], fit.wresid, rtol=0, atol=1e-14)


def test_degenerate_designs_name_the_column() -> None:
    block = made_up_block(5, columns=3, excess=True)
    block.x[0, :, 2] = block.x[0, :, 1]  # two identical factors
    block.x[1, :, 0] = 0.0003  # a factor that does not move
    block.y[2] = 0.001  # a constant return in excess of a riskless one that moves
    assert block.risk_free is not None
    result = FF3().fit(replace(block, risk_free=np.zeros_like(block.risk_free)))
    assert [str(each) for each in result.reason] == ["degenerate_estimation"] * 3
    assert result.detail.tolist() == [
        "hml does not vary apart from the columns before it",
        "mkt_rf does not vary apart from the columns before it",
        "the residuals are all zero",
    ]
    single = replace(block, y=np.where(np.arange(80) < 1, block.y, np.nan))
    assert FF3().fit(single).detail.tolist() == ["1 complete rows, 7 needed"] * 3


def test_dynamic_dimson_is_the_regression_on_leads_and_lags() -> None:
    block = made_up_block(7, margin=(2, 1), missing=0.05)
    result = DimsonModel("M", p=2, q=1, dynamic=True).fit(block)
    for event in range(3):
        market = block.x[event, 2:82, 0]  # leads and lags stay inside the window
        shifted = np.full((80, 4), np.nan)
        for column, lag in enumerate((0, -2, -1, 1)):
            rows = np.arange(max(0, -lag), min(80, 80 - lag))
            shifted[rows, column] = market[rows + lag]
        used = np.isfinite(block.y[event]) & np.isfinite(shifted).all(axis=1)
        fit = sm.OLS(block.y[event][used], sm.add_constant(shifted[used])).fit()
        m = block.x_event[event, :, 0]
        ahead = np.column_stack([np.ones(7), m[2:9], m[0:7], m[1:8], m[3:10]])
        np.testing.assert_allclose(result.expected[event], ahead @ fit.params, rtol=0, atol=1e-14)
        exact = fit.mse_resid * np.eye(7) + ahead @ fit.cov_params() @ ahead.T
        # In units of the variances, whose rounding an element has that cancels: the two halves of the reference differ.
        unit = np.sqrt(np.outer(np.diag(exact), np.diag(exact)))
        np.testing.assert_allclose(covariance(result, event) / unit, exact / unit, rtol=1e-9, atol=1e-14)
        assert result.dof[event] == fit.df_resid
        assert result.parameters[event, 1] == pytest.approx(fit.params[1:].sum(), rel=1e-9)
    assert result.reason.tolist() == [Reason.OK] * 3


def test_options_that_can_not_be() -> None:
    with pytest.raises(InputError, match=r"columns is \['smb', 'smb'\]"):
        FactorModel(("smb", "smb"))
    with pytest.raises(InputError, match="p is -1 and q is 1"):
        DimsonModel(p=-1)
    with pytest.raises(InputError, match="fowler_rorke needs p equal to q"):
        DimsonModel(p=2, q=1, fowler_rorke=True)
