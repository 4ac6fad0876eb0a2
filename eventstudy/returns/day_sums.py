"""Scores of many events, summed by day."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from eventstudy._typing import Floats, Ints

__all__ = ["DaySums"]


@dataclass(slots=True)
class DaySums:
    """Sums of scores by day, D days in all.

    Parameters
    ----------
    total : ndarray of shape (D,)
        Sum over the events that have a score on the day.
    count : ndarray of shape (D,)
        How many they are.
    lengths : ndarray
        How many events have 0, 1, 2, ... scores in all.
    """

    total: Floats = field(default_factory=lambda: np.empty(0))
    count: Ints = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    lengths: Ints = field(default_factory=lambda: np.empty(0, dtype=np.int64))

    @classmethod
    def of(cls, scores: Floats) -> DaySums:
        """Sum scores of shape (E, D), NaN where missing."""
        there = ~np.isnan(scores)
        lengths = np.bincount(there.sum(axis=1), minlength=scores.shape[1] + 1)
        return cls(np.where(there, scores, 0.0).sum(axis=0), there.sum(axis=0), lengths)

    def __add__(self, other: DaySums) -> DaySums:
        if not len(self.total):
            return other
        if not len(other.total):
            return self
        return DaySums(self.total + other.total, self.count + other.count, self.lengths + other.lengths)

    @property
    def means(self) -> Floats:
        """Mean score of each day, shape (D,), NaN on a day without any."""
        return np.where(self.count > 0, self.total / np.maximum(self.count, 1), np.nan)

    @property
    def events(self) -> int:
        """Events with a score on any day."""
        return int(self.lengths[1:].sum())

    @property
    def days(self) -> int:
        """Days on which any event has a score."""
        return int((self.count > 0).sum())
