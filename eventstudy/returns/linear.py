"""The linear frame: least squares for many events at once, with the exact covariance of their forecasts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from eventstudy._typing import Floats, Ints

__all__ = ["LeastSquares", "condition_numbers", "first_collinear", "fit_mean", "least_squares"]

# A column whose part orthogonal to the columns before it is smaller than this share of it counts as a
# combination of them; what is left is rounding.
COLLINEAR = 1e-10
# A residual sum of squares below this share of the sum of squares is rounding: the fit is perfect.
PERFECT = 1e-28


@dataclass(frozen=True, slots=True, eq=False)
class LeastSquares:
    """Least-squares fits of E events with K coefficients over M sessions.

    Parameters
    ----------
    coefficients : ndarray of shape (E, K)
        NaN where the fit failed.
    residuals : ndarray of shape (E, M)
        Decimals per session; NaN on sessions that were not used.
    sigma : ndarray of shape (E,)
        ``sqrt(SSR / (n - K))``; 0 for a perfect fit, NaN without degrees of freedom.
    dof : ndarray of shape (E,)
        ``n - K``.
    n_obs : ndarray of shape (E,)
        Sessions used: complete rows.
    r_squared : ndarray of shape (E,)
        ``1 - SSR / SST``, SST about the mean; NaN where the left side does not vary.
    spread : ndarray of shape (E, L, K)
        ``X* R^-1`` for the forecast rows X*, so that ``X* (X'X)^-1 X*' = spread spread'``.
    collinear : ndarray of shape (E,)
        First column that is zero or a combination of those before it; -1 where there is none.
    """

    coefficients: Floats
    residuals: Floats
    sigma: Floats
    dof: Ints
    n_obs: Ints
    r_squared: Floats
    spread: Floats
    collinear: Ints


def least_squares(y: Floats, x: Floats, x_forecast: Floats) -> LeastSquares:
    """Fit ``y = X b + e`` for each event over its complete rows.

    Parameters
    ----------
    y : ndarray of shape (E, M)
        Left side, decimals per session, NaN where missing.
    x : ndarray of shape (E, M, K)
        Regressors, the constant included, NaN where missing.
    x_forecast : ndarray of shape (E, L, K)
        Regressors on the sessions to be forecast.

    Returns
    -------
    LeastSquares
        A row with a missing value on either side is left out. An event whose regressors determine no fit has
        NaN and says which column is to blame.

    Notes
    -----
    By QR: ``X = Q R``, ``b = R^-1 Q'y``. The residual variance comes from the residuals themselves, never
    from a difference of sums of squares. The forecast errors of L sessions have the covariance
    ``s^2 (I + X* (X'X)^-1 X*')`` (Salkever 1976; METHODS eq. 2.1).

    Examples
    --------
    >>> y = np.array([[1.0, 2.0, 4.0]])
    >>> fit = least_squares(y, np.ones((1, 3, 1)), np.ones((1, 1, 1)))
    >>> fit.coefficients.round(4).tolist(), fit.sigma.round(4).tolist()
    ([[2.3333]], [1.5275])
    """
    count = x.shape[-1]
    used = np.isfinite(y) & np.isfinite(x).all(axis=-1)
    design = np.where(used[..., None], x, 0.0)
    target = np.where(used, y, 0.0)
    n_obs = used.sum(axis=1)
    dof = n_obs - count
    orthogonal, triangle = _padded_qr(design)
    collinear = first_collinear(design, triangle)
    solvable = (collinear < 0) & (n_obs >= count)
    safe = np.where(solvable[:, None, None], triangle, np.eye(count))
    projected = np.swapaxes(orthogonal, 1, 2) @ target[..., None]
    coefficients: Floats = np.linalg.solve(safe, projected)[..., 0].astype(np.float64)
    coefficients[~solvable] = np.nan
    fitted = (design @ coefficients[..., None])[..., 0]
    residuals = target - fitted
    squares = np.where(used, residuals, 0.0) ** 2
    ssr = squares.sum(axis=1)
    ssr = np.where(ssr <= PERFECT * (target**2).sum(axis=1), 0.0, ssr)
    variance = np.where(solvable & (dof > 0), ssr / np.maximum(dof, 1), np.nan)
    spread = np.swapaxes(np.linalg.solve(np.swapaxes(safe, 1, 2), np.swapaxes(x_forecast, 1, 2)), 1, 2)
    spread[~solvable] = np.nan
    return LeastSquares(
        coefficients=coefficients,
        residuals=np.where(used & solvable[:, None], residuals, np.nan),
        sigma=np.sqrt(variance),
        dof=dof,
        n_obs=n_obs,
        r_squared=np.where(solvable, _r_squared(target, used, n_obs, ssr), np.nan),
        spread=spread,
        collinear=collinear,
    )


def fit_mean(y: Floats) -> LeastSquares:
    """Fit a constant alone to each event's returns: `least_squares` on a column of ones, without the algebra.

    Parameters
    ----------
    y : ndarray of shape (E, M)
        Left side, NaN where missing.

    Examples
    --------
    >>> fit_mean(np.array([[1.0, 2.0, np.nan, 4.0]])).sigma.round(4).tolist()
    [1.5275]
    """
    used = np.isfinite(y)
    n_obs = used.sum(axis=1)
    there, n = n_obs > 0, np.maximum(n_obs, 1)
    target = np.where(used, y, 0.0)
    mean = np.where(there, target.sum(axis=1) / n, np.nan)
    residuals = np.where(used, y - mean[:, None], np.nan)
    ssr = (np.where(used, residuals, 0.0) ** 2).sum(axis=1)
    ssr = np.where(ssr <= PERFECT * (target**2).sum(axis=1), 0.0, ssr)
    return LeastSquares(
        coefficients=mean[:, None],
        residuals=residuals,
        sigma=np.sqrt(np.where(n_obs > 1, ssr / np.maximum(n_obs - 1, 1), np.nan)),
        dof=n_obs - 1,
        n_obs=n_obs,
        r_squared=np.where(ssr > 0, 0.0, np.nan),
        spread=np.where(there, 1.0 / np.sqrt(n), np.nan)[:, None, None],
        collinear=np.where(there, -1, 0),
    )


def condition_numbers(y: Floats, x: Floats) -> Floats:
    """Return the ratio of the largest to the smallest singular value of each event's complete rows, shape (E,).

    Parameters
    ----------
    y : ndarray of shape (E, M)
        Left side, NaN where missing.
    x : ndarray of shape (E, M, K)
        Regressors, the constant included, NaN where missing.

    Examples
    --------
    >>> condition_numbers(np.ones((1, 3)), np.eye(3)[None] * [1.0, 2.0, 4.0]).tolist()
    [4.0]
    """
    used = np.isfinite(y) & np.isfinite(x).all(axis=2)
    values = np.linalg.svd(np.where(used[..., None], x, 0.0), compute_uv=False)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(values[:, 0] / values[:, -1])


def _padded_qr(design: Floats) -> tuple[Floats, Floats]:
    """Return Q (E, M, K) and R (E, K, K), with rows of zeros added where an event has fewer rows than columns."""
    short = design.shape[2] - design.shape[1]
    if short > 0:
        design = np.concatenate([design, np.zeros((len(design), short, design.shape[2]))], axis=1)
    orthogonal, triangle = np.linalg.qr(design)
    return (orthogonal[:, :-short] if short > 0 else orthogonal), triangle


def first_collinear(design: Floats, triangle: Floats) -> Ints:
    """Return, for each design, the first column that is zero or a combination of those before it, else -1.

    Parameters
    ----------
    design : ndarray of shape (E, M, K)
        Without missing values.
    triangle : ndarray of shape (E, K, K)
        Its R.
    """
    norms = np.sqrt((design**2).sum(axis=1))
    left = np.abs(np.diagonal(triangle, axis1=1, axis2=2))
    dependent = left <= COLLINEAR * norms
    return np.where(dependent.any(axis=1), dependent.argmax(axis=1), -1)


def _r_squared(target: Floats, used: np.typing.NDArray[np.bool_], n_obs: Ints, ssr: Floats) -> Floats:
    mean = target.sum(axis=1) / np.maximum(n_obs, 1)
    sst = (np.where(used, target - mean[:, None], 0.0) ** 2).sum(axis=1)
    varies = sst > PERFECT * (target**2).sum(axis=1)
    return np.where(varies, 1.0 - ssr / np.where(varies, sst, 1.0), np.nan)
