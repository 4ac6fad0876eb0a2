"""Yahoo's page of earnings dates: the faults of yfinance's reader, one by one, and what we make of the page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from eventstudy.errors import DataError, InputError, NetworkError, ParseError, UnknownNameError, UnknownSymbolError
from eventstudy.events import Events, place
from eventstudy.sources import Client, YahooEvents, offline
from eventstudy.sources._yahoo_page import read_page
from tests.sources.network.loopback import Answer, Clock, Server, as_page

CALENDAR = "/calendar/earnings"
HEADER = ("Symbol", "Company", "Earnings Date", "EPS Estimate", "Reported EPS", "Surprise (%)")
Row = tuple[str, str, str, str]

ROWS: list[Row] = [
    ("November 25, 2025 at 7 AM EST", "0.85", "-", "-"),
    ("August 29, 2025 at 5 AM EDT", "2.13", "2.06", "-3.29"),
    ("May 15, 2025 at 5 AM EDT", "1.50", "1.73", "+15.33"),
    ("February 20, 2025 at 5 AM EST", "2.67", "2.93", "9.74"),
]


def page(rows: Sequence[Row], symbol: str = "BABA") -> Answer:
    """Return a page with a table in the shape of Yahoo's."""
    cells = [HEADER, *((symbol, "A company & its <b>name</b>", *row) for row in rows)]
    lines = (
        "<tr>" + "".join(f"<{tag}><span>{cell}</span></{tag}>" for cell in line) + "</tr>"
        for tag, line in (("th" if n == 0 else "td", line) for n, line in enumerate(cells))
    )
    return as_page(f"<h1>Earnings calendar</h1><table>{''.join(lines)}</table>")


def read(server: Server, rows: Sequence[Row], symbol: str = "BABA") -> Events:
    server.on(CALENDAR, page(rows, symbol))
    return YahooEvents(symbols=(symbol,)).events()


def test_the_founding_quarter(client: Client, server: Server) -> None:
    events = read(server, ROWS)
    assert events.event_id.tolist() == ["BABA-2025-02-20", "BABA-2025-05-15", "BABA-2025-08-29", "BABA-2025-11-25"]
    assert str(events.announced_at[0]) == "2025-02-20T10:00:00"
    assert set(events.precision) == {"hour"}
    assert set(events.source) == {"yahoo"}
    assert set(events.kind) == {"earnings"}
    assert events.confirmation.tolist() == ["confirmed", "confirmed", "confirmed", "estimated"]
    assert events.values["eps_estimate"].tolist() == [2.67, 1.50, 2.13, 0.85]
    np.testing.assert_array_equal(events.values["eps_actual"], [2.93, 1.73, 2.06, np.nan])
    np.testing.assert_allclose(events.values["eps_surprise"], [0.0974, 0.1533, -0.0329, np.nan])
    assert place(events).phase.tolist() == ["pre"] * 4
    assert np.isnat(events.known_at).all()


def test_an_exchange_that_is_not_here_is_named_by_another(client: Client, server: Server) -> None:
    """Frankfurt opens at 9:00 and closes at 17:30: seven in the morning is before, six in the evening after."""
    rows: list[Row] = [
        ("February 5, 2025 at 6 AM UTC", "1.0", "1.1", "+10"),
        ("October 29, 2025 at 5 PM UTC", "1.0", "1.1", "+10"),
    ]
    with pytest.raises(InputError, match=r"OMV\.VI: \.VI is Vienna, .*sources take calendar: {OMV\.VI: CODE}"):
        read(server, rows, "OMV.VI")
    events = YahooEvents(symbols=("OMV.VI",), calendar={"OMV.VI": "XETR"}).events()
    assert set(events.calendar) == {"XETR"}
    placed = place(events)
    assert placed.phase.tolist() == ["pre", "post"]
    days = placed.calendars["XETR"].sessions[placed.day0]
    assert days.astype(str).tolist() == ["2025-02-05", "2025-10-30"]
    assert events.calendar.tolist() == YahooEvents(symbols=("OMV.VI",), calendar="XETR").events().calendar.tolist()


def test_an_undated_row_does_not_shift_the_figures_of_others(
    client: Client, server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    rows = [*ROWS]
    rows[1] = ("-", *rows[1][1:])
    events = read(server, rows)
    assert [str(day) for day in events.date] == ["2025-02-20", "2025-05-15", "2025-11-25"]
    assert events.values["eps_estimate"].tolist() == [2.67, 1.50, 0.85]
    assert "BABA: 1 of 4 earnings rows have no date" in caplog.text


@pytest.mark.parametrize(
    ("stated", "symbol", "moment"),
    [
        ("February 20, 2025 at 5:30 AM EST", "BABA", "2025-02-20T10:30:00"),
        ("July 31, 2025 at 4 PM EDT", "AAPL", "2025-07-31T20:00:00"),
        ("July 31, 2025 at 4 PM EST", "AAPL", "2025-07-31T20:00:00"),
        ("July 31, 2025 at 7 AM BST", "VOD.L", "2025-07-31T06:00:00"),
        ("January 30, 2025 at 7 AM GMT", "VOD.L", "2025-01-30T07:00:00"),
        ("February 20, 2025 at 6 PM HKT", "9988.HK", "2025-02-20T10:00:00"),
        ("February 20, 2025 at 6 PM GMT+8", "9988.HK", "2025-02-20T10:00:00"),
        ("February 6, 2025 at 3:40 PM JST", "7203.T", "2025-02-06T06:40:00"),
        ("February 20, 2025 at 5 AM America/New_York", "BABA", "2025-02-20T10:00:00"),
    ],
)
def test_minutes_and_zones(client: Client, server: Server, stated: str, symbol: str, moment: str) -> None:
    events = read(server, [(stated, "1", "1", "0")], symbol)
    assert str(events.announced_at[0]) == moment
    assert events.precision[0] == "hour"


def test_two_zones_on_one_page(client: Client, server: Server) -> None:
    rows = [("July 31, 2025 at 7 AM BST", "1", "1", "0"), ("January 30, 2025 at 2 AM EST", "1", "1", "0")]
    events = read(server, rows, "VOD.L")
    assert [str(moment) for moment in events.announced_at] == ["2025-01-30T07:00:00", "2025-07-31T06:00:00"]


def test_a_true_zero_is_no_missing_value(client: Client, server: Server) -> None:
    events = read(server, [("May 15, 2025 at 5 AM EDT", "0.00", "0.0", "0.00"), ROWS[3]])
    for name in ("eps_estimate", "eps_actual", "eps_surprise"):
        assert events.values[name][1] == 0.0


@pytest.mark.parametrize(
    "stated",
    [
        "May 1, 2025 at 12 PM EDT",
        "May 1, 2025 at 11 AM EDT",
        "May 1, 2025 at 12 AM EDT",
        "May 1, 2025 at 3:59 PM EDT",
        "May 1, 2025 at 9:30 AM EDT",
        "May 1, 2025",
    ],
)
def test_placeholders_say_nothing_of_the_time(client: Client, server: Server, stated: str) -> None:
    events = read(server, [(stated, "1.62", "1.65", "1.85")], "AAPL")
    assert np.isnat(events.announced_at[0])
    assert (str(events.date[0]), events.timing[0], events.precision[0]) == ("2025-05-01", "unknown", "date")
    assert place(events).phase.tolist() == ["unknown"]


def test_the_hour_of_the_close_is_after_it_on_a_short_day_too(client: Client, server: Server) -> None:
    rows = [("May 1, 2025 at 4 PM EDT", "1", "1", "0"), ("November 28, 2025 at 1 PM EST", "1", "1", "0")]
    events = read(server, rows, "AAPL")
    placed = place(events)
    sessions = placed.calendars["XNYS"].sessions
    assert placed.phase.tolist() == ["post", "post"]
    assert [str(sessions[day]) for day in placed.day0] == ["2025-05-02", "2025-12-01"]


def test_every_page_is_fetched_once_and_rows_that_moved_count_once(client: Client, server: Server) -> None:
    first = date(2025, 8, 29)
    days = [first - timedelta(days=91 * n) for n in range(130)]
    rows = [(f"{day:%B} {day.day}, {day.year} at 5 AM EST", str(n), str(n), "-") for n, day in enumerate(days)]
    server.on(f"{CALENDAR}?offset=0", page(rows[:100]))
    server.on(f"{CALENDAR}?offset=100", page(rows[99:]))
    events = YahooEvents(symbols=("BABA",)).events()
    assert len(events) == 130
    assert events.values["eps_actual"].tolist() == [float(n) for n in range(129, -1, -1)]
    asked = [each.query for each in server.asked if each.path == CALENDAR]
    assert [(each["offset"], each["size"]) for each in asked] == [("0", "100"), ("100", "100")]


def test_no_older_page_than_the_start_needs(client: Client, server: Server) -> None:
    days = [date(2025, 8, 29) - timedelta(days=91 * n) for n in range(100)]
    rows = [(f"{day:%B} {day.day}, {day.year} at 5 AM EST", "1", "1", "0") for day in days]
    server.on(CALENDAR, page(rows))
    events = YahooEvents(symbols=("BABA",), start=date(2024, 8, 1), end=date(2025, 6, 30)).events()
    assert [str(day) for day in events.date] == [str(day) for day in days[4:0:-1] if day <= date(2025, 6, 30)]
    assert len(server.paths(CALENDAR)) == 1


def test_two_rows_of_a_day_are_two_events_for_the_screens_to_judge(client: Client, server: Server) -> None:
    events = read(server, [ROWS[3], ("February 20, 2025 at 7 AM EST", "-", "-", "-")])
    assert events.event_id.tolist() == ["BABA-2025-02-20", "BABA-2025-02-20-2"]


def test_a_failure_is_not_remembered(client: Client, server: Server) -> None:
    server.on(CALENDAR, Answer(500))
    with pytest.raises(NetworkError):
        YahooEvents(symbols=("BABA",)).events()
    assert len(read(server, ROWS)) == 4


def test_this_machine_s_zone_does_not_matter(client: Client, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    here = read(server, ROWS).digest()
    monkeypatch.setenv("TZ", "Asia/Hong_Kong")
    time.tzset()
    try:
        assert YahooEvents(symbols=("BABA",)).events().digest() == here
    finally:
        monkeypatch.undo()
        time.tzset()


def test_offline_gives_the_same(client: Client, server: Server, clock: Clock) -> None:
    online = read(server, ROWS).digest()
    clock.time += timedelta(days=400)
    server.close()
    with offline():
        assert YahooEvents(symbols=("BABA",)).events().digest() == online


def test_no_dates_is_an_unknown_symbol(client: Client, server: Server) -> None:
    server.on(CALENDAR, as_page("<h1>Earnings calendar</h1><p>We couldn't find any results</p>"))
    with pytest.raises(UnknownSymbolError, match="no symbol with earnings dates at Yahoo named 'BABX'"):
        YahooEvents(symbols=("BABX",)).events()


def test_what_a_caller_may_get_wrong(client: Client, server: Server) -> None:
    with pytest.raises(InputError, match="name symbols under events"):
        YahooEvents().events()
    server.on(CALENDAR, page(ROWS))
    with pytest.raises(UnknownNameError, match=r"named 'guidance'\. Known: earnings"):
        YahooEvents(symbols=("BABA",), kind="guidance").events()
    with pytest.raises(DataError, match="no earnings date between the dates"):
        YahooEvents(symbols=("BABA",), start=date(2030, 1, 1)).events()


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer(body=page(ROWS).body[:-60]), "is cut short, or is no page"),
        (Answer(body=b'{"finance": {}}'), "is cut short, or is no page"),
        (as_page("<form action='https://consent.yahoo.com'>Accept all</form>"), "another page in the place of"),
        (page(ROWS, "AAPL"), "lists 'AAPL'"),
        (as_page("earnings <table><tr><th>Symbol</th></tr></table>"), "has no column 'Earnings Date'"),
        (Answer(body=page(ROWS).body.replace(b"<td><span>2.06</span></td>", b"")), "a row of 5 cells"),
        (page([("someday", "1", "1", "0")]), "the date 'someday'"),
        (page([("February 30, 2025 at 5 AM EST", "1", "1", "0")]), "the date 'February 30, 2025 at 5 AM EST'"),
        (page([("May 1, 2025 at 5 AM XYZT", "1", "1", "0")]), "the date 'May 1, 2025 at 5 AM XYZT'"),
        (page([("May 1, 2025 at 17 PM EST", "1", "1", "0")]), "the date 'May 1, 2025 at 17 PM EST'"),
        (page([("May 1, 2025 at 5 AM ../../etc", "1", "1", "0")]), "the date"),
        (page([("May 1, 2025 at 5 AM GMT+5:30", "1", "1", "0")]), "5:30': the zone 'GMT.5:30' is unknown"),
        (page([("May 1, 2025 at 5 AM EST", "one", "1", "0")]), "the figure 'one'"),
        (Answer(404, b"<html>earnings</html>"), "HTTP 404"),
    ],
    ids=[
        "cut", "json", "consent", "other", "columns", "cells", "date", "day", "zone", "hour", "path", "offset",
        "figure", "404",
    ],
)  # fmt: skip
def test_a_page_that_cannot_be_read_is_an_error_and_not_kept(
    client: Client, server: Server, answer: Answer, words: str
) -> None:
    server.on(CALENDAR, answer)
    with pytest.raises(ParseError, match=words):
        YahooEvents(symbols=("BABA",)).events()
    assert client.cache.info().replies == {}


def test_a_class_of_shares_is_asked_for_with_a_dash(client: Client, server: Server) -> None:
    server.on(CALENDAR, page([ROWS[3]], "BRK-B"))
    assert YahooEvents(symbols=("BRK.B",)).events().symbol.tolist() == ["BRK.B"]
    assert server.asked[-1].query["symbol"] == "BRK-B"


def test_the_reader_needs_no_network() -> None:
    (row,) = read_page(page([ROWS[3]]).body, "baba")
    assert row.moment is not None
    assert row.moment.astimezone(UTC) == datetime(2025, 2, 20, 10, tzinfo=UTC)
