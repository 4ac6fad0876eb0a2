"""From a rule to a result: decide, plan, keep the account, tabulate."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from eventstudy._typing import Floats
from eventstudy.backtest.account import keep_account
from eventstudy.backtest.orders import market_of, plan
from eventstudy.backtest.result import BacktestResult
from eventstudy.backtest.timeline import Timeline, timeline_of
from eventstudy.backtest.trials import Trials

if TYPE_CHECKING:
    from eventstudy.backtest.rules import Backtest
    from eventstudy.bars import BarPanel
    from eventstudy.events import Events
    from eventstudy.panels import FactorPanel, PricePanel

__all__ = ["run"]


def run(
    rule: Backtest,
    events: Events,
    prices: PricePanel,
    bars: BarPanel | None = None,
    factors: FactorPanel | None = None,
    trials: Trials | None = None,
) -> BacktestResult:
    """Trade the events by a rule; the arguments are explained in `Backtest.run`."""
    market = market_of(rule, events.ordered(), prices)
    orders, decisions, status = plan(rule, market, bars)
    timeline = timeline_of(rule, market, orders)
    risk_free = _risk_free(rule, timeline, factors)
    account = keep_account(rule, market, orders, status, timeline, risk_free)
    result = BacktestResult(
        rule=rule,
        market=market,
        decisions=decisions,
        orders=orders,
        timeline=timeline,
        status=status,
        book=account.book,
        days=account.days,
        risk_free=risk_free,
        factors=factors,
        inputs=_inputs(events, prices, bars, factors),
        trials=Trials(),
    )
    return result.counted(trials or Trials())


def _risk_free(rule: Backtest, timeline: Timeline, factors: FactorPanel | None) -> Floats:
    """Return the riskless return of each day, a decimal, shape (T,); 0 on the first."""
    dates = timeline.dates
    nights = np.diff(dates, prepend=dates[:1]).astype(np.int64)
    found: Floats = rule.costs.risk_free * nights.astype(np.float64) / 360.0
    if factors is not None and len(factors.dates):
        at = np.minimum(np.searchsorted(factors.dates, dates), len(factors.dates) - 1)
        there = (factors.dates[at] == dates) & ~np.isnan(factors.risk_free[at]) & (nights > 0)
        return np.asarray(np.where(there, factors.risk_free[at], found), dtype=np.float64)
    return found


def _inputs(events: Events, prices: PricePanel, bars: BarPanel | None, factors: FactorPanel | None) -> dict[str, str]:
    found = {"events": events.digest(), "prices": prices.digest()}
    if bars is not None:
        found["bars"] = bars.digest()
    if factors is not None:
        found["factors"] = factors.digest()
    return found
