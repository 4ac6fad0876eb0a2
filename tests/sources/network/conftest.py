"""A loopback server for the sources that talk to the network, and a guard that nothing else is reached."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from eventstudy.sources import Client, ReplyCache, using
from tests.sources.network.loopback import Clock, Server, client_of

NOWHERE = "http://127.0.0.1:9"


@pytest.fixture(autouse=True)
def _loopback_only(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Send whatever would leave this machine to a proxy that is not there; curl and urllib both obey."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, NOWHERE)
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.setenv(name, "127.0.0.1,localhost")
    monkeypatch.setenv("EVENTSTUDY_CACHE", str(tmp_path / "own-cache"))
    monkeypatch.delenv("EVENTSTUDY_EDGAR_USER_AGENT", raising=False)


@pytest.fixture(scope="session")
def _yfinance_apart(tmp_path_factory: pytest.TempPathFactory) -> None:
    import yfinance

    yfinance.set_tz_cache_location(str(tmp_path_factory.mktemp("yfinance")))


@pytest.fixture
def server() -> Iterator[Server]:
    """Serve a script on loopback."""
    serving = Server()
    yield serving
    serving.close()


@pytest.fixture
def clock() -> Clock:
    """Return a clock that stands on a Monday morning in September 2025 and that pauses move."""
    return Clock(datetime(2025, 9, 22, 12, tzinfo=UTC))


@pytest.fixture
def cache(tmp_path: Path) -> ReplyCache:
    """Return an empty cache."""
    return ReplyCache(tmp_path / "cache")


@pytest.fixture
def client(server: Server, cache: ReplyCache, clock: Clock, _yfinance_apart: None) -> Iterator[Client]:
    """Let sources talk to the server."""
    with using(client_of(server.base, cache, clock)) as pointed:
        yield pointed
