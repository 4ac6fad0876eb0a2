from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eventstudy.errors import InputError, Reason
from eventstudy.events import Events, place
from eventstudy.panels import PricePanel
from eventstudy.reactions import Clock, Grade, Liquidity, Reaction, daily_prices, measure_reactions
from eventstudy.reactions.clock import Segment, SessionBars
from tests.made_up import FIRST, SESSIONS
from tests.reactions.made import event_frame, price_frame, tiny_frame
from tests.reactions.made_bars import bar_frame, barred, panel_of, random_days

ADDITIVE = 1e-12
PARTS = ("after_hours", "premarket", "open_gap", "session")


def day(offset: int, time: str) -> str:
    """Return a moment of New York in winter or summer, with its offset."""
    return pd.Timestamp(f"{SESSIONS[FIRST + offset]} {time}").tz_localize("America/New_York").isoformat()


def simple(offset: int = 1, bars: dict[int, list[tuple[str, float]]] | None = None, **event: object) -> Reaction:
    """Return the reaction to news before the open of the second session: closes 100, 110, 121."""
    prices = tiny_frame([100.0, 110.0, 121.0], open=[100.0, 104.0, 110.0])
    days = {
        0: [("15:55", 100.0), ("16:00", 101.0), ("16:30", 102.0)],
        1: [("08:00", 103.0), ("09:00", 106.0), ("09:20", 105.0), ("09:25", 90.0), ("09:30", 104.5), ("15:55", 110.0)],
    }
    timed = {"announced_at": event.pop("announced_at")} if "announced_at" in event else {}
    events = event_frame(offset, event_id="A", **event)
    if timed:
        events = events.drop(columns=["date", "timing"]).assign(**timed)
    (reaction,) = barred(prices, events, panel_of(bar_frame(bars or days)), days=1)
    return reaction


def test_the_rungs_by_hand() -> None:
    found = {rung.leg: (round(rung.price, 10), round(rung.raw, 10), rung.end[-5:]) for rung in simple().rungs}
    assert found["after_hours"] == (102.0, 0.02, "16:35")
    assert found["premarket_first"] == (103.0, 0.03, "08:00")
    assert found["premarket_high"][:2] == (106.0, 0.06)
    assert found["premarket_low"][:2] == (103.0, 0.03)
    # The bar from 09:25 to 09:30 ends after the cutoff.
    assert found["premarket"] == (105.0, 0.05, "09:25")
    assert found["open"] == (104.0, 0.04, " open")
    assert found["first_5"] == (104.5, 0.045, "09:35")
    assert found["close"][:2] == (110.0, 0.1)
    assert found["d1"][:2] == (121.0, 0.21)


def test_the_legs_by_hand_and_their_sum() -> None:
    reaction = simple()
    raw = {leg.leg: leg.raw for leg in reaction.legs}
    assert list(raw) == [*PARTS, "d1"]
    by_hand = [102 / 100, 105 / 102, 104 / 105, 110 / 104, 1.1]
    assert [raw[name] for name in raw] == pytest.approx([each - 1 for each in by_hand], abs=1e-14)
    assert reaction.leg("gap").raw == pytest.approx(0.04, abs=1e-15)


def test_a_premarket_price_of_another_cutoff() -> None:
    prices = tiny_frame([100.0, 110.0], open=[100.0, 104.0])
    bars = panel_of(bar_frame({0: [("15:55", 100.0)], 1: [("09:25", 90.0), ("09:30", 104.0), ("15:55", 110.0)]}))
    rung = {
        cutoff: barred(prices, event_frame(1), bars, clock=Clock(cutoff=cutoff), days=0)[0].rung("premarket")
        for cutoff in (0, 5)
    }
    assert (rung[0].raw, rung[0].grade) == (pytest.approx(-0.1), Grade.C)
    assert (rung[5].raw, rung[5].grade, rung[5].reasons[0]) == (0.0, Grade.NONE, Reason.NO_PRINT)


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    offset=st.integers(1, 54),
    minute=st.sampled_from([None, "05:00", "09:10", "09:31", "12:01", "15:58", "-16:05", "-19:00", "-21:00"]),
)
def test_legs_sum_to_the_total(seed: int, offset: int, minute: str | None) -> None:
    prices = pd.concat([price_frame(seed, 60), price_frame(seed + 1, 60, "MKT")])
    frames = [
        bar_frame(random_days(seed + place, prices[prices["symbol"] == symbol]), symbol)
        for place, symbol in enumerate(("AAA", "MKT"))
    ]
    events = event_frame(offset, event_id="A")
    if minute is not None:
        evening = minute.startswith("-")
        events = events.drop(columns=["date", "timing"])
        events["announced_at"] = day(offset - evening, minute.removeprefix("-"))
    (reaction,) = barred(prices, events, panel_of(*frames), benchmark="MKT", betas={"A": 1.3})
    assert str(reaction.day0) == str(SESSIONS[FIRST + offset])
    rung = {move.leg: move.raw_log for move in reaction.rungs}
    total = 0.0
    for leg in reaction.legs:
        total += leg.raw_log
        if leg.leg.startswith("session") and leg is _last_of_day(reaction):
            assert total == pytest.approx(rung["close"], abs=ADDITIVE)
        if leg.leg[1:].isdigit():
            assert total == pytest.approx(rung[leg.leg], abs=ADDITIVE)
    wholes = [reaction.leg(name).raw_log for name in PARTS] if minute is None else []
    assert sum(wholes) == pytest.approx(rung["close"] if minute is None else 0.0, abs=ADDITIVE)
    assert sum(move.raw_log for move in reaction.whole if move.leg != "gap") == pytest.approx(
        rung["close"], abs=ADDITIVE
    )
    for leg in reaction.legs:
        assert leg.abnormal_log == pytest.approx(leg.raw_log - leg.expected_log, abs=ADDITIVE, nan_ok=True)


def _last_of_day(reaction: Reaction) -> object:
    return [leg for leg in reaction.legs if not leg.leg[1:].isdigit()][-1]


@pytest.mark.parametrize(
    ("at", "legs"),
    [
        ("08:58", {"after_hours": 1.02, "premarket_before": 103 / 102, "premarket_after": 105 / 103}),
        ("16:12", {"after_hours_before": 1.01, "after_hours_after": 102 / 101, "premarket": 105 / 102}),
        ("21:00", {"after_hours": 1.02, "premarket": 105 / 102}),
    ],
)
def test_news_inside_a_part_of_the_day_splits_it(at: str, legs: dict[str, float]) -> None:
    # Before midnight is the evening of the session before.
    reaction = simple(announced_at=day(0 if at > "12" else 1, at))
    found = {leg.leg: 1 + leg.raw for leg in reaction.legs}
    for name, growth in legs.items():
        assert found[name] == pytest.approx(growth, abs=1e-14)
    assert "session" in found
    assert reaction.leg("premarket").raw == pytest.approx(105 / 102 - 1, abs=1e-14)


def test_news_during_the_session_splits_it_at_minutes_after() -> None:
    prices = tiny_frame([100.0, 110.0], open=[100.0, 104.0])
    minutes = [("09:30", 104.0), ("11:55", 105.0), ("12:00", 106.0), ("12:05", 107.0), ("12:15", 108.0)]
    later = [("12:30", 111.0), ("13:00", 112.0), ("15:55", 110.0)]
    bars = panel_of(bar_frame({0: [("15:55", 100.0)], 1: [*minutes, *later]}))
    events = pd.DataFrame({"symbol": "AAA", "announced_at": [day(1, "12:02")]})
    (reaction,) = barred(prices, events, bars, days=0)
    legs = {leg.leg: 1 + leg.raw for leg in reaction.legs}
    # At 12:02 the last whole bar is that of 11:55; five minutes later that of 12:00.
    assert list(legs)[2:] == [
        *("open_gap", "session_before", "news_5m", "news_15m", "news_30m", "news_60m", "session_after"),
    ]
    by_hand = [105 / 104, 106 / 105, 107 / 106, 108 / 107, 111 / 108, 110 / 111]
    assert [legs[name] for name in list(legs)[3:]] == pytest.approx(by_hand, abs=1e-14)
    assert reaction.leg("session").raw == pytest.approx(110 / 104 - 1, abs=1e-14)


def test_no_print_is_zero_with_a_reason_and_the_next_leg_carries_it() -> None:
    reaction = simple(bars={0: [("15:55", 100.0)], 1: [("09:30", 104.0), ("15:55", 110.0)]})
    for name in ("after_hours", "premarket"):
        leg = reaction.leg(name)
        assert (leg.raw, leg.raw_log, leg.grade, leg.reasons[0]) == (0.0, 0.0, Grade.NONE, Reason.NO_PRINT)
        assert np.isnan([leg.z, leg.percentile]).all()
        assert not leg.printed
    assert reaction.leg("open_gap").raw == pytest.approx(0.04, abs=1e-15)
    assert reaction.rung("premarket_high").reasons[0] is Reason.NO_PRINT
    assert reaction.sentences[0] == (
        "AAA opened 4.00% up and closed 10.00% up on "
        f"{reaction.day0.day} {reaction.day0:%B} {reaction.day0.year}; the close went beyond the gap, to 250% of it."
    )


def test_an_event_without_bars_has_the_daily_ladder() -> None:
    reaction = simple(2)
    assert not reaction.has_bars
    assert reaction.path is None
    assert [leg.leg for leg in reaction.legs][:2] == ["gap", "session"]


def test_a_split_and_a_dividend_between_the_base_close_and_the_bar() -> None:
    prices = tiny_frame([100.0, 51.0, 52.0], open=[100.0, 50.0, 51.0], dividend=[0, 4.0, 0], split=[1, 2.0, 1])
    bars = panel_of(
        bar_frame({0: [("15:55", 100.0), ("16:00", 103.0)], 1: [("09:00", 49.0), ("09:30", 50.0), ("15:55", 51.0)]})
    )
    (reaction,) = barred(prices, event_frame(1), bars, days=1)
    # The base is (100 - 4) / 2; the evening's move is that of its own shares.
    assert reaction.base_price == 48.0
    assert reaction.rung("after_hours").raw == pytest.approx(0.03, abs=1e-14)
    assert reaction.rung("premarket").raw == pytest.approx(49 / 48 - 1, abs=1e-14)
    assert reaction.leg("premarket").raw == pytest.approx(49 / 48 / 1.03 - 1, abs=1e-14)
    total = sum(leg.raw_log for leg in reaction.legs[:4])
    assert total == pytest.approx(np.log(51 / 48), abs=ADDITIVE)


@pytest.mark.parametrize("basis", ["unadjusted", "adjusted"])
def test_bars_on_another_level_are_brought_to_that_of_the_daily_prices(basis: str) -> None:
    days = {0: [("15:55", 100.0), ("16:00", 103.0)], 1: [("09:00", 105.0), ("09:30", 104.0), ("15:55", 110.0)]}
    halved = {offset: [(time, price / 2) for time, price in bars] for offset, bars in days.items()}
    prices = tiny_frame([100.0, 110.0], open=[100.0, 104.0])
    one, other = (
        barred(prices, event_frame(1), panel_of(bar_frame(each), basis=basis), days=0)[0] for each in (days, halved)
    )
    for rung in ("after_hours", "premarket", "first_5", "close"):
        assert other.rung(rung).raw == pytest.approx(one.rung(rung).raw, abs=1e-14)
        assert other.rung(rung).price == pytest.approx(one.rung(rung).price, abs=1e-10)


def test_a_missing_open_comes_from_the_bars_and_says_so() -> None:
    prices = tiny_frame([100.0, 110.0])
    bars = panel_of(bar_frame({0: [("15:55", 100.0)], 1: [("09:30", 104.0), ("15:55", 110.0)]}))
    (reaction,) = barred(prices, event_frame(1), bars, days=0)
    assert (reaction.rung("open").raw, reaction.rung("open").grade) == (pytest.approx(0.04), Grade.REGULAR)
    assert reaction.rung("close").grade is Grade.OFFICIAL
    assert reaction.rung("high").raw == pytest.approx(0.10)


def test_bars_labelled_by_their_end_give_the_same_ladder() -> None:
    prices = tiny_frame([100.0, 110.0], open=[100.0, 104.0])
    starts = bar_frame({0: [("15:55", 100.0), ("16:00", 103.0)], 1: [("09:20", 105.0), ("09:30", 104.0)]})
    ends = starts.assign(time=(pd.to_datetime(starts["time"]) + pd.Timedelta(minutes=5)).astype(str))
    from eventstudy.bars import BarPanel

    one = barred(prices, event_frame(1), panel_of(starts), days=0)[0]
    panel = BarPanel.from_frame(ends, interval=300, label="end", zone="exchange")
    assert repr(barred(prices, event_frame(1), panel, days=0)[0].moves) == repr(one.moves)


def test_the_leg_s_own_beta_and_the_benchmark_at_the_same_minute() -> None:
    n, rng = 60, np.random.default_rng(4)
    night, morning = rng.normal(0, 0.01, n), rng.normal(0, 0.01, n)
    gaps, sessions = (np.exp(np.cumsum(each)) for each in (night, morning))
    market = pd.DataFrame({"open": 100 * gaps * np.concatenate([[1.0], sessions[:-1]]), "close": 100 * gaps * sessions})
    # Twice the market overnight, half of it in the session.
    opened, closed = [100.0], [100.0]
    for at in range(1, n):
        overnight = market["open"][at] / market["close"][at - 1] - 1
        opened.append(closed[-1] * (1 + 2.0 * overnight))
        closed.append(opened[-1] * (1 + 0.5 * (market["close"][at] / market["open"][at] - 1)))
    frames = [
        tiny_frame(list(close), open=list(opened_)).assign(symbol=symbol)
        for symbol, opened_, close in (("AAA", opened, closed), ("MKT", market["open"], market["close"]))
    ]
    bars = [
        bar_frame(
            {
                day: [("09:20", o), ("09:30", o), ("15:55", c)]
                for day, (o, c) in enumerate(zip(f["open"], f["close"], strict=True))
            },
            symbol,
        )
        for symbol, f in zip(("AAA", "MKT"), frames, strict=True)
    ]
    (reaction,) = barred(pd.concat(frames), event_frame(50, event_id="A"), panel_of(*bars), benchmark="MKT")
    assert (reaction.leg("premarket").beta, reaction.leg("session").beta) == pytest.approx((2.0, 0.5), abs=1e-9)
    # The first session has no close before it.
    assert reaction.leg("premarket").beta_days == 48
    expected = 2.0 * (market["open"][50] / market["close"][49] - 1)
    assert reaction.leg("premarket").expected == pytest.approx(expected, abs=1e-12)
    assert reaction.leg("premarket").abnormal == pytest.approx(0.0, abs=1e-12)


def test_a_stale_benchmark_is_none() -> None:
    prices = pd.concat([tiny_frame([100.0, 110.0], open=[100.0, 104.0]).assign(symbol=each) for each in ("AAA", "MKT")])
    mine = bar_frame({0: [("15:55", 100.0)], 1: [("09:20", 105.0), ("09:30", 104.0)]})

    def expected(bar: str) -> float:
        theirs = bar_frame({0: [("15:55", 100.0)], 1: [(bar, 102.0), ("09:30", 104.0)]}, "MKT")
        found = barred(prices, event_frame(1, event_id="A"), panel_of(mine, theirs), benchmark="MKT", betas={"A": 1.0})
        return found[0].rung("premarket").expected

    assert expected("09:10") == pytest.approx(0.02, abs=1e-15)
    assert np.isnan(expected("08:30"))
    assert np.isnan(expected("09:25"))


def test_standing_of_a_premarket_move_is_among_mornings_with_a_print() -> None:
    prices = price_frame(3, 90, actions=False)
    days = random_days(8, prices, chance=0.6)
    days[70] = [("09:20", float(prices["close"][69]) * 1.5), *[each for each in days[70] if each[0] >= "09:30"]]
    (reaction,) = barred(prices, event_frame(70), panel_of(bar_frame(days)))
    rung = reaction.rung("premarket")
    mornings = []
    for at in range(1, 69):
        prints = [price for time, price in days[at] if time < "09:25"]
        if prints:
            mornings.append(prints[-1] / prices["close"][at - 1] - 1)
    assert rung.n == len(mornings)
    assert rung.z == pytest.approx((rung.raw - np.mean(mornings)) / np.std(mornings, ddof=1), rel=1e-9)
    assert rung.percentile == len(mornings) / (1 + len(mornings))
    assert f"larger than on all {rung.n} ordinary mornings with a print before it" in str(reaction)


def test_past_events_at_the_same_time_of_day_and_their_sentence() -> None:
    prices = price_frame(5, 90, actions=False)
    days = random_days(9, prices, chance=0.0)
    for at, move in ((20, 0.02), (40, 0.20), (60, 0.05), (80, 0.10)):
        days[at] = [("09:00", float(prices["close"][at - 1]) * (1 + move)), *days[at]]
    reactions = barred(prices, event_frame(20, 40, 60, 80), panel_of(bar_frame(days)))
    own = reactions[3].rung("premarket").own
    assert own is not None
    assert (own.n, own.larger_than, own.rank) == (3, 2, 2)
    assert own.t == pytest.approx(0.10 / np.sqrt(np.mean(np.square([0.02, 0.20, 0.05]))), rel=1e-9)
    assert "The premarket move was larger than those of two of its last three reports" in str(reactions[3])
    rows = reactions[3].to_frame(own_events=True)
    told = rows[(rows["leg"] == "premarket") & (rows["kind"] == "rung") & (rows["reference"] == "own_events")].iloc[0]
    assert (told["n"], told["percentile"]) == (3, 0.5)


def test_a_measured_and_a_quoted_move_stand_apart() -> None:
    reaction = simple(premarket_quote=0.07)
    measured, quoted = reaction.rung("premarket"), reaction.rung("premarket_quote")
    assert (measured.price_source, measured.raw) == ("measured", pytest.approx(0.05))
    assert (quoted.price_source, quoted.raw, quoted.grade) == ("quoted", 0.07, Grade.QUOTED)
    assert "rose 5.0% before the open" in reaction.sentences[0]


def test_bars_on_another_exchange_than_the_prices() -> None:
    prices = tiny_frame([100.0, 110.0])
    frame = bar_frame({1: [("09:30", 104.0), ("15:55", 110.0)]})
    with pytest.raises(InputError, match="on the calendar XNAS, its daily prices on XNYS"):
        barred(prices, event_frame(1), panel_of(frame, calendar="XNAS"))


def test_a_clock_that_makes_no_sense() -> None:
    for settings_, words in (
        ({"cutoff": -1}, "cutoff is -1"),
        ({"opening": (30, 5)}, "opening is"),
        ({"after_news": (0,)}, "after_news"),
    ):
        with pytest.raises(InputError, match=words):
            Clock(**settings_)  # type: ignore[arg-type]


def test_volume_that_means_nothing() -> None:
    days = {0: [("15:55", 100.0)], 1: [(f"09:{minute:02d}", 103.0) for minute in range(0, 25, 5)]}
    days[1] += [("09:30", 104.0), ("15:55", 110.0)]
    prices = tiny_frame([100.0, 110.0], open=[100.0, 104.0])
    grades = {}
    for volume in (0.0, 50_000.0):
        for trusted in (True, False):
            clock = Clock(liquidity=Liquidity(trust_volume=trusted))
            (reaction,) = barred(prices, event_frame(1), panel_of(bar_frame(days, volume=volume)), clock=clock, days=0)
            grades[volume, trusted] = reaction.rung("premarket").grade
    assert grades == {(0.0, True): "B", (0.0, False): "B", (50_000.0, True): "A", (50_000.0, False): "B"}


def test_a_morning_before_the_open_has_its_premarket_and_nothing_else() -> None:
    days = {0: [("15:55", 99.0)], 1: [("15:55", 100.0), ("16:10", 101.0)], 2: [("08:00", 108.0), ("09:10", 110.0)]}
    bars = panel_of(bar_frame(days))
    prices = daily_prices(bars)
    assert prices.close.tolist() == pytest.approx([99.0, 100.0, np.nan], nan_ok=True)
    assert np.isnan(prices.volume[2])
    made = Events.from_frame(event_frame(2))
    (reaction,) = measure_reactions(made, place(made), prices, bars=bars)
    assert reaction.rung("premarket").raw == pytest.approx(0.10, abs=1e-14)
    assert reaction.rung("open").reasons[0] is Reason.NO_PRICE
    assert reaction.rung("close").reasons[0] is Reason.NO_PRICE
    assert reaction.sentences[0].endswith("(last print 09:15, grade C); its close is not known.")


def test_the_first_session_of_the_prices_has_no_base() -> None:
    prices = tiny_frame([100.0, 110.0], open=[99.0, 104.0])
    bars = panel_of(bar_frame({0: [("09:00", 98.0), ("09:30", 99.0), ("15:55", 100.0)], 1: [("09:30", 104.0)]}))
    (reaction,) = barred(prices, event_frame(0), bars, days=0)
    assert np.isnan([move.raw for move in reaction.rungs]).all()
    assert all(move.reasons for move in reaction.moves)


def test_a_bar_without_a_close_is_no_print() -> None:
    """The same ladder as without those bars, whose times lie after the last ones that have a close."""
    prices = tiny_frame([100.0, 110.0, 121.0], open=[100.0, 104.0, 110.0])
    days = {
        0: [("15:55", 100.0), ("16:30", 102.0)],
        1: [("08:00", 103.0), ("09:10", 105.0), ("09:30", 104.5), ("15:55", 110.0)],
    }
    silent = bar_frame({0: [("16:45", np.nan)], 1: [("07:00", np.nan), ("09:20", np.nan), ("09:35", np.nan)]})
    events = event_frame(1, event_id="A")
    (holed,) = barred(prices, events, panel_of(bar_frame(days), silent), days=1)
    (whole,) = barred(prices, events, panel_of(bar_frame(days)), days=1)
    assert holed.rung("premarket").price == 105.0
    assert holed.rung("premarket_first").price == 103.0
    for mine, theirs in zip(holed.rungs, whole.rungs, strict=True):
        assert (mine.leg, mine.end, mine.grade) == (theirs.leg, theirs.end, theirs.grade)
        np.testing.assert_array_equal(mine.price, theirs.price)
    prints = holed.rung("premarket").prints
    assert prints is not None
    # Two bars, the last of which ended ten minutes before 09:25.
    assert (prints.count, prints.age) == (2, 10.0)
    assert holed.path is not None
    assert len(holed.path.time) == len(bar_frame(days)) - 1


def test_bars_without_any_close_leave_the_daily_ladder() -> None:
    prices = tiny_frame([100.0, 110.0], open=[100.0, 104.0])
    bars = panel_of(bar_frame({0: [("15:55", np.nan)], 1: [("09:00", np.nan), ("09:30", np.nan)]}))
    (reaction,) = barred(prices, event_frame(1), bars, days=0)
    assert not reaction.has_bars
    assert reaction.rung("open").raw == pytest.approx(0.04, abs=1e-15)
    assert reaction.rung("close").raw == pytest.approx(0.1, abs=1e-15)
    series, daily = bars.series("AAA"), PricePanel.from_frame(prices).series("AAA")
    found = SessionBars.of(series, daily, np.array([np.nan, 100.0]))
    assert np.isnan(found.level).all()
    assert found.prints(Segment.PREMARKET, 1, np.datetime64("2020-01-03T14:25", "s")).count == 0


def test_bars_beside_returns_alone_are_not_used() -> None:
    days = [str(each) for each in SESSIONS[FIRST : FIRST + 3]]
    prices = pd.DataFrame({"date": days, "symbol": "AAA", "return": [0.0, 0.1, 0.1]})
    bars = panel_of(bar_frame({0: [("15:55", 100.0)], 1: [("09:00", 105.0), ("09:30", 106.0), ("15:55", 110.0)]}))
    (reaction,) = barred(prices, event_frame(1), bars, days=1)
    assert not reaction.has_bars
    assert reaction.path is None
    assert reaction.rung("close").raw == pytest.approx(0.1, abs=1e-15)
    assert reaction.rung("premarket").reasons
