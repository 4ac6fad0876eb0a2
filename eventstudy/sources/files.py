"""Prices, bars and events from CSV files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import ClassVar

from eventstudy.bars import BarPanel
from eventstudy.events import Events
from eventstudy.events.table import RECORD_FIELDS
from eventstudy.frames import Origin, rename_columns
from eventstudy.panels import PricePanel
from eventstudy.sources import _csv
from eventstudy.sources._tables import BarTable, EventTable, PriceTable

__all__ = ["CsvBars", "CsvEvents", "CsvPrices"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvPrices(PriceTable):
    """Prices or returns from one CSV file, long or wide.

    Parameters
    ----------
    path : Path
        The file. Long: ``date``, ``symbol`` and the fields of `PricePanel.from_frame`. Wide: ``date`` and a column
        of closes (or of returns) for each symbol; an empty cell is a session without a price.
    """

    name: ClassVar[str] = "csv"
    path: Path

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
        text = {self.columns.get(ours, ours) for ours in ("date", "symbol")}
        frame, lines = _csv.parse(raw, str(self.path), text=text)
        return self.panel(frame, Origin(str(self.path), lines=lines), symbols, first, last, optional=optional)


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvBars(BarTable):
    """Bars from one CSV file.

    Parameters
    ----------
    path : Path
        The file, with the columns of `BarPanel.from_frame`.
    """

    name: ClassVar[str] = "csv"
    path: Path

    def bars(
        self,
        symbols: Sequence[str] = (),
        first: date | None = None,
        last: date | None = None,
        *,
        optional: Sequence[str] = (),
    ) -> BarPanel:
        """Return the bars of some symbols; see `BarSource.bars`."""
        return self.parse(_csv.fetch(self.path), symbols, first, last, optional=optional)

    def parse(
        self,
        raw: bytes,
        symbols: Sequence[str] = (),
        first: date | None = None,
        last: date | None = None,
        *,
        optional: Sequence[str] = (),
    ) -> BarPanel:
        """Return the bars that the bytes of a file hold; see `BarSource.bars`."""
        text = {self.columns.get(ours, ours) for ours in ("time", "symbol")}
        frame, lines = _csv.parse(raw, str(self.path), text=text)
        return self.panel(frame, Origin(str(self.path), lines=lines), symbols, first, last, optional=optional)


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvEvents(EventTable):
    """Events from one CSV file.

    Parameters
    ----------
    path : Path
        The file, with the columns of `Events.from_frame`; a further column that holds only numbers is a value,
        another one a group.
    """

    name: ClassVar[str] = "csv"
    path: Path

    def events(self, symbols: Sequence[str] | None = None) -> Events:
        """Return the events of some symbols; see `EventSource.events`."""
        return self.parse(_csv.fetch(self.path), symbols)

    def parse(self, raw: bytes, symbols: Sequence[str] | None = None) -> Events:
        """Return the events that the bytes of a file hold; see `EventSource.events`."""
        frame, lines = _csv.parse(raw, str(self.path))
        origin = Origin(str(self.path), lines=lines)
        frame = rename_columns(frame, self.columns, origin)
        return self.events_in(_csv.numbers_where_all_are(frame, RECORD_FIELDS, origin), origin, self.name, symbols)
