"""Fills outside the auctions, prices that are missing, positions that end otherwise than planned."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from eventstudy.backtest import Backtest, BacktestResult, Costs, Limits
from eventstudy.bars import BarPanel
from eventstudy.errors import InputError
from tests.backtest.made import day, events, flat, market, moment

ONE = Limits(positions=1, adv=None)
NAN = np.nan


def trade(
    symbol_prices: dict[str, Any], row: dict[str, Any], bars: BarPanel | None = None, **options: Any
) -> BacktestResult:
    rule = Backtest(**{"side": "1", "costs": Costs.none(), "limits": ONE, "exit_after": 3, "entry": "open"} | options)
    return rule.run(events([{"symbol": "AAA", **row}]), market({"AAA": symbol_prices}), bars)


def test_premarket_is_the_quote_made_worse() -> None:
    quoted = {"day": 5, "premarket_quote": 0.10}
    long = trade(flat(12), quoted, entry="premarket", haircut=0.01).trades.iloc[0]
    assert long["entry_price"] == pytest.approx(110 * 1.01)
    assert str(long["entry_time"].tz_convert("America/New_York")) == f"{day(5)} 09:20:00-05:00"
    short = trade(flat(12), quoted, entry="premarket", haircut=0.01, side="-1").trades.iloc[0]
    assert short["entry_price"] == pytest.approx(110 * 0.99)


@pytest.mark.parametrize(
    "row", [{"day": 5}, {"day": 5, "premarket_quote": 0.1, "timing": "during"}, {"day": 5, "premarket_quote": NAN}]
)
def test_no_premarket_without_a_quote_or_in_time(row: dict[str, Any]) -> None:
    row = {"premarket_quote": NAN, **row}
    assert trade(flat(12), row, entry="premarket").status.tolist() == ["no_premarket"]


def some_bars() -> BarPanel:
    times = ["08:00", "09:30", "09:35", "09:40", "09:45", "12:00", "15:55"]
    opens = [101.0, 102.0, 103.0, 104.0, 105.0, 106.0, 107.0]
    table = pd.DataFrame({"time": [moment(5, each) for each in times], "symbol": "AAA", "open": opens})
    table = table.assign(high=table["open"] + 2, low=table["open"] - 1, close=table["open"] + 0.5)
    return BarPanel.from_frame(table.assign(volume=[10, 100, 200, 300, 400, 50, 50]), interval=300, label="start")


def test_vwap_of_the_first_minutes() -> None:
    made = trade(flat(12), {"day": 5}, some_bars(), entry="vwap", minutes=15).trades.iloc[0]
    typical = np.array([102.5, 103.5, 104.5])
    assert made["entry_price"] == pytest.approx((typical * [100, 200, 300]).sum() / 600)
    assert str(made["entry_time"].tz_convert("America/New_York")) == f"{day(5)} 09:45:00-05:00"


def test_the_first_bar_after_the_decision() -> None:
    made = trade(flat(12), {"announced_at": moment(5, "09:41")}, some_bars(), entry="bar").trades.iloc[0]
    assert made["entry_price"] == 105.0
    before = trade(flat(12), {"announced_at": moment(5, "07:00")}, some_bars(), entry="bar").trades.iloc[0]
    assert before["entry_price"] == 102.0


def test_a_measured_premarket_price_comes_before_a_quote() -> None:
    row = {"announced_at": moment(5, "07:00"), "premarket_quote": 0.5}
    made = trade(flat(12), row, some_bars(), entry="premarket", haircut=0.0).trades.iloc[0]
    assert made["entry_price"] == 101.0


@pytest.mark.parametrize("entry", ["vwap", "bar"])
def test_bars_must_be_there(entry: str) -> None:
    with pytest.raises(InputError, match=f"the entry '{entry}' needs bars"):
        trade(flat(12), {"day": 5}, entry=entry)


def test_returns_alone_are_traded_at_the_close() -> None:
    with pytest.raises(InputError, match="returns from close to close; say entry: close"):
        trade({"return": [0.0] * 12}, {"day": 5}, entry="open")
    made = trade({"return": [0.0] * 5 + [0.5, 0.1, 0.1, 0.1, 0, 0, 0]}, {"day": 5}, entry="close")
    assert made.trades["entry_price"][0] == pytest.approx(1.5)
    assert made.trades["gross"][0] == pytest.approx(1_000_000 * (1.1**3 - 1))
    assert made.details["flags"][0] == "fractions;adv_unknown"


def test_an_order_waits_for_a_price_and_then_gives_up() -> None:
    halted = flat(15, open=[100.0] * 5 + [NAN, NAN, 107.0] + [100.0] * 7)
    assert trade(halted, {"day": 5}).trades["entry_price"][0] == 107.0
    assert trade(halted, {"day": 5}, patience=1).status.tolist() == ["no_price"]


def test_a_halted_position_is_sold_at_the_next_close() -> None:
    closes = [100.0] * 8 + [NAN, NAN, 90.0, 91.0]
    result = trade(flat(12, close=closes), {"day": 5})
    assert result.trades["exit_price"][0] == 90.0
    assert str(result.trades["exit_time"][0].date()) == day(10)
    # The last known price stands while there is none.
    by_day = dict(zip(result.equity["date"].dt.strftime("%Y-%m-%d"), result.equity["equity"], strict=True))
    assert by_day[day(9)] == pytest.approx(1_000_000)
    assert by_day[day(10)] == pytest.approx(900_000)


def test_a_delisted_position_is_paid_out() -> None:
    prices = market({"AAA": flat(8, close=[100.0] * 7 + [40.0]), "BBB": flat(20)})
    rule = Backtest(side="1", entry="open", exit_after=10, limits=ONE, costs=Costs.none(), delisting=-0.3)
    trade_ = rule.run(events([{"symbol": "AAA", "day": 5}]), prices).trades.iloc[0]
    assert (trade_["exit_reason"], trade_["exit_price"]) == ("delisted", pytest.approx(28.0))


def test_a_position_still_open_is_valued_at_the_last_close() -> None:
    result = trade(flat(8, close=[100.0] * 7 + [120.0]), {"day": 5}, exit_after=10)
    assert result.trades["exit_reason"][0] == "end_of_data"
    assert result.days.equity[-1] == pytest.approx(1_200_000)


def test_unknown_symbols_are_counted_not_lost() -> None:
    rule = Backtest(side="1", entry="open", exit_after=2)
    result = rule.run(events([{"symbol": "AAA", "day": 5}, {"symbol": "ZZZ", "day": 5}]), market({"AAA": flat(12)}))
    assert result.order_table["status"].tolist() == ["filled", "unknown_symbol"]
    assert result.order_table["reason"][1] == "The prices hold no such symbol."
