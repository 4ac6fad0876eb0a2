"""Sums of daily values over the days of windows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from eventstudy._typing import Floats
from eventstudy.execution import Engine, map_chunks, pieces, sharing
from eventstudy.returns import paths

__all__ = ["window_sums"]


def window_sums(values: Floats, windows: Sequence[slice], engine: Engine | None = None) -> Floats:
    """Return the sums over the days of W windows, shape (W, E), NaN where any of the days is missing.

    Parameters
    ----------
    values : ndarray of shape (E, L)
        One column a day.
    windows : sequence of slice
        Columns that follow each other.
    engine : Engine, optional
        In which threads, and on which path; serial and NumPy's without it.
    """
    sums = np.empty((len(windows), len(values)))
    compiled = paths.compiles(engine, len(values))
    first, after = np.array([(days.start, days.stop) for days in windows], dtype=np.int64).reshape(-1, 2).T.copy()

    def fill(rows: slice) -> None:
        if compiled:
            from eventstudy.returns.compiled_cars import sum_windows

            sum_windows(sums[:, rows], values[rows], first, after)
            return
        for window, days in enumerate(windows):
            values[rows, days].sum(axis=1, out=sums[window, rows])

    times = paths.TIMES[paths.COMPILED if compiled else paths.NUMPY]
    for _ in map_chunks(fill, [*pieces(len(values), times)], sharing(engine)):
        pass
    return sums
