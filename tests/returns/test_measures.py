"""What is measured: volume, range, returns from trade to trade."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from eventstudy.errors import DataError, InputError, UnknownNameError
from eventstudy.panels import FactorPanel, PricePanel
from eventstudy.returns import FactorModel, MarketModel, Regressors, check_models, measure, shares_outstanding
from eventstudy.returns.measures import READS

DAYS = ["2025-02-18", "2025-02-19", "2025-02-20", "2025-02-21", "2025-02-24", "2025-02-25"]


def prices(**columns: list[float]) -> PricePanel:
    table = pd.DataFrame({"date": DAYS, "symbol": "A", "close": [10.0, 11.0, 12.0, 11.5, 12.5, 13.0]})
    return PricePanel.from_frame(table.assign(**columns))


def test_volume_with_and_without_shares() -> None:
    panel = prices(volume=[0.0, 1e6, 2e6, 3e6, 4e6, 5e6])
    np.testing.assert_allclose(
        measure(panel, "volume").values, np.log([1, 1e6 + 1, 2e6 + 1, 3e6 + 1, 4e6 + 1, 5e6 + 1])
    )
    stated = pd.DataFrame({"date": ["2025-02-22", "2025-02-01"], "symbol": "A", "shares": [2e9, 1e9]})
    shares = shares_outstanding(stated, panel.listing)
    assert shares.tolist() == [1e9] * 4 + [2e9] * 2
    found = measure(panel, "volume", shares=shares).values
    # A session without a trade is at about -8.3 (METHODS 7), not at minus infinity.
    assert found[0] == pytest.approx(np.log(0.000255))
    assert found[4] == pytest.approx(np.log(100 * 4e6 / 2e9 + 0.000255))


def test_shares_hold_from_their_date_on() -> None:
    panel = prices()
    late = pd.DataFrame({"date": ["2025-02-21"], "symbol": "A", "shares": [1e9]})
    assert np.isnan(shares_outstanding(late, panel.listing)[:3]).all()
    with pytest.raises(DataError, match="shares is 0"):
        shares_outstanding(late.assign(shares=0.0), panel.listing)
    with pytest.raises(InputError, match="not with simple"):
        measure(panel, shares=np.ones(6))


def test_range_is_that_of_parkinson() -> None:
    panel = prices(high=[10.5, 11.0, 12.5, 12.0, 13.0, 13.0], low=[9.5, 11.0, 11.5, 11.0, 12.0, 12.5])
    found = measure(panel, "range").values
    assert found[0] == pytest.approx(np.log(np.log(10.5 / 9.5) ** 2 / (4 * np.log(2))))
    assert np.isnan(found[1])  # a high that is the low


def test_trade_to_trade_spans_the_gap() -> None:
    panel = prices(close=[10.0, 11.0, np.nan, np.nan, 12.5, 13.0])
    dropped, spanned = measure(panel, "log"), measure(panel, "log", missing="trade_to_trade")
    assert np.isnan(dropped.values).tolist() == [True, False, True, True, True, False]
    np.testing.assert_allclose(spanned.values[[1, 4, 5]], np.log([1.1, 12.5 / 11, 13 / 12.5]), rtol=1e-12)
    assert np.isnan(spanned.values[[0, 2, 3]]).all()
    assert spanned.span is not None
    assert spanned.span[[1, 4, 5]].tolist() == [1, 3, 1]


def test_trade_to_trade_counts_dividends_and_splits_of_the_gap() -> None:
    panel = prices(
        close=[10.0, 11.0, np.nan, np.nan, 6.5, 6.6],
        split=[1, 1, 2, 1, 1, 1],
        dividend=[0, 0, 0.4, 0.1, 0, 0],
    )
    spanned = measure(panel, "log", missing="trade_to_trade")
    # One old share becomes two; 0.4 is per old share, 0.1 per new one.
    assert spanned.values[4] == pytest.approx(np.log((2 * 6.5 + 0.4 + 2 * 0.1) / 11.0), rel=1e-12)


def test_trade_to_trade_needs_log_returns_and_prices() -> None:
    with pytest.raises(InputError, match="the measure is simple, use returns = log"):
        measure(prices(), missing="trade_to_trade")
    with pytest.raises(UnknownNameError, match="Did you mean 'trade_to_trade'"):
        measure(prices(), "log", missing="trade_to_tradee")
    table = pd.DataFrame({"date": DAYS, "symbol": "A", "return": [0.01, 0.01, np.nan, np.nan, 0.02, 0.01]})
    with pytest.raises(DataError, match="A comes as returns with some missing"):
        measure(PricePanel.from_frame(table), "log", missing="trade_to_trade")


OPENS = [9.8, 10.2, 11.4, 11.9, 11.6, 12.9]


def test_session_and_overnight_compound_to_the_whole_return() -> None:
    panel = prices(open=OPENS, dividend=[0.0, 0.0, 0.5, 0.0, 0.0, 0.0], split=[1.0, 1.0, 1.0, 2.0, 1.0, 1.0])
    session, night = (measure(panel, name).values for name in ("session", "overnight"))
    np.testing.assert_allclose(session, np.array([10.0, 11.0, 12.0, 11.5, 12.5, 13.0]) / OPENS - 1, rtol=1e-12)
    # The dividend of an ex-date and the shares of a split belong to the night before.
    assert night[1] == pytest.approx(10.2 / 10.0 - 1, rel=1e-12)
    assert night[2] == pytest.approx((12.0 + 0.5) / 11.0 * 11.4 / 12.0 - 1, rel=1e-12)
    assert night[3] == pytest.approx(2 * 11.9 / 12.0 - 1, rel=1e-12)
    assert np.isnan(night[0])
    np.testing.assert_allclose((1 + session[1:]) * (1 + night[1:]) - 1, measure(panel).values[1:], rtol=1e-12)


def test_a_session_without_an_open_has_neither_leg() -> None:
    panel = prices(open=[*OPENS[:3], np.nan, *OPENS[4:]])
    for name in ("session", "overnight"):
        assert np.flatnonzero(np.isnan(measure(panel, name).values)).tolist() == ([3] if name == "session" else [0, 3])


def test_what_is_measured_must_be_among_the_prices() -> None:
    for name, reads in (("overnight", "opens"), ("volume", "volumes"), ("range", "highs and lows")):
        with pytest.raises(InputError, match=f"measures {name}, which reads {reads}.*the prices have none"):
            measure(prices(), name)
    with pytest.raises(UnknownNameError, match=r"overnite.*Did you mean 'overnight'"):
        measure(prices(), "overnite")


@pytest.mark.parametrize("name", ["session", "overnight", "range", "volume"])
def test_a_benchmark_that_was_never_measured_is_named(name: str) -> None:
    columns = {"open": OPENS, "high": [14.0] * 6, "low": [9.0] * 6, "volume": [1e6] * 6}
    own = prices(**columns).to_frame()
    index = own.assign(symbol="M", open=np.nan, high=np.nan, low=np.nan, volume=np.nan)
    panel = measure(PricePanel.from_frame(pd.concat([own, index], ignore_index=True)), name)
    regressors = Regressors(panel)
    check_models([MarketModel("A")], panel, regressors)
    with pytest.raises(InputError, match=f"nothing of the benchmark M .* measures {name}, which reads {READS[name]}"):
        check_models([MarketModel("M")], panel, regressors)


@pytest.mark.parametrize("name", ["session", "overnight"])
def test_factors_from_close_to_close_do_not_explain_a_part_of_the_day(name: str) -> None:
    panel = measure(prices(open=OPENS), name)
    factors = FactorPanel(np.array(DAYS, dtype="datetime64[D]"), ("f",), np.full((6, 1), 0.01), np.full(6, 1e-4))
    with pytest.raises(InputError, match=rf"a part of that time \({name}\); use a benchmark that has opens"):
        check_models([FactorModel(("f",))], panel, Regressors(panel, factors))
