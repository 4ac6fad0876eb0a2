"""Display tables of the events themselves: where each was placed and why, and how good the list is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from eventstudy.errors import Flag
from eventstudy.events.quality import Quality, assess, shifted
from eventstudy.reports.contract import is_missing
from eventstudy.reports.display import (
    MISSING,
    Column,
    DisplayTable,
    clean,
    count,
    date,
    in_words,
    moment,
    reason,
    reason_sentence,
    share,
    table,
)

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["placements", "quality", "shifts"]

Frames = Mapping[str, "pd.DataFrame"]


def placements(tables: Frames) -> DisplayTable:
    """Return every event given with its clock, tag, phase and day 0, its flags, and why it fell out."""
    frame = tables["events"]
    columns = [Column(title, "left") for title in ("Event", "Symbol", "Announced", "Tag", "Phase", "Day 0")]
    columns += [Column("Flags", "left"), Column("In the study", "left")]
    rows = [
        (
            clean(row["event_id"]),
            clean(row["symbol"]),
            date(row["date"]) if is_missing(row["announced_at"]) else moment(row["announced_at"]),
            clean(row["timing"]).replace("_", " "),
            clean(row["phase"]),
            MISSING if is_missing(row["day0"]) else date(row["day0"]),
            clean(row["flags"]).replace(";", ", ").replace("_", " "),
            "yes" if row["status"] == "ok" else f"no: {reason(row['reason'], row['detail'])}",
        )
        for row in frame.to_dict("records")
    ]
    flags = dict.fromkeys(flag for cell in frame["flags"].map(clean) for flag in cell.split(";") if flag)
    dropped = dict.fromkeys(code for code in frame["reason"].map(clean) if code)
    notes = [f"{code.replace('_', ' ').capitalize()}: {_flag_sentence(code)}" for code in flags]
    notes += [f"{reason(code).capitalize()}: {reason_sentence(code)}" for code in dropped if reason_sentence(code)]
    return table("Where the events were placed", columns, rows, *notes).without_empty()


def _flag_sentence(code: str) -> str:
    return Flag(code).sentence if code in set(Flag) else ""


def shifts(tables: Frames) -> DisplayTable:
    """Return every event whose day 0 is not its stated date."""
    frame = shifted(tables["events"])
    frame = frame[frame["days"] != 0]
    columns = [Column(title, "left") for title in ("Event", "Symbol", "Stated date", "Day 0")]
    columns += [Column("Days"), Column("Phase", "left")]
    rows = zip(
        in_words(frame["event_id"], clean),
        in_words(frame["symbol"], clean),
        in_words(frame["date"], date),
        in_words(frame["day0"], date),
        in_words(frame["days"], lambda days: "" if days is None else f"{days:+d}"),
        in_words(frame["phase"], clean),
        strict=True,
    )
    return table("Events whose day 0 is not their stated date", columns, rows)


def quality(tables: Frames, assessed: Quality | None = None) -> DisplayTable:
    """Return what became of the events: used and lost, timed, shifted, flagged, crowded.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        The result frames; ``events`` is read.
    assessed : Quality, optional
        What is shown, in the place of what the frame says; it may have a second calendar.
    """
    found = assess(tables["events"]) if assessed is None else assessed
    rows = []
    topic = ""
    for row in found.to_frame().to_dict("records"):
        # The dates of a list without events, and lines that say nothing.
        if row["events"] == 0 and row["topic"] not in ("events", "timing"):
            continue
        shown = "" if row["topic"] == topic else str(row["topic"]).capitalize()
        topic = row["topic"]
        total = found.used if topic == "dates" else found.given
        part = "" if topic == "second calendar" or not total else share(row["events"] / total)
        rows.append((shown, clean(row["item"]).replace("_", " "), count(row["events"]), part))
    columns = (Column("What", "left"), Column("Which", "left"), Column("Events"), Column("Share"))
    return table("How good the list of events is", columns, rows, *found.sentences)
