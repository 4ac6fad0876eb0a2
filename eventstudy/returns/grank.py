"""Generalised ranks: a whole window's return as one more day among the estimation days (Kolari and Pynnonen 2011)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from eventstudy._typing import Floats, Ints
from eventstudy.returns import paths
from eventstudy.returns.accumulators import FirstPass, Residuals
from eventstudy.returns.days import DaySums, column_dispersion
from eventstudy.returns.ranking import rank_sums, row_ranks

__all__ = ["GeneralizedRanks", "one_more_sums"]


@dataclass(slots=True)
class GeneralizedRanks:
    """Uniform ranks of ``e / s`` on the M estimation days and of ``SCAR / sd(SCAR)`` on one day more, by window.

    Parameters
    ----------
    scars : mapping of str to ndarray of shape (E,)
        SCARs of all events over their standard deviation over the group's, by window.
    sums : mapping of str to DaySums
        By window; the last of the M + 1 days is the window's.
    """

    scars: Mapping[str, Floats] = field(default_factory=dict)
    sums: dict[str, DaySums] = field(default_factory=dict)

    @classmethod
    def after(cls, first: FirstPass) -> GeneralizedRanks:
        """Take the SCARs and their dispersion."""
        scars = {name: cars.t for name, cars in first.cars.items()}
        members = first.places.members
        return cls({name: scar / column_dispersion(scar[members][:, None])[0] for name, scar in scars.items()})

    def add(self, residuals: Residuals) -> None:
        """Rank each event once, and place every window's return among its ranks."""
        if not len(residuals.row):
            return
        # Residuals have the ranks of e / s, and are above sigma SCAR where e / s is above SCAR.
        values, sigma = residuals.values, residuals.sigma
        ranked = _Ranked(values, complete=residuals.complete)
        for window, scars in self.scars.items():
            more = scars[residuals.row] * sigma
            used = ~np.isnan(more)
            if used.all():
                self._put(window, ranked.joined_by(more))
            elif used.any():
                self._put(window, one_more_sums(values[used], ranked.ranks[used], more[used]))

    def merge(self, other: GeneralizedRanks) -> None:
        """Add the sums of a later block."""
        for name, sums in other.sums.items():
            self._put(name, sums)

    def _put(self, name: str, sums: DaySums) -> None:
        self.sums = {**self.sums, name: self.sums.get(name, DaySums()) + sums}


class _Ranked:
    """Rows that are ranked once, for every window's return that joins them."""

    def __init__(self, values: Floats, *, complete: bool) -> None:
        self.values, self.complete = values, complete

    @cached_property
    def ranks(self) -> Floats:
        """Ranks within each row."""
        return row_ranks(self.values)

    @cached_property
    def sums(self) -> Floats:
        """Sums of the ranks by day."""
        return rank_sums(self.values)

    def joined_by(self, more: Floats) -> DaySums:
        """Return `one_more_sums`, from sums alone where no value is missing and none equals the one that joins."""
        if self.complete:
            by_row, by_day, equal = _counts_above(self.values, more)
            if not equal:
                events, days = self.values.shape
                joined = np.append(self.sums + by_day, (days + 1.0 - by_row).sum())
                return DaySums.complete(joined / (days + 2.0) - 0.5 * events, events)
        return one_more_sums(self.values, self.ranks, more)


def _counts_above(values: Floats, more: Floats) -> tuple[Ints, Ints, bool]:
    """Return how many values are above each row's own, by row and by day, and whether any equals it."""
    if paths.compiled():
        from eventstudy.returns.compiled import count_above

        return count_above(values, more)
    above = (values > more[:, None]).view(np.uint8)
    by_row, by_day = (np.add.reduce(above, axis=axis, dtype=np.int32) for axis in (1, 0))
    return by_row, by_day, bool((values == more[:, None]).any())


def one_more_sums(values: Floats, ranks: Floats, more: Floats) -> DaySums:
    """Sum ``rank / (T + 1) - 1/2`` by day over rows that one more value has joined.

    Parameters
    ----------
    values, ranks : ndarray of shape (E, M)
        Values, NaN where missing, and their ranks within the row, ties averaged.
    more : ndarray of shape (E,)
        The value that joins.

    Returns
    -------
    DaySums
        Of M + 1 days; the last is the new value's, and T counts it. Equal to ranking the joined rows, for one sort
        instead of one a window.
    """
    there = ~np.isnan(values)
    count = there.sum(axis=1)
    weight = 1.0 / (count + 2.0)
    above = values > more[:, None]
    equal = values == more[:, None]
    moved = np.where(above, ranks + 1.0, ranks)
    own = count + 1.0 - above.sum(axis=1)
    if equal.any():
        moved, own = moved + 0.5 * equal, own - 0.5 * equal.sum(axis=1)
    scores = moved * weight[:, None] - 0.5
    days = (scores if there.all() else np.where(there, scores, 0.0)).sum(axis=0)
    total = np.append(days, (own * weight - 0.5).sum())
    return DaySums(
        total, np.append(there.sum(axis=0), len(values)), np.bincount(count + 1, minlength=values.shape[1] + 2)
    )
