"""The crude dependence adjustment: the average abnormal return against its own history."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from eventstudy._typing import Floats
from eventstudy.errors import Reason
from eventstudy.inference.base import HypothesisTest, Sample, TestResult, few, given
from eventstudy.inference.missing import MISSING, estimated
from eventstudy.inference.presets import Unsaid
from eventstudy.returns.accumulators import Accumulator, take
from eventstudy.returns.estimation_means import EstimationMeans
from eventstudy.returns.members import Members

__all__ = ["CrudeDependence"]


@dataclass(frozen=True, kw_only=True)
class CrudeDependence(HypothesisTest):
    """``t = CAAR / (sqrt(L) s_A) ~ t(M_A - 1)``.

    s_A is the standard deviation of the average residual over the M_A estimation days, events matched by relative
    day, so correlation between events on one calendar is in it. The error of the estimated parameters is not.

    Source: Brown and Warner (1980), p. 253; (1985); METHODS 4.5.

    Parameters
    ----------
    variance : str
        Of several days: ``"independent"``: L s_A^2; ``"autocovariance"``: ``sum_{j,k} gamma(|j - k|)``, gamma the
        autocovariances of the series; ``"no_dependence"``: ``L sum s_i^2 / N^2``, events taken as independent, s_i with
        divisor M - 1 (Brown and Warner 1980).
    reference : str
        ``"student"``: t(M_A - 1); ``"normal"``: N(0,1).
    missing : str
        Where ``variance`` is ``"no_dependence"``: ``"scaled"``: s_i^2 is summed over the N events that have a CAR;
        ``"inflated"``: over the N that have an estimate, as estudy2 has it (METHODS 12): a sum of abnormal returns is
        their mean times N. Equal where no CAR is missing; the other variances are of means, and the same in both.

    Examples
    --------
    >>> CrudeDependence().needs[0].__name__
    'EstimationMeans'
    """

    kind: ClassVar[str] = "crude_dependence"
    null: ClassVar[str] = "The mean abnormal return over the window is zero."
    source: ClassVar[str] = "Brown and Warner (1980)"
    choices: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "variance": ("independent", "autocovariance", "no_dependence"),
        "reference": ("student", "normal"),
        "missing": MISSING,
    }

    variance: str = "independent"
    reference: str = "student"
    missing: str = Unsaid("scaled")

    @property
    def needs(self) -> tuple[type[Accumulator], ...]:
        """The averages of estimation days; all events of the group, where sums are blown up to them."""
        return (EstimationMeans, Members) if self._inflated else (EstimationMeans,)

    @property
    def _inflated(self) -> bool:
        return self.missing == "inflated" and self.variance == "no_dependence"

    def run(self, sample: Sample) -> tuple[TestResult, ...]:
        """Test the mean CAR against the dispersion of the estimation days' averages."""
        accumulated = sample.accumulated[EstimationMeans]
        assert isinstance(accumulated, EstimationMeans)
        means = given(accumulated.means)
        estimate = float(np.mean(sample.car)) if len(sample) else float("nan")
        if sample.narrowed:
            return self.invalid(sample, Reason.OWN_WINDOWS, estimate=estimate)
        if not len(sample) or len(means) < 2:
            return self.invalid(sample, Reason.TOO_FEW_ESTIMATION_DAYS, estimate=estimate)
        variance = self._variance(sample, means)
        if not variance > 0:
            return self.invalid(sample, Reason.NO_VARIANCE, estimate=estimate)
        std_error, notes = float(np.sqrt(variance)), few(len(sample))
        t, df = estimate / std_error, len(means) - 1
        if self.reference == "normal":
            return self.normal(sample, t, estimate=estimate, std_error=std_error, notes=notes)
        return self.student(sample, t, df, estimate=estimate, std_error=std_error, notes=notes)

    def _variance(self, sample: Sample, means: Floats) -> float:
        length = sample.window.length
        match self.variance:
            case "no_dependence":
                found = take(sample.whole.estimates, estimated(sample) if self._inflated else sample.row)
                squares = found.sigma**2 * found.dof / np.maximum(found.n_obs - 1, 1)
                return float(length * squares.sum() / len(squares) ** 2)
            case "autocovariance":
                centred = means - means.mean()
                lags = range(min(length, len(means)))
                gamma = [float(centred[lag:] @ centred[: len(means) - lag]) / (len(means) - 1) for lag in lags]
                return length * gamma[0] + 2 * sum((length - lag) * gamma[lag] for lag in lags[1:])
        return float(np.var(means, ddof=1) * length)
