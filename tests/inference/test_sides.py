"""The p-values of both directions against scipy and plain loops."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any

import numpy as np
import pytest
from scipy import stats

import eventstudy as es
from eventstudy.distributions import NO_DIRECTION, PValues, f_p_values, normal_p_values, student_p_values
from eventstudy.errors import EventStudyError, Reason
from eventstudy.inference import CrossSectionalT, Hotelling, JointF, Sign, SingleEventT, TestResult, Wilcoxon
from eventstudy.inference.adjust import step_down
from eventstudy.inference.base import EventResults, column
from eventstudy.inference.battery import Battery
from eventstudy.inference.bhar_bootstrap import BharBootstrap
from eventstudy.inference.groups import rank_sum, welch
from eventstudy.inference.placebo import Placebo, placebo_windows
from eventstudy.inference.resampled import OwnResiduals
from eventstudy.inference.resampling import clustered, statistics, wild_draws
from eventstudy.returns.models.raw import RawModel
from tests.inference.made import Made, made
from tests.inference.samples import sample

SIDES = ("two-sided", "greater", "less")
CAR = np.random.default_rng(11).normal(0.006, 0.02, 18)
TIED = np.array([0.01, -0.01, 0.02, 0.02, 0.03, -0.02, 0.04, 0.01, 0.05, -0.03, 0.02, 0.0])


def sides(result: TestResult) -> list[float]:
    return [result.p_two_sided, result.p_greater, result.p_less]


def by_side(test: Callable[[str], Any]) -> list[float]:
    """Return scipy's p-value of each alternative."""
    return [float(test(side).pvalue) for side in SIDES]


def events(length: int = 3) -> Made:
    y = np.random.default_rng(3).normal(0.001, 0.02, (20, 60 + length))
    return made(
        y, np.zeros_like(y), estimation=60, named={"all": (0, length - 1)}, model=RawModel(), day0=[500] * len(y)
    )


def test_student_and_normal_tails_equal_scipy() -> None:
    t = np.array([-3.1, -0.2, 0.0, 0.7, 12.0, np.nan])
    for p, law in ((student_p_values(t, 7), stats.t(7)), (normal_p_values(t), stats.norm())):
        np.testing.assert_allclose(p.two_sided, 2 * law.sf(np.abs(t)), rtol=1e-10)
        np.testing.assert_allclose(p.greater, law.sf(t), rtol=1e-10)
        np.testing.assert_allclose(p.less, law.cdf(t), rtol=1e-10)
        assert [float(each.less) for each in p.each()[:5]] == list(np.asarray(p.less)[:5])
    with pytest.raises(EventStudyError, match="up"):
        student_p_values(1.0, 5).of("up")


def test_f_has_no_direction() -> None:
    p = f_p_values(np.array([0.5, 4.0]), 3, 12)
    np.testing.assert_allclose(p.two_sided, stats.f.sf([0.5, 4.0], 3, 12), rtol=1e-10)
    assert np.isnan([p.greater, p.less]).all()


def test_a_result_says_the_p_value_of_its_alternative() -> None:
    found = {"test": "a", "null": "", "measure": "car", "n": 1}
    p = PValues(0.2, 0.1, 0.9)
    assert [TestResult.of(p, alternative=side, **found).p_value for side in SIDES] == [0.2, 0.1, 0.9]
    assert np.isnan(TestResult(**found).p_value)  # type: ignore[arg-type]


def test_t_of_the_mean_equals_scipy() -> None:
    (result,) = CrossSectionalT().run(sample(CAR))
    expected = by_side(lambda side: stats.ttest_1samp(CAR, 0.0, alternative=side))
    np.testing.assert_allclose(sides(result), expected, rtol=1e-10)


def test_t_of_one_event_equals_scipy() -> None:
    for i, result in enumerate(SingleEventT().run(sample(CAR, dof=40))):
        t = CAR[i] / 0.02
        np.testing.assert_allclose(sides(result), [2 * stats.t.sf(abs(t), 40), stats.t.sf(t, 40), stats.t.cdf(t, 40)])
        assert np.isnan(result.df2)


@pytest.mark.parametrize("n", [1, 7, 18])
def test_signs_equal_the_binomial_test_of_scipy(n: int) -> None:
    (result,) = Sign().run(sample(CAR[:n]))
    positive = int((CAR[:n] > 0).sum())
    expected = by_side(lambda side: stats.binomtest(positive, n, 0.5, alternative=side))
    np.testing.assert_allclose(sides(result), expected, rtol=1e-10)


def test_signed_ranks_equal_scipy_exact_and_approximate() -> None:
    (exact,) = Wilcoxon().run(sample(CAR))
    expected = by_side(lambda side: stats.wilcoxon(CAR, alternative=side, method="exact"))
    np.testing.assert_allclose(sides(exact), expected, rtol=1e-10)
    for correction in (False, True):
        (tied,) = Wilcoxon(correction=correction).run(sample(TIED))
        expected = by_side(
            lambda side, correction=correction: stats.wilcoxon(  # type: ignore[misc]
                TIED, zero_method="wilcox", correction=correction, alternative=side, method="asymptotic"
            )
        )
        np.testing.assert_allclose(sides(tied), expected, rtol=1e-10)


def test_placebo_windows_are_counted_in_both_tails() -> None:
    given = events(1)
    one = given.sample("all", (OwnResiduals,))
    own = one.accumulated[OwnResiduals]
    assert isinstance(own, OwnResiduals)
    windows = placebo_windows(own.of(one.row), 1)
    for i, result in enumerate(Placebo().run(one)):
        k, seen = len(windows[i]), one.scar[i]
        larger = [
            sum(abs(w) >= abs(seen) for w in windows[i]),
            *(sum(s * w >= s * seen for w in windows[i]) for s in (1, -1)),
        ]
        np.testing.assert_allclose(sides(result), [(1 + count) / (1 + k) for count in larger], rtol=1e-12)


def test_the_bootstrap_of_bhars_doubles_the_smaller_tail() -> None:
    (result,) = BharBootstrap(draws=999).run(sample(np.random.default_rng(2).exponential(0.05, 40) - 0.03))
    assert result.p_two_sided == pytest.approx(2 * min(result.p_greater, result.p_less), rel=1e-12)
    # The observed statistic itself is in both tails.
    assert result.p_greater + result.p_less == pytest.approx(1 + 1 / 1000, abs=1e-12)


def test_f_tests_name_both_degrees_of_freedom() -> None:
    given = events()
    days, firms = given.one(Hotelling(), "all"), given.one(Hotelling(across="firms"), "all")
    for result, df in ((days, (3, 17)), (firms, (20, 40)), (given.run(JointF(), "all")[0], (3, 59))):
        assert (result.df, result.df2) == df
        assert result.p_two_sided == pytest.approx(stats.f.sf(result.statistic, *df), rel=1e-10)
        assert result.p_value == result.p_two_sided
        assert result.notes == NO_DIRECTION
        assert np.isnan([result.p_greater, result.p_less]).all()


def test_differences_of_groups_equal_scipy() -> None:
    x, y = CAR[:7], CAR[7:]
    expected = by_side(lambda side: stats.ttest_ind(x, y, equal_var=False, alternative=side))
    np.testing.assert_allclose(sides(welch(x, y)), expected, rtol=1e-10)
    expected = by_side(
        lambda side: stats.mannwhitneyu(x, y, use_continuity=False, method="asymptotic", alternative=side)
    )
    np.testing.assert_allclose(sides(rank_sum(x, y)), expected, rtol=1e-10)


def test_joint_draws_are_counted_in_both_tails() -> None:
    x, cluster = np.random.default_rng(8).normal(0.004, 0.02, (30, 3)), np.arange(30)
    found = step_down(x, cluster, 199, np.random.default_rng(9), scheme="wild")
    held = clustered(x, cluster)
    drawn, t = wild_draws(held, 199, np.random.default_rng(9)).values, statistics(held)[2]
    for s in range(3):
        counts = [sum(abs(d) >= abs(t[s]) for d in drawn[:, s]), sum(drawn[:, s] >= t[s]), sum(drawn[:, s] <= t[s])]
        told = [float(p[s]) for p in map(np.asarray, found.p)]
        np.testing.assert_allclose(told, [(1 + count) / 200 for count in counts], rtol=1e-12)


def test_many_results_name_the_fields_of_one() -> None:
    shared = {"test": "made", "null": "", "measure": "car"}
    made = TestResult.each(2, shared, {"n": [3, 4]})
    assert made == tuple(TestResult(**shared, n=n) for n in (3, 4))
    with pytest.raises(TypeError, match="missing: nonsense"):
        TestResult.each(1, {**shared, "n": 1}, {"nonsense": [1]})
    with pytest.raises(TypeError, match="missing: n, null"):
        TestResult.each(1, {"test": "made", "measure": "car"}, {})


def test_results_held_as_columns_are_those_made_one_by_one() -> None:
    shared = {"test": "made", "null": "", "measure": "car", "n": 1}
    held = EventResults(3, shared, {"event_id": ["a", "b", "c"], "p_less": [0.1, 0.2, 0.3]})
    one_by_one = [
        TestResult(test="made", null="", measure="car", n=1, event_id=name, p_less=p)
        for name, p in (("a", 0.1), ("b", 0.2), ("c", 0.3))
    ]
    assert len(held) == 3
    for name in [each.name for each in fields(TestResult)]:
        np.testing.assert_array_equal(held.column(name), [getattr(each, name) for each in one_by_one])
        np.testing.assert_array_equal(column(one_by_one, name), held.column(name))
        np.testing.assert_array_equal([getattr(each, name) for each in held], held.column(name))
    # One that is asked for alone, from either end, and some of them.
    assert [held[place].event_id for place in (0, -1)] == ["a", "c"]
    assert (held[1].p_less, held[1].reason, held[1].convention) == (0.2, Reason.OK, "default")
    assert [each.event_id for each in held[1:]] == ["b", "c"]
    with pytest.raises(IndexError):
        held[3]


def test_a_battery_reads_as_one_sequence_of_results() -> None:
    days, week = es.Window("days", 0, 1), es.Window("week", -2, 2)
    shared = {"test": "made", "null": "", "measure": "car", "n": 1}
    alone = TestResult(test="alone", null="", measure="car", n=2)
    held = Battery((("all", days, EventResults(2, shared, {"event_id": ["a", "b"]})), ("some", week, (alone,))))
    assert len(held) == len(list(held)) == 3
    told = [(each.group, each.window.name, each.outcome.test, each.outcome.event_id) for each in held]
    assert told == [("all", "days", "made", "a"), ("all", "days", "made", "b"), ("some", "week", "alone", "")]
    assert (held[-1].group, held[-1].window, held[-1].outcome) == ("some", week, alone)
    assert [each.outcome.event_id for each in held[:2]] == ["a", "b"]
