"""Rows that lack some values: any choice of them, and what is left of them when their means are taken."""

from __future__ import annotations

import numpy as np
import pytest

from eventstudy.returns.rows import filled

ROWS = np.array([[1.0, np.nan, 3.0], [4.0, 5.0, 6.0], [np.nan, np.nan, 9.0]])


@pytest.mark.parametrize("chosen", [[0, 0], [2, 0, 1], [], [2, 2, 0], slice(1, None), [True, False, True]])
def test_some_rows_lack_what_they_lacked(chosen: list[int] | slice) -> None:
    rows = chosen if isinstance(chosen, slice) else np.array(chosen, dtype=bool if True in chosen else int)
    found, expected = filled(ROWS).take(rows), filled(ROWS[rows])
    np.testing.assert_array_equal(found.rows(), ROWS[rows])
    for one, two in zip(found[:5], expected[:5], strict=True):
        np.testing.assert_array_equal(one, two)


def test_what_is_left_of_rows_sums_to_nothing() -> None:
    mean, left = filled(ROWS).centred()
    assert mean.tolist() == [2.0, 5.0, 9.0]
    np.testing.assert_array_equal(left.rows(), [[-1, np.nan, 1], [-1, 0, 1], [np.nan, np.nan, 0]])
    assert left.squares.tolist() == [2.0, 2.0, 0.0]
    assert left.mean.tolist() == [0.0, 0.0, 0.0]


def test_rows_without_any_value() -> None:
    left = filled(ROWS).without(np.array([1]))
    assert np.isnan(left.rows()[1]).all()
    assert left.n_obs.tolist() == [2, 0, 1]
