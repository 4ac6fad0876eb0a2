"""What each position earned session by session, whatever its size: event time and calendar time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from eventstudy._typing import Floats, Ints
from eventstudy.backtest.decide import Market
from eventstudy.backtest.orders import Orders
from eventstudy.backtest.timeline import Timeline
from eventstudy.execution import blocks

__all__ = ["EventTime", "calendar_time", "daily_returns", "event_time"]


@dataclass(frozen=True, slots=True, eq=False)
class EventTime:
    """The mean profit of a unit position by session since its entry; every array has shape (L,).

    Parameters
    ----------
    session : ndarray of int
        0 is the session of the entry.
    n : ndarray of int
        Positions still open.
    mean : ndarray
        Mean signed return of the session, a decimal.
    cumulative : ndarray
        Mean signed return since the entry of all positions, those closed at what they were closed at.
    std_error : ndarray
        Of the cumulative mean, clustered by entry date.
    """

    session: Ints
    n: Ints
    mean: Floats
    cumulative: Floats
    std_error: Floats


def daily_returns(market: Market, orders: Orders) -> Floats:
    """Return the total return of each session of each position held long, shape (n, L), NaN after its exit.

    The first is from the fill, the last to the fill; a session without a close has the return 0 of its last price.
    """
    tape = market.tape
    length = int((orders.exit - orders.entry).max(initial=-1)) + 1
    found = np.full((len(orders), length), np.nan)
    steps = np.arange(length)
    for rows in blocks(len(orders)):
        span = (orders.exit - orders.entry)[rows]
        inside = steps <= span[:, None]
        at = np.where(inside, orders.entry[rows][:, None] + steps, orders.entry[rows][:, None])
        price = np.where(inside, tape.mark[at], np.nan)
        price[np.arange(len(rows)), span] = orders.exit_price[rows]
        before = np.concatenate([orders.entry_price[rows][:, None], price[:, :-1]], axis=1)
        overnight = steps > 0
        split = np.where(overnight, tape.split[at], 1.0)
        dividend = np.where(overnight, tape.dividend[at], 0.0)
        found[rows] = np.where(inside, (split * price + dividend) / before - 1.0, np.nan)
    return found


def event_time(market: Market, orders: Orders) -> EventTime:
    """Return what unit positions earned by session since their entry, signed by their side."""
    signed = np.sign(orders.signal)[:, None] * daily_returns(market, orders)
    held = np.sign(orders.signal)[:, None] * (
        np.cumprod(1.0 + np.nan_to_num(daily_returns(market, orders)), axis=1) - 1.0
    )
    n = (~np.isnan(signed)).sum(axis=0)
    date = orders.entry_time.astype("datetime64[D]")
    _, cluster = np.unique(date, return_inverse=True)
    mean = held.mean(axis=0) if len(orders) else np.zeros(0)
    sums = np.zeros((int(cluster.max(initial=-1)) + 1, signed.shape[1]))
    np.add.at(sums, cluster, held - mean)
    groups = len(sums)
    spread = (sums**2).sum(axis=0) * groups / max(groups - 1, 1)
    error = np.sqrt(spread) / max(len(orders), 1) if groups > 1 else np.full(len(mean), np.nan)
    total = np.nansum(signed, axis=0)
    return EventTime(np.arange(len(n)), n, total / np.maximum(n, 1), mean, error)


def calendar_time(market: Market, orders: Orders, timeline: Timeline, risk_free: Floats) -> tuple[Floats, Ints]:
    """Return the equal-weighted excess return of all positions open on each day, and how many firms that is.

    Parameters
    ----------
    market, orders, timeline
        What was traded; sizes, limits and costs do not matter here.
    risk_free : ndarray of shape (T,)
        Riskless return of each day, which every night of a long position costs and of a short one brings.

    Returns
    -------
    returns : ndarray of shape (T,)
        Above the riskless one, signed by side, decimals per session; NaN on a day without a position.
    count : ndarray of shape (T,)
        Firms; a firm with two positions counts once, with their mean.
    """
    days = len(timeline.dates)
    signed = np.sign(orders.signal)[:, None] * daily_returns(market, orders)
    steps = np.broadcast_to(np.arange(signed.shape[1]), signed.shape)
    rows = np.broadcast_to(np.arange(len(orders))[:, None], signed.shape)
    inside = ~np.isnan(signed)
    rows, steps, values = rows[inside], steps[inside], signed[inside]
    code, at = orders.code[rows], orders.entry[rows] + steps
    day = timeline.day_of(market.tape, code, at)
    paid = np.cumsum(risk_free)
    values = values - np.sign(orders.signal[rows]) * (
        paid[day] - paid[timeline.day_of(market.tape, code, at - (steps > 0))]
    )
    pair, place = np.unique(day * (len(market.tape.listing.symbols) + 1) + code, return_inverse=True)
    firm = np.bincount(place, values, len(pair)) / np.maximum(np.bincount(place, minlength=len(pair)), 1)
    when = pair // (len(market.tape.listing.symbols) + 1)
    count = np.bincount(when, minlength=days).astype(np.int64)[:days]
    total = np.bincount(when, firm, days)[:days]
    return np.where(count > 0, total / np.maximum(count, 1), np.nan), count
