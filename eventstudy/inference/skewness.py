"""The mean CAR when CARs are skewed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from eventstudy.errors import Reason
from eventstudy.inference.base import HypothesisTest, Sample, TestResult, dispersion
from eventstudy.inference.presets import Unsaid

__all__ = ["SkewnessAdjusted"]


@dataclass(frozen=True, kw_only=True)
class SkewnessAdjusted(HypothesisTest):
    """``t = sqrt(n) (S + gamma S^2 / 3 + gamma / (6 n)) ~ t(n - 1)``, S = mean / s and gamma the skewness of the CARs.

    Source: Johnson (1978), Journal of the American Statistical Association 73, 536-544; Lyon, Barber and Tsai (1999),
    equation 5; Hall (1992), Journal of the Royal Statistical Society B 54, 221-228; METHODS 4.4.

    Parameters
    ----------
    form : str
        ``"johnson"``, or ``"hall"``, whose ``gamma^2 S^3 / 27`` more makes the statistic monotone in S.
    gamma : str
        ``"plain"``: ``sum (x - mean)^3 / (n s^3)``; ``"adjusted"``: ``n / ((n - 1) (n - 2))`` in the place of 1/n.
    reference : str
        ``"student"``: t(n - 1); ``"normal"``: N(0,1).

    Examples
    --------
    >>> SkewnessAdjusted(form="hall", gamma="adjusted", reference="normal").kind
    'skewness_adjusted'
    """

    kind: ClassVar[str] = "skewness_adjusted"
    null: ClassVar[str] = "The mean abnormal return over the window is zero."
    source: ClassVar[str] = "Johnson (1978); Hall (1992)"
    choices: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "form": ("johnson", "hall"),
        "gamma": ("plain", "adjusted"),
        "reference": ("student", "normal"),
    }

    form: str = Unsaid("johnson")
    gamma: str = Unsaid("plain")
    reference: str = Unsaid("student")

    def run(self, sample: Sample) -> tuple[TestResult, ...]:
        """Test the mean CAR."""
        n, car = len(sample), sample.car
        estimate = float(np.mean(car)) if n else float("nan")
        if n < 3:
            return self.invalid(sample, Reason.NEEDS_THREE_EVENTS, estimate=estimate)
        s = dispersion(car)
        if s == 0:
            return self.invalid(sample, Reason.NO_DISPERSION, estimate=estimate)
        scale = 1 / n if self.gamma == "plain" else n / ((n - 1) * (n - 2))
        gamma = scale * float((((car - estimate) / s) ** 3).sum())
        ratio = estimate / s
        adjusted = ratio + gamma * ratio**2 / 3 + gamma / (6 * n)
        if self.form == "hall":
            adjusted += gamma**2 * ratio**3 / 27
        found = {"estimate": estimate, "std_error": s / np.sqrt(n)}
        notes = f"skewness = {gamma:.4f}"
        if self.reference == "normal":
            return self.normal(sample, np.sqrt(n) * adjusted, **found, notes=notes)
        return self.student(sample, np.sqrt(n) * adjusted, n - 1, **found, notes=notes)
