"""Attributes that are made once, and by several threads at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from eventstudy._lazy import lazy


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
