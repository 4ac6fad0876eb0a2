"""The right side of a linear model, factorised once for each date and shared by all events of that date.

Where no return and no regressor is missing, the design of an event depends on its exchange and its day 0 alone. Its
orthonormal basis Q then turns least squares into K inner products and one residual pass: ``c = Q'y``, ``e = y - Q c``,
``b = R^-1 c``. The residual variance still comes from the residuals themselves.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields

import numpy as np

from eventstudy._typing import Bools, Floats, Ints
from eventstudy.returns import paths
from eventstudy.returns.linear import PERFECT, LeastSquares, first_collinear

__all__ = ["Dated", "SharedDesigns", "factorise", "fit_dated", "fit_shared", "project"]


@dataclass(frozen=True, slots=True, eq=False)
class SharedDesigns:
    """Designs of D dates with K columns, over M estimation sessions and L event sessions.

    Parameters
    ----------
    basis : ndarray of shape (D, K, M)
        Orthonormal columns Q of the estimation design, one a row.
    inverse : ndarray of shape (D, K, K)
        ``R^-1``.
    spread : ndarray of shape (D, L, K)
        ``X* R^-1``: forecasts are ``spread c``, and their parameter error ``s^2 spread spread'``.
    usable : ndarray of shape (D,)
        Whether the estimation design is complete and of full rank; the rest is NaN where it is not.
    constant : bool
        Whether the first column is a constant, so that the other columns' inner products are what is explained.
    """

    basis: Floats
    inverse: Floats
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

    def of(self, rows: Ints) -> Dated:
        """Return the same for some events."""
        return Dated(self.designs, self.date[rows])


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
        spread=x_forecast @ inverse,
        usable=usable,
        constant=bool(usable.any() and (np.ptp(x[usable][..., 0], axis=1) == 0).all()),
    )


def fit_shared(y: Floats, designs: SharedDesigns, date: Ints) -> LeastSquares:
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
    scores, residuals, ssr = project(y, designs.basis, date)
    events, sessions = y.shape
    count = scores.shape[1]
    explained = (scores**2).sum(axis=1)
    ssr = np.where(ssr <= PERFECT * (explained + ssr), 0.0, ssr)
    dof = np.full(events, sessions - count, dtype=np.int64)
    variance = np.where(dof > 0, ssr / np.maximum(dof, 1), np.nan)
    return LeastSquares(
        coefficients=np.matmul(designs.inverse[date], scores[:, :, None])[:, :, 0],
        residuals=residuals,
        sigma=np.sqrt(variance),
        dof=dof,
        n_obs=np.full(events, sessions, dtype=np.int64),
        r_squared=_r_squared(y, scores, ssr, constant=designs.constant),
        spread=designs.spread[date],
        collinear=np.full(events, -1, dtype=np.int64),
    )


def fit_dated(y: Floats, dated: Dated | None, general: Callable[[Bools], LeastSquares]) -> LeastSquares:
    """Fit events with their date's design where that is possible, and the others one by one.

    Parameters
    ----------
    y : ndarray of shape (E, M)
        Left side, NaN where missing.
    dated : Dated, optional
        None where events do not share designs.
    general : callable
        Fits the events of a mask of shape (E,), missing values and all.
    """
    if dated is None:
        return general(np.ones(len(y), dtype=bool))
    whole = dated.designs.usable[dated.date] & np.isfinite(y).all(axis=1)
    if whole.all():
        return fit_shared(y, dated.designs, dated.date)
    if not whole.any():
        return general(~whole)
    some, others = fit_shared(y[whole], dated.designs, dated.date[whole]), general(~whole)
    joined = {}
    for each in fields(LeastSquares):
        mine, theirs = getattr(some, each.name), getattr(others, each.name)
        joined[each.name] = np.empty((len(y), *mine.shape[1:]), dtype=mine.dtype)
        joined[each.name][whole], joined[each.name][~whole] = mine, theirs
    return LeastSquares(**joined)


def project(y: Floats, basis: Floats, date: Ints) -> tuple[Floats, Floats, Floats]:
    """Project each event's returns on the basis of its date.

    Parameters
    ----------
    y : ndarray of shape (E, M)
        Returns, complete.
    basis : ndarray of shape (D, K, M)
        Orthonormal rows of each date.
    date : ndarray of shape (E,)
        Which date is each event's.

    Returns
    -------
    scores : ndarray of shape (E, K)
        ``Q'y``.
    residuals : ndarray of shape (E, M)
        ``y - Q Q'y``.
    ssr : ndarray of shape (E,)
        Their sum of squares.
    """
    if paths.compiled():
        from eventstudy.returns import compiled

        return compiled.project(y, basis, date)
    own = basis[date]
    scores = np.matmul(own, y[:, :, None])
    residuals = np.matmul(np.swapaxes(scores, 1, 2), own)[:, 0]
    np.subtract(y, residuals, out=residuals)
    return scores[:, :, 0], residuals, np.einsum("em,em->e", residuals, residuals)


def _r_squared(y: Floats, scores: Floats, ssr: Floats, *, constant: bool) -> Floats:
    if constant:
        sst = (scores[:, 1:] ** 2).sum(axis=1) + ssr
    else:
        sst = ((y - y.mean(axis=1, keepdims=True)) ** 2).sum(axis=1)
    varies = sst > PERFECT * ((scores**2).sum(axis=1) + ssr)
    return np.where(varies, 1.0 - ssr / np.where(varies, sst, 1.0), np.nan)
