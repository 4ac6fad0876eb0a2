"""One look at all events or two: accumulators filled block by block, merged in the blocks' order."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from typing import Any

from eventstudy._typing import Bools, Ints
from eventstudy.execution import Engine
from eventstudy.returns.accumulators import Accumulator, Finishing, FirstPass, OnePass, Places, Residuals, TwoPass
from eventstudy.returns.remade import Remade

__all__ = ["Accumulated", "Groups", "Merger", "Needs", "finish", "first_look", "gathered", "second_look"]

Groups = Mapping[str, Bools]
Needs = tuple[type[Accumulator], ...]
Accumulated = dict[str, dict[type[Accumulator], Accumulator]]
"""By group and class."""


def first_look(needs: Needs, places: Mapping[str, Places]) -> Accumulated:
    """Return, empty, the accumulators that need no abnormal return beforehand, for each group's places."""
    made: Accumulated = {}
    for name, of_group in places.items():
        now = [need for need in needs if not issubclass(need, TwoPass)]
        made[name] = {need: need.before(of_group) if issubclass(need, OnePass) else need() for need in now}
    return made


def second_look(needs: Needs, firsts: Mapping[str, FirstPass]) -> Accumulated:
    """Return, empty, the accumulators that are made of what the first pass brought home."""
    made: Accumulated = {}
    for name, first in firsts.items():
        later: list[Any] = [need for need in needs if issubclass(need, TwoPass)]
        made[name] = {need: need.after(first) for need in later}
    return made


def gathered(empty: Accumulated, residuals: Sequence[Residuals], groups: Groups) -> Accumulated:
    """Return what the accumulators take from one block.

    Parameters
    ----------
    empty : mapping
        As `first_look` or `second_look` made them; they stay empty.
    residuals : sequence of Residuals
        Of the block's events, in parts: those with complete windows, and the others.
    groups : mapping of str to ndarray of shape (E,)
        Members of each group.
    """
    found: Accumulated = {}
    for name, by_class in empty.items():
        found[name] = {need: copy(accumulator) for need, accumulator in by_class.items()}
        unmade = [each for each in found[name].values() if getattr(each, "remakes", False)]
        made = [each for each in found[name].values() if not getattr(each, "remakes", False)]
        for part in residuals if found[name] else ():
            of_group = part.take(groups[name][part.row])
            for accumulator in unmade:
                accumulator.add(of_group)
            for piece in of_group.pieces() if made else ():
                for accumulator in made:
                    accumulator.add(piece)
    return found


class Merger:
    """What the blocks brought home, merged as it comes: in the order of the blocks, whichever engine ran them.

    Neighbours are merged first, then pairs of neighbours, so what is held per event is copied a few times and not once
    a block. An accumulator that says ``in_order`` is merged block after block into the whole.
    """

    def __init__(self, empty: Accumulated) -> None:
        self._whole = {name: {need: copy(each) for need, each in by_class.items()} for name, by_class in empty.items()}
        self._waiting: list[tuple[int, Accumulated]] = []

    def put(self, part: Accumulated) -> None:
        """Take what the next block brought home."""
        for name, by_class in part.items():
            for need in [need for need in by_class if getattr(need, "in_order", False)]:
                self._whole[name][need].merge(by_class.pop(need))
        size = 1
        while self._waiting and self._waiting[-1][0] == size:
            part = _joined(self._waiting.pop()[1], part)
            size *= 2
        self._waiting.append((size, part))

    def whole(self) -> Accumulated:
        """Return all of it."""
        while len(self._waiting) > 1:
            (_, later), (size, earlier) = self._waiting.pop(), self._waiting.pop()
            self._waiting.append((size, _joined(earlier, later)))
        for _, part in self._waiting:
            _joined(self._whole, part)
        self._waiting = []
        return self._whole


def finish(
    accumulated: Accumulated,
    engine: Engine,
    places: Mapping[str, Places],
    remade: Callable[[Ints], Remade] | None = None,
) -> None:
    """Let the accumulators that `Finishing` describes do what is left to them."""
    for name, by_class in accumulated.items():
        for accumulator in by_class.values():
            if isinstance(accumulator, Finishing):
                accumulator.finish(engine, places[name], remade)


def _joined(one: Accumulated, two: Accumulated) -> Accumulated:
    for name, by_class in two.items():
        for need, accumulator in by_class.items():
            one[name][need].merge(accumulator)
    return one
