"""How many of an event's estimation residuals are above zero."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from eventstudy._typing import Codes, Floats, Ints
from eventstudy.execution import sliced
from eventstudy.returns.accumulators import Residuals
from eventstudy.returns.remade import Remade

__all__ = ["PositiveShare"]

# Counts of sessions are kept for every event.
COUNT = np.int32


@dataclass(slots=True)
class PositiveShare:
    """Positive estimation residuals of each event (Cowan 1992).

    Parameters
    ----------
    parts : tuple of (ndarray or slice, ndarray, ndarray)
        By block: the events, how many of their residuals are above zero, and how many there are.
    """

    remakes: ClassVar[bool] = True

    parts: tuple[tuple[Ints | slice, Codes, Codes], ...] = ()
    _by_event: tuple[Codes, Codes] | None = field(default=None, repr=False, compare=False)
    _shares: Floats | None = field(default=None, repr=False, compare=False)

    def add(self, residuals: Residuals) -> None:
        """Count the positive residuals among the residuals there are."""
        self.parts = (*self.parts, (sliced(residuals.row), positive_counts(residuals), residuals.used.astype(COUNT)))

    def merge(self, other: PositiveShare) -> None:
        """Append the events of a later block."""
        self.parts = (*self.parts, *other.parts)

    def counts(self, rows: Ints) -> tuple[Codes, Codes]:
        """Return positive and used of these events, shape (len(rows),) each."""
        if self._by_event is None:
            self._by_event = self._placed()
        (positive, used), where = self._by_event, sliced(rows)
        return positive[where], used[where]

    def _placed(self) -> tuple[Codes, Codes]:
        ends = [row.stop if isinstance(row, slice) else 1 + int(row.max(initial=-1)) for row, _, _ in self.parts]
        events = max(ends, default=0)
        positive, used = np.zeros((2, events), dtype=COUNT)
        for row, above, there in self.parts:
            positive[row], used[row] = above, there
        return positive, used

    def of(self, rows: Ints) -> Floats:
        """Return the shares of these events, shape (len(rows),), NaN without residuals."""
        if self._shares is None:
            # Of all events at once, since every window asks for most of them.
            positive, used = (each.astype(np.float64) for each in self._by_event or self._placed())
            shares = positive / np.maximum(used, 1.0)
            shares[used == 0] = np.nan
            shares.setflags(write=False)
            # Whole when others see it, since threads ask for several windows at once.
            self._shares = shares
        return self._shares[sliced(rows)]


def positive_counts(residuals: Residuals) -> Codes:
    """Return how many residuals of each event are above zero."""
    if isinstance(residuals.given, Remade):
        return residuals.given.positive
    # Bytes are summed in half the time of booleans.
    above = (residuals.filled.values > 0).view(np.uint8)
    return np.asarray(np.add.reduce(above, axis=1, dtype=COUNT))
