"""The specification curve: the mean effect under every model, window and test, and which tests reject there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from eventstudy.errors import InputError
from eventstudy.reports.axes import blank, grid, legend_above, percent_axis, title
from eventstudy.reports.display import clean
from eventstudy.reports.effects import confidence_interval, whole_group
from eventstudy.reports.style import FONT_SIZE, INK, MUTED, PALETTE, RULE, bare

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from eventstudy._typing import Floats

__all__ = ["specification_curve", "specifications"]

WIDTH = 5.0
LEVEL = 0.05
CURVE_HEIGHT, ROW_HEIGHT = 2.0, 0.22
# Share of the drawn range left free at both ends, so that no mark is cut.
MARGIN = 0.06


def specifications(tests: pd.DataFrame, measure: str = "car") -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the rows that estimate the mean effect, and those of the tests that say only whether they reject.

    A row estimates the mean effect if its estimate is of the measure and has a standard error of its own, or has no
    p-value, so that a test that was refused is seen. Tests of other measures, such as scaled CARs or ranks, and tests
    without a standard error only reject or not.

    Parameters
    ----------
    tests : DataFrame
        As in ``tests.csv``. Tests of single events, and groups other than the whole, are left out.
    measure : str
        What is compared, ``"car"`` for returns.

    Returns
    -------
    tuple of DataFrame
        The specifications in order of size; the other tests. Both with the column `named`, the test and what tells it
        from another of its name.
    """
    rows = whole_group(tests)
    rows = rows[rows["event_id"].fillna("") == ""]
    rows = rows.assign(named=_names(rows))
    estimates = (rows["measure"] == measure) & rows["estimate"].notna()
    estimates &= rows["std_error"].notna() | rows["p_value"].isna()
    return rows[estimates].sort_values("estimate", kind="stable").reset_index(drop=True), rows[~estimates]


def specification_curve(tests: pd.DataFrame, measure: str = "car") -> Figure:
    """Return the mean effect under every model, window and test in order of size, and which tests reject there.

    Each effect has the 95% interval of its own row, Student with its degrees of freedom. Below it stands what it is;
    at the bottom are the tests of other measures, filled where they reject at 5% under the same model and window.

    Parameters
    ----------
    tests : DataFrame
        As in ``tests.csv``, split by `specifications`.
    measure : str
        What is compared, ``"car"`` for returns.

    Raises
    ------
    InputError
        If no test estimates the mean effect.
    """
    rows, others = specifications(tests, measure)
    if rows.empty:
        raise InputError(f"There is no test of a mean {measure} to draw.")
    varied = [column for column in ("model", "window", "named") if rows[column].nunique() > 1] or ["model"]
    choices = [(column, value) for column in varied for value in dict.fromkeys(rows[column])]
    verdicts = _verdicts(rows, others)
    heights = [ROW_HEIGHT * len(each) for each in (choices, verdicts) if each]
    figure = blank(WIDTH, CURVE_HEIGHT + 0.5 + sum(heights) + (0.35 if verdicts else 0))
    panels = figure.subplots(1 + len(heights), 1, sharex=True, height_ratios=[CURVE_HEIGHT, *heights])
    _effects_in_order(panels[0], rows)
    chosen = np.array([(rows[column] == value).to_numpy() for column, value in choices])
    lines, places = np.divmod(np.arange(chosen.size), len(rows))
    panels[1].plot(places, lines, ".", color=RULE, markersize=2.5)
    panels[1].plot(places[chosen.ravel()], lines[chosen.ravel()], "s", color=MUTED, markersize=3.5)
    _name_rows(panels[1], [value for _, value in choices])
    if verdicts:
        _mark(panels[2], np.array(list(verdicts.values())), np.arange(float(len(verdicts)))[:, None])
        _name_rows(panels[2], list(verdicts))
        title(panels[2], "Other tests under the same model and window")
    return figure


def _names(rows: pd.DataFrame) -> list[str]:
    """Return the name of each row's test, with its convention where a test has several, numbered where it repeats."""
    conventions = rows.groupby("test")["convention"].transform("nunique").to_numpy()
    names = [
        f"{clean(test)}, {clean(convention)}" if several > 1 else clean(test)
        for test, convention, several in zip(rows["test"], rows["convention"], conventions, strict=True)
    ]
    repeat = rows.assign(named=names).groupby(["model", "window", "named"]).cumcount().to_numpy()
    return [f"{name} ({again + 1})" if again else name for name, again in zip(names, repeat, strict=True)]


def _verdicts(rows: pd.DataFrame, others: pd.DataFrame) -> dict[str, Floats]:
    """Return the p-values of every other test beside each specification, missing where it has none."""
    found: dict[str, Floats] = {}
    for name in dict.fromkeys(others["named"]):
        own = others[others["named"] == name]
        known = {
            (model, window): p for model, window, p in zip(own["model"], own["window"], own["p_value"], strict=True)
        }
        beside = zip(rows["model"], rows["window"], strict=True)
        found[name] = np.array([known.get(each, np.nan) for each in beside], dtype=np.float64)
    return found


def _effects_in_order(axes: Axes, rows: pd.DataFrame) -> None:
    bare(axes)
    grid(axes)
    place, value = np.arange(len(rows)), _floats(rows["estimate"])
    limits = zip(value, _floats(rows["std_error"]), _floats(rows["df"]), strict=True)
    low, high = np.array([confidence_interval(*each) for each in limits]).T
    axes.vlines(place, low, high, color=RULE, linewidth=1.6)
    _mark(axes, _floats(rows["p_value"]), value)
    drawn = np.concatenate([value, low[~np.isnan(low)], high[~np.isnan(high)], [0.0]])
    room = MARGIN * (np.ptp(drawn) or 0.01)
    axes.set_ylim(drawn.min() - room, drawn.max() + room)
    percent_axis(axes, "y")
    intervals = "with 95% intervals" if np.isfinite(low).any() else "without intervals"
    what = "1 specification" if len(rows) == 1 else f"{len(rows)} specifications"
    effect = "CAR of the one event" if rows["n"].max() == 1 else "mean CAR"
    legend_above(axes, f"{what} of the {effect}, {intervals}", columns=3)


def _mark(axes: Axes, p_value: Floats, height: Floats) -> None:
    """Draw a mark for each specification: filled where it rejects, hollow where not, apart where it has no p-value.

    Specifications lie along the last axis of the p-values.
    """
    place, height = np.broadcast_arrays(np.arange(p_value.shape[-1]), height, p_value)[:2]
    kinds = (
        (p_value < LEVEL, "p < 5%", "o", PALETTE[0], PALETTE[0]),
        (p_value >= LEVEL, "p \N{GREATER-THAN OR EQUAL TO} 5%", "o", PALETTE[1], "none"),
        (np.isnan(p_value), "no p", "D", MUTED, "none"),
    )
    for chosen, name, marker, colour, inside in kinds:
        if chosen.any():
            axes.plot(place[chosen], height[chosen], marker, color=colour, mfc=inside, markersize=4, label=name)


def _name_rows(axes: Axes, names: list[str]) -> None:
    bare(axes)
    axes.set_yticks(range(len(names)), [clean(name) for name in names], fontsize=FONT_SIZE, parse_math=False)
    axes.tick_params(axis="y", labelcolor=INK)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_xticks([])


def _floats(column: pd.Series[float]) -> Floats:
    return np.asarray(column.to_numpy(dtype=np.float64))
