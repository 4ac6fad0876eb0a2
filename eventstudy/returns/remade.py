"""Estimation residuals that are not kept, but made again where they are read.

A compiled loop makes the residuals of an event in the cache, reads them and forgets them, which costs less than to
bring them back from memory. Of all events stand only the few numbers that they are made from.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

import numpy as np

from eventstudy._typing import Codes, Floats, Ints, Rows
from eventstudy.returns.rows import Filled

__all__ = ["Fits", "Remade", "as_rows", "some_of"]

# Events whose residuals are made at once where a test reads them all: what the cache of a core holds.
PIECE = 512


@dataclass(frozen=True, slots=True, eq=False)
class Fits:
    """What a fit of E events found: what their residuals are made from, and what is known of these.

    Parameters
    ----------
    at : ndarray of shape (E,)
        Where the M returns of each event begin, one after another.
    level : ndarray of shape (E,)
        Mean return where there is a constant, else 0; NaN where there is no estimate.
    slopes : ndarray of shape (E, K)
        Coefficients of the regressors but for a constant; one of the riskless return, 1, where excess returns are
        explained.
    mean_residual : ndarray of shape (E,)
        Mean of the residuals: 0, to rounding, where there is a constant.
    scale : ndarray of shape (E,)
        One over their standard deviation, divisor M; 0 where they don't vary.
    positive : ndarray of shape (E,)
        How many are above zero.
    n_obs : ndarray of shape (E,)
        How many there are, 0 where there is no estimate.
    """

    at: Ints
    level: Floats
    slopes: Floats
    mean_residual: Floats
    scale: Floats
    positive: Codes
    n_obs: Codes

    @classmethod
    def none(cls, at: Ints, slopes: int) -> Fits:
        """Return those of events without an estimate, whose returns begin there."""
        missing, none = np.full(len(at), np.nan), np.zeros(len(at), dtype=np.int32)
        return cls(at, missing, np.zeros((len(at), slopes)), missing.copy(), np.zeros(len(at)), none, none.copy())


BY_EVENT = ("date", *(each.name for each in fields(Fits)))


class Remade(NamedTuple):
    """Residuals ``(y - level) - sum_k (x_k - mean_k) slope_k`` of E events; the fields are what a compiled loop reads.

    Parameters
    ----------
    values : ndarray of shape (n,)
        Returns; the M of an event lie one after another.
    at : ndarray of shape (E,)
        Where they begin.
    columns : ndarray of shape (K, T)
        The regressors by session, but for a constant; zeros where there is none. After them, where excess returns
        are explained, the riskless return, its mean taken as 0.
    first : ndarray of shape (D,)
        Where in them the M sessions of each date begin.
    mean : ndarray of shape (D, K)
        What is taken from each column.
    date : ndarray of shape (E,)
        Which of the dates is each event's.
    level, slopes, mean_residual, scale, positive, n_obs
        As in `Fits`.
    total : ndarray of shape (M,)
        Sum by session over all events, those without an estimate apart; empty where some were taken, or where they are
        other residuals.
    lacking : ndarray of shape (M,)
        How many of these events lack each; empty where the sums are.
    sessions : int
        M.
    """

    values: Floats
    at: Ints
    columns: Floats
    first: Ints
    mean: Floats
    date: Ints
    level: Floats
    slopes: Floats
    mean_residual: Floats
    scale: Floats
    positive: Codes
    n_obs: Codes
    total: Floats
    lacking: Floats
    sessions: int

    @property
    def shape(self) -> tuple[int, int]:
        """(E, M)."""
        return len(self.at), self.sessions

    @property
    def fits(self) -> Fits:
        """What stays when the residuals are forgotten."""
        return Fits(**{each.name: getattr(self, each.name) for each in fields(Fits)})

    @property
    def complete(self) -> bool:
        """Whether all events have an estimate, and no residual is missing."""
        return bool((self.n_obs == self.sessions).all())

    def take(self, rows: Rows) -> Remade:
        """Return the residuals of some events."""
        return self.estimated(rows)._replace(total=self.total[:0], lacking=self.lacking[:0])

    def estimated(self, rows: Rows) -> Remade:
        """Return the residuals of the events that have an estimate, all that the sums are of."""
        own: dict[str, Any] = {name: getattr(self, name)[rows] for name in BY_EVENT}
        return self._replace(**own)

    def without(self, rows: Ints) -> Remade:
        """Return the same with events that have no estimate after all."""
        gone = self.take(rows[~np.isnan(self.level[rows])]).rows()
        missing = np.isnan(gone)
        gone[missing] = 0.0
        made = self._replace(total=self.total - gone.sum(axis=0), lacking=self.lacking - missing.sum(axis=0))
        made.level[rows], made.mean_residual[rows], made.n_obs[rows] = np.nan, np.nan, 0
        return made

    def pieces(self) -> Iterator[slice]:
        """Give the places of events in pieces that the cache holds."""
        for start in range(0, len(self.at), PIECE):
            yield slice(start, start + PIECE)

    def rows(self) -> Floats:
        """Make them, shape (E, M)."""
        from eventstudy.returns.compiled import residuals

        return residuals(self)

    def elsewhere(self, at: Ints, first: Ints, sessions: int) -> Remade:
        """Return what the same coefficients leave of other returns: where they begin, and by date their regressors."""
        return self._replace(at=at, first=first, sessions=sessions, total=self.total[:0], lacking=self.lacking[:0])


def as_rows(residuals: Floats | Filled | Remade) -> Floats:
    """Return residuals of shape (E, M), NaN where missing, made if need be."""
    return residuals if isinstance(residuals, np.ndarray) else residuals.rows()


def some_of(residuals: Floats | Filled | Remade, rows: Rows) -> Floats | Filled | Remade:
    """Return the residuals of some events, unmade if they are."""
    return residuals[rows] if isinstance(residuals, np.ndarray) else residuals.take(rows)
