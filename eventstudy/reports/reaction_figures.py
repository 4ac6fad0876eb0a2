"""Figures of one reaction and of a stock's past ones: waterfall, path through the day, history strip."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from eventstudy.errors import InputError
from eventstudy.reports.axes import figure_title, grid, panel, percent_axis, shortened
from eventstudy.reports.contract import is_missing
from eventstudy.reports.display import clean, leg_title, percent
from eventstudy.reports.effects import leg_rows
from eventstudy.reports.style import FONT_SIZE, INK, MUTED, PALETTE, RULE

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["history_strip", "intraday", "intraday_of", "waterfall"]

WIDTH = 5.0
WIDE = 5.5
ROW_HEIGHT = 0.33
# Minutes that stand for the night, when nobody trades.
NIGHT = 30.0
# What a label such as "+114.88%" takes of the figure's width.
LABEL_SHARE = 0.29
# What a time of day such as "16:00" takes of the width of the path, with room beside it.
CLOCK_SHARE = 0.13
SHADES = {"after_hours": "After hours", "premarket": "Premarket", "session": "Session"}
NAMES = {"after_hours": 2, "premarket": 4}


def waterfall(reactions: pd.DataFrame, event_id: str) -> Figure:
    """Return the legs of day 0 and after as steps, each from where the one before it ended, read downwards.

    Parameters
    ----------
    reactions : DataFrame
        As in ``reactions.csv``: ``raw_log`` of the legs adds up; a leg that nobody printed is an open mark at no move.
    event_id : str
        The event.

    Raises
    ------
    InputError
        If the frame holds no such event, or no leg of it is known.
    """
    legs = leg_rows(reactions, event_id, "leg")
    legs = legs[legs["raw_log"].notna()]
    if legs.empty:
        raise InputError(f"No leg of {event_id!r} is known, so there is nothing to draw.")
    ends = np.expm1(np.cumsum(legs["raw_log"].to_numpy(dtype=float)))
    starts = np.concatenate([[0.0], ends[:-1]])
    figure, axes = panel(WIDTH, ROW_HEIGHT * len(legs) + 0.85)
    axes.axvline(0, color=MUTED, linewidth=0.8)
    printed = ~legs["reason"].fillna("").str.contains("no_print").to_numpy(dtype=bool)
    for place, (start, end) in enumerate(zip(starts, ends, strict=True)):
        _step(axes, place, start, end, printed=bool(printed[place]))
        if place:
            axes.plot([start, start], [place - 1, place], color=MUTED, linewidth=0.8, zorder=0)
    for place, row in enumerate(legs.to_dict("records")):
        axes.annotate(
            percent(row["raw"]) if printed[place] else "no print",
            (1.0, place),
            xycoords=("axes fraction", "data"),
            ha="right",
            va="center",
            fontsize=FONT_SIZE,
            color=INK if printed[place] else MUTED,
        )
    low, high = min(0.0, *starts, *ends), max(0.0, *starts, *ends)
    span = (high - low) or 0.01
    axes.set_xlim(low - 0.02 * span, high + span * LABEL_SHARE / (1 - LABEL_SHARE))
    axes.set_ylim(len(legs) - 0.4, -0.6)
    axes.set_xticks([])
    titles = [leg_title(str(leg), "leg") for leg in legs["leg"]]
    axes.set_yticks(range(len(legs)), titles, color=INK, fontsize=FONT_SIZE, parse_math=False)
    figure_title(figure, f"{shortened(clean(event_id))}: leg by leg, each from the last price (N = 1)")
    return figure


def _step(axes: Axes, place: int, start: float, end: float, *, printed: bool) -> None:
    if not printed:
        axes.plot([start], [place], marker="o", markersize=4, markerfacecolor="none", markeredgecolor=MUTED)
        return
    colour = PALETTE[0] if end >= start else PALETTE[1]
    axes.barh(place, end - start, left=start, height=0.6, color=colour, linewidth=0)


def intraday(
    path: pd.DataFrame,
    edges: Mapping[str, np.datetime64],
    zone: str,
    title: str,
    benchmark: str = "",
) -> Figure:
    """Return the path of a price from the close before an announcement to the close of day 0.

    The extended hours are shaded, the night is cut out, the time of the announcement is marked, and the benchmark runs
    beside it.

    Parameters
    ----------
    path : DataFrame
        One row a bar: ``time`` (UTC), ``segment``, ``move`` and ``benchmark`` (decimals from the base price).
    edges : mapping of str to datetime64
        ``close_before``, ``open``, ``close``; ``news`` where it is known. UTC.
    zone : str
        Time zone of the exchange, for the clock below.
    title : str
        What it is.
    benchmark : str
        Name of the benchmark, empty without one.

    Raises
    ------
    InputError
        If there is no bar to draw.
    """
    if path.empty:
        raise InputError(f"{title}: there is no bar to draw.")
    figure, axes = panel(WIDE, 3.1)
    clock = _Clock(path, edges)
    _shade(axes, clock)
    ends = []
    for place, name in enumerate(("benchmark", "move")):
        values = path[name].to_numpy(dtype=float)
        known = np.isfinite(values)
        if not known.any():
            continue
        colour = PALETTE[0] if name == "move" else MUTED
        _line(axes, clock.at(path["time"].to_numpy())[known], values[known], path["segment"].to_numpy()[known], colour)
        ends.append((float(values[known][-1]), "" if name == "move" else benchmark, colour, place))
    _ends(axes, clock.right, ends)
    if "news" in edges:
        _news(axes, clock, edges["news"], zone)
    axes.set_xlim(0, clock.right)
    axes.margins(y=0.16)
    percent_axis(axes, "y")
    grid(axes)
    times, labels = clock.ticks(zone)
    axes.set_xticks(times, labels, fontsize=FONT_SIZE - 1)
    figure_title(figure, f"{shortened(clean(title))}: move from the close before, exchange time (N = 1)")
    return figure


def intraday_of(path: pd.DataFrame) -> Figure:
    """Return the path of one event as `intraday` draws it.

    Parameters
    ----------
    path : DataFrame
        The rows of one event in ``paths.csv``.
    """
    first = path.iloc[0]
    edges = {
        name: np.datetime64(first[name].tz_localize(None), "s")
        for name in ("close_before", "open", "close", "news")
        if not is_missing(first[name])
    }
    rows = path.assign(time=path["time"].dt.tz_localize(None))
    return intraday(rows, edges, str(first["zone"]), str(first["event_id"]), clean(first["benchmark_name"]))


class _Clock:
    """Minutes along the axis, with the night cut down."""

    def __init__(self, path: pd.DataFrame, edges: Mapping[str, np.datetime64]) -> None:
        time, segment = path["time"].to_numpy().astype("datetime64[s]"), path["segment"].to_numpy()
        self.begin, self.open, self.close = edges["close_before"], edges["open"], edges["close"]
        news = edges.get("news")
        self.evening = self._latest([*time[segment == "after_hours"], self.begin + np.timedelta64(3600, "s")], news)
        early = [*time[segment == "premarket"], self.open - np.timedelta64(3600, "s")]
        if news is not None and self.evening < news < self.open:
            early.append(news)
        self.morning = min(early) - np.timedelta64(300, "s")
        self.night = min(NIGHT, _minutes(self.morning - self.evening))
        self.right = float(self.at(np.array([self.close]))[0])

    def _latest(self, times: list[np.datetime64], news: np.datetime64 | None) -> np.datetime64:
        evening = news is not None and self.begin <= news < self.begin + np.timedelta64(4 * 3600, "s")
        return max([*times, news] if evening and news is not None else times)

    def at(
        self, times: np.ndarray[tuple[int], np.dtype[np.datetime64]]
    ) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        """Return the place of each moment, in minutes from the left."""
        moments = times.astype("datetime64[s]")
        evening = (moments - self.begin) / np.timedelta64(60, "s")
        shift = _minutes(self.evening - self.begin) + self.night
        later = (moments - self.morning) / np.timedelta64(60, "s") + shift
        return np.where(moments <= self.evening, evening, np.maximum(later, shift))

    def ticks(self, zone: str) -> tuple[list[float], list[str]]:
        """Return where to put the hours, and what the exchange's clocks show there."""
        moments = [self.begin, self.open, self.open + (self.close - self.open) // 2, self.close]
        if _minutes(self.evening - self.begin) > CLOCK_SHARE * self.right:
            moments.append(self.evening)
        moments.sort()
        places = self.at(np.array(moments))
        return [float(place) for place in places], [_wall_time(moment, zone) for moment in moments]


def _wall_time(moment: np.datetime64, zone: str) -> str:
    from datetime import UTC
    from zoneinfo import ZoneInfo

    seconds = moment.astype("datetime64[s]").item()
    return f"{seconds.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)):%H:%M}"


def _minutes(span: np.timedelta64) -> float:
    return float(span / np.timedelta64(60, "s"))


def _shade(axes: Axes, clock: _Clock) -> None:
    night = _minutes(clock.evening - clock.begin)
    opened = float(clock.at(np.array([clock.open]))[0])
    parts = {"after_hours": (0.0, night), "premarket": (night + clock.night, opened), "session": (opened, clock.right)}
    for name, (left, right) in parts.items():
        if name != "session":
            axes.axvspan(left, right, color=PALETTE[NAMES[name]], alpha=0.12, linewidth=0)
        axes.annotate(
            SHADES[name],
            ((left + right) / 2, 1.0),
            xycoords=("data", "axes fraction"),
            xytext=(0, 3),
            textcoords="offset points",
            ha="center",
            fontsize=FONT_SIZE - 1,
            color=MUTED,
        )


def _line(
    axes: Axes,
    x: np.ndarray[tuple[int], np.dtype[np.float64]],
    y: np.ndarray[tuple[int], np.dtype[np.float64]],
    segment: np.ndarray[tuple[int], np.dtype[np.object_]],
    colour: str,
) -> None:
    sparse = segment != "session"
    # In extended hours a price stands until the next one, minutes or hours later.
    held = np.flatnonzero(sparse | np.concatenate([[True], sparse[:-1]]))
    before = np.concatenate([[0.0], y])
    axes.plot(
        [0.0, *np.insert(x, held, x[held])],
        [0.0, *np.insert(y, held, before[held])],
        color=colour,
        linewidth=1.5,
        solid_joinstyle="round",
    )
    axes.plot(x[sparse], y[sparse], linestyle="none", marker="o", markersize=3, color=colour)


def _ends(axes: Axes, right: float, ends: list[tuple[float, str, str, int]]) -> None:
    """Write the last value of each line beside it, pushed apart where they would touch."""
    apart = len(ends) == 2 and abs(ends[0][0] - ends[1][0]) < 0.12 * (np.ptp(axes.dataLim.intervaly) or 1.0)
    top = max((value for value, *_ in ends), default=0.0)
    for value, name, colour, place in ends:
        push = (7 if value == top and (place or ends[0][0] != ends[-1][0]) else -7) if apart else 0
        told = f"{name} {percent(value)}".strip()
        axes.annotate(
            told,
            (right, value),
            xytext=(5, push),
            textcoords="offset points",
            va="center",
            annotation_clip=False,
            fontsize=FONT_SIZE - 1,
            color=colour,
            parse_math=False,
        )


def _news(axes: Axes, clock: _Clock, news: np.datetime64, zone: str) -> None:
    place = float(clock.at(np.array([news]))[0])
    axes.axvline(place, color=PALETTE[1], linewidth=1.2, linestyle=(0, (3, 2)))
    axes.annotate(
        f"news {_wall_time(news, zone)}",
        (place, 0.02),
        xycoords=("data", "axes fraction"),
        xytext=(4, 0),
        textcoords="offset points",
        fontsize=FONT_SIZE - 1,
        color=PALETTE[1],
    )


def history_strip(history: pd.DataFrame, title: str) -> Figure:
    """Return every past reaction of a stock as a dot, the last one marked.

    Parameters
    ----------
    history : DataFrame
        In the order of time: ``day0`` and ``move``, decimals; the last row is marked.
    title : str
        What it is.

    Raises
    ------
    InputError
        If there is no reaction to draw.
    """
    moves = history["move"].to_numpy(dtype=float)
    if not len(moves) or is_missing(moves[-1]):
        raise InputError(f"{title}: there is no reaction to draw.")
    figure, axes = panel(WIDTH, 1.75)
    axes.axvline(0, color=MUTED, linewidth=0.8)
    axes.axhline(0, color=RULE, linewidth=0.8, zorder=0)
    heights = _stacked(moves)
    axes.plot(moves[:-1], heights[:-1], linestyle="none", marker="o", markersize=6, color=PALETTE[0], alpha=0.55)
    axes.plot([moves[-1]], [heights[-1]], marker="D", markersize=9, color=PALETTE[1])
    shown = f"{clean(str(history['day0'].iloc[-1])[:10])}  {percent(moves[-1])}"
    axes.annotate(
        shown,
        (moves[-1], heights[-1]),
        xytext=(0, 9),
        textcoords="offset points",
        ha="center",
        fontsize=FONT_SIZE,
        color=INK,
    )
    reach = max(float(np.abs(moves).max()), 0.01) * 1.35
    axes.set_xlim(-reach, reach)
    axes.set_ylim(min(-1.0, heights.min() - 1.0), max(heights.max(), heights[-1]) + 2.4)
    axes.set_yticks([])
    percent_axis(axes, "x", ticks=7)
    figure_title(figure, f"{shortened(clean(title))}: every reaction, the latest marked (N = {len(moves)})")
    return figure


def _stacked(moves: np.ndarray[tuple[int], np.dtype[np.float64]]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return a height for each dot, so that those too near to tell apart stand on one another; the last is on top."""
    near = 0.035 * 2 * max(float(np.abs(moves).max()), 0.01)
    heights = np.zeros(len(moves))
    for place, move in enumerate(moves):
        taken = {float(heights[i]) for i in range(place) if abs(moves[i] - move) < near}
        while float(heights[place]) in taken:
            heights[place] += 1.0
    return heights
