"""What a strategy is shown: the event, and prices and past events cut at the moment of its decision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from eventstudy._typing import Times
from eventstudy.backtest.signals import PREMARKET_QUOTE
from eventstudy.events import Events
from eventstudy.panels import PRICE_FIELDS, PricePanel, PriceSeries

__all__ = ["View"]


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """One event at the moment of its decision; what came later is not in any array of it.

    Parameters
    ----------
    event_id, symbol : str
        Whose event it is.
    now : datetime64[s]
        The moment of the decision, UTC.
    values : mapping of str to float
        Numbers known of the event, NaN where unknown.
    groups : mapping of str to str
        Its labels.

    Examples
    --------
    >>> def buy_after_a_fall(view: View) -> float:
    ...     return 1.0 if view.series(view.symbol).total_return[-1] < -0.03 else 0.0
    """

    event_id: str
    symbol: str
    date: date
    timing: str
    now: np.datetime64
    values: Mapping[str, float]
    groups: Mapping[str, str]
    _prices: PricePanel
    _events: Events
    _known: Times
    _quotes: Times

    def series(self, symbol: str | None = None) -> PriceSeries:
        """Return the prices of a symbol, its own without a name, up to now.

        The last row is the session in progress, if there is one: its open alone, once it has opened.

        Raises
        ------
        UnknownNameError
            If the prices have no such symbol.
        """
        whole = self._prices.series(symbol or self.symbol)
        return cut(whole, self.now)

    def past_events(self, symbol: str | None = None) -> Events:
        """Return the events known by now, without this one; those of one symbol if it is named."""
        rows = (self._known <= self.now) & np.asarray(self._events.event_id != self.event_id)
        if symbol is not None:
            rows &= np.asarray(self._events.symbol == symbol)
        found = self._events.take(np.flatnonzero(rows))
        if PREMARKET_QUOTE not in found.values:
            return found
        told = np.where(self._quotes[rows] <= self.now, found.values[PREMARKET_QUOTE], np.nan)
        return found.with_columns(values={PREMARKET_QUOTE: told})


def cut(series: PriceSeries, now: np.datetime64) -> PriceSeries:
    """Return a copy of the prices known at a moment, so that no array leads back to the whole.

    Parameters
    ----------
    series : PriceSeries
        All prices of a symbol.
    now : datetime64[s]
        UTC.
    """
    calendar = series.calendar
    closed = int(np.searchsorted(calendar.closes, now, side="right"))
    opened = int(np.searchsorted(calendar.opens, now, side="right"))
    count = min(max(closed - series.first, 0), len(series.close))
    whole = min(max(opened - series.first, 0), len(series.close))
    arrays: dict[str, Any] = {}
    for name in (*PRICE_FIELDS, "total_return"):
        array = getattr(series, name)[:whole].copy()
        if name not in ("open", "dividend", "split"):
            array[count:] = np.nan
        array.setflags(write=False)
        arrays[name] = array
    return PriceSeries(symbol=series.symbol, calendar=calendar, first=series.first, basis=series.basis, **arrays)
