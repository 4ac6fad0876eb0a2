"""Averages over events: AAR and CAAR by day, with their cross-sectional standard errors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from eventstudy._typing import Bools, Floats, Ints
from eventstudy.distributions import student_quantile
from eventstudy.frames import stretches
from eventstudy.returns.abnormal import AbnormalReturns

__all__ = ["AverageReturns", "average_returns", "mean_and_error"]

# Rows of a part: what is made of it stays in the processor's cache.
_ROWS = 1 << 12


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
    same_events : bool
        Whether that is so; else `caar` is the sum of `aar`, each over whichever events have that day.
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
    same_events: bool = True


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
    return _mean_and_error(values.shape[1], lambda: (values[rows] for rows in stretches(len(values), _ROWS)))


def _mean_and_error(columns: int, parts: Callable[[], Iterator[Floats]]) -> tuple[Floats, Floats, Ints]:
    """Return what `mean_and_error` does of values that are made a part at a time, once for each of two looks."""
    total, n = _sums(columns, parts())
    mean = np.where(n > 0, total / np.maximum(n, 1), np.nan)
    squares, _ = _sums(columns, parts(), mean)
    variance = np.where(n > 1, squares / np.maximum(n - 1, 1), np.nan)
    return mean, np.sqrt(variance / np.maximum(n, 1)), n


def _sums(columns: int, parts: Iterator[Floats], mean: Floats | None = None) -> tuple[Floats, Ints]:
    """Return the sum of each column, or of the squares about its mean, in the order of one sum over all rows; and n."""
    total, n = np.zeros(columns), np.zeros(columns, dtype=np.int64)
    # One memory for all parts, since new memory costs more than the sums.
    rows = np.empty((_ROWS + 1, columns))
    for part in parts:
        some = rows[: len(part) + 1]
        some[0] = total
        if mean is None:
            some[1:] = part
        else:
            np.square(np.subtract(part, mean, out=some[1:]), out=some[1:])
        n += len(part)
        total = some.sum(axis=0)
        if np.isnan(total).any():
            missing = np.isnan(some)
            some[missing] = 0.0
            n -= missing.sum(axis=0)
            total = some.sum(axis=0)
    return total, n


def _cumulated(ar: Floats, complete: Bools) -> Iterator[Floats]:
    """Give abnormal returns of the complete events, cumulated from the first day, a part at a time; each to be read."""
    cumulated = np.empty((min(_ROWS, len(ar)), ar.shape[1]))
    for rows in stretches(len(ar), _ROWS):
        part = _whole(ar[rows], complete[rows])
        yield np.cumsum(part, axis=1, out=cumulated[: len(part)])


def _whole(rows: Floats, complete: Bools) -> Floats:
    return rows if complete.all() else rows[complete]


def average_returns(
    abnormal: AbnormalReturns, members: Bools, level: float = 0.95, *, balanced: bool = True
) -> AverageReturns:
    """Average the abnormal returns of a group of events.

    Parameters
    ----------
    abnormal : AbnormalReturns
        E events.
    members : ndarray of shape (E,)
        Which events belong to the group.
    level : float
        Coverage of the confidence interval.
    balanced : bool
        Whether `AverageReturns.caar` is of the events with an abnormal return on every day; else it is the sum of the
        averages of each day, and its standard error that of a sum over events (each event's share in all days).
    """
    ar = abnormal.ar if members.all() else abnormal.ar[members]
    aar, std_error, n = mean_and_error(ar)
    # A sum is missing where any of its days is.
    complete = np.ones(len(ar), dtype=bool) if (n == len(ar)).all() else ~np.isnan(ar.sum(axis=1))
    if balanced:
        caar, caar_std_error, _ = _mean_and_error(ar.shape[1], partial(_cumulated, ar, complete))
        events = int(complete.sum())
    else:
        caar, caar_std_error = _summed_averages(ar, aar, n)
        events = int((~np.isnan(ar)).any(axis=1).sum())
    half = student_quantile(0.5 + level / 2, events - 1) * caar_std_error
    return AverageReturns(
        day=np.array(abnormal.windows.days, dtype=np.int64),
        n=n,
        aar=aar,
        std_error=std_error,
        caar=caar,
        caar_std_error=caar_std_error,
        ci_low=caar - half,
        ci_high=caar + half,
        balanced=int(complete.sum()),
        same_events=balanced,
    )


def _summed_averages(ar: Floats, aar: Floats, n: Ints) -> tuple[Floats, Floats]:
    """Return the cumulated averages of each day, and their standard error, both of shape (L,).

    ``CAAR_t = sum_{s<=t} AAR_s``; event i moves it by ``u_it = sum_{s<=t} (AR_is - AAR_s) / N_s`` over the days it has,
    and the variance is ``N/(N-1) sum_i u_it^2``. On complete data both are those of the balanced average.
    """
    moved = np.where(np.isnan(ar), 0.0, ar - aar) / np.maximum(n, 1)
    taking_part = int((~np.isnan(ar)).any(axis=1).sum())
    caar = np.cumsum(aar)
    if taking_part < 2:
        return caar, np.full(len(aar), np.nan)
    squares = (np.cumsum(moved, axis=1) ** 2).sum(axis=0)
    squares[np.isnan(caar)] = np.nan
    return caar, np.sqrt(squares * taking_part / (taking_part - 1))
