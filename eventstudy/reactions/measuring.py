"""The ladders of many events from daily prices, in arrays; one event is an array of one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from eventstudy._typing import Bools, Floats, Ints, Labels
from eventstudy.calendars import Calendar
from eventstudy.errors import Reason
from eventstudy.reactions.columns import each, joined
from eventstudy.reactions.ordinary import OrdinaryDays, free_starts
from eventstudy.reactions.pace import Pace
from eventstudy.reactions.rungs import Cells, Rungs
from eventstudy.reactions.samples import Samples
from eventstudy.reactions.stack import Stack
from eventstudy.reactions.standing import OwnStandings, Standings, own_standings, standings, where_reason
from eventstudy.reactions.steps import LAST_EVENTS, QUOTED, Step, log_of

__all__ = ["Ladders", "beside_gap"]

AnyArray: TypeAlias = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Ladders:
    """Everything that the daily ladders of m events are measured from.

    Parameters
    ----------
    stack : Stack
        The moves of their symbols.
    code, place : ndarray of shape (m,)
        Which symbol of the stack, and which of its sessions is day 0.
    day0, last : ndarray of shape (m,)
        Day 0, and the last session with prices, in sessions of the event's exchange.
    exchange, grade : ndarray of shape (m,)
        Which of the calendars is that of each, and the `Grade` of its prices.
    calendars : tuple of Calendar
        What `exchange` counts in.
    own_code, own : ndarray of shape (q,)
        All events of the symbols, also those without a ladder: which symbol, which of its sessions.
    pace : Pace
        The benchmark.
    ordinary : OrdinaryDays
        What the moves are compared with.
    """

    stack: Stack
    code: Ints
    place: Ints
    day0: Ints
    last: Ints
    exchange: Ints
    grade: Labels
    calendars: tuple[Calendar, ...]
    own_code: Ints
    own: Ints
    pace: Pace
    ordinary: OrdinaryDays

    def measure(self, steps: Sequence[Step]) -> Rungs:
        """Return the moves of K steps measured from the prices, arrays of shape (m, K)."""
        growth = _columns(self._at(self.stack.growth[step.growth], step.at) for step in steps)
        pace = _columns(self.pace.growth(step) for step in steps)
        known = ~np.isnan(growth)
        own = [self._among_own(step, growth[:, column] - 1.0) for column, step in enumerate(steps)]
        expected_missing = _columns(map(self.pace.missing, pace.T))
        return self._filled(
            steps,
            raw=growth - 1.0,
            growth=growth,
            # Nothing is expected of a move that is missing itself.
            pace=np.where(known, pace, np.nan),
            price=_columns(self._price(*step.end) for step in steps),
            standing=self._among_ordinary(steps, growth - 1.0),
            missing=np.where(known, expected_missing, self._why(steps)),
            own=joined([each(found, _upright) for found in own], axis=1),
            compared=known,
        )

    def quote(self, quote: Floats, gap: Standings) -> Rungs:
        """Return the premarket rung of each quoted move, NaN where nobody quoted one, arrays of shape (m, 1).

        Parameters
        ----------
        quote : ndarray of shape (m,)
            Simple moves from the base price.
        gap : Standings
            Where the gap of each event stands, arrays of shape (m,): beside the quote, which has no history.
        """
        nothing, raw = np.full((len(quote), 1), np.nan), quote[:, None]
        growth = 1.0 + raw
        return self._filled(
            [QUOTED],
            raw=raw,
            growth=growth,
            pace=nothing,
            price=self._price(-1, "base")[:, None] * growth,
            standing=each(beside_gap(quote, gap), _upright),
            missing=self._unquoted(np.isnan(quote))[:, None],
            own=each(own_standings(nothing[:, 0], Samples.of(nothing)), _upright),
            compared=np.zeros(raw.shape, dtype=bool),
        )

    def _unquoted(self, nobody: Bools) -> Labels:
        missing = self.pace.missing(np.full(len(nobody), np.nan))
        missing[nobody] = Reason.NO_PRICE
        return missing

    def _filled(
        self,
        steps: Sequence[Step],
        *,
        raw: Floats,
        growth: Floats,
        pace: Floats,
        price: Floats,
        standing: Standings,
        missing: Labels,
        own: OwnStandings,
        compared: Bools,
    ) -> Rungs:
        beta = self.pace.beta[:, None]
        expected = beta * (pace - 1.0)
        cells = Cells(
            start=_columns(self._moment(*step.start) for step in steps),
            end=_columns(self._moment(*step.end) for step in steps),
            base_price=_columns(self._price(*step.start) for step in steps),
            price=price,
            raw=raw,
            raw_log=log_of(growth),
            expected=expected,
            abnormal=raw - expected,
            expected_log=beta * log_of(pace),
            n=standing.n,
            z=standing.z,
            percentile=standing.percentile,
            beta=np.broadcast_to(beta, raw.shape),
            ordinary_sd=standing.width,
            missing=missing,
            unusual=standing.reason,
            own=own,
            compared=compared,
        )
        return Rungs(tuple(steps), self.grade, cells)

    def _among_ordinary(self, steps: Sequence[Step], raw: Floats) -> Standings:
        """Compare each move with those of ordinary days; steps that are the same move share them."""
        alike: dict[tuple[str, int], list[int]] = {}
        for column, step in enumerate(steps):
            alike.setdefault((step.growth, step.length), []).append(column)
        rule = self.ordinary
        free = {length: self._free(length) for _, length in alike}
        parts = [
            standings(raw[:, columns], self._ordinary(name, length, free[length]), rule.fewest, rule.scale)
            for (name, length), columns in alike.items()
        ]
        order = np.argsort([column for columns in alike.values() for column in columns])
        return each(joined(parts, axis=1), lambda values: values[:, order])

    def _free(self, length: int) -> Bools:
        """Return at which sessions of the stack a move apart from own events may begin."""
        span, apart = self.stack.length[self.own_code], self.ordinary.apart
        near = (np.clip(self.own + side, 0, span) for side in (-apart, apart + 1))
        low, high = (self.stack.begin[self.own_code] + place for place in near)
        return free_starts(low, high, int(self.stack.length.sum()), length)

    def _ordinary(self, name: str, length: int, free: Bools) -> Samples:
        """Return the moves of each event's ordinary days: of those of the symbol a stretch that ends before day 0."""
        growth = self.stack.growth[name]
        used = free & ~np.isnan(growth)
        before = np.concatenate([[0], np.cumsum(used)])
        first = np.maximum(self.place - self.ordinary.sessions, 0)
        end = np.maximum(self.place - length + 1, first)
        low, high = (before[self.stack.begin[self.code] + place] for place in (first, end))
        return Samples(growth[used] - 1.0, low, high - low)

    def _among_own(self, step: Step, raw: Floats) -> OwnStandings:
        """Compare a move with those of the last own events, as far as they had ended before day 0."""
        inside = (self.own >= 0) & (self.own < self.stack.length[self.own_code])
        own = np.sort((self.stack.begin[self.own_code] + self.own)[inside])
        begin = self.stack.begin[self.code]
        since = np.searchsorted(own, begin)
        until = np.maximum(np.searchsorted(own, begin + self.place - step.end[0]), since)
        chosen = until[:, None] - np.arange(LAST_EVENTS, 0, -1)
        counted = chosen >= since[:, None]
        if not counted.any():
            return own_standings(raw, Samples.of(np.full(counted.shape, np.nan)))
        growth = self.stack.growth[step.growth][own[np.where(counted, chosen, 0)] + step.at]
        return own_standings(raw, Samples.of(np.where(counted, growth - 1.0, np.nan)))

    def _why(self, steps: Sequence[Step]) -> Labels:
        """Return why a move would be missing: it is not over yet, or has no price, or no return on the way."""
        columns = []
        for step in steps:
            late = self.day0 + step.end[0] > self.last
            no_price = np.isnan(self._price(*step.start)) | np.isnan(self._price(*step.end))
            known = np.ones(len(late), dtype=bool)
            columns.append(
                where_reason((known, Reason.INCOMPLETE_WINDOW), (no_price, Reason.NO_PRICE), (late, Reason.NOT_YET))
            )
        return _columns(columns)

    def _at(self, values: Floats, day: int) -> Floats:
        return self.stack.at(values, self.code, self.place + day)

    def _price(self, day: int, name: str) -> Floats:
        return self._at(self.stack.price[name], 0 if name == "base" else day)

    def _moment(self, day: int, name: str) -> Labels:
        """Return the session of a price in words, empty text outside the calendar."""
        words = np.full(len(self.day0), "", dtype=object)
        session = self.day0 + day
        for code, calendar in enumerate(self.calendars):
            rows = np.flatnonzero((self.exchange == code) & (session >= 0) & (session < len(calendar.sessions)))
            known, place = np.unique(session[rows], return_inverse=True)
            said = calendar.sessions[known].astype(str).astype(object) + f" {'close' if name == 'base' else name}"
            words[rows] = said[place]
        return words


def beside_gap(quote: Floats, gap: Standings) -> Standings:
    """Return the standings of quoted moves, shape (m,): a quote has no history, and the gap's stands beside it."""
    known = ~np.isnan(quote)
    short = np.equal(gap.reason, Reason.NO_HISTORY).astype(bool)
    return Standings(
        n=gap.n,
        z=np.where(known, gap.z, np.nan),
        percentile=np.where(known, gap.percentile, np.nan),
        reason=where_reason((known, Reason.GAP_STANDING), (known & short, Reason.NO_HISTORY)),
        width=np.full(len(quote), np.nan),
    )


def _columns(given: Iterable[AnyArray]) -> AnyArray:
    return np.stack(list(given), axis=1)


def _upright(values: AnyArray) -> AnyArray:
    return values[:, None]
