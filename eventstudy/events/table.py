"""Events: one row each, checked at the door."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from eventstudy._labels import alike, are, distinct, each_once, order_by_id, taken
from eventstudy._typing import Dates, Floats, Ints, Labels, Times
from eventstudy.errors import DataError, UnknownNameError
from eventstudy.frames import Origin, alphabetical

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Confirmation", "Events", "Precision", "Timing"]


class Timing(StrEnum):
    """When, within its date, an announcement was made, as its source says."""

    BEFORE_OPEN = "before_open"
    DURING = "during"
    AFTER_CLOSE = "after_close"
    UNKNOWN = "unknown"


class Precision(StrEnum):
    """How finely the time of an announcement is known."""

    MINUTE = "minute"
    HOUR = "hour"
    DATE = "date"


class Confirmation(StrEnum):
    """Whether a date was announced by the company or guessed by a vendor."""

    CONFIRMED = "confirmed"
    ESTIMATED = "estimated"


# What vendors write; matched in lower case.
TIMING_TAGS = {
    "bmo": Timing.BEFORE_OPEN,
    "pre": Timing.BEFORE_OPEN,
    "before market open": Timing.BEFORE_OPEN,
    "dmh": Timing.DURING,
    "intraday": Timing.DURING,
    "during market hours": Timing.DURING,
    "amc": Timing.AFTER_CLOSE,
    "post": Timing.AFTER_CLOSE,
    "after market close": Timing.AFTER_CLOSE,
    "tas": Timing.UNKNOWN,
    "tns": Timing.UNKNOWN,
    "tmc": Timing.UNKNOWN,
    "": Timing.UNKNOWN,
}

RECORD_FIELDS = (
    "event_id",
    "symbol",
    "announced_at",
    "known_at",
    "precision",
    "date",
    "timing",
    "confirmation",
    "kind",
    "calendar",
    "source",
    "flags",
)

# What a study says of an event; events.csv has them beside what the input says.
RESULT_FIELDS = ("phase", "day0", "status", "reason", "detail")


@dataclass(frozen=True, slots=True, eq=False)
class Events:
    """Announcements, one row each; every array has shape (E,).

    Parameters
    ----------
    event_id : ndarray of str
        Unique names.
    symbol : ndarray of str
        Whose announcement it is.
    announced_at : ndarray of datetime64[s]
        When it became public, UTC; NaT where only the date is known, or where the source's hour is a placeholder.
    known_at : ndarray of datetime64[s]
        When the row itself was known, UTC: later than `announced_at` for a vendor that was late, NaT where
        nobody says.
    precision : ndarray of Precision
        How finely `announced_at` is known.
    date : ndarray of datetime64[D]
        Calendar date in the exchange's zone.
    timing : ndarray of Timing
        Before the open, during, after the close, unknown.
    confirmation : ndarray of Confirmation
        Confirmed or estimated.
    kind : ndarray of str
        What happened: ``"earnings"``, ...
    calendar : ndarray of str
        Exchange code.
    source : ndarray of str
        Who says so.
    flags : ndarray of str
        What to know of the row as it came in: codes of `Flag`, joined by ``;``, empty without any.
    groups : mapping of str to ndarray of str
        Labels to group by; the empty string where unknown.
    values : mapping of str to ndarray of float64
        Numbers known of the event; NaN where unknown.
    """

    event_id: Labels
    symbol: Labels
    announced_at: Times
    known_at: Times
    precision: Labels
    date: Dates
    timing: Labels
    confirmation: Labels
    kind: Labels
    calendar: Labels
    source: Labels
    flags: Labels = field(default_factory=lambda: np.empty(0, dtype=object))
    groups: Mapping[str, Labels] = field(default_factory=dict)
    values: Mapping[str, Floats] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not len(self.flags) and len(self.event_id):
            object.__setattr__(self, "flags", alike("", len(self.event_id)))
        for each in fields(self):
            value = getattr(self, each.name)
            arrays = value.values() if isinstance(value, Mapping) else [value]
            for array in arrays:
                if len(array) != len(self.event_id):
                    raise DataError(f"Events: {each.name} has {len(array)} entries for {len(self.event_id)} events.")
                array.setflags(write=False)
        object.__setattr__(self, "groups", MappingProxyType(dict(self.groups)))
        object.__setattr__(self, "values", MappingProxyType(dict(self.values)))

    def __reduce__(self) -> tuple[object, ...]:
        # A mapping proxy can't be pickled; the plain dictionaries are wrapped again on the other side.
        names = [each.name for each in fields(self)]
        state = [getattr(self, name) for name in names[:-2]]
        return Events, (*state, dict(self.groups), dict(self.values))

    def __len__(self) -> int:
        return len(self.event_id)

    @classmethod
    def from_frame(
        cls,
        frame: pd.DataFrame,
        *,
        zone: str | None = None,
        date_format: str | None = None,
        source: str = "frame",
        kind: str = "earnings",
        origin: Origin | None = None,
    ) -> Events:
        """Make events from a table.

        Parameters
        ----------
        frame : DataFrame
            ``symbol``, and ``announced_at`` (ISO 8601 with an offset) or ``date`` with ``timing``. Optional
            ``event_id`` (made from symbol and date without it), ``known_at``, ``precision``,
            ``confirmation``, ``kind``, ``calendar``, ``source``, ``flags``. Any other column is a value if it
            is numeric, else a group.
        zone : str, optional
            Time zone of timestamps that carry none; without it they are an error.
        date_format : str, optional
            ``strptime`` format of ``date``; ISO without it.
        source, kind : str
            What stands in columns that the table does not have.
        origin : Origin, optional
            Where the table came from, for error messages.

        Raises
        ------
        DataError
            Naming the row: a missing column, a naive timestamp, no date, an id twice, an unknown exchange.

        Notes
        -----
        A time of precision ``hour`` at midnight, 11:00 or 12:00 in the exchange's zone is what vendors write where
        they know none: it is taken as unknown and flagged ``placeholder_time``. A time of precision ``date`` is
        none either. A stated date that is not the one of the time is flagged ``date_disagrees``.

        Examples
        --------
        >>> import pandas as pd
        >>> table = pd.DataFrame({"symbol": ["BABA"], "announced_at": ["2025-02-20T05:36-05:00"]})
        >>> events = Events.from_frame(table)
        >>> events.event_id[0], str(events.announced_at[0])
        ('BABA-2025-02-20', '2025-02-20T10:36:00')
        """
        from eventstudy.events._build import build_events

        return build_events(
            frame,
            zone=zone,
            date_format=date_format,
            source=source,
            kind=kind,
            origin=origin or Origin("events"),
        )

    def take(self, rows: Ints | Sequence[int]) -> Events:
        """Return the events at these positions, in this order."""
        rows = np.asarray(rows, dtype=np.int64)
        record = {name: taken(getattr(self, name), rows) for name in RECORD_FIELDS}
        groups = {name: taken(labels, rows) for name, labels in self.groups.items()}
        values = {name: numbers[rows] for name, numbers in self.values.items()}
        return Events(**record, groups=groups, values=values)

    def ordered(self) -> Events:
        """Return the events by symbol, date and id, whatever order they came in.

        Draws and tables that go through them have the same bytes then.
        """
        code, _ = alphabetical(*distinct(self.symbol))
        return self.take(order_by_id([code, self.date], self.event_id))

    def with_columns(
        self, *, groups: Mapping[str, Labels] | None = None, values: Mapping[str, Floats] | None = None
    ) -> Events:
        """Return the same events with further groups or values; a name that exists is replaced."""
        return replace(self, groups={**self.groups, **(groups or {})}, values={**self.values, **(values or {})})

    def position(self, event_id: str) -> int:
        """Return the row of an event, raising `UnknownNameError` where there is none."""
        found = np.flatnonzero(self.event_id == event_id)
        if not found.size:
            raise UnknownNameError("event", event_id, self.event_id)
        return int(found[0])

    def column(self, name: str) -> Labels:
        """Return what to group by under this name: a group, or one of the record's own labels."""
        if name in self.groups:
            return self.groups[name]
        if name in ("symbol", "timing", "kind", "calendar", "source", "confirmation", "precision"):
            return each_once(getattr(self, name), str)
        raise UnknownNameError("column of the events to group by", name, [*self.groups, "symbol", "timing", "kind"])

    def value(self, name: str) -> Floats:
        """Return a value of the events by name, shape (E,), in the unit that it was given in, NaN where unknown."""
        if name not in self.values:
            raise UnknownNameError("value of the events", name, self.values)
        return self.values[name]

    def to_frame(self) -> pd.DataFrame:
        """Return the table: the record's fields, then groups, then values."""
        import pandas as pd

        columns = {name: getattr(self, name) for name in RECORD_FIELDS}
        return pd.DataFrame({**columns, **self.groups, **self.values})

    def digest(self) -> str:
        """Return a SHA-256 over everything in the events, in the order of their ids."""
        order = np.argsort(self.event_id.astype(str), kind="stable")
        digest = hashlib.sha256()
        for name in RECORD_FIELDS:
            digest.update(_joined(getattr(self, name), order))
        for name, labels in sorted(self.groups.items()):
            digest.update(b"\0".join([name.encode(), *([_joined(labels, order)] if len(self) else [])]))
        for name, numbers in sorted(self.values.items()):
            digest.update(name.encode() + np.ascontiguousarray(numbers[order]).tobytes())
        return digest.hexdigest()


def _joined(values: NDArray[Any], order: Ints) -> bytes:
    """Return the texts of labels, dates or moments in an order, with a zero between them."""
    bits: NDArray[Any] = values.view(np.int64) if values.dtype.kind == "M" else values
    if len(values) and are(bits, bits[0]).all():
        # As many columns are that a table does not have.
        text = str(values[0]).encode()
        return (text + b"\0") * (len(values) - 1) + text
    if values.dtype.kind == "M":
        code, known = distinct(bits)
        texts = known.astype(np.int64).view(values.dtype).astype(str).astype(object)
        return "\0".join(texts[code[order]]).encode()
    try:
        return "\0".join(values[order]).encode()
    except TypeError:
        # Not all labels are text.
        return "\0".join(each_once(values, str)[order]).encode()
