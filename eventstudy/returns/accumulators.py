"""What a test needs of the estimation window, gathered block by block while the residuals are there.

Residuals never exist for all events at once. A test names the accumulators that it `needs`; each is shown the
residuals of one block of events after another and keeps only what the test will read. Blocks are merged in
their fixed order, so sums have the same bits on every engine.

An accumulator that must know where all events lie has a class method `before`. What one event contributes may even
depend on the returns of all: a rank test that divides by a dispersion across events. Such an accumulator has a class
method `after`, which is told what the first pass brought home; the blocks are then shown a second time, their
residuals made again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import partial
from typing import TYPE_CHECKING, Protocol, Self, TypeVar, runtime_checkable

import numpy as np

from eventstudy._lazy import lazy
from eventstudy._typing import Bools, Dates, Floats, Ints, Labels, Rows
from eventstudy.returns.day_sums import DaySums
from eventstudy.returns.ranking import uniform_sums
from eventstudy.returns.remade import Remade, as_rows, some_of
from eventstudy.returns.rows import Filled, filled, whole

if TYPE_CHECKING:
    from eventstudy.execution import Engine
    from eventstudy.returns.abnormal import AbnormalReturns, Cars
    from eventstudy.returns.models.base import Block, ExpectedReturnModel
    from eventstudy.returns.windows import Windows

__all__ = [
    "Accumulator",
    "Around",
    "Finishing",
    "FirstPass",
    "OnePass",
    "Places",
    "Residuals",
    "TwoPass",
    "Unread",
    "take",
]

T = TypeVar("T")


def take(record: T, rows: Rows) -> T:
    """Return a record of some events: every array in it, and in the records inside it, at these rows."""
    taken = {}
    for each in fields(record):  # type: ignore[arg-type]
        value = getattr(record, each.name)
        if isinstance(value, np.ndarray):
            taken[each.name] = value[rows]
        elif hasattr(value, "take"):
            taken[each.name] = value.take(rows)
        elif any(isinstance(getattr(value, name, None), np.ndarray) for name in getattr(value, "__slots__", ())):
            taken[each.name] = take(value, rows)
    return replace(record, **taken)  # type: ignore[type-var]


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """Where the events of one group lie.

    Parameters
    ----------
    windows : Windows
        The days of the study.
    members : ndarray of shape (E,)
        Which of all E events belong to the group.
    code : ndarray of shape (E,)
        Symbols; the events of one follow each other by day 0.
    day0 : ndarray of shape (E,)
        Session index of day 0, in the event's calendar.
    calendar : ndarray of shape (E,)
        Exchange codes.
    sessions : mapping of str to ndarray
        The sessions of each exchange.
    own_windows : ndarray of shape (E, W, 2), optional
        First and last day of each reported window for each event, where columns of the events narrow any.
    weights : ndarray of shape (E,), optional
        What each event weighs in a portfolio by value, NaN where unknown.
    """

    windows: Windows
    members: Bools
    code: Ints
    day0: Ints
    calendar: Labels
    sessions: Mapping[str, Dates]
    own_windows: Ints | None = None
    weights: Floats | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Unread:
    """Events whose returns and regressors are read when they are asked for.

    Parameters
    ----------
    reader : callable
        Gives the `Block` of some events.
    rows : ndarray of shape (E,)
        Their positions in `Aligned`.
    """

    reader: Callable[[Ints], Block]
    rows: Ints

    def read(self) -> Block:
        """Read them."""
        return self.reader(self.rows)

    def take(self, rows: Rows) -> Unread:
        """Return some of the events."""
        return Unread(self.reader, self.rows[rows])


@dataclass(frozen=True, eq=False)
class Around:
    """What is known of a block's events beside their estimation residuals; every array has E rows.

    Parameters
    ----------
    abnormal : AbnormalReturns
        Their event windows: abnormal returns, covariance, estimates.
    source : Block or Unread
        Returns and regressors in both windows, or what reads them.
    model : ExpectedReturnModel
        What was estimated.
    code : ndarray of shape (E,)
        Symbols, as positions in the panel's listing.
    day0 : ndarray of shape (E,)
        Session index of day 0, in the event's calendar.
    calendar : ndarray of shape (E,)
        Exchange codes.
    sessions : mapping of str to ndarray
        The sessions of each exchange.
    """

    abnormal: AbnormalReturns
    source: Block | Unread
    model: ExpectedReturnModel
    code: Ints
    day0: Ints
    calendar: Labels
    sessions: Mapping[str, Dates]

    @lazy
    def block(self) -> Block:
        """Returns and regressors in both windows, read when they are first asked for."""
        return self.source.read() if isinstance(self.source, Unread) else self.source

    def take(self, rows: Rows) -> Around:
        """Return the same for some events."""
        return replace(
            self,
            abnormal=self.abnormal.take(rows),
            source=self.source.take(rows) if isinstance(self.source, Unread) else take(self.source, rows),
            code=self.code[rows],
            day0=self.day0[rows],
            calendar=self.calendar[rows],
        )


@dataclass(frozen=True, eq=False)
class Residuals:
    """Estimation residuals of some events of one block.

    Parameters
    ----------
    row : ndarray of shape (E,)
        The events' positions in `Aligned`.
    given : ndarray of shape (E, M), Filled or Remade
        Residuals, decimals per session: NaN where missing; or zero there; or how to make them.
    sigma : ndarray of shape (E,)
        Their standard deviations.
    session : ndarray of shape (E,)
        Session index of the first column, in the event's calendar.
    around : Around or callable, optional
        The same events' returns, event windows and places, or what gives them; a study always does.
    complete : bool
        Whether no residual is known to be missing.
    """

    row: Ints
    given: Floats | Filled | Remade
    sigma: Floats
    session: Ints
    around: Around | Callable[[], Around] | None = None
    complete: bool = False

    @lazy
    def values(self) -> Floats:
        """The residuals, shape (E, M), NaN where missing, made when they are first asked for."""
        return as_rows(self.given)

    @property
    def readable(self) -> Floats | Remade:
        """The same, or how to make them where that is what was given."""
        return self.given if isinstance(self.given, Remade) else self.values

    @lazy
    def rank_sums(self) -> tuple[DaySums, DaySums]:
        """Sums by day of the ranks of residuals and abnormal returns, and of residuals alone; see `uniform_sums`."""
        return uniform_sums(self.readable, self.known.abnormal.ar)

    @lazy
    def filled(self) -> Filled:
        """The residuals with zeros where they are missing, read by whatever sums them."""
        if isinstance(self.given, Filled):
            return self.given
        return whole(self.values) if self.complete else filled(self.values)

    @property
    def used(self) -> Ints:
        """How many residuals of each event there are, shape (E,)."""
        return self.given.n_obs.astype(np.int64) if isinstance(self.given, Remade) else self.filled.n_obs

    @lazy
    def known(self) -> Around:
        """What is known of the events; an error where nobody told."""
        if self.around is None:
            raise ValueError("These residuals came without their event windows.")
        return self.around() if callable(self.around) else self.around

    def take(self, members: Bools) -> Residuals:
        """Return the residuals of the events in a mask of shape (E,)."""
        return self if members.all() else self.some(members)

    def pieces(self) -> Iterator[Residuals]:
        """Give them in pieces that the cache holds, where they are to be made; else as they are."""
        if not isinstance(self.given, Remade):
            yield self
            return
        for rows in self.given.pieces():
            yield self.some(rows)

    def some(self, rows: Rows) -> Residuals:
        """Return the residuals of some events."""
        given = some_of(self.given, rows)
        # Few tests look around, and it is a large record.
        around = None if self.around is None else partial(_some_around, self, rows)
        complete = self.complete or (isinstance(given, Remade) and given.complete)
        return Residuals(self.row[rows], given, self.sigma[rows], self.session[rows], around, complete)


def _some_around(residuals: Residuals, rows: Rows) -> Around:
    return residuals.known.take(rows)


@dataclass(frozen=True, slots=True, eq=False)
class FirstPass:
    """What the first pass brought home of one group.

    Parameters
    ----------
    abnormal : AbnormalReturns
        All E events.
    cars : mapping of str to Cars
        Their CARs over every reported window.
    places : Places
        Where they lie, and which of them belong to the group.
    accumulated : mapping
        What the first look gathered of the group.
    """

    abnormal: AbnormalReturns
    cars: Mapping[str, Cars]
    places: Places
    accumulated: Mapping[type[Accumulator], Accumulator] = field(default_factory=dict)


class Accumulator(Protocol):
    """Made empty, shown blocks, merged; one that says ``in_order`` is merged block after block into the whole.

    It is copied for every block: arrays are replaced, and written into only where the whole has made them itself.
    One that says ``remakes`` is shown residuals as they are given; the others, small pieces of those to be made.
    One that says ``by_value`` must know what events weigh.
    """

    def add(self, residuals: Residuals) -> None:
        """Take what is needed from the residuals of a block."""
        ...

    def merge(self, other: Self) -> None:
        """Take over what a later block brought home."""
        ...


@runtime_checkable
class OnePass(Protocol):
    """An accumulator that is made when the events have their places."""

    @classmethod
    def before(cls, places: Places) -> Accumulator:
        """Return it empty, with what it needs of the places."""
        ...


@runtime_checkable
class Finishing(Protocol):
    """An accumulator with work left when all blocks are merged."""

    def finish(self, engine: Engine, places: Places, remade: Callable[[Ints], Remade] | None) -> None:
        """Do it: where all events lie, and what gives the residuals of some, where they are made again."""
        ...


@runtime_checkable
class TwoPass(Protocol):
    """An accumulator that is made when all events have their abnormal returns."""

    @classmethod
    def after(cls, first: FirstPass) -> Accumulator:
        """Return it empty, with what it needs of the first pass."""
        ...
