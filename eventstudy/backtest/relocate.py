"""The same events at another time or of another firm: what placebos and the one-session shift are made of."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from eventstudy._typing import Ints, Labels
from eventstudy.backtest.decide import Market
from eventstudy.events import Events, Placed

__all__ = ["move", "random_dates", "random_firms"]

EDGE = 5


def move(events: Events, placed: Placed, day0: Ints) -> Events:
    """Return the events with another day 0, at the same hour of the session and with the same values.

    Parameters
    ----------
    events : Events
        E events.
    placed : Placed
        Where they are.
    day0 : ndarray of shape (E,)
        Where they are to be, session indices of each one's exchange.
    """
    date, announced, known = events.date.copy(), events.announced_at.copy(), events.known_at.copy()
    for code, calendar in placed.calendars.items():
        end = len(calendar.sessions)
        rows = np.flatnonzero((events.calendar == code) & (placed.day0 < end) & (day0 < end))
        old, new = placed.day0[rows], day0[rows]
        # An announcement after the close belongs to the session before its day 0.
        stated = np.minimum(calendar.at_or_after(date[rows]), end - 1)
        back = old - stated
        date[rows] = calendar.sessions[np.maximum(new - back, 0)]
        shift = calendar.opens[new] - calendar.opens[old]
        announced[rows] += shift
        known[rows] += shift
    return replace(events, date=date, announced_at=announced, known_at=known)


def random_dates(market: Market, generator: np.random.Generator) -> Events:
    """Return the events at random sessions of the prices of their own symbols."""
    tape, codes = market.tape, market.codes
    first = np.where(codes >= 0, tape.listing.first[codes], 0) + EDGE
    last = np.where(codes >= 0, tape.listing.last[codes], EDGE)
    # Where events were: a placebo over other years would compare markets, not dates.
    span = market.clock.placed.day0[codes >= 0]
    first, last = np.maximum(first, span.min(initial=0)), np.minimum(last, span.max(initial=0))
    day0 = first + (generator.random(len(codes)) * np.maximum(last - first + 1, 1)).astype(np.int64)
    return move(market.events, market.clock.placed, day0)


def random_firms(market: Market, generator: np.random.Generator) -> Events:
    """Return the events with their symbols dealt out anew among the symbols of the same exchange, dates kept."""
    events = market.events
    listing = market.tape.listing
    symbols: Labels = events.symbol.copy()
    for code in sorted(set(events.calendar)):
        rows = np.flatnonzero((events.calendar == code) & (market.codes >= 0))
        pool = [
            name for name, calendar in zip(listing.symbols, listing.calendars, strict=True) if calendar.code == code
        ]
        if rows.size and pool:
            symbols[rows] = np.array(pool, dtype=object)[generator.integers(len(pool), size=len(rows))]
    return replace(events, symbol=symbols)
