"""What every registered test must do, a third party's included."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import suppress
from functools import cache

import numpy as np
import pytest

from eventstudy.distributions import NO_DIRECTION, Alternative
from eventstudy.errors import EventStudyError, InputError, Reason
from eventstudy.inference import TESTS, HypothesisTest, Sample, TestResult
from eventstudy.inference.presets import PRESETS
from eventstudy.returns.models.raw import RawModel
from eventstudy.returns.passes import Needs
from tests.inference.made import made

TEST_NAMES = TESTS.names()
ESTIMATION = 100
# Events of dates of their own, and events of one date: no test has a value for all events of both.
LAYOUTS = (None, [500] * 30)
# Whose two-sided p-value is twice that of the smaller tail, though it is exact or counted.
EQUAL_TAILS = ("sign", "wilcoxon", "bhar_bootstrap")


def sample(
    test: HypothesisTest,
    car: np.ndarray,
    order: np.ndarray | None = None,
    *,
    day0: list[int] | None = None,
    mirrored: bool = False,
) -> Sample:
    """Return events whose CARs on day 0 are these, with what the test needs of their estimation windows."""
    told = None if order is None else tuple(order.tolist())
    return made_once(tuple(car.tolist()), test.needs, told, None if day0 is None else tuple(day0), mirrored)


@cache
def made_once(
    car: tuple[float, ...],
    needs: Needs,
    order: tuple[int, ...] | None,
    day0: tuple[int, ...] | None,
    mirrored: bool,
) -> Sample:
    """Return the sample of all tests that need the same, which none of them may write into."""
    n = len(car)
    residuals = np.random.default_rng(5).normal(0, 0.02, (n, ESTIMATION))
    y = np.column_stack([residuals, car]) if n else np.empty((0, ESTIMATION + 1))
    y = -y if mirrored else y
    given = made(y, np.zeros_like(y), estimation=ESTIMATION, named={"day0": (0, 0)}, model=RawModel(), day0=day0)
    given = dataclasses.replace(given, weights=1.0 + np.arange(len(y)) % 3)
    return given.sample("day0", needs, None if order is None else np.array(order))


def quick(name: str, **options: object) -> HypothesisTest:
    """Return a test, with fewer draws if it draws."""
    kind = TESTS.get(name)
    drawing = any(each.name == "draws" for each in dataclasses.fields(kind))
    return kind(**({"draws": 999} if drawing else {}), **options)  # type: ignore[arg-type]


def variants(name: str) -> Iterator[HypothesisTest]:
    """Give the test with every word that any of its options may say, one option at a time where it may stand alone."""
    yield quick(name)
    for option, known in TESTS.get(name).choices.items():
        for word in known:
            # A word that needs another beside it is refused alone, and is in a preset.
            with suppress(InputError):
                yield quick(name, **{option: word})
    for preset, found in PRESETS.items():
        if name in found.tests:
            yield quick(name, convention=preset)


def sides(result: TestResult) -> tuple[float, float, float]:
    """Return the p-values in the order of the alternatives."""
    return result.p_two_sided, result.p_greater, result.p_less


def check(result: TestResult) -> None:
    assert result.n >= 0
    assert result.convention
    assert np.isfinite(result.df2) == (result.reason == Reason.OK and result.distribution.startswith("F("))
    if result.reason == Reason.OK:
        assert not np.isnan(result.statistic)
        assert 0 <= result.p_value <= 1
        # A rank statistic may reach its bound.
        assert np.isfinite(result.statistic) or result.p_value == 0
        assert np.isfinite(result.estimate)
        assert result.distribution
        assert 0 <= result.p_two_sided <= 1
        if NO_DIRECTION in result.notes:
            assert np.isnan([result.p_greater, result.p_less]).all()
        else:
            assert 0 <= min(result.p_greater, result.p_less) <= max(result.p_greater, result.p_less) <= 1
    else:
        assert np.isnan(result.statistic)
        assert np.isnan([result.p_value, *sides(result)]).all()


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
        for test in variants(name):
            for result in test.run(sample(test, values)):
                check(result)
                assert result.test == name
                assert result.alternative == test.alternative


@pytest.mark.parametrize("name", TEST_NAMES)
def test_an_option_says_what_it_may(name: str) -> None:
    kind = TESTS.get(name)
    assert quick(name).convention == "default"
    for option in ("alternative", "convention", *kind.choices):
        with pytest.raises(EventStudyError, match="zzz"):
            kind(**{option: "zzz"})


@pytest.mark.parametrize("name", TEST_NAMES)
def test_sides_and_order(name: str) -> None:
    car = np.random.default_rng(1).normal(0.01, 0.02, 30)
    sides = ("two-sided", "greater", "less") if "alternative" not in TESTS.get(name).choices else ("two-sided",) * 3
    given = sample(quick(name), car)
    two, greater, less = (quick(name, alternative=side).run(given) for side in sides)
    for both, up, down in zip(two, greater, less, strict=True):
        assert both.statistic == pytest.approx(up.statistic, nan_ok=True)
        assert both.statistic == pytest.approx(down.statistic, nan_ok=True)
        if both.distribution.startswith(("t(", "N(")):
            assert up.p_value + down.p_value == pytest.approx(1, abs=1e-12)
            assert both.p_value == pytest.approx(2 * min(up.p_value, down.p_value), rel=1e-9)
        elif both.reason == Reason.OK and len(set(sides)) > 1:
            # A p-value that is counted has the observed value in both tails.
            assert up.p_value + down.p_value >= 1 - 1e-12
            assert both.p_value >= min(up.p_value, down.p_value)
    shuffled = quick(name).run(sample(quick(name), car, np.random.default_rng(2).permutation(30)))
    by_event = {result.event_id: result for result in shuffled}
    for result in two:
        assert by_event[result.event_id].statistic == pytest.approx(result.statistic, rel=1e-12, nan_ok=True)


@pytest.mark.parametrize("name", TEST_NAMES)
def test_one_run_has_the_p_values_of_all_alternatives(name: str) -> None:
    car = np.random.default_rng(4).normal(0.004, 0.02, 30)
    tested = 0
    for test in (each for each in variants(name) if each.alternative == Alternative.TWO_SIDED):
        known = TESTS.get(name).choices.get("alternative", tuple(Alternative))
        if getattr(test, "statistic", "") == "rmspe_ratio":
            known = known[:1]  # it has no side, and refuses one
        for day0 in LAYOUTS:
            given = sample(test, car, day0=day0)
            told = [sides(result) for result in test.run(given)]
            for place, side in enumerate(known):
                ran = dataclasses.replace(test, alternative=side).run(given)
                for result, expected in zip(ran, told, strict=True):
                    np.testing.assert_array_equal(sides(result), expected)
                    np.testing.assert_array_equal(result.p_value, expected[place])
                    tested += result.reason == Reason.OK
                    if result.distribution.startswith(("t(", "N(")) or name in EQUAL_TAILS:
                        twice = min(1.0, 2 * min(result.p_greater, result.p_less))
                        assert result.p_two_sided == pytest.approx(twice, rel=1e-12, nan_ok=True)
    # The sample's model has no donors; tests/inference has one for the test that needs them.
    assert tested or name == "synthetic_placebo"


@pytest.mark.parametrize("name", TEST_NAMES)
def test_returns_of_the_other_sign_swap_greater_and_less(name: str) -> None:
    car = np.random.default_rng(6).normal(0.004, 0.02, 30)
    for day0 in LAYOUTS:
        test = quick(name)
        for one, other in zip(
            test.run(sample(test, car, day0=day0)),
            test.run(sample(test, car, day0=day0, mirrored=True)),
            strict=True,
        ):
            swapped = (other.p_two_sided, other.p_less, other.p_greater)
            np.testing.assert_allclose(sides(one), swapped, rtol=1e-9, equal_nan=True)
