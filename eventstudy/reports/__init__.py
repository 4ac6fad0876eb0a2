"""Reports: result frames as files, tables, figures, words and pages.

A new format is a file with a `Report` in it and one line below.
"""

from eventstudy.reports.base import REPORTS, Report, Results
from eventstudy.reports.excel import ExcelReport
from eventstudy.reports.html import HtmlReport
from eventstudy.reports.json import JsonReport
from eventstudy.reports.latex import LatexReport
from eventstudy.reports.markdown import MarkdownReport
from eventstudy.reports.table_files import CsvReport, ParquetReport

__all__ = [
    "REPORTS",
    "CsvReport",
    "ExcelReport",
    "HtmlReport",
    "JsonReport",
    "LatexReport",
    "MarkdownReport",
    "ParquetReport",
    "Report",
    "Results",
]

_FILES: tuple[Report, ...] = (HtmlReport(), JsonReport(), MarkdownReport(), LatexReport(), ExcelReport())
for _report in (*_FILES, CsvReport(), ParquetReport()):
    REPORTS.register(_report.name, _report)
