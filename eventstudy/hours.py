"""Extended hours: how long before the open and after the close an exchange's shares trade, by date.

The regular opens and closes stand in `eventstudy.calendars`. What is wider than they are is a rule with the first
session that it holds for, so that a change of hours (23-hour trading, say) is one more line of the table.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from eventstudy._typing import Bools, Dates, Ints, Times
from eventstudy.calendars import Calendar
from eventstudy.errors import InputError

__all__ = ["EXTENDED_HOURS", "ExtendedHours", "SessionEdges", "session_edges", "with_rule"]


@dataclass(frozen=True, slots=True)
class ExtendedHours:
    """When an exchange's shares trade outside its regular hours, from some session on.

    Parameters
    ----------
    effective : date
        First session date that it holds for.
    opens : int
        Start of trading, in minutes after the session date's local midnight: 240 for 04:00, -180 for 21:00 the
        evening before.
    after_close : int
        End of trading, in minutes after the regular close of that session, an early one included.
    """

    effective: date
    opens: int
    after_close: int

    def __post_init__(self) -> None:
        if not -24 * 60 < self.opens < 24 * 60 or not 0 <= self.after_close <= 12 * 60:
            raise InputError(
                f"Extended hours from minute {self.opens} to {self.after_close} minutes after the close: the start "
                f"must lie within a day of the session's midnight, the end within 12 hours of the close."
            )


_AMERICAN = (ExtendedHours(date(1990, 1, 1), opens=4 * 60, after_close=4 * 60),)

# United States: 04:00 to 20:00, and to 17:00 after a close at 13:00. Elsewhere the auctions around the regular hours:
# Hong Kong's from 09:00 and to ten minutes after the close, London's from 07:50 and to 16:40.
EXTENDED_HOURS: Mapping[str, Sequence[ExtendedHours]] = {
    **dict.fromkeys(("XNYS", "XNAS", "ARCX", "XASE", "BATS"), _AMERICAN),
    "XHKG": (ExtendedHours(date(1990, 1, 1), opens=9 * 60, after_close=10),),
    "XLON": (ExtendedHours(date(1990, 1, 1), opens=7 * 60 + 50, after_close=10),),
}
"""By exchange code, in the order of their first sessions; an exchange without a line has its regular hours only."""


@dataclass(frozen=True, slots=True, eq=False)
class SessionEdges:
    """The moments between which each session of a calendar trades, extended hours included.

    Parameters
    ----------
    pre_opens, post_closes : ndarray of shape (T,)
        Start and end of trading of each session, ``datetime64[s]`` in UTC. A session's start is never before the
        end of the session before it, and never after its regular open.
    """

    pre_opens: Times
    post_closes: Times

    def session(self, times: Times) -> Ints:
        """Return the session that trades at each moment, shape (n,), -1 where none does.

        Parameters
        ----------
        times : ndarray of shape (n,)
            ``datetime64[s]``, UTC. The start of a session belongs to it, its end does not.
        """
        found = np.searchsorted(self.pre_opens, times, side="right").astype(np.int64) - 1
        return np.where((found >= 0) & (times < self.post_closes[found]), found, -1)


def session_edges(calendar: Calendar, hours: Mapping[str, Sequence[ExtendedHours]] | None = None) -> SessionEdges:
    """Return when each session of a calendar starts and ends, extended hours included.

    Parameters
    ----------
    calendar : Calendar
        The exchange.
    hours : mapping, optional
        The rules of each exchange code; `EXTENDED_HOURS` without it.

    Examples
    --------
    >>> from eventstudy.calendars import get_calendar
    >>> nyse = get_calendar("XNYS")
    >>> edges = session_edges(nyse)
    >>> day = int(nyse.index(np.array(["2025-11-28"], dtype="datetime64[D]"))[0])  # closes at 13:00
    >>> str(edges.pre_opens[day]), str(edges.post_closes[day])
    ('2025-11-28T09:00:00', '2025-11-28T22:00:00')
    """
    rules = (EXTENDED_HOURS if hours is None else hours).get(calendar.code, ())
    starts, ends = calendar.opens.copy(), calendar.closes.copy()
    for rule in sorted(rules, key=lambda each: each.effective):
        ruled = calendar.sessions >= np.datetime64(rule.effective, "D")
        starts[ruled] = _local_clock(calendar, calendar.sessions[ruled], rule.opens)
        ends[ruled] = calendar.closes[ruled] + np.timedelta64(60 * rule.after_close, "s")
    starts = np.minimum(starts, calendar.opens)
    starts[1:] = np.maximum(starts[1:], ends[:-1])
    return SessionEdges(starts, ends)


def with_rule(code: str, rule: ExtendedHours) -> Mapping[str, Sequence[ExtendedHours]]:
    """Return `EXTENDED_HOURS` with one more rule for an exchange.

    Examples
    --------
    >>> nasdaq = with_rule("XNAS", ExtendedHours(date(2026, 12, 7), opens=-180, after_close=240))["XNAS"]
    >>> [rule.opens for rule in nasdaq]
    [240, -180]
    """
    return {**EXTENDED_HOURS, code: (*EXTENDED_HOURS.get(code, ()), rule)}


def _local_clock(calendar: Calendar, sessions: Dates, minutes: int) -> Times:
    """Return the UTC moments at which the exchange's clocks show so many minutes after each date's midnight."""
    import pandas as pd

    shown = sessions.astype("datetime64[s]") + np.timedelta64(60 * minutes, "s")
    ambiguous: Bools = np.ones(len(shown), dtype=bool)
    local = pd.DatetimeIndex(shown).tz_localize(calendar.zone, ambiguous=ambiguous, nonexistent="shift_forward")
    return local.tz_convert("UTC").tz_localize(None).to_numpy().astype("datetime64[s]")
