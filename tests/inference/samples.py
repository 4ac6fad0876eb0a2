"""Samples for tests of tests, made by hand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from eventstudy.inference import Sample
from eventstudy.inference.diagnostics import CommonVariation
from eventstudy.inference.resampled import OwnResiduals
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
    return Sample(
        named=np.array([f"e{i}" for i in rows], dtype=object),
        row=rows,
        window=Window(f"[0,{end}]", 0, end),
        car=values,
        std_error=np.full(n, 0.02) if std_error is None else np.array(std_error, dtype=float),
        dof=np.full(n, dof),
        held=values,
        by_day=values[:, None] if ar is None else ar,
        accumulated=held,
        seed=seed,
        day0=np.array([] if day0 is None else day0, dtype="datetime64[D]"),
        span=span,
    )


def shuffled(given: Sample, order: np.ndarray) -> Sample:
    """Return the same sample with its events in another order."""
    return Sample(
        named=given.event_id[order],
        row=given.row[order],
        window=given.window,
        car=given.car[order],
        std_error=given.std_error[order],
        dof=given.dof[order],
        held=given.bhar[order],
        by_day=given.ar[order],
        accumulated=given.accumulated,
        seed=given.seed,
        day0=given.day0[order] if len(given.day0) else given.day0,
        span=None if given.span is None else given.span[order],
    )
