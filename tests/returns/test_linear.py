"""Least squares against statsmodels, and the forecast covariance against the dummy-variable regression."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st

from eventstudy.returns.linear import least_squares

# Two orthogonal factorisations of one well-conditioned design agree to far more digits than this.
CLOSE = 1e-10


def draw(seed: int, events: int, rows: int, columns: int, missing: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = np.concatenate([np.ones((events, rows, 1)), rng.normal(0, 0.01, (events, rows, columns - 1))], axis=2)
    y = (x @ rng.normal(0, 1, (events, columns, 1)))[..., 0] + rng.normal(0, 0.02, (events, rows))
    y[rng.random(y.shape) < missing] = np.nan
    x[rng.random(x.shape) < missing / 2] = np.nan
    x[..., 0] = 1.0
    ahead = np.concatenate([np.ones((events, 7, 1)), rng.normal(0, 0.01, (events, 7, columns - 1))], axis=2)
    return y, x, ahead


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 4), st.sampled_from([0.0, 0.1]))
def test_equals_statsmodels(seed: int, columns: int, missing: float) -> None:
    y, x, ahead = draw(seed, 3, 60, columns, missing)
    fit = least_squares(y, x, ahead)
    for event in range(3):
        used = np.isfinite(y[event]) & np.isfinite(x[event]).all(axis=1)
        reference = sm.OLS(y[event][used], x[event][used]).fit()
        np.testing.assert_allclose(fit.coefficients[event], reference.params, rtol=CLOSE, atol=1e-13)
        np.testing.assert_allclose(fit.sigma[event], np.sqrt(reference.mse_resid), rtol=CLOSE)
        np.testing.assert_allclose(fit.residuals[event][used], reference.resid, rtol=0, atol=1e-13)
        assert np.isnan(fit.residuals[event][~used]).all()
        assert fit.n_obs[event] == used.sum()
        assert fit.dof[event] == reference.df_resid
        np.testing.assert_allclose(fit.r_squared[event], reference.rsquared, rtol=1e-8, atol=1e-12)
        covariance = fit.sigma[event] ** 2 * fit.spread[event] @ fit.spread[event].T
        np.testing.assert_allclose(
            covariance, ahead[event] @ reference.cov_params() @ ahead[event].T, rtol=1e-9, atol=1e-16
        )


def test_covariance_is_that_of_the_dummy_regression() -> None:
    """Salkever (1976): one dummy an event day makes its coefficient the abnormal return, covariance and all."""
    y, x, ahead = draw(3, 1, 80, 2, 0.0)
    y_ahead = np.random.default_rng(4).normal(0, 0.02, 7)
    fit = least_squares(y, x, ahead)
    stacked = np.block([[x[0], np.zeros((80, 7))], [ahead[0], np.eye(7)]])
    pooled = sm.OLS(np.concatenate([y[0], y_ahead]), stacked).fit()
    abnormal = y_ahead - ahead[0] @ fit.coefficients[0]
    covariance = fit.sigma[0] ** 2 * (np.eye(7) + fit.spread[0] @ fit.spread[0].T)
    np.testing.assert_allclose(abnormal, pooled.params[2:], rtol=CLOSE)
    np.testing.assert_allclose(covariance, pooled.cov_params()[2:, 2:], rtol=CLOSE)


def test_mikkelson_partch_closed_form() -> None:
    """Mikkelson and Partch (1988): L + L^2/M + (sum of market deviations)^2 / sum of squares."""
    y, x, ahead = draw(5, 1, 100, 2, 0.0)
    fit = least_squares(y, x, ahead)
    market, market_ahead = x[0, :, 1], ahead[0, :, 1]
    deviation = (market_ahead - market.mean()).sum()
    expected = 7 + 49 / 100 + deviation**2 / ((market - market.mean()) ** 2).sum()
    weights = np.ones(7)
    exact = 7 + ((weights @ fit.spread[0]) ** 2).sum()
    assert exact == pytest.approx(expected, rel=CLOSE)


@pytest.mark.parametrize(
    ("column", "x"),
    [(1, np.full(30, 0.01)), (1, np.zeros(30)), (1, np.ones(30))],
    ids=["constant", "zero", "copy of the constant"],
)
def test_singular_designs_name_the_column(column: int, x: np.ndarray) -> None:
    design = np.stack([np.ones(30), x], axis=1)[None]
    fit = least_squares(np.random.default_rng(0).normal(size=(1, 30)), design, design[:, :3])
    assert fit.collinear.tolist() == [column]
    assert np.isnan(fit.coefficients).all()
    assert np.isnan(fit.sigma).all()
    assert np.isnan(fit.spread).all()


def test_identical_factors_and_too_few_rows() -> None:
    rng = np.random.default_rng(1)
    factor = rng.normal(size=30)
    twice = np.stack([np.ones(30), factor, factor], axis=1)[None]
    assert least_squares(rng.normal(size=(1, 30)), twice, twice[:, :2]).collinear.tolist() == [2]
    single = np.array([[0.01]])
    fit = least_squares(single, np.ones((1, 1, 2)), np.ones((1, 1, 2)))
    assert fit.dof.tolist() == [-1]
    assert np.isnan(fit.sigma).all()


def test_a_perfect_fit_has_sigma_zero() -> None:
    factor = np.random.default_rng(2).normal(0, 0.01, 50)
    design = np.stack([np.ones(50), factor], axis=1)[None]
    fit = least_squares((0.001 + 1.2 * factor)[None], design, design[:, :2])
    assert fit.sigma.tolist() == [0.0]
    np.testing.assert_allclose(fit.coefficients, [[0.001, 1.2]], rtol=1e-12)
    stale = least_squares(np.zeros((1, 50)), design, design[:, :2])
    assert stale.sigma.tolist() == [0.0]
    assert np.isnan(stale.r_squared).all()


@pytest.mark.parametrize(
    ("level", "noise"), [(1e3, 1.0), (1e6, 1.0), (0.0, 1e-8)], ids=["level 1e3", "level 1e6", "r2 near 1"]
)
def test_adversarial_levels(level: float, noise: float) -> None:
    """The residual variance survives levels and near-perfect fits (PERFORMANCE 3.3), to 1e-9."""
    rng = np.random.default_rng(7)
    factor = rng.normal(0, 1, 250)
    y = level + 0.8 * factor + noise * rng.normal(0, 1, 250)
    design = np.stack([np.ones(250), factor], axis=1)
    long = np.longdouble
    centred_x, centred_y = factor.astype(long) - factor.astype(long).mean(), y.astype(long) - y.astype(long).mean()
    slope = (centred_x * centred_y).sum() / (centred_x**2).sum()
    exact = ((centred_y - slope * centred_x) ** 2).sum() / 248
    fit = least_squares(y[None], design[None], design[None, :1])
    assert fit.sigma[0] ** 2 == pytest.approx(float(exact), rel=1e-9)


def test_an_event_does_not_depend_on_its_neighbours() -> None:
    y, x, ahead = draw(9, 40, 60, 2, 0.1)
    together = least_squares(y, x, ahead)
    for event in (0, 17, 39):
        alone = least_squares(y[event : event + 1], x[event : event + 1], ahead[event : event + 1])
        assert alone.coefficients.tobytes() == together.coefficients[event].tobytes()
        assert alone.sigma.tobytes() == together.sigma[event : event + 1].tobytes()
        assert alone.spread.tobytes() == together.spread[event].tobytes()
