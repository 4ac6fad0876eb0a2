"""The quality report: counts by hand, and one calendar against another."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from eventstudy.datasets import load_alibaba
from eventstudy.events import Events
from eventstudy.events.quality import assess, compare_calendars, headline_end, shifted
from eventstudy.returns import Windows
from eventstudy.study import Study

# Friday 2025-02-21; Monday 2025-02-24.
TABLE = pd.DataFrame(
    [
        ("a", "A", "2025-02-21T21:05:00Z", "2025-02-21", "post", "2025-02-24", "ok", "", ""),
        ("b", "B", "", "2025-02-24", "pre", "2025-02-24", "ok", "", ""),
        ("c", "C", "", "2025-02-22", "unknown", "2025-02-24", "ok", "", "timing_unknown;moved_to_next_session"),
        ("d", "D", "2025-02-20T10:36:00Z", "2025-02-20", "pre", "2025-02-20", "ok", "", ""),
        ("e", "E", "", "2025-02-20", "unknown", "2025-02-20", "dropped", "unknown_symbol", "timing_unknown"),
        ("f", "F", "", "2031-02-20", "pre", "", "dropped", "date_after_calendar", ""),
    ],
    columns=["event_id", "symbol", "announced_at", "date", "phase", "day0", "status", "reason", "flags"],
)


def test_every_count_by_hand() -> None:
    found = assess(TABLE)
    assert (found.given, found.used) == (6, 4)
    assert found.lost == {"date_after_calendar": 1, "unknown_symbol": 1}
    assert (found.timed, found.tagged, found.unknown) == (2, 2, 2)
    assert found.phases == {"pre": 3, "post": 1, "unknown": 2}
    assert found.shifts == {0: 3, 2: 1, 3: 1}
    assert (found.event_days, found.largest_day, found.largest_count) == (2, "2025-02-24", 3)
    assert found.flags == {"timing_unknown": 2, "moved_to_next_session": 1}
    assert found.sentences == (
        "The timing of 2 of 6 events is unknown; the headline window is [0,+1] for all.",
        "4 events fall on 2 dates; 3 of them (75.0%) share 2025-02-24.",
    )


def test_every_shift_is_listed() -> None:
    assert shifted(TABLE).set_index("event_id")["days"].to_dict() == {"a": 3, "b": 0, "c": 2, "d": 0, "e": 0}


def test_the_frame_has_a_row_a_figure() -> None:
    frame = assess(TABLE).to_frame().set_index(["topic", "item"])["events"]
    assert frame["events", "used"] == 4
    assert frame["shift", "+3 days"] == 1
    assert frame["dates", "2025-02-24"] == 3


@pytest.mark.parametrize(("unknown", "total", "end"), [(0, 0, 0), (0, 20, 0), (1, 20, 0), (2, 20, 1), (51, 1000, 1)])
def test_above_five_percent_the_headline_takes_two_days(unknown: int, total: int, end: int) -> None:
    assert headline_end(unknown, total) == end


def test_a_study_knows_its_quality() -> None:
    sample = load_alibaba()
    result = Study(windows=Windows(estimation=(-210, -11)), benchmark="SPY").run(sample.events, sample.prices)
    assert (result.quality.given, result.quality.used) == (6, 4)
    assert result.quality.shifts == {0: 6}


def calendar(*rows: tuple[str, str]) -> Events:
    frame = pd.DataFrame(rows, columns=["symbol", "date"])
    return Events.from_frame(frame.assign(event_id=[str(row) for row in range(len(rows))]))


def test_a_second_calendar_by_hand() -> None:
    ours = calendar(
        ("A", "2025-01-10"), ("A", "2025-04-11"), ("A", "2025-07-20"), ("B", "2025-02-01"), ("Z", "2025-12-31")
    )
    theirs = calendar(
        ("A", "2025-01-10"),  # same
        ("A", "2025-04-10"),  # a day away
        ("A", "2025-07-10"),  # ten days away
        ("A", "2025-10-10"),  # nothing near
        ("B", "2025-02-02"),  # the nearer of two that want one event
        ("B", "2025-02-04"),  # the other finds none
        ("C", "2025-02-04"),  # a symbol that we do not have
        ("A", "2026-04-10"),  # after our last date
    )
    found = compare_calendars(ours, theirs)
    assert (found.reference, found.captured, found.same_date, found.within_three_days) == (6, 4, 1, 3)
    assert found.left_out == 1
    assert found.sentence == (
        "Of 6 events of the second calendar 66.67% are captured; of these 25.00% on the same date, 75.00% within "
        "three days. 1 more, of symbols that the first calendar does not have, are left out."
    )
    assert compare_calendars(ours, calendar(("C", "2025-02-04"))).sentence.startswith("None of 0 events")


def test_dates_just_outside_the_first_calendar_count_where_they_are_found() -> None:
    ours = calendar(("A", "2025-01-10"), ("B", "2025-04-10"))
    theirs = calendar(("A", "2025-01-08"), ("B", "2025-04-13"), ("A", "2025-04-12"), ("B", "2025-04-14"))
    found = compare_calendars(ours, theirs)
    assert (found.reference, found.captured, found.same_date, found.within_three_days) == (2, 2, 0, 2)


def test_two_real_calendars_in_the_form_of_a_vendor(shared_data: Path) -> None:
    """Yahoo's dates against those of SEC filings, S&P 500 members 2015 to 2019."""
    folder = shared_data / "market" / "earnings"
    yahoo = pd.read_csv(folder / "earnings_dates_sp500_1996_2026.csv").rename(columns={"report_date": "date"})
    edgar = pd.read_csv(folder / "edgar_8k202_dates_sp500_2003_2025.csv").rename(columns={"s": "symbol", "d": "date"})
    tables = [each[each["date"].between("2015-01-01", "2019-12-31")].drop_duplicates() for each in (yahoo, edgar)]
    found = compare_calendars(*(Events.from_frame(each) for each in tables))
    assert (found.reference, found.captured, found.same_date, found.within_three_days) == (8856, 8761, 8068, 8445)
    assert found.sentence == (
        "Of 8856 events of the second calendar 98.93% are captured; of these 92.09% on the same date, 96.39% within "
        "three days. 243 more, of symbols that the first calendar does not have, are left out."
    )


def test_a_calendar_without_events_captures_nothing() -> None:
    theirs = calendar(("A", "2025-01-08"), ("B", "2025-04-13"))
    found = compare_calendars(theirs.take([]), theirs)
    assert (found.reference, found.captured, found.same_date, found.within_three_days) == (0, 0, 0, 0)
    assert found.left_out == 2
    assert found.sentence == (
        "None of 0 events of the second calendar are captured. 2 more, of symbols that the first calendar does not "
        "have, are left out."
    )
