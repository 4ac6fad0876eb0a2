"""Tables, measures of a result, files, page, command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from eventstudy.backtest import Backtest, BacktestResult, Costs, Limits
from eventstudy.backtest.paths import calendar_time, daily_returns, event_time
from eventstudy.cli import main
from eventstudy.config import load
from eventstudy.config.trading import trade
from eventstudy.errors import ConfigError
from eventstudy.panels import FactorPanel
from tests.backtest.made import day, events, flat, market, random_events, random_market

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "configs" / "backtest_alibaba.yaml"
TRADES = [
    *("event_id", "symbol", "side", "shares", "information_time", "decision_time", "entry_time", "entry_price"),
    *("exit_time", "exit_price", "gross", "dividends", "commission", "spread", "impact", "borrow", "financing"),
    *("net", "exit_reason"),
]


@pytest.fixture(scope="module")
def result() -> BacktestResult:
    return Backtest(limits=Limits(positions=6), exit_after=8).run(random_events(5), random_market(3))


def test_the_columns_are_a_contract(result: BacktestResult) -> None:
    assert list(result.trades.columns) == TRADES
    assert list(result.equity.columns) == ["date", "equity", "cash", "long", "short", "return"]
    costs = result.trades[["commission", "spread", "impact", "borrow", "financing"]].sum(axis=1)
    net = result.trades["gross"] + result.trades["dividends"] - costs
    np.testing.assert_allclose(net, result.trades["net"], rtol=1e-12)


def test_every_event_has_one_status(result: BacktestResult) -> None:
    orders = result.performance["orders"]
    assert sum(n for name, n in orders.items() if name != "given") == orders["given"] == len(random_events(5))
    assert len(result.order_table) == orders["given"]


def test_a_position_earns_its_path(result: BacktestResult) -> None:
    """The product of a position's daily returns is its gross return, split and dividends included."""
    daily = daily_returns(result.market, result.orders)
    whole = np.nanprod(1 + daily, axis=1) - 1
    side = np.sign(result.orders.signal)
    # Dividends stay cash in the trade and are reinvested in the path.
    np.testing.assert_allclose(side * whole, result.orders.gross, atol=2e-3)
    paid = [k for k in range(len(daily)) if not _pays(result, k)]
    np.testing.assert_allclose((side * whole)[paid], result.orders.gross[paid], rtol=1e-9)


def _pays(result: BacktestResult, order: int) -> bool:
    first, last = result.orders.entry[order], result.orders.exit[order]
    return bool(result.market.tape.dividend[first + 1 : last + 1].any())


def test_event_time_and_calendar_time_by_hand(result: BacktestResult) -> None:
    daily = np.sign(result.orders.signal)[:, None] * daily_returns(result.market, result.orders)
    found = event_time(result.market, result.orders)
    np.testing.assert_allclose(found.mean, np.nanmean(daily, axis=0), rtol=1e-12)
    assert found.n.tolist() == [len(result.orders)] * 9
    free = np.zeros(len(result.dates))
    returns, count = calendar_time(result.market, result.orders, result.timeline, free)
    days: dict[int, list[float]] = {}
    entry = result.timeline.day_of(result.market.tape, result.orders.code, result.orders.entry)
    for order, step in np.argwhere(~np.isnan(daily)):
        days.setdefault(int(entry[order] + step), []).append(float(daily[order, step]))
    for place, values in days.items():
        assert count[place] == len(values)
        assert returns[place] == pytest.approx(np.mean(values), rel=1e-12)
    assert np.isnan(returns[count == 0]).all()


@pytest.mark.parametrize(("side", "cost"), [("1", 0.001), ("-1", -0.001)])
def test_calendar_time_is_above_the_riskless_return(side: str, cost: float) -> None:
    """A price that stands still loses the riskless return of every night to whoever holds it; made-up rates."""
    factors = FactorPanel.from_frame(pd.DataFrame({"date": [day(k) for k in range(20)], "rf": 0.001}))
    rule = Backtest(side=side, entry="open", exit_after=4, costs=Costs.none(), limits=Limits(positions=1, adv=None))
    result = rule.run(events([{"symbol": "AAA", "day": 5}]), market({"AAA": flat(20)}), factors=factors)
    returns, count = calendar_time(result.market, result.orders, result.timeline, result.risk_free)
    # The session of the entry has no night.
    assert returns[count > 0].tolist() == pytest.approx([0.0, *[-cost] * 4])
    assert result.performance["calendar_time"]["hac"]["value"] == pytest.approx(-cost * 4 / 5)


def test_years_and_legs_add_up(result: BacktestResult) -> None:
    found = result.performance
    years = np.prod([1 + row["net_return"] for row in found["by_year"]])
    assert years == pytest.approx(1 + found["net"]["total_return"]["value"])
    assert sum(row["net"] for row in found["by_leg"]) == pytest.approx(result.trades["net"].sum())
    assert found["by_decile"]["rows"] == []
    assert found["event_time"][-1]["cumulative"] == pytest.approx(result.orders.gross.mean(), abs=1e-3)


def test_deciles_of_the_strength() -> None:
    rule = Backtest(limits=Limits(positions=8), exit_after=8, strength="abs(surprise)")
    found = rule.run(random_events(5), random_market(3)).performance
    rows = found["by_decile"]["rows"]
    assert [row["class"] for row in rows] == list(range(1, 11))
    assert sum(row["trades"] for row in rows) == found["trades"]


def test_alpha_is_against_the_factors_given() -> None:
    prices, made = random_market(3), random_events(5)
    rng = np.random.default_rng(0)
    dates = prices.series("S00").sessions
    factors = FactorPanel.from_frame(
        pd.DataFrame({"date": dates, "mkt_rf": rng.normal(0, 0.01, len(dates)), "rf": 0.0001})
    )
    found = Backtest(limits=Limits(positions=6)).run(made, prices, factors=factors)
    assert list(found.performance["alpha"]["loadings"]) == ["mkt_rf"]
    assert found.days.interest[1:].sum() > 0
    np.testing.assert_allclose(found.returns - found.excess_returns, 0.0001)


def test_factors_count_on_their_own_dates_alone() -> None:
    """A return that is twice the factor, which is missing on every third date."""
    factor = np.random.default_rng(1).normal(0, 0.01, 90)
    prices = market({"AAA": {"return": 2 * factor}})
    dates = prices.series("AAA").sessions
    given = pd.DataFrame({"date": dates, "mkt_rf": factor, "rf": 0.0})[np.arange(90) % 3 > 0]
    rule = Backtest(side="1", entry="close", exit_after=None, costs=Costs.none(), limits=Limits(positions=1, adv=None))
    found = rule.run(events([{"symbol": "AAA", "day": 0}]), prices, factors=FactorPanel.from_frame(given)).performance
    assert found["alpha"]["loadings"]["mkt_rf"] == pytest.approx(2.0)
    assert found["alpha"]["value"] == pytest.approx(0.0, abs=1e-12)
    assert found["alpha"]["df"] == 60 - 2
    none = FactorPanel.from_frame(given[:0])
    empty = rule.run(events([{"symbol": "AAA", "day": 0}]), prices, factors=none).performance
    assert np.isnan(empty["alpha"]["loadings"]["mkt_rf"])
    assert empty["net"] == found["net"]


def test_files_are_the_same_every_time(result: BacktestResult, tmp_path: Path) -> None:
    again = Backtest(limits=Limits(positions=6), exit_after=8).run(random_events(5), random_market(3))
    for folder, each in (("one", result), ("two", again)):
        each.save(tmp_path / folder, run={"host": folder})
    names = {path.name for path in (tmp_path / "one").iterdir()}
    assert names == {"trades.csv", "equity.csv", "performance.json", "trials.json", "run.json"}
    for name in names - {"run.json"}:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    read = pd.read_csv(tmp_path / "one" / "trades.csv")
    assert list(read.columns) == TRADES
    np.testing.assert_array_equal(read["net"], result.trades["net"])
    json.loads((tmp_path / "one" / "performance.json").read_text("utf-8"))


def test_the_page_stands_alone(result: BacktestResult, tmp_path: Path) -> None:
    page = result.to_html(tmp_path / "page.html", honesty=result.honesty(draws=3), title="<b>&").read_text("utf-8")
    assert "&lt;b&gt;&amp;: backtest" in page
    assert "Before you believe it" in page
    assert "<script" not in page
    assert "src=" not in page
    assert 'href="http' not in page
    assert page == result.to_html(tmp_path / "2.html", honesty=result.honesty(draws=3), title="<b>&").read_text("utf-8")


def test_it_shows_itself(result: BacktestResult) -> None:
    assert repr(result).startswith(f"BacktestResult({len(result.status)} events, {len(result.positions)} trades, net")
    assert "<table" in result._repr_html_()
    assert "Sharpe ratio" in result.summary()
    assert result.plot().axes[0].get_title(loc="left") == "Equity after costs, in the currency of the prices"


def test_the_config_is_the_rule() -> None:
    configured = load(CONFIG, ["backtest.exit_after=5", "backtest.costs.commission=0.001"])
    assert configured.backtest is not None
    assert (configured.backtest.exit_after, configured.backtest.hedge_with) == (5, "KWEB")
    assert configured.backtest.costs.commission == 0.001
    assert configured.backtest.limits.long == 0.5


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("backtest.exit_aftr=5", "Did you mean 'exit_after'"),
        ("backtest.entry=opne", "Did you mean 'open'"),
        ("backtest.side=sign(x", "can't be read"),
        ("backtest.costs.spread=1", "unknown key 'backtest.costs.spread'"),
    ],
)
def test_a_wrong_key_is_named(override: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said.replace("(", r"\(")):
        load(CONFIG, [override])


def test_a_hedge_that_is_not_there_is_named_with_its_place() -> None:
    with pytest.raises(Exception, match=r"backtest\.hedge_with"):
        trade(load(CONFIG, ["backtest.hedge_with=KWB"]))


def test_without_a_backtest_in_the_file() -> None:
    with pytest.raises(ConfigError, match="the key 'backtest' is missing"):
        trade(load(ROOT / "configs" / "alibaba.yaml"))


def cli(*arguments: str) -> int:
    try:
        main(arguments)
    except SystemExit as done:
        return int(done.code or 0)
    return 0


def test_backtest_on_a_fresh_machine(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli("backtest", str(CONFIG), "--out", str(tmp_path), "--draws", "9") == 0
    said = capsys.readouterr().out
    assert "5 trades are too few to tell skill from luck." in said
    assert "No hedge" in said
    trades = pd.read_csv(tmp_path / "trades.csv")
    assert trades["symbol"].tolist() == ["BABA", "KWEB"] * 5
    assert (trades["shares"][trades["symbol"] == "BABA"] % 1 == 0).all()
    assert (tmp_path / "backtest.html").exists()
    assert cli("backtest", str(CONFIG), "--out", str(tmp_path), "--draws", "0", "--set", "backtest.exit_after=5") == 0
    found: dict[str, Any] = json.loads((tmp_path / "performance.json").read_text("utf-8"))
    assert found["trials"]["count"] == 2


def test_audit_at_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli("audit", str(CONFIG), "--draws", "5") == 0
    assert "The audit passed" in capsys.readouterr().out
    assert cli("audit", str(CONFIG), "--draws", "0", "--set", "backtest.universe=[BABA]") == 1
    streams = capsys.readouterr()
    assert "FAILED" in streams.out
    assert "the audit failed" in streams.err
