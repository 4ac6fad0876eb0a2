"""From a long table of bars to a `BarPanel`: which end of a bar its time is, which session it trades in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from eventstudy._long_prices import checked_numbers
from eventstudy._moments import time_column
from eventstudy._panel_build import bases_of, calendar_codes_of
from eventstudy._typing import Bools, Floats, Ints, Labels, Times
from eventstudy.bars import BAR_FIELDS, BarPanel
from eventstudy.calendars import Calendar, get_calendar
from eventstudy.errors import DataError, UnknownNameError
from eventstudy.frames import Origin, require_columns, text_column
from eventstudy.hours import ExtendedHours, session_edges

if TYPE_CHECKING:
    import pandas as pd

_DAY = 86_400

Hours = Mapping[str, Sequence[ExtendedHours]]
Label = Literal["start", "end"]


@dataclass(frozen=True, slots=True)
class _Rows:
    """What the checks look at: the symbol and time of each row, and each symbol's calendar."""

    origin: Origin
    symbols: Labels
    codes: Ints
    calendars: tuple[Calendar, ...]
    times: Times

    def name(self, row: int) -> str:
        """Return a row in words."""
        return f"{self.origin.row(row)}: the bar of {self.symbols[self.codes[row]]} at {self.times[row]} UTC"

    def by_calendar(self) -> Iterator[tuple[Calendar, Bools]]:
        """Return each calendar with the rows of its symbols."""
        exchange = np.array([calendar.code for calendar in self.calendars], dtype=object)
        for calendar in {each.code: each for each in self.calendars}.values():
            yield calendar, (exchange == calendar.code)[self.codes]


def build_bar_panel(
    frame: pd.DataFrame,
    *,
    interval: int | None,
    label: Label | None,
    zone: str | None,
    time_format: str | None,
    calendar: str | Mapping[str, str] | None,
    basis: str | Mapping[str, str],
    hours: Hours | None,
    origin: Origin,
) -> BarPanel:
    """Return the panel that `BarPanel.from_frame` promises; the arguments are explained there."""
    require_columns(frame, ["time", "symbol", *BAR_FIELDS[:4]], origin)
    names = text_column(frame, "symbol", origin)
    symbols, codes = np.unique(names.astype(str), return_inverse=True)
    codes = codes.astype(np.int64)
    calendars = tuple(get_calendar(code) for code in calendar_codes_of(symbols, calendar))
    zones = np.array([each.zone for each in calendars], dtype=object)[codes] if zone == "exchange" else zone
    rows = _Rows(
        origin, symbols, codes, calendars, time_column(frame, "time", origin, zone=zones, time_format=time_format)
    )
    order = _sorted_once(rows)
    seconds = _interval(rows, order, interval)
    start, session = _placed(rows, seconds, label, hours)
    flat = {name: _numbers(frame, name, origin)[order] for name in BAR_FIELDS}
    return BarPanel(
        symbols=tuple(str(symbol) for symbol in symbols),
        calendars=calendars,
        offsets=np.searchsorted(codes[order], np.arange(len(symbols) + 1)).astype(np.int64),
        start=start[order],
        session=session[order],
        interval=seconds,
        basis=bases_of(symbols, basis),
        **flat,
    )


def _numbers(frame: pd.DataFrame, name: str, origin: Origin) -> Floats:
    if name == "volume" and name not in frame.columns:
        return np.full(len(frame), np.nan)
    return checked_numbers(frame, name, midpoints=False, origin=origin)


def _sorted_once(rows: _Rows) -> Ints:
    """Return the order by symbol and time; a time that a symbol has twice is an error."""
    order = np.lexsort((rows.times, rows.codes))
    again = np.flatnonzero((np.diff(rows.codes[order]) == 0) & (np.diff(rows.times[order]).astype(np.int64) == 0))
    if again.size:
        row, before = int(order[again[0] + 1]), int(order[again[0]])
        raise DataError(f"{rows.name(row)} stands a second time (first in {rows.origin.row(before)}).")
    return order


def _interval(rows: _Rows, order: Ints, given: int | None) -> int:
    """Return the seconds between the starts of neighbours: as given, or the most common distance."""
    place = rows.origin.name
    if given is None:
        steps = np.diff(rows.times[order]).astype(np.int64)[np.diff(rows.codes[order]) == 0]
        if not steps.size:
            raise DataError(f"{place}: no symbol has two bars, so give their interval in seconds.")
        distances, counts = np.unique(steps, return_counts=True)
        given = int(distances[np.argmax(counts)])
    if not 1 <= given < _DAY:
        raise DataError(f"{place}: bars {given} seconds apart; between 1 second and a day was expected.")
    return given


def _placed(rows: _Rows, interval: int, label: Label | None, hours: Hours | None) -> tuple[Times, Ints]:
    """Return the start of each bar and the session that it trades in."""
    if label is not None and label not in ("start", "end"):
        raise UnknownNameError("label of bars", label, ("start", "end"))
    starts = {"start": rows.times, "end": rows.times - np.timedelta64(interval, "s")}
    sessions = {name: _sessions(rows, starts[name], hours) for name in ([label] if label else starts)}
    possible = [name for name, found in sessions.items() if (found >= 0).all()]
    if len(possible) > 1:
        regular = [name for name in possible if _all_regular(rows, starts[name], sessions[name])]
        possible = regular if len(regular) == 1 else possible
    match possible:
        case [only]:
            return starts[only], sessions[only]
        case []:
            raise DataError(_outside(rows, sessions))
        case _:
            raise DataError(
                f"{rows.origin.name}: the times may be the starts of the bars or their ends; no bar stands at an "
                f"edge of a session that would prove it. Say label: start or label: end."
            )


def _sessions(rows: _Rows, starts: Times, hours: Hours | None) -> Ints:
    found = np.empty(len(starts), dtype=np.int64)
    for calendar, own in rows.by_calendar():
        found[own] = session_edges(calendar, hours).session(starts[own])
    return found


def _all_regular(rows: _Rows, starts: Times, sessions: Ints) -> bool:
    return all(
        (starts[own] >= calendar.opens[sessions[own]]).all() and (starts[own] < calendar.closes[sessions[own]]).all()
        for calendar, own in rows.by_calendar()
    )


def _outside(rows: _Rows, sessions: Mapping[str, Ints]) -> str:
    """Return the complaint about the first bar that lies in no session."""
    fewest = min(sessions, key=lambda name: int((sessions[name] < 0).sum()))
    bad = np.flatnonzero(sessions[fewest] < 0)
    calendar = rows.calendars[rows.codes[bad[0]]]
    as_label = "" if len(sessions) > 1 else f" (taken for the {fewest} of the bar)"
    return (
        f"{rows.name(int(bad[0]))}{as_label} lies outside the extended hours of every session of {calendar.code} "
        f"({len(bad)} of {len(rows.times)} bars do). Drop it, or correct the zone, the label or the hours."
    )
