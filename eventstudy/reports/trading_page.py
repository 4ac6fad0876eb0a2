"""A backtest on a page, as a figure, and as the files that other programs read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from eventstudy.reports.display import Column, DisplayTable, clean, moment, percent, price, table
from eventstudy.reports.files import json_text, write_text
from eventstudy.reports.style import FONT_SIZE, INK, MUTED, PALETTE, RULE, bare, inline_svg
from eventstudy.reports.trading import honesty_tables, sentences, trading_tables

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["equity_figure", "event_time_figure", "trading_page", "write_backtest"]

WIDTH = 6.0
MOST_TRADES = 100


def equity_figure(equity: pd.DataFrame) -> Figure:
    """Return equity over the days, with the drawdown from the running peak under it.

    Parameters
    ----------
    equity : DataFrame
        As in ``equity.csv``.
    """
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    from eventstudy.reports.canvas import Canvas

    figure = Canvas(figsize=(WIDTH, 3.6), layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=[2, 1])
    days, value = equity["date"].to_numpy(), equity["equity"].to_numpy(dtype=float)
    for axes in (above, below):
        bare(axes)
        axes.grid(axis="y", color=RULE, linewidth=0.6)
    above.axhline(value[0], color=MUTED, linewidth=0.8, linestyle=(0, (2, 2)))
    above.plot(days, value, color=PALETTE[0], linewidth=1.4)
    above.yaxis.set_major_formatter(FuncFormatter(lambda each, _: f"{each:,.0f}"))
    fall = value / np.maximum.accumulate(value) - 1.0
    below.fill_between(days, fall, 0, color=PALETTE[1], alpha=0.35, linewidth=0)
    below.yaxis.set_major_formatter(FuncFormatter(lambda each, _: f"{100 * each + 0.0:g}%"))
    below.yaxis.set_major_locator(MaxNLocator(3))
    _title(above, "Equity after costs")
    _title(below, "Drawdown")
    below.xaxis.set_major_locator(_dates())
    return figure


def _dates() -> Any:
    from matplotlib.dates import AutoDateLocator

    return AutoDateLocator(minticks=3, maxticks=8)  # type: ignore[no-untyped-call]


def event_time_figure(rows: Sequence[Mapping[str, Any]]) -> Figure:
    """Return the mean cumulative profit of unit positions by session since the entry, with its 95% band.

    Parameters
    ----------
    rows : sequence of mapping
        ``session``, ``cumulative``, ``std_error``, ``n``, as in ``performance.json``.
    """
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    from eventstudy.reports.canvas import Canvas

    figure = Canvas(figsize=(WIDTH, 2.4), layout="constrained")
    axes = figure.subplots()
    bare(axes)
    axes.grid(axis="y", color=RULE, linewidth=0.6)
    axes.axhline(0, color=MUTED, linewidth=0.8)
    session, mean, error = (
        np.array([row[name] for row in rows], dtype=float) for name in ("session", "cumulative", "std_error")
    )
    axes.fill_between(session, mean - 1.96 * error, mean + 1.96 * error, color=PALETTE[2], alpha=0.18, linewidth=0)
    axes.plot(session, mean, color=PALETTE[2], linewidth=1.6)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda each, _: f"{100 * each:+.2f}%" if each else "0%"))
    axes.yaxis.set_major_locator(MaxNLocator(4))
    axes.xaxis.set_major_locator(MaxNLocator(8, integer=True))
    axes.set_xlabel("Sessions since the entry", fontsize=FONT_SIZE, color=MUTED)
    _title(axes, f"Mean profit of a position, without costs and hedge, N = {rows[0]['n']:,}")
    return figure


def _title(axes: Axes, text: str) -> None:
    axes.set_title(text, loc="left", fontsize=FONT_SIZE, color=INK)


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
    from eventstudy.reports.html import _environment

    rows = performance["event_time"]
    context = {
        "title": clean(title),
        "headline": sentences(performance),
        "verdict": [clean(each) for each in honesty["verdict"]],
        "equity": inline_svg(equity_figure(equity), "equity", "Equity after costs, and its drawdown"),
        "event_time": inline_svg(event_time_figure(rows), "eventtime", "Mean profit by session") if rows else "",
        "honesty": honesty_tables(honesty),
        "tables": trading_tables(performance),
        "trades": _trades(trades).head(MOST_TRADES, "trades.csv"),
        "colours": list(enumerate(PALETTE, start=1)),
    }
    return _environment().get_template("trading.html.j2").render(context)


def _trades(trades: pd.DataFrame) -> DisplayTable:
    rows = [
        (
            clean(row["event_id"]),
            clean(row["symbol"]),
            clean(row["side"]),
            f"{row['shares']:,.6g}",
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


def write_backtest(
    trades: pd.DataFrame,
    equity: pd.DataFrame,
    performance: Mapping[str, Any],
    folder: str | Path,
    run: Mapping[str, Any] | None = None,
) -> list[Path]:
    """Write ``trades.csv``, ``equity.csv`` and ``performance.json``, whole or not at all, the same bytes each time.

    Parameters
    ----------
    trades, equity : DataFrame
        Columns as the contract of the output directory has them.
    performance : mapping
        Plain values.
    folder : str or Path
        Made if it does not exist.
    run : mapping, optional
        Clock time, host, paths; goes to ``run.json`` and nowhere else.

    Raises
    ------
    OutputError
        If the folder can't be written in.
    """
    folder = Path(folder)
    written = trades.copy()
    for name in ("information_time", "decision_time", "entry_time", "exit_time"):
        written[name] = written[name].dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    days = equity.assign(date=equity["date"].dt.strftime("%Y-%m-%d"))
    paths = [
        write_text(folder / "trades.csv", written.to_csv(index=False, lineterminator="\n")),
        write_text(folder / "equity.csv", days.to_csv(index=False, lineterminator="\n")),
        write_text(folder / "performance.json", json_text(performance)),
    ]
    if run is not None:
        paths.append(write_text(folder / "run.json", json_text(run)))
    return paths
