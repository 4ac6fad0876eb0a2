"""Day 0 and phase: every row of METHODS 1.4, and announcements checked by hand against the exchanges' hours."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eventstudy.calendars import get_calendar
from eventstudy.errors import Reason
from eventstudy.events import Events, place
from eventstudy.events.timing import Alignment, place_times

NEW_YORK = "America/New_York"


def placed(symbol: str, zone: str | None = None, **row: str) -> tuple[str, str]:
    """Return day 0 and phase of one event."""
    events = Events.from_frame(pd.DataFrame([{"symbol": symbol} | row]), zone=zone)
    where = place(events)
    calendar = where.calendars[str(events.calendar[0])]
    return str(calendar.sessions[where.day0[0]]), str(where.phase[0])


@pytest.mark.parametrize(
    ("local", "day0", "phase"),
    [
        ("2025-02-20 05:30", "2025-02-20", "pre"),
        ("2025-02-04 15:59", "2025-02-04", "intraday"),
        ("2025-02-04 16:00", "2025-02-05", "post"),
        ("2025-11-28 13:00", "2025-12-01", "post"),  # early close
        ("2025-07-03 13:05", "2025-07-07", "post"),  # early close, a holiday and a weekend after it
        ("2025-01-09 08:00", "2025-01-10", "closed"),  # day of mourning
        ("2025-02-22 12:00", "2025-02-24", "closed"),  # Saturday
        ("2025-02-20 09:29:59", "2025-02-20", "pre"),
        ("2025-02-20 09:30", "2025-02-20", "intraday"),  # exactly at the open
        ("2025-11-28 12:59", "2025-11-28", "intraday"),
        ("2025-11-28 15:00", "2025-12-01", "post"),  # would be intraday on a full day
        ("2025-02-20 23:59", "2025-02-21", "post"),
        ("2025-02-21 00:01", "2025-02-21", "pre"),
        ("2025-02-21 20:00", "2025-02-24", "post"),  # Friday evening
        ("2025-02-17 10:00", "2025-02-18", "closed"),  # Presidents' Day
        ("2025-03-10 15:59", "2025-03-10", "intraday"),  # the first session in summer time
        ("2025-03-10 16:00", "2025-03-11", "post"),
    ],
)
def test_times_in_new_york(local: str, day0: str, phase: str) -> None:
    assert placed("BABA", NEW_YORK, announced_at=local) == (day0, phase)


@pytest.mark.parametrize(
    ("utc", "day0", "phase"),
    [
        ("2025-02-20T10:36:00Z", "2025-02-20", "pre"),
        ("2025-02-04T21:05:00Z", "2025-02-05", "post"),  # 16:05 in winter
        ("2025-07-10T20:05:00Z", "2025-07-11", "post"),  # 16:05 in summer
        ("2025-07-10T19:59:59Z", "2025-07-10", "intraday"),
        ("2025-02-05T00:30:00Z", "2025-02-05", "post"),  # the evening before in New York
    ],
)
def test_times_in_utc(utc: str, day0: str, phase: str) -> None:
    assert placed("BABA", announced_at=utc) == (day0, phase)


@pytest.mark.parametrize(
    ("symbol", "utc", "day0", "phase"),
    [
        ("9988.HK", "2025-02-20T10:36:00Z", "2025-02-21", "post"),
        ("9988.HK", "2025-02-20T04:30:00Z", "2025-02-20", "intraday"),  # lunch break
        ("9988.HK", "2025-01-28T04:30:00Z", "2025-02-03", "post"),  # after the half day of New Year's Eve
        ("VOD.L", "2025-05-20T06:00:00Z", "2025-05-20", "pre"),
        ("VOD.L", "2025-12-24T12:30:00Z", "2025-12-29", "post"),  # early close, Christmas, a weekend
        ("7203.T", "2025-05-08T04:55:00Z", "2025-05-08", "intraday"),
        ("7203.T", "2025-05-08T06:30:00Z", "2025-05-09", "post"),  # exactly at 15:30
    ],
)
def test_times_on_other_exchanges(symbol: str, utc: str, day0: str, phase: str) -> None:
    assert placed(symbol, announced_at=utc) == (day0, phase)


@pytest.mark.parametrize(
    ("date", "tag", "day0", "phase"),
    [
        ("2025-02-20", "BMO", "2025-02-20", "pre"),
        ("2025-02-20", "DMH", "2025-02-20", "intraday"),
        ("2025-02-20", "AMC", "2025-02-21", "post"),
        ("2025-02-21", "AMC", "2025-02-24", "post"),
        ("2025-02-22", "BMO", "2025-02-24", "closed"),
        ("2025-02-22", "AMC", "2025-02-24", "closed"),
        ("2025-01-09", "DMH", "2025-01-10", "closed"),
        ("2025-02-20", "", "2025-02-20", "unknown"),
        ("2025-02-22", "", "2025-02-24", "unknown"),
    ],
)
def test_dates_with_a_tag(date: str, tag: str, day0: str, phase: str) -> None:
    assert placed("BABA", date=date, timing=tag) == (day0, phase)


def test_a_time_wins_over_date_and_tag() -> None:
    row = {"announced_at": "2025-02-20T16:05:00-05:00", "date": "2025-02-20", "timing": "BMO"}
    assert placed("BABA", **row) == ("2025-02-21", "post")


def test_exchanges_and_clocks_mixed_in_one_table() -> None:
    frame = pd.DataFrame(
        {
            "symbol": ["BABA", "9988.HK", "BABA"],
            "announced_at": ["2025-02-20T10:36Z", "2025-02-20T10:36Z", None],
            "date": ["2025-02-20", "2025-02-20", "2025-05-15"],
            "timing": ["", "", "BMO"],
        }
    )
    where = place(Events.from_frame(frame))
    names = ("XNYS", "XHKG", "XNYS")
    found = [str(where.calendars[code].sessions[day]) for code, day in zip(names, where.day0, strict=True)]
    assert found == ["2025-02-20", "2025-02-21", "2025-05-15"]
    assert where.phase.tolist() == ["pre", "post", "pre"]


def test_past_the_calendar_day_0_is_the_number_of_sessions() -> None:
    frame = pd.DataFrame({"symbol": ["A", "B"], "announced_at": ["2031-03-03T10:00Z", None], "date": "2031-03-03"})
    where = place(Events.from_frame(frame))
    assert where.day0.tolist() == [len(where.calendars["XNYS"].sessions)] * 2


@pytest.mark.parametrize("policy", ["next", "previous", "drop", "error"])
@pytest.mark.parametrize(
    ("calendar", "row"),
    [
        ("XNYS", {"date": "1900-05-05"}),
        ("XNYS", {"date": "0202-05-05", "timing": "BMO"}),
        ("XNYS", {"announced_at": "1925-12-31T10:00Z"}),
        ("XBOM", {"date": "1996-08-01", "timing": "AMC"}),
    ],
)
def test_before_the_calendar_an_event_falls_out(policy: str, calendar: str, row: dict[str, str]) -> None:
    events = Events.from_frame(pd.DataFrame([{"symbol": "A", "calendar": calendar} | row]))
    where = place(events, Alignment(non_session=policy))
    assert where.status.tolist() == [Reason.DATE_BEFORE_CALENDAR]
    assert "moved" not in str(where.flags.text[0])


def test_no_events_have_no_day_0() -> None:
    events = Events.from_frame(pd.DataFrame({"symbol": ["A"], "date": ["2025-02-20"]})).take([])
    assert place(events).day0.shape == (0,)


FIRST, LAST = (int(np.datetime64(day, "s").astype(np.int64)) for day in ("2005-01-01", "2028-01-01"))


@settings(max_examples=200, deadline=None)
@given(st.integers(FIRST, LAST))
def test_day_0_never_precedes_the_date_and_its_close_is_the_first_to_come(second: int) -> None:
    nyse = get_calendar("XNYS")
    time = np.array([second]).astype("datetime64[s]")
    day0, phase = place_times(time, nyse)
    assert nyse.sessions[day0] >= nyse.local_date(time)
    assert nyse.closes[day0 - 1] <= time < nyse.closes[day0]
    assert (phase[0] == "intraday") == bool(nyse.opens[day0] <= time)
