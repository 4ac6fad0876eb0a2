"""Tables as journals print them: booktabs, notes with the test and N, stars for those who must have them.

The rules
---------
1. A column of words in which a cell is longer than `LONG` letters is set as a paragraph.
2. A table that is still wider than the text is scaled down to it, never up.
3. A table longer than a page is set in parts of `MOST_ROWS` rows, each with the heading; a float can't be broken, and
   what breaks over pages by itself (longtable) can't be scaled. The notes stand under the last part.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from eventstudy.reports import tables
from eventstudy.reports.base import Results
from eventstudy.reports.contract import is_missing
from eventstudy.reports.display import DisplayTable, clean
from eventstudy.reports.effects import Effect, event_effects, mean_effects
from eventstudy.reports.files import write_text

__all__ = ["LatexReport", "latex_table"]

SPECIAL = str.maketrans(
    {letter: f"\\{letter}" for letter in "&%$#_{}"}
    | {"~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "\\": r"\textbackslash{}"}
    | {"<": r"\textless{}", ">": r"\textgreater{}", "\N{EN DASH}": "--"}
)
HEAD = r"""% Needs the packages booktabs (rules) and graphicx (tables wider than the text are scaled down to it):
%   \usepackage{booktabs,graphicx}
"""
LONG = 40
MOST_ROWS = 40
PARAGRAPH = r"p{0.42\textwidth}"
FIT = r"\resizebox{\ifdim\width>\textwidth\textwidth\else\width\fi}{!}{%"
LEVELS = ((0.01, "***"), (0.05, "**"), (0.10, "*"))


@dataclass(frozen=True, slots=True)
class LatexReport:
    r"""``tables.tex``: attrition, abnormal returns of the focus event and of the mean, tests; to be ``\input``.

    Parameters
    ----------
    stars : bool
        Whether 10%, 5% and 1% levels are marked beside the CAR; p-values stand in the table either way.

    Examples
    --------
    >>> LatexReport().name
    'latex'
    """

    name: str = "latex"
    stars: bool = False

    def write(self, results: Results, folder: Path) -> Path:
        """Write ``tables.tex`` into a folder and return its path."""
        frames, focus = results.tables, results.focus
        shown = [tables.attrition(frames)]
        if focus:
            shown.append(self._starred(tables.event_cars(frames, focus), event_effects(frames, focus)))
        shown.append(self._starred(tables.mean_cars(frames), mean_effects(frames)))
        shown.append(tables.significance(frames))
        text = "\n\n".join(latex_table(part) for display in shown for part in _parts(display))
        return write_text(Path(folder) / "tables.tex", f"{HEAD}\n{text}\n")

    def _starred(self, display: DisplayTable, effects: Sequence[Effect]) -> DisplayTable:
        if not self.stars:
            return display
        place = next(i for i, column in enumerate(display.columns) if column.title in {"CAR", "CAAR"})
        rows = [
            (*row[:place], row[place] + _stars(effect.p_value), *row[place + 1 :])
            for row, effect in zip(display.rows, effects, strict=True)
        ]
        note = "*, **, *** mark p-values below 10%, 5% and 1%."
        return replace(display, rows=tuple(rows), notes=(*display.notes, note))


def _parts(display: DisplayTable) -> list[DisplayTable]:
    """Return a table as parts that a page holds, the last with the notes; none of a table without rows."""
    stretches = [display.rows[first : first + MOST_ROWS] for first in range(0, len(display.rows), MOST_ROWS)]
    if len(stretches) < 2:
        return [display] if stretches else []
    return [
        replace(
            display,
            title=f"{display.title} (part {place} of {len(stretches)})",
            rows=rows,
            notes=display.notes if place == len(stretches) else (),
        )
        for place, rows in enumerate(stretches, start=1)
    ]


def latex_table(display: DisplayTable) -> str:
    r"""Return a display table as a LaTeX ``table`` no wider than the text, with booktabs rules and its notes below.

    Parameters
    ----------
    display : DisplayTable
        The table; every special character in it is escaped.

    Examples
    --------
    >>> from eventstudy.reports.display import Column
    >>> print(latex_table(DisplayTable("Days", (Column("Day", "left"), Column("AAR")), (("0", "+1%"),))))
    \begin{table}[htbp]
    \centering
    \small
    \setlength{\tabcolsep}{4pt}
    \setlength{\belowcaptionskip}{4pt}
    \caption{Days}
    \resizebox{\ifdim\width>\textwidth\textwidth\else\width\fi}{!}{%
    \begin{tabular}{lr}
    \toprule
    Day & AAR \tabularnewline
    \midrule
    0 & +1\% \tabularnewline
    \bottomrule
    \end{tabular}}
    \end{table}
    """
    long = [
        column.align == "left" and any(len(row[place]) > LONG for row in display.rows)
        for place, column in enumerate(display.columns)
    ]
    kinds = [PARAGRAPH if wraps else column.align[0] for column, wraps in zip(display.columns, long, strict=True)]
    lines = [
        r"\begin{table}[htbp]",
        r"\centering",
        r"\small",
        r"\setlength{\tabcolsep}{4pt}",
        r"\setlength{\belowcaptionskip}{4pt}",
        rf"\caption{{{_escape(display.title)}}}",
        FIT,
        rf"\begin{{tabular}}{{{''.join(kinds)}}}",
        r"\toprule",
        _line([column.title for column in display.columns], [False] * len(long)),
        r"\midrule",
        *(_line(row, long) for row in display.rows),
        r"\bottomrule",
        r"\end{tabular}}",
    ]
    if display.notes:
        notes = "\\par\n".join(_escape(note) for note in display.notes)
        lines += [r"\par\smallskip", rf"\parbox{{\textwidth}}{{\footnotesize {notes}}}"]
    return "\n".join([*lines, r"\end{table}"])


def _line(cells: Sequence[str], long: Sequence[bool]) -> str:
    # A bracket that begins a row would be read as the space above it; ragged text makes \\ a break inside the cell,
    # so that rows end by their other name.
    words = [_escape(cell) for cell in cells]
    words = [rf"\raggedright {word}" if wraps else word for word, wraps in zip(words, long, strict=True)]
    return re.sub(r"^\[", "{[}", " & ".join(words)) + r" \tabularnewline"


def _escape(text: str) -> str:
    # In text a hyphen before a digit is a minus sign.
    return re.sub(r"(?<!\w)-(?=\d)", "$-$", clean(text).translate(SPECIAL))


def _stars(p_value: float) -> str:
    return "" if is_missing(p_value) else next((stars for level, stars in LEVELS if p_value < level), "")
