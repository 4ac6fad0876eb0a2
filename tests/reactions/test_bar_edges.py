"""Made-up bars at the edges: no base, a hole before the close, news after the cutoff, hours of one's own."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from eventstudy.errors import Reason
from eventstudy.hours import ExtendedHours, with_rule
from eventstudy.reactions import Grade, Reaction, daily_prices, price_contributions
from tests.made_up import FIRST, SESSIONS
from tests.reactions.made import event_frame, price_frame, tiny_frame
from tests.reactions.made_bars import Bar, bar_frame, barred, panel_of, random_days


def news(offset: int, time: str) -> pd.DataFrame:
    """Return one event of AAA at a time of New York."""
    moment = pd.Timestamp(f"{SESSIONS[FIRST + offset]} {time}").tz_localize("America/New_York")
    return pd.DataFrame({"symbol": ["AAA"], "event_id": ["A"], "announced_at": [moment.isoformat()]})


def with_hole(basis: str, level: float) -> Reaction:
    """Return the reaction on a day whose last bar ends at 15:30, 4% below the close; bars on some level."""
    prices = tiny_frame([100.0, 100.0, 110.0], open=[100.0, 100.0, 104.0])
    morning = [("09:00", 104.0), ("09:30", 104.0), ("15:25", 106.0)]
    days = {0: [("15:55", 100.0)], 1: [("15:55", 100.0)], 2: morning}
    halved = {day: [(time, price * level) for time, price in bars] for day, bars in days.items()}
    return barred(prices, event_frame(2), panel_of(bar_frame(halved), basis=basis), days=0)[0]


@pytest.mark.parametrize("basis", ["unadjusted", "adjusted"])
@pytest.mark.parametrize("level", [1.0, 0.5])
def test_what_the_price_did_after_the_last_bar_does_not_move_the_morning(basis: str, level: float) -> None:
    reaction = with_hole(basis, level)
    assert reaction.rung("premarket").raw == pytest.approx(0.04, abs=1e-14)
    assert reaction.rung("first_5").raw == pytest.approx(0.04, abs=1e-14)
    assert reaction.rung("close").raw == pytest.approx(0.10, abs=1e-14)


@pytest.mark.parametrize("basis", ["unadjusted", "adjusted"])
def test_a_split_shows_in_a_last_bar_before_the_close(basis: str) -> None:
    # The bars are split-adjusted: half the prices before the split of the second session.
    prices = tiny_frame([100.0, 52.0], open=[100.0, 51.0], split=[1.0, 2.0])
    days = {0: [("15:55", 50.0), ("16:00", 51.0)], 1: [("09:00", 51.0), ("09:30", 51.0), ("15:50", 52.0)]}
    (reaction,) = barred(prices, event_frame(1), panel_of(bar_frame(days), basis=basis), days=0)
    assert reaction.rung("after_hours").raw == pytest.approx(0.02, abs=1e-14)
    assert reaction.rung("premarket").raw == pytest.approx(0.02, abs=1e-14)


def test_an_event_without_a_close_before_it_has_the_daily_ladder() -> None:
    prices = tiny_frame([100.0, 110.0], open=[np.nan, 104.0])
    bars = panel_of(bar_frame({0: [("09:00", 98.0), ("09:30", 99.0), ("15:55", 100.0)], 1: [("09:30", 104.0)]}))
    (reaction,) = barred(prices, event_frame(0), bars, days=1)
    assert not reaction.has_bars
    # There were prints before the open; what lacks is the close that they are measured from.
    assert not any(Reason.NO_PRINT in move.reasons for move in reaction.moves)
    assert reaction.rung("open").reasons == (Reason.NO_PRICE,)
    assert reaction.leg("session").raw == pytest.approx(100 / 99 - 1, abs=1e-15)
    assert reaction.leg("d1").raw == pytest.approx(0.1, abs=1e-15)


def test_news_between_the_cutoff_and_the_open_splits_the_gap() -> None:
    prices = tiny_frame([100.0, 110.0], open=[100.0, 104.0])
    days = {0: [("15:55", 100.0)], 1: [("09:15", 102.0), ("09:20", 103.0), ("09:25", 106.0), ("09:30", 104.0)]}
    bars = panel_of(bar_frame(days))
    (early,) = barred(prices, news(1, "09:22"), bars, days=0)
    (late,) = barred(prices, news(1, "09:29"), bars, days=0)
    assert [leg.leg for leg in early.legs][1:4] == ["premarket_before", "premarket_after", "open_gap"]
    assert [leg.leg for leg in late.legs][1:4] == ["premarket", "open_gap_before", "open_gap_after"]
    # The bar of 09:25 ends after the news.
    assert late.leg("open_gap_before").reasons[0] is Reason.NO_PRINT
    for cutoff_rung in (early.rung("premarket"), late.rung("premarket")):
        assert cutoff_rung.raw == pytest.approx(0.03, abs=1e-14)
    (split,) = barred(prices, news(1, "09:29"), panel_of(bar_frame(days), bar_frame({1: [("09:21", 105.0)]})), days=0)
    found = {leg.leg: 1 + leg.raw for leg in split.legs}
    assert found["premarket"] == pytest.approx(1.03, abs=1e-14)
    assert found["open_gap_before"] == pytest.approx(105 / 103, abs=1e-14)
    assert found["open_gap_after"] == pytest.approx(104 / 105, abs=1e-14)
    assert split.leg("open_gap").raw == pytest.approx(104 / 103 - 1, abs=1e-14)
    for reaction in (early, late, split):
        assert sum(each.share for each in price_contributions([reaction])) == pytest.approx(1.0, abs=1e-12)


def test_news_at_night_splits_the_premarket_of_bars_with_longer_hours() -> None:
    prices = tiny_frame([100.0, 110.0], open=[100.0, 104.0])
    days = {0: [("15:55", 100.0), ("21:00", 101.0), ("22:30", 105.0)], 1: [("09:30", 104.0), ("15:55", 110.0)]}
    night = with_rule("XNYS", ExtendedHours(date(2020, 1, 1), opens=-180, after_close=240))
    (reaction,) = barred(prices, news(0, "22:00"), panel_of(bar_frame(days), hours=night), days=0)
    found = {leg.leg: 1 + leg.raw for leg in reaction.legs}
    assert found["premarket_before"] == pytest.approx(1.01, abs=1e-14)
    assert found["premarket_after"] == pytest.approx(105 / 101, abs=1e-14)


def test_volume_after_hours_is_worth_what_was_paid_for_it() -> None:
    prices = tiny_frame([100.0, 51.0], open=[100.0, 50.0], split=[1.0, 2.0])
    evening: list[Bar] = [(f"16:{minute:02d}", 103.0) for minute in range(0, 50, 5)]
    days = {0: [("15:55", 100.0), *evening], 1: [("09:30", 50.0), ("15:55", 51.0)]}
    (reaction,) = barred(prices, event_frame(1), panel_of(bar_frame(days, volume=100.0)), days=0)
    rung = reaction.rung("after_hours")
    assert rung.prints is not None
    # 1,000 old shares at 103, before they became 2,000.
    assert (rung.prints.notional, rung.grade) == (103_000.0, Grade.A)


def test_a_mean_weighted_with_an_unknown_volume_is_no_silence() -> None:
    prices = tiny_frame([100.0, 110.0], open=[100.0, 104.0])
    days = {0: [("15:55", 100.0)], 1: [("09:00", 103.0), ("09:30", 104.0), ("15:55", 110.0)]}
    reasons = {
        name: barred(prices, event_frame(1), panel_of(bar_frame(each)), days=0)[0].rung(name).reasons[0]
        for name, each in (("premarket_vwap", days), ("premarket_high", {0: days[0], 1: days[1][1:]}))
    }
    assert reasons == {"premarket_vwap": Reason.NO_PRICE, "premarket_high": Reason.NO_PRINT}


def test_a_volume_in_no_bar_is_unknown_for_the_day() -> None:
    frame = bar_frame({0: [("09:30", 99.0), ("15:55", 100.0)]}, volume=5.0)
    assert daily_prices(panel_of(frame)).volume.tolist() == [10.0]
    np.testing.assert_array_equal(daily_prices(panel_of(frame.drop(columns="volume"))).volume, [np.nan])
    frame.loc[0, "volume"] = np.nan
    assert daily_prices(panel_of(frame)).volume.tolist() == [5.0]


def test_notes_add_up_no_unknown_leg() -> None:
    prices = pd.concat([price_frame(3, 60, actions=False), price_frame(4, 60, "MKT", actions=False)])
    bars = panel_of(bar_frame(random_days(8, price_frame(3, 60, actions=False))))
    (reaction,) = barred(prices, event_frame(50), bars, benchmark="MKT")
    # Without bars of the benchmark the session alone has a beta of its own.
    assert np.isnan(reaction.leg("premarket").abnormal_log)
    assert reaction.notes[-1].startswith("Betas of the legs' own, from ordinary days: ")
    assert reaction.notes[-1].endswith(" session (48 days).")


def test_past_reports_without_a_premarket_price_are_not_counted_as_its_last_ones() -> None:
    prices = price_frame(5, 90, actions=False)
    days = random_days(9, prices, chance=0.0)
    for at, move in ((20, 0.02), (40, 0.20), (80, 0.10)):
        days[at] = [("09:00", float(prices["close"][at - 1]) * (1 + move)), *days[at]]
    reactions = barred(prices, event_frame(20, 40, 60, 80), panel_of(bar_frame(days)))
    told = "The premarket move was larger than those of one of its last two reports with a premarket price and the move"
    assert reactions[3].own_sentence.startswith(told)
