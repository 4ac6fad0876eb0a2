"""The page of a backtest: the numbers of its tables, data that stays text, the same bytes each time."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from eventstudy.backtest import BacktestResult, Trials
from eventstudy.config import load
from eventstudy.config.trading import trade
from eventstudy.reports.trading_page import MOST_TRADES, trading_page
from tests.reports.opened import Opened

CONFIG = Path(__file__).parents[2] / "configs" / "backtest_alibaba.yaml"
HOSTILE = "<b onclick=x>&"


@pytest.fixture(scope="module")
def result() -> BacktestResult:
    return trade(load(CONFIG, ()), Trials())


@pytest.fixture(scope="module")
def honesty(result: BacktestResult) -> dict[str, Any]:
    return result.honesty(draws=3, seed=7).as_dict()


@pytest.fixture(scope="module")
def page(result: BacktestResult, honesty: dict[str, Any]) -> str:
    return trading_page(result.equity, result.trades, result.performance, honesty, title="Alibaba")


def test_every_trade_is_there_with_its_numbers(result: BacktestResult, page: str) -> None:
    head, *rows = Opened(page).tables["Every trade"]
    assert head == ["Event", "Symbol", "Side", "Shares", "Entry", "Price", "Exit", "Price", "Net", "Closed by"]
    trades = result.trades
    assert [row[0] for row in rows] == trades["event_id"].tolist()
    for row, each in zip(rows, trades.itertuples(), strict=True):
        assert float(row[3].replace(",", "")) == pytest.approx(each.shares, abs=0.005)
        assert (row[5], row[7]) == (f"{each.entry_price:.2f}", f"{each.exit_price:.2f}")
        # What is left after costs, of the money that the shares cost.
        assert float(row[8].rstrip("%")) == pytest.approx(100 * each.net / (each.shares * each.entry_price), abs=0.005)
    assert rows[0][4] == "2024-08-16 13:30 UTC"
    assert rows[0][9] == "horizon"


def test_the_contents_lead_to_the_sections(page: str) -> None:
    sections = ["account", "honesty", "measures", "trades"]
    assert [link[1:] for link in Opened(page).links if link.startswith("#")][:4] == sections
    assert page.count('<nav aria-label="Contents">') == 1
    assert all(f'<section id="{name}">' in page for name in sections)


def test_the_measures_are_those_of_the_account(result: BacktestResult, page: str) -> None:
    opened = Opened(page)
    first, last = result.equity["equity"].iloc[[0, -1]]
    assert opened.cell("Performance", "Total return", "Net") == f"{100 * (last / first - 1):+.2f}%"
    daily = result.excess_returns
    sharpe = daily.mean() / daily.std() * 252**0.5
    assert float(opened.cell("Performance", "Sharpe ratio", "Net")) == pytest.approx(sharpe, abs=0.02)
    peaks = result.equity["equity"].cummax()
    fall = 100 * (result.equity["equity"] / peaks - 1).min()
    assert opened.cell("Performance", "Largest drawdown", "Net") == f"{fall:+.2f}%"
    assert opened.cell("Costs in money", "Spread", "Amount") == f"{result.trades['spread'].sum():,.2f}"
    # A position and its hedge are one trade.
    assert (
        opened.cell("Trades", "Hit rate", "Value")
        == f"{100 * (result.trades.groupby('event_id')['net'].sum() > 0).mean():.1f}%"
    )
    assert f"{first:,.0f} became {last:,.0f}" in opened.headline[0]


def test_a_million_shares_keep_their_digits(result: BacktestResult, honesty: dict[str, Any]) -> None:
    trades = result.trades.head(2).assign(shares=[1_234_567.0, 0.5])
    _, one, two = Opened(trading_page(result.equity, trades, result.performance, honesty)).tables["Every trade"]
    assert (one[3], two[3]) == ("1,234,567", "0.50")


def test_what_speaks_against_it_stands_on_the_page(honesty: dict[str, Any], page: str) -> None:
    opened = Opened(page)
    for sentence in honesty["verdict"]:
        assert sentence in opened.headline
    placebo = honesty["placebos"][0]
    found = opened.cell("Placebos: gross return a trade", "Random dates", "Placebo mean")
    assert found == f"{100 * placebo['mean']:+.2f}%"


def test_pictures_say_what_is_to_be_seen(page: str, result: BacktestResult) -> None:
    first, second = Opened(page).pictures
    value, rows = result.equity["equity"], result.performance["event_time"]
    fall = 100 * (value / value.cummax() - 1).min()
    assert f"from {value.iloc[0]:,.0f} to {value.iloc[-1]:,.0f}. Below it the drawdown, at most {fall:.2f}%." in first
    assert second.endswith(f"{100 * rows[-1]['cumulative']:+.2f}% after {rows[-1]['session']} sessions.")
    assert f"of {rows[0]['n']} positions" in second


def test_data_stays_text(result: BacktestResult, honesty: dict[str, Any]) -> None:
    trades = result.trades.assign(symbol=HOSTILE, event_id=HOSTILE, exit_reason=HOSTILE)
    panel = {**honesty, "verdict": [HOSTILE]}
    page = trading_page(result.equity, trades, result.performance, panel, title=HOSTILE)
    opened = Opened(page)
    assert "b" not in opened.tags
    assert "script" not in opened.tags
    assert opened.handlers == []
    assert opened.tables["Every trade"][1][:2] == [HOSTILE, HOSTILE]
    assert HOSTILE in opened.headline


def test_the_page_asks_nobody_and_is_the_same_each_time(
    result: BacktestResult, honesty: dict[str, Any], page: str
) -> None:
    opened = Opened(page)
    assert all(link.startswith(("#", "data:")) for link in opened.links)
    again = trade(load(CONFIG, ()), Trials())
    assert page == trading_page(again.equity, again.trades, again.performance, honesty, title="Alibaba")


def test_of_many_trades_the_first_are_shown_and_the_rest_counted(
    result: BacktestResult, honesty: dict[str, Any]
) -> None:
    trades = pd.concat([result.trades] * 50, ignore_index=True)
    page = trading_page(result.equity, trades, result.performance, honesty)
    assert len(Opened(page).tables["Every trade"]) == 1 + MOST_TRADES
    assert f"The first 100 of {len(trades)} rows; all of them are in trades.csv." in page


def test_a_backtest_that_never_traded_has_a_page(result: BacktestResult, honesty: dict[str, Any]) -> None:
    performance = {**result.performance, "trades": 0, "event_time": []}
    page = trading_page(result.equity, result.trades.head(0), performance, honesty)
    assert Opened(page).headline[0] == "None of 6 events was traded (no hedge: 1)."
    assert len(Opened(page).pictures) == 1
