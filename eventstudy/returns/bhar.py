"""Buy-and-hold abnormal returns, and what becomes of the proceeds when a firm stops trading."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from eventstudy._typing import Bools, Floats
from eventstudy.errors import UnknownNameError

__all__ = ["BuyAndHold", "buy_and_hold"]

BENCHMARKS = ("market", "model")
DELISTING = ("benchmark", "cash", "truncate")


@dataclass(frozen=True, slots=True, kw_only=True)
class BuyAndHold:
    """How buy-and-hold abnormal returns are taken (METHODS 1.3, 2.3).

    Parameters
    ----------
    benchmark : str
        ``"market"``: the model's first regressor, be it a market, a match or a portfolio (held, not rebalanced);
        ``"model"``: its expected returns.
    delisting : str
        After a firm's last session its proceeds earn the ``"benchmark"``, lie in ``"cash"``, or both legs end
        (``"truncate"``).

    Examples
    --------
    >>> BuyAndHold(delisting="cash").benchmark
    'market'
    """

    benchmark: str = "market"
    delisting: str = "benchmark"

    def __post_init__(self) -> None:
        for name, known in (("benchmark", BENCHMARKS), ("delisting", DELISTING)):
            if getattr(self, name) not in known:
                raise UnknownNameError(f"{name} of buy-and-hold returns", getattr(self, name), known)


def buy_and_hold(
    actual: Floats,
    benchmark: Floats,
    *,
    log: bool = False,
    delisted: Bools | None = None,
    delisting: str = "benchmark",
    span: Floats | None = None,
) -> Floats:
    """Return ``prod (1 + R_t) - prod (1 + R_benchmark,t)`` of each event.

    Parameters
    ----------
    actual : ndarray of shape (E, L)
        Returns, decimals per session, NaN where missing.
    benchmark : ndarray of shape (E, L) or (E, L, J)
        Of the benchmark, or of J members that are bought and held in equal parts; a member with a missing return is
        left out.
    log : bool
        Whether returns are log returns.
    delisted : ndarray of shape (E, L), optional
        Sessions after the firm's last.
    delisting : str
        See `BuyAndHold`.
    span : ndarray of shape (E, L), optional
        Sessions that each return covers, where returns run from trade to trade.

    Returns
    -------
    ndarray of shape (E,)
        NaN where a return of either is missing.

    Examples
    --------
    >>> firm, market = np.array([[0.10, 0.10]]), np.array([[0.05, 0.0]])
    >>> buy_and_hold(firm, market).round(4).tolist()
    [0.16]
    >>> gone = np.array([[False, True]])
    >>> buy_and_hold(np.array([[0.10, np.nan]]), market, delisted=gone, delisting="cash").round(4).tolist()
    [0.05]
    """
    if delisted is not None and not delisted.any():
        delisted = None
    firm, legs = _growth(actual, log), _growth(benchmark if benchmark.ndim == 3 else benchmark[..., None], log)
    if span is not None:
        firm = _covered(firm, span)
    if delisted is not None and delisting == "truncate":
        firm, legs = np.where(delisted, 1.0, firm), np.where(delisted[..., None], 1.0, legs)
    elif delisted is not None and delisting == "cash":
        firm = np.where(delisted, 1.0, firm)
    elif delisted is not None:
        # The portfolio that the proceeds go into is the one compared with.
        whole = np.isfinite(legs).all(axis=1, keepdims=True)
        firm = np.where(delisted, _held(np.where(whole, legs, np.nan)), firm)
    return np.asarray(np.prod(firm, axis=1) - _mean_of_whole(np.asarray(np.prod(legs, axis=1), dtype=np.float64)))


def _growth(returns: Floats, log: bool) -> Floats:
    return np.asarray(np.exp(returns) if log else 1.0 + returns)


def _covered(growth: Floats, span: Floats) -> Floats:
    """Return growth with one on the sessions that a later return of the window covers.

    A return that begins before the window is not of the window: it is missing.
    """
    days = growth.shape[1]
    place = np.arange(days)
    there = ~np.isnan(growth)
    first = np.where(there, place - span + 1, days)
    # The earliest beginning of any return from this session on.
    reach = np.minimum.accumulate(first[:, ::-1], axis=1)[:, ::-1]
    outside = there & (first < 0)
    return np.where(outside, np.nan, np.where(~there & (reach <= place), 1.0, growth))


def _held(legs: Floats) -> Floats:
    """Return the growth of a portfolio bought at the first session and held, shape (E, L)."""
    wealth = _mean_of_whole(np.asarray(np.cumprod(legs, axis=1), dtype=np.float64))
    before = np.concatenate([np.ones((len(wealth), 1)), wealth[:, :-1]], axis=1)
    return np.asarray(wealth / before)


def _mean_of_whole(values: Floats) -> Floats:
    """Return the mean over the last axis of the values there are; NaN without any."""
    if values.shape[-1] == 1:
        return values[..., 0]
    there = ~np.isnan(values)
    count = there.sum(axis=-1)
    return np.where(count > 0, np.where(there, values, 0.0).sum(axis=-1) / np.maximum(count, 1), np.nan)
