"""The strategy on events that never were: dates and firms drawn at random."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from eventstudy._typing import Floats
from eventstudy.backtest.clock import read_clock
from eventstudy.backtest.decide import Market
from eventstudy.backtest.orders import plan
from eventstudy.backtest.relocate import move, random_dates, random_firms

if TYPE_CHECKING:
    from eventstudy.backtest.rules import Backtest
    from eventstudy.bars import BarPanel
    from eventstudy.events import Events

__all__ = ["Placebo", "placebo", "shifted", "unit_returns"]

KINDS: dict[str, Callable[[Market, np.random.Generator], Events]] = {"dates": random_dates, "firms": random_firms}


@dataclass(frozen=True, slots=True, eq=False)
class Placebo:
    """The mean gross return of a trade, beside what it is on made-up events.

    Parameters
    ----------
    kind : str
        ``dates`` (random sessions of the same symbols) or ``firms`` (random symbols, the same dates).
    actual : float
        Mean of the real events, a decimal a trade, before costs; positions of equal size, no limits.
    draws : ndarray of shape (B,)
        The same of each draw.
    """

    kind: str
    actual: float
    draws: Floats

    @property
    def known(self) -> Floats:
        """The draws that traded at all."""
        return self.draws[~np.isnan(self.draws)]

    @property
    def percentile(self) -> float:
        """Share of the draws below the actual mean."""
        known = self.known
        return float((known < self.actual).mean()) if len(known) and not np.isnan(self.actual) else float("nan")

    @property
    def p_value(self) -> float:
        """One-sided: ``(1 + draws at least as large) / (1 + draws)``."""
        known = self.known
        return (1 + int((known >= self.actual).sum())) / (1 + len(known))

    @property
    def z(self) -> float:
        """Mean of the draws over its standard error: far from 0 where even made-up events pay."""
        known = self.known
        spread = float(known.std(ddof=1)) if len(known) > 1 else 0.0
        return float(known.mean()) / spread if spread > 0 else float("nan")


def with_events(rule: Backtest, market: Market, events: Events) -> Market:
    """Return the market with other events, on the same prices."""
    codes = market.tape.listing.codes(events.symbol)
    return replace(market, events=events, clock=read_clock(events, rule), codes=codes)


def unit_returns(rule: Backtest, market: Market, bars: BarPanel | None = None) -> Floats:
    """Return what a position of one unit earned on each order before costs, hedge included, shape (n,)."""
    orders, *_ = plan(rule, market, bars)
    return orders.gross


def placebo(rule: Backtest, market: Market, kind: str, *, draws: int = 99, seed: int = 0) -> Placebo:
    """Return the placebo distribution of a strategy's mean gross trade.

    Parameters
    ----------
    rule : Backtest
        The strategy; an entry on bars can't be drawn.
    market : Market
        Events and prices.
    kind : {"dates", "firms"}
        What is made up.
    draws : int
        B.
    seed : int
        Of the generator.
    """
    generator = np.random.default_rng([seed, sorted(KINDS).index(kind)])
    actual = _mean(unit_returns(rule, market))
    found = [_mean(unit_returns(rule, with_events(rule, market, KINDS[kind](market, generator)))) for _ in range(draws)]
    return Placebo(kind, actual, np.array(found))


def shifted(rule: Backtest, market: Market, sessions: int = 1, bars: BarPanel | None = None) -> Floats:
    """Return the unit returns where every announcement comes some sessions later, shape (n,)."""
    later = move(market.events, market.clock.placed, market.clock.placed.day0 + sessions)
    return unit_returns(rule, with_events(rule, market, later), bars)


def _mean(values: Floats) -> float:
    return float(values.mean()) if len(values) else float("nan")
