"""The covariance of an event's abnormal returns: each session's own noise, and the error of what was estimated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from eventstudy._typing import Floats, Ints, Rows
from eventstudy.execution import pieces
from eventstudy.returns.autocorrelation import serial_variance

__all__ = ["FORECAST_ERRORS", "Covariance", "ForecastError"]

FORECAST_ERRORS = ("full", "diagonal", "none")
ForecastError = str
"""``"full"``: all of the parameter error; ``"diagonal"``: only each session's own; ``"none"``: none of it."""


@dataclass(frozen=True, slots=True, eq=False)
class Covariance:
    """``V = diag(noise) + spread spread'`` of E events over L days.

    Where many events share a design, its spread is kept once and in units of sigma. Make one with `of`, `by_design`
    or `by_event`.

    Parameters
    ----------
    variance : ndarray of shape (E, L) or (E, 1)
        Variance of each session's own disturbance; one column where all sessions have the same.
    own : ndarray of shape (G, L, P)
        Spreads that belong to a single event.
    which : ndarray of shape (E,)
        Place of each event's spread: d >= 0 in `shared`, times sigma; -1 - g in `own`.
    shared : ndarray of shape (D, L, P), optional
        Spreads by design, in units of sigma.
    leverage : ndarray of shape (D, L), optional
        Their squares, summed over P; kept, since standard errors are asked for a part of the events at a time.
    rho : ndarray of shape (E,), optional
        First-order autocorrelation of the disturbances, which then are not independent: ``noise`` is the diagonal of
        a matrix.
    """

    variance: Floats
    own: Floats
    which: Ints
    shared: Floats | None = None
    leverage: Floats | None = None
    rho: Floats | None = None

    @classmethod
    def of(cls, noise: Floats, spread: Floats) -> Covariance:
        """Return the covariance of arrays of shape (E, L) and (E, L, P)."""
        same = bool(((noise == noise[:, :1]) | np.isnan(noise).all(axis=1, keepdims=True)).all())
        return cls(noise[:, :1].copy() if same else noise, spread, -1 - np.arange(len(noise)))

    @classmethod
    def by_design(cls, sigma: Floats, shared: Floats, leverage: Floats, which: Ints) -> Covariance:
        """Return ``sigma^2 (I + H H')``, H the spread of each event's design."""
        return cls((sigma**2)[:, None], np.empty((0, *shared.shape[1:])), which, shared, leverage)

    @classmethod
    def by_event(cls, sigma: Floats, spread: Floats) -> Covariance:
        """Return ``sigma^2 (I + H H')``, H spreads of shape (E, L, P)."""
        return cls((sigma**2)[:, None], sigma[:, None, None] * spread, -1 - np.arange(len(sigma)))

    @property
    def days(self) -> int:
        """L."""
        return int(self.own.shape[1])

    @property
    def noise(self) -> Floats:
        """Variance of each session's own disturbance, shape (E, L)."""
        return np.broadcast_to(self.variance, (len(self.which), self.days))

    @property
    def spread(self) -> Floats:
        """Parameter error, shape (E, L, P)."""
        spread = np.empty((len(self.which), *self.own.shape[1:]))
        by_design = self.which >= 0
        shared, place = self._of_designs(self.shared, self.which[by_design])
        spread[by_design] = np.sqrt(self.variance[by_design, 0])[:, None, None] * shared[place]
        spread[~by_design] = self.own[-1 - self.which[~by_design]]
        return spread

    def take(self, rows: Rows) -> Covariance:
        """Return the covariance of some events."""
        which = self.which[rows].copy()
        alone = which < 0
        own = self.own[-1 - which[alone]]
        which[alone] = -1 - np.arange(len(own))
        rho = None if self.rho is None else self.rho[rows]
        return Covariance(self.variance[rows], own, which, self.shared, self.leverage, rho)

    def diagonal(self, forecast_error: ForecastError = "full") -> Floats:
        """Return the variance of each abnormal return, shape (E, L)."""
        if forecast_error == "none":
            return self.noise
        by_design = self.which >= 0
        variance = np.empty((len(self.which), self.days))
        if by_design.any():
            leverage, place = self._of_designs(self.leverage, self.which[by_design])
            variance[by_design] = self.variance[by_design] * (1.0 + leverage)[place]
        own = self.own[-1 - self.which[~by_design]]
        variance[~by_design] = self.noise[~by_design] + np.einsum("elp,elp->el", own, own)
        return variance

    def std_error(self, forecast_error: ForecastError = "full") -> Floats:
        """Return the standard error of each abnormal return, shape (E, L)."""
        if forecast_error == "none" or not (self.which >= 0).any():
            return np.sqrt(self.diagonal(forecast_error))
        # Roots by design, and not one for each of its events; a piece at a time, which the cache holds.
        leverage, place = self._of_designs(self.leverage, self.which)
        roots, error = np.sqrt(1.0 + leverage), np.empty((len(place), self.days))
        for rows in pieces(len(place)):
            np.take(roots, place[rows], axis=0, out=error[rows], mode="clip")
            error[rows] *= np.sqrt(self.variance[rows])
            alone = np.flatnonzero(self.which[rows] < 0)
            if len(alone):
                error[rows][alone] = np.sqrt(self.take(rows.start + alone).diagonal(forecast_error))
        return error

    def of_sum(self, days: slice, forecast_error: ForecastError = "full") -> Floats:
        """Return the variance of the sum of abnormal returns over consecutive days, all there, shape (E,)."""
        if self.rho is not None:
            variance = serial_variance(np.ones((len(self.which), 1)), self.noise[:, days], self.rho)
        elif self.variance.shape[1] == 1:
            variance = len(range(self.days)[days]) * self.variance[:, 0]
        else:
            variance = self.variance[:, days].sum(axis=1)
        if forecast_error == "none":
            return variance
        alone = np.flatnonzero(self.which < 0)
        if len(alone) < len(self.which):
            shared, place = self._of_designs(self.shared, self.which)
            added = self.variance[:, 0] * np.take(_squares(shared[:, days], forecast_error), place, mode="clip")
        else:
            added = np.empty(len(alone))
        added[alone] = _squares(self.own[:, days], forecast_error)[-1 - self.which[alone]]
        variance += added
        return np.asarray(variance)

    def of_weighted(self, weights: Floats, forecast_error: ForecastError = "full") -> Floats:
        """Return ``c' V c``, c weights of shape (E, L); what is multiplied by zero may be missing."""
        if self.rho is not None:
            own = serial_variance(weights, self.noise, self.rho)
        else:
            own = (weights**2 * np.nan_to_num(self.noise)).sum(axis=1)
        if forecast_error == "none":
            return np.asarray(own)
        return np.asarray(own + _squares(weights[..., None] * np.nan_to_num(self.spread), forecast_error))

    def _of_designs(self, known: Floats | None, which: Ints) -> tuple[Floats, Ints]:
        """Return what is known by design for so many events, and the place of each event's in it."""
        if known is None:
            return self.own[:0], which
        if len(which) < len(known):
            return known[which], np.arange(len(which))
        return known, which

    @classmethod
    def placed(cls, parts: Sequence[tuple[Ints, Covariance]], events: int) -> Covariance:
        """Return the covariance of all events from parts of them, each with the positions of its events."""
        first = parts[0][1]
        columns = max(part.variance.shape[1] for _, part in parts)
        variance, which = np.empty((events, columns)), np.empty(events, dtype=np.int64)
        own, held = [], 0
        for rows, part in parts:
            variance[rows] = part.variance
            which[rows] = np.where(part.which < 0, part.which - held, part.which)
            own.append(part.own)
            held += len(part.own)
        designs = next((part for _, part in parts if part.shared is not None), first)
        together = np.concatenate(own) if held else first.own[:0]
        rho = None
        if first.rho is not None:
            rho = np.empty(events)
            for rows, part in parts:
                rho[rows] = part.rho
        return cls(variance, together, which, designs.shared, designs.leverage, rho)


def _squares(spread: Floats, how: str) -> Floats:
    """Return what the parameter error adds to the variance of a sum, for spreads of shape (n, days, P)."""
    if how == "diagonal":
        return np.asarray(np.einsum("edp,edp->e", spread, spread))
    summed = np.einsum("edp->ep", spread)
    return np.asarray(np.einsum("ep,ep->e", summed, summed))
