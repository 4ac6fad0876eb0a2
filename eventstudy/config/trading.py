"""The backtest of a configured study, and its audit."""

from __future__ import annotations

from eventstudy.backtest import Audit, Backtest, BacktestResult, Trials
from eventstudy.backtest import audit as audit_rule
from eventstudy.bars import BarPanel
from eventstudy.config.configured import Configured, load_inputs
from eventstudy.errors import ConfigError
from eventstudy.events import Events, with_surprise
from eventstudy.panels import PricePanel

__all__ = ["audit", "trade"]


def trade(configured: Configured, trials: Trials | None = None) -> BacktestResult:
    """Read the inputs and trade the events; screens and windows of the study play no part.

    Parameters
    ----------
    configured : Configured
        What `load` returned.
    trials : Trials, optional
        Variants tried before.

    Raises
    ------
    ConfigError
        If the file has no backtest.
    InputError
        As for `load_inputs` and `Backtest.run`.
    """
    rule, events, prices, bars = _inputs(configured)
    return rule.run(events, prices, bars=bars, factors=configured.factor_panel(), trials=trials)


def audit(configured: Configured, *, draws: int = 49) -> Audit:
    """Read the inputs and prove that no trade saw the future; see `eventstudy.backtest.audit.audit`."""
    rule, events, prices, bars = _inputs(configured)
    return audit_rule(rule, events, prices, bars, draws=draws, seed=configured.study.seed)


def _inputs(configured: Configured) -> tuple[Backtest, Events, PricePanel, BarPanel | None]:
    rule = configured.backtest
    if rule is None:
        raise ConfigError(
            f"{configured.path}: the key 'backtest' is missing, which says how the events are traded, as in "
            f"backtest: {{entry: next_open, exit_after: 20, side: sign(surprise)}}."
        )
    events, prices = load_inputs(configured)
    if configured.study.surprise is not None:
        events = with_surprise(events, configured.study.surprise)
    bars = None if configured.bars is None else configured.bars.bars(optional=prices.symbols)
    return rule, events, prices, bars
