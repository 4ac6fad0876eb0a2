"""The variance of a sum of disturbances that follow on each other (METHODS 2.1)."""

from __future__ import annotations

import numpy as np

from eventstudy._typing import Floats

__all__ = ["AUTOCORRELATIONS", "first_order", "serial_covariance", "serial_variance"]

AUTOCORRELATIONS = ("none", "ar1")
"""What the disturbances of one event are taken to be: independent, or autoregressive of the first order."""


def first_order(residuals: Floats) -> Floats:
    """Return the first-order autocorrelation of residuals.

    Parameters
    ----------
    residuals : ndarray of shape (E, M)
        Decimals per session, NaN on sessions without one; only neighbouring sessions make a product.

    Returns
    -------
    ndarray of shape (E,)
        ``sum e_t e_{t-1} / sum e_t^2`` around the mean, times n - 1 over the neighbours there are among n residuals,
        which is one without a gap; never beyond one in size, 0 where nothing varies or none has a neighbour.

    Examples
    --------
    >>> first_order(np.array([[1.0, -1.0, 1.0, -1.0]])).tolist()
    [-0.75]
    """
    there = ~np.isnan(residuals)
    filled = np.where(there, residuals, 0.0)
    mean = filled.sum(axis=1) / np.maximum(there.sum(axis=1), 1)
    apart = np.where(there, filled - mean[:, None], 0.0)
    squares = (apart**2).sum(axis=1)
    neighbours = (there[:, 1:] & there[:, :-1]).sum(axis=1)
    # A gap takes two products away and one square.
    products = (apart[:, 1:] * apart[:, :-1]).sum(axis=1) * (there.sum(axis=1) - 1) / np.maximum(neighbours, 1)
    return np.clip(np.where(squares > 0, products / np.where(squares > 0, squares, 1.0), 0.0), -1.0, 1.0)


def serial_variance(weights: Floats, noise: Floats, rho: Floats) -> Floats:
    """Return the variance of weighted sums of disturbances, ``sum_{j,k} c_j c_k s_j s_k rho^{|j-k|}``.

    Parameters
    ----------
    weights : ndarray of shape (E, L)
        One weight a day, 0 for a day that is not summed.
    noise : ndarray of shape (E, L)
        Variance of each day's disturbance; s is its root. NaN counts as 0.
    rho : ndarray of shape (E,)
        Autocorrelation from one session to the next.

    Returns
    -------
    ndarray of shape (E,)

    Examples
    --------
    >>> float(serial_variance(np.ones((1, 3)), np.full((1, 3), 4.0), np.array([0.5]))[0])  # 4 (3 + 4/2 + 2/4)
    22.0
    """
    scaled = weights * np.sqrt(np.nan_to_num(noise))
    total, before = np.zeros(len(scaled)), np.zeros(len(scaled))
    for day in range(scaled.shape[1]):
        # What the days before have in common with this one: sum_{j<k} a_j rho^{k-j}.
        total += scaled[:, day] * (scaled[:, day] + 2.0 * before)
        before = rho * (before + scaled[:, day])
    return total


def serial_covariance(noise: Floats, rho: float) -> Floats:
    """Return the covariance matrix of one event's disturbances, shape (L, L), for variances of shape (L,)."""
    days = np.arange(len(noise))
    # With rho = 0 the power of the diagonal is 0^0 = 1.
    return np.asarray(np.sqrt(np.outer(noise, noise)) * rho ** np.abs(days[:, None] - days))
