"""The effects of the frames: intervals against Student's quantiles, and none where there is no error."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from eventstudy.reports.effects import Effect, event_effects, mean_effects

NAN = float("nan")


def mean(std_error: float) -> Effect:
    row = {"model": "market", "group": "all", "window": "[0,0]", "start": 0, "end": 0, "test": "cross_sectional"}
    row |= {"event_id": "", "estimate": 0.0099, "std_error": std_error, "df": 4, "statistic": NAN, "p_two_sided": NAN}
    (effect,) = mean_effects({"tests": pd.DataFrame([row | {"n": 5, "reason": ""}])})
    return effect


def path(std_error: float) -> Effect:
    tests = pd.DataFrame(columns=["group", "test", "event_id"])
    row = {"model": "market", "group": "all", "day": 0, "n": 5, "caar": 0.0099, "caar_std_error": std_error}
    bounds = {"ci_low": 0.0099 - 2 * std_error, "ci_high": 0.0099 + 2 * std_error}
    (effect,) = mean_effects({"tests": tests, "aar": pd.DataFrame([row | bounds])})
    return effect


def test_the_interval_of_a_mean_is_student() -> None:
    found = mean(0.002)
    assert (found.low, found.high) == pytest.approx(stats.t(4, 0.0099, 0.002).interval(0.95), rel=1e-12)
    assert (path(0.002).low, path(0.002).high) == pytest.approx((0.0059, 0.0139), rel=1e-12)


@pytest.mark.parametrize("std_error", [0.0, 4e-19, NAN])
def test_no_interval_without_a_standard_error(std_error: float) -> None:
    for found in (mean(std_error), path(std_error)):
        assert found.value == 0.0099
        assert np.isnan([found.low, found.high]).all()


def test_no_interval_of_an_event_without_a_standard_error() -> None:
    car = {"event_id": "e", "model": "raw", "window": "w", "start": 0, "end": 1, "car": 0.02, "std_error": 0.0}
    tables = {
        "cars": pd.DataFrame([car | {"t": NAN, "p_value": NAN, "reason": ""}]),
        "abnormal_returns": pd.DataFrame(
            [{"event_id": "e", "model": "raw", "day": 0, "abnormal": 0.01, "std_error": 0.0}]
        ),
        "estimates": pd.DataFrame([{"event_id": "e", "model": "raw", "dof": 50}]),
    }
    found = event_effects(tables, "e")
    assert [each.value for each in found] == [0.01, 0.02]
    assert np.isnan([[each.low, each.high] for each in found]).all()
