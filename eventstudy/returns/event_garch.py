"""A GARCH market model over both windows, with a dummy for the event in the mean and in the variance."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from eventstudy._typing import Floats

__all__ = ["EventGarch", "EventSeries", "log_likelihood", "maximise"]

MOST_PERSISTENT = 0.9999
# From where the search begins: a and g, the best of which is taken.
_STARTS = ((0.05, 0.90), (0.10, 0.80), (0.05, 0.60), (0.20, 0.50), (0.01, 0.97))
# A derivative by a complex step has no rounding of a difference.
_STEP = 1e-30
_STEPS = 1j * _STEP * np.eye(7)


@dataclass(frozen=True, slots=True, eq=False)
class EventSeries:
    """What one event's likelihood is made of, in any unit of returns.

    Parameters
    ----------
    y, x : ndarray of shape (n,)
        Returns of firm and market in the estimation window, none missing.
    y_event, x_event : ndarray of shape (L,)
        The same in the event window, NaN where missing.
    ahead : int
        The first event day, counted from the last session of the estimation window: 1 where it follows.
    variance : float
        What h and the squared disturbance were before the first session.
    """

    y: Floats
    x: Floats
    y_event: Floats
    x_event: Floats
    ahead: int
    variance: float


@dataclass(frozen=True, slots=True, eq=False)
class EventGarch:
    """The maximum of the likelihood.

    Parameters
    ----------
    parameters : ndarray of shape (7,)
        ``alpha, beta, gamma, omega, a, g, delta``.
    h : ndarray of shape (L,)
        Conditional variance of each event day.
    """

    parameters: Floats
    h: Floats


def log_likelihood(parameters: Any, series: EventSeries) -> tuple[Any, Any]:
    """Return the normal log-likelihood of both windows, and the variances of the event days.

    Parameters
    ----------
    parameters : ndarray of shape (7,)
        See `EventGarch`; complex ones are as good.
    series : EventSeries
        The returns.

    Returns
    -------
    value : float
        ``-1/2 sum (ln 2 pi + ln h_t + e_t^2 / h_t)`` over the sessions with a return.
    h : ndarray of shape (L,)
        Variances of the event days.

    Notes
    -----
    ``R_t = alpha + beta R_m,t + gamma D_t + e_t``, ``h_t = omega + a e_{t-1}^2 + g h_{t-1} + delta D_t``, D one in the
    event window. A session without a return has the expectation of its squared disturbance, h.
    """
    from scipy.signal import lfilter

    alpha, beta, gamma, omega, a, g, delta = parameters
    e = series.y - alpha - beta * series.x
    before = np.concatenate([[series.variance + 0.0 * a], e[:-1] ** 2])
    h, _ = lfilter([1.0 + 0.0 * g], np.array([1.0 + 0.0 * g, -g]), omega + a * before, zi=[g * series.variance])
    total = (np.log(h) + e**2 / h).sum()
    next_h = omega + a * e[-1] ** 2 + g * h[-1]
    for _ in range(series.ahead - 1):
        next_h = omega + (a + g) * next_h
    shocks = series.y_event - alpha - beta * series.x_event - gamma
    there, path = np.isfinite(shocks), []
    for day, shock in enumerate(shocks):
        now = next_h + delta
        square = shock**2 if there[day] else now
        total = total + (np.log(now) + square / now if there[day] else 0.0)
        path.append(now)
        next_h = omega + a * square + g * now
    count = len(e) + int(there.sum())
    return -0.5 * (total + count * np.log(2.0 * np.pi)), np.array(path)


def maximise(series: EventSeries, alpha: float, beta: float) -> EventGarch | None:
    """Return the maximum of the likelihood, None where the search did not end at one.

    Parameters
    ----------
    series : EventSeries
        The returns; at least one of the event window.
    alpha, beta : float
        Where the search begins, such as least squares.

    Notes
    -----
    With omega > 0, a, g, delta at least 0, and a + g at most 0.9999. With a single event day its disturbance is taken
    up by gamma, its variance has nothing to be told by, and delta is 0.
    """
    from scipy.optimize import Bounds, LinearConstraint, minimize

    size = series.variance
    gamma = float(np.nanmean(series.y_event - alpha - beta * series.x_event))
    starts = [np.array([alpha, beta, gamma, size * (1 - a - g), a, g, 0.1 * size]) for a, g in _STARTS]
    # By themselves, since a search along a line asks for no derivatives.
    objective: Any = partial(_objective, series=series)
    slopes: Any = partial(_slopes, series=series)
    found: Any = minimize(
        objective,
        max(starts, key=lambda start: float(log_likelihood(start, series)[0])),
        jac=slopes,
        method="SLSQP",
        bounds=Bounds([-np.inf, -np.inf, -np.inf, 1e-8 * size, 0.0, 0.0, 0.0], [np.inf] * 4 + [1.0, 1.0, np.inf]),
        constraints=LinearConstraint([[0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 0.0]], -np.inf, MOST_PERSISTENT),
        options={"ftol": 1e-13, "maxiter": 1000},
    )
    if not found.success or not np.isfinite(found.x).all():
        return None
    return EventGarch(np.asarray(found.x), np.asarray(log_likelihood(found.x, series)[1]))


def _objective(parameters: Floats, series: EventSeries) -> float:
    """Return minus the mean log-likelihood."""
    return -float(log_likelihood(parameters, series)[0]) / len(series.y)


def _slopes(parameters: Floats, series: EventSeries) -> Floats:
    """Return its derivatives."""
    found = [log_likelihood(parameters + step, series)[0].imag / _STEP for step in _STEPS]
    return -np.array(found) / len(series.y)
