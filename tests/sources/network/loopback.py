"""A real HTTP server on loopback in the place of every provider, and what makes clients talk to it.

Everything it serves is made up in the shapes that providers use, and says so: ``"origin": "synthetic"``.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from curl_cffi import requests as curl

from eventstudy.sources import Client, ReplyCache
from eventstudy.sources._transports import WebTransport, YahooTransport
from eventstudy.sources.cache import Reply, Request


@dataclass(frozen=True)
class Answer:
    """What the server answers; `cut` leaves out the last bytes that the header promised, `hold` waits for seconds."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: int = 0
    hold: float = 0.0


def as_json(payload: Any, status: int = 200, **options: Any) -> Answer:
    """Return an answer in JSON, labelled as made up."""
    labelled = {**payload, "origin": "synthetic"} if isinstance(payload, dict) else payload
    return Answer(status, json.dumps(labelled).encode(), **options)


def as_page(body: str) -> Answer:
    """Return an answer that is a web page, labelled as made up."""
    return Answer(body=f"<html><!-- origin: synthetic --><body>{body}</body></html>".encode())


@dataclass(frozen=True)
class Asked:
    """A request that came: the host it was meant for, its path as sent, its query, its headers."""

    host: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]


class _Http(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        # A client that would not wait is gone when its answer comes, which may be in another test.
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class Server:
    """Answers from a script by path; the last answer of a list is given for ever."""

    def __init__(self) -> None:
        self.script: dict[str, list[Answer]] = {
            "/": [Answer()],
            "/v1/test/getcrumb": [Answer(body=b"crumb")],
        }
        self.asked: list[Asked] = []
        self._http = _Http(("127.0.0.1", 0), self._handler())
        threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    @property
    def base(self) -> str:
        """Address of the server."""
        return f"http://127.0.0.1:{self._http.server_port}"

    def on(self, path: str, *answers: Answer) -> None:
        """Answer so on a path, one answer after another."""
        self.script[path] = list(answers)

    def paths(self, part: str = "/") -> list[str]:
        """Return the paths asked for that have a part, in order."""
        return [each.path for each in self.asked if part in each.path]

    def close(self) -> None:
        """Stop serving; whoever asks now finds nobody."""
        self._http.shutdown()
        self._http.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
                host = self.headers.get("X-Meant-For", "")
                server.asked.append(Asked(host, parts.path, query, dict(self.headers.items())))
                offset = f"{parts.path}?offset={query['offset']}" if "offset" in query else ""
                answers = server.script.get(offset) or server.script.get(parts.path)
                if not answers:
                    answers = [as_json({"finance": {"error": "no such thing"}}, 404)]
                answer = answers.pop(0) if len(answers) > 1 else answers[0]
                time.sleep(answer.hold)
                self.send_response(answer.status)
                for name, value in {"Content-Length": str(len(answer.body)), **answer.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(answer.body[: len(answer.body) - answer.cut])

            def do_POST(self) -> None:
                self.do_GET()

            def log_message(self, *args: object) -> None:
                pass

        return Handler


class LoopbackSession(curl.Session):  # type: ignore[misc]
    """curl_cffi's session as yfinance makes it, with every address on the loopback server."""

    def __init__(self, base: str) -> None:
        super().__init__(impersonate="chrome")
        self._base = base

    def request(self, method: str, url: str, *args: Any, **options: Any) -> Any:
        parts = urlsplit(url)
        options["headers"] = {**(options.get("headers") or {}), "X-Meant-For": parts.netloc}
        query = f"?{parts.query}" if parts.query else ""
        return super().request(method, f"{self._base}{parts.path or '/'}{query}", *args, **options)


class LoopbackWeb(WebTransport):
    """The standard library's client, with every address on the loopback server."""

    def __init__(self, base: str) -> None:
        self._base = base

    def send(self, request: Request, headers: Mapping[str, str], timeout: float) -> Reply:
        moved = replace(request, url=self._base + urlsplit(request.url).path)
        return super().send(moved, {**headers, "X-Meant-For": request.host}, timeout)


class Clock:
    """A clock that only pauses move."""

    def __init__(self, start: datetime) -> None:
        self.time = start
        self.pauses: list[float] = []

    def now(self) -> datetime:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.time += timedelta(seconds=seconds)


def client_of(base: str, cache: ReplyCache, clock: Clock) -> Client:
    """Return a client whose transports are the real ones, pointed at the loopback server."""
    return Client(
        cache=cache,
        transports={"yahoo": YahooTransport(LoopbackSession(base)), "web": LoopbackWeb(base)},
        timeout=5.0,
        now=clock.now,
        sleep=clock.sleep,
    )


def chart(
    times: Sequence[int],
    closes: Sequence[float | None],
    *,
    symbol: str = "BABA",
    zone: str = "America/New_York",
    events: Mapping[str, Any] | None = None,
    interval: str = "1d",
    **fields: Sequence[float | None],
) -> dict[str, Any]:
    """Return a chart reply in the shape that Yahoo sends."""
    quote = {name: list(fields.get(name, closes)) for name in ("open", "high", "low")}
    volume = list(fields.get("volume", [1000] * len(times)))
    moment = {"timezone": "EST", "start": 0, "end": 0, "gmtoffset": -18000}
    meta = {
        "currency": "USD",
        "symbol": symbol,
        "instrumentType": "EQUITY",
        "exchangeTimezoneName": zone,
        "timezone": "EST",
        "gmtoffset": -18000,
        "dataGranularity": interval,
        "range": "",
        "priceHint": 2,
        "validRanges": ["1d", "max"],
        "currentTradingPeriod": dict.fromkeys(("pre", "regular", "post"), moment),
    }
    result = {
        "meta": meta,
        "timestamp": list(times),
        "indicators": {
            "quote": [{**quote, "close": list(closes), "volume": volume}],
            **({"adjclose": [{"adjclose": list(closes)}]} if interval == "1d" else {}),
        },
        **({"events": events} if events else {}),
    }
    return {"chart": {"result": [result], "error": None}}


def refusal(code: str, words: str) -> dict[str, Any]:
    """Return the chart reply with which Yahoo refuses."""
    return {"chart": {"result": None, "error": {"code": code, "description": words}}}


NOT_FOUND = as_json(refusal("Not Found", "No data found, symbol may be delisted"), 404)


def seconds(local: str, offset: int = -5) -> int:
    """Return seconds since 1970 of a local time such as ``2025-02-20 09:30``."""
    return int((datetime.fromisoformat(local).replace(tzinfo=UTC) - timedelta(hours=offset)).timestamp())
