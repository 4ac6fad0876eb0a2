"""Sessions against the exchanges' own published dates and hours."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventstudy.calendars import calendar_codes, calendar_of, get_calendar
from eventstudy.errors import UnknownNameError

NYSE = get_calendar("XNYS")


def days(*dates: str) -> np.ndarray:
    return np.array(dates, dtype="datetime64[D]")


def moments(*times: str) -> np.ndarray:
    return np.array(times, dtype="datetime64[s]")


def test_sessions_of_the_founding_week() -> None:
    # Monday 2025-02-17 was Presidents' Day.
    week = NYSE.sessions[(NYSE.sessions >= days("2025-02-14")) & (NYSE.sessions <= days("2025-02-24"))]
    expected = days("2025-02-14", "2025-02-18", "2025-02-19", "2025-02-20", "2025-02-21", "2025-02-24")
    np.testing.assert_array_equal(week, expected)


@pytest.mark.parametrize(("year", "count"), [(2001, 248), (2012, 250), (2024, 252), (2025, 250)])
def test_sessions_a_year(year: int, count: int) -> None:
    assert int((NYSE.sessions.astype("datetime64[Y]") == np.datetime64(str(year))).sum()) == count


@pytest.mark.parametrize("holiday", ["2001-09-11", "2012-10-29", "2018-12-05", "2025-01-09", "2025-02-22"])
def test_index_of_a_day_without_session(holiday: str) -> None:
    assert NYSE.index(days(holiday)).tolist() == [-1]


def test_positions_around_a_weekend() -> None:
    friday = int(NYSE.index(days("2025-02-21"))[0])
    dates = days("2025-02-21", "2025-02-22", "2025-02-23", "2025-02-24")
    assert NYSE.index(dates).tolist() == [friday, -1, -1, friday + 1]
    assert NYSE.at_or_after(dates).tolist() == [friday, friday + 1, friday + 1, friday + 1]
    assert NYSE.after(dates).tolist() == [friday + 1, friday + 1, friday + 1, friday + 2]


def test_past_the_end_is_the_number_of_sessions() -> None:
    late = days("2031-06-01")
    assert NYSE.index(late).tolist() == [-1]
    assert NYSE.at_or_after(late).tolist() == NYSE.after(late).tolist() == [len(NYSE.sessions)]
    assert NYSE.first_close_after(moments("2031-06-01T12:00:00")).tolist() == [len(NYSE.sessions)]


@pytest.mark.parametrize(
    ("date", "opens", "closes"),
    [
        ("2025-02-20", "2025-02-20T14:30:00", "2025-02-20T21:00:00"),  # winter
        ("2025-03-07", "2025-03-07T14:30:00", "2025-03-07T21:00:00"),  # the last before summer time
        ("2025-03-10", "2025-03-10T13:30:00", "2025-03-10T20:00:00"),  # the first in summer time
        ("2025-07-03", "2025-07-03T13:30:00", "2025-07-03T17:00:00"),  # early close, summer
        ("2025-11-28", "2025-11-28T14:30:00", "2025-11-28T18:00:00"),  # early close, winter
    ],
)
def test_hours_in_utc(date: str, opens: str, closes: str) -> None:
    at = NYSE.index(days(date))
    assert NYSE.opens[at] == moments(opens)
    assert NYSE.closes[at] == moments(closes)


@pytest.mark.parametrize(
    ("time", "session"),
    [
        ("2025-11-28T17:59:59", "2025-11-28"),
        ("2025-11-28T18:00:00", "2025-12-01"),  # exactly at the early close
        ("2025-02-20T20:59:59", "2025-02-20"),
        ("2025-02-20T21:00:00", "2025-02-21"),
        ("2025-07-10T20:00:00", "2025-07-11"),  # 16:00 in summer time
    ],
)
def test_first_close_after(time: str, session: str) -> None:
    assert NYSE.sessions[NYSE.first_close_after(moments(time))] == days(session)


def test_local_dates_follow_the_zone_and_its_summer_time() -> None:
    times = moments("2025-02-21T00:30:00", "2025-02-21T04:59:59", "2025-07-11T03:59:59", "2025-07-11T04:00:00", "NaT")
    expected = days("2025-02-20", "2025-02-20", "2025-07-10", "2025-07-11", "NaT")
    np.testing.assert_array_equal(NYSE.local_date(times), expected)
    hong_kong = get_calendar("XHKG")
    assert hong_kong.local_date(moments("2025-02-20T10:36:00", "2025-02-20T16:00:00")).tolist() == [
        *days("2025-02-20", "2025-02-21").tolist()
    ]


def test_one_moment_has_a_session_in_each_exchange() -> None:
    # 18:36 in Hong Kong, after its close; 05:36 in New York, before its open.
    announced = moments("2025-02-20T10:36:00")
    hong_kong = get_calendar("XHKG")
    assert hong_kong.sessions[hong_kong.first_close_after(announced)] == days("2025-02-21")
    assert NYSE.sessions[NYSE.first_close_after(announced)] == days("2025-02-20")


@pytest.mark.parametrize("code", calendar_codes())
def test_every_exchange_is_in_order_and_in_its_zone(code: str) -> None:
    calendar = get_calendar(code)
    assert (np.diff(calendar.sessions).astype(np.int64) > 0).all()
    assert (calendar.opens < calendar.closes).all()
    assert (calendar.closes[:-1] < calendar.opens[1:]).all()
    np.testing.assert_array_equal(calendar.local_date(calendar.closes), calendar.sessions)
    assert not calendar.sessions.flags.writeable


@given(st.dates(min_value=NYSE.sessions[0].item(), max_value=NYSE.sessions[-2].item()))
def test_after_is_at_or_after_the_next_day(day: object) -> None:
    date = np.array([day], dtype="datetime64[D]")
    assert NYSE.after(date) == NYSE.at_or_after(date + 1)
    assert (NYSE.index(date) >= 0) == (NYSE.at_or_after(date) != NYSE.after(date))


@pytest.mark.parametrize(
    ("symbol", "code"),
    [
        ("BABA", "XNYS"),
        ("9988.HK", "XHKG"),
        ("BRK.B", "XNYS"),
        ("VOD.L", "XLON"),
        ("7203.T", "XTKS"),
        ("^GSPC", "XNYS"),
    ],
)
def test_the_suffix_names_the_exchange(symbol: str, code: str) -> None:
    assert calendar_of(symbol) == code


def test_an_unknown_exchange_names_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match=r"There is no exchange named 'XNYX'. Did you mean 'XNYS'?"):
        get_calendar("XNYX")
