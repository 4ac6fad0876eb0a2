"""The report as Markdown: headline and display tables, for an issue, a wiki, a message."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from eventstudy.reports.base import Results
from eventstudy.reports.display import DisplayTable, clean
from eventstudy.reports.files import write_text
from eventstudy.reports.terminal import shown_tables

__all__ = ["MarkdownReport", "markdown_table"]

# What Markdown, or the HTML that it lets through, would take for markup.
SPECIAL = str.maketrans({letter: f"\\{letter}" for letter in "\\`*_{}[]<>#|~"} | {"&": "&amp;"})


@dataclass(frozen=True, slots=True)
class MarkdownReport:
    """``report.md``: the sentences, then the tables that a person reads first.

    Examples
    --------
    >>> MarkdownReport().name
    'markdown'
    """

    name: str = "markdown"

    def write(self, results: Results, folder: Path) -> Path:
        """Write ``report.md`` into a folder and return its path."""
        headline = [f"- {_escape(sentence)}" for sentence in results.summary["headline"]]
        parts = [f"# {_escape(str(results.summary['name']))}", "\n".join(headline)]
        parts += [markdown_table(display) for display in shown_tables(results)]
        return write_text(Path(folder) / "report.md", "\n\n".join(parts) + "\n")


def markdown_table(display: DisplayTable) -> str:
    """Return a display table as a Markdown table under a heading, notes below it.

    Parameters
    ----------
    display : DisplayTable
        The table; whatever in it looks like markup is escaped.

    Examples
    --------
    >>> from eventstudy.reports.display import Column
    >>> print(markdown_table(DisplayTable("Days", (Column("Day", "left"), Column("AAR")), (("0", "+1.00%"),))))
    ## Days
    <BLANKLINE>
    | Day | AAR |
    | --- | ---: |
    | 0 | +1.00% |
    """
    rule = ["---" if column.align == "left" else "---:" for column in display.columns]
    rows = [[column.title for column in display.columns], *display.rows]
    lines = [f"| {' | '.join(_escape(cell) for cell in row)} |" for row in rows]
    lines.insert(1, f"| {' | '.join(rule)} |")
    notes = "\n".join(f"*{_escape(note)}*  " for note in display.notes)
    return "\n".join([f"## {_escape(display.title)}", "", *lines, *(["", notes] if notes else [])])


def _escape(text: str) -> str:
    return clean(text).translate(SPECIAL)
