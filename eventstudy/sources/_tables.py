"""From any table to a panel or events: what the sources of tables have in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Literal

import numpy as np

from eventstudy._long_prices import NUMBERS, LongPrices
from eventstudy._panel_build import build_price_panel
from eventstudy._typing import Dates, Floats, Ints
from eventstudy.bars import BarPanel
from eventstudy.errors import DataError, UnknownNameError
from eventstudy.events import Events
from eventstudy.frames import Origin, date_column, number_column, rename_columns, require_columns, text_column
from eventstudy.panels import PricePanel
from eventstudy.sources.base import select_coded, select_events, wanted_symbols

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["BarTable", "EventTable", "PriceTable", "bars_between"]


def _one_of(key: str, word: str, known: Sequence[str]) -> None:
    if word not in known:
        raise UnknownNameError(key, word, known)


def _require(frame: pd.DataFrame, names: Sequence[str], origin: Origin) -> None:
    """Raise `DataError` naming a column that is missing, and the key that takes another name for it."""
    try:
        require_columns(frame, names, origin)
    except DataError as error:
        lacking = next((name for name in names if name not in frame.columns), None)
        if lacking is None:
            raise
        raise DataError(f"{error} Another name for it goes under columns: {{{lacking}: ...}}.") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceTable:
    """How a table of prices is read.

    Parameters
    ----------
    columns : mapping
        From our name of a column to the table's: ``{"close": "PRC"}``; in a wide table also a symbol.
    date_format : str, optional
        ``strptime`` format of the dates; ISO without it.
    kind : {"prices", "returns"}
        What the table holds; returns are simple, decimals per session.
    layout : {"long", "wide"}, optional
        Without it a table with a column ``symbol`` is long, another one wide.
    midpoints : bool
        Whether a negative price stands for a bid/ask midpoint.
    basis : str or mapping
        ``"unadjusted"`` or ``"adjusted"``, or one by symbol.
    calendar : str or mapping, optional
        Exchange code, or one by symbol; the symbol's suffix says without it.
    off_session : {"error", "drop"}
        What to do with a row whose date is no session of the exchange; a row dropped is a finding.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    date_format: str | None = None
    kind: Literal["prices", "returns"] = "prices"
    layout: Literal["long", "wide"] | None = None
    midpoints: bool = False
    basis: str | Mapping[str, str] = "unadjusted"
    calendar: str | Mapping[str, str] | None = None
    off_session: Literal["error", "drop"] = "error"

    def __post_init__(self) -> None:
        _one_of("kind of a price file", self.kind, ("prices", "returns"))
        _one_of("layout of a price file", self.layout or "long", ("long", "wide"))
        _one_of("way with rows off session", self.off_session, ("error", "drop"))

    def panel(
        self,
        frame: pd.DataFrame,
        origin: Origin,
        symbols: Sequence[str] = (),
        first: date | None = None,
        last: date | None = None,
        *,
        optional: Sequence[str] = (),
        own: bool = False,
    ) -> PricePanel:
        """Return the prices of some symbols that a table holds; see `PriceSource.prices`.

        Parameters
        ----------
        frame : DataFrame
            Long: ``date``, ``symbol`` and the fields of `PricePanel.from_frame`. Wide: ``date`` and a column of
            closes (or of returns) for each symbol; an empty cell is a session without a price.
        origin : Origin
            Where the table came from, for error messages.
        symbols, first, last, optional
            As for `PriceSource.prices`.
        own : bool
            Whether nobody else has the table, and the panel may keep its numbers.
        """
        frame = rename_columns(frame, self.columns, origin)
        _require(frame, ["date"], origin)
        if self.is_wide([str(column) for column in frame.columns], origin.name):
            dates = date_column(frame, "date", origin, date_format=self.date_format)
            there = {str(column) for column in frame.columns if column != "date"}
            if not there:
                raise DataError(f"{origin.name}: there is no column of prices beside 'date'.")
            wanted = sorted(wanted_symbols(there, symbols, optional, origin.name))
            frame, rows = _lengthen(frame, dates, wanted, "return" if self.kind == "returns" else "close", origin)
            origin = origin.take(rows)
        else:
            _require(frame, ["symbol", "return"] if self.kind == "returns" else ["symbol"], origin)
        choose = partial(select_coded, symbols=symbols, optional=optional, between=(first, last), place=origin.name)
        long = LongPrices.of_frame(
            frame, origin, midpoints=self.midpoints, date_format=self.date_format, choose=choose, own=own
        )
        return build_price_panel(long, calendar=self.calendar, basis=self.basis, off_session=self.off_session)

    def is_wide(self, names: Sequence[str], place: str) -> bool:
        """Return whether a table with these columns (by our names) has a column a symbol."""
        if self.layout is not None:
            return self.layout == "wide"
        if "symbol" in names:
            return False
        prices = [name for name in NUMBERS if name in names]
        if prices:
            raise DataError(
                f"{place}: the column 'symbol' is missing beside {prices[0]!r}. Name the file's own column under "
                f"columns, or say layout: wide if {prices[0]!r} is a symbol."
            )
        return True


def _lengthen(
    frame: pd.DataFrame, dates: Dates, symbols: Sequence[str], field_name: str, origin: Origin
) -> tuple[pd.DataFrame, Ints]:
    """Return the long table of a wide one and the wide row of each of its rows; an empty cell makes none."""
    import pandas as pd

    if "" in symbols:
        raise DataError(f"{origin.name}: a column has no name; in a wide file the name is the symbol.")
    values: Floats = np.array([number_column(frame, symbol, origin) for symbol in symbols])
    column, row = np.nonzero(~np.isnan(values))
    table = pd.DataFrame(
        {
            "date": dates[row],
            "symbol": np.array(symbols, dtype=object)[column],
            field_name: values[column, row],
        }
    )
    return table, row


@dataclass(frozen=True, slots=True, kw_only=True)
class EventTable:
    """How a table of events is read.

    Parameters
    ----------
    columns : mapping
        From our name of a column to the table's.
    date_format : str, optional
        ``strptime`` format of ``date``; ISO without it.
    zone : str, optional
        Time zone of timestamps that carry none; without it they are an error.
    kind : str, optional
        Only events of this kind; where the table has no column ``kind``, what all of them are (``"earnings"``).
    symbols : tuple of str
        Only events of these symbols.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    date_format: str | None = None
    zone: str | None = None
    kind: str | None = None
    symbols: tuple[str, ...] = ()

    def events_in(
        self, frame: pd.DataFrame, origin: Origin, source: str, symbols: Sequence[str] | None = None
    ) -> Events:
        """Return the events of some symbols that a table with our column names holds; see `EventSource.events`."""
        _require(frame, ["symbol"], origin)
        events = Events.from_frame(
            frame,
            zone=self.zone,
            date_format=self.date_format,
            source=source,
            kind=self.kind or "earnings",
            origin=origin,
        )
        return select_events(events, self.symbols if symbols is None else symbols, self.kind, origin.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class BarTable:
    """How a table of bars is read.

    Parameters
    ----------
    columns : mapping
        From our name of a column to the table's: ``{"time": "datetime"}``.
    symbol : str, optional
        Whose bars they are, where the table has no column ``symbol``.
    time_format : str, optional
        ``strptime`` format of the times; ISO 8601 without it.
    zone : str, optional
        Time zone of times that carry none, or ``"exchange"`` for that of each symbol's exchange; without it they
        are an error.
    interval : int, optional
        Seconds from the start of a bar to its end; without it the most common distance of neighbours.
    label : {"start", "end"}, optional
        Which end of its bar a time is; without it the edges of the sessions must prove it.
    basis : str or mapping
        ``"unadjusted"`` or ``"adjusted"``, or one by symbol.
    calendar : str or mapping, optional
        Exchange code, or one by symbol; the symbol's suffix says without it.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    symbol: str | None = None
    time_format: str | None = None
    zone: str | None = None
    interval: int | None = None
    label: Literal["start", "end"] | None = None
    basis: str | Mapping[str, str] = "unadjusted"
    calendar: str | Mapping[str, str] | None = None

    def __post_init__(self) -> None:
        _one_of("label of bars", self.label or "start", ("start", "end"))

    def panel(
        self,
        frame: pd.DataFrame,
        origin: Origin,
        symbols: Sequence[str] = (),
        first: date | None = None,
        last: date | None = None,
        *,
        optional: Sequence[str] = (),
    ) -> BarPanel:
        """Return the bars of some symbols that a table holds; see `BarSource.bars`."""
        frame = rename_columns(frame, self.columns, origin)
        if self.symbol is not None and "symbol" not in frame.columns:
            frame = frame.assign(symbol=self.symbol)
        _require(frame, ["time", "symbol"], origin)
        names = text_column(frame, "symbol", origin)
        wanted = wanted_symbols(set(names), symbols, optional, origin.name)
        rows = np.flatnonzero(np.fromiter((name in wanted for name in names), dtype=bool, count=len(names)))
        bars = BarPanel.from_frame(
            frame.iloc[rows],
            interval=self.interval,
            label=self.label,
            zone=self.zone,
            time_format=self.time_format,
            calendar=self.calendar,
            basis=self.basis,
            origin=origin.take(rows),
        )
        return bars_between(bars, symbols, first, last, origin.name)


def bars_between(bars: BarPanel, symbols: Sequence[str], first: date | None, last: date | None, place: str) -> BarPanel:
    """Return the bars in the sessions from `first` to `last`; a symbol of `symbols` without one is an error."""
    chosen = bars.select(bars.symbols, first, last)
    for symbol in symbols:
        if symbol not in chosen:
            series = bars.series(symbol)
            days = series.calendar.sessions[series.session[[0, -1]]]
            raise DataError(
                f"{place}: {symbol} has no bar between the dates asked for; it has some from {days[0]} to {days[1]}."
            )
    if not len(chosen):
        raise DataError(f"{place}: there is no bar between the dates asked for.")
    return chosen
