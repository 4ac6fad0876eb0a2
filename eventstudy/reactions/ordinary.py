"""Which days a move is compared with: sessions before day 0 that lie apart from the stock's own events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from eventstudy._typing import Bools, Ints
from eventstudy.errors import InputError, UnknownNameError

__all__ = ["OrdinaryDays", "free_starts", "ordinary_starts"]

SCALES = ("sd", "mad")


@dataclass(frozen=True, slots=True, kw_only=True)
class OrdinaryDays:
    """Which days a move is compared with.

    Parameters
    ----------
    sessions : int
        How many sessions before day 0 are looked at.
    apart : int
        Sessions on either side of the stock's own events that are left out, besides the event's own.
    fewest : int
        With fewer ordinary days there is no standing.
    scale : {"sd", "mad"}
        What z divides by: the standard deviation around the mean, or 1.4826 times the median absolute deviation
        around the median, which a few wild days do not widen.
    """

    sessions: int = 250
    apart: int = 1
    fewest: int = 20
    scale: Literal["sd", "mad"] = "sd"

    def __post_init__(self) -> None:
        if self.scale not in SCALES:
            raise UnknownNameError("scale of ordinary days", self.scale, SCALES)
        if self.apart < 0:
            raise InputError(f"ordinary days: apart is {self.apart}; it can't be negative.")
        if not 2 <= self.fewest <= self.sessions:
            raise InputError(
                f"ordinary days: fewest is {self.fewest} of {self.sessions} sessions; "
                f"it is at least 2 and at most the sessions looked at."
            )


def ordinary_starts(own: Ints, day0: int, length: int, rule: OrdinaryDays) -> Ints:
    """Return the sessions at which a move comparable to that of one event may begin.

    Parameters
    ----------
    own : ndarray of shape (m,)
        Day 0 of the stock's own events, this one among them.
    day0 : int
        Day 0 of this event; every move compared with ends before it.
    length : int
        Sessions that the move spans, 1 for a move within one session.
    rule : OrdinaryDays
        Which days count.

    Returns
    -------
    ndarray of shape (k,)
        Starts in ascending order, places on the same scale as `day0`, none below 0. Moves of several sessions
        overlap. One that touches a session near an own event is left out whole.

    Examples
    --------
    >>> ordinary_starts(np.array([4, 10]), 10, 2, OrdinaryDays(sessions=10, fewest=2)).tolist()
    [0, 1, 6, 7]
    """
    first = max(day0 - rule.sessions, 0)
    sessions = max(day0 - first, 0)
    low, high = (np.clip(own - first + side, 0, sessions) for side in (-rule.apart, rule.apart + 1))
    return first + np.flatnonzero(free_starts(low, high, sessions, length))


def free_starts(low: Ints, high: Ints, sessions: int, length: int) -> Bools:
    """Return at which sessions a move may begin that touches none of some stretches.

    Parameters
    ----------
    low, high : ndarray of shape (m,)
        Stretches from `low` to before `high`, within 0 to `sessions`.
    sessions : int
        How many sessions there are.
    length : int
        How many of them the move spans.

    Returns
    -------
    ndarray of shape (sessions,)
        False also where the move would end after the last session.

    Examples
    --------
    >>> free_starts(np.array([3]), np.array([5]), 8, 2).tolist()
    [True, True, False, False, False, True, True, False]
    """
    edges = np.zeros(sessions + 1, dtype=np.int64)
    np.add.at(edges, low, 1)
    np.add.at(edges, high, -1)
    taken = np.concatenate([[0], np.cumsum(np.cumsum(edges[:-1]) > 0)])
    free = np.zeros(sessions, dtype=bool)
    last = max(sessions - length + 1, 0)
    free[:last] = taken[length:] == taken[:last]
    return free
