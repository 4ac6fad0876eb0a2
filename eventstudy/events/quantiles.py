"""Quantiles whose break-points were known at the time: nothing of an event's own quarter or of a later one."""

from __future__ import annotations

import numpy as np

from eventstudy._typing import Dates, Floats, Ints
from eventstudy.errors import InputError, UnknownNameError

__all__ = ["BREAKPOINTS", "point_in_time_quantiles"]

BREAKPOINTS = ("previous_quarter", "expanding")


def point_in_time_quantiles(
    values: Floats, date: Dates, count: int = 5, *, breakpoints: str = "previous_quarter", at_least: int = 20
) -> Ints:
    """Return the class of each value among those of earlier calendar quarters.

    Parameters
    ----------
    values : ndarray of shape (E,)
        NaN where unknown.
    date : ndarray of shape (E,)
        Date at which each became known.
    count : int
        Classes of equal size.
    breakpoints : {"previous_quarter", "expanding"}
        Whether break-points come from the calendar quarter before that of the event, or from all before it.
    at_least : int
        Fewest values from which break-points are taken.

    Returns
    -------
    ndarray of shape (E,)
        1 (lowest) to `count`; 0 where the value is unknown or there are too few earlier ones. A value equal to a
        break-point belongs to the class below it.

    Notes
    -----
    Break-points are linear-interpolation quantiles at ``k / count``. Full-sample quantiles would class an event by
    what was reported after it (METHODS 8.7, rule 4).

    Examples
    --------
    >>> values = np.array([1.0, 2, 3, 4, 0.5, 2.5, 9])
    >>> date = np.array(["2024-02-01"] * 4 + ["2024-05-01"] * 3, dtype="datetime64[D]")
    >>> point_in_time_quantiles(values, date, 2, at_least=4).tolist()
    [0, 0, 0, 0, 1, 1, 2]
    """
    if breakpoints not in BREAKPOINTS:
        raise UnknownNameError("kind of break-points", breakpoints, BREAKPOINTS)
    if count < 2:
        raise InputError(f"quantiles: {count} classes were asked for; at least 2 were expected.")
    quarter = date.astype("datetime64[M]").astype(np.int64) // 3
    known = ~np.isnan(values)
    found = np.zeros(len(values), dtype=np.int64)
    for each in np.unique(quarter):
        earlier = quarter == each - 1 if breakpoints == "previous_quarter" else quarter < each
        past = values[earlier & known]
        if len(past) < at_least:
            continue
        here = known & (quarter == each)
        breaks = np.quantile(past, np.arange(1, count) / count)
        found[here] = 1 + np.searchsorted(breaks, values[here], side="left")
    return found
