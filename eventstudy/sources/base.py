"""The seam to the world: one method for each kind of source.

A source is a frozen, slotted, keyword-only dataclass whose fields are the keys that a config gives it. What it
reads from outside (``fetch``, bytes) stays apart from what it makes of it (``parse``, a pure function).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import ClassVar, Protocol

import numpy as np

from eventstudy._typing import Bools, Codes, Dates, Ints, Labels
from eventstudy.bars import BarPanel
from eventstudy.errors import DataError, UnknownNameError
from eventstudy.events import Events
from eventstudy.frames import alphabetical
from eventstudy.panels import FactorPanel, PricePanel

__all__ = [
    "BarSource",
    "EventSource",
    "FactorSource",
    "PriceSource",
    "select_coded",
    "select_events",
    "select_rows",
    "wanted_symbols",
]


class PriceSource(Protocol):
    """Where prices come from; `name` is what a config calls it."""

    name: ClassVar[str]

    def prices(
        self,
        symbols: Sequence[str] = (),
        first: date | None = None,
        last: date | None = None,
        *,
        optional: Sequence[str] = (),
    ) -> PricePanel:
        """Return the prices of some symbols, all that there are if none is named.

        Parameters
        ----------
        symbols : sequence of str
            Symbols that must be there: those that somebody named by hand.
        first, last : date, optional
            First and last date wanted, both included.
        optional : sequence of str
            Symbols to bring where the source has them, such as the tickers of ten thousand events.

        Raises
        ------
        UnknownNameError
            If one of `symbols` is not there; the message has the nearest name.
        DataError
            If one of `symbols` has no price between the dates, or what was read breaks a rule.
        """
        ...


class BarSource(Protocol):
    """Where bars come from; `name` is what a config calls it."""

    name: ClassVar[str]

    def bars(
        self,
        symbols: Sequence[str] = (),
        first: date | None = None,
        last: date | None = None,
        *,
        optional: Sequence[str] = (),
    ) -> BarPanel:
        """Return the bars of some symbols, all that there are if none is named.

        Parameters
        ----------
        symbols : sequence of str
            Symbols that must be there.
        first, last : date, optional
            First and last session wanted, both included, with their extended hours.
        optional : sequence of str
            Symbols to bring where the source has them.

        Raises
        ------
        UnknownNameError
            If one of `symbols` is not there; the message has the nearest name.
        DataError
            If one of `symbols` has no bar between the dates, or what was read breaks a rule.
        """
        ...


class EventSource(Protocol):
    """Where events come from; `name` is what a config calls it."""

    name: ClassVar[str]

    def events(self, symbols: Sequence[str] | None = None) -> Events:
        """Return the events of some symbols, of all if none is named.

        Parameters
        ----------
        symbols : sequence of str, optional
            Symbols that must have an event; they take the place of any in the source's own settings.

        Raises
        ------
        UnknownNameError
            If one of `symbols` has none; the message has the nearest name.
        DataError
            If there is no event at all, or what was read breaks a rule.
        """
        ...


class FactorSource(Protocol):
    """Where factor returns come from; `name` is what a config calls it."""

    name: ClassVar[str]

    def factors(self) -> FactorPanel:
        """Return the factors, decimals per session.

        Raises
        ------
        DataError
            If what was read breaks a rule.
        """
        ...

    def provenance(self) -> Mapping[str, str]:
        """Return what tells one edition of the factors from another: a hash, what the file says of itself."""
        ...


def wanted_symbols(there: set[str], symbols: Sequence[str], optional: Sequence[str], place: str) -> set[str]:
    """Return which of the symbols that are there were asked for; all if none was named.

    Parameters
    ----------
    there : set of str
        Symbols that the source has.
    symbols, optional : sequence of str
        Symbols that must be there, and that may.
    place : str
        What the source is called, for the error message.

    Raises
    ------
    UnknownNameError
        If one of `symbols` is not there, or none of `optional` is and nothing else was asked for.
    """
    needed = symbols if symbols or not there.isdisjoint(optional) else optional[:1]
    for symbol in needed:
        if symbol not in there:
            raise UnknownNameError(f"symbol in {place}", symbol, there)
    return there & {*symbols, *optional} if symbols or optional else there


def select_rows(
    names: Labels,
    dates: Dates,
    symbols: Sequence[str],
    optional: Sequence[str],
    first: date | None,
    last: date | None,
    place: str,
) -> Ints:
    """Return the positions of the rows that `PriceSource.prices` was asked for.

    Parameters
    ----------
    names : ndarray of shape (n,)
        Symbol of each row.
    dates : ndarray of shape (n,)
        Date of each row, ``datetime64[D]``.
    symbols, optional : sequence of str
        Symbols that must be there, and that may; all if both are empty.
    first, last : date, optional
        Both included.
    place : str
        Where the rows are, for the error message.

    Returns
    -------
    ndarray of shape (m,)
        Increasing.

    Raises
    ------
    UnknownNameError
        As for `wanted_symbols`.
    DataError
        If a symbol of `symbols` has no row between the dates, or no symbol has.
    """
    import pandas as pd

    codes, there = alphabetical(*pd.factorize(names))
    days = dates.astype("datetime64[D]").view(np.int64)
    chosen = select_coded(there, codes, days, symbols, optional, (first, last), place)
    return np.arange(len(names)) if chosen is None else chosen


def select_coded(
    there: Labels,
    codes: Codes,
    days: Codes,
    symbols: Sequence[str],
    optional: Sequence[str],
    between: tuple[date | None, date | None],
    place: str,
) -> Ints | None:
    """Return what `select_rows` does, None for all rows, of positions among symbols and of days since 1970."""
    wanted = wanted_symbols(set(there), symbols, optional, place)
    low, high = (None if each is None else np.datetime64(each, "D").astype(np.int64) for each in between)
    whole = (low is None or days.min(initial=0) >= low) and (high is None or days.max(initial=0) <= high)
    if whole and len(codes) and len(wanted) == len(there):
        return None
    asked = np.fromiter((name in wanted for name in there), dtype=bool, count=len(there))[codes]
    kept = asked.copy()
    if low is not None:
        kept &= days >= low
    if high is not None:
        kept &= days <= high
    rows = np.flatnonzero(kept)
    _complain_of_no_price(there, codes, days.astype("datetime64[D]"), asked, rows, symbols, place)
    return rows


def _complain_of_no_price(
    there: Labels, codes: Codes, dates: Dates, asked: Bools, kept: Ints, symbols: Sequence[str], place: str
) -> None:
    priced = set(there[np.unique(codes[kept])])
    for symbol in symbols:
        if symbol not in priced:
            own = dates[there[codes] == symbol]
            raise DataError(
                f"{place}: {symbol} has no price between the dates asked for; it has {own.min()} to {own.max()}."
            )
    if not kept.size:
        span = f"; there are some from {dates[asked].min()} to {dates[asked].max()}" if asked.any() else ""
        raise DataError(f"{place}: there is no price between the dates asked for{span}.")


def select_events(events: Events, symbols: Sequence[str], kind: str | None, place: str) -> Events:
    """Return the events of one kind and some symbols, of all kinds and symbols where none is named.

    Parameters
    ----------
    events : Events
        What there is.
    symbols : sequence of str
        Symbols that must have an event of this kind.
    kind : str, optional
        Kind of event.
    place : str
        Where the events are, for the error message.

    Raises
    ------
    UnknownNameError
        If there is no such kind, or a symbol has no event of it.
    DataError
        If there is no event at all.
    """
    if not len(events):
        raise DataError(f"{place}: there is no event.")
    if kind is not None:
        if kind not in events.kind:
            raise UnknownNameError(f"kind of event in {place}", kind, set(events.kind))
        events = events.take(np.flatnonzero(events.kind == kind))
    if not symbols:
        return events
    there = set(events.symbol)
    for symbol in symbols:
        if symbol not in there:
            raise UnknownNameError(f"symbol with {kind or 'events'} in {place}", symbol, there)
    return events.take(np.flatnonzero([symbol in symbols for symbol in events.symbol]))
