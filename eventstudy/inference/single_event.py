"""The exact t of one event."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from eventstudy.distributions import normal_p_values, student_p_values
from eventstudy.errors import Reason
from eventstudy.inference.base import HypothesisTest, Sample, TestResult
from eventstudy.inference.presets import Unsaid

__all__ = ["SingleEventT"]


@dataclass(frozen=True, kw_only=True)
class SingleEventT(HypothesisTest):
    """One event's CAR over its exact standard error: ``t = CAR / sqrt(iota' V iota) ~ t(M - K)``.

    Exact where errors are independent and normal. V holds the error of the estimated parameters, which the days
    of the window have in common (METHODS 2.1, 4.1).

    Source: Campbell, Lo and MacKinlay (1997), chapter 4.4.

    Parameters
    ----------
    forecast_error : str
        ``"study"``: as the study says; ``"none"``: ``s sqrt(L)`` alone, as simple packages do.
    reference : str
        ``"student"``: t(M - K); ``"normal"``: N(0,1).

    Examples
    --------
    >>> SingleEventT().null
    'The abnormal return of this event over the window is zero.'
    """

    kind: ClassVar[str] = "t"
    null: ClassVar[str] = "The abnormal return of this event over the window is zero."
    source: ClassVar[str] = "Campbell, Lo and MacKinlay (1997), chapter 4.4"

    choices: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "forecast_error": ("study", "none"),
        "reference": ("student", "normal"),
    }

    forecast_error: str = Unsaid("study")
    reference: str = Unsaid("student")

    def run(self, sample: Sample) -> Sequence[TestResult]:
        """Test each event of the sample by itself."""
        if not len(sample):
            return ()
        std_error, student = sample.std_error, self.reference == "student"
        if self.forecast_error == "none":
            std_error = replace(sample.own(), forecast_error="none").car(sample.window).std_error
        t = sample.car / std_error
        good = np.isfinite(t)
        t = np.where(good, t, np.nan)
        dof = sample.dof.tolist()
        return self._each(
            sample,
            student_p_values(t, sample.dof) if student else normal_p_values(t),
            std_error=std_error,
            statistic=t,
            distribution=[f"t({df})" if student else "N(0,1)" for df in dof],
            df=np.where(student, sample.dof, np.nan),
            reason=[Reason.OK if each else Reason.NO_VARIANCE for each in good.tolist()],
        )
