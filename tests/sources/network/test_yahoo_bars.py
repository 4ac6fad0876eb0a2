"""Yahoo's intraday bars: extended hours, what is no bar, and the window that moves with today."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest

from eventstudy.errors import DataError, InputError, SourceError, UnknownNameError, UnknownSymbolError
from eventstudy.sources import Client, YahooBars, YahooPrices, offline
from tests.sources.network.loopback import NOT_FOUND, Clock, Server, as_json, chart, seconds

PATH = "/v8/finance/chart/BABA"
DAY = date(2025, 9, 19)
DAILY = as_json(chart([seconds("2025-09-19 09:30", -4)], [160.0]))


def bars(*rows: tuple[str, float | None, float], **options: object) -> object:
    """Return a reply with bars at local times of one day."""
    times = [seconds(f"2025-09-19 {clock}", -4) for clock, _, _ in rows]
    closes = [close for _, close, _ in rows]
    payload = chart(times, closes, volume=[volume for *_, volume in rows], interval="5m", **options)  # type: ignore[arg-type]
    return as_json(payload)


def serve(server: Server, reply: object, daily: object = DAILY) -> None:
    """Answer the request for daily bars first, which is made for the splits, then that for intraday bars."""
    server.on(PATH, daily, reply)  # type: ignore[arg-type]


def test_extended_hours(client: Client, server: Server) -> None:
    rows = [
        ("04:00", 158.0, 0), ("08:05", None, 0), ("09:25", 161.0, 0), ("09:30", 162.0, 5000), ("15:55", 163.0, 7000),
        ("16:00", 163.5, 0), ("19:55", 164.0, 0), ("20:00", 164.5, 0),
    ]  # fmt: skip
    serve(server, bars(*rows))
    found = YahooBars(interval="5m").bars(["BABA"], DAY, DAY).series("BABA")
    clocks = [str(start)[11:16] for start in found.start]
    assert clocks == ["08:00", "13:25", "13:30", "19:55", "20:00", "23:55"]
    assert found.close.tolist() == [158.0, 161.0, 162.0, 163.0, 163.5, 164.0]
    # Yahoo's zero outside the session is no volume of zero.
    np.testing.assert_array_equal(found.volume, [np.nan, np.nan, 5000, 7000, np.nan, np.nan])
    assert found.interval == 300
    asked = server.asked[-1].query
    assert asked["includePrePost"] == "True"
    assert int(asked["period1"]) == seconds("2025-09-19 00:00", -4)
    assert int(asked["period2"]) == seconds("2025-09-20 00:00", -4)


def test_splits_up_to_the_reply_are_taken_out_and_later_ones_not(client: Client, server: Server, clock: Clock) -> None:
    day = seconds("2025-09-22 09:30", -4)
    events = {"splits": {"x": {"date": day, "numerator": 4, "denominator": 1}}}
    daily = as_json(chart([seconds("2025-09-19 09:30", -4), day], [40.0, 41.0], events=events))
    serve(server, bars(("09:30", 40.0, 400)), daily)
    panel = YahooBars().bars(["BABA"], DAY, DAY)
    first, bars_before = panel.series("BABA"), panel.digest()
    assert (first.close.tolist(), first.volume.tolist()) == ([160.0], [100.0])

    clock.time += timedelta(days=30)
    later = seconds("2025-10-20 09:30", -4)
    events["splits"]["y"] = {"date": later, "numerator": 10, "denominator": 1}
    server.on(PATH, as_json(chart([seconds("2025-09-19 09:30", -4)], [4.0], events=events)))
    assert YahooPrices().prices(["BABA"]).series("BABA").close.tolist() == [160.0]
    assert YahooBars().bars(["BABA"], DAY, DAY).digest() == bars_before


def test_a_bar_that_is_not_over_and_a_live_quote_are_left_out(client: Client, server: Server, clock: Clock) -> None:
    clock.time = datetime(2025, 9, 19, 13, 41, tzinfo=UTC)
    serve(server, bars(("09:30", 1.0, 1), ("09:35", 2.0, 1), ("09:35", 2.5, 1), ("09:40", 3.0, 1)))
    assert YahooBars().bars(["BABA"], DAY, DAY).series("BABA").close.tolist() == [1.0, 2.0]


def test_a_long_span_is_asked_for_in_pieces() -> None:
    pieces = YahooBars(interval="1m").requests("BABA", date(2025, 9, 1), date(2025, 9, 19))
    spans = [(int(each.params["period1"]), int(each.params["period2"])) for each in pieces]
    assert [(after - before) / 86400 for before, after in spans] == [7, 7, 5]
    assert all(before[1] == after[0] for before, after in pairwise(spans))


@pytest.mark.parametrize(
    ("interval", "first", "words"),
    [
        ("1m", date(2025, 8, 1), "1m bars for 30 days, from 2025-08-23 on.*Bars of 60m still reach"),
        ("5m", date(2025, 2, 20), "5m bars for 60 days, from 2025-07-24 on.*2025-02-20.*Bars of 60m still reach"),
        ("60m", date(2022, 2, 20), "60m bars for 730 days, .*No interval of Yahoo's reaches that far"),
    ],
)
def test_out_of_the_window(client: Client, server: Server, interval: str, first: date, words: str) -> None:
    server.on(PATH, DAILY)
    with pytest.raises(SourceError, match=words):
        YahooBars(interval=interval).bars(["BABA"], first, first)  # type: ignore[arg-type]
    assert len(server.paths("chart")) == 1


def test_what_was_fetched_inside_the_window_is_there_for_ever(client: Client, server: Server, clock: Clock) -> None:
    serve(server, bars(("09:30", 160.0, 400)))
    digest = YahooBars().bars(["BABA"], DAY, DAY).digest()
    clock.time += timedelta(days=500)
    server.on(PATH, DAILY)
    assert YahooBars().bars(["BABA"], DAY, DAY).digest() == digest
    with offline():
        assert YahooBars().bars(["BABA"], DAY, DAY).digest() == digest


def test_what_a_caller_may_get_wrong(client: Client, server: Server) -> None:
    with pytest.raises(UnknownNameError, match="interval of Yahoo's bars named '30m'"):
        YahooBars(interval="30m")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="need a first and a last date"):
        YahooBars().bars(["BABA"])
    with pytest.raises(InputError, match="name those whose bars"):
        YahooBars().bars()
    serve(server, bars())
    with pytest.raises(DataError, match="no 5m bar of BABA from 2025-09-19 to 2025-09-19"):
        YahooBars(start=DAY, end=DAY).bars(["BABA"])
    server.on("/v8/finance/chart/GONE", NOT_FOUND)
    with pytest.raises(UnknownSymbolError, match="GONE"):
        YahooBars().bars(["GONE"], DAY, DAY)
    with pytest.raises(UnknownSymbolError, match="GONE"):
        YahooBars().bars(optional=["GONE"], first=DAY, last=DAY)


def test_no_bar_of_a_symbol_that_may_lack_one_is_an_error_all_the_same(client: Client, server: Server) -> None:
    serve(server, bars())
    with pytest.raises(DataError, match=r"^Yahoo has no 5m bar from 2025-09-19 to 2025-09-19\.$"):
        YahooBars().bars(optional=["BABA"], first=DAY, last=DAY)


@pytest.mark.parametrize("calendar", ["XHKG", {"BABA": "XHKG"}])
def test_a_calendar_that_was_named_sets_the_day(client: Client, server: Server, calendar: str | dict[str, str]) -> None:
    times = [seconds("2025-09-19 09:30", 8), seconds("2025-09-19 16:00", 8)]
    serve(server, as_json(chart(times, [158.0, 159.0], zone="Asia/Hong_Kong", interval="5m")))
    panel = YahooBars(calendar=calendar).bars(["BABA"], DAY, DAY)
    found = panel.series("BABA")
    assert found.calendar.code == "XHKG"
    assert [str(each) for each in found.start] == ["2025-09-19T01:30:00", "2025-09-19T08:00:00"]
    assert int(server.asked[-1].query["period1"]) == seconds("2025-09-19 00:00", 8)
