"""From the time of an announcement to day 0, the session whose close first contains it.

One rule covers all cases: day 0 is the session with the first regular close strictly after the announcement.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Literal

import numpy as np

from eventstudy._labels import alike, are, each_once
from eventstudy._typing import Bools, Dates, Ints, Labels, Times
from eventstudy.calendars import Calendar, get_calendar
from eventstudy.errors import DataError, Flag, InputError, Reason, UnknownNameError
from eventstudy.events.flags import Flags
from eventstudy.events.table import Confirmation, Events, Precision, Timing

__all__ = [
    "Alignment",
    "Phase",
    "Placed",
    "latest_moments",
    "on_exchange",
    "place",
    "place_dates",
    "place_times",
    "tag_bounds",
]

NON_SESSION = ("next", "previous", "drop", "error")
MOST_MINUTES = 240


class Phase(StrEnum):
    """Where in the trading day an announcement fell."""

    PRE = "pre"
    INTRADAY = "intraday"
    POST = "post"
    CLOSED = "closed"
    UNKNOWN = "unknown"


TAGS = {Timing.BEFORE_OPEN: Phase.PRE, Timing.DURING: Phase.INTRADAY, Timing.AFTER_CLOSE: Phase.POST}


@dataclass(frozen=True, slots=True, kw_only=True)
class Alignment:
    """What to do where the rule of day 0 leaves a choice; both windows move along with day 0.

    Parameters
    ----------
    non_session : {"next", "previous", "drop", "error"}
        Day 0 of an announcement on a date without a session: the next session, the one before (which closed before
        the news), none (the event falls out), or an error that names the event.
    late_cutoff : int
        Minutes before the close; an announcement inside them, or exactly at their beginning, has the next session as
        day 0.

    Examples
    --------
    >>> Alignment(non_session="drop").late_cutoff
    0
    """

    non_session: Literal["next", "previous", "drop", "error"] = "next"
    late_cutoff: int = 0

    def __post_init__(self) -> None:
        if self.non_session not in NON_SESSION:
            raise UnknownNameError("policy for dates without a session", self.non_session, NON_SESSION)
        if not 0 <= self.late_cutoff <= MOST_MINUTES:
            raise InputError(
                f"alignment: late_cutoff is {self.late_cutoff}; minutes from 0 to {MOST_MINUTES} were expected."
            )


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
    status : ndarray of shape (E,)
        A `Reason` each: ``ok``, ``not_a_session`` where that drops the event, or ``date_before_calendar``, with the
        calendar's first session as day 0.
    flags : Flags
        What the placing has to say of each event.
    """

    day0: Ints
    phase: Labels
    calendars: Mapping[str, Calendar]
    status: Labels
    flags: Flags

    def dates(self, calendar: Labels) -> Dates:
        """Return the date of day 0 of each event, NaT past the calendar's end, shape (E,).

        Parameters
        ----------
        calendar : ndarray of shape (E,)
            Exchange code of each event.
        """
        dates = np.full(len(self.day0), np.datetime64("NaT", "D"))
        for code, each in self.calendars.items():
            rows = np.flatnonzero(are(calendar, code) & (self.day0 < len(each.sessions)))
            dates[rows] = each.sessions[self.day0[rows]]
        return dates


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
    place = np.select([same_day & ~opened, same_day & opened, session_day], [0, 1, 2], default=3)
    return day0, np.array([Phase.PRE, Phase.INTRADAY, Phase.POST, Phase.CLOSED], dtype=object)[place]


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
    after_close = are(timing, Timing.AFTER_CLOSE)
    day0 = calendar.at_or_after(date)
    day0[after_close] = calendar.after(date[after_close])
    session_day = calendar.index(date) >= 0
    phase = _tagged(timing).copy()
    phase[~session_day & (phase != Phase.UNKNOWN)] = Phase.CLOSED
    return day0, phase


def _tagged(timing: Labels) -> Labels:
    """Return the phase that each tag means on a session day."""
    return each_once(timing, lambda tag: TAGS.get(tag, Phase.UNKNOWN))


def tag_bounds(date: Dates, timing: Labels, calendar: Calendar) -> tuple[Times, Times]:
    """Return the first and the last second that a date and its tag allow.

    Parameters
    ----------
    date : ndarray of shape (n,)
        ``datetime64[D]`` in the exchange's zone.
    timing : ndarray of shape (n,)
        A `Timing` each; an unknown one, or any on a date without a session, allows the whole date.
    calendar : Calendar
        The sessions of the exchange.

    Returns
    -------
    first, last : ndarray of shape (n,)
        ``datetime64[s]``, UTC, both within.

    Examples
    --------
    >>> day, tag = np.array(["2024-08-15"], dtype="datetime64[D]"), np.array([Timing.BEFORE_OPEN], dtype=object)
    >>> str(tag_bounds(day, tag, get_calendar("XNYS"))[1][0])
    '2024-08-15T13:29:59'
    """
    session = calendar.index(date)
    second = np.timedelta64(1, "s")
    midnight, next_midnight = _midnight(date, calendar), _midnight(date + 1, calendar)
    tags = [(session >= 0) & np.asarray(timing == tag) for tag in TAGS]
    opens, closes = calendar.opens[session], calendar.closes[session]
    first = np.select(tags, [midnight, opens, closes], default=midnight)
    last = np.select(tags, [opens - second, closes - second, next_midnight - second], default=next_midnight - second)
    return first, last


def _midnight(date: Dates, calendar: Calendar) -> Times:
    """Return the moment at which each date begins on the exchange's clocks, in UTC."""
    import pandas as pd

    local = pd.DatetimeIndex(date.astype("datetime64[s]"))
    begins = local.tz_localize(calendar.zone, ambiguous=np.ones(len(date), dtype=bool), nonexistent="shift_forward")
    return np.asarray(begins.tz_convert("UTC").tz_localize(None).to_numpy().astype("datetime64[s]"))


def latest_moments(events: Events) -> Times:
    """Return by when each announcement was public: its time, or the last second that date and tag allow, in UTC."""
    moments = events.announced_at.copy()
    for code in sorted(set(events.calendar)):
        rows = np.flatnonzero(np.asarray(events.calendar == code) & np.isnat(events.announced_at))
        moments[rows] = tag_bounds(events.date[rows], events.timing[rows], get_calendar(code))[1]
    return moments


def on_exchange(events: Events, calendar: Labels) -> Events:
    """Return the events on other exchanges, each announcement at the moment at which it was made.

    A date with a tag is read on the exchange it was given for, at the latest moment that the tag allows (after the
    close: at the close), and told again in the sessions of the other. A date alone stays. Either is flagged
    ``placed_from_other_exchange``.

    Parameters
    ----------
    events : Events
        E announcements.
    calendar : ndarray of shape (E,)
        Code of the exchange on which to have each.
    """
    dated = np.isnat(events.announced_at) & np.asarray(events.calendar != calendar)
    if not dated.any():
        return replace(events, calendar=calendar)
    date, timing = events.date.copy(), events.timing.copy()
    alone = np.zeros(len(events), dtype=bool)
    for stated, used in sorted(set(zip(events.calendar[dated], calendar[dated], strict=True))):
        here = dated & np.asarray(events.calendar == stated) & np.asarray(calendar == used)
        unknown = here & np.asarray(events.timing == Timing.UNKNOWN)
        rows = np.flatnonzero(here & ~unknown)
        theirs, ours = get_calendar(stated), get_calendar(used)
        date[rows], timing[rows] = _retold(events.date[rows], events.timing[rows], theirs, ours)
        alone |= unknown & (theirs.zone != ours.zone)
    moved = (date != events.date) | np.asarray(timing != events.timing)
    flags = Flags.parse(events.flags).mark(Flag.PLACED_FROM_OTHER_EXCHANGE, moved | alone)
    return replace(events, calendar=calendar, date=date, timing=timing, flags=flags.text)


def _retold(date: Dates, timing: Labels, stated: Calendar, used: Calendar) -> tuple[Dates, Labels]:
    """Return date and tag, on one exchange, of what a date and a tag say on another."""
    first, last = tag_bounds(date, timing, stated)
    at_close = np.asarray(timing == Timing.AFTER_CLOSE) & (stated.index(date) >= 0)
    moment = np.where(at_close, first, last)
    tags = {Phase.PRE: Timing.BEFORE_OPEN, Phase.INTRADAY: Timing.DURING}
    # Without a session that day any tag leads to the next one.
    told = [tags.get(phase, Timing.AFTER_CLOSE) for phase in place_times(moment, used)[1]]
    return used.local_date(moment), np.array(told, dtype=object)


def place(events: Events, alignment: Alignment | None = None) -> Placed:
    """Place every event in the sessions of its own exchange.

    Parameters
    ----------
    events : Events
        E announcements; a known time wins over the date and its tag.
    alignment : Alignment, optional
        What to do where the rule leaves a choice; the defaults without it.

    Returns
    -------
    Placed
        Day 0 and phase of each, with flags.

    Raises
    ------
    DataError
        For a date without a session, where `alignment` makes that an error.

    Notes
    -----
    A time known to the hour says nothing about which side of a close within that hour it fell; a tag then decides,
    and without one the event is flagged.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"symbol": ["BABA"], "announced_at": ["2025-02-20T05:36-05:00"]})
    >>> placed = place(Events.from_frame(frame))
    >>> str(placed.calendars["XNYS"].sessions[placed.day0[0]]), str(placed.phase[0])
    ('2025-02-20', 'pre')
    """
    alignment = alignment or Alignment()
    count = len(events)
    day0, phase = np.empty(count, dtype=np.int64), np.empty(count, dtype=object)
    closed, early = np.zeros(count, dtype=bool), np.zeros(count, dtype=bool)
    flags = Flags(count).mark(Flag.ESTIMATED_DATE, are(events.confirmation, Confirmation.ESTIMATED))
    calendars = {code: get_calendar(code) for code in sorted(set(events.calendar))}
    timed = ~np.isnat(events.announced_at)
    for code, calendar in calendars.items():
        here = are(events.calendar, code)
        rows = np.flatnonzero(here & timed)
        if rows.size:
            day0[rows], phase[rows], found = _place_timed(events, rows, calendar, alignment.late_cutoff)
            for flag, which in found.items():
                flags = flags.mark(flag, _spread(which, rows, count))
        untimed = np.flatnonzero(here & ~timed)
        if untimed.size:
            day0[untimed], phase[untimed] = place_dates(events.date[untimed], events.timing[untimed], calendar)
        date = events.date.copy()
        date[rows] = calendar.local_date(events.announced_at[rows])
        early |= here & (date < calendar.sessions[0])
        # Outside the calendar nobody knows what is a session.
        closed |= here & (calendar.index(date) < 0) & ~early & (day0 < len(calendar.sessions))
    flags = flags.mark(Flag.TIMING_UNKNOWN, np.asarray(phase == Phase.UNKNOWN))
    day0, status, flags = _without_session(events, day0, closed, flags, alignment.non_session)
    if early.any():
        status = np.where(early, Reason.DATE_BEFORE_CALENDAR, status)
    return Placed(day0, phase, calendars, status, flags)


def _spread(which: Bools, rows: Ints, count: int) -> Bools:
    spread = np.zeros(count, dtype=bool)
    spread[rows] = which
    return spread


def _without_session(
    events: Events, day0: Ints, closed: Bools, flags: Flags, policy: str
) -> tuple[Ints, Labels, Flags]:
    """Return day 0, status and flags once the policy has dealt with the dates that are no sessions."""
    if policy == "error" and closed.any():
        row = int(np.flatnonzero(closed)[0])
        known = not np.isnat(events.announced_at[row])
        when = f"{events.announced_at[row]}Z" if known else events.date[row]
        raise DataError(
            f"The event {events.event_id[row]!r} was announced on {when}, when {events.calendar[row]} had no session. "
            f"Correct the date, or set non_session to next, previous or drop."
        )
    status = alike(Reason.OK, len(closed))
    if policy == "drop" and closed.any():
        status = np.array([Reason.OK, Reason.NOT_A_SESSION], dtype=object)[closed.astype(int)]
    if policy == "previous":
        # Day 0 was the next session, and the one before it is the last before the date.
        return (
            np.where(closed, np.maximum(day0 - 1, 0), day0),
            status,
            flags.mark(Flag.MOVED_TO_PREVIOUS_SESSION, closed),
        )
    return day0, status, flags.mark(Flag.MOVED_TO_NEXT_SESSION, closed) if policy == "next" else flags


def _place_timed(
    events: Events, rows: Ints, calendar: Calendar, late_cutoff: int
) -> tuple[Ints, Labels, dict[Flag, Bools]]:
    """Return day 0, phase and flags of the events of one calendar whose time is known."""
    at, tag = events.announced_at[rows], events.timing[rows]
    day0, phase = place_times(at, calendar)
    intraday = np.asarray(phase == Phase.INTRADAY)
    closes = calendar.closes[np.minimum(day0, len(calendar.closes) - 1)]
    to_the_hour = np.asarray(events.precision[rows] == Precision.HOUR)
    straddles = intraday & to_the_hour & (at + np.timedelta64(3600, "s") > closes)
    after = straddles & np.asarray(tag == Timing.AFTER_CLOSE)
    phase[after] = Phase.POST
    late = intraday & ~after & (at + np.timedelta64(60 * late_cutoff, "s") >= closes)
    tagged = _tagged(tag)
    comparable = np.asarray((tagged != Phase.UNKNOWN) & (phase != Phase.CLOSED))
    flags = {
        Flag.TAG_DISAGREES: comparable & np.asarray(tagged != phase),
        Flag.LUNCH_BREAK: intraday & calendar.in_break(at),
        Flag.CLOSE_WITHIN_HOUR: straddles & np.asarray(tagged == Phase.UNKNOWN),
        Flag.LATE_CUTOFF: late,
    }
    return day0 + (after | late), phase, flags
