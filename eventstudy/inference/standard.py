"""Standardised CARs, in the form a test is asked for, and what tests of them have in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np

from eventstudy._typing import Floats, Ints
from eventstudy.errors import InputError
from eventstudy.inference.base import HypothesisTest, Sample
from eventstudy.inference.presets import Unsaid
from eventstudy.returns.accumulators import Accumulator, Residuals
from eventstudy.returns.linear import first_collinear
from eventstudy.returns.models.base import Block, ExpectedReturnModel, LinearModel

__all__ = ["AllDayLeverage", "StandardisedTest"]


@dataclass(slots=True)
class AllDayLeverage:
    """Leverage of each event day, market moments over all estimation days, the firm's missing ones too.

    ``1/M + (x_t - m)' (sum (x - m)(x - m)')^-1 (x_t - m)``, x the model's regressors, m their means over the days on
    which all of them are known, and M the sessions that the firm has. Where the firm misses none it is ``x_t' (X'X)^-1
    x_t`` with the constant. What the R packages estudy2 and EventStudy take for one regressor (METHODS 12).

    Parameters
    ----------
    row : ndarray of shape (n,)
        The events.
    values : ndarray of shape (n, L)
        NaN where a regressor of the day is missing, and for regressors that do not vary apart from each other.
    """

    row: Ints = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    values: Floats = field(default_factory=lambda: np.empty((0, 0)))

    def add(self, residuals: Residuals) -> None:
        """Take the leverage of a block."""
        known = residuals.known
        count = np.maximum((~np.isnan(residuals.values)).sum(axis=1), 1)[:, None]
        self.merge(AllDayLeverage(residuals.row, 1.0 / count + distances(*_regressors(known.model, known.block))))

    def merge(self, other: AllDayLeverage) -> None:
        """Append the events of a later block."""
        self.values = np.concatenate([self.values, other.values]) if len(self.row) else other.values
        self.row = np.concatenate([self.row, other.row])

    def of(self, rows: Ints) -> Floats:
        """Return the leverages of these events, shape (len(rows), L)."""
        order = np.argsort(self.row, kind="stable")
        return np.asarray(self.values[order[np.searchsorted(self.row[order], rows)]])


def distances(x: Floats, ahead: Floats) -> Floats:
    """Return ``(x_t - m)' (sum (x - m)(x - m)')^-1 (x_t - m)``, how far rows lie from the mean of others.

    Parameters
    ----------
    x : ndarray of shape (E, M, K)
        Rows of which the moments are taken; one with a missing value is left out.
    ahead : ndarray of shape (E, L, K)
        Rows to place.

    Returns
    -------
    ndarray of shape (E, L)
        0 without columns; NaN where a row has a missing value, or the columns do not vary apart.

    Examples
    --------
    >>> distances(np.array([[[1.0], [2.0], [3.0]]]), np.array([[[4.0]]])).round(6).tolist()
    [[2.0]]
    """
    (events, days, count), length = x.shape, ahead.shape[1]
    if not count:
        return np.zeros((events, length))
    if days <= count:
        return np.full((events, length), np.nan)
    there = ~np.isnan(x).any(axis=2, keepdims=True)
    held = np.where(there, x, 0.0)
    mean = held.sum(axis=1, keepdims=True) / np.maximum(there.sum(axis=1, keepdims=True), 1)
    triangle = np.asarray(np.linalg.qr(np.where(there, x - mean, 0.0), mode="r"))
    # What a column varies by counts beside its size: that of a constant one is rounding.
    apart = (first_collinear(held, triangle) < 0)[:, None, None]
    safe = np.where(apart, triangle, np.eye(count))
    scaled = np.linalg.solve(np.swapaxes(safe, 1, 2), np.swapaxes(ahead - mean, 1, 2))
    return np.asarray(np.where(apart[..., 0], (scaled**2).sum(axis=1), np.nan))


def _regressors(model: ExpectedReturnModel, block: Block) -> tuple[Floats, Floats]:
    """Return a model's regressors in the estimation and the event window, without the sessions around them."""
    if isinstance(model, LinearModel):
        x, ahead = model.regressors_of(block)
    else:
        before = model.margin[0]
        x, ahead = (
            rows[:, before : before + days]
            for rows, days in ((block.x, block.y.shape[1]), (block.x_event, block.y_event.shape[1]))
        )
    return x if block.inside is None else np.where(block.inside[..., None], x, np.nan), ahead


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
        estimation days, the firm's missing ones too; only with ``scar="patell_sum"``.
    divisor : str
        Of the residual variance: ``"dof"``, M - K, or ``"count"``, M - 1.

    Raises
    ------
    InputError
        For ``forecast_error="all_days"`` with ``scar="full"``: those errors are of days, not of CARs.
    """

    choices: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "scar": ("full", "patell_sum"),
        "forecast_error": ("study", "none", "all_days"),
        "divisor": ("dof", "count"),
    }

    scar: str = Unsaid("full")
    forecast_error: str = Unsaid("study")
    divisor: str = Unsaid("dof")

    def __post_init__(self) -> None:
        super().__post_init__()
        if (self.forecast_error, self.scar) == ("all_days", "full"):
            raise InputError(
                f"{self.kind}: forecast_error 'all_days' gives each day an error, but a CAR none: take scar "
                "'patell_sum' beside it, or forecast_error 'study' with scar 'full'."
            )

    @property
    def needs(self) -> tuple[type[Accumulator], ...]:
        """Market moments over all days, where they are asked for."""
        return (AllDayLeverage,) if self.forecast_error == "all_days" else ()

    def standardised(self, sample: Sample) -> Floats:
        """Return the SCARs of a sample, shape (N,), NaN for an event of which no day can be standardised."""
        if not len(sample):
            return np.empty(0)
        if (self.scar, self.forecast_error, self.divisor) == ("full", "study", "dof"):
            return sample.scar
        own = sample.own()
        if self.scar == "patell_sum":
            sar = sample.ar / self._errors(sample)
            days = (~np.isnan(sar)).sum(axis=1)
            scar = np.where(days > 0, np.nansum(sar, axis=1), np.nan) / np.sqrt(np.maximum(days, 1))
        else:
            changed = own if self.forecast_error == "study" else replace(own, forecast_error="none")
            scar = sample.car / changed.car(sample.window).std_error
        if self.divisor == "count":
            found = own.estimates
            scar = scar * np.sqrt((found.n_obs - 1) / found.dof)
        return np.asarray(scar)

    def count(self, sample: Sample) -> int:
        """Return how many events have a SCAR."""
        return int((~np.isnan(self.standardised(sample))).sum())

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
