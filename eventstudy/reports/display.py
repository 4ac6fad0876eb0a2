"""How a number looks and what a table for people is: the only place where numbers become text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from eventstudy.errors import Reason
from eventstudy.reports.contract import is_missing

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "MISSING",
    "Column",
    "DisplayTable",
    "clean",
    "count",
    "date",
    "days",
    "in_words",
    "interval",
    "leg_title",
    "moment",
    "number",
    "p_value",
    "percent",
    "percentile",
    "price",
    "reason",
    "reason_sentence",
    "share",
    "t_value",
]

MISSING = "\N{EN DASH}"

LEG_TITLES = {
    "premarket": "Premarket",
    "after_hours": "After hours",
    "after_hours_before": "After hours before the news",
    "after_hours_after": "After hours from the news on",
    "premarket_before": "Premarket before the news",
    "premarket_after": "Premarket from the news on",
    "premarket_quote": "Premarket",
    "premarket_vwap": "Premarket VWAP",
    "open_gap": "At the open",
    "open_gap_before": "At the open, before the news",
    "open_gap_after": "At the open, from the news on",
    "session_before": "Session before the news",
    "session_after": "Session, the rest",
    "open": "Open",
    "high": "High",
    "low": "Low",
    "close": "Close",
    "gap": "Gap (close to open)",
    "session": "Session (open to close)",
}


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table for people."""

    title: str
    align: Literal["left", "right"] = "right"


@dataclass(frozen=True, slots=True)
class DisplayTable:
    """A table in which everything is text already; each format draws this one value.

    Parameters
    ----------
    title : str
        What the table shows.
    columns : tuple of Column
        Heading and alignment of each column.
    rows : tuple of tuple of str
        One text a cell, as many as there are columns.
    notes : tuple of str
        Sentences under the table.
    total : int
        How many rows there are where these are not all of them, 0 where they are.
    """

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()
    total: int = 0

    def without_empty(self, *blank: str) -> DisplayTable:
        """Return the table without the columns in which every cell is empty, or one of the blank texts."""
        empty = {"", *blank}
        kept = [place for place in range(len(self.columns)) if any(row[place] not in empty for row in self.rows)]
        return replace(
            self,
            columns=tuple(self.columns[place] for place in kept),
            rows=tuple(tuple(row[place] for place in kept) for row in self.rows),
        )

    def head(self, most: int, file: str) -> DisplayTable:
        """Return the first `most` rows, with a note that names the file of all of them."""
        if len(self.rows) <= most:
            return self
        return replace(self, rows=self.rows[:most]).first_of(len(self.rows), file)

    def first_of(self, total: int, file: str) -> DisplayTable:
        """Return the table with a note, where there are more rows than its own, that names the file of all of them."""
        if len(self.rows) >= total:
            return self
        note = f"The first {len(self.rows):,} of {total:,} rows; all of them are in {file}."
        return replace(self, notes=(note, *self.notes), total=total)


def clean(value: Any) -> str:
    r"""Return a text that is safe to show: missing is empty, control characters are replaced.

    Examples
    --------
    >>> clean(None), clean("BABA\a")
    ('', 'BABA\ufffd')
    """
    if is_missing(value):
        return ""
    text = " ".join(str(value).split())
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text)


def in_words(column: pd.Series, say: Callable[[Any], str]) -> list[str]:
    """Return each cell of a column in words; a value that stands in many rows is put into words once.

    Examples
    --------
    >>> import pandas as pd
    >>> in_words(pd.Series(["on_time", None, "on_time"]), lambda value: clean(value).replace("_", " "))
    ['on time', '', 'on time']
    """
    import pandas as pd

    code, known = pd.factorize(column)
    words = np.array([*map(say, np.asarray(known, dtype=object)), say(None)], dtype=object)
    # A missing value has the code -1.
    cells: list[str] = words[code].tolist()
    return cells


def percent(value: float) -> str:
    """Return a decimal return as a signed percentage.

    Examples
    --------
    >>> percent(0.0809285), percent(-0.10233), percent(-1e-9), percent(float("nan"))
    ('+8.09%', '-10.23%', '0.00%', '–')
    """
    if is_missing(value):
        return MISSING
    text = f"{100 * value:+.2f}%"
    return "0.00%" if text in {"+0.00%", "-0.00%"} else text


def share(value: float, digits: int = 1) -> str:
    """Return a share in [0, 1] as an unsigned percentage."""
    return MISSING if is_missing(value) else f"{100 * value:.{digits}f}%"


def percentile(value: float) -> str:
    """Return a share of smaller moves; 100% only where all of them were smaller.

    Examples
    --------
    >>> percentile(0.926), percentile(0.99996), percentile(1.0)
    ('92.6%', '> 99.9%', '100%')
    """
    text = share(value)
    return text if text != "100.0%" else "100%" if value >= 1 else "> 99.9%"


def t_value(value: float) -> str:
    """Return a test statistic with two decimals."""
    return _fixed(value, 2)


def number(value: float) -> str:
    """Return a number of no unit, such as a beta, with three decimals."""
    return _fixed(value, 3)


def price(value: float) -> str:
    """Return a price with two decimals."""
    return MISSING if is_missing(value) else f"{value:,.2f}"


def count(value: float) -> str:
    """Return a whole number."""
    return MISSING if is_missing(value) else f"{int(value):,}"


def _fixed(value: float, digits: int) -> str:
    if is_missing(value):
        return MISSING
    text = f"{value:.{digits}f}"
    return text.removeprefix("-") if float(text) == 0 else text


def p_value(value: float) -> str:
    """Return a p-value: three decimals, four below 0.001, a bound below 0.0001.

    Examples
    --------
    >>> p_value(0.0412), p_value(0.00087), p_value(3e-7)
    ('0.041', '0.0009', '< 0.0001')
    """
    if is_missing(value):
        return MISSING
    if value < 0.0001:
        return "< 0.0001"
    return f"{value:.4f}" if value < 0.001 else f"{value:.3f}"


def interval(low: float, high: float) -> str:
    """Return an interval of returns."""
    if is_missing(low) or is_missing(high):
        return MISSING
    return f"[{percent(low)}, {percent(high)}]"


def days(start: float, end: float) -> str:
    """Return a window of sessions around day 0.

    Examples
    --------
    >>> days(0, 0), days(0, 1), days(-10, 10)
    ('[0]', '[0, +1]', '[-10, +10]')
    """
    if is_missing(start) or is_missing(end):
        return MISSING
    first, last = (f"{int(day):+d}" if day else "0" for day in (start, end))
    return f"[{first}]" if first == last else f"[{first}, {last}]"


def date(value: Any) -> str:
    """Return a date in ISO form."""
    import pandas as pd

    return MISSING if is_missing(value) else pd.Timestamp(value).date().isoformat()


def moment(value: Any) -> str:
    """Return a moment in UTC to the minute."""
    import pandas as pd

    if is_missing(value):
        return MISSING
    stamp = pd.Timestamp(value)
    stamp = stamp.tz_convert("UTC") if stamp.tzinfo else stamp
    return f"{stamp:%Y-%m-%d %H:%M} UTC"


def leg_title(leg: str, kind: str) -> str:
    """Return a rung or leg in words.

    Examples
    --------
    >>> leg_title("d2", "rung"), leg_title("d2", "leg"), leg_title("gap", "leg"), leg_title("news_15m", "rung")
    ('Close D+2', 'Day D+2', 'Gap (close to open)', '15 min after the news')
    """
    if leg[:1] == "d" and leg[1:].isdigit():
        return f"{'Close' if kind == 'rung' else 'Day'} D+{leg[1:]}"
    first, _, minutes = leg.partition("_")
    if first == "first" and minutes.isdigit():
        return f"{minutes} min after the open"
    if first == "news" and minutes[:-1].isdigit():
        return f"{minutes[:-1]} min after the news"
    return LEG_TITLES.get(leg, clean(leg).replace("_", " ").capitalize())


def reason(code: Any, detail: Any = None) -> str:
    """Return why a number is missing, in words: the code's sentence, or the code itself where it has none.

    Examples
    --------
    >>> reason("too_few_estimation_days", "27 of 120 estimation returns")
    'too few estimation days (27 of 120 estimation returns)'
    >>> reason("ok")
    ''
    """
    text = clean(code)
    if not text or text == Reason.OK:
        return ""
    words = text.replace("_", " ")
    more = clean(detail)
    return f"{words} ({more})" if more else words


def reason_sentence(code: str) -> str:
    """Return what a reason means, in a sentence; nothing for a code that is not on the list."""
    return Reason(code).sentence if code in set(Reason) else ""


def table(title: str, columns: Sequence[Column], rows: Iterable[Sequence[str]], *notes: str) -> DisplayTable:
    """Return a display table of plain lists, with empty notes left out."""
    return DisplayTable(title, tuple(columns), tuple(tuple(row) for row in rows), tuple(note for note in notes if note))
