"""Models without parameters, whose expected returns depend on the date alone: raw and market-adjusted returns.

What they expect is a design of one column whose coefficient is one, known and not estimated: residuals are what it
leaves of the returns, forecasts have no parameter error, and only the dispersion comes from the estimation window.
"""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from eventstudy._typing import Bools, Floats, Ints
from eventstudy.returns import paths
from eventstudy.returns.linear import PERFECT
from eventstudy.returns.remade import Fits, Remade
from eventstudy.returns.rows import Filled, fill_in_place
from eventstudy.returns.shared import SharedDesigns, remade
from eventstudy.returns.shared_fit import SharedFit

__all__ = ["fit_fixed", "known_designs"]


def known_designs(series: Floats, first: Ints, first_ahead: Ints, sessions: int, ahead: Floats) -> SharedDesigns:
    """Return the designs of D dates.

    Parameters
    ----------
    series : ndarray of shape (1, T)
        Expected returns by session, NaN where missing.
    first, first_ahead : ndarray of shape (D,)
        As in `factorise`.
    sessions : int
        M.
    ahead : ndarray of shape (D, L, 1)
        Expected returns of the event window.
    """
    dates, days = ahead.shape[:2]
    usable: Bools = np.zeros(dates, dtype=bool)
    if sessions <= series.shape[1]:
        whole = np.isfinite(sliding_window_view(series[0], sessions)).all(axis=1)
        usable = (first >= 0) & whole[np.maximum(first, 0)]
    return SharedDesigns(
        series=np.ascontiguousarray(series),
        first=np.maximum(first, 0),
        first_ahead=first_ahead,
        sessions=sessions,
        mean=np.zeros((dates, 1)),
        inverse=np.ones((dates, 1, 1)),
        ahead=ahead,
        spread=np.empty((dates, days, 0)),
        leverage=np.zeros((dates, days)),
        usable=usable,
        constant=False,
        excess=False,
        riskless=np.zeros(series.shape[1]),
        riskless_ahead=np.zeros((dates, days)),
    )


def fit_fixed(values: Floats, at: Ints, designs: SharedDesigns, date: Ints, *, centred: bool) -> SharedFit:
    """Take the dispersion of returns less what is expected, over the returns that there are.

    Parameters
    ----------
    values, at, designs, date
        As in `fit_by_date`.
    centred : bool
        Whether ``sigma^2`` is about the mean, with n - 1 degrees of freedom; else it is ``sum e^2 / n``, with n.

    Returns
    -------
    SharedFit
        Sigma is zero where nothing varies about the mean, whatever `centred` says; NaN with fewer than two returns, or
        where any is infinite.
    """
    residuals, mean, ssr, n_obs = (_remade if paths.compiled() else _rows)(values, at, designs, date)
    around = ssr - n_obs * mean**2
    # Where the mean is most of it, the difference has lost digits.
    far = np.flatnonzero(~(around > 0.5 * ssr))
    if len(far):
        y = designs.explained(values, at[far], date[far]) - _expected(designs, date[far])
        around[far] = np.where(np.isnan(y), 0.0, (y - mean[far, None]) ** 2).sum(axis=1)
    varies = (n_obs > 1) & (around > PERFECT * ssr)
    freedom = n_obs - 1 if centred else n_obs
    variance = np.where(varies, (around if centred else ssr) / np.maximum(freedom, 1), 0.0)
    fit = SharedFit(
        coefficients=np.ones((len(at), 1)),
        residuals=residuals,
        mean_residual=mean,
        sigma=np.sqrt(variance),
        r_squared=np.full(len(at), np.nan),
        dof=freedom,
        n_obs=n_obs,
        collinear=np.broadcast_to(np.int64(-1), len(at)),
    )
    return fit.without(np.flatnonzero(n_obs < 2)) if (n_obs < 2).any() else fit


def _expected(designs: SharedDesigns, date: Ints) -> Floats:
    return sliding_window_view(designs.series[0], designs.sessions)[designs.first[date]]


def _rows(values: Floats, at: Ints, designs: SharedDesigns, date: Ints) -> tuple[Filled, Floats, Floats, Ints]:
    """Return residuals, their means and sums of squares, and how many there are, 0 where one is infinite."""
    residuals = designs.explained(values, at, date)
    residuals -= _expected(designs, date)
    there = fill_in_place(residuals)
    mean, ssr, n_obs = there.mean, there.squares, there.n_obs
    finite = np.isfinite(ssr)
    made = there._replace(known_squares=ssr)
    return made, np.where(finite, mean, 0.0), np.where(finite, ssr, 0.0), np.where(finite, n_obs, 0)


def _remade(values: Floats, at: Ints, designs: SharedDesigns, date: Ints) -> tuple[Remade, Floats, Floats, Ints]:
    from eventstudy.returns.compiled import settle_gaps, sum_residuals

    fits = Fits.none(at, 1)
    fits.level[:], fits.slopes[:] = 0.0, 1.0
    total, lacking = np.zeros((2, designs.sessions))
    made = remade(values, designs, date, fits)._replace(total=total, lacking=lacking)
    ssr = settle_gaps(made)
    infinite = ~np.isfinite(ssr)
    if infinite.any():
        # They have left no sum by session. What is summed again is of events that have a return.
        made.n_obs[infinite], ssr[infinite] = 0, 0.0
        none = made.n_obs == 0
        made.level[none], made.mean_residual[none] = np.nan, 0.0
        total, lacking = sum_residuals(made)
        made = made._replace(total=total, lacking=lacking)
    return made, made.mean_residual, ssr, made.n_obs.astype(np.int64)
