"""The events of a configured study: what the loader made of the input, and how good the list is."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from eventstudy import _event_tables
from eventstudy.config.configured import Configured
from eventstudy.events.quality import Capture, Quality, assess, compare_calendars
from eventstudy.prepare import Prepared
from eventstudy.sources import CsvEvents

if TYPE_CHECKING:
    import pandas as pd

    from eventstudy.reports.display import DisplayTable

__all__ = ["EventList", "list_events"]

MOST_ROWS = 200


@dataclass(frozen=True, eq=False)
class EventList:
    """The events of a study, placed and screened.

    Parameters
    ----------
    name : str
        What the study is called.
    prepared : Prepared
        Its events and returns, aligned.
    capture : Capture, optional
        How much of a second calendar is found in them.
    """

    name: str
    prepared: Prepared
    capture: Capture | None = None

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row an event given, as in ``events.csv``."""
        prepared = self.prepared
        return _event_tables.events(
            prepared.events, prepared.placed, prepared.aligned.attrition, prepared.flags
        ).frame()

    @cached_property
    def quality(self) -> Quality:
        """What became of the events given."""
        return assess(self.table, self.capture)

    def tables(self) -> list[DisplayTable]:
        """Return the events, the shifts of day 0 and the quality of the list as tables for people."""
        from eventstudy.reports import event_tables

        frames = {"events": self.table}
        shifts = event_tables.shifts(frames).head(MOST_ROWS, "events.csv")
        placements = event_tables.placements(frames).head(MOST_ROWS, "events.csv")
        return [placements, *([shifts] if shifts.rows else []), event_tables.quality(frames, self.quality)]

    def summary(self, *, color: bool = False, width: int = 100) -> str:
        """Return sentences and tables as text."""
        from eventstudy.reports.terminal import render_tables

        sentence = f"{self.name}: {self.quality.given} events given, {self.quality.used} to study."
        return render_tables([sentence], self.tables(), color=color, width=width)


def list_events(configured: Configured, against: Path | None = None) -> EventList:
    """Read, place and screen the events of a configured study, without estimating anything.

    Parameters
    ----------
    configured : Configured
        What `load` returned.
    against : Path, optional
        A CSV file with a second calendar of the same announcements.

    Raises
    ------
    InputError
        For whatever would stop the study, except that no event is left.
    """
    prepared = configured.prepare()
    reference = None if against is None else CsvEvents(path=against).events()
    capture = None if reference is None else compare_calendars(prepared.events, reference)
    return EventList(configured.name, prepared, capture)
