"""Conditional variances after the end of an estimation window."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from eventstudy._typing import Floats

__all__ = ["Volatility", "egarch_path", "garch_path"]

MEAN_ABSOLUTE = float(np.sqrt(2.0 / np.pi))
"""E|z| of a standard normal z."""


@dataclass(frozen=True, slots=True)
class Volatility:
    """A conditional variance, and where it stands on the last session of the estimation window.

    Parameters
    ----------
    omega, arch, garch, asymmetry : float
        ``h_t = omega + arch e_{t-1}^2 + garch h_{t-1}``, or with `logs`
        ``ln h_t = omega + garch ln h_{t-1} + arch (|z_{t-1}| - E|z|) + asymmetry z_{t-1}``.
    last, shock : float
        h and e on the last session.
    logs : bool
        Whether the recursion is in logarithms.
    """

    omega: float
    arch: float
    garch: float
    asymmetry: float
    last: float
    shock: float
    logs: bool = False

    def decimals(self, units: float) -> tuple[float, ...]:
        """Return the parameters for returns in decimals, given in `units` times a decimal."""
        if not self.logs:
            return (self.omega / units**2, self.arch, self.garch)
        omega = self.omega - (1.0 - self.garch) * 2.0 * float(np.log(units))
        return (omega, self.arch, self.asymmetry, self.garch)


def garch_path(volatility: Volatility, start: int, shocks: Floats) -> Floats:
    """Return GARCH(1,1) variances of L sessions.

    Parameters
    ----------
    volatility : Volatility
        In the units of the shocks.
    start : int
        The first of the sessions, counted from the last of the estimation window; where it is not positive there is
        nothing to forecast from, and every session has the unconditional variance.
    shocks : ndarray of shape (L,)
        Disturbances as they come, each of which moves the variances after it; NaN where the variance is a forecast.

    Examples
    --------
    >>> calm = Volatility(omega=0.1, arch=0.1, garch=0.8, asymmetry=0.0, last=1.0, shock=2.0)
    >>> garch_path(calm, 1, np.full(2, np.nan)).round(4).tolist()
    [1.3, 1.27]
    """
    persistence = volatility.arch + volatility.garch
    mean = volatility.omega / (1.0 - persistence)
    if start < 1:
        return np.full(len(shocks), mean)
    first = volatility.omega + volatility.arch * volatility.shock**2 + volatility.garch * volatility.last
    path = np.empty(len(shocks))
    h = mean + persistence ** (start - 1) * (first - mean)
    for day, shock in enumerate(shocks):
        path[day] = h
        h = volatility.omega + volatility.garch * h + volatility.arch * (h if np.isnan(shock) else shock**2)
    return path


def egarch_path(volatility: Volatility, start: int, shocks: Floats, *, expectation: bool = True) -> Floats:
    """Return EGARCH(1,1) variances of L sessions; see `garch_path`.

    Parameters
    ----------
    volatility : Volatility
        With `logs`.
    start : int
        The first of the sessions, counted from the last of the estimation window.
    shocks : ndarray of shape (L,)
        Disturbances as they come; NaN where the variance is a forecast.
    expectation : bool
        Whether a forecast is ``E h`` for normal z, else ``exp(E ln h)``.

    Notes
    -----
    ``ln h_{T+k} = E ln h_{T+k} + sum_{i=0}^{k-2} g^i u_{T+k-1-i}`` with ``u = a (|z| - E|z|) + c z``, so the factor
    between the two is the product of ``E exp(g^i u)``, and ``E exp(p |z| + q z) = exp((p+q)^2/2) Phi(p+q) +
    exp((p-q)^2/2) Phi(p-q)``.
    """
    mean = volatility.omega / (1.0 - volatility.garch)
    ahead = 400 if start < 1 else start
    logarithm, uncertain = mean, 0
    if start >= 1:
        logarithm = _next_log(volatility, float(np.log(volatility.last)), volatility.shock)
        uncertain = start - 1
        logarithm = mean + volatility.garch**uncertain * (logarithm - mean)
    else:
        uncertain = ahead
    path = np.empty(len(shocks))
    for day, shock in enumerate(shocks):
        path[day] = np.exp(logarithm + (_premium(volatility, uncertain) if expectation else 0.0))
        if start < 1 or np.isnan(shock):
            logarithm = mean + volatility.garch * (logarithm - mean)
            uncertain = uncertain + 1 if start >= 1 else uncertain
        else:
            logarithm, uncertain = _next_log(volatility, float(np.log(path[day])), shock), 0
    return path


def _next_log(volatility: Volatility, logarithm: float, shock: float) -> float:
    z = shock / np.exp(logarithm / 2.0)
    moved = volatility.arch * (abs(z) - MEAN_ABSOLUTE) + volatility.asymmetry * z
    return float(volatility.omega + volatility.garch * logarithm + moved)


def _premium(volatility: Volatility, terms: int) -> float:
    """Return ``ln E h - E ln h`` after so many shocks that are not known."""
    from scipy.special import log_ndtr

    decay = volatility.garch ** np.arange(terms)
    p, q = decay * volatility.arch, decay * volatility.asymmetry
    up = (p + q) ** 2 / 2.0 + log_ndtr(p + q)
    down = (p - q) ** 2 / 2.0 + log_ndtr(p - q)
    return float((np.logaddexp(up, down) - p * MEAN_ABSOLUTE).sum())
