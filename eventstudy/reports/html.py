"""One self-contained page, complete without its script: no outside request, for screen, phone and paper."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eventstudy.reports import breakdowns, event_tables, gallery, price_tables, tables
from eventstudy.reports.base import Results
from eventstudy.reports.display import Column, DisplayTable, clean, table
from eventstudy.reports.files import file_names, plain, write_text
from eventstudy.reports.sections import anchors, section, sections
from eventstudy.reports.style import PALETTE, inline_svg

if TYPE_CHECKING:
    import pandas as pd
    from jinja2 import Environment
    from markupsafe import Markup
    from matplotlib.figure import Figure

__all__ = ["HtmlReport", "environment", "fragment", "overview", "page", "reaction_fragment", "reaction_page"]

Frames = Mapping[str, "pd.DataFrame"]
MOST_EVENTS = 50
MOST_ROWS = 300


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
        return write_text(Path(folder) / "report.html", page(results, beside_files=True))


def page(results: Results, *, beside_files: bool = False) -> str:
    """Return the whole page as HTML text, the same for the same results.

    Parameters
    ----------
    results : Results
        What to show; every text in it is escaped.
    beside_files : bool
        Whether the page stands beside the files of `files.write_tables`, so that it may link to them.
    """
    frames, focus = results.tables, results.focus
    has_ladder = bool(focus) and (frames["reactions"]["event_id"] == focus).any()
    own = (
        section(frames, str(focus), anchors([str(focus)])[0], 0, draw=True, fully=True, effects=False)
        if has_ladder
        else None
    )
    others, left_out = sections(frames, focus, MOST_EVENTS)
    with_car = list(map(str, frames["cars"]["event_id"].unique()))
    listed = breakdowns.largest(frames["cars"], with_car, MOST_ROWS)
    script = (resources.files("eventstudy.reports") / "templates" / "report.js").read_text("utf-8").strip()
    context = {
        "summary": results.summary,
        "colours": list(enumerate(PALETTE, start=1)),
        "files": file_names(results) if beside_files else {},
        "links": {each.event_id: each.anchor for each in [*others, *([own] if own else [])]},
        "script": script,
        "script_hash": b64encode(sha256(script.encode()).digest()).decode(),
        "focus": clean(focus),
        "attrition": tables.attrition(frames),
        "events": _first_rows(tables.events, frames, "events"),
        "quality": event_tables.quality(frames),
        "findings": price_tables.findings(frames["findings"]).head(MOST_ROWS, "findings.csv"),
        "shifts": event_tables.shifts(frames).head(MOST_ROWS, "events.csv"),
        "own": own,
        "event_cars": tables.event_cars(frames, str(focus)) if focus else None,
        "mean_cars": tables.mean_cars(frames),
        "caar": gallery.caar_picture(frames),
        "aar": tables.aar(frames).head(MOST_ROWS, "aar.csv"),
        "groups": breakdowns.group_means(frames).head(MOST_ROWS, "tests.csv"),
        "group_picture": gallery.group_picture(frames),
        "pictures": gallery.pictures(frames),
        "tests": tables.significance(frames, focus).head(MOST_ROWS, "tests.csv"),
        "event_returns": breakdowns.event_returns(frames, listed),
        "estimates": _first_rows(tables.estimates, frames, "estimates"),
        "others": others,
        "left_out": left_out,
        "provenance": _provenance(results.summary["provenance"]),
    }
    return environment().get_template("report.html.j2").render(context)


def _first_rows(make: Callable[[Frames], DisplayTable], frames: Frames, name: str) -> DisplayTable:
    """Return a table that has a row for each of a frame, of the first rows: the others need no words."""
    frame = frames[name]
    return make({**frames, name: frame.head(MOST_ROWS)}).first_of(len(frame), f"{name}.csv")


def fragment(display: DisplayTable) -> str:
    """Return a display table as an HTML ``<table>``, escaped, for a notebook cell or a page.

    Parameters
    ----------
    display : DisplayTable
        The table.
    """
    return environment().get_template("table.html.j2").render(display=display)


def overview(results: Results) -> str:
    """Return the headline, the attrition and the abnormal returns as HTML, for a notebook cell."""
    focus = results.focus
    shown = [tables.attrition(results.tables)]
    if focus:
        shown.append(tables.event_cars(results.tables, focus))
    shown.append(tables.mean_cars(results.tables))
    return environment().get_template("overview.html.j2").render(summary=results.summary, shown=shown)


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
    template = environment().get_template("reaction.html.j2")
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
    template = environment().get_template("reaction_page.html.j2")
    return template.render(title=clean(title), body=body, colours=list(enumerate(PALETTE, start=1)))


@lru_cache(maxsize=1)
def environment() -> Environment:
    """Return the templates of the package; whatever is put into them is escaped."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    made = Environment(
        loader=PackageLoader("eventstudy.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters["linked"] = _linked
    # What a table outside a whole page has none of.
    made.globals |= {"links": {}, "files": ()}
    return made


def _linked(text: str, files: Sequence[str]) -> Markup:
    """Return an escaped text in which the names of files are links to them."""
    from markupsafe import Markup, escape

    marked = escape(text)
    for name in files:
        marked = marked.replace(name, Markup('<a href="{0}">{0}</a>').format(name))
    return marked


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
