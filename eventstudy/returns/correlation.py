"""How much the abnormal returns of two events have in common (Kolari and Pynnonen 2010)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from eventstudy._typing import Bools, Dates, Floats, Ints, Labels
from eventstudy.returns import paths
from eventstudy.returns.accumulators import Places, Residuals, take
from eventstudy.returns.windows import Window

__all__ = ["CalendarCorrelation", "EventTimeCorrelation", "MeanCorrelation", "unit_rows"]

# Residuals of so many events, at most, are held for exact correlations pair by pair; beyond it sums by date serve.
HELD = 4096
# Fewest common sessions from which a correlation is taken (METHODS 4.3).
COMMON = 30

Place = tuple[str, int]
"""Exchange and session index of day 0: events of one place share all their sessions."""


@dataclass(frozen=True, slots=True)
class MeanCorrelation:
    """The mean correlation over all pairs of events, pairs without a common session counting as zero.

    Parameters
    ----------
    value : float
        rbar.
    pairs : int
        Pairs whose windows share a session.
    exact : bool
        Whether every correlation was taken pair by pair, or over series that are complete and share all sessions.
    """

    value: float
    pairs: int
    exact: bool = True


def unit_rows(values: Floats, *, complete: bool = False) -> Floats:
    """Return each row less its mean, scaled to a sum of squares of one; 0 where missing, or where nothing varies."""
    if complete:
        centred: Floats = values - (values @ np.full(values.shape[1], 1.0 / values.shape[1]))[:, None]
    else:
        there = ~np.isnan(values)
        mean = np.where(there, values, 0.0).sum(axis=1) / np.maximum(there.sum(axis=1), 1)
        centred = np.where(there, values - mean[:, None], 0.0)
    norm = np.sqrt(np.einsum("em,em->e", centred, centred))
    centred /= np.where(norm > 0, norm, 1.0)[:, None]
    return centred


@dataclass(slots=True)
class EventTimeCorrelation:
    """Sums by relative day of residuals scaled to unit length, which give the mean correlation of all pairs."""

    total: Floats = field(default_factory=lambda: np.empty(0))
    events: int = 0
    complete: bool = True

    def add(self, residuals: Residuals) -> None:
        """Add the residuals of each day."""
        good = np.isfinite(residuals.sigma)
        unit = unit_rows(residuals.values if good.all() else residuals.values[good], complete=residuals.complete)
        if len(unit):
            complete = residuals.complete or not np.isnan(residuals.values[good]).any()
            self.merge(EventTimeCorrelation(unit.sum(axis=0), len(unit), complete))

    def merge(self, other: EventTimeCorrelation) -> None:
        """Add the sums of a later block."""
        if other.events:
            self.total = self.total + other.total if self.events else other.total
            self.events += other.events
            self.complete &= other.complete

    def mean(self) -> MeanCorrelation:
        """Return ``(|sum_i u_i|^2 - n) / (n (n - 1))``, u the residuals of an event scaled to unit length.

        Exact where no residual is missing; else a missing one counts as zero.
        """
        n = self.events
        pairs = n * (n - 1)
        value = (float((self.total**2).sum()) - n) / pairs if pairs else float("nan")
        return MeanCorrelation(value, pairs // 2, self.complete)


@dataclass(slots=True)
class DaySeries:
    """Sums by day 0, on one exchange, of residuals scaled to unit length.

    Parameters
    ----------
    first : int
        Session index of the first row.
    total : ndarray of shape (T, M)
        Sums over the events of each day 0.
    count : ndarray of shape (T,)
        How many they are.
    complete : ndarray of shape (T,)
        Whether none of them lacks a residual.
    """

    first: int
    total: Floats
    count: Ints
    complete: Bools

    @classmethod
    def empty(cls, first: int, last: int, length: int) -> DaySeries:
        """Return sums over no event, for days 0 from `first` to `last`."""
        days = last - first + 1
        return cls(first, np.zeros((days, length)), np.zeros(days, dtype=np.int64), np.ones(days, dtype=bool))

    def add(self, day0: Ints, residuals: Floats, *, complete: bool) -> None:
        """Add events, NaN where a residual is missing."""
        at = day0 - self.first
        self.count += np.bincount(at, minlength=len(self.count))
        if not complete:
            self.complete[at[np.isnan(residuals).any(axis=1)]] = False
        elif paths.compiled():
            from eventstudy.returns.compiled import add_units

            add_units(self.total, at, residuals)
            return
        for place, unit in zip(at, unit_rows(residuals, complete=complete), strict=True):
            self.total[place] += unit

    def row(self, day0: int) -> tuple[Floats, int]:
        """Return the sum of the events of a day 0, shape (M,), and how many they are."""
        return self.total[day0 - self.first], int(self.count[day0 - self.first])


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """Residuals of events, and where each lies.

    Parameters
    ----------
    row : ndarray of shape (n,)
        The events.
    calendar : ndarray of shape (n,)
        Exchange codes.
    day0 : ndarray of shape (n,)
        Session index of day 0.
    values : ndarray of shape (n, M)
        NaN where missing.
    complete : bool
        Whether none is missing.
    """

    row: Ints = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    calendar: Labels = field(default_factory=lambda: np.empty(0, dtype=object))
    day0: Ints = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    values: Floats = field(default_factory=lambda: np.empty((0, 0)))
    complete: bool = False


@dataclass(slots=True)
class CalendarCorrelation:
    """Residuals of the events whose windows overlap, in calendar time; beyond `HELD` events, their sums by day 0.

    Parameters
    ----------
    held : bool
        Whether residuals are held, or sums.
    wanted : ndarray
        The events held, in order.
    sessions : mapping of str to ndarray
        The sessions of each exchange.
    ends : mapping of str to (int, int)
        By exchange, the first and the last day 0.
    stretches : ((int, int), (int, int))
        First and last day of the estimation and of the event window.
    parts : tuple of Placed
        Residuals held, block by block; where sums are wanted, those of one block.
    sums : mapping of str to DaySeries
        By exchange, of all blocks merged.
    """

    in_order: ClassVar[bool] = True

    held: bool = True
    wanted: Ints = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    sessions: Mapping[str, Dates] = field(default_factory=dict)
    ends: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    stretches: tuple[tuple[int, int], tuple[int, int]] = ((0, 0), (0, 0))
    parts: tuple[Placed, ...] = ()
    sums: dict[str, DaySeries] = field(default_factory=dict)
    _known: dict[bytes, list[_Pairs]] = field(default_factory=dict, compare=False)

    @classmethod
    def before(cls, places: Places) -> CalendarCorrelation:
        """Find the events whose windows overlap with another's."""
        windows, members = places.windows, np.flatnonzero(places.members)
        low, high = (f(getattr(w, e) for w in windows.reported) for f, e in ((min, "start"), (max, "end")))
        dates, ends = np.empty((2, len(members)), dtype=np.int64), {}
        for code, sessions in places.sessions.items():
            of = places.calendar[members] == code
            day0 = places.day0[members] if of.all() else places.day0[members[of]]
            if len(day0):
                ends[code] = (int(day0.min()), int(day0.max()))
                for side, day in enumerate((low, high)):
                    dates[side, of] = sessions[np.clip(day0 + day, 0, len(sessions) - 1)].astype("datetime64[D]")
        wanted = members[_overlapping(*dates)]
        held = len(wanted) <= HELD
        none = np.empty(0, dtype=np.int64)
        return cls(held, wanted if held else none, places.sessions, ends, (windows.stretch, windows.event))

    def add(self, residuals: Residuals) -> None:
        """Hold the residuals of a block."""
        good = np.isfinite(residuals.sigma)
        if self.held:
            good &= np.isin(residuals.row, self.wanted)
        if not good.any():
            return
        chosen = residuals.take(good)
        known = chosen.known
        part = Placed(chosen.row, known.calendar, known.day0, chosen.values, chosen.complete)
        self.parts = (*self.parts, part)

    def merge(self, other: CalendarCorrelation) -> None:
        """Take over a later block's."""
        if self.held:
            self.parts = (*self.parts, *other.parts)
            return
        for part in other.parts:
            for code in self.ends:
                of = part.calendar == code
                chosen = part if of.all() else take(part, of)
                if len(chosen.row):
                    if code not in self.sums:
                        self.sums = {**self.sums, code: DaySeries.empty(*self.ends[code], part.values.shape[1])}
                    self.sums[code].add(chosen.day0, chosen.values, complete=chosen.complete)

    def mean(self, window: Window, rows: Ints) -> MeanCorrelation:
        """Return rbar of the CARs of some events over a window.

        Parameters
        ----------
        window : Window
            One of those reported.
        rows : ndarray of shape (N,)
            The events of the sample.

        Notes
        -----
        ``2 / (N (N - 1)) sum_{i<j} rho_ij o_ij / L``, o_ij the sessions that the two windows share in calendar time
        and rho_ij the correlation of the residuals on common sessions, at least 30; a pair with fewer has the mean
        rho of the others. Where only sums are held, residuals are standardised over each event's own sessions, and
        all events of the group count.
        """
        key = rows.tobytes() if self.held else b""
        if key not in self._known:
            self._known = {key: self._pairs(rows)}
        found, n = self._known[key], len(rows)
        enough, mean = sum(each.enough for each in found), 0.0
        if enough:
            mean = sum(each.total for each in found) / enough
        total, pairs, exact = 0.0, 0, True
        for each in found:
            shared = self._overlap(each.one, each.two, window)
            if shared:
                total += (each.total + mean * each.lacking) * shared / window.length
                pairs += each.enough + each.lacking
                exact &= each.exact
        if not self.held:
            n = sum(int(series.count.sum()) for series in self.sums.values())
        return MeanCorrelation(2.0 * total / (n * (n - 1)) if n > 1 else float("nan"), pairs, exact)

    def _overlap(self, one: Place, two: Place, window: Window) -> int:
        if one[0] == two[0]:
            return max(0, window.length - abs(one[1] - two[1]))
        days = window.within(self.stretches[1][0])
        return len(np.intersect1d(self._dates(one, 1)[days], self._dates(two, 1)[days]))

    def _dates(self, place: Place, which: int) -> Dates:
        """Return the sessions of a place's estimation window (0) or event window (1)."""
        sessions, (first, last) = self.sessions[place[0]], self.stretches[which]
        return sessions[np.clip(np.arange(place[1] + first, place[1] + last + 1), 0, len(sessions) - 1)]

    def _pairs(self, rows: Ints) -> list[_Pairs]:
        if not self.held:
            return self._pairs_of_sums()
        groups: dict[Place, list[Floats]] = {}
        for part in self.parts:
            for each in np.flatnonzero(np.isin(part.row, rows)):
                groups.setdefault((str(part.calendar[each]), int(part.day0[each])), []).append(part.values[each])
        values = {place: np.array(of_place) for place, of_place in groups.items()}
        return [
            _correlated(one, two, values[one], values[two], *self._common(one, two))
            for one, two in self._meeting(list(values))
            if one != two or len(values[one]) > 1
        ]

    def _pairs_of_sums(self) -> list[_Pairs]:
        found = [pairs for code in sorted(self.sums) for pairs in self._lags_of_sums(code)]
        if len(self.sums) > 1:
            places = [
                (code, int(day) + each.first) for code, each in self.sums.items() for day in np.flatnonzero(each.count)
            ]
            found += [self._of_sums(one, two) for one, two in self._meeting(places) if one[0] != two[0]]
        return found

    def _lags_of_sums(self, code: str) -> list[_Pairs]:
        """Return the pairs of one exchange, together those whose days 0 lie equally many sessions apart."""
        series = self.sums[code]
        total, count, length = series.total, series.count, series.total.shape[1]
        together = (float(np.vdot(total, total)) - float(count.sum())) / 2
        pairs = int((count * (count - 1) // 2).sum())
        found = [_Pairs((code, 0), (code, 0), together, pairs, 0, bool(series.complete.all()))]
        first, last = self.stretches[1]
        for lag in range(1, min(last - first + 1, len(count))):
            common, pairs = length - lag, int(count[:-lag] @ count[lag:])
            if common >= COMMON:
                product = float(np.einsum("pm,pm->", total[:-lag, lag:], total[lag:, :common]))
                found.append(_Pairs((code, 0), (code, lag), product * length / common, pairs, 0, exact=False))
            else:
                found.append(_Pairs((code, 0), (code, lag), 0.0, 0, pairs, exact=False))
        return [each for each in found if each.enough or each.lacking]

    def _of_sums(self, one: Place, two: Place) -> _Pairs:
        (a, n), (b, m) = self.sums[one[0]].row(one[1]), self.sums[two[0]].row(two[1])
        at_one, at_two = self._common(one, two)
        common = len(a[at_one])
        if common < COMMON:
            return _Pairs(one, two, 0.0, 0, n * m, exact=False)
        return _Pairs(one, two, float(a[at_one] @ b[at_two]) * len(a) / common, n * m, 0, exact=False)

    def _meeting(self, places: list[Place]) -> list[tuple[Place, Place]]:
        """Return the pairs of places whose event windows share a session, each once, a place with itself too."""
        ends = {place: self._dates(place, 1)[[0, -1]] for place in places}
        ordered = sorted(places, key=lambda place: (ends[place][0], place))
        found = []
        for i, one in enumerate(ordered):
            for two in ordered[i:]:
                if ends[two][0] > ends[one][1]:
                    break
                found.append((one, two))
        return found

    def _common(self, one: Place, two: Place) -> tuple[slice | Ints, slice | Ints]:
        """Return where the estimation sessions that two places share lie in either."""
        if one[0] == two[0]:
            length, gap = self.stretches[0][1] - self.stretches[0][0] + 1, two[1] - one[1]
            return slice(max(gap, 0), length + min(gap, 0)), slice(max(-gap, 0), length - max(gap, 0))
        _, at_one, at_two = np.intersect1d(self._dates(one, 0), self._dates(two, 0), return_indices=True)
        return at_one, at_two


def _overlapping(start: Ints, end: Ints) -> Bools:
    """Return which of the stretches from a date to another share a date with one of the others."""
    if not len(start):
        return np.zeros(0, dtype=bool)
    start, end = start - start.min(), end - start.min()
    days = int(end.max()) + 1
    begun, ended = np.cumsum(np.bincount(start, minlength=days)), np.cumsum(np.bincount(end, minlength=days))
    # Those that began by its end, less those that were over before its start: itself among them.
    return np.asarray(begun[end] - np.where(start > 0, ended[np.maximum(start - 1, 0)], 0) > 1)


@dataclass(frozen=True, slots=True)
class _Pairs:
    """Sum of the correlations between the events of two places, and how many pairs had enough sessions for one."""

    one: Place
    two: Place
    total: float
    enough: int
    lacking: int
    exact: bool = True


def _correlated(one: Place, two: Place, a: Floats, b: Floats, at_a: slice | Ints, at_b: slice | Ints) -> _Pairs:
    a, b = a[:, at_a], b[:, at_b]
    there_a, there_b = ~np.isnan(a), ~np.isnan(b)
    rho, common = _pearson(a, b, there_a, there_b)
    taken = np.ones(rho.shape, dtype=bool) if one != two else np.triu(np.ones(rho.shape, dtype=bool), 1)
    enough = taken & (common >= COMMON)
    return _Pairs(one, two, float(rho[enough].sum()), int(enough.sum()), int((taken & ~enough).sum()))


def _pearson(a: Floats, b: Floats, there_a: Bools, there_b: Bools) -> tuple[Floats, Floats]:
    """Return correlations of the rows of a with those of b on the sessions that both have, and how many these are."""
    if there_a.all() and there_b.all():
        return unit_rows(a) @ unit_rows(b).T, np.full((len(a), len(b)), float(a.shape[1]))
    one, two = there_a.astype(float), there_b.astype(float)
    common = one @ two.T
    # Centred once by each row's own mean, so that the sums of squares below lose no digits.
    a = np.where(there_a, a - _row_means(a, there_a), 0.0)
    b = np.where(there_b, b - _row_means(b, there_b), 0.0)
    n = np.maximum(common, 1.0)
    sum_a, sum_b = a @ two.T, one @ b.T
    variance_a, variance_b = (a**2) @ two.T - sum_a**2 / n, one @ (b**2).T - sum_b**2 / n
    product = variance_a * variance_b
    rho = np.where(product > 0, (a @ b.T - sum_a * sum_b / n) / np.sqrt(np.where(product > 0, product, 1.0)), 0.0)
    return rho, common


def _row_means(values: Floats, there: Bools) -> Floats:
    return np.asarray(
        np.where(there, values, 0.0).sum(axis=1, keepdims=True) / np.maximum(there.sum(axis=1, keepdims=True), 1)
    )
