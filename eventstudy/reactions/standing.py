"""How unusual a move is among the stock's own ordinary days, of which only earlier ones count."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from eventstudy._typing import Bools, Floats, Ints
from eventstudy.errors import InputError, Reason

__all__ = ["OrdinaryDays", "Standing", "ordinary_starts", "standing"]

# Below this a standard deviation of returns is rounding.
NO_SPREAD = 1e-12


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
    """

    sessions: int = 250
    apart: int = 1
    fewest: int = 20

    def __post_init__(self) -> None:
        if self.apart < 0:
            raise InputError(f"ordinary days: apart is {self.apart}; it can't be negative.")
        if not 2 <= self.fewest <= self.sessions:
            raise InputError(
                f"ordinary days: fewest is {self.fewest} of {self.sessions} sessions; "
                f"it is at least 2 and at most the sessions looked at."
            )


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a move stands among n ordinary ones.

    Parameters
    ----------
    n : int
        Ordinary moves compared with.
    z : float
        ``(x - mean) / sd``, of simple returns, with n - 1 in the variance.
    percentile : float
        Share of ordinary moves that were smaller in size, in [0, 1): one minus the empirical p-value
        ``(1 + #{|x_d| >= |x|}) / (1 + n)``, so never 1.
    reason : Reason or None
        Why z or percentile is NaN.
    """

    n: int
    z: float
    percentile: float
    reason: Reason | None = None


def ordinary_starts(own: Ints, day0: int, length: int, rule: OrdinaryDays) -> Ints:
    """Return the sessions at which a comparable move may begin.

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
    sessions = np.arange(first, max(day0, first))
    taken: Bools = (np.abs(sessions[:, None] - own[None, :]) <= rule.apart).any(axis=1)
    before = np.concatenate([[0], np.cumsum(taken)])
    starts = sessions[: max(len(sessions) - length + 1, 0)]
    untouched: Bools = before[starts - first + length] == before[starts - first]
    return starts[untouched]


def standing(x: float, ordinary: Floats, fewest: int) -> Standing:
    """Compare a move with ordinary ones.

    Parameters
    ----------
    x : float
        The move, a simple return; NaN where missing.
    ordinary : ndarray of shape (k,)
        The same move on ordinary days; NaN's are not counted.
    fewest : int
        Fewest ordinary moves.

    Returns
    -------
    Standing
        With ``no_history`` where there are too few, ``no_dispersion`` where they are all equal. A missing move
        has no standing and, here, no reason: that is the price's to give.

    Notes
    -----
    METHODS 6.4, first question. The percentile looks at the size of the move, z at its sign too.

    Examples
    --------
    >>> among = standing(0.03, np.array([0.01, -0.02, 0.00, 0.05]), fewest=2)
    >>> among.n, round(among.z, 3), among.percentile
    (4, 0.679, 0.6)
    """
    known = ordinary[~np.isnan(ordinary)]
    n = len(known)
    if np.isnan(x):
        return Standing(n, np.nan, np.nan)
    if n < fewest:
        return Standing(n, np.nan, np.nan, Reason.NO_HISTORY)
    percentile = float((np.abs(known) < abs(x)).sum()) / (1 + n)
    sd = float(known.std(ddof=1))
    if sd < NO_SPREAD:
        return Standing(n, np.nan, percentile, Reason.NO_DISPERSION)
    return Standing(n, (x - float(known.mean())) / sd, percentile)
