"""Abnormal returns of every event under one model, with the covariance that makes any window's CAR exact."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np

from eventstudy._typing import Bools, Dates, Floats, Ints, Labels
from eventstudy.distributions import student_p_value
from eventstudy.errors import InputError, Reason, UnknownNameError
from eventstudy.execution import Engine, blocks, map_chunks
from eventstudy.panels import ReturnPanel
from eventstudy.returns import paths
from eventstudy.returns.accumulators import Around, FirstPass, Residuals, TwoPass, take
from eventstudy.returns.align import Aligned
from eventstudy.returns.autocorrelation import AUTOCORRELATIONS, first_order, serial_variance
from eventstudy.returns.bhar import BuyAndHold, buy_and_hold
from eventstudy.returns.blocks import BlockReader
from eventstudy.returns.diagnostics import diagnose_model
from eventstudy.returns.estimates import Estimates, joined
from eventstudy.returns.measures import RETURN_MEASURES
from eventstudy.returns.models.base import ExpectedReturnModel
from eventstudy.returns.passes import Accumulated, Groups, Needs, first_look, gathered, merged, second_look
from eventstudy.returns.regressors import Regressors
from eventstudy.returns.windows import Window, Windows

__all__ = ["AbnormalReturns", "Cars", "Estimates", "ForecastError", "measure_abnormal_returns"]

FORECAST_ERRORS = ("full", "diagonal", "none")
ForecastError = str
"""``"full"``: all of the parameter error; ``"diagonal"``: only each session's own; ``"none"``: none of it."""


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
    bhar : ndarray
        Buy-and-hold abnormal return against the benchmark; NaN where what is measured is no return.
    reason : ndarray
        A `Reason` each.
    """

    window: Window
    car: Floats
    std_error: Floats
    dof: Ints
    bhar: Floats
    reason: Labels

    @property
    def t(self) -> Floats:
        """``car / std_error``, Student t with `dof` degrees of freedom under the null; also called SCAR."""
        return self.car / self.std_error

    @property
    def p_value(self) -> Floats:
        """Two-sided p-values of `t`."""
        return student_p_value(self.t, self.dof)


@dataclass(frozen=True, slots=True, eq=False)
class AbnormalReturns:
    """Abnormal returns of E events over the L days of the event window: what everything after reads.

    Parameters
    ----------
    windows : Windows
        The days.
    ar : ndarray of shape (E, L)
        Abnormal returns, decimals per session, NaN where missing.
    actual, expected : ndarray of shape (E, L)
        ``ar = actual - expected``.
    benchmark : ndarray of shape (E, L) or (E, L, J)
        Returns of what a buy-and-hold return is compared with, or of each of the members of a portfolio.
    noise : ndarray of shape (E, L)
        Variance of each session's own disturbance.
    spread : ndarray of shape (E, L, P)
        Parameter error; the covariance is ``V = diag(noise) + spread spread'``.
    estimates : Estimates
        Parameters, sigma, degrees of freedom, reasons.
    forecast_error : str
        How much of the parameter error enters variances.
    log : bool
        Whether returns are log returns.
    returns : bool
        Whether what is measured is a return at all.
    hold : BuyAndHold
        How buy-and-hold abnormal returns are taken.
    delisted : ndarray of shape (E, L), optional
        Sessions after the last of the event's symbol.
    span : ndarray of shape (E, L), optional
        Sessions that each return covers, where returns run from trade to trade; one without it.
    own_windows : ndarray of shape (E, W, 2), optional
        First and last day of each reported window for each event, where columns of the events narrow any.
    rho : ndarray of shape (E,), optional
        First-order autocorrelation of the disturbances; without it they are independent.
    """

    windows: Windows
    ar: Floats
    actual: Floats
    expected: Floats
    benchmark: Floats
    noise: Floats
    spread: Floats
    estimates: Estimates
    forecast_error: ForecastError = "full"
    log: bool = False
    returns: bool = True
    hold: BuyAndHold = field(default_factory=BuyAndHold)
    delisted: Bools | None = None
    span: Floats | None = None
    own_windows: Ints | None = None
    rho: Floats | None = None

    def __post_init__(self) -> None:
        for array in (self.ar, self.actual, self.expected, self.benchmark, self.noise, self.spread):
            array.setflags(write=False)

    @property
    def std_error(self) -> Floats:
        """Standard error of each abnormal return, shape (E, L): ``sqrt(V[t, t])``."""
        own = self.noise if self.forecast_error == "none" else self.noise + (self.spread**2).sum(axis=2)
        return np.asarray(np.where(np.isnan(self.ar), np.nan, np.sqrt(own)))

    def take(self, rows: Bools | Ints) -> AbnormalReturns:
        """Return the abnormal returns of some events."""
        return take(self, rows)

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
        weighted = np.where(np.isnan(self.ar), 0.0, weights)
        if self.rho is None:
            own = (weighted**2 * np.nan_to_num(self.noise)).sum(axis=1)
        else:
            own = serial_variance(weighted, self.noise, self.rho)
        spread = np.nan_to_num(self.spread)
        if self.forecast_error == "none":
            return np.asarray(own)
        if self.forecast_error == "diagonal":
            return np.asarray(own + (weighted[..., None] ** 2 * spread**2).sum(axis=(1, 2)))
        return np.asarray(own + ((weighted[..., None] * spread).sum(axis=1) ** 2).sum(axis=1))

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
        days, inside = window.within(self.windows.event[0]), self.inside(window)
        there = inside & ~np.isnan(self.ar)
        covered = self._sessions_covered(there, inside) / inside.sum(axis=1) >= self.windows.min_coverage
        reason = np.where(covered, Reason.OK, Reason.INCOMPLETE_WINDOW).astype(object)
        estimated = self.estimates.reason == Reason.OK
        reason[~estimated] = self.estimates.reason[~estimated]
        good = reason == Reason.OK
        return Cars(
            window=window,
            car=np.where(good, np.where(there, self.ar, 0.0)[:, days].sum(axis=1), np.nan),
            std_error=np.where(good, np.sqrt(self.variance(inside.astype(np.float64))), np.nan),
            dof=self.estimates.dof,
            bhar=self.bhar(window),
            reason=reason,
        )

    def inside(self, window: Window) -> Bools:
        """Return which days of the event window belong to a window, shape (E, L)."""
        days = np.array(self.windows.days)
        if self.own_windows is None or window not in self.windows.reported:
            return np.tile((days >= window.start) & (days <= window.end), (len(self.ar), 1))
        own = self.own_windows[:, self.windows.reported.index(window)]
        return np.asarray((days >= own[:, :1]) & (days <= own[:, 1:]))

    def narrowed(self, window: Window) -> AbnormalReturns:
        """Return the same without abnormal returns outside each event's own days of a window."""
        if self.own_windows is None:
            return self
        of_window = window.within(self.windows.event[0])
        outside = ~self.inside(window)
        outside[:, : of_window.start] = outside[:, of_window.stop :] = False
        return replace(self, ar=np.where(outside, np.nan, self.ar))

    def _sessions_covered(self, there: Bools, inside: Bools) -> Ints:
        """Return how many sessions of a window the returns booked in it cover, shape (E,)."""
        if self.span is None:
            return np.asarray(there.sum(axis=1))
        # A return that covers more sessions than have passed since the window began covers those.
        passed = np.cumsum(inside, axis=1)
        return np.asarray(np.where(there, np.minimum(self.span, passed), 0).sum(axis=1), dtype=np.int64)

    def bhar(self, window: Window) -> Floats:
        """Return buy-and-hold abnormal returns, shape (E,).

        ``prod (1 + R_t) - prod (1 + R_benchmark,t)`` over the window, from simple returns (Barber and Lyon 1997). A
        session after the firm's last is treated as `BuyAndHold` says; NaN where another return of either is missing.
        """
        if not self.returns:
            return np.full(len(self.ar), np.nan)
        inside, days = self.inside(window), window.within(self.windows.event[0])
        benchmark = self.benchmark if self.hold.benchmark == "market" else self.expected
        outside = ~inside if benchmark.ndim == 2 else ~inside[..., None]
        return buy_and_hold(
            np.where(inside, self.actual, 0.0)[:, days],
            np.where(outside, 0.0, benchmark)[:, days],
            log=self.log,
            delisted=None if self.delisted is None else (self.delisted & inside)[:, days],
            delisting=self.hold.delisting,
            span=None if self.span is None else np.where(inside, self.span, 1.0)[:, days],
        )


def measure_abnormal_returns(
    aligned: Aligned,
    panel: ReturnPanel,
    model: ExpectedReturnModel,
    regressors: Regressors,
    *,
    needs: Needs = (),
    groups: Groups | None = None,
    forecast_error: ForecastError = "full",
    autocorrelation: str = "none",
    hold: BuyAndHold | None = None,
    diagnostics: bool = False,
    engine: Engine | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[AbnormalReturns, Accumulated]:
    """Estimate a model for every event and take its abnormal returns, block by block.

    Parameters
    ----------
    aligned : Aligned
        E events as places in the panel.
    panel : ReturnPanel
        Returns by symbol.
    model : ExpectedReturnModel
        Bound to its benchmark.
    regressors : Regressors
        Where benchmarks and factors come from.
    needs : tuple of accumulator classes
        What the chosen tests need of the estimation residuals.
    groups : mapping of str to ndarray of shape (E,)
        Members of each group, for the accumulators.
    forecast_error : str
        ``"full"``, ``"diagonal"`` or ``"none"``.
    autocorrelation : str
        ``"none"``, or ``"ar1"``: disturbances follow on each other with the autocorrelation of the residuals.
    hold : BuyAndHold, optional
        How buy-and-hold abnormal returns are taken.
    diagnostics : bool
        Whether estimates come with diagnostics.
    engine : Engine, optional
        Serial without it.
    progress : callable, optional
        Called with blocks done and blocks in all.

    Returns
    -------
    abnormal : AbnormalReturns
        In the order of `aligned`.
    accumulated : dict
        By group and accumulator class.
    """
    if forecast_error not in FORECAST_ERRORS:
        raise InputError(f"forecast_error is {forecast_error!r}; it is one of {', '.join(FORECAST_ERRORS)}.")
    if autocorrelation not in AUTOCORRELATIONS:
        raise UnknownNameError("autocorrelation", autocorrelation, AUTOCORRELATIONS)
    groups = groups or {}
    reader = BlockReader.of(aligned, panel, model, regressors)
    task = partial(
        paths.run_on,
        paths.choose((engine or Engine()).path, len(aligned)),
        _run_block,
        reader=reader,
        groups=groups,
        forecast_error=forecast_error,
        autocorrelation=autocorrelation,
        hold=hold or BuyAndHold(),
        diagnostics=diagnostics,
        sessions={calendar.code: calendar.sessions for calendar in panel.listing.calendars},
    )
    empty = first_look(needs, groups)
    rows = blocks(len(aligned)) or [np.empty(0, dtype=np.int64)]
    parts = map_chunks(partial(task, empty=empty), rows, engine, progress)
    abnormal = joined([part[0] for part in parts])
    accumulated = merged(empty, [part[1] for part in parts])
    if any(issubclass(need, TwoPass) for need in needs):
        later = second_look(needs, _first_passes(abnormal, groups, reader, task.keywords["sessions"]))
        parts = map_chunks(partial(task, empty=later, slim=True), rows, engine, progress)
        for name, found in merged(later, [part[1] for part in parts]).items():
            accumulated[name] |= found
    return abnormal, accumulated


def _first_passes(
    abnormal: AbnormalReturns, groups: Groups, reader: BlockReader, sessions: Mapping[str, Dates]
) -> dict[str, FirstPass]:
    cars = {window.name: abnormal.car(window) for window in reader.aligned.windows.reported}
    places = (reader.aligned.code, reader.aligned.day0, reader.exchange)
    return {name: FirstPass(abnormal, cars, members, *places, sessions) for name, members in groups.items()}


def _run_block(
    rows: Ints,
    *,
    reader: BlockReader,
    groups: Groups,
    forecast_error: ForecastError,
    autocorrelation: str,
    hold: BuyAndHold,
    diagnostics: bool,
    sessions: Mapping[str, Dates],
    empty: Accumulated,
    slim: bool = False,
) -> tuple[AbnormalReturns, Accumulated]:
    aligned, model = reader.aligned, reader.model
    block = reader.read(rows)
    result = model.fit(block)
    asked = diagnose_model(model, block, result) if diagnostics and not slim else None
    abnormal = AbnormalReturns(
        windows=aligned.windows,
        ar=block.y_event - result.expected,
        actual=block.y_event,
        expected=result.expected,
        benchmark=reader.benchmark(rows, result.expected),
        noise=result.noise,
        spread=result.spread,
        estimates=Estimates.of(model, result, asked),
        forecast_error=forecast_error,
        log=reader.panel.measure == "log",
        returns=reader.panel.measure in RETURN_MEASURES,
        hold=hold,
        delisted=reader.delisted(rows),
        span=block.span_event,
        own_windows=None if aligned.own_windows is None else aligned.own_windows[rows],
        rho=first_order(result.residuals) if autocorrelation == "ar1" else None,
    )
    code, day0 = aligned.code[rows], aligned.day0[rows]
    # Designs belong to dates, not to events, and can't be taken with them.
    known = replace(block, dated=None)
    around = Around(abnormal, known, model, code, day0, reader.exchange[rows], sessions)
    residuals = Residuals(rows, result.residuals, result.sigma, day0 + aligned.windows.stretch[0], block.x, around)
    found = gathered(empty, residuals, groups, rows)
    # The residuals go no further than this block; of a second look nothing else comes home.
    return (abnormal.take(np.arange(0)) if slim else abnormal), found
