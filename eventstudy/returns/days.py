"""Scores summed over events on each day of the estimation and the event window: what rank and sign tests read."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import ClassVar, Self

import numpy as np

from eventstudy._typing import Floats
from eventstudy.returns.accumulators import FirstPass, Residuals
from eventstudy.returns.day_sums import DaySums
from eventstudy.returns.ranking import row_ranks

__all__ = [
    "DayScores",
    "Ranks",
    "RawRanks",
    "RawWindowRanks",
    "ScoredRows",
    "Signs",
    "StandardRanks",
    "WindowRanks",
    "uniform_ranks",
]


@dataclass(slots=True)
class DayScores(ABC):
    """An accumulator of scores: the M estimation days come first, then the L days of the event window."""

    sums: DaySums = field(default_factory=DaySums)

    @abstractmethod
    def add(self, residuals: Residuals) -> None:
        """Add the scores of a block."""

    def merge(self, other: Self) -> None:
        """Add the sums of a later block."""
        self.sums = self.sums + other.sums


@dataclass(slots=True)
class ScoredRows(DayScores):
    """The same where the scores of every event are made, and then summed."""

    @abstractmethod
    def scores(self, estimation: Floats, event: Floats, residuals: Residuals) -> Floats:
        """Return scores of shape (E, M + L), NaN where missing, of residuals and abnormal returns."""

    def add(self, residuals: Residuals) -> None:
        """Add the scores of a block."""
        if len(residuals.row):
            event = residuals.known.abnormal.ar
            self.sums = self.sums + DaySums.of(self.scores(residuals.values, event, residuals))


def uniform_ranks(values: Floats) -> Floats:
    """Return ``rank / (D + 1) - 1/2`` within each row, D its values; ties share their average rank; NaN stays NaN."""
    counts = (~np.isnan(values)).sum(axis=1, keepdims=True)
    return np.asarray(row_ranks(values) / (counts + 1) - 0.5)


@dataclass(slots=True)
class Ranks(DayScores):
    """Uniform ranks of the abnormal returns of each event over both windows (Corrado and Zivney 1992)."""

    remakes: ClassVar[bool] = True

    def add(self, residuals: Residuals) -> None:
        """Sum the ranks of a block, which one sort an event gives."""
        if len(residuals.row):
            self.sums = self.sums + residuals.rank_sums[0]


def raw_ranks(values: Floats) -> Floats:
    """Return ``rank - (D + 1) / 2`` within each row, D its values; ties share their average rank; NaN stays NaN."""
    counts = (~np.isnan(values)).sum(axis=1, keepdims=True)
    return np.asarray(row_ranks(values) - (counts + 1) / 2)


@dataclass(slots=True)
class RawRanks(ScoredRows):
    """Ranks less their mean, not divided by the number of returns (Corrado 1989)."""

    def scores(self, estimation: Floats, event: Floats, residuals: Residuals) -> Floats:  # noqa: ARG002
        """Rank within each event."""
        return raw_ranks(np.concatenate([estimation, event], axis=1))


@dataclass(slots=True)
class Signs(ScoredRows):
    """Signs of abnormal returns about the event's own median over both windows (Corrado and Zivney 1992)."""

    def scores(self, estimation: Floats, event: Floats, residuals: Residuals) -> Floats:  # noqa: ARG002
        """Compare with the median of each event."""
        values = np.concatenate([estimation, event], axis=1)
        count = (~np.isnan(values)).sum(axis=1)
        ordered = np.sort(values, axis=1)
        rows = np.arange(len(values))
        middle = (ordered[rows, np.maximum(count - 1, 0) // 2] + ordered[rows, np.minimum(count // 2, count - 1)]) / 2
        return np.asarray(np.sign(values - middle[:, None]))


@dataclass(slots=True)
class StandardRanks(ScoredRows):
    """Ranks of standardised abnormal returns, those of an event day divided by their dispersion over events.

    Source: Corrado and Zivney (1992); METHODS 4.7.
    """

    dispersion: Floats = field(default_factory=lambda: np.empty(0))

    @classmethod
    def after(cls, first: FirstPass) -> Self:
        """Take the standard deviation over events of each event day."""
        sar = first.abnormal.sar[first.places.members]
        return cls(dispersion=column_dispersion(sar))

    def scores(self, estimation: Floats, event: Floats, residuals: Residuals) -> Floats:  # noqa: ARG002
        """Rank within each event."""
        standard = estimation / residuals.sigma[:, None]
        return uniform_ranks(np.concatenate([standard, residuals.known.abnormal.sar / self.dispersion], axis=1))


def column_dispersion(values: Floats) -> Floats:
    """Return the standard deviation of each column, divisor n - 1; NaN below two values or where all are equal."""
    there = ~np.isnan(values)
    n = there.sum(axis=0)
    mean = np.where(there, values, 0.0).sum(axis=0) / np.maximum(n, 1)
    squares = (np.where(there, values - mean, 0.0) ** 2).sum(axis=0)
    spread = np.sqrt(squares / np.maximum(n - 1, 1))
    if not len(values):
        return np.full(values.shape[1], np.nan)
    varies = np.where(there, values, -np.inf).max(axis=0) > np.where(there, values, np.inf).min(axis=0)
    return np.where((n > 1) & varies & (spread > 0), spread, np.nan)


@dataclass(slots=True)
class WindowRanks:
    """Uniform ranks over the estimation days and the days of one reported window only, window by window."""

    sums: dict[str, DaySums] = field(default_factory=dict)

    def add(self, residuals: Residuals) -> None:
        """Rank within each event, once a window."""
        if not len(residuals.row):
            return
        abnormal = residuals.known.abnormal
        for window in abnormal.windows.reported:
            days = window.within(abnormal.windows.event[0])
            scores = self.ranked(np.concatenate([residuals.values, abnormal.ar[:, days]], axis=1))
            self._put(window.name, DaySums.of(scores))

    def ranked(self, values: Floats) -> Floats:
        """Return the ranks within each row."""
        return uniform_ranks(values)

    def merge(self, other: WindowRanks) -> None:
        """Add the sums of a later block."""
        for name, sums in other.sums.items():
            self._put(name, sums)

    def _put(self, name: str, sums: DaySums) -> None:
        self.sums = {**self.sums, name: self.sums.get(name, DaySums()) + sums}


@dataclass(slots=True)
class RawWindowRanks(WindowRanks):
    """The same of ranks less their mean (Corrado 1989)."""

    def ranked(self, values: Floats) -> Floats:
        """Return the ranks within each row."""
        return raw_ranks(values)
