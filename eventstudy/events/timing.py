"""From the time of an announcement to day 0, the session whose close first contains it.

One rule covers all cases: day 0 is the session with the first regular close strictly after the announcement.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from eventstudy._typing import Dates, Ints, Labels, Times
from eventstudy.calendars import Calendar, get_calendar
from eventstudy.events.table import Events, Timing

__all__ = ["Phase", "Placed", "place", "place_dates", "place_times"]


class Phase(StrEnum):
    """Where in the trading day an announcement fell."""

    PRE = "pre"
    INTRADAY = "intraday"
    POST = "post"
    CLOSED = "closed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """Where each event falls in the sessions of its exchange.

    Parameters
    ----------
    day0 : ndarray of shape (E,)
        Session index in the event's calendar; the number of sessions where it lies past the calendar's end.
    phase : ndarray of shape (E,)
        A `Phase` each.
    calendars : mapping of str to Calendar
        The calendars in use, by code.
    """

    day0: Ints
    phase: Labels
    calendars: dict[str, Calendar]


def place_times(announced_at: Times, calendar: Calendar) -> tuple[Ints, Labels]:
    """Place announcements whose time is known.

    Parameters
    ----------
    announced_at : ndarray of shape (n,)
        ``datetime64[s]``, UTC, none missing.
    calendar : Calendar
        The sessions of the exchange, early closes included.

    Returns
    -------
    day0 : ndarray of shape (n,)
        Index of the session with the first regular close strictly after the announcement.
    phase : ndarray of shape (n,)
        pre, intraday, post (after the close of a session day) or closed (no session that day).

    Notes
    -----
    An announcement exactly at the close counts as after it.
    """
    day0 = calendar.first_close_after(announced_at)
    date = calendar.local_date(announced_at)
    inside = np.minimum(day0, len(calendar.sessions) - 1)
    same_day = (calendar.sessions[inside] == date) & (day0 < len(calendar.sessions))
    opened = announced_at >= calendar.opens[inside]
    session_day = calendar.index(date) >= 0
    phase = np.select(
        [same_day & ~opened, same_day & opened, session_day],
        [Phase.PRE, Phase.INTRADAY, Phase.POST],
        default=Phase.CLOSED,
    )
    return day0, np.array([Phase(word) for word in phase], dtype=object)


def place_dates(date: Dates, timing: Labels, calendar: Calendar) -> tuple[Ints, Labels]:
    """Place announcements of which only the date and a tag are known.

    Parameters
    ----------
    date : ndarray of shape (n,)
        ``datetime64[D]`` in the exchange's zone.
    timing : ndarray of shape (n,)
        A `Timing` each; an unknown one is placed on its date.
    calendar : Calendar
        The sessions of the exchange.

    Returns
    -------
    day0 : ndarray of shape (n,)
        The date's session, the one after it for an after-close tag; the next session where the date is none.
    phase : ndarray of shape (n,)
        pre, intraday, post, closed or unknown.
    """
    after_close = timing == Timing.AFTER_CLOSE
    day0 = np.where(after_close, calendar.after(date), calendar.at_or_after(date))
    session_day = calendar.index(date) >= 0
    by_tag = {Timing.BEFORE_OPEN: Phase.PRE, Timing.DURING: Phase.INTRADAY, Timing.AFTER_CLOSE: Phase.POST}
    phase = np.array([by_tag.get(tag, Phase.UNKNOWN) for tag in timing], dtype=object)
    phase[~session_day & (phase != Phase.UNKNOWN)] = Phase.CLOSED
    return day0.astype(np.int64), phase


def place(events: Events) -> Placed:
    """Place every event in the sessions of its own exchange.

    Parameters
    ----------
    events : Events
        E announcements; a known time wins over the date and its tag.

    Returns
    -------
    Placed
        Day 0 and phase of each.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"symbol": ["BABA"], "announced_at": ["2025-02-20T05:36-05:00"]})
    >>> placed = place(Events.from_frame(frame))
    >>> str(placed.calendars["XNYS"].sessions[placed.day0[0]]), str(placed.phase[0])
    ('2025-02-20', 'pre')
    """
    day0 = np.empty(len(events), dtype=np.int64)
    phase = np.empty(len(events), dtype=object)
    calendars = {str(code): get_calendar(str(code)) for code in np.unique(events.calendar.astype(str))}
    timed = ~np.isnat(events.announced_at)
    for code, calendar in calendars.items():
        here = events.calendar == code
        for rows in (np.flatnonzero(here & timed), np.flatnonzero(here & ~timed)):
            if not rows.size:
                continue
            if timed[rows[0]]:
                day0[rows], phase[rows] = place_times(events.announced_at[rows], calendar)
            else:
                day0[rows], phase[rows] = place_dates(events.date[rows], events.timing[rows], calendar)
    return Placed(day0, phase, calendars)
