"""The index beside the files of the cache: an SQLite table that counts them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from eventstudy.errors import OutputError

__all__ = ["FOUND", "PUT", "opened"]

_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS replies (name TEXT PRIMARY KEY, request TEXT, host TEXT, status INTEGER, "
    "fetched_at TEXT, size INTEGER, sha256 TEXT)"
)
PUT = "INSERT OR REPLACE INTO replies VALUES (?, ?, ?, ?, ?, ?, ?)"
# A row that another process wrote of a later reply stands.
FOUND = (
    "INSERT INTO replies VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET request = excluded.request, "
    "host = excluded.host, status = excluded.status, fetched_at = excluded.fetched_at, size = excluded.size, "
    "sha256 = excluded.sha256 WHERE excluded.fetched_at >= replies.fetched_at"
)


@contextmanager
def opened(folder: Path) -> Iterator[sqlite3.Connection]:
    """Give the index of a folder in one transaction; `OutputError` where there can be none."""
    try:
        with closing(_replaced(folder)) as connection, connection:
            yield connection
    except (OSError, sqlite3.Error) as error:
        raise OutputError(f"The cache {str(folder)!r} can't be written ({error}).") from error


def _replaced(folder: Path) -> sqlite3.Connection:
    """Return the index; a file that is no database is replaced."""
    path = folder / "index.sqlite"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        return _connected(path)
    except sqlite3.OperationalError:
        raise
    except sqlite3.DatabaseError:
        # A log of the old file would be played into the new one.
        for part in ("", "-wal", "-shm"):
            path.with_name(path.name + part).unlink(missing_ok=True)
        return _connected(path)


def _connected(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=30)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute(_SCHEMA)
    except sqlite3.Error:
        connection.close()
        raise
    return connection
