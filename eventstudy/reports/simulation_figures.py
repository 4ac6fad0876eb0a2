"""Figures of a simulation: how often each test rejects, by the effect that is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from eventstudy.errors import InputError
from eventstudy.reports.axes import grid, name_axis, panel, percent_axis, title
from eventstudy.reports.display import clean, count
from eventstudy.reports.simulation import name_of_test, share_interval
from eventstudy.reports.style import FONT_SIZE, INK, MUTED, PALETTE

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

__all__ = ["power_curves"]

WIDTH = 5.0
COLUMNS = 2
# Beyond the palette, tests share colours and differ by line.
LINES = ("-", "--", ":")
MARKS = "osD"


def power_curves(
    rates: pd.DataFrame, level: float = 0.05, model: str | None = None, window: str | None = None
) -> Figure:
    """Return the rejection rate of each test by the abnormal return on day 0, with 95% intervals; at 0 it is its size.

    Parameters
    ----------
    rates : DataFrame
        As ``Simulation.to_frame`` gives it: effect and rate in decimals; a rate that is missing has no mark.
    level : float
        Nominal size; a dashed line marks it.
    model, window : str, optional
        The first ones without them.

    Raises
    ------
    InputError
        If nothing was simulated for that level, model and window.
    """
    model = model or (str(rates["model"].iloc[0]) if len(rates) else "")
    window = window or (str(rates["window"].iloc[0]) if len(rates) else "")
    rows = rates[(rates["level"] == level) & (rates["model"] == model) & (rates["window"] == window)]
    if rows.empty:
        known = ", ".join(f"{each:g}" for each in sorted(rates["level"].unique()))
        raise InputError(
            f"power_curves: nothing was simulated for level {level:g}, model {model!r} and window {window!r}; "
            f"levels there are: {known or 'none'}."
        )
    tests = list(rows.groupby(["test", "convention", "alternative"], sort=False))
    figure, axes = panel(WIDTH, 2.8 + 0.22 * -(-len(tests) // COLUMNS))
    grid(axes, zero=False)
    axes.axhline(level, color=MUTED, linewidth=0.9, linestyle=(0, (4, 3)))
    for place, (which, curve) in enumerate(tests):
        turn = place // len(PALETTE) % len(LINES)
        error = np.array([share_interval(*each) for each in zip(curve["rate"], curve["samples"], strict=True)])
        axes.vlines(curve["effect"], error[:, 0], error[:, 1], color=PALETTE[place % len(PALETTE)], alpha=0.35)
        axes.plot(
            curve["effect"].to_numpy(dtype=float),
            curve["rate"].to_numpy(dtype=float),
            color=PALETTE[place % len(PALETTE)],
            linestyle=LINES[turn],
            marker=MARKS[turn],
            markersize=4,
            linewidth=1.3,
            label=name_of_test(*which),
        )
    axes.set_ylim(-0.02, 1.02)
    percent_axis(axes, "x")
    percent_axis(axes, "y", signed=False)
    axes.set_xticks(np.unique(rows["effect"].to_numpy(dtype=float)))
    name_axis(axes, "x", "Abnormal return on day 0")
    name_axis(axes, "y", "Samples rejected")
    fewest, most = count(float(rows["samples"].min())), count(float(rows["samples"].max()))
    n = f"{most} samples" if fewest == most else f"{fewest} to {most} p-values"
    told = f"{clean(model)}, {clean(window)}: at {100 * level:g}% (dashed), N = {n}"
    title(axes, told)
    figure.legend(frameon=False, fontsize=FONT_SIZE, labelcolor=INK, loc="outside lower left", ncols=COLUMNS)
    return figure
