"""What a fill costs: commission, half the spread, the square-root impact (METHODS 8.5)."""

from __future__ import annotations

from dataclasses import dataclass
from math import isnan, sqrt
from typing import TYPE_CHECKING

from eventstudy.backtest.fills import Moment

if TYPE_CHECKING:
    from eventstudy.backtest.rules import Costs

__all__ = ["FillCost", "cost_of_fill", "half_spread"]


@dataclass(frozen=True, slots=True)
class FillCost:
    """The cost of one fill by kind, in money, never below zero."""

    commission: float
    spread: float
    impact: float

    @property
    def total(self) -> float:
        """All three together."""
        return self.commission + self.spread + self.impact


def half_spread(costs: Costs, adv: float) -> float:
    """Return half the spread of a symbol as a share of its price, by its average daily dollar volume.

    Examples
    --------
    >>> from eventstudy.backtest import Costs
    >>> half_spread(Costs(spread_buckets=((1e8, 0.0001), (1e6, 0.001))), 5e7)
    0.001
    """
    for least, share in sorted(costs.spread_buckets, reverse=True):
        if adv >= least:
            return share
    return costs.half_spread


def cost_of_fill(costs: Costs, notional: float, shares: float, sigma: float, adv: float, moment: Moment) -> FillCost:
    """Return what a fill costs.

    Parameters
    ----------
    costs : Costs
        Rates.
    notional : float
        Value of what is traded, above zero.
    shares : float
        How many.
    sigma : float
        Volatility, a decimal per session; no impact can be told where it is NaN.
    adv : float
        Average daily dollar volume; no impact can be told where it is NaN.
    moment : Moment
        An auction pays part of the impact; a premarket price has its haircut instead of a spread.

    Notes
    -----
    ``impact = Y sigma sqrt(Q / ADV) Q``, Q the notional: the square-root law with Y about 1 (Almgren and others 2005;
    Toth and others 2011).

    Examples
    --------
    >>> from eventstudy.backtest import Costs
    >>> cost_of_fill(Costs(), 10_000.0, 100, 0.02, 1_000_000.0, Moment.CLOSE)
    FillCost(commission=0.0, spread=5.0, impact=10.0)
    """
    commission = max(costs.minimum, costs.commission * notional + costs.per_share * abs(shares))
    spread = 0.0 if moment is Moment.PREMARKET else half_spread(costs, adv) * notional
    share = costs.auction_impact if moment in (Moment.OPEN, Moment.CLOSE) else 1.0
    known = not isnan(sigma) and not isnan(adv) and adv > 0
    impact = costs.impact * share * sigma * sqrt(notional / adv) * notional if known else 0.0
    return FillCost(commission, spread, impact)
