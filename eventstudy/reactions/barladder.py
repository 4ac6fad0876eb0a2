"""The ladder of one event with bars: every price between two closes, and each move against its own kind."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from eventstudy._typing import Bools, Floats, Ints
from eventstudy.errors import Reason
from eventstudy.reactions.barmoves import BarMoves, Pairing
from eventstudy.reactions.betas import LegBeta, leg_beta
from eventstudy.reactions.chain import News, Point, chain, news_points, single_points
from eventstudy.reactions.clock import Segment
from eventstudy.reactions.liquidity import Grade, Prints
from eventstudy.reactions.record import Kind, Rung
from eventstudy.reactions.standing import Standing, ordinary_starts, own_standing, standing
from eventstudy.reactions.steps import GRADES, LAST_EVENTS, Ladder, Pace, ladder_steps, log_of

__all__ = ["BarLadder"]

EARLY = ("premarket_first", "premarket_high", "premarket_low", "premarket_vwap")
# Prices of the whole premarket, as they stand at the cutoff.
LATE = ("premarket", "premarket_high", "premarket_low", "premarket_vwap")
# The daily beta is that of the move from close to close.
DAILY = "close"
NO_BETA = LegBeta(math.nan, 0)


@dataclass(frozen=True, slots=True, eq=False)
class BarLadder:
    """Everything that the ladder of one event is measured from.

    Parameters
    ----------
    ladder : Ladder
        The daily part.
    mine : BarMoves
        The symbol.
    pairing : Pairing, optional
        Its benchmark.
    news : News, optional
        When the announcement came, where it fell inside a part of the day.
    days : int
        How many sessions after day 0 are followed.
    """

    ladder: Ladder
    mine: BarMoves
    pairing: Pairing | None
    news: News | None
    days: int

    def measure(self) -> tuple[tuple[Rung, ...], tuple[Rung, ...]]:
        """Return the moves of the reaction, and the parts of the day as wholes where the news split them.

        Returns
        -------
        moves : tuple of Rung
            Rungs in the order of time, then legs that add up to the close and to the days after.
        whole : tuple of Rung
            ``gap``, ``after_hours``, ``premarket``, ``open_gap``, ``session``.
        """
        known = replace(self, ladder=replace(self.ladder, pace=self.pace_with_beta()))
        return known.moves_and_wholes()

    def pace_with_beta(self) -> Pace:
        """Return the daily benchmark with a beta from close to close, its own where none was given."""
        ladder = self.ladder
        if self.pairing is None or not math.isnan(ladder.pace.beta):
            return ladder.pace
        starts = ordinary_starts(ladder.own, ladder.place, 1, ladder.ordinary)
        mine, theirs = (each[starts] - 1.0 for each in (ladder.moves.growth[DAILY], self.pairing.daily(DAILY)))
        return replace(ladder.pace, beta=leg_beta(mine, theirs, ladder.ordinary.fewest, math.nan).value)

    def moves_and_wholes(self) -> tuple[tuple[Rung, ...], tuple[Rung, ...]]:
        """Return what `measure` promises, every beta known."""
        points, plain = chain(self.mine, self.pairing, self.news), chain(self.mine, self.pairing)
        starts = ordinary_starts(self.ladder.own, self.ladder.place, 1, self.ladder.ordinary)
        base = points[0]
        rungs = [self._move(point.name, Kind.RUNG, base, point, starts) for point in self._rungs(points)]
        daily = {(step.kind, step.leg): step for step in ladder_steps(self.days)}
        extremes = [self._extreme(self.ladder.rung(daily[Kind.RUNG, name])) for name in ("high", "low")]
        later = [self.ladder.rung(step) for (kind, leg), step in daily.items() if _is_later(leg) and kind is Kind.RUNG]
        rungs = [*rungs[:-1], *extremes, rungs[-1], *later]
        legs = [self._move(end.leg, Kind.LEG, start, end, starts) for start, end in pairwise(points)]
        legs += [self.ladder.rung(step) for (kind, leg), step in daily.items() if _is_later(leg) and kind is Kind.LEG]
        opened = next(point for point in plain if point.name == "open")
        whole = [self._move("gap", Kind.LEG, base, opened, starts)]
        whole += [self._move(e.leg, Kind.LEG, s, e, starts) for s, e in pairwise(plain)]
        return (*rungs, *legs), tuple(whole)

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
        filled = bool(self.mine.from_bars[rung.leg][self.ladder.place])
        return replace(rung, grade=Grade.REGULAR) if filled else rung

    def _move(self, leg: str, kind: Kind, start: Point, end: Point, starts: Ints) -> Rung:
        place = self.ladder.place
        with np.errstate(invalid="ignore", divide="ignore"):
            growth, pace = end.growth / start.growth, end.pace / start.pace
        made: Bools = end.fresh if kind is Kind.LEG else end.printed
        printed = bool(made[place])
        alike: Bools = made & (start.printed == start.printed[place])
        reference = np.where(alike, growth, np.nan) - 1.0
        value = float(growth[place])
        own = self.ladder.own[self.ladder.own < place]
        own = own[own >= 0][-LAST_EVENTS:]
        reasons = list(self._missing(end, value, printed))
        compared = self._standing(value - 1.0, reference[starts], printed)
        past = own_standing(value - 1.0 if printed else math.nan, reference[own])
        beta = self._beta(end, kind, reference[starts], pace[starts] - 1.0)
        moved = float(pace[place])
        if not math.isnan(value):
            reasons += self._no_pace(beta, moved)
        if compared.reason is not None:
            reasons.append(compared.reason)
        expected = beta.value * (moved - 1.0)
        base = self.ladder.price_of_base()
        prints = self._prints(end, base, printed)
        return Rung(
            leg=leg,
            kind=kind,
            start=self._moment(start),
            end=self._moment(end),
            base_price=base * float(start.growth[place]),
            price=base * float(end.growth[place]),
            price_source="measured",
            raw=value - 1.0,
            raw_log=log_of(value),
            expected=expected,
            abnormal=value - 1.0 - expected,
            expected_log=beta.value * log_of(moved),
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

    def _missing(self, end: Point, value: float, printed: bool) -> Iterator[Reason]:
        if end.segment is not None and not printed:
            yield Reason.NO_PRINT
        elif math.isnan(value):
            yield Reason.NO_PRICE

    def _no_pace(self, beta: LegBeta, moved: float) -> list[Reason]:
        if self.pairing is None:
            return [Reason.NO_BENCHMARK_PRICE]
        if math.isnan(beta.value):
            return [Reason.NO_BETA]
        return [Reason.NO_BENCHMARK_PRICE] if math.isnan(moved) else []

    def _standing(self, x: float, ordinary: Floats, printed: bool) -> Standing:
        rule = self.ladder.ordinary
        return standing(x if printed else math.nan, ordinary, rule.fewest, rule.scale)

    def _beta(self, end: Point, kind: Kind, mine: Floats, theirs: Floats) -> LegBeta:
        """Return the move's own beta; that of the move from close to close is the given one, where one is given."""
        given = self.ladder.pace.beta
        if self.pairing is None:
            return NO_BETA
        if end.name == DAILY and kind is Kind.RUNG and not math.isnan(given):
            return LegBeta(given, 0)
        return leg_beta(mine, theirs, self.ladder.ordinary.fewest, given)

    def _prints(self, end: Point, base: float, printed: bool) -> Prints | None:
        """Return what traded up to a price of the extended hours; its age is counted to when somebody would look."""
        if end.segment is None or end.segment is Segment.SESSION:
            return None
        place, day = self.ladder.place, self.mine.day
        if not printed:
            return Prints(count=0)
        if end.name == "premarket_first":
            moment = end.time[place] + np.timedelta64(day.bars.interval, "s")
        elif end.name in LATE:
            moment = self.mine.cutoff[place]
        else:
            moment = end.time[place]
        found = day.prints(end.segment, place, moment, base * float(end.growth[place]))
        return found if self.mine.clock.liquidity.trust_volume else replace(found, volume=math.nan, notional=math.nan)

    def _grade(self, end: Point, prints: Prints | None) -> Grade:
        if prints is not None:
            return self.mine.clock.liquidity.grade(prints)
        filled = end.name == "open" and bool(self.mine.from_bars["open"][self.ladder.place])
        if end.segment is Segment.SESSION or filled:
            return Grade.REGULAR
        return GRADES[self.mine.moves.series.basis]

    def _moment(self, point: Point) -> str:
        place, series = self.ladder.place, self.mine.moves.series
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


def _is_later(leg: str) -> bool:
    return leg[:1] == "d" and leg[1:].isdigit()
