"""Regressors that each event names for itself: its own benchmark, its match, a portfolio, its peers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from eventstudy._typing import Floats, Ints, Labels
from eventstudy.errors import InputError
from eventstudy.panels import ReturnPanel

__all__ = ["AVERAGE", "NEXT_BEST", "Named", "OwnSeries", "Peers", "labels_to_symbols"]

NEXT_BEST = ";"
"""Between symbols of which the second takes over when the first stops trading."""
AVERAGE = "+"
"""Between symbols whose mean is meant."""


class OwnSeries(Protocol):
    """A regressor that differs from event to event."""

    def gather(self, rows: Ints, exchange: Labels, starts: Ints, length: int) -> Floats:
        """Return a stretch of sessions for each of these events, shape (n, length), NaN where there is no value."""
        ...


def labels_to_symbols(label: str) -> list[list[str]]:
    """Return the names in a cell, next-best after next-best, each a list of the names averaged.

    Examples
    --------
    >>> labels_to_symbols("JD;PDD+VIPS")
    [['JD'], ['PDD', 'VIPS']]
    """
    return [
        [name.strip() for name in part.split(AVERAGE) if name.strip()]
        for part in label.split(NEXT_BEST)
        if part.strip()
    ]


@dataclass(frozen=True, slots=True, eq=False)
class Named:
    """The series that each event names, or the mean of several, with replacements for those that stop trading.

    Parameters
    ----------
    panel : ReturnPanel
        Returns by symbol.
    factors : mapping of str to ndarray of shape (T, F)
        Factors by exchange code.
    codes : ndarray of shape (E, R, J)
        J members of each of R choices, the best first: symbol s as s, factor f as -2 - f, nothing as -1.
    """

    panel: ReturnPanel
    factors: Mapping[str, Floats]
    codes: Ints

    @classmethod
    def of(
        cls,
        labels: Labels,
        panel: ReturnPanel,
        factor_names: Sequence[str],
        factors: Mapping[str, Floats],
        exchange: Labels,
    ) -> Named:
        """Look the names of every event up; an unknown name is as good as none.

        Raises
        ------
        InputError
            If a symbol named trades on other sessions than the event.
        """
        cells = [labels_to_symbols(str(label)) for label in labels]
        ranks = max((len(cell) for cell in cells), default=0) or 1
        members = max((len(names) for cell in cells for names in cell), default=0) or 1
        codes = np.full((len(cells), ranks, members), -1, dtype=np.int64)
        for row, cell in enumerate(cells):
            for rank, names in enumerate(cell):
                for member, name in enumerate(names):
                    if name in panel.listing:
                        codes[row, rank, member] = _same_sessions(panel, name, str(exchange[row]))
                    elif name in factor_names:
                        codes[row, rank, member] = -2 - list(factor_names).index(name)
        return cls(panel, factors, codes)

    def members(self, rows: Ints, exchange: Labels, starts: Ints, length: int) -> Floats:
        """Return every member of the choice that holds on each session, shape (n, length, J)."""
        sessions = starts[:, None] + np.arange(length)
        chosen = np.full((len(rows), length, self.codes.shape[2]), np.nan)
        for rank in reversed(range(self.codes.shape[1])):
            codes = self.codes[rows, rank]
            symbol = np.maximum(codes, 0)
            alive = ((codes >= 0)[:, None] & (sessions[..., None] <= self.panel.listing.last[symbol][:, None])).any(2)
            alive |= (codes < -1).any(axis=1)[:, None]
            values = np.stack(
                [self._series(codes[:, j], exchange, starts, length) for j in range(codes.shape[1])], axis=2
            )
            chosen = np.where(alive[..., None], values, chosen)
        return chosen

    def gather(self, rows: Ints, exchange: Labels, starts: Ints, length: int) -> Floats:
        """Return the mean of the members that have a value, shape (n, length)."""
        return mean_of_there(self.members(rows, exchange, starts, length))

    def _series(self, codes: Ints, exchange: Labels, starts: Ints, length: int) -> Floats:
        values = np.full((len(codes), length), np.nan)
        symbols = np.flatnonzero(codes >= 0)
        values[symbols] = self.panel.window(codes[symbols], starts[symbols], length)
        for code, table in self.factors.items():
            rows = np.flatnonzero((codes < -1) & (exchange == code))
            sessions = starts[rows][:, None] + np.arange(length)
            inside = (sessions >= 0) & (sessions < len(table))
            values[rows] = np.where(inside, table[np.where(inside, sessions, 0), (-2 - codes[rows])[:, None]], np.nan)
        return values


@dataclass(frozen=True, slots=True, eq=False)
class Peers:
    """The mean over the other symbols of an event's peer group, the event's own left out.

    Parameters
    ----------
    panel : ReturnPanel
        Returns by symbol.
    code : ndarray of shape (E,)
        The event's own symbol.
    group : ndarray of shape (E,)
        Its peer group.
    totals : mapping of (str, str) to (ndarray of shape (T,), ndarray of shape (T,))
        By peer group and exchange: sum over all members, and how many have a value.
    """

    panel: ReturnPanel
    code: Ints
    group: Labels
    totals: Mapping[tuple[str, str], tuple[Floats, Floats]]

    def gather(self, rows: Ints, exchange: Labels, starts: Ints, length: int) -> Floats:
        """Return ``(sum - own) / (count - 1)``, shape (n, length); NaN without any peer."""
        own = self.panel.window(self.code[rows], starts, length)
        total, count = np.zeros((len(rows), length)), np.zeros((len(rows), length))
        for (group, code), (sums, counts) in self.totals.items():
            at = np.flatnonzero((self.group[rows] == group) & (exchange == code))
            sessions = np.clip(starts[at][:, None] + np.arange(length), 0, len(sums) - 1)
            inside = sessions == starts[at][:, None] + np.arange(length)
            total[at], count[at] = np.where(inside, sums[sessions], 0.0), np.where(inside, counts[sessions], 0.0)
        there = ~np.isnan(own)
        others = count - there
        return np.where(others > 0, (total - np.where(there, own, 0.0)) / np.maximum(others, 1), np.nan)


def mean_of_there(values: Floats) -> Floats:
    """Return the mean over the last axis of the values there are; NaN without any."""
    there = ~np.isnan(values)
    count = there.sum(axis=-1)
    return np.where(count > 0, np.where(there, values, 0.0).sum(axis=-1) / np.maximum(count, 1), np.nan)


def _same_sessions(panel: ReturnPanel, name: str, exchange: str) -> int:
    listing = panel.listing
    own = listing.calendars[listing.code(name)]
    if own.code != exchange:
        other = next(calendar for calendar in listing.calendars if calendar.code == exchange)
        if not np.array_equal(own.sessions, other.sessions):
            raise InputError(
                f"An event on {exchange} names {name}, which trades on {own.code} and can't be compared with it "
                f"session by session; name a symbol of {exchange}."
            )
    return listing.code(name)
