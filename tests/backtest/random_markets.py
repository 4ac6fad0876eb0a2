"""Made-up markets on two exchanges with everything that goes wrong in them, and rules at random to trade them by."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from eventstudy.backtest import Backtest, Costs, Limits
from eventstudy.calendars import get_calendar
from tests.backtest.plain.stock import NAN, exchange_of, seconds

FIRST, LAST = "2024-03-01", "2024-09-30"
"""The clocks of London and New York change three weeks apart, and Easter Monday is a holiday of one of them."""


def sessions_of(exchange: str) -> np.ndarray[Any, Any]:
    days = get_calendar(exchange).sessions
    return days[(days >= np.datetime64(FIRST)) & (days <= np.datetime64(LAST))]


def random_prices(seed: int, new_york: int = 8, london: int = 4) -> pd.DataFrame:
    """Return random walks: splits, dividends, opens, highs or whole sessions missing, rows left out, delistings."""
    rng = np.random.default_rng(seed)
    names = [f"N{number:02d}" for number in range(new_york)] + [f"U{number:02d}.L" for number in range(london)]
    return pd.concat([random_stock(rng, name) for name in names], ignore_index=True)


def random_stock(rng: np.random.Generator, name: str) -> pd.DataFrame:
    days = sessions_of(exchange_of(name))
    count = len(days)
    close = 40 * np.exp(np.cumsum(rng.normal(0, 0.025, count)))
    opened = close * np.exp(rng.normal(0, 0.015, count))
    split, dividend = np.ones(count), np.zeros(count)
    for place in rng.choice(count, 2, replace=False):
        split[place] = rng.choice([2.0, 3.0, 0.5])
        close[place:] /= split[place]
        opened[place:] /= split[place]
    dividend[rng.choice(count, 3, replace=False)] = rng.uniform(0.1, 0.8, 3).round(2)
    made = {
        "open": opened.round(2),
        "high": (np.maximum(opened, close) * (1 + rng.uniform(0, 0.02, count))).round(2),
        "low": (np.minimum(opened, close) * (1 - rng.uniform(0, 0.02, count))).round(2),
        "close": close.round(2),
        "volume": rng.integers(20_000, 400_000, count).astype(float),
    }
    quiet = (split == 1) & (dividend == 0)
    halted = (rng.random(count) < 0.03) & quiet
    if rng.random() < 0.3:
        start = int(rng.integers(0, count))
        halted[start : start + int(rng.integers(2, 12))] = True
    made["open"][(rng.random(count) < 0.04) | (halted & (rng.random(count) < 0.5))] = NAN
    for field in ("close", "volume", "high", "low"):
        made[field][halted] = NAN
    made["high"][rng.random(count) < 0.05] = NAN
    table = pd.DataFrame({"symbol": name, "date": days, **made, "dividend": dividend, "split": split})
    left_out = (rng.random(count) < 0.02) & quiet
    left_out[[0, -1]] = False
    table = table[~left_out]
    return table.iloc[: int(rng.integers(80, count - 5))] if rng.random() < 0.3 else table


def random_events(seed: int, symbols: list[str], count: int = 60) -> pd.DataFrame:
    """Return announcements to the minute or by a tag, at the very open and close, several a day, some foreseen."""
    rng = np.random.default_rng(seed + 1000)
    rows, hot = [], np.datetime64("2024-05-01")
    for number in range(count):
        symbol = "ZZZ" if rng.random() < 0.02 else str(rng.choice(symbols))
        calendar = get_calendar(exchange_of(symbol))
        since = "2024-03-28" if rng.random() < 0.9 else FIRST
        place = int(np.searchsorted(calendar.sessions, np.datetime64(since))) + int(rng.integers(0, 145))
        if rng.random() < 0.3:
            place = int(np.searchsorted(calendar.sessions, hot))
        hot = calendar.sessions[place]
        row = {
            "event_id": f"e{number:03d}",
            "symbol": symbol,
            "surprise": float(rng.choice([0.0, NAN, *rng.normal(size=18).round(3)])),
            "score": round(float(rng.uniform(0, 3)), 2),
            "premarket_quote": float(rng.choice([NAN, 0.02, -0.03])),
            "sector": "ab"[int(symbol[1:3]) % 2] if symbol != "ZZZ" else "a",
        }
        rows.append(row | random_time(rng, calendar, place))
    return pd.DataFrame(rows)


def random_time(rng: np.random.Generator, calendar: Any, place: int) -> dict[str, Any]:
    if rng.random() < 0.4:
        timing = str(rng.choice(["before_open", "during", "after_close", "unknown"]))
        return {"date": str(calendar.sessions[place]), "timing": timing}
    at = calendar.sessions[place].astype("datetime64[s]") + seconds(60 * int(rng.integers(0, 1440)))
    edge = rng.random()
    if edge < 0.1:
        at = calendar.closes[place]
    elif edge < 0.2:
        # Eleven minutes: one of latency, ten before the auction.
        at = calendar.opens[place] - seconds(660)
    found = {"announced_at": f"{at}+00:00"}
    if rng.random() < 0.3:
        found["known_at"] = f"{at + seconds(86_400 * int(rng.integers(-20, 4)))}+00:00"
    return found


def random_bars(seed: int, prices: pd.DataFrame, symbols: list[str], chance: float = 0.1) -> list[dict[str, Any]]:
    """Return five-minute bars around the prices of some symbols, from ninety minutes before the open in New York."""
    rng = np.random.default_rng(seed + 2000)
    bars = []
    for symbol in symbols:
        calendar, early = get_calendar(exchange_of(symbol)), 0 if symbol.endswith(".L") else 5400
        closes = prices[prices["symbol"] == symbol].set_index("date")["close"].ffill().bfill()
        for date in closes.index:
            place = int(calendar.index(np.array([date], dtype="datetime64[D]"))[0])
            first, last = calendar.opens[place] - seconds(early), calendar.closes[place]
            grid = np.arange(first, last, seconds(300))
            for start in grid[rng.random(len(grid)) < chance]:
                level = float(closes[date]) * float(np.exp(rng.normal(0, 0.01)))
                price = {"high": level * 1.004, "low": level * 0.995, "close": level * 1.001}
                opened = level if rng.random() > 0.1 else NAN
                volume = float(rng.choice([0, 100, 700]))
                bars.append({"symbol": symbol, "start": start, "open": opened, **price, "volume": volume})
    return bars


def random_rule(seed: int, entries: tuple[str, ...] = ("open", "next_open", "close")) -> Backtest:
    rng = np.random.default_rng(seed + 77)

    def one(*values: Any) -> Any:
        return values[int(rng.integers(len(values)))]

    hedge = one("none", "none", "dollar", "beta", "sector")
    single = one("N00", "U00.L")
    hedges = {"none": None, "sector": {"a": "N00", "b": "U00.L"}}.get(hedge, single)
    entry = one(*entries)
    return Backtest(
        entry=entry,
        exit_after=one(*([1] if entry == "close" else [0]), 1, 5, 15, 15, None),
        side=one("sign(surprise)", "surprise", "surprise", "sign(reaction)", "sign(gap)"),
        strength=one(None, "score"),
        hedge=hedge,
        hedge_with=hedges,
        sizing=one("equal", "inverse_volatility", "signal"),
        costs=random_costs(one),
        limits=random_limits(one),
        stop=one(None, None, 0.06, 0.03),
        target=one(None, None, 0.08),
        before_next_announcement=one(False, True),
        repeat=one("extend", "stack", "ignore"),
        delisting=one(0.0, -0.3),
        latency=one(60, 900, 0),
        cutoff_minutes=one(10, 10, 0),
        minutes=one(15, 60),
        universe=one(None, None, None, tuple(f"N{number:02d}" for number in range(6))),
        beta_window=(-110, -11),
        patience=one(5, 1, 0),
        capital=one(1e6, 2e5),
    )


def random_costs(one: Any) -> Costs:
    return Costs(
        commission=one(0.0, 0.0003),
        per_share=one(0.0, 0.005),
        minimum=one(0.0, 1.0),
        spread_buckets=one((), ((1e7, 0.0002), (3e6, 0.001))),
        impact=one(0.0, 1.0),
        borrow=one(0.003, 0.05),
        hard_to_borrow=one({}, {"N01": 0.3}),
        no_borrow=one((), ("N02",)),
        risk_free=one(0.0, 0.05),
        cash_earns=one(True, False),
    )


def random_limits(one: Any) -> Limits:
    return Limits(
        positions=one(1, 3, 6, 20),
        day=one(None, 2),
        name=one(None, 0.2),
        sector=one(None, 0.2, 0.5),
        long=one(1.0, 0.5, 2.0),
        short=one(1.0, 1.5),
        gross=one(None, 0.8, 1.2),
        net=one(None, 0.3, 0.6),
        adv=one(0.01, None, 0.05),
    )
