"""When each event was known, and the first auction that an order could still reach (METHODS 8.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from eventstudy._typing import Bools, Ints, Labels, Times
from eventstudy.calendars import Calendar
from eventstudy.events import Events, Phase, Placed, place

if TYPE_CHECKING:
    from eventstudy.backtest.rules import Backtest

__all__ = ["LAST", "Clock", "read_clock"]

# Past the end of a calendar nothing happens any more.
LAST = np.datetime64("2200-01-01T00:00:00", "s")


@dataclass(frozen=True, slots=True, eq=False)
class Clock:
    """What a trader's clock says of each event; every array has shape (E,).

    Parameters
    ----------
    placed : Placed
        Day 0 and phase.
    news : ndarray of datetime64[s]
        When the event was known, UTC: the later of its announcement and of `known_at`.
    day0 : ndarray of int
        Day 0, or where the time of day is unknown the session after the date: the later of the two it could be.
    """

    placed: Placed
    news: Times
    day0: Ints
    calendar: Labels

    @property
    def calendars(self) -> Mapping[str, Calendar]:
        """The calendars in use, by code."""
        return self.placed.calendars

    @property
    def unknown(self) -> Bools:
        """Which events have no known time of day, shape (E,)."""
        return np.asarray(self.placed.phase == Phase.UNKNOWN)

    def opens(self, sessions: Ints) -> Times:
        """Return the open of a session of each event's exchange, UTC, far away past the calendar's end."""
        return self._moments(sessions, "opens")

    def closes(self, sessions: Ints) -> Times:
        """Return the close of a session of each event's exchange, UTC, far away past the calendar's end."""
        return self._moments(sessions, "closes")

    def first(self, what: str, moments: Times) -> Ints:
        """Return the first session whose open or close lies at or after a moment, shape (E,)."""
        found = np.empty(len(moments), dtype=np.int64)
        for code, calendar in self.calendars.items():
            here = self.calendar == code
            found[here] = np.searchsorted(getattr(calendar, what), moments[here], side="left")
        return found

    def _moments(self, sessions: Ints, what: str) -> Times:
        found = np.full(len(sessions), LAST)
        for code, calendar in self.calendars.items():
            rows = np.flatnonzero((self.calendar == code) & (sessions < len(calendar.sessions)) & (sessions >= 0))
            found[rows] = getattr(calendar, what)[sessions[rows]]
        return found


def read_clock(events: Events, rule: Backtest) -> Clock:
    """Return when each event was known.

    Parameters
    ----------
    events : Events
        E announcements, on the exchange of their prices.
    rule : Backtest
        Its `tag_minutes`.

    Notes
    -----
    Without a time: before the open counts as known `tag_minutes` before the open of day 0, after the close as known as
    long after that close, during as known at the close. A bare date counts as after the close of that date.

    Examples
    --------
    >>> import eventstudy as es
    >>> from eventstudy.backtest import Backtest
    >>> clock = read_clock(es.datasets.load_alibaba().events, Backtest())
    >>> [str(each) for each in clock.news[[0, 3]]]
    ['2024-05-14T13:00:00', '2025-02-20T10:36:00']
    """
    placed = place(events)
    day0 = placed.day0.copy()
    news = events.announced_at.astype("datetime64[s]").copy()
    margin = np.timedelta64(60 * rule.tag_minutes, "s")
    untimed = np.isnat(news)
    for code, calendar in placed.calendars.items():
        here = np.asarray(events.calendar == code)
        unknown = here & np.asarray(placed.phase == Phase.UNKNOWN)
        day0[unknown] = calendar.after(events.date[unknown])
        rows = np.flatnonzero(here & untimed)
        news[rows] = _untimed(calendar, placed.phase[rows], day0[rows], margin)
    known = np.isnat(events.known_at)
    news = np.where(known, news, np.maximum(news, events.known_at))
    return Clock(placed=placed, news=news, day0=day0, calendar=events.calendar)


def _untimed(calendar: Calendar, phase: Labels, day0: Ints, margin: np.timedelta64) -> Times:
    """Return when announcements without a time count as known, shape (n,)."""
    inside = np.minimum(day0, len(calendar.sessions) - 1)
    before = calendar.opens[inside] - margin
    during = calendar.closes[inside]
    # Day 0 is the session after the close in question.
    after = calendar.closes[np.maximum(inside - 1, 0)] + margin
    known = np.select(
        [np.asarray(phase == Phase.INTRADAY), np.isin(phase, [Phase.POST, Phase.UNKNOWN])], [during, after], before
    )
    return np.where(day0 < len(calendar.sessions), known, LAST)
