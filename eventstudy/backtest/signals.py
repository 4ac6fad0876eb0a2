"""What the names of an expression stand for, and when each was known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from eventstudy._typing import Dates, Floats, Ints, Labels, Times
from eventstudy.backtest.clock import Clock
from eventstudy.backtest.tape import Tape
from eventstudy.errors import InputError, UnknownNameError
from eventstudy.events import Events
from eventstudy.events.quantiles import point_in_time_quantiles

__all__ = ["MEASURED", "PREMARKET_QUOTE", "Signals", "day0_return", "opening_gap", "quoted"]

MEASURED = ("reaction", "gap", "premarket")
"""Names that are measured from prices or quotes, whatever values the events bring."""
LABELS = ("symbol", "timing", "kind", "confirmation")
PREMARKET_QUOTE = "premarket_quote"
# A press quote of the premarket move is from the half hour before the open at the earliest that is told.
QUOTE_BEFORE_OPEN = np.timedelta64(30 * 60, "s")
LEAST_BREAKPOINTS = 20


@dataclass(frozen=True, slots=True, eq=False)
class Signals:
    """The scope of an expression: values of the events, and moves measured around them.

    Parameters
    ----------
    events : Events
        E events.
    clock : Clock
        When they were known.
    tape : Tape
        Prices.
    codes : ndarray of shape (E,)
        Symbol of each event in the prices, -1 where they have none.
    rows : ndarray of int, optional
        Events whose values are wanted; classes of the others may be missing.
    """

    events: Events
    clock: Clock
    tape: Tape
    codes: Ints
    rows: Ints | None = None

    def value(self, name: str) -> Floats | Labels:
        """Return a value of each event: ``reaction``, ``gap``, ``premarket``, a value or a group, shape (E,)."""
        match name:
            case "reaction":
                return day0_return(self.tape, self.codes, self.clock)
            case "gap":
                return opening_gap(self.tape, self.codes, self.clock)
            case "premarket":
                if PREMARKET_QUOTE not in self.events.values:
                    raise InputError(
                        f"backtest: the expression uses premarket, the value {PREMARKET_QUOTE!r} of the events; they "
                        f"have none."
                    )
                return self.events.values[PREMARKET_QUOTE]
        return self._own(name)

    def known(self, names: Iterable[str]) -> Times:
        """Return when all of these values of each event were known, UTC, shape (E,)."""
        latest = self.clock.news
        for name in names:
            match name:
                case "reaction":
                    latest = np.maximum(latest, self.clock.closes(self.clock.day0))
                case "gap":
                    latest = np.maximum(latest, self.clock.opens(self.clock.day0))
                case "premarket" | "premarket_quote":
                    latest = np.maximum(latest, quoted(self.clock))
        return latest

    def quantile(self, values: Floats, names: frozenset[str], count: int, breakpoints: str) -> Floats:
        """Return the class of each value among those known in earlier calendar quarters, shape (E,)."""
        known = self.known(names).astype("datetime64[D]")
        kept = self._within_reach(known, breakpoints)
        found = np.zeros(len(values))
        found[kept] = point_in_time_quantiles(
            values[kept], known[kept], count, breakpoints=breakpoints, at_least=max(LEAST_BREAKPOINTS, count)
        )
        return found

    def _within_reach(self, known: Dates, breakpoints: str) -> Ints:
        """Return the events that the classes of the wanted rows can depend on."""
        if self.rows is None:
            return np.arange(len(known))
        quarter = known.astype("datetime64[M]").astype(np.int64) // 3
        wanted = np.unique(quarter[self.rows])
        if breakpoints == "expanding":
            return np.flatnonzero(quarter <= wanted.max(initial=quarter.min()))
        return np.flatnonzero(np.isin(quarter, [*wanted, *(wanted - 1)]))

    def missing(self, names: Iterable[str]) -> np.typing.NDArray[np.bool_]:
        """Return which events lack a number among these values, shape (E,)."""
        found = np.zeros(len(self.events), dtype=bool)
        for name in names:
            values = self.value(name)
            if values.dtype != object:
                found |= np.isnan(values)
        return found

    def _own(self, name: str) -> Floats | Labels:
        if name in self.events.values:
            return self.events.values[name]
        if name in self.events.groups:
            return self.events.groups[name]
        if name in LABELS:
            return self.events.column(name)
        known = [*self.events.values, *self.events.groups, *MEASURED, *LABELS]
        raise UnknownNameError("value of the events", name, known)


def quoted(clock: Clock) -> Times:
    """Return from when on the premarket quote of each event can be told, UTC, shape (E,)."""
    return clock.opens(clock.day0) - QUOTE_BEFORE_OPEN


def day0_return(tape: Tape, codes: Ints, clock: Clock) -> Floats:
    """Return the total return from the close before the event to the close that contains it for certain, shape (E,).

    Days 0 and +1 compound where the time of day is unknown; NaN where a return is missing.
    """
    first, last = clock.placed.day0, clock.day0
    found = np.full(len(codes), np.nan)
    have = np.flatnonzero(codes >= 0)
    length = int((last - first).max(initial=0)) + 1
    returns = tape.window(tape.total_return, codes[have], first[have], length)
    within = np.arange(length) <= (last - first)[have][:, None]
    found[have] = np.prod(np.where(within, 1.0 + returns, 1.0), axis=1) - 1.0
    return found


def opening_gap(tape: Tape, codes: Ints, clock: Clock) -> Floats:
    """Return the move from the close before day 0 to its open, without its dividend, shape (E,).

    NaN where a price is missing, and where the time of day is unknown.
    """
    found = np.full(len(codes), np.nan)
    have = np.flatnonzero((codes >= 0) & ~clock.unknown)
    here = tape.position(codes[have], clock.day0[have])
    before = tape.position(codes[have], clock.day0[have] - 1)
    good = (here >= 0) & (before >= 0)
    base = (tape.close[before] - tape.dividend[here]) / tape.split[here]
    found[have] = np.where(good, tape.open[here] / base - 1.0, np.nan)
    return found
