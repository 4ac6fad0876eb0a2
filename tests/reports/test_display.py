from dataclasses import replace

import numpy as np
import pytest

from eventstudy.reports import display
from eventstudy.reports.display import Column, DisplayTable


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (display.percent(0.0809285), "+8.09%"),
        (display.percent(-0.10233), "-10.23%"),
        (display.percent(-1e-9), "0.00%"),
        (display.percent(np.nan), "–"),
        (display.share(0.736, 0), "74%"),
        (display.percentile(0.99996), "> 99.9%"),
        (display.percentile(1.0), "100%"),
        (display.t_value(3.4192), "3.42"),
        (display.t_value(-0.001), "0.00"),
        (display.p_value(0.0412), "0.041"),
        (display.p_value(0.00087), "0.0009"),
        (display.p_value(0.0001), "0.0001"),
        (display.p_value(0.0000999), "< 0.0001"),
        (display.p_value(0.0), "< 0.0001"),
        (display.p_value(np.nan), "–"),
        (display.price(1234.5), "1,234.50"),
        (display.count(-2), "-2"),
        (display.days(0, 0), "[0]"),
        (display.days(-10, 10), "[-10, +10]"),
        (display.interval(-0.1238, 0.1693), "[-12.38%, +16.93%]"),
        (display.interval(np.nan, 0.1), "–"),
        (display.date("2025-02-20"), "2025-02-20"),
        (display.moment("2025-02-20T05:36:00-05:00"), "2025-02-20 10:36 UTC"),
        (display.days(float("nan"), 1), display.MISSING),
        (display.days(0, float("nan")), display.MISSING),
        (display.leg_title("d1", "rung"), "Close D+1"),
        (display.leg_title("d1", "leg"), "Day D+1"),
        (display.reason("ok", "anything"), ""),
        (display.reason("no_beta"), "no beta"),
        (display.reason("no_beta", "none estimated"), "no beta (none estimated)"),
    ],
)
def test_a_number_has_one_form(shown: str, expected: str) -> None:
    assert shown == expected


def test_control_characters_reach_no_terminal() -> None:
    assert display.clean("BA\x1b[31mBA\n\u202e") == "BA\ufffd[31mBA \ufffd"


def test_only_columns_of_empty_texts_go() -> None:
    made = DisplayTable("t", (Column("a"), Column("b"), Column("c")), (("1", "", "–"), ("2", "", "–")))
    kept = made.without_empty()
    assert [column.title for column in kept.columns] == ["a", "c"]
    assert kept.rows == (("1", "–"), ("2", "–"))


def test_a_capped_table_says_where_the_rest_is() -> None:
    made = DisplayTable("t", (Column("a"),), (("1",), ("2",), ("3",)), ("note",))
    capped = made.head(2, "events.csv")
    assert capped.rows == (("1",), ("2",))
    assert capped.notes == ("The first 2 of 3 rows; all of them are in events.csv.", "note")
    assert made.head(3, "events.csv") is made
    assert replace(made, rows=made.rows[:2]).first_of(3, "events.csv") == capped
    assert made.first_of(3, "events.csv") is made
