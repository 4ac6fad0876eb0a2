"""When an event was known, and the first price that it could be traded at: the table of METHODS 8.1."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from eventstudy.backtest import Backtest, Costs
from eventstudy.backtest.clock import read_clock
from tests.backtest.made import day, events, flat, market, moment

PRICES = market({"AAA": flat(30)})


def new_york(when: Any) -> str:
    return str(pd.Timestamp(when, tz="UTC").tz_convert("America/New_York").strftime("%Y-%m-%d %H:%M"))


@pytest.mark.parametrize(
    ("row", "known"),
    [
        ({"day": 5, "timing": "before_open"}, f"{day(5)} 09:00"),
        ({"day": 5, "timing": "after_close"}, f"{day(5)} 16:30"),
        ({"day": 5, "timing": "during"}, f"{day(5)} 16:00"),
        ({"day": 5, "timing": "unknown"}, f"{day(5)} 16:30"),
        ({"announced_at": moment(5, "07:02")}, f"{day(5)} 07:02"),
        ({"announced_at": moment(5, "07:02"), "known_at": moment(6, "11:00")}, f"{day(6)} 11:00"),
        ({"date": "2024-01-06", "timing": "after_close"}, "2024-01-08 09:00"),
        ({"date": "2024-01-06", "timing": "unknown"}, "2024-01-05 16:30"),
    ],
)
def test_known(row: dict[str, Any], known: str) -> None:
    clock = read_clock(events([{"symbol": "AAA", **row}]), Backtest())
    assert new_york(clock.news[0]) == known


@pytest.mark.parametrize(
    ("row", "options", "entry"),
    [
        # Before the open, in time for the auction: today's open; ten minutes before it is too late.
        ({"announced_at": moment(5, "07:00")}, {"entry": "open"}, f"{day(5)} 09:30"),
        ({"announced_at": moment(5, "09:19")}, {"entry": "open"}, f"{day(5)} 09:30"),
        ({"announced_at": moment(5, "09:20")}, {"entry": "open"}, f"{day(6)} 09:30"),
        ({"announced_at": moment(5, "09:10")}, {"entry": "open", "latency": 900}, f"{day(6)} 09:30"),
        ({"day": 5, "timing": "before_open"}, {"entry": "open"}, f"{day(5)} 09:30"),
        ({"day": 5, "timing": "before_open"}, {"entry": "open", "tag_minutes": 5}, f"{day(6)} 09:30"),
        # In the session: the next open, or its own close.
        ({"announced_at": moment(5, "11:00")}, {"entry": "open"}, f"{day(6)} 09:30"),
        ({"announced_at": moment(5, "11:00")}, {"entry": "close"}, f"{day(5)} 16:00"),
        ({"announced_at": moment(5, "15:55")}, {"entry": "close"}, f"{day(6)} 16:00"),
        # After the close: the next session.
        ({"announced_at": moment(5, "16:05")}, {"entry": "open"}, f"{day(6)} 09:30"),
        ({"day": 5, "timing": "after_close"}, {"entry": "open"}, f"{day(6)} 09:30"),
        ({"day": 5, "timing": "after_close"}, {"entry": "close"}, f"{day(6)} 16:00"),
        # Nobody knows when: the session after the date's.
        ({"day": 5, "timing": "unknown"}, {"entry": "open"}, f"{day(6)} 09:30"),
        # Drift: the open of day +1, of the later day 0 where the time is unknown.
        ({"day": 5, "timing": "before_open"}, {"entry": "next_open"}, f"{day(6)} 09:30"),
        ({"day": 5, "timing": "after_close"}, {"entry": "next_open"}, f"{day(7)} 09:30"),
        ({"day": 5, "timing": "unknown"}, {"entry": "next_open"}, f"{day(7)} 09:30"),
        # The row came late.
        ({"day": 5, "known_at": moment(8, "12:00")}, {"entry": "open"}, f"{day(9)} 09:30"),
    ],
)
def test_first_fill(row: dict[str, Any], options: dict[str, Any], entry: str) -> None:
    rule = Backtest(side="1", exit_after=3, costs=Costs.none(), **options)
    trades = rule.run(events([{"symbol": "AAA", **row}]), PRICES).trades
    assert new_york(trades["entry_time"][0].tz_localize(None)) == entry
    assert trades["information_time"][0] <= trades["decision_time"][0] <= trades["entry_time"][0]


def test_what_is_measured_is_known_when_it_is_over() -> None:
    """The price that forms a signal is never the price of the fill."""
    prices = market({"AAA": flat(30, open=[100] * 5 + [104] + [100] * 24, close=[100] * 5 + [103] + [100] * 24)})
    found = {}
    for name in ("reaction", "gap"):
        for entry in ("open", "close"):
            rule = Backtest(side=f"sign({name})", entry=entry, exit_after=3)  # type: ignore[arg-type]
            trade = rule.run(events([{"symbol": "AAA", "day": 5}]), prices).trades.iloc[0]
            found[name, entry] = new_york(trade["entry_time"].tz_localize(None))
    assert found == {
        ("reaction", "open"): f"{day(6)} 09:30",
        ("reaction", "close"): f"{day(6)} 16:00",
        ("gap", "open"): f"{day(6)} 09:30",
        ("gap", "close"): f"{day(5)} 16:00",
    }


def test_the_reaction_to_an_unknown_hour_takes_two_sessions() -> None:
    closes = [100.0] * 5 + [102.0, 102.0 * 1.03] + [110.0] * 23
    prices = market({"AAA": flat(30, close=closes)})
    rule = Backtest(side="reaction", entry="next_open", exit_after=3)
    result = rule.run(events([{"symbol": "AAA", "day": 5, "timing": "unknown"}]), prices)
    assert result.decisions.signal[0] == pytest.approx(1.02 * 1.03 - 1)
    assert new_york(result.decisions.information[0]) == f"{day(6)} 16:00"


def test_a_gap_is_without_the_dividend() -> None:
    prices = market({"AAA": flat(30, open=[100] * 5 + [101] + [100] * 24, dividend=[0] * 5 + [2] + [0] * 24)})
    result = Backtest(side="gap", entry="close", exit_after=3).run(events([{"symbol": "AAA", "day": 5}]), prices)
    assert result.decisions.signal[0] == pytest.approx(101 / 98 - 1)


def test_quantiles_use_the_quarter_before() -> None:
    rows = [{"symbol": "AAA", "date": str(np.datetime64("2024-01-02") + k), "surprise": float(k)} for k in range(60)]
    rows += [{"symbol": "AAA", "date": "2024-05-01", "surprise": each} for each in (-1.0, 29.0, 100.0)]
    for number, row in enumerate(rows):
        row["event_id"] = f"e{number}"
    made = events(rows)
    signal = Backtest(side="quantile(surprise, 4)").run(made, market({"AAA": flat(120)})).decisions.signal
    assert signal[60:].tolist() == [1.0, 2.0, 4.0]
    assert set(signal[:60]) == {0.0}
