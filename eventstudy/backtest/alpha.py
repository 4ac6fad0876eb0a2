"""Alpha to factors, with standard errors that bear autocorrelation, and the calendar-time portfolio (METHODS 4.10)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from eventstudy._typing import Floats
from eventstudy.distributions import student_p_value

__all__ = ["Alpha", "alpha", "default_lags"]


@dataclass(frozen=True, slots=True)
class Alpha:
    """The intercept of a regression of returns on factors.

    Parameters
    ----------
    value : float
        Decimal per session.
    std_error : float
        Newey-West with a Bartlett kernel, or plain least squares under weights.
    t, p_value : float
        Against t(T - K), two-sided.
    df : int
        T - K.
    lags : int
        Of the kernel, 0 for none.
    loadings : mapping of str to float
        Slope on each factor.
    """

    value: float
    std_error: float
    t: float
    p_value: float
    df: int
    lags: int
    loadings: dict[str, float]


def default_lags(count: int) -> int:
    """Return ``floor(4 (T/100)^(2/9))``.

    Examples
    --------
    >>> default_lags(1000)
    6
    """
    return int(4 * (count / 100) ** (2 / 9))


def alpha(
    returns: Floats,
    factors: Floats | None = None,
    names: tuple[str, ...] = (),
    weights: Floats | None = None,
    lags: int | None = None,
) -> Alpha:
    """Return the intercept of excess returns on a constant and factors.

    Parameters
    ----------
    returns : ndarray of shape (T,)
        Excess returns, decimals per session; a row with a missing value is left out.
    factors : ndarray of shape (T, K - 1), optional
        Excess or zero-cost returns; without it the mean.
    names : tuple of str
        Of the factors.
    weights : ndarray of shape (T,), optional
        Weights of a weighted least squares, such as the number of firms; standard errors are then those of least
        squares on the weighted rows, without lags.
    lags : int, optional
        Of the Bartlett kernel; `default_lags` without it.

    Notes
    -----
    ``V = T/(T-K) (X'X)^-1 S (X'X)^-1`` with ``S = G_0 + sum_l w_l (G_l + G_l')``, ``w_l = 1 - l/(L+1)`` (Newey and West
    1987).

    Examples
    --------
    >>> found = alpha(np.array([0.01, 0.03, 0.01, 0.03]), lags=0)
    >>> round(found.value, 4), found.df
    (0.02, 3)
    """
    count = len(returns)
    design = np.ones((count, 1)) if factors is None else np.column_stack([np.ones(count), factors])
    good = ~np.isnan(returns) & ~np.isnan(design).any(axis=1)
    if weights is not None:
        good &= weights > 0
    y, x = returns[good], design[good]
    width = x.shape[1]
    df = len(y) - width
    if df < 1 or np.linalg.matrix_rank(x) < width:
        return Alpha(np.nan, np.nan, np.nan, np.nan, df, 0, dict.fromkeys(names, np.nan))
    scale = np.ones(len(y)) if weights is None else np.sqrt(weights[good])
    x, y = x * scale[:, None], y * scale
    inverse = np.linalg.inv(x.T @ x)
    slopes = inverse @ (x.T @ y)
    residual = y - x @ slopes
    if weights is None:
        lags = default_lags(len(y)) if lags is None else lags
        variance = len(y) / df * (inverse @ _long_run(x * residual[:, None], lags) @ inverse)[0, 0]
    else:
        lags = 0
        variance = float(residual @ residual) / df * inverse[0, 0]
    error = float(np.sqrt(max(variance, 0.0)))
    t = float(slopes[0]) / error if error > 0 else float("nan")
    loadings = dict(zip(names, slopes[1:].tolist(), strict=True))
    return Alpha(float(slopes[0]), error, t, float(student_p_value(t, df)), df, lags, loadings)


def _long_run(scores: Floats, lags: int) -> Floats:
    """Return the Bartlett-weighted sum of autocovariances of scores, shape (K, K)."""
    total: Floats = scores.T @ scores
    for lag in range(1, lags + 1):
        cross = scores[lag:].T @ scores[:-lag]
        total = total + (1.0 - lag / (lags + 1.0)) * (cross + cross.T)
    return total
