"""What the estimation of many events brought home."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, TypeVar

import numpy as np

from eventstudy._typing import Floats, Ints, Labels
from eventstudy.returns.diagnostics import Diagnostics
from eventstudy.returns.models.base import EstimationResult, ExpectedReturnModel

__all__ = ["Estimates", "placed"]

R = TypeVar("R")


@dataclass(frozen=True, slots=True, eq=False)
class Estimates:
    """The estimation of E events.

    Parameters
    ----------
    names : tuple of str
        P parameter names.
    parameters : ndarray of shape (E, P)
        NaN where the model could not be estimated.
    sigma, r_squared : ndarray of shape (E,)
        Residual standard deviation (a decimal per session) and share of variance explained.
    dof, n_obs : ndarray of shape (E,)
        Degrees of freedom and sessions used.
    reason, detail : ndarray of shape (E,)
        Why there is no estimate, ``ok`` where there is one, and the figures behind it.
    mean_residual : ndarray of shape (E,), optional
        Mean of the estimation residuals, a decimal per session: zero for least squares with a constant.
    diagnostics : Diagnostics, optional
        Where they were asked for.
    """

    names: tuple[str, ...]
    parameters: Floats
    sigma: Floats
    r_squared: Floats
    dof: Ints
    n_obs: Ints
    reason: Labels
    detail: Labels
    mean_residual: Floats | None = None
    diagnostics: Diagnostics | None = None

    @classmethod
    def of(
        cls, model: ExpectedReturnModel, result: EstimationResult, diagnostics: Diagnostics | None = None
    ) -> Estimates:
        """Return what is kept of an estimation."""
        kept = ("parameters", "sigma", "r_squared", "dof", "n_obs", "reason", "detail")
        arrays: dict[str, Any] = {name: getattr(result, name) for name in kept}
        mean = _mean_residual(result.residuals)
        return cls(names=model.parameters, **arrays, mean_residual=mean, diagnostics=diagnostics)

    def parameter(self, name: str) -> Floats:
        """Return one parameter of every event, shape (E,)."""
        return self.parameters[:, self.names.index(name)]

    @property
    def bias(self) -> tuple[float, float]:
        """Average over events of the mean residual, and its standard error; NaN with fewer than two events."""
        found = np.empty(0) if self.mean_residual is None else self.mean_residual
        found = found[~np.isnan(found)]
        if len(found) < 2:
            return float("nan"), float("nan")
        return float(found.mean()), float(found.std(ddof=1) / np.sqrt(len(found)))


def _mean_residual(residuals: Floats) -> Floats:
    there = ~np.isnan(residuals)
    count = there.sum(axis=1)
    return np.where(count > 0, np.where(there, residuals, 0.0).sum(axis=1) / np.maximum(count, 1), np.nan)


def _span(rows: Ints) -> Ints | slice:
    """Return rows that follow each other as a slice, which is copied in one piece."""
    if len(rows) and rows[-1] - rows[0] + 1 == len(rows):
        return slice(int(rows[0]), int(rows[-1]) + 1)
    return rows


def placed(parts: Sequence[tuple[Ints, R]], events: int) -> R:
    """Return records of some events each as one record of all: every array in them, and in records inside them.

    Parameters
    ----------
    parts : sequence of (ndarray, record)
        The positions of each record's events, all positions once.
    events : int
        Events in all.
    """
    first: Any = parts[0][1]
    together: dict[str, Any] = {}
    for each in fields(first):
        values = [(rows, getattr(part, each.name)) for rows, part in parts]
        value = values[0][1]
        if isinstance(value, np.ndarray):
            whole = np.empty((events, *value.shape[1:]), dtype=value.dtype)
            for rows, own in values:
                whole[_span(rows)] = own
            together[each.name] = whole
        elif hasattr(value, "placed"):
            together[each.name] = value.placed(values, events)
        elif is_dataclass(value):
            together[each.name] = placed(values, events)
    whole_record: R = replace(first, **together)
    return whole_record
