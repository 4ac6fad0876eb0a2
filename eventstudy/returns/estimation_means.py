"""The average residual of each estimation day."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from eventstudy._typing import Floats, Ints
from eventstudy.returns.accumulators import Residuals
from eventstudy.returns.remade import Remade

__all__ = ["EstimationMeans"]


@dataclass(slots=True)
class EstimationMeans:
    """The average residual on each estimation day, events matched by relative day (Brown and Warner 1980)."""

    remakes: ClassVar[bool] = True

    total: Floats = field(default_factory=lambda: np.empty(0))
    count: Ints = field(default_factory=lambda: np.empty(0, dtype=np.int64))

    def add(self, residuals: Residuals) -> None:
        """Add the residuals of each day."""
        given = residuals.given
        if isinstance(given, Remade):
            total, lacking = day_sums(given)
            count = np.count_nonzero(given.n_obs) - lacking.astype(np.int64)
        else:
            there = residuals.filled
            total = there.values.sum(axis=0)
            events, sessions = there.shape
            count = events - np.bincount(there.session, minlength=sessions)
        self.merge(EstimationMeans(total, count))

    def merge(self, other: EstimationMeans) -> None:
        """Add the sums of a later block."""
        if not len(self.total):
            self.total, self.count = other.total, other.count
        elif len(other.total):
            self.total, self.count = self.total + other.total, self.count + other.count

    @property
    def means(self) -> Floats:
        """Average residual of each estimation day, shape (M,), NaN on a day without any."""
        return np.where(self.count > 0, self.total / np.maximum(self.count, 1), np.nan)


def day_sums(residuals: Remade) -> tuple[Floats, Floats]:
    """Return the sum of residuals on each day, and how many of the events with an estimate lack it."""
    if len(residuals.total):
        return residuals.total, residuals.lacking
    from eventstudy.returns.compiled import sum_residuals

    return sum_residuals(residuals)
