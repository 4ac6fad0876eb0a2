"""The standardised cross-sectional test of Boehmer, Musumeci and Poulsen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from eventstudy.errors import Reason
from eventstudy.inference.base import HypothesisTest, Sample, TestResult, dispersion

__all__ = ["BMP"]


@dataclass(frozen=True, kw_only=True)
class BMP(HypothesisTest):
    """``t = mean(SCAR) / (s / sqrt(N)) ~ t(N - 1)``, SCAR with the full forecast-error covariance.

    Each event counts by its own precision, and variance that the event induces is in s. Not robust to
    correlation between events. The estimate is the mean SCAR, in standard errors, not in returns.

    Source: Boehmer, Musumeci and Poulsen (1991), Journal of Financial Economics 30, 253-272; METHODS 4.3.

    Examples
    --------
    >>> BMP().null
    'The mean standardised abnormal return over the window is zero.'
    """

    kind: ClassVar[str] = "bmp"
    null: ClassVar[str] = "The mean standardised abnormal return over the window is zero."
    source: ClassVar[str] = "Boehmer, Musumeci and Poulsen (1991)"
    measure: ClassVar[str] = "scar"

    def run(self, sample: Sample) -> tuple[TestResult, ...]:
        """Test the mean SCAR."""
        n = len(sample)
        estimate = float(np.mean(sample.scar)) if n else float("nan")
        if n < 2:
            return self.invalid(sample, Reason.NEEDS_TWO_EVENTS, estimate=estimate)
        std_error = dispersion(sample.scar) / np.sqrt(n)
        if std_error == 0:
            return self.invalid(sample, Reason.NO_DISPERSION, estimate=estimate)
        return self.student(sample, estimate / std_error, n - 1, estimate=estimate, std_error=std_error)
