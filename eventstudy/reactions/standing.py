"""How unusual a move is among the stock's own ordinary days, and among its own past events; only earlier ones count.

One move is measured as an array of one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from eventstudy._typing import Bools, Floats, Ints, Labels
from eventstudy.distributions import student_p_value
from eventstudy.errors import Reason
from eventstudy.reactions.samples import Samples

__all__ = [
    "OwnStanding",
    "OwnStandings",
    "Standing",
    "Standings",
    "own_standing",
    "own_standings",
    "standing",
    "standings",
    "toward_peers",
    "where_reason",
]

# Below this a standard deviation of returns is rounding.
NO_SPREAD = 1e-12
# Makes the median absolute deviation of normal returns their standard deviation.
MAD_TO_SD = 1.4826
# METHODS 6.4: with fewer own events their size is shrunk towards that of the peers, who count as so many.
FEW_OWN, PEERS_COUNT = 8, 4


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


@dataclass(frozen=True, slots=True, eq=False)
class Standings:
    """Those of many moves: every field of `Standing` an array, all of one shape."""

    n: Ints
    z: Floats
    percentile: Floats
    reason: Labels
    width: Floats

    def at(self, place: Any) -> Standing:
        """Return the standing of one move."""
        return Standing(**_cells(self, place))


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
    return standings(np.array([[x]]), Samples.of(ordinary[None]), fewest, scale).at((0, 0))


def standings(x: Floats, ordinary: Samples, fewest: int, scale: str = "sd") -> Standings:
    """Compare moves of many events with ordinary ones, as `standing` does.

    Parameters
    ----------
    x : ndarray of shape (m, j)
        j moves of each event, simple returns; NaN where missing.
    ordinary : Samples
        m samples: what the moves of each event are compared with.
    fewest, scale : int, {"sd", "mad"}
        See `standing`.

    Returns
    -------
    Standings
        Arrays of shape (m, j).
    """
    n = np.broadcast_to(ordinary.n[:, None], x.shape)
    middle, width = np.full((2, len(x), 1), np.nan)
    smaller = np.full(x.shape, np.nan)
    for rows, values in ordinary.by_size():
        if values.shape[1] >= fewest:
            middle[rows, 0], width[rows, 0] = _middle_and_width(values, scale)
            smaller[rows] = _smaller(values, x[rows])
    known = ~np.isnan(x)
    spread = np.where(width < NO_SPREAD, np.nan, width)
    return Standings(
        n=n,
        z=(x - middle) / spread,
        percentile=np.where(known, smaller, np.nan) / (1 + n),
        reason=where_reason(
            (known & (n < fewest), Reason.NO_HISTORY), (known & (width < NO_SPREAD), Reason.NO_DISPERSION)
        ),
        width=np.where(known, spread, np.nan),
    )


def _middle_and_width(values: Floats, scale: str) -> tuple[Floats, Floats]:
    if scale == "mad":
        middle = np.median(values, axis=1)
        return middle, MAD_TO_SD * np.median(np.abs(values - middle[:, None]), axis=1)
    return values.mean(axis=1), values.std(axis=1, ddof=1)


def _smaller(values: Floats, x: Floats) -> Ints:
    """Return how many values of each row are smaller in size than each of its moves, shape (r, j)."""
    size, limits = np.abs(values), np.abs(x)
    return np.stack([(size < limit[:, None]).sum(axis=1) for limit in limits.T], axis=1)


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


@dataclass(frozen=True, slots=True, eq=False)
class OwnStandings:
    """Those of many moves: what `OwnStanding` holds, each an array, all of one shape; p-values for who asks."""

    n: Ints
    t: Floats
    s: Floats
    df: Floats
    percentile: Floats
    larger_than: Ints
    peers: Ints
    reason: Labels

    @classmethod
    def of(cls, records: Sequence[OwnStanding]) -> OwnStandings:
        """Return the standings of some moves, arrays of shape (m,)."""
        held = {each.name: [getattr(record, each.name) for record in records] for each in fields(cls)}
        reason = np.array(held.pop("reason"), dtype=object)
        return cls(**{name: np.array(cells) for name, cells in held.items()}, reason=reason)

    @property
    def p_value(self) -> Floats:
        """Two-sided, of Student's t."""
        return student_p_value(self.t, self.df)

    def at(self, place: Any) -> OwnStanding:
        """Return the standing of one move."""
        p_value = float(student_p_value(self.t[place], self.df[place]))
        return OwnStanding(**_cells(self, place), p_value=p_value)


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
    (3, 2, 1.302, 4.0)
    """
    return own_standings(np.array([x]), Samples.of(past[None])).at(0)


def own_standings(x: Floats, past: Samples) -> OwnStandings:
    """Compare moves of many events with those at earlier events of their stocks, as `own_standing` does.

    Parameters
    ----------
    x : ndarray of shape (m,)
        A move of each event; NaN where missing.
    past : Samples
        m samples.
    """
    known = ~np.isnan(x) & (past.n > 0)
    s, smaller = np.full((2, len(x)), np.nan)
    for rows, values in past.by_size():
        s[rows] = np.sqrt((values**2).mean(axis=1))
        smaller[rows] = _smaller(values, x[rows, None])[:, 0]
    among = OwnStandings(
        n=past.n,
        t=np.full(len(x), np.nan),
        s=np.where(known, s, np.nan),
        df=np.where(known, past.n, np.nan),
        percentile=np.where(known, smaller, np.nan) / (1 + past.n),
        larger_than=np.where(known, smaller, 0).astype(np.int64),
        peers=np.zeros(len(x), dtype=np.int64),
        reason=where_reason((~np.isnan(x) & (past.n == 0), Reason.NO_HISTORY)),
    )
    return _against_s(among, x)


def toward_peers(among: OwnStandings, x: Floats, square: Floats, peers: Ints) -> OwnStandings:
    """Return the standings with s shrunk towards the moves of peers, where the stock has few past events.

    Parameters
    ----------
    among : OwnStandings
        From the stocks' own events, of any shape.
    x : ndarray
        The moves.
    square : ndarray
        Mean square of the same move at earlier events of other stocks, NaN where there is none.
    peers : ndarray
        How many those are.

    Notes
    -----
    For n < 8: ``s^2 = (n s_own^2 + 4 s_peer^2) / (n + 4)`` against t(n + 4).

    Examples
    --------
    >>> alone = own_standings(np.array([0.06]), Samples.of(np.array([[0.02, -0.04]])))
    >>> shrunk = toward_peers(alone, np.array([0.06]), np.array([0.05**2]), np.array([30]))
    >>> alone.t.round(3).tolist(), shrunk.t.round(3).tolist(), shrunk.df.tolist()
    ([1.897], [1.342], [6.0])
    """
    few = (among.n < FEW_OWN) & (peers > 0) & ~np.isnan(x) & ~np.isnan(square)
    df = np.where(few, among.n + PEERS_COUNT, among.df)
    own = np.where(among.n > 0, among.n * among.s**2, 0.0)
    s = np.where(few, np.sqrt((own + PEERS_COUNT * square) / df), among.s)
    reason = among.reason.copy()
    reason[few] = None
    return _against_s(replace(among, s=s, df=df, peers=np.where(few, peers, 0), reason=reason), x)


def _against_s(among: OwnStandings, x: Floats) -> OwnStandings:
    flat = among.s < NO_SPREAD
    t = x / np.where(flat, np.nan, among.s)
    reason = among.reason.copy()
    reason[flat] = Reason.NO_DISPERSION
    return replace(among, t=t, reason=reason)


def where_reason(*given: tuple[Bools, Reason]) -> Labels:
    """Return the reason that holds of each cell, None where none does; of several the last."""
    reasons = np.full(given[0][0].shape, None, dtype=object)
    for holds, reason in given:
        reasons[holds] = reason
    return reasons


def _cells(columns: Any, place: Any) -> dict[str, Any]:
    """Return one cell of each array of a record, as plain Python values."""
    return {field.name: _plain(getattr(columns, field.name)[place]) for field in fields(columns)}


def _plain(cell: Any) -> Any:
    return cell.item() if isinstance(cell, np.generic) else cell
