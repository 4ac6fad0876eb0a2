"""How far a price moved from the close before: one number a session, for every rung and leg."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from eventstudy._typing import Floats, Ints
from eventstudy.calendars import Calendar
from eventstudy.panels import PriceSeries

__all__ = ["Moves", "base_close", "matching_places", "moves_of", "run_up"]

# Adjusted closes are rounded; a dividend smaller than this share of the price moves no rung that anybody can see.
UNSTATED = 1e-4


@dataclass(frozen=True, slots=True, eq=False)
class Moves:
    """The moves that begin at each session of one symbol.

    Parameters
    ----------
    series : PriceSeries
        The prices, n sessions.
    base : ndarray of shape (n,)
        The close before each session, on that session's basis; see `base_close`.
    growth : mapping of str to ndarray of shape (n,)
        Gross moves, one plus a simple return, NaN where a price is missing: ``open``, ``high``, ``low``,
        ``close`` from the base, ``d1``, ``d2``, ... from the base to the close so many sessions later,
        ``session`` from the open to the close, ``day`` the total return of the session.
    """

    series: PriceSeries
    base: Floats
    growth: Mapping[str, Floats]


def base_close(series: PriceSeries) -> Floats:
    """Return the close before each session, in the shares of that session and without its dividend.

    Parameters
    ----------
    series : PriceSeries
        The prices, n sessions.

    Returns
    -------
    ndarray of shape (n,)
        ``C* = (C_{t-1} - D_t) / S_t``; NaN on the first session and where the close before is missing.

    Notes
    -----
    METHODS 1.1: without the conversion an ex-date reads as a fall. Where the total return says that there was a
    dividend or split which the prices do not state (a table of closes with adjusted closes beside them), the base
    is ``P_t / (1 + R_t)``.

    Examples
    --------
    >>> import pandas as pd
    >>> from eventstudy.panels import PricePanel
    >>> days = ["2025-06-11", "2025-06-12"]
    >>> table = pd.DataFrame({"date": days, "symbol": "BABA", "close": [120.33, 117.46], "dividend": [0, 2.0]})
    >>> base_close(PricePanel.from_frame(table).series("BABA")).round(2).tolist()
    [nan, 118.33]
    """
    before = _later(series.close, -1)
    stated = (series.split * series.close + series.dividend) / before - 1.0
    with np.errstate(divide="ignore"):
        implied = series.close / (1.0 + series.total_return)
    unstated = np.abs(stated - series.total_return) > UNSTATED
    base = np.where(unstated, implied, (before - series.dividend) / series.split)
    return np.where((base > 0) & np.isfinite(base), base, np.nan)


def moves_of(series: PriceSeries, days: int) -> Moves:
    """Return all moves of one symbol.

    Parameters
    ----------
    series : PriceSeries
        The prices, n sessions.
    days : int
        How many sessions after day 0 are followed.

    Notes
    -----
    On the first day a move is the price over the converted base, ``P / C*``. Each later day multiplies by its
    total return, ``1 + R = (S P + D) / P_before``, so that dividends and splits on the way are in it.
    A symbol without prices has only the moves that its returns give.
    """
    base = base_close(series)
    gross = 1.0 + series.total_return
    close = np.where(np.isnan(series.close / base), gross, series.close / base)
    growth = {
        "open": series.open / base,
        "high": series.high / base,
        "low": series.low / base,
        "close": close,
        "session": series.close / series.open,
        "day": gross,
    }
    for day in range(1, days + 1):
        close = close * _later(gross, day)
        growth[f"d{day}"] = close
    return Moves(series, base, growth)


def run_up(series: PriceSeries, since: int, until: int) -> float:
    """Return the total return from one close to a later one, a decimal.

    Parameters
    ----------
    series : PriceSeries
        The prices.
    since, until : int
        Places in the series of the first and the last close.

    Returns
    -------
    float
        NaN where `since` lies outside the span or after `until`, or a return between them is missing.
    """
    if not 0 <= since <= until < len(series.close):
        return np.nan
    return float(np.prod(1.0 + series.total_return[since + 1 : until + 1]) - 1.0)


def matching_places(mine: Calendar, day0: Ints, length: int, theirs: Calendar) -> tuple[Ints, Ints]:
    """Find stretches of sessions on another calendar.

    Parameters
    ----------
    mine : Calendar
        The exchange that `day0` counts the sessions of.
    day0 : ndarray of shape (m,)
        Second session of each stretch; the first is that of the base.
    length : int
        Sessions of a stretch.
    theirs : Calendar
        The other exchange.

    Returns
    -------
    session : ndarray of shape (m,)
        Which of their sessions is the second one.
    shared : ndarray of shape (m,)
        How many of the sessions, from the first on, are successive ones there too: a move is over the same leg only if
        no session stands between on either side.
    """
    before = np.maximum(day0 - 1, 0)
    first = theirs.index(mine.sessions[before])
    at, there = (start[:, None] + np.arange(length) for start in (before, first))
    listed = (day0[:, None] > 0) & (first[:, None] >= 0) & (at < len(mine.sessions)) & (there < len(theirs.sessions))
    same = mine.sessions[np.where(listed, at, 0)] == theirs.sessions[np.where(listed, there, 0)]
    return first + 1, np.logical_and.accumulate(listed & same, axis=1).sum(axis=1)


def _later(values: Floats, sessions: int) -> Floats:
    """Return each session's value so many sessions later (earlier if negative), NaN past the edge."""
    moved = np.full(len(values), np.nan)
    if sessions >= 0:
        moved[: max(len(values) - sessions, 0)] = values[sessions:]
    else:
        moved[-sessions:] = values[:sessions]
    return moved
