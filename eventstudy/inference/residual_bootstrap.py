"""The mean CAR against windows of days drawn again from the estimation window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from eventstudy.errors import Reason
from eventstudy.inference.base import Sample, TestResult, few, given
from eventstudy.inference.resampled import ResamplingTest, canonical
from eventstudy.inference.resampling import Draws, residual_draws
from eventstudy.returns.accumulators import Accumulator
from eventstudy.returns.estimation_means import EstimationMeans

__all__ = ["ResidualBootstrap"]


@dataclass(frozen=True, kw_only=True)
class ResidualBootstrap(ResamplingTest):
    """``t = CAAR / (sqrt(L) s_A)`` against the same of whole days of residuals drawn with replacement.

    A day is drawn with the residuals of all events, so their correlation stays in it. Events are matched by relative
    day, which is the calendar day where all have one day 0: that is what the test is for. Serial correlation, and the
    error of slopes, are not in the draws.

    Source: Hein and Westfall (2004), Journal of Financial Econometrics 2, 451-471; METHODS 4.9.

    Examples
    --------
    >>> ResidualBootstrap().measure
    'car'
    """

    kind: ClassVar[str] = "residual_bootstrap"
    null: ClassVar[str] = "The mean abnormal return over the window is zero."
    source: ClassVar[str] = "Hein and Westfall (2004)"

    @property
    def needs(self) -> tuple[type[Accumulator], ...]:
        """The average residual of each estimation day."""
        return (EstimationMeans,)

    def run(self, sample: Sample) -> tuple[TestResult, ...]:
        """Test the mean CAR against days of the estimation window."""
        accumulated = sample.accumulated[EstimationMeans]
        assert isinstance(accumulated, EstimationMeans)
        means, n = given(accumulated.means), len(sample)
        estimate = float(np.mean(sample.car[canonical(sample)])) if n else float("nan")
        if not n or len(means) < 3:
            reason = Reason.NEEDS_TWO_EVENTS if not n else Reason.TOO_FEW_ESTIMATION_DAYS
            return self.invalid(sample, reason, estimate=estimate)
        length = sample.window.length
        error = float(np.std(means, ddof=1) * np.sqrt(length))
        if not error > 0:
            return self.invalid(sample, Reason.NO_VARIANCE, estimate=estimate)
        drawn = Draws(residual_draws(means, length, self.draws, self.generator(sample))[:, None], exact=False)
        return (self.counted(n, estimate / error, drawn, estimate=estimate, std_error=error, notes=few(n)),)
