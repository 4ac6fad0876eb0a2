"""What a model is: a design for the linear frame, or an expected return without parameters.

A model states what makes it different and inherits residuals, sigma and the forecast covariance. It is shown a
`Block` of events at a time and keeps no state. What it needs beyond its regressors it declares. Any object with the
attributes of `ExpectedReturnModel` will do.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np

from eventstudy._labels import alike
from eventstudy._typing import Bools, Floats, Labels
from eventstudy.errors import InputError, Reason
from eventstudy.returns.linear import LeastSquares, condition_numbers, fit_mean, least_squares
from eventstudy.returns.models.block import Block, EstimationResult
from eventstudy.returns.regressors import Benchmark
from eventstudy.returns.shared_fit import SharedFit

__all__ = [
    "BenchmarkModel",
    "Block",
    "EstimationResult",
    "ExpectedReturnModel",
    "FixedModel",
    "LinearModel",
    "failures",
    "with_constant",
]

# Patell's variance needs more than two degrees of freedom (METHODS 1.5).
SPARE_OBSERVATIONS = 3


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
    excess : bool
        Whether it explains returns in excess of the riskless return, and so needs one.
    margin : (int, int)
        Sessions that it needs of its regressors before and after either window.
    edges : (int, int)
        Sessions of the estimation window that it can't use, at the beginning and at the end of what is there.
    takes_spans : bool
        Whether it can weight returns that cover several sessions (``missing="trade_to_trade"``).
    donor_symbols : tuple of str, optional
        Symbols from which it makes a counterfactual, all where empty; None for a model that makes none.
    zero_mean : bool
        Whether its estimation residuals have a mean of zero by construction, or need none.
    looks_ahead : bool
        Whether an expected return uses sessions after its own: never in a backtest.
    """

    kind: ClassVar[str]
    source: ClassVar[str]
    excess: ClassVar[bool] = False
    takes_spans: ClassVar[bool] = False

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names of what it estimates: none."""
        return ()

    @property
    def margin(self) -> tuple[int, int]:
        """No more sessions than those of the windows."""
        return (0, 0)

    @property
    def edges(self) -> tuple[int, int]:
        """Every session can be used."""
        return (0, 0)

    @property
    def zero_mean(self) -> bool:
        """Whether estimation residuals have a mean of zero, or need none."""
        return True

    @property
    def looks_ahead(self) -> bool:
        """Whether an expected return uses sessions after its own."""
        return False

    @property
    def donor_symbols(self) -> tuple[str, ...] | None:
        """None: no counterfactual of other securities."""
        return None

    @property
    @abstractmethod
    def regressors(self) -> tuple[Benchmark, ...]:
        """The K benchmarks or factors that it needs, in the order in which a block holds them."""

    @abstractmethod
    def fit(self, block: Block) -> EstimationResult:
        """Estimate the model on a block and forecast its event window."""

    def condition(self, block: Block) -> Floats:
        """Return the condition number of each event's design, shape (E,); NaN for a model without one."""
        return np.full(len(block.y), np.nan)

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
        A symbol of the prices, a factor, ``"equal_weighted"``, ``"peers"``, a column of the events that names each
        event's own, or one for each exchange code; the study's benchmark where it is None.
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
        return f"{self.kind}:{named(self.benchmark)}"


def named(benchmark: Benchmark | None) -> str:
    """Return a benchmark in a word."""
    return "+".join(benchmark.values()) if isinstance(benchmark, Mapping) else str(benchmark)


def with_constant(x: Floats) -> Floats:
    """Return regressors of shape (E, n, K) with a column of ones before them."""
    design = np.empty((*x.shape[:2], x.shape[2] + 1))
    design[..., 0], design[..., 1:] = 1.0, x
    return design


class LinearModel(ExpectedReturnModel):
    """A model that is a design: everything else follows from least squares (METHODS 2.1).

    Returns that cover n sessions are explained by the sums of their design rows and weighted by ``1/sqrt(n)``
    (Maynes and Rumsey 1993); their abnormal return has the variance ``n s^2`` besides the parameter error.
    """

    takes_spans: ClassVar[bool] = True

    @abstractmethod
    def design(self, x: Floats) -> Floats:
        """Return the design rows, shape (E, n, P), for regressors of shape (E, n, K)."""

    def regressed(self, x: Floats, risk_free: Floats | None, factor: tuple[bool, ...]) -> Floats:  # noqa: ARG002
        """Return regressors, shape (E, n, K), as the design takes them.

        Parameters
        ----------
        x : ndarray of shape (E, n, K)
            Benchmarks and factors.
        risk_free : ndarray of shape (E, n), optional
            The riskless return, where the model needs one.
        factor : tuple of bool
            Which of the K are factors, and so excess returns already.
        """
        return x

    def regressors_of(self, block: Block) -> tuple[Floats, Floats]:
        """Return the regressors of the estimation and of the event window, as the design takes them."""
        return (
            self.regressed(block.x, block.risk_free, block.factor),
            self.regressed(block.x_event, block.risk_free_event, block.factor),
        )

    @property
    def column_names(self) -> tuple[str, ...]:
        """What to call each column of the design in an error."""
        return self.parameters

    def fit(self, block: Block) -> EstimationResult:
        """Estimate by least squares over the complete rows."""
        return self.forecast(block, self.solve(block))

    def solve(self, block: Block) -> LeastSquares:
        """Return the least-squares fits of a block."""
        x, x_event = self.regressors_of(block)
        y = block.y if not self.excess or block.risk_free is None else block.y - block.risk_free
        rows, ahead = self._summed(x, block.span), self._summed(x_event, block.span_event)
        if block.span is None:
            return least_squares(y, rows, ahead)
        weight = 1.0 / np.sqrt(block.span)
        return least_squares(y * weight, rows * weight[..., None], ahead)

    def forecast(self, block: Block, fit: LeastSquares) -> EstimationResult:
        """Return what fits say of the event window."""
        ahead = self._summed(self.regressors_of(block)[1], block.span_event)
        reason, detail = failures(fit, self.column_names)
        good = reason == Reason.OK
        sigma = np.where(good, fit.sigma, np.nan)
        expected = (ahead @ fit.coefficients[..., None])[..., 0]
        if self.excess and block.risk_free_event is not None:
            expected = expected + block.risk_free_event
        return EstimationResult(
            parameters=self.reported(np.where(good[:, None], fit.coefficients, np.nan)),
            sigma=sigma,
            dof=fit.dof,
            n_obs=fit.n_obs,
            r_squared=fit.r_squared,
            expected=np.where(good[:, None], expected, np.nan),
            noise=(sigma**2)[:, None] * block.spans_event,
            spread=sigma[:, None, None] * fit.spread,
            residuals=np.where(good[:, None], fit.residuals, np.nan),
            reason=reason,
            detail=detail,
        )

    def shares_designs(self) -> bool:
        """Return whether its design is a matter of the date alone, and is fitted as it stands."""
        kind = type(self)
        as_it_stands = kind.fit is LinearModel.fit and kind.solve is LinearModel.solve
        return self.margin == (0, 0) and as_it_stands and kind.regressors_of is LinearModel.regressors_of

    def reported(self, coefficients: Floats) -> Floats:
        """Return the parameters, shape (E, P), for the coefficients of the design: these, or another array."""
        return coefficients

    def _summed(self, x: Floats, span: Floats | None) -> Floats:
        """Return design rows for regressors that are sums over `span` sessions."""
        rows = self.design(x)
        if span is None:
            return rows
        # A design is affine in its regressors: what is left at zero is its constant.
        return rows + (span - 1.0)[..., None] * self.design(np.zeros_like(x))

    def condition(self, block: Block) -> Floats:
        """Return the condition number of the rows used, shape (E,)."""
        return condition_numbers(block.y, self.weighted_design(block))

    def weighted_design(self, block: Block) -> Floats:
        """Return the design rows of the estimation window as least squares weights them, shape (E, M, P)."""
        x, _ = self.regressors_of(block)
        return self._summed(x, block.span) / np.sqrt(block.spans)[..., None]


@dataclass(frozen=True, kw_only=True)
class FixedModel(ExpectedReturnModel):
    """A model without estimated parameters (METHODS 2.2).

    The variance is that of the estimation-window abnormal returns around their own mean, with n - 1 degrees of
    freedom; the mean itself is not subtracted from the abnormal returns of the event window.

    Parameters
    ----------
    centred : bool
        Whether the variance is taken around the mean; else it is ``sum AR^2 / n``, with n degrees of freedom.
    """

    takes_spans: ClassVar[bool] = True

    centred: bool = True

    @abstractmethod
    def expected(self, x: Floats) -> Floats:
        """Return expected returns, shape (E, n), for regressors of shape (E, n, K)."""

    @property
    def column_names(self) -> tuple[str, ...]:
        """What its dispersion is taken about."""
        return ("constant",)

    def shares_designs(self) -> bool:
        """Return whether it expects what `expected` says, of the sessions of the windows alone."""
        return self.margin == (0, 0) and type(self).fit is FixedModel.fit

    def reported(self, coefficients: Floats) -> Floats:
        """Return no parameter, shape (E, 0)."""
        return coefficients[:, :0]

    def fit(self, block: Block) -> EstimationResult:
        """Take the dispersion from the estimation window; nothing is estimated besides."""
        weight = 1.0 / np.sqrt(block.spans)
        expected = self.expected(block.x_event)
        abnormal = (block.y - self.expected(block.x)) * weight
        if block.span is None:
            fit = fit_mean(abnormal)
        else:
            # The mean of returns that cover n sessions grows with n, as does their variance.
            fit = least_squares(abnormal, (block.spans * weight)[..., None], np.ones((*expected.shape, 1)))
        reason, detail = failures(fit, self.column_names)
        good = reason == Reason.OK
        there = np.isfinite(abnormal)
        mean_square = np.where(there, abnormal, 0.0) ** 2
        spread_out = np.sqrt(mean_square.sum(axis=1) / np.maximum(fit.n_obs, 1))
        sigma = np.where(good, fit.sigma if self.centred else spread_out, np.nan)
        events, days = expected.shape
        return EstimationResult(
            parameters=self.reported(fit.coefficients),
            sigma=sigma,
            dof=fit.dof if self.centred else fit.n_obs,
            n_obs=fit.n_obs,
            r_squared=np.full(events, np.nan),
            expected=np.where(good[:, None], expected, np.nan),
            noise=(sigma**2)[:, None] * block.spans_event,
            spread=np.empty((events, days, 0)),
            residuals=np.where(good[:, None] & there, abnormal, np.nan),
            reason=reason,
            detail=detail,
        )


def unusable(fit: LeastSquares | SharedFit, columns: tuple[str, ...], fewest: int = 0) -> Bools:
    """Return which of E events have no usable fit, for columns of these names and so many complete rows at least."""
    needed = max(len(columns) + SPARE_OBSERVATIONS, fewest)
    return np.asarray((fit.n_obs < needed) | (fit.collinear >= 0) | ~(fit.sigma > 0))


def failures(fit: LeastSquares | SharedFit, columns: tuple[str, ...], fewest: int = 0) -> tuple[Labels, Labels]:
    """Return the reason why each event has no usable fit, ``ok`` where it has one, and the figures behind it.

    Parameters
    ----------
    fit : LeastSquares
        Fits of E events.
    columns : tuple of str
        Names of the columns of the design.
    fewest : int
        Complete rows that are asked for, whatever the model needs.
    """
    reason = alike(str(Reason.OK), len(fit.n_obs)).copy()
    detail = alike("", len(fit.n_obs)).copy()
    needed = max(len(columns) + SPARE_OBSERVATIONS, fewest)
    for row in np.flatnonzero(unusable(fit, columns, fewest)):
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
