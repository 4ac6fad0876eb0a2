"""Raw replies on disk, so that a study can be run again on the bytes that it was first run on.

One gzipped JSON file a reply is the truth; an SQLite index beside the files only counts them and is brought in line
with them before it is asked. Names of files are hashes of the request, so that no symbol can name a place outside
the folder.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import os
import tempfile
import time
import zlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from eventstudy.errors import DataError, OutputError
from eventstudy.sources._cache_index import FOUND, PUT, opened

__all__ = ["CacheInfo", "Reply", "ReplyCache", "Request", "cache_folder"]

VARIABLE = "EVENTSTUDY_CACHE"

# Cookies and other headers may name the user; only what describes the body is kept.
KEPT_HEADERS = ("content-type", "date", "etag", "last-modified")

# Seconds after which a file that is half written is nobody's any more.
PART_AGE = 3600.0

_Row = tuple[Any, ...]


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

    A file appears whole or not at all; a process killed in the middle leaves the index behind at most, which follows
    the files when it is next asked.

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
            return _unpacked(self._file(request.name).read_bytes(), request.name)[1]
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
        except OSError as error:
            raise OutputError(f"The cache {str(self.folder)!r} can't be written ({error}).") from error
        with opened(self.folder) as index:
            index.execute(PUT, _row(request.name, request.full_url, reply, len(packed)))

    def info(self) -> CacheInfo:
        """Return how much the cache holds, of whom, and from when; a file that can't be read is not counted."""
        if not self.folder.is_dir():
            return CacheInfo(self.folder, {}, 0, "", "")
        self._settle()
        with opened(self.folder) as index:
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
        if host is None:
            paths = self._files()
            self._clear_parts()
        else:
            self._settle()
            with opened(self.folder) as index:
                rows = index.execute("SELECT name FROM replies WHERE host = ?", (host,)).fetchall()
            paths = [self._file(name) for (name,) in rows]
        deleted = sum(map(_unlinked, paths))
        self._settle()
        return deleted

    def verify(self) -> tuple[int, tuple[str, ...]]:
        """Read every reply, take out the broken ones and bring the index in line with the others.

        Returns
        -------
        kept : int
            How many replies are whole.
        broken : tuple of str
            What was wrong with each of those that were taken out.
        """
        found = [self._examined(path) for path in self._files()]
        rows = [each for each in found if isinstance(each, tuple)]
        if self.folder.is_dir():
            with opened(self.folder) as index:
                index.executemany(FOUND, rows)
            self._settle()
        return len(rows), tuple(each for each in found if isinstance(each, str))

    def _examined(self, path: Path) -> _Row | str | None:
        """Return a file's row in the index, None if it is gone, or what is wrong with it; then it is taken out."""
        try:
            packed = path.read_bytes()
            try:
                return _row_of(packed, _name(path))
            except DataError as error:
                # Another process may have put a whole reply there since.
                if path.read_bytes() != packed:
                    return self._examined(path)
                path.unlink()
                return f"{path.name}: {error}"
        except FileNotFoundError:
            return None

    def _settle(self) -> None:
        """Bring the index in line with the files, row by row, since other processes may write at the same time."""
        with opened(self.folder) as index:
            listed = {name for (name,) in index.execute("SELECT name FROM replies")}
        present = {_name(path) for path in self._files()}
        rows = []
        for name in sorted(present - listed):
            with suppress(FileNotFoundError, DataError):
                rows.append(_row_of(self._file(name).read_bytes(), name))
        with opened(self.folder) as index:
            index.executemany(FOUND, rows)
            gone = [(name,) for name in listed - present if not self._file(name).exists()]
            index.executemany("DELETE FROM replies WHERE name = ?", gone)

    def _clear_parts(self) -> None:
        """Delete what killed processes left half written; a young one may be at work still."""
        for part in self.folder.glob("??/*.part"):
            with suppress(FileNotFoundError):
                if time.time() - part.stat().st_mtime > PART_AGE:
                    part.unlink()

    def _file(self, name: str) -> Path:
        return self.folder / name[:2] / f"{name}.json.gz"

    def _files(self) -> list[Path]:
        return sorted(self.folder.glob("??/*.json.gz"))


def _row(name: str, request: str, reply: Reply, size: int) -> _Row:
    return name, request, urlsplit(request).hostname, reply.status, _written(reply), size, reply.sha256


def _row_of(packed: bytes, name: str) -> _Row:
    return _row(name, *_unpacked(packed, name), len(packed))


def _name(path: Path) -> str:
    return path.name.partition(".")[0]


def _unlinked(path: Path) -> bool:
    """Delete a file and return whether it was there."""
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    return True


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


def _unpacked(packed: bytes, name: str) -> tuple[str, Reply]:
    """Return the request and the reply that a file holds, raising `DataError` with what is wrong with it."""
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
    return request, reply


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
