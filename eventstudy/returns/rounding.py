"""What of an abnormal return is only the rounding of a difference of equal returns."""

from __future__ import annotations

import numpy as np

from eventstudy._typing import Floats

__all__ = ["rounding", "without_rounding"]

# Abnormal returns no larger than this share of sigma.
ROUNDING = 1e-12


def rounding(sigma: Floats) -> Floats:
    """Return what abnormal returns must exceed not to be rounding, shape (E,), for the sigma of each event."""
    return ROUNDING * sigma


def without_rounding(ar: Floats, sigma: Floats) -> Floats:
    """Return abnormal returns with zero for what is only rounding.

    Parameters
    ----------
    ar : ndarray of shape (E, L)
        Decimals per session, NaN where missing; written into.
    sigma : ndarray of shape (E,)
        Standard deviation of a residual; a sample of nothing but zeros must not be tested as if it varied.

    Examples
    --------
    >>> without_rounding(np.array([[0.01, 3e-18, np.nan]]), np.array([0.02])).tolist()
    [[0.01, 0.0, nan]]
    """
    tiny = np.abs(ar) <= rounding(sigma)[:, None]
    if tiny.any():
        ar[tiny] = 0.0
    return ar
