"""Least squares by the designs of dates, for events with and without gaps, on either path."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from eventstudy._typing import Floats, Ints
from eventstudy.returns import paths
from eventstudy.returns.covariance import Turned
from eventstudy.returns.gaps import KEPT, turned_by
from eventstudy.returns.linear import PERFECT
from eventstudy.returns.remade import Fits
from eventstudy.returns.rows import Filled, fill_in_place
from eventstudy.returns.shared import SharedDesigns, remade
from eventstudy.returns.shared_fit import SharedFit

__all__ = ["fit_by_date", "residuals_by_date"]


def fit_by_date(values: Floats, at: Ints, designs: SharedDesigns, date: Ints) -> SharedFit:
    """Fit events over the returns that they have; the result is what `least_squares` gives, to rounding.

    Parameters
    ----------
    values : ndarray of shape (n,)
        Returns; those of an event lie one after another, NaN where missing.
    at : ndarray of shape (E,)
        Where the M returns of each event begin.
    designs : SharedDesigns
        Factorised dates.
    date : ndarray of shape (E,)
        Which of them is each event's; only usable ones.

    Returns
    -------
    SharedFit
        NaN where too much is missing for this way, or any return is infinite.
    """
    return (_in_one_loop if paths.compiled() else _in_rows)(values, at, designs, date)


def _in_rows(values: Floats, at: Ints, designs: SharedDesigns, date: Ints) -> SharedFit:
    """Return fits with residuals as rows; what is missing is zero, and adds nothing."""
    inverse, begin, (events, count) = designs.inverse[date], int(designs.constant), (len(at), len(designs.series))
    there = fill_in_place(designs.explained(values, at, date))
    mean, there = there.centre_in_place() if designs.constant else (there.mean, there)
    y, event, n_obs = there.values, there.event, there.n_obs
    columns = _columns(designs, date)
    cross = np.reshape([np.einsum("em,em->e", column, y) for column in columns], (count - begin, events))
    scores = np.zeros((events, count))
    scores[:, begin:] = _times(cross.T, inverse[:, begin:, begin:])
    explained = np.einsum("ek,ek->e", scores, scores)
    turned = _turned(designs, columns, inverse, there) if len(event) else None
    if turned is not None:
        gapped, by = turned
        half = _times(scores[gapped], by)
        explained[gapped], scores[gapped] = np.einsum("ek,ek->e", half, half), _times(half, np.swapaxes(by, 1, 2))
    coefficients = _times(scores, np.swapaxes(inverse, 1, 2))
    around = explained if designs.constant else there.centred()[1].squares
    _take(there, columns, coefficients[:, begin:], centred=designs.constant)
    if designs.constant:
        coefficients[:, 0] += mean / designs.series[0, 0]
    total, ssr = np.einsum("em->e", y), np.einsum("em,em->e", y, y)
    # Too much is missing, or a return is infinite.
    ssr[~np.isfinite(explained)] = np.nan
    residuals = there._replace(total=total, known_squares=ssr)
    squares = explained + begin * n_obs * mean**2 + ssr
    ssr = np.where(ssr <= PERFECT * squares, 0.0, ssr)
    around = around + begin * ssr
    freedom = n_obs - count if len(event) else np.broadcast_to(np.int64(designs.sessions - count), events)
    varies = around > PERFECT * squares
    return SharedFit(
        coefficients=coefficients,
        residuals=residuals,
        mean_residual=residuals.mean,
        sigma=np.sqrt(np.where(freedom > 0, ssr / np.maximum(freedom, 1), np.nan)),
        r_squared=np.where(varies, 1.0 - ssr / np.where(varies, around, 1.0), np.nan),
        dof=freedom,
        n_obs=n_obs,
        collinear=np.broadcast_to(np.int64(-1), events),
        turned=turned,
    )


def residuals_by_date(values: Floats, at: Ints, designs: SharedDesigns, date: Ints, coefficients: Floats) -> Filled:
    """Return the residuals of events that have been fitted, without another fit; the arguments are those of that."""
    begin = int(designs.constant)
    there = fill_in_place(designs.explained(values, at, date))
    if designs.constant:
        _, there = there.centre_in_place()
    _take(there, _columns(designs, date), coefficients[:, begin:], centred=designs.constant)
    return there._replace(total=np.einsum("em->e", there.values))


def _take(there: Filled, columns: list[Floats], slopes: Floats, *, centred: bool) -> None:
    """Take from returns, in place, the multiples of columns, which are written into; and what a constant takes."""
    y, event, session = there.values, there.event, there.session
    for column, slope in zip(columns, slopes.T, strict=True):
        y -= np.multiply(column, slope[:, None], out=column)
    y[event, session] = 0.0
    if centred and len(event):
        # Columns have mean zero over all sessions, and another over those that are there.
        gapped = np.unique(event)
        y[gapped] -= (np.einsum("em->e", y[gapped]) / np.maximum(there.n_obs[gapped], 1))[:, None]
        y[event, session] = 0.0


def _columns(designs: SharedDesigns, date: Ints) -> list[Floats]:
    """Return the columns of the designs of events but for a constant, less what is taken from each."""
    begin, first = int(designs.constant), designs.first[date]
    windows = sliding_window_view(designs.series, designs.sessions, axis=1)
    columns = [windows[k][first] for k in range(begin, len(windows))]
    for k, column in enumerate(columns, start=begin):
        np.subtract(column, designs.mean[date, k, None], out=column)
    return columns


def _turned(designs: SharedDesigns, columns: list[Floats], inverse: Floats, there: Filled) -> Turned:
    """Return the events that lack returns, and what turns their designs."""
    event, begin, count = there.event, int(designs.constant), len(designs.series)
    basis = np.zeros((len(event), count))
    basis[:, 0] = begin * designs.series[0, 0] * inverse[event, 0, 0]
    beside = np.reshape([column[event, there.session] for column in columns], (count - begin, len(event)))
    basis[:, begin:] = _times(beside.T, inverse[event, begin:, begin:])
    return turned_by(basis, event)


def _times(rows: Floats, matrices: Floats) -> Floats:
    """Return the product of each row with its matrix."""
    return np.asarray((rows[:, None, :] @ matrices)[:, 0])


def _in_one_loop(values: Floats, at: Ints, designs: SharedDesigns, date: Ints) -> SharedFit:
    """Return the same with residuals that are made again where they are read."""
    from eventstudy.returns.compiled_fit import Found, fit

    events, count = len(at), len(designs.series)
    fits = Fits.none(at, designs.slopes)
    fits.slopes[:, designs.slopes - designs.excess :] = 1.0
    total, lacking = np.zeros((2, designs.sessions))
    made = remade(values, designs, date, fits)._replace(total=total, lacking=lacking)
    found = Found(
        coefficients=np.empty((events, count)),
        sigma=np.empty(events),
        r_squared=np.empty(events),
        turn=np.empty((events, count, count)),
    )
    constant = designs.series[0, 0] if designs.constant else 0.0
    fit(made, designs.inverse, constant, found, designs.excess, KEPT, PERFECT)
    n_obs, turned = np.broadcast_to(np.int64(designs.sessions), events), None
    dof = np.broadcast_to(np.int64(designs.sessions - count), events)
    if not made.complete:
        n_obs = made.n_obs.astype(np.int64)
        dof, gapped = n_obs - count, np.flatnonzero((n_obs > 0) & (n_obs < designs.sessions))
        turned = Turned(gapped, found.turn[gapped])
    return SharedFit(
        coefficients=found.coefficients,
        residuals=made,
        mean_residual=made.mean_residual,
        sigma=found.sigma,
        r_squared=found.r_squared,
        dof=dof,
        n_obs=n_obs,
        collinear=np.broadcast_to(np.int64(-1), events),
        turned=turned,
    )
