"""Surprises as functions of arrays: against a consensus, against a seasonal random walk."""

from __future__ import annotations

import numpy as np

from eventstudy._typing import Bools, Dates, Floats, Ints, Labels, Times
from eventstudy.errors import DataError

__all__ = [
    "consensus",
    "quarter_number",
    "relative_surprise",
    "scaled_surprise",
    "seasonal_surprise",
    "surprise_sign",
]

# Differences of decimal figures that are equal on paper differ by this share of the figures at most.
ROUNDING = 1e-12


def relative_surprise(actual: Floats, estimate: Floats) -> Floats:
    """Return ``(actual - estimate) / |estimate|``, a decimal.

    Parameters
    ----------
    actual, estimate : ndarray of shape (E,)
        The figure reported and the one expected, in one unit.

    Returns
    -------
    ndarray of shape (E,)
        NaN where either is missing or the estimate is zero.

    Examples
    --------
    >>> relative_surprise(np.array([48.95]), np.array([40.6])).round(4)
    array([0.2057])
    """
    scale = np.where(estimate == 0, np.nan, np.abs(estimate))
    return (actual - estimate) / scale


def scaled_surprise(actual: Floats, estimate: Floats, scale: Floats) -> Floats:
    """Return ``(actual - estimate) / scale``.

    Parameters
    ----------
    actual, estimate : ndarray of shape (E,)
        The figure reported and the one expected, per share, on one split basis.
    scale : ndarray of shape (E,)
        Price at the fiscal quarter's end (Livnat and Mendenhall 2006), or dispersion of the forecasts.

    Returns
    -------
    ndarray of shape (E,)
        NaN where anything is missing or the scale is not positive.

    Examples
    --------
    >>> scaled_surprise(np.array([1.10]), np.array([1.00]), np.array([50.0])).round(4)
    array([0.002])
    """
    return (actual - estimate) / np.where(scale > 0, scale, np.nan)


def surprise_sign(surprise: Floats, tolerance: float = 0.0) -> Labels:
    """Return beat, inline, miss or unknown for each surprise.

    Parameters
    ----------
    surprise : ndarray of shape (E,)
        Decimals, NaN where unknown.
    tolerance : float
        Half-width of what counts as in line.
    """
    return np.select(
        [surprise > tolerance, surprise < -tolerance, ~np.isnan(surprise)],
        ["beat", "miss", "inline"],
        default="unknown",
    ).astype(object)


def quarter_number(period_end: Labels) -> Ints:
    """Return the number of each fiscal quarter, so that the one before is one less, shape (n,).

    Parameters
    ----------
    period_end : ndarray of shape (n,)
        Last day of the quarter, an ISO date; empty where unknown.

    Returns
    -------
    ndarray of shape (n,)
        -1 where unknown. A quarter that ends within the first days of a month, as in a 52-week year, counts with the
        month before.

    Raises
    ------
    DataError
        For what is neither empty nor a date.

    Examples
    --------
    >>> found = quarter_number(np.array(["2023-07-01", "2023-09-30", "2023-12-30", ""], dtype=object))
    >>> (found - found[0]).tolist()[:3], int(found[3])
    ([0, 1, 2], -1)
    """
    try:
        ends = np.array([each or "NaT" for each in period_end], dtype="datetime64[D]")
    except ValueError:
        raise DataError("The end of a fiscal quarter must be an ISO date such as 2024-12-31, or empty.") from None
    months = (ends - 15).astype("datetime64[M]").astype(np.int64)
    return np.where(np.isnat(ends), -1, months // 3).astype(np.int64)


def seasonal_surprise(
    symbol: Labels,
    quarter: Ints,
    actual: Floats,
    *,
    reported_at: Times | None = None,
    drift: bool = True,
    quarters: int = 8,
    at_least: int = 6,
) -> Floats:
    """Return standardized unexpected earnings against a seasonal random walk.

    Parameters
    ----------
    symbol : ndarray of shape (E,)
        Whose figure it is.
    quarter : ndarray of shape (E,)
        Number of the fiscal quarter, see `quarter_number`; a negative one is unknown.
    actual : ndarray of shape (E,)
        The figure as it was reported.
    reported_at : ndarray of shape (E,), optional
        ``datetime64[s]``: when it was; without it rows are in the order of their reports.
    drift : bool
        Whether the mean of the earlier seasonal differences is taken off.
    quarters, at_least : int
        How many earlier seasonal differences are looked at, and how many of them must be there.

    Returns
    -------
    ndarray of shape (E,)
        NaN where the quarter or its seasonal difference is unknown, there are fewer than `at_least` earlier
        differences, or these are all equal but for the rounding of binary numbers.

    Notes
    -----
    ``SUE_q = (E_q - E_{q-4} - drift) / sd``, with drift and sd (divisor n - 1) of ``E_j - E_{j-4}`` over the eight
    quarters before q, q itself left out (Foster, Olsen and Shevlin 1984; Bernard and Thomas 1989). Where a quarter is
    reported several times, later quarters are compared with the figure that was reported first; of several at one
    moment with the least of them. A quarter reported later than q, as by a late filer, is unknown to q.

    Examples
    --------
    >>> earnings = np.array([1.0, 1, 1, 1, 2, 3, 2, 3, 3, 4, 4, 6])
    >>> found = seasonal_surprise(np.full(12, "A", dtype=object), np.arange(12), earnings, at_least=6)
    >>> found.round(4).tolist()[-2:]
    [1.291, 2.9399]
    """
    moment = np.arange(len(actual)) if reported_at is None else reported_at.astype(np.int64)
    reported: dict[tuple[str, int], tuple[int, float]] = {}
    order = np.lexsort((actual, moment))
    for row in order[~np.isnan(actual[order])].tolist():
        reported.setdefault((str(symbol[row]), int(quarter[row])), (int(moment[row]), float(actual[row])))
    never = (np.iinfo(np.int64).max, float("nan"))

    found = np.full(len(actual), np.nan)
    for row, (name, number) in enumerate(zip(symbol, quarter.tolist(), strict=True)):
        if number < 0:
            continue
        past = [reported.get((str(name), number - lag), never) for lag in range(1, quarters + 5)]
        figures = np.array([figure if known <= moment[row] else np.nan for known, figure in past])
        earlier = figures[:-4] - figures[4:]
        earlier = earlier[~np.isnan(earlier)]
        if len(earlier) < at_least or np.ptp(earlier) <= ROUNDING * np.nanmax(np.abs(figures)):
            continue
        change = actual[row] - figures[3]
        found[row] = (change - (earlier.mean() if drift else 0.0)) / earlier.std(ddof=1)
    return found


def consensus(
    symbol: Labels,
    date: Dates,
    forecast_symbol: Labels,
    analyst: Labels,
    forecast_date: Dates,
    forecast: Floats,
    *,
    days: int = 90,
    at_least: int = 2,
    at_least_for_dispersion: int = 3,
) -> tuple[Floats, Floats, Ints]:
    """Return the median forecast before each report, and how far analysts were apart.

    Parameters
    ----------
    symbol, date : ndarray of shape (E,)
        The reports.
    forecast_symbol, analyst, forecast_date, forecast : ndarray of shape (n,)
        Single forecasts of the figure of that report, NaN where missing.
    days : int
        A forecast counts if it was made at most this many days before the report, and not on its day.
    at_least, at_least_for_dispersion : int
        Fewest analysts for a median, and for a standard deviation.

    Returns
    -------
    median, dispersion : ndarray of shape (E,)
        Over each analyst's latest forecast; the dispersion is a standard deviation with divisor n - 1. NaN where there
        are too few analysts.
    count : ndarray of shape (E,)
        Analysts that count.

    Notes
    -----
    As Livnat and Mendenhall (2006), with the median.
    """
    median, dispersion = np.full(len(date), np.nan), np.full(len(date), np.nan)
    count = np.zeros(len(date), dtype=np.int64)
    order = np.argsort(forecast_date, kind="stable")
    order = order[~np.isnan(forecast[order])]
    rows_of: dict[str, list[int]] = {}
    for row in order.tolist():
        rows_of.setdefault(str(forecast_symbol[row]), []).append(row)
    for event, (name, day) in enumerate(zip(symbol, date, strict=True)):
        rows = np.array(rows_of.get(str(name), []), dtype=np.int64)
        counts: Bools = (forecast_date[rows] < day) & (forecast_date[rows] >= day - np.timedelta64(days, "D"))
        # In the order of time, so that an analyst's latest forecast is the one that stays.
        latest = {str(analyst[row]): forecast[row] for row in rows[counts]}
        values = np.array(list(latest.values()))
        count[event] = len(values)
        if len(values) >= at_least:
            median[event] = np.median(values)
        if len(values) >= at_least_for_dispersion:
            dispersion[event] = values.std(ddof=1)
    return median, dispersion, count
