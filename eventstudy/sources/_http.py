"""One polite client for all providers: what is kept is not asked for again, and nobody is asked too often.

What sends a request is a `Transport`; the client adds the cache, pauses, bounded retries, and errors that say which
of the things that can happen has happened.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol, TypeVar

from eventstudy.errors import DataError, NetworkError, OfflineError, ParseError, RateLimitedError, SourceError
from eventstudy.sources._pace import Pace
from eventstudy.sources._transports import WebTransport, YahooTransport
from eventstudy.sources.cache import Reply, ReplyCache, Request, cache_folder

__all__ = ["Client", "Transport", "current_client", "offline", "read_json", "using"]

Item = TypeVar("Item")

# Seconds between two requests to one domain. The SEC allows ten a second.
GAPS = {"sec.gov": 0.15}
GAP = 0.5
LONGEST_WAIT = 120.0
# A refusal is good for so long, whatever its question: what is not there today may be there tomorrow.
REFUSED_FOR = timedelta(days=1)


class Transport(Protocol):
    """What sends a request over a network."""

    def send(self, request: Request, headers: Mapping[str, str], timeout: float) -> Reply:
        """Return the reply, whatever its status.

        Raises
        ------
        NetworkError
            If there is none.
        ParseError
            If it is cut short.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Client:
    """How sources reach the world.

    Parameters
    ----------
    cache : ReplyCache
        Where good replies are kept.
    offline : bool
        Whether to answer from the cache alone.
    transports : mapping
        ``"yahoo"``, which is yfinance, and ``"web"`` for everybody else.
    progress : callable, optional
        Told what is fetched, how many are done and how many there are.
    attempts : int
        How often a request is sent at most.
    timeout : float
        Seconds to wait for a reply.
    now, sleep : callable
        The clock (UTC) and the pause.
    tally : dict
        Whether a reply was ``"fetched"`` or ``"cached"`` already when it was first asked for, by name of the request.
    """

    cache: ReplyCache
    offline: bool = False
    transports: Mapping[str, Transport] = field(
        default_factory=lambda: {"yahoo": YahooTransport(), "web": WebTransport()}
    )
    progress: Callable[[str, int, int], None] | None = None
    attempts: int = 4
    timeout: float = 30.0
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    sleep: Callable[[float], None] = time.sleep
    tally: dict[str, str] = field(default_factory=dict)
    _pace: Pace = field(default_factory=Pace)

    def get(
        self,
        request: Request,
        check: Callable[[Reply], Any],
        *,
        transport: str = "web",
        fresh_after: datetime | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Return the reply to a request, from the cache where it is good enough.

        Parameters
        ----------
        request : Request
            What is asked.
        check : callable
            Raises an error for a reply that is not what it should be; such a one is not kept. It is shown those of
            status 200 and 404 and other refusals, but for the ones that the client knows.
        transport : str
            Who sends it.
        fresh_after : datetime, optional
            A kept reply from before this is fetched again, and a kept refusal after a day in any case; offline any
            is good enough.
        headers : mapping, optional
            Sent with it, and no part of what identifies it.

        Raises
        ------
        OfflineError
            If it is not there and may not be fetched.
        RateLimitedError, NetworkError, ParseError
            If it could not be fetched; see `eventstudy.errors`.
        """
        kept = self._kept(request)
        if kept is not None and (self.offline or self._is_fresh(kept, fresh_after)):
            self.tally.setdefault(request.name, "cached")
            check(kept)
            return kept
        if self.offline:
            raise OfflineError(
                f"Offline, and the cache ({self.cache.folder}) has no reply to {request.full_url}. Fill it with "
                f"'eventstudy fetch CONFIG' where there is a network, or leave out --offline."
            )
        reply = self._fetched(request, transport, headers or {})
        check(reply)
        if reply.status in (200, 404):
            self.cache.put(request, reply)
        self.tally.setdefault(request.name, "fetched")
        return reply

    def counted(self, items: Sequence[Item], what: str) -> Iterator[Item]:
        """Give the items one after another, telling `progress` how many are done."""
        for done, item in enumerate(items):
            if self.progress is not None:
                self.progress(what, done, len(items))
            yield item
        if self.progress is not None:
            self.progress(what, len(items), len(items))

    def has(self, request: Request) -> bool:
        """Return whether a good reply to a request is kept, which a refusal is not."""
        kept = self._kept(request)
        return kept is not None and kept.status == 200

    def _is_fresh(self, kept: Reply, fresh_after: datetime | None) -> bool:
        if kept.status != 200 and kept.fetched_at < self.now() - REFUSED_FOR:
            return False
        return fresh_after is None or kept.fetched_at >= fresh_after

    def _kept(self, request: Request) -> Reply | None:
        try:
            return self.cache.get(request)
        except DataError:
            # Broken on disk: where there is a network it is fetched again.
            if self.offline:
                raise
            return None

    def _fetched(self, request: Request, transport: str, headers: Mapping[str, str]) -> Reply:
        domain = ".".join(request.host.split(".")[-2:])
        with self._pace.turn(domain, self.cache.folder):
            failure: SourceError = NetworkError(f"{request.host} was not asked at all.")
            for attempt in range(self.attempts):
                wait = self._gap(domain) if attempt == 0 else max(self._gap(domain), 2.0**attempt)
                self._pause(wait)
                self._pace.asked[domain] = self.now()
                try:
                    reply = self.transports[transport].send(request, headers, self.timeout)
                except (NetworkError, ParseError) as error:
                    failure = error
                    continue
                reply = replace(reply, fetched_at=self.now().replace(microsecond=0))
                if (refused := _refusal(request, reply)) is None:
                    return reply
                failure = refused
                if attempt + 1 < self.attempts:
                    self._pause(self._asked_to_wait(reply, failure))
            raise failure

    def _gap(self, domain: str) -> float:
        """Return how many seconds are left until a domain may be asked again."""
        asked = self._pace.asked.get(domain)
        gap = GAPS.get(domain, GAP)
        # By another's clock it may be later than by ours.
        return 0.0 if asked is None else min(gap, max(0.0, gap - (self.now() - asked).total_seconds()))

    def _pause(self, seconds: float) -> None:
        if seconds > 0:
            self.sleep(seconds)

    def _asked_to_wait(self, reply: Reply, failure: SourceError) -> float:
        """Return the seconds that a reply asks to wait; longer than a person would is an error."""
        text = reply.headers.get("retry-after", "").strip()
        if text.isdecimal():
            seconds = float(text)
        else:
            try:
                seconds = (parsedate_to_datetime(text) - self.now()).total_seconds()
            except (ValueError, TypeError):
                return 0.0
        if seconds > LONGEST_WAIT:
            raise type(failure)(f"{failure} It asks to wait for {seconds:.0f} seconds.")
        return max(seconds, 0.0)


def _refusal(request: Request, reply: Reply) -> SourceError | None:
    """Return what a status says that another attempt may change, None for a reply to be looked at."""
    if reply.status == 429 or (reply.status == 403 and b"Rate Threshold" in reply.body):
        return RateLimitedError(
            f"{request.host} refuses to answer so many requests (HTTP {reply.status}). Try again later; what was "
            f"fetched is kept and is not asked for again."
        )
    if reply.status >= 500:
        return NetworkError(f"{request.host} fails on its side (HTTP {reply.status}) for {request.full_url}.")
    return None


def read_json(request: Request, reply: Reply) -> Any:
    """Return the JSON of a reply.

    Raises
    ------
    ParseError
        Saying what it is instead: a web page, a text cut short.
    """
    start = reply.body[:200].lstrip()
    if start.startswith(b"<"):
        raise ParseError(f"{request.host} sent a web page where JSON was expected, for {request.full_url}.")
    try:
        return json.loads(reply.body)
    except ValueError:
        what = "an empty reply" if not start else f"a reply that is cut short or no JSON ({len(reply.body)} bytes)"
        raise ParseError(f"{request.host} sent {what}, for {request.full_url}.") from None


_CURRENT: ContextVar[Client | None] = ContextVar("eventstudy_client", default=None)


@lru_cache(maxsize=4)
def _default_client(folder: Path) -> Client:
    return Client(cache=ReplyCache(folder))


def current_client() -> Client:
    """Return the client that sources use here: the one of `using`, else one with the platform's cache."""
    return _CURRENT.get() or _default_client(cache_folder())


@contextmanager
def using(client: Client) -> Iterator[Client]:
    """Let sources use a client inside this block."""
    token = _CURRENT.set(client)
    try:
        yield client
    finally:
        _CURRENT.reset(token)


@contextmanager
def offline() -> Iterator[Client]:
    """Let sources answer from the cache alone inside this block.

    Examples
    --------
    >>> from eventstudy.sources import YahooPrices
    >>> with offline():  # doctest: +IGNORE_EXCEPTION_DETAIL
    ...     YahooPrices().prices(["NO-SUCH-SYMBOL"])
    Traceback (most recent call last):
    eventstudy.errors.OfflineError: Offline, and the cache has no reply to https://query2.finance.yahoo.com/...
    """
    with using(replace(current_client(), offline=True)) as client:
        yield client
