"""The library's sessions put right: days taken out and put in, then regular hours, then the hours of single days."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from eventstudy._corrections import Correction
from eventstudy._typing import Bools, Dates, Times

__all__ = ["Hours", "corrected"]

Hours = dict[str, Times]
"""``opens``, ``closes``, ``break_starts``, ``break_ends`` of each session, ``datetime64[s]`` in UTC, NaT for none."""


def corrected(sessions: Dates, hours: Hours, rows: Sequence[Correction], zone: str) -> tuple[Dates, Hours]:
    """Return sessions and hours with corrections, and without breaks that lie outside a session.

    Parameters
    ----------
    sessions : ndarray of shape (T,)
        Session dates, ``datetime64[D]``, increasing.
    hours : mapping of str to ndarray of shape (T,)
        See `Hours`.
    rows : sequence of Correction
        Those of the exchange; dates outside the first and the last session change nothing.
    zone : str
        Time zone of the exchange.
    """
    days = [each for each in rows if each.last is None and sessions[0] <= np.datetime64(each.date) <= sessions[-1]]
    sessions, hours = _taken_out(sessions, hours, [each for each in days if each.is_closed])
    held = [each for each in days if not each.is_closed]
    sessions, hours = _put_in(sessions, hours, [each for each in held if each.opens and each.closes])
    for each in rows:
        if each.last is not None:
            _set_regular(sessions, hours, each, zone)
    for each in held:
        _set_day(sessions, hours, each, zone)
    inside = (hours["opens"] < hours["break_starts"]) & (hours["break_starts"] < hours["break_ends"])
    inside &= hours["break_ends"] < hours["closes"]
    # The library gives a half day a break of no length, or one that begins as the session ends.
    for name in ("break_starts", "break_ends"):
        hours[name][~inside] = np.datetime64("NaT", "s")
    return sessions, hours


def _taken_out(sessions: Dates, hours: Hours, rows: Sequence[Correction]) -> tuple[Dates, Hours]:
    held = ~np.isin(sessions, np.array([each.date for each in rows], dtype="datetime64[D]"))
    return sessions[held], {name: times[held] for name, times in hours.items()}


def _put_in(sessions: Dates, hours: Hours, rows: Sequence[Correction]) -> tuple[Dates, Hours]:
    """Return sessions and hours with days that are none yet; their own hours are still missing."""
    new = np.setdiff1d(np.array([each.date for each in rows], dtype="datetime64[D]"), sessions)
    at = np.searchsorted(sessions, new)
    return np.insert(sessions, at, new), {
        name: np.insert(times, at, np.datetime64("NaT", "s")) for name, times in hours.items()
    }


def _set_regular(sessions: Dates, hours: Hours, row: Correction, zone: str) -> None:
    """Set the regular hours of a stretch wherever the library has its usual ones, and lunch breaks throughout."""
    within = (sessions >= np.datetime64(row.date)) & (sessions <= np.datetime64(row.last))
    for name, hour in _told(row):
        usual = within if "break" in name else within & _is_usual(sessions, hours[name], within, zone)
        hours[name][usual] = moments(sessions[usual], hour, zone)


def _set_day(sessions: Dates, hours: Hours, row: Correction, zone: str) -> None:
    day = np.flatnonzero(sessions == np.datetime64(row.date))
    for name, hour in _told(row):
        hours[name][day] = moments(sessions[day], hour, zone)


def _told(row: Correction) -> list[tuple[str, str]]:
    names = ("opens", "closes", "break_starts", "break_ends")
    return [(name, hour) for name in names if (hour := getattr(row, name)) is not None]


def _is_usual(sessions: Dates, times: Times, within: Bools, zone: str) -> Bools:
    """Return which sessions have the clock time that most of the stretch have, shape (T,)."""
    usual = np.zeros(len(sessions), dtype=bool)
    if within.any():
        minutes = _on_clocks(times[within], zone) - sessions[within].astype("datetime64[s]")
        known, place, count = np.unique(minutes, return_inverse=True, return_counts=True)
        count[np.isnat(known)] = 0
        usual[within] = place == np.argmax(count)
    return usual


def _on_clocks(times: Times, zone: str) -> Times:
    import pandas as pd

    shown = pd.DatetimeIndex(times, tz="UTC").tz_convert(zone).tz_localize(None)
    return np.asarray(shown.to_numpy().astype("datetime64[s]"))


def moments(days: Dates, hour: str, zone: str) -> Times:
    """Return when the clocks of a zone show an hour such as ``"09:30"`` on each day, ``datetime64[s]`` in UTC."""
    import pandas as pd

    shown = (np.datetime_as_string(days, unit="D").astype(object) + f"T{hour}").astype("datetime64[s]")
    local = pd.DatetimeIndex(shown).tz_localize(zone)
    return np.asarray(local.tz_convert("UTC").tz_localize(None).to_numpy().astype("datetime64[s]"))
