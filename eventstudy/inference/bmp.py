"""The standardised cross-sectional test of Boehmer, Musumeci and Poulsen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from eventstudy.errors import Reason
from eventstudy.inference.base import Sample, TestResult, dispersion, few, given
from eventstudy.inference.presets import Unsaid
from eventstudy.inference.standard import StandardisedTest

__all__ = ["BMP"]


@dataclass(frozen=True, kw_only=True)
class BMP(StandardisedTest):
    """``t = mean(SCAR) / (s / sqrt(N)) ~ t(N - 1)``, SCAR with the full forecast-error covariance.

    Each event counts by its own precision, and variance that the event induces is in s. Not robust to
    correlation between events. The estimate is the mean SCAR, in standard errors, not in returns.

    Source: Boehmer, Musumeci and Poulsen (1991), Journal of Financial Economics 30, 253-272; METHODS 4.3.

    Parameters
    ----------
    reference : str
        ``"student"``: t(N - 1); ``"normal"``: N(0,1), as in the paper.

    Examples
    --------
    >>> BMP().null
    'The mean standardised abnormal return over the window is zero.'
    """

    kind: ClassVar[str] = "bmp"
    null: ClassVar[str] = "The mean standardised abnormal return over the window is zero."
    source: ClassVar[str] = "Boehmer, Musumeci and Poulsen (1991)"
    measure: ClassVar[str] = "scar"
    choices: ClassVar[Mapping[str, tuple[str, ...]]] = {
        **StandardisedTest.choices,
        "reference": ("student", "normal"),
    }

    reference: str = Unsaid("student")

    def run(self, sample: Sample) -> tuple[TestResult, ...]:
        """Test the mean SCAR."""
        return self.scaled(sample, 1.0)

    def scaled(self, sample: Sample, inflation: float, notes: str = "") -> tuple[TestResult]:
        """Test the mean SCAR, its variance `inflation` times that of independent events."""
        scar = given(self.standardised(sample))
        if len(sample) and not len(scar):
            return self.invalid(sample, Reason.NO_LEVERAGE, notes=notes)
        n, estimate = len(scar), float(np.mean(scar)) if len(scar) else float("nan")
        if n < 2:
            return self.invalid(sample, Reason.NEEDS_TWO_EVENTS, estimate=estimate, notes=notes)
        std_error = float(dispersion(scar) * np.sqrt(inflation / n))
        if not std_error > 0:
            return self.invalid(sample, Reason.NO_DISPERSION, estimate=estimate, notes=notes)
        statistic, said = estimate / std_error, few(n, notes)
        if self.reference == "normal":
            return self.normal(sample, statistic, estimate=estimate, std_error=std_error, n=n, notes=said)
        return self.student(sample, statistic, n - 1, estimate=estimate, std_error=std_error, n=n, notes=said)
