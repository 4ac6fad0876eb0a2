"""Simulated size: under a true null, each test rejects as often as it says."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from eventstudy.inference import TESTS, HypothesisTest, Sample
from eventstudy.returns.accumulators import Residuals
from eventstudy.returns.models import Block, MarketModel
from eventstudy.returns.windows import Window

SAMPLES, EVENTS, ESTIMATION = 600, 20, 100
# 2.58 binomial standard errors (METHODS 9.1), plus what twenty signs can't resolve: their attainable size is
# 4.1% (METHODS 9.3), and what a three-day sum of parameter errors adds to the crude test (5.7% there).
BAND = 2.58 * np.sqrt(0.05 * 0.95 / SAMPLES)
# Resamples of a quarter of twenty events hold five: the test is timid there.
DISCRETE = {"generalized_sign": 0.015, "crude_dependence": 0.01, "bhar_bootstrap": 0.025}
DRAWS = 399
SINGLE_EVENT = {"t", "placebo", "permutation"}


def quick(name: str) -> HypothesisTest:
    """Return a test, with fewer draws if it draws."""
    kind = TESTS.get(name)
    drawing = any(each.name == "draws" for each in dataclasses.fields(kind))
    return kind(**({"draws": DRAWS} if drawing else {}))


@pytest.fixture(scope="module")
def p_values() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(20250220)
    found: dict[str, list[float]] = {name: [] for name in TESTS.names()}
    window = Window("[0,+2]", 0, 2)
    for number in range(SAMPLES):
        x = rng.normal(0, 0.01, (EVENTS, ESTIMATION + 3, 1))
        y = 0.8 * x[..., 0] + rng.normal(0, 0.02, (EVENTS, ESTIMATION + 3))
        block = Block(y[:, :ESTIMATION], x[:, :ESTIMATION], y[:, ESTIMATION:], x[:, ESTIMATION:])
        fit = MarketModel("MKT").fit(block)
        ar = block.y_event - fit.expected
        variance = fit.noise.sum(axis=1) + (fit.spread.sum(axis=1) ** 2).sum(axis=1)
        rows = np.arange(EVENTS)
        residuals = Residuals(rows, fit.residuals, fit.sigma, rows, block.x)
        for name in TESTS.names():
            test, used = quick(name), slice(0, 1 if name in SINGLE_EVENT else EVENTS)
            accumulated = {need: need() for need in test.needs}
            for accumulator in accumulated.values():
                accumulator.add(residuals)
            sample = Sample(
                event_id=rows.astype(object)[used],
                row=rows[used],
                window=window,
                car=ar.sum(axis=1)[used],
                std_error=np.sqrt(variance)[used],
                dof=fit.dof[used],
                bhar=ar.sum(axis=1)[used],
                ar=ar[used],
                accumulated=accumulated,
                seed=number,
            )
            found[name].append(test.run(sample)[0].p_value)
    return {name: np.array(values) for name, values in found.items()}


@pytest.mark.parametrize("name", TESTS.names())
def test_size_at_five_percent(name: str, p_values: dict[str, np.ndarray]) -> None:
    rejected = float((p_values[name] < 0.05).mean())
    assert abs(rejected - 0.05) < BAND + DISCRETE.get(name, 0.0)
