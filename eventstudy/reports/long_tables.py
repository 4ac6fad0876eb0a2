"""Tables of many millions of rows: made a part at a time, and a frame only where one is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from eventstudy._labels import distinct, run_starts
from eventstudy._typing import Codes, Ints, Labels

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["PART", "LongTable", "Part", "Tables", "Words", "joined", "length", "long_table", "names_of"]

PART = 1 << 19
"""Rows of a part; the last may have fewer."""


@dataclass(frozen=True, slots=True, eq=False)
class Words:
    """A column of text, n rows of few words.

    Parameters
    ----------
    codes : ndarray of shape (n,)
        Position of each row's word, -1 where it has none; whole numbers of any width.
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
        if len(places) and step.min(initial=0) >= 0 and step.max(initial=0) <= 1:
            # Names that follow each other are not looked at: a million of them lie all over the memory.
            return cls((places - places[0]).astype(np.int32), names[places[0] : places[-1] + 1])
        if (step >= 0).all():
            first = np.concatenate([np.ones(len(places[:1]), dtype=bool), step > 0])
            return cls(np.cumsum(first, dtype=np.int32) - np.int32(1), names[places[first]])
        codes, known = pd.factorize(places)
        return cls(codes.astype(np.int32), names[known])

    @classmethod
    def of_labels(cls, labels: Labels, none: str = "") -> Words:
        """Return the words of a column of text; an empty one, and `none`, is no word.

        Examples
        --------
        >>> words = Words.of_labels(np.array(["b", "", "a", "b", "ok"], dtype=object), none="ok")
        >>> words.codes.tolist(), words.names.tolist()
        ([0, -1, 1, 0, -1], ['b', 'a'])
        """
        # Neighbours are often the same, and text takes long to compare with more than one other.
        begins = run_starts(labels)
        codes, known = distinct(labels[begins])
        names = np.array([str(name) for name in known], dtype=object)
        said = np.array([name not in ("", none) for name in names], dtype=bool)
        places = np.append(np.where(said, np.cumsum(said) - 1, -1), -1).astype(np.int32)
        return cls(np.repeat(places[codes], np.diff(begins, append=len(labels))), names[said])

    @property
    def cells(self) -> Labels:
        """The word of each row, empty where it has none, shape (n,)."""
        return np.append(self.names, np.array([""], dtype=object))[self.codes]


Part: TypeAlias = Mapping[str, "NDArray[Any] | Words"]
"""Columns of some rows: numbers, dates (``datetime64[D]``), moments in UTC (``datetime64[s]``), or words."""


def joined(parts: Sequence[Part]) -> Part:
    """Return the rows of several parts with the same columns as one."""
    if len(parts) == 1:
        return parts[0]
    return {name: _joined([part[name] for part in parts]) for name in parts[0]}


def _joined(columns: Sequence[NDArray[Any] | Words]) -> NDArray[Any] | Words:
    words = [column for column in columns if isinstance(column, Words)]
    if not words:
        return np.concatenate([column for column in columns if not isinstance(column, Words)])
    places, names = distinct(np.concatenate([each.names for each in words]))
    places = np.append(places, -1).astype(np.int32)
    begins = np.cumsum([0, *(len(each.names) for each in words)])
    codes = [np.where(each.codes < 0, -1, each.codes + begin) for each, begin in zip(words, begins, strict=False)]
    return Words(places[np.concatenate(codes)], names)


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
        Gives the rows in order, `PART` at a time, at least one part; each may be made in another thread.
    """

    columns: tuple[str, ...]
    rows: int
    parts: Callable[[], Iterator[Part]]

    def frame(self) -> pd.DataFrame:
        """Return the table as a frame, dates and moments as ISO text."""
        import pandas as pd

        parts = [pd.DataFrame({name: _cells(column) for name, column in part.items()}) for part in self.parts()]
        return pd.concat(parts, ignore_index=True)


def _cells(column: NDArray[Any] | Words) -> NDArray[Any]:
    """Return a column of a frame: text where it is no number, moments with the zone that they are in."""
    if isinstance(column, Words):
        return column.cells
    if column.dtype.kind != "M":
        return column
    codes, known = distinct(column)
    texts = np.char.add(known.astype(column.dtype).astype(str), "" if column.dtype == "datetime64[D]" else "Z")
    return Words(codes, texts.astype(object)).cells


class Tables(Mapping[str, "pd.DataFrame"]):
    """Tables by name, each a frame once it is first asked for; a long one may be had as it is from `long`.

    Parameters
    ----------
    tables : mapping of str to LongTable or callable
        Long tables, and what makes the others.
    """

    def __init__(self, tables: Mapping[str, LongTable | Callable[[], pd.DataFrame]]) -> None:
        self.long = {name: table for name, table in tables.items() if isinstance(table, LongTable)}
        self._makers = {name: table.frame if isinstance(table, LongTable) else table for name, table in tables.items()}
        self._frames: dict[str, pd.DataFrame] = {}

    def __getitem__(self, name: str) -> pd.DataFrame:
        if name not in self._frames:
            self._frames[name] = self._makers[name]()
        return self._frames[name]

    def __contains__(self, name: object) -> bool:
        return name in self._makers

    def __iter__(self) -> Iterator[str]:
        return iter(self._makers)

    def __len__(self) -> int:
        return len(self._makers)


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
