"""The right side of a linear model, factorised once for each date and shared by all events of that date.

Where no return and no regressor is missing, the design of an event depends on its exchange and its day 0 alone. Its
orthonormal basis ``Q = X R^-1`` then turns least squares into K inner products and one residual pass: ``c = Q'y``,
``e = y - Q c``, ``b = R^-1 c`` (`eventstudy.returns.by_date`). R is kept by date, and Q is made of the regressors when
it is used: they are read from the cache, a table of bases from memory. The residual variance still comes from the
residuals themselves.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from eventstudy._typing import Bools, Floats, Ints
from eventstudy.execution import blocks, pieces
from eventstudy.returns import paths
from eventstudy.returns.remade import Fits, Remade
from eventstudy.returns.shared_fit import SharedFit

__all__ = ["Dated", "SharedDesigns", "factorise", "forecast_errors", "remade"]

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
    first_ahead : ndarray of shape (D,)
        Where in them the L sessions of its event window begin; -1 where they are not all there.
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
    leverage : ndarray of shape (D, L)
        Its squares, summed over K.
    usable : ndarray of shape (D,)
        Whether the estimation design is complete and its columns are well apart.
    constant : bool
        Whether the first column is a constant.
    excess : bool
        Whether what is explained are returns in excess of the riskless one.
    riskless : ndarray of shape (T,)
        Riskless returns by session; zeros where they don't enter.
    riskless_ahead : ndarray of shape (D, L)
        The same over the event windows.
    """

    series: Floats
    first: Ints
    first_ahead: Ints
    sessions: int
    mean: Floats
    inverse: Floats
    ahead: Floats
    spread: Floats
    leverage: Floats
    usable: Bools
    constant: bool
    excess: bool
    riskless: Floats
    riskless_ahead: Floats

    @property
    def slopes(self) -> int:
        """How many numbers `Fits.slopes` holds of an event: regressors, at least one, and the riskless return."""
        return max(len(self.series) - int(self.constant), 1) + int(self.excess)

    def forecast(self, date: Ints, coefficients: Floats) -> Floats:
        """Return expected returns, shape (E, L), of events of these dates with coefficients of shape (E, K)."""
        expected = np.empty((len(date), self.ahead.shape[1]))
        for rows in pieces(len(date)):
            np.einsum("elk,ek->el", self.ahead[date[rows]], coefficients[rows], out=expected[rows])
        if self.excess:
            expected += self.riskless_ahead[date]
        return expected

    def explained(self, values: Floats, at: Ints, date: Ints) -> Floats:
        """Return the estimation returns that the model explains, shape (E, M), in an array of their own."""
        returns = sliding_window_view(values, self.sessions)[at]
        if self.excess:
            returns -= sliding_window_view(self.riskless, self.sessions)[self.first[date]]
        return returns


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


def factorise(
    series: Floats,
    first: Ints,
    first_ahead: Ints,
    sessions: int,
    ahead: Floats,
    riskless: tuple[Floats, Floats] | None = None,
) -> SharedDesigns:
    """Factorise the designs of D dates.

    Parameters
    ----------
    series : ndarray of shape (K, T)
        The columns of the design by session, NaN where a regressor is missing.
    first : ndarray of shape (D,)
        Where the estimation window of each date begins, -1 where it is not all in the series.
    first_ahead : ndarray of shape (D,)
        The same of its event window.
    sessions : int
        M.
    ahead : ndarray of shape (D, L, K)
        The design of the event window; a missing regressor leaves NaN in `SharedDesigns.spread`.
    riskless : (ndarray of shape (T,), ndarray of shape (D, L)), optional
        Riskless returns by session and over the event windows, where the model explains what exceeds them.
    """
    count, dates = len(series), len(first)
    inverse, mean = np.tile(np.eye(count), (dates, 1, 1)), np.zeros((dates, count))
    usable: Bools = np.zeros(dates, dtype=bool)
    constant, series = bool((series[0] == series[0, :1]).all()), np.ascontiguousarray(series)
    if count <= sessions <= series.shape[1]:
        triangle, length, means = _triangles(series, first, sessions)
        apart = np.abs(np.diagonal(triangle, axis1=1, axis2=2))
        # Where a regressor is missing, nothing is larger.
        usable = np.asarray((apart > WELL_APART * length).all(axis=1))
        inverse[usable] = _inverse(triangle[usable])
        if constant:
            mean[usable, 1:] = means[usable, 1:]
        if riskless is not None:
            whole = np.isfinite(sliding_window_view(riskless[0], sessions)[np.maximum(first, 0)]).all(axis=1)
            usable &= np.asarray(whole)
    spread = ahead @ inverse
    return SharedDesigns(
        series=series,
        first=np.maximum(first, 0),
        first_ahead=first_ahead,
        sessions=sessions,
        mean=mean,
        inverse=inverse,
        ahead=ahead,
        spread=spread,
        leverage=np.einsum("dlk,dlk->dl", spread, spread),
        usable=usable,
        constant=constant,
        excess=riskless is not None,
        riskless=np.zeros(series.shape[1]) if riskless is None else riskless[0],
        riskless_ahead=np.zeros(ahead.shape[:2]) if riskless is None else riskless[1],
    )


def _inverse(triangle: Floats) -> Floats:
    """Return the inverse of each upper triangle, a column at a time over all of them."""
    inverse = np.zeros(triangle.shape)
    for k in range(triangle.shape[1]):
        inverse[:, k, k] = 1.0 / triangle[:, k, k]
        for j in range(k - 1, -1, -1):
            beside = np.einsum("dm,dm->d", triangle[:, j, j + 1 : k + 1], inverse[:, j + 1 : k + 1, k])
            inverse[:, j, k] = -beside * inverse[:, j, j]
    return inverse


def _triangles(series: Floats, first: Ints, sessions: int) -> tuple[Floats, Floats, Floats]:
    """Return R of ``X = Q R`` (D, K, K), NaN where X has gaps; the lengths of the columns and their means (D, K)."""
    if paths.compiled():
        from eventstudy.returns.compiled import triangles

        return triangles(series, first, sessions)
    windows = sliding_window_view(series, sessions, axis=1)
    parts: list[tuple[Floats, Floats, Floats]] = []
    for chunk in blocks(len(first)) or [first]:
        x = windows[:, np.maximum(first[chunk], 0)]
        squares, mean = np.einsum("kdm,kdm->dk", x, x), x.mean(axis=2).T
        gaps = (first[chunk] < 0) | ~np.isfinite(squares).all(axis=1)
        if gaps.any():
            x[:, gaps] = 0.0
        triangle = np.asarray(np.linalg.qr(np.moveaxis(x, 0, 2), mode="r"))
        triangle[gaps] = np.nan
        parts.append((triangle, np.sqrt(squares), mean))
    triangle, length, mean = (np.concatenate([part[place] for part in parts]) for place in range(3))
    return triangle, length, mean


def forecast_errors(values: Floats, at: Ints, designs: SharedDesigns, date: Ints, fit: SharedFit) -> Floats:
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
    fit : SharedFit
        What was estimated.

    Returns
    -------
    ndarray of shape (E, L)
        NaN where a return or a regressor is missing.
    """
    days, first = designs.ahead.shape[1], designs.first_ahead
    if isinstance(fit.residuals, Remade) and (first[date] >= 0).all():
        # What is made over the estimation window is made over the event window alike.
        return fit.residuals.elsewhere(at, first, days).rows()
    expected = designs.forecast(date, fit.coefficients)
    return np.asarray(sliding_window_view(values, days)[at] - expected)


def remade(values: Floats, designs: SharedDesigns, date: Ints, fits: Fits) -> Remade:
    """Return how to make the residuals of events that have been fitted; the arguments are those of `fit_by_date`."""
    begin, sessions = int(designs.constant), designs.series.shape[1]
    # Regressors, or zeros where there are none; and the riskless return, which is taken out whole.
    known = [designs.series[begin:], np.zeros((int(len(designs.series) == begin), sessions))]
    columns = np.concatenate([*known, designs.riskless[None][: int(designs.excess)]])
    mean = np.zeros((len(designs.mean), len(columns)))
    mean[:, : len(designs.series) - begin] = designs.mean[:, begin:]
    # Loops are compiled for arrays that may be written to and again for those that may not.
    values = values.view()
    values.setflags(write=False)
    return Remade(
        values=values,
        at=fits.at,
        columns=columns,
        first=designs.first,
        mean=mean,
        date=date,
        level=fits.level,
        slopes=fits.slopes,
        mean_residual=fits.mean_residual,
        scale=fits.scale,
        positive=fits.positive,
        n_obs=fits.n_obs,
        total=np.empty(0),
        lacking=np.empty(0),
        sessions=designs.sessions,
    )
