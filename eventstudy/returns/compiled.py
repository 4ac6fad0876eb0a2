"""The hot loops, compiled; needs the extra ``fast``. Each gives what its NumPy twin gives, to 1e-12.

NaN is data here, so no loop may assume that there is none; sums may be taken in another order than NumPy's.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from eventstudy._typing import Bools, Floats, Ints

__all__ = ["add_rows", "order_to_ranks", "pack", "project"]

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
def add_rows(total: Floats, at: Ints, values: Floats) -> None:
    """Add rows to the rows of a table, one after another."""
    for i in range(len(at)):
        row, own = total[at[i]], values[i]
        for t in range(len(own)):
            row[t] += own[t]


@njit(nogil=True)
def pack(values: Floats, bits: Ints, low: int) -> None:
    """Replace the lowest bits of each value by its column; `bits` is the integer view of a copy of `values`."""
    events, count = values.shape
    for i in range(events):
        for j in range(count):
            bits[i, j] = (bits[i, j] & ~low) | j


@njit(nogil=True)
def order_to_ranks(bits: Ints, low: int) -> tuple[Floats, Bools]:
    """Return ranks from sorted packed rows, and which rows hold values too near each other to tell."""
    events, count = bits.shape
    ranks = np.empty((events, count))
    tied = np.zeros(events, dtype=np.bool_)
    for i in range(events):
        for j in range(count):
            ranks[i, bits[i, j] & low] = j + 1.0
        for j in range(1, count):
            if (bits[i, j] & ~low) == (bits[i, j - 1] & ~low):
                tied[i] = True
    return ranks, tied
