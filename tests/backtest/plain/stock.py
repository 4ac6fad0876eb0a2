"""One symbol as a trader looks it up: a price of a session, the last one known, what is known of its risk."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from eventstudy.calendars import get_calendar

NAN = float("nan")
NOTHING = {"split": 1.0, "dividend": 0.0}


def seconds(count: float) -> np.timedelta64:
    return np.timedelta64(int(count), "s")


def exchange_of(symbol: str) -> str:
    return "XLON" if symbol.endswith(".L") else "XNYS"


class Stock:
    def __init__(self, symbol: str, table: pd.DataFrame, bars: Iterable[dict[str, Any]] = ()) -> None:
        self.symbol, self.calendar = symbol, get_calendar(exchange_of(symbol))
        self.opens, self.closes, self.dates = self.calendar.opens, self.calendar.closes, self.calendar.sessions
        sessions = self.calendar.index(table["date"].to_numpy().astype("datetime64[D]"))
        self.rows = dict(zip(sessions.tolist(), table.to_dict("records"), strict=True))
        self.first, self.last = min(self.rows), max(self.rows)
        self.bars = sorted(bars, key=lambda bar: bar["start"])

    def at(self, field: str, session: int) -> float:
        """A figure of one session; NaN where there is none, no split and no dividend on a session without a row."""
        return float(self.rows[session][field]) if session in self.rows else NOTHING.get(field, NAN)

    def has(self, field: str, session: int) -> bool:
        return not math.isnan(self.at(field, session))

    def session_of(self, date: np.datetime64) -> int:
        """The last session on or before a date."""
        return int(np.searchsorted(self.dates, date, side="right")) - 1

    def trades_on(self, date: np.datetime64) -> bool:
        session = self.session_of(date)
        return bool(self.dates[session] == date) and self.first <= session <= self.last

    def closed_by(self, moment: np.datetime64) -> int:
        """The last session that had closed at a moment."""
        return int(np.searchsorted(self.closes, moment, side="right")) - 1

    def mark(self, session: int) -> float:
        """The last close by then, in the shares of that session."""
        shares = 1.0
        for each in range(min(session, self.last), self.first - 1, -1):
            if self.has("close", each):
                return self.at("close", each) / shares
            shares *= self.at("split", each)
        return NAN

    def total_return(self, session: int) -> float:
        """METHODS 1.1: R = (S P + D) / P_before - 1."""
        paid = self.at("split", session) * self.at("close", session) + self.at("dividend", session)
        return paid / self.at("close", session - 1) - 1

    def volatility(self, session: int) -> float:
        """Over 60 sessions up to one, at least 20 returns."""
        found = [self.total_return(each) for each in range(session - 59, session + 1)]
        found = [each for each in found if not math.isnan(each)]
        return float(np.std(found, ddof=1)) if len(found) >= 20 else NAN

    def dollar_volume(self, session: int) -> float:
        """The mean of 20 sessions up to one, at least 10 of them."""
        found = [self.at("close", each) * self.at("volume", each) for each in range(session - 19, session + 1)]
        found = [each for each in found if not math.isnan(each)]
        return sum(found) / len(found) if len(found) >= 10 else NAN

    def bars_between(self, first: np.datetime64, last: np.datetime64) -> list[dict[str, Any]]:
        """The bars that start at or after one moment and before another."""
        return [bar for bar in self.bars if first <= bar["start"] < last]
