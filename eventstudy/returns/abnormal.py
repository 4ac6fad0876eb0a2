"""Abnormal returns of every event under one model, with the covariance that makes any window's CAR exact."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Protocol

import numpy as np

from eventstudy._typing import Bools, Floats, Ints, Labels, Rows
from eventstudy.distributions import student_p_value
from eventstudy.errors import Reason
from eventstudy.execution import Engine, map_chunks, sharing
from eventstudy.returns.accumulators import take
from eventstudy.returns.bhar import BuyAndHold, buy_and_hold
from eventstudy.returns.covariance import Covariance, ForecastError
from eventstudy.returns.estimates import Estimates
from eventstudy.returns.window_sums import window_sums
from eventstudy.returns.windows import Window, Windows

__all__ = ["AbnormalReturns", "Cars", "Estimates", "ForecastError", "Sides", "Source"]

EVERY = slice(None)


@dataclass(frozen=True, slots=True, eq=False)
class Cars:
    """Cumulative abnormal returns over one window; every array has shape (E,).

    Parameters
    ----------
    window : Window
        The days summed.
    car : ndarray
        Sum of abnormal returns, a decimal; NaN where the window is not covered.
    std_error : ndarray
        ``sqrt(c' V c)``, V the covariance of the abnormal returns and c the days summed.
    dof : ndarray
        Degrees of freedom of the variance.
    held : ndarray or callable
        Buy-and-hold abnormal returns, or what computes them.
    reason : ndarray
        A `Reason` each.
    """

    window: Window
    car: Floats
    std_error: Floats
    dof: Ints
    held: Floats | Callable[[], Floats]
    reason: Labels

    @property
    def bhar(self) -> Floats:
        """Buy-and-hold abnormal returns against the benchmark; NaN where what is measured is no return."""
        return self.held() if callable(self.held) else self.held

    @property
    def t(self) -> Floats:
        """``car / std_error``, Student t with `dof` degrees of freedom under the null; also called SCAR."""
        return self.car / self.std_error

    @property
    def p_value(self) -> Floats:
        """Two-sided p-values of `t`."""
        return student_p_value(self.t, self.dof)


@dataclass(frozen=True, slots=True, eq=False)
class Sides:
    """What abnormal returns are the difference of, and what buy-and-hold returns are compared with.

    Parameters
    ----------
    actual, expected : ndarray of shape (E, L)
        ``ar = actual - expected``, decimals per session.
    benchmark : ndarray of shape (E, L) or (E, L, J)
        Returns of what a buy-and-hold return is compared with, or of each of the members of a portfolio.
    delisted : ndarray of shape (E, L), optional
        Sessions after the last of the event's symbol.
    """

    actual: Floats
    expected: Floats
    benchmark: Floats
    delisted: Bools | None = None

    def take(self, rows: Rows) -> Sides:
        """Return those of some events."""
        return take(self, rows)


class Source(Protocol):
    """What has the fields of `Sides`: these, or what reads each when it is asked for."""

    @property
    def actual(self) -> Floats:
        """As in `Sides`."""

    @property
    def expected(self) -> Floats:
        """As in `Sides`."""

    @property
    def benchmark(self) -> Floats:
        """As in `Sides`."""

    @property
    def delisted(self) -> Bools | None:
        """As in `Sides`."""

    def take(self, rows: Rows) -> Source:
        """Return the same for some events."""


@dataclass(frozen=True, slots=True, eq=False)
class AbnormalReturns:
    """Abnormal returns of E events over the L days of the event window: what everything after reads.

    Parameters
    ----------
    windows : Windows
        The days.
    ar : ndarray of shape (E, L)
        Abnormal returns, decimals per session, NaN where missing.
    covariance : Covariance
        Of each event's abnormal returns.
    estimates : Estimates
        Parameters, sigma, degrees of freedom, reasons.
    source : Source
        What abnormal returns are the difference of.
    forecast_error : str
        How much of the parameter error enters variances.
    log : bool
        Whether returns are log returns.
    returns : bool
        Whether what is measured is a return at all.
    hold : BuyAndHold
        How buy-and-hold abnormal returns are taken.
    span : ndarray of shape (E, L), optional
        Sessions that each return covers, where returns run from trade to trade; one without it.
    own_windows : ndarray of shape (E, W, 2), optional
        First and last day of each reported window for each event, where columns of the events narrow any.
    """

    windows: Windows
    ar: Floats
    covariance: Covariance
    estimates: Estimates
    source: Source
    forecast_error: ForecastError = "full"
    log: bool = False
    returns: bool = True
    hold: BuyAndHold = field(default_factory=BuyAndHold)
    span: Floats | None = None
    own_windows: Ints | None = None

    def __post_init__(self) -> None:
        self.ar.setflags(write=False)

    @property
    def actual(self) -> Floats:
        """The returns themselves, shape (E, L)."""
        return self.source.actual

    @property
    def expected(self) -> Floats:
        """Expected returns, shape (E, L)."""
        return self.source.expected

    @property
    def noise(self) -> Floats:
        """Variance of each session's own disturbance, shape (E, L)."""
        return self.covariance.noise

    @property
    def spread(self) -> Floats:
        """Parameter error, shape (E, L, P); the covariance is ``V = diag(noise) + spread spread'``."""
        return self.covariance.spread

    @property
    def rho(self) -> Floats | None:
        """First-order autocorrelation of the disturbances, shape (E,); None where they are independent."""
        return self.covariance.rho

    @property
    def std_error(self) -> Floats:
        """Standard error of each abnormal return, shape (E, L): ``sqrt(V[t, t])``."""
        return self.std_errors()

    def std_errors(self, engine: Engine | None = None) -> Floats:
        """Return `std_error`, made in the threads and on the path of an engine."""
        return self.covariance.std_error(self.ar, self.forecast_error, engine)

    def take(self, rows: Rows) -> AbnormalReturns:
        """Return the abnormal returns of some events."""
        return replace(
            self,
            ar=self.ar[rows],
            covariance=self.covariance.take(rows),
            estimates=take(self.estimates, rows),
            source=self.source.take(rows),
            span=None if self.span is None else self.span[rows],
            own_windows=None if self.own_windows is None else self.own_windows[rows],
        )

    @property
    def sar(self) -> Floats:
        """Standardised abnormal returns ``ar / std_error``, shape (E, L)."""
        return self.ar / self.std_error

    def variance(self, weights: Floats) -> Floats:
        """Return the exact variance of a weighted sum of abnormal returns.

        Parameters
        ----------
        weights : ndarray of shape (L,) or (E, L)
            One weight a day; days without an abnormal return count as weight zero.

        Returns
        -------
        ndarray of shape (E,)
            ``c' V c = sum c_t^2 noise_t + |sum c_t spread_t|^2``; the first sum is `serial_variance` where
            disturbances are autocorrelated.
        """
        return self.covariance.of_weighted(np.where(np.isnan(self.ar), 0.0, weights), self.forecast_error)

    def car(self, which: str | tuple[int, int] | Window) -> Cars:
        """Return the cumulative abnormal returns of a window.

        Parameters
        ----------
        which : str, (int, int) or Window
            A reported window by its name, or any days inside the event window.

        Returns
        -------
        Cars
            One of each per event. A window with fewer returns than `Windows.min_coverage` asks for has NaN and
            the reason ``incomplete_window``; with coverage below one the days there are are summed. Where columns of
            the events narrow the window, each event has its own days.
        """
        window = which if isinstance(which, Window) else self.windows.window(which)
        return self._cars([window])[0]

    def cars(self, engine: Engine | None = None) -> dict[str, Cars]:
        """Return the cumulative abnormal returns of every reported window, by its name.

        An engine says in which threads they are made, and on which path.
        """
        return {cars.window.name: cars for cars in self._cars(self.windows.reported, engine)}

    def _cars(self, windows: Sequence[Window], engine: Engine | None = None) -> list[Cars]:
        sums = window_sums(self.ar, [window.within(self.windows.event[0]) for window in windows], engine)
        made = map_chunks(partial(self._of_sums, engine=engine), [*zip(windows, sums, strict=True)], sharing(engine))
        return list(made)

    def _of_sums(self, summed: tuple[Window, Floats], engine: Engine | None) -> Cars:
        """Return the cumulative abnormal returns of a window, given the sums over its days."""
        window, car = summed
        days, reason = window.within(self.windows.event[0]), self.estimates.reason
        std_error = self.covariance.of_sum(days, self.forecast_error, engine)
        np.sqrt(std_error, out=std_error)
        with_gaps = np.isnan(car)
        if self.own_windows is not None or self.span is not None:
            with_gaps[:] = True
        if with_gaps.any():
            rows, reason = np.flatnonzero(with_gaps), reason.copy()
            car[rows], std_error[rows], reason[rows] = _with_gaps(self, rows, window)
        return Cars(window, car, std_error, self.estimates.dof, partial(self.bhar, window), reason)

    def inside(self, window: Window, rows: Rows = EVERY) -> Bools:
        """Return which days of the event window belong to a window, shape (E, L), or those of some events.

        Read-only where no event has days of its own.
        """
        days = np.array(self.windows.days)
        if self.own_windows is None or window not in self.windows.reported:
            every = (days >= window.start) & (days <= window.end)
            return np.broadcast_to(every, (len(self.covariance.which[rows]), len(days)))
        own = self.own_windows[rows, self.windows.reported.index(window)]
        return np.asarray((days >= own[:, :1]) & (days <= own[:, 1:]))

    def narrowed(self, window: Window) -> AbnormalReturns:
        """Return the same without abnormal returns outside each event's own days of a window."""
        if self.own_windows is None:
            return self
        of_window = window.within(self.windows.event[0])
        outside = ~self.inside(window)
        outside[:, : of_window.start] = outside[:, of_window.stop :] = False
        return replace(self, ar=np.where(outside, np.nan, self.ar))

    def bhar(self, window: Window) -> Floats:
        """Return buy-and-hold abnormal returns, shape (E,).

        ``prod (1 + R_t) - prod (1 + R_benchmark,t)`` over the window, from simple returns (Barber and Lyon 1997). A
        session after the firm's last is treated as `BuyAndHold` says; NaN where another return of either is missing.
        """
        return self.bhars([window])[0]

    def bhars(self, windows: Sequence[Window]) -> list[Floats]:
        """Return the buy-and-hold abnormal returns of several windows; what is behind them is read once."""
        if not self.returns:
            return [np.full(len(self.ar), np.nan) for _ in windows]
        actual, delisted = self.source.actual, self.source.delisted
        if self.hold.benchmark == "market":
            benchmark = self.source.benchmark
        else:
            benchmark = self.source.expected
            if self.span is not None:
                # What is expected of a return from trade to trade is that of all the sessions that it covers.
                covered = np.isnan(actual) if delisted is None else np.isnan(actual) & ~delisted
                benchmark = np.where(covered, 0.0, benchmark)
        return [self._held(window, actual, benchmark, delisted) for window in windows]

    def _held(self, window: Window, actual: Floats, benchmark: Floats, delisted: Bools | None) -> Floats:
        days = window.within(self.windows.event[0])
        actual, benchmark = actual[:, days], benchmark[:, days]
        delisted = None if delisted is None else delisted[:, days]
        span = None if self.span is None else self.span[:, days]
        if self.own_windows is not None:
            inside = self.inside(window)[:, days]
            actual = np.where(inside, actual, 0.0)
            if span is not None:
                # A return that begins before the event's own days is not of them, whatever the widest window holds.
                actual = np.where(inside & (span > np.cumsum(inside, axis=1)), np.nan, actual)
                span = np.where(inside, span, 1.0)
            benchmark = np.where(inside if benchmark.ndim == 2 else inside[..., None], benchmark, 0.0)
            delisted = None if delisted is None else delisted & inside
        return buy_and_hold(
            actual, benchmark, log=self.log, delisted=delisted, delisting=self.hold.delisting, span=span
        )


def _with_gaps(abnormal: AbnormalReturns, rows: Ints, window: Window) -> tuple[Floats, Floats, Labels]:
    """Return CARs, standard errors and reasons of events that may lack days, or have days of their own."""
    inside, reason = abnormal.inside(window, rows), abnormal.estimates.reason[rows]
    there = inside & ~np.isnan(abnormal.ar[rows])
    sessions = _sessions_covered(abnormal.span, rows, there, inside)
    covered = sessions / inside.sum(axis=1) >= abnormal.windows.min_coverage
    estimated = reason == Reason.OK
    reason[estimated & ~covered] = str(Reason.INCOMPLETE_WINDOW)
    good = np.flatnonzero(reason == Reason.OK)
    car, std_error = np.full((2, len(reason)), np.nan)
    # Most often none, and the spreads of events are large.
    if len(good):
        some, weights = rows[good], there[good].astype(np.float64)
        car[good] = np.where(there[good], abnormal.ar[some], 0.0).sum(axis=1)
        std_error[good] = np.sqrt(abnormal.covariance.take(some).of_weighted(weights, abnormal.forecast_error))
    return car, std_error, reason


def _sessions_covered(span: Floats | None, rows: Ints, there: Bools, inside: Bools) -> Ints:
    """Return how many sessions of a window the returns booked in it cover, shape (E,)."""
    if span is None:
        return np.asarray(there.sum(axis=1))
    # A return that covers more sessions than have passed since the window began covers those.
    passed = np.cumsum(inside, axis=1)
    return np.asarray(np.where(there, np.minimum(span[rows], passed), 0).sum(axis=1), dtype=np.int64)
