"""The hot loops, compiled; needs the extra ``fast``. Each gives what its NumPy twin gives, to 1e-12.

NaN is data here, so no loop may assume that there is none; sums may be taken in another order than NumPy's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numpy as np
from numba import njit as _njit

from eventstudy._typing import Bools, Floats, Ints

__all__ = ["add_standardised", "count_above", "count_positive", "forecast_errors", "pack", "project", "sum_ranks"]


F = TypeVar("F", bound=Callable[..., Any])


def njit(**options: Any) -> Callable[[F], F]:
    """Compile a loop without the interpreter's lock, once a machine where there is a place to keep it."""

    def compiled(loop: F) -> F:
        try:
            return cast("F", _njit(nogil=True, cache=True, **options)(loop))
        except RuntimeError:  # neither beside the source nor in the user's own folder may a file be written
            return cast("F", _njit(nogil=True, **options)(loop))

    return compiled


REORDERED: Any = {"reassoc", "contract", "nsz", "arcp"}


@njit(fastmath=REORDERED, error_model="numpy")
def fill_basis(basis: Floats, series: Floats, first: int, mean: Floats, inverse: Floats, begin: int, k: int) -> None:
    """Write column k of ``Q = X R^-1`` of one date."""
    sessions = len(basis)
    basis[:] = 0.0
    for j in range(begin, k + 1):
        column = series[j, first : first + sessions]
        middle, weight = mean[j], inverse[j, k]
        for t in range(sessions):
            basis[t] += (column[t] - middle) * weight


@njit(fastmath=REORDERED, error_model="numpy")
def project(
    values: Floats,
    at: Ints,
    series: Floats,
    first: Ints,
    sessions: int,
    mean: Floats,
    inverse: Floats,
    date: Ints,
    constant: bool,
) -> tuple[Floats, Floats, Floats, Floats]:
    """Project each event's returns on the basis of its date; see `eventstudy.returns.shared`."""
    events, count = len(at), len(series)
    begin = 1 if constant else 0
    scores, residuals = np.empty((events, count)), np.empty((events, sessions))
    means, ssr = np.empty(events), np.empty(events)
    basis = np.empty(sessions)
    for i in range(events):
        own, left, d = values[at[i] : at[i] + sessions], residuals[i], date[i]
        shift = 0.0
        if constant:
            level, total = series[0, first[i]] * inverse[d, 0, 0], 0.0
            for t in range(sessions):
                total += own[t]
            scores[i, 0] = total * level
            shift = scores[i, 0] * level
        for t in range(sessions):
            left[t] = own[t] - shift
        for k in range(begin, count):
            fill_basis(basis, series, first[i], mean[d], inverse[d], begin, k)
            score = 0.0
            for t in range(sessions):
                score += basis[t] * left[t]
            scores[i, k] = score
            for t in range(sessions):
                left[t] -= score * basis[t]
        total, squares = 0.0, 0.0
        for t in range(sessions):
            total += left[t]
            squares += left[t] * left[t]
        means[i], ssr[i] = total / sessions, squares
    return scores, residuals, means, ssr


@njit(error_model="numpy")
def forecast_errors(values: Floats, at: Ints, ahead: Floats, date: Ints, coefficients: Floats) -> Floats:
    """Return returns less what coefficients expect of the design of each event's date."""
    events, days, count = len(at), ahead.shape[1], ahead.shape[2]
    errors = np.empty((events, days))
    for i in range(events):
        own, design, b = values[at[i] : at[i] + days], ahead[date[i]], coefficients[i]
        for t in range(days):
            expected = 0.0
            for k in range(count):
                expected += design[t, k] * b[k]
            errors[i, t] = own[t] - expected
    return errors


@njit()
def pack(values: Floats, low: int) -> Floats:
    """Return values with their lowest bits replaced by the column, -0.0 taken as 0.0."""
    keys = np.empty(values.shape)
    bits = keys.view(np.int64)
    for i in range(len(values)):
        for j in range(values.shape[1]):
            keys[i, j] = values[i, j] + 0.0
            bits[i, j] = (bits[i, j] & ~low) | j
    return keys


@njit()
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


@njit()
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


@njit()
def count_positive(values: Floats) -> Ints:
    """Count the values of each row that are above zero."""
    counts = np.empty(len(values), dtype=np.int64)
    for i in range(len(values)):
        own, above = values[i], 0
        for j in range(len(own)):
            above += own[j] > 0.0
        counts[i] = above
    return counts


@njit(fastmath=REORDERED, error_model="numpy")
def add_standardised(total: Floats, at: Ints, values: Floats) -> None:
    """Add rows, less their means and over their standard deviations, to the rows of a table."""
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
        scale = np.sqrt(sessions / squares) if squares > 0 else 0.0
        for t in range(sessions):
            row[t] += (own[t] - mean) * scale
