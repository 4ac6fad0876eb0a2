"""The covariance of an event's abnormal returns: each session's own noise, and the error of what was estimated."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from eventstudy._typing import Floats, Ints, Rows
from eventstudy.execution import Engine, map_chunks, pieces, positions, sharing, sliced
from eventstudy.returns import paths
from eventstudy.returns.autocorrelation import serial_variance

__all__ = ["FORECAST_ERRORS", "Covariance", "ForecastError", "Turned"]

FORECAST_ERRORS = ("full", "diagonal", "none")
ForecastError = str
"""``"full"``: all of the parameter error; ``"diagonal"``: only each session's own; ``"none"``: none of it."""


class Turned(NamedTuple):
    """Events whose spread is that of a shared design times a matrix.

    Parameters
    ----------
    event : ndarray of shape (G,)
        Their positions, in order.
    by : ndarray of shape (G, P, P)
        The matrices, on the right: upper triangles.
    """

    event: Ints
    by: Floats

    def take(self, rows: Rows) -> Turned:
        """Return those that are among some events, at their positions there."""
        if not len(self.event):
            return self
        if isinstance(rows, slice) and rows.step is None:
            # Most are asked for a piece after another.
            low, high, _ = rows.indices(int(self.event[-1]) + 1)
            first, last = np.searchsorted(self.event, (low, high))
            return Turned(self.event[first:last] - low, self.by[first:last])
        places = positions(rows, int(self.event[-1]) + 1)
        at = np.minimum(np.searchsorted(self.event, places), len(self.event) - 1)
        found = np.flatnonzero(self.event[at] == places)
        return Turned(found, self.by[at[found]])


@dataclass(frozen=True, slots=True, eq=False)
class Covariance:
    """``V = diag(noise) + spread spread'`` of E events over L days.

    Where many events share a design, its spread is kept once and in units of sigma; events that lack some of its
    sessions keep what turns it into theirs. Make one with `of` or `by_design`.

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
    turned : Turned, optional
        Events whose shared spread is another, since they lack some sessions of the design.
    rho : ndarray of shape (E,), optional
        First-order autocorrelation of the disturbances, which then are not independent: ``noise`` is the diagonal of
        a matrix.
    """

    variance: Floats
    own: Floats
    which: Ints
    shared: Floats | None = None
    leverage: Floats | None = None
    turned: Turned | None = None
    rho: Floats | None = None

    @classmethod
    def of(cls, noise: Floats, spread: Floats) -> Covariance:
        """Return the covariance of arrays of shape (E, L) and (E, L, P)."""
        same = bool(((noise == noise[:, :1]) | np.isnan(noise).all(axis=1, keepdims=True)).all())
        return cls(noise[:, :1].copy() if same else noise, spread, -1 - np.arange(len(noise)))

    @classmethod
    def by_design(
        cls, sigma: Floats, shared: Floats, leverage: Floats, which: Ints, turned: Turned | None = None
    ) -> Covariance:
        """Return ``sigma^2 (I + H H')``, H the spread of each event's design, turned or as it is."""
        return cls((sigma**2)[:, None], np.empty((0, *shared.shape[1:])), which, shared, leverage, turned)

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
        if self.turned is not None:
            spread[self.turned.event] = spread[self.turned.event] @ self.turned.by
        return spread

    def take(self, rows: Rows) -> Covariance:
        """Return the covariance of some events."""
        which = self.which[rows].copy()
        alone = which < 0
        own = self.own[-1 - which[alone]]
        which[alone] = -1 - np.arange(len(own))
        rho = None if self.rho is None else self.rho[rows]
        turned = None if self.turned is None else self.turned.take(rows)
        return Covariance(self.variance[rows], own, which, self.shared, self.leverage, turned, rho)

    def std_error(self, ar: Floats, forecast_error: ForecastError = "full", engine: Engine | None = None) -> Floats:
        """Return the standard errors of abnormal returns, NaN where these are, both of shape (E, L).

        An engine says in which threads they are made, and on which path.
        """
        if forecast_error == "none" or not (self.which >= 0).any():
            variance = self.noise
            if forecast_error != "none":
                own = self.own[-1 - self.which]
                variance = variance + np.einsum("elp,elp->el", own, own)
            return np.where(np.isnan(ar), np.nan, np.sqrt(variance))
        # Roots by design, and not one for each of its events; a piece at a time, which the cache holds.
        leverage, place = self._of_designs(self.leverage, self.which)
        roots, error = np.sqrt(1.0 + leverage), np.empty((len(place), self.days))
        compiled = paths.compiles(engine, len(place))
        fill_designs = self._filling_compiled() if compiled else self._fill
        alone = np.flatnonzero(self.which < 0)
        of_alone = self.take(alone).std_error(ar[alone], forecast_error)

        def fill(rows: slice) -> None:
            fill_designs(error[rows], ar[rows], roots, place[rows], rows)
            first, last = np.searchsorted(alone, (rows.start, rows.stop))
            error[alone[first:last]] = of_alone[first:last]

        times = paths.TIMES[paths.COMPILED if compiled else paths.NUMPY]
        for _ in map_chunks(fill, [*pieces(len(place), times)], sharing(engine)):
            pass
        return error

    def _fill(self, error: Floats, ar: Floats, roots: Floats, place: Ints, rows: slice) -> None:
        """Write the standard errors of some events with shared designs."""
        np.take(roots, place, axis=0, out=error, mode="clip")
        error *= np.sqrt(self.variance[rows])
        event, of_turned = self._of_turned(rows)
        error[event] = np.sqrt(of_turned)
        error[np.isnan(ar)] = np.nan

    def _filling_compiled(self) -> Callable[[Floats, Floats, Floats, Ints, slice], None]:
        """Return what does the same, compiled."""
        from eventstudy.returns.compiled_errors import std_errors

        assert self.shared is not None
        turned = self.turned or Turned(self.which[:0], np.empty((0, 0, 0)))
        spread = np.ascontiguousarray(np.swapaxes(self._of_designs(self.shared, self.which)[0], 1, 2))

        def fill(error: Floats, ar: Floats, roots: Floats, place: Ints, rows: slice) -> None:
            std_errors(error, ar, self.variance[rows, 0], place, roots, spread, *turned.take(rows))

        return fill

    def _of_turned(self, rows: slice) -> tuple[Ints, Floats]:
        """Return which of some events have a turned design, and the variances of their abnormal returns."""
        if self.turned is None or self.shared is None:
            return np.empty(0, dtype=np.int64), np.empty((0, self.days))
        event, by = self.turned.take(rows)
        spread = self.shared[self.which[rows][event]] @ by
        return event, self.variance[rows][event] * (1.0 + np.einsum("elp,elp->el", spread, spread))

    def of_sum(self, days: slice, forecast_error: ForecastError = "full", engine: Engine | None = None) -> Floats:
        """Return the variance of the sum of abnormal returns over consecutive days, all there, shape (E,).

        An engine says on which path it is made.
        """
        if self.rho is not None:
            variance = serial_variance(np.ones((len(self.which), 1)), self.noise[:, days], self.rho)
        elif self.variance.shape[1] == 1:
            variance = len(range(self.days)[days]) * self.variance[:, 0]
        else:
            variance = self.variance[:, days].sum(axis=1)
        if forecast_error == "none":
            return variance
        alone, added = np.flatnonzero(self.which < 0), np.empty(len(self.which))
        if len(alone) < len(self.which):
            shared, place = self._of_designs(self.shared, self.which)
            summed = _summed(shared[:, days], forecast_error)
            np.take(_squares(summed), place, mode="clip", out=added)
            if self.turned is not None:
                squares = _squares_compiled if paths.compiles(engine, len(place)) else _squares_of_turned
                added[self.turned.event] = squares(summed, place, self.turned)
            added *= self.variance[:, 0]
        added[alone] = _squares(_summed(self.own[:, days], forecast_error))[-1 - self.which[alone]]
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
        spread = weights[..., None] * np.nan_to_num(self.spread)
        return np.asarray(own + _squares(_summed(spread, forecast_error)))

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
        own, turned, held = [], [], 0
        for rows, part in parts:
            where = sliced(rows)
            variance[where] = part.variance
            which[where] = np.where(part.which < 0, part.which - held, part.which)
            own.append(part.own)
            held += len(part.own)
            if part.turned is not None:
                turned.append(Turned(rows[part.turned.event], part.turned.by))
        designs = next((part for _, part in parts if part.shared is not None), first)
        together = np.concatenate(own) if held else first.own[:0]
        rho = None
        if first.rho is not None:
            rho = np.empty(events)
            for rows, part in parts:
                rho[rows] = part.rho
        return cls(variance, together, which, designs.shared, designs.leverage, _together(turned), rho)


def _together(parts: Sequence[Turned]) -> Turned | None:
    """Return the events of all parts in order."""
    if not parts:
        return None
    event, by = (np.concatenate(each) for each in zip(*parts, strict=True))
    if (event[1:] > event[:-1]).all():
        return Turned(event, by)
    order = np.argsort(event, kind="stable")
    return Turned(event[order], by[order])


def _summed(spread: Floats, how: str) -> Floats:
    """Return what of spreads of shape (n, days, P) is squared for the variance of a sum, one row or each day's."""
    return spread if how == "diagonal" else np.asarray(np.einsum("edp->ep", spread)[:, None])


def _squares(spread: Floats) -> Floats:
    """Return sums of squares, shape (n,), of spreads of shape (n, days, P)."""
    return np.asarray(np.einsum("edp,edp->e", spread, spread))


def _squares_of_turned(spread: Floats, place: Ints, turned: Turned) -> Floats:
    """Return the same of spreads of shape (D, days, P) that are turned, (G,), the design of each event at its place."""
    return _squares(spread[place[turned.event]] @ turned.by)


def _squares_compiled(spread: Floats, place: Ints, turned: Turned) -> Floats:
    from eventstudy.returns.compiled_cars import squares_of_turned

    squares = np.empty(len(turned.event))
    squares_of_turned(squares, spread, place, *turned)
    return squares
