"""What every registered test must do, a third party's included."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from eventstudy.errors import Reason
from eventstudy.inference import TESTS, Sample, TestResult
from eventstudy.returns.accumulators import Residuals
from eventstudy.returns.windows import Window

TEST_NAMES = TESTS.names()


def sample(name: str, car: np.ndarray, order: np.ndarray | None = None) -> Sample:
    n = len(car)
    order = np.arange(n) if order is None else order
    rng = np.random.default_rng(5)
    residuals = Residuals(np.arange(n), rng.normal(0, 0.02, (n, 100)), np.full(n, 0.02), np.arange(n))
    accumulated = {}
    for need in TESTS.get(name).needs:
        accumulated[need] = need()
        accumulated[need].add(residuals)
    std_error = rng.uniform(0.01, 0.04, n)
    return Sample(
        event_id=np.array([f"e{i}" for i in range(n)], dtype=object)[order],
        row=np.arange(n)[order],
        window=Window("[0,0]", 0, 0),
        car=car[order],
        std_error=std_error[order],
        dof=np.full(n, 98),
        bhar=car[order],
        ar=car[order][:, None],
        accumulated=accumulated,
    )


def check(result: TestResult) -> None:
    if result.reason == Reason.OK:
        assert np.isfinite(result.statistic)
        assert 0 <= result.p_value <= 1
        assert result.distribution
    else:
        assert np.isnan(result.statistic)
        assert np.isnan(result.p_value)


@pytest.mark.parametrize("name", TEST_NAMES)
def test_says_what_it_tests(name: str) -> None:
    test = TESTS.get(name)()
    assert test.kind == name
    assert test.null.endswith(".")
    assert test.source
    assert dataclasses.is_dataclass(test)


@pytest.mark.parametrize("name", TEST_NAMES)
@pytest.mark.parametrize("n", [0, 1, 2, 3, 30])
def test_a_value_or_a_reason(name: str, n: int) -> None:
    car = np.random.default_rng(n).normal(0, 0.02, n)
    for values in (car, np.zeros(n), np.full(n, 0.01)):
        results = TESTS.get(name)().run(sample(name, values))
        for result in results:
            check(result)
            assert result.test == name


@pytest.mark.parametrize("name", TEST_NAMES)
def test_sides_and_order(name: str) -> None:
    car = np.random.default_rng(1).normal(0.01, 0.02, 30)
    kind = TESTS.get(name)
    given = sample(name, car)
    two, greater, less = (kind(alternative=side).run(given) for side in ("two-sided", "greater", "less"))
    for both, up, down in zip(two, greater, less, strict=True):
        assert both.statistic == up.statistic == down.statistic
        if both.distribution.startswith(("t(", "N(")):
            assert up.p_value + down.p_value == pytest.approx(1, abs=1e-12)
            assert both.p_value == pytest.approx(2 * min(up.p_value, down.p_value), rel=1e-9)
        else:
            # A p-value that is counted has the observed value in both tails.
            assert up.p_value + down.p_value >= 1 - 1e-12
            assert both.p_value >= min(up.p_value, down.p_value)
    shuffled = kind().run(sample(name, car, np.random.default_rng(2).permutation(30)))
    by_event = {result.event_id: result for result in shuffled}
    for result in two:
        assert by_event[result.event_id].statistic == pytest.approx(result.statistic, rel=1e-12)
