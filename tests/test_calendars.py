"""Sessions against the exchanges' own published dates and hours."""

import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventstudy._exchanges import ELSEWHERE, EXCHANGES, SUFFIXES
from eventstudy.calendars import calendar_codes, calendar_of, corrections, get_calendar
from eventstudy.errors import DataError, InputError, UnknownNameError
from eventstudy.events import Events, place
from eventstudy.frames import Origin
from tests import library

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
        ("247540.KQ", "XKRX"),
        ("6488.TWO", "XTAI"),
        ("SMSN.IL", "XLON"),
        ("AAA.V", "XTSE"),
        ("^GSPC", "XNYS"),
    ],
)
def test_the_suffix_names_the_exchange(symbol: str, code: str) -> None:
    assert calendar_of(symbol) == code


def test_a_symbol_of_an_exchange_that_is_not_here_is_not_taken_for_new_york() -> None:
    with pytest.raises(InputError, match=r"OMV\.VI: \.VI is Vienna, .* XNYS, .*calendar: \{OMV\.VI: CODE\}"):
        calendar_of("OMV.VI")
    with pytest.raises(InputError, match="Sao Paulo"):
        calendar_of("PETR4.SA", {"VALE3.SA": "XNYS"})
    assert calendar_of("OMV.VI", {"OMV.VI": "XETR"}) == "XETR"
    assert calendar_of("OMV.VI", "XETR") == "XETR"
    assert not set(ELSEWHERE) & set(SUFFIXES)


def test_an_event_there_names_its_exchange_in_a_column() -> None:
    """After Frankfurt's close of 17:30 it is the next session's; read on New York's clocks it would be another's."""
    rows = {"symbol": ["SAP.DE", "OMV.VI"], "date": "2025-02-20", "timing": "after_close"}
    with pytest.raises(DataError, match=r"events.csv, line 3: OMV\.VI: .*events a column calendar"):
        Events.from_frame(pd.DataFrame(rows), origin=Origin("events.csv", first_line=2))
    with pytest.raises(DataError, match=r"line 4: OMV\.VI"):
        Events.from_frame(
            pd.DataFrame({**rows, "symbol": "OMV.VI", "calendar": ["XETR", ""]}), origin=Origin("e", first_line=3)
        )
    placed = place(Events.from_frame(pd.DataFrame({**rows, "calendar": ["", "XETR"]})))
    assert placed.day0[0] == placed.day0[1]
    assert str(placed.calendars["XETR"].sessions[placed.day0[1]]) == "2025-02-21"


def test_an_unknown_exchange_names_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match=r"There is no exchange named 'XNYX'. Did you mean 'XNYS'?"):
        get_calendar("XNYX")


HONG_KONG = get_calendar("XHKG")


@pytest.mark.parametrize("closed", ["2023-09-01", "2023-09-08", "2029-09-24"])
def test_corrections_take_sessions_out(closed: str) -> None:
    assert HONG_KONG.index(days(closed)).tolist() == [-1]


@pytest.mark.parametrize("other", ["2020-10-13", "2021-04-06", "2021-10-13", "2024-09-06", "2023-07-17", "2022-09-12"])
def test_closures_that_the_library_s_code_knows(other: str) -> None:
    assert HONG_KONG.index(days(other)).tolist() == [-1]


@pytest.mark.parametrize(
    ("date", "opens", "closes"),
    [
        ("2020-08-19", "05:30", "08:00"),
        ("2021-06-28", "05:30", "08:00"),
        ("2022-08-25", "05:00", "08:00"),
        ("2023-10-09", "06:00", "08:00"),
        ("2022-11-02", "01:30", "05:55"),
        ("2024-11-14", "01:30", "08:00"),  # typhoon Toraji: trading went on
    ],
)
def test_corrections_of_hours(date: str, opens: str, closes: str) -> None:
    session = int(HONG_KONG.index(days(date))[0])
    assert HONG_KONG.opens[session] == np.datetime64(f"{date}T{opens}")
    assert HONG_KONG.closes[session] == np.datetime64(f"{date}T{closes}")


def test_the_library_s_two_hong_kong_codes_disagree_where_we_say_they_do() -> None:
    """A new version of the library that agrees makes a row of the table superfluous: this test then tells."""
    one, other = (
        pd.DatetimeIndex(library.schedule(code, "2010-01-01", "2028-12-31").index).strftime("%Y-%m-%d")
        for code in ("XHKG", "HKEX")
    )
    assert sorted(set(one) - set(other)) == ["2023-09-01", "2023-09-08"]
    assert sorted(set(other) - set(one)) == ["2020-10-13", "2021-04-06", "2021-10-13", "2024-09-06"]
    ours = HONG_KONG.sessions[(HONG_KONG.sessions >= days("2010-01-01")) & (HONG_KONG.sessions <= days("2028-12-31"))]
    assert sorted(set(one) & set(other)) == ours.astype(str).tolist()


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("1926-01-01", "2030-12-31"),
        ("1930-05-02", "1951-03-03"),
        ("1952-09-27", "1960-01-01"),
        ("1999-01-01", "2040-12-31"),
    ],
)
def test_new_york_has_the_sessions_and_hours_of_the_library_s_own_schedule(first: str, last: str) -> None:
    schedule = library.schedule("NYSE", first, last)
    ours = get_calendar("XNYS", first, last)
    np.testing.assert_array_equal(ours.sessions, schedule.index.to_numpy().astype("datetime64[D]"))
    same = ~np.isin(ours.sessions, days("1999-12-31"))
    same &= (ours.sessions < days("1974-01-02")) | (ours.sessions > days("1974-09-30"))
    same &= (ours.sessions < days("1985-01-02")) | (ours.sessions > days("1985-09-27"))
    for own, column in ((ours.opens, "market_open"), (ours.closes, "market_close")):
        theirs = schedule[column].dt.tz_localize(None).to_numpy().astype("datetime64[s]")
        np.testing.assert_array_equal(own[same], theirs[same])


def test_every_correction_names_its_source_and_is_in_force() -> None:
    assert [each.date for each in corrections()] == sorted(each.date for each in corrections())
    for each in corrections():
        assert len(each.source) > 20
        calendar = get_calendar(each.exchange)
        session = calendar.index(np.array([each.date], dtype="datetime64[D]"))
        assert (session[0] < 0) == each.is_closed
        if each.last is None and not each.is_closed:
            for hour, at in ((each.opens, calendar.opens), (each.closes, calendar.closes)):
                assert hour in (None, str(calendar.local_time(at[session])[0])[11:16])
    assert [each.says for each in corrections("XNYS")] == [
        "closes at 15:30, until 1974-09-30",
        "opens at 10:00, until 1985-09-27",
        "closes at 13:00",
    ]
    assert [each.says for each in corrections("XHKG") if each.closes == "13:55"] == ["closes at 13:55"] * 2
    assert corrections("XHKG")[0].says == "breaks at 12:30 and resumes at 14:30, until 2011-03-04"
    with pytest.raises(UnknownNameError, match=r"exchange named 'HKEX'. Did you mean 'XHKG'\?"):
        corrections("HKEX")


def test_every_correction_is_still_needed() -> None:
    """A new version of the library that knows better makes a row of the table superfluous: this test then tells."""
    for code, (name, zone) in EXCHANGES.items():
        rows = [each for each in corrections(code) if each.last is None]
        if not rows:
            continue
        schedule = library.schedule(name, "1990-01-01", "2030-12-31", zone)
        for each in rows:
            day = str(each.date)
            if day not in schedule.index:
                assert None not in (each.opens, each.closes), (code, day)
                continue
            opens, closes = (
                schedule.loc[[day], column].dt.strftime("%H:%M").iloc[0] for column in ("market_open", "market_close")
            )
            assert each.is_closed or (each.opens or opens, each.closes or closes) != (opens, closes), (code, day)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("NYSE", "XNYS"),
        ("Nasdaq", "XNAS"),
        ("LSE", "XLON"),
        ("HKEX", "XHKG"),
        ("Hong Kong", "XHKG"),
        ("Xetra", "XETR"),
        ("Tokyo", "XTKS"),
        ("Toronto", "XTSE"),
        ("TSX", "XTSE"),
        ("TWSE", "XTAI"),
        ("NSE", "XBOM"),
        ("SIX", "XSWX"),
        ("xlon", "XLON"),
    ],
)
def test_what_people_call_an_exchange_leads_to_its_code(name: str, code: str) -> None:
    with pytest.raises(UnknownNameError, match=rf"There is no exchange named '{name}'. Did you mean '{code}'\?"):
        get_calendar(name)
    with pytest.raises(DataError, match=rf"calendar is '{name}', which is no exchange. Did you mean '{code}'\?"):
        Events.from_frame(pd.DataFrame({"symbol": ["A"], "date": ["2025-02-20"], "calendar": [name]}))


def test_what_an_unknown_exchange_is_called_survives_a_process() -> None:
    with pytest.raises(UnknownNameError) as caught:
        get_calendar("LSE")
    assert str(pickle.loads(pickle.dumps(caught.value))) == "There is no exchange named 'LSE'. Did you mean 'XLON'?"


def test_a_calendar_ends_with_the_years_of_which_holidays_are_known() -> None:
    assert get_calendar("XBOM").sessions[0] == days("1999-01-04")
    # Bombay's are decreed a year at a time; beyond, weekdays are not sessions but unknown.
    assert str(get_calendar("XBOM", last="2035-12-31").sessions[-1]) == str(get_calendar("XBOM").sessions[-1])
    for year in set(get_calendar("XBOM").sessions.astype("datetime64[Y]").astype(int) + 1970):
        weekdays = np.arange(np.datetime64(f"{year}-01-01"), np.datetime64(f"{year + 1}-01-01"))
        weekdays = weekdays[np.is_busday(weekdays)]
        assert (get_calendar("XBOM").index(weekdays) < 0).sum() >= 8, year


def test_dates_before_a_calendar_are_an_error() -> None:
    with pytest.raises(InputError, match=r"The sessions of XTKS are known from 1990-01-01 on; 1900-01-01 lies before."):
        get_calendar("XTKS", "1900-01-01")
    with pytest.raises(InputError, match=r"The calendar of XNYS has no session from 2025-01-01 to 2024-01-01."):
        get_calendar("XNYS", "2025-01-01", "2024-01-01")
    assert str(get_calendar("XNYS", "1900-01-01", "1900-12-31").sessions[0]) == "1900-01-02"


@pytest.mark.parametrize(
    ("code", "time", "inside"),
    [
        ("XHKG", "2025-02-20T04:00:00", True),
        ("XHKG", "2025-02-20T03:59:59", False),
        ("XHKG", "2025-02-20T04:59:59", True),
        ("XHKG", "2025-02-20T05:00:00", False),
        ("XHKG", "2025-01-28T04:00:00", False),  # half day
        ("XHKG", "2023-10-09T04:30:00", False),  # opened at 14:00
        ("XTKS", "2025-05-08T02:30:00", True),
        ("XTKS", "2025-05-08T03:30:00", False),
        ("XNYS", "2025-02-20T17:00:00", False),
        ("XHKG", "2031-02-20T04:00:00", False),
        ("XHKG", "2010-02-22T06:29:59", True),  # until 14:30
        ("XHKG", "2010-02-22T04:00:00", False),
        ("XHKG", "2011-06-01T05:29:59", True),  # until 13:30
        ("XHKG", "2012-03-05T05:00:00", False),
        ("XTKS", "2011-11-18T02:00:00", True),  # from 11:00
        ("XTKS", "2011-11-21T02:00:00", False),
        ("XTKS", "2006-03-01T03:59:59", True),  # until 13:00
        ("XTKS", "2008-12-30T02:30:00", False),  # a morning only
        ("XKRX", "2000-05-19T03:30:00", True),
        ("XKRX", "2000-05-22T03:30:00", False),  # given up
    ],
)
def test_lunch_breaks(code: str, time: str, inside: bool) -> None:
    assert get_calendar(code).in_break(moments(time)).tolist() == [inside]


def test_many_dates_are_found_as_a_few_are() -> None:
    calendar = get_calendar("XNYS")
    days = np.arange(np.datetime64("1900-01-01"), np.datetime64("2060-01-01"))
    days = np.append(days, np.datetime64("NaT"))
    assert len(days) > len(calendar.sessions)
    few = np.concatenate([calendar.index(part) for part in np.array_split(days, 100)])
    np.testing.assert_array_equal(calendar.index(days), few)
    assert (few >= 0).sum() == len(calendar.sessions[calendar.sessions < days[-2]])


def test_a_part_of_a_calendar_has_the_corrections_of_its_own_dates() -> None:
    part, whole = get_calendar("XHKG", first="2021-01-04", last="2021-12-31"), get_calendar("XHKG")
    assert repr(part) == "Calendar(XHKG, 2021-01-04 to 2021-12-31, 247 sessions)"
    same = (whole.sessions >= part.sessions[0]) & (whole.sessions <= part.sessions[-1])
    for name in ("sessions", "opens", "closes"):
        np.testing.assert_array_equal(getattr(part, name), getattr(whole, name)[same])
    # The black rainstorm of 28 June 2021; the typhoon of 19 August 2020 lies before.
    session = int(part.index(days("2021-06-28"))[0])
    assert str(part.opens[session]) == "2021-06-28T05:30:00"
