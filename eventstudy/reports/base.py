"""What every report reads, and what a report is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from eventstudy.errors import InputError
from eventstudy.registry import Registry
from eventstudy.reports.contract import OPTIONAL, TABLES, kinds
from eventstudy.reports.long_tables import names_of

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

__all__ = ["REPORTS", "Report", "Results"]

SUMMARY_KEYS = ("name", "headline", "counts", "models", "focus", "provenance")


@dataclass(frozen=True, slots=True, eq=False)
class Results:
    """The results of a study as frames and plain values, with nothing left to compute.

    Parameters
    ----------
    summary : mapping
        ``name`` (text), ``headline`` (list of sentences), ``counts`` (given, kept, dropped: {reason: n}),
        ``models`` ({label: {figure: value}}), ``focus`` (an event_id or None), ``provenance`` (plain values).
    tables : mapping of str to DataFrame
        One frame for each name in `contract.TABLES`, columns as in the output directory; an empty frame with
        the right columns where there is nothing; those of `contract.OPTIONAL` may be absent. Returns are decimals,
        ``percentile`` is a share in [0, 1].

    Raises
    ------
    InputError
        If a key, a table or a column is absent.
    """

    summary: Mapping[str, Any]
    tables: Mapping[str, pd.DataFrame]

    def __post_init__(self) -> None:
        for key in SUMMARY_KEYS:
            if key not in self.summary:
                raise InputError(f"The summary lacks the key {key!r}; it needs {', '.join(SUMMARY_KEYS)}.")
        for name in TABLES:
            if name not in self.tables:
                raise InputError(f"The results lack the table {name!r}; they need {', '.join(TABLES)}.")
        for name in (*TABLES, *(each for each in OPTIONAL if each in self.tables)):
            kinds(name, names_of(self.tables, name))

    @property
    def focus(self) -> str | None:
        """The event that the headline speaks of, if there is one."""
        focus: str | None = self.summary["focus"]
        return focus

    def save(self, folder: str | Path, run: Mapping[str, Any] | None = None) -> Path:
        """Write the output files into a folder and return it: the same bytes as those that were loaded."""
        from pathlib import Path

        from eventstudy.reports.files import write_tables

        write_tables(self, folder, run=run)
        return Path(folder)

    def _repr_html_(self) -> str:
        from eventstudy.reports.html import overview

        return overview(self)


@runtime_checkable
class Report(Protocol):
    """A form in which results are handed over; a member of `REPORTS`.

    A report is one file, or one a table: ``write`` turns results into it and returns where it is. It must be a pure
    function of the results, so that the same study gives the same bytes.
    """

    @property
    def name(self) -> str:
        """The name by which a config asks for it."""

    def write(self, results: Results, folder: Path) -> Path:
        """Write the report into a folder and return the path of what to open: the file, or the folder of several."""


REPORTS: Registry[Report] = Registry("report", "eventstudy.reports")
"""Report formats by name."""
