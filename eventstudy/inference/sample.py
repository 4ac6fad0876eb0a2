"""What a test sees: one group of events and one window."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from eventstudy._lazy import lazy
from eventstudy._typing import Dates, Floats, Ints, Labels
from eventstudy.execution import sliced
from eventstudy.returns.abnormal import AbnormalReturns, Cars
from eventstudy.returns.accumulators import Accumulator
from eventstudy.returns.windows import Window

__all__ = ["Sample"]


@dataclass(frozen=True, eq=False)
class Sample:
    """One group of events and one window, as a test sees them.

    Its N events are some of E: those with a CAR. What is known of all E stays as it is, and of it the sample gives what
    its events have, arrays of shape (N,) or (N, L), where a test asks for it.

    Parameters
    ----------
    cars : Cars
        Cumulative abnormal returns over the window tested, shape (E,).
    row : ndarray of shape (N,)
        Positions of the sample's events among them, as in the study's aligned events.
    names : ndarray of shape (E,)
        Names of the events.
    by_day : ndarray of shape (E, L)
        Abnormal returns on the window's days, NaN where missing.
    accumulated : mapping
        What the test declared it `needs`, for the whole group.
    seed : int
        What the random draws of this model, group and window begin from.
    dates : ndarray of shape (E,)
        Date of each event's day 0; empty where nobody told, and every event then stands for itself.
    spans : ndarray of shape (E, 2), optional
        Dates of the first and the last session of each event's window.
    abnormal : AbnormalReturns, optional
        Where the sample comes from: all E events and the whole event window. A study always gives it.
    """

    cars: Cars
    row: Ints
    names: Labels
    by_day: Floats
    accumulated: Mapping[type[Accumulator], Accumulator]
    seed: int = 0
    dates: Dates = field(default_factory=lambda: np.empty(0, dtype="datetime64[D]"))
    spans: Dates | None = None
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
        seed : int
            As in `Sample`.
        day0, span : ndarray, optional
            The dates of all E events, as in `Sample`.
        """
        abnormal = abnormal.narrowed(cars.window)
        missing = np.isnan(cars.car[sliced(members)])
        return cls(
            cars=cars,
            row=members[~missing] if missing.any() else members,
            names=event_id,
            by_day=abnormal.ar[:, cars.window.within(abnormal.windows.event[0])],
            accumulated=accumulated,
            seed=seed,
            dates=np.empty(0, dtype="datetime64[D]") if day0 is None else day0,
            spans=span,
            abnormal=abnormal,
        )

    def __len__(self) -> int:
        return len(self.row)

    @lazy
    def _at(self) -> Ints | slice:
        return sliced(self.row)

    @property
    def window(self) -> Window:
        """The days tested."""
        return self.cars.window

    @lazy
    def event_id(self) -> Labels:
        """Names of the events, shape (N,); few tests ask for them, and those of many events take long to gather."""
        return self.names[self._at]

    @lazy
    def car(self) -> Floats:
        """Cumulative abnormal returns, decimals, shape (N,); none is missing."""
        return self.cars.car[self._at]

    @property
    def std_error(self) -> Floats:
        """Their exact standard errors, shape (N,)."""
        return self.cars.std_error[self._at]

    @property
    def dof(self) -> Ints:
        """Degrees of freedom of the estimation, shape (N,)."""
        return self.cars.dof[self._at]

    @property
    def bhar(self) -> Floats:
        """Buy-and-hold abnormal returns, shape (N,), NaN where a return is missing."""
        return self.cars.bhar[self._at]

    @property
    def ar(self) -> Floats:
        """Abnormal returns on the window's days, shape (N, L), NaN where missing."""
        return self.by_day[self._at]

    @property
    def day0(self) -> Dates:
        """Date of each event's day 0, shape (N,), or empty."""
        return self.dates[self._at] if len(self.dates) else self.dates

    @property
    def span(self) -> Dates | None:
        """Dates of the first and the last session of each event's window, shape (N, 2)."""
        return None if self.spans is None else self.spans[self._at]

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
        return np.ascontiguousarray(values[:, self.days][self._at])

    @property
    def narrowed(self) -> bool:
        """Whether any event has fewer days than the window."""
        if self.abnormal is None or self.abnormal.own_windows is None:
            return False
        return not self.abnormal.inside(self.window)[self.row][:, self.days].all()

    def own(self) -> AbnormalReturns:
        """Return the abnormal returns of the sample's events, over the whole event window."""
        return self.whole.take(self.row)
