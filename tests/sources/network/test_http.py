"""The polite client: pauses, bounded retries, and which failure is which. Real sockets, no real pause."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from eventstudy.errors import (
    InputError,
    NetworkError,
    OfflineError,
    ParseError,
    RateLimitedError,
    SourceError,
)
from eventstudy.sources import Client
from eventstudy.sources._http import current_client, read_json
from eventstudy.sources._pace import Pace
from eventstudy.sources._transports import WebTransport, YahooTransport
from eventstudy.sources.cache import Reply, ReplyCache, Request
from tests.sources.network.loopback import Answer, Clock, Server, as_json, as_page, client_of

THING = Request("https://data.example.org/thing")
GOOD = as_json({"number": 1})


def get(client: Client, request: Request = THING, **options: object) -> Reply:
    return client.get(request, lambda reply: read_json(request, reply), **options)  # type: ignore[arg-type]


def test_a_good_reply_is_kept_and_not_asked_for_again(client: Client, server: Server, cache: ReplyCache) -> None:
    server.on("/thing", GOOD)
    first = get(client)
    assert get(client) == cache.get(THING)
    assert get(client).body == first.body == GOOD.body
    assert first.fetched_at == datetime(2025, 9, 22, 12, tzinfo=UTC)
    assert len(server.asked) == 1
    assert client.tally == {THING.name: "fetched"}
    assert get(again := replace(client, tally={})).body == GOOD.body
    assert again.tally == {THING.name: "cached"}


def test_an_old_reply_is_fetched_again_and_offline_is_good_enough(client: Client, server: Server, clock: Clock) -> None:
    server.on("/thing", GOOD, as_json({"number": 2}))
    get(client)
    clock.time += timedelta(days=3)
    fresh = clock.now() - timedelta(days=1)
    assert get(replace(client, offline=True), fresh_after=fresh).body == GOOD.body
    assert b'"number": 2' in get(client, fresh_after=fresh).body
    assert get(client, fresh_after=fresh).fetched_at == clock.now()
    assert len(server.asked) == 2


def test_a_refusal_is_good_for_a_day_and_offline_for_ever(client: Client, server: Server, clock: Clock) -> None:
    def look(asker: Client) -> int:
        return asker.get(THING, lambda _: None, fresh_after=datetime(2025, 1, 1, tzinfo=UTC)).status

    server.on("/thing", Answer(404), GOOD)
    assert look(client) == 404
    assert not client.has(THING)
    clock.time += timedelta(hours=23)
    assert look(client) == 404
    clock.time += timedelta(hours=2)
    assert look(replace(client, offline=True)) == 404
    assert len(server.asked) == 1
    assert look(client) == 200
    clock.time += timedelta(days=100)
    assert look(client) == 200
    assert len(server.asked) == 2


def test_rate_limited_then_served(client: Client, server: Server, clock: Clock) -> None:
    server.on("/thing", Answer(429), Answer(429), GOOD)
    assert get(client).body == GOOD.body
    assert clock.pauses == [2.0, 4.0]


@pytest.mark.parametrize("after", ["7", "Mon, 22 Sep 2025 12:00:07 GMT"])
def test_a_server_may_say_how_long_to_wait(client: Client, server: Server, clock: Clock, after: str) -> None:
    server.on("/thing", Answer(429, headers={"Retry-After": after}), GOOD)
    get(client)
    assert clock.pauses[0] == 7.0
    assert len(server.asked) == 2


def test_an_hour_is_too_long_to_wait(client: Client, server: Server, clock: Clock) -> None:
    server.on("/thing", Answer(503, headers={"Retry-After": "3600"}))
    with pytest.raises(NetworkError, match=r"HTTP 503.*wait for 3600 seconds"):
        get(client)
    assert clock.pauses == []


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (Answer(429), RateLimitedError, "data.example.org refuses to answer so many requests .HTTP 429.. Try again"),
        (Answer(403, b"Request Rate Threshold Exceeded"), RateLimitedError, "HTTP 403"),
        (Answer(500), NetworkError, "data.example.org fails on its side .HTTP 500. for https://data.example.org/thing"),
        (Answer(502, b"<html>Bad gateway</html>"), NetworkError, "HTTP 502"),
        (replace(GOOD, cut=5), ParseError, "cut its reply short"),
    ],
    ids=["429", "403", "500", "502", "cut"],
)
def test_retries_are_bounded_and_nothing_bad_is_kept(
    client: Client, server: Server, cache: ReplyCache, clock: Clock, answer: Answer, kind: type, words: str
) -> None:
    server.on("/thing", answer)
    with pytest.raises(kind, match=words) as caught:
        get(client)
    assert type(caught.value) is kind
    assert isinstance(caught.value, SourceError)
    assert isinstance(caught.value, InputError)
    assert len(server.asked) == 4
    assert clock.pauses == [2.0, 4.0, 8.0]
    assert cache.get(THING) is None


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (as_page("Will be right back"), "sent a web page where JSON was expected"),
        (Answer(body=b'{"number": '), "cut short or no JSON .11 bytes."),
        (Answer(body=b""), "an empty reply"),
    ],
    ids=["page", "half", "empty"],
)
def test_what_is_no_json_is_said_at_once(
    client: Client, server: Server, cache: ReplyCache, answer: Answer, words: str
) -> None:
    server.on("/thing", answer)
    with pytest.raises(ParseError, match=words):
        get(client)
    assert len(server.asked) == 1
    assert cache.get(THING) is None
    assert not list(cache.folder.glob("**/*.part"))


def test_nobody_there(cache: ReplyCache, clock: Clock) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        base = f"http://127.0.0.1:{free.getsockname()[1]}"
    client = client_of(base, cache, clock)
    with pytest.raises(NetworkError, match=r"can't be reached .*refused"):
        get(client)
    with pytest.raises(NetworkError, match="can't be reached"):
        get(client, transport="yahoo")


def test_no_host_but_loopback_is_reached() -> None:
    for transport in ("web", "yahoo"):
        real = current_client().transports[transport]
        with pytest.raises(NetworkError, match="can't be reached"):
            real.send(Request("http://192.0.2.1/"), {}, 5.0)


def test_a_silent_server_is_given_up_on(cache: ReplyCache, clock: Clock) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        base = f"http://127.0.0.1:{silent.getsockname()[1]}"
        client = replace(client_of(base, cache, clock), timeout=0.05, attempts=2)
        with pytest.raises(NetworkError, match="timed out"):
            get(client)


def test_offline_a_miss_says_what_to_fetch(client: Client, server: Server) -> None:
    with pytest.raises(OfflineError, match=r"no reply to https://data.example.org/thing\. .*eventstudy fetch CONFIG"):
        get(replace(client, offline=True))
    assert server.asked == []


def test_a_broken_reply_is_fetched_again_and_offline_an_error(
    client: Client, server: Server, cache: ReplyCache
) -> None:
    server.on("/thing", GOOD)
    get(client)
    (file,) = cache.folder.glob("??/*")
    file.write_bytes(b"broken")
    with pytest.raises(InputError, match="eventstudy cache verify"):
        get(replace(client, offline=True))
    assert get(client).body == GOOD.body


def test_one_domain_is_asked_with_a_pause_between(client: Client, server: Server, clock: Clock) -> None:
    for path in ("/a", "/b", "/c"):
        server.on(path, GOOD)
    get(client, Request("https://www.sec.gov/a"))
    get(client, Request("https://data.sec.gov/b"))
    get(client, Request("https://other.org/c"))
    assert clock.pauses == [0.15]
    get(client, Request("https://www.other.org/a"))
    assert clock.pauses == [0.15, 0.5]


def test_processes_with_one_cache_pause_together(
    client: Client, server: Server, cache: ReplyCache, clock: Clock, tmp_path: Path
) -> None:
    server.on("/thing", GOOD)
    get(client, Request("https://www.sec.gov/thing"))
    # A client of its own knows of the first one only by the folder.
    get(client_of(server.base, cache, clock), Request("https://data.sec.gov/thing"))
    assert clock.pauses == [0.15]
    get(client_of(server.base, ReplyCache(tmp_path / "other"), clock), Request("https://data.sec.gov/thing"))
    assert clock.pauses == [0.15]
    # By a clock an hour behind it is one pause, no hour.
    clock.time -= timedelta(hours=1)
    get(client_of(server.base, cache, clock), Request("https://www.sec.gov/thing?again"))
    assert clock.pauses == [0.15, 0.15]


def test_a_turn_waits_for_another_process(tmp_path: Path) -> None:
    script = (
        "import sys, pathlib\n"
        "from eventstudy.sources._pace import Pace\n"
        "with Pace().turn('example.org', pathlib.Path(sys.argv[1])):\n"
        "    print('mine', flush=True); sys.stdin.readline()\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    got = threading.Event()

    def take() -> None:
        with Pace().turn("example.org", tmp_path):
            got.set()

    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "mine\n"
        waiting = threading.Thread(target=take)
        waiting.start()
        # Windows has no such locks.
        assert got.wait(0.3) == (sys.platform == "win32")
        other.communicate("done\n")
    waiting.join(30)
    assert got.is_set()


def test_where_files_cannot_be_locked_each_process_minds_itself(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    pace, moment = Pace(), datetime(2025, 9, 22, 12, tzinfo=UTC)
    with pace.turn("example.org", tmp_path / "file"):
        pace.asked["example.org"] = moment
    with pace.turn("example.org", tmp_path / "file"):
        assert pace.asked == {"example.org": moment}
    assert (tmp_path / "file").read_text() == ""


def test_a_fault_of_yfinance_s_own_is_a_reply_that_cannot_be_read() -> None:
    class Broken:
        def get(self, *_: object, **__: object) -> None:
            raise AttributeError("'NoneType' object has no attribute 'find'")

    transport = YahooTransport()
    transport._client = Broken()
    with pytest.raises(ParseError) as caught:
        transport.send(Request("https://query2.finance.yahoo.com/v8"), {}, 1.0)
    assert str(caught.value) == (
        "yfinance fails on what query2.finance.yahoo.com sent (AttributeError: 'NoneType' object has no attribute "
        "'find')."
    )


def test_only_web_addresses() -> None:
    with pytest.raises(InputError, match="no web address"):
        WebTransport().send(Request("file:///etc/passwd"), {}, 1.0)


def test_progress_is_told(client: Client) -> None:
    told: list[tuple[str, int, int]] = []
    counting = replace(client, progress=lambda *step: told.append(step))
    assert list(counting.counted("ab", "letters")) == ["a", "b"]
    assert told == [("letters", 0, 2), ("letters", 1, 2), ("letters", 2, 2)]
