"""Prices read off the bars at the same times of every session: the marks of a ladder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

from eventstudy._typing import Bools, Floats, Ints, Times
from eventstudy.bars import BarSeries
from eventstudy.errors import InputError
from eventstudy.panels import Basis, PriceSeries
from eventstudy.reactions.liquidity import Liquidity, Prints

__all__ = ["Clock", "Mark", "Segment", "SessionBars"]

# Official closes and last bars differ by less; more is another adjustment.
SAME_LEVEL = 0.02
# Prices move less in the last half hour of a session; more is a split.
SPLIT = 0.1
NEAR_CLOSE = np.timedelta64(30 * 60, "s")
USUAL_SESSIONS = 20


class Segment(StrEnum):
    """A part of the day, from one close to the next."""

    AFTER_HOURS = "after_hours"
    """From the close of the session before to the end of its extended hours."""
    PREMARKET = "premarket"
    """From the start of trading to the regular open."""
    SESSION = "session"
    """The regular hours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """At which times of the day prices are read off the bars.

    Parameters
    ----------
    cutoff : int
        Minutes before the regular open by which a premarket price must have been made: 5 is 09:25 in New York.
    opening : tuple of int
        Minutes after the open.
    after_news : tuple of int
        Minutes after an announcement whose time is known.
    liquidity : Liquidity
        From which figures on a price of the extended hours is usable.

    Examples
    --------
    >>> Clock().opening
    (5, 30)
    """

    cutoff: int = 5
    opening: tuple[int, ...] = (5, 30)
    after_news: tuple[int, ...] = (1, 5, 15, 30, 60)
    liquidity: Liquidity = field(default_factory=Liquidity)

    def __post_init__(self) -> None:
        if not 0 <= self.cutoff < 330:
            raise InputError(f"clock: cutoff is {self.cutoff}; minutes before the open, 0 to 329, were expected.")
        for name in ("opening", "after_news"):
            minutes = getattr(self, name)
            if any(each < 1 for each in minutes) or list(minutes) != sorted(set(minutes)):
                raise InputError(f"clock: {name} is {minutes}; minutes of 1 or more, each larger than the one before.")


@dataclass(frozen=True, slots=True, eq=False)
class Mark:
    """One price a session, read off the bars; every array has shape (n,).

    Parameters
    ----------
    segment : Segment
        The part of the day that the price belongs to.
    growth : ndarray of shape (n,)
        Price over the converted close before, NaN where nothing was printed.
    time : ndarray of shape (n,)
        End of the bar, UTC; NaT where there is none or it is not one moment's price.
    """

    segment: Segment
    growth: Floats
    time: Times

    @property
    def printed(self) -> Bools:
        """Whether there is a price, shape (n,)."""
        return np.asarray(~np.isnan(self.growth))


@dataclass(frozen=True, slots=True, eq=False)
class SessionBars:
    """The bars of one symbol by session of its daily prices, and how their level is brought to that of the daily ones.

    Parameters
    ----------
    bars : BarSeries
        Only bars with a close.
    opens, closes : ndarray of shape (n,)
        Regular open of each session of the daily prices, and close of the session before, UTC.
    low, high : mapping of Segment to ndarray of shape (n,)
        Bars from `low` to before `high` lie in that part of the day.
    unit : mapping of Segment to ndarray of shape (n,)
        Times this a bar's price is a gross move from the converted close before.
    level : ndarray of shape (n,)
        Times this a bar's price of the regular session is on the level of the daily prices.
    usual : ndarray of shape (n,)
        Mean volume of the sessions before.
    """

    bars: BarSeries
    opens: Times
    closes: Times
    low: Mapping[Segment, Ints]
    high: Mapping[Segment, Ints]
    unit: Mapping[Segment, Floats]
    level: Floats
    usual: Floats

    @classmethod
    def of(cls, bars: BarSeries, series: PriceSeries, base: Floats) -> SessionBars:
        """Return the bars of a symbol beside its daily prices.

        Parameters
        ----------
        bars : BarSeries
            Any bars of the symbol.
        series : PriceSeries
            Its daily prices, n sessions.
        base : ndarray of shape (n,)
            The close before each session, on that session's basis.

        Notes
        -----
        Unadjusted bars and prices are taken as they are. Where the bars' price at the close departs from the daily
        close by more than 2%, or either of the two is adjusted, the bars of that session are brought to the level of
        the daily close; without a price at the close, to the level of the last session that has one, unless a last
        price of the last half hour shows a split since. A price after hours keeps its move from the close of its own
        evening, so that a dividend or split of the next morning is not in it.
        """
        bars = _with_close(bars)
        calendar, first, n = series.calendar, series.first, len(series.close)
        sessions = np.arange(first, first + n)
        opened = _first_in(bars, sessions, calendar.opens[sessions])
        closed = _first_in(bars, sessions, calendar.closes[sessions])
        begin = np.searchsorted(bars.session, sessions)
        before = np.maximum(sessions - 1, 0)
        evening = _first_in(bars, before, calendar.closes[before])
        level = _level(bars, series, opened, closed)
        level_before = np.concatenate([[np.nan], level[:-1]])
        close_before = np.concatenate([[np.nan], series.close[:-1]])
        return cls(
            bars=bars,
            opens=calendar.opens[sessions],
            closes=calendar.closes[before],
            low={Segment.AFTER_HOURS: evening, Segment.PREMARKET: begin, Segment.SESSION: opened},
            high={
                Segment.AFTER_HOURS: np.searchsorted(bars.session, before, side="right"),
                Segment.PREMARKET: opened,
                Segment.SESSION: closed,
            },
            unit={
                Segment.AFTER_HOURS: level_before / close_before,
                Segment.PREMARKET: level / base,
                Segment.SESSION: level / base,
            },
            level=level,
            usual=_mean_before(series.volume, USUAL_SESSIONS),
        )

    def anchor(self, segment: Segment) -> Times:
        """Return from when the time of day counts: the evening's close, or the open, shape (n,)."""
        return self.closes if segment is Segment.AFTER_HOURS else self.opens

    def covered(self, place: int) -> bool:
        """Return whether a session has a bar of its regular hours or premarket, and a close before it to count from."""
        some = self.low[Segment.PREMARKET][place] < self.high[Segment.SESSION][place]
        return bool(some and np.isfinite(self.unit[Segment.PREMARKET][place]))

    def last_by(self, segment: Segment, moments: Times | None = None) -> Mark:
        """Return the last price of a part of the day by a moment of each session, by its end without one."""
        low, high = self.until(segment, moments)
        found = high > low
        place = np.where(found, high - 1, 0)
        growth = np.where(found, self._pick(self.bars.close, place) * self.unit[segment], np.nan)
        return Mark(segment, growth, np.where(found, self._moment(self.bars.end, place), np.datetime64("NaT", "s")))

    def first(self, segment: Segment, moments: Times | None = None) -> Mark:
        """Return the first price: the open of the first bar, at its start."""
        low, high = self.until(segment, moments)
        found = high > low
        place = np.where(found, low, 0)
        opened = self._pick(self.bars.open, place)
        opened = np.where(np.isnan(opened), self._pick(self.bars.close, place), opened)
        growth = np.where(found, opened * self.unit[segment], np.nan)
        return Mark(segment, growth, np.where(found, self._moment(self.bars.start, place), np.datetime64("NaT", "s")))

    def extreme(self, segment: Segment, highest: bool, moments: Times | None = None) -> Mark:
        """Return the highest or lowest price of a part of the day; it has no moment."""
        values = self.bars.high if highest else self.bars.low
        values = np.where(np.isnan(values), self.bars.close, values)
        worst = -np.inf if highest else np.inf
        reduce = np.maximum if highest else np.minimum
        return self._untimed(segment, _reduced(reduce, values, worst, *self.until(segment, moments)))

    def vwap(self, segment: Segment, moments: Times | None = None) -> Mark:
        """Return the mean of ``(high + low + close) / 3`` weighted with volume, where there is any volume."""
        bars = self.bars
        volume = np.where(np.isfinite(bars.volume), bars.volume, 0.0)
        typical = np.where(np.isnan(bars.high + bars.low), bars.close, (bars.high + bars.low + bars.close) / 3)
        limits = self.until(segment, moments)
        shares = _reduced(np.add, volume, 0.0, *limits)
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = _reduced(np.add, volume * typical, 0.0, *limits) / shares
        return self._untimed(segment, np.where(shares > 0, mean, np.nan))

    def prints(self, segment: Segment, place: int, moment: np.datetime64) -> Prints:
        """Return what traded in a part of one session by a moment."""
        low = int(self.low[segment][place])
        high = min(int(self.high[segment][place]), int(np.searchsorted(self.bars.end, moment, side="right")))
        if high <= low:
            return Prints(count=0)
        shares = self.bars.volume[low:high]
        volume = float(np.nansum(shares))
        known = volume > 0
        return Prints(
            count=high - low,
            age=float((moment - self.bars.end[high - 1]) / np.timedelta64(60, "s")),
            volume=volume if known else np.nan,
            notional=float(np.nansum(shares * self.bars.close[low:high])) if known else np.nan,
            usual=float(self.usual[place]),
        )

    def until(self, segment: Segment, moments: Times | None) -> tuple[Ints, Ints]:
        """Return where the bars of a part of the day lie that end by a moment of each session."""
        low, high = self.low[segment], self.high[segment]
        if moments is not None:
            high = np.minimum(high, np.searchsorted(self.bars.end, moments, side="right"))
        return low, np.maximum(high, low)

    def _untimed(self, segment: Segment, values: Floats) -> Mark:
        nowhen = np.full(len(values), np.datetime64("NaT", "s"))
        return Mark(segment, values * self.unit[segment], nowhen)

    def _moment(self, times: Times, place: Ints) -> Times:
        return times[place] if len(times) else np.full(len(place), np.datetime64("NaT", "s"))

    def _pick(self, values: Floats, place: Ints) -> Floats:
        return values[place] if len(values) else np.full(len(place), np.nan)


def _with_close(bars: BarSeries) -> BarSeries:
    good = np.isfinite(bars.close)
    if good.all():
        return bars
    from dataclasses import replace

    names = ("start", "session", "open", "high", "low", "close", "volume")
    return replace(bars, **{name: getattr(bars, name)[good] for name in names})


def _first_in(bars: BarSeries, sessions: Ints, moments: Times) -> Ints:
    """Return the first bar of each session that starts at a moment or later; the end of the session without any."""
    found = np.searchsorted(bars.start, moments)
    return np.clip(
        found, np.searchsorted(bars.session, sessions), np.searchsorted(bars.session, sessions, side="right")
    )


def _level(bars: BarSeries, series: PriceSeries, opened: Ints, closed: Ints) -> Floats:
    if not len(bars.close):
        return np.full(len(opened), np.nan)
    place = np.where(closed > opened, closed - 1, 0)
    closes = series.calendar.closes[series.first : series.first + len(series.close)]
    early = closes - bars.end[place]
    # A last bar of noon tells nothing of the level of the close.
    found = (closed > opened) & (early <= NEAR_CLOSE)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.where(found, series.close / bars.close[place], np.nan)
        # After a bar that ended before the close the price went on; what else moves so far is a split.
        exact = np.where(early <= np.timedelta64(0, "s"), ratio, np.nan)
        carried = _last_known(exact)
        level = np.where(np.abs(ratio / carried - 1) <= SPLIT, carried, ratio)
        if bars.basis is series.basis is Basis.UNADJUSTED:
            return np.where(np.abs(level - 1) > SAME_LEVEL, level, 1.0)
    return _last_known(level)


def _last_known(values: Floats) -> Floats:
    """Return each value, or the last known one before it."""
    return values[np.maximum.accumulate(np.where(np.isnan(values), 0, np.arange(len(values))))]


def _reduced(reduce: np.ufunc, values: Floats, nothing: float, low: Ints, high: Ints) -> Floats:
    """Return the reduction of each stretch of values, NaN where it is empty."""
    padded = np.append(values, nothing)
    pairs = np.stack([low, high], axis=1).ravel()
    made: Floats = reduce.reduceat(padded, pairs)[::2] if len(pairs) else np.empty(0)
    return np.where(high > low, made, np.nan)


def _mean_before(values: Floats, sessions: int) -> Floats:
    """Return the mean over the sessions before each, those without a value left out."""
    known = np.concatenate([[0.0], np.cumsum(~np.isnan(values))])
    total = np.concatenate([[0.0], np.cumsum(np.nan_to_num(values))])
    at = np.arange(len(values))
    since = np.maximum(at - sessions, 0)
    counted = known[at] - known[since]
    with np.errstate(invalid="ignore"):
        return np.where(counted > 0, (total[at] - total[since]) / np.maximum(counted, 1), np.nan)
