"""All events of one date as one asset, and residuals of a few firms on one date."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from eventstudy._typing import Floats, Ints
from eventstudy.returns.accumulators import Residuals
from eventstudy.returns.models.base import Block, EstimationResult, ExpectedReturnModel

__all__ = ["CommonResiduals", "PortfolioReturns"]

SUMMED = ("y", "x", "y_event", "x_event", "risk_free", "risk_free_event", "span", "span_event")
Place = tuple[str, int]


@dataclass(slots=True)
class PortfolioReturns:
    """Sums over events of returns and regressors, as long as all events share day 0.

    Parameters
    ----------
    place : (str, int), optional
        Exchange and session index of day 0.
    several : bool
        Whether there is more than one.
    events : int
        Events summed: those with an estimate.
    block : Block, optional
        Sums, a row of each; NaN where any event has none.
    model : ExpectedReturnModel, optional
        What was estimated.
    """

    place: Place | None = None
    several: bool = False
    events: int = 0
    block: Block | None = None
    model: ExpectedReturnModel | None = None

    def add(self, residuals: Residuals) -> None:
        """Add the events of a block."""
        good = np.isfinite(residuals.sigma)
        if not good.any():
            return
        known = residuals.take(good).known
        places = set(zip(known.calendar.tolist(), known.day0.tolist(), strict=True))
        sums = {
            name: value.sum(axis=0, keepdims=True)
            for name in SUMMED
            if (value := getattr(known.block, name)) is not None
        }
        block = replace(known.block, **sums, inside=None, donors=None)
        self.merge(PortfolioReturns(min(places), len(places) > 1, int(good.sum()), block, known.model))

    def merge(self, other: PortfolioReturns) -> None:
        """Add the sums of a later block."""
        if other.block is None:
            return
        if self.block is None:
            self.place, self.several, self.events = other.place, other.several, other.events
            self.block, self.model = other.block, other.model
            return
        self.several = self.several or other.several or self.place != other.place
        self.events += other.events
        pairs = ((name, getattr(self.block, name), getattr(other.block, name)) for name in SUMMED)
        self.block = replace(self.block, **{name: a + b for name, a, b in pairs if a is not None})

    def fit(self) -> tuple[Floats, EstimationResult]:
        """Estimate the model on the equally weighted portfolio; abnormal returns of shape (L,) and the fit."""
        if self.block is None or self.model is None:
            raise ValueError("No event was added.")
        means = {name: value / self.events for name in SUMMED if (value := getattr(self.block, name)) is not None}
        block = replace(self.block, **means)
        result = self.model.fit(block)
        return np.asarray(block.y_event - result.expected)[0], result


@dataclass(slots=True)
class CommonResiduals:
    """Estimation residuals of all events, as long as they share day 0 and are fewer than the sessions.

    Parameters
    ----------
    row : ndarray of shape (n,)
        The events.
    values : ndarray of shape (n, M)
        Their residuals; empty when there are too many.
    places : frozenset of (str, int)
        Where the events lie, two at most.
    full : bool
        Whether there are too many.
    """

    row: Ints = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    values: Floats = field(default_factory=lambda: np.empty((0, 0)))
    places: frozenset[Place] = frozenset()
    full: bool = False

    def add(self, residuals: Residuals) -> None:
        """Hold the residuals of a block."""
        good = np.isfinite(residuals.sigma)
        if not good.any():
            return
        known = residuals.take(good).known
        places = sorted(set(zip(known.calendar.tolist(), known.day0.tolist(), strict=True)))
        self.merge(CommonResiduals(residuals.row[good], residuals.values[good], frozenset(places[:2])))

    def merge(self, other: CommonResiduals) -> None:
        """Hold those of a later block too."""
        self.places = frozenset(sorted(self.places | other.places)[:2])
        length = max(self.values.shape[1], other.values.shape[1])
        self.full = self.full or other.full or len(self.row) + len(other.row) > length or len(self.places) > 1
        if self.full:
            self.row, self.values = np.empty(0, dtype=np.int64), np.empty((0, 0))
        elif len(other.row):
            self.values = np.concatenate([self.values, other.values]) if len(self.row) else other.values
            self.row = np.concatenate([self.row, other.row])
