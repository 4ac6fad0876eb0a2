"""Fills outside the auctions, prices that are missing, positions that end otherwise than planned."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from eventstudy.backtest import Backtest, BacktestResult, Costs, Limits, audit
from eventstudy.bars import BarPanel
from eventstudy.errors import InputError
from eventstudy.panels import PricePanel
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


@pytest.mark.parametrize(("entry", "announced", "price"), [("bar", "09:39", 105.0), ("bar", "09:29", 103.0)])
def test_a_bar_that_starts_at_the_decision_is_not_after_it(entry: str, announced: str, price: float) -> None:
    """An order of 9:40 is a minute after the news of 9:39, and the trades of the bar from 9:40 on may be before it."""
    made = trade(flat(12), {"announced_at": moment(5, announced)}, some_bars(), entry=entry).trades.iloc[0]
    assert made["entry_price"] == price
    at_once = trade(flat(12), {"announced_at": moment(5, announced)}, some_bars(), entry=entry, latency=59).trades
    assert at_once["entry_price"][0] == price - 1


def test_a_premarket_bar_that_starts_at_the_decision_is_not_after_it() -> None:
    quoted = {"announced_at": moment(5, "07:59"), "premarket_quote": 0.5}
    made = trade(flat(12), quoted, some_bars(), entry="premarket", haircut=0.0).trades.iloc[0]
    assert made["entry_price"] == pytest.approx(150.0)
    made = trade(flat(12), quoted, some_bars(), entry="premarket", haircut=0.0, latency=59).trades.iloc[0]
    assert made["entry_price"] == 101.0


def test_a_bar_without_volume_is_one_that_traded() -> None:
    """Many vendors know no volume outside the session; the price stands."""
    bars = BarPanel.from_frame(some_bars().to_frame().assign(volume=0.0), interval=300, label="start")
    for entry, price in (("bar", 102.0), ("premarket", 101.0)):
        row = {"announced_at": moment(5, "07:00")}
        assert trade(flat(12), row, bars, entry=entry, haircut=0.0).trades["entry_price"][0] == price


def test_a_measured_premarket_price_comes_before_a_quote() -> None:
    row = {"announced_at": moment(5, "07:00"), "premarket_quote": 0.5}
    made = trade(flat(12), row, some_bars(), entry="premarket", haircut=0.0).trades.iloc[0]
    assert made["entry_price"] == 101.0


@pytest.mark.parametrize("entry", ["vwap", "bar", "premarket"])
def test_bars_of_another_symbol_fill_nothing(entry: str) -> None:
    rule = Backtest(side="1", entry=entry, exit_after=3, limits=ONE)  # type: ignore[arg-type]
    row = {"symbol": "BBB", "announced_at": moment(5, "07:00")}
    result = rule.run(events([row]), market({"BBB": flat(12)}), some_bars())
    assert result.status.tolist() == ["no_premarket" if entry == "premarket" else "no_price"]


@pytest.mark.parametrize(
    ("entry", "row", "price"),
    [
        ("bar", {"announced_at": moment(4, "15:58")}, 102.0),
        ("vwap", {"day": 4}, (102.5 * 1 + 103.5 * 2 + 104.5 * 3) / 6),
    ],
)
def test_an_order_waits_for_bars_too(entry: str, row: dict[str, Any], price: float) -> None:
    """There are none left in the session of the decision, and some in the next."""
    result = trade(flat(12), row, some_bars(), entry=entry)
    assert result.trades["entry_price"][0] == pytest.approx(price)
    assert str(result.trades["entry_time"][0].date()) == day(5)
    assert str(result.trades["exit_time"][0].date()) == day(8)
    assert trade(flat(12), row, some_bars(), entry=entry, patience=0).status.tolist() == ["no_price"]


def test_a_bar_before_the_first_price_is_waited_over() -> None:
    table = pd.DataFrame({"time": [moment(4, "12:00"), moment(5, "12:00")], "symbol": "AAA", "open": [101.0, 102.0]})
    bars = BarPanel.from_frame(table.assign(high=103.0, low=100.0, close=102.0, volume=1), interval=300, label="start")
    rule = Backtest(side="1", entry="bar", exit_after=3, costs=Costs.none(), limits=ONE)
    row = {"symbol": "AAA", "announced_at": moment(4, "08:00")}
    made = rule.run(events([row]), market({"AAA": flat(12)}, first=5), bars).trades.iloc[0]
    assert (made["entry_price"], str(made["entry_time"].date())) == (102.0, day(5))


def test_bars_without_volume_or_outside_the_prices_fill_nothing() -> None:
    table = some_bars().to_frame().assign(volume=0.0)
    silent = BarPanel.from_frame(table, interval=300, label="start")
    assert trade(flat(12), {"day": 5}, silent, entry="vwap").status.tolist() == ["no_price"]
    # The prices end the session before the bars.
    for entry in ("vwap", "bar"):
        assert trade(flat(5), {"day": 5}, some_bars(), entry=entry).status.tolist() == ["no_price"]


def test_a_quote_needs_a_close_to_be_a_price() -> None:
    row = {"day": 5, "premarket_quote": 0.1}
    prices = flat(12, close=[NAN] * 5 + [100.0] * 7)
    assert trade(prices, row, entry="premarket").status.tolist() == ["no_premarket"]
    late = market({"AAA": flat(12), "BBB": flat(12)}, first=5)
    rule = Backtest(side="1", entry="premarket", exit_after=3, limits=ONE)
    assert rule.run(events([{"symbol": "AAA", **row}]), late).status.tolist() == ["no_premarket"]


def test_a_quote_is_marked_and_a_trade_before_the_open_is_not() -> None:
    row = {"announced_at": moment(5, "07:00"), "premarket_quote": 0.1}
    assert trade(flat(12), row, entry="premarket").details["flags"][0] == "adv_unknown;quoted_price"
    assert trade(flat(12), row, some_bars(), entry="premarket").details["flags"][0] == "adv_unknown"


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


def test_a_split_in_a_halt_changes_the_shares_and_not_their_worth() -> None:
    """Two splits without a close: the last price known is of the shares before them."""
    closes = [100.0] * 6 + [90.0, NAN, NAN, NAN, 20.0, 20.0]
    splits = [1.0] * 7 + [2.0, 1.0, 3.0, 1.0, 1.0]
    result = trade(flat(12, close=closes, split=splits), {"day": 5}, exit_after=5)
    by_day = dict(zip(result.equity["date"].dt.strftime("%Y-%m-%d"), result.equity["equity"], strict=True))
    assert [by_day[day(place)] for place in (6, 7, 8, 9)] == pytest.approx([900_000] * 4)
    assert by_day[day(10)] == pytest.approx(10_000 * 6 * 20)


def test_a_delisted_position_is_paid_out() -> None:
    prices = market({"AAA": flat(8, close=[100.0] * 7 + [40.0]), "BBB": flat(20)})
    rule = Backtest(side="1", entry="open", exit_after=10, limits=ONE, costs=Costs.none(), delisting=-0.3)
    trade_ = rule.run(events([{"symbol": "AAA", "day": 5}]), prices).trades.iloc[0]
    assert (trade_["exit_reason"], trade_["exit_price"]) == ("delisted", pytest.approx(28.0))


def test_a_position_still_open_is_valued_at_the_last_close() -> None:
    result = trade(flat(8, close=[100.0] * 7 + [120.0]), {"day": 5}, exit_after=10)
    assert result.trades["exit_reason"][0] == "end_of_data"
    assert result.days.equity[-1] == pytest.approx(1_200_000)


@pytest.mark.parametrize(
    ("entry", "side", "field", "row"),
    [
        ("close", "sign(reaction)", "close", {"day": 5}),
        ("open", "sign(gap)", "open", {"day": 5}),
        ("close", "1", "close", {"announced_at": moment(5, "16:00")}),
        ("open", "1", "open", {"announced_at": moment(5, "09:30")}),
    ],
)
def test_the_price_that_tells_is_not_the_price_of_the_fill(
    entry: str, side: str, field: str, row: dict[str, Any]
) -> None:
    """Not even for an order without latency and an auction without a cut-off."""
    values = [100.0] * 5 + [110.0] * 2 + [120.0] * 5
    prices = flat(12, **{field: values})
    made = trade(prices, row, entry=entry, side=side, latency=0, cutoff_minutes=0).trades.iloc[0]
    assert str(made["entry_time"].date()) == day(6)


def test_a_strong_order_of_the_afternoon_takes_no_room_from_one_of_the_morning() -> None:
    times = [moment(5, clock) for clock in ("10:05", "15:05")]
    table = pd.concat([pd.DataFrame({"time": times, "open": 100.0}).assign(symbol=name) for name in ("AAA", "BBB")])
    table = table.assign(high=100.0, low=100.0, close=100.0, volume=1000.0)
    bars = BarPanel.from_frame(table, interval=300, label="start")
    rows = [
        {"symbol": "AAA", "announced_at": moment(5, "10:00"), "signal": 1.0},
        {"symbol": "BBB", "announced_at": moment(5, "15:00"), "signal": 9.0},
    ]
    rule = Backtest(side="signal", entry="bar", exit_after=3, costs=Costs.none(), limits=ONE)
    result = rule.run(events(rows), market({name: flat(12) for name in ("AAA", "BBB")}), bars)
    assert result.status.tolist() == ["filled", "max_positions"]


def test_a_stop_within_a_session_leaves_no_room_for_its_morning() -> None:
    """When in the session the stop was touched, daily prices do not say."""
    table = pd.DataFrame({"time": [moment(5, "10:05"), moment(7, "10:05")], "symbol": ["AAA", "BBB"], "open": 100.0})
    table = table.assign(high=100.0, low=100.0, close=100.0, volume=1000.0)
    bars = BarPanel.from_frame(table, interval=300, label="start")
    rows = [{"symbol": name, "announced_at": moment(place, "10:00")} for name, place in (("AAA", 5), ("BBB", 7))]
    prices = market({"AAA": flat(12, low=[100.0] * 7 + [80.0] + [100.0] * 4), "BBB": flat(12)})
    rule = Backtest(side="1", entry="bar", exit_after=4, stop=0.1, costs=Costs.none(), limits=ONE)
    result = rule.run(events(rows), prices, bars)
    assert result.status.tolist() == ["filled", "max_positions"]
    assert (result.trades["exit_reason"][0], str(result.trades["exit_time"][0].date())) == ("stop", day(7))


def test_unknown_symbols_are_counted_not_lost() -> None:
    rule = Backtest(side="1", entry="open", exit_after=2)
    result = rule.run(events([{"symbol": "AAA", "day": 5}, {"symbol": "ZZZ", "day": 5}]), market({"AAA": flat(12)}))
    assert result.order_table["status"].tolist() == ["filled", "unknown_symbol"]
    assert result.order_table["reason"][1] == "The prices hold no such symbol."


@pytest.mark.parametrize(
    "row", [{"symbol": "ZZZ", "day": 5}, {"symbol": "AAA", "day": 90}, {"symbol": "AAA", "day": 0}]
)
def test_an_account_without_an_order_stands_still(row: dict[str, Any]) -> None:
    """No symbol that the prices know, or no event among their dates: the orders say so, and nothing else happens."""
    prices = market({"AAA": flat(12)}, first=40)
    result = Backtest(side="1", entry="open", exit_after=2).run(events([row]), prices)
    assert result.status.tolist() == ["unknown_symbol" if row["symbol"] == "ZZZ" else "no_price"]
    assert result.equity["date"].dt.strftime("%Y-%m-%d").tolist() == [day(place) for place in range(40, 52)]
    assert result.days.equity.tolist() == [1_000_000.0] * 12
    assert repr(result) == "BacktestResult(1 events, 0 trades, net 0 on 1,000,000)"
    assert result.performance["final_equity"] == 1_000_000.0
    assert result.honesty(draws=3).as_dict()["placebos"][0]["draws"] == 3


def test_an_unknown_symbol_of_another_exchange_adds_no_days() -> None:
    rows = [{"symbol": "AAA", "day": 5}, {"symbol": "ZZZ.L", "day": 1}]
    result = Backtest(side="1", entry="open", exit_after=2).run(events(rows), market({"AAA": flat(30)}))
    assert result.status.tolist() == ["filled", "unknown_symbol"]
    assert str(result.dates[0]) == day(4)


def test_the_days_of_two_exchanges_are_those_of_both() -> None:
    """London trades on the 15th of January 2024, Martin Luther King's day, and New York does not."""
    table = pd.DataFrame({"date": ["2024-01-12", "2024-01-15", "2024-01-16"], "symbol": "BBB.L", "close": 100.0})
    both = pd.concat([market({"AAA": flat(12)}).to_frame()[["date", "symbol", "close"]], table.assign(symbol="BBB.L")])
    both["date"] = pd.to_datetime(both["date"])
    rows = [{"symbol": "AAA", "date": "2024-01-12"}, {"symbol": "BBB.L", "date": "2024-01-12"}]
    rule = Backtest(side="1", entry="close", exit_after=1, limits=Limits(positions=2, adv=None))
    result = rule.run(events(rows), PricePanel.from_frame(both))
    assert "2024-01-15" in result.dates.astype(str)
    assert [str(each)[:10] for each in result.trades["exit_time"]] == ["2024-01-15", "2024-01-16"]


def test_nothing_to_trade_is_said() -> None:
    prices = market({"AAA": flat(12)})
    table = events([{"symbol": "AAA", "day": 5}])
    with pytest.raises(InputError, match=r"backtest: there is no event to trade\."):
        Backtest(side="1").run(table.take(np.array([], dtype=np.int64)), prices)
    nothing = PricePanel.from_frame(pd.DataFrame({"date": [], "symbol": [], "close": []}))
    for attempt in (lambda: Backtest(side="1").run(table, nothing), lambda: audit(Backtest(side="1"), table, nothing)):
        with pytest.raises(InputError, match=r"backtest: there are no prices to trade at\."):
            attempt()
