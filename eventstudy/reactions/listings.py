"""One announcement, two listings: what each price did, on one clock."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np

from eventstudy.bars import BarPanel
from eventstudy.calendars import Calendar
from eventstudy.errors import InputError
from eventstudy.events import Events, place
from eventstudy.panels import PricePanel
from eventstudy.reactions.clock import Clock
from eventstudy.reactions.ladder import measure_reactions
from eventstudy.reactions.record import Reaction, Rung

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Listings", "Quote", "two_listings"]

NAN = float("nan")


@dataclass(frozen=True, slots=True)
class Quote:
    """One price on the common clock.

    Parameters
    ----------
    time : datetime64
        UTC.
    symbol : str
        Which listing.
    what : str
        ``base``, or the rung.
    price : float
        In the currency of the listing.
    move : float
        Simple move from the listing's own base price, a decimal.
    other : float
        How far the other listing had moved by then, NaN before its base.
    """

    time: np.datetime64
    symbol: str
    what: str
    price: float
    move: float
    other: float


@dataclass(frozen=True, slots=True)
class Listings:
    """The reactions of two listings of one company to one announcement.

    Parameters
    ----------
    announced_at : datetime64
        UTC.
    first, second : Reaction
        Each on the sessions of its own exchange.
    quotes : tuple of Quote
        The prices of both in the order of time.
    zones : tuple of str
        Time zone of each exchange.
    """

    announced_at: np.datetime64
    first: Reaction
    second: Reaction
    quotes: tuple[Quote, ...]
    zones: tuple[str, str]

    @property
    def sentences(self) -> tuple[str, ...]:
        """Which listing could react first, and how far it had gone when the second could."""
        first, second = sorted((self.first, self.second), key=lambda each: self._first_price(each).time)
        early, late = self._first_price(first), self._first_price(second)
        if early.time == late.time:
            moves = [f"{each.symbol}, by its {_words(each.what)} ({100 * each.move:+.2f}%)," for each in (early, late)]
            return (
                f"{' and '.join(moves)} could react at the same time, {_shown(early.time)}, each in its own currency.",
            )
        told = (
            f"{first.symbol} could react first, at its {_words(early.what)} of {_shown(early.time)} "
            f"({100 * early.move:+.2f}%); {second.symbol} at its {_words(late.what)} of {_shown(late.time)} "
            f"({100 * late.move:+.2f}%)."
        )
        return (
            told,
            (
                f"By then {first.symbol} had moved {100 * late.other:+.2f}%, so that the first price of "
                f"{second.symbol} stood {100 * (late.move - late.other):+.2f} points from it, each in its own currency."
            ),
        )

    def _first_price(self, reaction: Reaction) -> Quote:
        after = [each for each in self.quotes if each.symbol == reaction.symbol and each.time >= self.announced_at]
        if not after:
            raise InputError(
                f"{reaction.symbol} has no price after the announcement that can be measured from its close before it."
            )
        return after[0]

    def to_frame(self) -> pd.DataFrame:
        """Return the prices of both listings in the order of time, one row a `Quote`; times are UTC."""
        import pandas as pd

        columns = {name: [getattr(each, name) for each in self.quotes] for name in ("symbol", "what", "price", "move")}
        times = pd.DatetimeIndex(np.array([each.time for each in self.quotes]), tz="UTC")
        return pd.DataFrame({"time": times, **columns, "other": [each.other for each in self.quotes]})

    def __str__(self) -> str:
        return " ".join(self.sentences)


def two_listings(
    event: Events,
    symbols: tuple[str, str],
    prices: PricePanel,
    *,
    bars: BarPanel | None = None,
    clock: Clock | None = None,
    days: int = 2,
) -> Listings:
    """Measure one announcement on two listings and put their prices on one clock.

    Parameters
    ----------
    event : Events
        The one announcement, its time known; on which of the two listings it is recorded does not matter.
    symbols : (str, str)
        The two listings, such as ``("BABA", "9988.HK")``.
    prices : PricePanel
        Daily prices of both.
    bars : BarPanel, optional
        Bars of either or both.
    clock : Clock, optional
        At which times prices are read off the bars.
    days : int
        How many sessions after day 0 are followed, each exchange's own.

    Raises
    ------
    InputError
        For more than one event, a time that is not known, or a listing without a price on its day 0.

    Notes
    -----
    Each listing is placed on its own exchange, so that one evening's news has the next session of Hong Kong as day 0
    and this one of New York. Moves are in the currency of the listing; where the currencies float against each other
    the difference is in them.
    """
    if len(event) != 1:
        raise InputError(f"Two listings are compared over one announcement; {len(event)} were given.")
    at = event.announced_at[0]
    if np.isnat(at):
        raise InputError(
            f"{event.event_id[0]}: only the date of the announcement is known. Which session comes first depends on "
            f"the hour; give announced_at."
        )
    calendars = {symbol: prices.series(symbol).calendar for symbol in symbols}
    events = _on_both(event, calendars)
    reactions = measure_reactions(events, place(events), prices, bars=bars, clock=clock, days=days, quote=None)
    if len(reactions) < len(symbols):
        lacking = next(symbol for symbol in symbols if symbol not in {each.symbol for each in reactions})
        raise InputError(f"{lacking} has no price on the first session that closed after {at} UTC.")
    raw = [quote for each in reactions for quote in _quotes(each, calendars[each.symbol])]
    raw.sort(key=lambda each: (each.time, each.symbol))
    return Listings(
        at, reactions[0], reactions[1], tuple(_beside(raw)), (calendars[symbols[0]].zone, calendars[symbols[1]].zone)
    )


def _on_both(event: Events, calendars: dict[str, Calendar]) -> Events:
    import pandas as pd

    company = event.groups.get("company")
    frame = pd.DataFrame(
        {
            "event_id": [f"{event.event_id[0]} {symbol}" for symbol in calendars],
            "symbol": list(calendars),
            "announced_at": [f"{event.announced_at[0]}Z"] * len(calendars),
            "calendar": [calendar.code for calendar in calendars.values()],
        }
    )
    return Events.from_frame(frame if company is None else frame.assign(company=str(company[0])))


def _quotes(reaction: Reaction, calendar: Calendar) -> Iterator[Quote]:
    if reaction.base_date is not None:
        closed = calendar.closes[_session(calendar, reaction.base_date)]
        yield Quote(closed, reaction.symbol, "base", reaction.base_price, 0.0, NAN)
    for rung in reaction.rungs:
        moment = _moment(rung, calendar)
        if moment is not None and rung.printed:
            yield Quote(moment, reaction.symbol, rung.leg, rung.price, rung.raw, NAN)


def _beside(quotes: list[Quote]) -> Iterator[Quote]:
    """Give the quotes with how far the other listing had moved by then, by a price of the same moment too."""
    latest: dict[str, float] = {}
    for _, together in groupby(quotes, lambda each: each.time):
        prices = list(together)
        latest |= {each.symbol: each.move for each in prices}
        for each in prices:
            others = [move for symbol, move in latest.items() if symbol != each.symbol]
            yield Quote(each.time, each.symbol, each.what, each.price, each.move, others[0] if others else NAN)


def _moment(rung: Rung, calendar: Calendar) -> np.datetime64 | None:
    """Return when the price of a rung was made, UTC; None for one that is no moment's, such as a high."""
    day, _, what = rung.end.partition(" ")
    if what in ("open", "close"):
        edges = calendar.opens if what == "open" else calendar.closes
        moment: np.datetime64 = edges[_session(calendar, date.fromisoformat(day))]
        return moment
    if not what[:2].isdigit():
        return None
    local = datetime.fromisoformat(rung.end).replace(tzinfo=ZoneInfo(calendar.zone))
    return np.datetime64(local.astimezone(ZoneInfo("UTC")).replace(tzinfo=None), "s")


def _session(calendar: Calendar, day: date) -> int:
    return int(calendar.index(np.array([day], dtype="datetime64[D]"))[0])


def _words(what: str) -> str:
    return f"close {what[1:]} sessions later" if what[1:].isdigit() else what.replace("_", " ")


def _shown(moment: np.datetime64) -> str:
    return f"{str(moment)[:16].replace('T', ' ')} UTC"
