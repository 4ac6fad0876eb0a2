"""The moves of one symbol with its bars, and those of a benchmark at the same moments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from eventstudy._typing import Bools, Floats, Ints, Times
from eventstudy.bars import BarSeries
from eventstudy.errors import InputError
from eventstudy.panels import Basis, PriceSeries
from eventstudy.reactions.clock import Clock, Mark, Segment, SessionBars
from eventstudy.reactions.moves import Moves, base_close, moves_of

__all__ = ["BarMoves", "Pairing", "bar_moves_of"]


@dataclass(frozen=True, slots=True, eq=False)
class BarMoves:
    """The moves that begin at each session of one symbol, with the marks of its bars.

    Parameters
    ----------
    moves : Moves
        The daily moves, n sessions; an open, high or low that the daily prices lack comes from the bars.
    day : SessionBars
        The bars by session.
    clock : Clock
        At which times the marks were read.
    marks : mapping of str to Mark
        ``after_hours``, ``premarket`` (the last one by the cutoff), ``premarket_first``, ``premarket_high``,
        ``premarket_low``, ``premarket_vwap``, ``first_5``, ``first_30``.
    from_bars : mapping of str to ndarray of shape (n,)
        Where ``open``, ``high`` and ``low`` came from the bars.
    """

    moves: Moves
    day: SessionBars
    clock: Clock
    marks: Mapping[str, Mark]
    from_bars: Mapping[str, Bools]

    @property
    def cutoff(self) -> Times:
        """The moment of each session by which a premarket price must have been made, shape (n,)."""
        return self.day.opens - np.timedelta64(60 * self.clock.cutoff, "s")


def bar_moves_of(series: PriceSeries, bars: BarSeries, days: int, clock: Clock) -> BarMoves | None:
    """Return the moves of one symbol with its bars.

    Parameters
    ----------
    series : PriceSeries
        Its daily prices, n sessions.
    bars : BarSeries
        Its bars, of any interval.
    days : int
        How many sessions after day 0 are followed.
    clock : Clock
        At which times prices are read.

    Returns
    -------
    BarMoves or None
        None where the symbol has returns and no price that a bar could be measured from.

    Raises
    ------
    InputError
        If bars and daily prices are on two exchanges.
    """
    if series.basis is Basis.RETURNS:
        return None
    if bars.calendar.code != series.calendar.code:
        raise InputError(
            f"The bars of {series.symbol} are on the calendar {bars.calendar.code}, its daily prices on "
            f"{series.calendar.code}; give both the same."
        )
    day = SessionBars.of(bars, series, base_close(series))
    series, from_bars = _completed(series, day)
    cutoff = day.opens - np.timedelta64(60 * clock.cutoff, "s")
    early = Segment.PREMARKET
    marks = {
        "after_hours": day.last_by(Segment.AFTER_HOURS),
        "premarket_first": day.first(early, cutoff),
        "premarket_high": day.extreme(early, True, cutoff),
        "premarket_low": day.extreme(early, False, cutoff),
        "premarket_vwap": day.vwap(early, cutoff),
        "premarket": day.last_by(early, cutoff),
    }
    for minutes in clock.opening:
        if 60 * minutes >= bars.interval:
            moment = day.opens + np.timedelta64(60 * minutes, "s")
            marks[f"first_{minutes}"] = day.last_by(Segment.SESSION, moment)
    return BarMoves(moves_of(series, days), day, clock, marks, from_bars)


def _completed(series: PriceSeries, day: SessionBars) -> tuple[PriceSeries, dict[str, Bools]]:
    """Return the prices with the bars' open, high and low where the daily prices have none, and where that was."""
    session = Segment.SESSION
    # A price of its own needs no close before it.
    priced = replace(day, unit={session: day.level})
    found = {
        "open": priced.first(session),
        "high": priced.extreme(session, True),
        "low": priced.extreme(session, False),
    }
    from_bars: dict[str, Bools] = {}
    fields: dict[str, Floats] = {}
    for name, mark in found.items():
        own: Floats = getattr(series, name)
        from_bars[name] = np.asarray(np.isnan(own) & mark.printed)
        fields[name] = np.where(from_bars[name], mark.growth, own)
    return replace(series, open=fields["open"], high=fields["high"], low=fields["low"]), from_bars


@dataclass(frozen=True, slots=True, eq=False)
class Pairing:
    """What a benchmark did beside one symbol, session by session of the symbol.

    Parameters
    ----------
    place : ndarray of shape (n,)
        Where the benchmark's prices have the session, -1 where they lack it or the one before it.
    moves : Moves
        The benchmark's daily moves.
    day : SessionBars, optional
        Its bars.
    oldest : float
        Minutes after which a print of the benchmark is none.
    """

    place: Ints
    moves: Moves
    day: SessionBars | None
    oldest: float

    @classmethod
    def of(cls, series: PriceSeries, moves: Moves, day: SessionBars | None, oldest: float) -> Pairing:
        """Match the sessions of a symbol with those of its benchmark by their dates."""
        theirs, mine = moves.series.sessions, series.sessions
        found = np.searchsorted(theirs, mine)
        same = (found < len(theirs)) & (theirs[np.minimum(found, len(theirs) - 1)] == mine)
        steady = same & np.concatenate([[False], same[:-1] & (np.diff(found) == 1)])
        return cls(np.where(steady, found, -1).astype(np.int64), moves, day, oldest)

    def daily(self, name: str) -> Floats:
        """Return one of the benchmark's daily gross moves, shape (n,), NaN where it has none."""
        values = self.moves.growth[name]
        return np.where(self.place >= 0, values[np.maximum(self.place, 0)], np.nan)

    def at(self, segment: Segment, moments: Times, place: Ints | None = None) -> Floats:
        """Return the benchmark's gross move from its close before to the same moments.

        Its last bar that ended by the moment counts, unless it is too old or lies in another part of the day.

        Parameters
        ----------
        segment : Segment
            The part of the day.
        moments : ndarray of shape (n,)
            UTC, NaT where there is none.
        place : ndarray of shape (n,), optional
            Sessions of the benchmark; those of all sessions of the symbol without it.
        """
        place = self.place if place is None else place
        if self.day is None or not len(self.day.bars.close):
            return np.full(len(place), np.nan)
        bars, there = self.day.bars, np.maximum(place, 0)
        known = (place >= 0) & ~np.isnat(moments)
        moments = np.where(known, moments, bars.end[0])
        last = np.searchsorted(bars.end, moments, side="right") - 1
        inside = np.maximum(last, 0)
        age = (moments - bars.end[inside]) / np.timedelta64(60, "s")
        known &= (last >= self.day.low[segment][there]) & (age <= self.oldest)
        return np.where(known, bars.close[inside] * self.day.unit[segment][there], np.nan)
