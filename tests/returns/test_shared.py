"""The shared factorisation against the general one, which is checked against statsmodels."""

from __future__ import annotations

import numpy as np
import pytest

from eventstudy.returns import paths
from eventstudy.returns.linear import least_squares
from eventstudy.returns.remade import as_rows
from tests.returns.designs import factorised, fit_shared


@pytest.mark.parametrize("columns", [1, 2, 4, 6])
@pytest.mark.parametrize("constant", [True, False])
def test_equals_the_general_fit(columns: int, constant: bool) -> None:
    rng = np.random.default_rng(columns)
    x, ahead = rng.normal(0.001, 0.01, (5, 120, columns)), rng.normal(0.001, 0.01, (5, 9, columns))
    if constant:
        x[..., 0] = ahead[..., 0] = 1.0
    date = rng.integers(0, 5, 40)
    y = (x[date] @ rng.normal(0, 1, (40, columns, 1)))[..., 0] + rng.normal(0, 0.02, (40, 120))
    designs = factorised(x, ahead)
    general, shared = least_squares(y, x[date], ahead[date]), fit_shared(y, designs, date)
    for name in ("coefficients", "sigma", "r_squared"):
        np.testing.assert_allclose(getattr(shared, name), getattr(general, name), rtol=1e-10, atol=1e-13)
    np.testing.assert_allclose(designs.spread[date], general.spread, rtol=1e-10, atol=1e-13)
    np.testing.assert_allclose(as_rows(shared.residuals), general.residuals, rtol=0, atol=1e-14)
    np.testing.assert_array_equal(shared.dof, general.dof)


def adversarial(kind: str, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return the returns of 40 events, (40, 250), and a factor, of one of the kinds that break careless sums."""
    factor, noise = rng.normal(0, 0.01, 250), rng.normal(0, 0.02, (40, 250))
    usual = 0.8 * factor + noise
    if kind == "early outliers":
        usual[:, :2] = 100.0, 5000.0
    elif kind == "volatility falls 2,500-fold":
        usual[:, 125:] /= 2500.0
    elif kind == "tiny returns after a noisy period":
        usual[:, 5:] *= 1e-6
    elif kind == "level 1e3":
        usual += 1e3
    elif kind == "level 1e6":
        usual = 1e6 + 100.0 * usual
    elif kind == "R2 = 1 - 1e-6":
        usual = factor + 1e-3 * 0.01 * noise / 0.02
    elif kind == "R2 = 1 - 1e-10":
        usual = factor + 1e-5 * 0.01 * noise / 0.02
    return usual, factor


def residual_variance(y: np.ndarray, factor: np.ndarray) -> np.ndarray:
    """Return it from two passes in 80 bits."""
    dx, dy = factor.astype(np.longdouble), y.astype(np.longdouble)
    dx, dy = dx - dx.mean(), dy - dy.mean(axis=1, keepdims=True)
    beta = (dy @ dx) / (dx @ dx)
    return (((dy - beta[:, None] * dx) ** 2).sum(axis=1) / (len(factor) - 2)).astype(np.float64)


@pytest.mark.parametrize("path", [paths.NUMPY, paths.COMPILED])
@pytest.mark.parametrize(
    "kind",
    [
        "ordinary returns",
        "early outliers",
        "volatility falls 2,500-fold",
        "tiny returns after a noisy period",
        "level 1e3",
        "level 1e6",
        "R2 = 1 - 1e-6",
        "R2 = 1 - 1e-10",
    ],
)
def test_adversarial_series(kind: str, path: str) -> None:
    y, factor = adversarial(kind, np.random.default_rng(7))
    design = np.stack([np.ones(250), factor], axis=1)[None]
    with paths.running(path):
        found = fit_shared(y, factorised(design, design[:, :1]), np.zeros(40, int)).sigma ** 2
    np.testing.assert_allclose(found, residual_variance(y, factor), rtol=1e-9)


@pytest.mark.parametrize("path", [paths.NUMPY, paths.COMPILED])
@pytest.mark.parametrize(("level", "noise"), [(1e3, 1.0), (1e6, 1.0), (0.0, 1e-8)])
def test_levels_of_a_unit_factor(level: float, noise: float, path: str) -> None:
    rng = np.random.default_rng(7)
    factor = rng.normal(0, 1, 250)
    y = (level + 0.8 * factor + noise * rng.normal(0, 1, 250))[None]
    design = np.stack([np.ones(250), factor], axis=1)[None]
    with paths.running(path):
        found = fit_shared(y, factorised(design, design[:, :1]), np.array([0])).sigma ** 2
    np.testing.assert_allclose(found, residual_variance(y, factor), rtol=1e-9)


@pytest.mark.parametrize("path", [paths.NUMPY, paths.COMPILED])
def test_a_stale_price_has_no_variance_at_all(path: str) -> None:
    factor = np.random.default_rng(2).normal(0, 0.01, 250)
    design = np.stack([np.ones(250), factor], axis=1)[None]
    with paths.running(path):
        fit = fit_shared(np.zeros((1, 250)), factorised(design, design[:, :1]), np.zeros(1, int))
    assert fit.sigma.tolist() == [0.0]
    assert fit.coefficients.tolist() == [[0.0, 0.0]]


def test_unusable_dates_are_told_apart() -> None:
    rng = np.random.default_rng(1)
    x = np.concatenate([np.ones((4, 60, 1)), rng.normal(0, 0.01, (4, 60, 1))], axis=2)
    x[1, 7, 1] = np.nan
    x[2, :, 1] = 0.01
    ahead = x[:, :3].copy()
    ahead[3, 1, 1] = np.nan
    designs = factorised(x, ahead)
    assert designs.usable.tolist() == [True, False, False, True]
    assert np.isnan(designs.spread[3]).all(axis=1).tolist() == [False, True, False]
    too_short = factorised(np.ones((1, 1, 2)), np.ones((1, 1, 2)))
    assert too_short.usable.tolist() == [False]


def test_perfect_and_stale_series() -> None:
    factor = np.random.default_rng(2).normal(0, 0.01, 50)
    design = np.stack([np.ones(50), factor], axis=1)[None]
    fit = fit_shared(
        np.stack([0.001 + 1.2 * factor, np.zeros(50)]), factorised(design, design[:, :2]), np.zeros(2, int)
    )
    assert fit.sigma.tolist() == [0.0, 0.0]
    assert np.isnan(fit.r_squared[1])


def test_an_event_does_not_depend_on_its_neighbours() -> None:
    rng = np.random.default_rng(3)
    x = np.concatenate([np.ones((6, 80, 1)), rng.normal(0, 0.01, (6, 80, 1))], axis=2)
    y, date, designs = rng.normal(0, 0.02, (300, 80)), rng.integers(0, 6, 300), factorised(x, x[:, :4])
    together = fit_shared(y, designs, date)
    for event in (0, 123, 299):
        alone = fit_shared(y[event : event + 1], designs, date[event : event + 1])
        assert alone.coefficients.tobytes() == together.coefficients[event].tobytes()
        assert alone.sigma[0].tobytes() == together.sigma[event].tobytes()
