"""How much the abnormal returns of two events have in common (Kolari and Pynnonen 2010)."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from eventstudy._typing import Floats
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
    """Sums by relative day of residuals scaled to unit length, which give the mean correlation of all pairs."""

    total: Floats = field(default_factory=lambda: np.empty(0))
    events: int = 0
    complete: bool = True

    def add(self, residuals: Residuals) -> None:
        """Add the residuals of each day."""
        good = np.isfinite(residuals.sigma)
        unit = unit_rows(residuals.values if good.all() else residuals.values[good], complete=residuals.complete)
        if len(unit):
            complete = residuals.complete or not np.isnan(residuals.values[good]).any()
            self.merge(EventTimeCorrelation(unit.sum(axis=0), len(unit), complete))

    def merge(self, other: EventTimeCorrelation) -> None:
        """Add the sums of a later block."""
        if other.events:
            self.total = self.total + other.total if self.events else other.total
            self.events += other.events
            self.complete &= other.complete

    def mean(self) -> MeanCorrelation:
        """Return ``(|sum_i u_i|^2 - n) / (n (n - 1))``, u the residuals of an event scaled to unit length.

        Exact where no residual is missing; else a missing one counts as zero.
        """
        n = self.events
        pairs = n * (n - 1)
        value = (float((self.total**2).sum()) - n) / pairs if pairs else float("nan")
        return MeanCorrelation(value, pairs // 2, self.complete)
