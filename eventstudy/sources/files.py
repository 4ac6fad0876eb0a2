"""Prices and events from CSV files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from eventstudy._typing import Dates, Floats, Ints
from eventstudy.errors import DataError, UnknownNameError
from eventstudy.events import Events
from eventstudy.events.table import RECORD_FIELDS
from eventstudy.frames import Origin, date_column, number_column, rename_columns, require_columns, text_column
from eventstudy.panels import PRICE_FIELDS, PricePanel
from eventstudy.sources import _csv
from eventstudy.sources.base import select_events, select_rows, wanted_symbols

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["CsvEvents", "CsvPrices"]

_LONG_FIELDS = (*PRICE_FIELDS, "adj_close", "return")


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvPrices:
    """Prices or returns from one CSV file, long or wide.

    Parameters
    ----------
    path : Path
        The file. Long: ``date``, ``symbol`` and the fields of `PricePanel.from_frame`. Wide: ``date`` and a column
        of closes (or of returns) for each symbol; an empty cell is a session without a price.
    columns : mapping
        From our name of a column to the file's: ``{"close": "PRC"}``; in a wide file also a symbol.
    date_format : str, optional
        ``strptime`` format of the dates; ISO without it.
    kind : {"prices", "returns"}
        What the file holds; returns are simple, decimals per session.
    layout : {"long", "wide"}, optional
        Without it a file with a column ``symbol`` is long, another one wide.
    midpoints : bool
        Whether a negative price stands for a bid/ask midpoint.
    basis : str or mapping
        ``"unadjusted"`` or ``"adjusted"``, or one by symbol.
    calendar : str or mapping, optional
        Exchange code, or one by symbol; the symbol's suffix says without it.
    """

    name: ClassVar[str] = "csv"
    path: Path
    columns: Mapping[str, str] = field(default_factory=dict)
    date_format: str | None = None
    kind: Literal["prices", "returns"] = "prices"
    layout: Literal["long", "wide"] | None = None
    midpoints: bool = False
    basis: str | Mapping[str, str] = "unadjusted"
    calendar: str | Mapping[str, str] | None = None

    def __post_init__(self) -> None:
        for key, word, known in (
            ("kind", self.kind, ("prices", "returns")),
            ("layout", self.layout or "long", ("long", "wide")),
        ):
            if word not in known:
                raise UnknownNameError(f"{key} of a price file", word, known)

    def prices(
        self,
        symbols: Sequence[str] = (),
        first: date | None = None,
        last: date | None = None,
        *,
        optional: Sequence[str] = (),
    ) -> PricePanel:
        """Return the prices of some symbols; see `PriceSource.prices`."""
        return self.parse(_csv.fetch(self.path), symbols, first, last, optional=optional)

    def parse(
        self,
        raw: bytes,
        symbols: Sequence[str] = (),
        first: date | None = None,
        last: date | None = None,
        *,
        optional: Sequence[str] = (),
    ) -> PricePanel:
        """Return the prices that the bytes of a file hold; see `PriceSource.prices`."""
        place = str(self.path)
        text = {self.columns.get(ours, ours) for ours in ("date", "symbol")}
        frame, lines = _csv.parse(raw, place, text=text)
        origin = Origin(place, lines=lines)
        frame = rename_columns(frame, self.columns, origin)
        require_columns(frame, ["date"], origin)
        dates = date_column(frame, "date", origin, date_format=self.date_format)
        if self._is_wide(frame, place):
            field_name = "return" if self.kind == "returns" else "close"
            there = {str(column) for column in frame.columns if column != "date"}
            if not there:
                raise DataError(f"{place}: there is no column of prices beside 'date'.")
            wanted = wanted_symbols(there, symbols, optional, place)
            frame, kept = _lengthen(frame, dates, sorted(wanted), field_name, origin)
            dates, lines = dates[kept], lines[kept]
        else:
            require_columns(frame, ["symbol", "return"] if self.kind == "returns" else ["symbol"], origin)
            frame = frame.assign(date=dates)
        names = text_column(frame, "symbol", Origin(place, lines=lines))
        rows = select_rows(names, dates, symbols, optional, first, last, place)
        return PricePanel.from_frame(
            frame.iloc[rows],
            calendar=self.calendar,
            basis=self.basis,
            midpoints=self.midpoints,
            origin=Origin(place, lines=lines[rows]),
        )

    def _is_wide(self, frame: pd.DataFrame, place: str) -> bool:
        if self.layout is not None:
            return self.layout == "wide"
        if "symbol" in frame.columns:
            return False
        prices = [name for name in _LONG_FIELDS if name in frame.columns]
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
class CsvEvents:
    """Events from one CSV file.

    Parameters
    ----------
    path : Path
        The file, with the columns of `Events.from_frame`; a further column that holds only numbers is a value,
        another one a group.
    columns : mapping
        From our name of a column to the file's.
    date_format : str, optional
        ``strptime`` format of ``date``; ISO without it.
    zone : str, optional
        Time zone of timestamps that carry none; without it they are an error.
    kind : str, optional
        Only events of this kind; where the file has no column ``kind``, what all of them are (``"earnings"``).
    symbols : tuple of str
        Only events of these symbols.
    """

    name: ClassVar[str] = "csv"
    path: Path
    columns: Mapping[str, str] = field(default_factory=dict)
    date_format: str | None = None
    zone: str | None = None
    kind: str | None = None
    symbols: tuple[str, ...] = ()

    def events(self, symbols: Sequence[str] | None = None) -> Events:
        """Return the events of some symbols; see `EventSource.events`."""
        return self.parse(_csv.fetch(self.path), symbols)

    def parse(self, raw: bytes, symbols: Sequence[str] | None = None) -> Events:
        """Return the events that the bytes of a file hold; see `EventSource.events`."""
        frame, lines = _csv.parse(raw, str(self.path))
        origin = Origin(str(self.path), lines=lines)
        frame = rename_columns(frame, self.columns, origin)
        events = Events.from_frame(
            _csv.numbers_where_all_are(frame, RECORD_FIELDS, origin),
            zone=self.zone,
            date_format=self.date_format,
            source=self.name,
            kind=self.kind or "earnings",
            origin=origin,
        )
        wanted = self.symbols if symbols is None else symbols
        return select_events(events, wanted, self.kind, origin.name)
