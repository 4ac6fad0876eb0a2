"""One cash account: overlapping positions opened, held and closed day by day, in money."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from eventstudy._typing import Floats, Ints, Labels, Times
from eventstudy.backtest.book import Book
from eventstudy.backtest.clock import LAST
from eventstudy.backtest.costs import FillCost, cost_of_fill
from eventstudy.backtest.decide import Market
from eventstudy.backtest.exits import Exits, touched
from eventstudy.backtest.fills import Moment
from eventstudy.backtest.hedges import auctions, hedge_exits
from eventstudy.backtest.orders import Orders
from eventstudy.backtest.room import room_for
from eventstudy.backtest.statuses import ExitReason, OrderStatus
from eventstudy.backtest.timeline import Timeline

if TYPE_CHECKING:
    from eventstudy.backtest.rules import Backtest

__all__ = ["Account", "Days", "keep_account"]

YEAR = 360.0


@dataclass(frozen=True, slots=True, eq=False)
class Days:
    """The account at each close; every array has shape (T,), money.

    Parameters
    ----------
    equity, cash, long, short : ndarray
        ``equity = cash + long + short``; what is short is below zero.
    costs : ndarray
        Commission, spread, impact, borrow and financing of the day.
    interest : ndarray
        What idle cash earned.
    traded : ndarray
        Notional of the day's fills.
    impact : ndarray
        The part of the costs that grows with size.
    positions : ndarray
        Open positions at the close, hedges not counted.
    """

    equity: Floats
    cash: Floats
    long: Floats
    short: Floats
    costs: Floats
    interest: Floats
    traded: Floats
    impact: Floats
    positions: Ints


@dataclass(slots=True, eq=False)
class Account:
    """The running state; it lives no longer than `keep_account`."""

    rule: Backtest
    market: Market
    orders: Orders
    timeline: Timeline
    risk_free: Floats
    status: Labels
    book: Book
    days: Days
    cash: float = 0.0
    equity: float = 0.0
    long: float = 0.0
    short: float = 0.0
    own_long: float = 0.0
    own_short: float = 0.0
    """Exposure without hedges."""
    opened_today: int = 0
    open: dict[int, list[int]] = field(default_factory=dict)
    """Open positions by symbol, hedges not counted."""

    def begin_day(self, day: int) -> None:
        """Charge what the night cost, pay dividends, apply splits."""
        self.opened_today = 0
        book, live = self.book, self.book.live
        if day == 0:
            return
        nights = int((self.timeline.dates[day] - self.timeline.dates[day - 1]).astype(np.int64))
        gross = self.long + self.short
        idle = max(self.equity - gross, 0.0)
        if self.rule.costs.cash_earns:
            self.days.interest[day] = idle * self.risk_free[day]
            self.cash += self.days.interest[day]
        if not live.size:
            return
        value = book.value[live]
        fee = np.where(value < 0, -value * book.fee[live] * nights / YEAR, 0.0)
        rate = self.risk_free[day] + self.rule.costs.financing * nights / YEAR
        financing = max(gross - self.equity, 0.0) * rate * np.abs(value) / gross if gross > 0 else np.zeros(len(live))
        book.borrow[live] += fee
        book.financing[live] += financing
        self.cash -= fee.sum() + financing.sum()
        self.days.costs[day] += fee.sum() + financing.sum()
        self._corporate_actions(day)

    def _corporate_actions(self, day: int) -> None:
        book, tape = self.book, self.market.tape
        live = book.live
        at = self._positions(live, self.timeline.sessions, day)
        held = (at > book.entry[live]) & (at >= 0)
        live, at = live[held], at[held]
        paid = book.shares[live] * tape.dividend[at]
        book.dividends[live] += paid
        self.cash += paid.sum()
        book.shares[live] *= tape.split[at]

    def _positions(self, legs: Ints, sessions: Mapping[str, Ints], day: int) -> Ints:
        """Return where legs stand in the tape on a day, by the sessions of their exchanges, -1 outside, shape (n,)."""
        now = np.array([sessions[each][day] for each in self.book.exchanges], dtype=np.int64)
        return self.market.tape.position(self.book.code[legs], now[self.book.exchange[legs]])

    def close_due(self, day: int, until: np.datetime64 = LAST) -> None:
        """Close the positions whose exit is known for certain by a time of the clock, in the order of a session.

        An exit at the open is known then, one within the session at the close.
        """
        while (due := self._due(day, until)).size:
            moment = Moment(int(self.book.exit_moment[due].min()))
            for leg in due[self.book.exit_moment[due] == moment]:
                if not self.book.closed[leg]:
                    self.close(int(leg), day, moment)

    def _due(self, day: int, until: np.datetime64) -> Ints:
        book = self.book
        due: Ints = book.live[book.exit_day[book.live] == day]
        return np.asarray(due[self._told(due) <= until]) if due.size else due

    def _told(self, legs: Ints) -> Times:
        """Return when the exits of legs are known, UTC, shape (n,)."""
        book = self.book
        return auctions(self.market.tape, book.code[legs], book.exit[legs], book.exit_moment[legs])

    def close(self, leg: int, day: int, moment: Moment, told: Times | None = None) -> None:
        """Close one position at the price that stands in the book, and its hedge with it."""
        book = self.book
        price, shares = float(book.exit_price[leg]), float(book.shares[leg])
        notional = abs(shares) * price
        # Where the prices end nothing is traded: the position is valued, or paid out. The hedge of one that was paid
        # out is traded.
        paid_out = book.exit_reason[leg] == ExitReason.DELISTED and leg < len(self.orders)
        valued = paid_out or book.exit_reason[leg] == ExitReason.END_OF_DATA
        cost = FillCost(0.0, 0.0, 0.0) if valued else self._cost(leg, notional, shares, moment)
        self._book(leg, day, -shares, price, cost, moment)
        book.closed[leg], book.exit_shares[leg] = True, shares
        self._exposure(leg, -float(book.value[leg]))
        book.value[leg] = 0.0
        book.drop(leg)
        if leg < len(self.orders):
            self.open[int(book.code[leg])].remove(leg)
            hedge = leg + len(self.orders)
            if book.opened[hedge] and not book.closed[hedge]:
                self._close_hedge(hedge, leg, day, told)

    def _close_hedge(self, hedge: int, leg: int, day: int, told: Times | None) -> None:
        """Close a hedge with its position, or leave it open until the auction at which it can be."""
        book, own, other = self.book, np.array([leg]), np.array([hedge])
        told = self._told(own) if told is None else told
        exits = Exits(book.exit[own], book.exit_moment[own], book.exit_price[own], book.exit_reason[own])
        untouched = self.orders.untouched.take(book.until[own])
        found = hedge_exits(self.market, book.code[own], exits, untouched, book.code[other], told)
        at, when, price = int(found.position[0]), Moment(int(found.moment[0])), float(found.price[0])
        then = max(day, int(self.timeline.day_of(self.market.tape, book.code[other], found.position)[0]))
        price = float(book.entry_price[hedge]) if np.isnan(price) else price
        book.set_exit(hedge, at, then, when, price, book.exit_reason[leg])
        if then == day and when == book.exit_moment[leg] and (self._told(other) <= told).all():
            self.close(hedge, day, when)

    def _exposure(self, leg: int, value: float) -> None:
        """Add a signed value to the side that it is on, or take one of the opposite sign from the other."""
        own = leg < len(self.orders)
        if self.book.shares[leg] > 0:
            self.long += value
            self.own_long += value if own else 0.0
        else:
            self.short -= value
            self.own_short -= value if own else 0.0

    def place(self, order: int, day: int) -> None:
        """Fill an order as far as there is room, or say why not."""
        orders, book = self.orders, self.book
        held = self.open.setdefault(int(orders.code[order]), [])
        side = float(np.sign(orders.signal[order]))
        if held and self.rule.repeat == "ignore":
            self.status[orders.row[order]] = OrderStatus.IGNORED
            return
        if held and self.rule.repeat == "extend":
            if book.shares[held[0]] * side > 0:
                self._extend(held, order)
                return
            for leg in list(held):
                price, when = float(orders.entry_price[order]), orders.moment
                book.set_exit(leg, int(orders.entry[order]), day, when, price, ExitReason.REVERSED)
                book.exit_time[leg] = orders.entry_time[order]
                self.close(leg, day, when, orders.sent[order : order + 1])
        notional, why = room_for(self, order, side)
        shares = notional / float(orders.entry_price[order])
        if not self.market.tape.fractional[orders.code[order]]:
            shares = float(np.floor(shares + 1e-9))
        if shares <= 0:
            self.status[orders.row[order]] = OrderStatus.TOO_SMALL if why is OrderStatus.FILLED else why
            return
        if why is not OrderStatus.FILLED:
            self.status[orders.row[order]] = OrderStatus.PARTLY_FILLED
        self._open(order, side * shares, side * notional, day)

    def _extend(self, held: list[int], order: int) -> None:
        orders, book = self.orders, self.book
        self.status[orders.row[order]] = OrderStatus.EXTENDED
        last = orders.untouched.position
        for leg in held:
            if last[order] >= last[book.until[leg]]:
                book.until[leg] = order
                self._hold_on(leg, order)

    def _hold_on(self, leg: int, order: int) -> None:
        """Let a position be held as long as an order would be; its stop and target stay shares of its own price."""
        orders, tape, own = self.orders, self.market.tape, slice(leg, leg + 1)
        held = orders.entry[own], orders.entry_price[own], orders.signal[own]
        found = touched(self.rule, tape, orders.moment, held, orders.untouched.take(np.array([order])))
        at, when, price = int(found.position[0]), Moment(int(found.moment[0])), float(found.price[0])
        day = int(self.timeline.day_of(tape, orders.code[own], found.position)[0])
        self.book.set_exit(leg, at, day, when, price, found.reason[0])

    def _open(self, order: int, shares: float, notional: float, day: int) -> None:
        orders, book = self.orders, self.book
        self.opened_today += 1
        book.add(order, int(orders.entry[order]))
        book.exit_as_planned(order, orders)
        price = float(orders.entry_price[order])
        # A hedge that is traded before its position knows what was ordered, and not what will be filled.
        before = orders.hedge_time[order] < orders.entry_time[order]
        ordered = notional if before else shares * price
        self._fill_entry(order, shares, price, day, orders.moment, ordered)
        self.open[int(orders.code[order])].append(order)
        if orders.hedge[order] < 0:
            return
        hedge, at = order + len(orders), float(orders.hedge_price[order])
        against = -ordered * float(orders.hedge_ratio[order])
        wanted = against / at
        if not self.market.tape.fractional[orders.hedge[order]]:
            wanted = float(np.trunc(wanted + np.copysign(1e-9, wanted)))
        if wanted:
            book.add(hedge, int(orders.hedge_entry[order]))
            when = Moment.OPEN if orders.moment in (Moment.PREMARKET, Moment.OPEN) else Moment.CLOSE
            # Nor does the room for the orders in between know at what a hedge will be traded after its position.
            after = orders.hedge_time[order] > orders.entry_time[order]
            self._fill_entry(hedge, wanted, at, day, when, against if after else wanted * at)

    def _fill_entry(self, leg: int, shares: float, price: float, day: int, moment: Moment, value: float) -> None:
        book = self.book
        notional = abs(shares) * price
        book.shares[leg] = book.entry_shares[leg] = shares
        book.entry_price[leg] = price
        self._book(leg, day, shares, price, self._cost(leg, notional, shares, moment), moment)
        book.value[leg] = value
        self._exposure(leg, value)

    def _cost(self, leg: int, notional: float, shares: float, moment: Moment) -> FillCost:
        book = self.book
        return cost_of_fill(self.rule.costs, notional, shares, float(book.sigma[leg]), float(book.adv[leg]), moment)

    def _book(self, leg: int, day: int, shares: float, price: float, cost: FillCost, moment: Moment) -> None:
        """Move the money of one fill."""
        book, days = self.book, self.days
        self.cash -= shares * price + cost.total
        book.paid[leg] += shares * price
        book.commission[leg] += cost.commission
        book.spread[leg] += cost.spread
        book.impact[leg] += cost.impact
        days.costs[day] += cost.total
        days.impact[day] += cost.impact
        days.traded[day] += abs(shares) * price
        book.fills.append((leg, day, int(moment), shares, price, cost.commission, cost.spread, cost.impact))

    def end_day(self, day: int) -> None:
        """Value everything at the close."""
        book, tape, live = self.book, self.market.tape, self.book.live
        if live.size:
            at = self._positions(live, self.timeline.latest, day)
            at = np.where(at >= 0, at, tape.last(book.code[live]))
            mark = tape.mark[at]
            price = np.where(np.isnan(mark) | (at < book.entry[live]), book.entry_price[live], mark)
            book.value[live] = book.shares[live] * price
        value = book.value[live]
        self.long, self.short = float(value[value > 0].sum()), float(-value[value < 0].sum())
        own = value[live < len(self.orders)]
        self.own_long, self.own_short = float(own[own > 0].sum()), float(-own[own < 0].sum())
        self.equity = self.cash + self.long - self.short
        days = self.days
        days.equity[day], days.cash[day] = self.equity, self.cash
        days.long[day], days.short[day] = self.long, -self.short
        days.positions[day] = int((live < len(self.orders)).sum())


def keep_account(
    rule: Backtest, market: Market, orders: Orders, status: Labels, timeline: Timeline, risk_free: Floats
) -> Account:
    """Trade the orders through the days and return the account as it stands at the end.

    Parameters
    ----------
    rule : Backtest
        Sizes, limits, costs.
    market : Market
        Events and prices.
    orders : Orders
        What could be filled.
    status : ndarray of shape (E,)
        Status of each event; changed where an order is not filled.
    timeline : Timeline
        T days.
    risk_free : ndarray of shape (T,)
        Riskless return of each day.
    """
    count = len(timeline.dates)
    empty = {name: np.zeros(count) for name in Days.__slots__ if name != "positions"}
    days = Days(**empty, positions=np.zeros(count, dtype=np.int64))
    book = Book.of(rule, market, orders, timeline)
    account = Account(rule, market, orders, timeline, risk_free, status, book, days, rule.capital, rule.capital)
    queue, sent = _queue(market, orders, timeline), orders.sent
    for day in range(count):
        account.begin_day(day)
        for order in queue.get(day, ()):
            # There is room for it where a position was closed by then, on whichever exchange.
            account.close_due(day, sent[order])
            account.place(order, day)
        account.close_due(day)
        account.end_day(day)
    return account


def _queue(market: Market, orders: Orders, timeline: Timeline) -> dict[int, list[int]]:
    """Return the orders of each day as they are filled; of one moment the strongest first, ties by ticker.

    A strong order of the afternoon takes no room from one of the morning, which knew nothing of it.
    """
    day = timeline.day_of(market.tape, orders.code, orders.entry)
    symbol = market.events.symbol[orders.row].astype(str)
    queue: dict[int, list[int]] = {}
    names = market.events.event_id[orders.row].astype(str)
    for order in np.lexsort([names, symbol, -orders.strength, orders.sent]):
        queue.setdefault(int(day[order]), []).append(int(order))
    return queue
