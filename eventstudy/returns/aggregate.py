"""Averages over events: AAR and CAAR by day, with their cross-sectional standard errors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from eventstudy._typing import Bools, Floats, Ints
from eventstudy.distributions import student_quantile
from eventstudy.returns.abnormal import AbnormalReturns

__all__ = ["AverageReturns", "average_returns", "mean_and_error"]


@dataclass(frozen=True, slots=True, eq=False)
class AverageReturns:
    """Averages over one group of events, on each of the L days of the event window; every array has shape (L,).

    Parameters
    ----------
    day : ndarray
        Event days.
    n : ndarray
        Events with an abnormal return on the day.
    aar : ndarray
        Average abnormal return, a decimal per session; NaN on a day without any.
    std_error : ndarray
        Its cross-sectional standard error; NaN with fewer than two events.
    caar : ndarray
        Average, over the `balanced` events, of abnormal returns cumulated from the first day.
    caar_std_error : ndarray
        Its cross-sectional standard error.
    ci_low, ci_high : ndarray
        Confidence interval of `caar`: ``caar -+ t_{N-1} s / sqrt(N)``.
    balanced : int
        Events with an abnormal return on every day: the only ones in `caar`, so that its path is of one set.
    """

    day: Ints
    n: Ints
    aar: Floats
    std_error: Floats
    caar: Floats
    caar_std_error: Floats
    ci_low: Floats
    ci_high: Floats
    balanced: int


def mean_and_error(values: Floats) -> tuple[Floats, Floats, Ints]:
    """Return mean, standard error of the mean, and count of each column.

    Parameters
    ----------
    values : ndarray of shape (N, L)
        NaN where missing.

    Returns
    -------
    mean, std_error : ndarray of shape (L,)
        ``std_error = s / sqrt(n)`` with divisor n - 1; NaN where fewer than one, two values are there.
    n : ndarray of shape (L,)
        Values there.

    Examples
    --------
    >>> mean, std_error, n = mean_and_error(np.array([[1.0], [2.0], [3.0]]))
    >>> mean.tolist(), std_error.round(4).tolist(), n.tolist()
    ([2.0], [0.5774], [3])
    """
    there = ~np.isnan(values)
    n = there.sum(axis=0)
    mean = np.where(n > 0, np.where(there, values, 0.0).sum(axis=0) / np.maximum(n, 1), np.nan)
    squares = (np.where(there, values - mean, 0.0) ** 2).sum(axis=0)
    variance = np.where(n > 1, squares / np.maximum(n - 1, 1), np.nan)
    return mean, np.sqrt(variance / np.maximum(n, 1)), n


def average_returns(abnormal: AbnormalReturns, members: Bools, level: float = 0.95) -> AverageReturns:
    """Average the abnormal returns of a group of events.

    Parameters
    ----------
    abnormal : AbnormalReturns
        E events.
    members : ndarray of shape (E,)
        Which events belong to the group.
    level : float
        Coverage of the confidence interval.
    """
    ar = abnormal.ar[members]
    aar, std_error, n = mean_and_error(ar)
    complete = ~np.isnan(ar).any(axis=1)
    caar, caar_std_error, _ = mean_and_error(np.cumsum(ar[complete], axis=1))
    balanced = int(complete.sum())
    half = student_quantile(0.5 + level / 2, balanced - 1) * caar_std_error
    return AverageReturns(
        day=np.array(abnormal.windows.days, dtype=np.int64),
        n=n,
        aar=aar,
        std_error=std_error,
        caar=caar,
        caar_std_error=caar_std_error,
        ci_low=caar - half,
        ci_high=caar + half,
        balanced=balanced,
    )
