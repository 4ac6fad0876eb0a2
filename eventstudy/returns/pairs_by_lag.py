"""Correlations of all pairs of events, taken pair by pair, and summed by how many sessions their days 0 lie apart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from eventstudy._typing import Bools, Floats, Ints
from eventstudy.returns.correlation import ROUNDING, to_unit
from eventstudy.returns.rows import Filled, filled

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


class _Side(NamedTuple):
    """Residuals of events over sessions that they share with others.

    Parameters
    ----------
    values : ndarray of shape (E, m)
        Scaled so that sums keep their digits, zero where missing.
    total, squares : ndarray of shape (E,)
        Their sums, and those of squares.
    missing : ndarray of shape (E, m)
        Which are.
    begin : ndarray of shape (E + 1,)
        Where in the next the sessions begin that each event lacks.
    session : ndarray
        These sessions.
    """

    values: Floats
    total: Floats
    squares: Floats
    missing: Bools
    begin: Ints
    session: Ints

    @classmethod
    def of(cls, there: Filled, missing: Bools, first: int = 0, after: int | None = None) -> _Side:
        """Return those of some columns of rows."""
        values, missing = there.values[:, first:after], missing[:, first:after]
        kept = (there.session >= first) & (there.session < first + values.shape[1])
        begin = np.searchsorted(there.event[kept], np.arange(len(values) + 1))
        total, squares = np.einsum("em->e", values), np.einsum("em,em->e", values, values)
        return cls(values, total, squares, missing, begin, there.session[kept] - first)

    @property
    def gaps(self) -> Ints:
        """How many residuals each event lacks."""
        return np.diff(self.begin)

    def lost(self, rows: Ints, beside: _Side, others: Ints) -> tuple[Floats, Floats, Ints]:
        """Return what rows have where the row beside each lacks some: the sum, that of squares, and how many."""
        gaps, pairs = beside.gaps[others], len(rows)
        pair = np.repeat(np.arange(pairs), gaps)
        where = rows[pair], beside.session[_ranges(beside.begin[others], gaps)]
        value, there = self.values[where], ~self.missing[where]
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
    ``sum_ij corr(e_i, e_j) = (sum_i u_i)'(sum_j u_j)`` for rows u of unit length and mean zero over the same sessions:
    of those that lack no residual, no pair is looked at by itself. Of the others, sums over the sessions that both have
    are those over all, less what each has where the other lacks some.

    Examples
    --------
    >>> one = np.sin(np.arange(40.0))
    >>> found = pairs_by_lag(np.stack([one[:35], one[1:36], -one[1:36]]), np.array([0, 1, 1]), 2)
    >>> [each.enough for each in found], [round(each.total, 12) + 0.0 for each in found]
    ([1, 2], [-1.0, 0.0])
    """
    order = np.argsort(day0, kind="stable")
    there, day0 = _scaled(values[order]), day0[order]
    missing = _missing(there)
    return [_of_lag(there, missing, day0, lag) for lag in range(lags)]


def pairs_between(one: Floats, two: Floats) -> LagSums:
    """Return the correlations of each row with each of other rows, over the sessions that both have.

    Parameters
    ----------
    one, two : ndarray of shape (E, m) and (F, m)
        Residuals over the same sessions, NaN where missing.
    """
    rows, others = len(one), len(two)
    pairs = _in_turn(np.arange(rows), np.arange(others), np.zeros(rows, dtype=np.int64), np.full(rows, others))
    sides = [_Side.of(there, _missing(there)) for there in (_scaled(one), _scaled(two))]
    total, enough = _summed(sides[0], sides[1], pairs)
    return LagSums(total, enough, rows * others - enough)


def _scaled(values: Floats) -> Filled:
    """Return rows less their means and of unit length, so that sums over a part of them keep their digits."""
    there = filled(values)
    return there._replace(values=to_unit(*there.centre_in_place()))


def _missing(there: Filled) -> Bools:
    missing = np.zeros(there.shape, dtype=bool)
    missing[there.event, there.session] = True
    return missing


def _of_lag(there: Filled, missing: Bools, day0: Ints, lag: int) -> LagSums:
    """Return the sums of one lag, of events in the order of their days 0."""
    events, common = len(day0), there.shape[1] - lag
    # Of the events on an event's own day, those after it.
    begin = np.searchsorted(day0, day0 + lag) if lag else np.arange(1, events + 1)
    end = np.searchsorted(day0, day0 + lag, side="right")
    pairs = int((end - begin).sum())
    if common < COMMON or not pairs:
        return LagSums(0.0, 0, pairs)
    early = _Side.of(there, missing, lag)
    late = _Side.of(there, missing, 0, common) if lag else early
    whole, complete = _together(early, late, day0, lag)
    total, enough = _summed(early, late, _with_gaps(early.gaps > 0, late.gaps > 0, begin, end))
    return LagSums(whole + total, complete + enough, pairs - complete - enough)


def _together(early: _Side, late: _Side, day0: Ints, lag: int) -> tuple[float, int]:
    """Return the sum of the correlations of all pairs of complete rows, and how many pairs these are."""
    days, place = np.unique(day0, return_inverse=True)
    sums, count, varying = _by_day(early, place, len(days))
    if not lag:
        return (float(np.einsum("dm,dm->", sums, sums)) - varying) / 2, int((count * (count - 1)).sum()) // 2
    later, among, _ = _by_day(late, place, len(days))
    _, at, to = np.intersect1d(days + lag, days, assume_unique=True, return_indices=True)
    return float(np.einsum("dm,dm->", sums[at], later[to])), int((count[at] * among[to]).sum())


def _by_day(side: _Side, place: Ints, days: int) -> tuple[Floats, Ints, int]:
    """Return the sums by day of complete rows in units of their length, how many they are, and how many of all vary."""
    from scipy.sparse import csr_array

    rows, sessions = side.values.shape
    complete, mean = side.gaps == 0, side.total / sessions
    around = side.squares - side.total * mean
    varies = complete & (around > ROUNDING)
    weight = np.sqrt(np.divide(1.0, around, out=np.zeros(rows), where=varies))
    begins = np.searchsorted(place, np.arange(days + 1))
    summing = csr_array((weight, np.arange(rows), begins), shape=(days, rows))
    sums = np.asarray(summing @ side.values) - (summing @ mean)[:, None]
    return sums, np.bincount(place[complete], minlength=days), int(varies.sum())


def _summed(early: _Side, late: _Side, pairs: Iterable[tuple[Ints, Ints]]) -> tuple[float, int]:
    """Return the sum of the correlations of pairs, and how many have one."""
    total, enough = 0.0, 0
    for i, j in pairs:
        rho, shared = _paired(early, i, late, j)
        taken = shared >= COMMON
        total, enough = total + float(rho[taken].sum()), enough + int(taken.sum())
    return total, enough


def _paired(early: _Side, i: Ints, late: _Side, j: Ints) -> tuple[Floats, Ints]:
    """Return the correlations of rows with those beside them, over the sessions that both have, and how many."""
    (sum_one, lost_one, there), (sum_two, lost_two, _) = early.lost(i, late, j), late.lost(j, early, i)
    shared = early.values.shape[1] - early.gaps[i] - there
    n = np.maximum(shared, 1)
    total_one, total_two = early.total[i] - sum_one, late.total[j] - sum_two
    around_one = early.squares[i] - lost_one - total_one**2 / n
    around_two = late.squares[j] - lost_two - total_two**2 / n
    varies = (around_one > ROUNDING) & (around_two > ROUNDING)
    product = np.einsum("pm,pm->p", early.values[i], late.values[j]) - total_one * total_two / n
    return np.where(varies, product / np.sqrt(np.where(varies, around_one * around_two, 1.0)), 0.0), shared


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
