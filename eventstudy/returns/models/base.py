"""What a model is: a design for the linear frame, or an expected return without parameters.

A model states what makes it different and inherits residuals, sigma and the forecast covariance. It is shown a
`Block` of events at a time and keeps no state. Any object with the attributes of `ExpectedReturnModel` will do.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np

from eventstudy._typing import Floats, Ints, Labels
from eventstudy.errors import InputError, Reason
from eventstudy.returns.linear import LeastSquares, least_squares
from eventstudy.returns.regressors import Benchmark

__all__ = ["BenchmarkModel", "Block", "EstimationResult", "ExpectedReturnModel", "FixedModel", "LinearModel"]

# Patell's variance needs more than two degrees of freedom (METHODS 1.5).
SPARE_OBSERVATIONS = 3


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """What a model sees of E events: M estimation sessions, L event sessions, K regressors.

    Parameters
    ----------
    y : ndarray of shape (E, M)
        Returns in the estimation window, decimals per session, NaN where missing.
    x : ndarray of shape (E, M, K)
        The model's regressors there, in the order of `ExpectedReturnModel.regressors`.
    y_event : ndarray of shape (E, L)
        Returns in the event window.
    x_event : ndarray of shape (E, L, K)
        Regressors in the event window.
    """

    y: Floats
    x: Floats
    y_event: Floats
    x_event: Floats


@dataclass(frozen=True, slots=True, eq=False)
class EstimationResult:
    """What a model makes of a block; the covariance of abnormal returns is ``diag(noise) + spread spread'``.

    Parameters
    ----------
    parameters : ndarray of shape (E, P)
        In the order of the model's `parameters`; NaN where the model could not be estimated.
    sigma : ndarray of shape (E,)
        Standard deviation of a residual, a decimal per session.
    dof : ndarray of shape (E,)
        Its degrees of freedom.
    n_obs : ndarray of shape (E,)
        Complete rows used.
    r_squared : ndarray of shape (E,)
        Share of the variance explained; NaN for a model without parameters.
    expected : ndarray of shape (E, L)
        Expected returns in the event window, NaN where a regressor is missing.
    noise : ndarray of shape (E, L)
        Variance of each session's own disturbance.
    spread : ndarray of shape (E, L, P)
        What the error of the estimated parameters adds, common to all sessions.
    residuals : ndarray of shape (E, M)
        Estimation residuals; they live only as long as the block.
    reason : ndarray of shape (E,)
        A `Reason` each.
    detail : ndarray of shape (E,)
        The figures behind it, in words.
    """

    parameters: Floats
    sigma: Floats
    dof: Ints
    n_obs: Ints
    r_squared: Floats
    expected: Floats
    noise: Floats
    spread: Floats
    residuals: Floats
    reason: Labels
    detail: Labels


class ExpectedReturnModel(ABC):
    """The contract of a model.

    Attributes
    ----------
    kind : str
        Its name in configs and tables.
    source : str
        Where it comes from in the literature.
    parameters : tuple of str
        Names of what it estimates.
    """

    kind: ClassVar[str]
    source: ClassVar[str]
    parameters: ClassVar[tuple[str, ...]] = ()

    @property
    @abstractmethod
    def regressors(self) -> tuple[Benchmark, ...]:
        """The K benchmarks or factors that it needs, in the order in which a block holds them."""

    @abstractmethod
    def fit(self, block: Block) -> EstimationResult:
        """Estimate the model on a block and forecast its event window."""

    def bind(self, benchmark: Benchmark | None) -> Self:  # noqa: ARG002
        """Return the model with the study's benchmark in the place of one that it does not name itself."""
        return self

    def label(self, benchmark: Benchmark | None) -> str:  # noqa: ARG002
        """Return the name that tells it from the study's other models."""
        return self.kind


@dataclass(frozen=True)
class BenchmarkModel(ExpectedReturnModel):
    """A model against one benchmark.

    Parameters
    ----------
    benchmark : str or mapping, optional
        A symbol of the prices, a factor, ``"equal_weighted"``, or one for each exchange code; the study's
        benchmark where it is None.
    """

    benchmark: Benchmark | None = None

    @property
    def regressors(self) -> tuple[Benchmark, ...]:
        """The one benchmark."""
        if self.benchmark is None:
            raise InputError(f"The model {self.kind!r} needs a benchmark, and neither it nor the study names one.")
        return (self.benchmark,)

    def bind(self, benchmark: Benchmark | None) -> Self:
        """Return the model with its own benchmark, or the study's where it has none."""
        return self if self.benchmark is not None else replace(self, benchmark=benchmark)

    def label(self, benchmark: Benchmark | None) -> str:
        """Return the kind, and the benchmark where it is not the study's."""
        if self.benchmark is None or self.benchmark == benchmark:
            return self.kind
        named = self.benchmark
        return f"{self.kind}:{'+'.join(named.values()) if isinstance(named, Mapping) else named}"


class LinearModel(ExpectedReturnModel):
    """A model that is a design: everything else follows from least squares (METHODS 2.1)."""

    @abstractmethod
    def design(self, x: Floats) -> Floats:
        """Return the design rows, shape (E, n, P), for regressors of shape (E, n, K)."""

    @property
    def column_names(self) -> tuple[str, ...]:
        """What to call each column of the design in an error."""
        return self.parameters

    def fit(self, block: Block) -> EstimationResult:
        """Estimate by least squares over the complete rows."""
        design_event = self.design(block.x_event)
        fit = least_squares(block.y, self.design(block.x), design_event)
        reason, detail = _why_not(fit, self.column_names)
        good = reason == Reason.OK
        sigma = np.where(good, fit.sigma, np.nan)
        expected = (design_event @ fit.coefficients[..., None])[..., 0]
        return EstimationResult(
            parameters=np.where(good[:, None], fit.coefficients, np.nan),
            sigma=sigma,
            dof=fit.dof,
            n_obs=fit.n_obs,
            r_squared=fit.r_squared,
            expected=np.where(good[:, None], expected, np.nan),
            noise=np.broadcast_to((sigma**2)[:, None], expected.shape),
            spread=sigma[:, None, None] * fit.spread,
            residuals=np.where(good[:, None], fit.residuals, np.nan),
            reason=reason,
            detail=detail,
        )


class FixedModel(ExpectedReturnModel):
    """A model without estimated parameters (METHODS 2.2).

    The variance is that of the estimation-window abnormal returns around their own mean, with n - 1 degrees of
    freedom; the mean itself is not subtracted from the abnormal returns of the event window.
    """

    @abstractmethod
    def expected(self, x: Floats) -> Floats:
        """Return expected returns, shape (E, n), for regressors of shape (E, n, K)."""

    def fit(self, block: Block) -> EstimationResult:
        """Take the dispersion from the estimation window; nothing is estimated besides."""
        ones = np.ones((*block.y.shape, 1))
        expected = self.expected(block.x_event)
        fit = least_squares(block.y - self.expected(block.x), ones, ones[:, : expected.shape[1]])
        reason, detail = _why_not(fit, ("constant",))
        good = reason == Reason.OK
        sigma = np.where(good, fit.sigma, np.nan)
        events, days = expected.shape
        return EstimationResult(
            parameters=np.empty((events, 0)),
            sigma=sigma,
            dof=fit.dof,
            n_obs=fit.n_obs,
            r_squared=np.full(events, np.nan),
            expected=np.where(good[:, None], expected, np.nan),
            noise=np.broadcast_to((sigma**2)[:, None], expected.shape),
            spread=np.empty((events, days, 0)),
            residuals=np.where(good[:, None], block.y - self.expected(block.x), np.nan),
            reason=reason,
            detail=detail,
        )


def _why_not(fit: LeastSquares, columns: tuple[str, ...]) -> tuple[Labels, Labels]:
    """Return the reason why each event has no usable fit, ``ok`` where it has one, and the figures behind it."""
    reason = np.full(len(fit.n_obs), Reason.OK, dtype=object)
    detail = np.full(len(fit.n_obs), "", dtype=object)
    needed = len(columns) + SPARE_OBSERVATIONS
    for row in np.flatnonzero((fit.n_obs < needed) | (fit.collinear >= 0) | ~(fit.sigma > 0)):
        if fit.n_obs[row] < needed:
            reason[row] = Reason.TOO_FEW_ESTIMATION_DAYS
            detail[row] = f"{fit.n_obs[row]} complete rows, {needed} needed"
        elif fit.collinear[row] >= 0:
            reason[row] = Reason.DEGENERATE_ESTIMATION
            detail[row] = f"{columns[fit.collinear[row]]} does not vary apart from the columns before it"
        else:
            reason[row] = Reason.DEGENERATE_ESTIMATION
            detail[row] = "the residuals are all zero"
    return reason, detail
