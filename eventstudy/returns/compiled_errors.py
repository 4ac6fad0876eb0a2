"""Standard errors by shared designs, compiled; needs the extra ``fast``."""

from __future__ import annotations

import numpy as np

from eventstudy._typing import Floats, Ints
from eventstudy.returns.jit import njit, part

__all__ = ["std_errors"]

# Events whose abnormal returns are in the cache at once.
TURN = 64


@part(error_model="numpy")
def fill_scaled(row: Floats, ar: Floats, roots: Floats, sigma: float) -> None:
    """Write what is known by design, in units of sigma; NaN where there is no abnormal return."""
    for day in range(len(row)):
        row[day] = roots[day] * sigma if ar[day] == ar[day] else np.nan


@part()
def fill(row: Floats, value: float) -> None:
    """Write one value."""
    for day in range(len(row)):
        row[day] = value


@part(error_model="numpy")
def add_scaled(row: Floats, other: Floats, by: float) -> None:
    """Add a multiple of another row."""
    for day in range(len(row)):
        row[day] += other[day] * by


@part(error_model="numpy")
def add_squares(row: Floats, begun: Floats, other: Floats, by: float) -> None:
    """Add the squares of a row that lacks a multiple of another."""
    for day in range(len(row)):
        turned = begun[day] + other[day] * by
        row[day] += turned * turned


@part(error_model="numpy")
def take_roots(row: Floats, ar: Floats, sigma: float) -> None:
    """Take the roots, in units of sigma; NaN where there is no abnormal return."""
    for day in range(len(row)):
        row[day] = np.sqrt(row[day]) * sigma if ar[day] == ar[day] else np.nan


@part(error_model="numpy")
def fill_turned(row: Floats, ar: Floats, spread: Floats, by: Floats, sigma: float, begun: Floats) -> None:
    """Write ``sigma sqrt(1 + |h|^2)``, h a day's spread times an upper triangle; NaN where no abnormal return is."""
    fill(row, 1.0)
    for q in range(len(by)):
        fill(begun, 0.0)
        for p in range(q):
            add_scaled(begun, spread[p], by[p, q])
        add_squares(row, begun, spread[q], by[q, q])
    take_roots(row, ar, sigma)


@njit(error_model="numpy")
def std_errors(
    error: Floats, ar: Floats, variance: Floats, place: Ints, roots: Floats, spread: Floats, event: Ints, by: Floats
) -> None:
    """Write the standard errors of the abnormal returns of E events, NaN where these are.

    Parameters
    ----------
    error : ndarray of shape (E, L)
        Written.
    ar : ndarray of shape (E, L)
        Abnormal returns.
    variance : ndarray of shape (E,)
        Of a residual.
    place : ndarray of shape (E,)
        Design of each event; those below zero are left as they are.
    roots : ndarray of shape (D, L)
        Standard errors by design, in units of sigma.
    spread : ndarray of shape (D, P, L)
        Spreads by design, in the same, a day beside the other.
    event, by : ndarray
        As in `Turned`.
    """
    turned, begun = 0, np.empty(error.shape[1])
    for begin in range(0, len(error), TURN):
        end = min(begin + TURN, len(error))
        # Two loops, since one that decides between the two ways is compiled to no vector instructions.
        for i in range(begin, end):
            if place[i] >= 0:
                fill_scaled(error[i], ar[i], roots[place[i]], np.sqrt(variance[i]))
        while turned < len(event) and event[turned] < end:
            i = event[turned]
            fill_turned(error[i], ar[i], spread[place[i]], by[turned], np.sqrt(variance[i]), begun)
            turned += 1
