"""The moves of several symbols, one after another, so that those of many events are read at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from eventstudy._typing import Floats, Ints
from eventstudy.reactions.moves import Moves

__all__ = ["PRICES", "Stack"]

PRICES = ("open", "high", "low", "close")


@dataclass(frozen=True, slots=True, eq=False)
class Stack:
    """The moves of S symbols in flat vectors of shape (n,).

    Parameters
    ----------
    first : ndarray of shape (S,)
        Index, in the symbol's calendar, of its first session.
    begin, length : ndarray of shape (S,)
        Where the sessions of each symbol begin in the vectors, and how many they are.
    growth : mapping of str to ndarray of shape (n,)
        See `Moves`.
    price : mapping of str to ndarray of shape (n,)
        The prices that moves are between: ``base``, ``open``, ``high``, ``low``, ``close``.
    """

    first: Ints
    begin: Ints
    length: Ints
    growth: Mapping[str, Floats]
    price: Mapping[str, Floats]

    @classmethod
    def of(cls, moves: Sequence[Moves]) -> Stack:
        """Put the moves of one symbol or more one after another."""
        length = np.array([len(each.base) for each in moves], dtype=np.int64)
        prices = {name: np.concatenate([getattr(each.series, name) for each in moves]) for name in PRICES}
        return cls(
            first=np.array([each.series.first for each in moves], dtype=np.int64),
            begin=np.cumsum(length) - length,
            length=length,
            growth={name: np.concatenate([each.growth[name] for each in moves]) for name in moves[0].growth},
            price={"base": np.concatenate([each.base for each in moves]), **prices},
        )

    def at(self, values: Floats, code: Ints, place: Ints) -> Floats:
        """Return a value for each of m events, shape (m,), NaN outside the span of the prices.

        Parameters
        ----------
        values : ndarray of shape (n,)
            One of `growth` or `price`.
        code, place : ndarray of shape (m,)
            Which symbol, and which of its sessions.
        """
        inside = (place >= 0) & (place < self.length[code])
        return np.where(inside, values[np.where(inside, self.begin[code] + place, 0)], np.nan)
