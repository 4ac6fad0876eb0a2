"""The whole pipeline on events that never were: many draws at once, through the study's own stages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np

from eventstudy._labels import alike
from eventstudy._typing import Ints, Labels
from eventstudy.errors import Reason
from eventstudy.inference import TestResult
from eventstudy.inference.battery import run_tests, samples
from eventstudy.inference.seeds import child_seed
from eventstudy.prepare import Prepared
from eventstudy.returns import Aligned, Attrition, ExpectedReturnModel, measure_abnormal_returns
from eventstudy.returns.models import Block
from eventstudy.returns.models.base import EstimationResult
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


@dataclass(frozen=True, eq=False)
class Shifted:
    """A model that expects `effect` less on one column of the event window, so that abnormal returns have it more."""

    model: ExpectedReturnModel
    effect: float
    column: int

    def __getattr__(self, name: str) -> Any:
        # Before unpickling has set the model there is nothing to ask.
        if name.startswith("__") or name == "model":
            raise AttributeError(name)
        return getattr(self.model, name)

    def fit(self, block: Block) -> EstimationResult:
        """Fit the model, and shift what it expects."""
        found = self.model.fit(block)
        expected = found.expected.copy()
        expected[:, self.column] -= self.effect
        return replace(found, expected=expected)


def replicate(
    study: Study,
    prepared: Prepared,
    code: Ints,
    day0: Ints,
    event_id: Labels,
    *,
    effect: float = 0.0,
    own: bool = False,
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
        Abnormal return put on day 0, a decimal; buy-and-hold returns do not have it.
    own : bool
        Whether the N events stand for those of the study, and keep the benchmarks that these name for themselves.
    name : str
        What the draws are for: random tests begin from it.
    progress : callable, optional
        Told the draws done.
    """
    draws, n = code.shape
    step = max(1, BATCH // max(n, 1))
    for first in range(0, draws, step):
        rows = np.arange(first, min(first + step, draws))
        yield from _batch(study, prepared, code[rows], day0[rows], event_id, rows, effect, name, own=own)
        if progress is not None:
            progress(name, int(rows[-1]) + 1, draws)


def _batch(
    study: Study,
    prepared: Prepared,
    code: Ints,
    day0: Ints,
    event_id: Labels,
    rows: Ints,
    effect: float,
    name: str,
    *,
    own: bool,
) -> Iterator[Replicated]:
    n = len(event_id)
    names = np.tile(event_id, len(rows))
    # Blocks read neighbours of a symbol together.
    order = np.lexsort((day0.ravel(), code.ravel()))
    held = Attrition(names[order], alike(str(Reason.OK), len(order)), alike("", len(order)))
    windows = study.windows
    masked = prepared.aligned.masked
    aligned = Aligned(windows, np.arange(len(order)), code.ravel()[order], day0.ravel()[order], held, masked)
    draw, event = np.divmod(order, n)
    columns = {key: labels[event] for key, labels in prepared.regressors.columns.items()} if own else {}
    regressors = replace(prepared.regressors, code=aligned.code, columns=columns)
    groups = {str(number): draw == place for place, number in enumerate(rows)}
    tests = study.hypothesis_tests
    needs = tuple(dict.fromkeys(need for test in tests for need in test.needs))
    for label, model in study.labelled.items():
        abnormal, accumulated = measure_abnormal_returns(
            aligned,
            prepared.panel,
            model if effect == 0 else cast("ExpectedReturnModel", Shifted(model, effect, -windows.event[0])),
            regressors,
            needs=needs,
            groups=groups if needs else {},
            forecast_error=study.forecast_error,
            autocorrelation=study.autocorrelation,
            hold=study.hold,
            engine=study.engine,
        )
        cars, seed = abnormal.cars(study.engine), child_seed(study.seed, name, label)
        found = accumulated if needs else {group: {} for group in groups}
        dates, spans = aligned.dates(prepared.panel.listing), aligned.spans(prepared.panel.listing)
        drawn = samples(abnormal, cars, groups, names[order], dates, spans, found, seed)
        for each in run_tests(tests, [*drawn]):
            yield Replicated(int(each.group), label, each.window.name, each.outcome)
