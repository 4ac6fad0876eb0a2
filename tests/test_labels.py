"""Columns of labels: orders and counts against plain Python."""

import numpy as np
import pytest

from eventstudy._labels import alike, are, counts, distinct, each_once, order_by_id, run_starts, taken


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


def test_a_column_of_one_label_takes_no_memory_and_stays_one() -> None:
    column = alike("ok", 5)
    assert (column.tolist(), column.strides, column.flags.writeable) == (["ok"] * 5, (0,), False)
    some = taken(column, np.array([3, 1]))
    # Text of Python's own, as other columns of labels hold.
    assert some.dtype == taken(column, np.empty(0, dtype=np.int64)).dtype == object
    assert (some.tolist(), some.strides) == (["ok"] * 2, (0,))
    assert taken(np.array(["a", "b"], dtype=object), np.array([1, 0, 1])).tolist() == ["b", "a", "b"]
    codes, known = distinct(column)
    assert (codes.tolist(), known.tolist()) == ([0] * 5, ["ok"])
    assert each_once(column, str.upper).tolist() == ["OK"] * 5
    assert (alike("ok", 0).tolist(), taken(column, np.empty(0, dtype=np.int64)).tolist()) == ([], [])


def test_keys_too_wide_for_one_number() -> None:
    far = np.array([2**62, -(2**62), 0, 2**62], dtype=np.int64)
    near = np.array([1, 2, 3, 0], dtype=np.int64)
    assert order_by_id([far, near], np.array(list("abcd"), dtype=object)).tolist() == [1, 2, 3, 0]
    dates = np.array(["2024-01-02", "NaT", "1950-01-03"], dtype="datetime64[D]")
    names = np.array(list("abc"), dtype=object)
    assert order_by_id([dates], names).tolist() == np.lexsort((dates,)).tolist()


def test_ids_may_be_those_of_other_rows() -> None:
    ids, of = np.array(list("zcab"), dtype=object), np.array([3, 1, 2])
    assert order_by_id([np.array([1, 1, 0])], ids, of).tolist() == [2, 0, 1]


@pytest.mark.parametrize("labels", [alike("b", 4), np.array(list("bbab"), dtype=object), np.empty(0, dtype=object)])
def test_which_rows_have_a_label_and_where_runs_begin(labels: np.ndarray) -> None:
    assert are(labels, "b").tolist() == [label == "b" for label in labels]
    assert run_starts(labels).tolist() == [
        row for row, label in enumerate(labels) if row == 0 or label != labels[row - 1]
    ]
