"""The account: by hand, and against the plain account."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from eventstudy.backtest import Backtest, BacktestResult, Costs, Limits
from eventstudy.panels import PricePanel
from tests.backtest.made import day, events, flat, market, random_events, random_market
from tests.backtest.plain.account import PlainAccount

FREE = Costs.none()
CENT = 0.01
# Sums of thousands of products in another order, on a million.
EXACT = 1e-10


def run(prices: Any, rows: list[dict[str, Any]], **options: Any) -> BacktestResult:
    rule = {"side": "1", "entry": "open", "exit_after": 3, "costs": FREE, "limits": Limits(positions=2, adv=None)}
    return Backtest(**rule | options).run(events(rows), market(prices))


def test_one_trade_by_hand() -> None:
    prices = {
        "AAA": flat(12, open=[100.0] * 5 + [105.0] + [100.0] * 6, close=[100.0] * 5 + [107, 108, 109, 110, 1, 1, 1])
    }
    result = run(prices, [{"symbol": "AAA", "day": 5}])
    trade = result.trades.iloc[0]
    # Half of a million at 105 is 4,761 whole shares.
    assert (trade["shares"], trade["entry_price"], trade["exit_price"]) == (4761, 105.0, 110.0)
    assert trade["gross"] == trade["net"] == 4761 * 5
    assert result.days.equity[-1] == 1_000_000 + 4761 * 5
    assert result.equity["date"].dt.strftime("%Y-%m-%d").tolist()[0] == day(4)
    by_day = result.days.equity[:5] - 1_000_000
    np.testing.assert_allclose(by_day, [0, 4761 * 2, 4761 * 3, 4761 * 4, 4761 * 5])


@pytest.mark.parametrize(("count", "reason", "end"), [(30, "delisted", 800_000.0), (12, "end_of_data", 1_000_000.0)])
def test_what_is_bought_at_the_last_close_is_valued_at_it(count: int, reason: str, end: float) -> None:
    prices = {"AAA": flat(12), "ZZZ": flat(count)}
    given = [{"symbol": "AAA", "day": 11}]
    limits = Limits(positions=1, adv=None)
    result = run(prices, given, entry="close", exit_after=3, delisting=-0.2, limits=limits)
    trade = result.trades.iloc[0]
    assert (trade["shares"], trade["entry_price"], trade["exit_reason"]) == (10_000, 100.0, reason)
    assert trade["exit_price"] == pytest.approx(end / 10_000)
    assert trade["net"] == pytest.approx(end - 1_000_000)
    assert result.days.equity[-1] == result.days.cash[-1] == pytest.approx(end)
    assert result.fills["shares"].tolist() == [10_000, -10_000]


def test_the_first_day_of_the_prices_is_a_day_of_the_account() -> None:
    """What it earned was in the equity and in no return."""
    prices = {"AAA": flat(12, close=[110.0] * 12)}
    result = run(prices, [{"symbol": "AAA", "day": 0}], limits=Limits(positions=1, adv=None))
    assert [str(each) for each in result.dates[:2]] == ["2023-12-29", day(0)]
    assert result.days.equity[:2].tolist() == [1_000_000, 1_100_000]
    assert result.performance["net"]["total_return"]["value"] == pytest.approx(0.1)
    assert result.performance["by_year"][0]["trades"] == 1


def test_the_hedge_of_a_position_that_is_paid_out_is_traded() -> None:
    prices = {"AAA": flat(8), "HDG": flat(30)}
    costs = Costs(half_spread=0.001, impact=0, borrow=0, financing=0)
    result = run(prices, [{"symbol": "AAA", "day": 5}], exit_after=9, hedge="dollar", hedge_with="HDG", costs=costs)
    trades = result.trades.set_index("symbol")
    assert trades["exit_reason"].tolist() == ["delisted", "delisted"]
    # Half of a million each: the position pays on its way in, the hedge both ways.
    assert trades["spread"].to_dict() == pytest.approx({"AAA": 500, "HDG": 1000})
    assert result.days.equity[-1] == pytest.approx(1_000_000 - 1500)


def test_a_hedge_is_not_one_share_short_by_rounding() -> None:
    """In binary numbers 500 times 10.05 over 10.05 is a hair less than 500."""
    prices = {name: flat(12, price=10.05) for name in ("AAA", "HDG")}
    capital = 500 * 10.05 + 1.0
    limits = Limits(positions=1, adv=None)
    result = run(
        prices, [{"symbol": "AAA", "day": 5}], hedge="dollar", hedge_with="HDG", capital=capital, limits=limits
    )
    assert result.trades["shares"].tolist() == [500, 500]


def test_costs_by_hand() -> None:
    costs = Costs(commission=0.001, per_share=0.01, half_spread=0.002, impact=0, borrow=0.036, financing=0)
    result = run({"AAA": flat(12)}, [{"symbol": "AAA", "day": 5}], side="-1", costs=costs)
    trade = result.trades.iloc[0]
    assert trade["shares"] == 5000
    assert trade["commission"] == pytest.approx(2 * (500 + 50))
    assert trade["spread"] == pytest.approx(2 * 1000)
    # From Tuesday 9 January to Friday the 12th are three nights, each on half a million short.
    assert (day(5), day(8)) == ("2024-01-09", "2024-01-12")
    assert trade["borrow"] == pytest.approx(500_000 * 0.036 * 3 / 360)
    assert trade["net"] == pytest.approx(-(1100 + 2000 + 150))
    assert result.days.equity[-1] == pytest.approx(1_000_000 - 3250)


def test_borrow_runs_over_the_weekend_and_by_symbol() -> None:
    costs = Costs(half_spread=0, impact=0, financing=0, hard_to_borrow={"AAA": 0.36}, no_borrow=("BBB",))
    rows = [{"symbol": "AAA", "day": 6}, {"symbol": "BBB", "day": 6}]
    result = run({"AAA": flat(12), "BBB": flat(12)}, rows, side="-1", costs=costs)
    assert (day(6), day(9)) == ("2024-01-10", "2024-01-16")
    assert result.trades["borrow"][0] == pytest.approx(500_000 * 0.36 * 6 / 360)
    assert result.status.tolist() == ["filled", "no_borrow"]


def test_idle_cash_earns_and_gross_beyond_equity_pays() -> None:
    rows = [{"symbol": "AAA", "day": 5}, {"symbol": "BBB", "day": 5}]
    prices = {"AAA": flat(12), "BBB": flat(12)}
    costs = Costs(half_spread=0, impact=0, borrow=0, risk_free=0.036, financing=0.036)
    idle = run(prices, rows[:1], costs=costs)
    # One night before the entry on all of it, three on the half that is left, six after the exit on all again.
    assert (day(4), day(5), day(8), day(11)) == ("2024-01-08", "2024-01-09", "2024-01-12", "2024-01-18")
    night = 1_000_000 * 0.036 / 360
    assert idle.days.interest.sum() == pytest.approx(night * (1 + 3 / 2 + 6), rel=1e-3)
    levered = run(prices, rows, costs=costs, limits=Limits(positions=2, long=1.5, adv=None))
    night = (1_500_000 - 1_000_000) * 0.072 / 360
    assert levered.trades["financing"].sum() == pytest.approx(3 * night, rel=1e-3)


@pytest.mark.parametrize(("side", "sign"), [("1", 1), ("-1", -1)])
def test_dividends_are_got_and_paid(side: str, sign: int) -> None:
    prices = {"AAA": flat(12, dividend=[0] * 5 + [7.0, 1.5, 0, 0, 9.0, 0, 0])}
    trade = run(prices, [{"symbol": "AAA", "day": 5}], side=side).trades.iloc[0]
    # Bought at the open of an ex-date is bought without; sold at the close of day 8 is sold before the next.
    assert trade["dividends"] == sign * 5000 * 1.5
    assert trade["net"] == sign * 5000 * 1.5


def test_a_split_multiplies_shares() -> None:
    after = [100.0] * 7 + [25.0, 26.0] + [25.0] * 3
    prices = {"AAA": dict.fromkeys(("open", "high", "low", "close"), after) | {"split": [1.0] * 7 + [4.0] + [1.0] * 4}}
    result = run(prices, [{"symbol": "AAA", "day": 5}])
    trade = result.trades.iloc[0]
    assert (trade["shares"], trade["exit_price"]) == (5000, 26.0)
    assert trade["gross"] == pytest.approx(5000 * 4 * 26 - 5000 * 100)
    assert result.details["exit_shares"][0] == 20000


def test_buy_and_hold_is_buy_and_hold() -> None:
    rng = np.random.default_rng(1)
    returns = np.concatenate([[0.0], rng.normal(0.0005, 0.01, 299)])
    rule = Backtest(side="1", entry="close", exit_after=None, costs=FREE, limits=Limits(positions=1, adv=None))
    result = rule.run(events([{"symbol": "AAA", "day": 0}]), market({"AAA": {"return": returns}}))
    np.testing.assert_allclose(result.days.equity[1:] / 1e6, np.cumprod(1 + returns), rtol=1e-12)
    np.testing.assert_allclose(result.returns, returns, rtol=1e-9, atol=1e-14)
    assert result.performance["net"]["total_return"]["value"] == pytest.approx(np.prod(1 + returns) - 1)
    assert len(result.trades) == 1


def test_no_signal_is_no_trade() -> None:
    result = run({"AAA": flat(30)}, [{"symbol": "AAA", "day": 5}], side="0")
    assert result.days.equity.tolist() == [1_000_000.0] * len(result.dates)
    assert result.trades.empty
    assert result.status.tolist() == ["no_signal"]
    net = result.performance["net"]
    assert net["total_return"]["value"] == 0.0
    assert np.isnan(net["sharpe"]["value"])
    assert "None of 1 events was traded" in result.summary()
    assert result.honesty(draws=0).verdict == ("Nothing was traded.",)


def test_an_account_in_cash_alone_earns_the_riskless_return_and_has_no_sharpe_ratio() -> None:
    costs = Costs(risk_free=0.04)
    result = run({"AAA": flat(30)}, [{"symbol": "AAA", "day": 5}], side="0", costs=costs)
    assert result.returns.min() > 0.04 / 360 - 1e-12
    assert not result.excess_returns.any()
    for name in ("net", "gross"):
        assert np.isnan(result.performance[name]["sharpe"]["value"])
        assert np.isnan(result.performance[name]["sortino"]["value"])


RULES: dict[str, dict[str, Any]] = {
    "plain": {},
    "costly": {
        "costs": Costs(commission=0.0005, per_share=0.005, minimum=1, half_spread=0.001, borrow=0.02, risk_free=0.03)
    },
    "levered": {"limits": Limits(positions=4, long=2.0, short=2.0, adv=None), "costs": Costs(financing=0.04)},
    "hedged": {"hedge": "dollar", "hedge_with": "HDG", "limits": Limits(positions=8)},
    "beta": {"hedge": "beta", "hedge_with": "HDG", "limits": Limits(positions=8)},
    "stacked": {"repeat": "stack", "exit_after": 50},
    "reversing": {"repeat": "extend", "exit_after": 50},
    "at the close": {"entry": "close", "exit_after": 7},
    "signal": {"sizing": "signal"},
    "volatile": {"sizing": "inverse_volatility"},
}


@pytest.mark.parametrize("name", RULES)
def test_every_day_is_that_of_the_plain_account(name: str) -> None:
    prices = pd.concat([random_market(3).to_frame(), random_market(4, symbols=1).to_frame().assign(symbol="HDG")])
    rule = {"entry": "next_open", "exit_after": 10, "limits": Limits(positions=6)} | RULES[name]
    table = prices.drop(columns="total_return")
    result = Backtest(**rule).run(random_events(5), PricePanel.from_frame(table))
    assert len(result.trades) > 20
    rows = random_events(5).to_frame().assign(date=lambda each: each["date"].astype(str))
    plain = PlainAccount(result.rule, rows.drop(columns="announced_at", errors="ignore"), table, result.dates[0])
    for column in ("equity", "cash", "long", "short"):
        expected = [each[column] for each in plain.days[: len(result.dates)]]
        np.testing.assert_allclose(result.equity[column], expected, rtol=EXACT, atol=1e-6)
    assert result.days.equity[-1] - 1e6 == pytest.approx(
        result.trades["net"].sum() + result.days.interest.sum(), abs=CENT
    )


def test_gross_is_net_without_costs_on_the_same_positions() -> None:
    result = Backtest(limits=Limits(positions=6)).run(random_events(5), random_market(3))
    pnl = np.diff(result.days.equity) + result.days.costs[1:]
    np.testing.assert_allclose(result.gross_returns, pnl / result.days.equity[:-1], rtol=1e-12, atol=1e-15)
    kinds = ["commission", "spread", "impact", "borrow", "financing"]
    assert result.trades[kinds].to_numpy().sum() == pytest.approx(result.days.costs.sum(), rel=1e-12)


def test_shares_are_whole_on_prices_as_traded_alone() -> None:
    prices = random_market(3)
    whole = Backtest(limits=Limits(positions=6)).run(random_events(5), prices)
    assert (whole.trades["shares"] % 1 == 0).all()
    adjusted = type(prices).from_frame(prices.to_frame(), basis="adjusted")
    parts = Backtest(limits=Limits(positions=6)).run(random_events(5), adjusted)
    assert (parts.trades["shares"] % 1 != 0).any()
    assert parts.details["flags"].str.startswith("fractions").all()
