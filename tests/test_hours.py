"""Extended hours by exchange and date."""

from datetime import date

import numpy as np
import pytest

from eventstudy.calendars import get_calendar
from eventstudy.errors import InputError
from eventstudy.hours import ExtendedHours, session_edges, with_rule


def edges_of(code: str, day: str, hours: object = None) -> tuple[str, str]:
    calendar = get_calendar(code)
    edges = session_edges(calendar, hours)  # type: ignore[arg-type]
    at = int(calendar.index(np.array([day], dtype="datetime64[D]"))[0])
    return str(edges.pre_opens[at]), str(edges.post_closes[at])


@pytest.mark.parametrize(
    ("code", "day", "expected"),
    [
        ("XNYS", "2025-02-20", ("2025-02-20T09:00:00", "2025-02-21T01:00:00")),  # 04:00 and 20:00, winter
        ("XNAS", "2025-07-02", ("2025-07-02T08:00:00", "2025-07-03T00:00:00")),  # summer time
        ("XNYS", "2025-11-28", ("2025-11-28T09:00:00", "2025-11-28T22:00:00")),  # 13:00 close, 17:00
        ("XNYS", "2019-12-24", ("2019-12-24T09:00:00", "2019-12-24T22:00:00")),
        ("XHKG", "2025-02-20", ("2025-02-20T01:00:00", "2025-02-20T08:10:00")),  # auctions 09:00, 16:10
        ("XETR", "2025-02-20", ("2025-02-20T08:00:00", "2025-02-20T16:30:00")),  # regular hours only
    ],
)
def test_edges(code: str, day: str, expected: tuple[str, str]) -> None:
    assert edges_of(code, day) == expected


def test_a_rule_holds_from_its_date() -> None:
    hours = with_rule("XNAS", ExtendedHours(date(2026, 12, 7), opens=-180, after_close=240))
    assert edges_of("XNAS", "2026-12-04", hours) == ("2026-12-04T09:00:00", "2026-12-05T01:00:00")
    # Monday trades from Sunday 21:00, Tuesday from Monday 21:00: both after the 20:00 before.
    assert edges_of("XNAS", "2026-12-07", hours) == ("2026-12-07T02:00:00", "2026-12-08T01:00:00")
    assert edges_of("XNAS", "2026-12-08", hours)[0] == "2026-12-08T02:00:00"


def test_a_start_before_the_last_end_begins_there() -> None:
    hours = with_rule("XNAS", ExtendedHours(date(2026, 12, 7), opens=-300, after_close=240))
    assert edges_of("XNAS", "2026-12-08", hours)[0] == "2026-12-08T01:00:00"


def test_which_session_trades() -> None:
    calendar = get_calendar("XNYS")
    at = int(calendar.index(np.array(["2025-02-20"], dtype="datetime64[D]"))[0])
    times = np.array(
        ["2025-02-20T08:59:59", "2025-02-20T09:00:00", "2025-02-21T00:59:59", "2025-02-21T01:00:00"],
        dtype="datetime64[s]",
    )
    assert session_edges(calendar).session(times).tolist() == [-1, at, at, -1]
    assert session_edges(calendar).session(np.array(["1980-01-01"], dtype="datetime64[s]")).tolist() == [-1]


def test_a_rule_is_checked() -> None:
    with pytest.raises(InputError, match="within 12 hours of the close"):
        ExtendedHours(date(2026, 1, 1), opens=240, after_close=800)
