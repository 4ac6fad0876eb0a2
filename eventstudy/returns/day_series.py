"""Residuals of many events, summed by day 0: correlations by date without a pair."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from eventstudy._typing import Floats, Ints
from eventstudy.execution import Engine, map_chunks
from eventstudy.returns.correlation import unit_rows
from eventstudy.returns.remade import Remade

__all__ = ["DaySeries"]

# Events of a block that go to one row, at most, for them to be added in turns.
FEW_TURNS = 8
# Bytes of the table that are written at once.
TABLE = 1 << 20


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

    def add(self, day0: Ints, residuals: Floats, *, complete: bool) -> None:
        """Add events, NaN where a residual is missing."""
        at = day0 - self.first
        self.count += np.bincount(at, minlength=len(self.count))
        used = np.full(len(at), residuals.shape[1])
        if not complete:
            missing = np.isnan(residuals)
            used -= missing.sum(axis=1)
            if missing.any():
                if self.lacking is None:
                    self.lacking = np.zeros(self.total.shape)
                _add_rows(self.lacking, at, missing.astype(np.float64))
        standard = unit_rows(residuals, complete=complete)
        standard *= np.sqrt(used)[:, None]
        _add_rows(self.total, at, standard)

    def add_remade(self, day0: Ints, residuals: Remade, engine: Engine) -> None:
        """Add events whose residuals are to be made, some days after the others, so that each row is written by one."""
        at = day0 - self.first
        self.count += np.bincount(at, minlength=len(self.count))
        # The rows of these days are held by the cache, and so is what the events of a symbol have in common.
        days = at // max(TABLE // self.total[0].nbytes, 1)
        order = np.argsort(days.astype(np.min_scalar_type(len(self.count))), kind="stable")
        stretches = np.split(order, np.cumsum(np.bincount(days))[:-1])
        task = partial(_add_standardised, self.total, at, residuals)
        # In memory of its own a process would write in vain.
        for _ in map_chunks(task, stretches, replace(engine, name="serial") if engine.name == "processes" else engine):
            pass

    def products(self, lag: int) -> tuple[float, float, int]:
        """Return the sum of products over pairs of events whose days 0 lie so many sessions apart.

        Returns
        -------
        product : float
            Of all residuals that two events of a pair have on one session.
        common : float
            How many these are.
        pairs : int
            How many pairs there are; an event with itself is none.
        """
        sessions = self.total.shape[1]
        length = max(sessions - lag, 0)
        early, late = slice(0, len(self.count) - lag), slice(lag, None)
        pairs = int(self.count[early] @ self.count[late])
        product = float(np.einsum("pm,pm->", self.total[early, sessions - length :], self.total[late, :length]))
        common = float(pairs * length)
        if self.lacking is not None:
            there = self.count[:, None] - self.lacking
            common = float(np.einsum("pm,pm->", there[early, sessions - length :], there[late, :length]))
        if lag:
            return product, common, pairs
        own = self.count.sum() * length - (0.0 if self.lacking is None else float(self.lacking.sum()))
        return (product - own) / 2, (common - own) / 2, int((pairs - self.count.sum()) // 2)

    def row(self, day0: int, days: slice | Ints) -> tuple[Floats, Floats, int]:
        """Return the sums of a day 0 on some days, how many residuals they are of, and how many events."""
        at = day0 - self.first
        count = int(self.count[at])
        there = np.full(self.total.shape[1], float(count)) - (0.0 if self.lacking is None else self.lacking[at])
        return self.total[at, days], there[days], count


def _add_standardised(total: Floats, at: Ints, residuals: Remade, order: Ints) -> None:
    from eventstudy.returns.compiled import add_standardised

    add_standardised(total, at, residuals, order)


def _add_rows(total: Floats, at: Ints, values: Floats) -> None:
    """Add rows to the rows of a table, in place; several may go to one."""
    order = np.argsort(at, kind="stable")
    place, starts, sizes = np.unique(at[order], return_index=True, return_counts=True)
    if sizes.max(initial=0) > FEW_TURNS:
        total[place] += np.add.reduceat(values[order], starts, axis=0)
        return
    # Where few share a row, the first of each are added together, then the second of each, ...
    for turn in range(int(sizes.max(initial=0))):
        rows = order[starts[sizes > turn] + turn]
        total[at[rows]] += values[rows]
