"""Names in expressions: groups and labels of the events, the premarket quote, and from when each is known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from eventstudy.backtest import Backtest, BacktestResult, Costs, View
from eventstudy.bars import BarPanel
from eventstudy.errors import InputError, UnknownNameError
from tests.backtest.made import day, events, flat, market, moment

PRICES = market({"AAA": flat(30), "BBB": flat(30)})
ROWS: list[dict[str, Any]] = [
    {"symbol": "AAA", "day": 5, "sector": "tech", "size": 1.0},
    {"symbol": "BBB", "day": 6, "sector": "oil", "size": 2.0, "timing": "after_close", "kind": "guidance"},
    {"symbol": "AAA", "day": 16, "sector": "tech", "size": 3.0, "confirmation": "estimated"},
]


def decided(side: str, **options: Any) -> list[float]:
    rows = [{"kind": "earnings", "confirmation": "confirmed", **row} for row in ROWS]
    given = events(rows)
    result = Backtest(**{"side": side, "exit_after": 2} | options).run(given, PRICES)
    found = dict(zip(result.market.events.event_id, result.decisions.signal.tolist(), strict=True))
    return [found[name] for name in given.event_id]


@pytest.mark.parametrize(
    ("side", "expected"),
    [
        ("sector == 'tech'", [1, 0, 1]),
        ("(sector == 'tech') - (sector == 'oil')", [1, -1, 1]),
        ("symbol != 'AAA'", [0, 1, 0]),
        ("size if timing == 'after_close' else -size", [-1, 2, -3]),
        ("kind == 'guidance'", [0, 1, 0]),
        ("confirmation == 'confirmed' and sector == 'tech'", [1, 0, 0]),
        # A word is no number and a number is no word.
        ("sector == 1", [0, 0, 0]),
        ("size != 'tech'", [1, 1, 1]),
    ],
)
def test_words_of_the_events(side: str, expected: list[float]) -> None:
    assert decided(side) == expected


def test_a_word_decides_which_orders_come_first() -> None:
    rows = [{"symbol": "AAA", "day": 5, "sector": "tech"}, {"symbol": "BBB", "day": 5, "sector": "oil"}]
    rule = Backtest(side="1", strength="sector == 'oil'", entry="open", exit_after=2)
    assert rule.run(events(rows), PRICES).order_table["strength"].tolist() == [0.0, 1.0]


@pytest.mark.parametrize(
    ("side", "said"),
    [
        ("sectr == 'tech'", r"no value of the events named 'sectr'\. Did you mean 'sector'\?"),
        ("confirmed == 'x'", r"no value of the events named 'confirmed'\. Did you mean 'confirmation'\?"),
        ("revenue > 0", r"named 'revenue'\. Known: .*gap, kind, premarket, reaction, sector, size, symbol, timing"),
    ],
)
def test_a_name_that_the_events_do_not_have(side: str, said: str) -> None:
    with pytest.raises(UnknownNameError, match=said):
        decided(side)


def test_a_word_alone_is_no_side() -> None:
    with pytest.raises(InputError, match="counts with a word"):
        decided("sector")


def test_premarket_without_a_quote_says_what_is_missing() -> None:
    with pytest.raises(InputError, match="uses premarket, the value 'premarket_quote' of the events; they have none"):
        decided("premarket > 0")


def quoted(row: dict[str, Any], bars: BarPanel | None = None, **options: Any) -> BacktestResult:
    rule = Backtest(**{"side": "premarket", "exit_after": 3, "costs": Costs.none(), "haircut": 0.0} | options)
    return rule.run(events([{"symbol": "AAA", "premarket_quote": 0.04, **row}]), PRICES, bars)


@pytest.mark.parametrize("side", ["premarket", "premarket_quote"])
@pytest.mark.parametrize(
    ("row", "known"),
    [
        ({"announced_at": moment(5, "07:00")}, (5, "09:00")),
        ({"announced_at": moment(5, "09:05")}, (5, "09:05")),
        ({"announced_at": moment(4, "16:05")}, (5, "09:00")),
        ({"day": 4, "timing": "after_close"}, (5, "09:00")),
        # Day 0 may be either session, and the quote is of the later one.
        ({"day": 4, "timing": "unknown"}, (5, "09:00")),
    ],
)
def test_a_quote_is_known_half_an_hour_before_the_open(row: dict[str, Any], known: tuple[int, str], side: str) -> None:
    decisions = quoted(row, side=side).decisions
    assert decisions.signal.tolist() == [0.04]
    assert decisions.information[0] == np.datetime64(pd.Timestamp(moment(*known)).tz_convert("UTC").tz_localize(None))


@pytest.mark.parametrize("side", ["premarket > 0", "premarket_quote > 0"])
def test_a_quote_of_the_morning_buys_nothing_in_the_evening(side: str) -> None:
    table = pd.DataFrame({"time": [moment(4, "16:10"), moment(5, "09:15")], "symbol": "AAA", "open": [101.0, 104.0]})
    bars = BarPanel.from_frame(table.assign(high=105.0, low=100.0, close=104.0, volume=10), interval=300, label="start")
    made = quoted({"announced_at": moment(4, "16:05")}, bars, side=side, entry="premarket").trades.iloc[0]
    assert made["entry_price"] == 104.0
    assert made["information_time"] == pd.Timestamp(moment(5, "09:00"))


@pytest.mark.parametrize(
    ("decide_at", "announced_at", "shown"),
    [("news", moment(4, "16:05"), False), ("news", moment(5, "09:00"), True), ("open", moment(4, "16:05"), True)],
)
def test_a_function_is_not_shown_a_quote_that_nobody_had(decide_at: str, announced_at: str, *, shown: bool) -> None:
    def side(view: View) -> float:
        return view.values["premarket_quote"]

    result = quoted({"announced_at": announced_at}, side=side, entry="close", decide_at=decide_at)
    assert result.status.tolist() == ["filled" if shown else "signal_unknown"]


def test_past_events_do_not_bring_a_quote_of_tomorrow() -> None:
    rows = [
        {"symbol": "BBB", "announced_at": moment(3, "07:00"), "premarket_quote": 0.1},
        {"symbol": "BBB", "announced_at": moment(4, "16:05"), "premarket_quote": 0.2},
        {"symbol": "AAA", "announced_at": moment(4, "16:30"), "premarket_quote": 0.3},
    ]
    seen: list[list[float]] = []

    def side(view: View) -> float:
        seen.append(view.past_events().values["premarket_quote"].tolist())
        return 0.0

    for decide_at in ("news", "open"):
        Backtest(side=side, entry="close", decide_at=decide_at).run(events(rows), PRICES)  # type: ignore[arg-type]
    # The events are asked about by symbol, that of AAA first.
    in_the_evening, in_the_morning = seen[0], seen[3]
    np.testing.assert_array_equal(in_the_evening, [0.1, np.nan])
    np.testing.assert_array_equal(in_the_morning, [0.1, 0.2])


def test_a_function_is_not_asked_about_a_symbol_without_prices() -> None:
    rows = [{"symbol": "ZZZ", "day": 5}, {"symbol": "AAA", "day": 5}]
    result = Backtest(side=lambda view: float(view.series().close[0]) / 50, exit_after=2).run(events(rows), PRICES)
    np.testing.assert_array_equal(result.decisions.signal, [2.0, np.nan])
    assert result.status.tolist() == ["filled", "unknown_symbol"]
    assert str(result.trades["entry_time"][0].date()) == day(6)
