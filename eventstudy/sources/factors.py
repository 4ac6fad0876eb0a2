"""Factor returns from a CSV file of plain columns."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from eventstudy.frames import Origin, rename_columns
from eventstudy.panels import FactorPanel
from eventstudy.sources import _csv

__all__ = ["CsvFactors"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvFactors:
    """Factors out of a CSV file: a ``date`` column, a column a factor, and ``rf`` for the riskless return.

    Parameters
    ----------
    path : Path
        The file.
    columns : mapping of str to str
        From our name to the file's, where they differ.
    percent : bool
        Whether the file counts in percent; decimals without it.
    """

    name: ClassVar[str] = "csv"

    path: Path
    columns: Mapping[str, str] = field(default_factory=dict)
    percent: bool = False

    def factors(self) -> FactorPanel:
        """Return the factors, decimals per session.

        Raises
        ------
        DataError
            If the file can't be read, or breaks a rule; the message names the line.
        """
        return self.parse(_csv.fetch(self.path))

    def parse(self, raw: bytes) -> FactorPanel:
        """Return the factors in the bytes of a file."""
        frame, lines = _csv.parse(raw, str(self.path), text=[self.columns.get("date", "date")])
        origin = Origin(str(self.path), lines=lines)
        return FactorPanel.from_frame(rename_columns(frame, self.columns, origin), percent=self.percent, origin=origin)

    def provenance(self) -> Mapping[str, str]:
        """Return the SHA-256 of the file."""
        return {"sha256": hashlib.sha256(_csv.fetch(self.path)).hexdigest()}
