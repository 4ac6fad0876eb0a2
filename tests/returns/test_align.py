from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eventstudy.errors import Reason
from eventstudy.events import Events, place
from eventstudy.panels import PricePanel
from eventstudy.returns import Aligned, Windows, align, measure, on_price_venue
from tests.made_up import FIRST, SESSIONS, made_up_events, made_up_returns

WINDOWS = Windows(estimation=(-60, -11), event=(-10, 10), min_obs=30)


def aligned(events: Events, prices: PricePanel, windows: Windows = WINDOWS) -> Aligned:
    events = on_price_venue(events, prices.listing)
    return align(events, place(events), measure(prices), windows)


@pytest.fixture(scope="module")
def prices() -> PricePanel:
    return PricePanel.from_frame(made_up_returns(seed=1, symbols=2, sessions=200))


@pytest.mark.parametrize(
    ("offset", "status", "detail"),
    [
        (100, Reason.OK, ""),
        (9, Reason.WINDOW_OUTSIDE_CALENDAR, "prices from 9 sessions before day 0 to 190 after it"),
        (-5, Reason.WINDOW_OUTSIDE_CALENDAR, "prices from 5 sessions after day 0 to 204 after it"),
        (10, Reason.TOO_FEW_ESTIMATION_DAYS, "0 of 30 estimation returns"),
        (39, Reason.TOO_FEW_ESTIMATION_DAYS, "29 of 30 estimation returns"),
        (40, Reason.OK, ""),
        (189, Reason.OK, ""),
        (190, Reason.WINDOW_OUTSIDE_CALENDAR, "prices from 190 sessions before day 0 to 9 after it"),
        (203, Reason.DATE_AFTER_CALENDAR, "4 sessions after the last price"),
    ],
)
def test_edges_of_the_sample(prices: PricePanel, offset: int, status: Reason, detail: str) -> None:
    attrition = aligned(made_up_events(["S00"], [offset]), prices).attrition
    assert attrition.status.tolist() == [status]
    assert attrition.detail.tolist() == [detail]


def test_unknown_symbol_and_order_of_the_engine(prices: PricePanel) -> None:
    events = made_up_events(["S01", "NONE", "S00"], [120, 100])
    result = aligned(events, prices)
    assert result.attrition.counts() == {"unknown_symbol": 2}
    assert events.event_id[result.row].tolist() == sorted(events.event_id[result.row].tolist())
    assert len(result) + sum(result.attrition.counts().values()) == len(events)


def test_a_ticker_in_small_letters_says_that_capitals_count(prices: PricePanel) -> None:
    attrition = aligned(made_up_events(["s00", "S02"], [100]), prices).attrition
    assert sorted(attrition.detail) == ["no prices of S02", "no prices of s00; capitals count"]


def test_a_symbol_that_stops_trading_is_not_the_end_of_the_sample() -> None:
    frame = made_up_returns(seed=2, symbols=2, sessions=200)
    frame = frame[~((frame["symbol"] == "S00") & (frame["date"] > SESSIONS[FIRST + 103]))]
    prices = PricePanel.from_frame(frame)
    result = aligned(made_up_events(["S00"], [100, 115]), prices)
    assert result.attrition.status.tolist() == [Reason.OK, Reason.NO_RETURNS]


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(["S00", "S01", "MKT", "NONE"]), st.integers(0, 260)), min_size=1, unique=True)
)
def test_kept_and_dropped_add_up(given_events: list[tuple[str, int]]) -> None:
    prices = PricePanel.from_frame(made_up_returns(seed=1, symbols=2, sessions=200, missing=0.3))
    table = pd.DataFrame(
        {
            "symbol": [symbol for symbol, _ in given_events],
            "date": [str(SESSIONS[FIRST + offset]) for _, offset in given_events],
            "timing": "before_open",
        }
    )
    events = Events.from_frame(table)
    result = aligned(events, prices)
    assert int(result.attrition.kept.sum()) == len(result)
    assert len(result) + sum(result.attrition.counts().values()) == len(events)
    panel = measure(prices)
    used = panel.window(result.code, result.day0 - 60, 50)
    assert ((~np.isnan(used)).sum(axis=1) >= 30).all()
    backwards = aligned(events.take(np.arange(len(events))[::-1]), prices)
    assert events.event_id[result.row].tolist() == events.event_id[::-1][backwards.row].tolist()


def test_events_move_to_the_venue_of_their_prices() -> None:
    prices = PricePanel.from_frame(
        pd.DataFrame({"date": ["2025-02-20", "2025-02-21"], "symbol": "9988.HK", "close": [120.0, 137.0]})
    )
    events = Events.from_frame(
        pd.DataFrame(
            {"symbol": ["9988.HK", "BABA"], "announced_at": ["2025-02-20T05:36-05:00"] * 2, "calendar": "XNYS"}
        )
    )
    moved = on_price_venue(events, prices.listing)
    assert moved.calendar.tolist() == ["XHKG", "XNYS"]
    placed = place(moved)
    days = [str(placed.calendars[code].sessions[day]) for code, day in zip(moved.calendar, placed.day0, strict=True)]
    assert days == ["2025-02-21", "2025-02-20"]


@pytest.mark.parametrize(
    ("symbol", "stated", "date", "tag", "day0", "phase", "flag"),
    [
        # New York opens and closes after Hong Kong has closed; Hong Kong opens before New York's date begins.
        ("9988.HK", "XNYS", "2024-08-15", "before_open", "2024-08-16", "post", True),
        ("9988.HK", "XNYS", "2024-08-15", "during", "2024-08-16", "pre", True),
        ("9988.HK", "XNYS", "2024-08-15", "after_close", "2024-08-16", "pre", True),
        ("9988.HK", "XNYS", "2024-08-15", "unknown", "2024-08-15", "unknown", True),
        ("9988.HK", "XHKG", "2024-08-15", "before_open", "2024-08-15", "pre", False),
        ("BABA", "XHKG", "2024-08-15", "before_open", "2024-08-15", "post", True),
        ("BABA", "XHKG", "2024-08-15", "after_close", "2024-08-15", "pre", True),
        ("BABA", "XHKG", "2024-08-17", "after_close", "2024-08-19", "closed", False),
        ("BABA", "XLON", "2024-08-15", "after_close", "2024-08-15", "intraday", True),
        ("BABA", "XNAS", "2024-08-15", "before_open", "2024-08-15", "pre", False),
        ("BABA", "XNAS", "2024-08-15", "unknown", "2024-08-15", "unknown", False),
    ],
)
def test_a_date_with_a_tag_is_read_on_the_exchange_it_was_given_for(
    symbol: str, stated: str, date: str, tag: str, day0: str, phase: str, flag: bool
) -> None:
    prices = PricePanel.from_frame(
        pd.DataFrame({"date": ["2024-08-15", "2024-08-16"], "symbol": symbol, "close": [80.0, 81.0]})
    )
    table = pd.DataFrame({"symbol": [symbol], "date": [date], "timing": tag, "calendar": stated})
    moved = on_price_venue(Events.from_frame(table), prices.listing)
    placed = place(moved)
    assert (str(placed.dates(moved.calendar)[0]), str(placed.phase[0])) == (day0, phase)
    assert moved.flags.tolist() == ["placed_from_other_exchange" if flag else ""]
