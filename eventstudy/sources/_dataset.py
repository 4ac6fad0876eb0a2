"""A Parquet file, or a folder of them, as a table: only the columns and rows that are asked for are read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import reduce
from operator import and_
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from eventstudy.errors import DataError, nearest
from eventstudy.sources._extras import need
from eventstudy.sources._gather import gatherable, gathered

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Dataset", "open_dataset"]


@dataclass(frozen=True, slots=True)
class Dataset:
    """An opened file or folder.

    Parameters
    ----------
    path : Path
        Where it is.
    columns : tuple of str
        Names of its columns, those made of folder names (``symbol=BABA``) included.
    partitions : mapping of str to set of str
        The values of each column that is made of folder names.
    source : Any
        What pyarrow made of it.
    error : type
        What pyarrow raises.
    """

    path: Path
    columns: tuple[str, ...]
    partitions: Mapping[str, frozenset[str]]
    source: Any
    error: type[Exception]

    def require(self, columns: Iterable[str]) -> None:
        """Raise `DataError` naming the first column that is missing, and the nearest one there is."""
        for name in columns:
            if name not in self.columns:
                raise DataError(f"{self.path}: the column {name!r} is missing. {nearest(name, self.columns)}")

    def read(
        self,
        columns: Iterable[str],
        *,
        among: tuple[str, Sequence[str] | None] | None = None,
        between: tuple[str, date | None, date | None] | None = None,
    ) -> pd.DataFrame:
        """Return some columns of some rows.

        Parameters
        ----------
        columns : iterable of str
            Names; those that the data set does not have are left out.
        among : (column, values), optional
            Only rows whose column has one of these values; all where they are None. On a column of folder names
            no other file is opened, on another one the statistics inside the files tell which parts are needed.
        between : (column, first, last), optional
            Only rows between two dates, both included, and some around them: where the column is a date or a time,
            else it has no effect.
        """
        table = self._scanned(columns, among, between, lambda scanner, _: scanner.to_table())
        if among is not None:
            # A name of a symbol stands once in memory, not once a row.
            at = table.column_names.index(among[0])
            table = table.set_column(at, among[0], table.column(at).dictionary_encode())
        frame: pd.DataFrame = table.to_pandas(
            date_as_object=False, self_destruct=True, split_blocks=True, ignore_metadata=True
        )
        return frame

    def read_days(
        self,
        columns: Iterable[str],
        *,
        among: tuple[str, Sequence[str] | None],
        between: tuple[str, date | None, date | None],
    ) -> pd.DataFrame:
        """Return what `read` does of numbers by symbol (`among`) and date (`between`), without Python objects."""
        symbol, when, schema = among[0], between[0], self.source.schema
        numbers = [name for name in dict.fromkeys(columns) if name in self.columns and name not in (symbol, when)]
        if not gatherable(schema, symbol, when, numbers):
            return self.read([symbol, when, *numbers], among=among, between=between)
        frame: pd.DataFrame = self._scanned(
            [symbol, when, *numbers],
            among,
            between,
            lambda scanner, most: gathered(scanner.to_batches(), symbol, when, numbers, most),
        )
        return frame

    def _scanned(
        self,
        columns: Iterable[str],
        among: tuple[str, Sequence[str] | None] | None,
        between: tuple[str, date | None, date | None] | None,
        take: Callable[[Any, int], Any],
    ) -> Any:
        """Return what is taken of a scanner over the rows asked for, and of how many rows there are in all."""
        chosen = [name for name in dict.fromkeys(columns) if name in self.columns]
        schema = self.source.schema
        conditions = list(_between(schema, *between)) if between else []
        if among is not None and among[1] is not None:
            conditions.append(self._among(among[0], among[1]))
        condition = reduce(and_, conditions) if conditions else None
        try:
            scanner = self.source.scanner(columns=chosen, filter=condition, batch_readahead=4)
            return take(scanner, self.source.count_rows())
        except (self.error, OSError) as error:
            raise DataError(f"{self.path}: the data set can't be read ({_first_line(error)}).") from None

    def _among(self, column: str, values: Sequence[str]) -> Any:
        import pyarrow as pa
        import pyarrow.compute as pc

        kind = self.source.schema.field(column).type
        kind = kind.value_type if pa.types.is_dictionary(kind) else kind
        if not (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
            raise DataError(f"{self.path}: the column {column!r} holds {kind}; names of symbols as text were expected.")
        return pc.field(column).isin(pa.array(sorted(values), type=kind))


def open_dataset(path: Path, symbol: str | None = None) -> Dataset:
    """Return the data set at a path, opened and not yet read.

    Parameters
    ----------
    path : Path
        A Parquet file, or a folder of them; folders inside it may be called ``column=value``, with what can't stand
        in a name written as in URLs: ``symbol=BRK%2FB``.
    symbol : str, optional
        A column of few names in many rows: each name stands once in memory, not once a row.

    Raises
    ------
    DataError
        Where there is no such file, or it is no Parquet file.
    InputError
        Where pyarrow is not installed.
    """
    ds = need("pyarrow.dataset", "parquet", "Parquet files")
    import pyarrow as pa

    if not Path(path).exists():
        raise DataError(f"{path}: there is no such file or folder.")
    try:
        partitions = _partitions(Path(path)) if Path(path).is_dir() else {}
        # All of them are text: else the symbols 0700 and 005930 would become numbers.
        schema = pa.schema([(name, pa.string()) for name in partitions])
        few = ds.ParquetReadOptions(dictionary_columns={symbol} - {None, *partitions})
        # A file on this machine is read as it is needed; else its bytes would all be held beside its rows.
        plain = ds.ParquetFragmentScanOptions(pre_buffer=False)
        source = ds.dataset(
            str(path),
            format=ds.ParquetFileFormat(read_options=few, default_fragment_scan_options=plain),
            partitioning=ds.partitioning(schema, flavor="hive") if partitions else None,
        )
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"{path}: this is no Parquet file ({_first_line(error)}).") from None
    if not source.files:
        raise DataError(f"{path}: the folder has no Parquet file.")
    return Dataset(Path(path), tuple(source.schema.names), partitions, source, pa.ArrowException)


def _partitions(folder: Path) -> dict[str, frozenset[str]]:
    """Return the values of the columns that folder names such as ``symbol=BABA`` make, by column."""
    found: dict[str, set[str]] = {}
    level = [folder]
    while level:
        inside = [child for each in level for child in each.iterdir() if child.is_dir() and "=" in child.name]
        for child in inside:
            column, _, value = child.name.partition("=")
            found.setdefault(unquote(column), set()).add(unquote(value))
        level = inside
    return {column: frozenset(values) for column, values in found.items()}


def _between(schema: Any, column: str, first: date | None, last: date | None) -> list[Any]:
    import pyarrow as pa
    import pyarrow.compute as pc

    if column not in schema.names:
        return []
    kind = schema.field(column).type
    if not (pa.types.is_date(kind) or pa.types.is_timestamp(kind)):
        return []
    # A day more on either side: a moment's date depends on the zone. What is too much is dropped with the dates.
    day = timedelta(days=1)
    low = None if first is None else pa.scalar(first - day).cast(kind)
    high = None if last is None else pa.scalar(last + 2 * day).cast(kind)
    found = [] if low is None else [pc.field(column) >= low]
    return found if high is None else [*found, pc.field(column) <= high]


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
