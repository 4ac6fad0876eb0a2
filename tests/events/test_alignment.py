"""What the placing says beside day 0: flags, placeholders, policies, the venue of the prices."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from eventstudy.calendars import get_calendar
from eventstudy.errors import DataError, Flag, InputError, Reason, UnknownNameError
from eventstudy.events import Alignment, Events, Flags, Placed, Precision, place
from eventstudy.panels import PricePanel
from eventstudy.returns import Windows, align, measure, on_price_venue
from eventstudy.study import Study
from tests.made_up import FIRST, SESSIONS, made_up_returns

NEW_YORK = "America/New_York"


def events_of(*rows: dict[str, str], zone: str = NEW_YORK) -> Events:
    table = pd.DataFrame([{"event_id": str(row), "symbol": "A"} | cells for row, cells in enumerate(rows)])
    return Events.from_frame(table, zone=zone)


def days(events: Events, placed: Placed) -> list[str]:
    return [str(day) for day in placed.dates(events.calendar)]


@pytest.mark.parametrize("hour", ["00:00", "11:00", "12:00"])
def test_an_hour_that_vendors_put_where_they_know_none_is_unknown(hour: str) -> None:
    """Apple reports after the close; vendors have shown 12 PM and 11 AM for it, and midnight (ECOSYSTEM 1.2)."""
    events = events_of({"announced_at": f"2025-01-30 {hour}", "precision": "hour"})
    assert np.isnat(events.announced_at[0])
    assert events.precision[0] == Precision.DATE
    assert str(events.date[0]) == "2025-01-30"
    placed = place(events)
    assert (days(events, placed), str(placed.phase[0])) == (["2025-01-30"], "unknown")
    assert (Flags.parse(events.flags) | placed.flags).text.tolist() == ["timing_unknown;placeholder_time"]


def test_a_tag_beside_a_placeholder_places_the_event() -> None:
    events = events_of({"announced_at": "2025-01-30 12:00", "precision": "hour", "timing": "AMC"})
    placed = place(events)
    assert (days(events, placed), str(placed.phase[0])) == (["2025-01-31"], "post")
    assert Flags.parse(events.flags).counts() == {"placeholder_time": 1}


def test_noon_to_the_minute_and_other_hours_are_taken_at_their_word() -> None:
    rows = [("2025-01-30 12:00", "minute"), ("2025-02-04 16:00", "hour"), ("2025-02-20 05:00", "hour")]
    events = events_of(*({"announced_at": time, "precision": precision} for time, precision in rows))
    placed = place(events)
    assert days(events, placed) == ["2025-01-30", "2025-02-05", "2025-02-20"]
    assert placed.phase.tolist() == ["intraday", "post", "pre"]
    assert placed.flags.counts() == {}


def test_a_time_of_precision_date_is_no_time() -> None:
    events = events_of({"announced_at": "2025-02-04 17:30", "precision": "date"})
    assert np.isnat(events.announced_at[0])
    assert place(events).phase.tolist() == ["unknown"]


@pytest.mark.parametrize(
    ("tag", "day0", "phase", "flags"),
    [
        ("", "2025-05-20", "intraday", {"close_within_hour": 1}),
        ("AMC", "2025-05-21", "post", {}),
        ("DMH", "2025-05-20", "intraday", {}),
        ("BMO", "2025-05-20", "intraday", {"tag_disagrees": 1}),
    ],
)
def test_a_close_within_the_hour_leaves_the_word_to_the_tag(
    tag: str, day0: str, phase: str, flags: dict[str, int]
) -> None:
    """London closes at 16:30."""
    row = {"symbol": "VOD.L", "announced_at": "2025-05-20 16:00", "precision": "hour", "timing": tag}
    events = events_of(row, zone="Europe/London")
    placed = place(events)
    assert (days(events, placed), str(placed.phase[0])) == ([day0], phase)
    assert placed.flags.counts() == flags


def test_a_time_wins_over_tag_and_date_and_the_disagreement_is_flagged() -> None:
    events = events_of(
        {"announced_at": "2025-02-20 16:05", "date": "2025-02-20", "timing": "BMO"},
        {"announced_at": "2025-02-20 16:05", "date": "2025-02-21", "timing": "AMC"},
        {"announced_at": "2025-02-22 16:05", "date": "2025-02-22", "timing": "AMC"},
    )
    placed = place(events)
    assert days(events, placed) == ["2025-02-21", "2025-02-21", "2025-02-24"]
    flags = Flags.parse(events.flags) | placed.flags
    assert flags.text.tolist() == ["tag_disagrees", "date_disagrees", "moved_to_next_session"]


def test_estimated_dates_and_the_lunch_break_are_flagged() -> None:
    events = events_of(
        {"date": "2025-02-20", "timing": "BMO", "confirmation": "estimated"},
        {"symbol": "9988.HK", "announced_at": "2025-02-20T12:00+08:00"},
        {"symbol": "9988.HK", "announced_at": "2025-02-20T13:00+08:00"},
    )
    assert place(events).flags.text.tolist() == ["estimated_date", "lunch_break", ""]


@pytest.mark.parametrize(
    ("policy", "found", "flag"),
    [
        ("next", ["2025-02-24", "2025-02-24", "2025-02-18"], "moved_to_next_session"),
        ("previous", ["2025-02-21", "2025-02-21", "2025-02-14"], "moved_to_previous_session"),
        ("drop", ["2025-02-24", "2025-02-24", "2025-02-18"], None),
    ],
)
def test_policies_for_dates_without_a_session(policy: str, found: list[str], flag: str | None) -> None:
    """A Saturday with a time, a Sunday with a tag, Presidents' Day with nothing; then an ordinary morning."""
    events = events_of(
        {"announced_at": "2025-02-22 12:00"},
        {"date": "2025-02-23", "timing": "AMC"},
        {"date": "2025-02-17"},
        {"announced_at": "2025-02-20 05:36"},
    )
    placed = place(events, Alignment(non_session=policy))  # type: ignore[arg-type]
    assert days(events, placed) == [*found, "2025-02-20"]
    if flag is None:
        assert placed.status.tolist() == [Reason.NOT_A_SESSION] * 3 + [Reason.OK]
    else:
        assert placed.flags.has(Flag(flag)).tolist() == [True, True, True, False]
        assert placed.status.tolist() == [Reason.OK] * 4


def test_the_error_names_the_event_and_the_exchange() -> None:
    events = events_of({"announced_at": "2025-02-20 05:36"}, {"date": "2025-02-23", "timing": "AMC"})
    with pytest.raises(DataError, match=r"'1' was announced on 2025-02-23, when XNYS had no session. .* non_session"):
        place(events, Alignment(non_session="error"))


@pytest.mark.parametrize(
    ("time", "cutoff", "day0", "flagged"),
    [
        ("2025-02-04 15:49", 10, "2025-02-04", False),
        ("2025-02-04 15:50", 10, "2025-02-05", True),
        ("2025-02-04 15:59", 0, "2025-02-04", False),
        ("2025-11-28 12:55", 10, "2025-12-01", True),  # early close
        ("2025-02-04 09:00", 240, "2025-02-04", False),  # before the open it moves nothing
        ("2025-02-04 16:05", 10, "2025-02-05", False),
    ],
)
def test_a_late_cutoff_moves_news_just_before_the_close(time: str, cutoff: int, day0: str, flagged: bool) -> None:
    events = events_of({"announced_at": time})
    placed = place(events, Alignment(late_cutoff=cutoff))
    assert days(events, placed) == [day0]
    assert placed.flags.has(Flag.LATE_CUTOFF).tolist() == [flagged]


def test_wrong_policies_are_named() -> None:
    with pytest.raises(UnknownNameError, match=r"named 'nxt'. Did you mean 'next'?"):
        Alignment(non_session="nxt")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="late_cutoff is -1; minutes from 0 to 240"):
        Alignment(late_cutoff=-1)


@pytest.mark.parametrize(("policy", "last"), [("next", "2021-06-18"), ("previous", "2021-06-17")])
def test_the_estimation_window_moves_along(policy: str, last: str) -> None:
    """Saturday 2021-07-03, Monday a holiday: day 0 is 07-06 or 07-02, and day -11 eleven sessions before it."""
    panel = PricePanel.from_frame(made_up_returns(1, 1, 500))
    events = Events.from_frame(pd.DataFrame({"symbol": ["S00"], "date": ["2021-07-03"], "timing": ["BMO"]}))
    returns, windows = measure(panel), Windows(estimation=(-100, -11), event=(-1, 1))
    aligned = align(events, place(events, Alignment(non_session=policy)), returns, windows)  # type: ignore[arg-type]
    assert str(get_calendar("XNYS").sessions[aligned.day0[0] - 11]) == last
    study = Study(windows=windows, benchmark="MKT", alignment=Alignment(non_session=policy), reaction=False)  # type: ignore[arg-type]
    estimate = study.run(events, panel).estimates.iloc[0]
    day0 = int(aligned.day0[0]) - FIRST
    own, market = (returns.values[returns.listing.span(name)] for name in ("S00", "MKT"))
    stretch = slice(day0 - 100, day0 - 10)
    slope = np.polyfit(market[stretch], own[stretch], 1)[0]
    assert estimate["beta"] == pytest.approx(slope, rel=1e-10)


def test_dropped_dates_are_in_the_attrition() -> None:
    panel = PricePanel.from_frame(made_up_returns(1, 1, 500))
    table = pd.DataFrame({"symbol": "S00", "date": ["2021-07-03", "2021-06-08"], "timing": "BMO"})
    windows = Windows(estimation=(-100, -11), event=(-1, 1))
    study = Study(windows=windows, benchmark="MKT", alignment=Alignment(non_session="drop"), reaction=False)
    result = study.run(Events.from_frame(table), panel)
    assert result.event_table["reason"].tolist() == ["", "not_a_session"]
    assert result.quality.lost == {"not_a_session": 1}


def test_one_announcement_has_a_day_0_in_each_of_its_markets() -> None:
    """Made-up returns: BABA in New York against SPY, 9988.HK in Hong Kong against 2800.HK."""
    rng = np.random.default_rng(3)
    frames = []
    for symbol, market, code in (("BABA", "SPY", "XNYS"), ("9988.HK", "2800.HK", "XHKG")):
        sessions = get_calendar(code).sessions
        dates = sessions[(sessions >= np.datetime64("2024-01-02")) & (sessions <= np.datetime64("2025-04-30"))]
        index = rng.normal(0, 0.01, len(dates))
        frames += [
            pd.DataFrame({"date": dates, "symbol": market, "return": index}),
            pd.DataFrame({"date": dates, "symbol": symbol, "return": 1.2 * index + rng.normal(0, 0.02, len(dates))}),
        ]
    prices = PricePanel.from_frame(pd.concat(frames))
    table = pd.DataFrame({"symbol": ["BABA", "9988.HK"], "announced_at": "2025-02-20T05:36-05:00"})
    study = Study(
        windows=Windows(estimation=(-200, -11), event=(-5, 5)),
        benchmark={"XNYS": "SPY", "XHKG": "2800.HK"},
        reaction=False,
    )
    result = study.run(Events.from_frame(table), prices)
    frame = result.event_table.set_index("symbol")
    assert frame["day0"].to_dict() == {"BABA": "2025-02-20", "9988.HK": "2025-02-21"}
    assert frame["phase"].to_dict() == {"BABA": "pre", "9988.HK": "post"}
    estimates = result.estimates.set_index("event_id")
    returns = measure(prices)
    for symbol, market, code, day0 in (
        ("BABA", "SPY", "XNYS", "2025-02-20"),
        ("9988.HK", "2800.HK", "XHKG", "2025-02-21"),
    ):
        place_ = int(get_calendar(code).index(np.array([day0], dtype="datetime64[D]"))[0])
        stretch = slice(place_ - 200, place_ - 10)
        slope = np.polyfit(returns.dense(market)[stretch], returns.dense(symbol)[stretch], 1)[0]
        name = frame.loc[symbol, "event_id"]
        assert estimates.loc[name, "beta"] == pytest.approx(slope, rel=1e-9)


def test_flags_of_a_source_travel_to_the_table() -> None:
    panel = PricePanel.from_frame(made_up_returns(1, 1, 500))
    table = pd.DataFrame(
        {"symbol": ["S00"], "date": [str(SESSIONS[FIRST + 300])], "timing": "", "flags": "sources_disagree"}
    )
    events = Events.from_frame(table)
    assert on_price_venue(events, panel.listing).flags.tolist() == ["sources_disagree"]
    study = Study(windows=Windows(estimation=(-100, -11), event=(-1, 1)), benchmark="MKT", reaction=False)
    assert study.run(events, panel).event_table["flags"].tolist() == ["timing_unknown;sources_disagree"]
