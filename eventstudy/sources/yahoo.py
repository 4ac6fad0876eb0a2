"""Daily prices and earnings dates from Yahoo, through yfinance's client and our own readers.

One request a symbol brings its whole history, since the splits up to today are needed to know a price of years ago;
dates are cut afterwards. A reply is kept for a day, and for good once the dates asked for have passed; that there is
no such symbol holds for a day only.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import quote

import numpy as np

from eventstudy._exchanges import SUFFIXES
from eventstudy.calendars import FIRST_DATE, calendar_of, get_calendar
from eventstudy.errors import DataError, InputError, ParseError, SourceError, UnknownSymbolError
from eventstudy.events import Confirmation, Events, Precision
from eventstudy.frames import Origin
from eventstudy.panels import PricePanel
from eventstudy.sources._http import Client, current_client, read_json
from eventstudy.sources._yahoo_chart import Chart, daily_frame, read_chart
from eventstudy.sources._yahoo_page import EarningsRow, read_page, usable_time
from eventstudy.sources.base import select_events, select_rows
from eventstudy.sources.cache import Reply, Request

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["YahooEvents", "YahooPrices", "daily_request", "fetch_chart", "fresh_after", "yahoo_symbol"]

CHART = "https://query2.finance.yahoo.com/v8/finance/chart/"
CALENDAR = "https://finance.yahoo.com/calendar/earnings"
PLACE = "Yahoo"
FIRST = date.fromisoformat(FIRST_DATE)
PAGE = 100
MOST_PAGES = 10

# A period that never ends makes one request, and one name in the cache, of every day's.
FOREVER = "9999999999"

_log = logging.getLogger("eventstudy")


def yahoo_symbol(symbol: str) -> str:
    """Return what Yahoo calls a symbol: a class of shares follows a dash, not a dot.

    Examples
    --------
    >>> yahoo_symbol("BRK.B"), yahoo_symbol("9988.HK"), yahoo_symbol("^GSPC")
    ('BRK-B', '9988.HK', '^GSPC')
    """
    stem, dot, suffix = symbol.rpartition(".")
    is_class = dot and len(suffix) == 1 and suffix.isalpha() and suffix not in SUFFIXES
    return f"{stem}-{suffix}" if is_class else symbol


def fresh_after(client: Client, end: date | None) -> datetime:
    """Return from when on a kept reply is good enough: two days after the last date asked for, or a day ago."""
    a_day_ago = client.now() - timedelta(days=1)
    if end is None:
        return a_day_ago
    return min(a_day_ago, datetime.combine(end, time(), UTC) + timedelta(days=2))


def daily_request(symbol: str, start: date) -> Request:
    """Return the request for a symbol's daily bars, dividends and splits from a date until today."""
    begin = str(int(datetime.combine(start, time(), UTC).timestamp()))
    params = {"period1": begin, "period2": FOREVER, "interval": "1d", "events": "div,splits", "includePrePost": "False"}
    return Request(CHART + quote(yahoo_symbol(symbol), safe=""), params)


def fetch_chart(request: Request, symbol: str, fresh: datetime | None) -> Reply:
    """Return the reply to a request for a chart, which is one or says that there is no such symbol."""

    def check(reply: Reply) -> None:
        if reply.status in (401, 403):
            raise SourceError(f"Yahoo does not let this client in (HTTP {reply.status}) for {request.full_url}.")
        with suppress(UnknownSymbolError):
            read_chart(read_json(request, reply), symbol)

    return current_client().get(request, check, transport="yahoo", fresh_after=fresh)


@dataclass(frozen=True, slots=True, kw_only=True)
class YahooPrices:
    """Daily prices as they were traded, with dividends and splits, from Yahoo.

    Yahoo's own closes are divided by every later split; here the splits are taken out again, so that a level is a
    price at which somebody traded. Yahoo books a spin-off as a split or a dividend, and so does this. Prices of
    symbols that Yahoo has dropped are not there, and nothing says whether, or at what value, a share was delisted.

    Parameters
    ----------
    start : date
        First date asked for; sessions are known from 1990 on.
    end : date, optional
        Last date, included; the last session that is over without it.
    calendar : str or mapping, optional
        Exchange code, or one by symbol; the symbol's suffix says without it.
    """

    name: ClassVar[str] = "yahoo"
    start: date = FIRST
    end: date | None = None
    calendar: str | Mapping[str, str] | None = None

    def prices(
        self,
        symbols: Sequence[str] = (),
        first: date | None = None,
        last: date | None = None,
        *,
        optional: Sequence[str] = (),
    ) -> PricePanel:
        """Return the prices of some symbols; see `PriceSource.prices`.

        Raises
        ------
        SourceError
            If Yahoo can't be reached, refuses so many requests, or sends what can't be read; for a symbol of
            `optional` too, since such a failure does not mean that Yahoo does not have it.
        """
        import pandas as pd

        if not symbols and not optional:
            raise InputError("Yahoo can't list all its symbols; name those whose prices are wanted.")
        frames = []
        for symbol in current_client().counted(list(dict.fromkeys([*symbols, *optional])), "prices from Yahoo"):
            try:
                frame = self.parse(self.fetch(symbol), symbol)
            except UnknownSymbolError:
                if symbol in symbols:
                    raise
                continue
            if symbol in symbols and frame.empty:
                raise DataError(f"{PLACE}: {symbol} has no price from {self.start} on.")
            frames.append(frame)
        if not frames:
            raise UnknownSymbolError("symbol at Yahoo", optional[0], ())
        table = pd.concat(frames, ignore_index=True)
        dates = table["date"].to_numpy().astype("datetime64[D]")
        begin = self.start if first is None else max(first, self.start)
        end = min(filter(None, (last, self.end)), default=None)
        rows = select_rows(table["symbol"].to_numpy(dtype=object), dates, symbols, optional, begin, end, PLACE)
        return PricePanel.from_frame(table.iloc[rows], calendar=self.calendar, origin=Origin(PLACE))

    def fetch(self, symbol: str) -> Reply:
        """Return Yahoo's reply for a symbol, from the cache where it is fresh enough."""
        return fetch_chart(daily_request(symbol, self.start), symbol, fresh_after(current_client(), self.end))

    def parse(self, reply: Reply, symbol: str) -> pd.DataFrame:
        """Return the daily prices that a reply holds; see `daily_frame`."""
        return daily_frame(
            self._chart(reply, symbol), symbol, get_calendar(calendar_of(symbol, self.calendar)), reply.fetched_at
        )

    def _chart(self, reply: Reply, symbol: str) -> Chart:
        return read_chart(read_json(daily_request(symbol, self.start), reply), symbol)


@dataclass(frozen=True, slots=True, kw_only=True)
class YahooEvents:
    """Earnings dates from Yahoo's calendar page, with estimated and reported earnings per share.

    The page states hours. One before the open or after the close becomes ``announced_at`` with precision ``hour``;
    one inside the session, or midnight, is a placeholder and becomes a date whose timing is unknown. Calls and
    meetings may stand beside releases, and dates may be a day off: merge with a second source where it matters.

    Parameters
    ----------
    symbols : tuple of str
        Whose dates.
    start, end : date, optional
        First and last date wanted, both included.
    kind : str, optional
        ``"earnings"`` is what there is.
    calendar : str or mapping, optional
        Exchange code, or one by symbol; the symbol's suffix says without it.
    """

    name: ClassVar[str] = "yahoo"
    symbols: tuple[str, ...] = ()
    start: date | None = None
    end: date | None = None
    kind: str | None = None
    calendar: str | Mapping[str, str] | None = None

    def events(self, symbols: Sequence[str] | None = None) -> Events:
        """Return the announcements of some symbols; see `EventSource.events`.

        Values are ``eps_estimate`` and ``eps_actual`` in the currency of the report, and ``eps_surprise``, the page's
        own figure as a decimal. A date without a reported figure is ``estimated``.
        """
        wanted = list(dict.fromkeys(self.symbols if symbols is None else symbols))
        if not wanted:
            raise InputError("Yahoo can't list the events of all its symbols; name symbols under events.")
        rows: dict[str, list[EarningsRow]] = {}
        for symbol in current_client().counted(wanted, "earnings dates from Yahoo"):
            rows[symbol] = self._rows(symbol)
        return select_events(self._made(rows), wanted, self.kind, PLACE)

    def fetch(self, symbol: str, offset: int) -> Reply:
        """Return one page of a symbol's dates, the latest first, from the cache where it is fresh enough."""
        request = _page_request(symbol, offset)
        client = current_client()

        def check(reply: Reply) -> None:
            if reply.status != 200:
                raise ParseError(f"Yahoo answers with HTTP {reply.status} for {request.full_url}.")
            self.parse(reply, symbol)

        return client.get(request, check, transport="yahoo", fresh_after=fresh_after(client, self.end))

    def parse(self, reply: Reply, symbol: str) -> list[EarningsRow]:
        """Return the rows that a page holds; see `read_page`."""
        return read_page(reply.body, yahoo_symbol(symbol))

    def _rows(self, symbol: str) -> list[EarningsRow]:
        found: dict[EarningsRow, None] = {}
        for page in range(MOST_PAGES):
            rows = self.parse(self.fetch(symbol, page * PAGE), symbol)
            # A page that moves between two requests repeats rows.
            found |= dict.fromkeys(rows)
            days = [row.day for row in rows if row.day is not None]
            if len(rows) < PAGE or (self.start is not None and days and min(days) < self.start):
                break
        if not found:
            raise UnknownSymbolError("symbol with earnings dates at Yahoo", symbol, ())
        undated = sum(row.day is None for row in found)
        if undated:
            _log.warning("yahoo: %s: %d of %d earnings rows have no date and are left out", symbol, undated, len(found))
        return [row for row in found if row.day is not None and self._in_time(row.day)]

    def _in_time(self, day: date) -> bool:
        return (self.start is None or day >= self.start) and (self.end is None or day <= self.end)

    def _made(self, rows: Mapping[str, Sequence[EarningsRow]]) -> Events:
        import pandas as pd

        records = [
            record
            for symbol, own in rows.items()
            for record in _records(symbol, calendar_of(symbol, self.calendar), own)
        ]
        if not records:
            raise DataError(f"{PLACE}: there is no earnings date between the dates asked for.")
        return Events.from_frame(pd.DataFrame(records), source=self.name, origin=Origin("Yahoo's earnings dates"))


def _page_request(symbol: str, offset: int) -> Request:
    return Request(CALENDAR, {"symbol": yahoo_symbol(symbol), "offset": str(offset), "size": str(PAGE)})


def _records(symbol: str, code: str, rows: Sequence[EarningsRow]) -> list[dict[str, object]]:
    calendar = get_calendar(code)
    records: list[dict[str, object]] = []
    seen: dict[date, int] = {}
    for row in sorted(rows, key=lambda row: (str(row.day), str(row.moment))):
        if row.day is None:
            continue
        moment = row.moment if usable_time(row.moment, calendar) else None
        day = row.day if moment is None else _local_day(moment, calendar.zone)
        seen[day] = seen.get(day, 0) + 1
        records.append(
            {
                "event_id": f"{symbol}-{day}" + (f"-{seen[day]}" if seen[day] > 1 else ""),
                "symbol": symbol,
                "calendar": code,
                "date": str(day),
                "announced_at": "" if moment is None else moment.isoformat(),
                "precision": Precision.DATE if moment is None else Precision.HOUR,
                "confirmation": Confirmation.ESTIMATED if np.isnan(row.actual) else Confirmation.CONFIRMED,
                "eps_estimate": row.estimate,
                "eps_actual": row.actual,
                "eps_surprise": row.surprise,
            }
        )
    return records


def _local_day(moment: datetime, zone: str) -> date:
    from zoneinfo import ZoneInfo

    return moment.astimezone(ZoneInfo(zone)).date()
