"""The whole study as one JSON document: the summary and every table as records."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from eventstudy.reports.base import Results
from eventstudy.reports.contract import held
from eventstudy.reports.files import json_text, records, write_text

__all__ = ["JsonReport"]


@dataclass(frozen=True, slots=True)
class JsonReport:
    """``report.json``: what ``summary.json`` says, and under ``tables`` the rows of every CSV file.

    Examples
    --------
    >>> JsonReport().name
    'json'
    """

    name: str = "json"

    def write(self, results: Results, folder: Path) -> Path:
        """Write ``report.json`` into a folder and return its path."""
        tables = {name: records(results, name) for name in held(results.tables)}
        return write_text(Path(folder) / "report.json", json_text({**results.summary, "tables": tables}))
