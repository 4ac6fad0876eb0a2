"""The seam to threads and processes: how many at once, and in which order results come."""

from __future__ import annotations

import os
import pickle
import threading
import time

import numpy as np
import pytest

from eventstudy import execution
from eventstudy.errors import UnknownNameError
from eventstudy.execution import BLOCK, Engine, map_chunks, sliced


@pytest.mark.parametrize(
    ("engine", "at_once"),
    [
        (Engine(), 1),
        (Engine(name="threads"), os.cpu_count()),
        (Engine(name="threads", workers=3), 3),
        (Engine(name="processes"), os.cpu_count()),
    ],
)
def test_as_many_at_once_as_there_are_processors(engine: Engine, at_once: int) -> None:
    assert engine.at_once == at_once


@pytest.mark.parametrize("workers", [None, 3])
def test_no_more_threads_than_were_asked_for(workers: int | None) -> None:
    engine, seen = Engine(name="threads", workers=workers), set()

    def late(chunk: int) -> int:
        seen.add(threading.get_ident())
        time.sleep(0.002 * (chunk % 3))
        return chunk

    assert list(map_chunks(late, range(40), engine)) == list(range(40))
    assert len(seen) <= engine.at_once


@pytest.mark.parametrize("at", [1, 8 * BLOCK - 1, 8 * BLOCK, 20 * BLOCK - 2])
def test_rows_that_follow_each_other_are_a_slice(at: int) -> None:
    rows = np.arange(5, 5 + 20 * BLOCK)
    assert sliced(rows) == slice(5, 5 + 20 * BLOCK)
    rows[at] -= 1
    assert sliced(rows) is rows


def test_an_engine_that_there_is_not() -> None:
    with pytest.raises(UnknownNameError, match=r"^There is no engine named 'thread'\. Did you mean 'threads'\?$"):
        Engine(name="thread")


def test_a_process_calls_what_it_was_given() -> None:
    """What each process does with a chunk, here in this one."""
    before = list(execution._installed)
    try:
        execution._install(abs)
        execution._install(len)
        assert execution._call([1, 2, 3]) == 3
    finally:
        execution._installed[:] = before


def test_an_unknown_name_comes_out_of_a_process_as_it_was() -> None:
    error = UnknownNameError("model", "markt", ["market", "raw"])
    again = pickle.loads(pickle.dumps(error))
    assert str(again) == str(error) == "There is no model named 'markt'. Did you mean 'market'?"
    assert (again.kind, again.name, again.known) == ("model", "markt", ("market", "raw"))
