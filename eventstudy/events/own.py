"""Screens on a symbol's own events: windows that overlap, quarters told twice, calls taken for releases."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import ClassVar, Literal

import numpy as np

from eventstudy._labels import are, distinct, order_by_id
from eventstudy._listing import Listing
from eventstudy._typing import Bools, Ints, Labels
from eventstudy.errors import Flag, InputError, Reason, UnknownNameError
from eventstudy.events.screens import Action, Screening, Verdict, check_action
from eventstudy.events.table import Confirmation, Events
from eventstudy.events.timing import Placed

__all__ = ["CallsAndMeetings", "DuplicateQuarters", "OverlappingEvents", "sessions_near_events"]

POLICIES = ("keep", "first", "last", "drop_both", "merge")


@dataclass(frozen=True, slots=True, kw_only=True)
class OverlappingEvents:
    """Events of one symbol whose event windows share sessions (METHODS 1.6).

    Parameters
    ----------
    policy : {"keep", "first", "last", "drop_both", "merge"}
        All are kept, with a flag; the first or last of those that overlap; none of them; or one event, at the earliest
        date, for each chain of them. Whatever is kept of an overlap bears the flag.
    mask_events : int, optional
        Sessions on either side of every known event of the symbol, dropped ones included, that no estimation window
        uses. Masking lowers sigma and so raises test statistics (METHODS 11).
    """

    kind: ClassVar[str] = "overlaps"
    policy: Literal["keep", "first", "last", "drop_both", "merge"] = "keep"
    mask_events: int | None = None

    def __post_init__(self) -> None:
        if self.policy not in POLICIES:
            raise UnknownNameError("policy for overlapping events", self.policy, POLICIES)
        if self.mask_events is not None and self.mask_events < 0:
            raise InputError(f"screens: mask_events is {self.mask_events}; sessions, 0 or more, were expected.")

    def apply(self, seen: Screening) -> Verdict:
        """Return which events overlap, and which of them fall out."""
        span = seen.event_window[1] - seen.event_window[0]
        rows = np.flatnonzero(seen.kept)
        code, _ = distinct(seen.events.symbol[rows])
        place = order_by_id([code, seen.placed.day0[rows]], seen.events.event_id, rows)
        order, code, day0 = rows[place], code[place], seen.placed.day0[rows[place]]
        linked = np.zeros(len(order) + 1, dtype=bool)
        linked[1:-1] = (code[1:] == code[:-1]) & (np.diff(day0) <= span)
        overlapping = np.zeros(len(seen.events), dtype=bool)
        overlapping[order] = linked[:-1] | linked[1:]
        for_other = _displaced(self.policy, day0, span, linked)
        verdict = self._verdict(seen, order, overlapping, for_other)
        return verdict if self.mask_events is None else self._masked(seen, verdict, self.mask_events)

    def _verdict(self, seen: Screening, order: Ints, overlapping: Bools, for_other: Ints) -> Verdict:
        """Return flags and drops; `for_other` has the place in `order` of what each event gives way to, -1 if none."""
        out = np.flatnonzero(for_other >= 0)
        merged = self.policy == "merge"
        detail = np.empty(len(out), dtype=object)
        for row, place in enumerate(out):
            other = order[for_other[place]]
            apart = abs(int(seen.placed.day0[order[place]] - seen.placed.day0[other]))
            detail[row] = f"{seen.events.event_id[other]}, {apart} sessions away"
        reason = Reason.MERGED if merged else Reason.OVERLAPS_OWN_EVENT
        verdict = Verdict.nothing(len(seen.events)).but(order[out], reason, detail)
        stays = overlapping & are(verdict.status, Reason.OK)
        flag = Flag.MERGED if merged else Flag.OVERLAPS_OWN_EVENT
        return replace(verdict, flags=verdict.flags.mark(flag, stays))

    def _masked(self, seen: Screening, verdict: Verdict, radius: int) -> Verdict:
        listing = seen.prices.listing
        masked = sessions_near_events(seen.events, seen.placed, listing, radius)
        rows = np.flatnonzero(seen.kept)
        start, end = seen.estimation_window
        first = seen.placed.day0[rows] + start
        inside = listing.gather(
            masked.astype(np.float64), listing.codes(seen.events.symbol[rows]), first, end - start + 1
        )
        touched = np.zeros(len(seen.events), dtype=bool)
        touched[rows] = (inside == 1).any(axis=1)
        return replace(verdict, flags=verdict.flags.mark(Flag.MASKED_ESTIMATION, touched), masked=masked)


def _displaced(policy: str, day0: Ints, span: int, linked: Bools) -> Ints:
    """Return, for sorted events, the place of the event that each gives way to, -1 for those that stay.

    Parameters
    ----------
    policy : str
        One of `POLICIES`.
    day0 : ndarray of shape (n,)
        Of events sorted by symbol, then by day 0.
    span : int
        Most sessions between two day 0 whose windows share a session.
    linked : ndarray of shape (n + 1,)
        Whether each event overlaps the one before it; false at both ends.
    """
    count = len(day0)
    gives_way = np.full(count, -1, dtype=np.int64)
    if policy == "drop_both":
        gives_way[linked[:-1]] = np.flatnonzero(linked[:-1]) - 1
        only_next = linked[1:] & ~linked[:-1]
        gives_way[only_next] = np.flatnonzero(only_next) + 1
        return gives_way
    if policy == "merge":
        head = np.maximum.accumulate(np.where(linked[:-1], 0, np.arange(count)))
        return np.where(linked[:-1], head, -1)
    if policy in ("first", "last"):
        # An event that overlaps no neighbour on this side stays; another one gives way to what stays of its chain.
        side = -1 if policy == "first" else 1
        followers = np.flatnonzero(linked[:-1] if policy == "first" else linked[1:])
        for place in followers.tolist()[::-side]:
            neighbour = place + side
            stays = neighbour if gives_way[neighbour] < 0 else gives_way[neighbour]
            if abs(day0[place] - day0[stays]) <= span:
                gives_way[place] = stays
    return gives_way


def sessions_near_events(events: Events, placed: Placed, listing: Listing, radius: int) -> Bools:
    """Return which sessions lie within some sessions of an event of their symbol.

    Parameters
    ----------
    events : Events
        All known events, on the venue of their prices.
    placed : Placed
        Their day 0.
    listing : Listing
        Whose sessions.
    radius : int
        Sessions on either side of day 0.

    Returns
    -------
    ndarray of shape (n,)
        Flat over the listing.
    """
    codes = listing.codes(events.symbol)
    known = codes >= 0
    codes, day0 = codes[known], placed.day0[known]
    near = np.zeros(int(listing.offsets[-1]), dtype=bool)
    for shift in range(-radius, radius + 1):
        place = day0 + shift - listing.first[codes]
        inside = (place >= 0) & (place < listing.lengths[codes])
        near[listing.offsets[codes[inside]] + place[inside]] = True
    return near


@dataclass(frozen=True, slots=True, kw_only=True)
class DuplicateQuarters:
    """Events of one symbol and kind that tell one fiscal quarter a second time; the earliest confirmed one stays.

    Parameters
    ----------
    period : str, optional
        Group of the events that names the fiscal quarter; an event without one is not judged. None: no such group, and
        an event within `within` days, before or after, of one that stays tells the same quarter.
    within : int
        Days, where there is no period.
    action : {"flag", "drop"}
        Whether such events are kept with a flag or left out.
    """

    kind: ClassVar[str] = "duplicates"
    period: str | None = "period_end"
    within: int = 45
    action: Action = "drop"

    def __post_init__(self) -> None:
        check_action(self.kind, self.action)
        if self.within < 0:
            raise InputError(f"screens: within of {self.kind} is {self.within}; days, 0 or more, were expected.")

    def apply(self, seen: Screening) -> Verdict:
        """Return which events tell a quarter again."""
        events = seen.events
        period = _periods(events, self.period)
        twin = np.full(len(events), -1, dtype=np.int64)
        kept: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
        for row in _in_order(events, seen.kept):
            key = (str(events.symbol[row]), str(events.kind[row]), period[row] if self.period else "")
            if self.period and not key[2]:
                continue
            apart = {other: abs(int((events.date[row] - events.date[other]).astype(np.int64))) for other in kept[key]}
            nearest = min(apart, key=lambda other: apart[other], default=row)
            if nearest != row and (self.period or apart[nearest] <= self.within):
                twin[row] = nearest
            else:
                kept[key].append(row)
        return _verdict(events, self.action, twin, Flag.DUPLICATE_QUARTER, Reason.DUPLICATE_QUARTER)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallsAndMeetings:
    """Calls, meetings and the like that a calendar lists as if they were the release of results.

    Parameters
    ----------
    kinds : tuple of str
        Kinds of events that are no release.
    within : int
        An event at most this many days after one of the same symbol and kind is taken for its call; 0 does without.
    period : str, optional
        Group of the events that names the fiscal quarter; where both events have one, it must be the same.
    action : {"flag", "drop"}
        Whether such events are kept with a flag or left out.
    """

    kind: ClassVar[str] = "calls"
    kinds: tuple[str, ...] = ("call", "meeting", "conference", "presentation")
    within: int = 5
    period: str | None = None
    action: Action = "drop"

    def __post_init__(self) -> None:
        check_action(self.kind, self.action)
        if self.within < 0:
            raise InputError(f"screens: within of {self.kind} is {self.within}; days, 0 or more, were expected.")

    def apply(self, seen: Screening) -> Verdict:
        """Return which events look like a call or meeting."""
        events = seen.events
        named = seen.kept & np.isin(np.char.lower(events.kind.astype(str)), [kind.lower() for kind in self.kinds])
        period = _periods(events, self.period)
        release = np.full(len(events), -1, dtype=np.int64)
        latest: dict[tuple[str, str], int] = {}
        order = _in_order(events, seen.kept & ~named)
        for row in sorted(order, key=lambda row: events.date[row]):
            key = str(events.symbol[row]), str(events.kind[row])
            before = latest.setdefault(key, row)
            days = int((events.date[row] - events.date[before]).astype(np.int64))
            same = period[row] == period[before] or not (period[row] and period[before])
            if before != row and days <= self.within and same and self.within > 0:
                release[row] = before
            else:
                latest[key] = row
        found = _verdict(events, self.action, release, Flag.CALL_OR_MEETING, Reason.CALL_OR_MEETING)
        kinds = np.array([f"kind {kind}" for kind in events.kind], dtype=object)
        by_kind = Verdict.of(self.action, named, Flag.CALL_OR_MEETING, Reason.CALL_OR_MEETING, kinds)
        joined = found.but(named, by_kind.status[named], by_kind.detail[named])
        return replace(joined, flags=found.flags | by_kind.flags)


def _periods(events: Events, period: str | None) -> Labels:
    if period is None:
        return np.full(len(events), "", dtype=object)
    if period not in events.groups:
        raise UnknownNameError("group of the events that names the fiscal quarter", period, events.groups)
    return events.groups[period]


def _in_order(events: Events, which: Bools) -> list[int]:
    """Return some events by the time at which they were public, those confirmed before those estimated."""
    rows = np.flatnonzero(which)
    time = np.where(np.isnat(events.announced_at), events.date.astype("datetime64[s]"), events.announced_at)[rows]
    estimated = np.asarray(events.confirmation[rows] == Confirmation.ESTIMATED)
    order: list[int] = rows[np.lexsort((events.event_id[rows].astype(str), time, estimated))].tolist()
    return order


def _verdict(events: Events, action: Action, other: Ints, flag: Flag, reason: Reason) -> Verdict:
    """Return the verdict on the events that stand behind another one, whose row `other` has, -1 without any."""
    behind = other >= 0
    detail = np.full(len(events), "", dtype=object)
    detail[behind] = [f"{events.event_id[row]} of {events.date[row]}" for row in other[behind]]
    return Verdict.of(action, behind, flag, reason, detail)
