"""From the bytes of a CSV file to a table that knows the line of each row."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from eventstudy._typing import Ints
from eventstudy.errors import DataError
from eventstudy.frames import Origin
from eventstudy.sources._http import current_client

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["decode", "fetch", "numbers_where_all_are", "parse"]

# What people write for a number that a machine can't read: 1,234 and 12% and $5 and (3), a dash, n/a.
_ALMOST_A_NUMBER = re.compile(r"[-+(]?[$€£¥]?\d[\d,' ]*(\.\d+)?\s*[%)]?|[-–—]+|\.|#?n/?a|nan|null|none", re.IGNORECASE)

# Rows between two reports of progress.
TOLD_EVERY = 50_000

# What a file that is no CSV begins with.
_SIGNATURES = {
    b"PK": "a ZIP or Excel file",
    b"\xd0\xcf\x11\xe0": "an old Excel file",
    b"\x1f\x8b": "a gzip file",
    b"PAR1": "a Parquet file",
    b"%PDF": "a PDF",
    b"\xff\xfe": "text in UTF-16",
    b"\xfe\xff": "text in UTF-16",
    b"<": "an HTML or XML page",
    b"{": "JSON",
    b"[": "JSON",
}

# What parts the cells of files that are no CSV with commas.
_OTHER_MARKS = {";": "semicolons", "\t": "tabs", "|": "bars"}


def fetch(path: Path) -> bytes:
    """Return the bytes of a file, raising `DataError` where it can't be read."""
    try:
        return Path(path).read_bytes()
    except FileNotFoundError:
        raise DataError(f"{path}: there is no such file.") from None
    except OSError as error:
        raise DataError(f"{path}: the file can't be read ({error.strerror}).") from None


def parse(raw: bytes, name: str, *, text: Collection[str] | None = None) -> tuple[pd.DataFrame, Ints]:
    """Return the table that some bytes hold, and the line of each of its rows.

    Parameters
    ----------
    raw : bytes
        A CSV file with a header, UTF-8, comma between cells.
    name : str
        What to call it in error messages.
    text : collection of str, optional
        Columns that stay text whatever they look like; all of them without it. In the others a column of
        numbers becomes numbers.

    Returns
    -------
    frame : DataFrame
        One row a line; only an empty cell is missing, so that the tickers NA, NULL, ON and TRUE stay text.
    lines : ndarray of shape (n,)
        Line of the file at which each row starts, from 1.

    Raises
    ------
    DataError
        For what is no CSV (saying what it is), no UTF-8, empty, a row of another width than the header, a
        column that stands twice.
    """
    import pandas as pd

    content = decode(raw, name)
    header, lines = _outline(content, name)
    frame = pd.read_csv(
        io.StringIO(content),
        header=0,
        names=header,
        dtype=str if text is None else {column: str for column in header if column in text},
        index_col=False,
        keep_default_na=False,
        na_values=[""],
        skipinitialspace=True,
        low_memory=False,
    )
    if len(frame) != len(lines):
        raise DataError(
            f"{name}: {len(lines)} rows stand in the file, {len(frame)} could be read; "
            f"a line with nothing but an empty cell in quotes is none."
        )
    return frame, lines


def numbers_where_all_are(frame: pd.DataFrame, text: Collection[str], origin: Origin) -> pd.DataFrame:
    """Return the table with each column of text that holds only numbers as numbers.

    Parameters
    ----------
    frame : DataFrame
        Text in every cell.
    text : collection of str
        Columns that stay as they are.
    origin : Origin
        For the error message.

    Raises
    ------
    DataError
        For a cell such as ``1,234``, ``12%`` or a dash in a column that is otherwise of numbers.
    """
    import pandas as pd

    found: dict[str, pd.Series[float]] = {}
    for name in (column for column in frame.columns if column not in text):
        column = frame[name]
        numbers = pd.to_numeric(column, errors="coerce")
        odd = np.flatnonzero(numbers.isna() & column.notna())
        if not odd.size:
            found[name] = numbers.astype("float64")
        elif numbers.notna().any() and all(_ALMOST_A_NUMBER.fullmatch(column.iloc[row]) for row in odd):
            raise DataError(
                f"{origin.row(int(odd[0]))}: {name} is {column.iloc[odd[0]]!r} in a column of numbers; "
                f"write a plain number such as 1234.5, or leave the cell empty."
            )
    return frame.assign(**found)


def decode(raw: bytes, name: str) -> str:
    """Return the text that some bytes hold, raising `DataError` where they are no CSV in UTF-8."""
    start = raw[:512].lstrip()
    if not start:
        raise DataError(f"{name}: the file is empty; a CSV with a header was expected.")
    for signature, what in _SIGNATURES.items():
        if start.startswith(signature):
            raise DataError(f"{name}: this is {what}; a CSV with a header was expected.")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise DataError(
            f"{name}, line {line}: the byte 0x{raw[error.start]:02x} is not UTF-8; save the file as UTF-8."
        ) from None


def _outline(content: str, name: str) -> tuple[list[str], Ints]:
    """Return the header and the line at which each row starts, shape (n,); blank lines are no rows."""
    reader = csv.reader(io.StringIO(content, newline=""), skipinitialspace=True)
    header: list[str] = []
    lines: list[int] = []
    before = 0
    progress, total = current_client().progress, content.count("\n")
    try:
        for cells in reader:
            # A space that is neither of these makes a row for pandas.
            if len(cells) > 1 or (cells and cells[0].strip(" \t")):
                if not header:
                    header = _header(cells, name)
                elif len(cells) == len(header):
                    lines.append(before + 1)
                    if progress is not None and len(lines) % TOLD_EVERY == 0:
                        progress(f"reading {name}", before + 1, total)
                else:
                    raise DataError(_uneven(f"{name}, line {before + 1}", len(cells), len(header)))
            before = reader.line_num
    except csv.Error as error:
        raise DataError(
            f"{name}, line {before + 1}: this can't be read as CSV ({error}); is a quote there that is never closed?"
        ) from None
    if not lines:
        raise DataError(f"{name}: the file has a header and no rows.")
    return header, np.array(lines, dtype=np.int64)


def _header(cells: list[str], name: str) -> list[str]:
    header = [cell.strip() for cell in cells]
    for mark, marks in _OTHER_MARKS.items():
        if len(header) == 1 and mark in header[0]:
            raise DataError(f"{name}: {marks} part the cells; save it with commas between them, and points in numbers.")
    for column in header:
        if header.count(column) > 1:
            raise DataError(f"{name}: the column {column!r} stands twice.")
    return header


def _uneven(place: str, cells: int, columns: int) -> str:
    hint = "a comma inside a cell, as in 1,234, ends it" if cells > columns else "the line is cut short"
    return f"{place}: there are {cells} cells under {columns} columns; {hint}."
