"""From an event to an order (METHODS 8.1): when it was known, what is decided, at which price it is opened."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from eventstudy.backtest import Backtest
from tests.backtest.plain.exits import CLOSE, INTRADAY, OPEN, PREMARKET, Exit, NotSent, first_touch, planned_exit
from tests.backtest.plain.stock import NAN, Stock, seconds

MOMENT = {"premarket": PREMARKET, "open": OPEN, "next_open": OPEN, "vwap": INTRADAY, "bar": INTRADAY, "close": CLOSE}


@dataclass
class Known:
    """An event on the clock of its exchange."""

    news: np.datetime64
    day0: int
    """The session after the date where the time of day is unknown: the later of the two that it could be."""
    placed: int
    """Day 0 of the study; where the time of day is unknown the session of the date."""


@dataclass(eq=False)
class Order:
    event: str
    sector: str
    stock: Stock
    signal: float
    strength: float
    decided: np.datetime64
    sigma: float
    adv: float
    moment: int
    session: int = -1
    price: float = NAN
    time: np.datetime64 = field(default_factory=lambda: np.datetime64("NaT", "s"))
    planned: Exit | None = None
    exit: Exit | None = None
    hedge: Stock | None = None
    hedge_session: int = -1
    hedge_price: float = NAN
    hedge_time: np.datetime64 = field(default_factory=lambda: np.datetime64("NaT", "s"))
    hedge_ratio: float = 0.0

    @property
    def side(self) -> int:
        return 1 if self.signal > 0 else -1

    @property
    def date(self) -> np.datetime64:
        return self.stock.dates[self.session]

    @property
    def sent(self) -> np.datetime64:
        """When it, or its hedge, is at a market for the first time."""
        return min(self.time, self.hedge_time) if self.hedge else self.time


def known_of(event: dict[str, Any], stock: Stock, rule: Backtest) -> Known:
    margin = seconds(60 * rule.tag_minutes)
    if isinstance(event.get("announced_at"), str):
        news = np.datetime64(event["announced_at"][:19], "s")
        day0 = placed = stock.closed_by(news) + 1
    else:
        session = stock.session_of(np.datetime64(event["date"], "D"))
        news, day0, placed = {
            "before_open": (stock.opens[session] - margin, session, session),
            "during": (stock.closes[session], session, session),
            "after_close": (stock.closes[session] + margin, session + 1, session + 1),
            "unknown": (stock.closes[session] + margin, session + 1, session),
        }[event["timing"]]
    if isinstance(event.get("known_at"), str):
        news = max(news, np.datetime64(event["known_at"][:19], "s"))
    return Known(news, day0, placed)


def signal_of(event: dict[str, Any], stock: Stock, known: Known, rule: Backtest) -> tuple[float, np.datetime64]:
    """The signal, and when all that went into it was known."""
    name = rule.side.removeprefix("sign(").removesuffix(")")
    value, information = event.get(name, NAN), known.news
    if name == "reaction":
        grown = [1 + stock.total_return(each) for each in range(known.placed, known.day0 + 1)]
        value, information = math.prod(grown) - 1, max(information, stock.closes[known.day0])
    if name == "gap":
        base = (stock.at("close", known.day0 - 1) - stock.at("dividend", known.day0)) / stock.at("split", known.day0)
        value = stock.at("open", known.day0) / base - 1 if known.day0 == known.placed else NAN
        information = max(information, stock.opens[known.day0])
    return float(np.sign(value)) if rule.side.startswith("sign(") else value, information


def order_of(
    event: dict[str, Any], others: list[dict[str, Any]], stocks: dict[str, Stock], rule: Backtest, ends: dict[str, int]
) -> Order:
    """The order of an event; raises `NotSent` where there is none."""
    if event["symbol"] not in stocks:
        raise NotSent("unknown_symbol")
    stock = stocks[event["symbol"]]
    known = known_of(event, stock, rule)
    signal, information = signal_of(event, stock, known, rule)
    if rule.universe is not None and stock.symbol not in rule.universe:
        raise NotSent("not_in_universe")
    if signal == 0 or math.isnan(signal):
        raise NotSent("no_signal" if signal == 0 else "signal_unknown")
    last = stock.closed_by(information)
    order = Order(
        event=event["event_id"],
        sector=event["sector"],
        stock=stock,
        signal=signal,
        strength=abs(signal) if rule.strength is None else event[rule.strength],
        decided=information + seconds(rule.latency),
        sigma=stock.volatility(last),
        adv=stock.dollar_volume(last),
        moment=MOMENT[rule.entry],
    )
    if rule.sizing == "inverse_volatility" and not order.sigma > 0:
        raise NotSent("no_volatility")
    # The price that told the news is not one to trade at.
    ready = max(order.decided + seconds(60 * rule.cutoff_minutes), information + seconds(1))
    if order.moment in (OPEN, CLOSE):
        at_auction(order, known, ready, rule)
    else:
        between_auctions(order, event, known, ready, rule)
    upcoming = next_announcement(event, others, stock, rule) if rule.before_next_announcement else None
    order.planned = planned_exit(order, rule, upcoming, ends)
    order.exit = first_touch(order, order.planned, rule)
    if rule.hedge != "none":
        add_hedge(order, known, stocks, rule)
    return order


def at_auction(order: Order, known: Known, ready: np.datetime64, rule: Backtest) -> None:
    """The first open or close from `ready` on; it waits for a price."""
    stock = order.stock
    name, times = ("close", stock.closes) if order.moment == CLOSE else ("open", stock.opens)
    session = int(np.searchsorted(times, ready))
    if rule.entry == "next_open":
        session = max(session, known.day0 + 1)
    if not stock.first <= session <= stock.last:
        raise NotSent("no_price")
    for each in range(session, session + rule.patience + 1):
        if stock.has(name, each):
            order.session, order.price, order.time = each, stock.at(name, each), times[each]
            return
    raise NotSent("no_price")


def between_auctions(order: Order, event: dict[str, Any], known: Known, ready: np.datetime64, rule: Backtest) -> None:
    stock, after = order.stock, order.decided + seconds(1)
    session = int(np.searchsorted(stock.opens, ready))
    if rule.entry == "premarket":
        if session != known.day0 or not stock.first <= session <= stock.last:
            raise NotSent("no_premarket")
        price, time = traded(stock, after, stock.opens[session]) or quoted(order.stock, event, session, rule)
        order.session, order.price, order.time = session, price * (1 + order.side * rule.haircut), time
        return
    if rule.entry == "bar":
        session = int(np.searchsorted(stock.closes, after))
    for each in range(session, session + rule.patience + 1):
        if rule.entry == "vwap":
            found = vwap(stock, stock.opens[each], stock.opens[each] + seconds(60 * rule.minutes))
        else:
            found = traded(stock, max(after, stock.opens[each]), stock.closes[each])
        if found and stock.first <= each <= stock.last:
            order.session, order.price, order.time = each, *found
            return
    raise NotSent("no_price")


def traded(stock: Stock, first: np.datetime64, last: np.datetime64) -> tuple[float, np.datetime64] | None:
    for bar in stock.bars_between(first, last):
        if not math.isnan(bar["open"]):
            return bar["open"], bar["start"]
    return None


def vwap(stock: Stock, first: np.datetime64, last: np.datetime64) -> tuple[float, np.datetime64] | None:
    bars = stock.bars_between(first, last)
    volume = sum(bar["volume"] for bar in bars)
    value = sum(bar["volume"] * (bar["high"] + bar["low"] + bar["close"]) / 3 for bar in bars)
    return (value / volume, last) if volume > 0 else None


def quoted(stock: Stock, event: dict[str, Any], session: int, rule: Backtest) -> tuple[float, np.datetime64]:
    """The premarket quote on the close before, in the shares and without the dividend of the day."""
    base = (stock.mark(session - 1) - stock.at("dividend", session)) / stock.at("split", session)
    quote = event.get("premarket_quote", NAN)
    if math.isnan(base) or math.isnan(quote):
        raise NotSent("no_premarket")
    return base * (1 + quote), stock.opens[session] - seconds(60 * rule.cutoff_minutes)


def next_announcement(event: dict[str, Any], others: list[dict[str, Any]], stock: Stock, rule: Backtest) -> int | None:
    """Day 0 of the next announcement of the symbol that was known by the close before it."""
    own, upcoming = known_of(event, stock, rule).placed, []
    for other in others:
        if other["symbol"] != stock.symbol:
            continue
        placed = known_of(other, stock, rule).placed
        foreseen = not isinstance(other.get("known_at"), str) or (
            np.datetime64(other["known_at"][:19], "s") <= stock.closes[placed - 1]
        )
        if placed > own and foreseen:
            upcoming.append(placed)
    return min(upcoming, default=None)


def add_hedge(order: Order, known: Known, stocks: dict[str, Stock], rule: Backtest) -> None:
    """The open or close of the hedge's own exchange on the same date, if it comes after the decision."""
    name = rule.hedge_with if isinstance(rule.hedge_with, str) else rule.hedge_with.get(order.sector)
    if name is None:
        raise NotSent("no_hedge")
    hedge = stocks[name]
    at_open = order.moment <= OPEN
    session = hedge.session_of(order.date)
    time = (hedge.opens if at_open else hedge.closes)[session]
    price = hedge.at("open" if at_open else "close", session)
    ratio = beta(order.stock, hedge, known.placed, rule) if rule.hedge == "beta" else 1.0
    late = time < order.decided + seconds(60 * rule.cutoff_minutes)
    if not hedge.trades_on(order.date) or late or math.isnan(price) or math.isnan(ratio):
        raise NotSent("no_hedge")
    order.hedge, order.hedge_session, order.hedge_price, order.hedge_time = hedge, session, price, time
    order.hedge_ratio = ratio


def beta(stock: Stock, hedge: Stock, day0: int, rule: Backtest) -> float:
    """The slope over the dates before the event on which both have a return, at least 60 of them."""
    pairs = []
    for session in range(day0 + rule.beta_window[0], day0 + rule.beta_window[1] + 1):
        date = stock.dates[session]
        if hedge.trades_on(date):
            pairs.append((stock.total_return(session), hedge.total_return(hedge.session_of(date))))
    pairs = [each for each in pairs if not math.isnan(sum(each))]
    if len(pairs) < 60:
        return NAN
    own, market = np.array(pairs).T
    return float(np.cov(own, market)[0, 1] / np.var(market, ddof=1))
