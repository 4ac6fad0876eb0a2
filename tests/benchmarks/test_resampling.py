"""How long resampling takes: 9,999 draws of 1,000 events and five windows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from eventstudy.inference.adjust import romano_wolf
from eventstudy.inference.resampling import Clusters, clustered, pairs_draws, statistics, wild_draws

EVENTS, WINDOWS, DRAWS = 1_000, 5, 9_999


@pytest.fixture
def cars() -> Clusters:
    """Return CARs of events on dates of their own."""
    return clustered(np.random.default_rng(0).normal(0.001, 0.02, (EVENTS, WINDOWS)), np.arange(EVENTS))


def test_sign_flips(benchmark: Any, cars: Clusters) -> None:
    draws = benchmark.pedantic(lambda: wild_draws(cars, DRAWS, np.random.default_rng(1)), rounds=3)
    assert draws.values.shape == (DRAWS, WINDOWS)


@pytest.mark.parametrize("draw", [pairs_draws, wild_draws])
def test_step_down_on_common_draws(benchmark: Any, cars: Clusters, draw: Callable[..., Any]) -> None:
    def run() -> Any:
        return romano_wolf(statistics(cars)[2], draw(cars, DRAWS, np.random.default_rng(1)).values)

    assert benchmark.pedantic(run, rounds=3).shape == (WINDOWS,)
