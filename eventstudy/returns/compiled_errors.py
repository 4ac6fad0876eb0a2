"""Standard errors by shared designs, compiled; needs the extra ``fast``."""

from __future__ import annotations

import numpy as np

from eventstudy._typing import Floats, Ints
from eventstudy.returns.jit import njit, part

__all__ = ["std_errors"]


@part(error_model="numpy")
def fill_scaled(row: Floats, roots: Floats, sigma: float) -> None:
    """Write what is known by design, in units of sigma."""
    for day in range(len(row)):
        row[day] = roots[day] * sigma


@part(error_model="numpy")
def fill_turned(row: Floats, spread: Floats, by: Floats, sigma: float) -> None:
    """Write ``sigma sqrt(1 + |h|^2)``, h a day's row of a spread times a matrix."""
    for day in range(len(row)):
        squares = 0.0
        for q in range(by.shape[1]):
            turned = 0.0
            for p in range(by.shape[0]):
                turned += spread[day, p] * by[p, q]
            squares += turned * turned
        row[day] = np.sqrt(1.0 + squares) * sigma


@njit(error_model="numpy")
def std_errors(
    error: Floats, variance: Floats, place: Ints, roots: Floats, spread: Floats, event: Ints, by: Floats
) -> None:
    """Write the standard errors of the abnormal returns of E events.

    Parameters
    ----------
    error : ndarray of shape (E, L)
        Written.
    variance : ndarray of shape (E,)
        Of a residual.
    place : ndarray of shape (E,)
        Design of each event; those below zero are left as they are.
    roots : ndarray of shape (D, L)
        Standard errors by design, in units of sigma.
    spread : ndarray of shape (D, L, P)
        Spreads by design, in the same.
    event, by : ndarray
        As in `Turned`.
    """
    turned = 0
    for i in range(len(error)):
        design = place[i]
        while turned < len(event) and event[turned] < i:
            turned += 1
        if design < 0:
            continue
        if turned < len(event) and event[turned] == i:
            fill_turned(error[i], spread[design], by[turned], np.sqrt(variance[i]))
        else:
            fill_scaled(error[i], roots[design], np.sqrt(variance[i]))
