"""Averages over events against scipy, statsmodels and closed forms."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats

from eventstudy.errors import InputError, UnknownNameError
from eventstudy.events import Events
from eventstudy.returns import Window, average_cars, average_returns, group_members
from eventstudy.returns.abnormal import Cars
from eventstudy.returns.models import MarketModel
from tests.made_up import made_up_returns
from tests.returns.test_abnormal import run

RNG = np.random.default_rng(4)
CAR, ERROR, BHAR = RNG.normal(0.01, 0.03, 41), RNG.uniform(0.01, 0.05, 41), RNG.normal(0.02, 0.05, 41)
ALL = np.ones(41, dtype=bool)
CARS = Cars(Window("w", 0, 1), CAR, ERROR, np.full(41, 100), BHAR, np.full(41, "ok", dtype=object))


def test_mean_and_abhar() -> None:
    for method, values in (("mean", CAR), ("abhar", BHAR)):
        found = average_cars(CARS, ALL, method)
        low, high = stats.t.interval(0.95, 40, loc=values.mean(), scale=stats.sem(values))
        assert (found.n, found.estimate) == (41, pytest.approx(values.mean(), rel=1e-12))
        assert (found.ci_low, found.ci_high) == (pytest.approx(low, rel=1e-9), pytest.approx(high, rel=1e-9))


def test_precision_weights() -> None:
    found = average_cars(CARS, ALL, "inverse_variance")
    fit = sm.WLS(CAR, np.ones(41), weights=1 / ERROR**2).fit(cov_type="fixed scale", cov_kwds={"scale": 1.0})
    assert found.estimate == pytest.approx(fit.params[0], rel=1e-12)
    assert found.std_error == pytest.approx(fit.bse[0], rel=1e-12)
    other = average_cars(CARS, ALL, "inverse_sd")
    assert other.estimate / other.std_error == pytest.approx((CAR / ERROR).sum() / np.sqrt(41), rel=1e-12)
    assert other.estimate == pytest.approx(np.average(CAR, weights=1 / ERROR), rel=1e-12)


def test_value_weights() -> None:
    size = RNG.lognormal(10, 1, 41)
    found = average_cars(CARS, ALL, "weighted", weights=size)
    share = size / size.sum()
    assert found.estimate == pytest.approx(np.average(CAR, weights=size), rel=1e-12)
    variance = (share**2 * (CAR - found.estimate) ** 2).sum() * 41 / 40
    assert found.std_error == pytest.approx(np.sqrt(variance), rel=1e-12)
    equal = average_cars(CARS, ALL, "weighted", weights=np.full(41, 7.0))
    assert equal.std_error == pytest.approx(average_cars(CARS, ALL).std_error, rel=1e-12)
    lost = average_cars(CARS, ALL, "weighted", weights=np.where(np.arange(41) < 3, np.nan, size))
    assert lost.n == 38
    with pytest.raises(InputError, match="needs weights"):
        average_cars(CARS, ALL, "weighted")


def test_median_and_trimmed_mean() -> None:
    found = average_cars(CARS, ALL, "median")
    assert found.estimate == np.median(CAR)
    # The interval of order statistics is scipy's exact one for a quantile.
    exact = stats.quantile_test(CAR, q=0, p=0.5).confidence_interval(0.95)
    assert (found.ci_low, found.ci_high) == (pytest.approx(exact.low), pytest.approx(exact.high))
    trimmed = average_cars(CARS, ALL, "trimmed")
    assert trimmed.estimate == pytest.approx(stats.trim_mean(CAR, 0.1), rel=1e-12)
    winsorised = np.asarray(stats.mstats.winsorize(CAR, (4 / 41, 4 / 41)))
    assert trimmed.std_error == pytest.approx(winsorised.std(ddof=1) * np.sqrt(41) / 33, rel=1e-12)


def test_events_without_a_car_are_left_out() -> None:
    car = np.where(np.arange(41) < 5, np.nan, CAR)
    assert average_cars(replace(CARS, car=car), ALL).n == 36
    nothing = average_cars(CARS, ~ALL, "median")
    assert nothing.n == 0
    assert np.isnan(nothing.estimate)
    with pytest.raises(UnknownNameError, match="Did you mean 'median'"):
        average_cars(CARS, ALL, "medain")


def test_unbalanced_averages_are_the_sum_of_the_days() -> None:
    complete = made_up_returns(seed=41, symbols=4, sessions=400)
    abnormal, _ = run(complete, MarketModel("MKT"))
    members = np.ones(len(abnormal.ar), dtype=bool)
    one, other = average_returns(abnormal, members), average_returns(abnormal, members, balanced=False)
    np.testing.assert_allclose(other.caar, one.caar, rtol=1e-12)
    np.testing.assert_allclose(other.caar_std_error, one.caar_std_error, rtol=1e-9)
    assert (one.same_events, other.same_events) == (True, False)
    holed, _ = run(made_up_returns(seed=41, symbols=4, sessions=400, missing=0.05), MarketModel("MKT"))
    found = average_returns(holed, members, balanced=False)
    np.testing.assert_allclose(found.caar, np.nanmean(holed.ar, axis=0).cumsum(), rtol=1e-12)
    # The standard error is that of a sum of means of overlapping sets: a pooled regression on day dummies, clustered.
    there = ~np.isnan(holed.ar)
    event, day = np.nonzero(there)
    dummies = (day[:, None] == np.arange(21)).astype(float)
    fit = sm.OLS(holed.ar[there], dummies).fit(
        cov_type="cluster", cov_kwds={"groups": event, "use_correction": False}, use_t=False
    )
    last = float(np.sqrt(np.ones(21) @ fit.cov_params() @ np.ones(21) * 12 / 11))
    assert found.caar_std_error[-1] == pytest.approx(last, rel=1e-9)
    # From a day on that no event has there is no sum, and no standard error of it.
    nowhere = np.array(holed.ar)
    nowhere[:, 7] = np.nan
    cut = average_returns(replace(holed, ar=nowhere), members, balanced=False)
    for whole, part in ((found.caar, cut.caar), (found.caar_std_error, cut.caar_std_error)):
        np.testing.assert_allclose(part, np.where(np.arange(21) < 7, whole, np.nan), rtol=1e-12)


def test_groups_of_two_columns_together() -> None:
    table = pd.DataFrame(
        {
            "symbol": ["A", "B", "C", "D"],
            "date": "2024-01-02",
            "timing": "before_open",
            "sector": ["tech", "tech", "bank", "bank"],
            "size": ["big", "small", "big", "big"],
        }
    )
    events = Events.from_frame(table)
    groups = group_members(events, np.arange(4), ["sector", "sector*size"])
    assert {name: members.tolist() for name, members in groups.items()} == {
        "all": [True] * 4,
        "sector=bank": [False, False, True, True],
        "sector=tech": [True, True, False, False],
        "sector=bank,size=big": [False, False, True, True],
        "sector=tech,size=big": [True, False, False, False],
        "sector=tech,size=small": [False, True, False, False],
    }
    with pytest.raises(UnknownNameError, match="Did you mean 'sector'"):
        group_members(events, np.arange(4), ["size*sektor"])
