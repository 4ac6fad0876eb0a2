"""Reports: result frames as files, tables, figures, words and pages.

A new format is a file with a `Report` in it and one line below.
"""

from eventstudy.reports.base import REPORTS, Report, Results
from eventstudy.reports.html import HtmlReport
from eventstudy.reports.json import JsonReport

__all__ = ["REPORTS", "HtmlReport", "JsonReport", "Report", "Results"]

for _report in (HtmlReport(), JsonReport()):
    REPORTS.register(_report.name, _report)
