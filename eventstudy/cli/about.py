"""Verbs that tell what there is: lists, the schema of a configuration, a first one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from eventstudy.cli.common import app
from eventstudy.errors import InputError


@app.command("list")
def list_(
    what: Annotated[
        str | None,
        typer.Argument(
            metavar="WHAT",
            help="models, tests, sources, reports, measures, reasons, flags, screens, calendars, corrections.",
        ),
    ] = None,
) -> None:
    """List models, tests, sources and more."""
    from eventstudy._catalogue import EVERY, FAMILIES, catalogue, options

    for family in FAMILIES if what is None else [what]:
        entries = catalogue(family)
        if what is None:
            typer.echo(f"{family}: {', '.join(entries)}")
            continue
        width = max(map(len, entries))
        told = options(family)
        for name, line in entries.items():
            typer.echo(f"{name:{width}}  {line}")
            for option in told.get(name, ()):
                typer.echo(f"{'':{width}}    {option}")
        if EVERY in told:
            typer.echo(f"{EVERY:{width}}  {'; '.join(told[EVERY])}")


@app.command()
def schema() -> None:
    """Print the JSON schema of a configuration."""
    import json

    from eventstudy.config import schema as config_schema

    typer.echo(json.dumps(config_schema(), indent=2, ensure_ascii=False))


@app.command()
def init(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="The file to write.")] = Path("study.yaml"),
    *,
    force: Annotated[bool, typer.Option("--force", help="Overwrite a file that exists.")] = False,
) -> None:
    """Write a first configuration that runs."""
    from importlib.resources import files

    from eventstudy.reports.files import write_text

    if path.suffix.lower() not in {".yaml", ".yml"}:
        raise InputError(f"The file is {str(path)!r}; a name that ends in .yaml was expected.")
    if path.exists() and not force:
        raise InputError(f"{path} exists already; give another name, or --force to overwrite it.")
    text = (files("eventstudy.config") / "first.yaml").read_text(encoding="utf-8")
    typer.echo(f"Written: {write_text(path, text.replace('{file}', str(path)))}")
