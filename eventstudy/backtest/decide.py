"""The decision of each event: which side, how strongly, and from when on an order could be sent."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from eventstudy._typing import Bools, Floats, Ints, Labels, Times
from eventstudy.backtest.clock import Clock
from eventstudy.backtest.expression import read
from eventstudy.backtest.signals import PREMARKET_QUOTE, Signals, quoted
from eventstudy.backtest.sizing import average_dollar_volume, volatility
from eventstudy.backtest.statuses import OrderStatus
from eventstudy.backtest.tape import Tape
from eventstudy.backtest.view import View
from eventstudy.errors import InputError
from eventstudy.events import Events
from eventstudy.panels import PricePanel

if TYPE_CHECKING:
    from eventstudy.backtest.rules import Backtest

__all__ = ["Decisions", "Market", "decide"]

PENDING = OrderStatus.FILLED


@dataclass(frozen=True, slots=True, eq=False)
class Market:
    """What decisions are made from: events on the exchange of their prices, and the prices.

    Parameters
    ----------
    events : Events
        E events.
    clock : Clock
        When each was known.
    prices : PricePanel
        Prices.
    tape : Tape
        The same, as the account reads them.
    codes : ndarray of shape (E,)
        Symbol of each event in the prices, -1 where they have none.
    """

    events: Events
    clock: Clock
    prices: PricePanel
    tape: Tape
    codes: Ints


@dataclass(frozen=True, slots=True, eq=False)
class Decisions:
    """One decision an event; every array has shape (E,).

    Parameters
    ----------
    signal : ndarray
        Signed size, NaN where unknown, 0 for no trade.
    strength : ndarray
        By which orders queue.
    information : ndarray of datetime64[s]
        When everything that went into it was known, UTC.
    moment : ndarray of datetime64[s]
        When the order was sent: `latency` later.
    sigma : ndarray
        Volatility up to then, a decimal per session.
    adv : ndarray
        Average daily dollar volume up to then.
    status : ndarray of OrderStatus
        ``filled`` where an order is to be sent, else why not.
    """

    signal: Floats
    strength: Floats
    information: Times
    moment: Times
    sigma: Floats
    adv: Floats
    status: Labels


def decide(rule: Backtest, market: Market, rows: Ints | None = None) -> Decisions:
    """Return the decisions of all events, or the decisions of some as all are made.

    Parameters
    ----------
    rule : Backtest
        What to decide by.
    market : Market
        Events and prices.
    rows : ndarray, optional
        Events whose decisions are wanted; what is costly is left out for the others, and is NaN there.
    """
    signals = Signals(market.events, market.clock, market.tape, market.codes, rows)
    count = len(market.events)
    wanted = np.arange(count) if rows is None else rows
    if isinstance(rule.side, str):
        side = read(rule.side)
        names = set(side.names)
        signal = np.broadcast_to(side.evaluate(signals), count).copy()
        signal[(signal == 0) & signals.missing(side.names)] = np.nan
    else:
        names, signal = set(), np.full(count, np.nan)
    strength = np.abs(signal)
    if rule.strength is not None:
        ranking = read(rule.strength)
        names |= ranking.names
        strength = np.broadcast_to(ranking.evaluate(signals), count)
    information = signals.known(names)
    if not isinstance(rule.side, str):
        information = np.maximum(information, _asked(rule, market.clock))
        quotes = quoted(market.clock)
        signal[wanted] = [_ask(rule, market, row, information[row], quotes) for row in wanted]
        strength = np.abs(signal) if rule.strength is None else strength
    moment = information + np.timedelta64(rule.latency, "s")
    sigma, adv = _liquidity(market, information, wanted)
    status = _status(rule, market, signal, moment, sigma)
    return Decisions(signal, strength, information, moment, sigma, adv, status)


def _asked(rule: Backtest, clock: Clock) -> Times:
    """Return when a function is asked about each event, shape (E,)."""
    match rule.decide_at or ("close" if rule.entry == "next_open" else "news"):
        case "open":
            return clock.opens(clock.day0)
        case "close":
            return clock.closes(clock.day0)
        case _:
            return clock.news


def _ask(rule: Backtest, market: Market, row: int, now: np.datetime64, quotes: Times) -> float:
    """Return what a function says of one event, shown no more than was known."""
    events = market.events
    values = {name: float(each[row]) for name, each in events.values.items()}
    if PREMARKET_QUOTE in values and now < quotes[row]:
        values[PREMARKET_QUOTE] = np.nan
    view = View(
        event_id=str(events.event_id[row]),
        symbol=str(events.symbol[row]),
        date=events.date[row].item(),
        timing=str(events.timing[row]),
        now=now,
        values=MappingProxyType(values),
        groups=MappingProxyType({name: str(labels[row]) for name, labels in events.groups.items()}),
        _prices=market.prices,
        _events=events,
        _known=market.clock.news,
        _quotes=quotes,
    )
    if market.codes[row] < 0 or isinstance(rule.side, str):
        return np.nan
    said = rule.side(view)
    try:
        return float(said)
    except (TypeError, ValueError):
        raise InputError(
            f"backtest: the side of {view.event_id} is {said!r}; a number was expected, 0 or NaN for no trade."
        ) from None


def _liquidity(market: Market, information: Times, wanted: Ints) -> tuple[Floats, Floats]:
    """Return volatility and dollar volume of events' symbols up to the last close before the decision, shape (E,)."""
    last = market.clock.first("closes", information + np.timedelta64(1, "s")) - 1
    have = wanted[market.codes[wanted] >= 0]
    sigma, adv = np.full(len(last), np.nan), np.full(len(last), np.nan)
    sigma[have] = volatility(market.tape, market.codes[have], last[have])
    adv[have] = average_dollar_volume(market.tape, market.codes[have], last[have])
    return sigma, adv


def _status(rule: Backtest, market: Market, signal: Floats, moment: Times, sigma: Floats) -> Labels:
    status = np.full(len(signal), PENDING, dtype=object)
    status[(rule.sizing == "inverse_volatility") & ~(sigma > 0)] = OrderStatus.NO_VOLATILITY
    status[np.isnan(signal) | ~np.isfinite(signal)] = OrderStatus.SIGNAL_UNKNOWN
    status[signal == 0] = OrderStatus.NO_SIGNAL
    status[~_in_universe(rule, market.events.symbol, moment)] = OrderStatus.NOT_IN_UNIVERSE
    status[market.codes < 0] = OrderStatus.UNKNOWN_SYMBOL
    return status


def _in_universe(rule: Backtest, symbols: Labels, moment: Times) -> Bools:
    """Return which symbols could be traded at the moment of each decision, shape (E,)."""
    universe = rule.universe
    if universe is None:
        return np.ones(len(symbols), dtype=bool)
    if isinstance(universe, tuple):
        return np.isin(symbols.astype(str), universe)
    days = moment.astype("datetime64[D]")
    found = np.zeros(len(symbols), dtype=bool)
    for symbol, spans in universe.items():
        here = np.asarray(symbols == symbol)
        for since, until in spans:
            last = days if until is None else np.datetime64(until, "D")
            found |= here & (days >= np.datetime64(since, "D")) & (days <= last)
    return found
