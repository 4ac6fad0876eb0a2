"""The pictures of a study on its page, each with words for those who can't see it; what can't be drawn is left out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from eventstudy.errors import InputError
from eventstudy.reports import figures, study_figures
from eventstudy.reports.breakdowns import groups_of, headline_window
from eventstudy.reports.display import clean, percent
from eventstudy.reports.effects import whole_group
from eventstudy.reports.style import inline_svg

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

__all__ = ["caar_picture", "group_picture", "pictures"]

Frames = Mapping[str, "pd.DataFrame"]
Asked = tuple[str, str, Callable[[], "Figure"]]


def caar_picture(tables: Frames) -> str:
    """Return the mean path of each model as an ``<svg>`` element, nothing where there is none."""
    models = ", ".join(dict.fromkeys(clean(model) for model in tables["aar"]["model"]))
    about = f"Cumulative mean abnormal return with its 95% band by model: {models}. Figures in the table below."
    return _drawn("caar", about, lambda: figures.caar(tables["aar"]))


def group_picture(tables: Frames) -> str:
    """Return the mean path of each group as an ``<svg>`` element, nothing where there are no groups."""
    about = f"Cumulative mean abnormal return by group: {', '.join(groups_of(tables))}. Figures in the table below."
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
    events, cars, tests = tables["events"], tables["cars"], whole_group(tables["tests"])
    model = clean(cars["model"].iloc[0]) if len(cars) else ""
    window = headline_window(cars)
    yield (
        "aar",
        f"Bars of the average abnormal return of each event day under {model}, with 95% intervals{_day0(tables)}.",
        lambda: study_figures.aar_bars(tables["aar"]),
    )
    if window is not None:
        about = (
            f"Spread over the events of the abnormal returns over {clean(window)} under {model}{_middle(cars, window)}."
        )
        yield "cars", about, lambda: study_figures.car_distribution(cars, window)
    yield (
        "heat",
        f"Abnormal returns under {model} as colours, events from top to bottom by their day 0, event days across.",
        lambda: study_figures.heat_map(tables["abnormal_returns"]),
    )
    yield (
        "calendar",
        "Number of events by the date of their day 0, which shows how much they share dates.",
        lambda: study_figures.event_calendar(events),
    )
    if ((tests["measure"] == "car") & (tests["event_id"].map(clean) == "")).sum() > 1:
        about = "The mean CAR under every model, window and test in order of size, with intervals; as in the tests."
        yield "specifications", about, lambda: study_figures.specification_curve(tests)
    if window is not None and "surprise" in events:
        about = f"Abnormal return over {clean(window)} against the surprise of each event, with the least-squares line."
        yield "surprise", about, lambda: study_figures.surprise_scatter(events, cars, window)
    yield (
        "estimates",
        f"Spread over the events of beta and of the residual standard deviation sigma under {model}.",
        lambda: study_figures.estimate_spread(tables["estimates"]),
    )


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
