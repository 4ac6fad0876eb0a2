"""A leg's own beta: overnight moves follow the market by another one than those of the session."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from eventstudy._typing import Floats

__all__ = ["LegBeta", "leg_beta"]


@dataclass(frozen=True, slots=True)
class LegBeta:
    """The slope of one leg on the benchmark's.

    Parameters
    ----------
    value : float
        The beta, NaN where there is none.
    n : int
        Ordinary days it was estimated from; 0 where it was given.
    """

    value: float
    n: int


def leg_beta(mine: Floats, theirs: Floats, fewest: int, given: float) -> LegBeta:
    """Return the beta of a leg from ordinary days.

    Parameters
    ----------
    mine, theirs : ndarray of shape (k,)
        Simple moves of stock and benchmark over the same leg of the same days; a day where either is NaN is left out.
    fewest : int
        With fewer days, or a benchmark that never moved, the beta is the given one.
    given : float
        The beta of whole days.

    Notes
    -----
    Least squares with an intercept, ``cov / var``; METHODS 6.2.

    Examples
    --------
    >>> market = np.array([0.01, -0.02, 0.005, 0.0])
    >>> beta = leg_beta(0.001 + 1.5 * market, market, fewest=3, given=1.0)
    >>> round(beta.value, 12), beta.n
    (1.5, 4)
    """
    both = ~np.isnan(mine) & ~np.isnan(theirs)
    n = int(both.sum())
    if n >= max(fewest, 2):
        x = theirs[both] - theirs[both].mean()
        variance = float(x @ x)
        if variance > 0:
            return LegBeta(float(x @ mine[both]) / variance, n)
    return LegBeta(given, 0)
