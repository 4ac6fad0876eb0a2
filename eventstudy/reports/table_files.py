"""The tables themselves as reports: CSV, which a run always leaves, and Parquet, which keeps types and is fast."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from eventstudy.reports.base import Results
from eventstudy.reports.contract import held
from eventstudy.reports.files import as_written, csv_text, write_parquet, write_text
from eventstudy.reports.long_tables import length
from eventstudy.reports.texts import Texts

__all__ = ["CsvReport", "ParquetReport"]


@dataclass(frozen=True, slots=True)
class CsvReport:
    """A CSV file for each table: those that a run always leaves, written again, whole however long they are.

    Examples
    --------
    >>> CsvReport().name
    'csv'
    """

    name: str = "csv"

    def write(self, results: Results, folder: Path) -> Path:
        """Write a CSV file for each table into a folder and return the folder."""
        for name in held(results.tables):
            write_text(Path(folder) / f"{name}.csv", csv_text(as_written(name, results.tables[name])))
        return Path(folder)


@dataclass(frozen=True, slots=True)
class ParquetReport:
    """A Parquet file for each table, beside the CSV files: dates are dates, moments are in UTC; needs pyarrow.

    Examples
    --------
    >>> ParquetReport().name
    'parquet'
    """

    name: str = "parquet"

    def write(self, results: Results, folder: Path) -> Path:
        """Write a Parquet file for each table into a folder and return the folder.

        Raises
        ------
        OutputError
            If pyarrow is not installed, before anything is written.
        """
        texts = Texts()

        def write(name: str) -> Path:
            return write_parquet(Path(folder) / f"{name}.parquet", results.tables, name, "A Parquet report", texts)

        # A file is encoded by one thread, so that the long ones are written side by side.
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(write, sorted(held(results.tables), key=lambda name: -length(results.tables, name))))
        return Path(folder)
