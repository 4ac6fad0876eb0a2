"""What became of the events: used and lost, timed and untimed, shifted, crowded; and against a second calendar."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from eventstudy._labels import counts
from eventstudy._typing import Dates, Ints, Labels
from eventstudy.errors import Flag
from eventstudy.events.table import Events

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Capture", "Quality", "assess", "compare_calendars", "headline_end"]

# Above it the day of the news is unknown for too many (METHODS 1.4).
MOST_UNKNOWN = 0.05
NEAR = 3


def headline_end(unknown: int, total: int) -> int:
    """Return the last day of the headline window: 1, for all events, where too many times are unknown, else 0.

    Parameters
    ----------
    unknown, total : int
        Events whose timing is unknown, and all of them.

    Notes
    -----
    With more than 5% unknown the window is [0,+1] for every event of the study (METHODS 1.4; Berkman and Truong 2009).

    Examples
    --------
    >>> headline_end(5, 100), headline_end(6, 100)
    (0, 1)
    """
    return int(unknown > MOST_UNKNOWN * total)


@dataclass(frozen=True, slots=True)
class Capture:
    """How much of a second calendar is found in the first, in the form in which vendors state it.

    Parameters
    ----------
    reference : int
        Events of the second calendar that could be found: of symbols and dates that the first covers.
    captured : int
        Those of them with an event in the first.
    same_date : int
        Captured ones on the same date.
    within_three_days : int
        Captured ones at most three days away, the same date included.
    left_out : int
        Events of the second calendar that are not counted, since the first has none of their symbol.
    """

    reference: int
    captured: int
    same_date: int
    within_three_days: int
    left_out: int = 0

    @property
    def sentence(self) -> str:
        """The shares in words."""
        left_out = (
            f" {self.left_out} more, of symbols that the first calendar does not have, are left out."
            if self.left_out
            else ""
        )
        if not self.captured:
            return f"None of {self.reference} events of the second calendar are captured.{left_out}"
        exact, near = self.same_date / self.captured, self.within_three_days / self.captured
        return (
            f"Of {self.reference} events of the second calendar {self.captured / self.reference:.2%} are captured; of "
            f"these {exact:.2%} on the same date, {near:.2%} within three days.{left_out}"
        )


@dataclass(frozen=True, slots=True, eq=False)
class Quality:
    """What became of the events of a study.

    Parameters
    ----------
    given, used : int
        Events in, and events in the study.
    lost : mapping of str to int
        By reason, the most frequent first.
    phases : mapping of str to int
        Given events by phase.
    timed, tagged, unknown : int
        Given events whose time is known, of which only a tag is known, of which neither is.
    shifts : mapping of int to int
        Given events by calendar days from stated date to day 0.
    event_days : int
        Distinct dates of day 0 among the events used.
    largest_day : str
        The date that most of them share; empty without events.
    largest_count : int
        How many share it.
    flags : mapping of str to int
        Given events by flag.
    capture : Capture, optional
        Against a second calendar.
    """

    given: int
    used: int
    lost: dict[str, int]
    phases: dict[str, int]
    timed: int
    tagged: int
    unknown: int
    shifts: dict[int, int]
    event_days: int
    largest_day: str
    largest_count: int
    flags: dict[str, int] = field(default_factory=dict)
    capture: Capture | None = None

    @property
    def headline_end(self) -> int:
        """Last day of the headline window; see `headline_end`."""
        return headline_end(self.unknown, self.given)

    @property
    def sentences(self) -> tuple[str, ...]:
        """What a reader of the results should know, in words."""
        said = []
        if self.unknown:
            ends = "the headline window is [0,+1] for all" if self.headline_end else "the headline stays on day 0"
            said.append(f"The timing of {self.unknown} of {self.given} events is unknown; {ends}.")
        if self.used and self.largest_count > 1:
            said.append(
                f"{self.used} events fall on {self.event_days} dates; {self.largest_count} of them "
                f"({self.largest_count / self.used:.1%}) share {self.largest_day}."
            )
        if disagree := self.flags.get(str(Flag.SOURCES_DISAGREE), 0):
            said.append(f"The sources do not agree on day 0 of {disagree} of {self.given} events.")
        return (*said, self.capture.sentence) if self.capture else tuple(said)

    def to_frame(self) -> pd.DataFrame:
        """Return one row a figure: ``topic``, ``item``, ``events``."""
        import pandas as pd

        rows: list[tuple[str, str, int]] = [("events", "given", self.given), ("events", "used", self.used)]
        rows += [("lost", reason, count) for reason, count in self.lost.items()]
        rows += [("timing", "time known", self.timed), ("timing", "tag only", self.tagged)]
        rows += [("timing", "unknown", self.unknown)]
        rows += [("phase", phase, count) for phase, count in self.phases.items()]
        rows += [("shift", _days(days), count) for days, count in self.shifts.items()]
        rows += [("dates", "distinct", self.event_days)]
        rows += [("dates", self.largest_day, self.largest_count)] if self.largest_count > 1 else []
        rows += [("flag", flag, count) for flag, count in self.flags.items()]
        if self.capture is not None:
            rows += [("second calendar", "events", self.capture.reference)]
            rows += [("second calendar", "captured", self.capture.captured)]
            rows += [("second calendar", "same date", self.capture.same_date)]
            rows += [("second calendar", "within three days", self.capture.within_three_days)]
            rows += [("second calendar", "left out", self.capture.left_out)] if self.capture.left_out else []
        return pd.DataFrame(rows, columns=["topic", "item", "events"])


def _days(days: int) -> str:
    return "same day" if days == 0 else f"{days:+d} day" + ("s" if abs(days) > 1 else "")


def assess(table: pd.DataFrame, capture: Capture | None = None) -> Quality:
    """Return the quality of the events in a table of the output contract.

    Parameters
    ----------
    table : DataFrame
        ``events.csv``: ``announced_at``, ``date``, ``timing``, ``phase``, ``day0``, ``status``, ``reason``, ``flags``.
    capture : Capture, optional
        What `compare_calendars` returned.
    """
    used = (table["status"] == "ok").to_numpy(dtype=bool)
    # Dates that were read back from a file are moments, and the text of a missing one is not empty.
    text = {name: table[name].astype(str).where(table[name].notna(), "").to_numpy(dtype=object) for name in COLUMNS}
    timed = text["announced_at"] != ""
    unknown = text["phase"] == "unknown"
    day0 = text["day0"][used]
    days = counts(day0[day0 != ""])
    # The earliest of those that share the most, so that the answer does not depend on the order of the events.
    largest, count = min(days.items(), key=lambda item: (-item[1], item[0])) if days else ("", 0)
    lost = counts(text["reason"][~used])
    flags = Counter[str]()
    for cell, rows in counts(text["flags"]).items():
        flags.update(dict.fromkeys(filter(None, cell.split(";")), rows))
    days_moved, rows_moved = np.unique(shifted(table)["days"], return_counts=True)
    return Quality(
        given=len(table),
        used=int(used.sum()),
        lost=dict(sorted(lost.items(), key=lambda item: (-item[1], item[0]))),
        phases=dict(sorted(counts(text["phase"]).items(), key=lambda item: PHASES.index(item[0]))),
        timed=int(timed.sum()),
        tagged=int((~timed & ~unknown).sum()),
        unknown=int(unknown.sum()),
        shifts=dict(zip(days_moved.tolist(), rows_moved.tolist(), strict=True)),
        event_days=len(days),
        largest_day=largest,
        largest_count=count,
        flags=dict(sorted(flags.items(), key=lambda item: (-item[1], item[0]))),
        capture=capture,
    )


COLUMNS = ("announced_at", "date", "phase", "day0", "reason", "flags")
PHASES = ("pre", "intraday", "post", "closed", "unknown")


def shifted(table: pd.DataFrame) -> pd.DataFrame:
    """Return how far day 0 lies from the stated date of every event that has a day 0.

    Parameters
    ----------
    table : DataFrame
        ``events.csv``.

    Returns
    -------
    DataFrame
        ``event_id``, ``symbol``, ``date``, ``day0``, ``days`` (calendar days, 0 on the same date), ``phase``.
    """
    placed = table.loc[table["day0"].fillna("").astype(str) != ""]
    dates = placed["date"].to_numpy().astype("datetime64[D]"), placed["day0"].to_numpy().astype("datetime64[D]")
    days = (dates[1] - dates[0]).astype(np.int64)
    return placed[["event_id", "symbol", "date", "day0"]].assign(days=days, phase=placed["phase"])


def compare_calendars(events: Events, reference: Events, *, reach: int = 30) -> Capture:
    """Return how much of a second calendar is found in the first.

    Parameters
    ----------
    events : Events
        The calendar that is judged.
    reference : Events
        The one that it is judged by.
    reach : int
        Most days between two dates that may be of one event.

    Returns
    -------
    Capture
        Counts over the reference events of symbols that both have, between the first and the last date of `events`;
        those at most three days outside count where an event within three days stands for them. Those of other
        symbols are left out, and counted apart.

    Notes
    -----
    Each event stands for one reference event at most, the nearest pairs first.
    """
    if not len(events):
        return Capture(0, 0, 0, 0, left_out=len(reference))
    first, last = events.date.min(), events.date.max()
    inside = (reference.date >= first - NEAR) & (reference.date <= last + NEAR)
    dates = _dates_by_symbol(events.symbol, events.date)
    wanted = _dates_by_symbol(reference.symbol[inside], reference.date[inside])
    counted = [np.empty(0, dtype=np.int64)]
    for name in sorted(set(dates) & set(wanted)):
        apart, outside = _distances(dates[name], wanted[name], reach), (wanted[name] < first) | (wanted[name] > last)
        counted.append(apart[~outside | ((apart >= 0) & (apart <= NEAR))])
    apart = np.concatenate(counted)
    found = apart[apart >= 0]
    covered = (reference.date >= first) & (reference.date <= last)
    left_out = int((covered & ~np.isin(reference.symbol.astype(str), list(dates))).sum())
    return Capture(len(apart), len(found), int((found == 0).sum()), int((found <= NEAR).sum()), left_out)


def _dates_by_symbol(symbol: Labels, date: Dates) -> dict[str, Dates]:
    order = np.lexsort((date, symbol.astype(str)))
    names, starts = np.unique(symbol[order].astype(str), return_index=True)
    return dict(zip(names.tolist(), np.split(date[order], starts[1:]), strict=True))


def _distances(dates: Dates, wanted: Dates, reach: int) -> Ints:
    """Return the days from each wanted date to the date that stands for it, -1 where none does."""
    apart = np.abs((wanted[:, None] - dates[None, :]).astype(np.int64))
    found = np.full(len(wanted), -1, dtype=np.int64)
    taken = np.zeros(len(dates), dtype=bool)
    pairs = np.argwhere(apart <= reach)
    for mine, theirs in pairs[np.argsort(apart[pairs[:, 0], pairs[:, 1]], kind="stable")]:
        if found[mine] < 0 and not taken[theirs]:
            found[mine], taken[theirs] = apart[mine, theirs], True
    return found
