"""Orders: every decision that can be filled, where it is opened and closed, what hedges it. Sizes come later."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from eventstudy._typing import Bools, Floats, Ints, Labels, Times
from eventstudy.backtest.clock import read_clock
from eventstudy.backtest.decide import PENDING, Decisions, Market, decide
from eventstudy.backtest.exits import Exits, leave
from eventstudy.backtest.fills import Moment, enter
from eventstudy.backtest.hedges import hedge_exits, hedges
from eventstudy.backtest.tape import read_tape
from eventstudy.errors import InputError
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
    quoted : ndarray of bool
        Whether the entry is at a quote and not at a trade.
    exit_moment : ndarray of int
        A `Moment` each.
    exit_reason : ndarray of ExitReason
        Why each is closed.
    untouched : Exits
        The exit without stop and target.
    hedge : ndarray of int
        Symbol of the hedge, -1 for none.
    hedge_entry : ndarray of int
        Position in the tape at which the hedge is opened.
    hedge_price : ndarray of float
        At which price.
    hedge_time : ndarray of datetime64[s]
        When, UTC; NaT without a hedge.
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
    quoted: Bools
    exit_moment: Ints
    exit_reason: Labels
    untouched: Exits
    hedge: Ints
    hedge_entry: Ints
    hedge_price: Floats
    hedge_time: Times
    hedge_ratio: Floats
    gross: Floats

    def __len__(self) -> int:
        return len(self.row)

    @property
    def sent(self) -> Times:
        """When each order is at a market for the first time, its own or that of its hedge, UTC, shape (n,)."""
        return np.asarray(np.fmin(self.entry_time, self.hedge_time))


def market_of(rule: Backtest, events: Events, prices: PricePanel) -> Market:
    """Return events and prices as decisions are made from them.

    Raises
    ------
    UnknownNameError
        For a hedge that the prices don't have.
    InputError
        If there is no event or no price.
    """
    if not len(events):
        raise InputError("backtest: there is no event to trade.")
    if not prices.symbols:
        raise InputError("backtest: there are no prices to trade at.")
    for symbol in rule.hedge_symbols:
        prices.listing.code(symbol)
    events = on_price_venue(events, prices.listing)
    codes = prices.listing.codes(events.symbol)
    return Market(events, read_clock(events, rule), prices, read_tape(prices), codes)


def plan(rule: Backtest, market: Market, bars: BarPanel | None = None) -> tuple[Orders, Decisions, Labels]:
    """Return the orders, the decisions of all events, and the status of each event so far, shape (E,)."""
    decisions = decide(rule, market)
    entries = enter(rule, market, decisions, bars)
    exits, untouched, status = leave(rule, market, entries, decisions.signal)
    hedge, hedge_entry, hedge_price, hedge_time, ratio = hedges(rule, market, decisions, entries, status)
    rows = np.flatnonzero(status == PENDING)
    tape, codes = market.tape, market.codes[rows]
    side = np.sign(decisions.signal[rows])
    gross = side * _held(tape, entries.position[rows], entries.price[rows], exits.position[rows], exits.price[rows])
    have = rows[hedge[rows] >= 0]
    left = hedge_exits(market, market.codes[have], exits.take(have), untouched.take(have), hedge[have])
    earned = np.zeros(len(status))
    earned[have] = _held(tape, hedge_entry[have], hedge_price[have], left.position, left.price)
    gross -= side * ratio[rows] * earned[rows]
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
        quoted=entries.quoted[rows],
        exit_moment=exits.moment[rows],
        exit_reason=exits.reason[rows],
        untouched=untouched.take(rows),
        hedge=hedge[rows],
        hedge_entry=hedge_entry[rows],
        hedge_price=hedge_price[rows],
        hedge_time=hedge_time[rows],
        hedge_ratio=ratio[rows],
        gross=gross,
    )
    return orders, decisions, status


def _held(tape: Tape, entry: Ints, entry_price: Floats, exits: Ints, exit_price: Floats) -> Floats:
    """Return the return of a long position from fill to fill, dividends at their amounts, shape (n,)."""
    # Nearly every holding is free of both, and then there is nothing to walk through.
    value = exit_price.astype(np.float64)
    for k in np.flatnonzero(tape.actions[np.maximum(entry, exits) + 1] > tape.actions[entry + 1]):
        shares, cash, held = 1.0, 0.0, slice(entry[k] + 1, exits[k] + 1)
        for paid, parts in zip(tape.dividend[held], tape.split[held], strict=True):
            cash += shares * paid
            shares *= parts
        value[k] = shares * exit_price[k] + cash
    return np.asarray(value / entry_price - 1.0)
