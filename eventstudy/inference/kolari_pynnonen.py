"""Patell's and Boehmer's tests, allowing for correlation between events (Kolari and Pynnonen 2010)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from eventstudy.errors import Reason
from eventstudy.inference.base import Sample, TestResult
from eventstudy.inference.bmp import BMP
from eventstudy.inference.patell import Patell
from eventstudy.inference.presets import Unsaid
from eventstudy.returns.accumulators import Accumulator
from eventstudy.returns.calendar_correlation import CalendarCorrelation
from eventstudy.returns.correlation import EventTimeCorrelation, MeanCorrelation
from eventstudy.returns.estimation_overlap import EstimationOverlap

__all__ = ["BY_RBAR", "AdjustedPatell", "KolariPynnonen", "entering_rbar", "mean_correlation"]

BY_RBAR: Mapping[str, type[Accumulator]] = {
    "calendar": CalendarCorrelation,
    "event_time": EventTimeCorrelation,
    "estimation_overlap": EstimationOverlap,
}
RBAR = tuple(BY_RBAR)


@dataclass(frozen=True, kw_only=True)
class KolariPynnonen(BMP):
    """``BMP sqrt((1 - rbar) / (1 + (N - 1) rbar)) ~ t(N - 1)``.

    rbar is the average correlation of the CARs over all pairs of events: that of their residuals on common dates,
    weighted by the share of the window that the two events have in common in calendar time. With correlation rbar
    the dispersion of SCARs is itself too small by ``1 - rbar``. The notes say rbar.

    A pair whose windows overlap but whose residuals share fewer than 30 dates has the mean correlation of the pairs
    that have enough and whose event windows meet, or 0 if there are none. That is narrower than METHODS 4.3, by which
    pairs with no day of the event window in common count for this mean too: in such a sample, of short or broken
    estimation windows, rbar depends a little on how long the event window is. The papers have no such pairs: in them
    all events share the estimation window.

    Source: Kolari and Pynnonen (2010), Review of Financial Studies 23, 3996-4025; METHODS 4.3.

    Parameters
    ----------
    rbar : str
        ``"calendar"``: aligned by date; ``"event_time"``: by day relative to day 0, every pair with weight one, which
        means something where all events share day 0; where residuals are missing it is the sum of all products of
        standardised residuals over the number of days that pairs have in common; ``"estimation_overlap"``: aligned by
        date, the plain mean over all pairs whose estimation windows overlap, whether their CARs share a day or not.
        All three are equal where all events share day 0 and no return is missing (METHODS 11.2).
    floor_at_zero : bool
        Whether a negative rbar counts as zero.

    Examples
    --------
    >>> KolariPynnonen(rbar="event_time").label
    'rbar=event_time'
    """

    kind: ClassVar[str] = "kolari_pynnonen"
    source: ClassVar[str] = "Kolari and Pynnonen (2010)"
    choices: ClassVar[Mapping[str, tuple[str, ...]]] = {**BMP.choices, "rbar": RBAR}

    rbar: str = Unsaid("calendar")
    floor_at_zero: bool = False

    @property
    def needs(self) -> tuple[type[Accumulator], ...]:
        """The correlation of the residuals."""
        return (*super().needs, BY_RBAR[self.rbar])

    def run(self, sample: Sample) -> tuple[TestResult, ...]:
        """Test the mean SCAR."""
        n = self.count(sample)
        rbar, notes = entering_rbar(mean_correlation(sample, self.rbar), self.floor_at_zero, n)
        inflation = (1 + (n - 1) * rbar, 1 - rbar)
        if n > 1 and not (inflation[0] > 0 and inflation[1] > 0):
            return self.invalid(sample, Reason.TOO_CORRELATED, notes=notes)
        return self.scaled(sample, inflation[0] / inflation[1] if n > 1 else 1.0, notes)


@dataclass(frozen=True, kw_only=True)
class AdjustedPatell(Patell):
    """``Patell / sqrt(1 + (N - 1) rbar) ~ N(0,1)``; see `KolariPynnonen` for rbar.

    Source: Kolari and Pynnonen (2010), Review of Financial Studies 23, 3996-4025; METHODS 4.3.

    Parameters
    ----------
    rbar : str
        ``"calendar"``, ``"event_time"`` or ``"estimation_overlap"``.
    floor_at_zero : bool
        Whether a negative rbar counts as zero.

    Examples
    --------
    >>> AdjustedPatell().needs[0].__name__
    'CalendarCorrelation'
    """

    kind: ClassVar[str] = "adjusted_patell"
    source: ClassVar[str] = "Kolari and Pynnonen (2010)"
    choices: ClassVar[Mapping[str, tuple[str, ...]]] = {**Patell.choices, "rbar": RBAR}

    rbar: str = Unsaid("calendar")
    floor_at_zero: bool = False

    @property
    def needs(self) -> tuple[type[Accumulator], ...]:
        """The correlation of the residuals."""
        return (*super().needs, BY_RBAR[self.rbar])

    def run(self, sample: Sample) -> tuple[TestResult, ...]:
        """Test the mean SCAR."""
        n = self.count(sample)
        rbar, notes = entering_rbar(mean_correlation(sample, self.rbar), self.floor_at_zero, n)
        inflation = 1 + (n - 1) * rbar if n > 1 else 1.0
        if not inflation > 0:
            return self.invalid(sample, Reason.TOO_CORRELATED, notes=notes)
        return self.scaled(sample, inflation, notes)


def mean_correlation(sample: Sample, rbar: str) -> MeanCorrelation:
    """Return rbar of a sample, by a key of `BY_RBAR`."""
    found = sample.accumulated[BY_RBAR[rbar]]
    if isinstance(found, EstimationOverlap):
        return found.mean(sample.row)
    if isinstance(found, CalendarCorrelation):
        return found.mean(sample.window, sample.row)
    assert isinstance(found, EventTimeCorrelation)
    return found.mean()


def entering_rbar(found: MeanCorrelation, floor_at_zero: bool, events: int) -> tuple[float, str]:
    """Return the rbar that enters, 0 where none can be estimated, and what to say of it."""
    if events < 2:
        return 0.0, ""
    # Pairs that overlap have a mean of exactly zero where no residuals are enough for a correlation (METHODS 4.3).
    if np.isnan(found.value) or (found.value == 0 and found.pairs):
        return 0.0, "rbar = 0, since no correlation could be estimated"
    rbar = max(found.value, 0.0) if floor_at_zero else found.value
    pairs = f"{found.pairs} overlapping pair{'' if found.pairs == 1 else 's'}"
    how = "" if found.exact else ", from sums by day"
    if found.events not in (None, events):
        how += f" over all {found.events} events of the group"
    return rbar, f"rbar = {rbar:.4g} over {pairs}{how}"
