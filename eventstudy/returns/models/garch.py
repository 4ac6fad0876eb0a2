"""Market models whose disturbances have a variance that moves, and GARCH among them (METHODS 2.5)."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from eventstudy._typing import Floats
from eventstudy.errors import InputError, Reason, UnknownNameError
from eventstudy.returns.event_garch import EventSeries, maximise
from eventstudy.returns.models.base import BenchmarkModel, Block, EstimationResult, named
from eventstudy.returns.models.market import MarketModel
from eventstudy.returns.variance_paths import Volatility, garch_path

__all__ = ["ConditionalVarianceModel", "GARCHModel"]

# Returns in percent: the optimiser's tolerances are absolute.
PERCENT = 100.0
EXPLOSIVE = 0.9999
# Of a log-likelihood: what bounds and tolerances of a search may cost.
SLACK = 0.1
SAVICKAS = "savickas"


@dataclass(frozen=True, slots=True, eq=False)
class _Maximum:
    """Where a likelihood is largest, of returns in percent; `root` (2, 2) is that of the coefficients' covariance."""

    alpha: float
    beta: float
    volatility: Volatility
    stationary: bool
    root: Floats


@dataclass(frozen=True)
class ConditionalVarianceModel(BenchmarkModel):
    """A market model estimated by quasi-maximum likelihood with a conditional variance.

    ``V = diag(h) + X* Cov(b) X*'``, Cov(b) the sandwich of quasi-maximum likelihood. An event with fewer than
    `min_obs` returns, or whose likelihood has no interior maximum, is estimated by least squares, with a note: its h is
    the constant ``s^2``.

    Parameters
    ----------
    distribution : str
        ``"normal"`` or ``"t"``, of the standardised disturbances.
    variance : str
        ``"forecast"``: h of the event window from the end of the estimation window, so that the event does not enter
        its own denominator; ``"updated"``: with the abnormal returns of the event window as they come; ``"savickas"``
        (GARCH alone): estimated over both windows with a dummy for the event.
    min_obs : int
        Fewest returns for the likelihood.
    """

    choices: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "distribution": ("normal", "t"),
        "variance": ("forecast", "updated"),
    }

    distribution: str = "normal"
    variance: str = "forecast"
    min_obs: int = 250

    def __post_init__(self) -> None:
        for name, known in self.choices.items():
            if getattr(self, name) not in known:
                raise UnknownNameError(f"{name} of {self.kind}", getattr(self, name), known)

    @property
    @abstractmethod
    def volatility_parameters(self) -> tuple[str, ...]:
        """Names of the parameters of the variance, omega first."""

    @property
    def parameters(self) -> tuple[str, ...]:
        """Intercept, slope and the parameters of the variance."""
        return ("alpha", "beta", *self.volatility_parameters)

    @abstractmethod
    def read(self, found: Any) -> tuple[Volatility, bool]:
        """Return the variance parameters of a fit of `arch`, in percent squared, and whether it is stationary."""

    @abstractmethod
    def path(self, volatility: Volatility, start: int, shocks: Floats) -> Floats:
        """Return h on the event days, shape (L,); see `garch_path`."""

    @abstractmethod
    def constant(self, variance: Floats) -> Floats:
        """Return the variance parameters, shape (E, V), of a constant variance of shape (E,)."""

    @abstractmethod
    def specified(self, y: Floats, x: Floats) -> Any:
        """Return the model of `arch` for returns in percent."""

    def fit(self, block: Block) -> EstimationResult:
        """Estimate by least squares, then by likelihood where there is enough, an event at a time."""
        least = MarketModel(self.benchmark).fit(block)
        variance = least.sigma**2
        result = EstimationResult(
            parameters=np.concatenate([least.parameters, self.constant(variance)], axis=1),
            sigma=least.sigma.copy(),
            dof=least.dof,
            n_obs=least.n_obs,
            r_squared=least.r_squared.copy(),
            expected=least.expected.copy(),
            noise=least.noise.copy(),
            spread=least.spread.copy(),
            residuals=least.residuals.copy(),
            reason=least.reason,
            detail=least.detail,
        )
        for event in np.flatnonzero(least.reason == Reason.OK):
            if least.n_obs[event] < self.min_obs:
                result.detail[event] = f"least squares: {least.n_obs[event]} returns, {self.min_obs} needed"
            else:
                self._fit_event(int(event), block, result)
        return result

    def _fit_event(self, event: int, block: Block, result: EstimationResult) -> None:
        market, market_event = block.x[event, :, 0], block.x_event[event, :, 0]
        used = np.flatnonzero(np.isfinite(block.y[event]) & np.isfinite(market))
        y, x = PERCENT * block.y[event, used], PERCENT * market[used]
        found = self._maximised(y, x, float(np.mean((PERCENT * result.residuals[event, used]) ** 2)))
        if found is None:
            result.detail[event] = "least squares: the likelihood has no maximum that was found"
            return
        volatility, stationary, alpha = found.volatility, found.stationary, found.alpha / PERCENT
        expected = alpha + found.beta * market_event
        shocks = np.full(len(market_event), np.nan)
        if self.variance == "updated":
            shocks = PERCENT * (block.y_event[event] - expected)
        start = block.y.shape[1] - int(used[-1]) + block.gap
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            h = self.path(volatility, start, shocks) if stationary else np.full(len(shocks), np.nan)
        if not (np.isfinite(h) & (h > 0)).all():
            why = "of the event window is not finite" if stationary else "is not stationary"
            result.detail[event] = f"least squares: the variance {why}"
            return
        result.expected[event] = expected
        residuals = block.y[event, used] - alpha - found.beta * market[used]
        result.residuals[event, used] = residuals
        result.noise[event] = h / PERCENT**2
        # Of (alpha, beta), alpha in percent, back in decimals.
        root = found.root * np.array([[1.0 / PERCENT], [1.0]])
        result.spread[event] = np.stack([np.ones(len(market_event)), market_event], axis=1) @ root
        ssr = float((residuals**2).sum())
        result.sigma[event] = np.sqrt(ssr / (len(used) - 2))
        result.r_squared[event] = 1.0 - ssr / float(((block.y[event, used] - block.y[event, used].mean()) ** 2).sum())
        result.parameters[event] = alpha, found.beta, *volatility.decimals(PERCENT)

    def _maximised(self, y: Floats, x: Floats, variance: float) -> _Maximum | None:
        """Return the best of what `arch` finds from the starts there are, None where that is no maximum."""
        model, best = self.specified(y, x), None
        # A constant variance is among the models: whatever is less likely than that was left on the way.
        least = -0.5 * len(y) * (np.log(2.0 * np.pi * variance) + 1.0) - SLACK
        for start in self.starts(y, x, variance):
            found = model.fit(
                disp="off",
                show_warning=False,
                backcast=variance,
                starting_values=start,
                options={"ftol": 1e-12, "maxiter": 1000},
            )
            arrived = found.convergence_flag == 0 and np.isfinite(found.params).all() and found.loglikelihood >= least
            if arrived and (best is None or found.loglikelihood > best.loglikelihood):
                best = found
        if best is None:
            return None
        try:
            covariance = self.coefficient_covariance(best, np.stack([np.ones(len(x)), x], axis=1), variance)
            root = np.asarray(np.linalg.cholesky(covariance), dtype=np.float64)
        except np.linalg.LinAlgError:
            return None
        alpha, beta = float(best.params.iloc[0]), float(best.params.iloc[1])
        return _Maximum(alpha, beta, *self.read(best), root) if np.isfinite(root).all() else None

    def starts(self, y: Floats, x: Floats, variance: float) -> list[Floats | None]:  # noqa: ARG002
        """Return where searches begin, None for where `arch` would."""
        return [None]

    def coefficient_covariance(self, found: Any, x: Floats, variance: float) -> Floats:  # noqa: ARG002
        """Return the sandwich covariance of intercept and slope, shape (2, 2), in percent.

        Parameters
        ----------
        found : ARCHModelResult
            A fit of `arch`.
        x : ndarray of shape (n, 2)
            Constant and market.
        variance : float
            h ahead of the first session.

        Raises
        ------
        LinAlgError
            Where the likelihood is flat.
        """
        return np.asarray(found.param_cov)[:2, :2]

    def condition(self, block: Block) -> Floats:
        """Return the condition number of the constant and the market, shape (E,)."""
        return MarketModel(self.benchmark).condition(block)

    def _arch(self, y: Floats, x: Floats, volatility: str, asymmetry: int) -> Any:
        try:
            from arch import arch_model
        except ImportError:
            raise InputError(
                f"The model {self.kind!r} against {named(self.benchmark)} needs the package arch, which is not "
                f"installed; it comes with eventstudy-backtester[garch]."
            ) from None
        return arch_model(
            y,
            x=x,
            mean="ARX",
            lags=0,
            vol=volatility,  # type: ignore[arg-type, unused-ignore]
            p=1,
            o=asymmetry,
            q=1,
            dist=self.distribution,  # type: ignore[arg-type, unused-ignore]
            rescale=False,
        )


@dataclass(frozen=True)
class GARCHModel(ConditionalVarianceModel):
    """Expected return = ``alpha + beta R_m,t``, disturbances GARCH(1,1): ``h_t = w + a e_{t-1}^2 + g h_{t-1}``.

    The forecast is ``h_{T+k} = hbar + (a + g)^{k-1} (h_{T+1} - hbar)``, ``hbar = w / (1 - a - g)``, the days of the gap
    counted in k.

    With ``variance="savickas"`` the likelihood is that of estimation and event window together, D one in the event
    window: ``R_t = alpha + beta R_m,t + gamma D_t + e_t``, ``h_t = w + a e_{t-1}^2 + g h_{t-1} + delta D_t``, delta at
    least 0. Abnormal returns keep gamma, ``AR_t = R_t - alpha - beta R_m,t``. Their variance is h alone; the mean of
    ``AR / sqrt(h)`` over events against its own dispersion (the test `bmp`) allows each security a variance effect of
    its own. With one event day gamma takes up all of it, and delta is 0.

    Source: Bollerslev (1986), Journal of Econometrics 31, 307-327; Savickas (2003), Journal of Financial Research 26,
    165-178.

    Parameters
    ----------
    benchmark : str or mapping, optional
        The market; the study's benchmark where it is None.

    Examples
    --------
    >>> GARCHModel("SPY").parameters
    ('alpha', 'beta', 'omega', 'arch', 'garch')
    """

    kind: ClassVar[str] = "garch"
    source: ClassVar[str] = "Bollerslev (1986)"
    choices: ClassVar[Mapping[str, tuple[str, ...]]] = {
        **ConditionalVarianceModel.choices,
        "variance": ("forecast", "updated", SAVICKAS),
    }

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.variance == SAVICKAS and self.distribution != "normal":
            raise InputError(f"garch: variance savickas is of normal disturbances, not of {self.distribution}.")

    @property
    def volatility_parameters(self) -> tuple[str, ...]:
        """Omega, a and g; with a dummy for the event also gamma and delta."""
        own = ("omega", "arch", "garch")
        return (*own, "event_mean", "event_variance") if self.variance == SAVICKAS else own

    @property
    def looks_ahead(self) -> bool:
        """Whether the event window is in the estimates."""
        return self.variance == SAVICKAS

    def _fit_event(self, event: int, block: Block, result: EstimationResult) -> None:
        if self.variance == SAVICKAS:
            self._fit_with_event(event, block, result)
        else:
            super()._fit_event(event, block, result)

    def _fit_with_event(self, event: int, block: Block, result: EstimationResult) -> None:
        market, market_event = block.x[event, :, 0], block.x_event[event, :, 0]
        used = np.flatnonzero(np.isfinite(block.y[event]) & np.isfinite(market))
        ahead = block.y.shape[1] - int(used[-1]) + block.gap
        series = EventSeries(
            y=PERCENT * block.y[event, used],
            x=PERCENT * market[used],
            y_event=PERCENT * block.y_event[event],
            x_event=PERCENT * market_event,
            ahead=ahead,
            variance=float(np.mean((PERCENT * result.residuals[event, used]) ** 2)),
        )
        if ahead < 1 or not np.isfinite(series.y_event + series.x_event).any():
            why = "the event window does not come last" if ahead < 1 else "the event window has no return"
            result.detail[event] = f"least squares: {why}"
            return
        found = maximise(series, PERCENT * result.parameters[event, 0], result.parameters[event, 1])
        if found is None or found.parameters[4] + found.parameters[5] >= EXPLOSIVE:
            why = "the likelihood has no maximum that was found" if found is None else "the variance is not stationary"
            result.detail[event] = f"least squares: {why}"
            return
        alpha, beta, gamma, omega, arch, garch, delta = found.parameters
        alpha = alpha / PERCENT
        result.expected[event] = alpha + beta * market_event
        result.noise[event] = found.h / PERCENT**2
        result.spread[event] = 0.0
        residuals = block.y[event, used] - alpha - beta * market[used]
        result.residuals[event, used] = residuals
        result.sigma[event] = np.sqrt((residuals**2).sum() / (len(used) - 2))
        apart = block.y[event, used] - block.y[event, used].mean()
        result.r_squared[event] = 1.0 - (residuals**2).sum() / (apart**2).sum()
        units = PERCENT**2
        result.parameters[event] = alpha, beta, omega / units, arch, garch, gamma / PERCENT, delta / units

    def specified(self, y: Floats, x: Floats) -> Any:
        """Return a GARCH(1,1) market model."""
        return self._arch(y, x, "GARCH", 0)

    def read(self, found: Any) -> tuple[Volatility, bool]:
        """Return omega, a and g."""
        omega, arch, garch = (float(found.params[name]) for name in ("omega", "alpha[1]", "beta[1]"))
        last = float(found.conditional_volatility[-1]) ** 2, float(found.resid[-1])
        return Volatility(omega, arch, garch, 0.0, *last), omega > 0 and arch + garch < EXPLOSIVE

    def path(self, volatility: Volatility, start: int, shocks: Floats) -> Floats:
        """Return the variances of the event days."""
        return garch_path(volatility, start, shocks)

    def constant(self, variance: Floats) -> Floats:
        """Return omega, no a and g, and no effect of the event."""
        none, unknown = 0.0 * variance, np.full(len(variance), np.nan)
        event = (unknown, none) if self.variance == SAVICKAS else ()
        return np.stack([variance, none, none, *event], axis=1)
