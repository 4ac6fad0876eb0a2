"""Group differences and trends against scipy, statsmodels and enumeration."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats

from eventstudy.errors import Reason
from eventstudy.inference.groups import clustered, jonckheere, rank_sum, rank_trend, welch

X = np.array([0.021, -0.013, 0.034, 0.002, 0.017])
Y = np.array([-0.01, 0.004, -0.022, 0.002, 0.008, -0.03, 0.001])
Z = np.array([-0.04, -0.01, 0.002])


def test_welch_equals_scipy() -> None:
    reference = stats.ttest_ind(X, Y, equal_var=False)
    result = welch(X, Y)
    assert result.statistic == pytest.approx(reference.statistic, rel=1e-10)
    assert result.p_value == pytest.approx(reference.pvalue, rel=1e-10)
    assert result.df == pytest.approx(reference.df, rel=1e-10)
    assert result.estimate == pytest.approx(X.mean() - Y.mean(), rel=1e-12)
    assert result.n == 12


def test_clustered_is_the_regression_on_a_dummy_clustered_by_date() -> None:
    rng = np.random.default_rng(4)
    dates = np.datetime64("2025-01-01") + rng.integers(0, 14, size=60)
    car, first = rng.normal(0.01, 0.03, size=60), rng.random(60) < 0.4
    reference = sm.OLS(car, sm.add_constant(first.astype(float))).fit(
        cov_type="cluster", cov_kwds={"groups": np.unique(dates, return_inverse=True)[1]}, use_t=True
    )
    result = clustered(car[first], car[~first], dates[first], dates[~first])
    assert result.estimate == pytest.approx(reference.params[1], rel=1e-10)
    assert result.std_error == pytest.approx(reference.bse[1], rel=1e-10)
    assert result.p_value == pytest.approx(reference.pvalues[1], rel=1e-9)
    assert (result.df, result.n) == (len(np.unique(dates)) - 1, 60)


def test_clustered_keeps_its_size_where_dates_move_all_events_and_welch_does_not() -> None:
    """Twenty dates of five events, each date of one group: at 5% Welch rejects what a date does to all of its events.

    A half of the variance is the date's; 400 draws put 99% of a true 5% between 2.4 and 8.2%.
    """
    rng, draws = np.random.default_rng(11), 400
    dates = np.repeat(np.datetime64("2025-01-01") + np.arange(20), 5)
    car = np.repeat(rng.normal(size=(draws, 20)), 5, axis=1) + rng.normal(size=(draws, 100))
    first = np.arange(100) < 50
    ours = [clustered(row[first], row[~first], dates[first], dates[~first]).p_value < 0.05 for row in car]
    theirs = [welch(row[first], row[~first]).p_value < 0.05 for row in car]
    assert 0.024 < np.mean(ours) < 0.082
    assert np.mean(theirs) > 0.15


def test_clustered_says_what_it_lacks() -> None:
    dates = np.datetime64("2025-01-01") + np.arange(9)
    few = clustered(X, Y[:4], dates[:5], dates[5:])
    assert few.reason == Reason.TOO_FEW_DATES
    assert few.estimate == pytest.approx(X.mean() - Y[:4].mean(), rel=1e-12)
    assert clustered(X[:1], Y, dates[:1], dates[:7]).reason == Reason.NEEDS_TWO_EVENTS


def test_rank_sum_equals_scipy_with_ties() -> None:
    reference = stats.mannwhitneyu(X, Y, use_continuity=False, method="asymptotic")
    result = rank_sum(X, Y)
    assert result.estimate == pytest.approx(reference.statistic / 35, rel=1e-12)
    assert result.p_value == pytest.approx(reference.pvalue, rel=1e-10)


def test_rank_trend_is_least_squares_with_hc3() -> None:
    y, place = np.concatenate([X, Y, Z]), np.repeat([1.0, 2.0, 3.0], [5, 7, 3])
    reference = sm.OLS(y, sm.add_constant(place)).fit(cov_type="HC3", use_t=True)
    result = rank_trend([X, Y, Z])
    assert result.estimate == pytest.approx(reference.params[1], rel=1e-10)
    assert result.std_error == pytest.approx(reference.bse[1], rel=1e-10)
    assert result.p_value == pytest.approx(reference.pvalues[1], rel=1e-9)


def test_an_end_of_one_event_needs_a_second_where_it_holds_the_slope() -> None:
    """Its leverage is one: the standard error would be that of the other group alone (64% false rejections)."""
    for groups in ([X[:1], Y], [Y, X[:1]], [X[:1], np.array([]), Y]):
        result = rank_trend(groups)
        assert result.reason == Reason.NEEDS_TWO_EVENTS
        assert np.isnan(result.p_value)
    y, place = np.concatenate([X[:1], Y, Z]), np.repeat([1.0, 2.0, 3.0], [1, 7, 3])
    reference = sm.OLS(y, sm.add_constant(place)).fit(cov_type="HC3", use_t=True)
    assert rank_trend([X[:1], Y, Z]).std_error == pytest.approx(reference.bse[1], rel=1e-10)
    two = rank_trend([X[:1], Y])
    assert two.estimate == pytest.approx(Y.mean() - X[0], rel=1e-10)


def test_the_measure_is_the_same_where_there_is_no_number() -> None:
    one, none = np.array([0.01]), np.array([])
    for short, whole in ((rank_sum(none, X), rank_sum(X, Y)), (jonckheere([X, none]), jonckheere([X, Y]))):
        assert short.measure == whole.measure == "share"
    for short, whole in ((welch(one, X), welch(X, Y)), (rank_trend([one, X]), rank_trend([X, Y]))):
        assert short.measure == whole.measure == "car"


@pytest.mark.parametrize("groups", [([1.0, 4.0], [2.0, 6.0], [3.0, 5.0]), ([1.0, 2.0], [2.0, 2.0], [3.0, 1.0])])
def test_jonckheere_has_the_mean_and_variance_of_all_permutations(groups: tuple[list[float], ...]) -> None:
    pool = np.concatenate(groups)
    every = []
    for order in permutations(pool):
        a, b, c = order[:2], order[2:4], order[4:]
        pairs = [(x, y) for one, other in ((a, b), (a, c), (b, c)) for x in one for y in other]
        every.append(sum(1.0 if y > x else 0.5 if y == x else 0.0 for x, y in pairs))
    result = jonckheere([np.array(each) for each in groups])
    observed = every[0]
    assert result.estimate == pytest.approx(observed / 12, rel=1e-12)
    assert result.std_error == pytest.approx(np.std(every) / 12, rel=1e-10)
    assert result.statistic == pytest.approx((observed - np.mean(every)) / np.std(every), rel=1e-10, abs=1e-12)


def test_edges_have_reasons() -> None:
    one, equal = np.array([0.01]), np.full(3, 0.01)
    assert welch(one, X).reason == Reason.NEEDS_TWO_EVENTS
    assert welch(equal, equal).reason == Reason.NO_DISPERSION
    assert rank_sum(np.array([]), X).reason == Reason.NEEDS_THREE_EVENTS
    assert rank_sum(equal, equal).reason == Reason.NO_DISPERSION
    assert rank_trend([X]).reason == Reason.NEEDS_THREE_EVENTS
    assert rank_trend([equal, equal]).reason == Reason.NO_DISPERSION
    assert jonckheere([X, np.array([])]).reason == Reason.NEEDS_THREE_EVENTS
    assert jonckheere([equal, equal]).reason == Reason.NO_DISPERSION
