"""The crude dependence adjustment: the average abnormal return against its own history."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from eventstudy.errors import Reason
from eventstudy.inference.base import HypothesisTest, Sample, TestResult
from eventstudy.returns.accumulators import EstimationMeans

__all__ = ["CrudeDependence"]


@dataclass(frozen=True, kw_only=True)
class CrudeDependence(HypothesisTest):
    """``t = CAAR / (sqrt(L) s_A) ~ t(M_A - 1)``.

    s_A is the standard deviation of the average residual over the M_A estimation days, events matched by relative
    day, so correlation between events on one calendar is in it. The error of the estimated parameters is not.

    Source: Brown and Warner (1980), p. 253; (1985); METHODS 4.5.

    Examples
    --------
    >>> CrudeDependence().needs[0].__name__
    'EstimationMeans'
    """

    kind: ClassVar[str] = "crude_dependence"
    null: ClassVar[str] = "The mean abnormal return over the window is zero."
    source: ClassVar[str] = "Brown and Warner (1980)"
    needs = (EstimationMeans,)

    def run(self, sample: Sample) -> tuple[TestResult, ...]:
        """Test the mean CAR against the dispersion of the estimation days' averages."""
        accumulated = sample.accumulated[EstimationMeans]
        assert isinstance(accumulated, EstimationMeans)
        means = accumulated.means[~np.isnan(accumulated.means)]
        estimate = float(np.mean(sample.car)) if len(sample) else float("nan")
        if not len(sample) or len(means) < 2:
            return self.invalid(sample, Reason.TOO_FEW_ESTIMATION_DAYS, estimate=estimate)
        std_error = float(np.std(means, ddof=1) * np.sqrt(sample.window.length))
        if not std_error > 0:
            return self.invalid(sample, Reason.NO_VARIANCE, estimate=estimate)
        return self.student(sample, estimate / std_error, len(means) - 1, estimate=estimate, std_error=std_error)
