"""Each test against scipy or a loop written from its formula."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from eventstudy.distributions import normal_p_value, student_p_value, student_quantile
from eventstudy.errors import Reason, UnknownNameError
from eventstudy.inference import BMP, CrossSectionalT, CrudeDependence, GeneralizedSign, Patell, Sample, SingleEventT
from eventstudy.inference.base import dispersion
from eventstudy.returns.abnormal import Cars
from eventstudy.returns.accumulators import Residuals
from eventstudy.returns.estimation_means import EstimationMeans
from eventstudy.returns.positive_share import PositiveShare
from eventstudy.returns.windows import Window

CLOSE = 1e-12


def sample(car: list[float], std_error: list[float] | None = None, residuals: np.ndarray | None = None) -> Sample:
    n = len(car)
    rows = np.arange(n)
    share, means = PositiveShare(), EstimationMeans()
    if residuals is not None:
        held = Residuals(rows, residuals, residuals.std(axis=1), rows)
        share.add(held)
        means.add(held)
    cars = Cars(
        window=Window("[0,+2]", 0, 2),
        car=np.array(car, dtype=float),
        std_error=np.array(std_error or [0.02] * n, dtype=float),
        dof=np.full(n, 118),
        held=np.full(n, np.nan),
        reason=np.full(n, "ok", dtype=object),
    )
    return Sample(
        cars=cars,
        row=rows,
        names=np.array([f"e{i}" for i in range(n)], dtype=object),
        by_day=np.zeros((n, 3)),
        accumulated={PositiveShare: share, EstimationMeans: means},
    )


def test_single_event_t_is_student() -> None:
    results = SingleEventT().run(sample([0.05, -0.01], [0.02, 0.03]))
    assert [result.event_id for result in results] == ["e0", "e1"]
    assert [result.n for result in results] == [1, 1]
    assert results[0].statistic == pytest.approx(2.5, rel=CLOSE)
    assert results[0].p_value == pytest.approx(2 * stats.t.sf(2.5, 118), rel=1e-10)
    assert results[1].p_value == pytest.approx(2 * stats.t.cdf(-1 / 3, 118), rel=1e-10)
    assert results[0].distribution == "t(118)"
    greater = SingleEventT(alternative="greater").run(sample([0.05, -0.01], [0.02, 0.03]))
    assert greater[1].p_value == pytest.approx(stats.t.sf(-1 / 3, 118), rel=1e-10)


@pytest.mark.parametrize("n", [2, 100, 50_000])
def test_dispersion_of_few_and_of_many_values(n: int) -> None:
    values = 0.3 + np.random.default_rng(n).normal(0, 0.02, n)
    assert dispersion(values) == pytest.approx(np.std(values, ddof=1), rel=0 if n < 16_384 else CLOSE)
    assert dispersion(np.full(n, 0.3)) == 0.0


def test_patell_of_many_events_with_degrees_of_freedom_of_their_own() -> None:
    rng, n = np.random.default_rng(0), 40_000
    dof = rng.integers(1, 250, n)
    scar = rng.normal(0.01, 1, n)
    scar[rng.random(n) < 0.01] = np.nan
    given = sample(list(0.02 * scar))
    given = replace(given, cars=replace(given.cars, dof=dof))
    (result,) = Patell().run(given)
    used = (dof > 2) & ~np.isnan(scar)
    assert result.n == used.sum()
    expected = scar[used].sum() / np.sqrt((dof[used] / (dof[used] - 2)).sum())
    assert result.statistic == pytest.approx(expected, rel=CLOSE)


def test_cross_sectional_t_is_the_one_sample_t() -> None:
    car = [0.02, -0.01, 0.035, 0.001, 0.015]
    for alternative in ("two-sided", "greater", "less"):
        (result,) = CrossSectionalT(alternative=alternative).run(sample(car))
        reference = stats.ttest_1samp(car, 0, alternative=alternative)
        assert result.statistic == pytest.approx(reference.statistic, rel=CLOSE)
        assert result.p_value == pytest.approx(reference.pvalue, rel=1e-10)
        assert result.df == 4
        assert result.n == 5
        assert result.estimate == pytest.approx(np.mean(car), rel=CLOSE)
        assert result.std_error == pytest.approx(stats.sem(car), rel=CLOSE)


def test_bmp_is_the_one_sample_t_of_scars() -> None:
    car, std_error = [0.02, -0.01, 0.035], [0.01, 0.02, 0.015]
    (result,) = BMP().run(sample(car, std_error))
    reference = stats.ttest_1samp([2.0, -0.5, 0.035 / 0.015], 0)
    assert result.statistic == pytest.approx(reference.statistic, rel=CLOSE)
    assert result.p_value == pytest.approx(reference.pvalue, rel=1e-10)


def test_generalized_sign_by_hand() -> None:
    residuals = np.array([[1.0, -1, -1, -1], [1, 1, -1, np.nan], [1, -1, 1, -1], [-1, -1, 0, 1]]) / 100
    expected = (1 / 4 + 2 / 3 + 1 / 2 + 1 / 4) / 4
    (result,) = GeneralizedSign().run(sample([0.01, 0.02, -0.01, 0.0], residuals=residuals))
    z = (2 - 4 * expected) / np.sqrt(4 * expected * (1 - expected))
    assert result.statistic == pytest.approx(z, rel=CLOSE)
    assert result.p_value == pytest.approx(2 * stats.norm.sf(abs(z)), rel=1e-10)
    assert result.estimate == 0.5
    never = np.full((2, 3), -0.01)
    (result,) = GeneralizedSign().run(sample([0.01, -0.01], residuals=never))
    assert result.reason == Reason.NO_VARIANCE


def test_crude_dependence_by_hand() -> None:
    residuals = np.array([[0.01, -0.02, 0.03], [0.0, 0.01, np.nan]])
    means = [0.005, -0.005, 0.03]
    (result,) = CrudeDependence().run(sample([0.04, 0.02], residuals=residuals))
    t = 0.03 / (np.sqrt(3) * np.std(means, ddof=1))
    assert result.statistic == pytest.approx(t, rel=CLOSE)
    assert result.df == 2
    assert result.p_value == pytest.approx(2 * stats.t.sf(t, 2), rel=1e-10)


@pytest.mark.parametrize("test", [CrossSectionalT, BMP])
def test_small_and_equal_samples_have_reasons(test: Callable[[], CrossSectionalT | BMP]) -> None:
    (none,) = test().run(sample([]))
    (one,) = test().run(sample([0.03]))
    (equal,) = test().run(sample([0.03, 0.03, 0.03]))
    (zero,) = test().run(sample([0.0, 0.0]))
    assert (none.reason, none.n) == (Reason.NEEDS_TWO_EVENTS, 0)
    assert (one.reason, one.n) == (Reason.NEEDS_TWO_EVENTS, 1)
    assert equal.reason == zero.reason == Reason.NO_DISPERSION
    for result in (none, one, equal, zero):
        assert np.isnan(result.statistic)
        assert np.isnan(result.p_value)
    assert one.estimate == pytest.approx(0.03 if test is CrossSectionalT else 1.5)
    (two,) = test().run(sample([0.01, 0.03]))
    assert two.reason == Reason.OK
    assert two.df == 1


def test_unknown_alternative_names_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'greater'"):
        BMP(alternative="grater")
    with pytest.raises(UnknownNameError):
        student_p_value(1.0, 5, "up")


def test_distributions_equal_scipy() -> None:
    statistic = np.array([-40.0, -2.0, 0.0, 0.3, 7.0, np.nan])
    for df in (1.0, 3.0, 118.0):
        np.testing.assert_allclose(student_p_value(statistic, df), 2 * stats.t.sf(np.abs(statistic), df), rtol=1e-10)
        np.testing.assert_allclose(student_p_value(statistic, df, "less"), stats.t.cdf(statistic, df), rtol=1e-10)
    np.testing.assert_allclose(normal_p_value(statistic), 2 * stats.norm.sf(np.abs(statistic)), rtol=1e-10)
    np.testing.assert_allclose(normal_p_value(statistic, "greater"), stats.norm.sf(statistic), rtol=1e-10)
    assert float(student_quantile(0.975, 9)) == pytest.approx(stats.t.ppf(0.975, 9), rel=1e-10)
    assert np.isnan(student_quantile(0.975, 0))
