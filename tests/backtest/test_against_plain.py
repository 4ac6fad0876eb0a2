"""The backtest against a plain program on random markets, and what must hold on any market whatever the rule."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

from eventstudy.backtest import Backtest, BacktestResult
from eventstudy.bars import BarPanel
from eventstudy.calendars import get_calendar
from eventstudy.events import Events
from eventstudy.panels import PricePanel
from tests.backtest.plain.account import COSTS, PlainAccount
from tests.backtest.plain.stock import exchange_of
from tests.backtest.random_markets import random_bars, random_events, random_prices, random_rule

# Sums of thousands of products in another order.
EXACT = 1e-9
AUCTIONS, BETWEEN = range(10), (1019, 1020, 1026, 1165)
DAYS = ("equity", "cash", "long", "short", "costs", "interest", "traded", "impact", "positions")
MONEY = ["shares", "entry_price", "exit_price", "gross", "dividends", *COSTS, "net"]
TRADE = ["event_id", "symbol", "side", "entry_time", "exit_time", "exit_reason", *MONEY]
BARRED = ["N00", "N01", "U00.L"]


@dataclass(frozen=True)
class Case:
    rule: Backtest
    events: pd.DataFrame
    prices: pd.DataFrame
    bars: list[dict[str, Any]] | None

    def run(self, *, shuffled: bool = False) -> BacktestResult:
        tables = [self.events, self.prices, pd.DataFrame(self.bars or [])]
        events, prices, bars = (each.sample(frac=1, random_state=7) if shuffled else each for each in tables)
        panel = None
        if self.bars is not None:
            timed = bars.assign(time=[f"{each}+00:00" for each in bars["start"]]).drop(columns="start")
            panel = BarPanel.from_frame(timed, interval=300, label="start")
        return self.rule.run(Events.from_frame(events), PricePanel.from_frame(prices), panel)


@cache
def made(seed: int) -> tuple[Case, BacktestResult]:
    """A market of twelve symbols traded at auctions, or from 1000 on of four traded within sessions too."""
    within = seed >= 1000
    prices = random_prices(seed, 3, 1) if within else random_prices(seed)
    names = sorted(prices["symbol"].unique())
    bars = random_bars(seed, prices, BARRED) if within else None
    rule = random_rule(seed, ("vwap", "bar", "premarket")) if within else random_rule(seed)
    case = Case(rule, random_events(seed, names), prices, bars)
    return case, case.run()


def by_leg(trades: pd.DataFrame) -> pd.DataFrame:
    table = trades[TRADE].copy()
    for name in ("entry_time", "exit_time"):
        table[name] = pd.to_datetime(table[name], utc=True).dt.tz_localize(None).astype("datetime64[s]")
    table[MONEY] = table[MONEY].astype(float)
    return table.sort_values(["event_id", "symbol", "entry_time", "shares"]).reset_index(drop=True)


def by_fill(fills: pd.DataFrame) -> pd.DataFrame:
    table = fills.assign(date=fills["date"].astype("datetime64[s]"), time=fills["time"].astype("datetime64[s]"))
    numbers = ["shares", "price", *COSTS[:3]]
    table[numbers] = table[numbers].astype(float)
    rounded = table.assign(rank=table["shares"].round(3)).sort_values(["event_id", "symbol", "time", "moment", "rank"])
    return rounded.drop(columns="rank").reset_index(drop=True)


def plain_trades(plain: PlainAccount) -> pd.DataFrame:
    rows = [
        {
            "event_id": leg.order.event,
            "symbol": leg.stock.symbol,
            "side": "long" if leg.bought > 0 else "short",
            "shares": abs(leg.bought),
            "entry_time": leg.time,
            "entry_price": leg.price,
            "exit_time": leg.exit_time,
            "exit_price": leg.exit.price,
            "gross": -leg.paid,
            "dividends": leg.dividends,
            **leg.cost,
            "net": -leg.paid + leg.dividends - sum(leg.cost.values()),
            "exit_reason": leg.exit.why,
        }
        for leg in plain.legs
    ]
    return pd.DataFrame(rows, columns=TRADE)


@pytest.mark.parametrize("seed", [*AUCTIONS, *BETWEEN])
def test_trades_fills_and_days_are_those_of_the_plain_account(seed: int) -> None:
    case, result = made(seed)
    plain = PlainAccount(case.rule, case.events, case.prices, result.dates[0], case.bars)
    assert dict(zip(result.order_table["event_id"], result.order_table["status"], strict=True)) == plain.status
    pd.testing.assert_frame_equal(by_leg(result.trades), by_leg(plain_trades(plain)), rtol=EXACT, atol=1e-6)
    fills = result.fills.assign(time=result.fills["time"].dt.tz_localize(None)).drop(columns="side")
    pd.testing.assert_frame_equal(by_fill(fills), by_fill(pd.DataFrame(plain.fills, columns=fills.columns)), rtol=EXACT)
    days = pd.DataFrame(plain.days, columns=["date", *DAYS])
    count = len(result.dates)
    assert (result.dates == days["date"].to_numpy()[:count]).all()
    # The account ends once nothing can be open any more.
    assert not days[["long", "short", "traded"]][count:].to_numpy().any()
    for name in DAYS:
        expected = days[name].to_numpy(dtype=float)[:count]
        np.testing.assert_allclose(getattr(result.days, name), expected, rtol=EXACT, atol=1e-6, err_msg=name)


@pytest.mark.parametrize("seed", [*AUCTIONS, *BETWEEN])
def test_money_is_neither_made_nor_lost(seed: int) -> None:
    """Cash is the capital, less what was bought, plus what came in; and the trades say where all of it went."""
    case, result = made(seed)
    days, fills, trades = result.days, result.fills, result.trades
    np.testing.assert_allclose(days.equity, days.cash + days.long + days.short, rtol=1e-12)
    spent = (fills["shares"] * fills["price"] + fills["commission"] + fills["spread"] + fills["impact"]).sum()
    nightly = trades["dividends"].sum() - trades["borrow"].sum() - trades["financing"].sum() + days.interest.sum()
    capital = case.rule.capital
    assert days.cash[-1] == pytest.approx(capital - spent + nightly, abs=EXACT * capital)
    assert days.equity[-1] == pytest.approx(capital + trades["net"].sum() + days.interest.sum(), abs=EXACT * capital)
    assert len(fills) == 2 * len(trades)


@pytest.mark.parametrize("seed", [*AUCTIONS[:4], BETWEEN[0]])
def test_the_order_of_rows_does_not_matter(seed: int) -> None:
    case, result = made(seed)
    other = case.run(shuffled=True)
    assert by_leg(other.trades).equals(by_leg(result.trades))
    assert np.array_equal(other.days.equity, result.days.equity)
    mine, theirs = (each.order_table.sort_values("event_id", ignore_index=True) for each in (result, other))
    assert theirs.equals(mine)


@pytest.mark.parametrize("seed", [*AUCTIONS, *BETWEEN])
def test_nothing_looks_ahead(seed: int) -> None:
    """Whatever becomes of the prices after a moment: every fill, decision and day up to it stays the same."""
    case, result = made(seed)
    rng = np.random.default_rng(seed)
    for moment in random_moments(rng, result):
        later = Case(case.rule, case.events, changed(case.prices, moment, rng), changed_bars(case.bars, moment, rng))
        other = later.run()
        # Where the prices end a hedge is valued with its position, or has nowhere to go once that is stopped.
        ended = {event for each in (result, other) for event in ends_with_prices(each)}
        fills, theirs = (by_fill(up_to(without_exits(each, ended), "time", moment)) for each in (result, other))
        # A hedge whose prices have ended is worth the last of them until its position is closed, on whichever date.
        pd.testing.assert_frame_equal(theirs.drop(columns="date"), fills.drop(columns="date"), check_exact=True)
        orders, theirs = (up_to(each.order_table, "decision_time", moment) for each in (result, other))
        known = ["event_id", "signal", "strength", "information_time", "decision_time"]
        pd.testing.assert_frame_equal(theirs[known], orders[known], check_exact=True)
        over = result.dates < moment.astype("datetime64[D]")
        assert np.array_equal(result.days.equity[over], other.days.equity[over])


def ends_with_prices(result: BacktestResult) -> set[str]:
    return set(result.trades.loc[result.trades["exit_reason"] == "end_of_data", "event_id"])


def without_exits(result: BacktestResult, events: set[str]) -> pd.DataFrame:
    fills = result.fills
    return fills[~(fills["event_id"].isin(events) & (fills["side"] == "exit"))]


def random_moments(rng: np.random.Generator, result: BacktestResult) -> list[np.datetime64]:
    """The moment of a fill, a second before one, and any moment."""
    times = result.fills["time"].dt.tz_localize(None).to_numpy().astype("datetime64[s]")
    if not len(times):
        return []
    chosen = rng.choice(times, 2)
    return [chosen[0], chosen[1] - np.timedelta64(1, "s"), rng.choice(times) + np.timedelta64(3, "h")]


def up_to(table: pd.DataFrame, time: str, moment: np.datetime64) -> pd.DataFrame:
    times = table[time].dt.tz_localize(None).to_numpy().astype("datetime64[s]")
    return table[times <= moment].assign(**{time: times[times <= moment]}).reset_index(drop=True)


def changed(prices: pd.DataFrame, moment: np.datetime64, rng: np.random.Generator) -> pd.DataFrame:
    """Return other prices and volumes where they are later than a moment; what is missing stays so."""
    table = prices.copy()
    for exchange in ("XNYS", "XLON"):
        calendar = get_calendar(exchange)
        rows = np.flatnonzero([exchange_of(each) == exchange for each in table["symbol"]])
        sessions = calendar.index(table["date"].to_numpy()[rows].astype("datetime64[D]"))
        opened, closed = rows[calendar.opens[sessions] > moment], rows[calendar.closes[sessions] > moment]
        for field, later in (("open", opened), *((name, closed) for name in ("high", "low", "close", "volume"))):
            values = table[field].to_numpy().copy()
            values[later] *= np.exp(rng.normal(0, 0.05, len(later)))
            table[field] = values
    return table


def changed_bars(
    bars: list[dict[str, Any]] | None, moment: np.datetime64, rng: np.random.Generator
) -> list[dict[str, Any]] | None:
    """Return other bars where they end after a moment; the open of one that has begun stays."""
    if bars is None:
        return None
    found = []
    for bar in bars:
        factor = float(np.exp(rng.normal(0, 0.05))) if bar["start"] + np.timedelta64(300, "s") > moment else 1.0
        began = bar["start"] <= moment
        found.append(
            bar
            | {name: bar[name] * factor for name in ("high", "low", "close")}
            | {"open": bar["open"] if began else bar["open"] * factor}
        )
    return found
