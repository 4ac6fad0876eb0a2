"""All tests on all groups and windows of one model, and what the samples themselves look like."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import overload

import numpy as np

from eventstudy._typing import Bools, Dates, Labels
from eventstudy.execution import Engine, map_chunks, sharing
from eventstudy.inference.base import HypothesisTest, Sample, TestResult
from eventstudy.inference.seeds import child_seed
from eventstudy.returns.abnormal import AbnormalReturns, Cars
from eventstudy.returns.accumulators import Accumulator
from eventstudy.returns.windows import Window

__all__ = ["Battery", "Tested", "run_tests", "samples"]

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
        rows = np.flatnonzero(members)
        for each in cars.values():
            own = child_seed(seed, group, each.window.name)
            dates = {"day0": day0, "span": spans[each.window.name]}
            yield group, Sample.of(abnormal, each, rows, event_id, accumulated[group], seed=own, **dates)


@dataclass(frozen=True, slots=True)
class Tested:
    """A test result with the group and window that it speaks of."""

    group: str
    window: Window
    outcome: TestResult


@dataclass(frozen=True, slots=True, eq=False)
class Battery(Sequence[Tested]):
    """The results of all tests in the order of groups, windows and tests, those of single events as columns.

    Parameters
    ----------
    found : tuple of (str, Window, sequence of TestResult)
        What each test says of a group and window.
    """

    found: tuple[tuple[str, Window, Sequence[TestResult]], ...]

    def __len__(self) -> int:
        return sum(len(results) for *_, results in self.found)

    def __iter__(self) -> Iterator[Tested]:
        return (Tested(group, window, each) for group, window, results in self.found for each in results)

    @overload
    def __getitem__(self, place: int) -> Tested: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Tested]: ...
    def __getitem__(self, place: int | slice) -> Tested | Sequence[Tested]:
        if isinstance(place, slice):
            return tuple(self)[place]
        left = range(len(self))[place]
        for group, window, results in self.found:
            if left < len(results):
                return Tested(group, window, results[left])
            left -= len(results)
        raise IndexError(place)


def run_tests(
    tests: Sequence[HypothesisTest], drawn: Sequence[tuple[str, Sample]], engine: Engine | None = None
) -> Battery:
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
    both = zip(drawn, said, strict=True)
    return Battery(tuple((group, sample.window, results) for (group, sample), found in both for results in found))


def _said(tests: Sequence[HypothesisTest], sample: Sample) -> list[Sequence[TestResult]]:
    return [test.run(sample) for test in tests]
