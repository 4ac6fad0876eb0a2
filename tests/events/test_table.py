"""Events: what becomes of each column, and what the door refuses."""

import hashlib
import pickle
from dataclasses import fields
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eventstudy.datasets import load_alibaba
from eventstudy.errors import DataError, UnknownNameError
from eventstudy.events import Confirmation, Events, Precision, Timing
from eventstudy.frames import Origin

ORIGIN = Origin("e.csv", first_line=2)


def build(zone: str | None = None, **columns: object) -> Events:
    return Events.from_frame(pd.DataFrame({"symbol": ["BABA", "NVDA"]} | columns), zone=zone, origin=ORIGIN)


def moment(time: str) -> np.datetime64:
    return np.datetime64(time, "s")


def test_a_full_row() -> None:
    events = build(
        announced_at=["2025-02-20T05:36:00-05:00", "2025-02-26T16:20:00-05:00"],
        known_at=["2025-02-20T18:40:00+08:00", None],
        surprise=[0.2057, np.nan],
        sector=["retail", None],
        guided=[True, False],
    )
    assert events.event_id.tolist() == ["BABA-2025-02-20", "NVDA-2025-02-26"]
    assert events.announced_at.tolist() == [moment("2025-02-20T10:36").item(), moment("2025-02-26T21:20").item()]
    assert events.known_at[0] == moment("2025-02-20T10:40")
    assert np.isnat(events.known_at[1])
    assert events.precision.tolist() == [Precision.MINUTE] * 2
    assert events.timing.tolist() == [Timing.UNKNOWN] * 2
    assert events.confirmation.tolist() == [Confirmation.CONFIRMED] * 2
    assert events.kind.tolist() == ["earnings"] * 2
    assert events.calendar.tolist() == ["XNYS"] * 2
    np.testing.assert_array_equal(events.values["surprise"], [0.2057, np.nan])
    assert events.groups["sector"].tolist() == ["retail", ""]
    assert events.groups["guided"].tolist() == ["true", "false"]


def test_the_date_is_the_one_that_the_exchange_shows() -> None:
    events = Events.from_frame(
        pd.DataFrame({"symbol": ["BABA", "9988.HK"], "announced_at": ["2025-02-21T00:30:00Z", "2025-02-20T16:30:00Z"]})
    )
    assert [str(day) for day in events.date] == ["2025-02-20", "2025-02-21"]


@pytest.mark.parametrize(
    ("zone", "utc"), [("America/New_York", "2025-07-01T20:05"), ("Asia/Hong_Kong", "2025-07-01T08:05")]
)
def test_a_named_zone_is_used_with_its_summer_time(zone: str, utc: str) -> None:
    events = build(zone, announced_at=["2025-07-01 16:05", "2025-07-01T16:05:00Z"])
    assert events.announced_at[0] == moment(utc)
    assert events.announced_at[1] == moment("2025-07-01T16:05")


@pytest.mark.parametrize(
    ("tag", "timing"),
    [
        ("BMO", "before_open"),
        ("pre", "before_open"),
        ("before_open", "before_open"),
        ("AMC", "after_close"),
        ("After Market Close", "after_close"),
        ("after-close", "after_close"),
        ("DMH", "during"),
        ("TAS", "unknown"),
        (None, "unknown"),
    ],
)
def test_tags_of_vendors(tag: str | None, timing: str) -> None:
    assert build(date="2025-02-20", timing=[tag, "BMO"]).timing[0] == timing


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (
            {"announced_at": ["2025-02-20T05:36Z", "2025-02-26 16:20"]},
            "line 3: announced_at is '2025-02-26 16:20'; .*offset",
        ),
        ({"announced_at": pd.to_datetime(["2025-02-20 05:36", "2025-02-26 16:20"])}, "line 2: announced_at .*offset"),
        ({"announced_at": ["2025-02-30T05:36Z", None]}, "line 2: announced_at is '2025-02-30T05:36Z'; a time such as"),
        ({"announced_at": ["2025-02-20", None]}, "line 2: announced_at is '2025-02-20'; a time such as"),
        ({"announced_at": ["now", None]}, "line 2: announced_at is 'now'; a time such as"),
        ({"announced_at": ["16:30", None]}, "line 2: announced_at is '16:30'; a time such as"),
        ({"announced_at": [990, 991]}, "line 2: announced_at is '990'; a time such as"),
        ({"announced_at": ["2025-02-20T05:36Z", None]}, "line 3: neither announced_at nor date is given"),
        ({"date": ["2025-02-20", "2025-02-31"]}, "line 3: date is '2025-02-31'; an ISO date"),
        (
            {"date": "2025-02-20", "event_id": ["a", "a"]},
            "line 3: the event id 'a' stands a second time .first in e.csv, line 2.",
        ),
        (
            {"date": "2025-02-20", "event_id": ["a", "a"]},
            ".*; take one of the rows out, or give each an id of its own in a column event_id.$",
        ),
        (
            {"date": ["2025-02-20", "2025-02-20 16:30"]},
            "line 3: date is '2025-02-20 16:30'; a plain date, with timing, or the whole moment in the column",
        ),
        (
            {"date": pd.to_datetime(["2025-02-20 00:00", "2025-02-20 16:30"])},
            "line 3: date is '2025-02-20 16:30:00'; a plain",
        ),
        ({"date": "2025-02-20", "event_id": ["a", None]}, "line 3: event_id is empty"),
        ({"date": "2025-02-20", "symbol": ["BABA", "BABA"]}, "line 3: the event id 'BABA-2025-02-20' stands a second"),
        ({"date": "2025-02-20", "symbol": ["BABA", True]}, "line 3: symbol is 'True'; it must be text"),
        ({"date": "2025-02-20", "calendar": ["XNYS", "XNYX"]}, "line 3: calendar is 'XNYX', .* Did you mean 'XNYS'?"),
        ({"date": "2025-02-20", "timing": ["BMO", "BMC"]}, "line 3: timing is 'BMC'. Did you mean"),
        (
            {"date": "2025-02-20", "precision": ["minute", "minutes"]},
            "line 3: precision is 'minutes'. Did you mean 'minute'?",
        ),
        (
            {"date": "2025-02-20", "confirmation": ["", "confirm"]},
            "line 3: confirmation is 'confirm'. Did you mean 'confirmed'?",
        ),
    ],
)
def test_a_broken_row_is_named(columns: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=f"^e.csv, {message}"):
        build(**columns)


@pytest.mark.parametrize("local", ["2025-03-09 02:30", "2025-11-02 01:30"])
def test_a_time_that_the_clocks_skip_or_repeat_needs_its_offset(local: str) -> None:
    with pytest.raises(DataError, match=r"line 2: announced_at .*clocks in America/New_York skip"):
        build("America/New_York", announced_at=[local, "2025-02-20T05:36Z"])


@pytest.mark.parametrize("zone", ["EST", "MST"])
def test_a_zone_without_summer_time_is_not_taken_for_a_place(zone: str) -> None:
    frame = pd.DataFrame({"symbol": ["A"], "announced_at": ["2025-07-10 15:30"]})
    with pytest.raises(
        DataError, match=rf"'{zone}', which has no summer time; write 'America/\w+' for what the clocks"
    ):
        Events.from_frame(frame, zone=zone)


def test_an_unknown_zone_names_the_nearest() -> None:
    with pytest.raises(DataError, match=r"'America/NewYork', which is no time zone. Did you mean 'America/New_York'?"):
        build("America/NewYork", announced_at=["2025-07-01 16:05", "2025-07-01 16:05"])


@pytest.mark.parametrize(
    ("zone", "hint"),
    [
        ("New York", "Did you mean 'America/New_York'?"),
        ("EDT", "A zone is written as America/New_York, Europe/London or Asia/Hong_Kong."),
    ],
)
def test_an_unknown_zone_is_a_city_or_gets_an_example(zone: str, hint: str) -> None:
    with pytest.raises(DataError) as caught:
        build(zone, announced_at=["2025-07-01 16:05", "2025-07-01 16:05"])
    assert str(caught.value) == f"e.csv: the zone of announced_at is {zone!r}, which is no time zone. {hint}"


def test_a_date_at_midnight_or_beside_a_moment_may_bear_a_clock() -> None:
    assert build(date=["2025-02-20 00:00:00", "2025-02-21T00:00"]).date.astype(str).tolist() == [
        "2025-02-20",
        "2025-02-21",
    ]
    both = build(announced_at=["2025-02-20T05:36Z", "2025-02-20T05:36Z"], date=["2025-02-20 05:36", "2025-02-20"])
    assert both.date.astype(str).tolist() == ["2025-02-20", "2025-02-20"]


def test_names_of_columns_that_are_no_text() -> None:
    frame = pd.DataFrame({"symbol": ["BABA"], "date": ["2025-02-20"], 5: [1.5], None: ["a"]})
    events = Events.from_frame(frame)
    assert events.values["5"].tolist() == [1.5]
    assert [label.tolist() for label in events.groups.values()] == [["a"]]


def test_missing_columns() -> None:
    with pytest.raises(DataError, match=r"e.csv: the column 'symbol' is missing. Did you mean 'Symbol'?"):
        Events.from_frame(pd.DataFrame({"Symbol": ["BABA"], "date": ["2025-02-20"]}), origin=ORIGIN)
    with pytest.raises(DataError, match="needs the column 'announced_at', or 'date'"):
        build()


def test_what_a_study_says_is_no_column_of_its_input() -> None:
    """A vendor's status stood in events.csv in the place of the study's own."""
    table = pd.DataFrame({"symbol": ["BABA"], "date": ["2025-02-20"], "status": ["paid"], "day0": ["2025-02-20"]})
    with pytest.raises(
        DataError,
        match=r"^e\.csv: 'day0', 'status' can't be columns of the events, since a study writes its own of these names; "
        r"rename them, as in columns: \{own_day0: day0\}\.$",
    ):
        Events.from_frame(table, origin=Origin("e.csv"))


def test_whole_numbers_are_ids() -> None:
    assert build(date="2025-02-20", event_id=[17, 18]).event_id.tolist() == ["17", "18"]


def test_rows_columns_and_names_are_found() -> None:
    events = load_alibaba().events
    assert events.position("BABA-2024Q4") == 3
    assert events.take([3]).values["net_income_actual"].tolist() == [48.95]
    assert events.column("timing").tolist() == ["before_open"] * 6
    with pytest.raises(UnknownNameError, match=r"Did you mean 'BABA-2024Q1'?"):
        events.position("BABA-24Q1")
    with pytest.raises(UnknownNameError, match=r"group by named 'timming'. Did you mean 'timing'?"):
        events.column("timming")


def test_further_columns_replace_and_leave_the_first_record_alone() -> None:
    events = build(date="2025-02-20", size=[1.0, 2.0])
    more = events.with_columns(
        values={"size": np.array([3.0, 4.0])}, groups={"sector": np.array(["a", "b"], dtype=object)}
    )
    assert more.values["size"].tolist() == [3.0, 4.0]
    assert more.groups["sector"].tolist() == ["a", "b"]
    assert events.values["size"].tolist() == [1.0, 2.0]
    assert not dict(events.groups)
    with pytest.raises(DataError, match="values has 1 entries for 2 events"):
        events.with_columns(values={"size": np.array([3.0])})


def test_arrays_are_read_only_and_events_survive_pickling() -> None:
    events = load_alibaba().events
    with pytest.raises(ValueError, match="read-only"):
        events.values["eps_actual"][0] = 1.0
    assert pickle.loads(pickle.dumps(events)).digest() == events.digest()


@settings(max_examples=20, deadline=None)
@given(st.permutations(range(6)))
def test_the_digest_does_not_depend_on_the_order(order: list[int]) -> None:
    events = load_alibaba().events
    assert events.take(order).digest() == events.digest()


def test_the_digest_is_of_texts_in_the_order_of_ids() -> None:
    events = Events.from_frame(
        pd.DataFrame(
            {
                "event_id": ["b", "c", "a"],
                "symbol": ["BABA", "NVDA", "BABA"],
                "date": ["2025-02-20", "2025-02-26", "2024-11-15"],
                "timing": ["bmo", "amc", "bmo"],
                "quarter": ["Q3", "Q4", ""],
                "size": [1.0, 2.0, np.nan],
            }
        )
    )
    told = hashlib.sha256()
    columns = {
        "event_id": ["a", "b", "c"],
        "symbol": ["BABA", "BABA", "NVDA"],
        "announced_at": ["NaT"] * 3,
        "known_at": ["NaT"] * 3,
        "precision": ["date"] * 3,
        "date": ["2024-11-15", "2025-02-20", "2025-02-26"],
        "timing": ["before_open", "before_open", "after_close"],
        "confirmation": ["confirmed"] * 3,
        "kind": ["earnings"] * 3,
        "calendar": ["XNYS", "XNYS", "XNYS"],
        "source": ["frame"] * 3,
        "flags": [""] * 3,
    }
    for texts in columns.values():
        told.update("\0".join(texts).encode())
    told.update(b"quarter\0\0Q3\0Q4")
    told.update(b"size" + np.array([np.nan, 1.0, 2.0]).tobytes())
    assert events.digest() == told.hexdigest()


def test_the_digest_sees_every_change() -> None:
    events = load_alibaba().events
    changed = [
        events.take([0, 1, 2]),
        events.with_columns(values={"eps_actual": np.zeros(6)}),
        events.with_columns(groups={"period_end": np.full(6, "", dtype=object)}),
    ]
    assert len({events.digest(), *(each.digest() for each in changed)}) == 4


def test_the_table_shows_record_groups_and_values() -> None:
    frame = load_alibaba().events.to_frame()
    assert frame.columns[:3].tolist() == ["event_id", "symbol", "announced_at"]
    assert frame.loc[3, "premarket_quote"] == 0.11
    assert frame.loc[3, "period_end"] == "2024-12-31"


def test_spaces_around_a_symbol_mean_nothing() -> None:
    events = Events.from_frame(pd.DataFrame({"symbol": [" BABA ", "9988.HK "], "date": "2025-02-20"}))
    assert events.symbol.tolist() == ["BABA", "9988.HK"]
    assert events.calendar.tolist() == ["XNYS", "XHKG"]
    assert events.event_id[0] == "BABA-2025-02-20"
    with pytest.raises(DataError, match="symbol is '  '; it must be text"):
        Events.from_frame(pd.DataFrame({"symbol": ["  "], "date": "2025-02-20"}))


def test_the_digest_of_labels_that_are_no_text_is_that_of_their_texts() -> None:
    events = load_alibaba().events

    def labelled(*labels: object) -> str:
        return events.with_columns(groups={"quarter": np.array(labels, dtype=object)}).digest()

    assert labelled(1, 2, "3", 1, 2, "3") == labelled("1", "2", "3", "1", "2", "3")
    assert labelled(1, 2, "3", 1, 2, "3") != labelled(1, 2, "3", 1, 2, "4")


def test_events_made_without_flags_have_none() -> None:
    events = build(date=["2025-02-20", "2025-02-26"])
    record = {each.name: getattr(events, each.name) for each in fields(Events) if each.name != "flags"}
    bare = Events(**record)
    assert bare.flags.tolist() == ["", ""]
    assert bare.digest() == events.digest()
