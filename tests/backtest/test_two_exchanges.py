"""Hedges on the calendar of another exchange, and when and at which price each hedge is traded."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from eventstudy.backtest import Backtest, BacktestResult, Costs, Limits
from eventstudy.backtest.audit import _order_of_time
from eventstudy.calendars import get_calendar
from eventstudy.panels import PricePanel
from tests.backtest.made import day, events, flat, market
from tests.backtest.plain.account import PlainAccount

# New York trades on Easter Monday, the 1st of April 2024; London does not.
FIRST, LAST = "2024-03-25", "2024-04-12"
ANNOUNCED = "2024-04-02T07:00:00-04:00"
BASE = {"side": "1", "costs": Costs.none(), "limits": Limits(positions=1, long=0.1, adv=None), "hedge": "dollar"}


def dates(exchange: str, first: str = FIRST, last: str = LAST) -> list[str]:
    sessions = get_calendar(exchange).sessions
    return [str(each) for each in sessions[(sessions >= np.datetime64(first)) & (sessions <= np.datetime64(last))]]


def priced(symbol: str, exchange: str, **changed: dict[str, float]) -> pd.DataFrame:
    """Return prices of 100 with some changed by field and date."""
    days = dates(exchange)
    table = pd.DataFrame({"symbol": symbol, "date": days, "open": 100.0, "close": 100.0}).set_index("date", drop=False)
    for field, values in changed.items():
        for date, value in values.items():
            table.loc[date, field] = value
    return table


def run(own: pd.DataFrame, hedge: pd.DataFrame, announced_at: str, **options: Any) -> BacktestResult:
    prices = PricePanel.from_frame(pd.concat([own, hedge], ignore_index=True))
    row = {"symbol": own["symbol"].iloc[0], "announced_at": announced_at}
    rule = BASE | {"hedge_with": hedge["symbol"].iloc[0]} | options
    return Backtest(**rule).run(events([row]), prices)


def test_each_leg_is_traded_on_its_own_exchange() -> None:
    own = priced("AAA", "XNYS", close={"2024-04-02": 50.0, "2024-04-04": 60.0})
    hedge = priced("HHH.L", "XLON", close={"2024-04-02": 20.0, "2024-04-03": 21.0, "2024-04-04": 22.0})
    result = run(own, hedge, "2024-04-02T07:00:00-04:00", entry="close", exit_after=2)
    trades = result.trades.set_index("symbol")
    assert trades["shares"].to_dict() == {"AAA": 2000, "HHH.L": 5000}
    assert trades["exit_price"].to_dict() == {"AAA": 60.0, "HHH.L": 22.0}
    assert trades["net"].to_dict() == {"AAA": 2000 * 10, "HHH.L": -5000 * 2}
    times = {name: [str(trades.loc[name, each])[:16] for each in ("entry_time", "exit_time")] for name in trades.index}
    assert times == {
        "AAA": ["2024-04-02 20:00", "2024-04-04 20:00"],
        "HHH.L": ["2024-04-02 15:30", "2024-04-04 15:30"],
    }
    assert result.orders.gross[0] == pytest.approx(60 / 50 - 22 / 20)


@pytest.mark.parametrize("after", [30.0, 300.0])
def test_a_hedge_whose_exchange_is_closed_leaves_at_its_last_price(after: float) -> None:
    """What the hedge is worth later is not what it was closed at."""
    own = priced("AAA", "XNYS", close={"2024-04-01": 110.0})
    hedge = priced("HHH.L", "XLON", close={"2024-03-28": 104.0} | dict.fromkeys(dates("XLON", "2024-04-02"), after))
    result = run(own, hedge, "2024-03-27T07:00:00-04:00", entry="close", exit_after=2)
    assert result.trades["exit_price"].tolist() == [110.0, 104.0]
    assert result.orders.gross[0] == pytest.approx(0.10 - 0.04)
    assert result.days.equity[-1] == pytest.approx(1_000_000 + 1000 * 10 - 1000 * 4)


def test_a_stop_at_an_open_does_not_take_the_open_of_another_date() -> None:
    own = priced("AAA", "XNYS", open={"2024-04-01": 80.0})
    hedge = priced("HHH.L", "XLON", open={"2024-03-28": 70.0}, close={"2024-03-28": 104.0})
    result = run(own, hedge, "2024-03-27T07:00:00-04:00", entry="close", exit_after=5, stop=0.1)
    assert result.trades["exit_reason"].tolist() == ["stop", "stop"]
    # London is closed on Easter Monday, and opens at 100 the day after.
    assert result.trades["exit_price"].tolist() == [80.0, 100.0]
    assert exits(result) == ["2024-04-01 13:30", "2024-04-02 07:00"]
    assert result.orders.gross[0] == pytest.approx(-0.20)


def exits(result: BacktestResult) -> list[str]:
    return [str(each)[:16] for each in result.trades["exit_time"]]


LONDON = {"open": {"2024-04-03": 70.0, "2024-04-04": 90.0}, "close": {"2024-04-03": 104.0}}


@pytest.mark.parametrize(
    ("field", "exit_after", "price", "time"),
    [
        # New York opens at 13:30 UTC, when London has opened and is yet to close.
        ("open", 5, 104.0, "2024-04-03 15:30"),
        # When in the session it was touched nobody knows before its close, and London is closed by then.
        ("low", 5, 90.0, "2024-04-04 07:00"),
        # The hedge had been sold by plan before anybody knew of the stop.
        ("low", 1, 104.0, "2024-04-03 15:30"),
    ],
)
def test_a_stop_closes_the_hedge_no_earlier_than_it_is_known(
    field: str, exit_after: int, price: float, time: str
) -> None:
    own = priced("AAA", "XNYS").assign(high=100.0, low=100.0)
    own.loc["2024-04-03", field] = 80.0
    hedge = priced("HHH.L", "XLON", **LONDON)
    result = run(own, hedge, "2024-04-02T07:00:00-04:00", entry="close", exit_after=exit_after, stop=0.1)
    assert result.trades["exit_reason"].tolist() == ["stop", "stop"]
    assert (result.trades["exit_price"][1], exits(result)[1]) == (price, time)
    own_loss = 0.20 if field == "open" else 0.10
    assert result.orders.gross[0] == pytest.approx(-own_loss - (price / 100 - 1))
    assert result.days.equity[-1] == pytest.approx(1_000_000 - 1000 * 100 * own_loss - 1000 * (price - 100))


def test_a_hedge_in_new_york_leaves_at_its_open_when_london_stopped_hours_before() -> None:
    own = priced("AAA.L", "XLON", open={"2024-04-03": 80.0})
    hedge = priced("HHH", "XNYS", open={"2024-04-03": 97.0})
    result = run(own, hedge, "2024-04-02T08:00:00+01:00", entry="close", exit_after=5, stop=0.1)
    assert result.trades["exit_price"].tolist() == [80.0, 97.0]
    assert exits(result) == ["2024-04-03 07:00", "2024-04-03 13:30"]


def test_a_hedge_without_an_open_leaves_at_the_close() -> None:
    own = priced("AAA", "XNYS", open={"2024-04-03": 80.0})
    hedge = priced("HHH", "XNYS", open={"2024-04-03": np.nan}, close={"2024-04-03": 97.0})
    result = run(own, hedge, "2024-04-02T07:00:00-04:00", entry="close", exit_after=5, stop=0.1)
    assert exits(result) == ["2024-04-03 13:30", "2024-04-03 20:00"]
    assert result.fills["moment"].tolist()[2:] == ["open", "close"]


def test_the_account_lasts_until_a_halted_hedge_is_closed() -> None:
    halted = dict.fromkeys(dates("XLON", "2024-04-03", "2024-04-10"), np.nan)
    own = priced("AAA", "XNYS", open={"2024-04-03": 80.0})
    hedge = priced("HHH.L", "XLON", open={**halted, "2024-04-11": 120.0}, close=halted)
    result = run(own, hedge, ANNOUNCED, entry="close", exit_after=2, stop=0.1, patience=0)
    assert exits(result) == ["2024-04-03 13:30", "2024-04-11 07:00"]
    assert str(result.dates[-1]) == "2024-04-11"
    assert result.days.equity[-1] == pytest.approx(1_000_000 - 20_000 - 1000 * 20)
    assert result.days.short[-2:].tolist() == [-100_000.0, 0.0]


def test_a_hedge_that_is_traded_first_is_sized_by_what_was_ordered() -> None:
    """At London's open nobody knows at what New York will open, and how many shares that makes."""
    hedge = priced("HHH.L", "XLON")
    bought = {}
    for price in (100.0, 130.0):
        own = priced("AAA", "XNYS", open={"2024-04-03": price})
        trades = run(own, hedge, "2024-04-02T17:00:00-04:00", entry="open", exit_after=2).trades
        bought[price] = trades.set_index("symbol")["shares"].to_dict()
    assert bought == {100.0: {"AAA": 1000, "HHH.L": 1000}, 130.0: {"AAA": 769, "HHH.L": 1000}}


@pytest.mark.parametrize("hedged", [False, True])
def test_a_stop_of_the_afternoon_leaves_no_room_in_london(hedged: bool) -> None:
    """What New York did after London's close is not known there, nor where a hedge in London is traded with it."""
    low = [*[100.0] * 6, 80.0, *[100.0] * 20]
    stopped = priced("AAA", "XNYS")
    stopped = stopped.assign(high=100.0, low=low[: len(stopped)])
    tables = [stopped, priced("BBB", "XNYS"), priced("CCC.L", "XLON")]
    second = "BBB" if hedged else "CCC.L"
    rows = [
        {"symbol": "AAA", "date": "2024-03-28", "timing": "before_open", "sector": "none"},
        {"symbol": second, "date": "2024-04-03", "timing": "before_open", "sector": "hedged"},
    ]
    hedges = {"none": "BBB", "hedged": "CCC.L"} if hedged else {}
    options = {"hedge": "sector", "hedge_with": hedges} if hedged else {"hedge": "none"}
    rule = Backtest(**BASE | {"entry": "close", "exit_after": 9, "stop": 0.1} | options)
    result = rule.run(events(rows), PricePanel.from_frame(pd.concat(tables, ignore_index=True)))
    assert result.trades["exit_reason"][0] == "stop"
    assert result.status.tolist() == ["filled", "max_positions"]


@pytest.mark.parametrize(
    ("announced_at", "entry"),
    [
        # London opens at 7:00 UTC and closes at 15:30, before these were known.
        ("2024-04-02T07:00:00-04:00", "open"),
        ("2024-04-02T12:00:00-04:00", "close"),
        # Ten minutes before an auction is too late for it.
        ("2024-04-02T15:20:00+00:00", "close"),
        # London is closed all day.
        ("2024-04-01T07:00:00-04:00", "close"),
    ],
)
def test_a_hedge_is_not_traded_before_the_decision(announced_at: str, entry: str) -> None:
    own, hedge = priced("AAA", "XNYS"), priced("HHH.L", "XLON")
    result = run(own, hedge, announced_at, entry=entry, exit_after=2)
    assert result.status.tolist() == ["no_hedge"]
    assert "after the decision" in result.order_table["reason"][0]


def test_a_hedge_that_opens_later_is_traded_then() -> None:
    own, hedge = priced("HHH.L", "XLON"), priced("AAA", "XNYS", open={"2024-04-03": 125.0})
    result = run(own, hedge, "2024-04-03T05:00:00+00:00", entry="open", exit_after=1)
    assert [str(each)[:16] for each in result.trades["entry_time"]] == ["2024-04-03 07:00", "2024-04-03 13:30"]
    assert result.trades["entry_price"].tolist() == [100.0, 125.0]
    assert result.trades["net"].tolist() == [0.0, 800 * 25.0]


def random_pair(seed: int) -> PricePanel:
    rng = np.random.default_rng(seed)
    tables = []
    for symbol, exchange in (("AAA", "XNYS"), ("HHH.L", "XLON")):
        days = dates(exchange, "2023-01-03", "2024-06-28")
        close = 100 * np.exp(np.cumsum(rng.normal(0, 0.02, len(days))))
        opened = close * np.exp(rng.normal(0, 0.005, len(days)))
        tables.append(pd.DataFrame({"symbol": symbol, "date": days, "open": opened, "close": close}))
    return PricePanel.from_frame(pd.concat(tables, ignore_index=True))


def test_beta_is_over_the_dates_that_both_traded_on() -> None:
    prices = random_pair(4)
    rule = Backtest(**BASE | {"hedge": "beta", "hedge_with": "HHH.L", "entry": "close", "exit_after": 3})
    result = rule.run(events([{"symbol": "AAA", "announced_at": "2024-05-15T07:00:00-04:00"}]), prices)
    wide = prices.to_frame().pivot_table(index="date", columns="symbol", values="total_return")
    own = wide.loc[dates("XNYS", "2023-01-04", "2024-06-28"), "AAA"]
    day0 = own.index.get_loc(pd.Timestamp("2024-05-15"))
    pairs = pd.concat([own.iloc[day0 - 250 : day0 - 10], wide["HHH.L"]], axis=1, join="inner").dropna()
    assert 230 < len(pairs) < 240
    slope = np.polyfit(pairs["HHH.L"], pairs["AAA"], 1)[0]
    assert result.details["ratio"].tolist() == pytest.approx([1.0, slope])


def test_the_account_of_two_exchanges_against_the_plain_account() -> None:
    prices = random_pair(5)
    announced = ["2024-02-14", "2024-03-27", "2024-04-24", "2024-05-22"]
    rows = [{"symbol": "AAA", "announced_at": f"{each}T07:00:00-04:00", "event_id": each} for each in announced]
    costs = replace(Costs.none(), risk_free=0.05, borrow=0.02)
    rule = Backtest(**BASE | {"hedge_with": "HHH.L", "entry": "close", "exit_after": 12, "costs": costs})
    result = rule.run(events(rows), prices)
    assert len(result.trades) == 8
    in_utc = [row | {"announced_at": f"{row['event_id']}T11:00:00+00:00", "sector": "", "1": 1.0} for row in rows]
    plain = PlainAccount(rule, pd.DataFrame(in_utc), prices.to_frame(), result.dates[0])
    for name in ("equity", "cash", "long", "short"):
        expected = [each[name] for each in plain.days[: len(result.dates)]]
        np.testing.assert_allclose(getattr(result.days, name), expected, rtol=1e-10, atol=1e-6)


def test_a_gap_through_the_stop_closes_the_hedge_at_the_open() -> None:
    opens = [100.0] * 7 + [95.0] + [100.0] * 7
    prices = market({"AAA": flat(15, open=[*opens[:7], 80.0, *opens[8:]]), "MKT": flat(15, open=opens)})
    rule = Backtest(**BASE | {"hedge_with": "MKT", "entry": "open", "exit_after": 5, "stop": 0.1})
    result = rule.run(events([{"symbol": "AAA", "day": 5}]), prices)
    assert result.trades["exit_price"].tolist() == [80.0, 95.0]
    assert result.orders.gross[0] == pytest.approx(-0.20 + 0.05)


def test_a_position_reversed_before_the_open_gives_its_hedge_up_at_the_open() -> None:
    opens, closes = [100.0] * 7 + [96.0] + [100.0] * 7, [100.0] * 7 + [90.0] + [100.0] * 7
    prices = market({"AAA": flat(15), "MKT": flat(15, open=opens, close=closes)})
    rows = [
        {"symbol": "AAA", "day": place, "signal": signal, "premarket_quote": 0.0, "event_id": name}
        for place, signal, name in ((5, 1.0, "one"), (7, -1.0, "two"))
    ]
    rule = Backtest(**BASE | {"side": "signal", "hedge_with": "MKT", "entry": "premarket", "haircut": 0.0})
    trades = rule.run(events(rows), prices).trades
    assert trades["symbol"].tolist() == ["AAA", "MKT", "AAA", "MKT"]
    assert (trades["exit_reason"][1], trades["exit_price"][1]) == ("reversed", 96.0)
    assert str(trades["exit_time"][1].tz_convert("America/New_York"))[:16] == f"{day(7)} 09:30"


def test_an_audit_finds_a_fill_before_its_order() -> None:
    prices = market({"AAA": flat(15), "MKT": flat(15)})
    rule = Backtest(**BASE | {"hedge_with": "MKT", "entry": "open", "exit_after": 5})
    result = rule.run(events([{"symbol": "AAA", "day": 5, "event_id": "one"}]), prices)
    assert not list(_order_of_time(result.market, result.orders))
    hour = np.timedelta64(1, "h")
    for field in ("entry_time", "hedge_time"):
        early = replace(result.orders, **{field: result.orders.decision - hour})
        (finding,) = _order_of_time(result.market, early)
        assert finding.fails
        assert finding.events == ("one",)
        assert finding.sentence == "1 of 1 orders were filled before they were sent: one."


def test_a_strong_order_in_new_york_takes_no_room_from_one_in_london() -> None:
    """London's open is five and a half hours before New York's."""
    prices = PricePanel.from_frame(pd.concat([priced("AAA", "XNYS"), priced("BBB.L", "XLON")], ignore_index=True))
    rows = [
        {"symbol": "AAA", "announced_at": "2024-04-03T07:00:00-04:00", "signal": 9.0},
        {"symbol": "BBB.L", "announced_at": "2024-04-02T20:00:00+01:00", "signal": 1.0},
    ]
    rule = Backtest(**BASE | {"side": "signal", "hedge": "none", "entry": "open", "exit_after": 2})
    result = rule.run(events(rows), prices)
    assert result.orders.entry_time.astype("datetime64[D]").astype(str).tolist() == ["2024-04-03", "2024-04-03"]
    assert result.status.tolist() == ["max_positions", "filled"]


@pytest.mark.parametrize(("first", "second", "status"), [("AAA", "BBB.L", "max_positions"), ("BBB.L", "AAA", "filled")])
def test_room_is_there_once_a_position_is_closed(first: str, second: str, status: str) -> None:
    """London closes four and a half hours before New York, on the date on which one is sold and the other bought."""
    prices = PricePanel.from_frame(pd.concat([priced("AAA", "XNYS"), priced("BBB.L", "XLON")], ignore_index=True))
    rows = [
        {"symbol": first, "date": "2024-04-03", "timing": "before_open"},
        {"symbol": second, "date": "2024-04-05", "timing": "before_open"},
    ]
    rule = Backtest(**BASE | {"hedge": "none", "entry": "close", "exit_after": 2})
    result = rule.run(events(rows), prices)
    assert result.status.tolist() == ["filled", status]
    assert str(result.trades["exit_time"][0])[:10] == "2024-04-05"
