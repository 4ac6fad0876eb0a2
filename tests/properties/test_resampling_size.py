"""Simulated size of what is resampled, where closed forms would err: heavy tails, shared dates, many questions."""

from __future__ import annotations

import numpy as np
import pytest

from eventstudy.inference import (
    BharBootstrap,
    PairsBootstrap,
    Permutation,
    Placebo,
    ResidualBootstrap,
    WildBootstrap,
)
from eventstudy.inference.adjust import step_down
from tests.inference.samples import sample

SAMPLES, DRAWS = 800, 399
BAND = 2.58 * np.sqrt(0.05 * 0.95 / SAMPLES)


def test_sign_flips_hold_their_size_under_heavy_tails() -> None:
    rng = np.random.default_rng(1)
    p = [WildBootstrap(draws=DRAWS).run(sample(rng.standard_t(3, 20), seed=k))[0].p_value for k in range(SAMPLES)]
    for level in (0.01, 0.05, 0.10):
        assert np.mean(np.array(p) <= level) == pytest.approx(level, abs=2.58 * np.sqrt(level * (1 - level) / SAMPLES))


def shared(rng: np.random.Generator, dates: int, each: int) -> tuple[np.ndarray, np.ndarray]:
    """Return CARs with a correlation of 0.5 on a date, and the dates."""
    cars = rng.normal(0, 0.02, (dates, 1)) + rng.normal(0, 0.02, (dates, each))
    return cars.ravel(), np.repeat(np.datetime64("2024-01-01") + np.arange(dates), each)


@pytest.mark.parametrize(("kind", "least"), [(WildBootstrap, 0.0), (PairsBootstrap, 0.0)])
def test_dates_drawn_together_hold_the_size_and_events_do_not(kind: type, least: float) -> None:
    rng = np.random.default_rng(2)
    by_date, by_event = [], []
    for number in range(SAMPLES):
        cars, dates = shared(rng, 30, 3)
        given = sample(cars, day0=dates, seed=number)
        by_date.append(kind(draws=DRAWS).run(given)[0].p_value)
        by_event.append(kind(draws=DRAWS, cluster="none").run(given)[0].p_value)
    assert np.mean(np.array(by_date) < 0.05) == pytest.approx(0.05, abs=BAND + least)
    # Three events of a date that correlate at 0.5 double the variance of the mean: 2 Phi(-1.96 / sqrt 2) = 16.6%.
    assert np.mean(np.array(by_event) < 0.05) == pytest.approx(
        0.166, abs=2.58 * np.sqrt(0.166 * 0.834 / SAMPLES) + 0.015
    )


def test_redrawn_days_hold_the_size_where_all_share_one_date() -> None:
    rng, rejected = np.random.default_rng(3), 0
    for number in range(SAMPLES):
        days = rng.normal(0, 0.02, (1, 121)) + rng.normal(0, 0.02, (10, 121))
        residuals = days[:, :120] - days[:, :120].mean(axis=1, keepdims=True)
        cars = days[:, 120] - days[:, :120].mean(axis=1)
        given = sample(cars, residuals=residuals, seed=number)
        rejected += ResidualBootstrap(draws=DRAWS).run(given)[0].p_value < 0.05
    assert rejected / SAMPLES == pytest.approx(0.05, abs=BAND)


@pytest.mark.parametrize("kind", [Placebo, Permutation])
def test_one_event_against_its_own_heavy_tails(kind: type) -> None:
    rng, rejected = np.random.default_rng(4), 0
    for number in range(SAMPLES):
        days = rng.standard_t(3, 100) / 50
        residuals = days[:99] - days[:99].mean()
        sigma = np.array([residuals.std(ddof=1)])
        car = float(days[99] - days[:99].mean())
        given = sample(
            [car], residuals=residuals[None], std_error=[sigma[0] * np.sqrt(1 + 1 / 99)], sigma=sigma, seed=number
        )
        rejected += kind().run(given)[0].p_value <= 0.05
    assert rejected / SAMPLES == pytest.approx(0.05, abs=BAND)


def test_skewed_buy_and_hold_returns() -> None:
    rng, rejected = np.random.default_rng(5), {"less": 0, "greater": 0}
    for number in range(SAMPLES):
        bhar = rng.lognormal(0, 0.5, 100) - np.exp(0.125)
        for side in rejected:
            rejected[side] += (
                BharBootstrap(draws=DRAWS, alternative=side).run(sample(bhar, seed=number))[0].p_value < 0.05
            )
    # The plain t rejects downwards 6.9% and upwards 3.2% of the time here (20,000 draws); the bootstrap is even-handed.
    assert 0.02 < rejected["less"] / SAMPLES < 0.05 + BAND
    assert 0.02 < rejected["greater"] / SAMPLES < 0.05 + BAND


@pytest.mark.parametrize("scheme", ["pairs", "wild"])
def test_romano_wolf_holds_the_chance_of_any_false_rejection(scheme: str) -> None:
    rng, any_rejected, one_rejected = np.random.default_rng(6), 0, 0
    for number in range(SAMPLES):
        x = rng.normal(0, 0.02, (60, 1)) + rng.normal(0, 0.02, (60, 6))
        found = step_down(x, np.arange(60), DRAWS, np.random.default_rng(number), scheme=scheme)
        any_rejected += bool((found.p_adjusted <= 0.05).any())
        one_rejected += bool((found.p_value <= 0.05).any())
    assert any_rejected / SAMPLES == pytest.approx(0.05, abs=BAND + 0.005)
    assert one_rejected / SAMPLES > 0.12
