"""The door: columns of a foreign table become checked arrays, and what is wrong is named by its row."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from eventstudy._typing import Bools, Codes, Dates, Floats, Ints, Labels
from eventstudy.errors import DataError, nearest

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "Origin",
    "alphabetical",
    "code_column",
    "date_column",
    "day_column",
    "number_column",
    "rename_columns",
    "require_columns",
    "stretches",
    "text_column",
    "times_in_form",
]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a table came from, so that an error can point into it.

    Parameters
    ----------
    name : str
        A file, a query, or what the table is called.
    first_line : int, optional
        Line of the first row in that file; without it rows are counted from 0.
    lines : ndarray of shape (n,), optional
        Line of each row, where the rows of the table are not the lines of the file one after another.
    numbers : ndarray of shape (n,), optional
        Number of each row, where the table is a part of one without lines.
    """

    name: str
    first_line: int | None = None
    lines: Ints | None = field(default=None, compare=False, repr=False)
    numbers: Ints | None = field(default=None, compare=False, repr=False)

    def row(self, position: int) -> str:
        """Return the place of a row in words, such as ``"prices.csv, line 17"``."""
        if self.lines is not None:
            return f"{self.name}, line {self.lines[position]}"
        if self.first_line is None:
            return f"{self.name}, row {position if self.numbers is None else self.numbers[position]}"
        return f"{self.name}, line {self.first_line + position}"

    def take(self, rows: Ints) -> Origin:
        """Return the origin of a table that has only these rows."""
        if self.lines is not None:
            return replace(self, lines=self.lines[rows])
        if self.first_line is not None:
            return replace(self, lines=self.first_line + rows)
        return replace(self, numbers=rows if self.numbers is None else self.numbers[rows])


def rename_columns(frame: pd.DataFrame, columns: Mapping[str, str], origin: Origin) -> pd.DataFrame:
    """Return the table with its own column names replaced by ours.

    A column of the table that already bears one of these names of ours gives way to the one that was named.

    Parameters
    ----------
    frame : DataFrame
        The table as it came.
    columns : mapping
        From our name to the table's.
    origin : Origin
        For the error message.

    Raises
    ------
    DataError
        If the table has no such column.
    """
    require_columns(frame, columns.values(), origin)
    rest = [name for name in frame.columns if name not in columns and name not in columns.values()]
    return frame[rest].assign(**{ours: frame[theirs] for ours, theirs in columns.items()})


def require_columns(frame: pd.DataFrame, names: Iterable[str], origin: Origin) -> None:
    """Raise `DataError` naming the first column that is missing, and the nearest one there is.

    So it does of what is no table, and of a column that stands twice.
    """
    _check_table(frame, origin)
    for name in names:
        if name not in frame.columns:
            hint = nearest(name, [str(column) for column in frame.columns])
            if name in frame.index.names:
                hint = "It is the index of the table; reset_index() makes a column of it."
            raise DataError(f"{origin.name}: the column {name!r} is missing. {hint}")


def _check_table(frame: object, origin: Origin) -> None:
    import pandas as pd

    if not isinstance(frame, pd.DataFrame):
        kind = type(frame).__name__
        raise DataError(f"{origin.name}: this is a {kind}; a table was expected, as pandas.DataFrame(...) makes one.")
    names = [str(name) for name in frame.columns]
    if len(set(names)) < len(names):
        twice = next(name for place, name in enumerate(names) if name in names[:place])
        raise DataError(f"{origin.name}: the column {twice!r} stands twice; rename one of them, or leave it out.")


def _complain(bad: Bools, values: Any, origin: Origin, field: str, rule: str) -> None:
    import pandas as pd

    if bad.any():
        position = int(np.flatnonzero(bad)[0])
        cell = np.asarray(values, dtype=object)[position]
        found = "empty" if pd.isna(cell) else repr(str(cell))
        more = f" ({int(bad.sum())} rows in all)" if bad.sum() > 1 else ""
        raise DataError(f"{origin.row(position)}: {field} is {found}; {rule}{more}.")


ISO_DATE = r"\d{4}-?\d{2}-?\d{2}"
_OFFSET = r"[T ]\d{2}.*(?:Z|[+-]\d{2}(?::?\d{2})?)$"


def carries_offset(text: pd.Series[str]) -> Bools:
    """Return which ISO 8601 timestamps end in a UTC offset or Z, shape (n,)."""
    return np.asarray(text.str.contains(_OFFSET, regex=True, na=False), dtype=bool)


def text_column(frame: pd.DataFrame, field: str, origin: Origin) -> Labels:
    """Return a column of text; an empty or missing cell is an error.

    Parameters
    ----------
    frame : DataFrame
        The table, with the column `field`.
    field : str
        Column name.
    origin : Origin
        For the error message.

    Returns
    -------
    ndarray of shape (n,)
        Python strings.

    Raises
    ------
    DataError
        For a missing cell, or one that is not text: the ticker ``ON`` read as a truth value, say.
    """
    import pandas as pd

    if isinstance(frame[field].dtype, pd.CategoricalDtype):
        codes, names = _text_codes(frame, field, origin)
        return names[codes]
    values: Labels = frame[field].to_numpy(dtype=object)
    if not _all_text(values):
        _text_codes(frame, field, origin)
    return values


def code_column(frame: pd.DataFrame, field: str, origin: Origin) -> tuple[Codes, Labels]:
    """Return a column of text as positions among its distinct texts; the rules are those of `text_column`.

    Parameters
    ----------
    frame : DataFrame
        The table, with the column `field`.
    field : str
        Column name.
    origin : Origin
        For the error message.

    Returns
    -------
    codes : ndarray of shape (n,)
        Whole numbers of any width.
    names : ndarray of shape (S,)
        The texts that there are, in alphabetical order.

    Examples
    --------
    >>> import pandas as pd
    >>> codes, names = code_column(pd.DataFrame({"symbol": ["SPY", "BABA", "SPY"]}), "symbol", Origin("prices"))
    >>> codes.tolist(), names.tolist()
    ([1, 0, 1], ['BABA', 'SPY'])
    """
    return alphabetical(*_text_codes(frame, field, origin))


def alphabetical(codes: Codes, names: Labels) -> tuple[Codes, Labels]:
    """Return codes of the names that any row has, in alphabetical order, and these names."""
    used = np.zeros(len(names), dtype=bool)
    for rows in stretches(len(codes)):
        # Neighbours mostly have one name.
        own = codes[rows]
        used[own[:1]], used[own[1:][own[1:] != own[:-1]]] = True, True
    order = np.flatnonzero(used)
    order = order[np.argsort(names[order].astype(str), kind="stable")]
    if np.array_equal(order, np.arange(len(names))):
        return codes, names
    places = np.zeros(len(names), dtype=np.int32)
    places[order] = np.arange(len(order))
    moved = np.empty(len(codes), dtype=np.int32)
    for rows in stretches(len(codes)):
        moved[rows] = places[codes[rows]]
    return moved, names[order]


def stretches(count: int, most: int = 1 << 18) -> Iterator[slice]:
    """Return rows, a stretch at a time: what is made of a stretch stays in the processor's cache."""
    return (slice(first, min(first + most, count)) for first in range(0, count, most))


def _text_codes(frame: pd.DataFrame, field: str, origin: Origin) -> tuple[Codes, Labels]:
    """Return a column of text as positions among texts; a text of many rows is looked at once."""
    import pandas as pd

    column = frame[field]
    if isinstance(column.dtype, pd.CategoricalDtype):
        codes, names = column.cat.codes.to_numpy(), column.cat.categories.to_numpy(dtype=object)
    else:
        codes, known = pd.factorize(column)
        names = np.asarray(known, dtype=object)
    if len(codes) and codes.min() < 0:
        _complain(codes < 0, column, origin, field, "it must not be empty")
    if not _all_text(names):
        odd = np.fromiter((not isinstance(name, str) or not name.strip() for name in names), bool, len(names))
        rule = "it must be text (quote a ticker such as ON or TRUE where a reader may take it for a truth value)"
        _complain(odd[codes], column, origin, field, rule)
    return codes, names


def _all_text(values: Labels) -> bool:
    """Return whether all cells are text, and none of them blank."""
    try:
        return all(map(str.strip, values.tolist()))
    except TypeError:
        return False


def number_column(frame: pd.DataFrame, field: str, origin: Origin, *, copy: bool = True) -> Floats:
    """Return a column of numbers, NaN where empty; text and infinities are errors.

    Parameters
    ----------
    frame : DataFrame
        The table, with the column `field`.
    field : str
        Column name.
    origin : Origin
        For the error message.
    copy : bool
        Without it the numbers may be the table's own, to be read only.

    Returns
    -------
    ndarray of shape (n,)
        float64.
    """
    import pandas as pd

    column = frame[field]
    if pd.api.types.is_bool_dtype(column.dtype):
        _complain(np.full(len(frame), fill_value=True), column, origin, field, "a number was expected")
    if column.dtype == np.float64:
        numbers = column.to_numpy(copy=copy)
    else:
        numbers = np.array(pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan))
        _complain(np.isnan(numbers) & ~column.isna().to_numpy(), column, origin, field, "it must be a number or empty")
    if any(np.isinf(numbers[rows]).any() for rows in stretches(len(numbers))):
        _complain(np.isinf(numbers), column, origin, field, "it must be finite")
    return numbers


def date_column(
    frame: pd.DataFrame, field: str, origin: Origin, *, date_format: str | None = None, required: bool = True
) -> Dates:
    """Return a column of calendar dates.

    Parameters
    ----------
    frame : DataFrame
        The table, with the column `field`.
    field : str
        Column name.
    origin : Origin
        For the error message.
    date_format : str, optional
        A ``strptime`` format; ISO 8601 without it.
    required : bool
        Whether an empty cell is an error; else it is NaT.

    Returns
    -------
    ndarray of shape (n,)
        ``datetime64[D]``.

    Raises
    ------
    DataError
        For what is no date, and for a date with a time zone: which day it is would depend on the reader.
    """
    import pandas as pd

    column = frame[field]
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        raise DataError(f"{origin.name}: {field} carries a time zone; a session is a plain date such as 2025-02-20.")
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        parsed = column.astype("datetime64[s]") if isinstance(column.dtype, pd.ArrowDtype) else column
    else:
        text = column.astype("str")
        _complain(carries_offset(text), column, origin, field, "a session is a plain date, without a time zone")
        parsed = times_in_form(text, date_format or "ISO8601", field, origin)
        if date_format is None:
            # pandas takes a bare year, "now" and "today" for dates.
            parsed = parsed.where(text.str.match(ISO_DATE, na=False))
    dates = parsed.to_numpy().astype("datetime64[D]")
    empty = column.isna().to_numpy()
    if required:
        _complain(empty, column, origin, field, "a date is needed")
    expected = f"a date in the form {date_format}" if date_format else "an ISO date such as 2025-02-20"
    _complain(np.isnat(dates) & ~empty, column, origin, field, f"{expected} was expected")
    return dates


def times_in_form(
    text: pd.Series[str], form: str, field: str, origin: Origin, *, utc: bool = False
) -> pd.Series[pd.Timestamp]:
    """Return times written in a ``strptime`` format, NaT for what is not; `DataError` for what is no such format."""
    import pandas as pd

    try:
        return pd.to_datetime(text, format=form, errors="coerce", utc=utc)
    except (ValueError, re.error) as error:
        raise DataError(f"{origin.name}: {field} can't be read in the form {form!r}, which is none: {error}.") from None


def day_column(frame: pd.DataFrame, field: str, origin: Origin, *, date_format: str | None = None) -> Codes:
    """Return a column of calendar dates as days since 1970, whole numbers of any width; see `date_column`."""
    column = frame[field]
    if column.dtype == "date32[day][pyarrow]" and not column.hasnans:
        days: Codes = np.asarray(column.array.__arrow_array__().cast("int32"))
        return days
    dates = date_column(frame, field, origin, date_format=date_format)
    return dates.view(np.int64)
