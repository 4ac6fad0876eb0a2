"""The pictures of a study on its page, each with words for those who can't see it; what can't be drawn is left out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from eventstudy.errors import InputError
from eventstudy.reports import figures, specifications, study_figures
from eventstudy.reports.breakdowns import groups_of, headline_window
from eventstudy.reports.display import clean, percent
from eventstudy.reports.effects import whole_group
from eventstudy.reports.style import inline_svg

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

__all__ = ["caar_picture", "group_picture", "pictures"]

CAAR_WITH_BAND = "Cumulative mean abnormal return with its 95% band"
Frames = Mapping[str, "pd.DataFrame"]
Asked = tuple[str, str, Callable[[], "Figure"]]


def caar_picture(tables: Frames) -> str:
    """Return the mean path of each model as an ``<svg>`` element, nothing where there is none."""
    models = ", ".join(dict.fromkeys(clean(model) for model in tables["aar"]["model"]))
    one = whole_group(tables["aar"])["n"].max() == 1
    what = "Cumulative abnormal return of the one event, without a band," if one else CAAR_WITH_BAND
    about = f"{what} by model: {models}. Figures in the table below."
    return _drawn("caar", about, lambda: figures.caar(tables["aar"]))


def group_picture(tables: Frames) -> str:
    """Return the mean path of each group as an ``<svg>`` element, nothing where there are no groups."""
    groups = ", ".join(groups_of(tables))
    what = "Cumulative mean abnormal return by group, with 95% bands where a column has four groups at most"
    about = f"{what}: {groups}. Figures in the table below."
    return _drawn("groups", about, lambda: figures.group_caar(tables["aar"]))


def pictures(tables: Frames) -> list[str]:
    """Return the figures of many events as ``<svg>`` elements.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        The result frames. CARs are those of the first model over the shortest window that holds day 0.
    """
    drawn = (_drawn(*asked) for asked in _asked(tables))
    return [picture for picture in drawn if picture]


def _asked(tables: Frames) -> Iterator[Asked]:
    events, cars = tables["events"], tables["cars"]
    model = clean(cars["model"].iloc[0]) if len(cars) else ""
    window = headline_window(cars)
    yield (
        "aar",
        f"Bars of the {_average(tables)} of each event day under {model}{_day0(tables)}.",
        lambda: study_figures.aar_bars(tables["aar"]),
    )
    if window is not None:
        about = (
            f"Spread over the events of the abnormal returns over {clean(window)} under {model}{_middle(cars, window)}."
        )
        yield "cars", about, lambda: study_figures.car_distribution(cars, window)
    yield (
        "heat",
        f"Abnormal returns under {model} as colours: a row an event, the largest on day 0 at the top.",
        lambda: study_figures.heat_map(tables["abnormal_returns"]),
    )
    yield (
        "calendar",
        "Number of events by the date of their day 0, which shows how much they share dates.",
        lambda: study_figures.event_calendar(events),
    )
    estimates, others = specifications.specifications(tables["tests"])
    if len(estimates) > 1:
        yield "specifications", _curve(estimates, others), lambda: specifications.specification_curve(tables["tests"])
    if window is not None and "surprise" in events:
        about = f"Abnormal return over {clean(window)} against the surprise of each event, with the least-squares line."
        yield "surprise", about, lambda: study_figures.surprise_scatter(events, cars, window)
    yield (
        "estimates",
        f"Spread over the events of beta and of the residual standard deviation sigma under {model}.",
        lambda: study_figures.estimate_spread(tables["estimates"]),
    )


def _average(tables: Frames) -> str:
    rows = whole_group(tables["aar"])
    if rows["n"].max() == 1:
        return "abnormal return of the one event"
    return "average abnormal return, with 95% intervals,"


def _curve(estimates: pd.DataFrame, others: pd.DataFrame) -> str:
    """Say how many specifications there are, which tests they are of, how far they reach, and how many reject."""
    p_value = estimates["p_value"]
    known = int(p_value.notna().sum())
    tests = ", ".join(dict.fromkeys(estimates["named"]))
    least, most = percent(estimates["estimate"].iloc[0]), percent(estimates["estimate"].iloc[-1])
    effects = "CARs of the one event" if estimates["n"].max() == 1 else "mean CARs"
    told = f"{len(estimates)} {effects} in order of size, from {least} to {most}, by model, window and test ({tests})"
    told += ", with the 95% intervals of the tests" if estimates["std_error"].notna().any() else ", without intervals"
    told += f"; {int((p_value < specifications.LEVEL).sum())} of {known} p-values are below 5%"
    told += f", {len(estimates) - known} have none" if known < len(estimates) else ""
    beside = ", ".join(dict.fromkeys(others["named"]))
    told += f". Below them, whether other tests reject there: {beside}" if beside else ""
    return f"{told}."


def _day0(tables: Frames) -> str:
    rows = whole_group(tables["aar"])
    first = rows.loc[rows["day"] == 0, "aar"]
    return f"; day 0: {percent(first.iloc[0])}" if len(first) else ""


def _middle(cars: pd.DataFrame, window: str) -> str:
    values = cars.loc[(cars["window"] == window) & (cars["model"] == cars["model"].iloc[0]), "car"].dropna()
    if values.empty:
        return ""
    low, middle, high = values.quantile([0.25, 0.5, 0.75])
    return f"; quarter {percent(low)}, median {percent(middle)}, three quarters {percent(high)}"


def _drawn(name: str, about: str, draw: Callable[[], Figure]) -> str:
    try:
        return inline_svg(draw(), name, about)
    except InputError:
        return ""
