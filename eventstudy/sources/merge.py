"""One list of announcements from several sources: the earliest public time wins, and a conflict is said."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from eventstudy._typing import Floats, Ints, Labels
from eventstudy.errors import InputError
from eventstudy.events import Events, Phase, place
from eventstudy.events.table import RECORD_FIELDS
from eventstudy.sources.base import EventSource

__all__ = ["MergedEvents", "conflicts", "merge_events"]

WITHIN = 5


def merge_events(parts: Sequence[Events], within: int = WITHIN) -> Events:
    """Return the announcements of several sources, each once.

    Parameters
    ----------
    parts : sequence of Events
        One from each source; the first names the events.
    within : int
        Rows of one symbol and kind, from different sources and at most this many days apart, are one announcement.

    Returns
    -------
    Events
        By symbol and date. A row is that of the source with the earliest public time; a row with a date only has
        become public some time on that date, so that it wins if no other has a time on that day or before.
        Groups and values that it lacks come from the others in the order of `parts`. The group ``sources`` names
        all sources, and ``conflict`` what they say where they do not agree on day 0, else it is empty.

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
    clusters = sorted(_clusters(rows, origin, within), key=lambda each: int(each[0]))
    winners = [_winner(rows, cluster) for cluster in clusters]
    placed = place(rows)
    # Of an unknown time of day the session after the date is as good a day 0 as that of the date.
    last = placed.day0 + (placed.phase == Phase.UNKNOWN)
    merged = rows.take(winners).with_columns(
        groups={
            **{name: _first(labels, clusters, winners, "") for name, labels in rows.groups.items()},
            "sources": _labels("+".join(dict.fromkeys(rows.source[cluster])) for cluster in clusters),
            "conflict": _labels(_conflict(rows, cluster, placed.day0, last) for cluster in clusters),
        },
        values={name: _filled(numbers, clusters, winners) for name, numbers in rows.values.items()},
    )
    ids = _unique([str(rows.event_id[cluster[0]]) for cluster in clusters])
    named = Events(
        **{name: getattr(merged, name) for name in RECORD_FIELDS if name != "event_id"},
        event_id=ids,
        groups=merged.groups,
        values=merged.values,
    )
    return named.take(np.lexsort((named.date, named.symbol.astype(str))))


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
    rows = Events(
        **{name: np.concatenate([getattr(part, name) for part in parts]) for name in RECORD_FIELDS},
        groups={name: np.concatenate([part.groups.get(name, blank[len(part)]) for part in parts]) for name in groups},
        values={
            name: np.concatenate([part.values.get(name, np.full(len(part), np.nan)) for part in parts])
            for name in values
        },
    )
    return rows, np.repeat(np.arange(len(parts)), lengths)


def _clusters(rows: Events, origin: Ints, within: int) -> Iterator[Ints]:
    """Give the rows of each announcement in the order of the parts; a part has one row in it at most."""
    keys = np.array([f"{symbol}\0{kind}" for symbol, kind in zip(rows.symbol, rows.kind, strict=True)])
    for key in np.unique(keys):
        own = np.flatnonzero(keys == key)
        own = own[np.lexsort((origin[own], rows.date[own]))]
        free = dict.fromkeys(own.tolist())
        while free:
            start = next(iter(free))
            near: dict[int, int] = {}
            for row in free:
                if (rows.date[row] - rows.date[start]).astype(int) <= within:
                    near.setdefault(int(origin[row]), row)
            for row in near.values():
                del free[row]
            yield np.array([near[part] for part in sorted(near)], dtype=np.int64)


def _winner(rows: Events, cluster: Ints) -> int:
    """Return the row with the earliest public time."""
    timed = ~np.isnat(rows.announced_at[cluster])
    # On one date a known time goes before a date alone, and a known phase before none.
    order = np.lexsort((rows.timing[cluster] == "unknown", rows.announced_at[cluster], ~timed, rows.date[cluster]))
    return int(cluster[order[0]])


def _conflict(rows: Events, cluster: Ints, first: Ints, last: Ints) -> str:
    """Return what each source says where no session can be day 0 for all of them."""
    if first[cluster].max() <= last[cluster].min():
        return ""
    return "; ".join(f"{rows.source[row]} {_when(rows, row)}" for row in cluster)


def _when(rows: Events, row: int) -> str:
    moment = rows.announced_at[row]
    return f"{rows.date[row]} {rows.timing[row]}" if np.isnat(moment) else f"{moment}Z"


def _first(labels: Labels, clusters: Sequence[Ints], winners: Sequence[int], nothing: str) -> Labels:
    return _labels(
        next((labels[row] for row in (winner, *cluster) if labels[row] != nothing), nothing)
        for winner, cluster in zip(winners, clusters, strict=True)
    )


def _filled(numbers: Floats, clusters: Sequence[Ints], winners: Sequence[int]) -> Floats:
    return np.array(
        [
            next((numbers[row] for row in (winner, *cluster) if not np.isnan(numbers[row])), np.nan)
            for winner, cluster in zip(winners, clusters, strict=True)
        ]
    )


def _labels(words: Iterator[str]) -> Labels:
    return np.array([str(word) for word in words], dtype=object)


def _unique(names: Sequence[str]) -> Labels:
    """Return the names, those that stand again with a number."""
    seen: dict[str, int] = {}
    taken = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        taken.append(name if seen[name] == 1 else f"{name}-{seen[name]}")
    return np.array(taken, dtype=object)
