"""At which price and when: the first auction that an order reaches, or bars after the decision."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np

from eventstudy._typing import Bools, Floats, Ints, Labels, Times
from eventstudy.backtest.decide import PENDING, Decisions, Market
from eventstudy.backtest.signals import PREMARKET_QUOTE
from eventstudy.backtest.statuses import OrderStatus
from eventstudy.bars import BarPanel
from eventstudy.errors import InputError

if TYPE_CHECKING:
    from eventstudy.backtest.rules import Backtest

__all__ = ["Entries", "Moment", "enter"]

NAT = np.datetime64("NaT", "s")


class Moment(IntEnum):
    """Where in a session something is traded; exits come before entries of the same moment."""

    PREMARKET = 0
    OPEN = 1
    INTRADAY = 2
    CLOSE = 3


ENTRY_MOMENTS = {
    "premarket": Moment.PREMARKET,
    "open": Moment.OPEN,
    "next_open": Moment.OPEN,
    "vwap": Moment.INTRADAY,
    "bar": Moment.INTRADAY,
    "close": Moment.CLOSE,
}


@dataclass(frozen=True, slots=True, eq=False)
class Entries:
    """The fill that opens each position; every array has shape (E,).

    Parameters
    ----------
    position : ndarray of int
        Session of the fill in the flat arrays of the tape, -1 without one.
    price : ndarray of float
        Before costs; NaN without a fill.
    time : ndarray of datetime64[s]
        UTC, NaT without a fill.
    quoted : ndarray of bool
        Whether the price is a quote and not a trade.
    moment : Moment
        Where in the session.
    status : ndarray of OrderStatus
        ``filled``, or why not.
    """

    position: Ints
    price: Floats
    time: Times
    quoted: Bools
    moment: Moment
    status: Labels


def enter(rule: Backtest, market: Market, decisions: Decisions, bars: BarPanel | None) -> Entries:
    """Return where and when each decision is filled, shape (E,).

    Raises
    ------
    InputError
        If the rule needs bars and there are none, or opens and no symbol has any.
    """
    moment = ENTRY_MOMENTS[rule.entry]
    if moment is Moment.INTRADAY and bars is None:
        raise InputError(
            f"backtest: the entry {rule.entry!r} needs bars; give bars, or enter at the open or the close."
        )
    status = decisions.status.copy()
    wanted = np.flatnonzero(status == PENDING)
    _check_opens(rule, market, wanted)
    session = _sessions(rule, market, decisions)
    position, price, time = _nothing(len(status))
    quoted = np.zeros(len(status), dtype=bool)
    code = market.codes
    if moment in (Moment.OPEN, Moment.CLOSE):
        following, prices = (
            (market.tape.next_close, market.tape.close)
            if moment is Moment.CLOSE
            else (market.tape.next_open, market.tape.open)
        )
        planned = market.tape.position(code[wanted], session[wanted])
        found = np.where(planned >= 0, following[planned], -1)
        good = (found >= 0) & (found - planned <= rule.patience)
        rows, at = wanted[good], found[good]
        position[rows], price[rows] = at, prices[at]
        sessions = session.copy()
        sessions[rows] = market.tape.session(code[rows], at)
        times = market.clock.closes(sessions) if moment is Moment.CLOSE else market.clock.opens(sessions)
        time[rows] = times[rows]
    else:
        waits = rule.patience if moment is Moment.INTRADAY else 0
        for row in wanted:
            tried = (
                _one(rule, market, decisions, bars, int(row), int(session[row]) + wait) for wait in range(waits + 1)
            )
            if (filled := next(filter(None, tried), None)) is not None:
                position[row], price[row], time[row], quoted[row] = filled
    missing = wanted[position[wanted] < 0]
    status[missing] = OrderStatus.NO_PREMARKET if moment is Moment.PREMARKET else OrderStatus.NO_PRICE
    return Entries(position, price, time, quoted, moment, status)


def _nothing(count: int) -> tuple[Ints, Floats, Times]:
    return np.full(count, -1, dtype=np.int64), np.full(count, np.nan), np.full(count, NAT)


def _check_opens(rule: Backtest, market: Market, wanted: Ints) -> None:
    if rule.entry == "close" or not wanted.size:
        return
    if market.tape.returns_only[market.codes[wanted]].all():
        raise InputError(
            f"backtest: the entry is {rule.entry!r}, and the prices are returns from close to close; "
            f"say entry: close, or give prices with opens."
        )


def _sessions(rule: Backtest, market: Market, decisions: Decisions) -> Ints:
    """Return the first session whose auction each order reaches, shape (E,)."""
    # The price that told the news is not one to trade at, however fast and late an order may be.
    after = decisions.information + np.timedelta64(1, "s")
    ready = np.maximum(decisions.moment + np.timedelta64(60 * rule.cutoff_minutes, "s"), after)
    match rule.entry:
        case "close":
            return market.clock.first("closes", ready)
        case "next_open":
            return np.maximum(market.clock.first("opens", ready), market.clock.day0 + 1)
        case "bar":
            return market.clock.first("closes", decisions.moment + np.timedelta64(1, "s"))
        case _:
            return market.clock.first("opens", ready)


def _one(
    rule: Backtest, market: Market, decisions: Decisions, bars: BarPanel | None, row: int, session: int
) -> tuple[int, float, np.datetime64, bool] | None:
    """Return position, price and time of one fill outside the auctions, and whether it is a quote; None without one."""
    position = int(market.tape.position(market.codes[row : row + 1], np.array([session]))[0])
    if position < 0:
        return None
    calendar = market.clock.calendars[market.clock.calendar[row]]
    opened, closed = calendar.opens[session], calendar.closes[session]
    # A bar that starts at the decision may have had its first trade before the order came.
    after, symbol = decisions.moment[row] + np.timedelta64(1, "s"), str(market.events.symbol[row])
    match rule.entry:
        case "premarket":
            if session != market.clock.day0[row]:
                return None
            traded = _first_bar(bars, symbol, after, opened)
            found = traded or _quote(rule, market, row, position, opened)
            if found is None:
                return None
            worse = 1.0 + np.sign(decisions.signal[row]) * rule.haircut
            return position, found[0] * worse, found[1], traded is None
        case "vwap":
            found = _vwap(bars, symbol, opened, opened + np.timedelta64(60 * rule.minutes, "s"))
        case _:
            found = _first_bar(bars, symbol, max(after, opened), closed)
    return None if found is None else (position, *found, False)


def _first_bar(
    bars: BarPanel | None, symbol: str, first: np.datetime64, last: np.datetime64
) -> tuple[float, np.datetime64] | None:
    """Return open and start of the first bar that starts at or after one moment and before another."""
    if bars is None or symbol not in bars:
        return None
    series = bars.series(symbol)
    for place in range(*series.between(first, last).indices(len(series.start))):
        if not np.isnan(series.open[place]):
            return float(series.open[place]), series.start[place]
    return None


def _vwap(
    bars: BarPanel | None, symbol: str, first: np.datetime64, last: np.datetime64
) -> tuple[float, np.datetime64] | None:
    """Return the volume-weighted typical price of the bars between two moments, and the second of them."""
    if bars is None or symbol not in bars:
        return None
    series = bars.series(symbol)
    here = series.between(first, last)
    typical = (series.high[here] + series.low[here] + series.close[here]) / 3.0
    volume = np.where(np.isnan(typical), 0.0, np.nan_to_num(series.volume[here], nan=0.0))
    if volume.sum() <= 0:
        return None
    return float(np.nansum(typical * volume) / volume.sum()), last


def _quote(
    rule: Backtest, market: Market, row: int, position: int, opened: np.datetime64
) -> tuple[float, np.datetime64] | None:
    """Return the quoted premarket price of an event, and the last moment before the open auction."""
    quotes = market.events.values.get(PREMARKET_QUOTE)
    tape = market.tape
    if quotes is None or np.isnan(quotes[row]) or position == tape.listing.offsets[market.codes[row]]:
        return None
    base = (tape.mark[position - 1] - tape.dividend[position]) / tape.split[position]
    if np.isnan(base):
        return None
    return float(base * (1.0 + quotes[row])), opened - np.timedelta64(60 * rule.cutoff_minutes, "s")
