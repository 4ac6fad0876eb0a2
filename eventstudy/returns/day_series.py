"""Residuals of many events, summed by day 0: correlations by date without a pair."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from eventstudy._typing import Floats, Ints
from eventstudy.execution import Engine, map_chunks, sharing
from eventstudy.returns import paths
from eventstudy.returns.correlation import ROUNDING
from eventstudy.returns.remade import Remade
from eventstudy.returns.rows import Filled

__all__ = ["DaySeries", "Summed"]

# Bytes of the table that are read or written at once.
TABLE = 1 << 20


@dataclass(frozen=True, slots=True, eq=False)
class Summed:
    """Residuals of one block, less their mean and over their own standard deviation, summed over events by day 0.

    Parameters
    ----------
    day0 : ndarray of shape (D,)
        Session indices, increasing.
    total : ndarray of shape (D, M)
        Sums over the events of each.
    count : ndarray of shape (D,)
        How many events they are.
    row, session : ndarray
        Day and column of each residual that an event lacks.
    """

    day0: Ints
    total: Floats
    count: Ints
    row: Ints
    session: Ints

    @classmethod
    def of(cls, day0: Ints, there: Filled) -> Summed:
        """Sum the residuals of events, which have these days 0."""
        from scipy.sparse import csr_array

        mean, weight = _standardising(there)
        order = np.argsort(day0, kind="stable")
        days, starts, count = np.unique(day0[order], return_index=True, return_counts=True)
        summing = csr_array((weight[order], order, np.append(starts, len(day0))), shape=(len(days), len(day0)))
        # Less their means, which are alike for all sessions but those that are missing.
        total = np.asarray(summing @ there.values)
        total -= (summing @ mean)[:, None]
        row = np.searchsorted(days, day0[there.event])
        np.add.at(total, (row, there.session), (weight * mean)[there.event])
        return cls(days, total, count, row, there.session)


@dataclass(slots=True)
class DaySeries:
    """Sums by day 0, on one exchange, of residuals less their mean and over their own standard deviation.

    Parameters
    ----------
    first : int
        Session index of the first row.
    total : ndarray of shape (T, M)
        Sums over the events of each day 0; arrays that are written into, and never shared.
    count : ndarray of shape (T,)
        How many events they are.
    lacking : ndarray of shape (T, M), optional
        How many of them lack each residual; None while none does.
    """

    first: int
    total: Floats
    count: Ints
    lacking: Floats | None = None

    @classmethod
    def empty(cls, first: int, last: int, length: int) -> DaySeries:
        """Return sums over no event, for days 0 from `first` to `last`."""
        days = last - first + 1
        return cls(first, np.zeros((days, length)), np.zeros(days, dtype=np.int64))

    def add(self, block: Summed) -> None:
        """Add the events of a block."""
        at = block.day0 - self.first
        self.count[at] += block.count
        self.total[at] += block.total
        if len(block.row):
            if self.lacking is None:
                self.lacking = np.zeros(self.total.shape)
            np.add.at(self.lacking, (at[block.row], block.session), 1.0)

    def add_remade(self, day0: Ints, residuals: Remade, engine: Engine | None = None) -> None:
        """Add events whose residuals are to be made, some days after the others, so that each row is written by one."""
        from eventstudy.returns.compiled import add_standardised, count_and_order

        at = day0 - self.first
        if not residuals.complete and self.lacking is None:
            self.lacking = np.zeros(self.total.shape)
        lacking = self.total[:0] if self.lacking is None else self.lacking
        place = at * self.total.shape[1]
        # The rows of these days are held by the cache, and so is what the events of a symbol have in common.
        order, ends = count_and_order(at, self.count, _days_at_once(self.total))
        add = partial(add_standardised, self.total.ravel(), lacking.ravel(), place, residuals)
        # In memory of its own a process would write in vain, and so would anybody in a copy of the tables.
        for _ in map_chunks(add, np.split(order, ends[:-1]), sharing(engine)):
            pass

    def products(self, lags: int, engine: Engine | None = None) -> tuple[Floats, Floats, Ints]:
        """Return the sums of products over pairs of events whose days 0 lie 0, 1, ... sessions apart.

        Returns
        -------
        product : ndarray of shape (lags,)
            Of all residuals that two events of a pair have on one session.
        common : ndarray of shape (lags,)
            How many these are.
        pairs : ndarray of shape (lags,)
            How many pairs there are; an event with itself is none.
        """
        days, sessions = self.total.shape
        pairs = np.array([self.count[: max(days - lag, 0)] @ self.count[lag:] for lag in range(lags)])
        product = self._lagged(lambda rows: self.total[rows], lags, engine)
        common = (pairs * np.maximum(sessions - np.arange(lags), 0)).astype(np.float64)
        own = float(self.count.sum() * sessions)
        if (lacking := self.lacking) is not None:
            common = self._lagged(lambda rows: self.count[rows, None] - lacking[rows], lags, engine)
            own -= float(lacking.sum())
        # On one day there are all pairs twice, and each event with itself.
        product[:1], common[:1] = (product[:1] - own) / 2, (common[:1] - own) / 2
        pairs[:1] = (pairs[:1] - self.count.sum()) // 2
        return product, common, pairs

    def _lagged(self, table: Callable[[slice], Floats], lags: int, engine: Engine | None) -> Floats:
        """Return the sums of products of rows so many apart, on the sessions that they share, a stretch at a time."""
        days, together = len(self.count), _days_at_once(self.total)
        summed = _sum_lagged()

        def of(begin: int) -> Floats:
            rows = slice(begin, begin + together + lags - 1)
            return summed(table(rows), self.count[rows], min(together, days - begin), lags)

        return np.asarray(np.sum(list(map_chunks(of, range(0, days, together), sharing(engine))), axis=0))

    def row(self, day0: int, days: slice | Ints) -> tuple[Floats, Floats, int]:
        """Return the sums of a day 0 on some days, how many residuals they are of, and how many events."""
        at = day0 - self.first
        count = int(self.count[at])
        there = np.full(self.total.shape[1], float(count)) - (0.0 if self.lacking is None else self.lacking[at])
        return self.total[at, days], there[days], count


def _days_at_once(table: Floats) -> int:
    return max(TABLE // int(table.shape[1] * table.itemsize), 1)


def _sum_lagged() -> Callable[[Floats, Ints, int, int], Floats]:
    """Return what sums, by lag, the products of the first so many rows of a table with those after them."""
    if not paths.compiled():
        return _sum_lagged_rows
    from eventstudy.returns.compiled import sum_lagged

    return sum_lagged


def _sum_lagged_rows(table: Floats, count: Ints, early: int, lags: int) -> Floats:  # noqa: ARG001
    (days, sessions), sums = table.shape, np.zeros(lags)
    for lag in range(min(lags, sessions, days)):
        late = table[lag : lag + early, : sessions - lag]
        sums[lag] = np.einsum("pm,pm->", table[: len(late), lag:], late)
    return sums


def _standardising(there: Filled) -> tuple[Floats, Floats]:
    """Return the mean of each row, and one over its standard deviation, 0 where nothing varies."""
    values, n_obs = there.values, np.maximum(there.n_obs, 1)
    mean, squares = there.mean, there.squares
    around = squares - n_obs * mean**2
    # Where the mean is most of it, the difference has lost digits.
    far = np.flatnonzero(~(around > 0.5 * squares))
    if len(far):
        around[far] = there.take(far).centred()[1].squares
    varies = np.sqrt(around) > ROUNDING * np.abs(mean) * np.sqrt(values.shape[1])
    return mean, np.sqrt(np.divide(n_obs, around, out=np.zeros(len(mean)), where=varies))
