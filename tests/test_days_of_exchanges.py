"""Sessions and hours against tables that no calendar library made.

``holidays.csv`` has every weekday of two years on which an exchange was closed, and the sessions that closed at another
hour than usual; ``days_of_exchanges.csv`` has single days that are easily missed. Both were written down from general
knowledge and then compared with pandas_market_calendars and exchange_calendars: ``calendar_of`` is whose published
calendar settles a doubt, and not a document that was copied. `eventstudy.calendars.corrections` tells which days rest
on a library and which on nothing that was looked up.
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from eventstudy.calendars import Calendar, calendar_codes, get_calendar

HERE = Path(__file__).parent


def rows(name: str) -> list[dict[str, str]]:
    with (HERE / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


YEARS, DAYS = rows("holidays.csv"), rows("days_of_exchanges.csv")
# One set of sessions each: the others of New York, Shenzhen and the floor in Frankfurt.
ALIKE = {"XNAS": "XNYS", "ARCX": "XNYS", "XASE": "XNYS", "BATS": "XNYS", "XSHE": "XSHG", "XFRA": "XETR"}


def closed_weekdays(calendar: Calendar, year: str) -> list[str]:
    days = np.arange(np.datetime64(f"{year}-01-01"), np.datetime64(f"{int(year) + 1}-01-01"))
    return [str(day)[5:] for day in np.setdiff1d(days[np.is_busday(days)], calendar.sessions)]


def clock(calendar: Calendar, at: np.ndarray) -> list[str]:
    return [str(time)[11:16] for time in calendar.local_time(at)]


def test_every_exchange_has_its_holidays_in_the_table() -> None:
    assert {row["exchange"] for row in YEARS} | set(ALIKE) == set(calendar_codes())


@pytest.mark.parametrize("row", YEARS, ids=[f"{row['exchange']} {row['year']}" for row in YEARS])
def test_the_holidays_and_half_days_of_a_year(row: dict[str, str]) -> None:
    codes = [row["exchange"], *(code for code, same in ALIKE.items() if same == row["exchange"])]
    for calendar in map(get_calendar, codes):
        assert closed_weekdays(calendar, row["year"]) == row["closed"].split()
        of_year = calendar.sessions.astype("datetime64[Y]") == np.datetime64(row["year"], "Y")
        closes = clock(calendar, calendar.closes[of_year])
        usual = max(sorted(set(closes)), key=closes.count)
        dates = calendar.sessions[of_year]
        told = [f"{str(day)[5:]}={time}" for day, time in zip(dates, closes, strict=True) if time != usual]
        if calendar.code == "XTKS" and row["year"] == "2024":
            told = [each for each in told if each < "11-05"]  # its close moved in November
        assert told == row["half_days"].split()


@pytest.mark.parametrize("row", DAYS, ids=[f"{row['exchange']} {row['date']}: {row['why']}" for row in DAYS])
def test_a_day_that_is_easily_missed(row: dict[str, str]) -> None:
    codes = [row["exchange"], *(code for code, same in ALIKE.items() if same == row["exchange"])]
    # Shenzhen was trading on trial before Shanghai opened, and Frankfurt's floor had other hours than Xetra.
    alike = codes[:1] if row["exchange"] in ("XSHG", "XETR") else codes
    for calendar in map(get_calendar, alike):
        session = calendar.index(np.array([row["date"]], dtype="datetime64[D]"))
        assert (session[0] >= 0) == bool(row["opens"])
        if row["opens"]:
            assert clock(calendar, calendar.opens[session]) == [row["opens"]]
            assert clock(calendar, calendar.closes[session]) == [row["closes"]]
