"""Reports: result frames as files, tables, figures, words and pages.

A new format is a file with a `Report` in it and one line below.
"""

from eventstudy.reports.base import REPORTS, Report, Results
from eventstudy.reports.excel import ExcelReport
from eventstudy.reports.html import HtmlReport
from eventstudy.reports.json import JsonReport
from eventstudy.reports.latex import LatexReport
from eventstudy.reports.markdown import MarkdownReport

__all__ = [
    "REPORTS",
    "ExcelReport",
    "HtmlReport",
    "JsonReport",
    "LatexReport",
    "MarkdownReport",
    "Report",
    "Results",
]

for _report in (HtmlReport(), JsonReport(), MarkdownReport(), LatexReport(), ExcelReport()):
    REPORTS.register(_report.name, _report)
