"""Display tables in a terminal: drawn with rich where there is colour, plain aligned text where there is none."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

from eventstudy.reports import tables
from eventstudy.reports.display import DisplayTable, clean

if TYPE_CHECKING:
    from eventstudy.reports.base import Results

__all__ = ["render", "render_tables", "shown_tables"]

GAP = "  "


def render(results: Results, *, color: bool, width: int) -> str:
    """Return a study's headline and tables as text for a terminal.

    Parameters
    ----------
    results : Results
        What to show.
    color : bool
        Whether escape sequences may be used; False gives plain text.
    width : int
        Columns of the terminal, for wrapping.
    """
    sentences = [clean(sentence) for sentence in results.summary["headline"]]
    return render_tables(sentences, shown_tables(results), color=color, width=width)


def render_tables(sentences: Sequence[str], displays: Sequence[DisplayTable], *, color: bool, width: int) -> str:
    """Return sentences and display tables as text for a terminal; see `render`."""
    head = [textwrap.fill(sentence, width) for sentence in sentences]
    draw = _drawn if color else _plain
    return "\n\n".join([*head, *(draw(display, width) for display in displays)]) + "\n"


def shown_tables(results: Results) -> list[DisplayTable]:
    """Return the tables that a person reads first: attrition, the focus event, the mean, its tests."""
    frames, focus = results.tables, results.focus
    shown = [tables.attrition(frames)]
    if focus:
        if (frames["reactions"]["event_id"] == focus).any():
            shown.append(tables.ladder(frames, focus))
        shown.append(tables.event_cars(frames, focus))
    shown += [tables.mean_cars(frames), tables.significance(frames)]
    return [display for display in shown if display.rows]


def _plain(display: DisplayTable, width: int) -> str:
    cells = [tuple(column.title for column in display.columns), *display.rows]
    widths = [max(len(row[place]) for row in cells) for place in range(len(display.columns))]
    aligns = [column.align for column in display.columns]

    def line(row: Sequence[str]) -> str:
        padded = [
            cell.ljust(size) if align == "left" else cell.rjust(size)
            for cell, size, align in zip(row, widths, aligns, strict=True)
        ]
        return GAP.join(padded).rstrip()

    rule = "-" * min(width, sum(widths) + len(GAP) * (len(widths) - 1))
    notes = [textwrap.fill(note, width) for note in display.notes]
    return "\n".join([display.title, rule, line(cells[0]), rule, *map(line, display.rows), rule, *notes])


def _drawn(display: DisplayTable, width: int) -> str:
    import io

    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    made = Table(
        box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), title=Text(display.title, style="bold"), title_justify="left"
    )
    for column in display.columns:
        made.add_column(Text(column.title), justify=column.align, overflow="fold")
    for row in display.rows:
        # Text, not str: a cell from a file must not be read as rich's markup.
        made.add_row(*map(Text, row))
    buffer = io.StringIO()
    console = Console(
        file=buffer,
        width=width,
        force_terminal=True,
        color_system="standard",
        no_color=False,
        legacy_windows=False,
    )
    console.print(made)
    for note in display.notes:
        console.print(Text(note, style="dim"))
    return "\n".join(line.rstrip() for line in buffer.getvalue().splitlines())
