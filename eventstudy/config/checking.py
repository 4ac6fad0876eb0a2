"""Everything of a configured study up to alignment: counts, coverage, what to be wary of. Nothing is estimated."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from eventstudy import _event_tables
from eventstudy._typing import Floats, Ints, Labels
from eventstudy.config.configured import Configured
from eventstudy.events import Phase
from eventstudy.findings import findings_frame
from eventstudy.prepare import Prepared
from eventstudy.returns import Benchmark, Window
from eventstudy.study import Study

if TYPE_CHECKING:
    from eventstudy.reports.display import DisplayTable

__all__ = ["Check", "check"]

MOST_FINDINGS = 20

# With fewer events a mean effect can hardly be told from the events' own noise.
FEW = 10


@dataclass(frozen=True, eq=False)
class Check:
    """What `check` found.

    Parameters
    ----------
    study : Study
        What would be run.
    prepared : Prepared
        Its events and returns, aligned.
    """

    study: Study
    prepared: Prepared

    @property
    def kept(self) -> int:
        """How many events would be studied."""
        return len(self.prepared.aligned)

    @cached_property
    def coverage(self) -> dict[tuple[str, str], Ints]:
        """Returns that are there, shape (E,), by window and by whose: the event's symbol, or a benchmark."""
        return {(window.name, whose): found for window, whose, found in _coverage(self.study, self.prepared)}

    @property
    def sentences(self) -> tuple[str, ...]:
        """How many events there are, then the warnings."""
        given = len(self.prepared.events)
        size = f"{len(self.study.labelled)} models, {len(self.study.hypothesis_tests)} tests"
        counted = f"{self.study.name}: {given} events given, {self.kept} to study; {size}. Nothing was estimated."
        return (counted, *(f"Warning: {warning}" for warning in self.warnings))

    @cached_property
    def warnings(self) -> tuple[str, ...]:
        """What a reader of the results should know beforehand, one sentence each."""
        return tuple(_warnings(self)) if self.kept else ("no event is left to study.",)

    def tables(self) -> list[DisplayTable]:
        """Return attrition and coverage as tables for people."""
        from eventstudy.reports import price_tables, tables

        prepared = self.prepared
        events = _event_tables.events(
            prepared.events, prepared.placed, prepared.aligned.attrition, prepared.flags
        ).frame()
        attrition = tables.attrition({"events": events})
        shown = [attrition, self._coverage_table()] if self.kept else [attrition]
        if prepared.findings:
            shown.append(price_tables.findings(findings_frame(prepared.findings)).head(MOST_FINDINGS, "findings.csv"))
        return shown

    def summary(self, *, color: bool = False, width: int = 100) -> str:
        """Return sentences and tables as text."""
        from eventstudy.reports.terminal import render_tables

        return render_tables(self.sentences, self.tables(), color=color, width=width)

    def _coverage_table(self) -> DisplayTable:
        from eventstudy.reports.display import Column, count, table

        lengths = {window.name: window.length for window in _windows(self.study)}
        rows = [
            (name, whose, count(lengths[name]), count(found.min()), count(float(np.median(found))), count(found.max()))
            for (name, whose), found in self.coverage.items()
        ]
        columns = [Column("Window", "left"), Column("Returns of", "left")]
        columns += [Column(title) for title in ("Sessions", "Fewest", "Median", "Most")]
        return table("Returns in the windows of the events to study", columns, rows)


def check(configured: Configured) -> Check:
    """Read the inputs of a configured study and align them, without estimating anything.

    Raises
    ------
    InputError
        For whatever would stop the study, except that no event is left: then the check says why.
    """
    prepared = configured.prepare()
    for name in configured.study.group_by:
        prepared.events.column(name)
    return Check(configured.study, prepared)


def _windows(study: Study) -> tuple[Window, Window]:
    return Window("estimation", *study.windows.estimation), Window("event", *study.windows.event)


def _coverage(study: Study, prepared: Prepared) -> Iterator[tuple[Window, str, Ints]]:
    aligned, panel = prepared.aligned, prepared.panel
    benchmarks = {_label(benchmark): benchmark for model in study.labelled.values() for benchmark in model.regressors}
    exchange = _exchange(prepared)
    tables = prepared.regressors.tables(list(benchmarks.values()), exchange if len(exchange) else None)
    for window in _windows(study):
        start = aligned.day0 + window.start
        yield window, "the event's symbol", _counted(panel.window(aligned.code, start, window.length))
        gathered = tables.gather(_exchange(prepared), start, window.length)
        for place, label in enumerate(benchmarks):
            yield window, label, _counted(gathered[:, :, place])


def _label(benchmark: Benchmark) -> str:
    return benchmark if isinstance(benchmark, str) else ", ".join(benchmark.values())


def _exchange(prepared: Prepared) -> Labels:
    """Return the exchange of each event to study, shape (E,)."""
    calendars = prepared.panel.listing.calendars
    return np.array([calendars[code].code for code in prepared.aligned.code], dtype=object)


def _counted(values: Floats) -> Ints:
    return np.asarray((~np.isnan(values)).sum(axis=1), dtype=np.int64)


def _warnings(found: Check) -> Iterator[str]:
    aligned, windows = found.prepared.aligned, found.study.windows
    if found.kept < FEW:
        yield f"{found.kept} events are too few to show a mean effect, whatever a test of the mean says."
    for (name, whose), counts in found.coverage.items():
        short = int((counts < len(windows.days)).sum()) if name == "event" else 0
        if short:
            yield f"{short} events lack a return of {whose} in the event window; a CAR over such a day has no value."
    untimed = int((found.prepared.placed.phase[aligned.row] == Phase.UNKNOWN).sum())
    if untimed:
        yield f"of {untimed} events the time of day is unknown, so that day 0 may be a session early or late."
    same = aligned.code[1:] == aligned.code[:-1]
    crowded = int((same & (np.diff(aligned.day0) < len(windows.days))).sum())
    if crowded:
        yield f"the event windows of {crowded} pairs of events of one symbol overlap; their CARs share days."
    together = Counter(zip(_exchange(found.prepared), aligned.day0.tolist(), strict=True)).values()
    if shared := sum(count for count in together if count > 1):
        yield f"{shared} events share their day 0 with another; tests that take events as independent say too much."
