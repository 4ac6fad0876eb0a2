"""Exchange sessions as sorted arrays: dates, opens and closes, built once from pandas_market_calendars.

A session is identified by its index in its calendar, so that offsets count sessions and nothing else.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from eventstudy._corrected import Hours, corrected
from eventstudy._corrections import CORRECTIONS, Correction
from eventstudy._exchanges import DECREED, ELSEWHERE, EXCHANGES, HOLIDAYS_OF, NAMES, SUFFIXES
from eventstudy._typing import Bools, Codes, Dates, Ints, Times
from eventstudy.errors import InputError, UnknownNameError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Calendar", "Correction", "calendar_codes", "calendar_of", "corrections", "get_calendar"]

FIRST_DATE = "1990-01-01"
LAST_DATE = "2030-12-31"
# CRSP's daily prices begin with 1926, and the library knows New York's sessions since 1885. Shanghai opened, and
# Shenzhen began on trial, in December 1990; of Bombay's holidays of 1997 and 1998 the library has a few only.
BEGINS = {
    **dict.fromkeys(("XNYS", "XNAS", "ARCX", "XASE", "BATS"), "1926-01-01"),
    "XSHG": "1990-12-19",
    "XSHE": "1990-12-03",
    "XBOM": "1999-01-01",
}
NEW_YORK_BEGINS = "1885-01-01"
# From here on New York has no sessions on Saturdays; those of the summer before are days on which it was closed.
NO_MORE_SATURDAYS = np.datetime64("1952-09-29")


@dataclass(frozen=True, slots=True, eq=False)
class Calendar:
    """The sessions of one exchange.

    Parameters
    ----------
    code : str
        Market identifier code, such as ``"XNYS"``.
    zone : str
        Time zone of the exchange, a tz database name.
    sessions : ndarray of shape (T,)
        Session dates, ``datetime64[D]``, increasing.
    opens, closes : ndarray of shape (T,)
        Regular open and close of each session, ``datetime64[s]`` in UTC; early closes are as they were.
    break_starts, break_ends : ndarray of shape (T,), optional
        Lunch break of each session, ``datetime64[s]`` in UTC; NaT where there is none, None where no session has one.
    """

    code: str
    zone: str
    sessions: Dates
    opens: Times
    closes: Times
    break_starts: Times | None = None
    break_ends: Times | None = None

    def __post_init__(self) -> None:
        for array in (self.sessions, self.opens, self.closes, self.break_starts, self.break_ends):
            if array is not None:
                array.setflags(write=False)

    def index(self, dates: Dates) -> Ints:
        """Return the session index of each date, -1 where the date is not a session.

        Parameters
        ----------
        dates : ndarray of shape (n,)
            Dates in the exchange's zone.
        """
        if len(dates) < len(self.sessions):
            found = np.searchsorted(self.sessions, dates)
            inside = np.minimum(found, len(self.sessions) - 1)
            return np.where(self.sessions[inside] == dates, inside, -1).astype(np.int64)
        # Many dates are looked up in a table of days, which is faster than a search for each.
        before, table = self.by_day()
        days = np.asarray(dates, dtype="datetime64[D]").astype(np.int64)
        return table.take(days - before, mode="clip").astype(np.int64)

    def by_day(self) -> tuple[int, Codes]:
        """Return the day before the first session, and the session index of each day from it to that after the last.

        Days are since 1970; the index is -1 where a day is no session, as the two at the ends are.
        """
        sessions = self.sessions.astype("datetime64[D]").astype(np.int64)
        before = int(sessions[0]) - 1
        table = np.full(int(sessions[-1]) - before + 2, -1, dtype=np.int32)
        table[sessions - before] = np.arange(len(sessions))
        return before, table

    def at_or_after(self, dates: Dates) -> Ints:
        """Return the index of the first session on or after each date; ``len(sessions)`` past the end."""
        return np.searchsorted(self.sessions, dates, side="left").astype(np.int64)

    def after(self, dates: Dates) -> Ints:
        """Return the index of the first session strictly after each date; ``len(sessions)`` past the end."""
        return np.searchsorted(self.sessions, dates, side="right").astype(np.int64)

    def first_close_after(self, times: Times) -> Ints:
        """Return the index of the first session that closes strictly after each moment.

        Parameters
        ----------
        times : ndarray of shape (n,)
            ``datetime64[s]``, UTC.
        """
        return np.searchsorted(self.closes, times, side="right").astype(np.int64)

    def in_break(self, times: Times) -> Bools:
        """Return which moments fall in a lunch break, its first second included, its last excluded, shape (n,)."""
        if self.break_starts is None or self.break_ends is None:
            return np.zeros(len(times), dtype=bool)
        session = np.minimum(self.first_close_after(times), len(self.sessions) - 1)
        # A comparison with NaT is false.
        return np.asarray((self.break_starts[session] <= times) & (times < self.break_ends[session]))

    def local_date(self, times: Times) -> Dates:
        """Return the date that the exchange's clocks show at each moment, NaT where the moment is NaT."""
        return self.local_time(times).astype("datetime64[D]")

    def local_time(self, times: Times) -> Times:
        """Return what the exchange's clocks show at each moment, ``datetime64[s]`` without a zone."""
        import pandas as pd

        moments = pd.DatetimeIndex(times.astype("datetime64[s]"), tz="UTC").tz_convert(self.zone)
        return np.asarray(moments.tz_localize(None).to_numpy().astype("datetime64[s]"))

    def __repr__(self) -> str:
        return f"Calendar({self.code}, {self.sessions[0]} to {self.sessions[-1]}, {len(self.sessions)} sessions)"


@lru_cache(maxsize=64)
def get_calendar(code: str, first: str | None = None, last: str = LAST_DATE) -> Calendar:
    """Return the calendar of an exchange.

    Parameters
    ----------
    code : str
        Market identifier code; see `calendar_codes`.
    first, last : str
        ISO dates between which sessions are listed. The default span does not depend on today's date: from 1926 in New
        York, December 1990 in Shanghai and Shenzhen, 1999 in Bombay and 1990 elsewhere, to 2030. Bombay's holidays are
        decreed year by year, and its sessions end with the last year that the library has.

    Raises
    ------
    UnknownNameError
        If the code is not known; the message names the nearest one, or what goes by that name.
    InputError
        If no session lies between the dates, or `first` before the calendar's default span; New York goes back to 1885.

    Examples
    --------
    >>> nyse = get_calendar("XNYS")
    >>> int(nyse.index(np.array(["2025-01-09"], dtype="datetime64[D]"))[0])  # day of mourning
    -1
    """
    if code not in EXCHANGES:
        raise UnknownNameError("exchange", code, EXCHANGES, NAMES)
    import pandas_market_calendars

    library_name, zone = EXCHANGES[code]
    begins = BEGINS.get(code, FIRST_DATE)
    first = first or begins
    if first < (begins if begins >= FIRST_DATE else NEW_YORK_BEGINS):
        raise InputError(f"The sessions of {code} are known from {begins} on; {first} lies before.")
    with warnings.catch_warnings():
        # The library's own: pandas deprecations, and lunch breaks that an exchange has given up.
        warnings.simplefilter("ignore")
        library = pandas_market_calendars.get_calendar(library_name)
        days = _days(code, library, first, last)
        if not len(days):
            raise InputError(f"The calendar of {code} has no session from {first} to {last}.")
        schedule = library.schedule_from_days(days, tz="UTC")
    sessions = schedule.index.to_numpy().astype("datetime64[D]")
    sessions, hours = corrected(sessions, _hours(schedule, library), corrections(code), zone)
    has_breaks = not np.isnat(hours["break_starts"]).all()
    return Calendar(
        code=code,
        zone=zone,
        sessions=sessions,
        opens=hours["opens"],
        closes=hours["closes"],
        break_starts=hours["break_starts"] if has_breaks else None,
        break_ends=hours["break_ends"] if has_breaks else None,
    )


def _days(code: str, library: Any, first: str, last: str) -> pd.DatetimeIndex:
    """Return the days of the library's sessions; left to itself, it would make all holidays up to 2200, and twice."""
    import pandas as pd
    import pandas_market_calendars

    if code in HOLIDAYS_OF:
        library = pandas_market_calendars.get_calendar(HOLIDAYS_OF[code])
    if code in DECREED:
        last = min(last, f"{max(library.adhoc_holidays).year}-12-31")
    # Where all holidays are decreed the library has no rules.
    ruled = [] if (rules := library.regular_holidays) is None else rules.holidays(first, last)
    closed = [pd.Timestamp(each).date() for each in (*ruled, *library.adhoc_holidays)]
    holidays = np.array(closed, dtype="datetime64[D]")
    days = np.arange(np.datetime64(first), np.datetime64(last) + 1)
    is_session = np.is_busday(days, weekmask=library.weekmask, holidays=holidays)
    if hasattr(library, "weekmask_pre_1952"):
        early = days < NO_MORE_SATURDAYS
        is_session[early] = np.is_busday(days[early], weekmask=library.weekmask_pre_1952, holidays=holidays)
    return pd.DatetimeIndex(days[is_session])


def _hours(schedule: pd.DataFrame, library: Any) -> Hours:
    """Return the hours of the library's sessions, without breaks from the day on which an exchange gave them up."""
    columns = {
        "opens": "market_open",
        "closes": "market_close",
        "break_starts": "break_start",
        "break_ends": "break_end",
    }
    hours: Hours = {name: np.full(len(schedule), np.datetime64("NaT", "s")) for name in columns}
    days = schedule.index.to_numpy()
    for name, column in columns.items():
        if column in schedule.columns:
            # A copy, for what comes of the library may not be written to.
            hours[name] = schedule[column].dt.tz_localize(None).to_numpy().astype("datetime64[s]").copy()
        if (given_up := library.discontinued_market_times.get(column)) is not None:
            hours[name][days >= np.datetime64(given_up)] = np.datetime64("NaT", "s")
    return hours


def corrections(code: str | None = None) -> tuple[Correction, ...]:
    """Return where the sessions of an exchange, or of all, depart from those of the calendar library, and why.

    Examples
    --------
    >>> [each.says for each in corrections("XHKG") if str(each.date) == "2020-08-19"]
    ['opens at 13:30']
    """
    if code is not None and code not in EXCHANGES:
        raise UnknownNameError("exchange", code, EXCHANGES, NAMES)
    return tuple(each for each in CORRECTIONS if code in (None, each.exchange))


def calendar_codes() -> tuple[str, ...]:
    """Return the exchange codes that `get_calendar` knows."""
    return tuple(EXCHANGES)


def calendar_of(symbol: str, given: str | Mapping[str, str] | None = None) -> str:
    """Return the exchange code of a symbol: the one given for it, else what its suffix implies, New York without one.

    Parameters
    ----------
    symbol : str
        Such as ``"9988.HK"``.
    given : str or mapping, optional
        Exchange of all symbols, or of some.

    Raises
    ------
    InputError
        For a suffix of an exchange whose sessions aren't known here.

    Examples
    --------
    >>> calendar_of("BABA"), calendar_of("9988.HK"), calendar_of("BRK.B"), calendar_of("OMV.VI", {"OMV.VI": "XETR"})
    ('XNYS', 'XHKG', 'XNYS', 'XETR')
    """
    if isinstance(given, str):
        return given
    if given and symbol in given:
        return given[symbol]
    _, dot, suffix = symbol.rpartition(".")
    if dot and suffix in ELSEWHERE:
        raise InputError(
            f"{symbol}: .{suffix} is {ELSEWHERE[suffix]}, whose sessions aren't known here. Leave the symbol out, or "
            f"name an exchange whose days it shares, {', '.join(EXCHANGES)}: "
            f"sources take calendar: {{{symbol}: CODE}}, tables of events a column calendar."
        )
    return SUFFIXES.get(suffix, "XNYS") if dot else "XNYS"
