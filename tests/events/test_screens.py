"""Screens, each on a handful of made-up events whose answer is plain."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from eventstudy.datasets import load_alibaba
from eventstudy.errors import DataError, InputError, UnknownNameError
from eventstudy.events import (
    SCREENS,
    CallsAndMeetings,
    ConfoundingNews,
    DuplicateQuarters,
    Events,
    LiquidityFloor,
    MinimumHistory,
    News,
    OverlappingEvents,
    Screen,
    Screening,
    Verdict,
    apply_screens,
    place,
)
from eventstudy.events.own import sessions_near_events
from eventstudy.panels import PricePanel
from eventstudy.returns import Windows
from eventstudy.study import Study
from tests.made_up import FIRST, SESSIONS, made_up_events, made_up_returns

SESSIONS_OF_DATA = 500
WINDOWS = Windows(estimation=(-100, -11), event=(-5, 5))


def prices(symbols: int = 2) -> PricePanel:
    return PricePanel.from_frame(made_up_returns(5, symbols, SESSIONS_OF_DATA))


def screening(events: Events, panel: PricePanel | None = None, news: News | None = None) -> Screening:
    return Screening(
        events=events,
        placed=place(events),
        prices=panel or prices(),
        kept=np.ones(len(events), dtype=bool),
        event_window=WINDOWS.event,
        estimation_window=WINDOWS.estimation,
        news=news,
    )


def verdict(screen: Screen, events: Events, **seen: Any) -> tuple[list[str], list[str]]:
    found = screen.apply(screening(events, **seen))
    return [str(reason) for reason in found.status], found.flags.text.tolist()


# Windows of eleven sessions: day 0 at most ten sessions apart share one. 200-208-216 is a chain, 230 and 241 are free.
CHAIN = [200, 208, 216, 230, 241]
OK, OVERLAPS, MERGED = "ok", "overlaps_own_event", "merged"


@pytest.mark.parametrize(
    ("policy", "status", "flags"),
    [
        ("keep", [OK] * 5, [OVERLAPS] * 3 + ["", ""]),
        ("first", [OK, OVERLAPS, OK, OK, OK], [OVERLAPS, "", OVERLAPS, "", ""]),
        ("last", [OK, OVERLAPS, OK, OK, OK], [OVERLAPS, "", OVERLAPS, "", ""]),
        ("drop_both", [OVERLAPS] * 3 + [OK, OK], [""] * 5),
        ("merge", [OK, MERGED, MERGED, OK, OK], [MERGED, "", "", "", ""]),
    ],
)
def test_policies_for_overlapping_events(policy: str, status: list[str], flags: list[str]) -> None:
    screen = OverlappingEvents(policy=policy)  # type: ignore[arg-type]
    assert verdict(screen, made_up_events(["S00"], CHAIN)) == (status, flags)


@pytest.mark.parametrize(("policy", "kept"), [("first", [200]), ("last", [210])])
def test_of_a_pair_the_first_or_the_last_stays(policy: str, kept: list[int]) -> None:
    events = made_up_events(["S00"], [200, 210])
    found = OverlappingEvents(policy=policy).apply(screening(events))  # type: ignore[arg-type]
    assert [offset for offset, status in zip([200, 210], found.status, strict=True) if status == OK] == kept
    assert [text for text in found.detail if text] == [f"S00-{SESSIONS[FIRST + kept[0]]}, 10 sessions away"]


def test_events_of_two_symbols_never_overlap_and_order_does_not_matter() -> None:
    events = made_up_events(["S00", "S01"], [200, 204])
    shuffled = events.take([3, 0, 2, 1])
    assert verdict(OverlappingEvents(policy="first"), events)[0] == [OK, OVERLAPS, OK, OVERLAPS]
    assert verdict(OverlappingEvents(policy="first"), shuffled)[0] == [OVERLAPS, OK, OK, OVERLAPS]
    assert verdict(OverlappingEvents(), events.take([0, 2])) == ([OK, OK], ["", ""])


def test_an_event_that_fell_out_before_displaces_nobody() -> None:
    seen = screening(made_up_events(["S00"], [200, 204]))
    seen = Screening(seen.events, seen.placed, seen.prices, np.array([False, True]), (-5, 5), (-100, -11))
    assert OverlappingEvents(policy="first").apply(seen).status.tolist() == [OK, OK]


def test_sessions_near_events_are_those_of_the_symbol() -> None:
    panel, events = prices(), made_up_events(["S00"], [0, 20])
    near = sessions_near_events(events, place(events), panel.listing, 2)
    assert np.flatnonzero(near[panel.listing.span("S00")]).tolist() == [0, 1, 2, 18, 19, 20, 21, 22]
    assert not near[panel.listing.span("S01")].any()


def test_masked_sessions_leave_the_estimation_and_nothing_else() -> None:
    """The estimate is that of a regression without the five sessions around the earlier event."""
    panel, events = prices(), made_up_events(["S00"], [240, 300])
    study = Study(windows=WINDOWS, benchmark="MKT", reaction=False, screens=[OverlappingEvents(mask_events=2)])
    result = study.run(events, panel)
    own, market = (panel.total_return[panel.listing.span(name)] for name in ("S00", "MKT"))
    used = np.setdiff1d(np.arange(200, 290), np.arange(238, 243))
    slope, intercept = np.polyfit(market[used], own[used], 1)
    estimate = result.estimates.set_index("event_id").loc[events.event_id[1]]
    assert estimate["n_obs"] == 85
    assert estimate["beta"] == pytest.approx(slope, rel=1e-9)
    abnormal = result.abnormal_returns.query("event_id == @events.event_id[1]")["abnormal"].to_numpy()
    np.testing.assert_allclose(abnormal, (own - intercept - slope * market)[295:306], rtol=1e-9)
    assert result.event_table["flags"].tolist() == ["", "masked_estimation"]
    unmasked = Study(windows=WINDOWS, benchmark="MKT", reaction=False).run(events, panel)
    assert unmasked.estimates["n_obs"].tolist() == [90, 90]


def test_a_mask_that_leaves_too_few_returns_drops_the_event_with_its_figures() -> None:
    panel, events = prices(), made_up_events(["S00"], [240, 300])
    windows = Windows(estimation=(-100, -11), event=(-5, 5), min_obs=88)
    study = Study(windows=windows, benchmark="MKT", reaction=False, screens=[OverlappingEvents(mask_events=2)])
    result = study.run(events, panel)
    assert result.dropped[["reason", "detail"]].to_numpy().tolist() == [
        ["too_few_estimation_days", "85 of 88 estimation returns"]
    ]


def news_of(*rows: tuple[str, str]) -> News:
    return News.from_frame(pd.DataFrame(rows, columns=["date", "symbol"]).assign(what="something"))


@pytest.mark.parametrize(
    ("shift", "radius", "near"), [(0, 0, True), (1, 0, False), (1, 1, True), (-2, 2, True), (-3, 2, False)]
)
def test_news_within_the_radius_counts(shift: int, radius: int, near: bool) -> None:
    events = made_up_events(["S00"], [200])
    news = news_of((str(SESSIONS[FIRST + 200 + shift]), "S00"), (str(SESSIONS[FIRST + 200]), "S01"))
    flagged = ["confounding_news"] if near else [""]
    assert verdict(ConfoundingNews(radius=radius), events, news=news) == ([OK], flagged)
    dropped = ["confounded"] if near else [OK]
    assert verdict(ConfoundingNews(radius=radius, action="drop"), events, news=news) == (dropped, [""])


def test_news_of_one_symbol_says_nothing_of_another() -> None:
    events = made_up_events(["S00", "S01"], [200])
    news = news_of((str(SESSIONS[FIRST + 200]), "S01"), (str(SESSIONS[FIRST + 200]), "S09"))
    found = ConfoundingNews(action="drop").apply(screening(events, news=news))
    assert [str(each) for each in found.status] == [OK, "confounded"]
    assert found.detail.tolist() == ["", f"{SESSIONS[FIRST + 200]}: something"]


def test_news_of_a_weekend_count_on_the_next_session() -> None:
    events = Events.from_frame(pd.DataFrame({"symbol": ["S00"], "date": ["2021-02-22"], "timing": ["BMO"]}))
    assert verdict(ConfoundingNews(radius=0), events, news=news_of(("2021-02-20", "S00")))[1] == ["confounding_news"]
    assert verdict(ConfoundingNews(radius=0), events) == ([OK], [""])


def test_the_sample_s_own_news() -> None:
    """Plans announced two sessions after the results of 20 February 2025, a memorandum one session after."""
    sample = load_alibaba()
    study = Study(windows=Windows(estimation=(-210, -11)), benchmark="SPY", reaction=False)
    table = study.run(sample.events, sample.prices, news=sample.news).event_table.set_index("event_id")
    assert table.loc["BABA-2024Q4", "flags"] == "confounding_news"
    assert (table["flags"] == "confounding_news").sum() == 1
    strict = Study(
        windows=Windows(estimation=(-210, -11)),
        benchmark="SPY",
        reaction=False,
        screens=[ConfoundingNews(action="drop")],
    )
    dropped = strict.run(sample.events, sample.prices, news=sample.news).dropped.set_index("event_id")
    assert dropped.loc["BABA-2024Q4", "reason"] == "confounded"
    assert dropped.loc["BABA-2024Q4", "detail"].startswith("2025-02-21: US memorandum")


def test_news_is_checked_at_the_door() -> None:
    with pytest.raises(DataError, match="news, row 1: date is 'soon'"):
        news_of(("2025-02-20", "BABA"), ("soon", "BABA"))
    with pytest.raises(DataError, match=r"the column 'symbol' is missing"):
        News.from_frame(pd.DataFrame({"date": ["2025-02-20"]}))
    assert News.from_frame(pd.DataFrame({"date": ["2025-02-20"], "symbol": [" BABA"]})).symbol.tolist() == ["BABA"]


def traded(close: list[float], volume: list[float], **basis: str) -> PricePanel:
    days = SESSIONS[FIRST : FIRST + len(close)]
    table = pd.DataFrame({"date": days, "symbol": "S00", "close": close, "volume": volume})
    return PricePanel.from_frame(table, **basis)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("floor", "status"),
    [
        ({"min_price": 5.0}, "price_too_low"),  # 4.0 the session before, 50 on day 0
        ({"min_price": 4.0}, OK),
        ({"min_volume": 251.0}, "volume_too_low"),  # median of 100, 200, 300, 400 is 250
        ({"min_volume": 250.0}, OK),
        ({"min_value": 1401.0}, "volume_too_low"),  # median of 600, 1200, 1600, 1800 is 1400
        ({"min_value": 1400.0}, OK),
        ({"min_price": 5.0, "min_volume": 251.0}, "price_too_low"),
    ],
)
def test_floors_look_at_the_sessions_before_day_0_alone(floor: dict[str, float], status: str) -> None:
    panel = traded([90.0, 6.0, 6.0, 6.0, 4.0, 50.0], [9e9, 100.0, 200.0, 300.0, 400.0, 9e9])
    events = made_up_events(["S00"], [5])
    screen = LiquidityFloor(sessions=4, **floor)  # type: ignore[arg-type]
    assert verdict(screen, events, panel=panel) == ([status], [""])
    flagging = LiquidityFloor(sessions=4, action="flag", **floor)  # type: ignore[arg-type]
    assert verdict(flagging, events, panel=panel)[0] == [OK]
    assert (verdict(flagging, events, panel=panel)[1] == [""]) == (status == OK)


def test_adjusted_prices_and_missing_volume_are_no_ground_to_drop() -> None:
    panel = traded([1.0] * 6, [100.0] * 6, basis="adjusted")
    events = made_up_events(["S00"], [5])
    assert verdict(LiquidityFloor(min_price=5.0), events, panel=panel) == ([OK], ["liquidity_unknown"])
    silent = traded([9.0] * 6, [float("nan")] * 6)
    assert verdict(LiquidityFloor(min_volume=5.0), events, panel=silent) == ([OK], ["liquidity_unknown"])


@pytest.mark.parametrize(("least", "status"), [(199, OK), (200, OK), (201, "too_short_history")])
def test_history_counts_the_returns_before_day_0(least: int, status: str) -> None:
    events = made_up_events(["S00"], [200])
    found = MinimumHistory(sessions=least).apply(screening(events))
    assert [str(each) for each in found.status] == [status]
    assert found.detail.tolist() == (["200 of 201 returns before day 0"] if status != OK else [""])


def told(*rows: tuple[str, str, str], **columns: Any) -> Events:
    frame = pd.DataFrame(rows, columns=["date", "kind", "period_end"]).assign(symbol="S00", timing="BMO")
    return Events.from_frame(frame.assign(event_id=[str(row) for row in range(len(rows))], **columns))


def test_a_quarter_told_twice_keeps_the_earliest() -> None:
    events = told(
        ("2021-05-12", "earnings", "2021-03-31"),
        ("2021-05-05", "earnings", "2021-03-31"),
        ("2021-08-05", "earnings", "2021-06-30"),
        ("2021-08-06", "earnings", ""),
        ("2021-08-06", "guidance", "2021-06-30"),
    )
    found = DuplicateQuarters().apply(screening(events))
    assert [str(each) for each in found.status] == ["duplicate_quarter", OK, OK, OK, OK]
    assert found.detail[0] == "1 of 2021-05-05"
    guessed = told(("2021-05-03", "earnings", "2021-03-31"), ("2021-05-05", "earnings", "2021-03-31"),
                   confirmation=["estimated", "confirmed"])  # fmt: skip
    assert verdict(DuplicateQuarters(), guessed)[0] == ["duplicate_quarter", OK]
    with pytest.raises(UnknownNameError, match=r"fiscal quarter named 'quarter'"):
        verdict(DuplicateQuarters(period="quarter"), events)


def test_without_a_period_the_days_between_decide() -> None:
    events = told(("2021-02-10", "earnings", ""), ("2021-02-12", "earnings", ""), ("2021-05-12", "earnings", ""))
    assert verdict(DuplicateQuarters(period=None), events)[0] == [OK, "duplicate_quarter", OK]
    assert verdict(DuplicateQuarters(period=None, action="flag"), events)[1] == ["", "duplicate_quarter", ""]


def test_an_estimate_near_a_confirmed_date_on_either_side_is_a_duplicate() -> None:
    days = ["2024-02-01", "2024-05-01", "2024-08-01", "2024-02-05", "2024-07-28", "2024-10-30"]
    how = ["confirmed"] * 3 + ["estimated"] * 3
    events = told(*((day, "earnings", "") for day in days), confirmation=how)
    found = DuplicateQuarters(period=None).apply(screening(events))
    assert [str(each) for each in found.status] == [OK, OK, OK, "duplicate_quarter", "duplicate_quarter", OK]
    assert found.detail.tolist()[3:5] == ["0 of 2024-02-01", "2 of 2024-08-01"]


def test_calls_are_known_by_their_kind_or_by_following_a_release() -> None:
    events = told(
        ("2021-05-05", "earnings", "2021-03-31"),
        ("2021-05-07", "earnings", ""),
        ("2021-05-06", "Call", ""),
        ("2021-05-20", "earnings", ""),
        ("2021-05-08", "guidance", ""),
        ("2021-05-09", "earnings", "2020-12-31"),
    )
    found = CallsAndMeetings(period="period_end").apply(screening(events))
    call = "call_or_meeting"
    assert [str(each) for each in found.status] == [OK, call, call, OK, OK, OK]
    assert found.detail.tolist()[1:3] == ["0 of 2021-05-05", "kind Call"]
    assert verdict(CallsAndMeetings(within=0, action="flag"), events) == ([OK] * 6, ["", "", call, "", "", ""])


def test_screens_see_what_the_ones_before_them_left() -> None:
    """The call two days after the release would overlap it; once it is out, nothing does."""
    events = told(("2021-05-05", "earnings", ""), ("2021-05-07", "call", ""))
    both = [CallsAndMeetings(), OverlappingEvents(policy="drop_both")]
    found = apply_screens(both, screening(events))
    assert [str(each) for each in found.status] == [OK, "call_or_meeting"]
    found = apply_screens(both[::-1], screening(events))
    assert [str(each) for each in found.status] == [OVERLAPS, OVERLAPS]


def test_a_screen_of_your_own_needs_only_apply() -> None:
    class Odd:
        kind = "odd"

        def apply(self, seen: Screening) -> Verdict:
            from eventstudy.errors import Flag, Reason

            odd = np.arange(len(seen.events)) % 2 == 1
            return Verdict.of("drop", odd, Flag.CONFOUNDING_NEWS, Reason.CONFOUNDED)

    study = Study(windows=WINDOWS, benchmark="MKT", reaction=False, screens=[Odd()])
    result = study.run(made_up_events(["S00"], [200, 250, 300]), prices())
    assert result.event_table["status"].tolist() == ["ok", "dropped", "ok"]
    assert result.quality.lost == {"confounded": 1}


def test_names_stand_for_screens_and_wrong_settings_are_named() -> None:
    assert SCREENS.names() == ("calls", "confounding_news", "duplicates", "history", "liquidity", "overlaps")
    with pytest.raises(UnknownNameError, match=r"screen named 'overlap'. Did you mean 'overlaps'?"):
        Study(benchmark="MKT", screens=["overlap"])
    with pytest.raises(UnknownNameError, match=r"Did you mean 'first'?"):
        OverlappingEvents(policy="frist")  # type: ignore[arg-type]
    with pytest.raises(UnknownNameError, match=r"action of the screen history named 'dropp'"):
        MinimumHistory(action="dropp")  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"^screens: sessions of liquidity is 0; at least 1 was expected\.$"):
        LiquidityFloor(min_price=5.0, sessions=0)
    with pytest.raises(InputError, match=r"^screens: sessions of history is 0; at least 1 was expected\.$"):
        MinimumHistory(sessions=0)
    with pytest.raises(InputError, match=r"^screens: within of calls is -1; days, 0 or more, were expected\.$"):
        CallsAndMeetings(within=-1)
    with pytest.raises(InputError, match=r"^screens: within of duplicates is -1; days, 0 or more, were expected\.$"):
        DuplicateQuarters(within=-1)
    for wrong in (
        LiquidityFloor,
        lambda: ConfoundingNews(radius=-1),
        lambda: OverlappingEvents(mask_events=-1),
    ):
        with pytest.raises(InputError, match="screens: "):
            wrong()
