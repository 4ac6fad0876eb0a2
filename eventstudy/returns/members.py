"""Which events of a group could be estimated, and of which symbols they are."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from eventstudy._typing import Ints
from eventstudy.returns.accumulators import Residuals

__all__ = ["Members"]


@dataclass(slots=True)
class Members:
    """The events of a group that have an estimate, those without a CAR in a window too.

    Parameters
    ----------
    row : ndarray of shape (n,)
        The events.
    code : ndarray of shape (n,)
        Their symbols, as positions in the panel's listing.
    """

    row: Ints = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    code: Ints = field(default_factory=lambda: np.empty(0, dtype=np.int64))

    def add(self, residuals: Residuals) -> None:
        """Take the events of a block that have a residual variance."""
        good = np.isfinite(residuals.sigma)
        self.merge(Members(residuals.row[good], residuals.known.code[good]))

    def merge(self, other: Members) -> None:
        """Append the events of a later block."""
        self.row = np.concatenate([self.row, other.row])
        self.code = np.concatenate([self.code, other.code])

    def codes(self, rows: Ints) -> Ints:
        """Return the symbols of these events, shape (len(rows),)."""
        order = np.argsort(self.row, kind="stable")
        return self.code[order[np.searchsorted(self.row[order], rows)]]
