"""Generalised ranks: a whole window's return as one more day among the estimation days (Kolari and Pynnonen 2011)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Self

import numpy as np

from eventstudy._typing import Bools, Floats, Ints
from eventstudy.execution import Engine
from eventstudy.returns.accumulators import FirstPass, Places, Residuals
from eventstudy.returns.days import DaySums, column_dispersion
from eventstudy.returns.ranking import rank_sums, row_ranks
from eventstudy.returns.remade import Remade, some_of

__all__ = ["EstimationRanks", "GeneralizedRanks", "one_more_sums"]


@dataclass(slots=True)
class EstimationRanks:
    """Sums by day of the ranks of residuals within each complete estimation window.

    Parameters
    ----------
    total : ndarray of shape (M,)
        Empty while there is none.
    """

    remakes: ClassVar[bool] = True

    total: Floats = field(default_factory=lambda: np.empty(0))

    def add(self, residuals: Residuals) -> None:
        """Rank each event once."""
        if len(residuals.row) and residuals.complete:
            self.merge(EstimationRanks(residuals.rank_sums[1]))

    def merge(self, other: EstimationRanks) -> None:
        """Add the sums of a later block."""
        if len(self.total) and len(other.total):
            self.total = self.total + other.total
        elif len(other.total):
            self.total = other.total


@dataclass(slots=True)
class GeneralizedRanks:
    """Uniform ranks of ``e / s`` on the M estimation days and of ``SCAR / sd(SCAR)`` on one day more, by window.

    Parameters
    ----------
    scars : mapping of str to ndarray of shape (E,)
        SCARs of all events over their standard deviation over the group's, by window.
    ranks : ndarray of shape (M,)
        Sums of the ranks in complete estimation windows, which SCARs then move.
    sums : mapping of str to DaySums
        By window; the last of the M + 1 days is the window's.
    """

    remakes: ClassVar[bool] = True

    scars: Mapping[str, Floats] = field(default_factory=dict)
    ranks: Floats = field(default_factory=lambda: np.empty(0))
    sums: dict[str, DaySums] = field(default_factory=dict)

    @classmethod
    def after(cls, first: FirstPass) -> Self:
        """Take the SCARs, their dispersion, and the ranks without them."""
        scars = {name: cars.t for name, cars in first.cars.items()}
        members, ranks = first.places.members, first.accumulated.get(EstimationRanks, EstimationRanks())
        assert isinstance(ranks, EstimationRanks)
        spread = {name: column_dispersion(scar[members][:, None])[0] for name, scar in scars.items()}
        return cls({name: scar / spread[name] for name, scar in scars.items()}, ranks.total)

    def add(self, residuals: Residuals) -> None:
        """Place every window's return among the residuals of its event."""
        if not len(residuals.row):
            return
        if residuals.complete:
            given, more = residuals.given, self._joining(residuals)
            counts = _counts_above(given, more)
            for window, above, by_row, by_day in zip(self.scars, more.T, counts[0].T, counts[1], strict=True):
                self._put(window, _moved(given, ~np.isnan(above), by_row, by_day))
            return
        for piece in residuals.pieces():
            values, ranks = piece.values, row_ranks(piece.values)
            for window, more in zip(self.scars, self._joining(piece).T, strict=True):
                used = ~np.isnan(more)
                if used.any():
                    self._put(window, one_more_sums(values[used], ranks[used], more[used]))

    def merge(self, other: GeneralizedRanks) -> None:
        """Add the sums of a later block."""
        for name, sums in other.sums.items():
            self._put(name, sums)

    def finish(self, engine: Engine, places: Places, remade: Callable[[Ints], Remade] | None) -> None:  # noqa: ARG002
        """Add the ranks that complete estimation windows have without the window's return, and forget the SCARs."""
        self.scars = {}
        if len(self.ranks):
            days = len(self.ranks) + 1
            alone = DaySums(np.append(self.ranks, 0.0) / (days + 1.0), np.zeros(days, int), np.zeros(days + 1, int))
            self.sums = {name: sums + alone for name, sums in self.sums.items()}

    def _joining(self, residuals: Residuals) -> Floats:
        """Return what joins the residuals of each event, by window, shape (E, W); NaN where there is no SCAR.

        Residuals have the ranks of e / s, and are above sigma SCAR where e / s is above SCAR.
        """
        return np.stack([scars[residuals.row] * residuals.sigma for scars in self.scars.values()], axis=1)

    def _put(self, name: str, sums: DaySums) -> None:
        self.sums = {**self.sums, name: self.sums.get(name, DaySums()) + sums}


def _moved(given: Floats | Remade, used: Bools, by_row: Floats, by_day: Floats) -> DaySums:
    """Return what `one_more_sums` adds to ``rank / (T + 1)`` of complete rows; less these ranks in rows not used."""
    days, events = given.shape[1], int(used.sum())
    if events < len(used):
        by_day = by_day - rank_sums(some_of(given, ~used))[1]
    joined = np.append(by_day, (days + 1.0 - by_row[used]).sum())
    return DaySums.complete(joined / (days + 2.0) - 0.5 * events, events)


def _counts_above(given: Floats | Remade, more: Floats) -> tuple[Floats, Floats]:
    """Return how many values are above those that join their row, by row (E, W) and by day (W, M).

    One that equals it counts half; nothing is above NaN.
    """
    if isinstance(given, Remade):
        from eventstudy.returns.compiled import count_above

        twice_by_row, twice_by_day = count_above(given, more)
        return twice_by_row / 2, twice_by_day / 2
    by_row, by_day = np.empty(more.shape), np.empty((more.shape[1], given.shape[1]))
    for window, own in enumerate(more.T):
        above = (given > own[:, None]).view(np.uint8)
        by_row[:, window], by_day[window] = (np.add.reduce(above, axis=axis, dtype=np.int32) for axis in (1, 0))
        equal = given == own[:, None]
        if equal.any():
            by_row[:, window] += 0.5 * equal.sum(axis=1)
            by_day[window] += 0.5 * equal.sum(axis=0)
    return by_row, by_day


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
