"""The hot loops of ranks, compiled; needs the extra ``fast``. Each gives what its NumPy twin gives."""

from __future__ import annotations

from typing import Any

import numpy as np

from eventstudy._typing import Bools, Floats, Ints
from eventstudy.returns.jit import njit, part

__all__ = ["pack", "sum_gap_ranks", "sum_ranks"]

MINUS_ZERO = np.int64(-(2**63))


@part()
def pack_row(keys: Ints, bits: Ints, first: int, low: int) -> None:
    """Write the bits of one row of values, the lowest replaced by the column, from a column on; -0.0 as 0.0."""
    for j in range(len(bits)):
        keys[j] = ((0 if bits[j] == MINUS_ZERO else bits[j]) & ~low) | (first + j)


@part()
def mark_missing(keys: Ints, values: Floats, first: int, missing: int) -> None:
    """Write what stands for a missing value, and its column, where there is none."""
    for j in range(len(values)):
        if values[j] != values[j]:
            keys[j] = missing | (first + j)


@njit()
def pack(keys: Ints, values: Floats, more: Floats, low: int, missing: int) -> None:
    """Write the bits of values and more of them with their lowest replaced by the column."""
    first, bits, more_bits = values.shape[1], values.view(np.int64), more.view(np.int64)
    for i in range(len(keys)):
        pack_row(keys[i, :first], bits[i], 0, low)
        pack_row(keys[i, first:], more_bits[i], first, low)
        mark_missing(keys[i, :first], values[i], 0, missing)
        mark_missing(keys[i, first:], more[i], first, missing)


@part()
def near(keys: Ints, low: int) -> bool:
    """Return whether any two sorted keys that follow each other agree in all but their lowest bits."""
    found = 0
    for j in range(1, len(keys)):
        found += ((keys[j] ^ keys[j - 1]) & ~low) == 0
    return found > 0


@part()
def add_ranks(both: Any, keys: Ints, low: Any, first: Any) -> None:
    """Add the ranks of one row of sorted keys, by column: among all in the upper half, among the first in the lower."""
    rank = np.uint64(0)
    for j in range(len(keys)):
        # Without a sign there is no index to count from the end.
        column = np.uint64(keys[j]) & low
        rank += np.uint64(1 << 32) + np.uint64(column < first)
        both[column] += rank


@njit()
def sum_ranks(keys: Ints, low: int, first: int) -> tuple[Floats, Floats, Bools]:
    """Sum the ranks of sorted packed rows by column: among all columns, and among the first of them alone.

    Rows that hold values too near to tell are left out, and said.
    """
    # Both sums in one number, since to find a column's place costs more than to add: 32 bits hold the ranks, at most
    # 1,024, of four million rows.
    both = np.zeros(keys.shape[1], dtype=np.uint64)
    tied = np.zeros(len(keys), dtype=np.bool_)
    for i in range(len(keys)):
        tied[i] = near(keys[i], low)
        if not tied[i]:
            add_ranks(both, keys[i], np.uint64(low), np.uint64(first))
    together, alone = both >> np.uint64(32), both & np.uint64(0xFFFFFFFF)
    return together.astype(np.float64), alone[:first].astype(np.float64), tied


@part()
def add_gap_ranks(total: Floats, count: Ints, lengths: Ints, keys: Ints, low: int, first: int, spare: float) -> None:
    """Add ``rank / (n + spare)`` of one row of sorted keys, by column: among the n that come from the first columns."""
    used, rank = 0, 0.0
    for j in range(len(keys)):
        used += (keys[j] & low) < first
    weight = 1.0 / (used + spare)
    for j in range(len(keys)):
        column = keys[j] & low
        ranked = column < first
        rank += weight if ranked else 0.0
        total[column] += rank if ranked else 0.0
        count[column] += ranked
    lengths[used] += 1


@njit()
def sum_gap_ranks(
    keys: Ints, low: int, first: int, missing: int
) -> tuple[Floats, Ints, Ints, Floats, Ints, Ints, Bools]:
    """Sum scaled ranks of sorted packed rows, missing values last, by column: among all, and among the first alone.

    Of both: the sums of ``rank / (n + 1)``, or of ``rank / (n + 2)``; how many these are; and how many rows have 0, 1,
    2, ... of them. Rows that hold values too near to tell are left out, and said.
    """
    events, columns = keys.shape
    total, alone = np.zeros(columns), np.zeros(columns)
    count, count_alone = np.zeros(columns, np.int64), np.zeros(columns, np.int64)
    lengths, lengths_alone = np.zeros(columns + 1, np.int64), np.zeros(columns + 1, np.int64)
    tied = np.zeros(events, dtype=np.bool_)
    for i in range(events):
        used = columns
        while used > 0 and keys[i, used - 1] >= missing:
            used -= 1
        own = keys[i, :used]
        tied[i] = near(own, low)
        if not tied[i]:
            add_gap_ranks(total, count, lengths, own, low, columns, 1.0)
            add_gap_ranks(alone, count_alone, lengths_alone, own, low, first, 2.0)
    return total, count, lengths, alone, count_alone, lengths_alone, tied
