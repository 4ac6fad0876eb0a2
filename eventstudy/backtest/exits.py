"""When a position is closed, whatever its size: horizon, next announcement, stop, target, the end of its prices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from eventstudy._typing import Bools, Floats, Ints, Labels
from eventstudy.backtest.decide import PENDING, Market
from eventstudy.backtest.fills import Entries, Moment
from eventstudy.backtest.statuses import ExitReason, OrderStatus
from eventstudy.execution import blocks

if TYPE_CHECKING:
    from eventstudy.backtest.rules import Backtest
    from eventstudy.backtest.tape import Tape

__all__ = ["Exits", "Held", "leave", "next_announcements", "touched"]

FAR = np.iinfo(np.int64).max

Held = tuple[Ints, Floats, Floats]
"""Position in the tape, price and side of entries."""


@dataclass(frozen=True, slots=True, eq=False)
class Exits:
    """The fill that would close each position; every array has shape (n,).

    Parameters
    ----------
    position : ndarray of int
        Session of the fill in the flat arrays of the tape, -1 without a position.
    moment : ndarray of int
        A `Moment` each.
    price : ndarray of float
        Before costs.
    reason : ndarray of ExitReason
        Why.
    """

    position: Ints
    moment: Ints
    price: Floats
    reason: Labels

    def take(self, rows: Ints) -> Exits:
        """Return those of some positions, as copies."""
        return Exits(self.position[rows], self.moment[rows], self.price[rows], self.reason[rows])


def leave(rule: Backtest, market: Market, entries: Entries, side: Floats) -> tuple[Exits, Exits, Labels]:
    """Return where each position is closed, where it would be without stop and target, and what became of each entry.

    Parameters
    ----------
    rule : Backtest
        Its exits.
    market : Market
        Events and prices.
    entries : Entries
        Where each position is opened.
    side : ndarray of shape (E,)
        Above zero for long, below for short.

    Returns
    -------
    exits, untouched : Exits
        Of E positions.
    status : ndarray of shape (E,)
        That of the entry, or ``announcement_too_near``.
    """
    count = len(side)
    position, moment = np.full(count, -1, dtype=np.int64), np.full(count, int(Moment.CLOSE), dtype=np.int64)
    price, reason = np.full(count, np.nan), np.full(count, ExitReason.HORIZON, dtype=object)
    status = entries.status.copy()
    planned, why = _planned(rule, market, entries)
    near = (status == PENDING) & (planned <= entries.position - (entries.moment is not Moment.CLOSE))
    status[near & np.asarray(why == ExitReason.NEXT_ANNOUNCEMENT)] = OrderStatus.ANNOUNCEMENT_TOO_NEAR
    rows = np.flatnonzero(status == PENDING)
    tape, codes = market.tape, market.codes[rows]
    last = tape.last(codes)
    inside = planned[rows] <= last
    at = np.where(inside, tape.next_close[np.where(inside, planned[rows], 0)], -1)
    ended = at < 0
    position[rows] = np.where(ended, last, at)
    price[rows] = np.where(ended, tape.mark[last], tape.close[np.maximum(at, 0)])
    reason[rows] = why[rows]
    gone = ended & (tape.session(codes, last) < _exchange_ends(market, codes))
    reason[rows[ended]] = ExitReason.END_OF_DATA
    reason[rows[gone]] = ExitReason.DELISTED
    price[rows[gone]] *= 1.0 + rule.delisting
    nothing = rows[np.isnan(price[rows])]
    price[nothing] = entries.price[nothing]
    exits = Exits(position, moment, price, reason)
    untouched = exits.take(np.arange(count))
    for block in blocks(len(rows)):
        here = rows[block]
        held = entries.position[here], entries.price[here], side[here]
        moved = touched(rule, tape, entries.moment, held, untouched.take(here))
        position[here], moment[here] = moved.position, moved.moment
        price[here], reason[here] = moved.price, moved.reason
    return exits, untouched, status


def _planned(rule: Backtest, market: Market, entries: Entries) -> tuple[Ints, Labels]:
    """Return the position at whose close each is to be sold, and why, shape (E,)."""
    why = np.full(len(entries.position), ExitReason.HORIZON, dtype=object)
    planned = np.full(len(entries.position), FAR)
    if rule.exit_after is not None:
        planned = entries.position + rule.exit_after
    if rule.before_next_announcement:
        due = next_announcements(market) - 1
        here = entries.position >= 0
        session = market.tape.session(np.maximum(market.codes, 0), entries.position)
        due = np.where(here & (due < FAR - 1), entries.position + due - session, FAR)
        earlier = due < planned
        planned, why[earlier] = np.where(earlier, due, planned), ExitReason.NEXT_ANNOUNCEMENT
    return planned, why


def next_announcements(market: Market) -> Ints:
    """Return day 0 of the next announcement of each event's symbol, a very late one where none was known in time.

    An announcement whose row was not known by the close before it can't be sold ahead of; one of which nobody says
    when it was known counts as scheduled.
    """
    events, placed = market.events, market.clock.placed
    due = market.clock.closes(placed.day0 - 1)
    # A row known only since its own announcement has the announcement's time.
    foreseen = np.isnat(events.known_at) | (events.known_at <= due)
    found = np.full(len(events), FAR)
    order = np.lexsort([placed.day0, events.symbol.astype(str)])
    upcoming, symbol = FAR, ""
    pending: list[int] = []
    for row in order[::-1]:
        if events.symbol[row] != symbol:
            symbol, upcoming, pending = events.symbol[row], FAR, []
        if pending and placed.day0[pending[-1]] > placed.day0[row]:
            upcoming = min([upcoming, *(int(placed.day0[each]) for each in pending if foreseen[each])])
            pending = []
        found[row] = upcoming
        pending.append(int(row))
    return found


def _exchange_ends(market: Market, codes: Ints) -> Ints:
    """Return the last session at which any symbol of each one's exchange has a price, shape (n,)."""
    listing = market.tape.listing
    ends = np.array([listing.last_session_of(name) for name in listing.exchanges], dtype=np.int64)
    return ends[listing.exchange[codes]]


def touched(rule: Backtest, tape: Tape, moment: Moment, held: Held, planned: Exits) -> Exits:
    """Return exits moved to where a stop or a target is touched first, shape (n,).

    Parameters
    ----------
    rule : Backtest
        Its stop and target, shares of the entry price.
    tape : Tape
        Prices.
    moment : Moment
        Where in the session positions are opened.
    held : (ndarray, ndarray, ndarray)
        Session of the entry in the tape, entry price and side of each position.
    planned : Exits
        The exits where nothing is touched.
    """
    start, bought, side = held
    if (rule.stop is None and rule.target is None) or not len(start):
        return planned
    moved = planned.take(np.arange(len(start)))
    position, moments, price, reason = moved.position, moved.moment, moved.price, moved.reason
    length = int((position - start).max()) + 1
    steps = np.arange(length)
    inside = steps <= (position - start)[:, None]
    at = np.where(inside, start[:, None] + steps, start[:, None])
    parts = np.cumprod(np.where(steps > 0, tape.split[at], 1.0), axis=1)
    entry, sign = bought[:, None], np.sign(side)[:, None]

    def gain(values: Floats) -> Floats:
        return sign * (values[at] * parts / entry - 1.0)

    opened, high, low, close = (gain(each) for each in (tape.open, tape.high, tape.low, tape.close))
    # Without highs and lows only the close can tell, and the close is where it is sold.
    ranged = ~np.isnan(high) & ~np.isnan(low)
    best, worst = np.where(ranged, np.fmax(high, low), close), np.where(ranged, np.fmin(high, low), close)
    checked = inside & ((steps > 0) | (moment in (Moment.PREMARKET, Moment.OPEN)))
    gap_checked = checked & ((steps > 0) | (moment is Moment.PREMARKET))
    never = np.zeros_like(checked)
    stop, target = rule.stop, rule.target
    hits: list[tuple[Bools, Floats | float, Moment, ExitReason]] = [
        (gap_checked & (opened <= -stop) if stop is not None else never, opened, Moment.OPEN, ExitReason.STOP),
        (gap_checked & (opened >= target) if target is not None else never, opened, Moment.OPEN, ExitReason.TARGET),
        (checked & (worst <= -stop) if stop is not None else never, -(stop or 0), Moment.INTRADAY, ExitReason.STOP),
        (checked & (best >= target) if target is not None else never, target or 0, Moment.INTRADAY, ExitReason.TARGET),
    ]
    any_hit = np.logical_or.reduce([hit for hit, *_ in hits])
    for row in np.flatnonzero(any_hit.any(axis=1)):
        step = int(any_hit[row].argmax())
        _, gained, when, why = next(each for each in hits if each[0][row, step])
        only_close = when is Moment.INTRADAY and not ranged[row, step]
        level = close[row, step] if only_close else np.broadcast_to(gained, any_hit.shape)[row, step]
        position[row], reason[row] = at[row, step], why
        moments[row] = int(Moment.CLOSE if only_close else when)
        price[row] = bought[row] * (1.0 + sign[row, 0] * float(level)) / parts[row, step]
    return moved
