"""Made-up returns, and processes that are started once for many studies."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from typing import Any, Self

import pandas as pd
import pytest

from eventstudy import execution
from tests.made_up import made_up_returns

_given: list[bytes] = []


def run_installed(install: Callable[..., None], given: bytes, call: Callable[[Any], Any], chunk: Any) -> Any:
    """Do in a process that was there before what a new one does: install what is given, once, and call it."""
    if _given != [given]:
        install(*pickle.loads(given))
        _given[:] = [given]
    return call(chunk)


class Kept:
    """Processes in the place of new ones; what they are given and what they return travels as it does to new ones."""

    def __init__(
        self, started: ProcessPoolExecutor, initializer: Callable[..., None], initargs: tuple[Any, ...]
    ) -> None:
        self.started, self.initializer, self.given = started, initializer, pickle.dumps(initargs)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Leave the processes to the next study."""

    def map(self, call: Callable[[Any], Any], chunks: Sequence[Any]) -> Iterator[Any]:
        return self.started.map(partial(run_installed, self.initializer, self.given, call), chunks)


@pytest.fixture(scope="module")
def started() -> Iterator[ProcessPoolExecutor]:
    with ProcessPoolExecutor(2, get_context("spawn")) as processes:
        yield processes


@pytest.fixture
def kept_processes(started: ProcessPoolExecutor, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let studies run in two processes that stay, since it takes a second to start one."""

    def instead(workers: int, context: object, **given: Any) -> Kept:
        assert workers == 2
        return Kept(started, **given)

    monkeypatch.setattr(execution, "ProcessPoolExecutor", instead)


@pytest.fixture
def panel_frame() -> pd.DataFrame:
    return made_up_returns(seed=11, symbols=4, sessions=400, missing=0.02)
