"""Hedges: which symbol, at which auction it is opened, and at which it leaves when its position does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from eventstudy._typing import Bools, Floats, Ints, Labels, Times
from eventstudy.backtest.decide import PENDING, Decisions, Market
from eventstudy.backtest.exits import Exits
from eventstudy.backtest.fills import Entries, Moment
from eventstudy.backtest.sizing import betas
from eventstudy.backtest.statuses import ExitReason, OrderStatus

if TYPE_CHECKING:
    from eventstudy.backtest.rules import Backtest
    from eventstudy.backtest.tape import Tape

__all__ = ["HedgeExits", "auctions", "first_auction", "hedge_exits", "hedges"]


@dataclass(frozen=True, slots=True, eq=False)
class HedgeExits:
    """The fill that would close each hedge; every array has shape (n,).

    Parameters
    ----------
    position : ndarray of int
        Session of the fill in the flat arrays of the tape.
    moment : ndarray of int
        ``OPEN`` or ``CLOSE``.
    price : ndarray of float
        Before costs; NaN where the symbol had no price yet.
    """

    position: Ints
    moment: Ints
    price: Floats


def hedge_exits(
    market: Market, codes: Ints, exits: Exits, untouched: Exits, hedges: Ints, told: Times | None = None
) -> HedgeExits:
    """Return where hedges are closed, each of shape (n,).

    What was planned is done at the hedge's own close of the planned date, at its last price where it has none then.
    Of what nobody planned the hedge learns when it happens, and leaves at its first auction from then on, unless it
    had left by plan.

    Parameters
    ----------
    market : Market
        Events and prices.
    codes, hedges : ndarray of shape (n,)
        Symbols of each pair.
    exits, untouched : Exits
        Where the positions are closed, and where they would be without stop and target.
    told : ndarray of shape (n,), optional
        When each exit is known, UTC; the open or the close of its session without it.
    """
    tape = market.tape
    at = _on_dates(market, codes, untouched.position, hedges)[0]
    moment, price = np.full(len(at), int(Moment.CLOSE), dtype=np.int64), tape.mark[at]
    ended = np.asarray(exits.reason == ExitReason.END_OF_DATA)
    told = auctions(tape, codes, exits.position, exits.moment) if told is None else told
    surprised = np.flatnonzero(~_planned(exits.reason) & ~ended)
    left = auctions(tape, hedges[surprised], at[surprised], moment[surprised]) < told[surprised]
    for k in surprised[~(_planned(untouched.reason[surprised]) & left)]:
        at[k], moment[k], price[k] = first_auction(tape, int(hedges[k]), told[k])
    return HedgeExits(at, moment, price)


def _planned(reason: Labels) -> Bools:
    """Return which exits had their date when the position was opened, shape (n,)."""
    return np.asarray((reason == ExitReason.HORIZON) | (reason == ExitReason.NEXT_ANNOUNCEMENT))


def first_auction(tape: Tape, code: int, told: np.datetime64) -> tuple[int, Moment, float]:
    """Return position, moment and price of a symbol's first auction with a price from a time of the clock on.

    The end of its prices and the last of them where there is none.
    """
    listing, calendar = tape.listing, tape.listing.calendars[code]
    first, offset, last = int(listing.first[code]), int(listing.offsets[code]), int(listing.offsets[code + 1]) - 1
    session = max(int(np.searchsorted(calendar.closes, told)), first)
    for at in range(offset + session - first, last + 1):
        if calendar.opens[first + at - offset] >= told and not np.isnan(tape.open[at]):
            return at, Moment.OPEN, float(tape.open[at])
        if not np.isnan(tape.close[at]):
            return at, Moment.CLOSE, float(tape.close[at])
    return last, Moment.CLOSE, float(tape.mark[last])


def auctions(tape: Tape, codes: Ints, positions: Ints, moments: Ints) -> Times:
    """Return the open of sessions of symbols, or where it is later than that their close, UTC, shape (n,)."""
    calendars, sessions = tape.listing.calendars, tape.session(codes, positions)
    found = [
        (calendars[code].opens if opening else calendars[code].closes)[session]
        for code, session, opening in zip(codes, sessions, moments <= int(Moment.OPEN), strict=True)
    ]
    return np.array(found, dtype="datetime64[s]")


def hedges(
    rule: Backtest, market: Market, decisions: Decisions, entries: Entries, status: Labels
) -> tuple[Ints, Ints, Floats, Times, Floats]:
    """Return hedge, where it is opened, its price, time and ratio for every event; one without is no order any more."""
    count = len(status)
    hedge, entry = np.full(count, -1, dtype=np.int64), np.full(count, -1, dtype=np.int64)
    price, time, ratio = np.full(count, np.nan), np.full(count, np.datetime64("NaT", "s")), np.zeros(count)
    rows = np.flatnonzero(status == PENDING)
    if rule.hedge == "none" or not rows.size:
        return hedge, entry, price, time, ratio
    listing, tape = market.tape.listing, market.tape
    if isinstance(rule.hedge_with, Mapping):
        sector = market.events.column(rule.sector)
        hedge[rows] = listing.codes([rule.hedge_with.get(str(sector[row]), "") for row in rows])
    else:
        hedge[rows] = listing.code(str(rule.hedge_with))
    have = rows[hedge[rows] >= 0]
    code = hedge[have]
    entry[have], there = _on_dates(market, market.codes[have], entries.position[have], code)
    time[have] = auctions(tape, code, entry[have], np.full(len(have), int(entries.moment)))
    # The auction of another exchange may have been over when the order was sent.
    there &= time[have] >= decisions.moment[have] + np.timedelta64(60 * rule.cutoff_minutes, "s")
    price[have] = np.where(there, (tape.open if entries.moment <= Moment.OPEN else tape.close)[entry[have]], np.nan)
    ratio[have] = 1.0
    if rule.hedge == "beta":
        ratio[have] = betas(tape, market.codes[have], code, market.clock.placed.day0[have], rule.beta_window)
    bad = np.isnan(price[rows]) | np.isnan(ratio[rows]) | (hedge[rows] < 0)
    status[rows[bad]] = OrderStatus.NO_HEDGE
    return hedge, entry, price, time, ratio


def _on_dates(market: Market, codes: Ints, positions: Ints, others: Ints) -> tuple[Ints, Bools]:
    """Return the last position of others on or before the dates of symbols' positions, and whether it is on them."""
    tape, calendars = market.tape, market.tape.listing.calendars
    sessions, there = tape.session(codes, positions), np.ones(len(codes), dtype=bool)
    for k, (code, other) in enumerate(zip(codes, others, strict=True)):
        if calendars[code] is not calendars[other]:
            date = calendars[code].sessions[sessions[k] : sessions[k] + 1]
            there[k] = calendars[other].index(date)[0] >= 0
            sessions[k] = calendars[other].after(date)[0] - 1
    at = tape.position(others, sessions)
    return np.where(at >= 0, at, tape.last(others)), there & (at >= 0)
