from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from eventstudy.calendars import get_calendar
from eventstudy.panels import PricePanel, PriceSeries
from eventstudy.reactions.moves import base_close, matching_places, moves_of, run_up
from tests.reactions.made import tiny_frame

EXACT = 1e-14


def series(frame: pd.DataFrame, **options: object) -> PriceSeries:
    return PricePanel.from_frame(frame, **options).series(str(frame["symbol"].iloc[0]))  # type: ignore[arg-type]


def test_base_is_converted_for_dividend_and_split() -> None:
    base = base_close(series(tiny_frame([100.0, 101.0, 25.0], dividend=[0, 2.0, 1.0], split=[1, 1, 4.0])))
    np.testing.assert_allclose(base, [np.nan, 98.0, (101.0 - 1.0) / 4], rtol=EXACT)


def test_base_follows_adjusted_closes_where_the_prices_state_no_split() -> None:
    # A 2:1 split shows only in the adjusted closes: 100 before it is 50 after it.
    base = base_close(series(tiny_frame([100.0, 55.0, 56.0], adj_close=[50.0, 55.0, 56.0])))
    np.testing.assert_allclose(base, [np.nan, 50.0, 55.0], rtol=EXACT)


def test_base_is_missing_beside_a_missing_close_and_where_the_dividend_exceeds_it() -> None:
    base = base_close(series(tiny_frame([100.0, np.nan, 101.0, 102.0], dividend=[0, 0, 0, 101.5])))
    assert np.isnan(base[[0, 2, 3]]).all()
    assert base[1] == 100.0


def test_later_closes_compound_dividends_and_splits() -> None:
    frame = tiny_frame(
        [100.0, 101.0, 52.0, 50.0], open=[100.0, 99.0, 51.0, 51.0], dividend=[0, 2, 0, 1], split=[1, 1, 2, 1]
    )
    growth = moves_of(series(frame), 2).growth
    assert growth["open"][1] == pytest.approx(99 / 98, rel=EXACT)
    assert growth["close"][1] == pytest.approx(101 / 98, rel=EXACT)
    assert growth["session"][1] == pytest.approx(101 / 99, rel=EXACT)
    assert growth["day"][2] == pytest.approx(104 / 101, rel=EXACT)
    assert growth["d1"][1] == pytest.approx(101 / 98 * 104 / 101, rel=EXACT)
    assert growth["d2"][1] == pytest.approx(101 / 98 * 104 / 101 * 51 / 52, rel=EXACT)
    assert np.isnan(growth["d2"][2])


def test_returns_alone_give_closes_and_no_open() -> None:
    frame = tiny_frame([0, 0, 0]).drop(columns="close").assign(**{"return": [0.01, 0.1, -0.5]})
    growth = moves_of(series(frame), 1).growth
    np.testing.assert_allclose(growth["close"], [1.01, 1.1, 0.5], rtol=EXACT)
    assert growth["d1"][1] == pytest.approx(0.55, rel=EXACT)
    assert np.isnan(growth["open"]).all()


def test_run_up_counts_dividends_and_knows_its_edges() -> None:
    prices = series(tiny_frame([100.0, 98.0, 49.0, 51.0], dividend=[0, 2, 0, 0], split=[1, 1, 2, 1]))
    assert run_up(prices, 0, 3) == pytest.approx(51 / 49 - 1, rel=EXACT)
    assert run_up(prices, 1, 1) == 0.0
    assert np.isnan(run_up(prices, -1, 2))
    assert np.isnan(run_up(prices, 2, 1))
    assert np.isnan(run_up(prices, 0, 4))


def test_sessions_of_another_exchange_match_until_they_differ() -> None:
    # Hong Kong was closed from 29 to 31 January 2025, New York was not.
    new_york, hong_kong = get_calendar("XNYS"), get_calendar("XHKG")
    day0 = new_york.index(np.array(["2025-01-27", "2025-01-30"], dtype="datetime64[D]"))
    session, shared = matching_places(new_york, day0, 5, hong_kong)
    assert hong_kong.sessions[session[0]] == np.datetime64("2025-01-27")
    assert shared.tolist() == [3, 0]
    # No session lies before the first one, and none after the last.
    edges = np.array([0, len(new_york.sessions) - 1])
    assert matching_places(new_york, edges, 5, new_york)[1].tolist() == [0, 2]
