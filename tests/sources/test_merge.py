"""Announcements of several sources, each once: the earliest public time wins, conflicts are said."""

from __future__ import annotations

from pathlib import Path
from time import perf_counter

import pandas as pd
import pytest

from eventstudy.config import load, load_inputs
from eventstudy.errors import ConfigError, InputError
from eventstudy.events import Events, place
from eventstudy.events.quality import assess
from eventstudy.sources import CsvEvents, MergedEvents, SampleEvents, merge_events
from eventstudy.sources.merge import conflicts


def events(source: str, *rows: dict[str, object]) -> Events:
    """Return events of BABA, or of whom a row names."""
    return Events.from_frame(pd.DataFrame([{"symbol": "BABA", **row} for row in rows]), source=source)


WIRE = events("wire", {"announced_at": "2025-02-20T05:36-05:00", "event_id": "BABA-2024Q4"})
FILING = events("edgar", {"announced_at": "2025-02-20T06:14-05:00", "form": "6-K"})
VENDOR = events("yahoo", {"date": "2025-02-20", "timing": "before_open", "eps_actual": 2.93})


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_the_earliest_time_wins_in_any_order(order: tuple[int, ...]) -> None:
    merged = merge_events([[WIRE, FILING, VENDOR][part] for part in order])
    assert len(merged) == 1
    assert str(merged.announced_at[0]) == "2025-02-20T10:36:00"
    assert merged.source[0] == "wire"
    assert merged.groups["form"][0] == "6-K"
    assert merged.values["eps_actual"][0] == 2.93
    assert merged.groups["conflict"][0] == ""
    assert conflicts(merged) == 0


def test_the_first_source_names_the_event() -> None:
    assert merge_events([WIRE, FILING]).event_id.tolist() == ["BABA-2024Q4"]
    assert merge_events([FILING, WIRE]).event_id.tolist() == ["BABA-2025-02-20"]
    assert merge_events([FILING, WIRE]).groups["sources"].tolist() == ["edgar+wire"]


def test_two_sessions_are_a_conflict_and_an_unknown_hour_is_none() -> None:
    after = events("edgar", {"announced_at": "2025-02-20T16:05-05:00"})
    merged = merge_events([VENDOR, after])
    assert merged.groups["conflict"][0] == "yahoo 2025-02-20 before_open; edgar 2025-02-20T21:05:00Z"
    assert conflicts(merged) == 1
    assert conflicts(merge_events([events("csv", {"date": "2025-02-20"}), after])) == 0
    assert conflicts(merge_events([events("csv", {"date": "2025-02-19"}), after])) == 1


def test_a_bare_date_beats_neither_a_time_nor_a_tag() -> None:
    for known in (FILING, VENDOR):
        early = merge_events([events("csv", {"date": "2025-02-19"}), known])
        assert (str(early.date[0]), early.source[0]) == ("2025-02-20", known.source[0])
        assert early.flags.tolist() == [""]
    assert merge_events([FILING, events("csv", {"date": "2025-02-18"})]).flags.tolist() == ["sources_disagree"]
    same = merge_events([events("csv", {"date": "2025-02-20"}), FILING])
    assert same.source[0] == "edgar"
    tagged = merge_events([events("csv", {"date": "2025-02-20"}), VENDOR])
    assert tagged.source[0] == "yahoo"


def test_an_estimate_gives_way_to_what_is_confirmed() -> None:
    guess = events("guess", {"announced_at": "2025-02-18T05:36-05:00", "confirmation": "estimated", "eps": 1.5})
    for known in (FILING, VENDOR, events("csv", {"date": "2025-02-20"})):
        merged = merge_events([guess, known])
        assert (str(merged.date[0]), merged.confirmation[0]) == ("2025-02-20", "confirmed")
        assert merged.values["eps"][0] == 1.5
        assert merged.flags[0] == "sources_disagree"


@pytest.mark.parametrize(
    ("tag", "time", "day0", "winner"),
    [
        ("bmo", "2024-08-15T17:00-04:00", "2024-08-15", "vendor"),
        ("bmo", "2024-08-15T09:30-04:00", "2024-08-15", "vendor"),
        ("bmo", "2024-08-15T07:00-04:00", "2024-08-15", "edgar"),
        ("bmo", "2024-08-14T17:00-04:00", "2024-08-15", "edgar"),
        ("dmh", "2024-08-15T16:30-04:00", "2024-08-15", "vendor"),
        ("dmh", "2024-08-15T08:00-04:00", "2024-08-15", "edgar"),
        ("amc", "2024-08-15T17:00-04:00", "2024-08-16", "edgar"),
        ("amc", "2024-08-16T00:10-04:00", "2024-08-16", "vendor"),
        ("amc", "2024-08-15T15:00-04:00", "2024-08-15", "edgar"),
    ],
)
def test_a_tag_bounds_the_time(tag: str, time: str, day0: str, winner: str) -> None:
    """New York trades from 9:30 to 16:00."""
    parts = [events("vendor", {"date": "2024-08-15", "timing": tag}), events("edgar", {"announced_at": time})]
    for merged in (merge_events(parts), merge_events(parts[::-1])):
        assert (str(place(merged).dates(merged.calendar)[0]), merged.source[0]) == (day0, winner)


def test_sources_on_two_exchanges_may_agree() -> None:
    """Before New York's open of the 15th, in Hong Kong the evening of the 15th: day 0 there is the 16th."""
    row = {"symbol": "9988.HK", "date": "2024-08-15"}
    filing = events("hkex", {"symbol": "9988.HK", "announced_at": "2024-08-15T18:00+08:00"})
    vendor = events("vendor", row | {"timing": "bmo", "calendar": "XNYS"})
    assert merge_events([filing, vendor]).flags.tolist() == [""]
    vendor = events("vendor", row | {"timing": "bmo", "calendar": "XHKG"})
    assert merge_events([filing, vendor]).flags.tolist() == ["sources_disagree"]


def test_sources_of_one_name_are_told_apart() -> None:
    parts = [events("csv", {"date": "2025-02-20", "timing": tag}) for tag in ("bmo", "amc")]
    merged = merge_events([*parts, FILING])
    assert merged.groups["sources"].tolist() == ["csv#1+csv#2+edgar"]
    assert merged.groups["conflict"].tolist() == [
        "csv#1 2025-02-20 before_open; csv#2 2025-02-20 after_close; edgar 2025-02-20T11:14:00Z"
    ]


def test_a_conflict_is_flagged_and_counted() -> None:
    quiet = {"symbol": "PDD", "date": "2025-02-20", "timing": "bmo"}
    late = events("edgar", {"announced_at": "2025-02-20T16:05-05:00"}, quiet)
    vendor = events("yahoo", {"date": "2025-02-20", "timing": "bmo", "flags": "date_disagrees"}, quiet)
    merged = merge_events([vendor, late])
    assert merged.flags.tolist() == ["date_disagrees;sources_disagree", ""]
    table = merged.to_frame().assign(phase="pre", day0="2025-02-20", status="ok", reason="")
    quality = assess(table)
    assert quality.flags == {"date_disagrees": 1, "sources_disagree": 1}
    assert "The sources do not agree on day 0 of 1 of 2 events." in quality.sentences


def test_a_hundred_thousand_rows_are_merged_at_once() -> None:
    """A pass over all rows for each of the symbols took minutes."""
    count = 50_000
    table = pd.DataFrame({"event_id": range(count), "symbol": [f"S{row:05d}" for row in range(count)]})
    parts = [Events.from_frame(table.assign(date=f"2025-02-{day}", timing="bmo"), source=str(day)) for day in (19, 20)]
    start = perf_counter()
    merged = merge_events(parts)
    assert perf_counter() - start < 10
    assert len(merged) == count
    assert set(merged.groups["sources"]) == {"19+20"}
    assert conflicts(merged) == count


def test_rows_far_apart_or_of_others_stay_apart() -> None:
    other = events("edgar", {"announced_at": "2025-02-26T06:14-05:00"}, {"symbol": "PDD", "date": "2025-02-20"})
    merged = merge_events([WIRE, other])
    assert merged.event_id.tolist() == ["BABA-2024Q4", "BABA-2025-02-26", "PDD-2025-02-20"]
    assert len(merge_events([WIRE, other], within=6)) == 2
    assert len(merge_events([WIRE, events("x", {"date": "2025-02-20", "kind": "guidance"})])) == 2


def test_two_rows_of_one_source_are_never_one() -> None:
    twice = events("yahoo", {"date": "2025-02-20"}, {"date": "2025-02-21"})
    merged = merge_events([twice, FILING])
    assert [str(day) for day in merged.date] == ["2025-02-20", "2025-02-21"]
    assert merged.groups["sources"].tolist() == ["yahoo+edgar", "yahoo"]


def test_the_nearest_rows_are_one() -> None:
    """The second date of a vendor is the filing's own; the first is three days before."""
    twice = events("yahoo", {"date": "2025-02-17", "event_id": "first"}, {"date": "2025-02-20", "event_id": "second"})
    merged = merge_events([twice, FILING])
    assert merged.groups["sources"].tolist() == ["yahoo", "yahoo+edgar"]
    assert merged.event_id.tolist() == ["first", "second"]
    assert merged.groups["conflict"].tolist() == ["", ""]
    chain = [events(str(day), {"date": f"2025-02-{day}"}) for day in (10, 15, 17)]
    assert merge_events(chain).groups["sources"].tolist() == ["10", "15+17"]


def test_the_order_of_the_rows_does_not_matter() -> None:
    day = {"date": "2025-02-20"}
    twice = events("yahoo", {**day, "event_id": "x"}, {**day, "event_id": "y"})
    there, back = (merge_events([each, FILING]).to_frame() for each in (twice, twice.take([1, 0])))
    pd.testing.assert_frame_equal(there, back)
    assert there["sources"].tolist() == ["yahoo+edgar", "yahoo"]


def test_names_stay_unique() -> None:
    taken = events("a", {"event_id": "x", "date": "2025-02-20"}, {"event_id": "x-2", "date": "2025-08-29"})
    again = events("b", {"event_id": "x", "date": "2025-05-15"})
    assert merge_events([taken, again]).event_id.tolist() == ["x", "x-3", "x-2"]
    one = events("a", {"event_id": "x", "date": "2025-02-20"})
    two = events("b", {"event_id": "x", "date": "2025-05-15"})
    assert merge_events([one, two]).event_id.tolist() == ["x", "x-2"]


def test_nothing_to_merge() -> None:
    with pytest.raises(InputError, match="no events to merge"):
        merge_events([])
    with pytest.raises(InputError, match="can't be negative"):
        merge_events([WIRE], within=-1)
    assert merge_events([WIRE]).event_id.tolist() == ["BABA-2024Q4"]


def test_a_config_lists_sources(tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("symbol,announced_at,note\nBABA,2025-02-20T04:00:00-05:00,leak\n")
    text = "events: [{source: sample, symbols: [BABA]}, {source: csv, path: mine.csv}]\nprices: {source: sample}\n"
    path = tmp_path / "study.yaml"
    path.write_text(text + "benchmark: SPY\n")
    configured = load(path)
    assert isinstance(configured.events, MergedEvents)
    assert configured.events.symbols == ("BABA",)
    assert configured.events.parts == (SampleEvents(symbols=("BABA",)), CsvEvents(path=tmp_path / "mine.csv"))
    found, _ = load_inputs(configured)
    assert len(found) == 6
    row = found.position("BABA-2024Q4")
    assert str(found.announced_at[row]) == "2025-02-20T09:00:00"
    assert found.groups["note"][row] == "leak"
    assert place(found).phase[row] == "pre"


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("[]", "events is an empty list"),
        ("[{source: sample}, {source: smaple}]", "events[1].source: there is no event source 'smaple'"),
        ("[{source: sample, kidn: earnings}]", "unknown key 'events[0].kidn'"),
        ("[sample]", "events[0] is 'sample'; a mapping such as"),
        ("{source: sample, kidn: earnings}", "unknown key 'events.kidn'"),
    ],
)
def test_a_config_says_what_is_wrong_with_its_list(tmp_path: Path, spec: str, words: str) -> None:
    path = tmp_path / "study.yaml"
    path.write_text(f"events: {spec}\nprices: {{source: sample}}\nbenchmark: SPY\n")
    with pytest.raises(ConfigError) as caught:
        load(path)
    assert words in str(caught.value)
