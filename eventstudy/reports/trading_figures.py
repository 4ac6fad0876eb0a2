"""Figures of a backtest: equity with its drawdown, and the profit of a position by session."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from eventstudy.reports.axes import blank, date_axis, grid, panel, percent_axis, session_axis, title
from eventstudy.reports.display import date, percent
from eventstudy.reports.style import MUTED, PALETTE, bare

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

__all__ = ["equity_figure", "equity_words", "event_time_figure", "event_time_words"]

WIDTH = 5.0


def equity_figure(equity: pd.DataFrame) -> Figure:
    """Return equity over the days, with the drawdown from the running peak under it.

    Parameters
    ----------
    equity : DataFrame
        As in ``equity.csv``.
    """
    from matplotlib.ticker import FuncFormatter

    figure = blank(WIDTH, 3.4)
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=[2, 1])
    days, value = equity["date"].to_numpy(), equity["equity"].to_numpy(dtype=float)
    for axes in (above, below):
        bare(axes)
        grid(axes, zero=False)
    above.axhline(value[0], color=MUTED, linewidth=0.8, linestyle=(0, (2, 2)))
    above.plot(days, value, color=PALETTE[0], linewidth=1.4)
    above.yaxis.set_major_formatter(FuncFormatter(lambda each, _: f"{each:,.0f}"))
    fall = value / np.maximum.accumulate(value) - 1.0
    below.fill_between(days, fall, 0, color=PALETTE[1], alpha=0.35, linewidth=0)
    percent_axis(below, "y", ticks=3)
    title(above, "Equity after costs, in the currency of the prices")
    title(below, "Drawdown")
    date_axis(below)
    return figure


def event_time_figure(rows: Sequence[Mapping[str, Any]]) -> Figure:
    """Return the mean cumulative profit of unit positions by session since the entry, with its 95% band.

    Parameters
    ----------
    rows : sequence of mapping
        ``session``, ``cumulative``, ``std_error``, ``n``, as in ``performance.json``.
    """
    figure, axes = panel(WIDTH, 2.4)
    grid(axes)
    session, mean, error = (
        np.array([row[name] for row in rows], dtype=float) for name in ("session", "cumulative", "std_error")
    )
    axes.fill_between(session, mean - 1.96 * error, mean + 1.96 * error, color=PALETTE[2], alpha=0.18, linewidth=0)
    axes.plot(session, mean, color=PALETTE[2], linewidth=1.6)
    percent_axis(axes, "y", ticks=4)
    session_axis(axes, "Sessions since the entry")
    title(axes, f"Mean profit of a position and its 95% band, without costs and hedge, N = {rows[0]['n']:,}")
    return figure


def equity_words(equity: pd.DataFrame) -> str:
    """Return what `equity_figure` shows, for those who can't see it."""
    days, value = equity["date"], equity["equity"].to_numpy(dtype=float)
    fall = float((value / np.maximum.accumulate(value) - 1.0).min())
    return (
        f"Equity after costs from {date(days.iloc[0])} to {date(days.iloc[-1])}: from {value[0]:,.0f} to "
        f"{value[-1]:,.0f}. Below it the drawdown, at most {percent(fall)}."
    )


def event_time_words(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return what `event_time_figure` shows, for those who can't see it."""
    last = rows[-1]
    return (
        f"Mean profit of {rows[0]['n']:,} positions by session since the entry, with its 95% band: "
        f"{percent(last['cumulative'])} after {last['session']} sessions."
    )
