"""The right side of a linear model, factorised once for each date and shared by all events of that date.

Where no return and no regressor is missing, the design of an event depends on its exchange and its day 0 alone. Its
orthonormal basis ``Q = X R^-1`` then turns least squares into K inner products and one residual pass: ``c = Q'y``,
``e = y - Q c``, ``b = R^-1 c``. R is kept by date, and Q is made of the regressors when it is used: they are read from
the cache, a table of bases from memory. The residual variance still comes from the residuals themselves.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from eventstudy._typing import Bools, Floats, Ints
from eventstudy.execution import blocks
from eventstudy.returns import paths
from eventstudy.returns.linear import PERFECT

__all__ = ["Dated", "SharedDesigns", "SharedFit", "factorise", "fit_stretches", "forecast_errors"]

# A column that keeps less than this share of its length apart from those before it would leave rounding errors in
# X R^-1; events of such a date are fitted one by one.
WELL_APART = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class SharedDesigns:
    """Designs of D dates with K columns, over M estimation sessions and L event sessions.

    Parameters
    ----------
    series : ndarray of shape (K, T)
        The columns of the design by session, exchange after exchange.
    first : ndarray of shape (D,)
        Where in them the M sessions of each date begin.
    sessions : int
        M.
    mean : ndarray of shape (D, K)
        What is taken from each column before it is used: its mean, where the first column is a constant; else 0.
    inverse : ndarray of shape (D, K, K)
        ``R^-1``.
    ahead : ndarray of shape (D, L, K)
        The design X* of the event window: forecasts are ``X* b``.
    spread : ndarray of shape (D, L, K)
        ``X* R^-1``: the parameter error of the forecasts is ``s^2 spread spread'``.
    usable : ndarray of shape (D,)
        Whether the estimation design is complete and its columns are well apart.
    constant : bool
        Whether the first column is a constant.
    """

    series: Floats
    first: Ints
    sessions: int
    mean: Floats
    inverse: Floats
    ahead: Floats
    spread: Floats
    usable: Bools
    constant: bool


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


def factorise(series: Floats, first: Ints, sessions: int, ahead: Floats) -> SharedDesigns:
    """Factorise the designs of D dates.

    Parameters
    ----------
    series : ndarray of shape (K, T)
        The columns of the design by session, NaN where a regressor is missing.
    first : ndarray of shape (D,)
        Where the estimation window of each date begins, -1 where it is not all in the series.
    sessions : int
        M.
    ahead : ndarray of shape (D, L, K)
        The design of the event window; a missing regressor leaves NaN in `SharedDesigns.spread`.
    """
    count, dates = len(series), len(first)
    inverse, mean = np.tile(np.eye(count), (dates, 1, 1)), np.zeros((dates, count))
    usable = np.zeros(dates, dtype=bool)
    constant = bool((series[0] == series[0, :1]).all())
    if count <= sessions <= series.shape[1]:
        windows = sliding_window_view(series, sessions, axis=1)
        for chunk in blocks(dates):
            x = np.moveaxis(windows[:, first[chunk]], 0, 2)
            complete = (first[chunk] >= 0) & np.isfinite(x).all(axis=(1, 2))
            x = np.where(complete[:, None, None], x, 0.0)
            triangle = np.linalg.qr(x, mode="r")
            apart = np.abs(np.diagonal(triangle, axis1=1, axis2=2))
            good = complete & (apart > WELL_APART * np.sqrt((x**2).sum(axis=1))).all(axis=1)
            inverse[chunk[good]] = np.linalg.inv(triangle[good])
            usable[chunk] = good
            if constant:
                mean[chunk, 1:] = x[..., 1:].mean(axis=1)
    return SharedDesigns(
        series=np.ascontiguousarray(series),
        first=np.maximum(first, 0),
        sessions=sessions,
        mean=mean,
        inverse=inverse,
        ahead=ahead,
        spread=ahead @ inverse,
        usable=usable,
        constant=constant,
    )


def fit_stretches(values: Floats, at: Ints, designs: SharedDesigns, date: Ints) -> SharedFit:
    """Fit events without a missing value; the result is what `least_squares` gives, to rounding.

    Parameters
    ----------
    values : ndarray of shape (n,)
        Returns; those of an event lie one after another.
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
    first = designs.first[date]
    if paths.compiled():
        from eventstudy.returns import compiled

        moments = (designs.mean, designs.inverse)
        return compiled.project(values, at, designs.series, first, designs.sessions, *moments, date, designs.constant)
    residuals = sliding_window_view(values, designs.sessions)[at]
    columns = sliding_window_view(designs.series, designs.sessions, axis=1)
    mean, inverse = designs.mean[date], designs.inverse[date]
    scores = np.empty((len(at), len(columns)))
    begin = int(designs.constant)
    if designs.constant:
        level = designs.series[0, first] * inverse[:, 0, 0]
        scores[:, 0] = np.einsum("em->e", residuals) * level
        residuals -= (scores[:, 0] * level)[:, None]
    apart: list[Floats] = []
    # The basis is orthonormal, so what is left after one column has the same product with the next.
    for k in range(begin, len(columns)):
        column = columns[k][first]
        if designs.constant:
            column -= mean[:, k, None]
        apart.append(column)
        basis, scale = column, inverse[:, k, k]
        if k > begin:
            basis = np.einsum("jem,ej->em", np.array(apart), inverse[:, begin : k + 1, k])
            scale = np.ones(len(at))
        scores[:, k] = np.einsum("em,em->e", basis, residuals) * scale
        residuals -= basis * (scores[:, k] * scale)[:, None]
    means: Floats = np.einsum("em->e", residuals) / designs.sessions
    return scores, residuals, means, np.einsum("em,em->e", residuals, residuals)
