"""Samples for tests of tests, made by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from eventstudy.inference import Sample
from eventstudy.inference.diagnostics import CommonVariation
from eventstudy.inference.resampled import OwnResiduals
from eventstudy.returns.abnormal import Cars
from eventstudy.returns.accumulators import Accumulator, Residuals
from eventstudy.returns.estimation_means import EstimationMeans
from eventstudy.returns.positive_share import PositiveShare
from eventstudy.returns.windows import Window


def sample(
    car: Sequence[float] | np.ndarray,
    *,
    day0: Sequence[str] | np.ndarray | None = None,
    residuals: np.ndarray | None = None,
    x: np.ndarray | None = None,
    ar: np.ndarray | None = None,
    std_error: Sequence[float] | np.ndarray | None = None,
    seed: int = 1,
    session: np.ndarray | None = None,
    sigma: np.ndarray | None = None,
    end: int = 0,
    span: np.ndarray | None = None,
    dof: int = 98,
) -> Sample:
    """Return a sample of events e0, e1, ... with a window of the days 0 to `end`."""
    values = np.array(car, dtype=float)
    n = len(values)
    rows = np.arange(n)
    held: dict[type[Accumulator], Accumulator] = {
        kind: kind() for kind in (PositiveShare, EstimationMeans, OwnResiduals, CommonVariation)
    }
    if residuals is not None:
        spread = np.nanstd(residuals, axis=1, ddof=2) if sigma is None else sigma
        given = Residuals(rows, residuals, spread, rows * 1000 if session is None else session)
        for each in held.values():
            each.add(given)
        if x is not None:
            held[OwnResiduals] = OwnResiduals([(given, x)])
    window = Window(f"[0,{end}]", 0, end)
    errors = np.full(n, 0.02) if std_error is None else np.array(std_error, dtype=float)
    return Sample(
        cars=Cars(window, values, errors, np.full(n, dof), values, np.full(n, "ok", dtype=object)),
        row=rows,
        names=np.array([f"e{i}" for i in rows], dtype=object),
        by_day=values[:, None] if ar is None else ar,
        accumulated=held,
        seed=seed,
        dates=np.array([] if day0 is None else day0, dtype="datetime64[D]"),
        spans=span,
    )


def shuffled(given: Sample, order: np.ndarray) -> Sample:
    """Return the same sample with its events in another order."""
    return replace(given, row=given.row[order])
