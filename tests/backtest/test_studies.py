"""Post-earnings drift on real data, with the verdict that comes out; the data is shared, not ours to keep."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from eventstudy.backtest import Backtest, BacktestResult, Limits, audit
from eventstudy.config import load
from eventstudy.config.trading import trade
from eventstudy.events import Events
from eventstudy.panels import PricePanel
from tests.backtest.studies import study_a, study_c

PEAD = Path(__file__).parents[2] / "configs" / "pead.yaml"
# In percent a trade: the figures are given with two digits.
SHOWN = 0.006


@pytest.fixture(scope="module")
def data_a(shared_data: Path) -> tuple[Events, PricePanel]:
    return study_a(shared_data)


@pytest.fixture(scope="module")
def data_c(shared_data: Path) -> tuple[Events, PricePanel]:
    return study_c(shared_data)


def quintile(data: tuple[Events, PricePanel], value: str, which: int | None) -> BacktestResult:
    """Trade one quintile, the highest against the lowest without one, for 20 sessions."""
    spread = f"(quantile({value}, 5) == 5) - (quantile({value}, 5) == 1)"
    rule = Backtest(
        entry="close" if value == "surprise" else "next_open",
        side=spread if which is None else f"quantile({value}, 5) == {which}",
        strength=f"abs({value})",
        limits=Limits(positions=200),
    )
    return rule.run(*data)


Quintile = Callable[[int | None], BacktestResult]


@pytest.fixture(scope="module")
def by_surprise(data_a: tuple[Events, PricePanel]) -> Quintile:
    return cache(partial(quintile, data_a, "surprise"))


@pytest.fixture(scope="module")
def by_reaction(data_c: tuple[Events, PricePanel]) -> Quintile:
    return cache(partial(quintile, data_c, "reaction"))


def percents(result: BacktestResult) -> tuple[int, float, float]:
    """Return trades, and mean gross and net return of a trade in percent."""
    found: dict[str, Any] = result.performance["per_trade"]
    return len(result.positions), 100 * found["gross_return"]["mean"], 100 * found["net_return"]["mean"]


@pytest.mark.parametrize(
    ("which", "trades", "gross", "net"),
    [
        (1, 1428, 1.06, 0.96),
        (2, 1278, 1.69, 1.59),
        (3, 1270, 1.72, 1.62),
        (4, 1313, 1.88, 1.78),
        (5, 1360, 1.89, 1.79),
        (None, 2786, 0.38, 0.27),
    ],
)
def test_drift_by_surprise(by_surprise: Quintile, which: int | None, trades: int, gross: float, net: float) -> None:
    """Study A, close to close: the higher the surprise, the higher the 20 sessions after it."""
    found = percents(by_surprise(which))
    assert found[0] == trades
    assert found[1:] == pytest.approx((gross, net), abs=SHOWN)


def test_the_verdict_on_surprises(by_surprise: Quintile) -> None:
    """There is a drift before costs; after them it can't be told from luck."""
    result = by_surprise(None)
    each, net = result.performance["per_trade"], result.performance["net"]
    assert each["gross_return"]["low"] > 0
    assert each["net_return"]["low"] < 0 < each["net_return"]["high"]
    assert (net["sharpe"]["value"], net["sharpe"]["std_error"]) == pytest.approx((0.70, 0.47), abs=0.01)
    panel = result.honesty(draws=19)
    assert all(made.percentile == 1.0 for made in panel.placebos)
    assert panel.deflated_sharpe == pytest.approx(0.93, abs=0.01)
    assert panel.verdict[-1] == "One year made 60% of the profit."
    assert panel.parts[0].sharpe > 1 > panel.parts[1].sharpe


@pytest.mark.parametrize(
    ("which", "trades", "gross", "net"),
    [
        (1, 1971, 1.81, 1.70),
        (2, 1763, 1.14, 1.04),
        (3, 1738, 1.38, 1.28),
        (4, 1798, 1.66, 1.56),
        (5, 1816, 1.70, 1.59),
        (None, 3782, -0.12, -0.24),
    ],
)
def test_drift_by_reaction(by_reaction: Quintile, which: int | None, trades: int, gross: float, net: float) -> None:
    """Study C, open and close, no time of day: after 2020 the reaction tells nothing of what comes after it."""
    found = percents(by_reaction(which))
    assert found[0] == trades
    assert found[1:] == pytest.approx((gross, net), abs=SHOWN)


def test_the_verdict_on_reactions(by_reaction: Quintile) -> None:
    result = by_reaction(None)
    each = result.performance["per_trade"]["gross_return"]
    assert each["low"] < 0 < each["high"]
    panel = result.honesty(draws=19)
    assert panel.verdict[0] == "After costs nothing was earned."
    assert {made.kind: made.percentile < 0.95 for made in panel.placebos} == {"dates": True, "firms": True}


def test_real_trades_saw_no_future(data_a: tuple[Events, PricePanel]) -> None:
    """A year of study A, every decision made again."""
    table, prices = data_a
    year = table.take([k for k in range(len(table)) if str(table.date[k])[:4] == "2014"])
    rule = Backtest(entry="close", side="(quantile(surprise, 5) == 5) - (quantile(surprise, 5) == 1)")
    found = audit(rule, year, prices, draws=5)
    assert found.passed, found.findings
    assert [each.check for each in found.findings] == ["survivors"]
    assert found.decisions == len(year)


def test_the_ready_config_on_a_subset(shared_data: Path, tmp_path: Path) -> None:
    """What a user does: two files, one command."""
    market = shared_data / "market"
    wide = pd.read_csv(market / "panel" / "cvxportfolio_returns_2007_2016.csv.gz")
    kept = [*wide.columns[1:61]]
    wide[["Date", *kept]].to_csv(tmp_path / "returns.csv", index=False)
    rows = pd.read_csv(market / "earnings" / "earnings_eps_prepost_2012_2019.csv")
    rows[rows["symbol"].isin(kept)].to_csv(tmp_path / "earnings.csv", index=False)
    places = [f"events.path={tmp_path / 'earnings.csv'}", f"prices.path={tmp_path / 'returns.csv'}"]
    result = trade(load(PEAD, places))
    assert set(result.trades["symbol"]) <= set(kept)
    assert len(result.positions) == pytest.approx(400, abs=100)
    assert result.details["flags"].eq("fractions;adv_unknown").all()
    assert {"long", "short"} == set(result.trades["side"])
