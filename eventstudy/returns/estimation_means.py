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
        given, (events, sessions) = residuals.given, residuals.given.shape
        if residuals.complete:
            block = EstimationMeans(day_sums(residuals), np.full(sessions, events))
        elif isinstance(given, Remade) and len(given.total):
            block = EstimationMeans(given.total, events - given.lacking.astype(np.int64))
        else:
            there = residuals.there
            block = EstimationMeans(np.where(there, residuals.values, 0.0).sum(axis=0), there.sum(axis=0))
        self.merge(block)

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


def day_sums(residuals: Residuals) -> Floats:
    """Return the sum of residuals, none of them missing, on each day."""
    if not isinstance(residuals.given, Remade):
        return np.asarray(residuals.values.sum(axis=0))
    if len(residuals.given.total):
        return residuals.given.total
    from eventstudy.returns.compiled import sum_residuals

    return sum_residuals(residuals.given)
