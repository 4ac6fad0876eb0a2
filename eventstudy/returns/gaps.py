"""Least squares by shared designs where an event lacks some of its returns.

The basis ``Q = X R^-1`` of a date is orthonormal over all sessions. Over those that an event has, ``Q'Q = I - G``, G
the products of the rows of Q on the few sessions that it lacks. Then ``b = R^-1 (I - G)^-1 Q'y``, and what is missing
changes one triangle T, ``T T' = (I - G)^-1``: forecasts have the parameter error ``s^2 S T T' S'``, S the spread of the
date's design. Nothing cancels, since ``I - G`` is far from singular; where it is not, events are fitted one by one.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from eventstudy._typing import Floats, Ints
from eventstudy.returns.covariance import Turned
from eventstudy.returns.linear import PERFECT
from eventstudy.returns.rows import filled, settled
from eventstudy.returns.shared import SharedDesigns
from eventstudy.returns.shared_fit import SharedFit

__all__ = ["KEPT", "fit_gaps"]

# Least share of the square of a basis vector that the sessions there are must keep.
KEPT = 0.1


class _Crossed(NamedTuple):
    """What the returns of E events say of their coefficients.

    Parameters
    ----------
    n_obs : ndarray of shape (E,)
        Returns there are.
    mean : ndarray of shape (E,)
        Theirs.
    around : ndarray of shape (E,)
        Sum of their squares about it.
    scores : ndarray of shape (E, K)
        ``Q'y``, y less its mean where there is a constant.
    lost : ndarray of shape (E, K, K)
        G.
    """

    n_obs: Ints
    mean: Floats
    around: Floats
    scores: Floats
    lost: Floats


def fit_gaps(values: Floats, at: Ints, designs: SharedDesigns, date: Ints) -> SharedFit:
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
    returns = _Rows(values, at, designs, date)
    crossed = returns.crossed()
    turn = _turn(np.eye(len(designs.series)) - crossed.lost)
    scores = np.einsum("ejk,ek->ej", turn, np.einsum("elk,el->ek", turn, crossed.scores))
    coefficients = np.einsum("ejk,ek->ej", designs.inverse[date], scores)
    level = np.zeros(len(at))
    if designs.constant:
        constant = designs.series[0, 0]
        level = crossed.mean + scores[:, 0] * constant * designs.inverse[date, 0, 0]
        coefficients[:, 0] += crossed.mean / constant
    residuals, mean_residual, ssr = returns.left(level, coefficients)
    squares = crossed.around + crossed.n_obs * crossed.mean**2
    ssr = np.where(ssr <= PERFECT * squares, 0.0, ssr)
    freedom = crossed.n_obs - len(designs.series)
    varies = crossed.around > PERFECT * squares
    return SharedFit(
        coefficients=coefficients,
        residuals=residuals,
        mean_residual=mean_residual,
        sigma=np.sqrt(np.where(freedom > 0, ssr / np.maximum(freedom, 1), np.nan)),
        r_squared=np.where(varies, 1.0 - ssr / np.where(varies, crossed.around, 1.0), np.nan),
        dof=freedom,
        n_obs=crossed.n_obs,
        collinear=np.broadcast_to(np.int64(-1), len(at)),
        turned=Turned(np.arange(len(at)), turn),
    )


def _turn(kept: Floats) -> Floats:
    """Return upper triangles T, ``T T' = A^-1``, for A of shape (E, K, K); NaN where a diagonal of its factor is small.

    ``A = L L'`` (Cholesky), ``T = L^-T``.
    """
    count = kept.shape[1]
    lower, turn = np.zeros(kept.shape), np.zeros(kept.shape)
    for k in range(count):
        left = kept[:, k:, k] - np.einsum("ejm,em->ej", lower[:, k:, :k], lower[:, k, :k])
        pivot = np.where(left[:, 0] > KEPT, left[:, 0], np.nan)
        lower[:, k:, k] = left / np.sqrt(pivot)[:, None]
    for k in range(count):
        turn[:, k, k] = 1.0 / lower[:, k, k]
        for j in range(k - 1, -1, -1):
            turn[:, j, k] = -np.einsum("em,em->e", turn[:, j, j:k], lower[:, k, j:k]) * turn[:, k, k]
    return turn


class _Rows:
    """The returns of events as rows, which become their residuals."""

    def __init__(self, values: Floats, at: Ints, designs: SharedDesigns, date: Ints) -> None:
        self.rows, self.designs, self.date = designs.explained(values, at, date), designs, date
        begin, first = int(designs.constant), designs.first[date]
        windows = sliding_window_view(designs.series, designs.sessions, axis=1)
        # But for a constant, and less what is taken from each.
        self.columns = {k: windows[k][first] - designs.mean[date, k, None] for k in range(begin, len(windows))}

    def crossed(self) -> _Crossed:
        """Return what they say of the coefficients."""
        designs, inverse = self.designs, self.designs.inverse[self.date]
        there = filled(self.rows)
        (y, event, session, n_obs), (mean, centred) = there, there.centred()
        around = np.einsum("em,em->e", centred, centred)
        scores, rows = np.zeros((len(y), len(designs.series))), np.zeros((len(event), len(designs.series)))
        if designs.constant:
            level = designs.series[0, 0] * inverse[:, 0, 0]
            y, scores[:, 0], rows[:, 0] = centred, np.einsum("em->e", centred) * level, level[event]
        for k, column in self.columns.items():
            # R^-1 is a triangle: a column of the basis is made of those up to it.
            scores[:, k:] += np.einsum("em,em->e", column, y)[:, None] * inverse[:, k, k:]
            rows[:, k:] += column[event, session][:, None] * inverse[event, k, k:]
        lost = np.zeros(inverse.shape)
        np.add.at(lost, event, rows[:, :, None] * rows[:, None, :])
        return _Crossed(n_obs, mean, around, scores, lost)

    def left(self, level: Floats, coefficients: Floats) -> tuple[Floats, Floats, Floats]:
        """Return residuals, NaN where missing; their means and sums of squares, NaN where there is no estimate."""
        self.rows -= level[:, None]
        for k, column in self.columns.items():
            self.rows -= np.multiply(column, coefficients[:, k, None], out=column)
        mean, ssr, n_obs = settled(self.rows)
        return self.rows, mean, np.where(n_obs > 0, ssr, np.nan)
