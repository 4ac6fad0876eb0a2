"""GARCH and EGARCH market models: the likelihood, the forecasts, the fallbacks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from arch import arch_model

from eventstudy.errors import UnknownNameError
from eventstudy.returns.models import Block, EGARCHModel, GARCHModel, MarketModel
from eventstudy.returns.variance_paths import Volatility, egarch_path, garch_path


def clustered(seed: int = 3, sessions: int = 500, days: int = 8, gap: int = 10) -> Block:
    """Return two events whose disturbances are GARCH(1,1)."""
    rng = np.random.default_rng(seed)
    length = sessions + days
    market, e = rng.normal(0.0004, 0.01, (2, length)), np.empty((2, length))
    h = np.full(2, 4e-4)
    for t in range(length):
        e[:, t] = np.sqrt(h) * rng.normal(size=2)
        h = 2e-5 + 0.10 * e[:, t] ** 2 + 0.85 * h
    y = 0.0005 + 1.1 * market + e
    y[1, rng.integers(0, sessions, 20)] = np.nan
    return Block(y[:, :sessions], market[:, :sessions, None], y[:, sessions:], market[:, sessions:, None], gap=gap)


def log_likelihood(parameters: np.ndarray, y: np.ndarray, x: np.ndarray, start: float) -> float:
    """The normal quasi-likelihood of METHODS 2.5, h_1 made from the sample variance, written out."""
    alpha, beta, omega, a, g = parameters
    e, h, total = y - alpha - beta * x, start, 0.0
    before = start
    for shock in e:
        h = omega + a * before + g * h
        total -= 0.5 * (np.log(2 * np.pi) + np.log(h) + shock**2 / h)
        before = shock**2
    return total


def test_garch_is_at_the_maximum_of_the_likelihood() -> None:
    block = clustered()
    result = GARCHModel("M").fit(block)
    least = MarketModel("M").fit(block)
    assert result.detail.tolist() == ["", ""]
    for event in range(2):
        used = np.isfinite(block.y[event])
        y, x = block.y[event, used], block.x[event, used, 0]
        start = float(np.mean(least.residuals[event, used] ** 2))
        best = log_likelihood(result.parameters[event], y, x, start)
        found = result.parameters[event]
        # An optimiser stops where the likelihood is flat: no step of a thousandth gains more than it could see.
        for place in range(5):
            for step in (-1e-3, 1e-3):
                moved = found.copy()
                moved[place] += step * abs(found[place])
                assert log_likelihood(moved, y, x, start) <= best + 1e-5
        assert best > log_likelihood(np.array([*least.parameters[event], start, 0.0, 0.0]), y, x, start) + 5


def test_garch_equals_arch_with_its_own_start() -> None:
    """The same package by its own front door; its backcast of h_1 is another, so that a few digits differ."""
    block = clustered(sessions=2000)
    result = GARCHModel("M").fit(block)
    y, x = 100 * block.y[0], 100 * block.x[0, :, 0]
    found = arch_model(y, x=x, mean="ARX", lags=0, rescale=False).fit(disp="off")
    np.testing.assert_allclose(result.parameters[0, 0] * 100, found.params.iloc[0], atol=3e-3)
    np.testing.assert_allclose(result.parameters[0, 1], found.params.iloc[1], rtol=1e-3)
    np.testing.assert_allclose(result.parameters[0, 3:], found.params.iloc[3:], atol=5e-3)
    robust = found.param_cov.iloc[:2, :2].to_numpy()
    rows = np.column_stack([np.ones(8), block.x_event[0, :, 0]])
    theirs = rows @ (robust * np.outer([0.01, 1.0], [0.01, 1.0])) @ rows.T
    np.testing.assert_allclose(result.spread[0] @ result.spread[0].T, theirs, rtol=0.05)


def test_forecast_counts_the_days_of_the_gap() -> None:
    block = clustered()
    near, far = GARCHModel("M").fit(replace(block, gap=0)), GARCHModel("M").fit(block)
    omega, a, g = near.parameters[0, 2:]
    long_run = omega / (1 - a - g)
    assert far.noise[0, 0] == pytest.approx(long_run + (a + g) ** 10 * (near.noise[0, 0] - long_run), rel=1e-9)
    np.testing.assert_allclose(near.noise[0, 1:] - long_run, (a + g) * (near.noise[0, :-1] - long_run), rtol=1e-9)
    after = GARCHModel("M").fit(replace(block, gap=-600))
    np.testing.assert_allclose(after.noise[0], long_run, rtol=1e-12)


def test_updated_variances_react_to_the_event_and_forecasts_do_not() -> None:
    block = clustered()
    shocked = replace(block, y_event=block.y_event + np.where(np.arange(8) == 3, 0.3, 0.0))
    for model in (GARCHModel("M"), EGARCHModel("M")):
        np.testing.assert_array_equal(model.fit(block).noise, model.fit(shocked).noise)
        updated = replace(model, variance="updated")
        calm, loud = updated.fit(block).noise, updated.fit(shocked).noise
        np.testing.assert_array_equal(calm[:, :4], loud[:, :4])
        assert (loud[:, 4] > 2 * calm[:, 4]).all()
    result = replace(GARCHModel("M"), variance="updated").fit(shocked)
    omega, a, g = result.parameters[0, 2:]
    ar = shocked.y_event[0] - result.expected[0]
    np.testing.assert_allclose(result.noise[0, 1:], omega + a * ar[:-1] ** 2 + g * result.noise[0, :-1], rtol=1e-9)


def test_egarch_forecast_is_the_expectation_of_simulated_variances() -> None:
    path = Volatility(omega=-0.4, arch=0.2, garch=0.95, asymmetry=-0.1, last=3e-4, shock=-0.03, logs=True)
    found = egarch_path(path, 1, np.full(6, np.nan))
    rng = np.random.default_rng(1)
    z = rng.normal(size=(400_000, 6))
    first = path.shock / np.sqrt(path.last)
    logs = path.omega + path.garch * np.log(path.last) + path.arch * (abs(first) - np.sqrt(2 / np.pi))
    h = np.full(len(z), logs + path.asymmetry * first)
    for day in range(6):
        simulated = np.exp(h)
        # Six standard errors of the simulated mean.
        assert found[day] == pytest.approx(simulated.mean(), abs=6 * simulated.std() / np.sqrt(len(z)) + 1e-15)
        u = path.arch * (np.abs(z[:, day]) - np.sqrt(2 / np.pi)) + path.asymmetry * z[:, day]
        h = path.omega + path.garch * h + u
    median = egarch_path(path, 1, np.full(6, np.nan), expectation=False)
    assert median[0] == pytest.approx(found[0], rel=1e-12)
    assert (median[1:] < found[1:]).all()


def test_garch_path_by_hand() -> None:
    path = Volatility(omega=0.1, arch=0.1, garch=0.8, asymmetry=0.0, last=1.0, shock=2.0)
    np.testing.assert_allclose(garch_path(path, 3, np.full(1, np.nan)), [1.0 + 0.9**2 * 0.3])
    np.testing.assert_allclose(garch_path(path, 1, np.array([1.0, np.nan, np.nan])), [1.3, 1.24, 1.216])
    np.testing.assert_allclose(garch_path(path, 0, np.full(2, np.nan)), [1.0, 1.0])


def test_fallbacks_are_least_squares_with_a_note() -> None:
    block = clustered(sessions=200)
    result, least = GARCHModel("M").fit(block), MarketModel("M").fit(block)
    assert result.detail[0] == "least squares: 200 returns, 250 needed"
    np.testing.assert_array_equal(result.expected, least.expected)
    np.testing.assert_array_equal(result.noise, least.noise)
    np.testing.assert_array_equal(result.parameters[:, 3:], 0.0)
    np.testing.assert_array_equal(result.parameters[:, 2], least.sigma**2)
    rng = np.random.default_rng(0)
    e = 0.01 * np.cumsum(rng.normal(size=500)) * rng.normal(size=500)  # a variance that wanders off
    block = clustered()
    wild = replace(block, y=np.stack([block.x[0, :, 0] + e, block.y[1]]))
    found = GARCHModel("M").fit(wild)
    assert found.detail[0].startswith("least squares: ")
    assert found.detail[1] == ""


def test_egarch_parameters_are_of_decimals() -> None:
    block = clustered(sessions=2000)
    result = EGARCHModel("M").fit(block)
    omega, _, _, garch = result.parameters[0, 2:]
    # The long-run variance of the logarithm is that of the process, 2e-5 / 0.05, but for Jensen.
    assert np.exp(omega / (1 - garch)) == pytest.approx(4e-4, rel=0.5)


def test_options_that_are_none() -> None:
    with pytest.raises(UnknownNameError, match="variance of garch"):
        GARCHModel(variance="realised")
    with pytest.raises(UnknownNameError, match="distribution of egarch"):
        EGARCHModel(distribution="cauchy")


def test_student_disturbances() -> None:
    result = GARCHModel("M", distribution="t").fit(clustered(sessions=1000))
    assert result.detail.tolist() == ["", ""]
    assert np.isfinite(result.noise).all()
