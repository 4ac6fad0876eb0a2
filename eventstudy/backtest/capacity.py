"""How much money a strategy bears: impact grows with the square root of size, everything else in proportion."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np

from eventstudy._typing import Floats
from eventstudy.backtest.measures import annual_return, sharpe

__all__ = ["Capacity", "capacity"]

MOST = 2.0**40


@dataclass(frozen=True, slots=True)
class Capacity:
    """The equity at which the net Sharpe ratio is half of what it would be without impact.

    Parameters
    ----------
    equity : float
        Money; infinite where nothing has an impact, NaN where there is no positive Sharpe ratio to halve.
    curve : tuple of (float, float, float)
        Capital, annual return and annual Sharpe ratio at multiples of the capital.
    """

    equity: float
    curve: tuple[tuple[float, float, float], ...]


def capacity(net: Floats, impact: Floats, risk_free: Floats, capital: float) -> Capacity:
    """Return the capacity of a strategy whose trades grow with its capital.

    Parameters
    ----------
    net : ndarray of shape (T,)
        Net returns, decimals per session.
    impact : ndarray of shape (T,)
        What impact took of each, a decimal of the equity.
    risk_free : ndarray of shape (T,)
        Riskless return.
    capital : float
        Money behind those returns.

    Notes
    -----
    At k times the capital a share of impact costs sqrt(k) times as much. Caps on volume are not applied here.
    """

    def at(multiple: float) -> Floats:
        return net - (sqrt(multiple) - 1.0) * impact

    def ratio(multiple: float) -> float:
        return sharpe(at(multiple) - risk_free).annual

    multiples = (0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 50.0, 100.0)
    curve = tuple((capital * k, annual_return(at(k)), ratio(k)) for k in multiples)
    half = ratio(0.0) / 2.0
    if not half > 0:
        return Capacity(np.nan, curve)
    low, high = 0.0, 1.0
    while ratio(high) > half:
        low, high = high, 2.0 * high
        if high > MOST:
            return Capacity(np.inf, curve)
    for _ in range(60):
        middle = (low + high) / 2.0
        low, high = (middle, high) if ratio(middle) > half else (low, middle)
    return Capacity(capital * (low + high) / 2.0, curve)
