"""Bars of any interval by symbol: read-only, ragged, one flat vector a field."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, Literal

import numpy as np

from eventstudy._typing import Floats, Ints, Times
from eventstudy.calendars import Calendar
from eventstudy.errors import UnknownNameError
from eventstudy.frames import Origin
from eventstudy.hours import ExtendedHours
from eventstudy.panels import Basis

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["BAR_FIELDS", "BarPanel", "BarSeries"]

BAR_FIELDS = ("open", "high", "low", "close", "volume")


@dataclass(frozen=True, slots=True, eq=False)
class BarSeries:
    """The bars of one symbol in the order of time; every array has shape (n,), NaN where missing.

    Parameters
    ----------
    symbol : str
        Its name.
    calendar : Calendar
        The sessions of its exchange.
    interval : int
        Seconds from the start of a bar to its end.
    basis : Basis
        What the prices are.
    start : ndarray of shape (n,)
        Start of each bar, ``datetime64[s]`` in UTC, increasing.
    session : ndarray of shape (n,)
        Index in the calendar of the session that the bar trades in, extended hours included.
    open, high, low, close : ndarray of shape (n,)
        Prices in the currency of the listing.
    volume : ndarray of shape (n,)
        Shares; many vendors have none in extended hours.
    """

    symbol: str
    calendar: Calendar
    interval: int
    basis: Basis
    start: Times
    session: Ints
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats

    @property
    def end(self) -> Times:
        """End of each bar, ``datetime64[s]`` in UTC, shape (n,)."""
        return self.start + np.timedelta64(self.interval, "s")

    def between(self, first: np.datetime64, last: np.datetime64) -> slice:
        """Return where the bars lie that start at `first` or later and before `last` (UTC)."""
        low, high = np.searchsorted(self.start, np.array([first, last], dtype="datetime64[s]"))
        return slice(int(low), int(high))


@dataclass(frozen=True, slots=True, eq=False)
class BarPanel:
    """Bars of one interval by symbol, sorted by symbol and start.

    Every array is flat over the symbols, shape (n,), read-only, NaN where missing. Build one with `from_frame`.

    Parameters
    ----------
    symbols : tuple of str
        S names in alphabetical order.
    calendars : tuple of Calendar
        The calendar of each symbol.
    offsets : ndarray of shape (S + 1,)
        Symbol s owns the positions ``offsets[s]`` to ``offsets[s + 1]``.
    start : ndarray of shape (n,)
        Start of each bar, ``datetime64[s]`` in UTC.
    session : ndarray of shape (n,)
        Index, in the symbol's calendar, of the session that the bar trades in.
    open, high, low, close : ndarray of shape (n,)
        Prices in the currency of the listing.
    volume : ndarray of shape (n,)
        Shares.
    interval : int
        Seconds from the start of a bar to its end.
    basis : tuple of Basis
        What the prices of each symbol are.
    """

    symbols: tuple[str, ...]
    calendars: tuple[Calendar, ...]
    offsets: Ints
    start: Times
    session: Ints
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    interval: int
    basis: tuple[Basis, ...]
    _codes: dict[str, int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_codes", {symbol: code for code, symbol in enumerate(self.symbols)})
        for name in ("offsets", "start", "session", *BAR_FIELDS):
            getattr(self, name).setflags(write=False)

    def __len__(self) -> int:
        return len(self.start)

    def __contains__(self, symbol: object) -> bool:
        return symbol in self._codes

    @classmethod
    def from_frame(
        cls,
        frame: pd.DataFrame,
        *,
        interval: int | None = None,
        label: Literal["start", "end"] | None = None,
        zone: str | None = None,
        time_format: str | None = None,
        calendar: str | Mapping[str, str] | None = None,
        basis: str | Mapping[str, str] = Basis.UNADJUSTED,
        hours: Mapping[str, Sequence[ExtendedHours]] | None = None,
        origin: Origin | None = None,
    ) -> BarPanel:
        """Make a panel from a long table.

        Parameters
        ----------
        frame : DataFrame
            Columns ``time``, ``symbol``, ``open``, ``high``, ``low``, ``close``; optional ``volume``. A bar with a
            close counts as traded also where its volume is 0, as many vendors know none in extended hours; leave out
            bars that a vendor filled in with the price before.
        interval : int, optional
            Seconds from the start of a bar to its end; without it the most common distance of neighbours.
        label : {"start", "end"}, optional
            Which end of its bar ``time`` is. Without it the edges of the sessions must prove it: a bar at 20:00 in
            New York can only end there, one at 04:00 can only start there.
        zone : str, optional
            Time zone of times that carry no offset, or ``"exchange"`` for that of each symbol's exchange; without
            it they are an error.
        time_format : str, optional
            ``strptime`` format of the times; ISO 8601 without it.
        calendar : str or mapping, optional
            Exchange code, or one by symbol. Without it the symbol's suffix says (none: New York).
        basis : str or mapping
            ``"unadjusted"`` or ``"adjusted"``, or one by symbol.
        hours : mapping, optional
            Extended hours by exchange code; `eventstudy.hours.EXTENDED_HOURS` without it.
        origin : Origin, optional
            Where the table came from, for error messages.

        Raises
        ------
        DataError
            Naming the row: a missing column, a naive time without a zone, a bar that stands twice, a price that is
            not positive, a bar outside the extended hours of every session; and where interval or label can't be
            told.

        Examples
        --------
        >>> import pandas as pd
        >>> times = ["2025-02-20 09:30", "2025-02-20 09:45", "2025-02-20 15:45"]
        >>> prices = {name: [137.81, 138.2, 135.97] for name in ("open", "high", "low", "close")}
        >>> table = pd.DataFrame({"time": times, "symbol": "BABA", **prices})
        >>> bars = BarPanel.from_frame(table, zone="exchange")
        >>> bars.interval, str(bars.start[0]), str(bars.series("BABA").end[-1])
        (900, '2025-02-20T14:30:00', '2025-02-20T21:00:00')
        """
        from eventstudy._bar_build import build_bar_panel

        return build_bar_panel(
            frame,
            interval=interval,
            label=label,
            zone=zone,
            time_format=time_format,
            calendar=calendar,
            basis=basis,
            hours=hours,
            origin=origin or Origin("bars"),
        )

    def series(self, symbol: str) -> BarSeries:
        """Return the bars of one symbol, raising `UnknownNameError` where the panel has none of it."""
        if symbol not in self._codes:
            raise UnknownNameError("symbol in the bars", symbol, self.symbols)
        code = self._codes[symbol]
        span = slice(int(self.offsets[code]), int(self.offsets[code + 1]))
        return BarSeries(
            symbol=symbol,
            calendar=self.calendars[code],
            interval=self.interval,
            basis=self.basis[code],
            **{name: getattr(self, name)[span] for name in ("start", "session", *BAR_FIELDS)},
        )

    def select(self, symbols: Collection[str], first: date | None = None, last: date | None = None) -> BarPanel:
        """Return the bars of some symbols in the sessions from `first` to `last`, both included.

        Parameters
        ----------
        symbols : collection of str
            What to keep; a name that the panel does not have is no error, and a symbol without a bar between the
            dates is gone.
        first, last : date, optional
            Session dates.
        """
        kept: list[Ints] = []
        names: list[str] = []
        for code, symbol in enumerate(self.symbols):
            if symbol not in symbols:
                continue
            span = slice(int(self.offsets[code]), int(self.offsets[code + 1]))
            days = self.calendars[code].sessions[self.session[span]]
            low = 0 if first is None else int(np.searchsorted(days, np.datetime64(first, "D")))
            high = len(days) if last is None else int(np.searchsorted(days, np.datetime64(last, "D"), side="right"))
            if low < high:
                names.append(symbol)
                kept.append(np.arange(span.start + low, span.start + high))
        rows = np.concatenate([np.array([], dtype=np.int64), *kept])
        codes = [self._codes[name] for name in names]
        return replace(
            self,
            symbols=tuple(names),
            calendars=tuple(self.calendars[code] for code in codes),
            basis=tuple(self.basis[code] for code in codes),
            offsets=np.concatenate([[0], np.cumsum([len(each) for each in kept])]).astype(np.int64),
            **{name: getattr(self, name)[rows] for name in ("start", "session", *BAR_FIELDS)},
        )

    def to_frame(self) -> pd.DataFrame:
        """Return the long table: ``time`` (start of the bar, UTC), ``symbol``, prices, volume."""
        import pandas as pd

        names = np.repeat(np.array(self.symbols, dtype=object), np.diff(self.offsets))
        columns: dict[str, object] = {"time": pd.DatetimeIndex(self.start, tz="UTC"), "symbol": names}
        return pd.DataFrame(columns | {name: getattr(self, name) for name in BAR_FIELDS})

    def digest(self) -> str:
        """Return a SHA-256 over everything in the panel, the same for the same bars in any row order."""
        exchanges = [calendar.code for calendar in self.calendars]
        digest = hashlib.sha256("\0".join([*self.symbols, *exchanges, *self.basis, str(self.interval)]).encode())
        arrays = [self.offsets, self.start.astype(np.int64), *(getattr(self, name) for name in BAR_FIELDS)]
        for array in arrays:
            digest.update(np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()
