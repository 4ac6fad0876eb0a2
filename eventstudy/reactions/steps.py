"""The steps of a ladder, and how one of them is measured.

A step is a move between two prices; a further price, such as one after hours, is a further step.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from eventstudy._typing import Ints
from eventstudy.errors import Reason
from eventstudy.panels import Basis
from eventstudy.reactions.liquidity import Grade
from eventstudy.reactions.moves import Moves
from eventstudy.reactions.record import Kind, Rung
from eventstudy.reactions.standing import OrdinaryDays, OwnStanding, Standing, ordinary_starts, own_standing, standing

__all__ = ["GRADES", "LAST_EVENTS", "Ladder", "Pace", "Step", "ladder_steps", "log_of"]

GRADES = {Basis.UNADJUSTED: Grade.OFFICIAL, Basis.ADJUSTED: Grade.ADJUSTED, Basis.RETURNS: Grade.RETURNS}

# Own events that a move is compared with: METHODS 6.4 has 8 to 20 quarters.
LAST_EVENTS = 20


@dataclass(frozen=True, slots=True)
class Step:
    """One move of the ladder.

    Parameters
    ----------
    leg : str
        Its name.
    kind : Kind
        From the base, or from the rung before.
    growth : str
        Which of `Moves.growth` it is, and what it is compared with.
    start, end : (int, str)
        Day relative to day 0, and price of that day; ``base`` is the converted close before day 0.
    """

    leg: str
    kind: Kind
    growth: str
    start: tuple[int, str]
    end: tuple[int, str]

    @property
    def at(self) -> int:
        """Day at which `growth` is read."""
        return self.end[0] if self.growth == "day" else 0

    @property
    def length(self) -> int:
        """Sessions that the move spans."""
        return self.end[0] - self.at + 1


def ladder_steps(days: int) -> tuple[Step, ...]:
    """Return the steps that daily prices can measure, followed over `days` sessions after day 0."""
    base, later = (-1, "base"), range(1, days + 1)
    return (
        *(Step(name, Kind.RUNG, name, base, (0, name)) for name in ("open", "high", "low", "close")),
        *(Step(f"d{day}", Kind.RUNG, f"d{day}", base, (day, "close")) for day in later),
        Step("gap", Kind.LEG, "open", base, (0, "open")),
        Step("session", Kind.LEG, "session", (0, "open"), (0, "close")),
        *(Step(f"d{day}", Kind.LEG, "day", (day - 1, "close"), (day, "close")) for day in later),
    )


@dataclass(frozen=True, slots=True, eq=False)
class Pace:
    """What the benchmark did: its moves, where its day 0 lies in them, how many of the sessions are shared."""

    name: str | None
    beta: float
    moves: Moves | None
    place: int
    shared: int

    def growth(self, step: Step) -> float:
        """Return the benchmark's gross move over the same leg, NaN where it has none."""
        if self.moves is None or self.shared < step.end[0] + 2:
            return np.nan
        return self.moves.at(step.growth, self.place + step.at)

    def missing(self, growth: float) -> tuple[Reason, ...]:
        """Return why nothing is expected of the stock, given the benchmark's gross move."""
        if self.name is None:
            return (Reason.NO_BENCHMARK_PRICE,)
        if math.isnan(self.beta):
            return (Reason.NO_BETA,)
        return (Reason.NO_BENCHMARK_PRICE,) if math.isnan(growth) else ()


@dataclass(frozen=True, slots=True, eq=False)
class Ladder:
    """Everything that the steps of one event are measured from; `place` and `own` count in the price series."""

    moves: Moves
    place: int
    day0: int
    last: int
    own: Ints
    pace: Pace
    ordinary: OrdinaryDays
    _starts: dict[int, Ints] = field(default_factory=dict, init=False)

    def rung(self, step: Step) -> Rung:
        """Return one step measured from the prices."""
        growth = self.moves.at(step.growth, self.place + step.at)
        compared = self._standing(step, growth)
        if math.isnan(growth):
            late = self.day0 + step.end[0] > self.last
            return self._fill(step, growth, np.nan, compared, (self._why(step, late=late),))
        pace = self.pace.growth(step)
        own = self._among_own(step, growth)
        return self._fill(step, growth, pace, compared, self.pace.missing(pace), own=own)

    def _why(self, step: Step, *, late: bool) -> Reason:
        """Return why a move is missing: its price, or a return on the way to it."""
        if late:
            return Reason.NOT_YET
        ends = self._price(*step.start), self._price(*step.end)
        return Reason.NO_PRICE if any(map(math.isnan, ends)) else Reason.INCOMPLETE_WINDOW

    def quoted(self, quote: float, measured: list[Rung]) -> Rung:
        """Return the premarket rung of a quoted move, NaN where nobody quoted one, with the gap's standing."""
        gap = next(rung for rung in measured if rung.leg == "gap")
        step = Step("premarket", Kind.RUNG, "premarket", (-1, "base"), (0, "premarket"))
        if math.isnan(quote):
            return self._fill(step, np.nan, np.nan, Standing(gap.n, np.nan, np.nan), (Reason.NO_PRICE,), "quoted")
        short = Reason.NO_HISTORY in gap.reasons
        beside = Standing(gap.n, gap.z, gap.percentile, Reason.NO_HISTORY if short else Reason.GAP_STANDING)
        return self._fill(step, 1.0 + quote, np.nan, beside, self.pace.missing(np.nan), "quoted", quote)

    def price_of_base(self) -> float:
        """Return the converted close before day 0."""
        return self._price(-1, "base")

    def _standing(self, step: Step, growth: float) -> Standing:
        # Most steps span one session, and share their ordinary days.
        if step.length not in self._starts:
            self._starts[step.length] = ordinary_starts(self.own, self.place, step.length, self.ordinary)
        ordinary = self.moves.growth[step.growth][self._starts[step.length]] - 1.0
        return standing(growth - 1.0, ordinary, self.ordinary.fewest, self.ordinary.scale)

    def _among_own(self, step: Step, growth: float) -> OwnStanding:
        """Compare a move with those of earlier own events, as far as they had ended before day 0."""
        own = self.own[(self.own >= 0) & (self.own + step.end[0] < self.place)]
        past = self.moves.growth[step.growth][own[-LAST_EVENTS:] + step.at]
        return own_standing(growth - 1.0, past - 1.0)

    def _fill(
        self,
        step: Step,
        growth: float,
        pace: float,
        compared: Standing,
        reasons: tuple[Reason, ...],
        price_source: Literal["measured", "quoted"] = "measured",
        quote: float | None = None,
        own: OwnStanding | None = None,
    ) -> Rung:
        raw = growth - 1.0 if quote is None else quote
        expected = self.pace.beta * (pace - 1.0)
        base = self._price(*step.start)
        price = base * growth if price_source == "quoted" else self._price(*step.end)
        return Rung(
            leg=step.leg,
            kind=step.kind,
            start=self._moment(*step.start),
            end=self._moment(*step.end),
            base_price=base,
            price=price,
            price_source=price_source,
            raw=raw,
            raw_log=log_of(growth),
            expected=expected,
            abnormal=raw - expected,
            expected_log=self.pace.beta * log_of(pace),
            reference="ordinary_days",
            n=compared.n,
            z=compared.z,
            percentile=compared.percentile,
            ordinary_sd=compared.width,
            grade=Grade.QUOTED if price_source == "quoted" else GRADES[self.moves.series.basis],
            beta=self.pace.beta,
            own=own,
            reasons=reasons if compared.reason is None else (*reasons, compared.reason),
        )

    def _price(self, day: int, name: str) -> float:
        if name == "base":
            return float(self.moves.base[self.place])
        values, place = getattr(self.moves.series, name), self.place + day
        return float(values[place]) if 0 <= place < len(values) else np.nan

    def _moment(self, day: int, name: str) -> str:
        sessions = self.moves.series.calendar.sessions
        session = self.day0 + day
        return f"{sessions[session]} {'close' if name == 'base' else name}" if 0 <= session < len(sessions) else ""


def log_of(growth: float) -> float:
    """Return the log of a gross move, NaN where it is missing, minus infinity for a price of zero."""
    if math.isnan(growth):
        return np.nan
    return math.log(growth) if growth > 0 else -math.inf
