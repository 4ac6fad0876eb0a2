"""Shared designs from one array a date, for tests of the factorisation."""

from __future__ import annotations

import numpy as np

from eventstudy.returns.by_date import fit_by_date
from eventstudy.returns.shared import SharedDesigns, factorise
from eventstudy.returns.shared_fit import SharedFit


def factorised(x: np.ndarray, ahead: np.ndarray) -> SharedDesigns:
    """Return the designs of D dates that have no session in common: x (D, M, K), ahead (D, L, K)."""
    dates, sessions, count = x.shape
    series = np.moveaxis(x, 2, 0).reshape(count, dates * sessions)
    return factorise(series, np.arange(dates) * sessions, np.full(dates, -1), sessions, ahead)


def fit_shared(y: np.ndarray, designs: SharedDesigns, date: np.ndarray) -> SharedFit:
    """Fit events whose returns are the rows of an array."""
    events, sessions = y.shape
    return fit_by_date(np.ascontiguousarray(y).ravel(), np.arange(events) * sessions, designs, date)
