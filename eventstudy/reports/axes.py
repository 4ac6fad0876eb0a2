"""What all figures share: empty panels, titles, and axes of returns, sessions and dates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from eventstudy.reports.style import FONT_SIZE, INK, MUTED, RULE, bare

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

    from eventstudy._typing import Floats

__all__ = [
    "blank",
    "date_axis",
    "figure_title",
    "grid",
    "legend_above",
    "name_axis",
    "number_axis",
    "panel",
    "percent_axis",
    "session_axis",
    "shortened",
    "ticks_around",
    "title",
]

LONGEST_NAME = 20
LEAST_TICKS = 3
MANY_TICKS = 5
# Points: a line of a legend, and the room around all of them.
LEGEND_LINE, LEGEND_ROOM = 15, 6


def blank(width: float, height: float) -> Figure:
    """Return a figure of some inches without a panel."""
    from eventstudy.reports.canvas import Canvas

    return Canvas(figsize=(width, height), layout="constrained")


def panel(width: float, height: float) -> tuple[Figure, Axes]:
    """Return a figure of some inches with one panel."""
    figure = blank(width, height)
    axes = figure.subplots()
    bare(axes)
    return figure, axes


def grid(axes: Axes, *, zero: bool = True) -> None:
    """Draw the lines of the vertical axis, and the one at zero."""
    axes.grid(axis="y", color=RULE, linewidth=0.6)
    if zero:
        axes.axhline(0, color=MUTED, linewidth=0.8)


def title(axes: Axes, text: str, pad: float | None = None) -> None:
    """Write what a panel shows above it, some points away; a long text wraps."""
    # matplotlib measures the lines that it wraps as formulas, whatever it is told.
    wrap = "$" not in text
    # Nothing of ours stands between a panel and its title; without a height matplotlib measures all of it to find that.
    axes.set_title(text, loc="left", y=1.0, fontsize=FONT_SIZE, color=INK, pad=pad, parse_math=False, wrap=wrap)


def legend_above(axes: Axes, text: str, *, columns: int = 2) -> None:
    """Write what a panel shows, and below that the names of its marks, where nothing lies under them."""
    handles, names = axes.get_legend_handles_labels()
    title(axes, text, LEGEND_ROOM + LEGEND_LINE * -(-len(names) // columns))
    legend = axes.legend(
        handles,
        names,
        frameon=False,
        fontsize=FONT_SIZE,
        labelcolor=INK,
        loc="lower left",
        bbox_to_anchor=(0.0, 1.0),
        ncols=columns,
        borderpad=0,
        borderaxespad=0.2,
        labelspacing=0.3,
        columnspacing=1.4,
        handlelength=1.6,
        handletextpad=0.5,
    )
    for each in legend.get_texts():
        each.set_parse_math(False)


def figure_title(figure: Figure | SubFigure, text: str) -> None:
    """Write what a figure shows above it, from its left edge."""
    figure.suptitle(text, x=0.01, ha="left", fontsize=FONT_SIZE, color=INK, parse_math=False)


def name_axis(axes: Axes, which: Literal["x", "y"], text: str) -> None:
    """Write what an axis counts."""
    axes.set(**{f"{which}label": text})
    label = (axes.xaxis if which == "x" else axes.yaxis).label
    label.set(fontsize=FONT_SIZE, color=MUTED)


def percent_axis(axes: Axes, which: Literal["x", "y"], *, signed: bool = True, ticks: int = 5) -> None:
    """Show the decimals of an axis as percentages, with as many digits as its range needs.

    Parameters
    ----------
    axes : Axes
        The panel, with its limits as they will be.
    which : str
        ``"x"`` or ``"y"``.
    signed : bool
        Whether a gain has its plus.
    ticks : int
        At most so many steps.
    """
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axis = axes.xaxis if which == "x" else axes.yaxis
    low, high = axes.get_xlim() if which == "x" else axes.get_ylim()
    digits = 0 if high - low > 0.05 else 1 if high - low > 0.005 else 2
    sign = "+" if signed else ""
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:{sign}.{digits}f}%" if value else "0%"))
    axis.set_major_locator(MaxNLocator(ticks, steps=[1, 2, 5, 10], min_n_ticks=LEAST_TICKS))


def number_axis(axes: Axes, which: Literal["x", "y"], *, ticks: int = 5) -> None:
    """Show the numbers of an axis plainly, with the minus sign of the tables."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axis = axes.xaxis if which == "x" else axes.yaxis
    low, high = axes.get_xlim() if which == "x" else axes.get_ylim()
    digits = 0 if high - low > 5 else 1 if high - low > 0.5 else 2 if high - low > 0.05 else 3
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.{digits}f}" if value else "0"))
    axis.set_major_locator(MaxNLocator(ticks, steps=[1, 2, 5, 10], min_n_ticks=LEAST_TICKS))


def ticks_around(axes: Axes) -> Floats:
    """Widen the horizontal axis to whole ticks, so that every mark lies between two of them, and return those."""
    import numpy as np
    from matplotlib.ticker import MaxNLocator

    low, high = axes.xaxis.get_data_interval()
    if high - low <= 1e-9 * abs(high):
        low, high = low - 0.1 * abs(low), high + 0.1 * abs(high)
    ticks = np.asarray(MaxNLocator(3, steps=[1, 2, 5, 10], min_n_ticks=1).tick_values(low, high), dtype=np.float64)
    # Five labels of a narrow panel would touch; every second one still holds both ends.
    ticks = ticks[::2] if len(ticks) == MANY_TICKS else ticks
    room = 0.03 * float(np.ptp(ticks))
    axes.set_xlim(float(ticks[0]) - room, float(ticks[-1]) + room)
    return ticks


def session_axis(axes: Axes, text: str = "Sessions from day 0") -> None:
    """Count whole sessions along a panel."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.0f}"))
    axes.xaxis.set_major_locator(MaxNLocator(8, integer=True, steps=[1, 2, 5, 10]))
    name_axis(axes, "x", text)


def date_axis(axes: Axes) -> None:
    """Count dates along a panel; the first label has its year."""
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, num2date

    class Dated(ConciseDateFormatter):
        def format_ticks(self, values: Sequence[float]) -> list[str]:
            labels: list[str] = super().format_ticks(values)  # type: ignore[no-untyped-call]
            low, high = sorted(axes.get_xlim())
            first = next((place for place, value in enumerate(values) if low <= value <= high), None)
            if first is not None:
                moment = num2date(values[first])  # type: ignore[no-untyped-call]
                year, month = f"{moment:%Y}", f"{moment:%b}"
                own = labels[first]
                # A label of a day alone needs its month as well.
                more = year if own[:1].isalpha() else f"{month} {year}"
                labels[first] = own if own == year else f"{own}\n{more}"
            return labels

    locator = AutoDateLocator(minticks=3, maxticks=8)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(Dated(locator, show_offset=False))  # type: ignore[no-untyped-call]


def shortened(name: str) -> str:
    """Return a name that leaves room for the rest of a title.

    Examples
    --------
    >>> shortened("market"), shortened("fama_french_five_factors")
    ('market', 'fama_french_five_fa…')
    """
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "\N{HORIZONTAL ELLIPSIS}"
