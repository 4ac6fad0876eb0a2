"""Tables of many millions of rows: made a part at a time, and a frame only where one is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from eventstudy._labels import each_once
from eventstudy._typing import Codes, Ints, Labels

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["PART", "LongTable", "Part", "Tables", "Words", "length", "long_table", "names_of"]

PART = 1 << 20
"""Rows of a part; the last may have fewer."""


@dataclass(frozen=True, slots=True, eq=False)
class Words:
    """A column of text, n rows of few words.

    Parameters
    ----------
    codes : ndarray of shape (n,)
        Position of each row's word, whole numbers of any width.
    names : ndarray of shape (k,)
        The words.
    """

    codes: Codes
    names: Labels

    @classmethod
    def of(cls, places: Ints, names: Labels) -> Words:
        """Return the words of rows by their places among more names, those that there are as they first appear."""
        import pandas as pd

        step = np.diff(places)
        if (step >= 0).all():
            first = np.concatenate([np.ones(len(places[:1]), dtype=bool), step > 0])
            return cls(np.cumsum(first, dtype=np.int32) - np.int32(1), names[places[first]])
        codes, known = pd.factorize(places)
        return cls(codes.astype(np.int32), names[known])


Part: TypeAlias = Mapping[str, "NDArray[Any] | Words"]
"""Columns of some rows: numbers, dates (``datetime64[D]``), or words."""


@dataclass(frozen=True, slots=True, eq=False)
class LongTable:
    """A table that is made when it is read.

    Parameters
    ----------
    columns : tuple of str
        Their names, in order.
    rows : int
        How many there are.
    parts : callable
        Gives the rows in order, `PART` at a time, at least one part.
    """

    columns: tuple[str, ...]
    rows: int
    parts: Callable[[], Iterator[Part]]

    def frame(self) -> pd.DataFrame:
        """Return the table as a frame, dates as ISO text."""
        import pandas as pd

        parts = [pd.DataFrame({name: _cells(column) for name, column in part.items()}) for part in self.parts()]
        return pd.concat(parts, ignore_index=True)


def _cells(column: NDArray[Any] | Words) -> NDArray[Any]:
    if isinstance(column, Words):
        return column.names[column.codes]
    return each_once(column, lambda day: str(np.datetime64(day, "D"))) if column.dtype.kind == "M" else column


class Tables(Mapping[str, "pd.DataFrame"]):
    """Tables by name; a long one becomes a frame when it is first asked for, and may be had as it is from `long`."""

    def __init__(self, tables: Mapping[str, pd.DataFrame | LongTable]) -> None:
        self.long = {name: table for name, table in tables.items() if isinstance(table, LongTable)}
        self._names = tuple(tables)
        self._frames = {name: table for name, table in tables.items() if not isinstance(table, LongTable)}

    def __getitem__(self, name: str) -> pd.DataFrame:
        if name not in self._frames and name in self.long:
            self._frames[name] = self.long[name].frame()
        return self._frames[name]

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def long_table(tables: Mapping[str, pd.DataFrame], name: str) -> LongTable | None:
    """Return a table as it is made, None where it is a frame."""
    return tables.long.get(name) if isinstance(tables, Tables) else None


def names_of(tables: Mapping[str, pd.DataFrame], name: str) -> list[str]:
    """Return the columns of a table, without making it."""
    long = long_table(tables, name)
    return [str(column) for column in (tables[name].columns if long is None else long.columns)]


def length(tables: Mapping[str, pd.DataFrame], name: str) -> int:
    """Return the rows of a table, without making it."""
    long = long_table(tables, name)
    return len(tables[name]) if long is None else long.rows
