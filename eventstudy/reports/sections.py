"""The events of a study as sections of its page: which are shown, where links find them, what each holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from eventstudy.reports import figures, tables
from eventstudy.reports.breakdowns import largest
from eventstudy.reports.contract import is_missing
from eventstudy.reports.display import DisplayTable, clean, date, percent, reason
from eventstudy.reports.effects import event_rows, leg_rows
from eventstudy.reports.style import inline_svg

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Section", "anchors", "section", "sections"]

Frames = Mapping[str, "pd.DataFrame"]
MOST_PICTURES = 12
BY_EVENT = ("events", "reactions", "cars", "abnormal_returns", "estimates")


@dataclass(frozen=True, slots=True)
class Section:
    """One event as the page shows it; `figure` is empty beyond the first events of many."""

    event_id: str
    anchor: str
    line: str
    figure: str
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
    held = {*frames["reactions"]["event_id"], *frames["cars"]["event_id"]} - {focus}
    known = dict.fromkeys([*frames["events"]["event_id"], *frames["reactions"]["event_id"]])
    order = [str(each) for each in known if each in held]
    chosen = largest(frames["cars"], order, most)
    few = {**frames} | {name: frames[name][frames[name]["event_id"].isin(chosen)] for name in BY_EVENT}
    links = anchors([focus or "", *chosen])[1:]
    made = [
        section(few, each, link, place, draw=place <= MOST_PICTURES)
        for place, (each, link) in enumerate(zip(chosen, links, strict=True), start=1)
    ]
    return made, len(order) - len(chosen)


def section(frames: Frames, event_id: str, anchor: str, place: int, *, draw: bool, effects: bool = True) -> Section:
    """Return one event; `place` tells its figure from others on the page, `effects` asks for its abnormal returns."""
    line, svg, shown = _line(frames, event_id), "", list[DisplayTable]()
    if (frames["reactions"]["event_id"] == event_id).any():
        shown += [tables.ladder(frames, event_id), tables.legs(frames, event_id)]
        if draw:
            figure = figures.ladder(frames["reactions"], event_id)
            svg = inline_svg(figure, f"ladder{place}", f"Price ladder of {clean(event_id)}. {line}")
    if effects:
        shown.append(tables.event_cars(frames, event_id))
    return Section(clean(event_id), anchor, line, svg, tuple(display for display in shown if display.rows))


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
