"""From a table of announcements to `Events`: what is checked at the door."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from eventstudy._exchanges import NAMES
from eventstudy._labels import alike, are, distinct, each_once
from eventstudy._moments import known_zone
from eventstudy._typing import Bools, Codes, Dates, Floats, Ints, Labels, Times
from eventstudy.calendars import calendar_codes, calendar_of, get_calendar
from eventstudy.errors import DataError, Flag, InputError, nearest
from eventstudy.events.flags import Flags
from eventstudy.events.table import RECORD_FIELDS, RESULT_FIELDS, TIMING_TAGS, Confirmation, Events, Precision, Timing
from eventstudy.frames import (
    ISO_DATE,
    Origin,
    carries_offset,
    code_column,
    date_column,
    number_column,
    require_columns,
    text_column,
)

if TYPE_CHECKING:
    import pandas as pd

E = TypeVar("E", bound=StrEnum)

NAT = np.datetime64("NaT", "s")

PLACEHOLDER_HOURS = (0, 11, 12)

# A time of day behind a date, other than midnight.
_CLOCK = r"\d[T ](?!00:00(?::00(?:\.0*)?)?$)\d"


def build_events(
    frame: pd.DataFrame, *, zone: str | None, date_format: str | None, source: str, kind: str, origin: Origin
) -> Events:
    """Return the events that `Events.from_frame` promises; the arguments are explained there."""
    require_columns(frame, ["symbol"], origin)
    if not {"announced_at", "date"} & set(frame.columns):
        raise DataError(f"{origin.name}: an event needs the column 'announced_at', or 'date' with 'timing'.")
    code, names = code_column(frame, "symbol", origin)
    names = np.array([name.strip() for name in names], dtype=object)
    symbol, calendar = names[code], _calendars(frame, code, names, origin)
    announced_at = _moments(frame, "announced_at", zone, origin)
    shown = _shown(announced_at, calendar)
    date = _dates(frame, shown, date_format, origin)
    default = _either(np.isnat(announced_at), Precision.DATE, Precision.MINUTE)
    precision = _choices(frame, "precision", Precision, default, origin)
    placeholder = _placeholders(shown, precision)
    is_time = ~(np.isnat(announced_at) | placeholder | are(precision, Precision.DATE))
    flags = Flags.parse(_filled(frame, "flags", ""), origin)
    flags = flags.mark(Flag.PLACEHOLDER_TIME, placeholder)
    flags = flags.mark(Flag.DATE_DISAGREES, is_time & (shown.astype("datetime64[D]") != date))
    groups, values = _other_columns(frame, origin)
    return Events(
        event_id=_event_ids(frame, symbol, date, origin),
        symbol=symbol,
        announced_at=np.where(is_time, announced_at, NAT),
        known_at=_moments(frame, "known_at", zone, origin),
        precision=_either(is_time, precision, Precision.DATE),
        date=date,
        timing=_timings(frame, origin),
        confirmation=_choices(frame, "confirmation", Confirmation, Confirmation.CONFIRMED, origin),
        kind=_filled(frame, "kind", kind),
        calendar=calendar,
        source=_filled(frame, "source", source),
        flags=flags.text,
        groups=groups,
        values=values,
    )


def _either(which: Bools, yes: Labels | str, no: Labels | str) -> Labels:
    """Return one of two labels for each row, shape (n,)."""
    if not which.any() and isinstance(no, str):
        return alike(no, len(which))
    if which.all() and isinstance(yes, str):
        return alike(yes, len(which))
    return np.where(which, yes, no).astype(object)


def _calendars(frame: pd.DataFrame, place: Codes, names: Labels, origin: Origin) -> Labels:
    """Return the exchange of each row: as it is given, or as the name of its symbol says."""
    if "calendar" not in frame.columns:
        implied = _implied(names, place, np.arange(len(place)), origin)
        return alike(implied[0], len(place)) if len(set(implied)) == 1 else implied[place]
    given = _filled(frame, "calendar", "")
    blank = np.asarray(given == "")
    calendars = np.where(blank, _implied(names, place, np.flatnonzero(blank), origin)[place], given)
    codes, known = distinct(calendars)
    if set(known) - set(calendar_codes()):
        row = int(np.flatnonzero(~np.isin(known.astype(str), calendar_codes())[codes])[0])
        code = calendars[row]
        hint = nearest(code, calendar_codes(), also=NAMES)
        raise DataError(f"{origin.row(row)}: calendar is {code!r}, which is no exchange. {hint}")
    return calendars


def _implied(names: Labels, place: Codes, asked: Ints, origin: Origin) -> Labels:
    """Return the exchange that each symbol of the rows asked implies, shape (S,), empty for the others."""
    implied = np.full(len(names), "", dtype=object)
    codes, first = np.unique(place[asked], return_index=True)
    for code, row in zip(codes, asked[first], strict=True):
        try:
            implied[code] = calendar_of(names[code])
        except InputError as error:
            raise DataError(f"{origin.row(int(row))}: {error}") from error
    return implied


def _shown(announced_at: Times, calendar: Labels) -> Times:
    """Return what the clocks of each row's exchange show at the announcement, NaT where no time is given."""
    shown = np.full(len(announced_at), NAT)
    timed = ~np.isnat(announced_at)
    for code in set(calendar[timed]):
        rows = timed & (calendar == code)
        shown[rows] = get_calendar(code).local_time(announced_at[rows])
    return shown


def _placeholders(shown: Times, precision: Labels) -> Bools:
    """Return which times are hours that vendors put where they know none (yfinance, yahoo-finance2), shape (n,)."""
    to_the_hour = are(precision, Precision.HOUR)
    if not to_the_hour.any():
        return to_the_hour
    since_midnight = (shown - shown.astype("datetime64[D]")).astype("timedelta64[s]")
    hours = np.array(PLACEHOLDER_HOURS, dtype="timedelta64[h]").astype("timedelta64[s]")
    return to_the_hour & np.isin(since_midnight, hours)


def _moments(frame: pd.DataFrame, field: str, zone: str | None, origin: Origin) -> Times:
    """Return a column of timestamps in UTC, NaT where empty; one without an offset needs `zone`."""
    import pandas as pd

    if field not in frame.columns:
        return np.full(len(frame), NAT)
    column = frame[field]
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        return _in_utc(column)
    text = column.astype("str")
    given = ~column.isna().to_numpy() & (text != "").to_numpy(dtype=bool)
    is_time = np.asarray(text.str.match(f"{ISO_DATE}[T ]", na=False), dtype=bool)
    parsed = pd.to_datetime(text.where(is_time), format="ISO8601", errors="coerce", utc=True)
    _complain(given & parsed.isna().to_numpy(), text, field, "a time such as 2025-02-20T05:36:00-05:00", origin)
    naive = given & ~carries_offset(text)
    if zone is None:
        rule = "a time with its offset (2025-02-20T05:36:00-05:00), or the zone of the whole column by name,"
        _complain(naive, text, field, rule, origin)
    elif naive.any():
        local = _localized(parsed.dt.tz_localize(None), zone, field, origin)
        parsed = parsed.where(~naive, local)
        rule = f"an offset (clocks in {zone} skip this time, or show it twice)"
        _complain(naive & parsed.isna().to_numpy(), text, field, rule, origin)
    return _in_utc(parsed)


def _in_utc(column: pd.Series[pd.Timestamp]) -> Times:
    return column.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy().astype("datetime64[s]")


def _localized(column: pd.Series[pd.Timestamp], zone: str, field: str, origin: Origin) -> pd.Series[pd.Timestamp]:
    """Return local times as UTC, NaT where the zone's clocks do not show a time exactly once."""
    known = known_zone(zone, origin, f"the zone of {field}")
    return column.dt.tz_localize(known, ambiguous="NaT", nonexistent="NaT").dt.tz_convert("UTC")


def _complain(bad: Bools, text: pd.Series[str], field: str, expected: str, origin: Origin) -> None:
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise DataError(f"{origin.row(row)}: {field} is {text.iloc[row]!r}; {expected} was expected.")


def _dates(frame: pd.DataFrame, shown: Times, date_format: str | None, origin: Origin) -> Dates:
    """Return the stated date, or the one that the exchange's clocks show at the announcement."""
    dates = shown.astype("datetime64[D]")
    if "date" in frame.columns:
        stated = date_column(frame, "date", origin, date_format=date_format, required=False)
        if date_format is None:
            _complain_of_clocks(frame["date"], np.isnat(shown), origin)
        dates = np.where(np.isnat(stated), dates, stated)
    if np.isnat(dates).any():
        row = int(np.flatnonzero(np.isnat(dates))[0])
        raise DataError(f"{origin.row(row)}: neither announced_at nor date is given; an event needs one of them.")
    return dates


def _complain_of_clocks(column: pd.Series[Any], alone: Bools, origin: Origin) -> None:
    """Refuse a date with a time of day in a row that has no other moment: the time would be lost."""
    import pandas as pd

    if column.dtype == "date32[day][pyarrow]" or not alone.any():
        return
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        moments = column.to_numpy(dtype="datetime64[s]")
        timed = (moments != moments.astype("datetime64[D]")) & ~np.isnat(moments)
    else:
        # The dates of many rows are few.
        once = column.drop_duplicates().astype("str")
        bad = once[once.str.contains(_CLOCK, regex=True, na=False)]
        timed = column.astype("str").isin(bad).to_numpy(dtype=bool) if len(bad) else np.zeros(len(column), dtype=bool)
    if (timed & alone).any():
        expected = "a plain date, with timing, or the whole moment in the column announced_at,"
        _complain(timed & alone, column.astype("str"), "date", expected, origin)


def _timings(frame: pd.DataFrame, origin: Origin) -> Labels:
    if "timing" not in frame.columns:
        return alike(Timing.UNKNOWN, len(frame))
    known = {**{str(timing): timing for timing in Timing}, **TIMING_TAGS}
    tags = _filled(frame, "timing", "")
    meant = each_once(tags, lambda tag: known.get(tag.strip().lower().replace("-", "_")))
    _complain_of_unknown(meant, tags, "timing", known, origin)
    return meant


def _choices(frame: pd.DataFrame, field: str, choices: type[E], default: Labels | E, origin: Origin) -> Labels:
    every = alike(default, len(frame)) if isinstance(default, str) else default
    if field not in frame.columns:
        return every
    chosen = every.copy()
    words, known = _filled(frame, field, ""), tuple(choices)
    meant = each_once(words, lambda word: choices(word) if word in known else None)
    given = np.asarray(words != "")
    _complain_of_unknown(np.where(given, meant, ""), words, field, map(str, choices), origin)
    chosen[given] = meant[given]
    return chosen


def _complain_of_unknown(meant: Labels, words: Labels, field: str, known: Iterable[str], origin: Origin) -> None:
    unknown = are(meant, None)
    if unknown.any():
        row = int(np.flatnonzero(unknown)[0])
        raise DataError(f"{origin.row(row)}: {field} is {words[row]!r}. {nearest(words[row], known)}")


def _filled(frame: pd.DataFrame, field: str, default: str) -> Labels:
    import pandas as pd

    if field not in frame.columns:
        return alike(default, len(frame))
    column = frame[field]
    if isinstance(column.dtype, pd.StringDtype):
        # A text of many rows becomes one object.
        codes, known = pd.factorize(column)
        words = np.array([*(str(text) or default for text in known), default], dtype=object)
        return words[codes] if len(known) > 1 or (codes < 0).any() else alike(words[0], len(frame))
    filled = column.astype(object).where(column.notna(), default).to_numpy(dtype=object)

    def word(cell: object) -> str:
        return default if cell == "" else str(cell)

    # True, 1 and 1.0 are equal and have other words, so that only texts are looked at once.
    texts = pd.api.types.is_string_dtype(filled)
    return each_once(filled, word) if texts else np.array([word(cell) for cell in filled], dtype=object)


def _event_ids(frame: pd.DataFrame, symbol: Labels, date: Dates, origin: Origin) -> Labels:
    if "event_id" in frame.columns:
        ids = np.array(_id_column(frame, origin))
    else:
        days = date.astype(str)
        ids = np.array([f"{name}-{day}" for name, day in zip(symbol, days, strict=True)], dtype=object)
    if len(set(ids)) < len(ids):
        _complain_of_twins(ids, origin)
    return ids


def _complain_of_twins(ids: Labels, origin: Origin) -> None:
    seen: dict[str, int] = {}
    for row, name in enumerate(ids):
        if name in seen:
            hint = "take one of the rows out, or give each an id of its own in a column event_id"
            first = origin.row(seen[name])
            raise DataError(
                f"{origin.row(row)}: the event id {name!r} stands a second time (first in {first}); {hint}."
            )
        seen[name] = row


def _id_column(frame: pd.DataFrame, origin: Origin) -> Labels:
    """Return the ids as text; whole numbers are ids too, an empty cell is none."""
    import pandas as pd

    if pd.api.types.is_integer_dtype(frame["event_id"].dtype):
        return frame["event_id"].astype(str).to_numpy(dtype=object)
    return text_column(frame, "event_id", origin)


def _other_columns(frame: pd.DataFrame, origin: Origin) -> tuple[dict[str, Labels], dict[str, Floats]]:
    import pandas as pd

    groups: dict[str, Labels] = {}
    values: dict[str, Floats] = {}
    if taken := [name for name in RESULT_FIELDS if name in frame.columns]:
        raise DataError(
            f"{origin.name}: {', '.join(map(repr, taken))} can't be columns of the events, since a study writes its "
            f"own of these names; rename them, as in columns: {{own_{taken[0]}: {taken[0]}}}."
        )
    for own_name in frame.columns:
        name, column = str(own_name), frame[own_name]
        if name in RECORD_FIELDS:
            continue
        if pd.api.types.is_bool_dtype(column.dtype):
            groups[name] = column.astype(str).str.lower().to_numpy(dtype=object)
        elif pd.api.types.is_numeric_dtype(column.dtype):
            values[name] = number_column(frame, own_name, origin)
        else:
            groups[name] = _filled(frame, own_name, "")
    return groups, values
