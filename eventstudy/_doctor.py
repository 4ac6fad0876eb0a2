"""What this installation has and lacks, and whether it reaches the world."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from eventstudy.errors import EventStudyError
from eventstudy.sources import Client, current_client
from eventstudy.sources.cache import Reply, Request

__all__ = ["Diagnosis", "examine"]

PACKAGE = "eventstudy-backtester"
CORE = ("numpy", "pandas", "scipy", "statsmodels", "matplotlib", "pandas-market-calendars", "yfinance", "curl_cffi")
EXTRAS = {
    "parquet": ("pyarrow",),
    "sql": ("duckdb", "sqlalchemy", "psycopg"),
    "garch": ("arch",),
    "excel": ("xlsxwriter", "openpyxl"),
    "dask": ("distributed",),
}

YAHOO = Request("https://query2.finance.yahoo.com/")
PATIENCE = 5.0

# A clock further off than this breaks encrypted connections sooner or later.
CLOCK_ERROR = 60.0


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One thing looked at.

    Parameters
    ----------
    topic : str
        What was looked at.
    well : bool, optional
        Whether it is as it should be; None for what is merely so.
    words : str
        What was found, and what helps where something is lacking.
    """

    topic: str
    well: bool | None
    words: str


def examine() -> Iterator[Diagnosis]:
    """Give what is found, one thing after another; only asking Yahoo takes time, five seconds at most.

    Examples
    --------
    >>> next(examine()).topic
    'python'
    """
    yield Diagnosis("python", None, f"{platform.python_version()} on {platform.system()} {platform.machine()}")
    yield Diagnosis(PACKAGE, None, _version(PACKAGE) or "not installed, only imported")
    for name in CORE:
        found = _version(name)
        yield Diagnosis(name, found is not None, found or f"missing; pip install '{PACKAGE}'")
    for extra, names in EXTRAS.items():
        yield _extra(extra, names)
    yield _zones()
    yield from _calendar()
    client = current_client()
    yield _cache(client)
    yield from _yahoo(client)


def _version(name: str) -> str | None:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _extra(extra: str, names: tuple[str, ...]) -> Diagnosis:
    found = {name: _version(name) for name in names}
    lacking = [name for name, there in found.items() if there is None]
    if lacking:
        words = f"without {', '.join(lacking)}; pip install '{PACKAGE}[{extra}]'"
        return Diagnosis(f"extra {extra}", None, words)
    return Diagnosis(f"extra {extra}", True, ", ".join(f"{name} {there}" for name, there in found.items()))


def _zones() -> Diagnosis:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        summer = datetime(2025, 7, 1, 12, tzinfo=ZoneInfo("America/New_York"))
        well = summer.astimezone(UTC).hour == 16
    except ZoneInfoNotFoundError:
        return Diagnosis("time zones", False, "there are none on this system; pip install tzdata")
    return Diagnosis("time zones", well, "New York keeps daylight saving time" if well else "New York's are wrong")


def _calendar() -> Iterator[Diagnosis]:
    from eventstudy.calendars import get_calendar

    last = get_calendar("XNYS").sessions[-1]
    ahead = last > datetime.now(UTC).date()
    yield Diagnosis("calendars", bool(ahead), f"sessions are known until {last}")


def _cache(client: Client) -> Diagnosis:
    try:
        info = client.cache.info()
    except EventStudyError as error:
        return Diagnosis("cache", False, str(error))
    replies = sum(info.replies.values())
    span = f", from {info.oldest[:10]} to {info.newest[:10]}" if replies else ""
    return Diagnosis("cache", True, f"{replies} replies, {info.size / 1e6:.1f} MB{span}, in {info.folder}")


def _yahoo(client: Client) -> Iterator[Diagnosis]:
    """Ask Yahoo for anything at all, once, and compare its clock with this machine's."""
    try:
        reply: Reply = client.transports["web"].send(YAHOO, {}, PATIENCE)
    except EventStudyError as error:
        yield Diagnosis("yahoo", False, f"{error} A study on files or on its cache (--offline) needs no network.")
        return
    well = reply.status not in (403, 429)
    refused = "" if well else "; it refuses this machine for now"
    yield Diagnosis("yahoo", well, f"answers (HTTP {reply.status}){refused}")
    try:
        seconds = (reply.fetched_at - parsedate_to_datetime(reply.headers.get("date", ""))).total_seconds()
    except (ValueError, TypeError):
        return
    yield Diagnosis("clock", abs(seconds) < CLOCK_ERROR, f"{abs(seconds):.0f} seconds off Yahoo's")
