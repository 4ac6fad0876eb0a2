"""The one seam to threads, processes and a cluster: a function, mapped over blocks of events.

Results come back in the order of the blocks, whichever engine ran them, so that sums over blocks are taken
in one fixed order and every engine gives the same bits.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from typing import Any, TypeVar

import numpy as np

from eventstudy._typing import Ints, Rows
from eventstudy.errors import InputError, UnknownNameError

__all__ = [
    "BLOCK",
    "ENGINES",
    "PATHS",
    "Engine",
    "blocks",
    "in_pieces",
    "keep_memory",
    "map_chunks",
    "pieces",
    "positions",
    "ranges",
    "sharing",
    "sliced",
]

S = TypeVar("S")
R = TypeVar("R")

# Events in a block. A constant, since the sums of a study are sums over blocks. Fewer, and calls
# cost more than arithmetic; many more, and a block's windows leave the cache.
BLOCK = 2048

# Bytes. More than the arrays of a small study take together; too little to be missed.
HEAP = 1 << 21

ENGINES = ("serial", "threads", "processes")
PATHS = ("auto", "numpy", "compiled")


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """How blocks are run.

    Parameters
    ----------
    name : str
        ``"serial"``, ``"threads"`` or ``"processes"``.
    workers : int, optional
        How many at once; as many as there are processors without it.
    path : str
        ``"numpy"``, ``"compiled"`` (the same formulas through Numba, to 1e-12), or ``"auto"``: compiled where Numba is
        installed and there are many events.
    """

    name: str = "serial"
    workers: int | None = None
    path: str = "auto"

    @property
    def at_once(self) -> int:
        """How many blocks are run at once."""
        return 1 if self.name == "serial" else self.workers or os.cpu_count() or 1

    @property
    def shares_memory(self) -> bool:
        """Whether what one block writes the others see."""
        return self.name != "processes"

    def __post_init__(self) -> None:
        if self.name not in ENGINES:
            raise UnknownNameError("engine", self.name, ENGINES)
        if self.path not in PATHS:
            raise UnknownNameError("path", self.path, PATHS)
        if self.workers is not None and self.workers < 1:
            raise InputError(f"run: workers is {self.workers}; it must be at least 1.")


def keep_memory() -> None:
    """Have the C library keep freed memory, in this process and from now on, for the arrays that come next.

    That of Linux gives free memory at the end of its heap back at once, until a larger block than it expects has been
    freed; a study of a hundred events would spend a quarter of its time on getting the same pages again.
    """
    np.empty(HEAP, dtype=np.uint8)


def sharing(engine: Engine | None) -> Engine | None:
    """Return an engine for what needs all events at once: none, and so serial, in place of processes."""
    return engine if engine is not None and engine.shares_memory else None


def blocks(count: int, times: int = 1) -> list[Ints]:
    """Return the positions 0 to `count` - 1 in blocks of so many times `BLOCK`, the last one shorter.

    Examples
    --------
    >>> [len(block) for block in blocks(5_000)]
    [2048, 2048, 904]
    """
    size = times * BLOCK
    return [np.arange(start, min(start + size, count)) for start in range(0, count, size)]


def pieces(count: int, times: int = 1) -> Iterator[slice]:
    """Give so many rows in pieces of so many times `BLOCK`, the last one shorter."""
    size = times * BLOCK
    for start in range(0, count, size):
        yield slice(start, min(start + size, count))


def in_pieces(rows: Ints) -> list[Ints]:
    """Return rows in pieces of `BLOCK`, the last one shorter; one piece where there are none."""
    return [rows[piece] for piece in pieces(len(rows))] or [rows]


def sliced(rows: Ints | slice) -> Ints | slice:
    """Return rows that follow each other as a slice, which copies nothing where it is read; a slice as it is.

    Examples
    --------
    >>> sliced(np.array([4, 5, 6])), sliced(np.array([4, 4, 6])).tolist()
    (slice(4, 7, None), [4, 4, 6])
    """
    if isinstance(rows, slice):
        return rows
    # The ends tell most of the others at once; so many that ascend between them are one after another.
    if len(rows) and rows[-1] - rows[0] + 1 == len(rows) and (rows[1:] > rows[:-1]).all():
        return slice(int(rows[0]), int(rows[-1]) + 1)
    return rows


def ranges(begin: Ints, count: Ints) -> Ints:
    """Return so many whole numbers from each beginning on, one after another.

    Parameters
    ----------
    begin, count : ndarray of shape (n,)
        Where each range begins, and how many numbers are in it.

    Examples
    --------
    >>> ranges(np.array([5, 0]), np.array([2, 3])).tolist()
    [5, 6, 0, 1, 2]
    """
    ends = np.cumsum(count)
    return np.asarray(np.arange(int(count.sum())) + np.repeat(begin - (ends - count), count))


def positions(rows: Rows, count: int) -> Ints:
    """Return which of so many rows are meant.

    Examples
    --------
    >>> positions(slice(1, 3), 5).tolist(), positions(np.array([True, False, True]), 3).tolist()
    ([1, 2], [0, 2])
    """
    if isinstance(rows, slice):
        return np.arange(*rows.indices(count))
    return np.asarray(np.flatnonzero(rows) if rows.dtype == bool else rows, dtype=np.int64)


def map_chunks(
    function: Callable[[S], R],
    chunks: Sequence[S],
    engine: Engine | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Iterator[R]:
    """Give ``function(chunk) for chunk in chunks``, run by an engine, in the order of the chunks.

    Parameters
    ----------
    function : callable
        Must be picklable for processes.
    chunks : sequence
        What it is called with, one at a time.
    engine : Engine, optional
        Serial without it.
    progress : callable, optional
        Called with the chunks done and the chunks in all, in the caller's thread.
    """
    with _mapper(function, engine or Engine()) as mapper:
        for done, result in enumerate(mapper(chunks), start=1):
            yield result
            if progress is not None:
                progress(done, len(chunks))


@contextmanager
def _mapper(function: Callable[[S], R], engine: Engine) -> Iterator[Callable[[Sequence[S]], Iterator[R]]]:
    if engine.name == "serial":
        yield partial(map, function)
    elif engine.name == "threads":
        with ThreadPoolExecutor(engine.at_once) as threads:
            yield partial(threads.map, function)
    else:
        # A forked child inherits the locks of the parent's threads, some of them held. The function travels once to
        # each process, not once a chunk: there is a panel in it.
        context = get_context("spawn")
        with ProcessPoolExecutor(engine.at_once, context, initializer=_install, initargs=(function,)) as processes:
            yield partial(processes.map, _call)


_installed: list[Callable[[Any], Any]] = []


def _install(function: Callable[[Any], Any]) -> None:
    _installed[:] = [function]


def _call(chunk: Any) -> Any:
    return _installed[0](chunk)
