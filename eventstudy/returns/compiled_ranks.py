"""The hot loops of ranks, compiled; needs the extra ``fast``. Each gives what its NumPy twin gives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from eventstudy._typing import Bools, Floats, Ints
from eventstudy.returns.jit import njit, part

if TYPE_CHECKING:
    from eventstudy.returns.ranking import RankSums

__all__ = ["pack", "sum_ranks"]

MINUS_ZERO = np.int64(-(2**63))


@part()
def pack_row(keys: Ints, values: Floats, bits: Ints, first: int, low: int, missing: int) -> None:
    """Write the bits of one row of values, the lowest replaced by the column, from a column on; -0.0 as 0.0.

    Where there is no value stands what is missing.
    """
    for j in range(len(bits)):
        there = 0 if bits[j] == MINUS_ZERO else bits[j]
        keys[j] = ((there if values[j] == values[j] else missing) & ~low) | (first + j)


@njit()
def pack(keys: Ints, values: Floats, more: Floats, low: int, missing: int) -> None:
    """Write the bits of values and more of them with their lowest replaced by the column."""
    first, bits, more_bits = values.shape[1], values.view(np.int64), more.view(np.int64)
    for i in range(len(keys)):
        pack_row(keys[i, :first], values[i], bits[i], 0, low, missing)
        pack_row(keys[i, first:], more[i], more_bits[i], first, low, missing)


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


@part()
def add_gap_ranks(together: Floats, alone: Floats, keys: Ints, low: int, used: int) -> None:
    """Add ranks of one row of n sorted keys by column: ``rank / (n + 1)``, and ``rank / (m + 2)`` in the first alone.

    m, how many there are in the first columns, is what is used.
    """
    scale, scale_alone, rank, below = 1.0 / (len(keys) + 1.0), 1.0 / (used + 2.0), 0.0, 0.0
    for j in range(len(keys)):
        column = keys[j] & low
        rank += scale
        together[column] += rank
        if column < len(alone):
            below += scale_alone
            alone[column] += below


@njit()
def sum_ranks(keys: Ints, low: int, missing: int, sums: RankSums) -> Bools:
    """Add the ranks of sorted packed rows, missing values last; return which hold values too near to tell, left out."""
    # Both sums in one number, since to find a column's place costs more than to add: 32 bits hold the ranks, at most
    # 1,024, of four million rows.
    columns, first = keys.shape[1], len(sums.alone)
    both, tied = np.zeros(columns, dtype=np.uint64), np.zeros(len(keys), dtype=np.bool_)
    for i in range(len(keys)):
        count, used = columns, first
        while count > 0 and keys[i, count - 1] >= missing:
            count -= 1
        own = keys[i, :count]
        tied[i] = near(own, low)
        if tied[i]:
            continue
        if count == columns:
            add_ranks(both, own, np.uint64(low), np.uint64(first))
        else:
            for j in range(count, columns):
                sums.lacking[keys[i, j] & low] += 1
                used -= (keys[i, j] & low) < first
            add_gap_ranks(sums.together, sums.alone, own, low, used)
        sums.lengths[count] += 1
        sums.lengths_alone[used] += 1
    for j in range(columns):
        sums.whole[j] += both[j] >> np.uint64(32)
    for j in range(first):
        sums.whole_alone[j] += both[j] & np.uint64(0xFFFFFFFF)
    return tied
