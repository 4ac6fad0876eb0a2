"""Which sessions of which symbols could have been a day 0."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from eventstudy._typing import Bools, Ints
from eventstudy.errors import InputError
from eventstudy.panels import ReturnPanel
from eventstudy.returns import Windows
from eventstudy.returns.regressors import benchmark_symbols
from eventstudy.study import Study

__all__ = ["Places", "away_from_events", "eligible", "some", "stocks"]


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """The sessions of a panel that could be a day 0.

    Parameters
    ----------
    panel : ReturnPanel
        S symbols, flat over n positions.
    possible : ndarray of shape (n,)
        Whether a position has a full event window and enough returns to estimate from.
    """

    panel: ReturnPanel
    possible: Bools

    def sessions(self, code: int) -> Ints:
        """Return the eligible sessions of a symbol, as indices of its calendar."""
        listing = self.panel.listing
        span = slice(int(listing.offsets[code]), int(listing.offsets[code + 1]))
        return np.asarray(np.flatnonzero(self.possible[span]) + listing.first[code], dtype=np.int64)

    def at(self, codes: Ints, sessions: Ints) -> Bools:
        """Return whether each of n places is eligible, shape (n,)."""
        listing = self.panel.listing
        relative = sessions - listing.first[codes]
        inside = (relative >= 0) & (relative < listing.lengths[codes])
        position = np.where(inside, listing.offsets[codes] + relative, 0)
        return np.asarray(inside & self.possible[position])


def eligible(panel: ReturnPanel, windows: Windows, masked: Bools | None = None) -> Places:
    """Return where an event could be studied.

    Parameters
    ----------
    panel : ReturnPanel
        Returns by symbol.
    windows : Windows
        The whole event window must have returns, the estimation window at least `Windows.fewest` of them, and all
        parts of both must lie inside the symbol's span.
    masked : ndarray of shape (n,), optional
        Sessions, flat over the panel's listing, that no estimation window uses.
    """
    listing, (before, after) = panel.listing, windows.event
    possible = np.zeros(len(panel.values), dtype=bool)
    there = ~np.isnan(panel.values)
    used = there if masked is None else there & ~masked
    parts = [each for each in (windows.estimation, windows.estimation_after) if each is not None]
    first, last = min(before, *(low for low, _ in parts)), max(after, *(high for _, high in parts))
    for code in range(len(listing.symbols)):
        span = slice(int(listing.offsets[code]), int(listing.offsets[code + 1]))
        day0 = np.arange(max(0, -first), span.stop - span.start - max(0, last))
        if not len(day0):
            continue
        complete = _between(there[span], day0, before, after) == after - before + 1
        estimated = sum(_between(used[span], day0, *part) for part in parts)
        possible[span.start + day0] = complete & (estimated >= windows.fewest)
    return Places(panel, possible)


def _between(there: Bools, day0: Ints, first: int, last: int) -> Ints:
    """Return how many of a symbol's sessions are there from the first to the last day around each of n, shape (n,)."""
    held = np.concatenate([[0], np.cumsum(there)])
    return np.asarray(held[day0 + last + 1] - held[day0 + first])


def away_from_events(places: Places, windows: Windows, code: Ints, day0: Ints) -> Places:
    """Return the places whose event window does not come near that of an event of the same symbol.

    Parameters
    ----------
    places : Places
        Eligible sessions.
    windows : Windows
        A place within the event window's length plus the gap to the estimation window is too near.
    code, day0 : ndarray of shape (E,)
        The symbols' own events; those that no study can use, for want of prices, count as events too.
    """
    listing = places.panel.listing
    gap = max(0, windows.event[0] - windows.estimation[1] - 1)
    radius = windows.event[1] - windows.event[0] + gap
    possible = places.possible.copy()
    for symbol, session in zip(code, day0, strict=True):
        relative = session - listing.first[symbol]
        low, high = max(0, relative - radius), min(listing.lengths[symbol], relative + radius + 1)
        possible[listing.offsets[symbol] + low : listing.offsets[symbol] + max(low, high)] = False
    return Places(places.panel, possible)


def some(sessions: Ints, what: str) -> Ints:
    """Return sessions that are there, or say that there are none."""
    if not len(sessions):
        raise InputError(f"{what} has no session with full windows away from its own events; shorten the windows.")
    return sessions


def stocks(study: Study, panel: ReturnPanel) -> Ints:
    """Return the symbols of a panel that no model of a study takes for a benchmark, as codes."""
    regressors = [each for model in study.labelled.values() for each in model.regressors]
    spoken_for = {name for each in regressors for name in benchmark_symbols(each)}
    names = panel.listing.symbols
    return np.array([code for code, name in enumerate(names) if name not in spoken_for], dtype=np.int64)
