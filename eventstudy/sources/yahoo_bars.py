"""Intraday bars from Yahoo, for as long as Yahoo keeps them: a window that moves with today."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, ClassVar, Literal
from urllib.parse import quote
from zoneinfo import ZoneInfo

import numpy as np

from eventstudy._typing import Times
from eventstudy.bars import BAR_FIELDS, BarPanel
from eventstudy.calendars import Calendar, calendar_of, get_calendar
from eventstudy.errors import DataError, InputError, SourceError, UnknownNameError, UnknownSymbolError
from eventstudy.frames import Origin
from eventstudy.hours import session_edges
from eventstudy.sources._http import current_client, read_json
from eventstudy.sources._yahoo_chart import Chart, plain_decimals, read_chart, split_factors
from eventstudy.sources.cache import Reply, Request
from eventstudy.sources.yahoo import CHART, FIRST, daily_request, fetch_chart, fresh_after, yahoo_symbol

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["WINDOWS", "YahooBars"]

# Days that Yahoo keeps bars of an interval, and the most that one request may span.
WINDOWS = {"1m": (30, 7), "2m": (60, 60), "5m": (60, 60), "15m": (60, 60), "60m": (730, 730)}
SECONDS = {"1m": 60, "2m": 120, "5m": 300, "15m": 900, "60m": 3600}


@dataclass(frozen=True, slots=True, kw_only=True)
class YahooBars:
    """Intraday bars with extended hours from Yahoo, as traded.

    Yahoo keeps 1m bars for 30 days, 2m, 5m and 15m bars for 60, 60m bars for 730, counted back from today: fetch
    them while they are there, the cache keeps them. Its volume in extended hours is zero, which means none known,
    and bars without a trade are missing. Hourly bars before the open start on the hour and those after it at half
    past, so that the last one before the open is in truth half an hour long.

    Parameters
    ----------
    interval : {"1m", "2m", "5m", "15m", "60m"}
        Length of a bar.
    extended : bool
        Whether to ask for the hours before the open and after the close.
    start, end : date, optional
        First and last session wanted, both included, where the caller names none.
    calendar : str or mapping, optional
        Exchange code, or one by symbol; the symbol's suffix says without it.
    """

    name: ClassVar[str] = "yahoo"
    interval: Literal["1m", "2m", "5m", "15m", "60m"] = "5m"
    extended: bool = True
    start: date | None = None
    end: date | None = None
    calendar: str | Mapping[str, str] | None = None

    def __post_init__(self) -> None:
        if self.interval not in WINDOWS:
            raise UnknownNameError("interval of Yahoo's bars", self.interval, WINDOWS)

    def bars(
        self,
        symbols: Sequence[str] = (),
        first: date | None = None,
        last: date | None = None,
        *,
        optional: Sequence[str] = (),
    ) -> BarPanel:
        """Return the bars of some symbols; see `BarSource.bars`.

        Raises
        ------
        SourceError
            If the dates lie outside the window that Yahoo keeps and the cache does not have them; the message says
            which interval still reaches that far.
        """
        import pandas as pd

        if not symbols and not optional:
            raise InputError("Yahoo can't list all its symbols; name those whose bars are wanted.")
        first, last = first or self.start, last or self.end
        if first is None or last is None or last < first:
            raise InputError("Yahoo's bars need a first and a last date; give start and end.")
        frames = []
        for symbol in current_client().counted(list(dict.fromkeys([*symbols, *optional])), "bars from Yahoo"):
            try:
                frame = self._frame(symbol, first, last)
            except UnknownSymbolError:
                if symbol in symbols:
                    raise
                continue
            if frame.empty and symbol in symbols:
                raise DataError(f"Yahoo has no {self.interval} bar of {symbol} from {first} to {last}.")
            frames.append(frame)
        if not frames:
            raise UnknownSymbolError("symbol at Yahoo", optional[0], ())
        table = pd.concat(frames, ignore_index=True)
        if table.empty:
            raise DataError(f"Yahoo has no {self.interval} bar from {first} to {last}.")
        return BarPanel.from_frame(
            table, interval=SECONDS[self.interval], label="start", calendar=self.calendar, origin=Origin("Yahoo's bars")
        )

    def requests(self, symbol: str, first: date, last: date) -> list[Request]:
        """Return the requests that bring a symbol's bars between two dates, none longer than Yahoo answers."""
        _, longest = WINDOWS[self.interval]
        zone = ZoneInfo(get_calendar(calendar_of(symbol, self.calendar)).zone)
        spans = []
        while first <= last:
            until = min(first + timedelta(days=longest - 1), last)
            spans.append((first, until))
            first = until + timedelta(days=1)
        return [
            Request(
                CHART + quote(yahoo_symbol(symbol), safe=""),
                {
                    "period1": _seconds(begin, zone),
                    "period2": _seconds(until + timedelta(days=1), zone),
                    "interval": self.interval,
                    "events": "div,splits",
                    "includePrePost": str(self.extended),
                },
            )
            for begin, until in spans
        ]

    def fetch(self, request: Request, symbol: str, last: date) -> Reply:
        """Return Yahoo's reply, from the cache where it has one that was made when the last day was over."""
        client = current_client()
        fresh = fresh_after(client, last)
        kept, _ = WINDOWS[self.interval]
        oldest = client.now() - timedelta(days=kept)
        begin = datetime.fromtimestamp(int(request.params["period1"]), UTC)
        if not client.offline and begin < oldest:
            if not client.has(request):
                raise SourceError(_out_of_window(symbol, self.interval, begin.date(), client.now().date()))
            # What Yahoo no longer keeps can't be refreshed.
            return fetch_chart(request, symbol, None)
        return fetch_chart(request, symbol, fresh)

    def parse(self, reply: Reply, request: Request, symbol: str, splits: Mapping[np.datetime64, float]) -> pd.DataFrame:
        """Return the bars that a reply holds, in the columns of `BarPanel.from_frame`; see `bar_frame`."""
        calendar = get_calendar(calendar_of(symbol, self.calendar))
        return bar_frame(
            read_chart(read_json(request, reply), symbol),
            symbol,
            calendar,
            splits,
            reply.fetched_at,
            SECONDS[self.interval],
        )

    def _frame(self, symbol: str, first: date, last: date) -> pd.DataFrame:
        import pandas as pd

        daily = daily_request(symbol, FIRST)
        history = fetch_chart(daily, symbol, fresh_after(current_client(), last))
        splits = read_chart(read_json(daily, history), symbol).splits
        frames = [
            self.parse(self.fetch(request, symbol, last), request, symbol, splits)
            for request in self.requests(symbol, first, last)
        ]
        return pd.concat(frames, ignore_index=True)


def bar_frame(
    chart: Chart,
    symbol: str,
    calendar: Calendar,
    splits: Mapping[np.datetime64, float],
    fetched_at: datetime,
    seconds: int,
) -> pd.DataFrame:
    """Return intraday bars as traded, in the columns of `BarPanel.from_frame`.

    Parameters
    ----------
    chart : Chart
        Intraday bars; split-adjusted, as Yahoo sends them.
    symbol : str
        What the bars are called.
    calendar : Calendar
        The sessions of its exchange.
    splits : mapping of date to float
        All splits up to today, of which the chart itself has only those of its own days.
    fetched_at : datetime
        A bar that was not over then is left out.
    seconds : int
        Length of a bar.

    Returns
    -------
    DataFrame
        One row a bar with a price that starts inside a session or its extended hours. A volume outside the regular
        session is NaN, since Yahoo has none there.
    """
    import pandas as pd

    start: Times = chart.times.astype("datetime64[s]")
    session = session_edges(calendar).session(start)
    over = start + np.timedelta64(seconds, "s") <= np.datetime64(fetched_at.astimezone(UTC).replace(tzinfo=None), "s")
    rows = np.flatnonzero((session >= 0) & over & ~np.isnan(chart.fields["close"]))
    # A live quote stands as a bar of its own behind the last one.
    rows = rows[np.unique(start[rows], return_index=True)[1]]
    regular = (start[rows] >= calendar.opens[session[rows]]) & (start[rows] < calendar.closes[session[rows]])
    # The bars were divided by the splits that Yahoo knew when it sent them, and by no later one.
    known = {day: ratio for day, ratio in splits.items() if day <= np.datetime64(fetched_at.date(), "D")}
    factors = split_factors(chart.dates[rows], known)
    prices = {name: plain_decimals(chart.fields[name][rows]) * factors for name in BAR_FIELDS[:4]}
    return pd.DataFrame(
        {
            "time": pd.DatetimeIndex(start[rows], tz="UTC"),
            "symbol": np.full(len(rows), symbol, dtype=object),
            **prices,
            "volume": np.where(regular, chart.fields["volume"][rows] / factors, np.nan),
        }
    )


def _seconds(day: date, zone: ZoneInfo) -> str:
    return str(int(datetime.combine(day, time(), zone).timestamp()))


def _out_of_window(symbol: str, interval: str, first: date, today: date) -> str:
    days, _ = WINDOWS[interval]
    age = (today - first).days
    wider = [name for name, (kept, _) in WINDOWS.items() if kept > age]
    hint = f"Bars of {wider[-1]} still reach that far." if wider else "No interval of Yahoo's reaches that far."
    return (
        f"Yahoo keeps {interval} bars for {days} days, from {today - timedelta(days=days)} on, and {symbol} is asked "
        f"for from {first}. {hint} Older bars come from an archive of your own ({{source: csv, path: ...}})."
    )
