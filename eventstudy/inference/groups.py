"""Groups against each other: differences of two, trends over ordered ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from types import MappingProxyType
from typing import TypeAlias

import numpy as np

from eventstudy._typing import Dates, Floats, Ints
from eventstudy.distributions import normal_p_values, student_p_values
from eventstudy.errors import Reason
from eventstudy.inference.base import TestResult, dispersion

__all__ = ["DIFFERENCES", "TRENDS", "clustered", "jonckheere", "rank_sum", "rank_trend", "welch"]

SAME_MEAN = "The two groups have the same mean abnormal return over the window."
SAME_PLACE = "Abnormal returns over the window are spread alike in the two groups."
NO_TREND = "The mean abnormal return over the window does not change along the groups."
NO_ORDER = "Abnormal returns over the window are spread alike in all groups."
# What the estimate of each is, computed or not.
MEASURES = MappingProxyType(
    {"welch": "car", "clustered": "car", "rank_sum": "share", "rank_trend": "car", "jonckheere": "share"}
)
FEWEST_DATES = 10

Difference: TypeAlias = Callable[[Floats, Floats, Dates, Dates], TestResult]


def welch(x: Floats, y: Floats) -> TestResult:
    """Return Welch's test of the difference of two means, with unequal variances.

    Parameters
    ----------
    x, y : ndarray of shape (N,), (M,)
        CARs of the two groups; two at least in each.

    Notes
    -----
    ``t = (mean x - mean y) / sqrt(a + b)``, a and b the squared standard errors, with
    ``(a + b)^2 / (a^2 / (N - 1) + b^2 / (M - 1))`` degrees of freedom (Welch 1947).

    Examples
    --------
    >>> result = welch(np.array([0.01, 0.03, 0.02]), np.array([0.0, -0.01, 0.005]))
    >>> round(result.statistic, 3), round(result.df, 2)
    (2.982, 3.74)
    """
    n = len(x) + len(y)
    if min(len(x), len(y)) < 2:
        return _missing("welch", SAME_MEAN, n, Reason.NEEDS_TWO_EVENTS)
    a, b = dispersion(x) ** 2 / len(x), dispersion(y) ** 2 / len(y)
    estimate = float(x.mean() - y.mean())
    if a + b == 0:
        return _missing("welch", SAME_MEAN, n, Reason.NO_DISPERSION, estimate)
    df = (a + b) ** 2 / (a**2 / (len(x) - 1) + b**2 / (len(y) - 1))
    return _student("welch", SAME_MEAN, n, estimate, float(np.sqrt(a + b)), df)


def clustered(x: Floats, y: Floats, day0_x: Dates, day0_y: Dates) -> TestResult:
    """Return the difference of two means with a standard error clustered by day 0, whatever events of a date share.

    Parameters
    ----------
    x, y : ndarray of shape (N,), (M,)
        CARs of the two groups; two at least in each, and ten dates in both together.
    day0_x, day0_y : ndarray of shape (N,), (M,)
        Dates of day 0; a date may hold events of both groups, and what moves both alike cancels.

    Notes
    -----
    The slope of CARs on a dummy: ``se^2 = c sum_g (sum_{i in g} z_i e_i)^2``, z 1 / N in the first group and -1 / M in
    the second, e what is left of the group's mean, ``c = G / (G - 1) (n - 1) / (n - 2)``, ``t(G - 1)`` with G the dates
    (Cameron, Gelbach and Miller 2011, for one way of clustering).

    Examples
    --------
    >>> dates = np.arange("2025-01-01", "2025-01-11", dtype="datetime64[D]")
    >>> result = clustered(np.linspace(0.01, 0.03, 10), np.linspace(0.0, 0.02, 10), dates, dates[::-1])
    >>> round(result.estimate, 3), round(result.std_error, 4), result.distribution
    (0.01, 0.0044, 't(9)')
    """
    n = len(x) + len(y)
    if min(len(x), len(y)) < 2:
        return _missing("clustered", SAME_MEAN, n, Reason.NEEDS_TWO_EVENTS)
    estimate = float(x.mean() - y.mean())
    date = np.unique(np.concatenate([day0_x, day0_y]), return_inverse=True)[1]
    count = int(date.max()) + 1
    if count < FEWEST_DATES:
        return _missing("clustered", SAME_MEAN, n, Reason.TOO_FEW_DATES, estimate)
    left = np.concatenate([(x - x.mean()) / len(x), (y.mean() - y) / len(y)])
    sums = np.bincount(date, weights=left)
    error = float(np.sqrt(count / (count - 1) * (n - 1) / (n - 2) * (sums**2).sum()))
    if error <= 1e-14 * max(np.abs(x).max(), np.abs(y).max()):
        return _missing("clustered", SAME_MEAN, n, Reason.NO_DISPERSION, estimate)
    return _student("clustered", SAME_MEAN, n, estimate, error, count - 1)


def rank_sum(x: Floats, y: Floats) -> TestResult:
    """Return the rank-sum test of Wilcoxon, Mann and Whitney, ties averaged, no continuity correction.

    Parameters
    ----------
    x, y : ndarray of shape (N,), (M,)
        CARs of the two groups.

    Notes
    -----
    ``z = (U - N M / 2) / s``, ``s^2 = N M / 12 (n + 1 - sum (t^3 - t) / (n (n - 1)))``, n = N + M. The estimate is
    U / (N M): how often a CAR of the first group is the larger one (Wilcoxon 1945; Mann and Whitney 1947).
    """
    n = len(x) + len(y)
    if min(len(x), len(y)) < 1 or n < 3:
        return _missing("rank_sum", SAME_PLACE, n, Reason.NEEDS_THREE_EVENTS)
    pairs, estimate = len(x) * len(y), _larger(x, y) / (len(x) * len(y))
    ties = _ties(np.concatenate([x, y]))
    variance = pairs / 12 * (n + 1 - float((ties**3 - ties).sum()) / (n * (n - 1)))
    if variance <= 0:
        return _missing("rank_sum", SAME_PLACE, n, Reason.NO_DISPERSION, estimate)
    z = (estimate - 0.5) * pairs / np.sqrt(variance)
    return _normal("rank_sum", SAME_PLACE, n, estimate, float(np.sqrt(variance) / pairs), z)


def rank_trend(groups: Sequence[Floats]) -> TestResult:
    """Return the slope of CARs on the place of their group, 1 to C, with HC3 standard errors and t(N - 2).

    Parameters
    ----------
    groups : sequence of ndarray
        CARs of each group, in its order; the slope is a return a group. An end that holds the whole slope, one event
        against events that are all of one other group, has the reason ``needs_two_events``.

    Notes
    -----
    HC3 divides each residual by one minus its leverage (MacKinnon and White 1985). A leverage of one leaves nothing to
    divide: the line goes through that event, and no residual says how far it may stray.
    """
    y = np.concatenate(groups)
    place = np.repeat(np.arange(1.0, len(groups) + 1), [len(each) for each in groups])
    n = len(y)
    centred = place - place.mean() if n else place
    spread = float((centred**2).sum())
    if n < 3 or spread == 0:
        return _missing("rank_trend", NO_TREND, n, Reason.NEEDS_THREE_EVENTS)
    slope = float(centred @ y / spread)
    residuals = y - y.mean() - slope * centred
    leverage = 1 / n + centred**2 / spread
    if leverage.max() >= 1 - 1e-12:
        return _missing("rank_trend", NO_TREND, n, Reason.NEEDS_TWO_EVENTS, slope)
    scaled = residuals / (1 - leverage)
    error = float(np.sqrt(((centred * scaled) ** 2).sum()) / spread)
    if error <= 1e-14 * np.abs(y).max():
        return _missing("rank_trend", NO_TREND, n, Reason.NO_DISPERSION, slope)
    return _student("rank_trend", NO_TREND, n, slope, error, n - 2)


def jonckheere(groups: Sequence[Floats]) -> TestResult:
    """Return the test of Jonckheere and Terpstra: do CARs rise along the groups, whatever their distribution.

    Parameters
    ----------
    groups : sequence of ndarray
        CARs of each group, in its order.

    Notes
    -----
    J counts, over all pairs of groups, how often a value of the later one is the larger (a tie counts half);
    ``z = (J - mean) / s`` with the variance under ties (Hollander and Wolfe 1999, eq. 6.19). The estimate is J over
    the number of pairs of values.
    """
    sizes = np.array([len(each) for each in groups if len(each)])
    n = int(sizes.sum())
    if len(sizes) < 2 or n < 3:
        return _missing("jonckheere", NO_ORDER, n, Reason.NEEDS_THREE_EVENTS)
    held = [each for each in groups if len(each)]
    count = sum(_larger(later, earlier) for i, earlier in enumerate(held) for later in held[i + 1 :])
    pairs = float(n**2 - (sizes**2).sum()) / 2
    variance = _jonckheere_variance(n, sizes, _ties(np.concatenate(held)))
    if variance <= 0:
        return _missing("jonckheere", NO_ORDER, n, Reason.NO_DISPERSION, count / pairs)
    z = (count - pairs / 2) / np.sqrt(variance)
    return _normal("jonckheere", NO_ORDER, n, count / pairs, float(np.sqrt(variance) / pairs), z)


def _jonckheere_variance(n: int, sizes: Ints, ties: Ints) -> float:
    def third(of: Ints) -> float:
        return float((of * (of - 1) * (2 * of + 5)).sum())

    def second(of: Ints) -> float:
        return float((of * (of - 1) * (of - 2)).sum())

    def first(of: Ints) -> float:
        return float((of * (of - 1)).sum())

    whole = n * (n - 1) * (2 * n + 5)
    variance = (whole - third(sizes) - third(ties)) / 72
    variance += second(sizes) * second(ties) / (36 * n * (n - 1) * (n - 2))
    return variance + first(sizes) * first(ties) / (8 * n * (n - 1))


DIFFERENCES: Mapping[str, Difference] = MappingProxyType(
    {
        "welch": lambda x, y, *_: welch(x, y),
        "rank_sum": lambda x, y, *_: rank_sum(x, y),
        "clustered": clustered,
    }
)
TRENDS: Mapping[str, Callable[[Sequence[Floats]], TestResult]] = MappingProxyType(
    {"rank_trend": rank_trend, "jonckheere": jonckheere}
)


def _larger(x: Floats, y: Floats) -> float:
    """Return how many pairs have the value of x the larger, ties counting half."""
    ordered = np.sort(y)
    below, upto = np.searchsorted(ordered, x, side="left"), np.searchsorted(ordered, x, side="right")
    return float((below + upto).sum()) / 2


def _ties(values: Floats) -> Ints:
    ordered = np.sort(values)
    edges = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1], [True]]))
    return np.array([end - start for start, end in pairwise(edges)], dtype=np.int64)


def _missing(test: str, null: str, n: int, reason: Reason, estimate: float = float("nan")) -> TestResult:
    return TestResult(test=test, null=null, measure=MEASURES[test], n=n, estimate=estimate, reason=reason)


def _student(test: str, null: str, n: int, estimate: float, error: float, df: float) -> TestResult:
    t = estimate / error
    found = {"estimate": estimate, "std_error": error, "statistic": t, "distribution": f"t({df:g})", "df": float(df)}
    return TestResult.of(student_p_values(t, df), test=test, null=null, measure=MEASURES[test], n=n, **found)


def _normal(test: str, null: str, n: int, estimate: float, error: float, z: float) -> TestResult:
    found = {"estimate": estimate, "std_error": error, "statistic": float(z), "distribution": "N(0,1)"}
    return TestResult.of(normal_p_values(z), test=test, null=null, measure=MEASURES[test], n=n, **found)
