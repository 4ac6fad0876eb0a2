"""Prices, bars and events from Parquet: a file, or a folder of files partitioned by symbol."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from eventstudy._long_prices import NUMBERS
from eventstudy.bars import BAR_FIELDS, BarPanel
from eventstudy.events import Events
from eventstudy.findings import plural
from eventstudy.frames import Origin, rename_columns
from eventstudy.panels import PricePanel
from eventstudy.sources._dataset import Dataset, open_dataset
from eventstudy.sources._tables import BarTable, EventTable, PriceTable
from eventstudy.sources.base import wanted_symbols

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ParquetBars", "ParquetEvents", "ParquetPrices"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ParquetPrices(PriceTable):
    """Prices or returns from Parquet, long or wide; of a large data set only the symbols asked for are read.

    Parameters
    ----------
    path : Path
        A file, or a folder of files; inside it folders such as ``symbol=BABA`` make a column. Long: ``date``,
        ``symbol`` and the fields of `PricePanel.from_frame`. Wide: ``date`` and a column for each symbol.
    """

    name: ClassVar[str] = "parquet"
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
        data = open_dataset(self.path, self.columns.get("symbol", "symbol"))
        theirs = _our_names(data, self.columns)
        if self.is_wide(list(theirs), str(self.path)):
            return self._wide(data, theirs, symbols, first, last, optional)
        names = {name: self.columns.get(name, name) for name in ("date", "symbol", *NUMBERS, *self.columns)}
        frame = _rows(data, names, "date", (first, last), symbols, optional)
        origin = _origin(self.path, symbols, optional)
        return self.panel(frame, origin, symbols, first, last, optional=optional, own=True)

    def _wide(
        self,
        data: Dataset,
        theirs: Mapping[str, str],
        symbols: Sequence[str],
        first: date | None,
        last: date | None,
        optional: Sequence[str],
    ) -> PricePanel:
        origin = Origin(str(self.path))
        data.require([theirs.get("date", "date")])
        wanted = wanted_symbols(set(theirs) - {"date"}, symbols, optional, origin.name)
        frame = data.read([theirs["date"], *(theirs[name] for name in sorted(wanted))])
        # Of a file with a column a symbol only some are here, so only those can be renamed.
        columns = {name: self.columns[name] for name in ("date", *sorted(wanted)) if name in self.columns}
        return replace(self, columns=columns).panel(frame, origin, symbols, first, last, optional=optional)


@dataclass(frozen=True, slots=True, kw_only=True)
class ParquetBars(BarTable):
    """Bars from Parquet; of a large data set only the symbols asked for are read.

    Parameters
    ----------
    path : Path
        A file, or a folder of files, with the columns of `BarPanel.from_frame`; inside it folders such as
        ``symbol=BABA`` make a column.
    """

    name: ClassVar[str] = "parquet"
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
        data = open_dataset(self.path, self.columns.get("symbol", "symbol"))
        names = {name: self.columns.get(name, name) for name in ("time", "symbol", *BAR_FIELDS, *self.columns)}
        if names["symbol"] not in data.columns and self.symbol is not None:
            frame = data.read(names.values(), between=(names["time"], first, last))
        else:
            frame = _rows(data, names, "time", (first, last), symbols, optional)
        return self.panel(frame, _origin(self.path, symbols, optional), symbols, first, last, optional=optional)


@dataclass(frozen=True, slots=True, kw_only=True)
class ParquetEvents(EventTable):
    """Events from a Parquet file, or a folder of them.

    Parameters
    ----------
    path : Path
        The file, with the columns of `Events.from_frame`; a further column of numbers is a value, another one a
        group.
    """

    name: ClassVar[str] = "parquet"
    path: Path

    def events(self, symbols: Sequence[str] | None = None) -> Events:
        """Return the events of some symbols; see `EventSource.events`."""
        data, origin = open_dataset(self.path), Origin(str(self.path))
        frame = rename_columns(data.read(data.columns), self.columns, origin)
        return self.events_in(frame, origin, self.name, symbols)


def _our_names(data: Dataset, columns: Mapping[str, str]) -> dict[str, str]:
    """Return the data set's columns by our names."""
    given = {ours: theirs for ours, theirs in columns.items() if theirs in data.columns}
    return {**{name: name for name in data.columns if name not in given.values()}, **given}


def _rows(
    data: Dataset,
    names: Mapping[str, str],
    when: str,
    between: tuple[date | None, date | None],
    symbols: Sequence[str],
    optional: Sequence[str],
) -> pd.DataFrame:
    """Return the rows of some symbols between two dates, or those that tell why a symbol has none."""
    import pandas as pd

    data.require([names["symbol"], names[when]])
    symbol, columns = names["symbol"], list(names.values())
    if symbol in data.partitions:
        wanted_symbols(set(data.partitions[symbol]), symbols, optional, str(data.path))
    wanted = sorted({*symbols, *optional}) or None
    read = data.read_days if when == "date" else data.read
    frame = read(columns, among=(symbol, wanted), between=(names[when], *between))
    missing = sorted(set(symbols) - set(frame[symbol].unique())) if symbols else []
    if not missing:
        return frame
    # That its rows lie outside the dates is another complaint than that there are none.
    outside = read(columns, among=(symbol, missing), between=(names[when], None, None))
    if set(missing) - set(outside[symbol].unique()):
        there = set(data.read([symbol], among=(symbol, None))[symbol].unique())
        wanted_symbols(there, missing, (), str(data.path))
    return pd.concat([frame, outside], ignore_index=True)


def _origin(path: Path, symbols: Sequence[str], optional: Sequence[str]) -> Origin:
    count = len({*symbols, *optional})
    return Origin(f"{path} (rows of {plural(count, 'symbol')})" if count else str(path))
