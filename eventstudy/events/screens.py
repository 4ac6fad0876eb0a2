"""Screens: which events to look at with care, and which to leave out; each says why.

A screen is a small frozen value with one method, `apply`. A screen of your own needs no more than that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Literal, Protocol

import numpy as np

from eventstudy._labels import alike, are, distinct
from eventstudy._typing import Bools, Codes, Ints, Labels
from eventstudy.errors import Flag, InputError, Reason, UnknownNameError
from eventstudy.events.flags import Flags
from eventstudy.events.news import News
from eventstudy.events.table import Events
from eventstudy.events.timing import Placed
from eventstudy.panels import Basis, PricePanel

__all__ = [
    "ConfoundingNews",
    "LiquidityFloor",
    "MinimumHistory",
    "Screen",
    "ScreenedEvents",
    "Screening",
    "Verdict",
    "apply_screens",
]

Action = Literal["flag", "drop"]


@dataclass(frozen=True, slots=True, eq=False)
class Screening:
    """What a screen sees.

    Parameters
    ----------
    events : Events
        All E events given, on the venue of their prices.
    placed : Placed
        Their day 0.
    prices : PricePanel
        Prices by symbol.
    kept : ndarray of shape (E,)
        Which of them are still in the study; a screen judges these alone.
    event_window, estimation_window : (int, int)
        First and last day relative to day 0.
    news : News, optional
        Other news of the symbols.
    """

    events: Events
    placed: Placed
    prices: PricePanel
    kept: Bools
    event_window: tuple[int, int]
    estimation_window: tuple[int, int]
    news: News | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Verdict:
    """What a screen says of E events.

    Parameters
    ----------
    flags : Flags
        What to know of the events.
    status : ndarray of shape (E,)
        A `Reason` each, ``ok`` where the event stays.
    detail : ndarray of shape (E,)
        The figures behind a reason, in words.
    masked : ndarray of shape (n,), optional
        Sessions, flat over the listing of the prices, to leave out of every estimation window.
    """

    flags: Flags
    status: Labels
    detail: Labels
    masked: Bools | None = None

    @classmethod
    def nothing(cls, count: int) -> Verdict:
        """Return the verdict of a screen that finds nothing."""
        return cls(Flags(count), alike(Reason.OK, count), alike("", count))

    @classmethod
    def of(cls, action: Action, which: Bools, flag: Flag, reason: Reason, detail: Labels | None = None) -> Verdict:
        """Return the verdict that flags or drops some events; `which` and `detail` have shape (E,)."""
        verdict = cls.nothing(len(which))
        if action == "flag":
            return replace(verdict, flags=verdict.flags.mark(flag, which))
        return verdict.but(which, reason, "" if detail is None else detail[which])

    def but(self, which: Bools | Ints, status: Labels | Reason, detail: Labels | str) -> Verdict:
        """Return the same with another status and detail of some events, a mask or their positions."""
        rows = np.flatnonzero(which) if which.dtype == bool else which
        if not rows.size:
            return self
        changed = replace(self, status=self.status.copy(), detail=self.detail.copy())
        changed.status[rows], changed.detail[rows] = status, detail
        return changed


class Screen(Protocol):
    """Anything that judges events before they are studied."""

    kind: ClassVar[str]

    def apply(self, seen: Screening) -> Verdict:
        """Return flags and drops of the events that are still kept."""


ScreenedEvents = Verdict
"""What all screens say together."""


def apply_screens(screens: Sequence[Screen], seen: Screening) -> ScreenedEvents:
    """Apply screens one after another; each sees the events that the ones before it left.

    Parameters
    ----------
    screens : sequence of Screen
        In the order in which they are applied.
    seen : Screening
        Events, prices, windows.

    Returns
    -------
    Verdict
        All flags, and for each event the first reason to drop it.
    """
    joined = Verdict.nothing(len(seen.events))
    for screen in screens:
        verdict = screen.apply(seen)
        fresh = seen.kept & ~are(verdict.status, Reason.OK)
        joined = joined.but(fresh, verdict.status[fresh], verdict.detail[fresh])
        masked = joined.masked
        if verdict.masked is not None:
            masked = verdict.masked if masked is None else masked | verdict.masked
        joined = replace(joined, flags=joined.flags | verdict.flags, masked=masked)
        seen = replace(seen, kept=seen.kept & ~fresh)
    return joined


def check_action(screen: str, action: str) -> None:
    """Raise `UnknownNameError` if a screen is told to do what no screen does."""
    if action not in ("flag", "drop"):
        raise UnknownNameError(f"action of the screen {screen}", action, ["flag", "drop"])


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfoundingNews:
    """Other news of the symbol near day 0; needs the study's list of news (METHODS 1.6).

    Parameters
    ----------
    radius : int
        Sessions on either side of day 0; news on a date without a session count on the next one.
    action : {"flag", "drop"}
        Whether such events are kept with a flag or left out.
    """

    kind: ClassVar[str] = "confounding_news"
    radius: int = 1
    action: Action = "flag"

    def __post_init__(self) -> None:
        check_action(self.kind, self.action)
        if self.radius < 0:
            raise InputError(
                f"screens: radius of confounding_news is {self.radius}; sessions, 0 or more, were expected."
            )

    def apply(self, seen: Screening) -> Verdict:
        """Return which events have other news within the radius."""
        count = len(seen.events)
        if seen.news is None or not len(seen.news):
            return Verdict.nothing(count)
        near, detail = np.zeros(count, dtype=bool), np.full(count, "", dtype=object)
        news, symbol = seen.news, seen.events.symbol
        codes, _ = distinct(np.concatenate([symbol, news.symbol]))
        by_symbol = _positions(codes[count:])
        for code, calendar in seen.placed.calendars.items():
            session = calendar.at_or_after(news.date)
            here = np.flatnonzero(seen.kept & are(seen.events.calendar, code))
            for name, places in _positions(codes[here]).items():
                if name not in by_symbol:
                    continue
                rows, items = here[places], by_symbol[name]
                apart = np.abs(session[items][None, :] - seen.placed.day0[rows][:, None])
                near[rows] = (apart <= self.radius).any(axis=1)
                closest = items[apart.argmin(axis=1)]
                detail[rows] = [f"{news.date[item]}: {news.what[item]}".rstrip(": ") for item in closest]
        return Verdict.of(self.action, near, Flag.CONFOUNDING_NEWS, Reason.CONFOUNDED, detail)


@dataclass(frozen=True, slots=True, kw_only=True)
class LiquidityFloor:
    """Floors under price and volume before day 0, on unadjusted figures.

    Adjusted levels hold later splits and dividends, which nobody knew on the day, so that a symbol with adjusted
    prices only is flagged ``liquidity_unknown`` and kept.

    Parameters
    ----------
    min_price : float, optional
        Least close of the last session before day 0 that has one, in the currency of the listing.
    min_volume : float, optional
        Least median number of shares a session.
    min_value : float, optional
        Least median of close times shares a session, in the currency of the listing.
    sessions : int
        Sessions before day 0 that are looked at.
    action : {"flag", "drop"}
        Whether such events are kept with a flag or left out.
    """

    kind: ClassVar[str] = "liquidity"
    min_price: float | None = None
    min_volume: float | None = None
    min_value: float | None = None
    sessions: int = 20
    action: Action = "drop"

    def __post_init__(self) -> None:
        check_action(self.kind, self.action)
        if self.sessions < 1:
            raise InputError(f"screens: sessions of liquidity is {self.sessions}; at least 1 was expected.")
        if self.min_price is None and self.min_volume is None and self.min_value is None:
            raise InputError("screens: liquidity needs min_price, min_volume or min_value.")

    def apply(self, seen: Screening) -> Verdict:
        """Return which events lie below a floor."""
        count = len(seen.events)
        rows = known_rows(seen)
        codes, before = seen.prices.listing.codes(seen.events.symbol[rows]), seen.placed.day0[rows] - self.sessions
        close, volume = (
            seen.prices.listing.gather(values, codes, before, self.sessions)
            for values in (seen.prices.close, seen.prices.volume)
        )
        basis = np.array([each == Basis.UNADJUSTED for each in seen.prices.basis], dtype=bool)[codes]
        price = np.where(basis, _last(close), np.nan)
        shares = _median(volume)
        value = np.where(basis, _median(close * volume), np.nan)
        too_low = {
            (Flag.PRICE_TOO_LOW, Reason.PRICE_TOO_LOW): [(price, self.min_price, "close")],
            (Flag.VOLUME_TOO_LOW, Reason.VOLUME_TOO_LOW): [
                (shares, self.min_volume, "median volume"),
                (value, self.min_value, "median value traded"),
            ],
        }
        verdict, unknown = Verdict.nothing(count), np.zeros(count, dtype=bool)
        for (flag, reason), floors in too_low.items():
            for found, floor, what in floors:
                if floor is None:
                    continue
                below, detail = np.zeros(count, dtype=bool), np.full(count, "", dtype=object)
                below[rows], unknown[rows] = found < floor, unknown[rows] | np.isnan(found)
                low = found < floor
                detail[rows[low]] = [f"{what} {each:g}, floor {floor:g}" for each in found[low]]
                fresh = below & are(verdict.status, Reason.OK)
                each = Verdict.of(self.action, fresh, flag, reason, detail)
                verdict = verdict.but(fresh, each.status[fresh], each.detail[fresh])
                verdict = replace(verdict, flags=verdict.flags | each.flags)
        return replace(verdict, flags=verdict.flags.mark(Flag.LIQUIDITY_UNKNOWN, unknown))


@dataclass(frozen=True, slots=True, kw_only=True)
class MinimumHistory:
    """A least number of returns before day 0, wherever they lie.

    Parameters
    ----------
    sessions : int
        Returns that the symbol must have before day 0.
    action : {"flag", "drop"}
        Whether such events are kept with a flag or left out.
    """

    kind: ClassVar[str] = "history"
    sessions: int = 250
    action: Action = "drop"

    def __post_init__(self) -> None:
        check_action(self.kind, self.action)
        if self.sessions < 1:
            raise InputError(f"screens: sessions of history is {self.sessions}; at least 1 was expected.")

    def apply(self, seen: Screening) -> Verdict:
        """Return which events have too short a history."""
        count = len(seen.events)
        rows = known_rows(seen)
        listing = seen.prices.listing
        codes = listing.codes(seen.events.symbol[rows])
        before = np.concatenate([[0], np.cumsum(~np.isnan(seen.prices.total_return))])
        start = listing.offsets[codes]
        found = before[start + np.clip(seen.placed.day0[rows] - listing.first[codes], 0, listing.lengths[codes])]
        short, detail = np.zeros(count, dtype=bool), np.full(count, "", dtype=object)
        had = found - before[start]
        few = had < self.sessions
        short[rows] = few
        detail[rows[few]] = [f"{each} of {self.sessions} returns before day 0" for each in had[few]]
        return Verdict.of(self.action, short, Flag.TOO_SHORT_HISTORY, Reason.TOO_SHORT_HISTORY, detail)


def _positions(codes: Codes) -> dict[int, Ints]:
    """Return where each code stands, in order."""
    order = np.argsort(codes, kind="stable")
    known, starts = np.unique(codes[order], return_index=True)
    return dict(zip(known.tolist(), np.split(order, starts[1:]), strict=True)) if len(codes) else {}


def known_rows(seen: Screening) -> Ints:
    """Return the events still kept whose symbol has prices, as positions."""
    return np.flatnonzero(seen.kept & (seen.prices.listing.codes(seen.events.symbol) >= 0))


def _last(values: np.typing.NDArray[np.float64]) -> np.typing.NDArray[np.float64]:
    """Return the last value of each row that is there, NaN where none is."""
    there = ~np.isnan(values)
    place = values.shape[1] - 1 - there[:, ::-1].argmax(axis=1)
    return np.where(there.any(axis=1), values[np.arange(len(values)), place], np.nan)


def _median(values: np.typing.NDArray[np.float64]) -> np.typing.NDArray[np.float64]:
    """Return the median of what is there in each row, NaN where nothing is."""
    found = np.full(len(values), np.nan)
    there = (~np.isnan(values)).any(axis=1)
    found[there] = np.nanmedian(values[there], axis=1)
    return found
