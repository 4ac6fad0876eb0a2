"""Figures of many events: averages by day, the spread of CARs, every event at a glance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from eventstudy.errors import InputError, UnknownNameError, nearest
from eventstudy.reports.axes import (
    blank,
    date_axis,
    grid,
    legend_above,
    name_axis,
    number_axis,
    panel,
    percent_axis,
    session_axis,
    shortened,
    ticks_around,
    title,
)
from eventstudy.reports.display import clean, count, number, percent
from eventstudy.reports.effects import whole_group
from eventstudy.reports.style import FONT_SIZE, INK, MUTED, PALETTE, bare, signed_colours

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from eventstudy._typing import Dates, Floats

__all__ = [
    "aar_bars",
    "car_distribution",
    "estimate_spread",
    "event_calendar",
    "heat_map",
    "surprise_scatter",
]

WIDTH = 5.0
MOST_ROWS = 200
MOST_MARKS = 1000
MOST_NAMED = 12
FEW = 20
BOTTOM, TOP = 1, 99


def aar_bars(aar: pd.DataFrame, model: str | None = None) -> Figure:
    """Return the average abnormal return of each event day as a bar, with its 95% interval as a line.

    Parameters
    ----------
    aar : DataFrame
        As in ``aar.csv``: aar and std_error in decimals; a day without them has no bar.
    model : str, optional
        The first one without it.
    """
    from scipy.special import stdtrit

    rows = _of_model(whole_group(aar), model)
    figure, axes = panel(WIDTH, 2.6)
    day, value = _floats(rows["day"]), _floats(rows["aar"])
    half = stdtrit(np.maximum(_floats(rows["n"]) - 1, 1), 0.975) * _floats(rows["std_error"])
    colours = [PALETTE[0] if each >= 0 else PALETTE[1] for each in value]
    axes.bar(day, value, width=0.7, color=colours, linewidth=0)
    axes.vlines(day, value - half, value + half, color=INK, linewidth=0.9)
    grid(axes)
    percent_axis(axes, "y")
    session_axis(axes)
    average = "Abnormal return of the one event" if rows["n"].max() == 1 else "Average abnormal return"
    intervals = " and 95% interval" if (half > 0).any() else ", no interval"
    title(axes, f"{average}{intervals}, {_model_of(rows)}, {_n_of(rows['n'])}")
    return figure


def car_distribution(cars: pd.DataFrame, window: str, model: str | None = None) -> Figure:
    """Return a histogram of the CARs of one window, with their mean and median; below 20 events each is a dot.

    Parameters
    ----------
    cars : DataFrame
        As in ``cars.csv``; events without a CAR are left out, and counted in the title as absent.
    window : str
        Name of a window.
    model : str, optional
        The first one without it.
    """
    values = _floats(_of_window(_of_model(cars, model), window)["car"])
    known = values[~np.isnan(values)]
    if not known.size:
        raise InputError(f"There is no CAR over {window!r} to draw.")
    figure, axes = panel(WIDTH, 2.6)
    low, high = _edges(known)
    low, high = min(low, 0.0), max(high, 0.0)
    bins = np.linspace(low, high, int(np.clip(np.sqrt(known.size) * 1.5, 8, 60)) + 1)
    _spread(axes, np.clip(known, low, high), bins, PALETTE[0])
    lines = [(known.mean(), "-", "mean"), (np.median(known), "--", "median")]
    for at, style, name in lines if known.size > 1 else [(known[0], "-", "the one event")]:
        axes.axvline(at, color=INK, linewidth=1.1, linestyle=style, label=f"{name} {percent(float(at))}")
    percent_axis(axes, "x")
    clipped = int(((known < low) | (known > high)).sum())
    beyond = f"; {clipped} beyond the edges stand at them" if clipped else ""
    missing = f", {count(float(values.size - known.size))} missing" if values.size > known.size else ""
    of = f"{_model_of(_of_model(cars, model))}, N = {count(float(known.size))}"
    legend_above(axes, f"CAR over {clean(window)}, {of}{missing}{beyond}")
    return figure


def heat_map(abnormal_returns: pd.DataFrame, model: str | None = None) -> Figure:
    """Return the abnormal returns of every event and day as colours, the largest abnormal return of day 0 at the top.

    Zero is the page's own ground, light or dark; a day without a return is grey.

    Parameters
    ----------
    abnormal_returns : DataFrame
        As in ``abnormal_returns.csv``. Up to 12 events have their names beside their rows; beyond 200, neighbours in
        the order are averaged into one row. Without a day 0 the first day orders them; a missing return counts as 0.
    model : str, optional
        The first one without it.
    """
    rows = _of_model(abnormal_returns, model)
    wide = rows.pivot(index="event_id", columns="day", values="abnormal")
    if wide.isna().all(axis=None):
        raise InputError(f"There is no abnormal return to draw: {_model_of(rows)} could be estimated for no event.")
    first = 0 if 0 in wide else wide.columns[0]
    order = np.argsort(-np.nan_to_num(_floats(wide[first])), kind="stable")
    values = wide.to_numpy(dtype=float)[order]
    merged = -(-len(values) // MOST_ROWS)
    if merged > 1:
        values = _averaged(values, merged)
    limit = float(np.nanpercentile(np.abs(values), 98)) or 0.01
    figure, axes = panel(WIDTH, min(5.5, 1.3 + 0.06 * max(len(values), 20)))
    days = wide.columns.to_numpy(dtype=float)
    image = axes.imshow(
        values,
        aspect="auto",
        cmap=signed_colours(),
        vmin=-limit,
        vmax=limit,
        interpolation="nearest",
        extent=(days[0] - 0.5, days[-1] + 0.5, len(values) - 0.5, -0.5),
    )
    bar = figure.colorbar(image, ax=axes, pad=0.02)
    bar.outline.set_visible(False)
    bar.ax.set_facecolor("none")
    bar.ax.tick_params(length=0, labelsize=FONT_SIZE, labelcolor=MUTED)
    percent_axis(bar.ax, "y")
    few = [shortened(clean(each)) for each in wide.index[order]] if len(wide) <= MOST_NAMED else []
    axes.set_yticks(range(len(few)), few, parse_math=False)
    session_axis(axes)
    each = f"a row is the mean of {merged} events" if merged > 1 else "a row an event"
    each += f", largest of day {first} at the top" if len(wide) > 1 else ""
    each += ", grey: missing" if np.isnan(values).any() else ""
    title(axes, f"Abnormal returns, {_model_of(rows)}, N = {count(len(wide))}, {each}")
    return figure


def event_calendar(events: pd.DataFrame) -> Figure:
    """Return how many kept events share each day 0, which shows how much they cluster.

    Parameters
    ----------
    events : DataFrame
        As in ``events.csv``.
    """
    import pandas as pd
    from matplotlib.ticker import MaxNLocator

    kept = events[events["status"] == "ok"]
    if kept.empty:
        raise InputError("There is no event to draw: none was kept.")
    days = pd.to_datetime(kept["day0"]).value_counts().sort_index()
    figure, axes = panel(WIDTH, 2.2)
    _upright(axes, days.index.to_numpy(), days.to_numpy().astype(np.float64))
    axes.set_ylim(0, float(days.max()) * 1.08)
    if len(days) == 1:
        axes.set_xlim(days.index[0] - pd.Timedelta(days=45), days.index[0] + pd.Timedelta(days=45))
    grid(axes, zero=False)
    date_axis(axes)
    axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    name_axis(axes, "y", "Events")
    share = 100 * days.max() / len(kept)
    told = "1 event" if len(kept) == 1 else f"{count(len(kept))} events"
    told += f" on {count(len(days))} dates, {share:.1f}% on the busiest" if len(days) > 1 else " on 1 date"
    title(axes, f"Events by day 0: {told}")
    return figure


def surprise_scatter(
    events: pd.DataFrame, cars: pd.DataFrame, window: str, value: str = "surprise", model: str | None = None
) -> Figure:
    """Return CAR against a value of the events, with the least-squares line and its slope.

    Parameters
    ----------
    events : DataFrame
        As in ``events.csv``, with the column `value`.
    cars : DataFrame
        As in ``cars.csv``.
    window : str
        Name of a window.
    value : str
        Column of the events; one whose name has ``surprise`` in it is in decimals and shown in percent.
    model : str, optional
        The first one without it.
    """
    from pandas.api.types import is_numeric_dtype

    numbers = [str(name) for name in events.columns if is_numeric_dtype(events[name])]
    if value not in numbers and value in events.columns:
        raise InputError(f"The column {value!r} of the events holds no numbers to draw. {nearest(value, numbers)}")
    if value not in numbers:
        raise UnknownNameError("value of the events", value, numbers)
    joined = _of_window(_of_model(cars, model), window).merge(events[["event_id", value]], on="event_id")
    x, y = _floats(joined[value]), _floats(joined["car"])
    known = np.isfinite(x) & np.isfinite(y)
    if known.sum() < 3 or np.ptp(x[known]) == 0:
        raise InputError(f"There are not three events with {value!r} and a CAR over {window!r} to draw.")
    x, y = x[known], y[known]
    figure, axes = panel(WIDTH, 3.2)
    low, high = _edges(x)
    (marks,) = axes.plot(np.clip(x, low, high), y, ".", color=PALETTE[0], markersize=4)
    marks.set_alpha(0.35 if x.size > 200 else 0.9)
    # Thousands of marks would weigh more than a picture of them.
    marks.set_rasterized(x.size > MOST_MARKS)
    slope, level = np.polyfit(x, y, 1)
    ends = np.array([low, high])
    axes.plot(ends, level + slope * ends, color=PALETTE[1], linewidth=1.8)
    axes.axhline(0, color=MUTED, linewidth=0.8)
    percent_axis(axes, "y")
    if "surprise" in value:
        percent_axis(axes, "x")
    else:
        number_axis(axes, "x")
    name_axis(axes, "x", clean(value).replace("_", " ").capitalize())
    correlation = float(np.corrcoef(x, y)[0, 1])
    what = f"slope {slope:.3f}, correlation {correlation:.2f}, N = {count(float(x.size))}"
    title(axes, f"CAR over {clean(window)} against {clean(value)}: {what}")
    return figure


def estimate_spread(estimates: pd.DataFrame, model: str | None = None) -> Figure:
    """Return the spread over events of beta (where the model has one) and of the residual standard deviation.

    Parameters
    ----------
    estimates : DataFrame
        As in ``estimates.csv``.
    model : str, optional
        The first one without it.
    """
    rows = _of_model(estimates, model)
    names = [name for name in ("beta", "sigma") if name in rows and rows[name].notna().any()]
    if not names:
        raise InputError("There is no estimate to draw.")
    figure = blank(WIDTH, 2.3)
    panels = np.atleast_1d(figure.subplots(1, len(names), gridspec_kw={"wspace": 0.25}))
    for axes, name in zip(panels, names, strict=True):
        bare(axes)
        known = _floats(rows[name].dropna())
        low, high = _edges(known)
        bins = np.linspace(low, high, int(np.clip(np.sqrt(known.size), 6, 40)) + 1)
        _spread(axes, np.clip(known, low, high), bins, PALETTE[2])
        middle = float(np.median(known))
        axes.axvline(middle, color=INK, linewidth=1.1, linestyle="--")
        told = f"{100 * middle:.2f}%" if name == "sigma" else number(middle)
        around = ticks_around(axes)
        if name == "sigma":
            percent_axis(axes, "x", signed=False)
        else:
            number_axis(axes, "x")
        axes.set_xticks(around)
        title(axes, f"{name}, N = {count(float(known.size))}\nmedian {told}")
    return figure


def _upright(axes: Axes, at: Dates, height: Floats) -> None:
    """Draw upright lines from zero as one path, of which a file holds thousands in little room."""
    across = np.repeat(at, 3)
    up = np.column_stack([np.zeros(len(at)), height, np.full(len(at), np.nan)]).ravel()
    axes.plot(across, up, color=PALETTE[0], linewidth=1.4, solid_capstyle="butt")


def _edges(known: Floats) -> tuple[float, float]:
    """Return the least and the largest value, of many the percentiles that leave out the wildest."""
    low, high = np.percentile(known, [BOTTOM, TOP]) if known.size > 100 else (known.min(), known.max())
    return float(low), float(high)


def _spread(axes: Axes, known: Floats, bins: Floats, colour: str) -> None:
    """Draw a histogram, or a dot for each of few values, whose bars would say more than there is."""
    if known.size < FEW:
        axes.plot(known, np.zeros(known.size), "o", color=colour, alpha=0.7, markersize=7)
        axes.set_ylim(-1, 1.6)
        axes.set_yticks([])
        return
    from matplotlib.ticker import MaxNLocator

    # As one outline, not a bar for each bin.
    axes.stairs(*np.histogram(known, bins), fill=True, color=colour, linewidth=0)
    axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    name_axis(axes, "y", "Events")


def _averaged(values: Floats, size: int) -> Floats:
    """Return means of `size` neighbouring rows; a day without any value stays missing."""
    pieces = [values[start : start + size] for start in range(0, len(values), size)]
    there = np.array([(~np.isnan(piece)).sum(axis=0) for piece in pieces])
    total = np.array([np.nan_to_num(piece).sum(axis=0) for piece in pieces])
    return np.where(there > 0, total / np.maximum(there, 1), np.nan)


def _of_model(rows: pd.DataFrame, model: str | None) -> pd.DataFrame:
    models = list(rows["model"].unique())
    if not models:
        raise InputError("There is nothing to draw: no event was kept.")
    if model is not None and model not in models:
        raise UnknownNameError("model", model, models)
    return rows[rows["model"] == (model or models[0])]


def _of_window(rows: pd.DataFrame, window: str) -> pd.DataFrame:
    windows = list(rows["window"].unique())
    if window not in windows:
        raise UnknownNameError("window", window, windows)
    return rows[rows["window"] == window]


def _model_of(rows: pd.DataFrame) -> str:
    return clean(rows["model"].iloc[0])


def _n_of(n: pd.Series[float]) -> str:
    fewest, most = count(n.min()), count(n.max())
    return f"N = {most}" if fewest == most else f"N = {fewest} to {most}"


def _floats(column: pd.Series[float]) -> Floats:
    return np.asarray(column.to_numpy(dtype=np.float64))
