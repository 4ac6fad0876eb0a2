"""Patell's test of the mean standardised abnormal return."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from eventstudy.errors import Reason
from eventstudy.inference.base import Sample, TestResult
from eventstudy.inference.standard import StandardisedTest

__all__ = ["Patell"]


@dataclass(frozen=True, kw_only=True)
class Patell(StandardisedTest):
    """``Z = sum SCAR / sqrt(sum df / (df - 2)) ~ N(0,1)``, over the events with df above 2.

    Each SCAR is Student t with df degrees of freedom where errors are independent and normal. Neither variance that
    the event induces nor correlation between events is allowed for. The estimate is the mean SCAR.

    Source: Patell (1976), Journal of Accounting Research 14, 246-276; METHODS 4.3.

    Examples
    --------
    >>> Patell(scar="patell_sum").label
    'scar=patell_sum'
    """

    kind: ClassVar[str] = "patell"
    null: ClassVar[str] = "The mean standardised abnormal return over the window is zero."
    source: ClassVar[str] = "Patell (1976)"
    measure: ClassVar[str] = "scar"

    def run(self, sample: Sample) -> tuple[TestResult, ...]:
        """Test the mean SCAR against what the estimation windows lead one to expect."""
        return self.scaled(sample, 1.0)

    def scaled(self, sample: Sample, inflation: float, notes: str = "") -> tuple[TestResult]:
        """Test the mean SCAR, its variance `inflation` times that of independent events."""
        used = sample.dof > 2
        scar, dof = self.standardised(sample)[used], sample.dof[used]
        if not len(scar):
            return self.invalid(sample, Reason.NO_VARIANCE if len(sample) else Reason.NO_EVENTS, notes=notes)
        estimate = float(np.mean(scar))
        std_error = float(np.sqrt((dof / (dof - 2)).sum() * inflation) / len(scar))
        if not np.isfinite(estimate):
            return self.invalid(sample, Reason.NO_VARIANCE, notes=notes)
        return self.normal(
            sample, estimate / std_error, estimate=estimate, std_error=std_error, n=len(scar), notes=notes
        )
