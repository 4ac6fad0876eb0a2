"""The columns of the output directory, what each holds, and the one form that a table takes before it is written."""

from __future__ import annotations

import math
from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from eventstudy.errors import InputError, nearest

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["OPTIONAL", "TABLES", "Kind", "conform", "conform_column", "held", "is_missing", "kinds"]


class Kind(StrEnum):
    """What a column holds."""

    TEXT = "text"
    NUMBER = "number"
    WHOLE = "whole"
    DATE = "date"
    TIME = "time"
    OPEN = "open"
    """Decided by the values: whole, number or text."""


_OPEN_COLUMNS = "..."
_SHAPES: dict[str, str] = {
    "events": ("event_id symbol announced_at:time date:date timing phase day0:date status reason flags ... detail"),
    "estimates": "event_id model n_obs:whole dof:whole sigma:number r_squared:number ... reason detail",
    "abnormal_returns": (
        "event_id model day:whole date:date actual:number expected:number abnormal:number std_error:number sar:number"
    ),
    "cars": (
        "event_id model window start:whole end:whole car:number std_error:number t:number p_value:number "
        "bhar:number reason"
    ),
    "aar": (
        "model group day:whole n:whole aar:number std_error:number caar:number caar_std_error:number "
        "ci_low:number ci_high:number"
    ),
    "tests": (
        "model group window start:whole end:whole measure test event_id convention alternative n:whole "
        "estimate:number std_error:number statistic:number distribution df:number p_value:number "
        "p_adjusted:number adjustment reason p_two_sided:number p_greater:number p_less:number df2:number note"
    ),
    "reactions": (
        "event_id leg kind start:open end:open base_price:number price:number price_source raw:number "
        "raw_log:number expected:number abnormal:number reference n:whole z:number percentile:number grade reason"
    ),
    "findings": "symbol date:date kind words",
    "paths": (
        "event_id time:time segment move:number benchmark:number close_before:time open:time close:time news:time "
        "zone benchmark_name"
    ),
}

OPTIONAL: tuple[str, ...] = ("paths",)
"""Tables that a study has only where it has something to put into them."""
TABLES: tuple[str, ...] = tuple(name for name in _SHAPES if name not in OPTIONAL)
"""The tables of every study, in the order in which they are written."""


def _parse(shape: str) -> list[tuple[str, Kind]]:
    pairs = (word.partition(":") for word in shape.split())
    return [(name, Kind(kind) if kind else Kind.TEXT) for name, _, kind in pairs]


def kinds(name: str, columns: list[str]) -> dict[str, Kind]:
    """Return what each column of a table holds.

    Parameters
    ----------
    name : str
        One of `TABLES` or `OPTIONAL`.
    columns : list of str
        The columns of the table at hand; ``events`` and ``estimates`` carry columns of their own
        (groups and values, parameters) before their last ones.

    Raises
    ------
    InputError
        If a column of the contract is absent, out of place, or an unexpected one is there.

    Examples
    --------
    >>> list(kinds("aar", "model group day n aar std_error caar caar_std_error ci_low ci_high".split()))[:3]
    ['model', 'group', 'day']
    """
    shape = _parse(_SHAPES[name])
    names = [column for column, _ in shape]
    if _OPEN_COLUMNS in names:
        place = names.index(_OPEN_COLUMNS)
        fixed = names[:place] + names[place + 1 :]
        own = [column for column in columns if column not in fixed]
        shape[place : place + 1] = [(column, Kind.OPEN) for column in own]
    expected = [column for column, _ in shape]
    if columns != expected:
        raise InputError(_mismatch(name, columns, expected))
    return dict(shape)


def _mismatch(name: str, columns: list[str], expected: list[str]) -> str:
    absent = [column for column in expected if column not in columns]
    strange = [column for column in columns if column not in expected]
    if absent:
        return f"The table {name!r} lacks the column {absent[0]!r}. {nearest(absent[0], columns)}"
    if strange:
        return f"The table {name!r} has a column {strange[0]!r} of no meaning. {nearest(strange[0], expected)}"
    return f"The table {name!r} has its columns in another order or twice; right is: {', '.join(expected)}."


def held(tables: Mapping[str, pd.DataFrame]) -> tuple[str, ...]:
    """Return the tables that a study has: all of `TABLES`, and of the optional ones those with rows."""
    return TABLES + tuple(name for name in OPTIONAL if name in tables and len(tables[name]))


def is_missing(value: Any) -> bool:
    """Return whether a cell is empty: None, NaN, NaT, NA or an empty text."""
    # Texts and numbers are nearly all there is, and pandas takes long to say what they are.
    if value is None or isinstance(value, str):
        return not value
    if isinstance(value, float):
        return math.isnan(value)
    import pandas as pd

    return bool(pd.isna(value))


def conform(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table in the one form that is written and read.

    Text is ``str`` with NaN where empty, dates are ``datetime64[s]``, moments ``datetime64[s, UTC]``
    (naive ones are taken as UTC), numbers float64, whole numbers int64, or float64 where one is missing.

    Parameters
    ----------
    name : str
        One of `TABLES` or `OPTIONAL`.
    frame : DataFrame
        With exactly the columns of the contract.

    Raises
    ------
    InputError
        If the columns are not those of the contract.
    """
    import pandas as pd

    known = kinds(name, [str(column) for column in frame.columns])
    columns = {column: conform_column(frame[column], kind) for column, kind in known.items()}
    return pd.DataFrame({column: values.reset_index(drop=True) for column, values in columns.items()})


def conform_column(column: pd.Series, kind: Kind) -> pd.Series:
    """Return a column of a table in the form of `conform`."""
    import pandas as pd

    match _decide(column) if kind is Kind.OPEN else kind:
        case Kind.DATE:
            return pd.to_datetime(column).astype("datetime64[s]")
        case Kind.TIME:
            return pd.to_datetime(column, utc=True).astype("datetime64[s, UTC]")
        case Kind.NUMBER:
            return column.astype("float64")
        case Kind.WHOLE:
            return column.astype("float64" if column.isna().any() else "int64")
        case _ if isinstance(column.dtype, pd.StringDtype):
            return column.where(column != "").astype("str")
        case _:
            # Nearly all cells are plain texts, and need no second look.
            cells = [
                value if type(value) is str and value else (None if is_missing(value) else str(value))
                for value in column.tolist()
            ]
            return pd.Series(cells, dtype="str")


def _decide(column: pd.Series) -> Kind:
    from pandas.api import types

    if types.is_bool_dtype(column.dtype):
        return Kind.TEXT
    if types.is_integer_dtype(column.dtype):
        return Kind.WHOLE
    if types.is_float_dtype(column.dtype) or column.isna().all():
        return Kind.NUMBER
    return Kind.TEXT
