"""How much the abnormal returns of two events have in common (Kolari and Pynnonen 2010)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from eventstudy._typing import Floats, Ints
from eventstudy.returns.accumulators import Residuals
from eventstudy.returns.rows import filled

__all__ = ["ROUNDING", "EventTimeCorrelation", "MeanCorrelation", "StandardisedSums", "to_unit", "unit_rows"]

# Deviations from a mean that are no more than this share of it are rounding.
ROUNDING = 1e-14


@dataclass(frozen=True, slots=True)
class MeanCorrelation:
    """The mean correlation over all pairs of events, pairs without a common session counting as zero.

    Parameters
    ----------
    value : float
        rbar.
    pairs : int
        Pairs whose windows share a session.
    exact : bool
        Whether every correlation was taken pair by pair, or over series that are complete and share all sessions.
    events : int, optional
        Events that it is of, where they may be more than those tested.
    """

    value: float
    pairs: int
    exact: bool = True
    events: int | None = None


def unit_rows(values: Floats, *, complete: bool = False) -> Floats:
    """Return each row less its mean, scaled to a sum of squares of one; 0 where missing, or where nothing varies."""
    if complete:
        mean = values @ np.full(values.shape[1], 1.0 / values.shape[1])
        return to_unit(mean, values - mean[:, None])
    mean, there = filled(values).centre_in_place()
    return to_unit(mean, there.values)


def to_unit(mean: Floats, centred: Floats) -> Floats:
    """Return rows less their means, which are written into, scaled to a sum of squares of one; 0 if none varies."""
    norm = np.sqrt(np.einsum("em,em->e", centred, centred))
    varies = norm > ROUNDING * np.abs(mean) * np.sqrt(centred.shape[1])
    centred *= np.divide(1.0, norm, out=np.zeros(len(norm)), where=varies)[:, None]
    return centred


class StandardisedSums(NamedTuple):
    """Sums by day over events that share all their days, which give the mean correlation of their pairs.

    Parameters
    ----------
    total : ndarray of shape (M,)
        Residuals, those of an event about their mean and with a mean square of 1/M.
    there : ndarray of shape (M,)
        Events that have one.
    squares : float
        Sum of all squares: one for each event that lacks none.
    events : int
        How many there are.
    """

    total: Floats
    there: Ints
    squares: float
    events: int

    @classmethod
    def of(cls, values: Floats, *, complete: bool = False) -> StandardisedSums:
        """Return the sums of residuals of shape (E, M), NaN where missing; `complete` where none is known to be."""
        unit, (events, days) = unit_rows(values, complete=complete), values.shape
        if complete:
            return cls(unit.sum(axis=0), np.full(days, events), float(events), events)
        there = ~np.isnan(values)
        share = there.sum(axis=1) / days
        unit *= np.sqrt(share)[:, None]
        return cls(unit.sum(axis=0), there.sum(axis=0), float(share.sum()), events)

    @property
    def pairs(self) -> int:
        """How many pairs of events there are."""
        return self.events * (self.events - 1) // 2

    @property
    def common(self) -> float:
        """How many residuals the pairs have in common, each on its day."""
        return float((self.there * (self.there - 1)).sum() / 2)

    @property
    def product(self) -> float:
        """The sum of the products of all pairs, of residuals with a mean square of one."""
        return (float((self.total**2).sum()) - self.squares) / 2 * len(self.total)

    def and_also(self, other: StandardisedSums) -> StandardisedSums:
        """Return the sums over the events of both."""
        counts = self.there + other.there, self.squares + other.squares, self.events + other.events
        return StandardisedSums(self.total + other.total, *counts)


@dataclass(slots=True)
class EventTimeCorrelation:
    """The mean correlation of all pairs by relative day.

    Parameters
    ----------
    sums : StandardisedSums, optional
        Of all events with residuals; none before there is one.
    """

    sums: StandardisedSums | None = None

    def add(self, residuals: Residuals) -> None:
        """Add the residuals of each day."""
        good = np.isfinite(residuals.sigma)
        values = residuals.values if good.all() else residuals.values[good]
        if len(values):
            self.merge(EventTimeCorrelation(StandardisedSums.of(values, complete=residuals.complete)))

    def merge(self, other: EventTimeCorrelation) -> None:
        """Add the sums of a later block."""
        if other.sums is not None:
            self.sums = other.sums if self.sums is None else self.sums.and_also(other.sums)

    def mean(self) -> MeanCorrelation:
        """Return the sum of the products of all pairs over the number of residuals that they have in common.

        The mean of all correlations where no residual is missing; NaN without a pair.
        """
        if self.sums is None:
            return MeanCorrelation(float("nan"), 0)
        sums, exact = self.sums, bool((self.sums.there == self.sums.events).all())
        value = sums.product / sums.common if sums.common else float("nan")
        return MeanCorrelation(value, sums.pairs, exact)
