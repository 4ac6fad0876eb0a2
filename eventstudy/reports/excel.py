"""A workbook with a sheet for each table, numbers as numbers, dates as dates; needs the extra ``excel``."""

from __future__ import annotations

import datetime as dt
import io
import math
import re
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eventstudy.errors import OutputError
from eventstudy.reports import tables
from eventstudy.reports.base import Results
from eventstudy.reports.contract import Kind, conform, held, is_missing, kinds
from eventstudy.reports.display import DisplayTable, clean
from eventstudy.reports.files import write_bytes

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ExcelReport"]

MOST_ROWS = 1_048_576 - 2
FORMATS = {Kind.DATE: "yyyy-mm-dd", Kind.TIME: 'yyyy-mm-dd hh:mm:ss" UTC"'}
# A workbook counts its days from there, and has none before.
FIRST_DAY = dt.date(1900, 3, 1)
FIGURE = re.compile(r"([+-]?)([\d,]+)(\.\d+)?(%?)")
# The bytes of a workbook hold a date of creation; a fixed one keeps them the same for the same results.
CREATED = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True)
class ExcelReport:
    """``report.xlsx``: the headline, what fell out, the mean abnormal returns, then each table of the output directory.

    The first three are as on the page, rounded; the others have all digits. Dates are dates, moments are in UTC.

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
            for name, display in _displays(results).items():
                _write_display(workbook, name, display, bold)
            for name in held(results.tables):
                _write_table(workbook, name, results.tables[name], bold)
        return write_bytes(Path(folder) / "report.xlsx", buffer.getvalue())


def _displays(results: Results) -> dict[str, DisplayTable]:
    shown = {"attrition": tables.attrition(results.tables), "mean_returns": tables.mean_cars(results.tables)}
    return {name: display for name, display in shown.items() if display.rows}


def _write_display(workbook: Any, name: str, display: DisplayTable, bold: Any) -> None:
    sheet = workbook.add_worksheet(name)
    sheet.write_string(0, 0, display.title, bold)
    for place, column in enumerate(display.columns):
        sheet.write_string(2, place, column.title, bold)
        sheet.set_column(place, place, min(60, 2 + max(len(text) for text in (column.title, *_cells(display, place)))))
    for row, cells in enumerate(display.rows, start=3):
        for place, (cell, column) in enumerate(zip(cells, display.columns, strict=True)):
            found = FIGURE.fullmatch(cell) if column.align == "right" else None
            if found:
                _write_figure(workbook, sheet, (row, place), found)
            else:
                sheet.write_string(row, place, cell)
    for row, note in enumerate(display.notes, start=len(display.rows) + 4):
        sheet.write_string(row, 0, note)


def _cells(display: DisplayTable, place: int) -> list[str]:
    return [row[place] for row in display.rows]


def _write_figure(workbook: Any, sheet: Any, cell: tuple[int, int], found: re.Match[str]) -> None:
    """Write a figure that is text already as the number that it says, in the form that it has."""
    sign, whole, part, percent = (each or "" for each in found.groups())
    form = f"#,##0{'.' + '0' * (len(part) - 1) if part else ''}{percent}"
    form = f"{sign}{form};-{form}" if sign == "+" else form
    # Two more digits than the text has of a percentage: the division by 100 adds none.
    value = round(float(f"{sign}{whole.replace(',', '')}{part}") / (100 if percent else 1), len(part) + 2)
    sheet.write_number(*cell, value, workbook.add_format({"num_format": form}))


def _write_table(workbook: Any, name: str, frame: pd.DataFrame, bold: Any) -> None:
    sheet = workbook.add_worksheet(name)
    frame = conform(name, frame)
    held_by = kinds(name, list(frame.columns))
    forms = [
        workbook.add_format({"num_format": FORMATS[kind]}) if kind in FORMATS else None for kind in held_by.values()
    ]
    sheet.freeze_panes(1, 0)
    for place, (column, kind) in enumerate(held_by.items()):
        sheet.write_string(0, place, column, bold)
        sheet.set_column(place, place, max(24 if kind is Kind.TIME else 11, min(28, len(column) + 2)))
    if len(frame):
        sheet.autofilter(0, 0, min(len(frame), MOST_ROWS), len(frame.columns) - 1)
    for row, cells in enumerate(frame.head(MOST_ROWS).itertuples(index=False), start=1):
        for place, cell in enumerate(cells):
            _write_cell(sheet, (row, place), cell, forms[place])
    if len(frame) > MOST_ROWS:
        sheet.write_string(
            MOST_ROWS + 1, 0, f"Rows of {name}.csv that a sheet has no room for: {len(frame) - MOST_ROWS}."
        )


def _write_cell(sheet: Any, at: tuple[int, int], cell: Any, form: Any) -> None:
    if is_missing(cell):
        return
    if isinstance(cell, str):
        sheet.write_string(*at, clean(cell))
    elif form is None and math.isinf(cell):
        # A workbook has no infinite number.
        sheet.write_string(*at, str(cell))
    elif form is None:
        sheet.write_number(*at, cell)
    elif (day := cell.to_pydatetime().replace(tzinfo=None)).date() >= FIRST_DAY:
        sheet.write_datetime(*at, day, form)
    else:
        sheet.write_string(*at, day.isoformat(sep=" ").removesuffix(" 00:00:00"))
