"""When a position is closed: by plan, by a stop or a target, at the end of its prices; and its hedge with it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from eventstudy.backtest import Backtest
from tests.backtest.plain.stock import Stock

if TYPE_CHECKING:
    from tests.backtest.plain.orders import Order

PREMARKET, OPEN, INTRADAY, CLOSE = range(4)
PLANNED = ("horizon", "next_announcement")


@dataclass
class Exit:
    session: int
    moment: int
    price: float
    why: str

    def told(self, stock: Stock) -> np.datetime64:
        """When it is known for certain: at the open, or at the close of the session that it lies in."""
        return (stock.opens if self.moment <= OPEN else stock.closes)[self.session]


class NotSent(Exception):  # noqa: N818
    """Why there is no order, in the word of its status."""


def planned_exit(order: Order, rule: Backtest, upcoming: int | None, ends: dict[str, int]) -> Exit:
    """The close after so many sessions, or the last one before the next announcement; the next where there is none."""
    stock = order.stock
    session, why = math.inf if rule.exit_after is None else order.session + rule.exit_after, "horizon"
    if upcoming is not None and upcoming - 1 < session:
        session, why = upcoming - 1, "next_announcement"
        if session < order.session or (session == order.session and order.moment == CLOSE):
            raise NotSent("announcement_too_near")
    while session <= stock.last:
        if stock.has("close", int(session)):
            return Exit(int(session), CLOSE, stock.at("close", int(session)), why)
        session += 1
    mark, delisted = stock.mark(stock.last), stock.last < ends[stock.calendar.code]
    paid = mark * (1 + rule.delisting) if delisted else mark
    # Where nothing was ever closed at, it is worth what it cost.
    price = order.price if math.isnan(mark) else paid
    return Exit(stock.last, CLOSE, price, "delisted" if delisted else "end_of_data")


def first_touch(order: Order, planned: Exit, rule: Backtest) -> Exit:
    """The first session on which the stop or the target is touched, if it is by the planned exit.

    At the open where it gapped through, else at the level itself; without high and low only the close can tell, and it
    is sold at the close. A stop goes before a target of the same moment. The session of the entry is watched from an
    entry at the open or before it.
    """
    shares = 1.0
    for session in range(order.session, planned.session + 1):
        first = session == order.session
        shares *= 1.0 if first else order.stock.at("split", session)
        if first and order.moment > OPEN:
            continue
        found = touch(order, session, shares, rule, watch_open=not first or order.moment == PREMARKET)
        if found:
            return found
    return planned


def touch(order: Order, session: int, shares: float, rule: Backtest, *, watch_open: bool) -> Exit | None:
    stop = math.inf if rule.stop is None else rule.stop
    target = math.inf if rule.target is None else rule.target

    def gain(price: float) -> float:
        return order.side * (price * shares / order.price - 1)

    opened, high, low, close = (order.stock.at(name, session) for name in ("open", "high", "low", "close"))
    if watch_open and gain(opened) <= -stop:
        return Exit(session, OPEN, opened, "stop")
    if watch_open and gain(opened) >= target:
        return Exit(session, OPEN, opened, "target")
    if math.isnan(high) or math.isnan(low):
        if gain(close) <= -stop or gain(close) >= target:
            return Exit(session, CLOSE, close, "stop" if gain(close) <= -stop else "target")
        return None
    if min(gain(high), gain(low)) <= -stop:
        return Exit(session, INTRADAY, order.price * (1 - order.side * stop) / shares, "stop")
    if max(gain(high), gain(low)) >= target:
        return Exit(session, INTRADAY, order.price * (1 + order.side * target) / shares, "target")
    return None


def hedge_exit(hedge: Stock, date: np.datetime64, planned: Exit, exit_: Exit, told: np.datetime64) -> Exit:
    """Where the hedge of a position leaves.

    Parameters
    ----------
    date
        On which its position was planned to leave.
    planned, exit_
        The exit of the position without stop and target, and the one that came.
    told
        When that one was known.
    """
    session = min(hedge.session_of(date), hedge.last)
    by_plan = Exit(session, CLOSE, hedge.mark(session), exit_.why)
    if exit_.why in (*PLANNED, "end_of_data") or (planned.why in PLANNED and by_plan.told(hedge) < told):
        return by_plan
    for each in range(int(np.searchsorted(hedge.closes, told)), hedge.last + 1):
        if hedge.opens[each] >= told and hedge.has("open", each):
            return Exit(each, OPEN, hedge.at("open", each), exit_.why)
        if hedge.has("close", each):
            return Exit(each, CLOSE, hedge.at("close", each), exit_.why)
    return Exit(hedge.last, CLOSE, hedge.mark(hedge.last), exit_.why)
