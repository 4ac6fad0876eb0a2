"""Few own events say little of how large a reaction of a stock is; those of its peers help."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from eventstudy._typing import Dates, Floats, Ints, Labels
from eventstudy.reactions.record import Kind, Rung
from eventstudy.reactions.rungs import Rungs
from eventstudy.reactions.sequence import Barred
from eventstudy.reactions.standing import OwnStandings, toward_peers
from eventstudy.reactions.steps import QUOTED, is_later

__all__ = ["earlier_sums", "peers_of", "with_peers"]

Key = tuple[Kind, str]


def with_peers(
    rungs: Rungs, barred: Mapping[int, Barred], symbol: Labels, day0: Dates
) -> tuple[Rungs, dict[int, Barred]]:
    """Return the moves with each own standing shrunk towards the peers' earlier moves, where it rests on few.

    Parameters
    ----------
    rungs : Rungs
        The moves of E events from daily prices.
    barred : mapping of int to Barred
        By event, moves from bars that stand in their place.
    symbol, day0 : ndarray of shape (E,)
        Whose event, and its date; the peers of one are those of another symbol with an earlier date.
    """
    # What a peer did days after its own announcement may lie after this one.
    columns = {(s.kind, s.leg): at for at, s in enumerate(rungs.steps) if s is not QUOTED and not is_later(s.leg)}
    moved = {place: _moved(each) for place, each in barred.items()}
    keys = list(dict.fromkeys([*columns, *(key for each in moved.values() for key in each)]))
    moves = np.full((len(symbol), len(keys)), np.nan)
    moves[:, : len(columns)] = rungs.cells.raw[:, [*columns.values()]]
    for place, each in moved.items():
        moves[place] = [each.get(key, np.nan) for key in keys]
    square, peers = peers_of(symbol, day0, moves)
    cells = rungs.cells
    squares, counts = np.full(cells.raw.shape, np.nan), np.zeros(cells.raw.shape, dtype=np.int64)
    squares[:, [*columns.values()]] = square[:, : len(columns)]
    counts[:, [*columns.values()]] = peers[:, : len(columns)]
    shrunk = replace(rungs, cells=replace(cells, own=toward_peers(cells.own, cells.raw, squares, counts)))
    return shrunk, {
        place: replace(
            each,
            moves=_shrunk(each.moves, keys, square[place], peers[place]),
            whole=_shrunk(each.whole, keys, square[place], peers[place]),
        )
        for place, each in barred.items()
    }


def _moved(barred: Barred) -> dict[Key, float]:
    """Return the measured moves of an event with bars, NaN where nobody traded."""
    return {
        (move.kind, move.leg): move.raw if move.printed and move.price_source == "measured" else np.nan
        for move in (*barred.moves, *barred.whole)
        if not is_later(move.leg)
    }


def _shrunk(moves: Sequence[Rung], keys: Sequence[Key], square: Floats, peers: Ints) -> tuple[Rung, ...]:
    found = {key: at for at, key in enumerate(keys)}
    own = {at: move.own for at, move in enumerate(moves) if move.own is not None and move.printed}
    own = {at: among for at, among in own.items() if (moves[at].kind, moves[at].leg) in found}
    if not own:
        return tuple(moves)
    of = [found[moves[at].kind, moves[at].leg] for at in own]
    raw = np.array([moves[at].raw for at in own])
    toward = toward_peers(OwnStandings.of([*own.values()]), raw, square[of], peers[of])
    made = {at: toward.at(number) for number, at in enumerate(own)}
    return tuple(replace(move, own=made.get(at, move.own)) for at, move in enumerate(moves))


def peers_of(symbol: Labels, day0: Dates, moves: Floats) -> tuple[Floats, Ints]:
    """Return how large the same moves were at the earlier events of other stocks.

    Parameters
    ----------
    symbol, day0 : ndarray of shape (E,)
        Whose event, and its date; the peers of one are those of another symbol with an earlier date.
    moves : ndarray of shape (E, K)
        Simple moves, one column for each kind of move; NaN where there is none.

    Returns
    -------
    square : ndarray of shape (E, K)
        Mean square of the peers' moves, NaN where there is none.
    peers : ndarray of shape (E, K)
        How many they are.

    Examples
    --------
    >>> days = np.array(["2025-01-02", "2025-01-03", "2025-01-06"], dtype="datetime64[D]")
    >>> square, peers = peers_of(np.array(["A", "B", "A"], dtype=object), days, np.array([[0.1], [0.2], [0.3]]))
    >>> peers.ravel().tolist(), square.ravel().round(4).tolist()
    ([0, 1, 1], [nan, 0.01, 0.04])
    """
    known = ~np.isnan(moves)
    summed = np.hstack([np.where(known, moves, 0.0) ** 2, known])
    others = earlier_sums(day0, summed)
    code = np.unique(symbol.astype(str), return_inverse=True)[1]
    order = np.argsort(code, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(code[order])) + 1):
        others[rows] -= earlier_sums(day0[rows], summed[rows])
    squares, peers = np.hsplit(others, 2)
    some = np.where(peers > 0, peers, np.nan)
    return np.maximum(squares, 0.0) / some, peers.astype(np.int64)


def earlier_sums(day0: Dates, values: Floats) -> Floats:
    """Return the sums of each column over the events of an earlier date, shape (E, K)."""
    order = np.argsort(day0, kind="stable")
    sums = np.concatenate([np.zeros((1, values.shape[1])), np.cumsum(values[order], axis=0)])
    return sums[np.searchsorted(day0[order], day0)]
