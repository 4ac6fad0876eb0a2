"""Limits, the queue, and what a second event does to an open position."""

from __future__ import annotations

from typing import Any

import pytest

from eventstudy.backtest import Backtest, BacktestResult, Costs, Limits
from eventstudy.backtest.statuses import OrderStatus
from tests.backtest.made import day, events, flat, market

FREE = Costs.none()


def run(rows: list[dict[str, Any]], limits: Limits, count: int = 30, **options: Any) -> BacktestResult:
    symbols = sorted({row["symbol"] for row in rows})
    prices = market({symbol: flat(count, volume=[10_000.0] * count) for symbol in symbols})
    rule = {"side": "signal", "entry": "open", "exit_after": 3, "costs": FREE, "limits": limits}
    return Backtest(**rule | options).run(events(rows), prices)


def rows(*signals: float, **more: Any) -> list[dict[str, Any]]:
    return [{"symbol": "ABCDE"[k] * 3, "day": 12, "signal": each, **more} for k, each in enumerate(signals)]


def filled(result: BacktestResult) -> dict[str, float]:
    return dict(zip(result.trades["symbol"], result.trades["shares"] * result.trades["entry_price"], strict=True))


def test_the_strongest_come_first_and_ties_go_by_ticker() -> None:
    result = run(rows(0.2, 0.5, 0.2, 0.9), Limits(positions=3, adv=None))
    assert sorted(filled(result)) == ["AAA", "BBB", "DDD"]
    assert result.order_table.set_index("symbol")["status"]["CCC"] == "max_positions"


def test_strength_may_be_another_value() -> None:
    given = [{**row, "size": size} for row, size in zip(rows(1, 1, 1), (1.0, 3.0, 2.0), strict=True)]
    assert sorted(filled(run(given, Limits(positions=2, adv=None), strength="size"))) == ["BBB", "CCC"]


@pytest.mark.parametrize(
    ("limits", "expected", "status"),
    [
        (Limits(positions=2, day=1, adv=None), {"AAA": 500_000}, "day_limit"),
        (Limits(positions=1, long=2.0, name=0.3, adv=None), {"AAA": 300_000}, "max_positions"),
        (Limits(positions=2, gross=0.7, adv=None), {"AAA": 500_000, "BBB": 200_000}, "partly_filled"),
        (Limits(positions=2, net=0.5, adv=None), {"AAA": 500_000}, "net_limit"),
        (Limits(positions=2, adv=0.1), {"AAA": 100_000, "BBB": 100_000}, "partly_filled"),
        (Limits(positions=2, adv=0.0), {}, "adv_limit"),
        (Limits(positions=2, gross=0.0, adv=None), {}, "gross_limit"),
        (Limits(positions=2, sector=0.6, adv=None), {"AAA": 500_000, "BBB": 100_000}, "partly_filled"),
        (Limits(positions=2, sector=0.5, adv=None), {"AAA": 500_000}, "sector_limit"),
        (Limits(positions=2, name=0.0, adv=None), {}, "name_limit"),
        (Limits(positions=2, long=0.0, adv=None), {}, "too_small"),
    ],
)
def test_limits(limits: Limits, expected: dict[str, float], status: str) -> None:
    result = run(rows(2, 1, sector="tech"), limits)
    assert filled(result) == pytest.approx(expected)
    assert result.order_table["status"][1] == status


def test_each_side_has_its_own_limit() -> None:
    result = run(rows(1, -1, 1, -1), Limits(positions=4, long=0.4, short=0.2, adv=None))
    assert filled(result) == pytest.approx({"AAA": 100_000, "BBB": 50_000, "CCC": 100_000, "DDD": 50_000})
    assert result.trades["side"].tolist() == ["long", "short", "long", "short"]


def test_a_side_fills_up() -> None:
    """What has grown counts at its last close."""
    prices = market(
        {"AAA": flat(30, close=[100.0] * 13 + [150.0] * 17, open=[100.0] * 13 + [150.0] * 17), "BBB": flat(30)}
    )
    rule = Backtest(side="1", entry="open", exit_after=9, costs=FREE, limits=Limits(positions=2, adv=None))
    result = rule.run(events([{"symbol": "AAA", "day": 12}, {"symbol": "BBB", "day": 15}]), prices)
    # Half a million has become 750,000 of an equity of 1,250,000.
    assert filled(result) == pytest.approx({"AAA": 500_000, "BBB": 500_000})
    result = Backtest(
        side="1", entry="open", exit_after=9, costs=FREE, limits=Limits(positions=2, gross=0.8, adv=None)
    ).run(events([{"symbol": "AAA", "day": 12}, {"symbol": "BBB", "day": 15}]), prices)
    assert filled(result) == pytest.approx({"AAA": 500_000, "BBB": 250_000})


def test_sizing_by_signal_and_by_volatility() -> None:
    assert filled(run(rows(0.5, -0.1, 3), Limits(positions=2, adv=None), sizing="signal")) == pytest.approx(
        {"AAA": 250_000, "CCC": 500_000}
    )
    closes = [100.0 + (k % 2) for k in range(60)]
    prices = market({"AAA": flat(60, close=closes, open=[100.0] * 60), "BBB": flat(60)})
    rule = Backtest(side="1", entry="open", sizing="inverse_volatility", volatility=0.005, costs=FREE, exit_after=3)
    result = rule.run(events([{"symbol": "AAA", "day": 40}, {"symbol": "BBB", "day": 40}]), prices)
    sigma = result.decisions.sigma[0]
    assert sigma == pytest.approx(0.01, rel=0.02)
    assert result.trades["shares"][0] == int(1_000_000 / 20 * 0.005 / sigma / 100)
    assert result.status[1] == "no_volatility"


def test_a_unit_too_dear_is_too_small() -> None:
    assert run(rows(1), Limits(positions=20, adv=None), capital=1000).status.tolist() == ["too_small"]


REPEATED = [
    {"symbol": "AAA", "day": 12, "signal": 1.0, "event_id": "one"},
    {"symbol": "AAA", "day": 14, "signal": 1.0, "event_id": "two"},
    {"symbol": "AAA", "day": 15, "signal": -1.0, "event_id": "three"},
]


def test_extend_keeps_and_reverses() -> None:
    result = run(REPEATED, Limits(positions=2, adv=None), exit_after=5)
    assert result.status.tolist() == ["filled", "extended", "filled"]
    trades = result.trades
    assert trades["side"].tolist() == ["long", "short"]
    assert trades["exit_reason"].tolist() == ["reversed", "horizon"]
    assert trades["exit_time"][0] == trades["entry_time"][1]
    only = run(REPEATED[:2], Limits(positions=2, adv=None), exit_after=5).trades
    assert str(only["exit_time"][0].date()) == day(19)


def test_stack_and_ignore() -> None:
    stacked = run(REPEATED, Limits(positions=4, adv=None), exit_after=5, repeat="stack")
    assert stacked.trades["side"].tolist() == ["long", "long", "short"]
    ignored = run(REPEATED, Limits(positions=4, adv=None), exit_after=5, repeat="ignore")
    assert ignored.status.tolist() == ["filled", "ignored", "ignored"]


def test_a_capacity_freed_in_an_auction_is_there_in_it() -> None:
    given = [{"symbol": "AAA", "day": 10, "signal": 1.0}, {"symbol": "BBB", "day": 13, "signal": 1.0}]
    result = run(given, Limits(positions=1, adv=None), entry="close", exit_after=3)
    assert result.status.tolist() == ["filled", "filled"]


def test_rounding_is_no_limit() -> None:
    """Seven sevenths of a million in fractions of shares are a hair more than a million."""
    names = [f"S{k}" for k in range(7)]
    prices = market({name: flat(20) for name in names}, basis="adjusted")
    rule = Backtest(side="1", entry="open", exit_after=3, costs=FREE, limits=Limits(positions=7, adv=None))
    result = rule.run(events([{"symbol": name, "day": 5} for name in names]), prices)
    assert result.status.tolist() == ["filled"] * 7


def test_the_universe_is_that_of_the_decision() -> None:
    universe = {"AAA": (("2024-01-01", day(11)),), "BBB": ((day(5), None),)}
    result = run(rows(1, 1), Limits(positions=2, adv=None), universe=universe)
    assert result.status.tolist() == ["not_in_universe", "filled"]


def test_every_status_has_a_sentence() -> None:
    assert all(each.sentence.endswith(".") for each in OrderStatus)


def test_hedges_by_dollar_beta_and_sector() -> None:
    import numpy as np

    rng = np.random.default_rng(2)
    market_return = rng.normal(0, 0.01, 200)
    returns = {"AAA": 1.5 * market_return, "MKT": market_return, "XLK": market_return}
    prices = market({name: {"return": values} for name, values in returns.items()})
    row = [{"symbol": "AAA", "day": 150, "sector": "tech"}]
    base = {"side": "1", "entry": "close", "exit_after": 5, "costs": FREE, "limits": Limits(positions=2, adv=None)}
    dollar = Backtest(**base, hedge="dollar", hedge_with="MKT").run(events(row), prices).trades
    assert dollar["symbol"].tolist() == ["AAA", "MKT"]
    assert dollar["side"].tolist() == ["long", "short"]
    assert (dollar["shares"] * dollar["entry_price"]).tolist() == pytest.approx([500_000, 500_000])
    beta = Backtest(**base, hedge="beta", hedge_with="MKT", beta_window=(-120, -11)).run(events(row), prices)
    assert beta.details["ratio"].tolist() == pytest.approx([1.0, 1.5])
    assert abs(beta.days.equity[-1] - 1e6) < 50_000 * 0.05
    sector = Backtest(**base, hedge="sector", hedge_with={"tech": "XLK"}).run(events(row), prices).trades
    assert sector["symbol"].tolist() == ["AAA", "XLK"]
    none = Backtest(**base, hedge="sector", hedge_with={"oil": "XLK"}).run(events(row), prices)
    assert none.status.tolist() == ["no_hedge"]
