"""What all figures share: empty panels, titles, and axes of returns, sessions and dates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from eventstudy.reports.style import FONT_SIZE, INK, MUTED, RULE, bare

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

__all__ = [
    "blank",
    "date_axis",
    "figure_title",
    "grid",
    "name_axis",
    "panel",
    "percent_axis",
    "session_axis",
    "shortened",
    "title",
]

LONGEST_NAME = 20


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


def title(axes: Axes, text: str) -> None:
    """Write what a panel shows above it; a long text wraps."""
    # matplotlib measures the lines that it wraps as formulas, whatever it is told.
    wrap = "$" not in text
    axes.set_title(text, loc="left", fontsize=FONT_SIZE, color=INK, parse_math=False, wrap=wrap)


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
    axis.set_major_locator(MaxNLocator(ticks, steps=[1, 2, 5, 10]))


def session_axis(axes: Axes, text: str = "Sessions from day 0") -> None:
    """Count whole sessions along a panel."""
    from matplotlib.ticker import MaxNLocator

    axes.xaxis.set_major_locator(MaxNLocator(8, integer=True, steps=[1, 2, 5, 10]))
    name_axis(axes, "x", text)


def date_axis(axes: Axes) -> None:
    """Count dates along a panel."""
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    locator = AutoDateLocator(minticks=3, maxticks=8)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]


def shortened(name: str) -> str:
    """Return a name that leaves room for the rest of a title.

    Examples
    --------
    >>> shortened("market"), shortened("fama_french_five_factors")
    ('market', 'fama_french_five_fa…')
    """
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "\N{HORIZONTAL ELLIPSIS}"
