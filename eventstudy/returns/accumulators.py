"""What a test needs of the estimation window, gathered block by block while the residuals are there.

Residuals never exist for all events at once. A test names the accumulators that it `needs`; each is shown the
residuals of one block of events after another and keeps only what the test will read. Blocks are merged in
their fixed order, so sums have the same bits on every engine.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol, Self

import numpy as np

from eventstudy._typing import Bools, Floats, Ints

__all__ = ["Accumulator", "EstimationMeans", "PositiveShare", "Residuals"]


@dataclass(frozen=True, slots=True, eq=False)
class Residuals:
    """Estimation residuals of some events of one block.

    Parameters
    ----------
    row : ndarray of shape (E,)
        The events' positions in `Aligned`.
    values : ndarray of shape (E, M)
        Residuals, decimals per session, NaN where none.
    sigma : ndarray of shape (E,)
        Their standard deviations.
    session : ndarray of shape (E,)
        Session index of the first column, in the event's calendar.
    """

    row: Ints
    values: Floats
    sigma: Floats
    session: Ints

    def take(self, members: Bools) -> Residuals:
        """Return the residuals of the events in a mask of shape (E,)."""
        return Residuals(self.row[members], self.values[members], self.sigma[members], self.session[members])


class Accumulator(Protocol):
    """Made empty, shown blocks, merged in order."""

    def add(self, residuals: Residuals) -> None:
        """Take what is needed from the residuals of a block."""
        ...

    def merge(self, other: Self) -> None:
        """Take over what a later block brought home."""
        ...


@dataclass(slots=True)
class PositiveShare:
    """The share of positive estimation residuals of each event (Cowan 1992)."""

    row: Ints = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    share: Floats = field(default_factory=lambda: np.empty(0))

    def add(self, residuals: Residuals) -> None:
        """Count the positive residuals among the residuals there are."""
        used = (~np.isnan(residuals.values)).sum(axis=1)
        positive = (residuals.values > 0).sum(axis=1)
        share = np.where(used > 0, positive / np.maximum(used, 1), np.nan)
        self.row = np.concatenate([self.row, residuals.row])
        self.share = np.concatenate([self.share, share])

    def merge(self, other: PositiveShare) -> None:
        """Append the events of a later block."""
        self.row = np.concatenate([self.row, other.row])
        self.share = np.concatenate([self.share, other.share])

    def of(self, rows: Ints) -> Floats:
        """Return the shares of these events, shape (len(rows),)."""
        order = np.argsort(self.row, kind="stable")
        return self.share[order][np.searchsorted(self.row[order], rows)]


@dataclass(slots=True)
class EstimationMeans:
    """The average residual on each estimation day, events matched by relative day (Brown and Warner 1980)."""

    total: Floats = field(default_factory=lambda: np.empty(0))
    count: Ints = field(default_factory=lambda: np.empty(0, dtype=np.int64))

    def add(self, residuals: Residuals) -> None:
        """Add the residuals of each day."""
        block = EstimationMeans(np.nan_to_num(residuals.values).sum(axis=0), (~np.isnan(residuals.values)).sum(axis=0))
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
