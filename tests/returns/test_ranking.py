from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from eventstudy.returns import paths
from eventstudy.returns.ranking import row_ranks, uniform_sums


@pytest.mark.parametrize("shape", [(300, 271), (3, 1), (5, 1500), (0, 10)])
def test_equals_scipy_on_continuous_values(shape: tuple[int, int]) -> None:
    values = np.random.default_rng(1).standard_t(3, shape) * 0.02
    np.testing.assert_array_equal(row_ranks(values), stats.rankdata(values, axis=1))


@settings(max_examples=100, deadline=None)
@given(
    arrays(
        np.float64,
        st.tuples(st.integers(1, 5), st.integers(1, 30)),
        elements=st.sampled_from([0.0, -0.0, 0.01, -0.01, 0.02, np.nan, 5.0]),
    )
)
def test_ties_and_missing_values(values: np.ndarray) -> None:
    np.testing.assert_array_equal(row_ranks(values), stats.rankdata(values, axis=1, nan_policy="omit"))


def test_mixed_rows_do_not_disturb_each_other() -> None:
    values = np.random.default_rng(2).normal(0, 0.02, (4, 50))
    whole = row_ranks(values)
    values[1, 3], values[2, 7] = np.nan, values[2, 8]
    mixed = row_ranks(values)
    np.testing.assert_array_equal(mixed[[0, 3]], whole[[0, 3]])
    assert np.isnan(mixed[1, 3])
    assert mixed[2, 7] == mixed[2, 8]


@pytest.mark.parametrize("path", [paths.NUMPY, paths.COMPILED])
@pytest.mark.parametrize("columns", [60, 1_100])
def test_sums_of_rows_with_gaps_and_ties_are_those_of_scipy(columns: int, path: str) -> None:
    rng = np.random.default_rng(3)
    values, more = rng.normal(0, 0.02, (300, columns)), rng.normal(0, 0.02, (300, 7))
    for each in (values, more):
        each[rng.random(each.shape) < 0.02] = np.nan
    values[3, 4], values[6, :3], values[8] = values[3, 5], [0.0, -0.0, 0.0], values[8, 0]
    values[4], more[4] = np.nan, np.nan
    with paths.running(path):
        found = uniform_sums(values, more)
    for sums, rows, spare in ((found[0], np.hstack([values, more]), 1), (found[1], values, 2)):
        there = ~np.isnan(rows)
        used = there.sum(axis=1, keepdims=True)
        scores = stats.rankdata(rows, axis=1, nan_policy="omit") / (used + spare) - 0.5
        np.testing.assert_allclose(sums.total, np.nansum(scores, axis=0), rtol=0, atol=1e-11)
        np.testing.assert_array_equal(sums.count, there.sum(axis=0))
        np.testing.assert_array_equal(sums.lengths, np.bincount(used.ravel(), minlength=rows.shape[1] + 1))
