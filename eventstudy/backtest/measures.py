"""Measures of a series of returns: pure functions of arrays, in decimals per session (METHODS 8.6)."""

from __future__ import annotations

from dataclasses import dataclass
from math import e, sqrt
from statistics import NormalDist

import numpy as np

from eventstudy._typing import Floats

__all__ = [
    "SESSIONS",
    "Drawdown",
    "SharpeRatio",
    "annual_return",
    "autocorrelation_factor",
    "calmar",
    "deflated_sharpe",
    "drawdown",
    "expected_maximum_sharpe",
    "probabilistic_sharpe",
    "sharpe",
    "sortino",
    "volatility",
]

SESSIONS = 252
NORMAL = NormalDist()
EULER = 0.5772156649015329
# A spread below this share of the level is rounding.
FLAT = 1e-14


@dataclass(frozen=True, slots=True)
class SharpeRatio:
    """A Sharpe ratio per session with its standard errors.

    Parameters
    ----------
    value : float
        ``mean / sd`` of excess returns per session; NaN without dispersion.
    annual : float
        ``sqrt(252)`` times that.
    std_error : float
        Non-normal: ``sqrt((1 - g3 SR + (g4 - 1)/4 SR^2) / (T - 1))``, g4 the raw kurtosis (Mertens 2002).
    std_error_iid : float
        ``sqrt((1 + SR^2 / 2) / T)`` (Lo 2002).
    observations : int
        T.
    """

    value: float
    annual: float
    std_error: float
    std_error_iid: float
    observations: int


def sharpe(excess: Floats) -> SharpeRatio:
    """Return the Sharpe ratio of excess returns.

    Parameters
    ----------
    excess : ndarray of shape (T,)
        Returns above the riskless one, decimals per session; without missing ones.

    Examples
    --------
    >>> found = sharpe(np.array([0.01, -0.01, 0.02, 0.0]))
    >>> round(found.value, 4), round(found.std_error_iid, 4)
    (0.3873, 0.5184)
    """
    count = len(excess)
    spread = _std(excess)
    if not spread > 0:
        return SharpeRatio(np.nan, np.nan, np.nan, np.nan, count)
    value = float(excess.mean()) / spread
    skew, kurtosis = _shape(excess)
    variance = (1.0 - skew * value + (kurtosis - 1.0) / 4.0 * value**2) / (count - 1)
    return SharpeRatio(value, sqrt(SESSIONS) * value, sqrt(max(variance, 0.0)), sqrt((1 + value**2 / 2) / count), count)


def _std(values: Floats) -> float:
    """Return the standard deviation with divisor n - 1, 0 where it is rounding, NaN for fewer than two values."""
    if len(values) < 2:
        return float("nan")
    spread = float(values.std(ddof=1))
    return 0.0 if spread <= FLAT * max(1e-300, float(np.abs(values).max())) else spread


def _shape(values: Floats) -> tuple[float, float]:
    """Return skewness and raw kurtosis (3 for a normal), moments with divisor n."""
    centred = values - values.mean()
    second = float((centred**2).mean())
    return float((centred**3).mean()) / second**1.5, float((centred**4).mean()) / second**2


def autocorrelation_factor(returns: Floats, periods: int = SESSIONS, lags: int | None = None) -> float:
    """Return what to multiply a Sharpe ratio per session by to make it one of `periods` sessions.

    Parameters
    ----------
    returns : ndarray of shape (T,)
        Decimals per session.
    periods : int
        q, sessions a year.
    lags : int, optional
        Autocorrelations beyond it count as zero; ``floor(4 (T/100)^(2/9))`` without it.

    Notes
    -----
    ``q / sqrt(q + 2 sum_{k<q} (q - k) rho_k)`` (Lo 2002, eq. 20); ``sqrt(q)`` without autocorrelation.

    Examples
    --------
    >>> autocorrelation_factor(np.array([0.01, 0.03, 0.02]), periods=4, lags=0)
    2.0
    """
    count = len(returns)
    if count < 2:
        return float("nan")
    lags = int(4 * (count / 100) ** (2 / 9)) if lags is None else lags
    centred = returns - returns.mean()
    total = float((centred**2).sum())
    if total <= 0:
        return float("nan")
    k = np.arange(1, min(lags, periods - 1, count - 1) + 1)
    rho = np.array([float((centred[each:] * centred[:-each]).sum()) / total for each in k])
    inside = periods + 2.0 * float(((periods - k) * rho).sum())
    return periods / sqrt(inside) if inside > 0 else float("nan")


def probabilistic_sharpe(found: SharpeRatio, benchmark: float = 0.0) -> float:
    """Return the probability that the true Sharpe ratio exceeds a benchmark, both per session.

    ``Phi((SR - SR0) / se)`` with the non-normal standard error (Bailey and Lopez de Prado 2012).
    """
    return NORMAL.cdf((found.value - benchmark) / found.std_error) if found.std_error > 0 else float("nan")


def expected_maximum_sharpe(count: int, spread: float) -> float:
    """Return the Sharpe ratio per session that the best of some worthless trials is expected to have.

    Parameters
    ----------
    count : int
        n, independent trials.
    spread : float
        Standard deviation of their Sharpe ratios per session.

    Notes
    -----
    ``sd(SR) [(1 - g) Phi^-1(1 - 1/n) + g Phi^-1(1 - 1/(n e))]``, g = 0.5772; 0 for n = 1 (Bailey and Lopez de
    Prado 2014).
    """
    if count < 2:
        return 0.0
    first, second = NORMAL.inv_cdf(1.0 - 1.0 / count), NORMAL.inv_cdf(1.0 - 1.0 / (count * e))
    return spread * ((1.0 - EULER) * first + EULER * second)


def deflated_sharpe(found: SharpeRatio, count: int, spread: float) -> float:
    """Return the probability that the true Sharpe ratio exceeds what the best of worthless trials would show."""
    return probabilistic_sharpe(found, expected_maximum_sharpe(count, spread))


def annual_return(returns: Floats) -> float:
    """Return the compound return a year, ``prod(1 + r)^(252/T) - 1``."""
    if not len(returns):
        return float("nan")
    grown = float(np.prod(1.0 + returns))
    return grown ** (SESSIONS / len(returns)) - 1.0 if grown > 0 else -1.0


def volatility(returns: Floats) -> float:
    """Return the standard deviation a year, ``sqrt(252)`` times that per session."""
    return sqrt(SESSIONS) * float(returns.std(ddof=1)) if len(returns) > 1 else float("nan")


def sortino(excess: Floats, target: float = 0.0) -> float:
    """Return the annual Sortino ratio: mean above the target over the downside deviation of all T sessions."""
    if not len(excess):
        return float("nan")
    below = np.minimum(excess - target, 0.0)
    deviation = sqrt(float((below**2).mean()))
    return sqrt(SESSIONS) * float((excess - target).mean()) / deviation if deviation > 0 else float("nan")


@dataclass(frozen=True, slots=True)
class Drawdown:
    """The deepest fall from a running peak, the start included.

    Parameters
    ----------
    depth : float
        0 or below, a decimal of the peak.
    peak, trough : int
        Positions in the equity, the start being 0.
    recovery : int or None
        Where the peak was reached again, None where it was not.
    length : int
        Sessions from the peak to the recovery, or to the end.
    """

    depth: float
    peak: int
    trough: int
    recovery: int | None
    length: int


def drawdown(returns: Floats) -> Drawdown:
    """Return the largest drawdown of returns, shape (T,), compounded from 1.

    Examples
    --------
    >>> drawdown(np.array([0.1, -0.2, 0.1, 0.3]))
    Drawdown(depth=-0.2, peak=1, trough=2, recovery=4, length=3)
    """
    equity = np.concatenate([[1.0], np.cumprod(1.0 + returns)])
    peaks = np.maximum.accumulate(equity)
    depth = equity / peaks - 1.0
    trough = int(depth.argmin())
    peak = int(equity[: trough + 1].argmax())
    back = np.flatnonzero(equity[trough:] >= peaks[trough])
    recovery = trough + int(back[0]) if back.size and trough > peak else None if trough > peak else peak
    end = len(equity) - 1 if recovery is None else recovery
    return Drawdown(round(float(depth[trough]), 15), peak, trough, recovery, end - peak)


def calmar(returns: Floats) -> float:
    """Return the compound return a year over the largest drawdown; NaN without one."""
    depth = drawdown(returns).depth
    return annual_return(returns) / -depth if depth < 0 else float("nan")
