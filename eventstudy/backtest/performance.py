"""All measures of a result as plain values: what `performance.json` holds."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from math import nan, sqrt
from typing import TYPE_CHECKING, Any

import numpy as np

from eventstudy._typing import Dates, Floats
from eventstudy.backtest import measures, tradestats
from eventstudy.backtest.alpha import Alpha, alpha
from eventstudy.backtest.capacity import capacity
from eventstudy.backtest.paths import calendar_time, event_time
from eventstudy.backtest.statuses import OrderStatus

if TYPE_CHECKING:
    from eventstudy.backtest.result import BacktestResult
    from eventstudy.panels import FactorPanel

__all__ = ["performance"]

Plain = dict[str, Any]


def performance(result: BacktestResult) -> Plain:
    """Return all measures of a backtest; a number that can't be computed is NaN, in JSON null.

    Each entry of ``net`` and ``gross`` is ``{value, std_error, ...}``; returns are decimals, Sharpe ratios annual where
    they are called so. ``by_year``, ``by_leg``, ``by_decile``, ``event_time`` are lists of rows.
    """
    held = result.positions
    reasons = result.trades["exit_reason"][(result.details["leg"] == "position").to_numpy()]
    counts = Counter(str(each) for each in result.status)
    return {
        "capital": result.rule.capital,
        "first": str(result.dates[0]) if len(result.dates) else "",
        "last": str(result.dates[-1]) if len(result.dates) else "",
        "sessions": len(result.returns),
        "final_equity": float(result.days.equity[-1]),
        "orders": {"given": len(result.status), **dict(sorted(counts.items()))},
        "trades": len(held),
        "hedges": len(result.trades) - len(held),
        "exits": dict(sorted(Counter(reasons).items())),
        "flags": dict(sorted(Counter(flag for each in held["flags"] for flag in each.split(";") if flag).items())),
        "net": _series(result, result.returns, result.excess_returns),
        "gross": _series(result, result.gross_returns, result.gross_returns - (result.returns - result.excess_returns)),
        "per_trade": _per_trade(result),
        "costs": {name: float(result.trades[name].sum()) for name in _COSTS},
        "interest": float(result.days.interest.sum()),
        "turnover": {"value": _turnover(result)},
        "exposure": _exposure(result),
        "capacity": _capacity(result),
        "alpha": _alpha(result, result.excess_returns),
        "calendar_time": _calendar_time(result),
        "trials": {"count": result.trials.count, "spread": result.trials.spread},
        "by_year": _by_year(result),
        "by_leg": _by_leg(result),
        "by_decile": _by_decile(result),
        "event_time": _event_time(result),
        "without_year": _without(result, "year"),
        "without_name": _without(result, "name")[:10],
        "notes": _notes(result, counts),
        "inputs": dict(result.inputs),
    }


_COSTS = ("commission", "spread", "impact", "borrow", "financing")


def _series(result: BacktestResult, returns: Floats, excess: Floats) -> Plain:
    """Return the measures of a daily series."""
    found = measures.sharpe(excess)
    year = sqrt(measures.SESSIONS)
    factor = measures.autocorrelation_factor(excess)
    # What was lost in a ruin stays lost.
    path = np.nan_to_num(returns)
    fall = measures.drawdown(path)
    trials = result.trials
    dates = result.dates
    mean = alpha(excess)
    return {
        "total_return": {"value": float(np.prod(1.0 + path) - 1.0)},
        "annual_return": {"value": measures.annual_return(returns)},
        "mean": {"value": mean.value, "std_error": mean.std_error, "t": mean.t, "p_value": mean.p_value},
        "volatility": {"value": measures.volatility(returns)},
        "sharpe": {
            "value": found.annual,
            "std_error": found.std_error * year,
            "std_error_iid": found.std_error_iid * year,
            "per_session": found.value,
        },
        "sharpe_autocorrelation": {"value": found.value * factor, "std_error": found.std_error * factor},
        "probabilistic_sharpe": {"value": measures.probabilistic_sharpe(found)},
        "deflated_sharpe": {"value": measures.deflated_sharpe(found, trials.count, trials.spread)},
        "sortino": {"value": measures.sortino(excess)},
        "max_drawdown": {
            "value": fall.depth,
            "peak": str(dates[fall.peak]),
            "trough": str(dates[fall.trough]),
            "recovery": None if fall.recovery is None else str(dates[fall.recovery]),
            "sessions": fall.length,
        },
        "calmar": {"value": measures.calmar(returns)},
    }


def _per_trade(result: BacktestResult) -> Plain:
    held = result.positions
    net, gross, profits = (held[name].to_numpy() for name in ("net_return", "gross_return", "net"))
    share, low, high = tradestats.hit_rate(profits)
    dates = held["entry_date"].to_numpy().astype("datetime64[D]")
    wins, losses = net[net > 0], net[net < 0]
    return {
        "hit_rate": {"value": share, "low": low, "high": high},
        "profit_factor": {"value": tradestats.profit_factor(profits)},
        "mean_win": {"value": float(wins.mean()) if len(wins) else float("nan")},
        "mean_loss": {"value": float(losses.mean()) if len(losses) else float("nan")},
        "gross_return": {**asdict(tradestats.bootstrap_by_date(gross, dates))},
        "net_return": {**asdict(tradestats.bootstrap_by_date(net, dates))},
        "sessions_held": {"value": float(held["sessions"].mean()) if len(held) else float("nan")},
    }


def _turnover(result: BacktestResult) -> float:
    """Return what was traded a year, as a share of twice the mean equity."""
    years = len(result.returns) / measures.SESSIONS
    mean = float(result.days.equity.mean())
    return float(result.days.traded.sum()) / (2.0 * mean) / years if years > 0 and mean > 0 else float("nan")


def _exposure(result: BacktestResult) -> Plain:
    days = result.days
    gross = (days.long - days.short) / result.capitals
    net = (days.long + days.short) / result.capitals
    return {
        "invested": float((days.long - days.short > 0).mean()),
        "gross": float(gross.mean()),
        "net": float(net.mean()),
        "positions": float(days.positions.mean()),
        "most_positions": int(days.positions.max(initial=0)),
    }


def _capacity(result: BacktestResult) -> Plain:
    impact = result.days.impact[1:] / result.capitals[:-1]
    rate = result.returns - result.excess_returns
    found = capacity(result.returns, impact, rate, result.rule.capital)
    curve = [dict(zip(("capital", "annual_return", "sharpe"), row, strict=True)) for row in found.curve]
    # Where no volume is known there is no impact to tell the capacity by.
    known = bool(impact.sum() > 0) or result.rule.costs.impact == 0
    return {"value": found.equity if known else float("nan"), "curve": curve if known else []}


def _alpha(result: BacktestResult, excess: Floats) -> Plain | None:
    """Return alpha to the factors given, per session; nothing where there are none."""
    if result.factors is None:
        return None
    return _as_dict(alpha(excess, _factors_on(result.factors, result.dates)[1:], result.factors.names))


def _factors_on(factors: FactorPanel, dates: Dates) -> Floats:
    """Return the factors on each day of the account, NaN where they have none, shape (T, K)."""
    found = np.full((len(dates), len(factors.names)), np.nan)
    there = np.isin(dates, factors.dates)
    found[there] = factors.values[np.searchsorted(factors.dates, dates[there])]
    return found


def _calendar_time(result: BacktestResult) -> Plain:
    returns, count = calendar_time(result.market, result.orders, result.timeline, result.risk_free)
    factors = None if result.factors is None else _factors_on(result.factors, result.dates)
    names = () if result.factors is None else result.factors.names
    return {
        "days": int((count > 0).sum()),
        "mean_firms": float(count[count > 0].mean()) if (count > 0).any() else float("nan"),
        "hac": _as_dict(alpha(returns, factors, names)),
        "weighted": _as_dict(alpha(returns, factors, names, weights=count.astype(np.float64))),
    }


def _as_dict(found: Alpha) -> Plain:
    return asdict(found)


def _known(returns: Floats) -> Floats:
    """Return what comes before a ruin, and that itself: after it there are no returns."""
    return returns[~np.isnan(returns)]


def _by_year(result: BacktestResult) -> list[Plain]:
    year = result.dates[1:].astype("datetime64[Y]").astype(np.int64) + 1970
    entered = result.positions["entry_date"].dt.year.to_numpy()
    rows = []
    for each in np.unique(year):
        here = year == each
        found = measures.sharpe(result.excess_returns[here])
        net, gross = _known(result.returns[here]), _known(result.gross_returns[here])
        rows.append(
            {
                "year": int(each),
                "trades": int((entered == each).sum()),
                "net_return": float(np.prod(1.0 + net) - 1.0) if len(net) else nan,
                "gross_return": float(np.prod(1.0 + gross) - 1.0) if len(gross) else nan,
                "sharpe": found.annual,
                "sharpe_std_error": found.std_error * sqrt(measures.SESSIONS),
                "max_drawdown": measures.drawdown(net).depth if len(net) else nan,
            }
        )
    return rows


def _by_leg(result: BacktestResult) -> list[Plain]:
    held = result.positions
    side, net, gross, money = (held[name].to_numpy() for name in ("side", "net_return", "gross_return", "net"))
    rows = []
    for leg in ("long", "short"):
        here = side == leg
        share, low, high = tradestats.hit_rate(money[here])
        rows.append(
            {
                "leg": leg,
                "trades": int(here.sum()),
                "net": float(money[here].sum()),
                "gross_return": tradestats.mean_with_error(gross[here]),
                "net_return": tradestats.mean_with_error(net[here]),
                "hit_rate": share,
                "hit_low": low,
                "hit_high": high,
            }
        )
    return rows


def _by_decile(result: BacktestResult) -> Plain:
    held = result.positions
    strength = held["strength"].to_numpy() * np.sign(held["signal"].to_numpy())
    returns = {name: held[name].to_numpy() for name in ("gross_return", "net_return")}
    rows, correlation = tradestats.quantile_means(strength, returns)
    return {"rows": rows, "rank_correlation": correlation}


def _event_time(result: BacktestResult) -> list[Plain]:
    found = event_time(result.market, result.orders)
    names = ("session", "n", "mean", "cumulative", "std_error")
    columns = [getattr(found, name).tolist() for name in names]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def _without(result: BacktestResult, what: str) -> list[Plain]:
    held = result.positions
    labels = held["symbol"] if what == "name" else held["entry_date"].dt.year.astype(str)
    profits, returns = held["net"].to_numpy(), held["net_return"].to_numpy()
    return tradestats.leave_one_out(profits, returns, labels.to_numpy(dtype=object))


def _notes(result: BacktestResult, counts: Counter[str]) -> list[str]:
    """Return what a reader must know of the figures, a sentence each."""
    notes = []
    unfilled = len(result.status) - counts[OrderStatus.FILLED] - counts[OrderStatus.PARTLY_FILLED]
    if unfilled:
        verb = "was" if unfilled == 1 else "were"
        notes.append(f"{unfilled} of {len(result.status)} events {verb} not traded; the orders say why.")
    ruined = np.flatnonzero(np.isnan(result.capitals))
    if ruined.size:
        date = result.dates[ruined[0]]
        notes.append(f"On {date} nothing was left of the equity; later returns are not known.")
    flags = ";".join(result.details["flags"])
    if "adv_unknown" in flags:
        notes.append("Where the volume is unknown there is no impact in the costs and no cap on size.")
    if "fractions" in flags:
        notes.append("Symbols without prices as traded were traded in fractions of shares.")
    if (result.book.entry_shares < 0).any():
        notes.append("Shares lent are assumed never to be recalled.")
    if "next_date_unproven" in flags:
        notes.append("Nobody says when the dates of next announcements were known; they count as scheduled.")
    return notes
