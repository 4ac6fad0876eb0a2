"""Which securities may stand in for a firm: those without an event of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from eventstudy._labels import in_order
from eventstudy._typing import Floats, Ints, Labels
from eventstudy.panels import ReturnPanel

__all__ = ["BlockDonors", "DonorPool", "event_sessions"]


def event_sessions(code: Ints, day0: Ints) -> dict[int, Ints]:
    """Return by symbol the days 0 of its events, in order.

    Parameters
    ----------
    code, day0 : ndarray of shape (G,)
        Symbol of each event, -1 where the panel has none of it, and its day 0.
    """
    if not len(code):
        return {}
    order = in_order([code, day0])
    known, starts = np.unique(code[order], return_index=True)
    parts = np.split(day0[order], starts[1:])
    return {int(each): part for each, part in zip(known, parts, strict=True) if each >= 0}


@dataclass(frozen=True, slots=True, eq=False)
class DonorPool:
    """Securities from which counterfactuals are made.

    Parameters
    ----------
    panel : ReturnPanel
        Returns by symbol.
    symbols : tuple of str
        The pool; all symbols of the panel where empty.
    happened : mapping of int to ndarray
        By symbol, the days 0 of all events known, kept or not.
    """

    panel: ReturnPanel
    symbols: Sequence[str]
    happened: Mapping[int, Ints]

    def codes(self, own: int, exchange: str, stretches: Sequence[tuple[int, int]]) -> Ints:
        """Return the donors of an event.

        Parameters
        ----------
        own : int
            The event's symbol.
        exchange : str
            Its exchange; a donor shares its sessions.
        stretches : sequence of (int, int)
            First and last sessions in which a donor has no event.
        """
        listing = self.panel.listing
        pool = [listing.code(symbol) for symbol in self.symbols] or range(len(listing.symbols))
        return np.array(
            [
                code
                for code in pool
                if code != own
                and listing.calendars[code].code == exchange
                and not any(_any_within(self.happened.get(code), first, last) for first, last in stretches)
            ],
            dtype=np.int64,
        )


def _any_within(sessions: Ints | None, first: int, last: int) -> bool:
    return sessions is not None and bool(np.searchsorted(sessions, first) < np.searchsorted(sessions, last, "right"))


@dataclass(frozen=True, slots=True, eq=False)
class BlockDonors:
    """The donors of the events of one block.

    Parameters
    ----------
    pool : DonorPool
        Where they come from.
    code, day0 : ndarray of shape (E,)
        Symbol and day 0 of each event.
    exchange : ndarray of shape (E,)
        Its exchange.
    estimation, event : (int, int)
        First and last days of the windows.
    """

    pool: DonorPool
    code: Ints
    day0: Ints
    exchange: Labels
    estimation: tuple[int, int]
    event: tuple[int, int]

    def of(self, event: int) -> tuple[tuple[str, ...], Floats, Floats]:
        """Return names (J,), estimation returns (M, J) and event-window returns (L, J) of an event's donors."""
        day0 = int(self.day0[event])
        stretches = [(day0 + first, day0 + last) for first, last in (self.estimation, self.event)]
        codes = self.pool.codes(int(self.code[event]), str(self.exchange[event]), stretches)
        returns = [
            self.pool.panel.window(codes, np.full(len(codes), first), last - first + 1).T for first, last in stretches
        ]
        return tuple(self.pool.panel.listing.symbols[code] for code in codes), returns[0], returns[1]
