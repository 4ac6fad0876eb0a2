"""How much the abnormal returns of two events have in common (Kolari and Pynnonen 2010)."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from eventstudy._typing import Floats, Ints
from eventstudy.returns.accumulators import Residuals
from eventstudy.returns.rows import filled

__all__ = ["ROUNDING", "EventTimeCorrelation", "MeanCorrelation", "to_unit", "unit_rows"]

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


@dataclass(slots=True)
class EventTimeCorrelation:
    """Sums by relative day of standardised residuals, which give the mean correlation of all pairs.

    Parameters
    ----------
    total : ndarray of shape (M,)
        Residuals of each day; those of an event about their mean, with a mean square of 1/M.
    count : ndarray of shape (M,)
        Events that have one.
    squares : float
        Sum of all squares: one for each event that lacks none.
    events : int
        How many there are.
    complete : bool
        Whether none is missing.
    """

    total: Floats = field(default_factory=lambda: np.empty(0))
    count: Ints = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    squares: float = 0.0
    events: int = 0
    complete: bool = True

    def add(self, residuals: Residuals) -> None:
        """Add the residuals of each day."""
        good = np.isfinite(residuals.sigma)
        values = residuals.values if good.all() else residuals.values[good]
        unit, (events, days) = unit_rows(values, complete=residuals.complete), values.shape
        if not events:
            return
        if residuals.complete:
            self.merge(EventTimeCorrelation(unit.sum(axis=0), np.full(days, events), float(events), events))
            return
        there = ~np.isnan(values)
        share = there.sum(axis=1) / days
        unit *= np.sqrt(share)[:, None]
        count, complete = there.sum(axis=0), bool(there.all())
        self.merge(EventTimeCorrelation(unit.sum(axis=0), count, float(share.sum()), events, complete))

    def merge(self, other: EventTimeCorrelation) -> None:
        """Add the sums of a later block."""
        if other.events:
            self.total = self.total + other.total if self.events else other.total
            self.count = self.count + other.count if self.events else other.count
            self.squares += other.squares
            self.events += other.events
            self.complete &= other.complete

    def mean(self) -> MeanCorrelation:
        """Return the sum of the products of all pairs over the days that they have in common.

        With z the standardised residuals and c_t the events of a day, ``sum_t ((sum_i z_it)^2 - sum_i z_it^2)`` over
        ``sum_t c_t (c_t - 1) / M``: the mean of all correlations where no residual is missing.
        """
        pairs, common = self.events * (self.events - 1), float((self.count * (self.count - 1)).sum())
        if not common:
            return MeanCorrelation(float("nan"), pairs // 2, self.complete)
        value = (float((self.total**2).sum()) - self.squares) / (common / len(self.count))
        return MeanCorrelation(value, pairs // 2, self.complete)
