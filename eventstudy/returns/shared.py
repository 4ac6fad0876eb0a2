"""The right side of a linear model, factorised once for each date and shared by all events of that date.

Where no return and no regressor is missing, the design of an event depends on its exchange and its day 0 alone. Its
orthonormal basis Q then turns least squares into K inner products and one residual pass: ``c = Q'y``, ``e = y - Q c``,
``b = R^-1 c``. The residual variance still comes from the residuals themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from eventstudy._typing import Bools, Floats, Ints
from eventstudy.returns import paths
from eventstudy.returns.linear import PERFECT, first_collinear

__all__ = ["Dated", "SharedDesigns", "SharedFit", "factorise", "fit_shared", "fit_stretches", "forecast_errors"]


@dataclass(frozen=True, slots=True, eq=False)
class SharedDesigns:
    """Designs of D dates with K columns, over M estimation sessions and L event sessions.

    Parameters
    ----------
    basis : ndarray of shape (D, K, M)
        Orthonormal columns Q of the estimation design, one a row.
    inverse : ndarray of shape (D, K, K)
        ``R^-1``.
    ahead : ndarray of shape (D, L, K)
        The design X* of the event window: forecasts are ``X* b``.
    spread : ndarray of shape (D, L, K)
        ``X* R^-1``: the parameter error of the forecasts is ``s^2 spread spread'``.
    usable : ndarray of shape (D,)
        Whether the estimation design is complete and of full rank; the rest is NaN where it is not.
    constant : bool
        Whether the first column is a constant, so that the other columns' inner products are what is explained.
    """

    basis: Floats
    inverse: Floats
    ahead: Floats
    spread: Floats
    usable: Bools
    constant: bool

    @classmethod
    def joined(cls, parts: Sequence[SharedDesigns]) -> SharedDesigns:
        """Return designs of some dates each as those of all."""
        return cls(
            basis=np.concatenate([part.basis for part in parts]),
            inverse=np.concatenate([part.inverse for part in parts]),
            ahead=np.concatenate([part.ahead for part in parts]),
            spread=np.concatenate([part.spread for part in parts]),
            usable=np.concatenate([part.usable for part in parts]),
            # A part without a usable date does not know.
            constant=all(part.constant or not part.usable.any() for part in parts),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Dated:
    """Which of the shared designs each event has.

    Parameters
    ----------
    designs : SharedDesigns
        Of D dates.
    date : ndarray of shape (E,)
        The date of each event among them.
    """

    designs: SharedDesigns
    date: Ints


@dataclass(frozen=True, slots=True, eq=False)
class SharedFit:
    """Least-squares fits of E events without a missing value; the fields are those of `LeastSquares`.

    Parameters
    ----------
    coefficients : ndarray of shape (E, K)
        ``b = R^-1 c``.
    residuals : ndarray of shape (E, M)
        Decimals per session.
    mean_residual : ndarray of shape (E,)
        Their means.
    sigma, r_squared : ndarray of shape (E,)
        NaN where a return is missing after all.
    dof, n_obs, collinear : ndarray of shape (E,)
        M - K, M, -1.
    """

    coefficients: Floats
    residuals: Floats
    mean_residual: Floats
    sigma: Floats
    r_squared: Floats
    dof: Ints
    n_obs: Ints
    collinear: Ints


def factorise(x: Floats, x_forecast: Floats) -> SharedDesigns:
    """Factorise the designs of D dates.

    Parameters
    ----------
    x : ndarray of shape (D, M, K)
        Estimation rows, NaN where a regressor is missing.
    x_forecast : ndarray of shape (D, L, K)
        Event rows; a missing regressor leaves NaN in `SharedDesigns.spread`.
    """
    complete = np.isfinite(x).all(axis=(1, 2)) & (x.shape[1] >= x.shape[2])
    safe = np.where(complete[:, None, None], x, 0.0)
    orthogonal, triangle = np.linalg.qr(safe) if x.shape[1] >= x.shape[2] else (safe, safe[:, : x.shape[2]])
    usable = complete & (first_collinear(safe, triangle) < 0)
    solvable = np.where(usable[:, None, None], triangle, np.eye(x.shape[2]))
    inverse: Floats = np.linalg.inv(solvable).astype(np.float64)
    return SharedDesigns(
        basis=np.ascontiguousarray(np.swapaxes(orthogonal, 1, 2)),
        inverse=inverse,
        ahead=x_forecast,
        spread=x_forecast @ inverse,
        usable=usable,
        constant=bool(usable.any() and (x[..., 0] == x[:, :1, 0])[usable].all()),
    )


def fit_shared(y: Floats, designs: SharedDesigns, date: Ints) -> SharedFit:
    """Fit events without a missing value; the result is what `least_squares` gives, to rounding.

    Parameters
    ----------
    y : ndarray of shape (E, M)
        Left side, complete.
    designs : SharedDesigns
        Factorised dates.
    date : ndarray of shape (E,)
        Which of them is each event's; only usable ones.
    """
    events, sessions = y.shape
    return fit_stretches(np.ascontiguousarray(y).ravel(), np.arange(events) * sessions, designs, date)


def fit_stretches(values: Floats, at: Ints, designs: SharedDesigns, date: Ints) -> SharedFit:
    """Fit events whose returns lie one after another in a flat vector.

    Parameters
    ----------
    values : ndarray of shape (n,)
        Returns.
    at : ndarray of shape (E,)
        Where the M returns of each event begin.
    designs : SharedDesigns
        Factorised dates.
    date : ndarray of shape (E,)
        Which of them is each event's; only usable ones.
    """
    scores, residuals, mean, ssr = _project(values, at, designs, date)
    events, sessions = residuals.shape
    count = scores.shape[1]
    explained = np.einsum("ek,ek->e", scores, scores)
    ssr = np.where(ssr <= PERFECT * (explained + ssr), 0.0, ssr)
    if designs.constant:
        sst = np.einsum("ek,ek->e", scores[:, 1:], scores[:, 1:]) + ssr
    else:
        y = sliding_window_view(values, sessions)[at]
        sst = ((y - y.mean(axis=1, keepdims=True)) ** 2).sum(axis=1)
    varies = sst > PERFECT * (explained + ssr)
    freedom = sessions - count
    return SharedFit(
        coefficients=np.einsum("ekj,ej->ek", designs.inverse[date], scores),
        residuals=residuals,
        mean_residual=mean,
        sigma=np.sqrt(ssr / freedom) if freedom > 0 else np.full(events, np.nan),
        r_squared=np.where(varies, 1.0 - ssr / np.where(varies, sst, 1.0), np.nan),
        dof=np.full(events, freedom),
        n_obs=np.full(events, sessions),
        collinear=np.full(events, -1),
    )


def forecast_errors(values: Floats, at: Ints, designs: SharedDesigns, date: Ints, coefficients: Floats) -> Floats:
    """Return the returns of the event window less ``X* b``.

    Parameters
    ----------
    values : ndarray of shape (n,)
        Returns.
    at : ndarray of shape (E,)
        Where the L returns of each event's window begin.
    designs : SharedDesigns
        Factorised dates.
    date : ndarray of shape (E,)
        Which of them is each event's.
    coefficients : ndarray of shape (E, K)
        b.

    Returns
    -------
    ndarray of shape (E, L)
        NaN where a return or a regressor is missing.
    """
    if paths.compiled():
        from eventstudy.returns import compiled

        return compiled.forecast_errors(values, at, designs.ahead, date, coefficients)
    expected = np.einsum("elk,ek->el", designs.ahead[date], coefficients)
    return np.asarray(sliding_window_view(values, expected.shape[1])[at] - expected)


def _project(values: Floats, at: Ints, designs: SharedDesigns, date: Ints) -> tuple[Floats, Floats, Floats, Floats]:
    """Return scores ``Q'y`` (E, K), residuals ``y - Q Q'y`` (E, M), their means and sums of squares (E,)."""
    if paths.compiled():
        from eventstudy.returns import compiled

        return compiled.project(values, at, designs.basis, date, designs.constant)
    basis = designs.basis
    residuals = sliding_window_view(values, basis.shape[2])[at]
    scores = np.empty((len(at), basis.shape[1]))
    if designs.constant:
        level = basis[date, 0, 0]
        scores[:, 0] = np.einsum("em->e", residuals) * level
        residuals -= (scores[:, 0] * level)[:, None]
    # The columns are orthonormal, so what is left after one has the same product with the next.
    for k in range(int(designs.constant), basis.shape[1]):
        column = basis[date, k]
        np.einsum("em,em->e", column, residuals, out=scores[:, k])
        np.multiply(column, scores[:, k : k + 1], out=column)
        residuals -= column
    mean: Floats = np.einsum("em->e", residuals) / residuals.shape[1]
    return scores, residuals, mean, np.einsum("em,em->e", residuals, residuals)
