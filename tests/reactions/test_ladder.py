from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eventstudy.datasets import Alibaba
from eventstudy.errors import InputError, Reason, UnknownNameError
from eventstudy.events import Events, place
from eventstudy.panels import Basis, PricePanel
from eventstudy.reactions import Grade, OrdinaryDays, Reaction, measure_reactions, reactions_frame
from tests.reactions.conftest import BETA
from tests.reactions.made import event_frame, measured, price_frame, tiny_frame

ADDITIVE = 1e-12
SIX = ["BABA-2024Q1", "BABA-2024Q2", "BABA-2024Q3", "BABA-2024Q4", "BABA-2025Q1", "BABA-2025Q2"]
# In percent with two decimals, from the tape that the issue quotes.
RUNGS = {"premarket": 11.00, "open": 9.56, "close": 8.09, "d1": 14.28, "d2": 2.58}
LEGS = {"gap": 9.56, "session": -1.34, "d1": 5.72, "d2": -10.23}


def test_all_six_events_have_a_ladder(reactions: dict[str, Reaction]) -> None:
    assert list(reactions) == SIX
    assert all(len(reaction.moves) == 17 for reaction in reactions.values())
    days = [str(reaction.day0) for reaction in reactions.values()]
    assert days == ["2024-05-14", "2024-08-15", "2024-11-15", "2025-02-20", "2025-05-15", "2025-08-29"]


@pytest.mark.parametrize(("leg", "percent"), RUNGS.items())
def test_february_rungs(february: Reaction, leg: str, percent: float) -> None:
    assert round(100 * february.rung(leg).raw, 2) == percent
    assert february.rung(leg).base_price == 125.79


@pytest.mark.parametrize(("leg", "percent"), LEGS.items())
def test_february_legs(february: Reaction, leg: str, percent: float) -> None:
    assert round(100 * february.leg(leg).raw, 2) == percent


def test_february_facts(february: Reaction) -> None:
    assert (february.day0, february.base_date) == (date(2025, 2, 20), date(2025, 2, 19))
    assert (february.phase, february.basis, february.base_price) == ("pre", Basis.UNADJUSTED, 125.79)
    assert february.base_definition == "regular close of 2025-02-19"
    assert february.run_up_since == date(2024, 12, 31)
    assert round(february.run_up, 2) == 0.48
    # 84.79 is the close of 2024-12-31; BABA paid nothing in between.
    assert february.run_up == pytest.approx(125.79 / 84.79 - 1, rel=1e-12)


def test_quoted_move_is_never_a_measured_one(february: Reaction) -> None:
    quoted, gap = february.rung("premarket"), february.leg("gap")
    assert (quoted.price_source, quoted.grade, quoted.raw) == ("quoted", Grade.QUOTED, 0.11)
    assert quoted.price == pytest.approx(125.79 * 1.11, rel=1e-15)
    assert (quoted.n, quoted.z, quoted.percentile) == (gap.n, gap.z, gap.percentile)
    assert quoted.reasons == (Reason.NO_BENCHMARK_PRICE, Reason.GAP_STANDING)
    assert quoted.reason == "no_benchmark_price; gap_standing"
    others = [move for move in february.moves if move is not quoted]
    assert {(move.price_source, move.grade) for move in others} == {("measured", Grade.OFFICIAL)}


def test_start_and_end_name_the_prices(february: Reaction) -> None:
    named = {(str(move.kind), move.leg): (move.start, move.end, move.base_price, move.price) for move in february.moves}
    assert named["rung", "premarket"][:2] == ("2025-02-19 close", "2025-02-20 premarket")
    assert named["rung", "high"] == ("2025-02-19 close", "2025-02-20 high", 125.79, 144.51)
    assert named["rung", "d2"] == ("2025-02-19 close", "2025-02-24 close", 125.79, 129.04)
    assert named["leg", "session"] == ("2025-02-20 open", "2025-02-20 close", 137.81, 135.97)
    assert named["leg", "d2"] == ("2025-02-21 close", "2025-02-24 close", 143.75, 129.04)


def test_expected_is_beta_times_the_benchmark_over_the_same_leg(sample: Alibaba, february: Reaction) -> None:
    spy = sample.prices.series("SPY")
    at = int(np.flatnonzero(spy.sessions == np.datetime64("2025-02-20"))[0])
    opened, closed, before = spy.open[at], spy.close[at], spy.close[at - 1]
    for move, index in [
        (february.rung("open"), opened / before),
        (february.rung("close"), closed / before),
        (february.leg("session"), closed / opened),
        (february.rung("d2"), spy.close[at + 2] / before),
        (february.leg("d2"), spy.close[at + 2] / spy.close[at + 1]),
    ]:
        assert move.expected == pytest.approx(BETA * (index - 1), abs=1e-15)
        assert move.abnormal == pytest.approx(move.raw - BETA * (index - 1), abs=1e-15)
        assert move.reasons == ()
    for leg in ("high", "low"):
        assert np.isnan([february.rung(leg).expected, february.rung(leg).abnormal]).all()
        assert february.rung(leg).reasons == (Reason.NO_BENCHMARK_PRICE,)


def test_events_without_beta_say_so(reactions: dict[str, Reaction]) -> None:
    for event_id in set(SIX) - {"BABA-2024Q4"}:
        for move in reactions[event_id].moves:
            known = not np.isnan(move.raw)
            assert np.isnan(move.expected)
            assert move.reasons[0] == (Reason.NO_BETA if known else Reason.NO_PRICE)
    assert reactions["BABA-2024Q2"].rung("premarket").reasons == (Reason.NO_PRICE,)
    assert np.isnan(reactions["BABA-2024Q1"].run_up)


@pytest.mark.parametrize(("leg", "days"), [("open", 0), ("high", 0), ("close", 0), ("d2", 2), ("d5", 5)])
def test_standing_by_a_plain_loop(sample: Alibaba, february: Reaction, leg: str, days: int) -> None:
    baba = sample.prices.series("BABA")
    own = np.flatnonzero(np.isin(baba.sessions, sample.events.date))
    at = int(np.flatnonzero(baba.sessions == np.datetime64("2025-02-20"))[0])
    ordinary = []
    for start in range(max(at - 250, 1), at - days):
        if min(abs(day - event) for day in range(start, start + days + 1) for event in own) <= 1:
            continue
        value = getattr(baba, leg if leg in ("open", "high") else "close")[start]
        move = value / (baba.close[start - 1] - baba.dividend[start])
        for day in range(start + 1, start + days + 1):
            move *= (baba.close[day] + baba.dividend[day]) / baba.close[day - 1]
        ordinary.append(move - 1)
    rung = february.rung(leg)
    assert rung.n == len(ordinary)
    assert rung.z == pytest.approx((rung.raw - np.mean(ordinary)) / np.std(ordinary, ddof=1), rel=1e-10)
    assert rung.percentile == (np.abs(ordinary) < abs(rung.raw)).sum() / (1 + len(ordinary))


def test_own_events_stay_out_of_ordinary_days() -> None:
    # Nothing moves but at own events and the sessions beside them.
    returns = np.where(np.arange(120) % 2, 0.001, -0.001)
    returns[[49, 50, 51, 100]] = 0.3
    frame = tiny_frame(returns.tolist()).drop(columns="close").assign(**{"return": returns})
    close = measured(frame, event_frame(50, 100))[1].rung("close")
    assert close.n == 100 - 3 - 1
    assert close.percentile == 96 / 97
    assert close.z > 250
    assert measured(frame, event_frame(100))[0].rung("close").n == 99


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), offset=st.integers(1, 54))
def test_logs_add_up(seed: int, offset: int) -> None:
    prices = pd.concat([price_frame(seed, 60), price_frame(seed + 1, 60, "MKT")])
    (reaction,) = measured(prices, event_frame(offset, event_id="A"), benchmark="MKT", betas={"A": 1.3})
    for figure in ("raw_log", "expected_log", "abnormal_log"):
        rung = {move.leg: getattr(move, figure) for move in reaction.rungs}
        leg = {move.leg: getattr(move, figure) for move in reaction.legs}
        total = leg["gap"] + leg["session"]
        assert leg["gap"] == rung["open"]
        assert total == pytest.approx(rung["close"], abs=ADDITIVE)
        for day in range(1, 6):
            total += leg[f"d{day}"]
            assert total == pytest.approx(rung[f"d{day}"], abs=ADDITIVE)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), later=st.floats(0.2, 5.0))
def test_standing_uses_no_later_price(seed: int, later: float) -> None:
    prices = price_frame(seed, 90)
    changed = prices.copy()
    fields = ["open", "high", "low", "close"]
    changed.loc[71:, fields] *= later + prices.loc[71:, fields] / 100
    events = event_frame(30, 70, 72)
    before, after = measured(prices, events)[1], measured(changed, events)[1]
    same = [move.leg for move, other in zip(before.moves, after.moves, strict=True) if repr(move) == repr(other)]
    assert same == ["premarket", "open", "high", "low", "close", "gap", "session"]
    assert [move.n for move in before.moves] == [move.n for move in after.moves]


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_day_zero_is_not_in_its_own_reference(seed: int) -> None:
    prices = price_frame(seed, 90, actions=False)
    changed = prices.copy()
    changed.loc[70, ["open", "high", "low", "close"]] *= 3.0
    before, after = (measured(frame, event_frame(70))[0].rung("close") for frame in (prices, changed))
    ordinary = prices["close"].pct_change().iloc[1:69]
    for rung in (before, after):
        assert rung.z == pytest.approx((rung.raw - ordinary.mean()) / ordinary.std(), rel=1e-9)


def test_sessions_to_come_are_not_yet_and_a_dead_stock_has_no_price() -> None:
    prices = price_frame(3, 40, actions=False)
    (reaction,) = measured(prices, event_frame(37))
    assert reaction.rung("d2").price == prices["close"].iloc[39]
    for move in (reaction.rung("d3"), reaction.leg("d3"), reaction.rung("d5")):
        assert np.isnan([move.raw, move.raw_log, move.price]).all()
        assert move.reasons == (Reason.NOT_YET,)
    longer = pd.concat([prices, price_frame(4, 60, "BBB")])
    (dead,) = measured(longer, event_frame(37))
    assert dead.rung("d3").reasons == (Reason.NO_PRICE,)


def test_short_history_and_missing_prices_have_reasons() -> None:
    prices = price_frame(3, 40, actions=False)
    prices.loc[15, "high"] = np.nan
    (reaction,) = measured(
        prices, event_frame(15, event_id="A", premarket_quote=0.02), benchmark="AAA", betas={"A": 1.0}
    )
    assert reaction.rung("close").reasons == (Reason.NO_HISTORY,)
    assert reaction.rung("close").n == 13
    assert reaction.rung("high").reasons == (Reason.NO_PRICE,)
    assert reaction.rung("premarket").reasons == (Reason.NO_BENCHMARK_PRICE, Reason.NO_HISTORY)
    (first,) = measured(prices, event_frame(0))
    assert first.rung("open").reasons == (Reason.NO_PRICE,)
    assert first.leg("session").raw == prices["close"][0] / prices["open"][0] - 1
    assert "begin on day 0" in first.base_definition


def test_every_empty_number_has_a_reason(reactions: dict[str, Reaction]) -> None:
    frame = reactions_frame(reactions.values())
    numbers = ["base_price", "price", "raw", "raw_log", "expected", "abnormal", "z", "percentile"]
    empty = frame[numbers].isna().any(axis=1)
    assert empty.sum() == 5 * 17 + 3
    assert (frame.loc[empty, "reason"] != "").all()
    assert (frame.loc[~empty, "reason"] == "").all()


def test_base_price_on_an_ex_date_with_a_split() -> None:
    frame = tiny_frame([100.0, 51.0, 52.0], open=[100.0, 50.0, 51.0], dividend=[0, 4.0, 0], split=[1, 2.0, 1])
    (reaction,) = measured(frame, event_frame(1), days=1)
    assert reaction.base_price == 48.0
    assert reaction.rung("open").raw == pytest.approx(50 / 48 - 1, abs=1e-15)
    assert reaction.rung("d1").raw == pytest.approx(52 / 48 - 1, abs=1e-15)
    assert reaction.base_definition.endswith("less the dividend of 4 of day 0, divided by the split of 2 of day 0")


def test_adjusted_prices_are_graded_so(sample: Alibaba) -> None:
    events = event_frame(10, symbol="SPY")
    events["date"] = "2025-02-20"
    made = Events.from_frame(events)
    (reaction,) = measure_reactions(made, place(made), sample.prices)
    assert reaction.basis is Basis.ADJUSTED
    assert reaction.rung("close").grade is Grade.ADJUSTED
    assert reaction.rung("close").price_source == "measured"
    assert "never traded" in reaction.base_definition
    assert round(100 * reaction.rung("close").raw, 2) == -0.42


def test_benchmark_by_exchange_and_by_event(sample: Alibaba, february: Reaction) -> None:
    events = sample.events.take([3])
    betas = {"BABA-2024Q4": BETA}

    def close(benchmark: dict[str, str]) -> float:
        (one,) = measure_reactions(events, place(events), sample.prices, benchmark=benchmark, betas=betas)
        return one.rung("close").expected

    assert close({"XNYS": "SPY"}) == february.rung("close").expected
    assert close({"XNYS": "SPY", "BABA-2024Q4": "KWEB"}) == pytest.approx(BETA * 0.0174, abs=1e-4)
    assert np.isnan(close({"XHKG": "SPY"}))


def test_benchmark_of_another_exchange_counts_only_while_sessions_match() -> None:
    dates = ["2025-01-24", "2025-01-27", "2025-01-28", "2025-01-29", "2025-01-30"]
    mine = pd.DataFrame({"date": dates, "symbol": "AAA", "close": [10.0, 11, 12, 13, 14]})
    theirs = pd.DataFrame({"date": [*dates[:3], "2025-02-03"], "symbol": "9988.HK", "close": [20.0, 21, 22, 23]})
    events = pd.DataFrame({"symbol": "AAA", "date": ["2025-01-27"], "timing": "before_open", "event_id": "A"})
    (reaction,) = measured(pd.concat([mine, theirs]), events, benchmark="9988.HK", betas={"A": 1.0}, days=2)
    assert reaction.rung("close").expected == pytest.approx(0.05, abs=1e-15)
    assert reaction.leg("d1").expected == pytest.approx(1 / 21, abs=1e-15)
    assert Reason.NO_BENCHMARK_PRICE in reaction.leg("d2").reasons


def test_events_outside_the_prices_have_no_ladder() -> None:
    prices = price_frame(3, 40)
    assert [*measured(prices, event_frame(45))] == []
    assert [*measured(prices, event_frame(5, symbol="ZZZ"))] == []
    assert len(measured(prices, event_frame(39, 40))) == 1


def test_options(sample: Alibaba) -> None:
    events = sample.events.take([3])
    (one,) = measure_reactions(
        events,
        place(events),
        sample.prices,
        quote=None,
        days=1,
        since=date(2025, 2, 16),
        ordinary=OrdinaryDays(sessions=50),
    )
    assert [move.leg for move in one.moves] == ["open", "high", "low", "close", "d1", "gap", "session", "d1"]
    assert one.run_up_since == date(2025, 2, 14)
    assert one.rung("close").n == 49
    assert one.rung("close").reasons == (Reason.NO_BENCHMARK_PRICE,)


def test_a_run_up_since_before_the_calendar_is_unknown(sample: Alibaba) -> None:
    events = sample.events.take([3])
    (one,) = measure_reactions(events, place(events), sample.prices, since=date(1900, 1, 1))
    assert one.run_up_since is None
    assert np.isnan(one.run_up)


def test_bad_input_is_told(sample: Alibaba) -> None:
    events, placed = sample.events, place(sample.events)
    with pytest.raises(UnknownNameError, match="no benchmark in the prices named 'SPX'"):
        measure_reactions(events, placed, sample.prices, benchmark="SPX")
    with pytest.raises(InputError, match="days is -1"):
        measure_reactions(events, placed, sample.prices, days=-1)
    quoted = events.with_columns(values={"premarket_quote": np.full(6, -1.0)})
    with pytest.raises(InputError, match="premarket_quote of BABA-2024Q1 is -1"):
        measure_reactions(quoted, placed, sample.prices)
    frame = sample.prices.to_frame().query("symbol == 'BABA'")[["date", "symbol", "close"]]
    with pytest.raises(InputError, match="are on XNAS"):
        measure_reactions(events, placed, PricePanel.from_frame(frame, calendar="XNAS"))


def test_the_open_of_a_benchmark_of_another_exchange_is_that_of_the_date() -> None:
    """London opens five and a half hours before New York does; the docstring of `benchmark` says so."""
    dates = ["2024-04-02", "2024-04-03"]
    mine = pd.DataFrame({"date": dates, "symbol": "AAA", "open": [100.0, 104.0], "close": [100.0, 110.0]})
    theirs = pd.DataFrame({"date": dates, "symbol": "MKT.L", "open": [50.0, 51.0], "close": [50.0, 54.0]})
    events = pd.DataFrame({"symbol": ["AAA"], "date": dates[1:], "timing": ["before_open"], "event_id": ["A"]})
    (reaction,) = measured(pd.concat([mine, theirs]), events, benchmark="MKT.L", betas={"A": 1.0}, days=0)
    assert reaction.leg("gap").expected == pytest.approx(0.02)
    assert reaction.rung("close").expected == pytest.approx(0.08)
