"""The error of the coefficients of an EGARCH(1,1) regression, from first derivatives alone."""

from __future__ import annotations

import numpy as np

from eventstudy._typing import Floats
from eventstudy.returns.variance_paths import MEAN_ABSOLUTE, Volatility

__all__ = ["coefficient_covariance"]

# Directions of less information than this share of the largest are none: with a constant variance g is anything.
NO_INFORMATION = 1e-10


def coefficient_covariance(
    e: Floats, x: Floats, volatility: Volatility, before: float, degrees: float = np.inf
) -> Floats:
    """Return the sandwich covariance of the regression coefficients.

    Parameters
    ----------
    e : ndarray of shape (n,)
        Disturbances, none missing.
    x : ndarray of shape (n, K)
        Regressors, the constant included.
    volatility : Volatility
        With `logs`, in the units of the disturbances.
    before : float
        h ahead of the first session.
    degrees : float
        Of Student's t, where the standardised disturbances have that distribution; it counts as given.

    Returns
    -------
    ndarray of shape (K, K)

    Raises
    ------
    LinAlgError
        Where the variance leaves all measure on some session: `arch` holds it within bounds, and such a fit rests on
        them.

    Notes
    -----
    ``A^-1 B A^-1``, B the sum of squares of the scores and A that of their conditional expectations (Bollerslev and
    Wooldridge 1992), ``sum_t i x_t x_t' / h_t + j D_t D_t'`` with ``D = d ln h / d theta``; i = 1 and j = 1/2 for
    normal disturbances. ``|z|`` has a kink at every session whose disturbance is zero: second differences of the
    likelihood measure how near the next one is, and no error.
    """
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        log_h, slope = _derivatives(e, x, volatility, before)
        root = np.exp(log_h / 2.0)
    if not (np.isfinite(slope).all() and np.isfinite(root).all() and (root > 0).all()):
        raise np.linalg.LinAlgError("The variance is not finite.")
    z = e / root
    # The score of a standardised disturbance, and the information about its place and its scale.
    if np.isinf(degrees):
        score, place, scale = z, 1.0, 0.5
    else:
        score = (degrees + 1.0) * z / (degrees - 2.0 + z**2)
        place = degrees * (degrees + 1.0) / ((degrees - 2.0) * (degrees + 3.0))
        scale = 0.5 * degrees / (degrees + 3.0)
    mean = np.zeros_like(slope)
    mean[:, : x.shape[1]] = x / root[:, None]
    scores = mean * score[:, None] + 0.5 * slope * (score * z - 1.0)[:, None]
    units = np.sqrt(place * (mean**2).sum(axis=0) + scale * (slope**2).sum(axis=0))
    units = np.where(units > 0, units, 1.0)
    mean, slope, scores = mean / units, slope / units, scores / units
    inverse = np.linalg.pinv(place * mean.T @ mean + scale * slope.T @ slope, rcond=NO_INFORMATION, hermitian=True)
    covariance = inverse @ (scores.T @ scores) @ inverse / np.outer(units, units)
    return np.asarray(covariance[: x.shape[1], : x.shape[1]])


def _derivatives(e: Floats, x: Floats, volatility: Volatility, before: float) -> tuple[Floats, Floats]:
    """Return ln h of each session, and its derivatives by coefficients, omega, a, c and g: (n,) and (n, K + 4)."""
    columns = x.shape[1]
    log_h, slope = np.empty(len(e)), np.zeros((len(e), columns + 4))
    a, c, g = volatility.arch, volatility.asymmetry, volatility.garch
    log_h[0] = volatility.omega + g * np.log(before)
    slope[0, columns], slope[0, -1] = 1.0, np.log(before)
    for t in range(1, len(e)):
        root = np.exp(log_h[t - 1] / 2.0)
        z = e[t - 1] / root
        moved = a * np.sign(z) + c
        log_h[t] = volatility.omega + a * (abs(z) - MEAN_ABSOLUTE) + c * z + g * log_h[t - 1]
        slope[t] = (g - moved * z / 2.0) * slope[t - 1]
        slope[t, :columns] -= moved * x[t - 1] / root
        slope[t, columns:] += 1.0, abs(z) - MEAN_ABSOLUTE, z, log_h[t - 1]
    return log_h, slope
