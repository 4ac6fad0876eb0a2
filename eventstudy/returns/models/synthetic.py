"""Counterfactuals made of other securities: synthetic control and elastic net (METHODS 2.7)."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from eventstudy._labels import alike
from eventstudy._typing import Floats
from eventstudy.errors import InputError, Reason
from eventstudy.returns.models.base import SPARE_OBSERVATIONS, ExpectedReturnModel
from eventstudy.returns.models.block import Block, EstimationResult
from eventstudy.returns.regressors import Benchmark
from eventstudy.returns.weights import elastic_net, simplex_weights

__all__ = ["CounterfactualModel", "ElasticNetModel", "PlaceboGaps", "SyntheticControlModel"]


@dataclass(frozen=True, slots=True, eq=False)
class PlaceboGaps:
    """One event's firm and its donors, each against its own counterfactual; the firm comes first.

    Parameters
    ----------
    rmspe : ndarray of shape (1 + J,)
        Root mean squared residual of the estimation window, a decimal per session.
    abnormal : ndarray of shape (1 + J, L)
        Abnormal returns in the event window, decimals per session; NaN where the firm's is missing.
    left_out : int
        Donors that could be no placebo: they don't vary, or the others repeat them.
    """

    rmspe: Floats
    abnormal: Floats
    left_out: int


@dataclass(frozen=True)
class CounterfactualModel(ExpectedReturnModel):
    """A model whose expected return is a portfolio of donors, fitted to the estimation window.

    Donors are the symbols named, or all that share the event's sessions, without an event of their own in either
    window and with complete returns in both. ``s^2 = SSR / dof``; the error of the weights is not in the variance, and
    for one event the placebo test is the better guide.

    Parameters
    ----------
    donors : tuple of str
        Symbols; all of the prices where empty.
    """

    donors: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "donors", tuple(self.donors))

    @property
    def parameters(self) -> tuple[str, ...]:
        """Intercept, donors with a weight, and the root mean squared residual of the estimation window."""
        return ("alpha", "donors", "rmspe")

    @property
    def regressors(self) -> tuple[Benchmark, ...]:
        """None."""
        return ()

    @property
    def donor_symbols(self) -> tuple[str, ...]:
        """The symbols named."""
        return self.donors

    @abstractmethod
    def weights(self, y: Floats, x: Floats) -> tuple[float, Floats]:
        """Return intercept and weights, shape (J,), for n complete returns (n,) and those of J donors (n, J)."""

    @abstractmethod
    def lost(self, weighted: int) -> int:
        """Return the degrees of freedom lost to the weights of so many donors."""

    def fit(self, block: Block) -> EstimationResult:
        """Fit the weights, an event at a time: each has its own donors."""
        if block.donors is None:
            raise InputError(f"The model {self.kind!r} needs donors, and the block has none.")
        events, length = block.y.shape
        days = block.y_event.shape[1]
        result = _empty(events, length, days, len(self.parameters))
        for event in range(events):
            self._fit_event(event, block, result)
        return result

    def placebos(self, event: int, block: Block) -> PlaceboGaps:
        """Return one event's gaps, and those of each donor in the place of its firm.

        Parameters
        ----------
        event : int
            One that `fit` gives a counterfactual.
        block : Block
            With its donors.

        Notes
        -----
        The same sessions and the same complete donors as in `fit`. Among the donors of a donor is the firm (Abadie,
        Diamond and Hainmueller 2010), unless it lacks a return in the event window.
        """
        assert block.donors is not None
        used = np.isfinite(block.y[event])
        _, donors, donors_event = block.donors.of(event)
        complete = np.isfinite(donors[used]).all(axis=0) & np.isfinite(donors_event).all(axis=0)
        y = np.column_stack([block.y[event, used], donors[used][:, complete]])
        y_event = np.column_stack([block.y_event[event], donors_event[:, complete]])
        others = np.isfinite(y_event).all(axis=0)
        found = []
        for own in range(y.shape[1]):
            pool = others & (np.arange(y.shape[1]) != own)
            if not pool.any() or np.ptp(y[:, own]) == 0:
                continue
            alpha, weights = self.weights(y[:, own], y[:, pool])
            ssr = float(((y[:, own] - alpha - y[:, pool] @ weights) ** 2).sum())
            if ssr > PERFECT * float((y[:, own] ** 2).sum()):
                found.append((np.sqrt(ssr / len(y)), y_event[:, own] - alpha - y_event[:, pool] @ weights))
        rmspe, abnormal = np.array([each[0] for each in found]), np.array([each[1] for each in found])
        return PlaceboGaps(rmspe, abnormal, y.shape[1] - len(found))

    def _fit_event(self, event: int, block: Block, result: EstimationResult) -> None:
        """Fill in one event."""
        used = np.isfinite(block.y[event])
        names, donors, donors_event = block.donors.of(event) if block.donors is not None else ((), block.y, block.y)
        complete = np.isfinite(donors[used]).all(axis=0) & np.isfinite(donors_event).all(axis=0)
        y, x, n_obs = block.y[event, used], donors[used][:, complete], int(used.sum())
        result.n_obs[event] = n_obs
        if n_obs < 1 + SPARE_OBSERVATIONS:
            result.reason[event] = Reason.TOO_FEW_ESTIMATION_DAYS
            result.detail[event] = f"{n_obs} returns, {1 + SPARE_OBSERVATIONS} needed"
            return
        if not complete.any():
            result.reason[event] = Reason.NO_DONORS
            result.detail[event] = f"of {len(names)} donors none is complete in both windows"
            return
        if np.ptp(y) == 0:
            result.reason[event] = Reason.DEGENERATE_ESTIMATION
            result.detail[event] = "the returns do not vary"
            return
        alpha, weights = self.weights(y, x)
        residuals = y - alpha - x @ weights
        ssr, weighted = float((residuals**2).sum()), int((weights != 0).sum())
        result.dof[event] = n_obs - self.lost(weighted)
        if ssr <= PERFECT * float((y**2).sum()) or result.dof[event] <= 0:
            result.reason[event] = Reason.DEGENERATE_ESTIMATION
            result.detail[event] = "the residuals are all zero" if result.dof[event] > 0 else f"{weighted} donors"
            return
        kept = np.array(names, dtype=object)[complete]
        order = np.argsort(-np.abs(weights), kind="stable")[:weighted]
        result.detail[event] = ", ".join(f"{kept[place]} {weights[place]:.4f}" for place in order)
        result.sigma[event] = np.sqrt(ssr / result.dof[event])
        result.noise[event] = ssr / result.dof[event]
        result.parameters[event] = alpha, weighted, np.sqrt(ssr / n_obs)
        result.r_squared[event] = 1.0 - ssr / float(((y - y.mean()) ** 2).sum())
        result.expected[event] = alpha + donors_event[:, complete] @ weights
        result.residuals[event, used] = residuals


# A residual sum of squares below this share of the sum of squares is the rounding of a solver: the fit is perfect.
PERFECT = 1e-20


def _empty(events: int, length: int, days: int, parameters: int) -> EstimationResult:
    return EstimationResult(
        parameters=np.full((events, parameters), np.nan),
        sigma=np.full(events, np.nan),
        dof=np.zeros(events, dtype=np.int64),
        n_obs=np.zeros(events, dtype=np.int64),
        r_squared=np.full(events, np.nan),
        expected=np.full((events, days), np.nan),
        noise=np.full((events, days), np.nan),
        spread=np.empty((events, days, 0)),
        residuals=np.full((events, length), np.nan),
        reason=alike(str(Reason.OK), events).copy(),
        detail=alike("", events).copy(),
    )


@dataclass(frozen=True)
class SyntheticControlModel(CounterfactualModel):
    """Expected return = that of a portfolio of donors, weights at least zero that sum to one.

    The weights minimise ``sum_E (R_t - sum_j w_j R_j,t)^2`` over the returns of the estimation window; the degrees of
    freedom are ``n - p + 1``, p the donors with a weight.

    Source: Abadie, Diamond and Hainmueller (2010), Journal of the American Statistical Association 105, 493-505;
    Goldsmith-Pinkham and Lyu (2025), arXiv:2511.15123, who propose portfolios of control securities for event studies
    where factor models may be misspecified: long horizons, volatile periods.

    Parameters
    ----------
    intercept : bool
        Whether the portfolio may differ from the firm by a constant.
    ridge : float
        Adds ``ridge sum w^2`` to the mean squared residual, in units of the firm's variance: spreads the weights.

    Raises
    ------
    InputError
        For a negative ridge.

    Examples
    --------
    >>> SyntheticControlModel(("JD", "PDD")).label(None)
    'synthetic_control'
    """

    kind: ClassVar[str] = "synthetic_control"
    source: ClassVar[str] = "Abadie, Diamond and Hainmueller (2010)"

    intercept: bool = False
    ridge: float = 0.0

    @property
    def zero_mean(self) -> bool:
        """Whether the intercept takes up the mean residual."""
        return self.intercept

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.ridge >= 0:
            raise InputError(f"synthetic_control: ridge is {self.ridge}; it can't be negative.")

    def weights(self, y: Floats, x: Floats) -> tuple[float, Floats]:
        """Return the intercept, zero without one, and the weights on the simplex."""
        level, levels = (y.mean(), x.mean(axis=0)) if self.intercept else (0.0, np.zeros(x.shape[1]))
        weights = simplex_weights(y - level, x - levels, ridge=self.ridge * float(((y - y.mean()) ** 2).sum()))
        return float(level - levels @ weights), weights

    def lost(self, weighted: int) -> int:
        """Return p - 1, and one more for an intercept."""
        return weighted - 1 + int(self.intercept)


@dataclass(frozen=True)
class ElasticNetModel(CounterfactualModel):
    """Expected return = an intercept and a sparse portfolio of donors of any sign and size.

    Minimises ``sum e^2 / (2 n) + penalty (l1_ratio |w|_1 + (1 - l1_ratio) |w|^2 / 2)`` over donors in units of their
    standard deviations; the degrees of freedom are ``n - p - 1``, p the donors with a weight. The penalty is a share
    of the smallest one at which no donor has a weight, the same share for every event: it is chosen before anything
    is seen.

    Source: Doudchenko and Imbens (2016), NBER working paper 22791; Zou and Hastie (2005), Journal of the Royal
    Statistical Society B 67, 301-320.

    Parameters
    ----------
    penalty : float
        Above 0, at most 1.
    l1_ratio : float
        Above 0, at most 1; 1 is the lasso.

    Raises
    ------
    InputError
        For a penalty or ratio outside its bounds.

    Examples
    --------
    >>> ElasticNetModel().l1_ratio
    0.5
    """

    kind: ClassVar[str] = "elastic_net"
    source: ClassVar[str] = "Doudchenko and Imbens (2016)"

    penalty: float = 0.1
    l1_ratio: float = 0.5

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("penalty", "l1_ratio"):
            if not 0 < getattr(self, name) <= 1:
                raise InputError(f"elastic_net: {name} is {getattr(self, name)}; it is above 0 and at most 1.")

    def weights(self, y: Floats, x: Floats) -> tuple[float, Floats]:
        """Return the intercept and the weights."""
        return elastic_net(y, x, share=self.penalty, l1_ratio=self.l1_ratio)

    def lost(self, weighted: int) -> int:
        """Return p + 1."""
        return weighted + 1
