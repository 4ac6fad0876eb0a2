"""Display tables in a terminal: drawn with rich where there is colour, plain aligned text where there is none."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from eventstudy.reports import tables
from eventstudy.reports.display import DisplayTable, clean

if TYPE_CHECKING:
    from rich.table import Table

    from eventstudy.reports.base import Results

__all__ = ["fit", "render", "render_tables", "shown_tables"]

GAP = "  "
# What rich puts beside a column, and how narrow a column of words may become.
EDGE = 2
LEAST_TEXT = 12


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

    from rich.console import Console
    from rich.text import Text

    buffer = io.StringIO()
    options: dict[str, Any] = {"force_terminal": True, "color_system": "standard", "no_color": False}
    console = Console(file=buffer, width=width, legacy_windows=False, **options)
    console.print(Text(display.title, style="bold"))
    for sheet in fit(display, width):
        console.print(_sheet(display, sheet))
    for note in display.notes:
        console.print(Text(note, style="dim"))
    return "\n".join(line.rstrip() for line in buffer.getvalue().splitlines())


def _sheet(display: DisplayTable, sheet: Mapping[int, int]) -> Table:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    made = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for place, size in sheet.items():
        column = display.columns[place]
        made.add_column(Text(column.title), justify=column.align, overflow="fold", width=size)
    for row in display.rows:
        # Text, not str: a cell from a file must not be read as rich's markup.
        made.add_row(*(Text(row[place]) for place in sheet))
    return made


def fit(display: DisplayTable, width: int) -> list[dict[int, int]]:
    """Return which columns stand side by side, and how wide each is, so that no word and no number is cut.

    Texts wrap at their spaces where that makes the table fit; where it doesn't, further columns stand below, each
    block beginning with the columns of text that lead the table, as far as three fifths of the width hold them.

    Parameters
    ----------
    display : DisplayTable
        The table.
    width : int
        Columns of the terminal.

    Returns
    -------
    list of dict of int to int
        For each block the places of its columns with their widths.
    """
    natural = [_longest(display, place, words=False) for place in range(len(display.columns))]
    least = [_longest(display, place, words=True) for place in range(len(display.columns))]
    leading = _leading(display, least, 3 * width // 5)
    blocks = [list(leading)]
    for place in range(len(leading), len(least)):
        block = blocks[-1]
        if len(block) > len(leading) and _total(block, least) + EDGE + least[place] > width:
            block = list(leading)
            blocks.append(block)
        block.append(place)
    return [_shrunk(block, natural, least, width) for block in blocks]


def _leading(display: DisplayTable, least: Sequence[int], most: int) -> list[int]:
    leading: list[int] = []
    for place, column in enumerate(display.columns):
        if column.align == "right" or (leading and _total([*leading, place], least) > most):
            break
        leading.append(place)
    return leading


def _total(block: Sequence[int], sizes: Sequence[int]) -> int:
    return sum(sizes[place] + EDGE for place in block)


def _longest(display: DisplayTable, place: int, *, words: bool) -> int:
    """Return the width of a column, or the least it can do with: titles wrap, of the cells only those of texts."""
    column = display.columns[place]
    cells = [row[place] for row in display.rows]
    if not words:
        return max(map(len, [column.title, *cells]))
    if column.align == "right":
        return max(map(len, [*column.title.split(), *cells]))
    longest = max((len(word) for cell in [column.title, *cells] for word in cell.split()), default=1)
    return min(max(longest, LEAST_TEXT), max(map(len, [column.title, *cells])))


def _shrunk(block: Sequence[int], natural: Sequence[int], least: Sequence[int], width: int) -> dict[int, int]:
    sizes = {place: natural[place] for place in block}
    excess = _total(block, natural) - width
    for place in sorted(block, key=lambda each: least[each] - natural[each]):
        given = min(max(excess, 0), natural[place] - least[place])
        sizes[place] -= given
        excess -= given
    return sizes
