"""The days of the account: every date on which one of its exchanges trades."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from eventstudy._typing import Dates, Ints
from eventstudy.backtest.decide import Market
from eventstudy.backtest.hedges import first_auction
from eventstudy.backtest.orders import Orders
from eventstudy.calendars import Calendar

if TYPE_CHECKING:
    from eventstudy.backtest.rules import Backtest
    from eventstudy.backtest.tape import Tape

__all__ = ["Timeline", "timeline_of"]


@dataclass(frozen=True, slots=True, eq=False)
class Timeline:
    """The dates of the account, and which session each exchange is in.

    Parameters
    ----------
    dates : ndarray of shape (T,)
        Increasing; the first is the day before anything can be traded.
    sessions : mapping of str to ndarray of shape (T,)
        By exchange code, the session index on each date, -1 where it is closed.
    latest : mapping of str to ndarray of shape (T,)
        By exchange code, the last session on or before each date.
    """

    dates: Dates
    sessions: Mapping[str, Ints]
    latest: Mapping[str, Ints]

    def day_of(self, tape: Tape, codes: Ints, positions: Ints) -> Ints:
        """Return the day on which positions in the tape fall, shape (n,)."""
        sessions = tape.session(codes, positions)
        calendars = tape.listing.calendars
        found = np.empty(len(codes), dtype=np.int64)
        exchange = np.array([calendars[code].code for code in codes], dtype=object)
        for calendar in {calendars[code].code: calendars[code] for code in set(codes.tolist())}.values():
            here = exchange == calendar.code
            found[here] = np.searchsorted(self.dates, calendar.sessions[sessions[here]])
        return found


def timeline_of(rule: Backtest, market: Market, orders: Orders) -> Timeline:
    """Return the days from the one before the first decision to the last on which a position could be open.

    Days without a position are days of the account too; where no event lies within the prices, they are all of theirs.
    """
    listing = market.tape.listing
    codes = np.unique(market.codes[market.codes >= 0])
    hedges = listing.codes(rule.hedge_symbols)
    used = {listing.calendars[code].code: listing.calendars[code] for code in [*codes, *hedges]} or listing.exchanges
    first, last = _ends(rule, market)
    if len(orders):
        last = max(last, _last_exit(market, orders, list(used.values()), hedges))
    days = [calendar.sessions[(calendar.sessions >= first) & (calendar.sessions <= last)] for calendar in used.values()]
    dates = np.unique(np.concatenate(days))
    sessions = {code: calendar.index(dates) for code, calendar in used.items()}
    latest = {code: calendar.after(dates) - 1 for code, calendar in used.items()}
    return Timeline(dates=dates, sessions=sessions, latest=latest)


def _last_exit(market: Market, orders: Orders, calendars: list[Calendar], hedges: Ints) -> np.datetime64:
    """Return the last date on which a position, or a hedge that leaves after it, could be closed."""
    dates = market.tape.listing.dates()
    last = dates[orders.untouched.position].max()
    told = max(calendar.closes[calendar.after(last[None])[0] - 1] for calendar in calendars)
    return max([last, *(dates[first_auction(market.tape, int(hedge), told)[0]] for hedge in hedges)])


def _ends(rule: Backtest, market: Market) -> tuple[np.datetime64, np.datetime64]:
    """Return the first and the last date of the account."""
    listing, clock = market.tape.listing, market.clock
    ends = listing.dates()
    starts, stops = [], []
    for code, calendar in clock.calendars.items():
        rows = np.flatnonzero((clock.calendar == code) & (market.codes >= 0))
        rows = rows[clock.day0[rows] < len(calendar.sessions)]
        if not rows.size:
            continue
        # What the first price earns on its own day is a return on the equity of the session before it.
        opening = int(calendar.at_or_after(np.array([ends.min()]))[0])
        starts.append(calendar.sessions[max(int(clock.placed.day0[rows].min()), opening, 1) - 1])
        held = len(calendar.sessions) if rule.exit_after is None else rule.exit_after + 2 * rule.patience + 1
        late = np.asarray(calendar.after(clock.news[rows].astype("datetime64[D]")))
        final = int(np.maximum(clock.day0[rows], late).max()) + held
        stops.append(calendar.sessions[min(final, len(calendar.sessions) - 1)])
    if not starts or min(starts) > ends.max() or max(stops) < ends.min():
        return ends.min(), ends.max()
    return min(starts), min(max(stops), ends.max())
