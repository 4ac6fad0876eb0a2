"""Standardised estimation residuals of many events, summed by session."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from eventstudy._typing import Floats, Ints
from eventstudy.returns.remade import Remade

__all__ = ["SessionSums", "session_sums"]


class SessionSums(NamedTuple):
    """Sums over events of ``u = residual / sigma``, on each of T sessions.

    Parameters
    ----------
    total : ndarray of shape (T,)
        Of u.
    events : ndarray of shape (T,)
        How many they are of.
    squares : float
        Of ``u^2``, over all sessions.
    """

    total: Floats
    events: Ints
    squares: float


def session_sums(residuals: Floats | Remade, sigma: Floats, start: Ints) -> SessionSums:
    """Return the sums of some events.

    Parameters
    ----------
    residuals : ndarray of shape (E, M) or Remade
        Of M sessions each, NaN where missing.
    sigma : ndarray of shape (E,)
        Their standard deviations; residuals without one, or with zero, are left out.
    start : ndarray of shape (E,)
        The session of each event's first residual, counted from the first of T, the last of which is the last that an
        event has.

    Examples
    --------
    >>> residuals = np.array([[1.0, 2.0], [4.0, np.nan]])
    >>> total, events, squares = session_sums(residuals, np.array([1.0, 2.0]), np.array([0, 1]))
    >>> total.tolist(), events.tolist(), squares
    ([1.0, 4.0, 0.0], [1, 2, 0], 9.0)
    """
    return _of_remade(residuals, sigma, start) if isinstance(residuals, Remade) else _of_rows(residuals, sigma, start)


def _of_rows(residuals: Floats, sigma: Floats, start: Ints) -> SessionSums:
    standard = residuals / sigma[:, None]
    there = np.isfinite(standard)
    whole = there.all(axis=1)
    filled = standard if whole.all() else np.where(there, standard, 0.0)
    days = standard.shape[1]
    place = start[:, None] + np.arange(days)
    length = int(start.max()) + days
    broken = place[~whole][there[~whole]]
    return SessionSums(
        total=np.bincount(place.ravel(), weights=filled.ravel(), minlength=length).astype(np.float64),
        events=_covered(start[whole], days, length) + np.bincount(broken, minlength=length),
        squares=float(np.vdot(filled, filled)),
    )


def _of_remade(residuals: Remade, sigma: Floats, start: Ints) -> SessionSums:
    from eventstudy.returns.compiled import add_standardised

    used, days = np.flatnonzero((sigma > 0) & (residuals.n_obs > 0)), residuals.sessions
    inverse = np.zeros(len(sigma))
    inverse[used] = 1 / sigma[used]
    total, lacking = np.zeros((2, int(start.max()) + days))
    made = residuals._replace(mean_residual=np.zeros(len(sigma)), scale=inverse)
    add_standardised(total, lacking, start, made, used)
    scale, mean, n_obs = residuals.scale[used], residuals.mean_residual[used], residuals.n_obs[used]
    varied = np.divide(1, scale**2, out=np.zeros(len(used)), where=scale > 0)
    squares = float((n_obs * (varied + mean**2) * inverse[used] ** 2).sum())
    return SessionSums(total, _covered(start[used], days, len(total)) - lacking.astype(np.int64), squares)


def _covered(start: Ints, days: int, length: int) -> Ints:
    """Return how many stretches of so many days cover each session, shape (length,)."""
    edges = np.bincount(start, minlength=length + 1) - np.bincount(start + days, minlength=length + 1)
    return np.asarray(np.cumsum(edges)[:length])
