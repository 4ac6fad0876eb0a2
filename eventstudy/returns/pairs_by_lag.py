"""Correlations of all pairs of events, taken pair by pair, and summed by how many sessions their days 0 lie apart."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import NamedTuple

import numpy as np

from eventstudy._typing import Bools, Floats, Ints
from eventstudy.execution import ranges
from eventstudy.returns.correlation import to_unit, unit_rows
from eventstudy.returns.rows import Filled, filled

__all__ = ["COMMON", "LagSums", "correlations", "pairs_between", "pairs_by_lag"]

# Fewest common sessions from which a correlation is taken (METHODS 4.3).
COMMON = 30
# Pairs whose residuals are side by side at once: what the cache of a core holds.
AT_ONCE = 256
# Rows of a table of pairs that are made at once.
TILE = 512
# With so many pairs of two days to look at, products of matrices cost less than each pair by itself.
DENSE = 256
# Share of a row's squares below which a difference of sums has lost digits, so that what is left is summed again.
LEFT = 1e-4


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
    """Residuals of events over sessions that they share with others, the events of a day one after another.

    Parameters
    ----------
    values : ndarray of shape (E, m)
        Scaled so that the squares over all sessions of an event sum to one; zero where missing.
    total, squares : ndarray of shape (E,)
        Their sums, and those of squares.
    missing : ndarray of shape (E, m)
        Which are.
    begin : ndarray of shape (E + 1,)
        Where in the next the sessions begin that each event lacks.
    session : ndarray
        These sessions.
    first, number : ndarray of shape (D,)
        Of each day, its first event and how many it has.
    """

    values: Floats
    total: Floats
    squares: Floats
    missing: Bools
    begin: Ints
    session: Ints
    first: Ints
    number: Ints

    @classmethod
    def of(cls, scaled: Filled, cut: slice, first: Ints, number: Ints) -> _Side:
        """Return those of some sessions of rows of unit length."""
        values = scaled.values[:, cut]
        start, stop, _ = cut.indices(scaled.shape[1])
        kept = (scaled.session >= start) & (scaled.session < stop)
        event, session = scaled.event[kept], scaled.session[kept] - start
        missing, begin = np.zeros(values.shape, dtype=bool), np.searchsorted(event, np.arange(len(values) + 1))
        missing[event, session] = True
        total, squares = np.einsum("em->e", values), np.einsum("em,em->e", values, values)
        return cls(values, total, squares, missing, begin, session, first, number)

    @classmethod
    def alone(cls, values: Floats) -> _Side:
        """Return those of rows that are NaN where missing, as if all were of one day."""
        return cls.of(_scaled(values), slice(None), np.zeros(1, dtype=np.int64), np.array([len(values)]))

    @property
    def gaps(self) -> Ints:
        """How many residuals each event lacks."""
        return np.diff(self.begin)

    @property
    def around(self) -> Floats:
        """Sum of squares about the mean of each event that lacks none, shape (E,)."""
        return np.asarray(self.squares - self.total**2 / self.values.shape[1])

    @property
    def whole(self) -> Bools:
        """Which events lack none, and have kept the digits of their squares."""
        return np.asarray((self.gaps == 0) & (self.around > LEFT))

    def lost(self, rows: Ints, beside: _Side, others: Ints) -> tuple[Floats, Floats, Ints]:
        """Return what rows have where the row beside each lacks some: the sum, that of squares, and how many."""
        gaps, pairs = beside.gaps[others], len(rows)
        pair = np.repeat(np.arange(pairs), gaps)
        where = rows[pair], beside.session[ranges(beside.begin[others], gaps)]
        value, there = self.values[where], ~self.missing[where]
        total, squares = (np.bincount(pair, each, pairs).astype(np.float64, copy=False) for each in (value, value**2))
        return total, squares, np.bincount(pair[there], minlength=pairs)

    def sums(self) -> tuple[Floats, Ints]:
        """Return the sums by day of whole events, less their means and of unit length, and how many they are."""
        from scipy.sparse import csr_array

        (events, sessions), whole, days = self.values.shape, self.whole, len(self.first)
        weight = np.sqrt(np.divide(1.0, self.around, out=np.zeros(events), where=whole))
        summing = csr_array((weight, np.arange(events), np.append(self.first, events)), shape=(days, events))
        sums = np.asarray(summing @ self.values) - (summing @ (self.total / sessions))[:, None]
        return sums, np.add.reduceat(whole, self.first, dtype=np.int64)


def _scaled(values: Floats) -> Filled:
    """Return rows less their means and of unit length, so that sums over a part of them keep their digits."""
    mean, there = filled(values).centre_in_place()
    return there._replace(values=to_unit(mean, there.values))


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
    are products of matrices where two days have many such pairs, else sums over all, less what each has where the other
    lacks some.

    Examples
    --------
    >>> one = np.sin(np.arange(40.0))
    >>> found = pairs_by_lag(np.stack([one[:35], one[1:36], -one[1:36]]), np.array([0, 1, 1]), 2)
    >>> [each.enough for each in found], [round(each.total, 12) + 0.0 for each in found]
    ([1, 2], [-1.0, 0.0])
    """
    order = np.argsort(day0, kind="stable")
    scaled, sessions = _scaled(values[order]), values.shape[1]
    days, first, count = np.unique(day0[order], return_index=True, return_counts=True)
    found = []
    for lag in range(lags):
        _, at, to = np.intersect1d(days + lag, days, assume_unique=True, return_indices=True)
        if sessions - lag < COMMON:
            pairs = count[at] * count[to] if lag else count * (count - 1) // 2
            found.append(LagSums(0.0, 0, int(pairs.sum())))
            continue
        early = _Side.of(scaled, slice(lag, None), first, count)
        late = _Side.of(scaled, slice(0, sessions - lag), first, count) if lag else early
        found.append(_of_days(early, late, at, to))
    return found


def pairs_between(one: Floats, two: Floats) -> LagSums:
    """Return the correlations of each row with each of other rows, over the sessions that both have.

    Parameters
    ----------
    one, two : ndarray of shape (E, m) and (F, m)
        Residuals over the same sessions, NaN where missing; at least one row each.
    """
    if one.shape[1] < COMMON:
        return LagSums(0.0, 0, len(one) * len(two))
    if not (np.isnan(one).any() or np.isnan(two).any()):
        sums = [unit_rows(each, complete=True).sum(axis=0) for each in (one, two)]
        return LagSums(float(sums[0] @ sums[1]), len(one) * len(two), 0)
    day = np.zeros(1, dtype=np.int64)
    return _of_days(_Side.alone(one), _Side.alone(two), day, day)


def correlations(one: Floats, two: Floats) -> tuple[Floats, Floats]:
    """Return the correlation of each row with each of other rows over the sessions that both have, and how many.

    Parameters
    ----------
    one, two : ndarray of shape (E, m) and (F, m)
        Series over the same sessions, NaN where missing.

    Returns
    -------
    rho, shared : ndarray of shape (E, F)
        Zero where a row does not vary on these sessions; not to be read where these are fewer than `COMMON`.
    """
    return _products(_Side.alone(one), slice(0, len(one)), _Side.alone(two), slice(0, len(two)))


def _of_days(early: _Side, late: _Side, at: Ints, to: Ints) -> LagSums:
    """Return the correlations of all pairs of events of two days, for pairs of days; of one side, each pair once."""
    if not len(at):
        return LagSums(0.0, 0, 0)
    sums, whole = early.sums()
    if late is early:
        together = (np.einsum("dm,dm->d", sums, sums) - whole) / 2
        pairs, complete = (each * (each - 1) // 2 for each in (early.number, whole))
    else:
        later, among = late.sums()
        together = np.einsum("dm,dm->d", sums[at], later[to])
        pairs, complete = early.number[at] * late.number[to], whole[at] * among[to]
    dense = pairs - complete > DENSE
    total, enough = float(together[~dense].sum()), int(complete[~dense].sum())
    tables = (_table(early, a, late, b) for a, b in zip(at[dense], to[dense], strict=True))
    thin = (_paired(early, i, late, j) for i, j in _thin(early, late, at[~dense], to[~dense]))
    for rho, shared in chain(chain.from_iterable(tables), thin):
        taken = shared >= COMMON
        total, enough = total + float(rho[taken].sum()), enough + int(taken.sum())
    return LagSums(total, enough, int(pairs.sum()) - enough)


def _table(early: _Side, a: Ints, late: _Side, b: Ints) -> Iterator[tuple[Floats, Floats]]:
    """Give the correlations of all events of a day with all of another, some rows at a time, and common sessions."""
    others = slice(int(late.first[b]), int(late.first[b] + late.number[b]))
    for start in range(int(early.first[a]), int(early.first[a] + early.number[a]), TILE):
        rows = slice(start, min(start + TILE, int(early.first[a] + early.number[a])))
        rho, shared = _products(early, rows, late, others)
        # An event with itself, or with one before it, is no pair of its own.
        yield rho, np.triu(shared, 1 + start - others.start) if late is early else shared


def _products(early: _Side, rows: slice, late: _Side, others: slice) -> tuple[Floats, Floats]:
    """Return correlations of rows with others over the sessions that both have, and how many these are."""
    (a, there_a), (b, there_b) = (
        (each.values[of], 1.0 - each.missing[of]) for each, of in ((early, rows), (late, others))
    )
    shared = there_a @ there_b.T
    n = np.maximum(shared, 1.0)
    sum_a, sum_b = a @ there_b.T, there_a @ b.T
    around_a, around_b = (a**2) @ there_b.T - sum_a**2 / n, there_a @ (b**2).T - sum_b**2 / n
    rho, again = _ratio(a @ b.T - sum_a * sum_b / n, around_a, around_b)
    i, j = np.nonzero(again & (shared >= COMMON))
    rho[i, j] = _carefully(early, i + rows.start, late, j + others.start)
    return rho, shared


def _paired(early: _Side, i: Ints, late: _Side, j: Ints) -> tuple[Floats, Ints]:
    """Return the correlations of rows with those beside them, over the sessions that both have, and how many."""
    (sum_one, lost_one, there), (sum_two, lost_two, _) = early.lost(i, late, j), late.lost(j, early, i)
    shared = early.values.shape[1] - early.gaps[i] - there
    n = np.maximum(shared, 1)
    total_one, total_two = early.total[i] - sum_one, late.total[j] - sum_two
    around_one, around_two = (
        early.squares[i] - lost_one - total_one**2 / n,
        late.squares[j] - lost_two - total_two**2 / n,
    )
    product = np.einsum("pm,pm->p", early.values[i], late.values[j]) - total_one * total_two / n
    rho, again = _ratio(product, around_one, around_two)
    rho[again] = _carefully(early, i[again], late, j[again])
    return rho, shared


def _ratio(product: Floats, one: Floats, two: Floats) -> tuple[Floats, Bools]:
    """Return ``product / sqrt(one two)``, and where the sums of squares have lost digits, 0 there."""
    kept = (one > LEFT) & (two > LEFT)
    return np.where(kept, product / np.sqrt(np.where(kept, one * two, 1.0)), 0.0), ~kept


def _carefully(early: _Side, i: Ints, late: _Side, j: Ints) -> Floats:
    """Return the correlations of pairs from their common sessions alone; 0 where a row does not vary on these."""
    rho = np.zeros(len(i))
    varying = np.flatnonzero((early.squares[i] > 0) & (late.squares[j] > 0))
    for start in range(0, len(varying), AT_ONCE):
        pair = varying[start : start + AT_ONCE]
        missing = early.missing[i[pair]] | late.missing[j[pair]]
        sides = early.values[i[pair]], late.values[j[pair]]
        one, two = (unit_rows(np.where(missing, np.nan, each)) for each in sides)
        rho[pair] = np.einsum("pm,pm->p", one, two)
    return rho


def _thin(early: _Side, late: _Side, at: Ints, to: Ints) -> Iterator[tuple[Ints, Ints]]:
    """Give the pairs of events of two days, for pairs of days, of which one or both are not whole."""
    day = np.repeat(np.arange(len(early.first)), early.number)
    begins, ends = np.zeros((2, len(early.first)), dtype=np.int64)
    begins[at], ends[at] = late.first[to], late.first[to] + late.number[to]
    begin, end = begins[day], ends[day]
    if late is early:
        begin = np.minimum(np.arange(1, len(day) + 1), end)
    yield from _with_marked(~early.whole, ~late.whole, begin, end)


def _with_marked(early: Bools, late: Bools, begin: Ints, end: Ints) -> Iterator[tuple[Ints, Ints]]:
    """Give the pairs of which one or both are marked, each event with those from `begin` to `end`, some at a time."""
    marked, others = np.flatnonzero(early), np.flatnonzero(~early)
    yield from _in_turn(marked, np.arange(len(late)), begin[marked], end[marked])
    # Where among those that are marked those of each event begin and end.
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
