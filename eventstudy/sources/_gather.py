"""From batches of a long table to a frame without Python objects: each value is copied once, to where it stays."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["gatherable", "gathered"]

# So many words have positions of two bytes.
_NARROW = 1 << 15


def gatherable(schema: Any, symbol: str, when: str, numbers: Iterable[str]) -> bool:
    """Return whether columns of an Arrow schema hold what they should: text, days or moments, and numbers."""
    from pyarrow import types

    word, day = schema.field(symbol).type, schema.field(when).type
    word = word.value_type if types.is_dictionary(word) else word
    kinds = [schema.field(name).type for name in numbers]
    return (
        (types.is_string(word) or types.is_large_string(word))
        and (types.is_date(day) or (types.is_timestamp(day) and day.tz is None))
        and all(types.is_floating(kind) or types.is_integer(kind) for kind in kinds)
    )


def gathered(batches: Iterable[Any], symbol: str, when: str, numbers: Iterable[str], most: int) -> pd.DataFrame:
    """Return a long table as a frame: dates as days, symbols as categories, numbers as float64.

    Parameters
    ----------
    batches : iterable of RecordBatch
        With these columns; see `gatherable`.
    symbol, when : str
        The columns of symbols and of dates.
    numbers : iterable of str
        Those of numbers.
    most : int
        Rows that there may be; no memory is taken by those that there are not.
    """
    import pandas as pd
    import pyarrow as pa

    words, codes, days = _Words(), np.empty(most, dtype=np.int16), np.empty(most, dtype=np.int32)
    held = {name: np.empty(most) for name in numbers}
    empty: list[NDArray[np.int64]] = []
    count = 0
    for batch in batches:
        rows = slice(count, count + batch.num_rows)
        found = words.codes(batch.column(symbol))
        if len(words.places) > _NARROW:
            codes = codes.astype(np.int32, copy=False)
        codes[rows] = found
        dates = batch.column(when)
        days[rows] = _days(dates)
        if dates.null_count:
            empty.append(count + np.flatnonzero(dates.is_null()))
        for name, values in held.items():
            values[rows] = batch.column(name).to_numpy(zero_copy_only=False)
        count = rows.stop
    mask = None
    if empty:
        mask = np.zeros(count, dtype=bool)
        mask[np.concatenate(empty)] = True
    dated = pa.array(days[:count], mask=mask).view(pa.date32())
    names = pd.Index(list(words.places), dtype="str")
    columns = {
        when: pd.Series(dated, dtype=pd.ArrowDtype(pa.date32())),
        symbol: pd.Categorical.from_codes(codes[:count], names, validate=False),
        **{name: values[:count] for name, values in held.items()},
    }
    return pd.DataFrame(columns, copy=False)


class _Words:
    """Positions of words in the order in which they first appear, whatever order each batch has them in."""

    def __init__(self) -> None:
        self.places: dict[str, int] = {}
        self._last: Any = None
        self._map: NDArray[np.int32] = np.empty(0, dtype=np.int32)
        self._moved = True

    def codes(self, column: Any) -> NDArray[np.int32]:
        """Return the position of each row's word, -1 where it is missing."""
        from pyarrow import types

        column = column if types.is_dictionary(column.type) else column.dictionary_encode()
        if self._last is None or not column.dictionary.equals(self._last):
            self._last = column.dictionary
            known = [-1 if word is None else self._place(word) for word in self._last.to_pylist()]
            self._map = np.array([*known, -1], dtype=np.int32)
            # In a file sorted by symbol the words of a part follow each other.
            self._moved = bool((np.diff(known) != 1).any())
        # Of a type that holds the place of a missing word too.
        indices = column.indices.cast("int32")
        if column.null_count or self._moved:
            return np.asarray(self._map[indices.fill_null(len(self._map) - 1).to_numpy()])
        return np.asarray(indices.to_numpy() + self._map[0])

    def _place(self, word: str) -> int:
        return self.places.setdefault(word, len(self.places))


def _days(column: Any) -> NDArray[Any]:
    """Return dates or moments as days since 1970, anything where missing."""
    import pyarrow as pa

    if pa.types.is_date32(column.type):
        numbers = column.view(pa.int32())
        days: NDArray[Any] = (numbers.fill_null(0) if numbers.null_count else numbers).to_numpy()
        return days
    moments: NDArray[Any] = column.to_numpy(zero_copy_only=False)
    return moments.astype("datetime64[D]").astype(np.int64)
