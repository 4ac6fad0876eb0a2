"""Many samples of differing size, each a stretch of one vector, so that a statistic is one over rows of a matrix."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from eventstudy._typing import Floats, Ints

__all__ = ["Samples"]

# Matrices of so many rows stay near the processor.
MOST_ROWS = 2048


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """m samples without missing values.

    Parameters
    ----------
    values : ndarray of shape (v,)
        What the samples are stretches of; they may overlap.
    low, n : ndarray of shape (m,)
        Where each begins, and how long it is.

    Examples
    --------
    >>> samples = Samples.of(np.array([[0.1, np.nan, 0.3], [np.nan, 0.5, np.nan]]))
    >>> [(rows.tolist(), values.tolist()) for rows, values in samples.by_size()]
    [([1], [[0.5]]), ([0], [[0.1, 0.3]])]
    """

    values: Floats
    low: Ints
    n: Ints

    @classmethod
    def of(cls, rows: Floats) -> Samples:
        """Return the known values of each row of a matrix."""
        known = ~np.isnan(rows)
        n = known.sum(axis=1)
        return cls(rows[known], np.cumsum(n) - n, n)

    def by_size(self) -> Iterator[tuple[Ints, Floats]]:
        """Give samples of one size together: which they are, shape (r,), and their values, shape (r, size).

        A statistic along such rows has the same digits for one sample as for many. Empty samples are not given.
        """
        order = np.argsort(self.n, kind="stable")
        sizes, starts = np.unique(self.n[order], return_index=True)
        for size, rows in zip(sizes.tolist(), np.split(order, starts[1:]), strict=False):
            for first in range(0, len(rows) if size else 0, MOST_ROWS):
                some = rows[first : first + MOST_ROWS]
                yield some, sliding_window_view(self.values, size)[self.low[some]]
