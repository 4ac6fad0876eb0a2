"""Fits of events by the designs of their dates."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from eventstudy._typing import Bools, Floats, Ints
from eventstudy.returns.accumulators import take
from eventstudy.returns.covariance import Turned
from eventstudy.returns.remade import Remade
from eventstudy.returns.rows import Filled

__all__ = ["SharedFit"]


@dataclass(frozen=True, slots=True, eq=False)
class SharedFit:
    """Least-squares fits of E events by the designs of their dates; the fields are those of `LeastSquares`.

    Parameters
    ----------
    coefficients : ndarray of shape (E, K)
        ``b = R^-1 c``, c turned where returns are missing.
    residuals : Filled or Remade
        Decimals per session.
    mean_residual : ndarray of shape (E,)
        Their means.
    sigma, r_squared : ndarray of shape (E,)
        NaN where too many returns are missing, or one is infinite.
    dof, n_obs, collinear : ndarray of shape (E,)
        n - K, n, -1, n the returns there are.
    turned : Turned, optional
        Events that lack returns, and what turns the spread of their design into theirs (`eventstudy.returns.gaps`).
    """

    coefficients: Floats
    residuals: Filled | Remade
    mean_residual: Floats
    sigma: Floats
    r_squared: Floats
    dof: Ints
    n_obs: Ints
    collinear: Ints
    turned: Turned | None = None

    def estimated(self, there: Bools) -> SharedFit:
        """Return the fits of the events that have one."""
        found = take(self, there)
        if isinstance(self.residuals, Remade):
            # Unlike other events that are taken, these keep their sums.
            found = replace(found, residuals=self.residuals.estimated(there))
        return found

    def without(self, rows: Ints) -> SharedFit:
        """Return the same with events whose fits are not to be used."""
        for array in (self.coefficients, self.sigma, self.mean_residual):
            array[rows] = np.nan
        return replace(self, residuals=self.residuals.without(rows))
