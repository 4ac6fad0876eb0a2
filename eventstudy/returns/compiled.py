"""The hot loops, compiled; needs the extra ``fast``. Each gives what its NumPy twin gives, to 1e-12.

NaN is data here, so no loop may assume that there is none; sums may be taken in another order than NumPy's.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from eventstudy._typing import Bools, Floats, Ints

__all__ = ["add_units", "count_above", "count_positive", "project", "sum_ranks"]

REORDERED: Any = {"reassoc", "contract", "nsz", "arcp"}


@njit(nogil=True, fastmath=REORDERED, error_model="numpy")
def project(values: Floats, at: Ints, basis: Floats, date: Ints) -> tuple[Floats, Floats, Floats]:
    """Project each event's returns on the basis of its date; see `eventstudy.returns.shared`."""
    events, count, sessions = len(at), basis.shape[1], basis.shape[2]
    scores = np.empty((events, count))
    residuals = np.empty((events, sessions))
    ssr = np.empty(events)
    for i in range(events):
        own, left = values[at[i] : at[i] + sessions], residuals[i]
        for t in range(sessions):
            left[t] = own[t]
        for k in range(count):
            column = basis[date[i], k]
            score = 0.0
            for t in range(sessions):
                score += column[t] * left[t]
            scores[i, k] = score
            for t in range(sessions):
                left[t] -= score * column[t]
        total = 0.0
        for t in range(sessions):
            total += left[t] * left[t]
        ssr[i] = total
    return scores, residuals, ssr


@njit(nogil=True)
def sum_ranks(bits: Ints, low: int) -> tuple[Floats, Bools]:
    """Sum the ranks of sorted packed rows by column, leaving out the rows that hold values too near to tell."""
    events, count = bits.shape
    total = np.zeros(count)
    tied = np.zeros(events, dtype=np.bool_)
    for i in range(events):
        own, near = bits[i], False
        for j in range(1, count):
            near |= (own[j] & ~low) == (own[j - 1] & ~low)
        tied[i] = near
        if not near:
            for j in range(count):
                total[own[j] & low] += j + 1.0
    return total, tied


@njit(nogil=True)
def count_above(values: Floats, more: Floats) -> tuple[Ints, Ints, bool]:
    """Count the values above each row's own, by row and by column, and say whether any equals it."""
    events, count = values.shape
    by_row, by_column = np.zeros(events, dtype=np.int64), np.zeros(count, dtype=np.int64)
    equal = False
    for i in range(events):
        own, limit, above = values[i], more[i], 0
        for j in range(count):
            higher = own[j] > limit
            above += higher
            by_column[j] += higher
            equal |= own[j] == limit
        by_row[i] = above
    return by_row, by_column, equal


@njit(nogil=True)
def count_positive(values: Floats) -> Ints:
    """Count the values of each row that are above zero."""
    counts = np.empty(len(values), dtype=np.int64)
    for i in range(len(values)):
        own, above = values[i], 0
        for j in range(len(own)):
            above += own[j] > 0.0
        counts[i] = above
    return counts


@njit(nogil=True, fastmath=REORDERED, error_model="numpy")
def add_units(total: Floats, at: Ints, values: Floats) -> None:
    """Add rows, less their means and scaled to a sum of squares of one, to the rows of a table."""
    sessions = values.shape[1]
    for i in range(len(at)):
        own, row = values[i], total[at[i]]
        mean = 0.0
        for t in range(sessions):
            mean += own[t]
        mean /= sessions
        squares = 0.0
        for t in range(sessions):
            squares += (own[t] - mean) * (own[t] - mean)
        scale = 1.0 / np.sqrt(squares) if squares > 0 else 0.0
        for t in range(sessions):
            row[t] += (own[t] - mean) * scale
