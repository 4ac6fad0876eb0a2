"""Generalised ranks: a whole window's return as one more day among the estimation days (Kolari and Pynnonen 2011)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Self

import numpy as np

from eventstudy._typing import Bools, Floats, Ints
from eventstudy.execution import Engine
from eventstudy.returns.accumulators import FirstPass, Places, Residuals
from eventstudy.returns.day_sums import DaySums
from eventstudy.returns.days import column_dispersion
from eventstudy.returns.ranking import uniform_sums
from eventstudy.returns.remade import Remade

__all__ = ["EstimationRanks", "GeneralizedRanks"]


@dataclass(slots=True)
class EstimationRanks:
    """Uniform ranks of residuals within each estimation window, as if one value more, the largest, were in it.

    Parameters
    ----------
    sums : DaySums
        Of M days.
    """

    remakes: ClassVar[bool] = True

    sums: DaySums = field(default_factory=DaySums)

    def add(self, residuals: Residuals) -> None:
        """Rank each event once."""
        if len(residuals.row):
            self.merge(EstimationRanks(residuals.rank_sums[1]))

    def merge(self, other: EstimationRanks) -> None:
        """Add the sums of a later block."""
        self.sums = self.sums + other.sums

    @property
    def joined(self) -> DaySums:
        """The same as sums of M + 1 days, nothing on the last."""
        lengths = np.zeros(len(self.sums.total) + 2, dtype=np.int64)
        return DaySums(np.append(self.sums.total, 0.0), np.append(self.sums.count, 0), lengths)


@dataclass(slots=True)
class GeneralizedRanks:
    """Uniform ranks of ``e / s`` on the M estimation days and of ``SCAR / sd(SCAR)`` on one day more, by window.

    Parameters
    ----------
    scars : mapping of str to ndarray of shape (E,)
        SCARs of all events over their standard deviation over the group's, by window.
    ranks : EstimationRanks
        Ranks in estimation windows, which SCARs then move.
    sums : mapping of str to DaySums
        By window; the last of the M + 1 days is the window's.
    """

    remakes: ClassVar[bool] = True

    scars: Mapping[str, Floats] = field(default_factory=dict)
    ranks: EstimationRanks = field(default_factory=EstimationRanks)
    sums: dict[str, DaySums] = field(default_factory=dict)

    @classmethod
    def after(cls, first: FirstPass) -> Self:
        """Take the SCARs, their dispersion, and the ranks without them."""
        scars = {name: cars.t for name, cars in first.cars.items()}
        members, ranks = first.places.members, first.accumulated.get(EstimationRanks, EstimationRanks())
        assert isinstance(ranks, EstimationRanks)
        spread = {name: column_dispersion(scar[members][:, None])[0] for name, scar in scars.items()}
        return cls({name: scar / spread[name] for name, scar in scars.items()}, ranks)

    def add(self, residuals: Residuals) -> None:
        """Place every window's return among the residuals of its event."""
        if not len(residuals.row):
            return
        joining = self._joining(residuals)
        by_row, by_day = _counts_above(residuals.readable, joining, np.reciprocal(residuals.used + 2.0))
        for place, window in enumerate(self.scars):
            there = ~np.isnan(joining[:, place])
            self._put(window, _moved(residuals, there, by_row[:, place], by_day[place]))

    def merge(self, other: GeneralizedRanks) -> None:
        """Add the sums of a later block."""
        for name, sums in other.sums.items():
            self._put(name, sums)

    def finish(self, engine: Engine, places: Places, remade: Callable[[Ints], Remade] | None) -> None:  # noqa: ARG002
        """Add the ranks that estimation days have without the window's return, and forget the SCARs."""
        self.scars = {}
        if len(self.ranks.sums.total):
            self.sums = {name: sums + self.ranks.joined for name, sums in self.sums.items()}

    def _joining(self, residuals: Residuals) -> Floats:
        """Return what joins the residuals of each event, by window, shape (E, W); NaN where there is no SCAR.

        Residuals have the ranks of e / s, and are above sigma SCAR where e / s is above SCAR.
        """
        return np.stack([scars[residuals.row] * residuals.sigma for scars in self.scars.values()], axis=1)

    def _put(self, name: str, sums: DaySums) -> None:
        self.sums = {**self.sums, name: self.sums.get(name, DaySums()) + sums}


def _moved(residuals: Residuals, there: Bools, by_row: Floats, by_day: Floats) -> DaySums:
    """Return what the values that join rows add to `EstimationRanks`, and take from it where none joins.

    A residual below the new value keeps its rank, one above has the next; the new value's is one more than the number
    of residuals, less those above.
    """
    events, days = int(there.sum()), len(by_day)
    used = residuals.used[there]
    own = (used + 1.0 - by_row[there]) / (used + 2.0) - 0.5
    total, count = np.append(by_day, own.sum()), np.append(np.zeros(days, dtype=np.int64), events)
    if events < len(there):
        others = residuals.some(~there)
        _, without = uniform_sums(others.readable)
        total[:days] -= without.total
        count[:days] -= without.count
    return DaySums(total, count, np.bincount(used + 1, minlength=days + 2))


def _counts_above(given: Floats | Remade, joining: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """Return how many values are above those that join their row, by row (E, W), and the sum of weights by day (W, M).

    One that equals it counts half; nothing is above NaN, and nothing missing above anything.
    """
    if isinstance(given, Remade):
        from eventstudy.returns.compiled import count_above

        return count_above(given, joining, weight)
    by_row, by_day = np.empty(joining.shape), np.empty((joining.shape[1], given.shape[1]))
    for window, own in enumerate(joining.T):
        above = given > own[:, None]
        by_row[:, window], by_day[window] = above.sum(axis=1), weight @ above
        equal = given == own[:, None]
        if equal.any():
            by_row[:, window] += 0.5 * equal.sum(axis=1)
            by_day[window] += 0.5 * (weight @ equal)
    return by_row, by_day
