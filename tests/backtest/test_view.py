"""A strategy is only shown the past."""

from __future__ import annotations

import numpy as np
import pytest

from eventstudy.backtest import Backtest, View
from eventstudy.errors import InputError, UnknownNameError
from tests.backtest.made import day, events, market, moment, random_events, random_market


def seen(row: dict[str, object], **options: object) -> View:
    """Return what a function is shown of an event of AAA."""
    shown: list[View] = []

    def side(view: View) -> float:
        shown.append(view)
        return 0.0

    count = np.arange(20.0) + 100
    prices = market({"AAA": {"open": count, "close": count + 0.5}, "BBB": {"open": count, "close": count}})
    earlier = [{"symbol": "AAA", "day": 3, "event_id": "old", "size": 2.0}]
    later = [{"symbol": "AAA", "day": 15, "event_id": "new", "size": 3.0}]
    table = events([*earlier, {"symbol": "AAA", "event_id": "this", "size": 1.0, **row}, *later])
    Backtest(side=side, **options).run(table, prices)  # type: ignore[arg-type]
    return shown[1]


@pytest.mark.parametrize(
    ("options", "opens", "closes"),
    [
        ({"entry": "open"}, 8, 8),
        ({"entry": "open", "decide_at": "open"}, 9, 8),
        ({"entry": "open", "decide_at": "close"}, 9, 9),
        ({"entry": "next_open"}, 9, 9),
    ],
)
def test_prices_end_at_the_decision(options: dict[str, object], opens: int, closes: int) -> None:
    series = seen({"day": 8}, **options).series()
    assert len(series.open) == opens
    assert int((~np.isnan(series.close)).sum()) == closes
    assert np.isnan(series.close[closes:]).all()


def test_the_future_is_in_no_array() -> None:
    series = seen({"day": 8}, entry="open").series()
    for name in ("open", "high", "low", "close", "volume", "total_return"):
        array = getattr(series, name)
        assert not array.flags.writeable
        assert array.base is None


def test_past_events_are_those_known() -> None:
    view = seen({"day": 8}, entry="open")
    assert view.past_events().event_id.tolist() == ["old"]
    assert view.past_events("BBB").event_id.tolist() == []
    assert view.values["size"] == 1.0
    with pytest.raises(TypeError):
        view.values["size"] = 2.0  # type: ignore[index]


def test_other_symbols_are_cut_too() -> None:
    view = seen({"day": 8, "announced_at": moment(8, "12:00")}, entry="close")
    assert len(view.series("BBB").close) == 9
    assert np.isnan(view.series("BBB").close[-1])
    with pytest.raises(UnknownNameError, match="symbol in the prices named 'CCC'"):
        view.series("CCC")
    assert str(view.date) == day(8)


def test_a_function_says_a_number() -> None:
    with pytest.raises(InputError, match=r"the side of .* is 'up'; a number was expected"):
        Backtest(side=lambda _: "up").run(random_events(1), random_market(1))  # type: ignore[arg-type, return-value]


def test_a_function_trades_as_the_expression_does() -> None:
    made, prices = random_events(1), random_market(1)
    expression = Backtest(side="sign(surprise)").run(made, prices)
    function = Backtest(side=lambda view: float(np.sign(view.values["surprise"]))).run(made, prices)
    # A function is asked after the close of day 0, an expression as soon as it can be told: the entries are the same.
    columns = ["event_id", "side", "entry_time", "entry_price", "exit_time", "exit_price", "exit_reason"]
    assert function.trades[columns].equals(expression.trades[columns])
