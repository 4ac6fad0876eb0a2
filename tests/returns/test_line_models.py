"""Thin trading and robust lines, against other implementations and closed forms."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from eventstudy.errors import InputError, Reason
from eventstudy.returns.models import (
    Block,
    DimsonModel,
    EstimationResult,
    HuberModel,
    LADModel,
    MarketModel,
    ScholesWilliamsModel,
    TheilSenModel,
    robust,
)
from eventstudy.returns.models.line import Line, LineModel
from tests.returns.made_up_blocks import made_up_block


def covariance(result: EstimationResult, event: int) -> np.ndarray:
    return np.diag(result.noise[event]) + result.spread[event] @ result.spread[event].T


def formula_2_4(result: EstimationResult, block: Block, event: int, used: np.ndarray, variance: float) -> np.ndarray:
    """METHODS 2.4, written out."""
    market = block.x[event, :, 0][used]
    residuals = result.residuals[event][used]
    n = used.sum()
    s2 = (residuals**2).sum() / (n - 2)
    assert result.sigma[event] ** 2 == pytest.approx(s2, rel=1e-10)
    d = block.x_event[event, :, 0] - market.mean()
    return s2 * (np.eye(len(d)) + 1.0 / n) + variance * np.outer(d, d)


def test_for_least_squares_the_covariance_of_a_line_is_the_exact_one() -> None:
    class LeastSquaresLine(LineModel):
        kind = "line"

        def line(self, y: np.ndarray, x: np.ndarray, used: np.ndarray) -> Line:
            market = np.where(used, x[..., 0], 0.0)
            n = used.sum(axis=1)
            mean_x, mean_y = market.sum(axis=1) / n, y.sum(axis=1) / n
            distance = np.where(used, market - mean_x[:, None], 0.0)
            squares = (distance**2).sum(axis=1)
            beta = (distance * y).sum(axis=1) / squares
            return Line(mean_y - beta * mean_x, beta, 1.0 / np.sqrt(squares))

    block = made_up_block(3, missing=0.1)
    line, exact = LeastSquaresLine("M").fit(block), MarketModel("M").fit(block)
    for event in range(3):
        np.testing.assert_allclose(covariance(line, event), covariance(exact, event), rtol=1e-9)
    np.testing.assert_allclose(line.parameters, exact.parameters, rtol=1e-10)
    np.testing.assert_allclose(line.r_squared, exact.r_squared, rtol=1e-9)


def scholes_williams(block: Block, event: int) -> tuple[float, float, float, np.ndarray]:
    """Return alpha, beta, var(beta)/s^2 and the days used, with explicit loops."""
    y, m = block.y[event], block.x[event, :, 0]
    days = [t for t in range(1, len(y) - 1) if np.isfinite([y[t], m[t - 1], m[t], m[t + 1]]).all()]
    used = np.zeros(len(y), dtype=bool)
    used[days] = True
    slopes = [stats.linregress(m[used.nonzero()[0] + lag], y[used]).slope for lag in (-1, 0, 1)]
    pairs = [(m[t - 1], m[t]) for t in range(1, len(m)) if np.isfinite([m[t - 1], m[t]]).all()]
    rho = np.corrcoef(np.array(pairs).T)[0, 1]
    beta = sum(slopes) / (1 + 2 * rho)
    z = np.array([m[t - 1] + m[t] + m[t + 1] for t in days])
    z, x = z - z.mean(), m[used] - m[used].mean()
    return y[used].mean() - beta * m[used].mean(), beta, (z**2).sum() / (z * x).sum() ** 2, used


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), missing=st.sampled_from([0.0, 0.1]))
def test_scholes_williams(seed: int, missing: float) -> None:
    block = made_up_block(seed, missing=missing)
    result = ScholesWilliamsModel("M").fit(block)
    for event in range(3):
        alpha, beta, ratio, used = scholes_williams(block, event)
        np.testing.assert_allclose(result.parameters[event], [alpha, beta], rtol=1e-9, atol=1e-13)
        assert result.n_obs[event] == used.sum()
        s2 = result.sigma[event] ** 2
        exact = formula_2_4(result, block, event, used, s2 * ratio)
        np.testing.assert_allclose(covariance(result, event), exact, rtol=1e-9)


def test_scholes_williams_with_the_sessions_next_to_the_window() -> None:
    block = made_up_block(4, margin=(1, 1))
    inner = ScholesWilliamsModel("M").fit(
        replace(
            block,
            x=block.x,
            y=np.pad(block.y, ((0, 0), (1, 1)), constant_values=np.nan),
            x_event=block.x_event[:, 1:-1],
        )
    )
    outer = ScholesWilliamsModel("M", outside=True).fit(block)
    assert outer.n_obs.tolist() == [80] * 3
    np.testing.assert_allclose(outer.sigma, inner.sigma, rtol=1e-12)
    np.testing.assert_allclose(outer.expected, inner.expected, rtol=0, atol=1e-14)


def test_leads_and_lags_do_not_leave_an_events_own_window() -> None:
    block = made_up_block(5)
    inside = np.tile((np.arange(80) >= 20) & (np.arange(80) < 60), (3, 1))
    narrowed = replace(block, y=np.where(inside, block.y, np.nan), inside=inside)
    short = replace(block, y=block.y[:, 20:60], x=block.x[:, 20:60])
    for model in (ScholesWilliamsModel("M"), DimsonModel("M", p=2, q=1)):
        wide, exact = model.fit(narrowed), model.fit(short)
        np.testing.assert_allclose(wide.parameters, exact.parameters, rtol=1e-10)
        np.testing.assert_array_equal(wide.n_obs, exact.n_obs)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), missing=st.sampled_from([0.0, 0.1]))
def test_dimson_sums_the_slopes_of_statsmodels(seed: int, missing: float) -> None:
    block = made_up_block(seed, missing=missing)
    result = DimsonModel("M").fit(block)
    for event in range(3):
        y, m = block.y[event], block.x[event, :, 0]
        rows = np.arange(1, 79)
        columns = np.column_stack([m[rows - 1], m[rows], m[rows + 1]])
        good = np.isfinite(y[rows]) & np.isfinite(columns).all(axis=1)
        fit = sm.OLS(y[rows][good], sm.add_constant(columns[good])).fit()
        used = np.zeros(80, dtype=bool)
        used[rows[good]] = True
        beta = fit.params[1:].sum()
        alpha = y[used].mean() - beta * m[used].mean()
        np.testing.assert_allclose(result.parameters[event], [alpha, beta], rtol=1e-9, atol=1e-13)
        c = np.array([0.0, 1.0, 1.0, 1.0])
        exact = formula_2_4(result, block, event, used, float(c @ fit.cov_params() @ c))
        np.testing.assert_allclose(covariance(result, event), exact, rtol=1e-9)


@pytest.mark.parametrize("reach", [1, 2])
def test_fowler_rorke_weights(reach: int) -> None:
    """(1 + rho) / (1 + 2 rho) for one lead and lag; (1 + 2 r1 + r2), (1 + r1 + r2) over 1 + 2 r1 + 2 r2 for two."""
    block = made_up_block(9, events=1, sessions=300)
    m, y = block.x[0, :, 0], block.y[0]
    r1, r2 = (np.corrcoef(m[:-lag], m[lag:])[0, 1] for lag in (1, 2))
    rows = np.arange(reach, 300 - reach)
    columns = np.column_stack([m[rows + lag] for lag in range(-reach, reach + 1)])
    slopes = sm.OLS(y[rows], sm.add_constant(columns)).fit().params[1:]
    if reach == 1:
        w = (1 + r1) / (1 + 2 * r1)
        weights = [w, 1.0, w]
    else:
        whole = 1 + 2 * r1 + 2 * r2
        near, far = (1 + 2 * r1 + r2) / whole, (1 + r1 + r2) / whole
        weights = [far, near, 1.0, near, far]
    found = DimsonModel("M", p=reach, q=reach, fowler_rorke=True).fit(block)
    assert found.parameters[0, 1] == pytest.approx(np.dot(weights, slopes), rel=1e-9)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), missing=st.sampled_from([0.0, 0.1]))
def test_huber_is_rlm_of_statsmodels(seed: int, missing: float) -> None:
    block = made_up_block(seed, missing=missing, tails=2.5)
    result = HuberModel("M").fit(block)
    for event in range(3):
        used = np.isfinite(block.y[event]) & np.isfinite(block.x[event, :, 0])
        design = sm.add_constant(block.x[event, used, 0])
        rlm = sm.RLM(block.y[event, used], design, M=sm.robust.norms.HuberT()).fit(
            maxiter=2000, tol=1e-13, conv="coefs"
        )
        # Both stop when coefficients hardly move; the iteration converges linearly, so a few digits are lost.
        np.testing.assert_allclose(result.parameters[event], rlm.params, rtol=1e-8, atol=1e-11)
        assert result.n_obs[event] == used.sum()


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), missing=st.sampled_from([0.0, 0.1]))
def test_theil_sen_is_that_of_scipy(seed: int, missing: float) -> None:
    block = made_up_block(seed, missing=missing, tails=2.5)
    result = TheilSenModel("M").fit(block)
    for event in range(3):
        used = np.isfinite(block.y[event]) & np.isfinite(block.x[event, :, 0])
        found = stats.theilslopes(block.y[event, used], block.x[event, used, 0])
        np.testing.assert_allclose(result.parameters[event], [found.intercept, found.slope], rtol=1e-10, atol=1e-15)


# Where the reference's iterations end before its own tolerance, its last step is still a line to compare with.
@pytest.mark.filterwarnings("ignore::statsmodels.tools.sm_exceptions.IterationLimitWarning")
@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), missing=st.sampled_from([0.0, 0.1]))
def test_lad_is_the_median_regression_of_statsmodels(seed: int, missing: float) -> None:
    block = made_up_block(seed, missing=missing, tails=2.5)
    result = LADModel("M").fit(block)
    for event in range(3):
        used = np.isfinite(block.y[event]) & np.isfinite(block.x[event, :, 0])
        y, design = block.y[event, used], sm.add_constant(block.x[event, used, 0])
        fit = sm.QuantReg(y, design).fit(q=0.5, max_iter=5000, p_tol=1e-10)
        ours, theirs = np.abs(y - design @ result.parameters[event]).sum(), np.abs(y - design @ fit.params).sum()
        # Theirs is iterative, ours a linear programme: ours is never above, and theirs hardly.
        assert ours <= theirs * (1 + 1e-12)
        assert theirs <= ours * (1 + 1e-4)
        # The optimum is a line through two sessions, with as much pull from above as from below.
        residuals = y - design @ result.parameters[event]
        on_the_line = np.abs(residuals) < 1e-12
        assert on_the_line.sum() >= 2
        pull = design[~on_the_line].T @ np.sign(residuals[~on_the_line])
        held = np.linalg.lstsq(design[on_the_line].T, -pull, rcond=None)[0]
        assert np.abs(held).max() <= 1 + 1e-8


@pytest.mark.parametrize("kind", [HuberModel, TheilSenModel, LADModel])
def test_robust_variances_come_from_all_residuals(kind: type[HuberModel]) -> None:
    block = made_up_block(8, missing=0.1, tails=2.5)
    result = kind("M").fit(block)
    for event in range(3):
        used = np.isfinite(block.y[event]) & np.isfinite(block.x[event, :, 0])
        market = block.x[event, used, 0]
        s2 = result.sigma[event] ** 2
        exact = formula_2_4(result, block, event, used, s2 / ((market - market.mean()) ** 2).sum())
        np.testing.assert_allclose(covariance(result, event), exact, rtol=1e-9)


@pytest.mark.parametrize("kind", [HuberModel, TheilSenModel, LADModel])
def test_recentred_lines_keep_the_slope_and_lose_the_mean(kind: type[HuberModel]) -> None:
    block = made_up_block(8)
    skewed = replace(block, y=block.y + np.random.default_rng(1).exponential(0.05, block.y.shape))
    plain, centred = kind("M").fit(skewed), kind("M", recentre=True).fit(skewed)
    assert (np.nanmean(plain.residuals, axis=1) > 0.003).all()
    np.testing.assert_allclose(np.nanmean(centred.residuals, axis=1), 0.0, atol=1e-16)
    np.testing.assert_array_equal(plain.parameters[:, 1], centred.parameters[:, 1])


def test_huber_on_a_stock_that_mostly_does_not_move() -> None:
    """Most sessions lie on the line: there is no scale, and nothing to divide by."""
    block = made_up_block(8)
    still = np.where(np.arange(80) % 5 == 0, block.y, 0.0)
    result = HuberModel("M").fit(replace(block, y=still))
    assert np.isfinite(result.parameters).all()
    assert (result.sigma > 0).all()


def test_huber_goes_to_the_end_where_half_of_the_returns_are_zero() -> None:
    """The line through the zeros is reached by ever the same share of what is left: in more than 500 steps here."""
    rng, zeros = np.random.default_rng(4), 0.55
    x, y = 0.01 * rng.standard_t(4, (40, 60, 1)), 0.03 * rng.standard_t(3, (40, 60))
    y[rng.random(y.shape) < zeros] = 0.0
    result = HuberModel("M").fit(Block(y, x, y[:, :3], x[:, :3]))
    assert result.reason.tolist() == ["ok"] * 40
    for event in range(40):
        # A step of reweighted least squares from the line leads back to it, or it is the line of the zeros.
        alpha, beta = result.parameters[event]
        size = np.abs(y[event] - alpha - beta * x[event, :, 0])
        scale = np.median(size) / stats.norm.ppf(0.75)
        if scale < 1e-9:
            np.testing.assert_allclose([alpha, beta], 0.0, atol=1e-7)
            continue
        weight = np.minimum(1.0, 1.345 * scale / np.maximum(size, 1e-300))
        again = sm.WLS(y[event], sm.add_constant(x[event]), weights=weight).fit().params
        np.testing.assert_allclose(again, [alpha, beta], rtol=1e-8)


def test_lines_that_are_not_found_have_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    block = made_up_block(8, events=2)
    monkeypatch.setattr(robust, "MOST_STEPS", 2)
    result = HuberModel("M").fit(block)
    assert result.reason.tolist() == [Reason.DEGENERATE_ESTIMATION] * 2
    assert result.detail.tolist() == ["no line was found"] * 2
    assert np.isnan(result.expected).all()
    assert np.isnan(result.sigma).all()
    # The market moves on the last session alone: on that of the session before there is no slope.
    still = np.zeros((2, 82, 1))
    still[:, 80] = 0.01
    lent = made_up_block(8, events=2, margin=(1, 1))
    result = ScholesWilliamsModel("M", outside=True).fit(replace(lent, x=still))
    assert result.detail.tolist() == ["no line was found"] * 2
    assert result.reason.tolist() == [Reason.DEGENERATE_ESTIMATION] * 2


def test_a_beta_that_is_divided_by_next_to_nothing_has_a_note() -> None:
    block = made_up_block(3, events=1)
    swings = np.where(np.arange(80) % 2 == 0, 0.01, -0.01)[None, :, None] + 0.3 * block.x
    result = ScholesWilliamsModel("M").fit(replace(block, x=swings))
    market = swings[0, :, 0]
    divisor = 1 + 2 * np.corrcoef(market[1:], market[:-1])[0, 1]
    assert divisor < 0.2
    assert result.detail.tolist() == [f"1 + 2 rho is {divisor:.2f}: beta is unreliable"]
    assert result.reason.tolist() == ["ok"]
    assert ScholesWilliamsModel("M").fit(block).detail.tolist() == [""]


def test_a_tuning_constant_of_zero_is_refused() -> None:
    with pytest.raises(InputError, match=r"tuning is 0\.0"):
        HuberModel(tuning=0.0)
