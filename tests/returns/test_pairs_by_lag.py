"""Correlations by lag against NumPy's, each pair taken by itself over the sessions that both have."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from eventstudy.returns import pairs_by_lag as module
from eventstudy.returns.pairs_by_lag import COMMON, LagSums, pairs_between, pairs_by_lag

SESSIONS = 60


def one_by_one(values: np.ndarray, day0: np.ndarray, lags: int) -> list[LagSums]:
    """Return the same by a loop over pairs."""
    total, enough, lacking = np.zeros(lags), np.zeros(lags, int), np.zeros(lags, int)
    for i in range(len(values)):
        for j in range(i):
            early, late = sorted((i, j), key=lambda event: day0[event])
            lag = day0[late] - day0[early]
            if lag >= lags:
                continue
            pair = np.stack([values[early, lag:], values[late, : SESSIONS - lag]])
            pair = pair[:, ~np.isnan(pair).any(axis=0)]
            if pair.shape[1] < COMMON:
                lacking[lag] += 1
                continue
            enough[lag] += 1
            varies = pair.std(axis=1) > 1e-12
            total[lag] += np.corrcoef(pair)[0, 1] if varies.all() else 0.0
    return [LagSums(*each) for each in zip(total.tolist(), enough.tolist(), lacking.tolist(), strict=True)]


def agree(found: list[LagSums], expected: list[LagSums]) -> None:
    np.testing.assert_allclose([each.total for each in found], [each.total for each in expected], rtol=0, atol=1e-12)
    assert [each[1:] for each in found] == [each[1:] for each in expected]


# Beyond a lag of 30 no pair has enough sessions.
LAGS = 36


@cache
def drawn(missing: float, days: int) -> tuple[np.ndarray, np.ndarray, list[LagSums]]:
    """Return residuals, days 0 and what a loop over pairs finds of them."""
    rng = np.random.default_rng(int(100 * missing) + days)
    values, day0 = rng.normal(0.01, 0.02, (40, SESSIONS)), rng.integers(0, days, 40)
    values[rng.random(values.shape) < missing] = np.nan
    # Whole rows keep to the sums, whatever the others lack.
    values[:10] = rng.normal(0, 0.02, (10, SESSIONS))
    return values, day0, one_by_one(values, day0, LAGS)


@pytest.mark.parametrize("dense", [0, 10, 10_000])
@pytest.mark.parametrize("missing", [0.0, 0.02, 0.3, 0.5])
@pytest.mark.parametrize("days", [1, 12, 400])
def test_sums_are_those_of_a_loop_over_pairs(
    missing: float, days: int, dense: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"AT_ONCE": 7, "TILE": 5, "DENSE": dense}.items():
        monkeypatch.setattr(module, name, value)
    values, day0, expected = drawn(missing, days)
    agree(pairs_by_lag(values, day0, LAGS), expected)


@pytest.mark.parametrize("dense", [0, 10_000])
def test_a_row_that_does_not_vary_on_common_sessions_has_no_correlation(
    dense: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "DENSE", dense)
    rng = np.random.default_rng(1)
    values, day0 = rng.normal(0, 0.02, (5, SESSIONS)), np.array([3, 3, 3, 4, 4])
    values[1] = 0.01
    # It varies on sessions alone that the next lacks.
    values[2, 5:], values[3, :6], values[0, 9] = 0.02, np.nan, np.nan
    agree(pairs_by_lag(values, day0, 3), one_by_one(values, day0, 3))


def test_a_level_costs_no_digits() -> None:
    rng = np.random.default_rng(2)
    values, day0 = rng.normal(0, 0.02, (12, SESSIONS)), rng.integers(0, 4, 12)
    values[rng.random(values.shape) < 0.05] = np.nan
    plain, high = pairs_by_lag(values, day0, 4), pairs_by_lag(values + 1.0, day0, 4)
    np.testing.assert_allclose([each.total for each in high], [each.total for each in plain], rtol=0, atol=1e-11)


@pytest.mark.parametrize("dense", [0, 10_000])
@pytest.mark.parametrize("outlier", [1e3, 1e7])
def test_an_outlier_that_a_pair_does_not_share_costs_few_digits(
    outlier: float, dense: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "DENSE", dense)
    rng = np.random.default_rng(5)
    values, day0 = rng.normal(0, 0.02, (6, SESSIONS)), np.array([0, 0, 0, 1, 1, 1])
    values += rng.normal(0, 0.02, SESSIONS)
    # One lies where the next row lacks a residual, one outside what two days share.
    values[0, 7], values[1, 7], values[4, -1] = outlier, np.nan, outlier
    found, expected = pairs_by_lag(values, day0, 2), one_by_one(values, day0, 2)
    # A row is scaled by its outlier, and keeps the digits below that.
    accuracy = max(1e-12, 1e-14 * outlier / 0.02)
    assert [each.total for each in found] == pytest.approx([each.total for each in expected], abs=accuracy)


def test_the_order_of_events_is_of_no_matter() -> None:
    rng = np.random.default_rng(3)
    values, day0 = rng.normal(0, 0.02, (30, SESSIONS)), rng.permutation(30)
    values[rng.random(values.shape) < 0.02] = np.nan
    order = rng.permutation(30)
    assert pairs_by_lag(values, day0, 9) == pairs_by_lag(values[order], day0[order], 9)


def test_no_event_has_no_pair() -> None:
    assert pairs_by_lag(np.empty((0, SESSIONS)), np.empty(0, dtype=np.int64), 2) == [LagSums(0.0, 0, 0)] * 2


@pytest.mark.parametrize("missing", [0.0, 0.2, 0.5])
def test_two_blocks_of_rows(missing: float) -> None:
    rng = np.random.default_rng(4)
    values, day0 = rng.normal(0, 0.02, (9, SESSIONS)), np.repeat([0, 1], [4, 5])
    values[rng.random(values.shape) < missing] = np.nan
    found, expected = pairs_between(values[:4, 1:], values[4:, :-1]), one_by_one(values, day0, 2)[1]
    assert found.total == pytest.approx(expected.total, abs=1e-13)
    assert found[1:] == expected[1:]


@pytest.mark.parametrize("sessions", [0, COMMON - 1])
def test_too_few_sessions_in_common(sessions: int) -> None:
    one, two = np.full((2, sessions), np.nan), np.zeros((3, sessions))
    assert pairs_between(one, two) == LagSums(0.0, 0, 6)
