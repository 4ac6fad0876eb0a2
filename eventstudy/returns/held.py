"""One pass over all events for what is read again from the panel, a block of them at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from threading import Lock
from typing import TypeVar

import numpy as np

from eventstudy._typing import Floats, Ints
from eventstudy.execution import Engine, map_chunks, pieces, sharing
from eventstudy.returns.abnormal import AbnormalReturns
from eventstudy.returns.windows import Window

__all__ = ["HeldReturns", "in_blocks", "thin_days"]

R = TypeVar("R")


def in_blocks(
    abnormal: AbnormalReturns, function: Callable[[AbnormalReturns], R], engine: Engine | None = None
) -> Iterator[R]:
    """Give what a function makes of the abnormal returns of a block of events, block by block in their order.

    Parameters
    ----------
    abnormal : AbnormalReturns
        E events; one block of none where there are none.
    function : callable
        Called in the threads of the engine, or in this one where the engine shares no memory.
    engine : Engine, optional
        Serial without it.
    """
    rows = [*pieces(len(abnormal.ar))] or [slice(0, 0)]
    return map_chunks(lambda each: function(abnormal.take(each)), rows, sharing(engine))


def thin_days(abnormal: AbnormalReturns, engine: Engine | None = None) -> Ints:
    """Return how many returns of each event's event window are zero or missing, shape (E,)."""

    def count(block: AbnormalReturns) -> Ints:
        actual = block.actual
        return np.asarray(((actual == 0) | np.isnan(actual)).sum(axis=1))

    return np.concatenate(list(in_blocks(abnormal, count, engine)))


# Not one for each, since results may be pickled.
_ASKING = Lock()


class HeldReturns:
    """Buy-and-hold abnormal returns of some windows, all made when those of one are first asked for.

    Parameters
    ----------
    abnormal : AbnormalReturns
        E events.
    windows : sequence of Window
        Which there are.
    engine : Engine, optional
        Serial without it.
    """

    def __init__(self, abnormal: AbnormalReturns, windows: Sequence[Window], engine: Engine | None = None) -> None:
        self._abnormal, self._windows, self._engine = abnormal, tuple(windows), engine

    def of(self, window: Window) -> Floats:
        """Return those of one of the windows, shape (E,); see `AbnormalReturns.bhar`."""
        # Threads ask for several windows at once.
        with _ASKING:
            return self._made[self._windows.index(window)]

    @cached_property
    def _made(self) -> list[Floats]:
        def held(block: AbnormalReturns) -> list[Floats]:
            return block.bhars(self._windows)

        blocks = list(in_blocks(self._abnormal, held, self._engine))
        return [np.concatenate(each) for each in zip(*blocks, strict=True)]
