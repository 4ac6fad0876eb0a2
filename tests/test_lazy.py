"""Attributes that are made once, and by several threads at once."""

from __future__ import annotations

import pickle
from concurrent.futures import ThreadPoolExecutor
from dataclasses import FrozenInstanceError, dataclass, replace
from threading import Barrier
from typing import TYPE_CHECKING

import pytest

from eventstudy._lazy import Asked, later, lazy


@dataclass(frozen=True)
class Named:
    """What has names, or will have."""

    if TYPE_CHECKING:
        names: tuple[str, ...]
    else:
        names: tuple[str, ...] = Asked()


class Counted:
    """What counts how often it was asked, and waits for another of its kind."""

    def __init__(self, barrier: Barrier) -> None:
        self.barrier, self.asked = barrier, 0

    @lazy
    def value(self) -> int:
        """Seven, when both are asked."""
        self.asked += 1
        self.barrier.wait(timeout=10)
        return 7


def test_two_objects_are_asked_at_once_and_each_once() -> None:
    barrier = Barrier(2)
    both = [Counted(barrier), Counted(barrier)]
    with ThreadPoolExecutor(2) as threads:
        # With one lock for both, neither would come to the barrier while the other waits there.
        assert list(threads.map(lambda each: each.value, both)) == [7, 7]
    assert [each.value for each in both] == [7, 7]
    assert [each.asked for each in both] == [1, 1]


def test_it_is_read_from_the_class_as_itself() -> None:
    assert Counted.value.__doc__ == "Seven, when both are asked."


def test_a_field_is_made_when_it_is_asked_for_and_once() -> None:
    asked: list[str] = []

    def names(*given: str) -> tuple[str, ...]:
        asked.append("")
        return given

    named = Named(later(names, "a", "b"))
    assert not asked
    assert [named.names, named.names] == [("a", "b")] * 2
    assert len(asked) == 1
    assert pickle.loads(pickle.dumps(Named(later(tuple, "ab")))).names == ("a", "b")
    assert replace(named, names=("c",)).names == ("c",)
    with pytest.raises(FrozenInstanceError):
        named.names = ("d",)  # type: ignore[misc]
    with pytest.raises(TypeError, match="names"):
        Named()  # type: ignore[call-arg]
