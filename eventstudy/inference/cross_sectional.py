"""The cross-sectional t: the mean CAR over the dispersion of CARs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from eventstudy.errors import Reason
from eventstudy.inference.base import HypothesisTest, Sample, TestResult, dispersion, few

__all__ = ["CrossSectionalT"]


@dataclass(frozen=True, kw_only=True)
class CrossSectionalT(HypothesisTest):
    """``t = CAAR / (s / sqrt(N)) ~ t(N - 1)``, s the standard deviation of the CARs with divisor N - 1.

    Robust to variance that the event itself induces; not to correlation between events.

    Source: Brown and Warner (1980); METHODS 4.2.

    Examples
    --------
    >>> CrossSectionalT(alternative="greater").kind
    'cross_sectional'
    """

    kind: ClassVar[str] = "cross_sectional"
    null: ClassVar[str] = "The mean abnormal return over the window is zero."
    source: ClassVar[str] = "Brown and Warner (1980)"

    def run(self, sample: Sample) -> tuple[TestResult, ...]:
        """Test the mean CAR."""
        n = len(sample)
        estimate = float(np.mean(sample.car)) if n else float("nan")
        if n < 2:
            return self.invalid(sample, Reason.NEEDS_TWO_EVENTS, estimate=estimate)
        std_error = dispersion(sample.car) / np.sqrt(n)
        if std_error == 0:
            return self.invalid(sample, Reason.NO_DISPERSION, estimate=estimate)
        return self.student(
            sample, estimate / std_error, n - 1, estimate=estimate, std_error=float(std_error), notes=few(n)
        )
