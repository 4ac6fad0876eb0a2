"""Records of some events, put together into one of all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from eventstudy._labels import is_alike
from eventstudy._typing import Floats, Ints
from eventstudy.returns.estimates import Whole


@dataclass(frozen=True)
class Inner:
    count: Ints


@dataclass(frozen=True)
class Outer:
    value: Floats
    inner: Inner


def part(rows: list[int], count: int | list[int]) -> tuple[Ints, Outer]:
    counts = np.broadcast_to(np.int64(count), len(rows)) if isinstance(count, int) else np.array(count)
    return np.array(rows), Outer(np.array(rows) / 10.0, Inner(counts))


def together(*parts: tuple[Ints, Outer]) -> Outer:
    whole: Whole[Outer] = Whole(sum(len(rows) for rows, _ in parts))
    whole.put_all(parts)
    first, again = whole.record(), whole.record()
    assert again.inner.count.tolist() == first.inner.count.tolist()
    return first


def test_one_value_for_all_events_stays_one() -> None:
    found = together(part([0, 1, 2], 250), part([3, 5], 250), part([4, 6], 250))
    np.testing.assert_array_equal(found.value, np.arange(7) / 10.0)
    assert is_alike(found.inner.count)
    assert found.inner.count.tolist() == [250] * 7


@pytest.mark.parametrize("other", [[249, 250], 249], ids=["one by one", "another value for all"])
@pytest.mark.parametrize("first", [True, False])
def test_other_values_beside_it(*, other: int | list[int], first: bool) -> None:
    parts = [part([0, 2], 250), part([1, 3], other)]
    found = together(*(parts if first else parts[::-1]))
    said = [249, 249] if isinstance(other, int) else other
    assert found.inner.count.tolist() == [250, said[0], 250, said[1]]
