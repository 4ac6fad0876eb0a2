"""The jackknife: a t for means that weigh events by their precision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from eventstudy._typing import Floats
from eventstudy.errors import Reason
from eventstudy.inference.base import HypothesisTest, Sample, TestResult, dispersion, few

__all__ = ["Jackknife"]


@dataclass(frozen=True, kw_only=True)
class Jackknife(HypothesisTest):
    """``t = mean(p) / (sd(p) / sqrt(N)) ~ t(N - 1)``, pseudo-values ``p_i = N theta - (N - 1) theta_(-i)``.

    theta is a weighted mean of CARs and theta_(-i) the same without event i. For the plain mean it is the
    cross-sectional t exactly; for a mean weighted by precision it allows for variance that the event induces.

    Source: Tukey (1958); Giaccotto and Sfiridis (1996), Journal of Economics and Business 48, 349-370; METHODS 3, 4.8.

    Parameters
    ----------
    weights : str
        ``"inverse_variance"``: 1 / Var(CAR); ``"inverse_sd"``: its root; ``"equal"``.

    Examples
    --------
    >>> Jackknife(weights="equal").label
    'weights=equal'
    """

    kind: ClassVar[str] = "jackknife"
    null: ClassVar[str] = "The precision-weighted mean abnormal return over the window is zero."
    source: ClassVar[str] = "Tukey (1958)"
    choices: ClassVar[Mapping[str, tuple[str, ...]]] = {"weights": ("inverse_variance", "inverse_sd", "equal")}

    weights: str = "inverse_variance"

    @property
    def hypothesis(self) -> str:
        """Of the weighted mean, or of the plain one."""
        return "The mean abnormal return over the window is zero." if self.weights == "equal" else self.null

    def run(self, sample: Sample) -> tuple[TestResult, ...]:
        """Test the weighted mean."""
        n = len(sample)
        weight = self._weights(sample)
        estimate = float((weight * sample.car).sum() / weight.sum()) if n else float("nan")
        if n < 2:
            return self.invalid(sample, Reason.NEEDS_TWO_EVENTS, estimate=estimate)
        if dispersion(sample.car) == 0:
            return self.invalid(sample, Reason.NO_DISPERSION, estimate=estimate)
        without = ((weight * sample.car).sum() - weight * sample.car) / (weight.sum() - weight)
        pseudo = n * estimate - (n - 1) * without
        std_error = float(dispersion(pseudo) / np.sqrt(n))
        if not std_error > 0:
            return self.invalid(sample, Reason.NO_DISPERSION, estimate=estimate)
        return self.student(
            sample, pseudo.mean() / std_error, n - 1, estimate=estimate, std_error=std_error, notes=few(n)
        )

    def _weights(self, sample: Sample) -> Floats:
        match self.weights:
            case "equal":
                return np.ones(len(sample))
            case "inverse_sd":
                return 1.0 / sample.std_error
        return 1.0 / sample.std_error**2
