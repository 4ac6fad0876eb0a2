"""Yahoo's page of earnings dates, read: a pure function from HTML to rows, each with its own figures.

The page gives hours, not minutes, and fills in noon, eleven or midnight where it does not know. An hour outside the
session says which session could react first; any other says nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from html.parser import HTMLParser
from zoneinfo import ZoneInfo

import numpy as np

from eventstudy.calendars import Calendar
from eventstudy.errors import ParseError

__all__ = ["EarningsRow", "read_page", "usable_time"]

COLUMNS = ("Symbol", "Earnings Date", "EPS Estimate", "Reported EPS", "Surprise (%)")

# What the page writes behind a time, read as the wall clock of a place, so that EST in July is New York all the same.
ZONES = {
    "EST": "America/New_York",
    "EDT": "America/New_York",
    "ET": "America/New_York",
    "CST": "America/Chicago",
    "CDT": "America/Chicago",
    "MST": "America/Denver",
    "MDT": "America/Denver",
    "PST": "America/Los_Angeles",
    "PDT": "America/Los_Angeles",
    "UTC": "UTC",
    "GMT": "UTC",
    "BST": "Europe/London",
    "WET": "Europe/Lisbon",
    "WEST": "Europe/Lisbon",
    "CET": "Europe/Paris",
    "CEST": "Europe/Paris",
    "EET": "Europe/Helsinki",
    "EEST": "Europe/Helsinki",
    "IST": "Asia/Kolkata",
    "HKT": "Asia/Hong_Kong",
    "SGT": "Asia/Singapore",
    "JST": "Asia/Tokyo",
    "KST": "Asia/Seoul",
    "AEST": "Australia/Sydney",
    "AEDT": "Australia/Sydney",
}

_WHEN = re.compile(
    r"(?P<day>[A-Z][a-z]+ \d{1,2}, \d{4})"
    r"(?:(?: at|,)? (?P<hour>\d{1,2})(?::(?P<minute>\d{2}))? ?(?P<half>[AP]M)(?: (?P<zone>\S+))?)?"
)
_FIXED = re.compile(r"(?:GMT|UTC)(?P<sign>[+-])(?P<hours>\d{1,2})(?::?(?P<minutes>\d{2}))?")


@dataclass(frozen=True, slots=True)
class EarningsRow:
    """One row of the page.

    Parameters
    ----------
    stated : str
        The cell of the date as it stood.
    day : date, optional
        The stated date; None where the page has none.
    moment : datetime, optional
        The stated time, in its zone; None where the page states only a date.
    estimate, actual : float
        Earnings per share in the currency of the report, NaN where missing.
    surprise : float
        The page's own figure, a decimal, NaN where missing.
    """

    stated: str
    day: date | None
    moment: datetime | None
    estimate: float
    actual: float
    surprise: float


def read_page(body: bytes, symbol: str) -> list[EarningsRow]:
    """Return the rows of a page for one symbol, in the page's order; none if it lists no dates.

    Raises
    ------
    ParseError
        If the page is cut short, is another page, lists other symbols, or has a cell that can't be read.
    """
    text = body.decode("utf-8", errors="replace")
    if "</html>" not in text.lower():
        raise ParseError(f"Yahoo's page of earnings dates of {symbol} is cut short, or is no page ({len(body)} bytes).")
    tables = _Tables()
    tables.feed(text)
    if not tables.rows:
        if "consent" in text.lower() or "earnings" not in text.lower():
            raise ParseError(f"Yahoo sent another page in the place of the earnings dates of {symbol}.")
        return []
    header, *rows = tables.rows
    lacking = [name for name in COLUMNS if name not in header]
    if lacking:
        raise ParseError(f"Yahoo's page of earnings dates of {symbol} has no column {lacking[0]!r}, but {header}.")
    places = [header.index(name) for name in COLUMNS]
    return [_row([row[place] for place in places], symbol) for row in rows if _complete(row, header, symbol)]


def _complete(row: list[str], header: list[str], symbol: str) -> bool:
    if len(row) == len(header):
        return True
    raise ParseError(f"Yahoo's page of earnings dates of {symbol} has a row of {len(row)} cells: {row}.")


def _row(cells: list[str], symbol: str) -> EarningsRow:
    listed, stated, estimate, actual, surprise = cells
    if listed.upper() != symbol.upper():
        raise ParseError(f"Yahoo's page of earnings dates of {symbol} lists {listed!r}.")
    day, moment = _when(stated, symbol)
    percent = _figure(surprise, symbol)
    decimal = percent if np.isnan(percent) else percent / 100
    return EarningsRow(stated, day, moment, _figure(estimate, symbol), _figure(actual, symbol), decimal)


def _when(stated: str, symbol: str) -> tuple[date | None, datetime | None]:
    if stated in ("", "-"):
        return None, None
    found = _WHEN.fullmatch(stated)
    if found is None:
        raise ParseError(f"Yahoo's page of earnings dates of {symbol} has the date {stated!r}, which can't be read.")
    try:
        day = datetime.strptime(found["day"], "%B %d, %Y").date()  # noqa: DTZ007
        if found["hour"] is None or found["zone"] is None:
            return day, None
        clock = datetime.strptime(f"{found['hour']}:{found['minute'] or '00'} {found['half']}", "%I:%M %p").time()  # noqa: DTZ007
        return day, datetime.combine(day, clock, _zone(found["zone"]))
    except (ValueError, KeyError, OSError) as error:
        raise ParseError(f"Yahoo's page of earnings dates of {symbol} has the date {stated!r}: {error}.") from None


def _zone(name: str) -> ZoneInfo:
    """Return the zone of an abbreviation, an offset or a name; ValueError or KeyError for anything else."""
    if fixed := _FIXED.fullmatch(name):
        if int(fixed["minutes"] or 0):
            raise ValueError(f"the zone {name!r} is unknown")
        # The tz database counts these the other way round.
        return ZoneInfo(f"Etc/GMT{'-' if fixed['sign'] == '+' else '+'}{int(fixed['hours'])}")
    return ZoneInfo(ZONES.get(name, name))


def _figure(cell: str, symbol: str) -> float:
    if cell in ("", "-"):
        return np.nan
    try:
        return float(cell.replace(",", "").replace("+", "").replace("%", ""))
    except ValueError:
        raise ParseError(f"Yahoo's page of earnings dates of {symbol} has the figure {cell!r}.") from None


def usable_time(moment: datetime | None, calendar: Calendar) -> bool:
    """Return whether a stated hour says which session could react first.

    Noon, eleven and midnight are what the page writes when it does not know, so that no hour inside a session, nor
    midnight, is believed.

    Parameters
    ----------
    moment : datetime, optional
        The stated time.
    calendar : Calendar
        The sessions of the exchange.
    """
    if moment is None or (moment.hour, moment.minute) == (0, 0):
        return False
    second = np.array([moment.astimezone(ZoneInfo("UTC")).replace(tzinfo=None)], dtype="datetime64[s]")
    session = int(calendar.first_close_after(second)[0])
    return session == len(calendar.sessions) or bool(second[0] < calendar.opens[session])


class _Tables(HTMLParser):
    """Collect the cells of all tables, row by row."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self._cell: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self._cell = []

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th") and self._cell is not None and self.rows:
            self.rows[-1].append(" ".join("".join(self._cell).split()))
            self._cell = None

    def handle_data(self, data: str) -> None:
        if self._cell is not None:
            self._cell.append(data)
