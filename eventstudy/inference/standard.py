"""Standardised CARs, in the form a test is asked for, and what tests of them have in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np

from eventstudy._typing import Floats, Ints
from eventstudy.inference.base import HypothesisTest, Sample
from eventstudy.inference.presets import Unsaid
from eventstudy.returns.accumulators import Accumulator, Residuals

__all__ = ["AllDayLeverage", "StandardisedTest"]


@dataclass(slots=True)
class AllDayLeverage:
    """Leverage of each event day, market moments over all estimation days, the firm's missing ones too.

    ``1/M + (x_t - mean)^2 / sum (x - mean)^2``, x the first regressor and M the sessions that the firm has; what the R
    packages estudy2 and EventStudy take (METHODS 12).

    Parameters
    ----------
    row : ndarray of shape (n,)
        The events.
    values : ndarray of shape (n, L)
        NaN for a model of several regressors.
    """

    row: Ints = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    values: Floats = field(default_factory=lambda: np.empty((0, 0)))

    def add(self, residuals: Residuals) -> None:
        """Take the leverage of a block."""
        block = residuals.known.block
        count = np.maximum((~np.isnan(residuals.values)).sum(axis=1), 1)[:, None]
        own = np.zeros(block.y_event.shape)
        if block.x.shape[2] == 1:
            x = block.x[..., 0]
            there = ~np.isnan(x)
            mean = np.where(there, x, 0.0).sum(axis=1, keepdims=True) / np.maximum(there.sum(axis=1), 1)[:, None]
            squares = (np.where(there, x - mean, 0.0) ** 2).sum(axis=1, keepdims=True)
            own = (block.x_event[..., 0] - mean) ** 2 / np.where(squares > 0, squares, np.nan)
        elif block.x.shape[2]:
            own = own + np.nan
        self.merge(AllDayLeverage(residuals.row, 1.0 / count + own))

    def merge(self, other: AllDayLeverage) -> None:
        """Append the events of a later block."""
        self.values = np.concatenate([self.values, other.values]) if len(self.row) else other.values
        self.row = np.concatenate([self.row, other.row])

    def of(self, rows: Ints) -> Floats:
        """Return the leverages of these events, shape (len(rows), L)."""
        order = np.argsort(self.row, kind="stable")
        return np.asarray(self.values[order[np.searchsorted(self.row[order], rows)]])


@dataclass(frozen=True, kw_only=True)
class StandardisedTest(HypothesisTest):
    """A test of standardised CARs.

    Parameters
    ----------
    scar : str
        ``"full"``: the CAR over the root of its exact variance; ``"patell_sum"``: the sum of standardised abnormal
        returns over the root of their number, without the parameter error that days have in common (Patell 1976).
    forecast_error : str
        ``"study"``: as the study says; ``"none"``: divided by s only; ``"all_days"``: market moments over all
        estimation days, the firm's missing ones too.
    divisor : str
        Of the residual variance: ``"dof"``, M - K, or ``"count"``, M - 1.
    """

    choices: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "scar": ("full", "patell_sum"),
        "forecast_error": ("study", "none", "all_days"),
        "divisor": ("dof", "count"),
    }

    scar: str = Unsaid("full")
    forecast_error: str = Unsaid("study")
    divisor: str = Unsaid("dof")

    @property
    def needs(self) -> tuple[type[Accumulator], ...]:
        """Market moments over all days, where they are asked for."""
        return (AllDayLeverage,) if self.forecast_error == "all_days" else ()

    def standardised(self, sample: Sample) -> Floats:
        """Return the SCARs of a sample, shape (N,)."""
        if not len(sample):
            return np.empty(0)
        if (self.scar, self.forecast_error, self.divisor) == ("full", "study", "dof"):
            return sample.scar
        own = sample.own()
        if self.scar == "patell_sum" or self.forecast_error == "all_days":
            sar = sample.ar / self._errors(sample)
            there = ~np.isnan(sar)
            scar = np.where(there, sar, 0.0).sum(axis=1) / np.sqrt(np.maximum(there.sum(axis=1), 1))
        else:
            changed = own if self.forecast_error == "study" else replace(own, forecast_error="none")
            scar = sample.car / changed.car(sample.window).std_error
        if self.divisor == "count":
            found = own.estimates
            scar = scar * np.sqrt((found.n_obs - 1) / found.dof)
        return np.asarray(scar)

    def _errors(self, sample: Sample) -> Floats:
        """Return the standard error of each abnormal return, shape (N, L)."""
        noise = np.sqrt(sample.part(sample.whole.noise))
        match self.forecast_error:
            case "none":
                return noise
            case "all_days":
                leverage = sample.accumulated[AllDayLeverage]
                assert isinstance(leverage, AllDayLeverage)
                return np.asarray(noise * np.sqrt(1 + leverage.of(sample.row)[:, sample.days]))
        return sample.own().std_error[:, sample.days]
