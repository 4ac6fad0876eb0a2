"""A column of times becomes moments in UTC; a time without an offset needs a zone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from eventstudy._typing import Bools, Labels, Times
from eventstudy.errors import DataError, nearest_zone
from eventstudy.frames import ISO_DATE, Origin, carries_offset, times_in_form

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    import pandas as pd

__all__ = ["known_zone", "time_column"]

WINTER_ONLY = {"EST": ("America/New_York", "Etc/GMT+5"), "MST": ("America/Denver", "Etc/GMT+7")}


def time_column(
    frame: pd.DataFrame, field: str, origin: Origin, *, zone: str | Labels | None, time_format: str | None = None
) -> Times:
    """Return a column of times in UTC.

    Parameters
    ----------
    frame : DataFrame
        The table, with the column `field`.
    field : str
        Column name.
    origin : Origin
        For the error message.
    zone : str or ndarray of shape (n,), optional
        Zone of the times that carry no offset, or of each row; without it such a time is an error.
    time_format : str, optional
        A ``strptime`` format; ISO 8601 without it.

    Returns
    -------
    ndarray of shape (n,)
        ``datetime64[s]``, UTC.

    Raises
    ------
    DataError
        For an empty cell, what is no time, a time without a zone, and one that the zone's clocks skip or show twice.
    """
    import pandas as pd

    column = frame[field]
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        _complain(column.isna().to_numpy(), column, field, "a time is needed", origin)
        return _in_utc(column)
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        parsed, naive = column.dt.tz_localize("UTC"), np.ones(len(column), dtype=bool)
        _complain(column.isna().to_numpy(), column, field, "a time is needed", origin)
    else:
        text = column.astype("str")
        parsed, naive = _parsed(text, field, origin, time_format)
        expected = f"a time in the form {time_format}" if time_format else "a time such as 2025-02-20T09:30:00-05:00"
        _complain(parsed.isna().to_numpy(), column, field, f"{expected} was expected", origin)
    if not naive.any():
        return _in_utc(parsed)
    if zone is None:
        _complain(naive, column, field, "it has no offset, so name the zone of the column", origin)
    zones = np.array(np.broadcast_to(np.asarray(zone, dtype=object), len(frame)))
    for name in sorted(set(zones[naive])):
        rows = naive & (zones == name)
        local = parsed[rows].dt.tz_localize(None)
        known = local.dt.tz_localize(known_zone(name, origin), ambiguous="NaT", nonexistent="NaT")
        parsed[rows] = known.dt.tz_convert("UTC")
        odd = rows & parsed.isna().to_numpy()
        _complain(odd, column, field, f"clocks in {name} skip this time, or show it twice; give its offset", origin)
    return _in_utc(parsed)


def known_zone(zone: str, origin: Origin, what: str = "the zone") -> ZoneInfo:
    """Return a time zone by its name, raising `DataError` with the nearest name where there is none.

    Names of a winter time alone are refused: those who write EST mostly mean New York's clocks, summer time included.
    """
    from zoneinfo import ZoneInfo, available_timezones

    if zone in WINTER_ONLY:
        place, fixed = WINTER_ONLY[zone]
        raise DataError(
            f"{origin.name}: {what} is {zone!r}, which has no summer time; write {place!r} for what the clocks there "
            f"show, or {fixed!r} for the same offset all year."
        )
    try:
        return ZoneInfo(zone)
    except (ValueError, OSError, KeyError):
        hint = nearest_zone(zone, available_timezones())
        raise DataError(f"{origin.name}: {what} is {zone!r}, which is no time zone. {hint}") from None


def _parsed(
    text: pd.Series[str], field: str, origin: Origin, time_format: str | None
) -> tuple[pd.Series[pd.Timestamp], Bools]:
    """Return the times as if those without an offset were UTC, and which have none."""
    import pandas as pd

    if time_format is not None:
        naive = "%z" not in time_format.lower()
        parsed = times_in_form(text, time_format, field, origin, utc=True)
        return parsed, np.full(len(text), naive)
    is_time = np.asarray(text.str.match(f"{ISO_DATE}[T ]", na=False), dtype=bool)
    return pd.to_datetime(text.where(is_time), format="ISO8601", errors="coerce", utc=True), ~carries_offset(text)


def _in_utc(column: pd.Series[pd.Timestamp]) -> Times:
    return column.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy().astype("datetime64[s]")


def _complain(bad: Bools, column: pd.Series, field: str, rule: str, origin: Origin) -> None:
    if bad.any():
        import pandas as pd

        row = int(np.flatnonzero(bad)[0])
        cell = column.iloc[row]
        found = "empty" if pd.isna(cell) else repr(str(cell))
        raise DataError(f"{origin.row(row)}: {field} is {found}; {rule}.")
