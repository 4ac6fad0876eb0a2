"""How unusual a move is among the stock's own ordinary days, and among its own past events; only earlier ones count."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from eventstudy._typing import Bools, Floats, Ints
from eventstudy.distributions import student_p_value
from eventstudy.errors import InputError, Reason, UnknownNameError

__all__ = ["OrdinaryDays", "OwnStanding", "Standing", "ordinary_starts", "own_standing", "standing", "toward_peers"]

# Below this a standard deviation of returns is rounding.
NO_SPREAD = 1e-12
SCALES = ("sd", "mad")
# Makes the median absolute deviation of normal returns their standard deviation.
MAD_TO_SD = 1.4826
# METHODS 6.4: with fewer own events their size is shrunk towards that of the peers, who count as so many.
FEW_OWN, PEERS_COUNT = 8, 4


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
    width : float
        What z was divided by.
    """

    n: int
    z: float
    percentile: float
    reason: Reason | None = None
    width: float = float("nan")


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
    near = own[(own >= first - rule.apart) & (own < day0 + rule.apart)]
    taken: Bools = (np.abs(sessions[:, None] - near[None, :]) <= rule.apart).any(axis=1)
    before = np.concatenate([[0], np.cumsum(taken)])
    starts = sessions[: max(len(sessions) - length + 1, 0)]
    untouched: Bools = before[starts - first + length] == before[starts - first]
    return starts[untouched]


def standing(x: float, ordinary: Floats, fewest: int, scale: str = "sd") -> Standing:
    """Compare a move with ordinary ones.

    Parameters
    ----------
    x : float
        The move, a simple return; NaN where missing.
    ordinary : ndarray of shape (k,)
        The same move on ordinary days; NaN's are not counted.
    fewest : int
        Fewest ordinary moves.
    scale : {"sd", "mad"}
        See `OrdinaryDays`.

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
    middle, width = _middle_and_width(known, scale)
    if width < NO_SPREAD:
        return Standing(n, np.nan, percentile, Reason.NO_DISPERSION)
    return Standing(n, (x - middle) / width, percentile, width=width)


def _middle_and_width(known: Floats, scale: str) -> tuple[float, float]:
    if scale == "mad":
        middle = float(np.median(known))
        return middle, MAD_TO_SD * float(np.median(np.abs(known - middle)))
    return float(known.mean()), float(known.std(ddof=1))


@dataclass(frozen=True, slots=True)
class OwnStanding:
    """Where a move stands among those of the stock's own past events.

    Parameters
    ----------
    n : int
        Past events compared with.
    t : float
        ``x / s``; NaN without any past move.
    s : float
        Root mean square of the past moves, shrunk towards that of the peers where there are few.
    df : float
        Its degrees of freedom.
    p_value : float
        Two-sided, of Student's t.
    percentile : float
        Share of past moves that were smaller in size, one minus the empirical p-value, so never 1.
    larger_than : int
        How many of the past moves were smaller in size.
    peers : int
        Moves of other symbols' earlier events that s was shrunk towards, 0 where it was not.
    reason : Reason or None
        Why t is NaN.
    """

    n: int
    t: float
    s: float
    df: float
    p_value: float
    percentile: float
    larger_than: int
    peers: int = 0
    reason: Reason | None = None

    @property
    def rank(self) -> int:
        """Place of the move by size among the past ones and itself, 1 for the largest."""
        return self.n - self.larger_than + 1


def own_standing(x: float, past: Floats) -> OwnStanding:
    """Compare a move with those at the stock's own past events.

    Parameters
    ----------
    x : float
        The move, a simple return; NaN where missing.
    past : ndarray of shape (k,)
        The same move at earlier events of the stock; NaN's are not counted.

    Returns
    -------
    OwnStanding
        With ``no_history`` where there is no past event.

    Notes
    -----
    METHODS 6.4, second question: ``t = x / sqrt(mean J^2)`` against t(n).

    Examples
    --------
    >>> among = own_standing(0.06, np.array([0.02, -0.04, 0.01, 0.08]))
    >>> among.larger_than, among.rank, round(among.t, 3), among.df
    (3, 2, 1.302, 4)
    """
    known = past[~np.isnan(past)]
    n = len(known)
    if np.isnan(x) or n == 0:
        reason = None if np.isnan(x) else Reason.NO_HISTORY
        return OwnStanding(n, np.nan, np.nan, np.nan, np.nan, np.nan, 0, reason=reason)
    larger = int((np.abs(known) < abs(x)).sum())
    return _own(x, OwnStanding(n, np.nan, float(np.mean(known**2)) ** 0.5, n, np.nan, larger / (1 + n), larger))


def toward_peers(among: OwnStanding, x: float, square: float, peers: int) -> OwnStanding:
    """Return the standing with s shrunk towards the moves of peers, where the stock has few past events.

    Parameters
    ----------
    among : OwnStanding
        From the stock's own events.
    x : float
        The move.
    square : float
        Mean square of the same move at earlier events of other stocks.
    peers : int
        How many those are.

    Notes
    -----
    For n < 8: ``s^2 = (n s_own^2 + 4 s_peer^2) / (n + 4)`` against t(n + 4).

    Examples
    --------
    >>> alone = own_standing(0.06, np.array([0.02, -0.04]))
    >>> shrunk = toward_peers(alone, 0.06, 0.05**2, 30)
    >>> round(alone.t, 3), round(shrunk.t, 3), shrunk.df
    (1.897, 1.342, 6)
    """
    if among.n >= FEW_OWN or not peers or np.isnan(x) or np.isnan(square):
        return among
    df = among.n + PEERS_COUNT
    own = among.n * among.s**2 if among.n else 0.0
    s = ((own + PEERS_COUNT * square) / df) ** 0.5
    return _own(x, replace(among, s=s, df=df, peers=peers, reason=None))


def _own(x: float, among: OwnStanding) -> OwnStanding:
    if among.s < NO_SPREAD:
        return replace(among, reason=Reason.NO_DISPERSION)
    t = x / among.s
    return replace(among, t=t, p_value=float(student_p_value(t, among.df)))
