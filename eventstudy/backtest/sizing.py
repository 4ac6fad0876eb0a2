"""What is known of a symbol's risk and liquidity when an order is made: volatility, dollar volume, beta."""

from __future__ import annotations

import numpy as np

from eventstudy._typing import Floats, Ints
from eventstudy.backtest.tape import Tape
from eventstudy.execution import blocks
from eventstudy.returns.linear import least_squares

__all__ = ["average_dollar_volume", "betas", "volatility"]

VOLATILITY_SESSIONS = 60
LEAST_VOLATILITY = 20
VOLUME_SESSIONS = 20
LEAST_VOLUME = 10
LEAST_BETA = 60


def volatility(tape: Tape, codes: Ints, last: Ints) -> Floats:
    """Return the standard deviation of returns over the 60 sessions up to the last one that had closed.

    Parameters
    ----------
    tape : Tape
        Prices.
    codes : ndarray of shape (n,)
        Symbols.
    last : ndarray of shape (n,)
        Last session known, an index of the symbol's calendar.

    Returns
    -------
    ndarray of shape (n,)
        Decimals per session; NaN with fewer than 20 returns.
    """
    found = tape.window(tape.total_return, codes, last - VOLATILITY_SESSIONS + 1, VOLATILITY_SESSIONS)
    there = ~np.isnan(found)
    count = there.sum(axis=1)
    mean = np.where(there, found, 0.0).sum(axis=1) / np.maximum(count, 1)
    away = found - mean[:, None]
    squares = np.where(np.isnan(away), 0.0, away**2).sum(axis=1)
    return np.where(count >= LEAST_VOLATILITY, np.sqrt(squares / np.maximum(count - 1, 1)), np.nan)


def average_dollar_volume(tape: Tape, codes: Ints, last: Ints) -> Floats:
    """Return the mean of close times volume over the 20 sessions up to the last one that had closed, shape (n,).

    NaN with fewer than 10 of them. Adjusted prices make it too small by the dividends since, never too large.
    """
    closes = tape.window(tape.close, codes, last - VOLUME_SESSIONS + 1, VOLUME_SESSIONS)
    dollars = closes * tape.window(tape.volume, codes, last - VOLUME_SESSIONS + 1, VOLUME_SESSIONS)
    there = ~np.isnan(dollars)
    count = there.sum(axis=1)
    mean = np.where(there, dollars, 0.0).sum(axis=1) / np.maximum(count, 1)
    return np.where(count >= LEAST_VOLUME, mean, np.nan)


def betas(tape: Tape, codes: Ints, hedges: Ints, day0: Ints, window: tuple[int, int]) -> Floats:
    """Return the slope of a symbol's returns on those of its hedge before the event.

    Parameters
    ----------
    tape : Tape
        Prices.
    codes, hedges : ndarray of shape (n,)
        Symbols of each pair.
    day0 : ndarray of shape (n,)
        Day 0 of each event.
    window : (int, int)
        First and last session relative to day 0.

    Returns
    -------
    ndarray of shape (n,)
        NaN with fewer than 60 pairs of returns.
    """
    length = window[1] - window[0] + 1
    found = np.full(len(codes), np.nan)
    for rows in blocks(len(codes)):
        own = tape.window(tape.total_return, codes[rows], day0[rows] + window[0], length)
        other = _aligned(tape, codes[rows], hedges[rows], day0[rows] + window[0], length)
        design = np.stack([np.ones_like(other), other], axis=2)
        fit = least_squares(own, design, design[:, :1])
        found[rows] = np.where(fit.n_obs >= LEAST_BETA, fit.coefficients[:, 1], np.nan)
    return found


def _aligned(tape: Tape, codes: Ints, hedges: Ints, starts: Ints, length: int) -> Floats:
    """Return the hedge's returns on the dates of the symbol's sessions, shape (n, length)."""
    calendars = tape.listing.calendars
    found = np.full((len(codes), length), np.nan)
    for row, (code, hedge, start) in enumerate(zip(codes, hedges, starts, strict=True)):
        sessions = np.arange(max(start, 0), min(start + length, len(calendars[code].sessions)))
        if calendars[code] is not calendars[hedge]:
            sessions = calendars[hedge].index(calendars[code].sessions[sessions])
        positions = tape.position(np.full(len(sessions), hedge), sessions)
        values = np.where(positions >= 0, tape.total_return[positions], np.nan)
        found[row, max(-start, 0) : max(-start, 0) + len(values)] = values
    return found
