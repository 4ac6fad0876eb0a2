"""Patell's test of the mean standardised abnormal return."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from eventstudy._typing import Ints
from eventstudy.errors import Reason
from eventstudy.inference.base import Sample, TestResult, few
from eventstudy.inference.missing import MISSING, estimated
from eventstudy.inference.presets import Unsaid
from eventstudy.inference.standard import StandardisedTest
from eventstudy.returns.accumulators import Accumulator
from eventstudy.returns.members import Members

__all__ = ["Patell"]


@dataclass(frozen=True, kw_only=True)
class Patell(StandardisedTest):
    """``Z = sum SCAR / sqrt(sum df / (df - 2)) ~ N(0,1)``, over the events with df above 2.

    Each SCAR is Student t with df degrees of freedom where errors are independent and normal. Neither variance that
    the event induces nor correlation between events is allowed for. The estimate is the mean SCAR.

    Source: Patell (1976), Journal of Accounting Research 14, 246-276; METHODS 4.3.

    Parameters
    ----------
    missing : str
        ``"scaled"``: both sums are over the events that have a CAR; ``"inflated"``: the sum of SCARs is their mean
        times N, and the sum of variances is over the N events that have an estimate, as estudy2 has it (METHODS 12).
        Equal where no CAR is missing.

    Examples
    --------
    >>> Patell(scar="patell_sum").label
    'scar=patell_sum'
    """

    kind: ClassVar[str] = "patell"
    null: ClassVar[str] = "The mean standardised abnormal return over the window is zero."
    source: ClassVar[str] = "Patell (1976)"
    measure: ClassVar[str] = "scar"
    choices: ClassVar[Mapping[str, tuple[str, ...]]] = {**StandardisedTest.choices, "missing": MISSING}

    missing: str = Unsaid("scaled")

    @property
    def needs(self) -> tuple[type[Accumulator], ...]:
        """All events of the group, where sums are blown up to them."""
        return (*super().needs, Members) if self.missing == "inflated" else super().needs

    def run(self, sample: Sample) -> tuple[TestResult, ...]:
        """Test the mean SCAR against what the estimation windows lead one to expect."""
        return self.scaled(sample, 1.0)

    def scaled(self, sample: Sample, inflation: float, notes: str = "") -> tuple[TestResult]:
        """Test the mean SCAR, its variance `inflation` times that of independent events."""
        scar = self.standardised(sample)
        dof, missing = sample.dof, np.isnan(scar)
        if len(scar) and missing.all():
            return self.invalid(sample, Reason.NO_LEVERAGE, notes=notes)
        if missing.any() or dof.min(initial=3) <= 2:
            used = (dof > 2) & ~missing
            scar, dof = scar[used], dof[used]
        if not len(scar):
            return self.invalid(sample, Reason.NO_VARIANCE if len(sample) else Reason.NO_EVENTS, notes=notes)
        estimate = float(np.mean(scar))
        if self.missing == "inflated":
            every = sample.whole.estimates.dof[estimated(sample)]
            dof = every[every > 2]
        std_error = float(np.sqrt(_variance(dof) * inflation) / len(dof))
        if not np.isfinite(estimate):
            return self.invalid(sample, Reason.NO_VARIANCE, notes=notes)
        return self.normal(
            sample,
            estimate / std_error,
            estimate=estimate,
            std_error=std_error,
            n=len(scar),
            notes=few(len(scar), notes),
        )


def _variance(dof: Ints) -> float:
    """Return ``sum df / (df - 2)``: as often as events have each."""
    events = np.bincount(dof)[3:]
    df = np.arange(3, 3 + len(events))
    return float(events @ (df / (df - 2)))
