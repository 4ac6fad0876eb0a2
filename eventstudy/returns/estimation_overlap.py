"""How much events have in common over all pairs whose estimation windows overlap, whatever their CARs share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from threading import Lock

import numpy as np

from eventstudy._typing import Dates, Floats, Ints
from eventstudy.errors import Reason
from eventstudy.returns.accumulators import FirstPass, Residuals
from eventstudy.returns.calendar_correlation import HELD
from eventstudy.returns.correlation import MeanCorrelation, StandardisedSums
from eventstudy.returns.pairs_by_lag import COMMON, correlations

__all__ = ["EstimationOverlap"]

# Rows that are laid out by date and multiplied at once.
TILE = 128

Place = tuple[str, int]
"""Exchange and session index of the first estimation session: events of one place share all their sessions."""


# Not one for each, since accumulators travel to processes.
_ASKING = Lock()


@dataclass(slots=True)
class EstimationOverlap:
    """Residuals of a group's events in calendar time; beyond `HELD` events, their sums by place.

    Parameters
    ----------
    held : bool
        Whether residuals are held, or sums.
    row : ndarray of shape (n,)
        Events held.
    values : ndarray of shape (n, M)
        Their residuals, NaN where missing.
    place : tuple of Place
        Where each lies.
    sums : mapping of Place to StandardisedSums
        Of the events of each place.
    sessions : mapping of str to ndarray
        The sessions of each exchange.
    """

    held: bool = True
    row: Ints = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    values: Floats = field(default_factory=lambda: np.empty((0, 0)))
    place: tuple[Place, ...] = ()
    sums: dict[Place, StandardisedSums] = field(default_factory=dict)
    sessions: Mapping[str, Dates] = field(default_factory=dict)
    _known: dict[bytes, MeanCorrelation] = field(default_factory=dict, compare=False)

    @classmethod
    def after(cls, first: FirstPass) -> EstimationOverlap:
        """Count the events that have residuals."""
        estimated = first.abnormal.estimates.reason == Reason.OK
        return cls(held=int((first.places.members & estimated).sum()) <= HELD)

    def add(self, residuals: Residuals) -> None:
        """Hold the residuals of a block, or add them up."""
        good = np.isfinite(residuals.sigma)
        if not good.any():
            return
        chosen = residuals.take(good)
        starts = zip(chosen.known.calendar, chosen.session, strict=True)
        place = tuple((str(code), int(session)) for code, session in starts)
        part = EstimationOverlap(held=self.held, sessions=chosen.known.sessions)
        if self.held:
            part.row, part.values, part.place = chosen.row, chosen.values, place
        else:
            rows: dict[Place, list[int]] = {}
            for i, each in enumerate(place):
                rows.setdefault(each, []).append(i)
            part.sums = {each: StandardisedSums.of(chosen.values[some]) for each, some in rows.items()}
        self.merge(part)

    def merge(self, other: EstimationOverlap) -> None:
        """Take over a later block's."""
        if other.sessions:
            self.sessions = other.sessions
        if len(other.row):
            self.values = np.concatenate([self.values, other.values]) if len(self.row) else other.values
            self.row, self.place = np.concatenate([self.row, other.row]), self.place + other.place
        if other.sums:
            self.sums = dict(self.sums)
            for place, more in other.sums.items():
                self.sums[place] = self.sums[place].and_also(more) if place in self.sums else more

    def mean(self, rows: Ints) -> MeanCorrelation:
        """Return the mean correlation over the pairs of some events whose estimation windows share a session.

        Parameters
        ----------
        rows : ndarray of shape (N,)
            The events of the sample.

        Notes
        -----
        ``sum rho_ij / P`` over the P pairs, rho_ij the correlation of the residuals on common sessions, at least 30;
        a pair with fewer has the mean rho of the others, and so changes nothing. Where only sums are held, residuals
        are standardised over each event's own sessions, the correlation of all pairs of two places is the sum of all
        products over that of all residuals in common, and all events of the group count (METHODS 11.2).
        """
        key = rows.tobytes() if self.held else b""
        # Threads ask for several windows at once, which have the same pairs.
        with _ASKING:
            if key not in self._known:
                self._known = {key: self._of_events(rows) if self.held else self._of_sums()}
            return self._known[key]

    def _of_events(self, rows: Ints) -> MeanCorrelation:
        used = np.flatnonzero(np.isin(self.row, rows))
        laid = _Laid.of(self.values[used], [self.place[i] for i in used], self.sessions)
        total, enough, pairs = 0.0, 0, 0
        for _, a, _, b, meets in laid.tiles():
            rho, common = correlations(a, b)
            good = (meets > 0) & (common >= COMMON)
            total, enough, pairs = (
                total + float(rho[good].sum()),
                enough + int(good.sum()),
                pairs + int((meets > 0).sum()),
            )
        return MeanCorrelation(total / enough if enough else 0.0, pairs)

    def _of_sums(self) -> MeanCorrelation:
        held, places = [*self.sums.values()], [*self.sums]
        values = np.array([each.total for each in held])
        there, events = np.array([each.there for each in held]), np.array([each.events for each in held])
        product, common, of_place = np.array([(each.product, each.common, each.pairs) for each in held]).T
        total, enough = _of_ratio(product, common, of_place)
        length, pairs = values.shape[1], int(of_place.sum())
        laid, counted = (_Laid.of(each, places, self.sessions) for each in (values, there.astype(np.float64)))
        for (one, a, two, b, meets), (_, at_a, _, at_b, _) in zip(laid.tiles(), counted.tiles(), strict=True):
            weight = np.outer(events[one], events[two]) * (meets > 0)
            product, common = (np.nan_to_num(left) @ np.nan_to_num(right).T for left, right in ((a, b), (at_a, at_b)))
            more = _of_ratio(product * length, common, weight)
            total, enough, pairs = total + more[0], enough + more[1], pairs + int(weight.sum())
        exact = len(places) == 1 and bool((there == events[:, None]).all())
        return MeanCorrelation(total / enough if enough else 0.0, pairs, exact)


def _of_ratio(product: Floats, common: Floats, pairs: Floats) -> tuple[float, int]:
    """Return the sum of the correlations of pairs that have enough in common, and how many these are."""
    good = (pairs > 0) & (common >= COMMON * pairs)
    return float((product[good] / common[good] * pairs[good]).sum()), int(pairs[good].sum())


@dataclass(frozen=True, slots=True, eq=False)
class _Laid:
    """Series of M sessions each, and where these lie among the sessions of all exchanges together.

    Parameters
    ----------
    values : ndarray of shape (n, M)
        NaN where missing.
    column : ndarray of shape (n, M)
        Places among all sessions; -1 beyond the edge of the exchange's.
    """

    values: Floats
    column: Ints

    @classmethod
    def of(cls, values: Floats, places: list[Place], sessions: Mapping[str, Dates]) -> _Laid:
        every = np.unique(np.concatenate([np.empty(0, "datetime64[D]"), *sessions.values()]))
        known = {code: np.searchsorted(every, dates) for code, dates in sessions.items()}
        column = np.full(values.shape, -1, dtype=np.int64)
        for i, (code, start) in enumerate(places):
            at = np.arange(start, start + values.shape[1])
            there = (at >= 0) & (at < len(known[code]))
            column[i, there] = known[code][at[there]]
        return cls(values, column)

    def tiles(self) -> Iterator[tuple[Ints, Floats, Ints, Floats, Floats]]:
        """Give pairs of tiles: rows and values by date of either, and how many sessions two rows share, each pair once.

        A pair that another tile has, or a row with itself, shares none.
        """
        if not self.column.size:
            return
        ends = self.column.max(axis=1)
        starts = np.where(self.column >= 0, self.column, ends[:, None]).min(axis=1)
        order = np.argsort(starts, kind="stable")
        cut = [order[k : k + TILE] for k in range(0, len(order), TILE)]
        for k, one in enumerate(cut):
            for later, two in enumerate(cut[k:]):
                span = max(starts[one].min(), starts[two].min()), min(ends[one].max(), ends[two].max())
                if span[0] > span[1]:
                    continue
                (a, inside_a), (b, inside_b) = self._dense(one, *span), self._dense(two, *span)
                meets = inside_a @ inside_b.T
                yield one, a, two, b, meets if later else np.triu(meets, 1)

    def _dense(self, rows: Ints, low: int, high: int) -> tuple[Floats, Floats]:
        """Return values by date, NaN where missing, and which dates belong to each row, shape (n, high - low + 1)."""
        column = self.column[rows]
        i, k = np.nonzero((column >= max(low, 0)) & (column <= high))
        values, inside = np.full((len(rows), high - low + 1), np.nan), np.zeros((len(rows), high - low + 1))
        at = column[i, k] - low
        values[i, at], inside[i, at] = self.values[rows[i], k], 1.0
        return values, inside
