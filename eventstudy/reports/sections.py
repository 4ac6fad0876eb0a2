"""The events of a study as sections of its page: which are shown, where links find them, what each holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from eventstudy.reports import figures, tables
from eventstudy.reports.breakdowns import largest
from eventstudy.reports.contract import is_missing
from eventstudy.reports.display import DisplayTable, clean, date, leg_title, percent, reason
from eventstudy.reports.effects import event_rows, leg_rows
from eventstudy.reports.reaction_figures import intraday_of, waterfall
from eventstudy.reports.style import inline_svg

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Section", "anchors", "section", "sections", "strongest"]

Frames = Mapping[str, "pd.DataFrame"]
MOST_PICTURES = 12
# A path of minutes weighs as much as a dozen ladders.
MOST_PATHS = 3
BY_EVENT = ("events", "reactions", "cars", "abnormal_returns", "estimates", "paths")


@dataclass(frozen=True, slots=True)
class Section:
    """One event as the page shows it; `figures` is empty beyond the first events of many."""

    event_id: str
    anchor: str
    line: str
    figures: tuple[str, ...]
    shown: tuple[DisplayTable, ...]


def sections(frames: Frames, focus: str | None, most: int) -> tuple[list[Section], int]:
    """Return the sections of the events other than the focus, and how many events have none.

    Parameters
    ----------
    frames : mapping of str to DataFrame
        The result frames.
    focus : str or None
        The event that the page shows on its own.
    most : int
        How many sections there may be; of more events those with the largest abnormal returns have one.
    """
    given, laddered, measured = (list(frames[name]["event_id"].unique()) for name in ("events", "reactions", "cars"))
    held = {*laddered, *measured} - {focus}
    known = dict.fromkeys([*given, *laddered])
    order = [str(each) for each in known if each in held]
    chosen = largest(frames["cars"], order, most)
    fully = strongest(frames["cars"], [each for each in chosen if each in {*laddered}], None)
    links, parted = anchors([focus or "", *chosen])[1:], _parted(frames, chosen)
    made = [
        section(parted[each], each, link, place, draw=place <= MOST_PICTURES, fully=each in fully)
        for place, (each, link) in enumerate(zip(chosen, links, strict=True), start=1)
    ]
    return made, len(order) - len(chosen)


def _parted(frames: Frames, event_ids: Sequence[str]) -> dict[str, Frames]:
    """Return for each event the frames with its own rows only, since it takes long to look for them among all."""
    rows: dict[str, dict[str, pd.DataFrame]] = {}
    for name in BY_EVENT:
        if name in frames:
            few = frames[name][frames[name]["event_id"].isin(event_ids)]
            # A few rows of plain texts are read in half the time that a few of Arrow's take.
            few = few.astype({column: object for column in few if few[column].dtype == "str"})
            own = {str(event_id): part for event_id, part in few.groupby("event_id", sort=False)}
            rows[name] = dict.fromkeys(event_ids, few.head(0)) | own
    return {event_id: {**frames, **{name: parts[event_id] for name, parts in rows.items()}} for event_id in event_ids}


def strongest(cars: pd.DataFrame, event_ids: Sequence[str], focus: str | None) -> list[str]:
    """Return the events whose day is drawn in full: the focus, and the few with the largest CARs in size."""
    own = [each for each in event_ids if each == focus]
    return [*own, *largest(cars, [each for each in event_ids if each != focus], MOST_PATHS)]


def section(
    frames: Frames, event_id: str, anchor: str, place: int, *, draw: bool, fully: bool = False, effects: bool = True
) -> Section:
    """Return one event as the page shows it.

    Parameters
    ----------
    frames : mapping of str to DataFrame
        The result frames.
    event_id, anchor : str
        The event, and where links find it.
    place : int
        Tells its figures from others on the page.
    draw, fully : bool
        Whether its ladder is drawn, and whether its waterfall and the path through its day are.
    effects : bool
        Whether its abnormal returns are among its tables.
    """
    line, svgs, shown = _line(frames, event_id), list[str](), list[DisplayTable]()
    if (frames["reactions"]["event_id"] == event_id).any():
        shown += [tables.ladder(frames, event_id), tables.legs(frames, event_id)]
        if draw or fully:
            figure = figures.ladder(frames["reactions"], event_id)
            svgs.append(inline_svg(figure, f"ladder{place}", f"Price ladder of {clean(event_id)}. {line}"))
        if fully:
            svgs += _day_pictures(frames, event_id, place)
    if effects:
        shown.append(tables.event_cars(frames, event_id))
    return Section(clean(event_id), anchor, line, tuple(svgs), tuple(display for display in shown if display.rows))


def _day_pictures(frames: Frames, event_id: str, place: int) -> list[str]:
    """Return the waterfall of an event's legs and the path through its day, each where there is something to draw."""
    drawn = []
    legs = leg_rows(frames["reactions"], event_id, "leg")
    legs = legs[legs["raw_log"].notna()]
    if len(legs) > 1:
        told = [
            f"{leg_title(str(leg), 'leg')} {percent(raw)}" for leg, raw in zip(legs["leg"], legs["raw"], strict=True)
        ]
        about = f"Waterfall of the legs of {clean(event_id)}: {', '.join(told)}"
        drawn.append(inline_svg(waterfall(frames["reactions"], event_id), f"waterfall{place}", about))
    path = event_rows(frames["paths"], event_id) if "paths" in frames else legs.head(0)
    if len(path):
        last = path["move"].dropna()
        ends = f", which ends at {percent(last.iloc[-1])}" if len(last) else ""
        about = f"Path of the price of {clean(event_id)} from the close before to the close of day 0{ends}"
        drawn.append(inline_svg(intraday_of(path), f"path{place}", about))
    return drawn


def anchors(event_ids: Sequence[str]) -> list[str]:
    """Return for each event a name that links can use, unlike those of the others.

    Examples
    --------
    >>> anchors(["BABA-2024Q4", "BABA 2024Q4"])
    ['event-BABA-2024Q4', 'event-BABA-2024Q4-2']
    """
    links: dict[str, None] = {}
    for event_id in event_ids:
        name = "event-" + "".join(each if each.isascii() and each.isalnum() else "-" for each in clean(event_id))
        number, free = 1, name
        while free in links:
            number += 1
            free = f"{name}-{number}"
        links[free] = None
    return list(links)


def _line(frames: Frames, event_id: str) -> str:
    """Return what the fold of an event says while it is closed: day 0, the move at its close, or why it fell out."""
    rungs = event_rows(frames["reactions"], event_id)
    said = []
    if len(rungs):
        rungs = leg_rows(rungs, event_id, "rung")
        close = rungs.loc[rungs["leg"] == "close", "raw"]
        said.append(f"closed {percent(close.iloc[0])}" if len(close) and not is_missing(close.iloc[0]) else "no close")
    known = event_rows(frames["events"], event_id)
    if len(known):
        said.insert(0, date(known["day0"].iloc[0]))
        if known["status"].iloc[0] != "ok":
            said.append(f"not in the study: {reason(known['reason'].iloc[0])}")
    return ", ".join(said)
