"""The same account as a plain loop over days and positions: slow, and with nothing in common with the engine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from eventstudy.backtest import BacktestResult


def price_table(result: BacktestResult) -> dict[str, pd.DataFrame]:
    """Return the prices of each symbol by date, as rows to be looked up."""
    frame = result.market.prices.to_frame()
    return {str(symbol): rows.set_index("date") for symbol, rows in frame.groupby("symbol")}


def value_paths(result: BacktestResult) -> pd.DataFrame:
    """Return equity, cash, long and short on every day, made from trades.csv, the prices and the rates alone."""
    costs, trades, details = result.rule.costs, result.trades, result.details
    prices = price_table(result)
    dates = [pd.Timestamp(each) for each in result.dates]
    cash, held, rows = result.rule.capital, dict[int, dict[str, Any]](), []
    equity, before = result.rule.capital, None
    for date in dates:
        nights = (date - before).days if before is not None else 0
        rate = costs.risk_free * nights / 360
        gross = sum(abs(each["value"]) for each in held.values())
        if before is not None:
            cash += max(equity - gross, 0) * rate if costs.cash_earns else 0
            for each in held.values():
                fee = costs.hard_to_borrow.get(each["symbol"], costs.borrow)
                cash -= max(-each["value"], 0) * fee * nights / 360
                paid = max(gross - equity, 0) * (rate + costs.financing * nights / 360)
                cash -= paid * abs(each["value"]) / gross if gross else 0
                row = prices[each["symbol"]].loc[date] if date in prices[each["symbol"]].index else None
                if row is not None:
                    cash += each["shares"] * row["dividend"]
                    each["shares"] *= row["split"]
        for place in trades.index[details["entry_date"] == date]:
            trade, sign = trades.loc[place], 1 if trades.loc[place, "side"] == "long" else -1
            cash -= sign * trade["shares"] * trade["entry_price"] + fill_cost(result, place, "entry")
            held[place] = {"symbol": trade["symbol"], "shares": sign * trade["shares"], "value": 0.0}
        for place in [each for each in held if details.loc[each, "exit_date"] == date]:
            shares = held.pop(place)["shares"]
            cash += shares * trades.loc[place, "exit_price"] - fill_cost(result, place, "exit", abs(shares))
        for place, each in held.items():
            known = prices[each["symbol"]].loc[:date, "close"].dropna()
            price = known.iloc[-1] if len(known) else trades.loc[place, "entry_price"]
            each["value"] = each["shares"] * price
        values = [each["value"] for each in held.values()]
        long, short = sum(v for v in values if v > 0), sum(v for v in values if v < 0)
        equity = cash + long + short
        rows.append({"date": date, "equity": equity, "cash": cash, "long": long, "short": short})
        before = date
    return pd.DataFrame(rows)


def fill_cost(result: BacktestResult, place: int, side: str, shares: float | None = None) -> float:
    """Return the cost of one fill, worked out again from the rates."""
    costs, trade, detail = result.rule.costs, result.trades.loc[place], result.details.loc[place]
    if side == "exit" and trade["exit_reason"] in ("end_of_data", "delisted"):
        return 0.0
    count = trade["shares"] if shares is None else shares
    notional = count * trade[f"{side}_price"]
    auction = {"open", "close"}
    fills: Mapping[str, str] = dict(zip(result.fills["side"], result.fills["moment"], strict=True))
    share = costs.auction_impact if fills[side] in auction else 1.0
    impact = 0.0
    if not np.isnan(detail["adv"]) and not np.isnan(detail["sigma"]):
        impact = costs.impact * share * detail["sigma"] * (notional / detail["adv"]) ** 0.5 * notional
    commission = max(costs.minimum, costs.commission * notional + costs.per_share * count)
    return float(commission + costs.half_spread * notional + impact)
