"""Orders: every decision that can be filled, where it is opened and closed, what hedges it. Sizes come later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from eventstudy._typing import Floats, Ints, Labels, Times
from eventstudy.backtest.clock import read_clock
from eventstudy.backtest.decide import PENDING, Decisions, Market, decide
from eventstudy.backtest.exits import leave
from eventstudy.backtest.fills import Moment, enter
from eventstudy.backtest.sizing import betas
from eventstudy.backtest.statuses import OrderStatus
from eventstudy.backtest.tape import read_tape
from eventstudy.returns import on_price_venue

if TYPE_CHECKING:
    from eventstudy.backtest.rules import Backtest
    from eventstudy.backtest.tape import Tape
    from eventstudy.bars import BarPanel
    from eventstudy.events import Events
    from eventstudy.panels import PricePanel

__all__ = ["Orders", "market_of", "plan"]


@dataclass(frozen=True, slots=True, eq=False)
class Orders:
    """One order a decision that can be filled; every array has shape (n,).

    Parameters
    ----------
    row : ndarray of int
        Event of each.
    code : ndarray of int
        Symbol in the prices.
    signal, strength : ndarray of float
        As decided.
    information, decision : ndarray of datetime64[s]
        When all that went in was known, and when the order was sent, UTC.
    sigma, adv : ndarray of float
        Volatility and average daily dollar volume known then.
    moment : Moment
        Where in its session each is opened.
    entry, exit : ndarray of int
        Positions in the tape of opening and closing.
    entry_price, exit_price : ndarray of float
        Before costs.
    entry_time : ndarray of datetime64[s]
        UTC.
    exit_moment : ndarray of int
        A `Moment` each.
    exit_reason : ndarray of ExitReason
        Why each is closed.
    hedge : ndarray of int
        Symbol of the hedge, -1 for none.
    hedge_entry : ndarray of int
        Position in the tape at which the hedge is opened.
    hedge_price : ndarray of float
        At which price.
    hedge_ratio : ndarray of float
        Notional of the hedge for one of the position.
    gross : ndarray of float
        Total return of each position from entry to exit before costs, signed by its side, hedge included; a decimal.
    """

    row: Ints
    code: Ints
    signal: Floats
    strength: Floats
    information: Times
    decision: Times
    sigma: Floats
    adv: Floats
    moment: Moment
    entry: Ints
    exit: Ints
    entry_price: Floats
    exit_price: Floats
    entry_time: Times
    exit_moment: Ints
    exit_reason: Labels
    hedge: Ints
    hedge_entry: Ints
    hedge_price: Floats
    hedge_ratio: Floats
    gross: Floats

    def __len__(self) -> int:
        return len(self.row)


def market_of(rule: Backtest, events: Events, prices: PricePanel) -> Market:
    """Return events and prices as decisions are made from them.

    Raises
    ------
    UnknownNameError
        For a hedge that the prices don't have.
    """
    for symbol in rule.hedge_symbols:
        prices.listing.code(symbol)
    events = on_price_venue(events, prices.listing)
    codes = prices.listing.codes(events.symbol)
    return Market(events, read_clock(events, rule), prices, read_tape(prices), codes)


def plan(rule: Backtest, market: Market, bars: BarPanel | None = None) -> tuple[Orders, Decisions, Labels]:
    """Return the orders, the decisions of all events, and the status of each event so far, shape (E,)."""
    decisions = decide(rule, market)
    entries = enter(rule, market, decisions, bars)
    exits = leave(rule, market, entries, decisions.signal)
    status = exits.status.copy()
    hedge, hedge_entry, hedge_price, ratio = _hedges(rule, market, entries.position, entries.moment, status)
    rows = np.flatnonzero(status == PENDING)
    tape, codes = market.tape, market.codes[rows]
    side = np.sign(decisions.signal[rows])
    gross = side * _held(tape, entries.position[rows], entries.price[rows], exits.position[rows], exits.price[rows])
    gross -= (
        side
        * ratio[rows]
        * _hedge_return(market, codes, hedge[rows], hedge_entry[rows], hedge_price[rows], exits.position[rows])
    )
    orders = Orders(
        row=rows,
        code=codes,
        signal=decisions.signal[rows],
        strength=np.nan_to_num(decisions.strength[rows], nan=-np.inf),
        information=decisions.information[rows],
        decision=decisions.moment[rows],
        sigma=decisions.sigma[rows],
        adv=decisions.adv[rows],
        moment=entries.moment,
        entry=entries.position[rows],
        exit=exits.position[rows],
        entry_price=entries.price[rows],
        exit_price=exits.price[rows],
        entry_time=entries.time[rows],
        exit_moment=exits.moment[rows],
        exit_reason=exits.reason[rows],
        hedge=hedge[rows],
        hedge_entry=hedge_entry[rows],
        hedge_price=hedge_price[rows],
        hedge_ratio=ratio[rows],
        gross=gross,
    )
    return orders, decisions, status


def _held(tape: Tape, entry: Ints, entry_price: Floats, exits: Ints, exit_price: Floats) -> Floats:
    """Return the return of a long position from fill to fill, dividends at their amounts, shape (n,)."""
    value = np.empty(len(entry))
    for k, (first, last) in enumerate(zip(entry, exits, strict=True)):
        shares, cash = 1.0, 0.0
        # Nearly every holding is free of both, and then there is nothing to walk through.
        dividend, split = tape.dividend[first + 1 : last + 1], tape.split[first + 1 : last + 1]
        if dividend.any() or (split != 1.0).any():
            for paid, parts in zip(dividend, split, strict=True):
                cash += shares * paid
                shares *= parts
        value[k] = shares * exit_price[k] + cash
    return np.asarray(value / entry_price - 1.0)


def same_date(market: Market, codes: Ints, positions: Ints, others: Ints) -> Ints:
    """Return where the dates of some symbols' positions lie in the spans of others, -1 where they don't, shape (n,)."""
    calendars = market.tape.listing.calendars
    sessions = market.tape.session(codes, positions)
    for k, (code, other) in enumerate(zip(codes, others, strict=True)):
        if other >= 0 and calendars[code] is not calendars[other]:
            day = calendars[code].sessions[sessions[k] : sessions[k] + 1]
            sessions[k] = calendars[other].index(day)[0]
    return market.tape.position(others, sessions)


def _hedges(
    rule: Backtest, market: Market, position: Ints, moment: Moment, status: Labels
) -> tuple[Ints, Ints, Floats, Floats]:
    """Return hedge, where it is opened, its price and its ratio for every event; one without is no order any more."""
    count = len(status)
    hedge, entry = np.full(count, -1, dtype=np.int64), np.full(count, -1, dtype=np.int64)
    price, ratio = np.full(count, np.nan), np.zeros(count)
    rows = np.flatnonzero(status == PENDING)
    if rule.hedge == "none" or not rows.size:
        return hedge, entry, price, ratio
    listing, tape = market.tape.listing, market.tape
    if isinstance(rule.hedge_with, Mapping):
        sector = market.events.column(rule.sector)
        hedge[rows] = listing.codes([rule.hedge_with.get(str(sector[row]), "") for row in rows])
    else:
        hedge[rows] = listing.code(str(rule.hedge_with))
    have = rows[hedge[rows] >= 0]
    entry[have] = same_date(market, market.codes[have], position[have], hedge[have])
    prices = tape.open if moment in (Moment.PREMARKET, Moment.OPEN) else tape.close
    price[have] = np.where(entry[have] >= 0, prices[entry[have]], np.nan)
    ratio[have] = 1.0
    if rule.hedge == "beta":
        ratio[have] = betas(tape, market.codes[have], hedge[have], market.clock.placed.day0[have], rule.beta_window)
    bad = np.isnan(price[rows]) | np.isnan(ratio[rows]) | (hedge[rows] < 0)
    status[rows[bad]] = OrderStatus.NO_HEDGE
    return hedge, entry, price, ratio


def _hedge_return(market: Market, codes: Ints, hedge: Ints, entry: Ints, price: Floats, exits: Ints) -> Floats:
    """Return the return of a long position in each hedge, 0 where there is none, shape (n,)."""
    found = np.zeros(len(codes))
    have = np.flatnonzero(hedge >= 0)
    if have.size:
        tape = market.tape
        last = same_date(market, codes[have], exits[have], hedge[have])
        last = np.where(last >= 0, last, tape.last(hedge[have]))
        found[have] = _held(tape, entry[have], price[have], last, tape.mark[last])
    return found
