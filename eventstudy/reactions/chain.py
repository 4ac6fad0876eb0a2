"""The prices of one event in the order of time, from the base to the close, and the moves between them.

A price that nobody printed is the one before it, so that the moves add up exactly in logs (METHODS 6.1); it is no
member of any reference set.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np

from eventstudy._typing import Bools, Floats, Times
from eventstudy.calendars import get_calendar
from eventstudy.hours import SessionEdges, session_edges
from eventstudy.reactions.barmoves import BarMoves, Pairing
from eventstudy.reactions.clock import Clock, Mark, Segment, SessionBars

__all__ = ["News", "Point", "chain", "news_of", "news_points", "single_points"]

OPEN_GAP = "open_gap"


@dataclass(frozen=True, slots=True, eq=False)
class Point:
    """One price of the chain on every session; arrays have shape (n,).

    Parameters
    ----------
    name : str
        Its rung; ``base`` is where the chain begins.
    growth : ndarray of shape (n,)
        Gross move from the base, the price before it where nothing was printed.
    printed : ndarray of shape (n,)
        Whether it is a price of its own.
    fresh : ndarray of shape (n,)
        Whether it was made since the point before: of two prices of one part of the day the second may be the first.
    pace : ndarray of shape (n,)
        The benchmark's gross move from its own base to the same moment, NaN where it has none.
    time : ndarray of shape (n,)
        When, UTC; NaT where it is no one moment.
    segment : Segment, optional
        The part of the day of a price that was read off the bars.
    leg : str
        Name of the move that ends here.
    """

    name: str
    growth: Floats
    printed: Bools
    fresh: Bools
    pace: Floats
    time: Times
    segment: Segment | None = None
    leg: str = ""

    def after(self, before: Point) -> Point:
        """Return the same with the price before it where nothing was printed since."""
        held = self.printed
        fresh = held & ~(before.printed & (self.time <= before.time)) if before.segment is self.segment else held
        return Point(
            self.name,
            np.where(held, self.growth, before.growth),
            held,
            fresh,
            np.where(held, self.pace, before.pace),
            np.where(held, self.time, before.time),
            self.segment,
            self.leg,
        )


@dataclass(frozen=True, slots=True)
class News:
    """When an announcement came, as a time of the trading day.

    Parameters
    ----------
    segment : Segment
        The part of the day it fell in.
    offset : int
        Seconds after the close before, if it came after hours; after the open (before it: negative) if not.
    """

    segment: Segment
    offset: int


def news_of(moves: BarMoves, place: int, announced_at: np.datetime64) -> News | None:
    """Return where in the ladder of a session an announcement fell, None where it fell between its parts.

    Parameters
    ----------
    moves : BarMoves
        The symbol.
    place : int
        Its day 0.
    announced_at : datetime64
        UTC, NaT where unknown.
    """
    if np.isnat(announced_at):
        return None
    day, series = moves.day, moves.moves.series
    edges, session = _edges(series.calendar.code), series.first + place
    # Bars may tell of longer hours than the rule of the exchange does.
    evening, morning = (_bars_of(day, part, place) for part in (Segment.AFTER_HOURS, Segment.PREMARKET))
    ended = np.append(day.bars.end[evening], edges.post_closes[session - 1]).max()
    began = np.append(day.bars.start[morning], edges.pre_opens[session]).min()
    if day.closes[place] <= announced_at < ended:
        segment = Segment.AFTER_HOURS
    elif began <= announced_at < day.opens[place]:
        segment = Segment.PREMARKET
    elif day.opens[place] <= announced_at < series.calendar.closes[session]:
        segment = Segment.SESSION
    else:
        return None
    return News(segment, int((announced_at - day.anchor(segment)[place]).astype(np.int64)))


def _bars_of(day: SessionBars, segment: Segment, place: int) -> slice:
    return slice(int(day.low[segment][place]), int(day.high[segment][place]))


@cache
def _edges(code: str) -> SessionEdges:
    return session_edges(get_calendar(code))


def chain(moves: BarMoves, pairing: Pairing | None, news: News | None = None) -> tuple[Point, ...]:
    """Return the prices between which the legs of day 0 lie: base, after hours, premarket, open, close.

    With an announcement inside a part of the day, that part ends twice: at the last price before the news and at its
    own end. From the cutoff on that part is the gap at the open. Inside the regular session the prices some minutes
    after the news stand between the two.
    """
    made = [_base(moves)]
    for point in _points(moves, pairing, news):
        made.append(point.after(made[-1]) if point.segment is not None else point)
    return tuple(made)


def _base(moves: BarMoves) -> Point:
    n = len(moves.moves.base)
    one = np.where(np.isnan(moves.moves.base), np.nan, 1.0)
    known = np.ones(n, dtype=bool)
    return Point("base", one, known, known, np.ones(n), moves.day.closes)


def _points(moves: BarMoves, pairing: Pairing | None, news: News | None) -> Iterator[Point]:
    marks, daily = moves.marks, moves.moves
    part = "" if news is None else _part(news, moves.clock)
    for segment in (Segment.AFTER_HOURS, Segment.PREMARKET):
        if part == segment and news is not None:
            yield _before(moves, pairing, news, part)
        leg = f"{segment}_after" if part == segment else str(segment)
        yield point(str(segment), marks[str(segment)], pairing, leg)
    if part == OPEN_GAP and news is not None:
        yield _before(moves, pairing, news, part)
    leg = f"{OPEN_GAP}_after" if part == OPEN_GAP else OPEN_GAP
    yield _daily("open", daily.growth["open"], moves.day.opens, pairing, leg)
    inside = part == Segment.SESSION
    if inside and news is not None:
        yield _before(moves, pairing, news, part)
        yield from news_points(moves, pairing, news)
    series = daily.series
    closes = series.calendar.closes[series.first : series.first + len(series.close)]
    yield _daily("close", daily.growth["close"], closes, pairing, "session_after" if inside else "session")


def _part(news: News, clock: Clock) -> str:
    """Return which leg the news split: what comes before the open and after the cutoff is no part of the premarket."""
    late = news.segment is Segment.PREMARKET and news.offset >= -60 * clock.cutoff
    return OPEN_GAP if late else str(news.segment)


def _before(moves: BarMoves, pairing: Pairing | None, news: News, part: str) -> Point:
    moments = moves.day.anchor(news.segment) + np.timedelta64(news.offset, "s")
    name = f"{part}_before"
    return point(name, moves.day.last_by(news.segment, moments), pairing, name)


def news_points(moves: BarMoves, pairing: Pairing | None, news: News) -> Iterator[Point]:
    """Give the prices some minutes after the news, as long as they lie in the same part of the day."""
    day, segment = moves.day, news.segment
    for minutes in moves.clock.after_news:
        offset = news.offset + 60 * minutes
        too_late = segment is Segment.PREMARKET and offset > -60 * moves.clock.cutoff
        if 60 * minutes < day.bars.interval or too_late:
            continue
        moments = day.anchor(segment) + np.timedelta64(offset, "s")
        name = f"news_{minutes}m"
        yield point(name, day.last_by(segment, moments), pairing, name)


def single_points(moves: BarMoves, pairing: Pairing | None, names: Iterable[str]) -> Iterator[Point]:
    """Give marks that are rungs and end no leg."""
    for name in names:
        if name in moves.marks:
            yield point(name, moves.marks[name], pairing, "")


def point(name: str, mark: Mark, pairing: Pairing | None, leg: str) -> Point:
    """Return a mark as a point, with the benchmark at the same moments."""
    pace = np.full(len(mark.growth), np.nan) if pairing is None else pairing.at(mark.segment, mark.time)
    return Point(name, mark.growth, mark.printed, mark.printed, pace, mark.time, mark.segment, leg)


def _daily(name: str, growth: Floats, time: Times, pairing: Pairing | None, leg: str) -> Point:
    pace = np.full(len(growth), np.nan) if pairing is None else pairing.daily(name)
    known = np.asarray(~np.isnan(growth))
    return Point(name, growth, known, known, pace, time, None, leg)
