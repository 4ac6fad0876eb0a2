"""Tables as Parquet files: typed columns, each word once in a part, numbers as they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from eventstudy.reports.contract import Kind, conform_column, kinds
from eventstudy.reports.long_tables import PART, LongTable, Words, long_table, names_of
from eventstudy.reports.texts import Texts

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["write_columns"]

# The words of a part stand in one page, however many there are; else the writer gives up and repeats them.
_WORDS_BYTES = 1 << 28
# Rows that are encoded by one call: with the usual thousand, calls cost more than what they do.
_BATCH = 1 << 16
# What every row has: no word on each of millions of rows that it is not missing.
_NEVER_MISSING = {
    "events": ("event_id",),
    "estimates": ("event_id", "model"),
    "abnormal_returns": ("event_id", "model", "day"),
    "cars": ("event_id", "model", "window", "start", "end"),
}
_MILLISECONDS = {"datetime64[D]": 86_400_000, "datetime64[s]": 1_000}


def write_columns(path: Path, tables: Mapping[str, pd.DataFrame], name: str, texts: Texts | None = None) -> None:
    """Write a table of a study as a Parquet file, in the form of `contract.conform` with null where empty or missing.

    Parameters
    ----------
    path : Path
        The file.
    tables : mapping of str to DataFrame
        The tables of a study.
    name : str
        Which of them; a long one is written a part at a time.
    texts : Texts, optional
        Names that other tables have too.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    known = kinds(name, names_of(tables, name))
    long = long_table(tables, name)
    made = _of_frame(tables[name], known) if long is None else _of_parts(long, texts or Texts())
    parts = _as_stored(made, _NEVER_MISSING.get(name, ()))
    first = next(parts)
    numbers = [each.name for each in first.schema if pa.types.is_floating(each.type)]
    # Whole numbers follow each other in a way that is as small without a look at each.
    repeated = [
        each.name for each in first.schema if pa.types.is_dictionary(each.type) or pa.types.is_timestamp(each.type)
    ]
    with pq.ParquetWriter(
        path,
        first.schema,
        # Words are written by code, and are text to whoever reads them.
        store_schema=False,
        use_dictionary=repeated,
        dictionary_pagesize_limit=_WORDS_BYTES,
        write_batch_size=_BATCH,
        # Nobody looks for a row by the least and the largest of a million returns.
        write_statistics=[column for column in first.column_names if column not in numbers],
        # Returns of full precision don't get smaller.
        compression={column: "none" if column in numbers else "snappy" for column in first.column_names},
    ) as writer:
        for part in chain([first], _ahead(parts)):
            writer.write_table(part)


def _ahead(parts: Iterator[Any]) -> Iterator[Any]:
    """Give parts, the next one being made while one is written."""
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(next, parts, None)
        while (part := coming.result()) is not None:
            coming = pool.submit(next, parts, None)
            yield part


def _of_frame(frame: pd.DataFrame, known: Mapping[str, Kind]) -> Iterator[Any]:
    import pyarrow as pa

    kept = {
        name: frame[name] if kind is Kind.TEXT and _may_be_text(frame[name]) else conform_column(frame[name], kind)
        for name, kind in known.items()
    }
    for first in range(0, max(1, len(frame)), PART):
        part = {name: column.iloc[first : first + PART] for name, column in kept.items()}
        yield pa.table({name: _of_series(column) for name, column in part.items()})


def _of_series(column: pd.Series) -> Any:
    import pyarrow as pa

    return _text(column) if _may_be_text(column) else pa.array(column, from_pandas=True)


def _may_be_text(column: pd.Series) -> bool:
    return column.dtype in ("str", "object")


def _text(column: pd.Series) -> Any:
    """Return a column of text as an Arrow array, null where empty."""
    import pandas as pd
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        cells = column.array if isinstance(column.dtype, pd.StringDtype) else column.to_numpy(dtype=object)
        text = pa.array(cells, type=pa.string(), from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        # Not all cells are text.
        text = pa.array(conform_column(column, Kind.TEXT).to_numpy(dtype=object), type=pa.string(), from_pandas=True)
    text = pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.string()), text)
    text = text.combine_chunks() if isinstance(text, pa.ChunkedArray) else text
    return text.dictionary_encode()


def _of_parts(long: LongTable, texts: Texts) -> Iterator[Any]:
    import pyarrow as pa

    for part in long.parts():
        yield pa.table({name: _array(part[name], texts) for name in long.columns})


def _as_stored(tables: Iterator[Any], never_missing: Sequence[str]) -> Iterator[Any]:
    """Give tables with words that hardly ever come twice, such as names of events, as plain text: half the time."""
    import pyarrow as pa

    first = next(tables)
    fields = []
    for name, column in zip(first.column_names, first.columns, strict=True):
        plain = pa.types.is_dictionary(column.type) and 2 * len(column.chunk(0).dictionary) > len(column)
        fields.append(pa.field(name, pa.string() if plain else column.type, nullable=name not in never_missing))
    schema = pa.schema(fields)
    for table in chain([first], tables):
        yield table.cast(schema)


def _array(column: np.typing.NDArray[Any] | Words, texts: Texts) -> Any:
    """Return a column of a part as an Arrow array, null where missing."""
    import pyarrow as pa

    if isinstance(column, Words):
        none = column.codes < 0
        codes = pa.array(column.codes, mask=none) if none.any() else column.codes
        return pa.DictionaryArray.from_arrays(codes, texts.of(column.names))
    if column.dtype.kind == "M":
        # Days are read again as the moments that dates are in the tables.
        zone, none = None if column.dtype == "datetime64[D]" else "UTC", np.isnat(column)
        moments = column.view(np.int64) * _MILLISECONDS[str(column.dtype)]
        return pa.array(moments, mask=none if none.any() else None).view(pa.timestamp("ms", zone))
    # A sum tells of a missing number much faster than a look at each.
    return pa.array(column, from_pandas=bool(np.isnan(column.sum())))
