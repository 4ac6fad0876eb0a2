"""Dimson's beta for thin trading: leads and lags of the market."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from eventstudy._typing import Bools, Floats
from eventstudy.errors import InputError, Reason
from eventstudy.returns.linear import LeastSquares, least_squares
from eventstudy.returns.models.base import Block, EstimationResult, failures, named, with_constant
from eventstudy.returns.models.lags import around, around_event
from eventstudy.returns.models.line import Line, LineModel, centred, column_mean

__all__ = ["DimsonModel"]


@dataclass(frozen=True)
class DimsonModel(LineModel):
    """Expected return = ``alpha + beta R_m,t``, beta the sum of the slopes on the market from p before to q after.

    ``alpha = mean(R) - beta mean(R_m)``; ``s^2`` is that of the line's own residuals with n - 2 degrees of freedom, and
    ``var(beta) = c' Cov(b) c`` of the regression on leads and lags, c the weights of the slopes.

    Source: Dimson (1979), Journal of Financial Economics 7, 197-226; Fowler and Rorke (1983), Journal of Financial
    Economics 12, 279-283, for the weights ``(1 + sum of the autocorrelations that reach) / (1 + 2 sum rho)``.

    Parameters
    ----------
    benchmark : str or mapping, optional
        The market; the study's benchmark where it is None.
    p, q : int
        How many sessions before and after.
    dynamic : bool
        Whether the expected return comes from the whole regression on leads and lags, with its own exact covariance,
        instead of from the line. It needs the market after the session: not for trading.
    fowler_rorke : bool
        Whether the slopes are weighted as Fowler and Rorke do, which needs as many leads as lags.

    Raises
    ------
    InputError
        For a negative number of sessions, or weights without symmetry.

    Examples
    --------
    >>> DimsonModel("SPY", p=2, q=1).edges
    (2, 1)
    """

    kind: ClassVar[str] = "dimson"
    source: ClassVar[str] = "Dimson (1979)"

    p: int = 1
    q: int = 1
    dynamic: bool = False
    fowler_rorke: bool = False

    def __post_init__(self) -> None:
        if self.p < 0 or self.q < 0:
            raise InputError(f"dimson: p is {self.p} and q is {self.q}; neither may be negative.")
        if self.fowler_rorke and (self.p != self.q or self.dynamic):
            raise InputError("dimson: fowler_rorke needs p equal to q, and no dynamic.")

    @property
    def margin(self) -> tuple[int, int]:
        """The market around the event window, for expected returns from leads and lags."""
        return (self.p, self.q) if self.dynamic else (0, 0)

    @property
    def edges(self) -> tuple[int, int]:
        """Sessions without all of their neighbours inside the window."""
        return (self.p, self.q)

    @property
    def looks_ahead(self) -> bool:
        """Whether an expected return uses the market after its session."""
        return self.dynamic and self.q > 0

    @property
    def _offsets(self) -> tuple[int, ...]:
        return (0, *(lag for lag in range(-self.p, self.q + 1) if lag))

    def columns(self, block: Block) -> tuple[Floats, Floats]:
        """Return the market of the session and of those around it."""
        offsets = self._offsets
        estimation = around(block, self.margin, offsets, outside=False)
        return estimation, around_event(block, self.margin, offsets if self.dynamic else (0,))

    def failed(self, y: Floats, x: Floats) -> tuple[np.ndarray, np.ndarray, Floats]:
        """Return reason and detail of events whose regression on leads and lags has no solution."""
        design = with_constant(x)
        fit = least_squares(y, design, design[:, :1])
        reason, detail = failures(fit, self._column_names)
        # The line of a perfect regression on leads and lags may have residuals, and the other way round.
        line_reason, line_detail, r_squared = super().failed(y, x)
        fine = reason == Reason.OK
        return np.where(fine, line_reason, reason), np.where(fine, line_detail, detail), r_squared

    @property
    def _column_names(self) -> tuple[str, ...]:
        market = named(self.benchmark)
        return ("constant", *(market if lag == 0 else f"{market}[{lag:+d}]" for lag in self._offsets))

    def line(self, y: Floats, x: Floats, used: Bools) -> Line:
        """Return the line of the summed slopes."""
        weights = self._weights(x[..., 0])
        fit = self._regression(y, x, used, weights[:, None])
        beta = (weights * fit.coefficients).sum(axis=1)
        alpha = column_mean(y, used) - beta * column_mean(x[..., 0], used)
        residuals = np.where(used, y - alpha[:, None] - beta[:, None] * x[..., 0], 0.0)
        s = np.sqrt((residuals**2).sum(axis=1) / np.maximum(used.sum(axis=1) - 2, 1))
        error = fit.sigma * np.sqrt((fit.spread[:, 0] ** 2).sum(axis=1))
        return Line(alpha, beta, error / np.where(s > 0, s, np.nan))

    def _regression(self, y: Floats, x: Floats, used: Bools, x_forecast: Floats) -> LeastSquares:
        return least_squares(np.where(used, y, np.nan), with_constant(x), x_forecast)

    def _weights(self, market: Floats) -> Floats:
        """Return the weight of each coefficient in beta, the constant first, shape (E, 1 + p + 1 + q)."""
        weights = np.ones((len(market), 2 + self.p + self.q))
        weights[:, 0] = 0.0
        if not self.fowler_rorke:
            return weights
        reach = self.p
        rho = [np.ones(len(market)), *(_autocorrelation(market, lag) for lag in range(1, reach + 1))]
        whole = rho[0] + 2.0 * sum(rho[1:], np.zeros(len(market)))
        for column, offset in enumerate(self._offsets, start=1):
            distances = [abs(other - offset) for other in range(-reach, reach + 1)]
            weights[:, column] = sum(rho[each] for each in distances if each <= reach) / whole
        return weights

    def fit(self, block: Block) -> EstimationResult:
        """Estimate the line, or the whole regression where the expected return is `dynamic`."""
        result = LineModel.fit(self, block)
        if not self.dynamic:
            return result
        x, x_event = self.columns(block)
        design_event = with_constant(x_event)
        used = np.isfinite(block.y) & np.isfinite(x).all(axis=2)
        fit = self._regression(block.y, x, used, design_event)
        good = result.reason == Reason.OK
        sigma = np.where(good, fit.sigma, np.nan)
        expected = (design_event @ fit.coefficients[..., None])[..., 0]
        return EstimationResult(
            parameters=result.parameters,
            sigma=sigma,
            dof=fit.dof,
            n_obs=fit.n_obs,
            r_squared=fit.r_squared,
            expected=np.where(good[:, None], expected, np.nan),
            noise=np.broadcast_to((sigma**2)[:, None], expected.shape),
            spread=sigma[:, None, None] * fit.spread,
            residuals=np.where(good[:, None], fit.residuals, np.nan),
            reason=result.reason,
            detail=result.detail,
        )


def _autocorrelation(market: Floats, lag: int) -> Floats:
    """Return the correlation of the market with itself `lag` sessions before, over the pairs there are, (E,)."""
    later, earlier = market[:, lag:], market[:, :-lag]
    pairs = np.isfinite(later) & np.isfinite(earlier)
    later, earlier = centred(later, pairs), centred(earlier, pairs)
    squares = (later**2).sum(axis=1) * (earlier**2).sum(axis=1)
    return np.asarray((later * earlier).sum(axis=1) / np.sqrt(np.where(squares > 0, squares, np.nan)))
