"""The same result in the forms of quantstats, pyfolio and vectorbt."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from eventstudy.backtest import Backtest, BacktestResult, Limits
from eventstudy.backtest.exports import pyfolio_tables, quantstats_returns, vectorbt_orders
from tests.backtest.made import random_events, random_market


@pytest.fixture(scope="module")
def result() -> BacktestResult:
    return Backtest(limits=Limits(positions=6), exit_after=8).run(random_events(5), random_market(3))


def test_quantstats_reads_a_series_of_returns(result: BacktestResult) -> None:
    series = quantstats_returns(result)
    assert isinstance(series.index, pd.DatetimeIndex)
    assert series.index.tz is None
    assert float((1 + series).prod()) == pytest.approx(result.days.equity[-1] / 1e6, rel=1e-12)
    assert (quantstats_returns(result, gross=True) >= series - 1e-15).all()


def test_pyfolio_reads_returns_positions_transactions(result: BacktestResult) -> None:
    returns, positions, transactions = pyfolio_tables(result)
    assert str(returns.index.tz) == str(positions.index.tz) == str(transactions.index.tz) == "UTC"
    # Market values and cash add up to the equity at every close.
    np.testing.assert_allclose(positions.sum(axis=1), result.days.equity, rtol=1e-10)
    assert list(transactions.columns) == ["amount", "price", "symbol"]
    cash = 1e6 - (transactions["amount"] * transactions["price"]).sum()
    costs = result.trades[["commission", "spread", "impact", "borrow", "financing"]].to_numpy().sum()
    assert cash - costs + result.trades["dividends"].sum() == pytest.approx(result.days.cash[-1], abs=0.01)


def test_vectorbt_reads_order_records(result: BacktestResult) -> None:
    orders = vectorbt_orders(result)
    names = ["id", "col", "idx", "size", "price", "fees", "side"]
    assert orders.to_records(index=False).dtype.names == tuple(names)
    assert orders["id"].tolist() == list(range(len(orders)))
    assert orders.sort_values(["col", "idx"], kind="stable")["id"].is_monotonic_increasing
    assert (orders["size"] > 0).all()
    assert set(orders["side"]) == {0, 1}
    assert len(orders) == len(result.fills) == 2 * len(result.trades)
    signed = orders["size"] * (1 - 2 * orders["side"]) * orders["price"]
    assert -signed.sum() == pytest.approx(result.trades["gross"].sum(), abs=0.01)
