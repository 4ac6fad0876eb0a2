"""The ladder of one event with bars: every price between two closes, and each move against its own kind."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice, pairwise

import numpy as np

from eventstudy._typing import Bools, Floats, Ints
from eventstudy.errors import Reason
from eventstudy.reactions.barmoves import BarMoves, Pairing
from eventstudy.reactions.betas import LegBeta, leg_beta
from eventstudy.reactions.chain import News, Point, chain, news_points, single_points
from eventstudy.reactions.clock import Segment
from eventstudy.reactions.liquidity import Grade, Prints
from eventstudy.reactions.ordinary import OrdinaryDays, ordinary_starts
from eventstudy.reactions.record import Kind, Rung
from eventstudy.reactions.samples import Samples
from eventstudy.reactions.standing import OwnStanding, Standing, own_standings, standings
from eventstudy.reactions.steps import GRADES, LAST_EVENTS, is_later, log_of

__all__ = ["BarLadder"]

EARLY = ("premarket_first", "premarket_high", "premarket_low", "premarket_vwap")
# Prices of the whole premarket, as they stand at the cutoff.
LATE = ("premarket", "premarket_high", "premarket_low", "premarket_vwap")
# The daily beta is that of the move from close to close.
DAILY = "close"
NO_BETA = LegBeta(math.nan, 0)


@dataclass(frozen=True, slots=True, eq=False)
class Span:
    """A move from one point of the chain to another, on every session; arrays have shape (n,)."""

    leg: str
    kind: Kind
    start: Point
    end: Point

    @property
    def growth(self) -> Floats:
        """The gross move."""
        return _ratio(self.end.growth, self.start.growth)

    @property
    def pace(self) -> Floats:
        """The benchmark's gross move between the same moments."""
        return _ratio(self.end.pace, self.start.pace)

    @property
    def made(self) -> Bools:
        """Whether its end is a price of its own."""
        return self.end.fresh if self.kind is Kind.LEG else self.end.printed

    def like(self, place: int) -> Floats:
        """Return the simple moves that are alike that of one session, NaN elsewhere: both ends printed, or the same."""
        alike: Bools = self.made & (self.start.printed == self.start.printed[place])
        return np.where(alike, self.growth, np.nan) - 1.0


def _ratio(over: Floats, under: Floats) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        return over / under


@dataclass(frozen=True, slots=True, eq=False)
class BarLadder:
    """Everything that the ladder of one event is measured from.

    Parameters
    ----------
    mine : BarMoves
        The symbol.
    pairing : Pairing, optional
        Its benchmark.
    news : News, optional
        When the announcement came, where it fell inside a part of the day.
    place : int
        Day 0, counted in the daily prices as all places are.
    own : ndarray of shape (q,)
        All events of the symbol, in the order of time.
    ordinary : OrdinaryDays
        What the moves are compared with.
    beta : float
        That of whole days, NaN where there is none.
    """

    mine: BarMoves
    pairing: Pairing | None
    news: News | None
    place: int
    own: Ints
    ordinary: OrdinaryDays
    beta: float

    @property
    def starts(self) -> Ints:
        """The ordinary days, shape (k,)."""
        return ordinary_starts(self.own, self.place, 1, self.ordinary)

    def with_beta(self) -> BarLadder:
        """Return the same with a beta from close to close on ordinary days, where none was given."""
        if self.pairing is None or not math.isnan(self.beta):
            return self
        starts = self.starts
        mine, theirs = (each[starts] - 1.0 for each in (self.mine.moves.growth[DAILY], self.pairing.daily(DAILY)))
        return replace(self, beta=leg_beta(mine, theirs, self.ordinary.fewest, math.nan).value)

    def measure(self, daily: Sequence[Rung]) -> tuple[tuple[Rung, ...], tuple[Rung, ...]]:
        """Return the moves of the reaction, and the parts of the day as wholes where the news split them.

        Parameters
        ----------
        daily : sequence of Rung
            The ladder of the daily prices: its extremes and later days are in this one too.

        Returns
        -------
        moves : tuple of Rung
            Rungs in the order of time, then legs that add up to the close and to the days after.
        whole : tuple of Rung
            ``gap``, ``after_hours``, ``premarket``, ``open_gap``, ``session``.
        """
        points, plain = chain(self.mine, self.pairing, self.news), chain(self.mine, self.pairing)
        base, opened = points[0], next(point for point in plain if point.name == "open")
        to_rungs = [Span(point.name, Kind.RUNG, base, point) for point in self._rungs(points)]
        by_leg = [Span(end.leg, Kind.LEG, start, end) for start, end in pairwise(points)]
        wholes = [Span("gap", Kind.LEG, base, opened), *(Span(e.leg, Kind.LEG, s, e) for s, e in pairwise(plain))]
        made = iter(self._moves([*to_rungs, *by_leg, *wholes]))
        rungs, legs, whole = (list(islice(made, len(spans))) for spans in (to_rungs, by_leg, wholes))
        extremes = [self._extreme(rung) for rung in daily if rung.leg in ("high", "low")]
        later = {kind: [rung for rung in daily if rung.kind is kind and is_later(rung.leg)] for kind in Kind}
        rungs = [*rungs[:-1], *extremes, rungs[-1], *later[Kind.RUNG]]
        return (*rungs, *legs, *later[Kind.LEG]), tuple(whole)

    def _rungs(self, points: tuple[Point, ...]) -> Iterator[Point]:
        """Give the points that are rungs, in the order of time: those of the chain and those beside it."""
        news = [] if self.news is None else list(news_points(self.mine, self.pairing, self.news))
        for point in points[1:]:
            if point.name == "premarket":
                yield from single_points(self.mine, self.pairing, EARLY)
            yield point
            if (
                self.news is not None
                and point.name == f"{self.news.segment}_before"
                and (self.news.segment is not Segment.SESSION)
            ):
                yield from news
            if point.name == "open":
                yield from single_points(self.mine, self.pairing, [f"first_{m}" for m in self.mine.clock.opening])

    def _extreme(self, rung: Rung) -> Rung:
        filled = bool(self.mine.from_bars[rung.leg][self.place])
        return replace(rung, grade=Grade.REGULAR) if filled else rung

    def _moves(self, spans: Sequence[Span]) -> list[Rung]:
        """Return each span measured, and compared with the same span of other days."""
        place, starts, rule = self.place, self.starts, self.ordinary
        own = self.own[(self.own >= 0) & (self.own < place)][-LAST_EVENTS:]
        printed = [bool(span.made[place]) for span in spans]
        x = np.array(
            [span.growth[place] - 1.0 if there else np.nan for span, there in zip(spans, printed, strict=True)]
        )
        alike = np.stack([span.like(place) for span in spans])
        among = standings(x[:, None], Samples.of(alike[:, starts]), rule.fewest, rule.scale)
        past = own_standings(x, Samples.of(alike[:, own]))
        return [
            self._rung(
                span, bool(printed[at]), self._beta(span, alike[at, starts], starts), among.at((at, 0)), past.at(at)
            )
            for at, span in enumerate(spans)
        ]

    def _rung(self, span: Span, printed: bool, beta: LegBeta, compared: Standing, past: OwnStanding) -> Rung:
        start, end, place = span.start, span.end, self.place
        value, moved = float(span.growth[place]), float(span.pace[place])
        prints = self._prints(span, printed)
        reasons = list(self._missing(end, value, printed, prints))
        if not math.isnan(value):
            reasons += self._no_pace(beta, moved)
        if compared.reason is not None:
            reasons.append(compared.reason)
        expected = beta.value * (moved - 1.0)
        base = float(self.mine.moves.base[place])
        return Rung(
            leg=span.leg,
            kind=span.kind,
            start=self._moment(start),
            end=self._moment(end),
            base_price=base * float(start.growth[place]),
            price=base * float(end.growth[place]),
            price_source="measured",
            raw=value - 1.0,
            raw_log=_log(value),
            expected=expected,
            abnormal=value - 1.0 - expected,
            expected_log=beta.value * _log(moved),
            reference="ordinary_days",
            n=compared.n,
            z=compared.z,
            percentile=compared.percentile,
            ordinary_sd=compared.width,
            grade=self._grade(end, prints),
            reasons=tuple(reasons),
            beta=beta.value,
            beta_days=beta.n,
            prints=prints,
            own=past,
        )

    def _missing(self, end: Point, value: float, printed: bool, prints: Prints | None) -> Iterator[Reason]:
        # A mean weighted with volume is unknown where the volume is, however much was printed.
        if end.segment is not None and not printed and not (prints and prints.count):
            yield Reason.NO_PRINT
        elif math.isnan(value):
            yield Reason.NO_PRICE

    def _no_pace(self, beta: LegBeta, moved: float) -> list[Reason]:
        if self.pairing is None:
            return [Reason.NO_BENCHMARK_PRICE]
        if math.isnan(beta.value):
            return [Reason.NO_BETA]
        return [Reason.NO_BENCHMARK_PRICE] if math.isnan(moved) else []

    def _beta(self, span: Span, mine: Floats, starts: Ints) -> LegBeta:
        """Return the move's own beta; that of the move from close to close is the given one, where one is given."""
        given = self.beta
        if self.pairing is None:
            return NO_BETA
        if span.end.name == DAILY and span.kind is Kind.RUNG and not math.isnan(given):
            return LegBeta(given, 0)
        return leg_beta(mine, span.pace[starts] - 1.0, self.ordinary.fewest, given)

    def _prints(self, span: Span, printed: bool) -> Prints | None:
        """Return what traded up to a price of the extended hours; its age is counted to when somebody would look."""
        end, place, day = span.end, self.place, self.mine.day
        if end.segment is None or end.segment is Segment.SESSION:
            return None
        if not printed and (span.kind is Kind.LEG or end.name not in LATE):
            return Prints(count=0)
        if end.name == "premarket_first":
            moment = end.time[place] + np.timedelta64(day.bars.interval, "s")
        elif end.name in LATE:
            moment = self.mine.cutoff[place]
        else:
            moment = end.time[place]
        found = day.prints(end.segment, place, moment)
        return found if self.mine.clock.liquidity.trust_volume else replace(found, volume=math.nan, notional=math.nan)

    def _grade(self, end: Point, prints: Prints | None) -> Grade:
        if prints is not None:
            return self.mine.clock.liquidity.grade(prints)
        filled = end.name == "open" and bool(self.mine.from_bars["open"][self.place])
        if end.segment is Segment.SESSION or filled:
            return Grade.REGULAR
        return GRADES[self.mine.moves.series.basis]

    def _moment(self, point: Point) -> str:
        place, series = self.place, self.mine.moves.series
        session = series.first + place
        if point.name == "base":
            return f"{series.calendar.sessions[session - 1]} close" if session > 0 else ""
        date = series.calendar.sessions[session]
        if point.segment is None:
            return f"{date} {point.name}"
        moment = point.time[place]
        if np.isnat(moment) or not point.printed[place]:
            # No one moment, or no price: the part of the day stands for it.
            evening = point.segment is Segment.AFTER_HOURS
            return f"{series.calendar.sessions[session - 1] if evening else date} {point.name}"
        local = series.calendar.local_time(np.array([moment]))[0]
        return str(local)[:16].replace("T", " ")


def _log(growth: float) -> float:
    return float(log_of(np.array([growth]))[0])
