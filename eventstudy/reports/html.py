"""One self-contained page: no script, no outside request, for screen, phone and paper, light and dark."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eventstudy.reports import event_tables, figures, tables
from eventstudy.reports.base import Results
from eventstudy.reports.contract import is_missing
from eventstudy.reports.display import Column, DisplayTable, clean, date, percent, table
from eventstudy.reports.effects import event_rows, leg_rows
from eventstudy.reports.files import plain, write_text
from eventstudy.reports.style import PALETTE, inline_svg

if TYPE_CHECKING:
    from jinja2 import Environment
    from matplotlib.figure import Figure

__all__ = ["HtmlReport", "fragment", "overview", "page", "reaction_fragment", "reaction_page"]

MOST_EVENTS = 50
MOST_ROWS = 100
MOST_PICTURES = 12


@dataclass(frozen=True, slots=True)
class HtmlReport:
    """``report.html``, the page that people forward.

    Examples
    --------
    >>> HtmlReport().name
    'html'
    """

    name: str = "html"

    def write(self, results: Results, folder: Path) -> Path:
        """Write ``report.html`` into a folder and return its path."""
        return write_text(Path(folder) / "report.html", page(results))


@dataclass(frozen=True, slots=True)
class Reaction:
    """The reaction of one event as the page shows it; `figure` is empty beyond the first events of many."""

    event_id: str
    line: str
    figure: str
    ladder: DisplayTable
    legs: DisplayTable


def page(results: Results) -> str:
    """Return the whole page as HTML text, the same for the same results.

    Parameters
    ----------
    results : Results
        What to show; every text in it is escaped.
    """
    frames, focus = results.tables, results.focus
    order = list(dict.fromkeys(str(each) for each in frames["reactions"]["event_id"]))
    shown = [event_id for event_id in order if event_id != focus][:MOST_EVENTS]
    context = {
        "summary": results.summary,
        "colours": list(enumerate(PALETTE, start=1)),
        "focus": clean(focus),
        "attrition": tables.attrition(frames),
        "events": tables.events(frames).head(MOST_ROWS, "events.csv"),
        "quality": event_tables.quality(frames),
        "shifts": event_tables.shifts(frames).head(MOST_ROWS, "events.csv"),
        "reaction": _reaction(results, focus, 0, draw=True) if focus in order else None,
        "event_cars": tables.event_cars(frames, focus) if focus else None,
        "mean_cars": tables.mean_cars(frames),
        "caar": _caar(results),
        "aar": tables.aar(frames).head(MOST_ROWS, "aar.csv"),
        "tests": tables.significance(frames, focus).head(MOST_ROWS, "tests.csv"),
        "estimates": tables.estimates(frames).head(MOST_ROWS, "estimates.csv"),
        "others": [
            _reaction(results, event_id, place, draw=place <= MOST_PICTURES)
            for place, event_id in enumerate(shown, start=1)
        ],
        "left_out": len(order) - len(shown) - (focus in order),
        "provenance": _provenance(results.summary["provenance"]),
    }
    return _environment().get_template("report.html.j2").render(context)


def fragment(display: DisplayTable) -> str:
    """Return a display table as an HTML ``<table>``, escaped, for a notebook cell or a page.

    Parameters
    ----------
    display : DisplayTable
        The table.
    """
    return _environment().get_template("table.html.j2").render(display=display)


def overview(results: Results) -> str:
    """Return the headline, the attrition and the abnormal returns as HTML, for a notebook cell."""
    focus = results.focus
    shown = [tables.attrition(results.tables)]
    if focus:
        shown.append(tables.event_cars(results.tables, focus))
    shown.append(tables.mean_cars(results.tables))
    return _environment().get_template("overview.html.j2").render(summary=results.summary, shown=shown)


def reaction_fragment(
    name: str,
    sentences: Sequence[str],
    figure: Figure,
    shown: Sequence[DisplayTable],
    more: Mapping[str, Figure] | None = None,
) -> str:
    """Return one reaction as HTML for a notebook cell: sentences, ladder, tables.

    Parameters
    ----------
    name : str
        What tells it from other reactions on a page.
    sentences : sequence of str
        What happened.
    figure : Figure
        The ladder.
    shown : sequence of DisplayTable
        Rungs and legs.
    more : mapping of str to Figure, optional
        Further figures, each by what is to be seen.
    """
    letters = "".join(letter if letter.isalnum() else "-" for letter in name)
    pictures = [inline_svg(figure, f"reaction-{letters}", f"Price ladder of {clean(name)}")]
    for place, (what, each) in enumerate((more or {}).items(), start=2):
        pictures.append(inline_svg(each, f"reaction-{letters}-{place}", f"{what} of {clean(name)}"))
    template = _environment().get_template("reaction.html.j2")
    return template.render(sentences=sentences, figures=pictures, shown=shown)


def reaction_page(
    title: str,
    sentences: Sequence[str],
    figure: Figure,
    shown: Sequence[DisplayTable],
    more: Mapping[str, Figure] | None = None,
) -> str:
    """Return one reaction as a whole page; the arguments are those of `reaction_fragment`."""
    body = reaction_fragment(title, sentences, figure, shown, more)
    template = _environment().get_template("reaction_page.html.j2")
    return template.render(title=clean(title), body=body, colours=list(enumerate(PALETTE, start=1)))


@lru_cache(maxsize=1)
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("eventstudy.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _reaction(results: Results, event_id: str | None, place: int, *, draw: bool) -> Reaction:
    frames = results.tables
    name = str(event_id)
    line = _line(results, name)
    svg = ""
    if draw:
        figure = figures.ladder(frames["reactions"], name)
        svg = inline_svg(figure, f"ladder{place}", f"Price ladder of {clean(name)}. {line}")
    return Reaction(clean(name), line, svg, tables.ladder(frames, name), tables.legs(frames, name))


def _line(results: Results, event_id: str) -> str:
    """Return what the fold of an event says while it is closed: day 0 and the move at its close."""
    rungs = leg_rows(results.tables["reactions"], event_id, "rung")
    close = rungs.loc[rungs["leg"] == "close", "raw"]
    said = f"closed {percent(close.iloc[0])}" if len(close) and not is_missing(close.iloc[0]) else "no close"
    known = event_rows(results.tables["events"], event_id)
    return f"{date(known['day0'].iloc[0])}, {said}" if len(known) else said


def _caar(results: Results) -> str:
    aar = results.tables["aar"]
    if aar.empty:
        return ""
    models = ", ".join(dict.fromkeys(clean(model) for model in aar["model"]))
    about = f"Cumulative mean abnormal return with its 95% band by model: {models}. Figures in the table below."
    return inline_svg(figures.caar(aar), "caar", about)


def _provenance(provenance: Mapping[str, Any]) -> DisplayTable:
    rows = list(_flat(plain(provenance)))
    return table("Provenance", (Column("What", "left"), Column("Value", "left")), rows)


def _flat(values: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    for key, value in values.items():
        name = f"{before}{clean(key)}"
        if isinstance(value, Mapping):
            yield from _flat(value, f"{name}.")
        else:
            text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            yield name, clean(text)
