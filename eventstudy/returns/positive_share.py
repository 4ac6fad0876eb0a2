"""How many of an event's estimation residuals are above zero."""

from __future__ import annotations

from dataclasses import dataclass
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

    def add(self, residuals: Residuals) -> None:
        """Count the positive residuals among the residuals there are."""
        self.parts = (*self.parts, (sliced(residuals.row), positive_counts(residuals), residuals.used.astype(COUNT)))

    def merge(self, other: PositiveShare) -> None:
        """Append the events of a later block."""
        self.parts = (*self.parts, *other.parts)

    def counts(self, rows: Ints) -> tuple[Codes, Codes]:
        """Return positive and used of these events, shape (len(rows),) each."""
        (_, positive, used), where = self._placed(), sliced(rows)
        return positive[where], used[where]

    def _placed(self) -> tuple[Ints | slice, Codes, Codes]:
        """Return all parts as one; from then on there is no other, and threads that ask side by side find either."""
        parts = self.parts
        if len(parts) == 1 and isinstance(whole := parts[0][0], slice) and whole.start == 0:
            return parts[0]
        ends = [row.stop if isinstance(row, slice) else 1 + int(row.max(initial=-1)) for row, _, _ in parts]
        positive, used = np.zeros((2, max(ends, default=0)), dtype=COUNT)
        for row, above, there in parts:
            positive[row], used[row] = above, there
        self.parts = ((slice(0, len(used)), positive, used),)
        return self.parts[0]

    def of(self, rows: Ints) -> Floats:
        """Return the shares of these events, shape (len(rows),), NaN without residuals."""
        positive, used = self.counts(rows)
        with np.errstate(invalid="ignore"):
            return np.asarray(positive / used)


def positive_counts(residuals: Residuals) -> Codes:
    """Return how many residuals of each event are above zero."""
    if isinstance(residuals.given, Remade):
        return residuals.given.positive
    # Bytes are summed in half the time of booleans.
    above = (residuals.filled.values > 0).view(np.uint8)
    return np.asarray(np.add.reduce(above, axis=1, dtype=COUNT))
