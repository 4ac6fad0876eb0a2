"""The exact t of one event."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from eventstudy.distributions import student_p_value
from eventstudy.errors import Reason
from eventstudy.inference.base import HypothesisTest, Sample, TestResult

__all__ = ["SingleEventT"]


@dataclass(frozen=True, kw_only=True)
class SingleEventT(HypothesisTest):
    """One event's CAR over its exact standard error: ``t = CAR / sqrt(iota' V iota) ~ t(M - K)``.

    Exact where errors are independent and normal. V holds the error of the estimated parameters, which the days
    of the window have in common (METHODS 2.1, 4.1).

    Source: Campbell, Lo and MacKinlay (1997), chapter 4.4.

    Examples
    --------
    >>> SingleEventT().null
    'The abnormal return of this event over the window is zero.'
    """

    kind: ClassVar[str] = "t"
    null: ClassVar[str] = "The abnormal return of this event over the window is zero."
    source: ClassVar[str] = "Campbell, Lo and MacKinlay (1997), chapter 4.4"

    def run(self, sample: Sample) -> tuple[TestResult, ...]:
        """Test each event of the sample by itself."""
        t = sample.scar
        p_value = student_p_value(t, sample.dof, self.alternative)
        return tuple(
            TestResult(
                test=self.kind,
                null=self.null,
                measure=self.measure,
                n=1,
                estimate=float(sample.car[i]),
                std_error=float(sample.std_error[i]),
                statistic=float(t[i]),
                p_value=float(p_value[i]),
                distribution=f"t({sample.dof[i]})",
                df=float(sample.dof[i]),
                alternative=self.alternative,
                reason=Reason.OK if np.isfinite(t[i]) else Reason.NO_VARIANCE,
                event_id=str(sample.event_id[i]),
            )
            for i in range(len(sample))
        )
