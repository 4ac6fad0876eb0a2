"""The correlation of abnormal returns, matched by date, in the overlap of the windows (Kolari and Pynnonen 2010)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from threading import Lock
from typing import ClassVar, NamedTuple

import numpy as np

from eventstudy._labels import taken
from eventstudy._typing import Bools, Dates, Floats, Ints, Labels
from eventstudy.execution import Engine, sliced
from eventstudy.returns.accumulators import Places, Residuals, take
from eventstudy.returns.correlation import MeanCorrelation
from eventstudy.returns.crowding import crowded_days, on_exchange
from eventstudy.returns.day_series import DaySeries, Summed
from eventstudy.returns.pairs_by_lag import COMMON, pairs_between, pairs_by_lag
from eventstudy.returns.remade import Remade
from eventstudy.returns.windows import Window

__all__ = ["HELD", "CalendarCorrelation"]

# Residuals of so many events, at most, are held for exact correlations pair by pair; beyond it sums by date serve.
HELD = 4096
# Not one for each, since accumulators travel to processes.
_ASKING = Lock()


class Place(NamedTuple):
    """Where events lie that share all their sessions.

    Parameters
    ----------
    exchange : str
        Its code.
    day0 : int
        Session index.
    days : (int, int), optional
        First and last day of the window tested, where events have windows of their own.
    """

    exchange: str
    day0: int
    days: tuple[int, int] | None = None


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
    """

    row: Ints = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    calendar: Labels = field(default_factory=lambda: np.empty(0, dtype=object))
    day0: Ints = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    values: Floats = field(default_factory=lambda: np.empty((0, 0)))


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
    reported : tuple of Window
        The windows tested.
    own_windows : ndarray of shape (E, W, 2), optional
        First and last day of each for each event, where columns of the events narrow any.
    parts : tuple of Placed
        Residuals held, block by block.
    summed : tuple of (str, Summed)
        Where sums are wanted, the exchanges of one block and their sums.
    unmade : tuple of ndarray
        Where sums are wanted, block by block the events whose residuals are to be made in the end.
    sums : mapping of str to DaySeries
        By exchange, of all blocks merged; none once they are correlated.
    events : int
        How many events they were of.
    """

    in_order: ClassVar[bool] = True
    remakes: ClassVar[bool] = True

    held: bool = True
    wanted: Ints = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    sessions: Mapping[str, Dates] = field(default_factory=dict)
    ends: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    stretches: tuple[tuple[int, int], tuple[int, int]] = ((0, 0), (0, 0))
    reported: tuple[Window, ...] = ()
    own_windows: Ints | None = None
    parts: tuple[Placed, ...] = ()
    summed: tuple[tuple[str, Summed], ...] = ()
    unmade: tuple[Ints, ...] = ()
    sums: dict[str, DaySeries] = field(default_factory=dict)
    events: int = 0
    _known: dict[bytes, list[_Pairs]] = field(default_factory=dict, compare=False)

    @classmethod
    def before(cls, places: Places) -> CalendarCorrelation:
        """Find the events whose windows overlap with another's."""
        windows, ends, found = places.windows, {}, []
        for code in places.sessions:
            rows = np.flatnonzero(places.members & on_exchange(code, places.calendar, places.sessions))
            if len(rows):
                day0 = places.day0[rows]
                ends[code] = (int(day0.min()), int(day0.max()))
                found.append((code, rows, np.bincount(day0)))
        crowded = crowded_days([(places.sessions[code], count) for code, _, count in found], windows.reported)
        held = sum(int(count[of].sum()) for (_, _, count), of in zip(found, crowded, strict=True)) <= HELD
        wanted = [rows[of[places.day0[rows]]] for (_, rows, _), of in zip(found, crowded, strict=True) if held]
        return cls(
            held=held,
            wanted=np.sort(np.concatenate([np.empty(0, dtype=np.int64), *wanted])),
            sessions=places.sessions,
            ends=ends,
            stretches=(windows.stretch, windows.event),
            reported=windows.reported,
            own_windows=places.own_windows if held else None,
        )

    def add(self, residuals: Residuals) -> None:
        """Hold the residuals of a block, or their sums."""
        good = np.isfinite(residuals.sigma)
        if self.held:
            good &= np.isin(residuals.row, self.wanted)
        if not good.any():
            return
        chosen = residuals.take(good)
        if isinstance(chosen.given, Remade) and not self.held:
            self.unmade = (*self.unmade, chosen.row)
            return
        calendar, day0 = chosen.known.calendar, chosen.known.day0
        if self.held:
            self.parts = (*self.parts, Placed(chosen.row, calendar, day0, chosen.values))
            return
        for code, of in self._by_exchange(calendar):
            there = chosen.filled if of.all() else chosen.filled.take(of)
            self.summed = (*self.summed, (code, Summed.of(day0[of], there)))

    def merge(self, other: CalendarCorrelation) -> None:
        """Take over a later block's."""
        self.unmade, self.parts = (*self.unmade, *other.unmade), (*self.parts, *other.parts)
        for code, block in other.summed:
            self._series(code, block.total.shape[1]).add(block)

    def finish(self, engine: Engine, places: Places, remade: Callable[[Ints], Remade] | None) -> None:
        """Sum, by day 0, the residuals that are still to be made; where sums are wanted, correlate them."""
        if self.unmade and remade is not None:
            self._sum_remade(np.concatenate(self.unmade), engine, places, remade)
        self.unmade = ()
        self._correlate(engine)

    def _sum_remade(self, rows: Ints, engine: Engine, places: Places, remade: Callable[[Ints], Remade]) -> None:
        for code, of in self._by_exchange(taken(places.calendar, rows)):
            chosen = rows if of.all() else rows[of]
            residuals, day0 = remade(chosen), places.day0[sliced(chosen)]
            self._series(code, residuals.sessions).add_remade(day0, residuals, engine)

    def _correlate(self, engine: Engine | None = None) -> None:
        """Correlate what was summed, and forget the sums."""
        if self.sums:
            self._known = {b"": self._pairs_of_sums(engine)}
            self.events = sum(int(series.count.sum()) for series in self.sums.values())
            self.sums = {}

    def _by_exchange(self, calendar: Labels) -> Iterator[tuple[str, Bools]]:
        for code in self.ends:
            of = on_exchange(code, calendar, self.ends)
            if of.any():
                yield code, of

    def _series(self, code: str, sessions: int) -> DaySeries:
        if code not in self.sums:
            self.sums = {**self.sums, code: DaySeries.empty(*self.ends[code], sessions)}
        return self.sums[code]

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
        rho of the others. Where events have windows of their own, L is the root of the product of their lengths.

        Where only sums are held, residuals are standardised over each event's own sessions, the correlation of a lag
        is the sum of all products over that of all residuals in common, windows are the widest there are, and all
        events of the group count.
        """
        found, n = self._found(rows, window)
        enough, mean = sum(each.enough for each in found), 0.0
        if enough:
            mean = sum(each.total for each in found) / enough
        total, pairs, exact = 0.0, 0, True
        for each in found:
            share = self._overlap(each.one, each.two, window)
            if share:
                total += (each.total + mean * each.lacking) * share
                pairs += each.enough + each.lacking
                exact &= each.exact
        return MeanCorrelation(2.0 * total / (n * (n - 1)) if n > 1 else float("nan"), pairs, exact, n)

    def _overlap(self, one: Place, two: Place, window: Window) -> float:
        """Return the sessions that the windows of two places share, over the root of the product of their lengths."""
        (a, b), (c, d) = (place.days or (window.start, window.end) for place in (one, two))
        if one.exchange == two.exchange:
            shared = max(0, min(one.day0 + b, two.day0 + d) - max(one.day0 + a, two.day0 + c) + 1)
        else:
            before = self.stretches[1][0]
            dates = self._dates(one, 1)[a - before : b - before + 1], self._dates(two, 1)[c - before : d - before + 1]
            shared = len(np.intersect1d(*dates))
        return shared / float(np.sqrt((b - a + 1) * (d - c + 1)))

    def _dates(self, place: Place, which: int) -> Dates:
        """Return the sessions of a place's estimation window (0) or event window (1)."""
        sessions, (first, last) = self.sessions[place.exchange], self.stretches[which]
        return sessions[np.clip(np.arange(place.day0 + first, place.day0 + last + 1), 0, len(sessions) - 1)]

    def _found(self, rows: Ints, window: Window) -> tuple[list[_Pairs], int]:
        """Return the pairs of some events whose windows meet, and how many events these are."""
        # Threads ask for several windows at once, which mostly have the same pairs.
        with _ASKING:
            if not self.held:
                self._correlate()
                return self._known.get(b"", []), self.events
            key = rows.tobytes() if self.own_windows is None else rows.tobytes() + window.name.encode()
            if key not in self._known:
                self._known = {key: self._pairs(rows, window)}
            return self._known[key], len(rows)

    def _pairs(self, rows: Ints, window: Window) -> list[_Pairs]:
        """Return the pairs of events that are held: those of one exchange by lag where their windows are all alike."""
        held = self._held_of(rows)
        if self.own_windows is not None:
            groups = self._by_place(held, window)
            meeting = [(one, two) for one, two in self._meeting(list(groups)) if one != two or len(groups[one]) > 1]
            return [self._of_places(one, two, groups) for one, two in meeting]
        by_exchange = [*self._by_exchange(held.calendar)]
        found = [pairs for code, of in by_exchange for pairs in self._lags(code, held.values[of], held.day0[of])]
        if len(by_exchange) > 1:
            groups = self._by_place(held, window)
            meeting = [(one, two) for one, two in self._meeting(list(groups)) if one.exchange != two.exchange]
            found += [self._of_places(one, two, groups) for one, two in meeting]
        return found

    def _held_of(self, rows: Ints) -> Placed:
        """Return what is held of some events."""
        parts = [take(part, np.isin(part.row, rows)) for part in self.parts] or [Placed()]
        return Placed(*(np.concatenate([getattr(part, each.name) for part in parts]) for each in fields(Placed)))

    def _of_places(self, one: Place, two: Place, groups: Mapping[Place, Floats]) -> _Pairs:
        if one == two:
            (sums,) = pairs_by_lag(groups[one], np.zeros(len(groups[one]), dtype=np.int64), 1)
        else:
            at_one, at_two = self._common(one, two)
            sums = pairs_between(groups[one][:, at_one], groups[two][:, at_two])
        return _Pairs(one, two, *sums)

    def _by_place(self, held: Placed, window: Window) -> dict[Place, Floats]:
        """Return residuals by where their events lie."""
        groups: dict[Place, list[Floats]] = {}
        for row, code, day0, values in zip(held.row, held.calendar, held.day0, held.values, strict=True):
            groups.setdefault(Place(str(code), int(day0), self._own_days(row, window)), []).append(values)
        return {place: np.array(of_place) for place, of_place in groups.items()}

    def _lags(self, code: str, values: Floats, day0: Ints) -> Iterator[_Pairs]:
        """Give the pairs of one exchange, together those whose days 0 lie equally many sessions apart."""
        first, last = self.stretches[1]
        for lag, of_lag in enumerate(pairs_by_lag(values, day0, last - first + 1)):
            if of_lag.enough or of_lag.lacking:
                yield _Pairs(Place(code, 0), Place(code, lag), *of_lag)

    def _own_days(self, row: int, window: Window) -> tuple[int, int] | None:
        if self.own_windows is None or window not in self.reported:
            return None
        first, last = self.own_windows[row, self.reported.index(window)].tolist()
        return first, last

    def _pairs_of_sums(self, engine: Engine | None) -> list[_Pairs]:
        found = [pairs for code in sorted(self.sums) for pairs in self._lags_of_sums(code, engine)]
        if len(self.sums) > 1:
            places = [
                Place(code, int(day) + each.first)
                for code, each in self.sums.items()
                for day in np.flatnonzero(each.count)
            ]
            meeting = self._meeting(places)
            found += [self._of_sums(one, two) for one, two in meeting if one.exchange != two.exchange]
        return found

    def _lags_of_sums(self, code: str, engine: Engine | None) -> list[_Pairs]:
        """Return the pairs of one exchange, together those whose days 0 lie equally many sessions apart."""
        series, one = self.sums[code], Place(code, 0)
        first, last = self.stretches[1]
        products = series.products(min(last - first + 1, len(series.count)), engine)
        found = []
        for lag, of_lag in enumerate(zip(*products, strict=True)):
            product, common, pairs = of_lag
            exact = lag == 0 and series.lacking is None
            found.append(_of_ratio(one, Place(code, lag), float(product), float(common), int(pairs), exact=exact))
        return [each for each in found if each.enough or each.lacking]

    def _of_sums(self, one: Place, two: Place) -> _Pairs:
        at_one, at_two = self._common(one, two)
        a, there_a, m = self.sums[one.exchange].row(one.day0, at_one)
        b, there_b, n = self.sums[two.exchange].row(two.day0, at_two)
        return _of_ratio(one, two, float(a @ b), float(there_a @ there_b), m * n)

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
        if one.exchange == two.exchange:
            length, gap = self.stretches[0][1] - self.stretches[0][0] + 1, two.day0 - one.day0
            # Windows so far apart that they share no session must not end before they begin.
            return (
                slice(max(gap, 0), max(length + min(gap, 0), 0)),
                slice(max(-gap, 0), max(length - max(gap, 0), 0)),
            )
        _, at_one, at_two = np.intersect1d(self._dates(one, 0), self._dates(two, 0), return_indices=True)
        return at_one, at_two


@dataclass(frozen=True, slots=True)
class _Pairs:
    """Sum of the correlations between the events of two places, and how many pairs had enough sessions for one."""

    one: Place
    two: Place
    total: float
    enough: int
    lacking: int
    exact: bool = True


def _of_ratio(one: Place, two: Place, product: float, common: float, pairs: int, *, exact: bool = False) -> _Pairs:
    """Return pairs with the ratio of all products to all residuals in common as the correlation of each."""
    if not pairs or common < COMMON * pairs:
        return _Pairs(one, two, 0.0, 0, pairs, exact=False)
    return _Pairs(one, two, product / common * pairs, pairs, 0, exact)
