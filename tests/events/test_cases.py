"""Day 0 and phase of announcements worked out by hand from the exchanges' own calendars; see cases.csv."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eventstudy._exchanges import EXCHANGES
from eventstudy.calendars import get_calendar
from eventstudy.events import Events, place

with (Path(__file__).parent / "cases.csv").open(encoding="utf-8") as _file:
    CASES = list(csv.DictReader(_file))

EXCHANGE_CODES = ("XNYS", "XNAS", "XHKG", "XLON", "XTKS")


def test_every_exchange_has_its_cases() -> None:
    assert len(CASES) >= 40
    assert {case["calendar"] for case in CASES} == set(EXCHANGE_CODES)


@pytest.mark.parametrize("case", CASES, ids=[f"{case['calendar']} {case['local']}: {case['why']}" for case in CASES])
def test_a_case_worked_out_by_hand(case: dict[str, str]) -> None:
    clock = "announced_at" if ":" in case["local"] else "date"
    row = {"symbol": "A", "calendar": case["calendar"], clock: case["local"], "timing": case["tag"]}
    events = Events.from_frame(pd.DataFrame([row]), zone=EXCHANGES[case["calendar"]][1])
    placed = place(events)
    assert (str(placed.dates(events.calendar)[0]), str(placed.phase[0])) == (case["day0"], case["phase"])


FIRST, LAST = (int(np.datetime64(day, "s").astype(np.int64)) for day in ("2005-01-01", "2028-01-01"))
MOMENTS = st.integers(FIRST, LAST)


def found(code: str, *seconds: int) -> tuple[list[int], list[str], Events]:
    times = [f"{np.datetime64(second, 's')}Z" for second in seconds]
    names = [str(row) for row in range(len(times))]
    table = pd.DataFrame({"event_id": names, "symbol": "A", "calendar": code, "announced_at": times})
    events = Events.from_frame(table)
    placed = place(events)
    return placed.day0.tolist(), [str(phase) for phase in placed.phase], events


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(EXCHANGE_CODES), MOMENTS)
def test_day_0_never_precedes_the_date_in_the_exchange_s_zone(code: str, second: int) -> None:
    day0, _, events = found(code, second)
    calendar = get_calendar(code)
    assert calendar.sessions[day0[0]] >= events.date[0]
    assert calendar.local_date(events.announced_at)[0] == events.date[0]


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(EXCHANGE_CODES), MOMENTS, st.floats(0, 1))
def test_moving_an_announcement_within_its_phase_never_moves_day_0(code: str, second: int, share: float) -> None:
    """The stretch from one edge of a phase to the next is found from opens, closes and midnights alone."""
    calendar = get_calendar(code)
    hours = np.datetime64(second // 3600 * 3600, "s") + np.arange(-72, 72) * np.timedelta64(3600, "s")
    midnights = hours[calendar.local_time(hours) == calendar.local_date(hours)]
    edges = np.sort(np.concatenate([calendar.opens, calendar.closes, midnights])).astype(np.int64)
    after = int(np.searchsorted(edges, second, side="right"))
    low, high = int(edges[after - 1]), int(edges[after]) - 1
    day0, phase, _ = found(code, second, low + int(share * (high - low)))
    assert day0[0] == day0[1]
    assert phase[0] == phase[1]
