"""A workbook with a sheet for each table, numbers as numbers; needs the extra ``excel``."""

from __future__ import annotations

import datetime as dt
import io
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eventstudy.errors import OutputError
from eventstudy.reports.base import Results
from eventstudy.reports.contract import held, is_missing
from eventstudy.reports.display import clean
from eventstudy.reports.files import as_written, write_bytes

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ExcelReport"]

MOST_ROWS = 1_048_576 - 2
# The bytes of a workbook hold a date of creation; a fixed one keeps them the same for the same results.
CREATED = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True)
class ExcelReport:
    """``report.xlsx``: the headline on the first sheet, then a sheet for each table of the output directory.

    Examples
    --------
    >>> ExcelReport().name
    'excel'
    """

    name: str = "excel"

    def write(self, results: Results, folder: Path) -> Path:
        """Write ``report.xlsx`` into a folder and return its path."""
        if find_spec("xlsxwriter") is None:
            raise OutputError(
                "An Excel report needs xlsxwriter; install it with: pip install 'eventstudy-backtester[excel]'."
            )
        import xlsxwriter

        buffer = io.BytesIO()
        # A symbol such as =HYPERLINK(...) must stay text.
        options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        with xlsxwriter.Workbook(buffer, options) as workbook:
            workbook.set_properties({"created": CREATED})
            bold = workbook.add_format({"bold": True})
            front = workbook.add_worksheet("headline")
            front.set_column(0, 0, 120)
            front.write_string(0, 0, clean(results.summary["name"]), bold)
            for row, sentence in enumerate(results.summary["headline"], start=2):
                front.write_string(row, 0, clean(sentence))
            for name in held(results.tables):
                _write_sheet(workbook.add_worksheet(name), as_written(name, results.tables[name]), bold)
        return write_bytes(Path(folder) / "report.xlsx", buffer.getvalue())


def _write_sheet(sheet: Any, frame: pd.DataFrame, bold: Any) -> None:
    sheet.freeze_panes(1, 0)
    for place, name in enumerate(map(str, frame.columns)):
        sheet.write_string(0, place, name, bold)
        sheet.set_column(place, place, max(10, min(28, len(name) + 2)))
    if len(frame):
        sheet.autofilter(0, 0, min(len(frame), MOST_ROWS), len(frame.columns) - 1)
    for row, cells in enumerate(frame.head(MOST_ROWS).itertuples(index=False), start=1):
        for place, cell in enumerate(cells):
            _write_cell(sheet, row, place, cell)
    if len(frame) > MOST_ROWS:
        sheet.write_string(MOST_ROWS + 1, 0, f"{len(frame) - MOST_ROWS} more rows are in the CSV file.")


def _write_cell(sheet: Any, row: int, place: int, cell: object) -> None:
    if is_missing(cell):
        return
    if isinstance(cell, str):
        sheet.write_string(row, place, clean(cell))
    else:
        sheet.write_number(row, place, cell)
