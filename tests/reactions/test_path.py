from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from eventstudy.reactions import diurnal_factors
from tests.reactions.made import event_frame, price_frame
from tests.reactions.made_bars import bar_frame, barred, panel_of, random_days


def test_factors_of_a_known_shape_are_found_again() -> None:
    shape = np.array([2.0, 1.0, 0.5, 0.5, 1.5])
    shape /= np.sqrt(np.mean(shape**2))
    returns = np.random.default_rng(2).normal(0, 0.002, (60_000, 5)) * shape
    factors, sigma = diurnal_factors(returns)
    assert np.mean(factors**2) == pytest.approx(1.0, abs=1e-12)
    assert sigma == pytest.approx(0.002, rel=0.01)
    # A ratio to the day's own mean square draws the factors together; over few bins that shows.
    assert np.argsort(factors)[-1] == 0
    by_hand = np.mean(returns**2 / (returns**2).mean(axis=1, keepdims=True), axis=0)
    assert factors == pytest.approx(np.sqrt(by_hand / by_hand.mean()), rel=1e-12)


def test_robust_factors_do_not_see_one_jump() -> None:
    returns = np.random.default_rng(5).normal(0, 0.001, (101, 4))
    wild = returns.copy()
    wild[50, 2] = 0.2
    plain, robust = (diurnal_factors(wild, robust=each)[0][2] for each in (False, True))
    assert robust == pytest.approx(diurnal_factors(returns, robust=True)[0][2], rel=0.05)
    assert plain > diurnal_factors(returns)[0][2]


def test_no_movement_has_flat_factors() -> None:
    factors, sigma = diurnal_factors(np.zeros((3, 2)))
    assert (factors.tolist(), sigma) == ([1.0, 1.0], 0.0)


def test_the_path_by_hand() -> None:
    prices = price_frame(3, 60, actions=False)
    days = random_days(8, prices, chance=0.8)
    market = price_frame(4, 60, "MKT", actions=False)
    theirs = random_days(9, market, chance=0.8)
    bars = panel_of(bar_frame(days), bar_frame(theirs, "MKT"))
    events = event_frame(50, event_id="A")
    (reaction,) = barred(pd.concat([prices, market]), events, bars, benchmark="MKT", betas={"A": 1.0})
    path = reaction.path
    assert path is not None
    evening = [price for time, price in days[49] if time >= "16:00"]
    expected = [
        price / prices["close"][49] - 1 for price in [*evening, *[price for _, price in days[50] if _ < "16:00"]]
    ]
    assert path.move == pytest.approx(expected, abs=1e-12)
    assert str(path.edges["open"])[11:16] in ("13:30", "14:30")
    assert path.segment.tolist().count("session") == 7
    session = path.segment == "session"
    bench = [price / market["close"][49] - 1 for time, price in theirs[50] if "09:30" <= time < "16:00"]
    assert path.benchmark[session] == pytest.approx(bench, abs=1e-12)
    # Forty-nine ordinary sessions, each bin beside its own.
    logs = np.array(
        [
            np.diff(np.log([prices["open"][day], *[price for time, price in days[day] if "09:30" <= time < "16:00"]]))
            for day in range(49)
        ]
    )
    factors, sigma = diurnal_factors(logs)
    own = np.log([price / prices["open"][50] for time, price in days[50] if "09:30" <= time < "16:00"])
    assert path.z[session] == pytest.approx(own / (sigma * np.sqrt(np.cumsum(factors**2))), rel=1e-9)
    assert np.isnan(path.z[~session]).all()
    assert list(path.to_frame().columns) == ["time", "segment", "move", "benchmark", "z"]


def test_a_path_alone_has_no_benchmark_and_no_spread_of_too_few_sessions() -> None:
    """Sixty daily prices and bars of the last eleven sessions, so that no ten ordinary ones are enough."""
    prices = price_frame(3, 60, actions=False)
    days = {day: bars for day, bars in random_days(8, prices, chance=0.8).items() if day >= 49}
    (reaction,) = barred(prices, event_frame(59, event_id="A"), panel_of(bar_frame(days)))
    path = reaction.path
    assert path is not None
    session = path.segment == "session"
    closes = [price for time, price in days[59] if "09:30" <= time < "16:00"]
    assert path.move[session] == pytest.approx([price / prices["close"][58] - 1 for price in closes], abs=1e-12)
    assert np.isnan(path.benchmark).all()
    assert len(path.benchmark) == len(path.time)
    assert path.benchmark_name == ""
    assert np.isnan(path.z).all()
