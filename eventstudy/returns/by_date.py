"""Least squares by the designs of dates, for events with and without gaps, on either path."""

from __future__ import annotations

import numpy as np

from eventstudy._typing import Floats, Ints
from eventstudy.returns import paths
from eventstudy.returns.covariance import Turned
from eventstudy.returns.gaps import KEPT, fit_gaps
from eventstudy.returns.linear import PERFECT
from eventstudy.returns.remade import Fits
from eventstudy.returns.shared import SharedDesigns, fit_stretches, remade
from eventstudy.returns.shared_fit import SharedFit

__all__ = ["fit_by_date"]


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
    if paths.compiled():
        return _in_one_loop(values, at, designs, date)
    fit = fit_stretches(values, at, designs, date)
    gapped = np.flatnonzero(np.isnan(fit.sigma))
    return fit.with_others(gapped, fit_gaps(values, at[gapped], designs, date[gapped])) if len(gapped) else fit


def _in_one_loop(values: Floats, at: Ints, designs: SharedDesigns, date: Ints) -> SharedFit:
    """Return the same with residuals that are made again where they are read."""
    from eventstudy.returns.compiled_fit import Found, fit

    events, count = len(at), len(designs.series)
    fits = Fits.none(events, designs.slopes)
    fits.slopes[:, designs.slopes - designs.excess :] = 1.0
    total, lacking = np.zeros((2, designs.sessions))
    made = remade(values, at, designs, date, fits)._replace(total=total, lacking=lacking)
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
