"""A backtest on a page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from eventstudy.reports.display import Column, DisplayTable, clean, moment, percent, price, table
from eventstudy.reports.html import environment
from eventstudy.reports.style import PALETTE, inline_svg
from eventstudy.reports.trading import honesty_tables, sentences, trading_tables
from eventstudy.reports.trading_figures import equity_figure, equity_words, event_time_figure, event_time_words

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["trading_page"]

MOST_TRADES = 100


def trading_page(
    equity: pd.DataFrame,
    trades: pd.DataFrame,
    performance: Mapping[str, Any],
    honesty: Mapping[str, Any],
    *,
    title: str = "Backtest",
) -> str:
    """Return a backtest as one self-contained page of HTML.

    Parameters
    ----------
    equity, trades : DataFrame
        As in ``equity.csv`` and ``trades.csv``.
    performance : mapping
        As in ``performance.json``.
    honesty : mapping
        The honesty panel as plain values.
    title : str
        What the strategy is called.
    """
    rows = performance["event_time"]
    context = {
        "title": clean(title),
        "headline": sentences(performance),
        "verdict": [clean(each) for each in honesty["verdict"]],
        "equity": inline_svg(equity_figure(equity), "equity", equity_words(equity)),
        "event_time": inline_svg(event_time_figure(rows), "eventtime", event_time_words(rows)) if rows else "",
        "honesty": honesty_tables(honesty),
        "tables": trading_tables(performance),
        "trades": _trades(trades).head(MOST_TRADES, "trades.csv"),
        "colours": list(enumerate(PALETTE, start=1)),
    }
    return environment().get_template("trading.html.j2").render(context)


def _trades(trades: pd.DataFrame) -> DisplayTable:
    rows = [
        (
            clean(row["event_id"]),
            clean(row["symbol"]),
            clean(row["side"]),
            f"{row['shares']:,.2f}".removesuffix(".00"),
            moment(row["entry_time"]),
            price(row["entry_price"]),
            moment(row["exit_time"]),
            price(row["exit_price"]),
            percent(row["net"] / (row["shares"] * row["entry_price"])),
            clean(row["exit_reason"]).replace("_", " "),
        )
        for row in trades.to_dict("records")
    ]
    left = [Column(name, "left") for name in ("Event", "Symbol", "Side")]
    right = [Column(name) for name in ("Shares", "Entry", "Price", "Exit", "Price", "Net", "Closed by")]
    return table("Every trade", [*left, *right], rows)
