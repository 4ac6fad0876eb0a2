"""One list of announcements from several sources: the earliest public time wins, and a conflict is said."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, TypeVar

import numpy as np

from eventstudy._typing import Bools, Floats, Ints, Labels
from eventstudy.errors import Flag, InputError
from eventstudy.events import Events, Flags, Phase, place
from eventstudy.events.table import RECORD_FIELDS, Confirmation, Timing
from eventstudy.events.timing import latest_moments, on_exchange
from eventstudy.sources.base import EventSource

__all__ = ["MergedEvents", "conflicts", "merge_events"]

WITHIN = 5

Column = TypeVar("Column", Labels, Floats)


def merge_events(parts: Sequence[Events], within: int = WITHIN) -> Events:
    """Return the announcements of several sources, each once.

    Parameters
    ----------
    parts : sequence of Events
        One from each source; the first names the events.
    within : int
        Rows of one symbol and kind, from different sources and at most this many days apart, are one announcement; the
        nearest ones first.

    Returns
    -------
    Events
        By symbol, date and event id. A row is that of the source that was public first, at the latest moment that its
        time or tag allows; an estimate gives way to what is confirmed, and a date alone to a time or a tag. Groups and
        values that it lacks come from the others in the order of `parts`. The group ``sources`` names all sources
        (``csv#1``, ``csv#2`` where they share a name), and ``conflict`` what they say where they do not agree on
        day 0, else it is empty; such events bear the flag ``sources_disagree``.

    Examples
    --------
    >>> import pandas as pd
    >>> vendor = pd.DataFrame({"symbol": ["BABA"], "date": ["2025-02-20"], "eps_actual": [2.93]})
    >>> filing = pd.DataFrame({"symbol": ["BABA"], "announced_at": ["2025-02-20T06:14-05:00"]})
    >>> merged = merge_events([Events.from_frame(vendor, source="yahoo"), Events.from_frame(filing, source="edgar")])
    >>> str(merged.announced_at[0]), float(merged.values["eps_actual"][0]), merged.groups["sources"][0]
    ('2025-02-20T11:14:00', 2.93, 'yahoo+edgar')
    """
    if not parts:
        raise InputError("There are no events to merge.")
    if within < 0:
        raise InputError(f"within is {within}; a number of days can't be negative.")
    rows, origin = _stacked(parts)
    number = _clusters(rows, origin, within)
    winners, preferred = _preferred(rows, number)
    conflict = _conflicts(rows, number)
    merged = rows.take(winners)
    flags = Flags.parse(merged.flags).mark(Flag.SOURCES_DISAGREE, np.asarray(conflict != ""))
    first = np.unique(number, return_index=True)[1]
    named = replace(
        merged,
        event_id=_unique(rows.event_id[first].tolist()),
        flags=flags.text,
        groups={
            **{
                name: _first(labels, np.asarray(labels != ""), number, preferred, "")
                for name, labels in rows.groups.items()
            },
            "sources": _labels("+".join(dict.fromkeys(rows.source[cluster])) for cluster in _each(number)),
            "conflict": conflict,
        },
        values={
            name: _first(numbers, ~np.isnan(numbers), number, preferred, np.nan)
            for name, numbers in rows.values.items()
        },
    )
    return named.take(np.lexsort((named.event_id.astype(str), named.date, named.symbol.astype(str))))


def conflicts(events: Events) -> int:
    """Return of how many merged events the sources do not agree on day 0."""
    return int((events.groups["conflict"] != "").sum()) if "conflict" in events.groups else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class MergedEvents:
    """Events of several sources, merged; a config writes a list of sources.

    Parameters
    ----------
    parts : tuple of source
        The sources; the first names the events.
    within : int
        See `merge_events`.
    """

    name: ClassVar[str] = "merged"
    parts: tuple[EventSource, ...]
    within: int = WITHIN

    @property
    def symbols(self) -> tuple[str, ...]:
        """The symbols that any of the sources names by hand."""
        return tuple(dict.fromkeys(symbol for part in self.parts for symbol in getattr(part, "symbols", ())))

    def events(self, symbols: Sequence[str] | None = None) -> Events:
        """Return the announcements of some symbols; see `EventSource.events`."""
        return merge_events([part.events(symbols) for part in self.parts], self.within)


def _stacked(parts: Sequence[Events]) -> tuple[Events, Ints]:
    """Return all rows one after another, and the part of each."""
    lengths = [len(part) for part in parts]
    groups = dict.fromkeys(name for part in parts for name in part.groups)
    values = dict.fromkeys(name for part in parts for name in part.values)
    blank = {length: np.full(length, "", dtype=object) for length in lengths}
    record = {name: np.concatenate([getattr(part, name) for part in parts]) for name in RECORD_FIELDS}
    rows = Events(
        **{**record, "source": np.concatenate(_sources(parts))},
        groups={name: np.concatenate([part.groups.get(name, blank[len(part)]) for part in parts]) for name in groups},
        values={
            name: np.concatenate([part.values.get(name, np.full(len(part), np.nan)) for part in parts])
            for name in values
        },
    )
    return rows, np.repeat(np.arange(len(parts)), lengths)


def _sources(parts: Sequence[Events]) -> list[Labels]:
    """Return who says each row, by part; a name that several parts share is numbered."""
    shared = Counter(name for part in parts for name in set(part.source))
    seen: Counter[str] = Counter()
    named = []
    for part in parts:
        seen.update(set(part.source))
        labels = {name: f"{name}#{seen[name]}" if shared[name] > 1 else name for name in set(part.source)}
        named.append(_labels(labels[name] for name in part.source))
    return named


def _clusters(rows: Events, origin: Ints, within: int) -> Ints:
    """Return the number of the announcement that each row tells, in the order of their first rows.

    A part has one row in an announcement at most. The nearest rows are joined first: of two rows of one part, another
    part's row belongs to the one of its own date, not to the one some days before.
    """
    order = np.lexsort(
        (rows.event_id.astype(str), origin, rows.date, rows.kind.astype(str), rows.symbol.astype(str))
    ).tolist()
    days, parts = rows.date.astype(np.int64).tolist(), origin.tolist()
    pairs = []
    for first, row in enumerate(order):
        for second in range(first + 1, len(order)):
            other = order[second]
            apart = days[other] - days[row]
            if (rows.symbol[row], rows.kind[row]) != (rows.symbol[other], rows.kind[other]) or apart > within:
                break
            if parts[other] != parts[row]:
                pairs.append((apart, first, second))
    joined = {row: [row] for row in order}
    for _, first, second in sorted(pairs):
        both = joined[order[first]] + joined[order[second]]
        span = max(days[row] for row in both) - min(days[row] for row in both)
        if span <= within and len({parts[row] for row in both}) == len(both):
            joined |= dict.fromkeys(both, both)
    heads = np.array([min(joined[row]) for row in range(len(rows))], dtype=np.int64)
    return np.unique(heads, return_inverse=True)[1].astype(np.int64)


def _each(number: Ints) -> list[Ints]:
    """Return the rows of each announcement, in the order of the parts."""
    order = np.argsort(number, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(number[order])) + 1) if len(order) else []


def _preferred(rows: Events, number: Ints) -> tuple[Ints, Ints]:
    """Return the row that wins each announcement, and all rows by announcement, winner first, then as the parts.

    Confirmed goes before estimated, a known time or tag before a date alone; then whatever was public first, at the
    latest moment that its time or tag allows.
    """
    timed = ~np.isnat(rows.announced_at)
    bare = ~timed & np.asarray(rows.timing == Timing.UNKNOWN)
    estimated = np.asarray(rows.confirmation == Confirmation.ESTIMATED)
    order = np.lexsort((~timed, latest_moments(rows), bare, estimated, number))
    winners = order[np.unique(number[order], return_index=True)[1]]
    loses = np.ones(len(rows), dtype=bool)
    loses[winners] = False
    return winners, np.lexsort((loses, number))


def _conflicts(rows: Events, number: Ints) -> Labels:
    """Return what each source says where no session can be day 0 for all of them."""
    # Sessions can be compared on one exchange only: that of the first source.
    first = np.unique(number, return_index=True)[1]
    placed = place(on_exchange(rows, rows.calendar[first][number]))
    # Of an unknown time of day the session after the date is as good a day 0 as that of the date.
    last = placed.day0 + (placed.phase == Phase.UNKNOWN)
    clusters = _each(number)
    said = np.full(len(clusters), "", dtype=object)
    if clusters:
        order = np.argsort(number, kind="stable")
        starts = np.unique(number[order], return_index=True)[1]
        apart = np.maximum.reduceat(placed.day0[order], starts) > np.minimum.reduceat(last[order], starts)
        for each in np.flatnonzero(apart):
            said[each] = "; ".join(f"{rows.source[row]} {_when(rows, row)}" for row in clusters[each])
    return said


def _when(rows: Events, row: int) -> str:
    moment = rows.announced_at[row]
    return f"{rows.date[row]} {rows.timing[row]}" if np.isnat(moment) else f"{moment}Z"


def _first(column: Column, known: Bools, number: Ints, preferred: Ints, nothing: str | float) -> Column:
    """Return what the most preferred row of each announcement that knows it says, `nothing` where none does."""
    rows = preferred[known[preferred]]
    which, at = np.unique(number[rows], return_index=True)
    found = np.full(number.max(initial=-1) + 1, nothing, dtype=column.dtype)
    found[which] = column[rows[at]]
    return found


def _labels(words: Iterable[str]) -> Labels:
    return np.array([str(word) for word in words], dtype=object)


def _unique(names: Sequence[str]) -> Labels:
    """Return the names, those that stand again with a number."""
    given, taken = set(names), dict[str, None]()
    for name in names:
        free, number = name, 1
        while free in taken or (number > 1 and free in given):
            number += 1
            free = f"{name}-{number}"
        taken[free] = None
    return np.array([*taken], dtype=object)
