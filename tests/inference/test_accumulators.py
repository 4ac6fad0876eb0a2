from __future__ import annotations

import numpy as np
import pytest

from eventstudy.returns.accumulators import Accumulator, Around, Residuals, Unread
from eventstudy.returns.estimation_means import EstimationMeans
from eventstudy.returns.positive_share import PositiveShare


def residuals(rows: np.ndarray, values: np.ndarray) -> Residuals:
    return Residuals(rows, values, np.ones(len(rows)), rows)


def read(accumulator: Accumulator, events: int) -> tuple[np.ndarray, np.ndarray]:
    """Return what a test reads of it."""
    if isinstance(accumulator, PositiveShare):
        return accumulator.counts(np.arange(events))
    assert isinstance(accumulator, EstimationMeans)
    return accumulator.total, accumulator.count


@pytest.mark.parametrize("kind", [PositiveShare, EstimationMeans])
def test_merging_blocks_equals_adding_them(kind: type[Accumulator]) -> None:
    values = np.random.default_rng(0).normal(size=(9, 5))
    values[2, 3] = np.nan
    rows = np.arange(9)
    one = kind()
    two, three = kind(), kind()
    for part in (slice(0, 4), slice(4, 9)):
        one.add(residuals(rows[part], values[part]))
    two.add(residuals(rows[:4], values[:4]))
    three.add(residuals(rows[4:], values[4:]))
    two.merge(three)
    for first, second in zip(read(one, 9), read(two, 9), strict=True):
        np.testing.assert_array_equal(first, second)


def test_values_by_hand() -> None:
    values = np.array([[0.1, -0.1, np.nan], [0.0, 0.2, 0.3]])
    share = PositiveShare()
    share.add(residuals(np.array([7, 3]), values))
    assert share.of(np.array([3, 7])).tolist() == [2 / 3, 1 / 2]
    # Others are asked for after the first.
    assert share.of(np.array([7])).tolist() == [1 / 2]
    assert np.isnan(share.of(np.array([4, 5, 6]))).all()
    means = EstimationMeans()
    means.add(residuals(np.array([7, 3]), values))
    assert means.means.tolist() == pytest.approx([0.05, 0.05, 0.3])


def test_empty_blocks_change_nothing() -> None:
    means = EstimationMeans()
    means.merge(EstimationMeans())
    means.add(residuals(np.array([0]), np.array([[0.5, np.nan]])))
    means.add(residuals(np.empty(0, dtype=np.int64), np.empty((0, 2))))
    assert means.means[0] == 0.5
    assert np.isnan(means.means[1])


def test_what_the_model_saw_is_read_once_and_for_the_events_asked_for() -> None:
    asked: list[list[int]] = []

    def reader(rows: np.ndarray) -> str:
        asked.append(rows.tolist())
        return f"block of {len(rows)}"

    source = Unread(reader, np.arange(10, 16))  # type: ignore[arg-type]
    some = source.take(np.array([True, False, True, False, False, True]))
    around = Around(None, some.take(slice(0, 2)), None, *[np.empty(0)] * 3, {})  # type: ignore[arg-type]
    assert not asked
    assert [around.block, around.block] == ["block of 2"] * 2
    assert asked == [[10, 12]]
