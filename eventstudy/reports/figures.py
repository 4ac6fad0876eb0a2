"""Figures of result frames: functions that return a matplotlib Figure and leave everything else alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from eventstudy.errors import InputError
from eventstudy.reports.axes import (
    blank,
    figure_title,
    grid,
    legend_above,
    panel,
    percent_axis,
    session_axis,
    shortened,
    title,
)
from eventstudy.reports.contract import is_missing
from eventstudy.reports.display import MISSING, clean, count, leg_title, percent, price, reason
from eventstudy.reports.effects import leg_rows, whole_group
from eventstudy.reports.style import FONT_SIZE, INK, MUTED, PALETTE, bare

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["caar", "group_caar", "ladder"]

WIDTH = 5.0
PANEL_HEIGHT = 1.6
ROW_HEIGHT = 0.31
# Points: what a label such as "+114.88%" needs, and what is left for bars and labels beside the rungs' names.
LABEL_ROOM = 66
BARS_WIDTH = 245
MOST_PANELS = 6
MOST_GROUPS = len(PALETTE)
# More bands than these hide each other.
MOST_BANDS = 4


def caar(aar: pd.DataFrame) -> Figure:
    """Return the cumulative mean abnormal return with its 95% band, a panel for each model.

    The panels share both axes, so that heights may be compared.

    Parameters
    ----------
    aar : DataFrame
        As in ``aar.csv``: caar, ci_low and ci_high in decimals; a missing limit leaves a gap in the band.

    Raises
    ------
    InputError
        If there is no row to draw.
    """
    rows = whole_group(aar)
    models = list(dict.fromkeys(rows["model"]))[:MOST_PANELS]
    if not models:
        raise InputError("There is no mean abnormal return to draw: no event was kept.")
    figure = blank(WIDTH, PANEL_HEIGHT * len(models) + 0.5)
    panels = figure.subplots(len(models), 1, sharex=True, sharey=True, squeeze=False)[:, 0].tolist()
    for place, (axes, model) in enumerate(zip(panels, models, strict=True)):
        _caar_panel(axes, rows[rows["model"] == model], PALETTE[place % len(PALETTE)])
    _day_axes(panels)
    return figure


def group_caar(aar: pd.DataFrame, model: str | None = None) -> Figure:
    """Return the cumulative mean abnormal returns of groups as lines, a panel for each column that makes groups.

    Parameters
    ----------
    aar : DataFrame
        As in ``aar.csv``: caar, ci_low and ci_high in decimals. Of more than six groups of a column the first six are
        drawn; up to four have their 95% bands.
    model : str, optional
        The first one without it.

    Raises
    ------
    InputError
        If there are no groups.
    """
    rows = aar[aar["group"].map(clean).str.contains("=", regex=False)]
    rows = rows[rows["model"] == (model or (rows["model"].iloc[0] if len(rows) else ""))]
    if rows.empty:
        raise InputError("There are no groups to draw.")
    rows = rows.assign(column=[clean(group).partition("=")[0] for group in rows["group"]])
    columns = list(dict.fromkeys(rows["column"]))[:MOST_PANELS]
    figure = blank(WIDTH, 3.0 * len(columns) + 0.4)
    panels = figure.subplots(len(columns), 1, sharex=True, sharey=True, squeeze=False)[:, 0].tolist()
    for axes, column in zip(panels, columns, strict=True):
        _group_panel(axes, rows[rows["column"] == column], column)
    _day_axes(panels)
    return figure


def _group_panel(axes: Axes, rows: pd.DataFrame, column: str) -> None:
    _day_panel(axes)
    groups = list(dict.fromkeys(rows["group"]))
    drawn = groups[:MOST_GROUPS]
    banded = len(drawn) <= MOST_BANDS
    # The last colour is near the first.
    for colour, style, group in zip(PALETTE, "-----:", drawn, strict=False):
        path = rows[rows["group"] == group]
        day, value, low, high = (path[each].to_numpy(dtype=float) for each in ("day", "caar", "ci_low", "ci_high"))
        label = f"{shortened(clean(group).partition('=')[2])}, N = {count(path['n'].max())}"
        if banded:
            axes.fill_between(day, low, high, color=colour, alpha=0.12, linewidth=0)
        axes.plot(day, value, color=colour, linestyle=style, label=label)
    few = f", {MOST_GROUPS} of {len(groups)} groups" if len(groups) > MOST_GROUPS else ""
    shown = rows[rows["group"].isin(drawn)]
    if not (shown["ci_high"] > shown["ci_low"]).any():
        bands = ", no bands"
    else:
        bands = " and 95% bands" if banded else f", no bands beyond {MOST_BANDS} groups"
    events = count(shown.groupby("group")["n"].max().sum())
    told = f"{shortened(clean(rows['model'].iloc[0]))}: CAAR{bands} by {column.replace('_', ' ')}{few}, N = {events}"
    legend_above(axes, told)


def _day_axes(panels: Sequence[Axes]) -> None:
    percent_axis(panels[0], "y", ticks=4)
    session_axis(panels[-1])


def _day_panel(axes: Axes) -> None:
    bare(axes)
    grid(axes)
    axes.axvline(0, color=MUTED, linewidth=0.8, linestyle=(0, (2, 2)))


def _caar_panel(axes: Axes, path: pd.DataFrame, colour: str) -> None:
    _day_panel(axes)
    day = path["day"].to_numpy(dtype=float)
    low, high = path["ci_low"].to_numpy(dtype=float), path["ci_high"].to_numpy(dtype=float)
    axes.fill_between(day, low, high, color=colour, alpha=0.18, linewidth=0)
    axes.plot(day, path["caar"].to_numpy(dtype=float), color=colour, linewidth=1.8, solid_joinstyle="round")
    fewest, most = count(path["n"].min()), count(path["n"].max())
    events = f"N = {most}" if fewest == most else f"N = {fewest} to {most}"
    what = "CAR of the one event" if most == "1" else "CAAR"
    band = " and 95% band" if (high > low).any() else ", no band"
    told = f"{shortened(clean(path['model'].iloc[0]))}: {what}{band}, {events}"
    title(axes, told)


def ladder(reactions: pd.DataFrame, event_id: str) -> Figure:
    """Return the rungs of one event as bars from the base price, in the order of time, read downwards.

    A quoted rung is hatched and open, a measured one is solid; a missing one says why, one that nobody printed stands
    where the price before it did.

    Parameters
    ----------
    reactions : DataFrame
        As in ``reactions.csv``: raw in decimals from base_price.
    event_id : str
        The event.

    Raises
    ------
    InputError
        If the frame holds no such event.
    """
    rungs = leg_rows(reactions, event_id, "rung")
    raw = rungs["raw"].to_numpy(dtype=float)
    figure, axes = panel(WIDTH, ROW_HEIGHT * len(rungs) + 0.85)
    axes.axvline(0, color=MUTED, linewidth=0.8)
    for place, row in enumerate(rungs.to_dict("records")):
        _rung(axes, place, {str(key): value for key, value in row.items()})
    _connect(axes, raw)
    _ladder_frame(axes, rungs, raw)
    return figure


def _rung(axes: Axes, place: int, row: dict[str, Any]) -> None:
    move = row["raw"]
    if is_missing(move):
        text = f"{MISSING} {reason(row['reason'])}".rstrip()
        _label(axes, 0, place, text, right=True, colour=MUTED)
        return
    if "no_print" in clean(row["reason"]):
        axes.barh(place, move, height=0.6, facecolor="none", edgecolor=MUTED, linewidth=0.8)
        _label(axes, move, place, "no print", right=move >= 0, colour=MUTED)
        return
    colour = PALETTE[0] if move >= 0 else PALETTE[1]
    if row["price_source"] == "quoted":
        axes.barh(place, move, height=0.6, facecolor="none", edgecolor=colour, linewidth=1, hatch="////")
    else:
        axes.barh(place, move, height=0.6, color=colour, linewidth=0)
    _label(axes, move, place, percent(move), right=move >= 0, colour=INK)


def _label(axes: Axes, at: float, place: int, text: str, *, right: bool, colour: str) -> None:
    axes.annotate(
        text,
        (at, place),
        xytext=(5 if right else -5, 0),
        textcoords="offset points",
        ha="left" if right else "right",
        va="center",
        fontsize=FONT_SIZE,
        color=colour,
        parse_math=False,
    )


def _connect(axes: Axes, raw: np.ndarray[tuple[int], np.dtype[np.float64]]) -> None:
    """Join the end of each bar to the next, so that the path of the price can be followed."""
    place = np.flatnonzero(np.isfinite(raw[:-1]) & np.isfinite(raw[1:]))
    # One path for all, with a gap after each.
    across = raw[np.add.outer(place, [0, 0, 1, 1, 1])]
    down = np.add.outer(place, [0.0, 0.5, 0.5, 1.0, np.nan])
    axes.plot(across.ravel(), down.ravel(), color=MUTED, linewidth=0.8, zorder=0)


def _ladder_frame(axes: Axes, rungs: pd.DataFrame, raw: np.ndarray[tuple[int], np.dtype[np.float64]]) -> None:
    known = raw[np.isfinite(raw)]
    low, high = min([0.0, *known]), max([0.0, *known])
    span = (high - low) or 0.01
    # Each end that has a label gets its width in points, translated into data; the right end always has one.
    sides = 2 if low < 0 else 1
    room = span * LABEL_ROOM / (BARS_WIDTH - sides * LABEL_ROOM)
    axes.set_xlim(low - (room if low < 0 else 0.01 * span), high + room)
    axes.set_ylim(len(rungs) - 0.4, -0.6)
    axes.set_xticks([])
    titles = [
        leg_title(str(leg), "rung") + (", quoted" if source == "quoted" and not is_missing(move) else "")
        for leg, source, move in zip(rungs["leg"], rungs["price_source"], raw, strict=True)
    ]
    axes.set_yticks(range(len(rungs)), titles, color=INK, fontsize=FONT_SIZE, parse_math=False)
    base = rungs["base_price"].dropna()
    told = f" {price(base.iloc[0])}" if len(base) else ""
    what = f"{shortened(clean(rungs['event_id'].iloc[0]))}: move from base price{told} (N = 1)"
    figure_title(axes.figure, what)
