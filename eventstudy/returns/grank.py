"""Generalised ranks: a whole window's return as one more day among the estimation days (Kolari and Pynnonen 2011)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from eventstudy._typing import Floats
from eventstudy.returns.accumulators import FirstPass, Residuals
from eventstudy.returns.days import DaySums, column_dispersion
from eventstudy.returns.ranking import row_ranks

__all__ = ["GeneralizedRanks", "with_one_more"]


@dataclass(slots=True)
class GeneralizedRanks:
    """Uniform ranks of ``e / s`` on the M estimation days and of ``SCAR / sd(SCAR)`` on one day more, by window.

    Parameters
    ----------
    dispersion : mapping of str to float
        Standard deviation of the SCARs over the group's events, by window.
    sums : mapping of str to DaySums
        By window; the last of the M + 1 days is the window's.
    """

    dispersion: Mapping[str, float] = field(default_factory=dict)
    sums: dict[str, DaySums] = field(default_factory=dict)

    @classmethod
    def after(cls, first: FirstPass) -> GeneralizedRanks:
        """Take the dispersion of the SCARs."""
        spread = {
            name: float(column_dispersion(cars.t[first.members][:, None])[0]) for name, cars in first.cars.items()
        }
        return cls(dispersion=spread)

    def add(self, residuals: Residuals) -> None:
        """Rank each event once, and place every window's return among its ranks."""
        if not len(residuals.row):
            return
        standard = residuals.values / residuals.sigma[:, None]
        ranks = row_ranks(standard)
        abnormal = residuals.known.abnormal
        for window in abnormal.windows.reported:
            scar = abnormal.car(window).t / self.dispersion[window.name]
            scores = np.where(np.isnan(scar)[:, None], np.nan, with_one_more(standard, ranks, scar))
            self._put(window.name, DaySums.of(scores))

    def merge(self, other: GeneralizedRanks) -> None:
        """Add the sums of a later block."""
        for name, sums in other.sums.items():
            self._put(name, sums)

    def _put(self, name: str, sums: DaySums) -> None:
        self.sums = {**self.sums, name: self.sums.get(name, DaySums()) + sums}


def with_one_more(values: Floats, ranks: Floats, more: Floats) -> Floats:
    """Return ``rank / (T + 1) - 1/2`` within each row when one more value joins it.

    Parameters
    ----------
    values, ranks : ndarray of shape (E, M)
        Values, NaN where missing, and their ranks within the row, ties averaged.
    more : ndarray of shape (E,)
        The value that joins.

    Returns
    -------
    ndarray of shape (E, M + 1)
        The last column is the new value's; T counts it. Equal to ranking the joined row, for one sort instead of one
        a window.
    """
    there = ~np.isnan(values)
    below = there & (values < more[:, None])
    equal = there & (values == more[:, None])
    moved = ranks + np.where(there & ~below & ~equal, 1.0, 0.0) + 0.5 * equal
    own = 1.0 + below.sum(axis=1) + 0.5 * equal.sum(axis=1)
    total = there.sum(axis=1) + 1
    joined = np.concatenate([moved, own[:, None]], axis=1)
    return np.asarray(joined / (total + 1)[:, None] - 0.5)
