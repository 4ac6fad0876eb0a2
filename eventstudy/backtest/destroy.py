"""Copies of panels and events whose future is destroyed, further and further back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from eventstudy._typing import Floats, Ints, Times
from eventstudy.backtest.decide import Market
from eventstudy.backtest.tape import Tape
from eventstudy.events import Events
from eventstudy.panels import PRICE_FIELDS, PricePanel

__all__ = ["WAYS", "ShreddedEvents", "ShreddedPrices", "known_times"]

WAYS = ("higher", "lower", "missing")
"""What the future is replaced by; a decision that looks at it changes in at least one of the ways."""
_AT_OPEN = ("open", "dividend", "split")
_FACTORS = {"higher": 2.0, "lower": 0.5, "missing": np.nan}
_RETURNS = {"higher": 0.25, "lower": -0.25, "missing": np.nan}
_DAYS = {"higher": 200, "lower": 37, "missing": 1000}


def known_times(prices: PricePanel, what: str) -> Times:
    """Return when each price of a panel was known: opens at the open, all else at the close, shape (n,)."""
    listing = prices.listing
    spans = zip(listing.calendars, listing.first, listing.lengths, strict=True)
    times = [getattr(calendar, what)[first : first + length] for calendar, first, length in spans]
    return np.concatenate(times) if times else np.array([], dtype="datetime64[s]")


class ShreddedPrices:
    """A panel of its own whose future is destroyed back to a moment; the moments must decrease.

    Parameters
    ----------
    prices : PricePanel
        Left as it is.
    way : str
        One of `WAYS`.
    """

    def __init__(self, prices: PricePanel, way: str) -> None:
        self._arrays = {name: np.array(getattr(prices, name)) for name in (*PRICE_FIELDS, "total_return")}
        self._way = way
        views: dict[str, Any] = {name: array.view() for name, array in self._arrays.items()}
        self.panel = replace(prices, **views)
        self._orders = {}
        for what in ("opens", "closes"):
            times = known_times(prices, what)
            order = np.argsort(times, kind="stable")
            self._orders[what] = (order, times[order])
        self._left = {what: len(order) for what, (order, _) in self._orders.items()}
        self._index: Floats | None = None

    def tape(self, tape: Tape) -> Tape:
        """Return the tape of the destroyed panel; where the next prices are is not part of a decision."""
        if tape.returns_only.any():
            self._index = np.array(tape.close)
        close = self.panel.close if self._index is None else self._index.view()
        names = ("open", "high", "low", "volume", "dividend", "split", "total_return")
        return replace(tape, close=close, **{name: getattr(self.panel, name) for name in names})

    def destroy_after(self, moment: np.datetime64) -> None:
        """Destroy everything that was not known at a moment."""
        for what, (order, times) in self._orders.items():
            keep = int(np.searchsorted(times, moment, side="right"))
            gone = order[keep : self._left[what]]
            self._left[what] = min(keep, self._left[what])
            self._destroy(gone, at_open=what == "opens")

    def _destroy(self, gone: Ints, *, at_open: bool) -> None:
        for name, array in self._arrays.items():
            if (name in _AT_OPEN) != at_open:
                continue
            if name == "total_return":
                array[gone] = _RETURNS[self._way]
            elif name == "dividend":
                array[gone] = 0.0
            elif name == "split":
                array[gone] = 1.0
            else:
                array[gone] *= _FACTORS[self._way]
        if self._index is not None and not at_open:
            self._index[gone] *= _FACTORS[self._way]


class ShreddedEvents:
    """Events of their own whose future rows are destroyed back to a moment; the moments must decrease.

    Parameters
    ----------
    events : Events
        Left as they are.
    known : ndarray of shape (E,)
        When each row was known, UTC.
    way : str
        One of `WAYS`.
    """

    def __init__(self, events: Events, known: Times, way: str) -> None:
        self._way, self._known = way, known
        self._values = {name: np.array(values) for name, values in events.values.items()}
        self._groups = {name: np.array(labels) for name, labels in events.groups.items()}
        self._times = {name: np.array(getattr(events, name)) for name in ("date", "announced_at", "known_at")}
        self._done = np.zeros(len(events), dtype=bool)
        times: dict[str, Any] = {name: array.view() for name, array in self._times.items()}
        self.events = replace(
            events,
            values={name: array.view() for name, array in self._values.items()},
            groups={name: array.view() for name, array in self._groups.items()},
            **times,
        )

    def destroy_after(self, moment: np.datetime64) -> None:
        """Destroy the rows that were not known at a moment."""
        gone = (self._known > moment) & ~self._done
        self._done |= gone
        for array in self._values.values():
            array[gone] = self._value(array)
        for labels in self._groups.values():
            labels[gone] = ""
        for name, array in self._times.items():
            unit = "D" if name == "date" else "s"
            array[gone] += np.timedelta64(_DAYS[self._way], "D").astype(f"timedelta64[{unit}]")

    def _value(self, array: Floats) -> float:
        if self._way == "missing" or np.isnan(array).all():
            return float("nan")
        low, high = float(np.nanmin(array)), float(np.nanmax(array))
        return high + abs(high) + 1.0 if self._way == "higher" else low - abs(low) - 1.0


def shred(market: Market, way: str) -> tuple[ShreddedPrices, ShreddedEvents, Market]:
    """Return destroyable copies of a market's prices and events, and the market made of them."""
    prices = ShreddedPrices(market.prices, way)
    events = ShreddedEvents(market.events, market.clock.news, way)
    copy = replace(market, events=events.events, prices=prices.panel, tape=prices.tape(market.tape))
    return prices, events, copy
