"""Savickas' GARCH with an event dummy: a plain likelihood, arch where there is one event day, SARs across events."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from arch import arch_model
from scipy import stats

from eventstudy.config import load
from eventstudy.errors import InputError, UnknownNameError
from eventstudy.inference import BMP
from eventstudy.returns.event_garch import EventSeries, log_likelihood
from eventstudy.returns.models import Block, EGARCHModel, GARCHModel, MarketModel
from tests.made_up import made_up_events, made_up_returns
from tests.returns.test_garch import clustered

SAVICKAS = GARCHModel("M", variance="savickas")


def disturbed(days: int = 8, gap: int = 0, size: float = 3.0) -> Block:
    """Return two events whose event window has disturbances of `size` times, and an effect of 2% a day."""
    block = clustered(days=days, gap=gap)
    market = 0.0005 + 1.1 * block.x_event[..., 0]
    return replace(block, y_event=market + size * (block.y_event - market) + 0.02)


def plain(parameters: np.ndarray, block: Block, event: int, start: float) -> tuple[float, list[float]]:
    """The likelihood of METHODS 2.5 with the dummy, session by session."""
    alpha, beta, omega, a, g, gamma, delta = parameters
    used = np.flatnonzero(np.isfinite(block.y[event]))
    h, square, total, path = start, start, 0.0, []
    for t in used:
        e = block.y[event, t] - alpha - beta * block.x[event, t, 0]
        h = omega + a * square + g * h
        total -= 0.5 * (np.log(2 * np.pi * h) + e**2 / h)
        square = e**2
    for _ in range(block.y.shape[1] - 1 - used[-1] + block.gap):
        h = omega + a * square + g * h
        square = h
    for day in range(block.y_event.shape[1]):
        e = block.y_event[event, day] - alpha - beta * block.x_event[event, day, 0] - gamma
        h = omega + a * square + g * h + delta
        path.append(h)
        square = h if np.isnan(e) else e**2
        total -= 0.0 if np.isnan(e) else 0.5 * (np.log(2 * np.pi * h) + e**2 / h)
    return total, path


@pytest.mark.parametrize("gap", [0, 10])
@pytest.mark.parametrize("holed", [False, True])
def test_it_is_at_the_maximum_of_a_plain_likelihood(gap: int, holed: bool) -> None:
    block = disturbed(gap=gap)
    if holed:
        y_event = block.y_event.copy()
        y_event[:, 3] = np.nan
        block = replace(block, y_event=y_event)
    result, least = SAVICKAS.fit(block), MarketModel("M").fit(block)
    assert result.detail.tolist() == ["", ""]
    for event in range(2):
        start = float(np.nanmean(least.residuals[event] ** 2))
        found = result.parameters[event]
        best, path = plain(found, block, event, start)
        np.testing.assert_allclose(result.noise[event], path, rtol=1e-10)
        assert (found[2:5] > 0).all()
        assert found[6] > 0
        for place in range(7):
            for step in (-1e-3, 1e-3):
                moved = found.copy()
                moved[place] += step * abs(found[place])
                assert plain(moved, block, event, start)[0] <= best + 1e-7
        # Without the dummies the likelihood is far below.
        without = np.array([*found[:5], 0.0, 0.0])
        assert best > plain(without, block, event, start)[0] + 2
        ar = block.y_event[event] - found[0] - found[1] * block.x_event[event, :, 0]
        np.testing.assert_allclose(block.y_event[event] - result.expected[event], ar, atol=1e-15)
    assert (result.spread == 0).all()


def test_slopes_of_the_likelihood_are_those_of_differences() -> None:
    block = disturbed()
    series = EventSeries(
        y=100 * block.y[0],
        x=100 * block.x[0, :, 0],
        y_event=100 * block.y_event[0],
        x_event=100 * block.x_event[0, :, 0],
        ahead=1,
        variance=4.0,
    )
    at = np.array([0.05, 1.0, 1.5, 0.2, 0.1, 0.8, 2.0])
    for place in range(7):
        step = 1e-5 * np.eye(7)[place]
        difference = (log_likelihood(at + step, series)[0] - log_likelihood(at - step, series)[0]) / 2e-5
        complex_step = log_likelihood(at + 1e-30j * np.eye(7)[place], series)[0].imag / 1e-30
        assert complex_step == pytest.approx(difference, rel=1e-5, abs=1e-5)


def test_with_one_event_day_it_is_arch_with_a_dummy_in_the_mean() -> None:
    """The day's disturbance is zero, nothing tells its variance, and delta is 0: the likelihood is that of `arch`."""
    block = disturbed(days=1)
    result, least = SAVICKAS.fit(block), MarketModel("M").fit(block)
    assert result.parameters[0, 6] == pytest.approx(0.0, abs=1e-9)
    y = 100 * np.append(block.y[0], block.y_event[0])
    x = np.column_stack([100 * np.append(block.x[0, :, 0], block.x_event[0, :, 0]), np.arange(len(y)) == len(y) - 1])
    backcast = 1e4 * float(np.nanmean(least.residuals[0] ** 2))
    found = arch_model(y, x=x, mean="ARX", lags=0, rescale=False).fit(
        disp="off", backcast=backcast, options={"ftol": 1e-14, "maxiter": 1000}
    )
    alpha, beta, gamma, omega, a, g = found.params
    theirs = [alpha / 100, beta, omega / 1e4, a, g, gamma / 100]
    np.testing.assert_allclose(result.parameters[0, :6], theirs, rtol=2e-3, atol=2e-6)
    assert result.noise[0, 0] == pytest.approx(found.conditional_volatility[-1] ** 2 / 1e4, rel=1e-3)


def test_the_test_across_events_is_that_of_standardised_abnormal_returns(tmp_path: Path) -> None:
    """mean(S) sqrt(N) / s, S = AR / sqrt(h), through a configuration; scipy's t of the same S."""
    frame = made_up_returns(seed=4, symbols=6, sessions=420)
    frame.to_csv(tmp_path / "prices.csv", index=False)
    events = made_up_events([f"S0{i}" for i in range(6)], [400])
    events.to_frame()[["symbol", "date", "timing"]].to_csv(tmp_path / "events.csv", index=False)
    path = tmp_path / "study.yaml"
    path.write_text(
        """
        events: {source: csv, path: events.csv}
        prices: {source: csv, path: prices.csv, kind: returns}
        benchmark: MKT
        windows: {estimation: [-300, -3], event: [-2, 2], named: {day: [0, 0], all: [-2, 2]}}
        models: [{kind: garch, variance: savickas}]
        tests: [bmp]
        reaction: false
        """,
        encoding="utf-8",
    )
    result = load(path).run()
    (model,) = result.models.values()
    assert isinstance(result.study.hypothesis_tests[0], BMP)
    assert set(result.estimates["detail"]) == {""}
    ar, h = model.abnormal.ar, model.abnormal.noise
    for name, days in (("day", slice(2, 3)), ("all", slice(0, 5))):
        s = ar[:, days].sum(axis=1) / np.sqrt(h[:, days].sum(axis=1))
        row = result.tests.set_index("window").loc[name]
        assert row["statistic"] == pytest.approx(stats.ttest_1samp(s, 0.0).statistic, rel=1e-10)
    assert {"event_mean", "event_variance"} <= set(result.estimates.columns)


def test_size_where_the_event_raises_the_variance() -> None:
    """Thirty events a sample, their event days up to four times as wide: the cross-sectional t of SAR is t(29).

    Over 160 such samples (seeds 101 and 102) it rejected 3.1% at 5% and 10.6% at 10%.
    """
    rng, samples, events = np.random.default_rng(6), 6, 30
    days, m = 3, 260
    market = rng.normal(0, 0.01, (samples * events, m + days))
    e = rng.normal(0, 0.02, market.shape)
    e[:, m:] *= rng.uniform(1.5, 4.0, (len(e), 1))
    y = market + e
    block = Block(y[:, :m], market[:, :m, None], y[:, m:], market[:, m:, None])
    result = SAVICKAS.fit(block)
    s = (block.y_event - result.expected).sum(axis=1) / np.sqrt(result.noise.sum(axis=1))
    t = stats.ttest_1samp(s.reshape(samples, events), 0.0, axis=1).statistic
    # None of the six is beyond the 0.1% point of the largest of six, nor the t of all events together.
    assert np.abs(t).max() < stats.t.isf(0.0005 / samples, events - 1)
    assert abs(stats.ttest_1samp(s, 0.0).statistic) < stats.t.isf(0.0005, len(s) - 1)
    # Delta knows some of the event's own variance, and a forecast none. What is left is in the dispersion over events.
    few = slice(0, 40)
    part = Block(y[few, :m], market[few, :m, None], y[few, m:], market[few, m:, None])
    forecast = GARCHModel("M").fit(part)
    naive = (part.y_event - forecast.expected).sum(axis=1) / np.sqrt(forecast.noise.sum(axis=1))
    assert (s[few] ** 2).mean() < (naive**2).mean()


def test_fallbacks_and_options() -> None:
    block = clustered(sessions=200)
    result, least = SAVICKAS.fit(block), MarketModel("M").fit(block)
    assert result.detail[0] == "least squares: 200 returns, 250 needed"
    np.testing.assert_array_equal(result.noise, least.noise)
    assert np.isnan(result.parameters[:, 5]).all()
    before = SAVICKAS.fit(clustered(gap=-600))
    assert before.detail[0] == "least squares: the event window does not come last"
    nothing = SAVICKAS.fit(replace(clustered(), y_event=np.full((2, 8), np.nan)))
    assert nothing.detail[0] == "least squares: the event window has no return"
    assert SAVICKAS.looks_ahead
    assert not GARCHModel("M").looks_ahead
    with pytest.raises(InputError, match="normal disturbances"):
        GARCHModel(variance="savickas", distribution="t")
    with pytest.raises(UnknownNameError, match="variance of egarch"):
        EGARCHModel(variance="savickas")
