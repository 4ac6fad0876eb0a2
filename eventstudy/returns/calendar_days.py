"""Portfolios in calendar time: on each date, the events whose windows hold it (Jaffe 1974, Mandelker 1974)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Self

import numpy as np

from eventstudy._typing import Bools, Floats, Ints
from eventstudy.errors import InputError
from eventstudy.returns.accumulators import Around, FirstPass, Places, Residuals
from eventstudy.returns.models.base import LinearModel

__all__ = ["LAGS", "CalendarDays", "CalendarLags", "DateSums", "EventDays", "EventLags", "ValueDays", "ValueEventDays"]

# Sessions before a date from which the portfolio's own dispersion is taken (METHODS 4.10).
LAGS = 60


@dataclass(frozen=True, slots=True)
class DateSums:
    """Sums over events by date; row 0 is the date ``first``, days since 1970.

    Parameters
    ----------
    first : int
        The first date.
    count : ndarray of shape (T,)
        Events in the portfolio of each date.
    total : ndarray of shape (T, C)
        Sums of what the accumulator counts.
    """

    first: int
    count: Ints
    total: Floats

    def __add__(self, other: DateSums) -> DateSums:
        first = min(self.first, other.first)
        length = max(self.first + len(self.count), other.first + len(other.count)) - first
        count, total = np.zeros(length, dtype=np.int64), np.zeros((length, self.total.shape[1]))
        for each in (self, other):
            span = slice(each.first - first, each.first - first + len(each.count))
            count[span] += each.count
            total[span] += each.total
        return DateSums(first, count, total)

    def held(self, fewest: int) -> tuple[Ints, Floats]:
        """Return counts and means of the dates with enough events, in order."""
        kept = self.count >= max(fewest, 1)
        return self.count[kept], self.total[kept] / self.count[kept, None]


@dataclass(slots=True)
class CalendarDays:
    """By reported window and date: the portfolio's abnormal return, its left side and its regressors.

    Parameters
    ----------
    held : mapping of str to (ndarray of shape (G,), ndarray of shape (G, L))
        By window: events that follow others of their symbol, and which of their days one of these holds already.
    sums : mapping of str to DateSums
        By window; the columns are the abnormal return, the left side and the design. Where events have weights, the
        weight comes first and the others are multiplied by it.
    weights : ndarray of shape (E,), optional
        What each event weighs in its portfolios; one without a weight above zero is in none.
    lacking : int
        How many events of the group have none.
    """

    per_event: ClassVar[bool] = False
    by_value: ClassVar[bool] = False

    held: Mapping[str, tuple[Ints, Bools]] = field(default_factory=dict)
    sums: dict[str, DateSums] = field(default_factory=dict)
    weights: Floats | None = None
    lacking: int = 0

    @classmethod
    def after(cls, first: FirstPass) -> Self:
        """Find the events of one symbol whose windows overlap: a firm counts once a day, or once for each event."""
        held, members = {}, first.places.members
        weights = _positive(first.places) if cls.by_value else None
        weighty = members if weights is None else members & ~np.isnan(weights)
        for name, cars in first.cars.items():
            row = np.flatnonzero(weighty & ~np.isnan(cars.car) & (not cls.per_event))
            days = cars.window.within(first.abnormal.windows.event[0])
            inside = first.abnormal.inside(cars.window, row)[:, days]
            taken = _held_before(first.places.code[row], first.places.day0[row], inside)
            again = taken.any(axis=1)
            held[name] = row[again], taken[again]
        return cls(held=held, weights=weights, lacking=int(members.sum() - weighty.sum()))

    def add(self, residuals: Residuals) -> None:
        """Add the events of a block to the portfolios of their dates."""
        if not len(residuals.row):
            return
        known = residuals.known
        held = self.columns(residuals)
        if self.weights is not None:
            weight = np.broadcast_to(self.weights[residuals.row, None, None], (*held.shape[:2], 1))
            held = np.concatenate([weight, weight * held], axis=2)
        before = known.abnormal.windows.event[0]
        dates = _dates(known)
        for window in known.abnormal.windows.reported:
            rows, taken = self.held[window.name]
            there = np.repeat(~np.isnan(known.abnormal.car(window).car)[:, None], window.length, axis=1)
            # The rows are in order, so that there is no need to look at all of them for each block.
            place = np.searchsorted(rows, residuals.row)
            own = np.append(rows, -1)[place] == residuals.row
            there[own] &= ~taken[place[own]]
            days = window.within(before)
            there &= known.abnormal.inside(window)[:, days]
            self._put(window.name, _summed(dates[:, days], held[:, days], there))

    def merge(self, other: Self) -> None:
        """Add the sums of a later block."""
        for name, sums in other.sums.items():
            self._put(name, sums)

    def columns(self, residuals: Residuals) -> Floats:
        """Return what is summed, shape (E, L, C)."""
        left, design = regression(residuals.known)
        return np.concatenate([residuals.known.abnormal.ar[..., None], left[..., None], design], axis=2)

    def portfolios(self, window: str, fewest: int) -> tuple[Ints, Floats] | None:
        """Return how many are in each portfolio and its means, dates in order; None where no date has any.

        Parameters
        ----------
        window : str
            A reported one.
        fewest : int
            Dates with fewer are left out.

        Returns
        -------
        count : ndarray of shape (T,)
            Firms, or events.
        means : ndarray of shape (T, C)
            Of what the accumulator counts, weighted where events have weights.
        """
        if window not in self.sums:
            return None
        count, means = self.sums[window].held(fewest)
        return count, means if self.weights is None else means[:, 1:] / means[:, :1]

    def _put(self, name: str, sums: DateSums | None) -> None:
        if sums is not None:
            self.sums = {**self.sums, name: self.sums[name] + sums if name in self.sums else sums}


@dataclass(slots=True)
class CalendarLags(CalendarDays):
    """By reported window and date: the portfolio's abnormal return, and those of the same members before.

    The columns are the abnormal return, its `LAGS` predecessors, and how many members had each of these.
    """

    def columns(self, residuals: Residuals) -> Floats:
        """Return the abnormal return of each day and of the sessions before it."""
        known = residuals.known
        windows = known.abnormal.windows
        (start, _), (before, after) = windows.estimation, windows.event
        line = np.full((len(residuals.row), max(after - start + 1, 0) + LAGS), np.nan)
        length = residuals.values.shape[1]
        line[:, LAGS : LAGS + length] = residuals.values
        line[:, LAGS + before - start : LAGS + after - start + 1] = known.abnormal.ar
        lagged = np.lib.stride_tricks.sliding_window_view(line, LAGS + 1, axis=1)[:, before - start :, ::-1]
        return np.concatenate([np.nan_to_num(lagged), ~np.isnan(lagged[..., 1:])], axis=2)


class EventDays(CalendarDays):
    """The same, of portfolios that hold a firm once for each of its events."""

    __slots__ = ()
    per_event: ClassVar[bool] = True


class EventLags(CalendarLags):
    """The same, of portfolios that hold a firm once for each of its events."""

    __slots__ = ()
    per_event: ClassVar[bool] = True


class ValueDays(CalendarDays):
    """The same, of portfolios that hold a firm by its weight."""

    __slots__ = ()
    by_value: ClassVar[bool] = True


class ValueEventDays(EventDays):
    """The same, of portfolios that hold a firm by its weight, once for each of its events."""

    __slots__ = ()
    by_value: ClassVar[bool] = True


def _positive(places: Places) -> Floats:
    """Return the weights of events, NaN for those that have none above zero, shape (E,)."""
    if places.weights is None:
        raise InputError(
            "A portfolio by value must know what each event weighs; events that a simulation draws weigh nothing."
        )
    return np.where(np.nan_to_num(places.weights) > 0, places.weights, np.nan)


def _held_before(code: Ints, day0: Ints, inside: Bools) -> Bools:
    """Return which days of each event an earlier one of its symbol holds, shape (E, L).

    Parameters
    ----------
    code, day0 : ndarray of shape (E,)
        Symbol and session of day 0, in this order.
    inside : ndarray of shape (E, L)
        Which days of the window are each event's own.
    """
    length = inside.shape[1]
    taken, back = np.zeros(inside.shape, dtype=bool), 1
    while (near := np.flatnonzero((code[back:] == code[:-back]) & (day0[back:] - day0[:-back] < length))).size:
        at = np.arange(length) + (day0[near + back] - day0[near])[:, None]
        taken[near + back] |= np.take_along_axis(inside[near], np.minimum(at, length - 1), axis=1) & (at < length)
        back += 1
    return taken


def regression(known: Around) -> tuple[Floats, Floats]:
    """Return left side (E, L) and design (E, L, P), a constant first, of a model in the event window.

    A model that is a line in its regressors gives its own; of any other, abnormal returns are left with a constant.
    """
    block, model = known.block, known.model
    ones = np.ones((*block.y_event.shape, 1))
    if not isinstance(model, LinearModel):
        return known.abnormal.ar, ones
    design = model.design(model.regressors_of(block)[1])
    varying = [k for k in range(design.shape[2]) if not (design[..., k] == 1.0).all()]
    if not varying:
        return known.abnormal.ar, ones
    riskless = block.risk_free_event if model.excess else None
    left = block.y_event if riskless is None else block.y_event - riskless
    return left, np.concatenate([ones, design[..., varying]], axis=2)


def _dates(known: Around) -> Ints:
    """Return the date of each event day, days since 1970, shape (E, L)."""
    days = known.day0[:, None] + np.array(known.abnormal.windows.days)
    dates = np.zeros(days.shape, dtype=np.int64)
    for code, sessions in known.sessions.items():
        of = known.calendar == code
        dates[of] = sessions[np.clip(days[of], 0, len(sessions) - 1)].astype("datetime64[D]").astype(np.int64)
    return dates


def _summed(dates: Ints, values: Floats, there: Bools) -> DateSums | None:
    there = there & ~np.isnan(values).any(axis=2)
    if not there.any():
        return None
    place, rows = dates[there], values[there]
    first = int(place.min())
    length = int(place.max()) - first + 1
    total = [np.bincount(place - first, weights=column, minlength=length) for column in rows.T]
    return DateSums(first, np.bincount(place - first, minlength=length), np.stack(total, axis=1).astype(np.float64))
