"""BacktestResult: what was traded, day by day and trade by trade."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from eventstudy._typing import Dates, Floats, Labels
from eventstudy.backtest import tables
from eventstudy.backtest.account import Days
from eventstudy.backtest.book import Book
from eventstudy.backtest.decide import Decisions, Market
from eventstudy.backtest.measures import FLAT, sharpe
from eventstudy.backtest.orders import Orders
from eventstudy.backtest.timeline import Timeline
from eventstudy.backtest.trials import Trials
from eventstudy.panels import FactorPanel

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from eventstudy.backtest.honesty import Honesty
    from eventstudy.backtest.rules import Backtest

__all__ = ["BacktestResult"]


@dataclass(frozen=True, eq=False)
class BacktestResult:
    """What a backtest came to; it shows itself in a notebook.

    Parameters
    ----------
    rule : Backtest
        What was traded by.
    market : Market
        Events, their clock, prices.
    decisions : Decisions
        Of all E events.
    orders : Orders
        The n that could be filled.
    timeline : Timeline
        T days.
    status : ndarray of shape (E,)
        What became of each event's order.
    book : Book
        Legs as they stand at the end.
    days : Days
        The account at each close.
    risk_free : ndarray of shape (T,)
        Riskless return of each day.
    factors : FactorPanel, optional
        What alpha is measured against.
    inputs : mapping of str to str
        SHA-256 of every input.
    trials : Trials
        All variants tried, this one included.
    """

    rule: Backtest
    market: Market
    decisions: Decisions
    orders: Orders
    timeline: Timeline
    status: Labels
    book: Book
    days: Days
    risk_free: Floats
    factors: FactorPanel | None
    inputs: Mapping[str, str]
    trials: Trials

    @property
    def dates(self) -> Dates:
        """Dates of the account, shape (T,)."""
        return self.timeline.dates

    @cached_property
    def capitals(self) -> Floats:
        """Equity of each day, shape (T,), NaN where nothing is left of it and no share of it means anything."""
        return np.where(self.days.equity > 0, self.days.equity, np.nan)

    @cached_property
    def returns(self) -> Floats:
        """Net return of each day after the first, shape (T - 1,): ``PnL_d / equity_{d-1}``; NaN after a ruin."""
        return np.diff(self.days.equity) / self.capitals[:-1]

    @cached_property
    def gross_returns(self) -> Floats:
        """Return of each day before costs on the same positions, shape (T - 1,)."""
        return self.returns + self.days.costs[1:] / self.capitals[:-1]

    @cached_property
    def excess_returns(self) -> Floats:
        """Net returns above the riskless one, shape (T - 1,); all of them, where idle cash earns nothing."""
        excess = self.returns - (self.risk_free[1:] if self.rule.costs.cash_earns else 0.0)
        # An account in cash alone has the rounding of its equity, which is no return and has no Sharpe ratio.
        return np.where(np.abs(excess) <= FLAT, 0.0, excess)

    @cached_property
    def trades(self) -> pd.DataFrame:
        """One row a trade; hedges are trades of their own with the event that caused them."""
        return tables.trades(self)

    @cached_property
    def details(self) -> pd.DataFrame:
        """What else is known of each row of `trades`: leg, signal, sigma, adv, returns, flags."""
        return tables.details(self)

    @cached_property
    def positions(self) -> pd.DataFrame:
        """One row a position, its hedge counted in: what measures of trades are made of."""
        return tables.positions(self)

    @cached_property
    def fills(self) -> pd.DataFrame:
        """One row a fill, in the order of time."""
        return tables.fills(self)

    @cached_property
    def order_table(self) -> pd.DataFrame:
        """One row an event: its decision and what became of it."""
        return tables.orders(self)

    @cached_property
    def equity(self) -> pd.DataFrame:
        """One row a day: equity, cash, long, short, return."""
        return tables.equity(self)

    @cached_property
    def performance(self) -> dict[str, Any]:
        """Every measure, with its standard error where it has one; plain values."""
        from eventstudy.backtest.performance import performance

        return performance(self)

    @property
    def digest(self) -> str:
        """What tells this variant from another: the rule and the inputs."""
        return hashlib.sha256(repr((_described(self.rule), sorted(self.inputs.items()))).encode()).hexdigest()

    def counted(self, trials: Trials) -> BacktestResult:
        """Return the result with itself among the variants tried."""
        return replace(self, trials=trials.record(self.digest, sharpe(self.excess_returns).value))

    def honesty(self, **options: Any) -> Honesty:
        """Return the honesty panel; see `eventstudy.backtest.honesty.assess`."""
        from eventstudy.backtest.honesty import assess

        return assess(self, **options)

    def save(self, folder: str | Path, run: Mapping[str, Any] | None = None) -> Path:
        """Write ``trades.csv``, ``equity.csv`` and ``performance.json`` into a folder and return it."""
        from eventstudy.reports.trading_files import write_backtest

        write_backtest(self.trades, self.equity, self.performance, folder, run=run)
        self.trials.save(Path(folder))
        return Path(folder)

    def to_html(self, path: str | Path, *, honesty: Honesty | None = None, title: str = "Backtest") -> Path:
        """Write one self-contained page and return its path; the honesty panel is assessed without one given."""
        from eventstudy.reports.files import write_text
        from eventstudy.reports.trading_page import trading_page

        panel = honesty or self.honesty()
        page = trading_page(self.equity, self.trades, self.performance, panel.as_dict(), title=title)
        return write_text(Path(path), page)

    def plot(self) -> Figure:
        """Draw equity and drawdown."""
        from eventstudy.reports.trading_figures import equity_figure

        return equity_figure(self.equity)

    def summary(self, *, color: bool = False, width: int = 100) -> str:
        """Return the result as text."""
        from eventstudy.reports.terminal import render_tables
        from eventstudy.reports.trading import sentences, trading_tables

        return render_tables(sentences(self.performance), trading_tables(self.performance), color=color, width=width)

    def __repr__(self) -> str:
        net = self.days.equity[-1] - self.rule.capital
        count = int(self.book.opened[: len(self.orders)].sum())
        return f"BacktestResult({len(self.status)} events, {count} trades, net {net:,.0f} on {self.rule.capital:,.0f})"

    def _repr_html_(self) -> str:
        from eventstudy.reports.html import fragment
        from eventstudy.reports.trading import trading_tables

        return "".join(fragment(table) for table in trading_tables(self.performance))


def _described(rule: Backtest) -> str:
    """Return the rule as text; a function by its name and its code, not by where it lies in memory."""
    from dataclasses import fields

    def plain(value: Any) -> str:
        code = getattr(value, "__code__", None)
        if code is not None:
            return f"{value.__qualname__}:{code.co_code.hex()}:{code.co_consts!r}"
        return repr(value)

    return ";".join(f"{each.name}={plain(getattr(rule, each.name))}" for each in fields(rule))
