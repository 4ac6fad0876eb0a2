"""Which sessions around day 0 are used for what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from operator import index

import numpy as np

from eventstudy._typing import Bools
from eventstudy.errors import InputError, UnknownNameError

__all__ = ["Window", "Windows"]

# What is reported when nobody names a window (METHODS 1.5), as far as the event window contains it.
REPORTED = ((0, 0), (0, 1), (-1, 1), (-5, 5), (-10, 10))
# No exchange has had so many sessions; a day beyond is a slip, and an array of such a window fills the memory.
FARTHEST = 100_000


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of event days, both ends included.

    Parameters
    ----------
    name : str
        What it is called in tables.
    start, end : int
        First and last day relative to day 0.
    """

    name: str
    start: int
    end: int

    @property
    def length(self) -> int:
        """Sessions in the window."""
        return self.end - self.start + 1

    def within(self, first_day: int) -> slice:
        """Return the columns of this window in an array whose first column is `first_day`."""
        return slice(self.start - first_day, self.end - first_day + 1)

    @property
    def interval(self) -> str:
        """The days in brackets, such as ``"[0,+1]"``."""
        return interval(self.start, self.end)


def interval(start: int, end: int) -> str:
    """Return days in brackets with their signs.

    Examples
    --------
    >>> interval(-1, 1)
    '[-1,+1]'
    """
    return f"[{start:+d},{end:+d}]".replace("+0", "0").replace("-0", "0")


@dataclass(frozen=True, slots=True, kw_only=True)
class Windows:
    """The estimation window, the event window, and the windows that are reported.

    Parameters
    ----------
    estimation : (int, int)
        First and last day, relative to day 0, from which a model is estimated.
    event : (int, int)
        First and last day of which abnormal returns are kept.
    named : mapping of str to (int, int)
        Windows inside the event window for which CARs are reported. Without any: [0,0], [0,+1], [-1,+1],
        [-5,+5], [-10,+10], as far as they fit.
    min_obs : int, optional
        Fewest returns in the estimation window, with all that a model explains them by. Without it 120, or half the
        window if that is less.
    min_coverage : float
        Share of a window's days that must have an abnormal return for its CAR to be defined.
    allow_overlap : bool
        Whether the estimation window may touch the event window.
    estimation_after : (int, int), optional
        A second stretch of the estimation window, after the event window: for events that change risk.
    columns : mapping of str to (str, str)
        By window, ``"estimation"`` or a named one: two columns of the events with first and last days that narrow it
        for single events. Where an event has no value the window stays as it is.

    Raises
    ------
    InputError
        For a window that runs backwards, lies outside the event window, overlaps it, or reaches farther from day 0 than
        any exchange has sessions.

    Examples
    --------
    >>> windows = Windows(estimation=(-210, -11), event=(-10, 10), named={"reaction": (0, 1)})
    >>> [window.interval for window in windows.reported]
    ['[0,+1]']
    """

    estimation: tuple[int, int] = (-250, -11)
    event: tuple[int, int] = (-10, 10)
    named: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    min_obs: int | None = None
    min_coverage: float = 1.0
    allow_overlap: bool = False
    estimation_after: tuple[int, int] | None = None
    columns: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "named", {name: _pair(name, days) for name, days in self.named.items()})
        object.__setattr__(self, "estimation", _pair("estimation", self.estimation))
        object.__setattr__(self, "event", _pair("event", self.event))
        apart = self.estimation[1] < self.event[0] or self.estimation[0] > self.event[1]
        if not (apart or self.allow_overlap):
            raise InputError(
                f"windows: the estimation window {interval(*self.estimation)} overlaps the event window "
                f"{interval(*self.event)}; end it at {self.event[0] - 1} or earlier."
            )
        if self.estimation_after is not None:
            self._check_after(_pair("estimation_after", self.estimation_after))
        self._check_columns()
        if not all(str(name).strip() for name in self.named):
            raise InputError("windows: a named window has no name; one such as drift: [2, 10] was expected.")
        for name, (start, end) in self.named.items():
            if start < self.event[0] or end > self.event[1]:
                raise InputError(
                    f"windows: {name!r} {interval(start, end)} reaches outside the event window "
                    f"{interval(*self.event)}; widen the event window."
                )
        length = int(self.estimated.sum())
        if self.min_obs is not None and not 1 <= self.min_obs <= length:
            raise InputError(
                f"windows: min_obs is {self.min_obs}; the estimation window {interval(*self.estimation)} "
                f"has {length} sessions."
            )
        if not 0 < self.min_coverage <= 1:
            raise InputError(f"windows: min_coverage is {self.min_coverage}; it is a share above 0, at most 1.")

    def _check_after(self, after: tuple[int, int]) -> None:
        object.__setattr__(self, "estimation_after", after)
        if self.estimation[1] >= self.event[0] or (after[0] <= self.event[1] and not self.allow_overlap):
            raise InputError(
                f"windows: estimation {interval(*self.estimation)} must come before the event window "
                f"{interval(*self.event)}, and estimation_after {interval(*after)} after it."
            )

    def _check_columns(self) -> None:
        columns = {name: tuple(pair) for name, pair in self.columns.items()}
        object.__setattr__(self, "columns", columns)
        for name, pair in columns.items():
            if name != "estimation" and name not in self.named:
                raise UnknownNameError("window to narrow", name, ["estimation", *self.named])
            if len(pair) != 2:
                raise InputError(f"windows: columns of {name!r} are {list(pair)}; two names were expected.")

    @property
    def stretch(self) -> tuple[int, int]:
        """First and last day of the estimation window, with all that lies between its two parts."""
        return (self.estimation[0], self.estimation[1] if self.estimation_after is None else self.estimation_after[1])

    @property
    def estimated(self) -> Bools:
        """Which days of `stretch` belong to the estimation window, shape (M,)."""
        first, last = self.stretch
        days = np.arange(first, last + 1)
        inside = (days >= self.estimation[0]) & (days <= self.estimation[1])
        if self.estimation_after is not None:
            inside |= (days >= self.estimation_after[0]) & (days <= self.estimation_after[1])
        return np.asarray(inside)

    @property
    def looks_ahead(self) -> bool:
        """Whether a model is estimated from any session that is not before the event window."""
        return self.stretch[1] >= self.event[0]

    @property
    def reported(self) -> tuple[Window, ...]:
        """The windows of which CARs are reported."""
        if self.named:
            return tuple(Window(name, start, end) for name, (start, end) in self.named.items())
        fitting = [pair for pair in REPORTED if self.event[0] <= pair[0] and pair[1] <= self.event[1]]
        return tuple(Window(interval(*pair), *pair) for pair in fitting or [self.event])

    @property
    def fewest(self) -> int:
        """The least number of returns an estimation window must hold."""
        half = (int(self.estimated.sum()) + 1) // 2
        return min(120, half) if self.min_obs is None else self.min_obs

    @property
    def days(self) -> range:
        """The days of the event window."""
        return range(self.event[0], self.event[1] + 1)

    def window(self, which: str | tuple[int, int]) -> Window:
        """Return a reported window by its name, or any window inside the event window by its days."""
        if isinstance(which, str):
            by_name = {window.name: window for window in self.reported}
            if which not in by_name:
                raise UnknownNameError("window", which, by_name)
            return by_name[which]
        start, end = _pair("window", which)
        if start < self.event[0] or end > self.event[1]:
            raise InputError(f"{interval(start, end)} reaches outside the event window {interval(*self.event)}.")
        return Window(interval(start, end), start, end)


def _pair(name: str, days: tuple[int, int]) -> tuple[int, int]:
    try:
        start, end = (index(day) for day in days)
    except (TypeError, ValueError):
        raise InputError(f"windows: {name} is {days!r}; two days such as [0, 1] were expected.") from None
    if start > end:
        raise InputError(f"windows: {name} is [{start}, {end}]; the first day must not come after the last.")
    if max(-start, end) > FARTHEST:
        raise InputError(f"windows: {name} is [{start}, {end}]; days within {FARTHEST:,} of day 0 were expected.")
    return start, end
