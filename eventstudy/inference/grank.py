"""The generalised rank tests of Kolari and Pynnonen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from eventstudy.errors import Reason
from eventstudy.inference.base import HypothesisTest, Sample, TestResult
from eventstudy.inference.cumrank import bounded_t
from eventstudy.inference.kolari_pynnonen import BY_RBAR, entering_rbar, mean_correlation
from eventstudy.returns.accumulators import Accumulator
from eventstudy.returns.day_sums import DaySums
from eventstudy.returns.grank import EstimationRanks, GeneralizedRanks
from eventstudy.returns.leverage import LeveragedRanks

__all__ = ["GrankT", "GrankZ"]

# Below this the event day's own dispersion weighs too much (METHODS 4.7): true size at 5% is 10% for N = 5, 6% for 20.
FEW_EVENTS = 30


@dataclass(frozen=True, kw_only=True)
class GrankTest(HypothesisTest):
    """What both forms have in common.

    Parameters
    ----------
    residuals : str
        What is ranked on estimation days: ``"plain"``: ``e / s``, as published; ``"leverage"``: ``e / (s sqrt(1 -
        h))``, h the leverage of the day in the estimation design, so that all days have one variance.
    """

    null: ClassVar[str] = "The standardised return of the window ranks no higher and no lower than estimation days."
    source: ClassVar[str] = "Kolari and Pynnonen (2011)"
    measure: ClassVar[str] = "mean_rank"
    choices: ClassVar[Mapping[str, tuple[str, ...]]] = {"residuals": ("plain", "leverage")}

    residuals: str = "plain"

    @property
    def needs(self) -> tuple[type[Accumulator], ...]:
        """Ranks of residuals, and generalized ranks."""
        return (EstimationRanks, GeneralizedRanks) if self.residuals == "plain" else (LeveragedRanks,)

    @property
    def _kind(self) -> type[GeneralizedRanks]:
        return GeneralizedRanks if self.residuals == "plain" else LeveragedRanks

    def ranked(self, sample: Sample) -> DaySums | Reason:
        """Return the sums of ranks, or why there are none."""
        held = sample.accumulated[self._kind]
        assert isinstance(held, GeneralizedRanks)
        if len(sample) < 2:
            return Reason.NEEDS_TWO_EVENTS
        if isinstance(held, LeveragedRanks) and held.lacking:
            return Reason.NO_LEVERAGE
        sums = held.sums.get(sample.window.name, DaySums())
        if not len(sums.total) or sums.count[-1] == 0:
            return Reason.NO_DISPERSION
        return sums

    def notes(self, sums: DaySums) -> str:
        """Return the warning about few events."""
        return f"fewer than {FEW_EVENTS} events: rejects too often" if sums.events < FEW_EVENTS else ""


@dataclass(frozen=True, kw_only=True)
class GrankT(GrankTest):
    """``t = Z sqrt((T - 2) / (T - 1 - Z^2)) ~ t(T - 2)``, ``Z = Ubar_0 / S``.

    The window counts as one more day among the T - 1 estimation days: its SCAR, divided by the dispersion of SCARs
    over events, is ranked among the event's ``e / s``. S^2 is the mean over the T days of ``(N_t / N) Ubar_t^2``, so
    correlation between events on one calendar is in it; variance that the event induces has been divided out.

    Source: Kolari and Pynnonen (2011), Journal of Empirical Finance 18, 953-971; METHODS 4.7.

    Parameters
    ----------
    reference : str
        ``"student"``: t(T - 2), as published; ``"cautious"``: t(min(T - 2, N - 1)), nearer the truth for few events.
    residuals : str
        ``"plain"``: estimation days are ranked by ``e / s``, as published; ``"leverage"``: by ``e / (s sqrt(1 - h))``,
        h the day's leverage in the estimation design, as the window's return has its own forecast error. A model that
        is no linear regression has none (``no_leverage``).

    Examples
    --------
    >>> GrankT().needs[-1].__name__
    'GeneralizedRanks'
    """

    kind: ClassVar[str] = "grank_t"
    choices: ClassVar[Mapping[str, tuple[str, ...]]] = {**GrankTest.choices, "reference": ("student", "cautious")}

    reference: str = "student"

    def run(self, sample: Sample) -> tuple[TestResult, ...]:
        """Test the mean rank of the window."""
        sums = self.ranked(sample)
        if isinstance(sums, Reason):
            return self.invalid(sample, sums)
        days = sums.days
        if days < 3:
            return self.invalid(sample, Reason.TOO_FEW_SESSIONS)
        means = np.nan_to_num(sums.means)
        spread = float((sums.count / sums.events * means**2).sum() / days)
        if not spread > 0:
            return self.invalid(sample, Reason.NO_DISPERSION)
        df = days - 2 if self.reference == "student" else min(days - 2, sums.events - 1)
        z = float(means[-1] / np.sqrt(spread))
        return self.student(
            sample,
            bounded_t(z, days),
            df,
            estimate=float(means[-1]),
            std_error=float(np.sqrt(spread)),
            n=sums.events,
            notes=self.notes(sums),
        )


@dataclass(frozen=True, kw_only=True)
class GrankZ(GrankTest):
    """``Z = Ubar_0 / sqrt(sum_i (T_i - 1) / (12 (T_i + 1)) / N^2) ~ N(0,1)``; see `GrankT`.

    Takes events as independent, unless rbar says by how much they are correlated: then Z is divided by
    ``sqrt(1 + (N - 1) rbar)``.

    Source: Kolari and Pynnonen (2011), Journal of Empirical Finance 18, 953-971; METHODS 4.7.

    Parameters
    ----------
    rbar : str
        ``"none"``; ``"calendar"``, ``"event_time"`` or ``"estimation_overlap"``, the mean correlation as in
        `KolariPynnonen`.
    floor_at_zero : bool
        Whether a negative rbar counts as zero.
    residuals : str
        ``"plain"`` or ``"leverage"``, as in `GrankT`.

    Examples
    --------
    >>> GrankZ().measure
    'mean_rank'
    """

    kind: ClassVar[str] = "grank_z"
    choices: ClassVar[Mapping[str, tuple[str, ...]]] = {**GrankTest.choices, "rbar": ("none", *BY_RBAR)}

    rbar: str = "none"
    floor_at_zero: bool = False

    @property
    def needs(self) -> tuple[type[Accumulator], ...]:
        """Ranks, and the correlation of the residuals where it is asked for."""
        return (*super().needs, *(() if self.rbar == "none" else (BY_RBAR[self.rbar],)))

    def run(self, sample: Sample) -> tuple[TestResult, ...]:
        """Test the mean rank of the window."""
        sums = self.ranked(sample)
        if isinstance(sums, Reason):
            return self.invalid(sample, sums)
        lengths = np.arange(len(sums.lengths))
        variance = float((sums.lengths[1:] * (lengths[1:] - 1) / (12.0 * (lengths[1:] + 1))).sum()) / sums.events**2
        if not variance > 0:
            return self.invalid(sample, Reason.TOO_FEW_SESSIONS)
        rbar, notes = 0.0, ""
        if self.rbar != "none":
            rbar, notes = entering_rbar(mean_correlation(sample, self.rbar), self.floor_at_zero, len(sample))
        inflation = 1 + (sums.events - 1) * rbar
        if not inflation > 0:
            return self.invalid(sample, Reason.TOO_CORRELATED, notes=notes)
        estimate, std_error = float(sums.means[-1]), float(np.sqrt(variance * inflation))
        return self.normal(
            sample,
            estimate / std_error,
            estimate=estimate,
            std_error=std_error,
            n=sums.events,
            notes="; ".join(each for each in (notes, self.notes(sums)) if each),
        )
