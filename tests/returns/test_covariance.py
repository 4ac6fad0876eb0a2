"""Standard errors of abnormal returns and of their sums, against the covariance matrix of each event."""

from __future__ import annotations

import numpy as np
import pytest

from eventstudy.execution import BLOCK, Engine
from eventstudy.returns import paths
from eventstudy.returns.covariance import Covariance, Turned
from eventstudy.returns.window_sums import window_sums

DAYS, DESIGNS = 7, 40
ENGINES = [None, Engine(path="numpy"), Engine(path="compiled"), Engine(name="threads", workers=2, path="compiled")]


class Dense:
    """Made-up covariances of events by design, turned designs among them and events with a spread of their own."""

    def __init__(self, columns: int, events: int) -> None:
        rng = np.random.default_rng(columns)
        self.sigma, self.ar = rng.uniform(0.01, 0.03, events), rng.normal(0, 0.02, (events, DAYS))
        shared, own = rng.normal(0, 0.3, (DESIGNS, DAYS, columns)), rng.normal(0, 0.01, (5, DAYS, columns))
        which = rng.integers(0, DESIGNS, events)
        alone = np.array([0, 3, 4, events // 2, events - 1])
        which[alone] = -1 - np.array([2, 0, 4, 1, 3])
        event = np.setdiff1d(np.flatnonzero(rng.random(events) < 0.3), alone)
        turned = Turned(event, np.triu(rng.normal(0, 1, (len(event), columns, columns))))
        leverage = np.einsum("dlp,dlp->dl", shared, shared)
        spread = self.sigma[:, None, None] * shared[which]
        spread[event] = np.einsum("elp,epq->elq", spread[event], turned.by)
        spread[alone] = own[[2, 0, 4, 1, 3]]
        noise = np.eye(DAYS) * self.sigma[:, None, None] ** 2
        error = np.einsum("elp,emp->elm", spread, spread)
        self.full, self.diagonal, self.none = noise + error, noise + error * np.eye(DAYS), noise
        made = Covariance.by_design(self.sigma, shared, leverage, which, turned)
        self.covariance = Covariance(made.variance, own, which, shared, leverage, turned)
        self.ar[rng.random(self.ar.shape) < 0.05] = np.nan


@pytest.mark.parametrize("engine", ENGINES)
# Fewer events than designs, and more than are in the cache at once.
@pytest.mark.parametrize("events", [25, 8 * BLOCK + 100])
@pytest.mark.parametrize("columns", [1, 2, 4])
@pytest.mark.parametrize("forecast_error", ["full", "diagonal", "none"])
def test_standard_errors_are_roots_of_the_matrix(
    forecast_error: str, columns: int, events: int, engine: Engine | None
) -> None:
    dense = Dense(columns, events)
    matrix = getattr(dense, forecast_error)
    errors = dense.covariance.std_error(dense.ar, forecast_error, engine)
    expected = np.sqrt(np.einsum("ell->el", matrix))
    np.testing.assert_allclose(errors, np.where(np.isnan(dense.ar), np.nan, expected), rtol=1e-12)
    for days in (slice(2, 3), slice(1, 6), slice(0, DAYS)):
        variance = dense.covariance.of_sum(days, forecast_error, engine)
        np.testing.assert_allclose(variance, matrix[:, days, days].sum(axis=(1, 2)), rtol=1e-12)


@pytest.mark.parametrize("engine", ENGINES)
def test_sums_over_windows(engine: Engine | None) -> None:
    values = np.random.default_rng(5).normal(0, 0.02, (8 * BLOCK + 100, 21))
    values[3, 10] = values[-1, 0] = np.nan
    windows = [slice(10, 11), slice(0, 21), slice(10, 12)]
    sums = window_sums(values, windows, engine)
    for found, days in zip(sums, windows, strict=True):
        np.testing.assert_allclose(found, [np.sum(row[days]) for row in values], rtol=1e-12, atol=1e-16)
    assert np.flatnonzero(np.isnan(sums)).tolist() == [3, len(values) + 3, 2 * len(values) - 1, 2 * len(values) + 3]


def test_threads_give_the_bits_of_one(monkeypatch: pytest.MonkeyPatch) -> None:
    dense, (alone, threads) = Dense(2, 3_000), ENGINES[2:]
    errors = dense.covariance.std_error(dense.ar, "full", alone).tobytes()
    sums = window_sums(dense.ar, [slice(0, DAYS)], alone).tobytes()
    monkeypatch.setitem(paths.TIMES, "compiled", 1)
    assert dense.covariance.std_error(dense.ar, "full", threads).tobytes() == errors
    assert window_sums(dense.ar, [slice(0, DAYS)], threads).tobytes() == sums


@pytest.mark.parametrize("forecast_error", ["full", "diagonal", "none"])
def test_any_weights_have_the_variance_of_the_matrix(forecast_error: str) -> None:
    dense, weights = Dense(3, 30), np.random.default_rng(9).normal(0, 1, (30, DAYS))
    expected = np.einsum("el,elm,em->e", weights, getattr(dense, forecast_error), weights)
    np.testing.assert_allclose(dense.covariance.of_weighted(weights, forecast_error), expected, rtol=1e-12)


def test_parts_whose_events_lie_between_each_other_come_into_one_order() -> None:
    dense, ar = Dense(2, 30), np.zeros((30, DAYS))
    rows = [np.arange(0, 30, 2), np.arange(1, 30, 2)]
    placed = Covariance.placed([(each, dense.covariance.take(each)) for each in rows], 30)
    np.testing.assert_array_equal(placed.std_error(ar), dense.covariance.std_error(ar))
    assert placed.turned is not None
    assert (np.diff(placed.turned.event) > 0).all()
