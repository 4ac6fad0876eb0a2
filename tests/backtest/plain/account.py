"""One account day by day (METHODS 8.4, 8.5): what the night costs, who leaves, who comes in, what all is worth."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from eventstudy.backtest import Backtest
from tests.backtest.plain.exits import CLOSE, OPEN, PREMARKET, Exit, NotSent, first_touch, hedge_exit
from tests.backtest.plain.orders import Order, order_of
from tests.backtest.plain.stock import Stock

COSTS = ("commission", "spread", "impact", "borrow", "financing")
MOMENTS = ("premarket", "open", "intraday", "close")


@dataclass(eq=False)
class Leg:
    """A position, or the hedge of one."""

    order: Order
    stock: Stock
    shares: float
    price: float
    session: int
    time: np.datetime64
    sigma: float
    adv: float
    own: bool
    until: Order
    bought: float
    exit: Exit | None = None
    day: np.datetime64 | None = None
    """On which it is to be closed; that of its exit, but a hedge is never closed before its position."""
    value: float = 0.0
    paid: float = 0.0
    dividends: float = 0.0
    exit_time: np.datetime64 | None = None
    hedge: Leg | None = None
    cost: dict[str, float] = field(default_factory=lambda: dict.fromkeys(COSTS, 0.0))

    @property
    def told(self) -> np.datetime64:
        return self.exit.told(self.stock)

    def leave_by(self, exit_: Exit, day: np.datetime64) -> None:
        self.exit, self.day = exit_, max(day, self.stock.dates[exit_.session])


class PlainAccount:
    """The trades of some events by a rule, from the first day of the account on.

    Parameters
    ----------
    rule
        What to trade; its side is a value of the events, ``reaction`` or ``gap``, or the sign of one.
    events, prices
        Rows of the two tables.
    first
        Date of the account's first day.
    bars
        Rows of ``symbol``, ``start``, ``open``, ``high``, ``low``, ``close``, ``volume``.
    """

    def __init__(
        self,
        rule: Backtest,
        events: pd.DataFrame,
        prices: pd.DataFrame,
        first: np.datetime64,
        bars: list[dict[str, Any]] | None = None,
    ) -> None:
        self.rule = rule
        self.stocks = {
            str(name): Stock(str(name), rows, [bar for bar in bars or [] if bar["symbol"] == name])
            for name, rows in prices.groupby("symbol")
        }
        self.status: dict[str, str] = {}
        self.orders: list[Order] = []
        self.decide(events.to_dict("records"))
        self.cash = self.equity = rule.capital
        self.open: list[Leg] = []
        self.legs: list[Leg] = []
        self.fills: list[dict[str, Any]] = []
        self.days: list[dict[str, Any]] = []
        before = None
        for date in self.dates(events, first):
            self.live_through(date, before)
            before = date

    def decide(self, events: list[dict[str, Any]]) -> None:
        ends = {
            code: max(each.last for each in self.stocks.values() if each.calendar.code == code)
            for code in {each.calendar.code for each in self.stocks.values()}
        }
        for event in events:
            try:
                self.orders.append(order_of(event, events, self.stocks, self.rule, ends))
                self.status[event["event_id"]] = "filled"
            except NotSent as why:
                self.status[event["event_id"]] = str(why)

    def dates(self, events: pd.DataFrame, first: np.datetime64) -> list[np.datetime64]:
        """The sessions of all exchanges of its symbols and hedges."""
        used = {*events["symbol"], *self.rule.hedge_symbols} & self.stocks.keys()
        last = max(each.dates[each.last] for each in self.stocks.values())
        days = np.unique(np.concatenate([self.stocks[each].dates for each in used]))
        return list(days[(days >= first) & (days <= last)])

    def live_through(self, date: np.datetime64, before: np.datetime64 | None) -> None:
        self.today, self.opened = date, 0
        self.day = dict.fromkeys(("costs", "interest", "traded", "impact"), 0.0)
        if before is not None:
            self.night(int((date - before).astype(int)))
            self.corporate_actions()
        queue = [order for order in self.orders if order.date == date]
        for order in sorted(queue, key=lambda each: (each.sent, -each.strength, each.stock.symbol, each.event)):
            self.close_known(order.sent)
            self.place(order)
        self.close_known(np.datetime64("2200-01-01", "s"))
        self.value_all()

    def night(self, nights: int) -> None:
        """Interest on idle cash, the fee of borrowed shares, financing of what is beyond the equity."""
        costs = self.rule.costs
        riskless = costs.risk_free * nights / 360
        gross = sum(abs(leg.value) for leg in self.open)
        if costs.cash_earns:
            self.day["interest"] = max(self.equity - gross, 0) * riskless
            self.cash += self.day["interest"]
        beyond = max(gross - self.equity, 0) * (riskless + costs.financing * nights / 360)
        for leg in self.open:
            fee = costs.hard_to_borrow.get(leg.stock.symbol, costs.borrow)
            self.charge(leg, "borrow", max(-leg.value, 0) * fee * nights / 360)
            self.charge(leg, "financing", beyond * abs(leg.value) / gross if gross else 0.0)

    def charge(self, leg: Leg, kind: str, amount: float) -> None:
        leg.cost[kind] += amount
        self.cash -= amount
        self.day["costs"] += amount

    def corporate_actions(self) -> None:
        """Dividends are paid on the shares held over night, splits change them."""
        for leg in self.open:
            session = leg.stock.session_of(self.today)
            if leg.stock.trades_on(self.today) and session > leg.session:
                paid = leg.shares * leg.stock.at("dividend", session)
                leg.dividends += paid
                self.cash += paid
                leg.shares *= leg.stock.at("split", session)

    def close_known(self, until: np.datetime64) -> None:
        """Close what is known to have left by a time of the clock."""
        while due := [leg for leg in self.open if leg.day == self.today and leg.told <= until]:
            self.close(min(due, key=lambda leg: leg.exit.moment))

    def close(self, leg: Leg, told: np.datetime64 | None = None) -> None:
        """Close a position; its hedge leaves when it can."""
        # At the end of its prices a position is valued, or paid out; the hedge of one that was paid out is traded.
        free = leg.exit.why == "end_of_data" or (leg.exit.why == "delisted" and leg.own)
        leg.exit_time = leg.told if leg.exit_time is None else leg.exit_time
        self.fill(leg, -leg.shares, leg.exit.price, leg.exit.moment, leg.exit_time, free=free)
        self.open.remove(leg)
        if leg.hedge in self.open:
            planned = leg.until.planned
            date = leg.stock.dates[planned.session]
            told = leg.told if told is None else told
            leg.hedge.leave_by(hedge_exit(leg.hedge.stock, date, planned, leg.exit, told), self.today)

    def fill(
        self, leg: Leg, shares: float, price: float, moment: int, time: np.datetime64, *, free: bool = False
    ) -> None:
        amount = abs(shares) * price
        costs = dict.fromkeys(COSTS[:3], 0.0) if free else self.costs_of(leg, abs(shares), price, moment)
        self.cash -= shares * price
        leg.paid += shares * price
        for kind, cost in costs.items():
            self.charge(leg, kind, cost)
        self.day["traded"] += amount
        self.day["impact"] += costs["impact"]
        place = {"event_id": leg.order.event, "symbol": leg.stock.symbol, "date": self.today, "time": time}
        self.fills.append({**place, "moment": MOMENTS[moment], "shares": shares, "price": price, **costs})

    def costs_of(self, leg: Leg, shares: float, price: float, moment: int) -> dict[str, float]:
        """Commission, half the spread, and Y sigma sqrt(Q / ADV) Q, of which an auction pays a part."""
        costs, amount = self.rule.costs, shares * price
        buckets = [share for least, share in sorted(costs.spread_buckets, reverse=True) if leg.adv >= least]
        spread = (buckets or [costs.half_spread])[0]
        part = costs.auction_impact if moment in (OPEN, CLOSE) else 1.0
        known = leg.adv > 0 and not math.isnan(leg.sigma)
        return {
            "commission": max(costs.minimum, costs.commission * amount + costs.per_share * shares),
            "spread": 0.0 if moment == PREMARKET else spread * amount,
            "impact": costs.impact * part * leg.sigma * math.sqrt(amount / leg.adv) * amount if known else 0.0,
        }

    def place(self, order: Order) -> None:
        """Extend, reverse or open a position, as far as the limits leave room."""
        held = [leg for leg in self.open if leg.own and leg.stock is order.stock]
        if held and self.rule.repeat == "ignore":
            self.status[order.event] = "ignored"
            return
        if held and self.rule.repeat == "extend":
            if held[0].order.side == order.side:
                self.extend(held, order)
                return
            for leg in held:
                leg.leave_by(Exit(order.session, order.moment, order.price, "reversed"), self.today)
                leg.exit_time = order.time
                self.close(leg, order.sent)
            self.close_known(order.sent)
        wanted, why = self.room(order)
        shares = math.floor(wanted / order.price + 1e-9)
        if shares <= 0:
            self.status[order.event] = "too_small" if why == "filled" else why
            return
        self.status[order.event] = "filled" if why == "filled" else "partly_filled"
        self.enter(order, shares, wanted)

    def extend(self, held: list[Leg], order: Order) -> None:
        """Hold on as long as the new order would, with the stop and target of the old price."""
        self.status[order.event] = "extended"
        for leg in held:
            if order.planned.session >= leg.until.planned.session:
                leg.until = order
                leg.leave_by(first_touch(leg.order, order.planned, self.rule), self.today)

    def enter(self, order: Order, shares: int, wanted: float) -> None:
        self.opened += 1
        entry = (order.price, order.session, order.time)
        leg = Leg(
            order, order.stock, order.side * shares, *entry, order.sigma, order.adv, True, order, order.side * shares
        )
        leg.leave_by(order.exit, self.today)
        # Where the hedge is traded first nobody knows yet what will be filled.
        ordered = wanted if order.sent < order.time else shares * order.price
        self.buy(leg, order.moment, order.side * ordered)
        if order.hedge is None:
            return
        amount = -order.side * ordered * order.hedge_ratio
        exact = amount / order.hedge_price
        against = math.trunc(exact + math.copysign(1e-9, exact))
        if against:
            stock, before = order.hedge, order.hedge_session - 1
            entry = (order.hedge_price, order.hedge_session, order.hedge_time)
            known = (stock.volatility(before), stock.dollar_volume(before))
            leg.hedge = Leg(order, stock, against, *entry, *known, False, order, against)
            # And where it is traded later, nobody knows yet at what.
            value = amount if order.hedge_time > order.time else against * order.hedge_price
            self.buy(leg.hedge, OPEN if order.moment <= OPEN else CLOSE, value)

    def buy(self, leg: Leg, moment: int, value: float) -> None:
        leg.value = value
        self.open.append(leg)
        self.legs.append(leg)
        self.fill(leg, leg.shares, leg.price, moment, leg.time)

    def room(self, order: Order) -> tuple[float, str]:
        """The money an order may have, and what made it less than it asks for."""
        rule, limits, equity, side = self.rule, self.rule.limits, self.equity, order.side
        own = [leg for leg in self.open if leg.own]
        if side < 0 and order.stock.symbol in rule.costs.no_borrow:
            return 0.0, "no_borrow"
        if len(own) >= limits.positions:
            return 0.0, "max_positions"
        if limits.day is not None and self.opened >= limits.day:
            return 0.0, "day_limit"
        whole = limits.long if side > 0 else limits.short
        amount, why = equity * whole / limits.positions * self.weight(order), "filled"
        long, short = total(leg for leg in self.open if leg.value > 0), total(leg for leg in self.open if leg.value < 0)
        same = total(leg for leg in own if leg.value * side > 0)
        name = total(leg for leg in own if leg.stock is order.stock)
        sector = total(leg for leg in own if leg.order.sector == order.sector)
        rooms = {
            "long_limit" if side > 0 else "short_limit": whole * equity - same,
            "gross_limit": None if limits.gross is None else limits.gross * equity - long - short,
            "net_limit": None if limits.net is None else limits.net * equity - side * (long - short),
            "name_limit": None if limits.name is None else limits.name * equity - name,
            "sector_limit": None if limits.sector is None else limits.sector * equity - sector,
            "adv_limit": None if limits.adv is None or math.isnan(order.adv) else limits.adv * order.adv,
        }
        for status, room in rooms.items():
            if room is not None and room < amount * (1 - 1e-9):
                amount, why = max(room, 0.0), status
        return max(amount, 0.0), why

    def weight(self, order: Order) -> float:
        if self.rule.sizing == "inverse_volatility":
            return min(self.rule.volatility / order.sigma, 2.0)
        return min(abs(order.signal), 1.0) if self.rule.sizing == "signal" else 1.0

    def value_all(self) -> None:
        """Value everything at the last close of its exchange by then, and what has none at what it cost."""
        for leg in self.open:
            session = min(leg.stock.session_of(self.today), leg.stock.last)
            mark = leg.stock.mark(session)
            leg.value = leg.shares * (leg.price if math.isnan(mark) or session < leg.session else mark)
        long = sum(leg.value for leg in self.open if leg.value > 0)
        short = sum(leg.value for leg in self.open if leg.value < 0)
        self.equity = self.cash + long + short
        now = {"equity": self.equity, "cash": self.cash, "long": long, "short": short}
        self.days.append({"date": self.today, **now, **self.day, "positions": sum(leg.own for leg in self.open)})


def total(legs: Any) -> float:
    return sum(abs(leg.value) for leg in legs)
