"""What rank and sign tests of days have in common: a day's mean score against the dispersion of all days'."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from eventstudy._typing import Floats
from eventstudy.errors import Reason
from eventstudy.inference.base import HypothesisTest, Sample, TestResult, few
from eventstudy.inference.missing import MISSING
from eventstudy.inference.presets import Unsaid
from eventstudy.returns.day_sums import DaySums
from eventstudy.returns.days import DayScores

__all__ = ["VARIANCES", "CorradoTest", "DayScoreTest", "GappedScoreTest", "cumulated"]

VARIANCES = ("finite_population", "classical")


@dataclass(frozen=True, slots=True)
class Cumulated:
    """A window's cumulated scores.

    Parameters
    ----------
    statistic : float
        z.
    estimate : float
        Mean score of the window's days.
    days : int
        D, the days that any event has a score on.
    length : int
        Those of them in the window.
    events : int
        Events with a score.
    """

    statistic: float
    estimate: float
    days: int
    length: int
    events: int


def cumulated(
    sums: DaySums,
    window: slice,
    *,
    variance: str = "finite_population",
    power: float = 0.5,
    inflated: bool = False,
    divisor: str = "days",
) -> Cumulated | Reason:
    """Return the standardised sum of a window's daily scores, or why there is none.

    Parameters
    ----------
    sums : DaySums
        Scores of D days; days without any are skipped.
    window : slice
        The window's days.
    variance : str
        ``"finite_population"``: ``L (D - L) / (D - 1) S^2``, since the scores of an event sum to a constant;
        ``"classical"``: ``L S^2``.
    power : float
        A day's score is ``sum / N_t**power``: a half for scaled sums, one for means.
    inflated : bool
        Whether a day's sum is its mean times N (as estudy2 has it).
    divisor : str
        Of S^2: ``"days"``, D, or ``"mean_length"``, the mean number of scores of an event (as estudy2 has it).

    Notes
    -----
    ``g_t = sum_i U_it / N_t**power``, ``S^2 = sum_t g_t^2 / D``, ``z = sum_W g_t / sqrt(variance)`` (METHODS 4.7).
    """
    there = sums.count > 0
    inside = there[window]
    days, length = sums.days, int(inside.sum())
    if not length:
        return Reason.NO_EVENTS
    if length >= days and variance == "finite_population":
        return Reason.WINDOW_TOO_LONG
    count = np.maximum(sums.count, 1).astype(np.float64)
    total = sums.means * sums.events if inflated else sums.total
    score = np.where(there, total / count**power, 0.0)
    mean_length = float((np.arange(len(sums.lengths)) * sums.lengths).sum() / max(sums.events, 1))
    spread = float((score**2).sum() / (mean_length if divisor == "mean_length" else days))
    factor = length * (days - length) / (days - 1) if variance == "finite_population" else length
    if not spread > 0:
        return Reason.NO_DISPERSION
    return Cumulated(
        statistic=float(score[window].sum() / np.sqrt(factor * spread)),
        estimate=float(np.mean(sums.means[window][inside])),
        days=days,
        length=length,
        events=int(sums.count[window].max()),
    )


@dataclass(frozen=True, kw_only=True)
class DayScoreTest(HypothesisTest):
    """A test of scores summed over events by day."""

    measure: ClassVar[str] = "mean_score"

    def run(self, sample: Sample) -> tuple[TestResult, ...]:
        """Test the mean score of the window's days."""
        if sample.narrowed:
            return self.invalid(sample, Reason.OWN_WINDOWS)
        found = self.found(sample)
        if isinstance(found, Reason):
            return self.invalid(sample, found)
        return self.normal(sample, found.statistic, estimate=found.estimate, n=found.events, notes=few(found.events))

    def found(self, sample: Sample) -> Cumulated | Reason:
        """Return the window's cumulated scores, or why there are none."""
        sums = self.sums(sample)
        if not len(sample) or not len(sums.total):
            return Reason.NO_EVENTS
        return self.cumulate(sums, window_days(sample, sums.total))

    def cumulate(self, sums: DaySums, window: slice, power: float = 0.5) -> Cumulated | Reason:
        """Return a window's cumulated scores, with the variance that is exact where scores sum to a constant."""
        return cumulated(sums, window, power=power)

    def sums(self, sample: Sample) -> DaySums:
        """Return the sums of the first accumulator that the test needs."""
        scores = sample.accumulated[self.needs[0]]
        assert isinstance(scores, DayScores)
        return scores.sums


@dataclass(frozen=True, kw_only=True)
class CorradoTest(DayScoreTest):
    """A test of scores summed over events by day, by Corrado's statistic.

    Parameters
    ----------
    variance : str
        Of several days: ``"finite_population"``, exact for scores that sum to a constant, or ``"classical"``, L S^2.
    """

    choices: ClassVar[Mapping[str, tuple[str, ...]]] = {"variance": VARIANCES}

    variance: str = Unsaid("finite_population")

    def cumulate(self, sums: DaySums, window: slice, power: float = 0.5) -> Cumulated | Reason:
        """Return a window's cumulated scores, as the options have it."""
        return cumulated(sums, window, variance=self.variance, power=power)


@dataclass(frozen=True, kw_only=True)
class GappedScoreTest(CorradoTest):
    """A test of scores summed over events by day that says what becomes of missing ones.

    Parameters
    ----------
    missing : str
        ``"scaled"``: sums over the events there are; ``"inflated"``: a day's mean times N (METHODS 12).
    divisor : str
        Of S^2: ``"days"``, D, or ``"mean_length"``, the mean number of returns of an event (METHODS 11.5).
    """

    choices: ClassVar[Mapping[str, tuple[str, ...]]] = {
        **CorradoTest.choices,
        "missing": MISSING,
        "divisor": ("days", "mean_length"),
    }

    missing: str = Unsaid("scaled")
    divisor: str = Unsaid("days")

    def cumulate(self, sums: DaySums, window: slice, power: float = 0.5) -> Cumulated | Reason:
        """Return a window's cumulated scores, as the options have it."""
        inflated = self.missing == "inflated"
        return cumulated(sums, window, variance=self.variance, power=power, inflated=inflated, divisor=self.divisor)


def window_days(sample: Sample, days: Floats) -> slice:
    """Return where the window lies among estimation days and event days together."""
    before = len(days) - sample.whole.ar.shape[1]
    return slice(before + sample.days.start, before + sample.days.stop)
