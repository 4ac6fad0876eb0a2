"""Yahoo's chart reply, read: a pure function from JSON to arrays, and from those to prices as they were traded.

Yahoo divides all prices before a split by its ratio, and dividends too, so that nothing it sends is a price at which
anybody traded, were there a split since. The splits stand in the same reply; here they are taken out again.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np

from eventstudy._typing import Dates, Floats, Ints
from eventstudy.calendars import Calendar
from eventstudy.errors import ParseError, SourceError, UnknownSymbolError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["FIELDS", "Chart", "daily_frame", "read_chart", "split_factors"]

FIELDS = ("open", "high", "low", "close", "volume")

# A close is quoted with a delay, and corrected in the minutes after it.
SETTLED = timedelta(minutes=30)

_log = logging.getLogger("eventstudy")


@dataclass(frozen=True, slots=True, eq=False)
class Chart:
    """What a chart reply says of one symbol.

    Parameters
    ----------
    zone : str
        Time zone of the exchange.
    times : ndarray of shape (n,)
        Start of each bar, seconds since 1970 in UTC, increasing.
    fields : mapping of str to ndarray of shape (n,)
        open, high, low, close, volume; split-adjusted, NaN where Yahoo sends none.
    dividends, splits : mapping of date to float
        Cash per share of today, and new shares per old one, by date at the exchange.
    """

    zone: str
    times: Ints
    fields: Mapping[str, Floats]
    dividends: Mapping[np.datetime64, float]
    splits: Mapping[np.datetime64, float]

    @property
    def dates(self) -> Dates:
        """Date at the exchange of each bar, shape (n,)."""
        return _local_dates(self.times, self.zone)


def read_chart(payload: Any, symbol: str) -> Chart:
    """Return what the JSON of a chart reply holds; no bar at all is an empty chart.

    Parameters
    ----------
    payload : Any
        The JSON, decoded.
    symbol : str
        Whose chart it is, for error messages.

    Raises
    ------
    UnknownSymbolError
        If Yahoo says that it finds no such symbol. Whether there ever was one it does not say.
    SourceError
        If Yahoo refuses for another reason, with its own words.
    ParseError
        If the shape is not that of a chart.
    """
    chart = payload.get("chart") if isinstance(payload, dict) else None
    if isinstance(chart, dict) and isinstance(chart.get("error"), dict):
        _raise_refusal(chart["error"], symbol)
        return Chart("UTC", np.array([], dtype=np.int64), dict.fromkeys(FIELDS, np.array([])), {}, {})
    try:
        read = _shaped(payload["chart"]["result"][0])
    except (LookupError, TypeError, ValueError, AttributeError, ZeroDivisionError) as error:
        raise ParseError(
            f"Yahoo's chart of {symbol} does not have the shape of one ({type(error).__name__}: {error})."
        ) from None
    if (np.diff(read.times) < 0).any():
        raise ParseError(f"Yahoo's chart of {symbol} is not in the order of time.")
    return read


def _shaped(result: Mapping[str, Any]) -> Chart:
    zone = str(ZoneInfo(result["meta"]["exchangeTimezoneName"]))
    times = np.array(result.get("timestamp") or [], dtype=np.int64)
    quote = result["indicators"]["quote"][0] if len(times) else {}
    fields = {name: _numbers(quote.get(name, []), len(times)) for name in FIELDS}
    # Yahoo writes a zero for a price that it does not have.
    fields |= {name: np.where(fields[name] > 0, fields[name], np.nan) for name in FIELDS[:4]}
    events = result.get("events") or {}
    dividends = _by_date(events.get("dividends"), zone, lambda each: float(each["amount"]), sum)
    splits = _by_date(events.get("splits"), zone, lambda each: each["numerator"] / each["denominator"], np.prod)
    return Chart(zone, times, fields, dividends, splits)


def _raise_refusal(error: Mapping[str, str], symbol: str) -> None:
    """Raise what a refusal means; that there is no data between two dates is none."""
    code, words = str(error.get("code", "")), str(error.get("description", ""))
    if words.startswith("Data doesn't exist"):
        return
    if code == "Not Found":
        raise UnknownSymbolError("symbol at Yahoo", symbol, ())
    raise SourceError(f"Yahoo refuses the chart of {symbol}: {words or code}")


def _numbers(column: Any, length: int) -> Floats:
    numbers = np.array([np.nan if each is None else each for each in column], dtype=np.float64)
    if numbers.shape != (length,):
        raise ValueError(f"{len(numbers)} values for {length} times")
    return numbers


def _by_date(events: Any, zone: str, amount: Any, together: Any) -> dict[np.datetime64, float]:
    found: dict[np.datetime64, list[float]] = {}
    for each in (events or {}).values():
        day = _local_dates(np.array([each["date"]], dtype=np.int64), zone)[0]
        found.setdefault(day, []).append(amount(each))
    return {day: float(together(found[day])) for day in sorted(found)}


def _local_dates(times: Ints, zone: str) -> Dates:
    import pandas as pd

    moments = pd.DatetimeIndex(times.astype("datetime64[s]"), tz="UTC").tz_convert(zone)
    return moments.tz_localize(None).to_numpy().astype("datetime64[D]")


def split_factors(dates: Dates, splits: Mapping[np.datetime64, float], *, same_day: bool = False) -> Floats:
    """Return by how much Yahoo divided a price of each date.

    Parameters
    ----------
    dates : ndarray of shape (n,)
        ``datetime64[D]``.
    splits : mapping of date to float
        New shares per old one.
    same_day : bool
        Whether a split on the date itself counts, as for a dividend, which is paid on old shares.

    Returns
    -------
    ndarray of shape (n,)
        Product of the ratios of all later splits, 1 without any.

    Examples
    --------
    >>> days = np.array(["2024-06-07", "2024-06-10"], dtype="datetime64[D]")
    >>> split_factors(days, {days[1]: 10.0}).tolist()
    [10.0, 1.0]
    """
    factors = np.ones(len(dates))
    for day, ratio in splits.items():
        factors[(dates <= day) if same_day else (dates < day)] *= ratio
    return factors


def plain_decimals(prices: Floats) -> Floats:
    """Return the shortest decimals that Yahoo's prices stand for, shape (n,).

    Yahoo keeps prices in 32 bits and writes them out in 64: 135.97000122070312 for 135.97. Only a number that 32 bits
    hold exactly is shortened; any other is left alone.

    Examples
    --------
    >>> plain_decimals(np.array([135.97000122070312, 0.1, np.nan])).tolist()
    [135.97, 0.1, nan]
    """
    with np.errstate(over="ignore"):
        single = prices.astype(np.float32)
    return np.where(single.astype(np.float64) == prices, single.astype(str).astype(np.float64), prices)


def daily_frame(chart: Chart, symbol: str, calendar: Calendar, fetched_at: datetime) -> pd.DataFrame:
    """Return daily prices as they were traded, in the columns of `PricePanel.from_frame`.

    Parameters
    ----------
    chart : Chart
        Daily bars.
    symbol : str
        What the prices are called.
    calendar : Calendar
        The sessions of its exchange.
    fetched_at : datetime
        When the reply came: a session that was not over then has no close yet, whatever the reply says.

    Returns
    -------
    DataFrame
        One row a session from the first close to the last. Prices are those of the reply times the ratios of all
        later splits, volumes are divided by them; a dividend is per share held before a split of the same day.

    Notes
    -----
    A row on a date without a session is left out and said in the log. An ex-date without a session counts on the
    next one.
    """
    import pandas as pd

    session = calendar.index(chart.dates)
    closes = calendar.closes[np.maximum(session, 0)]
    over = closes <= np.datetime64((fetched_at - SETTLED).replace(tzinfo=None), "s")
    odd = (session < 0) & (chart.fields["volume"] > 0)
    if odd.any():
        _log.warning("yahoo: %s has rows on dates without a session: %s", symbol, ", ".join(map(str, chart.dates[odd])))
    rows = np.flatnonzero((session >= 0) & over)
    priced = rows[~np.isnan(chart.fields["close"][rows])]
    rows = rows[(rows >= priced[0]) & (rows <= priced[-1])] if priced.size else priced
    rows = _one_a_session(rows, session, chart.fields["close"])
    dates = chart.dates[rows]
    factors = split_factors(dates, chart.splits)
    prices = {name: plain_decimals(chart.fields[name][rows]) * factors for name in FIELDS[:4]}
    return pd.DataFrame(
        {
            "date": dates,
            "symbol": np.full(len(dates), symbol, dtype=object),
            **prices,
            "volume": chart.fields["volume"][rows] / factors,
            "dividend": _on_sessions(dates, chart.dividends, 0.0) * split_factors(dates, chart.splits, same_day=True),
            "split": _on_sessions(dates, chart.splits, 1.0),
        }
    )


def _one_a_session(rows: Ints, session: Ints, close: Floats) -> Ints:
    """Return the rows with one a session: the first that has a close (Yahoo adds a live quote as a row of its own)."""
    order = np.lexsort((rows, np.isnan(close[rows]), session[rows]))
    _, first = np.unique(session[rows][order], return_index=True)
    return rows[order[first]]


def _on_sessions(dates: Dates, events: Mapping[np.datetime64, float], nothing: float) -> Floats:
    """Return what falls on each date, shape (n,); what falls between two dates counts on the later one."""
    values = np.full(len(dates), nothing)
    for day, amount in events.items():
        place = int(np.searchsorted(dates, day))
        if place < len(dates) and (place > 0 or dates[0] == day):
            values[place] = values[place] + amount if nothing == 0.0 else values[place] * amount
    return values
