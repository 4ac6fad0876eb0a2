"""The book of the account: one leg an order and one its hedge, as arrays that the account writes into."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from eventstudy._typing import Bools, Floats, Ints, Labels, Times
from eventstudy.backtest.decide import Market
from eventstudy.backtest.fills import Moment
from eventstudy.backtest.orders import Orders
from eventstudy.backtest.sizing import average_dollar_volume, volatility
from eventstudy.backtest.statuses import ExitReason
from eventstudy.backtest.timeline import Timeline

if TYPE_CHECKING:
    from eventstudy.backtest.rules import Backtest

__all__ = ["Book", "Fill"]

Fill = tuple[int, int, int, float, float, float, float, float]
"""Leg, day, moment, signed shares, price, commission, spread, impact."""

MONEY = (
    *("value", "entry_price", "exit_price", "paid", "dividends"),
    *("commission", "spread", "impact", "borrow", "financing"),
)


@dataclass(slots=True, eq=False)
class Book:
    """Every array has shape (2n,): n orders, then their hedges.

    Parameters
    ----------
    code : ndarray of int
        Symbol.
    exchange : ndarray of int
        Exchange of the symbol, a place in `exchanges`.
    fee : ndarray of float
        Borrow fee a year.
    sigma, adv : ndarray of float
        Volatility and dollar volume when the order was made.
    order_exit_day : ndarray of int
        Day of each order's own exit, shape (n,).
    until : ndarray of int
        The order as long as which each position is held, shape (n,): its own, or one that extended it.
    exit_time : ndarray of datetime64[s]
        UTC, where it is none of an auction or a session; else NaT.
    live : ndarray of int
        Open legs, in the order of opening.
    """

    code: Ints
    exchange: Ints
    exchanges: tuple[str, ...]
    fee: Floats
    sigma: Floats
    adv: Floats
    order_exit_day: Ints
    until: Ints
    entry: Ints
    exit: Ints
    exit_day: Ints
    exit_moment: Ints
    exit_reason: Labels
    shares: Floats
    entry_shares: Floats
    exit_shares: Floats
    value: Floats
    entry_price: Floats
    exit_price: Floats
    paid: Floats
    dividends: Floats
    commission: Floats
    spread: Floats
    impact: Floats
    borrow: Floats
    financing: Floats
    exit_time: Times
    opened: Bools
    closed: Bools
    live: Ints = field(default_factory=lambda: np.array([], dtype=np.int64))
    fills: list[Fill] = field(default_factory=list)

    @classmethod
    def of(cls, rule: Backtest, market: Market, orders: Orders, timeline: Timeline) -> Book:
        """Return the empty book of some orders."""
        listing = market.tape.listing
        code = np.concatenate([orders.code, orders.hedge])
        exchanges = tuple(timeline.sessions)
        names = [calendar.code for calendar in listing.calendars]
        place = {name: number for number, name in enumerate(exchanges)}
        fees, costs = np.full(len(listing.symbols), rule.costs.borrow), rule.costs
        for symbol, fee in costs.hard_to_borrow.items():
            if symbol in listing:
                fees[listing.code(symbol)] = fee
        sigma, adv = _hedge_liquidity(market, orders)
        numbers: dict[str, Any] = {
            name: np.zeros(len(code)) for name in ("shares", "entry_shares", "exit_shares", *MONEY)
        }
        days: dict[str, Any] = {
            name: np.full(len(code), -1, dtype=np.int64) for name in ("entry", "exit", "exit_day", "exit_moment")
        }
        return cls(
            code=code,
            exchange=np.array([place[names[each]] if each >= 0 else 0 for each in code], dtype=np.int64),
            exchanges=exchanges,
            fee=np.where(code >= 0, fees[np.maximum(code, 0)], 0.0),
            sigma=np.concatenate([orders.sigma, sigma]),
            adv=np.concatenate([orders.adv, adv]),
            order_exit_day=timeline.day_of(market.tape, orders.code, orders.exit),
            until=np.arange(len(orders)),
            exit_reason=np.full(len(code), ExitReason.HORIZON, dtype=object),
            exit_time=np.full(len(code), np.datetime64("NaT", "s")),
            opened=np.zeros(len(code), dtype=bool),
            closed=np.zeros(len(code), dtype=bool),
            **days,
            **numbers,
        )

    def add(self, leg: int, entry: int) -> None:
        """Put a leg among the open ones."""
        self.entry[leg], self.opened[leg] = entry, True
        self.live = np.append(self.live, leg)

    def drop(self, leg: int) -> None:
        """Take a leg from among the open ones."""
        self.live = self.live[self.live != leg]

    def set_exit(self, leg: int, at: int, day: int, moment: Moment, price: float, reason: ExitReason) -> None:
        """Say where a leg is to be closed."""
        self.exit[leg], self.exit_day[leg], self.exit_moment[leg] = at, day, int(moment)
        self.exit_price[leg], self.exit_reason[leg] = price, reason

    def exit_as_planned(self, order: int, orders: Orders) -> None:
        """Say that the position of an order is to be closed where its plan says."""
        moment, price = Moment(int(orders.exit_moment[order])), float(orders.exit_price[order])
        reason, day = orders.exit_reason[order], int(self.order_exit_day[order])
        self.set_exit(order, int(orders.exit[order]), day, moment, price, reason)


def _hedge_liquidity(market: Market, orders: Orders) -> tuple[Floats, Floats]:
    """Return volatility and dollar volume of the hedges up to the session before they are opened, shape (n,)."""
    sigma, adv = np.full(len(orders), np.nan), np.full(len(orders), np.nan)
    have = np.flatnonzero(orders.hedge >= 0)
    if have.size:
        code = orders.hedge[have]
        before = market.tape.session(code, orders.hedge_entry[have]) - 1
        sigma[have] = volatility(market.tape, code, before)
        adv[have] = average_dollar_volume(market.tape, code, before)
    return sigma, adv
