"""Flags: what to know of events that are kept all the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from eventstudy._labels import alike, distinct
from eventstudy._typing import Bools, Ints, Labels
from eventstudy.errors import DataError, Flag, nearest
from eventstudy.frames import Origin

__all__ = ["Flags"]

SEPARATOR = ";"


@dataclass(frozen=True, slots=True, eq=False)
class Flags:
    """The flags of E events.

    Parameters
    ----------
    count : int
        E.
    marks : mapping of Flag to ndarray of shape (E,)
        Which events bear each flag; a flag that none bears may be left out.

    Examples
    --------
    >>> flags = Flags(2).mark(Flag.LUNCH_BREAK, [True, False]).mark(Flag.TIMING_UNKNOWN, [True, False])
    >>> flags.text.tolist(), flags.counts()
    (['timing_unknown;lunch_break', ''], {'timing_unknown': 1, 'lunch_break': 1})
    """

    count: int
    marks: Mapping[Flag, Bools] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: Labels, origin: Origin | None = None) -> Flags:
        """Return the flags that cells such as ``"timing_unknown;merged"`` hold; `text` has shape (E,).

        Raises
        ------
        DataError
            Naming the row of a code that is no flag.
        """
        flags = cls(len(text))
        codes, cells = distinct(text)
        for each, cell in enumerate(map(str, cells)):
            here = np.asarray(codes == each)
            for code in filter(None, map(str.strip, cell.split(SEPARATOR))):
                if code not in tuple(Flag):
                    row = int(np.flatnonzero(here)[0])
                    place = (origin or Origin("events")).row(row)
                    raise DataError(f"{place}: flags is {cell!r}; {code!r} is no flag. {nearest(code, Flag)}")
                flags = flags.mark(Flag(code), here)
        return flags

    def mark(self, flag: Flag, which: Bools | Sequence[bool]) -> Flags:
        """Return the same with one flag on some more events; `which` has shape (E,)."""
        which = np.asarray(which, dtype=bool)
        if which.shape != (self.count,):
            raise DataError(f"Flags: {flag} is given for {which.shape} of {self.count} events.")
        if not which.any():
            return self
        return Flags(self.count, {**self.marks, flag: which | self.has(flag)})

    def has(self, flag: Flag) -> Bools:
        """Return which events bear a flag, shape (E,)."""
        return self.marks.get(flag, np.zeros(self.count, dtype=bool))

    def __or__(self, other: Flags) -> Flags:
        joined = self
        for flag, which in other.marks.items():
            joined = joined.mark(flag, which)
        return joined

    def take(self, rows: Ints) -> Flags:
        """Return the flags of the events at these positions."""
        return Flags(len(rows), {flag: which[rows] for flag, which in self.marks.items()})

    @property
    def text(self) -> Labels:
        """The codes of each event, joined by ``;`` in the order of the list, shape (E,)."""
        borne = [flag for flag in Flag if flag in self.marks]
        if not borne:
            return alike("", self.count)
        which = np.zeros(self.count, dtype=np.int64)
        for bit, flag in enumerate(borne):
            which |= self.marks[flag].astype(np.int64) << bit
        sets, code = np.unique(which, return_inverse=True)
        words = [
            SEPARATOR.join(flag for place, flag in enumerate(borne) if each >> place & 1) for each in sets.tolist()
        ]
        return np.array(words, dtype=object)[code] if words else np.empty(0, dtype=object)

    def counts(self) -> dict[str, int]:
        """Return how many events bear each flag, in the order of the list, without those that none bears."""
        found = {str(flag): int(self.has(flag).sum()) for flag in Flag}
        return {code: count for code, count in found.items() if count}
