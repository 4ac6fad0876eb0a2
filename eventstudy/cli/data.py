"""Verbs that look after data: the cache, what is fetched into it, the installation."""

from __future__ import annotations

from typing import Annotated

import typer

from eventstudy._progress import progress_bars
from eventstudy.cli.common import Config, Overrides, Quiet, app, complain

cache_app = typer.Typer(help="Look after the replies that were fetched.", no_args_is_help=True)
app.add_typer(cache_app, name="cache")


@app.command()
def fetch(config: Config, *, overrides: Overrides = None, quiet: Quiet = False) -> None:
    """Fill the cache with what a study needs."""
    from eventstudy import config as configs

    configured = configs.load(config, overrides or ())
    with progress_bars(quiet=quiet) as progress:
        tally = configs.fetch(configured, progress)
    if not quiet:
        typer.echo(f"{tally['fetched']} replies fetched, {tally['cached']} were there already.")


@cache_app.command("info")
def cache_info() -> None:
    """Show what the cache holds."""
    from eventstudy.sources import current_client

    info = current_client().cache.info()
    typer.echo(f"{info.folder}: {sum(info.replies.values())} replies, {info.size / 1e6:.1f} MB")
    for host, count in info.replies.items():
        typer.echo(f"{count:7}  {host}")
    if info.oldest:
        typer.echo(f"fetched from {info.oldest} to {info.newest}")


@cache_app.command("clear")
def cache_clear(
    *, host: Annotated[str | None, typer.Option(help="Only replies of this host; all without it.")] = None
) -> None:
    """Delete what the cache holds."""
    from eventstudy.sources import current_client

    typer.echo(f"{current_client().cache.clear(host)} replies deleted.")


@cache_app.command("verify")
def cache_verify() -> None:
    """Read every reply and take out the broken ones."""
    from eventstudy.sources import current_client

    kept, broken = current_client().cache.verify()
    typer.echo(f"{kept} replies are whole, {len(broken)} were broken and are taken out.")
    for sentence in broken:
        complain(sentence)
    if broken:
        raise typer.Exit(1)


@app.command()
def doctor() -> None:
    """Show what this installation has and lacks."""
    from eventstudy._doctor import examine

    marks = {True: "ok", False: "WRONG", None: ""}
    for found in examine():
        typer.echo(f"{marks[found.well]:5}  {found.topic:23}  {found.words}")
