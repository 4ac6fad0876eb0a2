"""Which arithmetic a block runs on: plain NumPy, or the same formulas compiled by Numba.

The hot loops exist twice: projecting returns on a design, forecasting, standard errors, sums over windows, ranking and
counting within rows, summing by day 0. Everything else is common.
A block says once which of the two it runs on, and the formulas ask here; what is made of all events at once is told an
engine, and asks `compiles`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from importlib.util import find_spec
from typing import Any, TypeVar

from eventstudy.errors import InputError
from eventstudy.execution import PATHS, Engine

__all__ = ["COMPILED", "NUMPY", "TIMES", "choose", "compiled", "compiles", "run_on", "running"]

R = TypeVar("R")

AUTO, NUMPY, COMPILED = PATHS
# Below it, compiling takes longer than it saves.
MANY_EVENTS = 100_000
# How many blocks are run as one: a compiled one holds no residuals, and more events cost fewer calls.
TIMES = {NUMPY: 1, COMPILED: 8}

_path: ContextVar[str] = ContextVar("path", default=NUMPY)


def choose(path: str, events: int) -> str:
    """Return the path that a study of so many events takes.

    Parameters
    ----------
    path : str
        ``"numpy"``, ``"compiled"``, or ``"auto"``: compiled where Numba is installed and there are a hundred thousand
        events or more.
    events : int
        Events to be estimated.

    Raises
    ------
    InputError
        If ``"compiled"`` was asked for and Numba is not installed.

    Examples
    --------
    >>> choose("auto", 1_000)
    'numpy'
    """
    if path == AUTO:
        return COMPILED if events >= MANY_EVENTS and _has_numba() else NUMPY
    if path == COMPILED and not _has_numba():
        raise InputError("The compiled path needs Numba; install it with: pip install 'eventstudy-backtester[fast]'.")
    return path


def compiles(engine: Engine | None, events: int) -> bool:
    """Return whether so many events take the compiled path of an engine; none has NumPy's."""
    return engine is not None and choose(engine.path, events) == COMPILED


def _has_numba() -> bool:
    return find_spec("numba") is not None


@contextmanager
def running(path: str) -> Iterator[None]:
    """Run what is inside on a path, in this thread."""
    token = _path.set(path)
    try:
        yield
    finally:
        _path.reset(token)


def run_on(path: str, function: Callable[..., R], *arguments: Any, **settings: Any) -> R:
    """Return what a function gives on a path; it can be sent to another process."""
    with running(path):
        return function(*arguments, **settings)


def compiled() -> bool:
    """Return whether this thread runs on the compiled path."""
    return _path.get() == COMPILED
