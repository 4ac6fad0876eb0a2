"""Shared designs from one array a date, for tests of the factorisation."""

from __future__ import annotations

import numpy as np

from eventstudy.returns.shared import SharedDesigns, factorise


def factorised(x: np.ndarray, ahead: np.ndarray) -> SharedDesigns:
    """Return the designs of D dates that have no session in common: x (D, M, K), ahead (D, L, K)."""
    dates, sessions, count = x.shape
    series = np.moveaxis(x, 2, 0).reshape(count, dates * sessions)
    return factorise(series, np.arange(dates) * sessions, sessions, ahead)
