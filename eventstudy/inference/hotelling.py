"""Several days of many events, or several firms on one date, at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from eventstudy.distributions import NO_DIRECTION, Alternative, f_p_values
from eventstudy.errors import Reason
from eventstudy.inference.base import HypothesisTest, Sample, TestResult, dispersion
from eventstudy.returns.accumulators import Accumulator
from eventstudy.returns.portfolio import CommonResiduals

__all__ = ["Hotelling"]


@dataclass(frozen=True, kw_only=True)
class Hotelling(HypothesisTest):
    """``F = N (N - L) / ((N - 1) L) a' C^-1 a ~ F(L, N - L)``: the mean abnormal return is zero on every day.

    a are the L average abnormal returns and C their covariance over events, which are taken as independent; events
    that miss a day of the window are left out.

    ``across="firms"`` asks of N firms that share one date whether any of them has a CAR: with S the covariance of
    their residuals (divisor df) and v the factor of the forecast error, ``F = (df - N + 1) / (N df) CAR' S^-1 CAR / v ~
    F(N, df - N + 1)``. It is the exact test of event dummies in a multivariate regression whose equations share their
    regressors.

    Source: Hotelling (1931); Schipper and Thompson (1983), Binder (1985), Journal of Accounting Research 23, 370-383;
    METHODS 4.11.

    Parameters
    ----------
    across : str
        ``"days"`` or ``"firms"``.

    Examples
    --------
    >>> Hotelling(across="firms").needs[0].__name__
    'CommonResiduals'
    """

    kind: ClassVar[str] = "hotelling"
    null: ClassVar[str] = "The mean abnormal return is zero on every day of the window."
    source: ClassVar[str] = "Hotelling (1931); Binder (1985)"
    choices: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "alternative": (Alternative.TWO_SIDED,),
        "across": ("days", "firms"),
    }

    across: str = "days"

    @property
    def hypothesis(self) -> str:
        """Of all days, or of all firms."""
        return self.null if self.across == "days" else "No firm has an abnormal return over the window."

    @property
    def needs(self) -> tuple[type[Accumulator], ...]:
        """The residuals of a few firms on one date."""
        return (CommonResiduals,) if self.across == "firms" else ()

    def run(self, sample: Sample) -> tuple[TestResult, ...]:
        """Test all days, or all firms."""
        return self._days(sample) if self.across == "days" else self._firms(sample)

    def _days(self, sample: Sample) -> tuple[TestResult, ...]:
        ar = sample.ar
        ar = ar[~np.isnan(ar).any(axis=1)]
        n, length = ar.shape
        estimate = float(ar.mean(axis=0).sum()) if n else float("nan")
        if n <= max(length, 1):
            return self.invalid(sample, Reason.TOO_FEW_EVENTS, estimate=estimate)
        mean, centred = ar.mean(axis=0), ar - ar.mean(axis=0)
        varies = all(dispersion(day) > 0 for day in ar.T)
        distance = _distance(mean, centred.T @ centred / (n - 1)) if varies else None
        if distance is None:
            return self.invalid(sample, Reason.NO_DISPERSION, estimate=estimate)
        return self._f(n * (n - length) / ((n - 1) * length) * distance, length, n - length, n, estimate)

    def _firms(self, sample: Sample) -> tuple[TestResult, ...]:
        held, n = sample.accumulated[CommonResiduals], len(sample)
        assert isinstance(held, CommonResiduals)
        if not n:
            return self.invalid(sample, Reason.NO_EVENTS)
        if len(held.places) > 1:
            return self.invalid(sample, Reason.SEVERAL_DATES)
        residuals = held.values[np.isin(held.row, sample.row)]
        df = int(sample.dof.min())
        if held.full or df - n + 1 < 1 or np.isnan(residuals).any() or len(residuals) != n:
            return self.invalid(sample, Reason.TOO_FEW_ESTIMATION_DAYS)
        covariance = residuals @ residuals.T / df
        factor = (sample.std_error / sample.own().estimates.sigma) ** 2
        distance = _distance(sample.car / np.sqrt(factor), covariance)
        if distance is None:
            return self.invalid(sample, Reason.SINGULAR)
        statistic = (df - n + 1) / (n * df) * distance
        return self._f(statistic, n, df - n + 1, n, float(sample.car.mean()))

    def _f(self, statistic: float, df1: int, df2: int, n: int, estimate: float) -> tuple[TestResult]:
        return (
            self._result(
                n=n,
                estimate=estimate,
                statistic=float(statistic),
                p=f_p_values(statistic, df1, df2),
                distribution=f"F({df1},{df2})",
                df=float(df1),
                df2=float(df2),
                notes=NO_DIRECTION,
            ),
        )


def _distance(vector: np.typing.NDArray[np.float64], matrix: np.typing.NDArray[np.float64]) -> float | None:
    """Return ``a' C^-1 a``, None where C can't be inverted."""
    scale = np.sqrt(np.diag(matrix))
    if not (scale > 0).all():
        return None
    correlation = matrix / np.outer(scale, scale)
    if np.linalg.cond(correlation) > 1e12:
        return None
    scaled = vector / scale
    return float(scaled @ np.linalg.solve(correlation, scaled))
