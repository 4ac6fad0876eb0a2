"""The reaction to one event: its rungs and legs, and how they show themselves."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

import numpy as np

from eventstudy.errors import InputError, Reason
from eventstudy.panels import Basis
from eventstudy.reactions.implied import Implied
from eventstudy.reactions.liquidity import Grade, Prints
from eventstudy.reactions.ordinary import OrdinaryDays
from eventstudy.reactions.path import IntradayPath, PathSource
from eventstudy.reactions.standing import OwnStanding

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from eventstudy.reports.display import DisplayTable

__all__ = ["COLUMNS", "Grade", "Kind", "Reaction", "Rung"]

COLUMNS = (
    "event_id",
    "leg",
    "kind",
    "start",
    "end",
    "base_price",
    "price",
    "price_source",
    "raw",
    "raw_log",
    "expected",
    "abnormal",
    "reference",
    "n",
    "z",
    "percentile",
    "grade",
    "reason",
)


class Kind(StrEnum):
    """From where a move is measured."""

    RUNG = "rung"
    """From the one base price."""
    LEG = "leg"
    """From the rung before."""


@dataclass(frozen=True, slots=True)
class Rung:
    """One move of a reaction; every number is NaN where missing, and `reasons` say why.

    Parameters
    ----------
    leg : str
        ``premarket``, ``open``, ``high``, ``low``, ``close``, ``gap``, ``session``, ``d1``, ``d2``, ...; of bars also
        ``after_hours``, ``premarket_first``, ``first_30``, ``open_gap``, ``premarket_before`` the news, ``news_15m``
        after it, and more.
    kind : Kind
        Rung or leg.
    start, end : str
        Between which prices, as ``"2025-02-19 close"``: a date of the exchange and ``close``, ``premarket``,
        ``open``, ``high`` or ``low``; or ``"2025-11-25 09:25"``, the end of a bar by the clocks of the exchange.
    base_price, price : float
        The price before, and the one it moved to, each as it stood on its own day. The base of day 0 is
        converted for a dividend or split of that day (METHODS 1.1); where a later one lies between the two
        prices, `raw` is the total return and not their ratio.
    price_source : {"measured", "quoted"}
        From the price table, or from the event.
    raw : float
        Simple return, a decimal.
    raw_log : float
        ``ln(1 + raw)``: these add up, gap + session = close, and close + d1 + d2 = the rung d2.
    expected : float
        Beta times the benchmark's simple move over the same leg.
    abnormal : float
        ``raw - expected``.
    expected_log : float
        Beta times the benchmark's log move: these add up as `raw_log` does (METHODS 6.2).
    reference : str
        What the standing compares with, ``ordinary_days``.
    n : int
        Ordinary moves compared with.
    z, percentile : float
        See `Standing`; of a quoted move, those of the gap.
    grade : Grade
        What stands behind `price`.
    reasons : tuple of Reason
        Why numbers are missing, the move itself first.
    beta : float
        What `expected` was made with: of bars the leg's own, from ordinary days.
    beta_days : int
        How many days that was; 0 for the beta of whole days.
    prints : Prints or None
        What traded outside the regular session up to `price`.
    own : OwnStanding or None
        Where the move stands among those of the stock's own past events.
    ordinary_sd : float
        Standard deviation of the same move on ordinary days, what z was divided by.
    """

    leg: str
    kind: Kind
    start: str
    end: str
    base_price: float
    price: float
    price_source: Literal["measured", "quoted"]
    raw: float
    raw_log: float
    expected: float
    abnormal: float
    expected_log: float
    reference: str
    n: int
    z: float
    percentile: float
    grade: Grade
    reasons: tuple[Reason, ...] = ()
    beta: float = float("nan")
    beta_days: int = 0
    prints: Prints | None = None
    own: OwnStanding | None = None
    ordinary_sd: float = float("nan")

    @property
    def printed(self) -> bool:
        """Whether somebody traded or quoted the price; without a print the one before it stands in its place."""
        return Reason.NO_PRINT not in self.reasons and not np.isnan(self.raw)

    @property
    def abnormal_log(self) -> float:
        """``raw_log - expected_log``, which adds up."""
        return self.raw_log - self.expected_log

    @property
    def reason(self) -> str:
        """The reasons as they stand in a table: one code, several parted by ``"; "``, or nothing."""
        return "; ".join(self.reasons)


@dataclass(frozen=True, slots=True)
class Reaction:
    """How a price moved on one event, from the close before day 0.

    Parameters
    ----------
    event_id, symbol : str
        Which event, of whom.
    company : str
        The symbol's name in words, empty where unknown.
    phase : str
        Where in the trading day the announcement fell.
    day0, base_date : date
        The session whose close first contains the news, and the one before it. None where there is none before.
    base_price : float
        Regular close of `base_date`, converted for a dividend or split on day 0.
    base_definition : str
        How the base price was made, in words.
    basis : Basis
        What the symbol's prices are.
    benchmark : str or None
        Whose move is expected of the stock, times beta.
    beta : float
        NaN where there is none.
    run_up_since : date or None
        Session from whose close the run-up counts: the last of the year before, unless another was asked for.
    run_up : float
        Total return from there to the base close, a decimal; NaN where the prices do not reach back.
    ordinary : OrdinaryDays
        What the moves are compared with.
    moves : tuple of Rung
        The rungs in the order of the day, then the legs, which add up.
    whole : tuple of Rung
        With bars, the parts of the day as wholes, which overlap the legs: ``gap``, ``after_hours``, ``premarket``,
        ``open_gap``, ``session``. `leg` finds them too.
    implied : Implied or None
        The move that options had priced.
    source : PathSource or None
        What `path` is made from.
    """

    event_id: str
    symbol: str
    company: str
    phase: str
    day0: date
    base_date: date | None
    base_price: float
    base_definition: str
    basis: Basis
    benchmark: str | None
    beta: float
    run_up_since: date | None
    run_up: float
    ordinary: OrdinaryDays
    moves: tuple[Rung, ...]
    whole: tuple[Rung, ...] = ()
    implied: Implied | None = None
    source: PathSource | None = field(default=None, repr=False, compare=False)

    @property
    def has_bars(self) -> bool:
        """Whether the ladder was measured from bars."""
        return self.source is not None

    @property
    def path(self) -> IntradayPath | None:
        """The path through the bars from the close before day 0 to its own, None without bars."""
        return None if self.source is None else self.source.path()

    @property
    def rungs(self) -> tuple[Rung, ...]:
        """The moves from the base price."""
        return tuple(move for move in self.moves if move.kind is Kind.RUNG)

    @property
    def legs(self) -> tuple[Rung, ...]:
        """The moves from one rung to the next."""
        return tuple(move for move in self.moves if move.kind is Kind.LEG)

    def rung(self, leg: str) -> Rung:
        """Return the move from the base price to a rung, such as ``"open"`` or ``"d2"``."""
        return self._move(leg, Kind.RUNG)

    def leg(self, leg: str) -> Rung:
        """Return the move of a leg: ``"gap"``, ``"session"``, a day such as ``"d2"``, with bars ``"premarket"``, ..."""
        return self._move(leg, Kind.LEG)

    def _move(self, leg: str, kind: Kind) -> Rung:
        for move in (*self.moves, *self.whole):
            if move.leg == leg and move.kind is kind:
                return move
        known = ", ".join(move.leg for move in self.moves if move.kind is kind)
        raise InputError(f"The reaction {self.event_id} has no {kind} {leg!r}. Known: {known}.")

    @property
    def sentences(self) -> tuple[str, ...]:
        """What happened, in words; see `eventstudy.reactions.words`."""
        from eventstudy.reactions.words import sentences

        return sentences(self)

    @property
    def own_sentence(self) -> str:
        """How the move compares with those at the stock's own past events; empty without any."""
        from eventstudy.reactions.words import own_sentence

        return own_sentence(self)

    @property
    def notes(self) -> tuple[str, ...]:
        """How the numbers were made, in words."""
        from eventstudy.reactions.words import notes

        return notes(self)

    def to_frame(self, *, own_events: bool = False) -> pd.DataFrame:
        """Return the moves as a table with the columns of ``reactions.csv``; see `reactions_frame`."""
        from eventstudy.reactions.sequence import reactions_frame

        return reactions_frame([self], own_events=own_events)

    def plot(self) -> Figure:
        """Return the ladder as a matplotlib figure."""
        from eventstudy.reports.figures import ladder

        return ladder(self.to_frame(), self.event_id)

    def figures(self) -> dict[str, Figure]:
        """Return the figures beside the ladder, by what is to be seen; of daily prices there are none.

        With bars: the path through the day with the benchmark beside it, and the legs as a waterfall.
        """
        path = self.path
        if path is None:
            return {}
        from eventstudy.reports.reaction_figures import intraday, waterfall

        frame = path.to_frame().assign(time=path.time)
        drawn = (
            {}
            if frame.empty
            else {"Path through the day": intraday(frame, path.edges, path.zone, self.event_id, path.benchmark_name)}
        )
        return drawn | {"Waterfall of the legs": waterfall(self.to_frame(), self.event_id)}

    def summary(self, width: int = 100) -> str:
        """Return sentences, rungs and legs as plain text, `width` columns wide where it wraps."""
        from eventstudy.reports.terminal import render_tables

        return render_tables(self.sentences, self.tables(), color=False, width=width)

    def tables(self) -> list[DisplayTable]:
        """Return rungs and legs as tables for people."""
        from eventstudy.reports import tables

        frames = {"reactions": self.to_frame()}
        rungs, legs = tables.ladder(frames, self.event_id), tables.legs(frames, self.event_id)
        return [rungs, replace(legs, notes=self.notes)]

    def _repr_html_(self) -> str:
        from eventstudy.reports.html import reaction_fragment

        return reaction_fragment(self.event_id, self.sentences, self.plot(), self.tables(), self.figures())

    def __str__(self) -> str:
        return " ".join(self.sentences)
