"""Cumulated ranks: the rank test for windows of several days."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from eventstudy.errors import Reason
from eventstudy.inference.base import Sample, TestResult, few
from eventstudy.inference.scores import DayScoreTest, cumulated, window_days
from eventstudy.returns.days import Ranks

__all__ = ["CumrankT", "CumrankZ", "bounded_t"]


@dataclass(frozen=True, kw_only=True)
class CumrankT(DayScoreTest):
    """``T = z sqrt((D - 2) / (D - 1 - z^2)) ~ t(D - 2)``, z Corrado's with the finite-population variance.

    Allows for correlation between events that share a calendar.

    Source: Luoma and Pynnonen (2010), University of Vaasa working paper; METHODS 4.7.

    Examples
    --------
    >>> round(bounded_t(2.0, 10), 4)
    2.5298
    """

    kind: ClassVar[str] = "cumrank_t"
    null: ClassVar[str] = "Abnormal returns in the window rank no higher and no lower than others."
    source: ClassVar[str] = "Luoma and Pynnonen (2010)"
    measure: ClassVar[str] = "mean_rank"
    needs = (Ranks,)

    def run(self, sample: Sample) -> tuple[TestResult, ...]:
        """Test the cumulated ranks."""
        if sample.narrowed:
            return self.invalid(sample, Reason.OWN_WINDOWS)
        found = self.found(sample)
        if isinstance(found, Reason):
            return self.invalid(sample, found)
        if found.days < 3:
            return self.invalid(sample, Reason.TOO_FEW_SESSIONS)
        statistic = bounded_t(found.statistic, found.days)
        return self.student(
            sample, statistic, found.days - 2, estimate=found.estimate, n=found.events, notes=few(found.events)
        )


@dataclass(frozen=True, kw_only=True)
class CumrankZ(DayScoreTest):
    """``Z = mean_i sum_W U_it / sqrt(sum_i L (D_i - L) / (12 (D_i + 1)) / N^2) ~ N(0,1)``.

    Takes events as independent. A day on which an event has no return counts with the mean of the others.

    Source: Luoma and Pynnonen (2010), University of Vaasa working paper; METHODS 4.7.

    Examples
    --------
    >>> CumrankZ().needs[0].__name__
    'Ranks'
    """

    kind: ClassVar[str] = "cumrank_z"
    null: ClassVar[str] = "Abnormal returns in the window rank no higher and no lower than others."
    source: ClassVar[str] = "Luoma and Pynnonen (2010)"
    measure: ClassVar[str] = "mean_rank"
    needs = (Ranks,)

    def run(self, sample: Sample) -> tuple[TestResult, ...]:
        """Test the cumulated ranks."""
        if sample.narrowed:
            return self.invalid(sample, Reason.OWN_WINDOWS)
        sums = self.sums(sample)
        if not len(sample) or not len(sums.total):
            return self.invalid(sample, Reason.NO_EVENTS)
        window = window_days(sample, sums.total)
        found = cumulated(sums, window)
        if isinstance(found, Reason):
            return self.invalid(sample, found)
        lengths = np.arange(len(sums.lengths))
        each = found.length * np.maximum(lengths - found.length, 0) / (12.0 * (lengths + 1))
        variance = float((each * sums.lengths).sum()) / sums.events**2
        if not variance > 0:
            return self.invalid(sample, Reason.WINDOW_TOO_LONG, estimate=found.estimate)
        total = found.estimate * found.length
        std_error = float(np.sqrt(variance))
        return self.normal(
            sample,
            total / std_error,
            estimate=found.estimate,
            std_error=std_error / found.length,
            n=found.events,
            notes=few(found.events),
        )


def bounded_t(z: float, days: int) -> float:
    """Return ``z sqrt((D - 2) / (D - 1 - z^2))``, infinite where z reaches its bound."""
    left = days - 1 - z * z
    return float(z * np.sqrt((days - 2) / left)) if left > 0 else float(np.copysign(np.inf, z))
