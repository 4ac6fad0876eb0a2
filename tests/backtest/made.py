"""Small made-up markets whose profit and loss can be worked out by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from eventstudy.calendars import get_calendar
from eventstudy.events import Events
from eventstudy.panels import PricePanel

NYSE = get_calendar("XNYS")
START = int(NYSE.at_or_after(np.array(["2024-01-02"], dtype="datetime64[D]"))[0])


def day(place: int) -> str:
    """Return the date of a session, counted from the first of 2024."""
    return str(NYSE.sessions[START + place])


def moment(place: int, clock: str) -> str:
    """Return a time of New York on a session, with its offset."""
    return pd.Timestamp(f"{day(place)} {clock}", tz="America/New_York").isoformat()


def market(
    symbols: Mapping[str, Mapping[str, Sequence[float]]],
    *,
    first: int = 0,
    basis: str | Mapping[str, str] = "unadjusted",
) -> PricePanel:
    """Return prices of symbols from the first session of 2024 on; each has lists by field, ``close`` at least."""
    tables = []
    for symbol, given in symbols.items():
        count = len(next(iter(given.values())))
        table = pd.DataFrame({name: np.asarray(values, dtype=float) for name, values in given.items()})
        tables.append(table.assign(symbol=symbol, date=NYSE.sessions[START + first : START + first + count]))
    return PricePanel.from_frame(pd.concat(tables, ignore_index=True), basis=basis)


def flat(count: int, price: float = 100.0, **fields: Sequence[float]) -> dict[str, Any]:
    """Return prices that stand still, with some fields replaced."""
    same = [price] * count
    return {"open": same, "high": same, "low": same, "close": same, **fields}


def events(rows: Sequence[Mapping[str, Any]]) -> Events:
    """Return events of rows with ``day`` (a session's place) and ``timing``, before the open without it."""
    table = pd.DataFrame([{"timing": "before_open", **row} for row in rows])
    if "day" in table.columns:
        table["date"] = [day(each) for each in table.pop("day")]
    return Events.from_frame(table)


def random_market(seed: int, symbols: int = 12, sessions: int = 260, **options: Any) -> PricePanel:
    """Return random walks with opens, highs, lows, volumes, some dividends and splits."""
    rng = np.random.default_rng(seed)
    made = {}
    for number in range(symbols):
        close = 50.0 * np.exp(np.cumsum(rng.normal(0.0003, 0.02, sessions)))
        opened = close * np.exp(rng.normal(0, 0.006, sessions))
        split, dividend = np.ones(sessions), np.zeros(sessions)
        if number % 3 == 0:
            split[sessions // 2] = 2.0
            for name in (close, opened):
                name[sessions // 2 :] /= 2.0
        if number % 2 == 0:
            dividend[30::63] = 0.4
        made[f"S{number:02d}"] = {
            "open": opened.round(2),
            "high": (np.maximum(opened, close) * 1.01).round(2),
            "low": (np.minimum(opened, close) * 0.99).round(2),
            "close": close.round(2),
            "volume": rng.integers(100_000, 900_000, sessions).astype(float),
            "dividend": dividend,
            "split": split,
        }
    return market(made, **options)


def random_events(seed: int, symbols: int = 12, sessions: int = 260, every: int = 30) -> Events:
    """Return events of random surprise, one a symbol every so many sessions, before the open or after the close."""
    rng = np.random.default_rng(seed)
    rows = [
        {
            "symbol": f"S{number:02d}",
            "day": place + int(rng.integers(0, every // 2)),
            "timing": ["before_open", "after_close"][int(rng.integers(2))],
            "surprise": float(rng.normal()),
            "sector": ["tech", "energy", "health"][number % 3],
        }
        for number in range(symbols)
        for place in range(25, sessions - every, every)
    ]
    return events(rows)
