"""Turns at asking a provider: one request at a time to a domain, in this process and in all that share a cache."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import IO

__all__ = ["Pace"]


class Pace:
    """When each domain was asked last, and whose turn it is."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._locks: dict[str, threading.Lock] = {}
        self.asked: dict[str, datetime] = {}

    @contextmanager
    def turn(self, domain: str, folder: Path) -> Iterator[None]:
        """Wait until nobody else asks a domain; then `asked` says when anybody did.

        Parameters
        ----------
        domain : str
            Who is asked.
        folder : Path
            Processes with this folder take turns, by a file in it. Where files can't be locked (Windows, some
            network drives, a folder that can't be written), each process minds itself alone.
        """
        with self._guard:
            lock = self._locks.setdefault(domain, threading.Lock())
        with lock, _locked(folder / f"{domain}.lock") as file:
            if (elsewhere := _read(file)) is not None:
                self.asked[domain] = max(elsewhere, self.asked.get(domain, elsewhere))
            try:
                yield
            finally:
                if domain in self.asked:
                    _write(file, self.asked[domain])


@contextmanager
def _locked(path: Path) -> Iterator[IO[str] | None]:
    """Give an open file that no other process has locked, None where that is not to be had."""
    if sys.platform == "win32":
        yield None
        return
    import fcntl

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("a+", encoding="ascii")
    except OSError:
        yield None
        return
    with file:
        # Closing the file, or dying, gives it free.
        with suppress(OSError):
            fcntl.flock(file, fcntl.LOCK_EX)
        yield file


def _read(file: IO[str] | None) -> datetime | None:
    if file is None:
        return None
    try:
        file.seek(0)
        return datetime.fromisoformat(file.read())
    except (OSError, ValueError):
        return None


def _write(file: IO[str] | None, moment: datetime) -> None:
    if file is not None:
        with suppress(OSError):
            file.truncate(0)
            file.write(moment.isoformat())
