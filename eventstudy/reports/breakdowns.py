"""Display tables that break the mean down: by group, and event by event."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from eventstudy.reports.contract import is_missing
from eventstudy.reports.display import MISSING, Column, DisplayTable, clean, count, date, days, percent, table
from eventstudy.reports.effects import mean_effects
from eventstudy.reports.tables import effect_table

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["event_returns", "group_means", "groups_of", "headline_window", "largest"]

Frames = Mapping[str, "pd.DataFrame"]


def groups_of(tables: Frames) -> list[str]:
    """Return the groups of a study other than all events together."""
    named = dict.fromkeys(clean(group) for group in tables["aar"]["group"])
    return [group for group in named if group not in ("", "all")]


def headline_window(cars: pd.DataFrame) -> str | None:
    """Return the name of the shortest window that holds day 0, None where no window does.

    Parameters
    ----------
    cars : DataFrame
        As in ``cars.csv``.
    """
    windows = cars[["window", "start", "end"]].drop_duplicates()
    holding = windows[(windows["start"] <= 0) & (windows["end"] >= 0)]
    if holding.empty:
        return None
    return str(holding["window"].iloc[int((holding["end"] - holding["start"]).to_numpy().argmin())])


def largest(cars: pd.DataFrame, event_ids: Sequence[str], most: int) -> list[str]:
    """Return the events with the largest CARs in size, largest first; all of them in their order if they are few.

    Parameters
    ----------
    cars : DataFrame
        As in ``cars.csv``; the first model over the shortest window that holds day 0 is read. An event without a CAR
        comes last.
    event_ids : sequence of str
        The events to choose from.
    most : int
        How many are wanted.
    """
    if len(event_ids) <= most:
        return list(event_ids)
    size = _first_model(cars)
    size = size[size["window"] == headline_window(cars)]
    known = dict(zip(size["event_id"], size["car"].abs(), strict=True))
    sizes = np.array([known.get(each, np.nan) for each in event_ids])
    return [event_ids[place] for place in np.argsort(-sizes, kind="stable")[:most]]


def group_means(tables: Frames) -> DisplayTable:
    """Return the mean abnormal return of each group: a row for each group, model and window."""
    tests, aar = tables["tests"], tables["aar"]
    tests = tests[tests["event_id"].isna() | (tests["event_id"] == "")]
    shown, effects = list[str](), []
    for group in groups_of(tables):
        found = mean_effects({"tests": tests[tests["group"] == group], "aar": aar[aar["group"] == group]})
        effects += found
        shown += [group] * len(found)
    note = "Whether groups differ from each other is not what these intervals say."
    made = effect_table("Mean abnormal return by group", "CAAR", effects, note, with_n=True)
    rows = [(group, *row) for group, row in zip(shown, made.rows, strict=True)]
    return table(made.title, [Column("Group", "left"), *made.columns], rows, *made.notes).without_empty()


def event_returns(tables: Frames, event_ids: Sequence[str]) -> DisplayTable:
    """Return the CARs of events under the first model, a column for each window.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        The result frames; ``cars`` and ``events`` are read.
    event_ids : sequence of str
        The events, in the order in which they are shown; those without a CAR are left out.
    """
    cars = _first_model(tables["cars"])
    windows = cars[["window", "start", "end"]].drop_duplicates("window")
    columns = [Column(title, "left") for title in ("Event", "Symbol", "Day 0")] + [Column("Surprise")]
    columns += [Column(f"{clean(name)} {days(start, end)}") for name, start, end in windows.itertuples(index=False)]
    wide = cars[cars["event_id"].isin(event_ids)].pivot(index="event_id", columns="window", values="car")
    known = tables["events"].drop_duplicates("event_id").set_index("event_id").reindex(wide.index)
    surprise = known["surprise"] if "surprise" in known else [np.nan] * len(known)
    facts = {
        each: (clean(each), clean(symbol), date(day0), "" if is_missing(told) else percent(told))
        for each, symbol, day0, told in zip(wide.index, known["symbol"], known["day0"], surprise, strict=True)
    }
    values = dict(zip(wide.index, wide[list(windows["window"])].to_numpy(dtype=float), strict=True))
    rows = [(*facts[each], *map(percent, values[each])) for each in event_ids if each in values]
    model = clean(cars["model"].iloc[0]) if len(cars) else MISSING
    made = table(f"CAR of each event under {model}", columns, rows, _left_out(cars, rows)).without_empty()
    total = cars["event_id"].nunique()
    return replace(made, total=total if total > len(rows) else 0)


def _left_out(cars: pd.DataFrame, rows: Sequence[tuple[str, ...]]) -> str:
    total = cars["event_id"].nunique()
    if len(rows) == total:
        return ""
    window = clean(headline_window(cars))
    over = f", the largest in size over {window}" if window else ""
    return f"{count(len(rows))} of {count(total)} events{over}; all of them are in cars.csv."


def _first_model(cars: pd.DataFrame) -> pd.DataFrame:
    return cars[cars["model"] == cars["model"].iloc[0]] if len(cars) else cars
