"""The reactions of a study in a row, each made when somebody asks for it, and all of them as one table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from eventstudy._typing import Bools, Floats, Ints, Labels
from eventstudy.calendars import Calendar
from eventstudy.errors import Reason
from eventstudy.events import Events, Placed
from eventstudy.panels import Basis, PricePanel, PriceSeries
from eventstudy.reactions.implied import Implied
from eventstudy.reactions.moves import run_up
from eventstudy.reactions.ordinary import OrdinaryDays
from eventstudy.reactions.path import PathSource
from eventstudy.reactions.record import COLUMNS, Reaction, Rung
from eventstudy.reactions.rungs import Rungs

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Barred", "Reactions", "reactions_frame"]

NUMBERS = ("base_price", "price", "raw", "raw_log", "expected", "abnormal", "z", "percentile")
# What a standing among ordinary days gives as its reasons.
STANDING_REASONS = frozenset({Reason.NO_HISTORY, Reason.NO_DISPERSION, Reason.GAP_STANDING})


@dataclass(frozen=True, slots=True, eq=False)
class Barred:
    """The moves of an event with bars, in the place of those of its daily prices."""

    moves: tuple[Rung, ...]
    whole: tuple[Rung, ...]
    source: PathSource


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Reactions(Sequence[Reaction]):
    """The reactions to n events: a sequence of `Reaction`, held in arrays.

    Parameters
    ----------
    events, placed, prices : Events, Placed, PricePanel
        What was measured.
    row : ndarray of shape (n,)
        Which of the events they are.
    rungs : Rungs
        Their moves, from daily prices.
    benchmark : ndarray of shape (n,)
        Whose move is expected of each, None where nobody's.
    beta : ndarray of shape (n,)
        NaN where there is none.
    implied : tuple of (Implied or None)
        What options had priced.
    ordinary : OrdinaryDays
        What the moves are compared with.
    since : date, optional
        From whose close the run-up counts.
    barred : mapping of int to Barred
        By place in the sequence, those with bars.
    """

    events: Events
    placed: Placed
    prices: PricePanel
    row: Ints
    rungs: Rungs
    benchmark: Labels
    beta: Floats
    implied: tuple[Implied | None, ...]
    ordinary: OrdinaryDays
    since: date | None
    barred: Mapping[int, Barred]

    @classmethod
    def none(cls, events: Events, placed: Placed, prices: PricePanel) -> Reactions:
        """Return the reactions to none of the events."""
        no, nobody = np.empty(0), np.empty(0, dtype=object)
        row = np.empty(0, dtype=np.int64)
        return cls(events, placed, prices, row, Rungs.none(), nobody, no, (), OrdinaryDays(), None, {})

    def named(self, event_id: str) -> Reaction | None:
        """Return the reaction to an event, None where there is none."""
        found = np.flatnonzero(self.event_id == event_id)
        return self._made(int(found[0])) if len(found) else None

    @property
    def event_id(self) -> Labels:
        """Their events, shape (n,)."""
        return self.events.event_id[self.row]

    @property
    def has_bars(self) -> Bools:
        """Which were measured from bars, shape (n,)."""
        return np.isin(np.arange(len(self)), [*self.barred])

    def __repr__(self) -> str:
        return f"Reactions({len(self)} events)"

    def __len__(self) -> int:
        return len(self.row)

    def __iter__(self) -> Iterator[Reaction]:
        return (self._made(place) for place in range(len(self)))

    @overload
    def __getitem__(self, place: int) -> Reaction: ...

    @overload
    def __getitem__(self, place: slice) -> tuple[Reaction, ...]: ...

    def __getitem__(self, place: int | slice) -> Reaction | tuple[Reaction, ...]:
        if isinstance(place, slice):
            return tuple(self._made(each) for each in range(len(self))[place])
        return self._made(range(len(self))[place])

    def _made(self, place: int) -> Reaction:
        events, row = self.events, int(self.row[place])
        series = self.prices.series(str(events.symbol[row]))
        day0, company = int(self.placed.day0[row]), events.groups.get("company")
        since, gained = _run_up(series, day0 - series.first, self.since)
        barred = self.barred.get(place)
        return Reaction(
            event_id=str(events.event_id[row]),
            symbol=series.symbol,
            company="" if company is None else str(company[row]),
            phase=str(self.placed.phase[row]),
            day0=_date(series.calendar, day0),
            base_date=_date(series.calendar, day0 - 1) if day0 > 0 else None,
            base_price=float(self.rungs.cells.base_price[place, 0]),
            base_definition=_base_definition(series, day0 - series.first),
            basis=series.basis,
            benchmark=self.benchmark[place],
            beta=float(self.beta[place]),
            run_up_since=since,
            run_up=gained,
            ordinary=self.ordinary,
            moves=self.rungs.of(place) if barred is None else barred.moves,
            whole=() if barred is None else barred.whole,
            implied=self.implied[place],
            source=None if barred is None else barred.source,
        )


def reactions_frame(reactions: Iterable[Reaction], *, own_events: bool = False) -> pd.DataFrame:
    """Return the moves of many reactions as one table, with the columns of ``reactions.csv``.

    Parameters
    ----------
    reactions : iterable of Reaction
        In the order in which they shall stand.
    own_events : bool
        Whether each move with past events to compare with has a second row, its `reference` ``own_events``: n, z (the
        t statistic) and percentile are those of `OwnStanding`.

    Returns
    -------
    DataFrame
        Columns `COLUMNS`; `reason` is empty text where nothing is missing.
    """
    import pandas as pd

    columns: Mapping[str, Any]
    if isinstance(reactions, Reactions) and not own_events and not reactions.barred:
        event_id = pd.Series(reactions.event_id, dtype="str").array.repeat(len(reactions.rungs.steps))
        columns = {"event_id": event_id, **reactions.rungs.columns()}
    else:
        records = [
            (reaction.event_id, *(_cell(getattr(move, name)) for name in COLUMNS[1:]))
            for reaction in reactions
            for move in (*reaction.moves, *(_among_own(reaction.moves) if own_events else ()))
        ]
        columns = dict(zip(COLUMNS, zip(*records, strict=True) if records else [[]] * len(COLUMNS), strict=True))
    frame = pd.DataFrame({name: columns[name] for name in COLUMNS})
    return frame.astype({"n": np.int64} | dict.fromkeys(NUMBERS, np.float64))


def _among_own(moves: Iterable[Rung]) -> Iterator[Rung]:
    for move in moves:
        own = move.own
        if own is not None and own.n:
            reasons = (*(each for each in move.reasons if each not in STANDING_REASONS), *filter(None, [own.reason]))
            yield replace(move, reference="own_events", n=own.n, z=own.t, percentile=own.percentile, reasons=reasons)


def _cell(value: object) -> object:
    return str(value) if isinstance(value, StrEnum) else value


def _run_up(series: PriceSeries, place: int, since: date | None) -> tuple[date | None, float]:
    sessions, day0 = series.calendar.sessions, series.first + place
    start = np.datetime64(since, "D") if since else sessions[day0].astype("datetime64[Y]") - np.timedelta64(1, "D")
    session = int(series.calendar.after(np.array([start], dtype="datetime64[D]"))[0]) - 1
    if session < 0:
        return None, np.nan
    return _date(series.calendar, session), run_up(series, session - series.first, place - 1)


def _base_definition(series: PriceSeries, place: int) -> str:
    if series.basis is Basis.RETURNS:
        return "there is no price, only returns"
    if place == 0:
        return "the prices begin on day 0, so there is no close before it"
    before = f"close of {series.sessions[place - 1]}"
    dividend, split = float(series.dividend[place]), float(series.split[place])
    if series.basis is Basis.ADJUSTED:
        return f"back-adjusted {before}: a level that was never traded"
    less = f" less the dividend of {dividend:g} of day 0" if dividend else ""
    over = f", divided by the split of {split:g} of day 0" if split != 1 else ""
    return f"regular {before}{less}{over}"


def _date(calendar: Calendar, session: int) -> date:
    day: date = calendar.sessions[session].astype(object)
    return day
