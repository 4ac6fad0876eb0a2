"""The whole pipeline on events that never were: many draws at once, through the study's own stages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from eventstudy._labels import alike
from eventstudy._typing import Bools, Ints, Labels
from eventstudy.errors import Reason
from eventstudy.inference import TestResult
from eventstudy.inference.battery import run_tests, samples
from eventstudy.inference.seeds import child_seed
from eventstudy.prepare import Prepared
from eventstudy.returns import Aligned, Attrition, measure_abnormal_returns
from eventstudy.study import Progress, Study

__all__ = ["Replicated", "replicate"]

# Events of one batch: as many as keep arrays in tens of megabytes.
BATCH = 8192


@dataclass(frozen=True, slots=True)
class Replicated:
    """What a test said of one draw."""

    draw: int
    model: str
    window: str
    outcome: TestResult


def replicate(
    study: Study,
    prepared: Prepared,
    code: Ints,
    day0: Ints,
    event_id: Labels,
    *,
    effect: float = 0.0,
    own: bool = False,
    narrowed: bool = False,
    name: str = "replicate",
    progress: Progress | None = None,
) -> Iterator[Replicated]:
    """Run a study's models and tests on draws of events.

    Parameters
    ----------
    study : Study
        Models, windows, tests.
    prepared : Prepared
        Panel and regressors.
    code, day0 : ndarray of shape (D, N)
        Symbol and day 0 of N events in each of D draws.
    event_id : ndarray of shape (N,)
        What the events of a draw are called.
    effect : float
        Added to the return of every event's day 0, a decimal.
    own : bool
        Whether the N events stand for those of the study, and keep the benchmarks that these name for themselves.
    narrowed : bool
        Whether they keep the windows that columns of these narrow.
    name : str
        What the draws are for: random tests begin from it.
    progress : callable, optional
        Told the draws done.
    """
    draws, n = code.shape
    step = max(1, BATCH // max(n, 1))
    for first in range(0, draws, step):
        rows = np.arange(first, min(first + step, draws))
        # Blocks read neighbours of a symbol together.
        order = np.lexsort((day0[rows].ravel(), code[rows].ravel()))
        draw, event = np.divmod(order, n)
        aligned = _aligned(study, prepared, code[rows].ravel()[order], day0[rows].ravel()[order], event_id[event])
        if narrowed:
            given = prepared.aligned
            aligned = replace(
                aligned, own_estimation=_of(given.own_estimation, event), own_windows=_of(given.own_windows, event)
            )
        columns = {key: labels[event] for key, labels in prepared.regressors.columns.items()} if own else {}
        regressors = replace(prepared.regressors, code=aligned.code, columns=columns)
        groups = {str(number): draw == place for place, number in enumerate(rows)}
        batch = replace(prepared, aligned=aligned, regressors=regressors)
        yield from _batch(study, batch, groups, effect, name)
        if progress is not None:
            progress(name, int(rows[-1]) + 1, draws)


def _aligned(study: Study, prepared: Prepared, code: Ints, day0: Ints, event_id: Labels) -> Aligned:
    """Return events that never were as places in the panel."""
    count = len(code)
    held = Attrition(event_id, alike(str(Reason.OK), count), alike("", count))
    return Aligned(study.windows, np.arange(count), code, day0, held, prepared.aligned.masked)


def _of(days: Ints | None, events: Ints) -> Ints | None:
    return None if days is None else days[events]


def _batch(
    study: Study, prepared: Prepared, groups: Mapping[str, Bools], effect: float, name: str
) -> Iterator[Replicated]:
    """Give what all tests say of draws of events that lie side by side, a group each."""
    aligned, listing, tests = prepared.aligned, prepared.panel.listing, study.hypothesis_tests
    needs = tuple(dict.fromkeys(need for test in tests for need in test.needs))
    dates, spans = aligned.dates(listing), aligned.spans(listing)
    for label, model in study.labelled.items():
        abnormal, accumulated = measure_abnormal_returns(
            aligned,
            prepared.panel,
            model,
            prepared.regressors,
            needs=needs,
            groups=groups if needs else {},
            forecast_error=study.forecast_error,
            autocorrelation=study.autocorrelation,
            hold=study.hold,
            engine=study.engine,
            effect=effect,
        )
        cars, seed = abnormal.cars(study.engine), child_seed(study.seed, name, label)
        found = accumulated if needs else {group: {} for group in groups}
        drawn = samples(abnormal, cars, groups, aligned.attrition.event_id, dates, spans, found, seed)
        for each in run_tests(tests, [*drawn]):
            yield Replicated(int(each.group), label, each.window.name, each.outcome)
