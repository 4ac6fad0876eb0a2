"""Correlations of all pairs of events, taken pair by pair, and summed by how many sessions their days 0 lie apart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from eventstudy._typing import Bools, Floats, Ints
from eventstudy.returns.correlation import ROUNDING, to_unit
from eventstudy.returns.rows import filled

__all__ = ["COMMON", "LagSums", "pairs_between", "pairs_by_lag"]

# Fewest common sessions from which a correlation is taken (METHODS 4.3).
COMMON = 30
# Pairs whose residuals are side by side at once.
AT_ONCE = 2048


class LagSums(NamedTuple):
    """Pairs of events whose days 0 lie so many sessions apart.

    Parameters
    ----------
    total : float
        Sum of the correlations.
    enough, lacking : int
        Pairs with and without `COMMON` common sessions; the second have no correlation.
    """

    total: float
    enough: int
    lacking: int


class _Rows(NamedTuple):
    """Residuals of events over the sessions that they share with others.

    Parameters
    ----------
    unit : ndarray of shape (E, m)
        In rows of unit length, zero where missing or where nothing varies; see `unit_rows`.
    squares : ndarray of shape (E,)
        Sum of squares of each row, 1 or 0.
    missing : ndarray of shape (E, m)
        Which are.
    begin : ndarray of shape (E + 1,)
        Where in the next the sessions begin that each event lacks.
    session : ndarray
        These sessions.
    """

    unit: Floats
    squares: Floats
    missing: Bools
    begin: Ints
    session: Ints

    @classmethod
    def of(cls, values: Floats) -> _Rows:
        """Return those of values that are NaN where missing."""
        there, missing = filled(values), np.zeros(values.shape, dtype=bool)
        missing[there.event, there.session] = True
        begin = np.searchsorted(there.event, np.arange(len(values) + 1))
        unit = to_unit(*there.centre_in_place())
        return cls(unit, np.einsum("em,em->e", unit, unit), missing, begin, there.session)

    @property
    def gaps(self) -> Ints:
        """How many residuals each event lacks."""
        return np.diff(self.begin)

    def lost(self, rows: Ints, beside: _Rows, others: Ints) -> tuple[Floats, Floats, Ints]:
        """Return what rows have where the row beside each lacks some: the sum, that of squares, and how many."""
        gaps, pairs = beside.gaps[others], len(rows)
        pair = np.repeat(np.arange(pairs), gaps)
        where = rows[pair], beside.session[_ranges(beside.begin[others], gaps)]
        value, there = self.unit[where], ~self.missing[where]
        total, squares = (np.bincount(pair, each, pairs).astype(np.float64, copy=False) for each in (value, value**2))
        return total, squares, np.bincount(pair[there], minlength=pairs)


def pairs_by_lag(values: Floats, day0: Ints, lags: int) -> list[LagSums]:
    """Return the correlations of all pairs whose days 0 lie 0, 1, ... sessions apart, each over its common sessions.

    Parameters
    ----------
    values : ndarray of shape (E, M)
        Residuals over sessions that lie as far from day 0 for every event, NaN where missing.
    day0 : ndarray of shape (E,)
        Session index of each event's day 0.
    lags : int
        How many.

    Notes
    -----
    ``sum_ij corr(e_i, e_j) = (sum_i u_i)'(sum_j u_j)`` for rows u of unit length over the same sessions: of those that
    lack no residual, no pair is looked at by itself. Of the others, sums over the sessions that both have are those
    over all, less what each has where the other lacks some.

    Examples
    --------
    >>> one = np.sin(np.arange(40.0))
    >>> found = pairs_by_lag(np.stack([one[:35], one[1:36], -one[1:36]]), np.array([0, 1, 1]), 2)
    >>> [each.enough for each in found], [round(each.total, 12) + 0.0 for each in found]
    ([1, 2], [-1.0, 0.0])
    """
    order = np.argsort(day0, kind="stable")
    values, day0 = values[order], day0[order]
    return [_of_lag(values, day0, lag) for lag in range(lags)]


def _of_lag(values: Floats, day0: Ints, lag: int) -> LagSums:
    """Return the sums of one lag, of events in the order of their days 0."""
    used = np.maximum(_on(day0, day0 + lag), _on(day0, day0 - lag)) > (lag == 0)
    values, day0, common = values[used], day0[used], values.shape[1] - lag
    # Of the events on an event's own day, those after it.
    begin = np.searchsorted(day0, day0 + lag) if lag else np.arange(1, len(day0) + 1)
    end = np.searchsorted(day0, day0 + lag, side="right")
    pairs = int((end - begin).sum())
    if common < COMMON or not pairs:
        return LagSums(0.0, 0, pairs)
    early = _Rows.of(values[:, lag:])
    late = _Rows.of(values[:, :common]) if lag else early
    whole, complete = _together(early, late, day0, lag)
    total, enough = _summed(early, late, _with_gaps(early.gaps > 0, late.gaps > 0, begin, end))
    return LagSums(whole + total, complete + enough, pairs - complete - enough)


def pairs_between(one: Floats, two: Floats) -> LagSums:
    """Return the correlations of each row with each of other rows, over the sessions that both have.

    Parameters
    ----------
    one, two : ndarray of shape (E, m) and (F, m)
        Residuals over the same sessions, NaN where missing.
    """
    rows, others = len(one), len(two)
    pairs = _in_turn(np.arange(rows), np.arange(others), np.zeros(rows, dtype=np.int64), np.full(rows, others))
    total, enough = _summed(_Rows.of(one), _Rows.of(two), pairs)
    return LagSums(total, enough, rows * others - enough)


def _summed(early: _Rows, late: _Rows, pairs: Iterable[tuple[Ints, Ints]]) -> tuple[float, int]:
    """Return the sum of the correlations of pairs, and how many have one."""
    total, enough = 0.0, 0
    for i, j in pairs:
        rho, shared = _paired(early, i, late, j)
        taken = shared >= COMMON
        total, enough = total + float(rho[taken].sum()), enough + int(taken.sum())
    return total, enough


def _on(day0: Ints, day: Ints) -> Ints:
    """Return how many events, in the order of their days 0, there are on some days."""
    return np.searchsorted(day0, day, side="right") - np.searchsorted(day0, day)


def _together(early: _Rows, late: _Rows, day0: Ints, lag: int) -> tuple[float, int]:
    """Return the sum of the correlations of all pairs of complete rows, and how many pairs these are."""
    days, sums, count = _by_day(early, day0)
    if not lag:
        twice = np.einsum("dm,dm->", sums, sums) - early.squares[early.gaps == 0].sum()
        return float(twice) / 2, int((count * (count - 1)).sum()) // 2
    others, later, among = _by_day(late, day0)
    _, at, place = np.intersect1d(days + lag, others, assume_unique=True, return_indices=True)
    return float(np.einsum("dm,dm->", sums[at], later[place])), int((count[at] * among[place]).sum())


def _by_day(rows: _Rows, day0: Ints) -> tuple[Ints, Floats, Ints]:
    """Return the days on which there are complete rows, their sums by day, and how many they are."""
    complete = rows.gaps == 0
    days, starts, count = np.unique(day0[complete], return_index=True, return_counts=True)
    unit = rows.unit if complete.all() else rows.unit[complete]
    return days, np.add.reduceat(unit, starts, axis=0) if len(days) else unit, count


def _with_gaps(early: Bools, late: Bools, begin: Ints, end: Ints) -> Iterator[tuple[Ints, Ints]]:
    """Give the pairs of which one or both lack some, each event with those from `begin` to `end`, some at a time."""
    gapped, others = np.flatnonzero(early), np.flatnonzero(~early)
    yield from _in_turn(gapped, np.arange(len(late)), begin[gapped], end[gapped])
    # Where among the late ones with gaps those of each event begin and end.
    before = np.concatenate([[0], np.cumsum(late)])
    yield from _in_turn(others, np.flatnonzero(late), before[begin[others]], before[end[others]])


def _in_turn(first: Ints, second: Ints, begin: Ints, end: Ints) -> Iterator[tuple[Ints, Ints]]:
    """Give pairs, some at a time: each of the first with those of the second from one place to another."""
    count = end - begin
    ends = np.cumsum(count)
    for start in range(0, int(count.sum()), AT_ONCE):
        pair = np.arange(start, min(start + AT_ONCE, int(ends[-1])))
        place = np.searchsorted(ends, pair, side="right")
        yield first[place], second[begin[place] + pair - (ends[place] - count[place])]


def _ranges(begin: Ints, count: Ints) -> Ints:
    """Return so many numbers from each beginning on, one after another."""
    ends = np.cumsum(count)
    return np.asarray(np.arange(int(count.sum())) + np.repeat(begin - (ends - count), count))


def _paired(early: _Rows, i: Ints, late: _Rows, j: Ints) -> tuple[Floats, Ints]:
    """Return the correlations of rows with those beside them, over the sessions that both have, and how many."""
    one, two = early.unit[i], late.unit[j]
    (sum_one, lost_one, there), (sum_two, lost_two, _) = early.lost(i, late, j), late.lost(j, early, i)
    shared = one.shape[1] - early.gaps[i] - there
    n = np.maximum(shared, 1)
    # The sums over all are zero.
    left_one = early.squares[i] - lost_one - sum_one**2 / n
    left_two = late.squares[j] - lost_two - sum_two**2 / n
    varies = (left_one > ROUNDING) & (left_two > ROUNDING)
    product = np.einsum("pm,pm->p", one, two) - sum_one * sum_two / n
    return np.where(varies, product / np.sqrt(np.where(varies, left_one * left_two, 1.0)), 0.0), shared
