"""Where each symbol's span lies in the flat vectors of a panel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from eventstudy._labels import run_starts
from eventstudy._typing import Bools, Dates, Floats, Ints, Labels
from eventstudy.calendars import Calendar
from eventstudy.errors import UnknownNameError


@dataclass(frozen=True, slots=True, eq=False)
class Listing:
    """Which symbols there are, and where the span of each lies in the flat vectors.

    Parameters
    ----------
    symbols : tuple of str
        S names in alphabetical order.
    calendars : tuple of Calendar
        The calendar of each symbol.
    offsets : ndarray of shape (S + 1,)
        Symbol s owns the positions ``offsets[s]`` to ``offsets[s + 1]``.
    first : ndarray of shape (S,)
        Index, in the symbol's calendar, of the session at ``offsets[s]``.
    """

    symbols: tuple[str, ...]
    calendars: tuple[Calendar, ...]
    offsets: Ints
    first: Ints
    lengths: Ints = field(init=False, repr=False)
    """Sessions in each symbol's span, shape (S,)."""
    _codes: dict[str, int] = field(init=False, repr=False)
    _venues: list[tuple[dict[str, Calendar], Ints]] = field(init=False, repr=False, default_factory=list)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_codes", {symbol: code for code, symbol in enumerate(self.symbols)})
        object.__setattr__(self, "lengths", np.diff(self.offsets))
        for array in (self.offsets, self.first, self.lengths):
            array.setflags(write=False)

    @property
    def last(self) -> Ints:
        """Index, in its calendar, of each symbol's last session, shape (S,)."""
        return self.first + self.lengths - 1

    @property
    def exchanges(self) -> dict[str, Calendar]:
        """The calendars that there are, by exchange code, in the order of these."""
        return self._by_venue()[0]

    @property
    def exchange(self) -> Ints:
        """Which of `exchanges` is each symbol's, shape (S,)."""
        return self._by_venue()[1]

    def _by_venue(self) -> tuple[dict[str, Calendar], Ints]:
        # Found once, when it is first asked for.
        if not self._venues:
            known = dict(sorted({calendar.code: calendar for calendar in self.calendars}.items()))
            place = {code: number for number, code in enumerate(known)}
            self._venues.append((known, np.array([place[each.code] for each in self.calendars], dtype=np.int64)))
        return self._venues[0]

    def __contains__(self, symbol: object) -> bool:
        return symbol in self._codes

    def code(self, symbol: str) -> int:
        """Return the position of a symbol in `symbols`, raising `UnknownNameError` where there is none."""
        try:
            return self._codes[symbol]
        except KeyError:
            raise UnknownNameError("symbol in the prices", symbol, self.symbols) from None

    def codes(self, symbols: Labels | Sequence[str]) -> Ints:
        """Return the position of each symbol, shape (n,), -1 where the listing has no such symbol."""
        names = np.asarray(symbols, dtype=object)
        # Events are mostly sorted by symbol, so that few neighbours differ.
        begins = run_starts(names)
        found = np.array([self._codes.get(name, -1) for name in names[begins]], dtype=np.int64)
        return np.repeat(found, np.diff(begins, append=len(names)))

    def span(self, symbol: str) -> slice:
        """Return the slice of the flat vectors that a symbol owns."""
        code = self.code(symbol)
        return slice(int(self.offsets[code]), int(self.offsets[code + 1]))

    def dates(self) -> Dates:
        """Return the date of each position in the flat vectors, shape (offsets[-1],)."""
        if not self.symbols:
            return np.array([], dtype="datetime64[D]")
        spans = zip(self.calendars, self.first, self.lengths, strict=True)
        return np.concatenate([calendar.sessions[first : first + length] for calendar, first, length in spans])

    def last_session_of(self, calendar_code: str) -> int:
        """Return the last session index at which any symbol of a calendar has data, -1 if none is on it."""
        lasts = [
            int(last)
            for calendar, last in zip(self.calendars, self.last, strict=True)
            if calendar.code == calendar_code
        ]
        return max(lasts, default=-1)

    def gather(self, values: Floats, codes: Ints, starts: Ints, length: int) -> Floats:
        """Return a stretch of one flat vector for each of n symbols.

        Parameters
        ----------
        values : ndarray of shape (offsets[-1],)
            The flat vector.
        codes : ndarray of shape (n,)
            Symbol of each stretch.
        starts : ndarray of shape (n,)
            Session index, in the symbol's calendar, at which it starts.
        length : int
            Sessions in each stretch.

        Returns
        -------
        ndarray of shape (n, length)
            NaN where a session lies outside the symbol's span.
        """
        at, whole = self.stretches(codes, starts, length)
        if whole.all() and len(values) >= length:
            # Each row is one stretch of memory, which a window copies faster than an index of every cell.
            return sliding_window_view(values, length)[at]
        sessions = (starts - self.first[codes])[:, None] + np.arange(length)
        inside = (sessions >= 0) & (sessions < self.lengths[codes][:, None])
        positions = np.where(inside, self.offsets[codes][:, None] + sessions, 0)
        return np.where(inside, values[positions], np.nan)

    def stretches(self, codes: Ints, starts: Ints, length: int) -> tuple[Ints, Bools]:
        """Return where in a flat vector each stretch of `gather` begins, and whether its symbol's span holds it all."""
        relative = starts - self.first[codes]
        return self.offsets[codes] + relative, (relative >= 0) & (relative + length <= self.lengths[codes])
