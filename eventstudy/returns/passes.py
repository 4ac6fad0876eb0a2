"""One look at all events or two: accumulators filled block by block, merged in the blocks' order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from typing import Any

from eventstudy._typing import Bools, Ints
from eventstudy.returns.accumulators import Accumulator, FirstPass, Residuals, TwoPass

__all__ = ["Accumulated", "Groups", "Needs", "first_look", "gathered", "merged", "second_look"]

Groups = Mapping[str, Bools]
Needs = tuple[type[Accumulator], ...]
Accumulated = dict[str, dict[type[Accumulator], Accumulator]]
"""By group and class."""


def first_look(needs: Needs, groups: Groups) -> Accumulated:
    """Return, empty, the accumulators that need to know nothing beforehand."""
    return {name: {need: need() for need in needs if not issubclass(need, TwoPass)} for name in groups}


def second_look(needs: Needs, firsts: Mapping[str, FirstPass]) -> Accumulated:
    """Return, empty, the accumulators that are made of what the first pass brought home."""
    made: Accumulated = {}
    for name, first in firsts.items():
        later: list[Any] = [need for need in needs if issubclass(need, TwoPass)]
        made[name] = {need: need.after(first) for need in later}
    return made


def gathered(empty: Accumulated, residuals: Residuals, groups: Groups, rows: Ints) -> Accumulated:
    """Return what the accumulators take from one block.

    Parameters
    ----------
    empty : mapping
        As `first_look` or `second_look` made them; they stay empty.
    residuals : Residuals
        Of the events `rows`.
    groups : mapping of str to ndarray of shape (E,)
        Members of each group.
    rows : ndarray
        The block's events.
    """
    found: Accumulated = {}
    for name, by_class in empty.items():
        found[name] = {need: copy(accumulator) for need, accumulator in by_class.items()}
        if found[name]:
            of_group = residuals.take(groups[name][rows])
            for accumulator in found[name].values():
                accumulator.add(of_group)
    return found


def merged(empty: Accumulated, parts: Sequence[Accumulated]) -> Accumulated:
    """Return the accumulators of all blocks, merged in their order: neighbours first, then pairs of neighbours.

    The order is that of the blocks whichever engine ran them. Merging pairs copies what is held per event a few times
    instead of once a block.
    """
    left: list[Accumulated] = list(parts)
    while len(left) > 1:
        ends = left[len(left) // 2 * 2 :]
        left = [_joined(one, two) for one, two in zip(left[::2], left[1::2], strict=False)] + ends
    whole = {name: {need: copy(each) for need, each in by_class.items()} for name, by_class in empty.items()}
    return _joined(whole, left[0]) if left else whole


def _joined(one: Accumulated, two: Accumulated) -> Accumulated:
    for name, by_class in two.items():
        for need, accumulator in by_class.items():
            one[name][need].merge(accumulator)
    return one
