"""Made-up days in bars: sparse mornings and evenings, holes, zero and unknown volumes, splits and dividends."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from eventstudy.calendars import get_calendar

ZONES = {"XNYS": "America/New_York", "XHKG": "Asia/Hong_Kong"}
BEGINS = {"XNYS": "04:00", "XHKG": "09:00"}
"""When trading before the open begins, on the clock of the exchange."""
EVENING = {"XNYS": 240, "XHKG": 10}
"""Minutes of trading after the close."""
LUNCH = {"XHKG": ("12:00", "13:00")}
SUFFIX = {"XNYS": "", "XHKG": ".HK"}
START = {"XNYS": "2024-10-21", "XHKG": "2025-01-15"}
"""The clocks of New York change in these weeks, and there are half sessions in both."""


@dataclass(frozen=True)
class Day:
    """One session of an exchange, in UTC."""

    date: date
    begins: pd.Timestamp
    opens: pd.Timestamp
    closes: pd.Timestamp
    ends: pd.Timestamp


@dataclass(frozen=True)
class BarMarket:
    """A stock and its market on one exchange.

    Parameters
    ----------
    daily
        Rows of ``date``, ``symbol``, prices, ``volume``, ``dividend``, ``split``.
    bars
        Rows of ``start`` (UTC), ``symbol``, prices, ``volume``.
    news
        Times of announcements; a date for one before the open.
    """

    exchange: str
    days: list[Day]
    minutes: int
    daily: pd.DataFrame
    bars: pd.DataFrame
    news: list[pd.Timestamp | date]

    @property
    def symbols(self) -> tuple[str, str]:
        return "AAA" + SUFFIX[self.exchange], "MKT" + SUFFIX[self.exchange]


def days_of(exchange: str, count: int) -> list[Day]:
    calendar, zone = get_calendar(exchange), ZONES[exchange]
    first = int(np.searchsorted(calendar.sessions, np.datetime64(START[exchange])))
    found = []
    for place in range(first, first + count):
        day, opens, closes = calendar.sessions[place], calendar.opens[place], calendar.closes[place]
        begins = pd.Timestamp(f"{day} {BEGINS[exchange]}").tz_localize(zone).tz_convert("UTC")
        close = pd.Timestamp(closes, tz="UTC")
        evening = pd.Timedelta(minutes=EVENING[exchange])
        found.append(Day(day.item(), begins, pd.Timestamp(opens, tz="UTC"), close, close + evening))
    return found


def random_bar_market(seed: int) -> BarMarket:
    rng = np.random.default_rng(seed)
    exchange = str(rng.choice(["XNYS", "XNYS", "XHKG"]))
    days, minutes = days_of(exchange, int(rng.integers(28, 45))), int(rng.choice([5, 30]))
    daily: list[dict[str, Any]] = []
    bars: list[dict[str, Any]] = []
    for symbol, liquid in (("AAA" + SUFFIX[exchange], False), ("MKT" + SUFFIX[exchange], True)):
        price = 100.0
        for place, day in enumerate(days):
            split = float(rng.choice([1.0] * 14 + [0.5, 2.0])) if place and not liquid else 1.0
            paid = round(price * float(rng.uniform(0.001, 0.05)), 2) if place and rng.random() < 0.1 else 0.0
            price = (price - paid) / split
            made, prices = random_day(rng, exchange, day, minutes, price, liquid=liquid)
            bars += [{"symbol": symbol, **bar} for bar in made]
            daily.append({"date": day.date, "symbol": symbol, **prices, "dividend": paid, "split": split})
            price = prices["close"]
    news = [random_news(rng, days, minutes) for _ in range(int(rng.integers(2, 6)))]
    return BarMarket(exchange, days, minutes, pd.DataFrame(daily), pd.DataFrame(bars), news)


def random_day(
    rng: np.random.Generator, exchange: str, day: Day, minutes: int, price: float, *, liquid: bool
) -> tuple[list[dict[str, Any]], dict[str, float]]:
    """Return the bars of a day and its own figures."""
    grid = pd.date_range(day.begins, day.ends, freq=f"{minutes}min", inclusive="left")
    silent, hole, halted = rng.random() < 0.2, rng.random() < 0.1, rng.random() < 0.04
    early = 0.0 if silent else 0.7 if liquid else 0.25
    bars, opened, closed = [], math.nan, price
    for start in grid:
        inside = day.opens <= start < day.closes
        if inside and in_lunch(exchange, start):
            continue
        first = price * float(np.exp(rng.normal(0, 0.01))) if inside and math.isnan(opened) else price
        opened = first if inside and math.isnan(opened) else opened
        price = first * float(np.exp(rng.normal(0, 0.001 * minutes**0.5)))
        closed = price if inside else closed
        chance = 0.95 if inside else early * (1.0 if start < day.opens else 0.3)
        late = start < day.opens + pd.Timedelta(minutes=40)
        if inside and (halted or (hole and late)):
            chance = 0.0
        if rng.random() < chance:
            bars.append({"start": start, **random_bar(rng, first, price)})
    close = closed * float(np.exp(rng.normal(0, 0.0005)))
    told = math.nan if rng.random() < 0.1 else opened
    volume = float(rng.integers(10_000, 10_000_000))
    high, low = max(opened, close) * 1.01, min(opened, close) * 0.99
    return bars, {"open": told, "high": high, "low": low, "close": close, "volume": volume}


def in_lunch(exchange: str, start: pd.Timestamp) -> bool:
    if exchange not in LUNCH:
        return False
    clock = start.tz_convert(ZONES[exchange]).strftime("%H:%M")
    return LUNCH[exchange][0] <= clock < LUNCH[exchange][1]


def random_bar(rng: np.random.Generator, opened: float, close: float) -> dict[str, float]:
    """Return a bar of which any price but one may be missing, and the volume zero or unknown."""
    bar = {
        "open": opened,
        "high": max(opened, close) * (1 + abs(float(rng.normal(0, 0.001)))),
        "low": min(opened, close) * (1 - abs(float(rng.normal(0, 0.001)))),
        "close": close,
        "volume": float(rng.choice([0.0, 100.0, 1000.0, 20_000.0, math.nan])),
    }
    for name in ("open", "high", "close"):
        if rng.random() < 0.01:
            bar[name] = math.nan
    return bar


def random_news(rng: np.random.Generator, days: list[Day], minutes: int) -> pd.Timestamp | date:
    """Return a time of any part of the day, its edges and the grid of the bars; or a date alone."""
    place = int(rng.integers(1, len(days)))
    before, day = days[place - 1], days[place]
    span = rng.random()
    times = {
        "morning": day.begins + (day.opens - day.begins) * span,
        "session": day.opens + (day.closes - day.opens) * span,
        "evening": before.closes + (before.ends - before.closes) * span,
        "night": before.closes + (day.opens - before.closes) * span,
        "open": day.opens,
        "close": before.closes,
        "cutoff": day.opens - pd.Timedelta(minutes=5),
        "grid": day.opens + pd.Timedelta(minutes=minutes * int(rng.integers(0, 12))),
        "date": day.date,
    }
    at = times[str(rng.choice(list(times)))]
    return at.floor("1min" if rng.random() < 0.7 else "1s") if isinstance(at, pd.Timestamp) else at
