"""Abnormal returns of every event under one model, with the covariance that makes any window's CAR exact."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from eventstudy._typing import Bools, Floats, Ints, Labels
from eventstudy.distributions import student_p_value
from eventstudy.errors import InputError, Reason
from eventstudy.execution import Engine, blocks, map_chunks
from eventstudy.panels import ReturnPanel
from eventstudy.returns.accumulators import Accumulator, Residuals
from eventstudy.returns.align import Aligned
from eventstudy.returns.models.base import Block, EstimationResult, ExpectedReturnModel
from eventstudy.returns.regressors import Regressors, RegressorTables
from eventstudy.returns.windows import Window, Windows

__all__ = ["AbnormalReturns", "Cars", "Estimates", "ForecastError", "measure_abnormal_returns"]

FORECAST_ERRORS = ("full", "diagonal", "none")
ForecastError = str
"""``"full"``: all of the parameter error; ``"diagonal"``: only each session's own; ``"none"``: none of it."""

Groups = Mapping[str, Bools]
Needs = tuple[type[Accumulator], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Estimates:
    """The estimation of E events.

    Parameters
    ----------
    names : tuple of str
        P parameter names.
    parameters : ndarray of shape (E, P)
        NaN where the model could not be estimated.
    sigma, r_squared : ndarray of shape (E,)
        Residual standard deviation (a decimal per session) and share of variance explained.
    dof, n_obs : ndarray of shape (E,)
        Degrees of freedom and sessions used.
    reason, detail : ndarray of shape (E,)
        Why there is no estimate, ``ok`` where there is one, and the figures behind it.
    """

    names: tuple[str, ...]
    parameters: Floats
    sigma: Floats
    r_squared: Floats
    dof: Ints
    n_obs: Ints
    reason: Labels
    detail: Labels

    def parameter(self, name: str) -> Floats:
        """Return one parameter of every event, shape (E,)."""
        return self.parameters[:, self.names.index(name)]


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
        Buy-and-hold abnormal return against the benchmark.
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
    benchmark : ndarray of shape (E, L)
        Returns of what a buy-and-hold return is compared with.
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

    def __post_init__(self) -> None:
        for array in (self.ar, self.actual, self.expected, self.benchmark, self.noise, self.spread):
            array.setflags(write=False)

    @property
    def std_error(self) -> Floats:
        """Standard error of each abnormal return, shape (E, L): ``sqrt(V[t, t])``."""
        own = self.noise if self.forecast_error == "none" else self.noise + (self.spread**2).sum(axis=2)
        return np.asarray(np.where(np.isnan(self.ar), np.nan, np.sqrt(own)))

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
            ``c' V c = sum c_t^2 noise_t + |sum c_t spread_t|^2``.
        """
        weighted = np.where(np.isnan(self.ar), 0.0, weights)
        own = (weighted**2 * np.nan_to_num(self.noise)).sum(axis=1)
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
            the reason ``incomplete_window``; with coverage below one the days there are are summed.
        """
        window = which if isinstance(which, Window) else self.windows.window(which)
        days = window.within(self.windows.event[0])
        weights = np.zeros(self.ar.shape[1])
        weights[days] = 1.0
        there = ~np.isnan(self.ar[:, days])
        covered = there.mean(axis=1) >= self.windows.min_coverage
        reason = np.where(covered, Reason.OK, Reason.INCOMPLETE_WINDOW).astype(object)
        estimated = self.estimates.reason == Reason.OK
        reason[~estimated] = self.estimates.reason[~estimated]
        good = reason == Reason.OK
        return Cars(
            window=window,
            car=np.where(good, np.nansum(self.ar[:, days], axis=1), np.nan),
            std_error=np.where(good, np.sqrt(self.variance(weights)), np.nan),
            dof=self.estimates.dof,
            bhar=self.bhar(window),
            reason=reason,
        )

    def bhar(self, window: Window) -> Floats:
        """Return buy-and-hold abnormal returns, shape (E,).

        ``prod (1 + R_t) - prod (1 + R_benchmark,t)`` over the window, from simple returns; NaN where a return of
        either is missing (Barber and Lyon 1997).
        """
        days = window.within(self.windows.event[0])
        return np.asarray(self._compound(self.actual[:, days]) - self._compound(self.benchmark[:, days]))

    def _compound(self, returns: Floats) -> Floats:
        return np.asarray(np.exp(returns.sum(axis=1)) if self.log else np.prod(1.0 + returns, axis=1))


def measure_abnormal_returns(
    aligned: Aligned,
    panel: ReturnPanel,
    model: ExpectedReturnModel,
    regressors: Regressors,
    *,
    needs: Needs = (),
    groups: Groups | None = None,
    forecast_error: ForecastError = "full",
    engine: Engine | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[AbnormalReturns, dict[str, dict[type[Accumulator], Accumulator]]]:
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
    groups = groups or {}
    exchange = np.array([panel.listing.calendars[code].code for code in aligned.code], dtype=object)
    task = partial(
        _run_block,
        aligned=aligned,
        exchange=exchange,
        panel=panel,
        model=model,
        tables=regressors.tables(model.regressors),
        needs=needs,
        groups=groups,
    )
    parts = map_chunks(task, blocks(len(aligned)), engine, progress)
    results = [part[0] for part in parts]
    actual = _join([part[1] for part in parts], (0, len(aligned.windows.days)))
    benchmark = _join([part[2] for part in parts], (0, len(aligned.windows.days)))
    accumulated: dict[str, dict[type[Accumulator], Accumulator]] = {
        name: {need: need() for need in needs} for name in groups
    }
    for part in parts:
        for name, by_class in part[3].items():
            for need, accumulator in by_class.items():
                accumulated[name][need].merge(accumulator)
    return _collect(aligned, panel, model, results, actual, benchmark, forecast_error), accumulated


Part = tuple[EstimationResult, Floats, Floats, dict[str, dict[type[Accumulator], Accumulator]]]


def _run_block(
    rows: Ints,
    *,
    aligned: Aligned,
    exchange: Labels,
    panel: ReturnPanel,
    model: ExpectedReturnModel,
    tables: RegressorTables,
    needs: Needs,
    groups: Groups,
) -> Part:
    (start, end), (before, after) = aligned.windows.estimation, aligned.windows.event
    code, day0 = aligned.code[rows], aligned.day0[rows]
    block = Block(
        y=panel.window(code, day0 + start, end - start + 1),
        x=tables.gather(exchange[rows], day0 + start, end - start + 1),
        y_event=panel.window(code, day0 + before, after - before + 1),
        x_event=tables.gather(exchange[rows], day0 + before, after - before + 1),
    )
    result = model.fit(block)
    residuals = Residuals(rows, result.residuals, result.sigma, day0 + start)
    accumulated: dict[str, dict[type[Accumulator], Accumulator]] = {}
    for name, members in groups.items():
        accumulated[name] = {need: need() for need in needs}
        for accumulator in accumulated[name].values():
            accumulator.add(residuals.take(members[rows]))
    benchmark = block.x_event[..., 0] if block.x_event.shape[2] else result.expected
    # The residuals go no further than this block.
    slim = EstimationResult(
        **{name: getattr(result, name) for name in EstimationResult.__slots__ if name != "residuals"},
        residuals=np.empty((len(rows), 0)),
    )
    return slim, block.y_event, benchmark, accumulated


def _join(arrays: Sequence[Floats], empty: tuple[int, ...]) -> Floats:
    return np.concatenate(arrays) if arrays else np.empty(empty)


def _collect(
    aligned: Aligned,
    panel: ReturnPanel,
    model: ExpectedReturnModel,
    results: Sequence[EstimationResult],
    actual: Floats,
    benchmark: Floats,
    forecast_error: ForecastError,
) -> AbnormalReturns:
    count, days = len(model.parameters), len(aligned.windows.days)
    expected = _join([each.expected for each in results], (0, days))
    estimates = Estimates(
        names=model.parameters,
        parameters=_join([each.parameters for each in results], (0, count)),
        sigma=_join([each.sigma for each in results], (0,)),
        r_squared=_join([each.r_squared for each in results], (0,)),
        dof=np.concatenate([each.dof for each in results]) if results else np.empty(0, dtype=np.int64),
        n_obs=np.concatenate([each.n_obs for each in results]) if results else np.empty(0, dtype=np.int64),
        reason=np.concatenate([each.reason for each in results]) if results else np.empty(0, dtype=object),
        detail=np.concatenate([each.detail for each in results]) if results else np.empty(0, dtype=object),
    )
    return AbnormalReturns(
        windows=aligned.windows,
        ar=actual - expected,
        actual=actual,
        expected=expected,
        benchmark=benchmark,
        noise=_join([each.noise for each in results], (0, days)),
        spread=_join([each.spread for each in results], (0, days, count)),
        estimates=estimates,
        forecast_error=forecast_error,
        log=panel.measure == "log",
    )
