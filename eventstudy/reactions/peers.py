"""Few own events say little of how large a reaction of a stock is; those of its peers help."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import groupby

from eventstudy.reactions.record import Reaction, Rung
from eventstudy.reactions.standing import toward_peers

__all__ = ["with_peers"]

Sums = defaultdict[tuple[str, ...], list[float]]


def with_peers(reactions: Sequence[Reaction]) -> tuple[Reaction, ...]:
    """Return the reactions with each own standing shrunk towards the peers' earlier moves, where it rests on few.

    Parameters
    ----------
    reactions : sequence of Reaction
        All of a study; the peers of one are the others of another symbol with an earlier day 0.
    """
    if len({reaction.symbol for reaction in reactions}) < 2:
        return tuple(reactions)
    everybody: Sums = defaultdict(lambda: [0.0, 0.0])
    own: Sums = defaultdict(lambda: [0.0, 0.0])
    made: dict[int, Reaction] = {}
    order = sorted(range(len(reactions)), key=lambda place: reactions[place].day0)
    for _, group in groupby(order, key=lambda place: reactions[place].day0):
        together = list(group)
        for place in together:
            made[place] = _shrunk(reactions[place], everybody, own)
        for place in together:
            _add(reactions[place], everybody, own)
    return tuple(made[place] for place in range(len(reactions)))


def _shrunk(reaction: Reaction, everybody: Sums, own: Sums) -> Reaction:
    def shrink(moves: Iterable[Rung]) -> tuple[Rung, ...]:
        return tuple(_toward(move, reaction.symbol, everybody, own) for move in moves)

    return replace(reaction, moves=shrink(reaction.moves), whole=shrink(reaction.whole))


def _toward(move: Rung, symbol: str, everybody: Sums, own: Sums) -> Rung:
    # What a peer did days after its own announcement may lie after this one.
    later = move.leg[:1] == "d" and move.leg[1:].isdigit()
    if move.own is None or not move.printed or later:
        return move
    key = (str(move.kind), move.leg)
    squares, count = everybody.get(key, [0.0, 0.0])
    own_squares, own_count = own.get((symbol, *key), [0.0, 0.0])
    peers = round(count - own_count)
    if peers < 1:
        return move
    return replace(move, own=toward_peers(move.own, move.raw, max(squares - own_squares, 0.0) / peers, peers))


def _add(reaction: Reaction, everybody: Sums, own: Sums) -> None:
    for move in {(str(move.kind), move.leg): move for move in (*reaction.moves, *reaction.whole)}.values():
        if not move.printed or move.price_source == "quoted":
            continue
        for sums in (everybody[str(move.kind), move.leg], own[reaction.symbol, str(move.kind), move.leg]):
            sums[0] += move.raw**2
            sums[1] += 1.0
