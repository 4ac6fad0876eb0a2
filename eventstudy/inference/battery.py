"""All tests on all groups and windows of one model, and what the samples themselves look like."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

import numpy as np

from eventstudy._typing import Bools, Dates, Labels
from eventstudy.execution import Engine, map_chunks, sharing
from eventstudy.inference.base import HypothesisTest, Sample, TestResult
from eventstudy.inference.seeds import child_seed
from eventstudy.returns.abnormal import AbnormalReturns, Cars
from eventstudy.returns.accumulators import Accumulator
from eventstudy.returns.windows import Window

__all__ = ["run_tests", "samples"]

ByGroup = Mapping[str, Mapping[type[Accumulator], Accumulator]]


def samples(
    abnormal: AbnormalReturns,
    cars: Mapping[str, Cars],
    groups: Mapping[str, Bools],
    event_id: Labels,
    day0: Dates,
    spans: Mapping[str, Dates],
    accumulated: ByGroup,
    seed: int,
) -> Iterator[tuple[str, Sample]]:
    """Give the sample of every group and window, with a seed of its own.

    Parameters
    ----------
    abnormal : AbnormalReturns
        E events.
    cars : mapping of str to Cars
        Their CARs by window.
    groups : mapping of str to ndarray of shape (E,)
        Members of each group.
    event_id : ndarray of shape (E,)
        Names of the events.
    day0 : ndarray of shape (E,)
        Dates of their day 0.
    spans : mapping of str to ndarray of shape (E, 2)
        By window: dates of its first and last session.
    accumulated : mapping
        By group and accumulator class.
    seed : int
        The model's; group and window make their own of it.
    """
    for group, members in groups.items():
        for each in cars.values():
            own = child_seed(seed, group, each.window.name)
            rows = np.flatnonzero(members)
            dates = {"day0": day0, "span": spans[each.window.name]}
            yield group, Sample.of(abnormal, each, rows, event_id, accumulated[group], seed=own, **dates)


def run_tests(
    tests: Sequence[HypothesisTest], drawn: Sequence[tuple[str, Sample]], engine: Engine | None = None
) -> list[tuple[str, Window, TestResult]]:
    """Return what every test says of every sample, in the order of groups, windows and tests.

    Parameters
    ----------
    tests : sequence of HypothesisTest
        All that were asked for.
    drawn : sequence of (str, Sample)
        By group and window.
    engine : Engine, optional
        Its threads take a sample each; processes none, since all abnormal returns would travel to each.
    """
    said = map_chunks(partial(_said, tests), [sample for _, sample in drawn], sharing(engine))
    return [(group, sample.window, each) for (group, sample), found in zip(drawn, said, strict=True) for each in found]


def _said(tests: Sequence[HypothesisTest], sample: Sample) -> list[TestResult]:
    return [outcome for test in tests for outcome in test.run(sample)]
