"""Sums over a window and what turned designs add to their variance, compiled; needs the extra ``fast``."""

from __future__ import annotations

from eventstudy._typing import Floats, Ints
from eventstudy.returns.jit import REORDERED, njit, part

__all__ = ["squares_of_turned", "sum_windows"]

# Rows that are in the cache at once.
TURN = 64


@part(fastmath=REORDERED, error_model="numpy")
def total(row: Floats) -> float:
    """Return the sum of a row."""
    added = 0.0
    for day in range(len(row)):
        added += row[day]
    return added


@njit(error_model="numpy")
def sum_windows(sums: Floats, values: Floats, first: Ints, after: Ints) -> None:
    """Write the sums over the days of W windows.

    Parameters
    ----------
    sums : ndarray of shape (W, E)
        Written.
    values : ndarray of shape (E, L)
        One column a day.
    first, after : ndarray of shape (W,)
        Of each window, its first column and the one after its last.
    """
    for begin in range(0, len(values), TURN):
        for window in range(len(sums)):
            start, stop = first[window], after[window]
            for i in range(begin, min(begin + TURN, len(values))):
                sums[window, i] = total(values[i, start:stop])


@njit(error_model="numpy")
def squares_of_turned(squares: Floats, spread: Floats, place: Ints, event: Ints, by: Floats) -> None:
    """Write the sums of squares of spreads times upper triangles.

    Parameters
    ----------
    squares : ndarray of shape (G,)
        Written.
    spread : ndarray of shape (D, n, P)
        By design.
    place : ndarray of shape (E,)
        Design of each event.
    event, by : ndarray
        As in `Turned`.
    """
    for g in range(len(event)):
        rows, found = spread[place[event[g]]], 0.0
        for d in range(len(rows)):
            for q in range(by.shape[2]):
                turned = 0.0
                for p in range(q + 1):
                    turned += rows[d, p] * by[g, p, q]
                found += turned * turned
        squares[g] = found
