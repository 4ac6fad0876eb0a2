"""What the benchmark did beside many events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from eventstudy._typing import Floats, Ints, Labels
from eventstudy.calendars import Calendar
from eventstudy.errors import Reason
from eventstudy.reactions.moves import Moves, matching_places
from eventstudy.reactions.stack import Stack
from eventstudy.reactions.standing import where_reason
from eventstudy.reactions.steps import Step

__all__ = ["Pace"]


@dataclass(frozen=True, slots=True, eq=False)
class Pace:
    """The benchmark's moves beside m events; every array has shape (m,).

    Parameters
    ----------
    beta : ndarray
        NaN where there is none.
    code : ndarray
        Which symbol of the stack is the benchmark, -1 for an event that has none.
    place : ndarray
        Where day 0 lies in the benchmark's prices.
    shared : ndarray
        How many sessions, from the one before day 0 on, are successive ones of the benchmark's exchange too.
    stack : Stack, optional
        The benchmarks; None where no event has one.
    """

    beta: Floats
    code: Ints
    place: Ints
    shared: Ints
    stack: Stack | None

    @classmethod
    def of(
        cls,
        beta: Floats,
        code: Ints,
        day0: Ints,
        exchange: Ints,
        calendars: Sequence[Calendar],
        benchmarks: Sequence[Moves],
        days: int,
    ) -> Pace:
        """Find day 0 of each event in the prices of its benchmark.

        Parameters
        ----------
        beta, code : ndarray of shape (m,)
            See the class.
        day0 : ndarray of shape (m,)
            In sessions of the event's own exchange.
        exchange : ndarray of shape (m,)
            Which of the calendars is that of each event.
        calendars : sequence of Calendar
            What `exchange` counts in.
        benchmarks : sequence of Moves
            What `code` counts in.
        days : int
            How many sessions after day 0 are followed.
        """
        place, shared = np.zeros((2, len(code)), dtype=np.int64)
        if not benchmarks:
            return cls(beta, code, place, shared, None)
        stack = Stack.of(benchmarks)
        beside = np.array([each.series.calendar.code for each in benchmarks], dtype=object)
        theirs = {each.series.calendar.code: each.series.calendar for each in benchmarks}
        for (number, mine), their in product(enumerate(calendars), theirs.values()):
            rows = np.flatnonzero((exchange == number) & (code >= 0) & (beside[code] == their.code))
            session, shared[rows] = matching_places(mine, day0[rows], days + 2, their)
            place[rows] = session - stack.first[code[rows]]
        return cls(beta, code, place, shared, stack)

    def growth(self, step: Step) -> Floats:
        """Return the benchmark's gross move over the same leg, shape (m,), NaN where it has none."""
        if self.stack is None:
            return np.full(len(self.code), np.nan)
        known = (self.code >= 0) & (self.shared >= step.end[0] + 2)
        read = self.stack.at(self.stack.growth[step.growth], self.code, self.place + step.at)
        return np.where(known, read, np.nan)

    def missing(self, growth: Floats) -> Labels:
        """Return why nothing is expected of each stock, given the benchmark's gross moves."""
        return where_reason(
            (np.isnan(growth), Reason.NO_BENCHMARK_PRICE),
            (np.isnan(self.beta), Reason.NO_BETA),
            (self.code < 0, Reason.NO_BENCHMARK_PRICE),
        )

    def take(self, rows: Ints) -> Pace:
        """Return the benchmark's moves beside some of the events."""
        return Pace(self.beta[rows], self.code[rows], self.place[rows], self.shared[rows], self.stack)
