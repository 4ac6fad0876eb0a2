"""Columns of labels: orders and counts against plain Python."""

import numpy as np
import pytest

from eventstudy._labels import counts, distinct, each_once, order_by_id


@pytest.mark.parametrize("seed", range(5))
def test_the_order_is_that_of_tuples(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = 500
    one, two = rng.integers(0, 20, n), rng.integers(0, 10, n).astype("datetime64[D]")
    ids = np.array([f"é{each}" if each % 3 else str(each) for each in rng.permutation(n)], dtype=object)
    expected = sorted(range(n), key=lambda row: (one[row], two[row], ids[row]))
    assert order_by_id([one, two], ids).tolist() == expected


def test_no_rows() -> None:
    nothing = np.empty(0, dtype=object)
    assert order_by_id([np.empty(0, dtype=np.int64)], nothing).tolist() == []
    assert counts(nothing) == {}
    assert each_once(nothing, str).tolist() == []


def test_each_label_is_looked_at_once() -> None:
    seen = []

    def upper(label: str) -> str:
        seen.append(label)
        return label.upper()

    assert each_once(np.array(["b", "a", "b"], dtype=object), upper).tolist() == ["B", "A", "B"]
    assert seen == ["b", "a"]
    codes, known = distinct(np.array(["b", "a", "b"], dtype=object))
    assert (codes.tolist(), known.tolist()) == ([0, 1, 0], ["b", "a"])
