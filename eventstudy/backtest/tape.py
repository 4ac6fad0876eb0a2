"""The tape: prices as the account reads them, and where the next price of a symbol is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from eventstudy._typing import Bools, Floats, Ints
from eventstudy.panels import Basis, Listing, PricePanel

__all__ = ["Tape", "read_tape"]

NONE = -1


@dataclass(frozen=True, slots=True, eq=False)
class Tape:
    """Prices flat over a listing, shape (n,), NaN where there is none.

    Parameters
    ----------
    listing : Listing
        Symbols, calendars, spans.
    fractional : ndarray of shape (S,)
        Which symbols have no prices as traded, so that whole shares would mean nothing.
    returns_only : ndarray of shape (S,)
        Which symbols have returns alone; their close is an index that was 1 before the first session.
    open, high, low, close, volume, dividend, split : ndarray of shape (n,)
        As in `PricePanel`.
    total_return : ndarray of shape (n,)
        Simple total return, a decimal per session.
    mark : ndarray of shape (n,)
        The last close at or before each session, in the shares of that session.
    actions : ndarray of shape (n + 1,)
        How many sessions with a dividend or a split lie before each position.
    next_open, next_close : ndarray of shape (n,)
        Position of the first open or close at or after each session, -1 where the symbol has none.
    """

    listing: Listing
    fractional: Bools
    returns_only: Bools
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    dividend: Floats
    split: Floats
    total_return: Floats
    mark: Floats
    actions: Ints
    next_open: Ints
    next_close: Ints

    def position(self, codes: Ints, sessions: Ints) -> Ints:
        """Return where the sessions of symbols lie in the flat arrays, -1 outside a symbol's span, shape (n,)."""
        relative = sessions - self.listing.first[codes]
        inside = (codes >= 0) & (relative >= 0) & (relative < self.listing.lengths[codes])
        return np.where(inside, self.listing.offsets[codes] + relative, NONE)

    def session(self, codes: Ints, positions: Ints) -> Ints:
        """Return the calendar session of positions, shape (n,)."""
        return self.listing.first[codes] + positions - self.listing.offsets[codes]

    def last(self, codes: Ints) -> Ints:
        """Return the last position of symbols, shape (n,)."""
        return self.listing.offsets[codes + 1] - 1

    def window(self, values: Floats, codes: Ints, starts: Ints, length: int) -> Floats:
        """Return a stretch of sessions of each symbol, shape (n, length), NaN outside its span."""
        return self.listing.gather(values, codes, starts, length)


def read_tape(prices: PricePanel) -> Tape:
    """Return the tape of a panel."""
    listing = prices.listing
    only = np.array([basis is Basis.RETURNS for basis in prices.basis], dtype=bool)
    fractional = np.array([basis is not Basis.UNADJUSTED for basis in prices.basis], dtype=bool)
    close = np.where(np.repeat(only, listing.lengths), _index(prices.total_return, listing), prices.close)
    return Tape(
        listing=listing,
        fractional=fractional,
        returns_only=only,
        open=prices.open,
        high=prices.high,
        low=prices.low,
        close=close,
        volume=prices.volume,
        dividend=prices.dividend,
        split=prices.split,
        total_return=prices.total_return,
        mark=_mark(close, prices.split, listing),
        actions=np.concatenate([[0], np.cumsum((prices.dividend != 0.0) | (prices.split != 1.0))]),
        next_open=_next(prices.open, listing),
        next_close=_next(close, listing),
    )


def _index(returns: Floats, listing: Listing) -> Floats:
    """Return an index of returns, 1 before the first, missing where the return is."""
    index = np.full(len(returns), np.nan)
    for start, stop in zip(listing.offsets[:-1], listing.offsets[1:], strict=True):
        own = returns[start:stop]
        index[start:stop] = np.where(np.isnan(own), np.nan, np.cumprod(1.0 + np.nan_to_num(own, nan=0.0)))
    return index


def _next(values: Floats, listing: Listing) -> Ints:
    """Return the position of the first value at or after each one, -1 where the symbol has none, shape (n,)."""
    size = len(values)
    there = np.where(np.isnan(values), size, np.arange(size))
    found = np.minimum.accumulate(there[::-1])[::-1]
    ends = np.repeat(listing.offsets[1:], listing.lengths)
    return np.where(found < ends, found, NONE).astype(np.int64)


def _mark(close: Floats, split: Floats, listing: Listing) -> Floats:
    """Return the last close at or before each session, NaN before a symbol's first, shape (n,)."""
    found = np.maximum.accumulate(np.where(np.isnan(close), NONE, np.arange(len(close))))
    starts = np.repeat(listing.offsets[:-1], listing.lengths)
    known = found >= starts
    held = np.maximum(found, 0)
    mark = np.where(known, close[held], np.nan)
    stale = np.flatnonzero(known & np.isnan(close))
    for place in stale[[bool((split[held[each] + 1 : each + 1] != 1.0).any()) for each in stale]]:
        # A split on a session without a close: the shares have changed, the last close has not.
        mark[place] /= np.prod(split[held[place] + 1 : place + 1])
    return mark
