"""EDGAR: lists of filings and headers in EDGAR's shape, served on loopback; the numbers are made up."""

from __future__ import annotations

import html
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest

from eventstudy.errors import (
    DataError,
    InputError,
    NetworkError,
    ParseError,
    RateLimitedError,
    SourceError,
    UnknownNameError,
    UnknownSymbolError,
)
from eventstudy.events import place
from eventstudy.sources import Client, EdgarEvents, offline
from eventstudy.sources._edgar_parse import earnings_words, read_header
from tests.sources.network.loopback import Answer, Clock, Server, as_json, as_page

WHO = "Jane Doe jane@example.org"
AAPL, BABA = 320193, 1577552


def submissions(*filings: tuple[str, str, str, str], further: tuple[dict[str, Any], ...] = ()) -> Answer:
    """Return a company's list: accession, form, filing date, items of each."""
    return as_json({"cik": "1", "filings": {"recent": columns(*filings), "files": list(further)}})


def columns(*filings: tuple[str, str, str, str]) -> dict[str, list[str]]:
    names = ("accessionNumber", "form", "filingDate", "items")
    return {name: [filing[place] for filing in filings] for place, name in enumerate(names)}


def header(server: Server, cik: int, accession: str, accepted: str, *descriptions: str) -> None:
    """Serve the header of a filing as the page that EDGAR makes of it."""
    documents = "".join(f"<DOCUMENT>\n<TYPE>EX-99.1\n<DESCRIPTION>{each}\n</DOCUMENT>\n" for each in descriptions)
    text = f"<SEC-HEADER>{accession}.hdr.sgml\n<ACCEPTANCE-DATETIME>{accepted}\n</SEC-HEADER>\n{documents}"
    folder = accession.replace("-", "")
    server.on(
        f"/Archives/edgar/data/{cik}/{folder}/{accession}-index-headers.html",
        as_page(f"<pre>{html.escape(text)}</pre>"),
    )


@pytest.fixture
def edgar(client: Client, server: Server) -> Server:
    """Serve a US company with three filings and a foreign one with four."""
    server.on(
        "/files/company_tickers.json",
        Answer(
            body=b'{"0": {"cik_str": 320193, "ticker": "AAPL", "title": "Apple"},'
            b' "1": {"cik_str": 1577552, "ticker": "BABA", "title": "Alibaba"},'
            b' "2": {"cik_str": 1067983, "ticker": "BRK-B", "title": "Berkshire"}}'
        ),
    )
    server.on(
        f"/submissions/CIK{AAPL:010d}.json",
        submissions(
            ("0000320193-25-000100", "8-K", "2025-05-01", "2.02,9.01"),
            ("0000320193-25-000050", "8-K", "2025-02-25", "5.07"),
            ("0000320193-25-000009", "8-K/A", "2025-02-03", "2.02"),
            ("0000320193-25-000007", "8-K", "2025-01-31", "2.02,9.01"),
            further=(
                {"name": "CIK0000320193-submissions-001.json", "filingFrom": "1994-01-26", "filingTo": "2015-01-01"},
            ),
        ),
    )
    server.on(
        "/submissions/CIK0000320193-submissions-001.json",
        as_json(
            columns(
                ("0001104659-04-020000", "8-K", "2004-07-14", "12,7"), ("0001104659-03-1", "10-K", "2003-12-01", "")
            )
        ),
    )
    header(server, AAPL, "0000320193-25-000100", "20250501163034", "8-K", "EX-99.1")
    # Accepted at 17:45 in January: filed on the next business day.
    header(server, AAPL, "0000320193-25-000007", "20250130174512", "8-K")
    header(server, AAPL, "0001104659-04-020000", "20040714163100", "8-K")
    server.on(
        f"/submissions/CIK{BABA:010d}.json",
        submissions(
            ("0001104659-25-015222", "6-K", "2025-02-20", ""),
            ("0001104659-25-013000", "6-K", "2025-02-12", ""),
            ("0001104659-25-012000", "6-K", "2025-02-10", ""),
            ("0001104659-24-090000", "20-F", "2024-05-23", ""),
        ),
    )
    header(
        server,
        BABA,
        "0001104659-25-015222",
        "20250220061402",
        "FORM 6-K",
        "ALIBABA GROUP ANNOUNCES DECEMBER QUARTER 2024 RESULTS",
    )
    header(
        server,
        BABA,
        "0001104659-25-013000",
        "20250212070000",
        "FORM 6-K",
        "ALIBABA GROUP TO ANNOUNCE DECEMBER QUARTER 2024 RESULTS",
    )
    header(server, BABA, "0001104659-25-012000", "20250210070000", "FORM 6-K", "NEXT DAY DISCLOSURE RETURN")
    return server


def test_results_by_the_second_of_acceptance(edgar: Server) -> None:
    events = EdgarEvents(symbols=("AAPL",), user_agent=WHO, start=date(2025, 1, 1)).events()
    assert events.event_id.tolist() == ["AAPL-2025-01-30", "AAPL-2025-05-01"]
    assert [str(moment) for moment in events.announced_at] == ["2025-01-30T22:45:12", "2025-05-01T20:30:34"]
    np.testing.assert_array_equal(events.known_at, events.announced_at)
    assert set(events.precision) == {"minute"}
    assert set(events.source) == {"edgar"}
    assert events.groups["form"].tolist() == ["8-K", "8-K"]
    assert events.groups["match"].tolist() == ["item 2.02", "item 2.02"]
    placed = place(events)
    sessions = placed.calendars["XNYS"].sessions
    assert [str(sessions[day]) for day in placed.day0] == ["2025-01-31", "2025-05-02"]
    assert not edgar.paths("submissions-001")


def test_older_filings_stand_in_further_files(edgar: Server) -> None:
    events = EdgarEvents(symbols=("AAPL",), user_agent=WHO, end=date(2005, 1, 1)).events()
    assert events.event_id.tolist() == ["AAPL-2004-07-14"]
    assert events.groups["match"].tolist() == ["item 2.02"]


def test_a_foreign_company_by_its_words(edgar: Server) -> None:
    events = EdgarEvents(symbols=("BABA",), user_agent=WHO).events()
    assert events.event_id.tolist() == ["BABA-2025-02-20"]
    assert str(events.announced_at[0]) == "2025-02-20T11:14:02"
    assert place(events).phase.tolist() == ["pre"]
    assert events.groups["match"].tolist() == ["by its words: ALIBABA GROUP ANNOUNCES DECEMBER QUARTER 2024 RESULTS"]
    with pytest.raises(DataError, match="no filing of results of BABA"):
        EdgarEvents(symbols=("BABA",), user_agent=WHO, forms=("8-K",)).events()


def test_one_company_on_two_exchanges(edgar: Server) -> None:
    source = EdgarEvents(symbols=("BABA",), ciks={"9988.HK": BABA}, user_agent=WHO)
    events = source.events()
    placed = place(events)
    assert events.symbol.tolist() == ["BABA", "9988.HK"]
    days = [str(placed.calendars[code].sessions[day]) for code, day in zip(events.calendar, placed.day0, strict=True)]
    # 06:14 in New York is 19:14 in Hong Kong, after the close there.
    assert days == ["2025-02-20", "2025-02-21"]


@pytest.mark.parametrize(
    ("words", "fits"),
    [
        ("ALIBABA GROUP ANNOUNCES DECEMBER QUARTER 2024 RESULTS", True),
        ("Press release: Third Quarter 2024 Financial Results", True),
        ("UNAUDITED RESULTS FOR THE HALF-YEAR", True),
        ("Q3 2025 results", True),
        ("EARNINGS RELEASE", True),
        ("ANNOUNCEMENT OF THE INTERIM RESULTS", True),
        ("Alibaba Group to Announce December Quarter 2024 Results on February 20, 2025", False),
        ("Notice of quarterly results call", False),
        ("RESULTS OF ANNUAL GENERAL MEETING", False),
        ("Earnings conference transcript", False),
        ("NEXT DAY DISCLOSURE RETURN", False),
        ("EX-99.1", False),
        ("", False),
    ],
)
def test_what_reads_like_results(words: str, *, fits: bool) -> None:
    assert earnings_words(["FORM 6-K", words]) == (words if fits else "")


def test_a_header_is_read_plain_and_as_a_page() -> None:
    plain = b"<SEC-HEADER>\n<ACCEPTANCE-DATETIME>20250703130500\n<DESCRIPTION>A & B\n"
    escaped = html.escape(plain.decode()).encode()
    assert read_header(plain, "1") == read_header(escaped, "1")
    assert read_header(plain, "1").accepted.isoformat() == "2025-07-03T13:05:00-04:00"
    assert read_header(plain, "1").descriptions == ("A & B",)


@pytest.mark.parametrize("body", [b"", b"<ACCEPTANCE-DATETIME>", b"<ACCEPTANCE-DATETIME>20251345999999"])
def test_a_header_without_a_time(body: bytes) -> None:
    with pytest.raises(ParseError, match="acceptance time"):
        read_header(body, "0001104659-25-015222")


def test_who_asks_is_declared(edgar: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    source = EdgarEvents(symbols=("BABA",))
    for unfit in ("", "Jane Doe", "\n"):
        with pytest.raises(InputError, match=r"EDGAR wants to know who asks.*EVENTSTUDY_EDGAR_USER_AGENT"):
            replace(source, user_agent=unfit).events()
    assert edgar.asked == []
    monkeypatch.setenv("EVENTSTUDY_EDGAR_USER_AGENT", WHO)
    source.events()
    assert {each.headers["User-Agent"] for each in edgar.asked} == {WHO}
    assert {each.host for each in edgar.asked} == {"www.sec.gov", "data.sec.gov"}


def test_never_more_than_ten_a_second(edgar: Server, clock: Clock) -> None:
    EdgarEvents(symbols=("BABA", "AAPL"), user_agent=WHO).events()
    assert len(edgar.asked) == 10
    assert clock.pauses == [0.15] * 9


def test_offline_nobody_needs_to_say_who_asks(edgar: Server) -> None:
    online = EdgarEvents(symbols=("BABA",), user_agent=WHO).events().digest()
    edgar.close()
    with offline():
        assert EdgarEvents(symbols=("BABA",)).events().digest() == online


def test_headers_are_fetched_once_and_lists_when_a_day_is_over(edgar: Server, clock: Clock) -> None:
    source = EdgarEvents(symbols=("BABA",), user_agent=WHO)
    source.events()
    clock.time = clock.time.replace(year=2026)
    before = len(edgar.asked)
    source.events()
    assert [each.path for each in edgar.asked[before:]] == [
        "/files/company_tickers.json",
        f"/submissions/CIK{BABA:010d}.json",
    ]


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (Answer(403, b"Undeclared Automated Tool"), SourceError, "does not let this client in"),
        (Answer(403, b"Request Rate Threshold Exceeded"), RateLimitedError, "refuses to answer so many"),
        (Answer(429), RateLimitedError, "refuses to answer so many"),
        (Answer(503), NetworkError, "HTTP 503"),
        (Answer(404), ParseError, "HTTP 404"),
        (as_page("maintenance"), ParseError, "a web page where JSON was expected"),
        (as_json({"filings": {"recent": {}}}), ParseError, "do not have their shape"),
        (as_json({"filings": {"recent": {**columns(("a", "8-K", "2025-01-01", "2.02")), "form": []}, "files": []}}),
         ParseError, "do not have their shape"),
    ],
    ids=["undeclared", "rate", "429", "503", "404", "page", "shape", "uneven"],
)  # fmt: skip
def test_failures(edgar: Server, answer: Answer, kind: type, words: str) -> None:
    edgar.on(f"/submissions/CIK{BABA:010d}.json", answer)
    with pytest.raises(kind, match=words):
        EdgarEvents(symbols=("BABA",), user_agent=WHO).events()


def test_a_further_file_of_another_shape(edgar: Server) -> None:
    further = {"name": "CIK-more.json", "filingFrom": "2014-01-01", "filingTo": "2024-12-31"}
    edgar.on(f"/submissions/CIK{BABA:010d}.json", submissions(further=(further,)))
    edgar.on("/submissions/CIK-more.json", as_json({"form": ["8-K"]}))
    with pytest.raises(ParseError, match=r"^EDGAR's filings of company 1577552 do not have their shape \(KeyError: "):
        EdgarEvents(symbols=("BABA",), user_agent=WHO).events()


def test_what_a_caller_may_get_wrong(edgar: Server, client: Client) -> None:
    with pytest.raises(UnknownSymbolError, match="no ticker at EDGAR named 'BABX'"):
        EdgarEvents(symbols=("BABX",), user_agent=WHO).events()
    with pytest.raises(InputError, match="name symbols under events"):
        EdgarEvents(user_agent=WHO).events()
    with pytest.raises(UnknownNameError, match="form of results named '10-K'"):
        EdgarEvents(forms=("10-K",))
    client.cache.clear()
    edgar.on("/files/company_tickers.json", as_json({"a": 1}))
    with pytest.raises(ParseError, match="list of tickers"):
        EdgarEvents(symbols=("AAPL",), user_agent=WHO).events()
