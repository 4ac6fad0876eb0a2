"""Could anybody have earned it: rules, trades, profit and loss, measures, and the proof that nothing saw the future."""

from eventstudy.backtest.audit import Audit, Finding, audit
from eventstudy.backtest.honesty import Honesty, walk_forward
from eventstudy.backtest.result import BacktestResult
from eventstudy.backtest.rules import Backtest, Costs, Limits
from eventstudy.backtest.trials import Trials
from eventstudy.backtest.view import View

__all__ = [
    "Audit",
    "Backtest",
    "BacktestResult",
    "Costs",
    "Finding",
    "Honesty",
    "Limits",
    "Trials",
    "View",
    "audit",
    "walk_forward",
]
