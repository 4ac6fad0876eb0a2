"""Models that give a line ``alpha + beta R_m`` by other means than least squares (METHODS 2.4)."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass

import numpy as np

from eventstudy._typing import Bools, Floats, Labels
from eventstudy.errors import Reason
from eventstudy.returns.linear import condition_numbers, least_squares
from eventstudy.returns.models.base import BenchmarkModel, Block, EstimationResult, failures, named, with_constant

__all__ = ["Line", "LineModel", "centred", "column_mean"]


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """Lines of E events.

    Parameters
    ----------
    alpha, beta : ndarray of shape (E,)
        Intercept and slope; NaN where none was found.
    slope_error : ndarray of shape (E,)
        ``sqrt(var(beta) / s^2)``, s the standard deviation of the line's residuals.
    note : ndarray of shape (E,), optional
        What there is to say of a line that was found; empty where nothing.
    """

    alpha: Floats
    beta: Floats
    slope_error: Floats
    note: Labels | None = None

    @property
    def found(self) -> Bools:
        """Which events have a line and its error, shape (E,)."""
        return np.asarray(np.isfinite(self.alpha) & np.isfinite(self.beta) & np.isfinite(self.slope_error))


@dataclass(frozen=True)
class LineModel(BenchmarkModel):
    """A model that gives a line; residuals and covariance follow from it.

    ``V = s^2 (I + iota iota'/n) + var(beta) d d'`` with ``d_t = R_m,t - mean(R_m)`` (METHODS 2.4), n the sessions used
    and ``s^2 = sum e^2 / (n - 2)`` from all of their residuals. For least squares it is the exact covariance.
    """

    @property
    def parameters(self) -> tuple[str, ...]:
        """Intercept and slope."""
        return ("alpha", "beta")

    @abstractmethod
    def line(self, y: Floats, x: Floats, used: Bools) -> Line:
        """Return the lines of E events, NaN where there is none to be found.

        Parameters
        ----------
        y : ndarray of shape (E, M)
            Returns, zero on sessions that are not used.
        x : ndarray of shape (E, M, H)
            The market on the session itself and on those around it that `columns` gives, NaN where missing.
        used : ndarray of shape (E, M)
            Sessions with all of these.
        """

    def columns(self, block: Block) -> tuple[Floats, Floats]:
        """Return the market around each session: estimation (E, M, H) and event window (E, L, H), itself first."""
        return block.x, block.x_event

    def failed(self, y: Floats, x: Floats) -> tuple[np.ndarray, np.ndarray, Floats]:
        """Return reason and detail of events that determine no line, and the R2 of least squares."""
        design = with_constant(x[..., :1])
        fit = least_squares(y, design, design[:, :1])
        reason, detail = failures(fit, ("constant", named(self.benchmark)))
        return reason, detail, fit.r_squared

    def fit(self, block: Block) -> EstimationResult:
        """Estimate the line on the sessions that can be used, and take residuals and covariance from it."""
        x, x_event = self.columns(block)
        used = np.isfinite(block.y) & np.isfinite(x).all(axis=2)
        reason, detail, _ = self.failed(np.where(used, block.y, np.nan), x)
        good = reason == Reason.OK
        used &= good[:, None]
        y, market = np.where(used, block.y, 0.0), np.where(used, x[..., 0], 0.0)
        n_obs = used.sum(axis=1)
        line = self.line(y, x, used)
        good = _say(line, reason, detail)
        used &= good[:, None]
        residuals = np.where(used, y - line.alpha[:, None] - line.beta[:, None] * market, 0.0)
        ssr = (residuals**2).sum(axis=1)
        sigma = np.where(good, np.sqrt(ssr / np.maximum(n_obs - 2, 1)), np.nan)
        mean = column_mean(market, used)
        distance = x_event[..., 0] - mean[:, None]
        sst = (centred(y, used) ** 2).sum(axis=1)
        spread = np.stack(
            [
                np.broadcast_to((sigma / np.sqrt(np.maximum(n_obs, 1)))[:, None], distance.shape),
                (sigma * line.slope_error)[:, None] * distance,
            ],
            axis=2,
        )
        expected = line.alpha[:, None] + line.beta[:, None] * x_event[..., 0]
        return EstimationResult(
            parameters=np.where(good[:, None], np.stack([line.alpha, line.beta], axis=1), np.nan),
            sigma=sigma,
            dof=self._observed(block, x) - 2,
            n_obs=self._observed(block, x),
            r_squared=np.where(good & (sst > 0), 1.0 - ssr / np.where(sst > 0, sst, 1.0), np.nan),
            expected=np.where(good[:, None], expected, np.nan),
            noise=np.broadcast_to((sigma**2)[:, None], distance.shape),
            spread=spread,
            residuals=np.where(used, residuals, np.nan),
            reason=reason,
            detail=detail,
        )

    def _observed(self, block: Block, x: Floats) -> np.typing.NDArray[np.int64]:
        return np.asarray((np.isfinite(block.y) & np.isfinite(x).all(axis=2)).sum(axis=1), dtype=np.int64)

    def condition(self, block: Block) -> Floats:
        """Return the condition number of the constant and the market, shape (E,)."""
        x, _ = self.columns(block)
        return condition_numbers(block.y, with_constant(x))


def _say(line: Line, reason: Labels, detail: Labels) -> Bools:
    """Write a reason where no line was found, and notes where one was; return for which events, shape (E,)."""
    good = reason == Reason.OK
    lost = good & ~line.found
    reason[lost], detail[lost] = Reason.DEGENERATE_ESTIMATION, "no line was found"
    if line.note is not None:
        told = good & line.found
        detail[told] = line.note[told]
    return np.asarray(good & line.found)


def column_mean(values: Floats, used: Bools) -> Floats:
    """Return the mean over the sessions used, shape (E,); zero without any."""
    return np.asarray(np.where(used, values, 0.0).sum(axis=1) / np.maximum(used.sum(axis=1), 1))


def centred(values: Floats, used: Bools) -> Floats:
    """Return the distance from the mean over the sessions used, zero elsewhere, shape (E, M)."""
    return np.where(used, values - column_mean(values, used)[:, None], 0.0)
