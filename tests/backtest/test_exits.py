"""Stops, targets and the next announcement."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from eventstudy.backtest import Backtest, Costs, Limits
from tests.backtest.made import day, events, flat, market, moment

ONE = Limits(positions=1, adv=None)


def closed(prices: dict[str, Any], row: dict[str, Any] | None = None, **options: Any) -> pd.Series[Any]:
    """Return the one trade of an event on session 5, entered at that open at 100."""
    rule = Backtest(**{"side": "1", "entry": "open", "exit_after": 6, "limits": ONE, "costs": Costs.none()} | options)
    return rule.run(events([{"symbol": "AAA", "day": 5, **(row or {})}]), market({"AAA": prices})).trades.iloc[0]


def change(field: str, **at: float) -> dict[str, Any]:
    """Return flat prices of 100 with a field changed on some sessions, ``s7=90``."""
    values = [100.0] * 15
    for session, value in at.items():
        values[int(session[1:])] = value
    return flat(15) | {field: values}


@pytest.mark.parametrize(
    ("prices", "side", "reason", "price", "session", "clock"),
    [
        (change("low", s7=91.0), "1", "stop", 92.0, 7, "16:00"),
        (change("high", s7=109.0), "-1", "stop", 108.0, 7, "16:00"),
        (change("high", s8=116.0), "1", "target", 115.0, 8, "16:00"),
        (change("low", s8=84.0), "-1", "target", 85.0, 8, "16:00"),
        (change("low", s5=91.0), "1", "stop", 92.0, 5, "16:00"),
        (change("low", s7=92.5), "1", "horizon", 100.0, 11, "16:00"),
    ],
)
def test_stop_and_target(
    prices: dict[str, Any], side: str, reason: str, price: float, session: int, clock: str
) -> None:
    trade = closed(prices, side=side, stop=0.08, target=0.15)
    assert trade["exit_reason"] == reason
    assert trade["exit_price"] == pytest.approx(price)
    assert str(trade["exit_time"].tz_convert("America/New_York"))[:16] == f"{day(session)} {clock}"


def test_a_gap_through_the_stop_is_filled_at_the_open() -> None:
    prices = change("open", s7=80.0) | {"low": [100.0] * 7 + [78.0] + [100.0] * 7}
    trade = closed(prices, stop=0.08)
    assert (trade["exit_reason"], trade["exit_price"]) == ("stop", 80.0)
    assert str(trade["exit_time"].tz_convert("America/New_York"))[11:16] == "09:30"


def test_a_gap_through_the_target_too() -> None:
    trade = closed(change("open", s7=130.0), target=0.15)
    assert (trade["exit_reason"], trade["exit_price"]) == ("target", 130.0)


def test_where_both_are_touched_the_stop_counts() -> None:
    prices = flat(15, high=[100.0] * 7 + [120.0] + [100.0] * 7, low=[100.0] * 7 + [90.0] + [100.0] * 7)
    assert closed(prices, stop=0.08, target=0.15)["exit_price"] == pytest.approx(92.0)


def test_without_a_range_only_the_close_tells() -> None:
    prices = {"open": [100.0] * 15, "close": [100.0] * 7 + [90.0] + [100.0] * 7}
    trade = closed(prices, stop=0.08)
    assert (trade["exit_reason"], trade["exit_price"]) == ("stop", 90.0)


def test_an_entry_at_the_close_does_not_look_back_at_its_session() -> None:
    prices = change("low", s5=50.0)
    assert closed(prices, entry="close", stop=0.08)["exit_reason"] == "horizon"


def test_a_split_is_no_loss() -> None:
    half = [100.0] * 8 + [50.0] * 7
    prices = dict.fromkeys(("open", "high", "low", "close"), half) | {"split": [1.0] * 8 + [2.0] + [1.0] * 6}
    trade = closed(prices, stop=0.08)
    assert trade["exit_reason"] == "horizon"
    assert trade["gross"] == pytest.approx(0.0)
    assert trade["net"] == pytest.approx(0.0)


def two(known: str | None, first: str = "before_open", second: str = "before_open", **options: Any) -> Any:
    rows: list[dict[str, Any]] = [
        {"symbol": "AAA", "day": 5, "timing": first, "event_id": "one"},
        {"symbol": "AAA", "day": 9, "timing": second, "event_id": "two"},
    ]
    if known is not None:
        rows[1]["known_at"] = known
    rule = Backtest(side="1", entry="open", exit_after=20, before_next_announcement=True, limits=ONE, **options)
    return rule.run(events(rows), market({"AAA": flat(40)}))


@pytest.mark.parametrize(("second", "session"), [("before_open", 8), ("during", 8), ("after_close", 9), ("unknown", 8)])
def test_sold_at_the_last_close_before_the_next_announcement(second: str, session: int) -> None:
    trade = two(None, second=second).trades.iloc[0]
    assert trade["exit_reason"] == "next_announcement"
    assert str(trade["exit_time"].date()) == day(session)


def test_a_date_that_nobody_knew_can_not_be_sold_ahead_of() -> None:
    assert two(moment(3, "12:00")).trades["exit_reason"][0] == "next_announcement"
    late = two(moment(9, "08:00"), repeat="stack")
    assert late.trades["exit_reason"][0] == "horizon"


def test_a_date_of_which_nobody_says_when_it_was_known_is_marked() -> None:
    """Of the next announcement of the symbol, not of others."""
    said = "Nobody says when the dates of next announcements were known; they count as scheduled."
    silent, told = two(None), two(moment(3, "12:00"))
    assert silent.details["flags"].tolist() == ["adv_unknown;next_date_unproven", "adv_unknown"]
    assert said in silent.performance["notes"]
    assert silent.performance["flags"] == {"adv_unknown": 2, "next_date_unproven": 1}
    assert told.trades["exit_reason"].tolist() == ["next_announcement", "horizon"]
    assert told.details["flags"].tolist() == ["adv_unknown", "adv_unknown"]
    assert said not in told.performance["notes"]


def test_an_announcement_too_near_is_not_traded() -> None:
    rows = [
        {"symbol": "AAA", "day": 5, "timing": "after_close", "event_id": "one"},
        {"symbol": "AAA", "day": 6, "timing": "before_open", "event_id": "two"},
        {"symbol": "AAA", "day": 7, "timing": "before_open", "event_id": "three"},
    ]
    rule = Backtest(side="1", entry="next_open", exit_after=20, before_next_announcement=True, limits=ONE)
    status = rule.run(events(rows), market({"AAA": flat(40)})).status
    assert status.tolist()[:2] == ["announcement_too_near", "announcement_too_near"]
    assert np.isin(status[2], ["filled"])


@pytest.mark.parametrize(
    ("again", "low", "reason", "price", "session"),
    [
        # Bought at 100 and held for longer at 110: a fall to 101 is a gain of 1%, whatever a new buyer lost.
        (110.0, 101.0, "horizon", 110.0, 14),
        # Held for longer at 95: a fall to 91 is a loss of 9%, whatever a new buyer's stop would be.
        (95.0, 91.0, "stop", 92.0, 10),
    ],
)
def test_the_stop_of_a_position_held_for_longer_is_that_of_its_own_price(
    again: float, low: float, reason: str, price: float, session: int
) -> None:
    """Made-up prices: 100, from the second event on `again`, and one low."""
    values = [100.0] * 8 + [again] * 8
    lows = [*values[:10], low, *values[11:]]
    prices = market({"AAA": {"open": values, "high": values, "low": lows, "close": values}})
    rule = Backtest(side="1", entry="open", exit_after=6, stop=0.08, limits=ONE, costs=Costs.none())
    result = rule.run(events([{"symbol": "AAA", "day": 5}, {"symbol": "AAA", "day": 8}]), prices)
    assert result.status.tolist() == ["filled", "extended"]
    trade = result.trades.iloc[0]
    assert (trade["exit_reason"], str(trade["exit_time"].date())) == (reason, day(session))
    assert trade["exit_price"] == pytest.approx(price)
