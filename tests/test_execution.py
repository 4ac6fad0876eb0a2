"""The seam to threads and processes: how many at once, and in which order results come."""

from __future__ import annotations

import os
import threading
import time

import numpy as np
import pytest

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
