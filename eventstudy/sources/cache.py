"""Raw replies on disk, so that a study can be run again on the bytes that it was first run on.

One gzipped JSON file a reply is the truth; an SQLite index beside the files only counts them. Names of files are
hashes of the request, so that no symbol can name a place outside the folder.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import os
import sqlite3
import tempfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from eventstudy.errors import DataError, OutputError

__all__ = ["CacheInfo", "Reply", "ReplyCache", "Request", "cache_folder"]

VARIABLE = "EVENTSTUDY_CACHE"

# Cookies and other headers may name the user; only what describes the body is kept.
KEPT_HEADERS = ("content-type", "date", "etag", "last-modified")

_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS replies (name TEXT PRIMARY KEY, request TEXT, host TEXT, status INTEGER, "
    "fetched_at TEXT, size INTEGER, sha256 TEXT)"
)


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of a provider.

    Parameters
    ----------
    url : str
        Address without a query; symbols in it are percent-encoded.
    params : mapping
        The query.
    """

    url: str
    params: Mapping[str, str] = field(default_factory=dict)

    @property
    def full_url(self) -> str:
        """The address with its query in alphabetical order; two requests are the same if these are."""
        return self.url + (f"?{urlencode(sorted(self.params.items()))}" if self.params else "")

    @property
    def host(self) -> str:
        """Who is asked."""
        return urlsplit(self.url).hostname or ""

    @property
    def name(self) -> str:
        """SHA-256 of the request, which names its file."""
        return hashlib.sha256(f"GET {self.full_url}".encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Reply:
    """What a provider answered.

    Parameters
    ----------
    status : int
        HTTP status.
    body : bytes
        As received, unpacked.
    headers : mapping
        Names in lower case.
    fetched_at : datetime
        When it was received, UTC.
    origin : str
        ``"recorded"`` if a provider sent it, ``"synthetic"`` if somebody made it up for a test.
    """

    status: int
    body: bytes
    headers: Mapping[str, str]
    fetched_at: datetime
    origin: str = "recorded"

    @property
    def sha256(self) -> str:
        """SHA-256 of the body."""
        return hashlib.sha256(self.body).hexdigest()


@dataclass(frozen=True, slots=True)
class CacheInfo:
    """What a cache holds.

    Parameters
    ----------
    folder : Path
        Where it is.
    replies : mapping of str to int
        How many replies, by host.
    size : int
        Bytes on disk of all replies.
    oldest, newest : str
        When the first and the last of them were fetched, ISO 8601 in UTC; empty without any.
    """

    folder: Path
    replies: Mapping[str, int]
    size: int
    oldest: str
    newest: str


def cache_folder() -> Path:
    """Return where replies are kept: ``EVENTSTUDY_CACHE``, or the cache directory of the platform."""
    if given := os.environ.get(VARIABLE):
        return Path(given).expanduser()
    import platformdirs

    return Path(platformdirs.user_cache_dir("eventstudy", appauthor=False)) / "replies"


@dataclass(frozen=True, slots=True)
class ReplyCache:
    """Replies in a folder, safe for several processes at once.

    A file appears whole or not at all; a process killed in the middle leaves the index behind at most, and `verify`
    makes it anew.

    Parameters
    ----------
    folder : Path
        Where the replies are; made when the first one is kept.

    Examples
    --------
    >>> from datetime import UTC
    >>> cache = ReplyCache(Path(tempfile.mkdtemp()))
    >>> request = Request("https://example.org/chart/..%2F..%2Fetc", {"interval": "1d"})
    >>> cache.put(request, Reply(200, b"{}", {}, datetime(2025, 2, 21, tzinfo=UTC)))
    >>> cache.get(request).body, cache.get(Request("https://example.org/other"))
    (b'{}', None)
    """

    folder: Path

    def get(self, request: Request) -> Reply | None:
        """Return the reply kept for a request, None where there is none.

        Raises
        ------
        DataError
            If the file is broken or its body does not have the SHA-256 that it states.
        """
        try:
            return _unpacked(self._file(request.name).read_bytes(), request.name)
        except FileNotFoundError:
            return None
        except DataError as error:
            raise DataError(
                f"{self._file(request.name)}: the cached reply to {request.full_url} is broken ({error}); "
                f"'eventstudy cache verify' takes broken replies out."
            ) from None

    def put(self, request: Request, reply: Reply) -> None:
        """Keep a reply in the place of an earlier one to the same request.

        Raises
        ------
        OutputError
            If the folder can't be written.
        """
        packed = _packed(request, reply)
        try:
            _write_whole(self._file(request.name), packed)
            with self._index() as index:
                index.execute(*_row(request.name, request.full_url, reply, len(packed)))
        except (OSError, sqlite3.Error) as error:
            raise OutputError(f"The cache {str(self.folder)!r} can't be written ({error}).") from error

    def info(self) -> CacheInfo:
        """Return how much the cache holds, of whom, and from when."""
        if not self.folder.is_dir():
            return CacheInfo(self.folder, {}, 0, "", "")
        with self._index() as index:
            hosts = dict(index.execute("SELECT host, COUNT(*) FROM replies GROUP BY host ORDER BY host").fetchall())
            size, oldest, newest = index.execute(
                "SELECT COALESCE(SUM(size), 0), COALESCE(MIN(fetched_at), ''), COALESCE(MAX(fetched_at), '') "
                "FROM replies"
            ).fetchone()
        return CacheInfo(self.folder, hosts, size, oldest, newest)

    def clear(self, host: str | None = None) -> int:
        """Delete all replies, or those of one host, and return how many there were."""
        if not self.folder.is_dir():
            return 0
        with self._index() as index:
            rows = "SELECT name FROM replies WHERE host = COALESCE(?, host)"
            names = {name for (name,) in index.execute(rows, (host,))}
            index.execute("DELETE FROM replies WHERE host = COALESCE(?, host)", (host,))
        if host is None:
            # Files that a killed process left outside the index go too.
            names |= {path.name.partition(".")[0] for path in self._files()}
            for stray in self.folder.glob("??/*.part"):
                stray.unlink(missing_ok=True)
        for name in names:
            self._file(name).unlink(missing_ok=True)
        return len(names)

    def verify(self) -> tuple[int, tuple[str, ...]]:
        """Read every reply, take out the broken ones and make the index anew.

        Returns
        -------
        kept : int
            How many replies are whole.
        broken : tuple of str
            What was wrong with each of those that were taken out.
        """
        rows, broken = [], []
        for path in self._files():
            name, packed = path.name.partition(".")[0], path.read_bytes()
            try:
                reply = _unpacked(packed, name)
            except DataError as error:
                broken.append(f"{path.name}: {error}")
                path.unlink(missing_ok=True)
            else:
                rows.append(_row(name, json.loads(gzip.decompress(packed))["request"], reply, len(packed)))
        if self.folder.is_dir():
            with self._index() as index:
                index.execute("DELETE FROM replies")
                for row in rows:
                    index.execute(*row)
        return len(rows), tuple(broken)

    def _file(self, name: str) -> Path:
        return self.folder / name[:2] / f"{name}.json.gz"

    def _files(self) -> list[Path]:
        return sorted(self.folder.glob("??/*.json.gz"))

    @contextmanager
    def _index(self) -> Iterator[sqlite3.Connection]:
        """Give the index in one transaction; a file that is no database is replaced."""
        path = self.folder / "index.sqlite"
        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            connection = _connected(path)
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError:
            path.unlink(missing_ok=True)
            connection = _connected(path)
        with closing(connection), connection:
            yield connection


def _connected(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=30)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute(_SCHEMA)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _row(name: str, request: str, reply: Reply, size: int) -> tuple[str, tuple[Any, ...]]:
    values = (name, request, urlsplit(request).hostname, reply.status, _written(reply), size, reply.sha256)
    return "INSERT OR REPLACE INTO replies VALUES (?, ?, ?, ?, ?, ?, ?)", values


def _written(reply: Reply) -> str:
    return reply.fetched_at.isoformat(timespec="seconds")


def _packed(request: Request, reply: Reply) -> bytes:
    try:
        body = {"body": reply.body.decode("utf-8")}
    except UnicodeDecodeError:
        body = {"body_base64": base64.b64encode(reply.body).decode("ascii")}
    record = {
        "request": request.full_url,
        "status": reply.status,
        "headers": {name: reply.headers[name] for name in KEPT_HEADERS if name in reply.headers},
        "fetched_at": _written(reply),
        "origin": reply.origin,
        "sha256": reply.sha256,
        **body,
    }
    return gzip.compress(json.dumps(record, ensure_ascii=False).encode("utf-8"), mtime=0)


def _unpacked(packed: bytes, name: str) -> Reply:
    """Return the reply that a file holds, raising `DataError` with what is wrong with it."""
    try:
        record = json.loads(gzip.decompress(packed))
        body = base64.b64decode(record["body_base64"]) if "body_base64" in record else record["body"].encode("utf-8")
        reply = Reply(
            status=int(record["status"]),
            body=body,
            headers=record["headers"],
            fetched_at=datetime.fromisoformat(record["fetched_at"]),
            origin=record["origin"],
        )
        stated, request = record["sha256"], record["request"]
    except (OSError, EOFError, zlib.error, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(f"it can't be read: {type(error).__name__}") from None
    if reply.sha256 != stated:
        raise DataError("its body does not have the SHA-256 that it states")
    if hashlib.sha256(f"GET {request}".encode()).hexdigest() != name:
        raise DataError("it answers another request than its name says")
    return reply


def _write_whole(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, part = tempfile.mkstemp(dir=path.parent, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(part).replace(path)
    except BaseException:
        Path(part).unlink(missing_ok=True)
        raise
