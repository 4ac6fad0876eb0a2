"""What a test sees: one group of events and one window."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from eventstudy._lazy import lazy
from eventstudy._typing import Dates, Floats, Ints, Labels
from eventstudy.execution import sliced
from eventstudy.returns.abnormal import AbnormalReturns, Cars
from eventstudy.returns.accumulators import Accumulator
from eventstudy.returns.windows import Window

__all__ = ["Sample"]

T = TypeVar("T", bound=np.generic)


@dataclass(frozen=True, eq=False)
class Sample:
    """One group of events and one window, as a test sees them.

    Only events with a CAR are in it: every array has shape (N,) or (N, L) and no missing value in `car`.

    Parameters
    ----------
    named : ndarray of shape (N,) or callable
        Names of the events, or what takes them from those of all events.
    row : ndarray of shape (N,)
        Their positions in the study's aligned events.
    window : Window
        The days tested.
    car : ndarray of shape (N,)
        Cumulative abnormal returns, decimals.
    std_error : ndarray of shape (N,)
        Their exact standard errors.
    dof : ndarray of shape (N,)
        Degrees of freedom of the estimation.
    held : ndarray of shape (N,) or callable
        Buy-and-hold abnormal returns, NaN where a return is missing, or what computes them.
    by_day : ndarray of shape (N, L) or callable
        Abnormal returns on the window's days, NaN where missing, or what takes them from those of all events.
    accumulated : mapping
        What the test declared it `needs`, for the whole group.
    seed : int
        What the random draws of this model, group and window begin from.
    day0 : ndarray of shape (N,)
        Date of each event's day 0; empty where nobody told, and every event then stands for itself.
    span : ndarray of shape (N, 2), optional
        Dates of the first and the last session of each event's window.
    abnormal : AbnormalReturns, optional
        Where the sample comes from: all E events and the whole event window. A study always gives it.
    """

    named: Labels | Callable[[], Labels]
    row: Ints
    window: Window
    car: Floats
    std_error: Floats
    dof: Ints
    held: Floats | Callable[[], Floats]
    by_day: Floats | Callable[[], Floats]
    accumulated: Mapping[type[Accumulator], Accumulator]
    seed: int = 0
    day0: Dates = field(default_factory=lambda: np.empty(0, dtype="datetime64[D]"))
    span: Dates | None = None
    abnormal: AbnormalReturns | None = None

    @classmethod
    def of(
        cls,
        abnormal: AbnormalReturns,
        cars: Cars,
        members: Ints,
        event_id: Labels,
        accumulated: Mapping[type[Accumulator], Accumulator],
        *,
        seed: int = 0,
        day0: Dates | None = None,
        span: Dates | None = None,
    ) -> Sample:
        """Return the sample of a group: its members that have a CAR in the window.

        Parameters
        ----------
        abnormal, cars : AbnormalReturns, Cars
            Of E events, over the event window and over the window tested.
        members : ndarray
            Positions of the group's events.
        event_id : ndarray of shape (E,)
            Names of all E events.
        accumulated : mapping
            The group's accumulators.
        seed, day0, span
            As in `Sample`; the dates are those of all E events.
        """
        abnormal = abnormal.narrowed(cars.window)
        row, chosen = members, sliced(members)
        missing = np.isnan(cars.car[chosen])
        if missing.any():
            row = members[~missing]
            chosen = sliced(row)
        days = cars.window.within(abnormal.windows.event[0])
        return cls(
            named=partial(_rows, event_id, chosen),
            row=row,
            window=cars.window,
            car=cars.car[chosen],
            std_error=cars.std_error[chosen],
            dof=cars.dof[chosen],
            held=partial(_bhar, cars, row),
            by_day=partial(_rows, abnormal.ar[:, days], chosen),
            accumulated=accumulated,
            seed=seed,
            day0=np.empty(0, dtype="datetime64[D]") if day0 is None else day0[chosen],
            span=None if span is None else span[chosen],
            abnormal=abnormal,
        )

    def __len__(self) -> int:
        return len(self.car)

    @lazy
    def event_id(self) -> Labels:
        """Names of the events, shape (N,); few tests ask for them, and those of many events take long to gather."""
        return self.named() if callable(self.named) else self.named

    @property
    def bhar(self) -> Floats:
        """Buy-and-hold abnormal returns, shape (N,), NaN where a return is missing."""
        return self.held() if callable(self.held) else self.held

    @property
    def ar(self) -> Floats:
        """Abnormal returns on the window's days, shape (N, L), NaN where missing."""
        return self.by_day() if callable(self.by_day) else self.by_day

    @lazy
    def scar(self) -> Floats:
        """Standardised CARs ``car / sqrt(c' V c)``, shape (N,)."""
        return self.car / self.std_error

    @property
    def whole(self) -> AbnormalReturns:
        """The abnormal returns that the sample comes from."""
        if self.abnormal is None:
            raise ValueError("This sample came without the abnormal returns that it is of.")
        return self.abnormal

    @property
    def days(self) -> slice:
        """The columns of the window in an array of the event window."""
        return self.window.within(self.whole.windows.event[0])

    def part(self, values: Floats) -> Floats:
        """Return the sample's rows and days of an array of shape (E, L, ...) over all events and days."""
        # Sums of small arrays depend on how these lie in memory, and an array that came from a process lies otherwise.
        return np.ascontiguousarray(values[:, self.days][sliced(self.row)])

    @property
    def narrowed(self) -> bool:
        """Whether any event has fewer days than the window."""
        if self.abnormal is None or self.abnormal.own_windows is None:
            return False
        return not self.abnormal.inside(self.window)[self.row][:, self.days].all()

    def own(self) -> AbnormalReturns:
        """Return the abnormal returns of the sample's events, over the whole event window."""
        return self.whole.take(self.row)


def _rows(values: NDArray[T], rows: Ints | slice) -> NDArray[T]:
    return values[rows]


def _bhar(cars: Cars, rows: Ints) -> Floats:
    return cars.bhar[rows]
