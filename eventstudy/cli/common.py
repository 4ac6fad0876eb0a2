"""What the verbs share: the application, common options, how to draw, complain and note circumstances."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Annotated, Any

import typer

from eventstudy.errors import OutputError

__all__ = [
    "Config",
    "Offline",
    "Overrides",
    "Quiet",
    "app",
    "check_writable",
    "circumstances",
    "clock",
    "complain",
    "network",
    "terminal",
]

PIPE_WIDTH = 100

app = typer.Typer(
    help="Stock event studies: how large a move was, whether it was abnormal, how it compares, whether it held.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Config = Annotated[Path, typer.Argument(metavar="CONFIG", help="A study in YAML or TOML.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")]
Overrides = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="A key of the file, changed: --set windows.min_obs=60."),
]

Offline = Annotated[bool, typer.Option("--offline", help="Read the network's replies from the cache alone.")]


def complain(sentence: str) -> None:
    """Say on standard error, in one paragraph, what went wrong."""
    paragraph = " ".join(sentence.split())
    typer.echo("Error: " + "".join(letter if letter.isprintable() else "\ufffd" for letter in paragraph), err=True)


def terminal() -> dict[str, Any]:
    """Return how to draw tables: plain and of one width where nobody looks at them."""
    import os
    import shutil

    seen = sys.stdout.isatty()
    width = shutil.get_terminal_size((PIPE_WIDTH, 24)).columns if seen else PIPE_WIDTH
    return {"color": seen and "NO_COLOR" not in os.environ, "width": width}


def check_writable(folder: Path) -> None:
    """Raise `OutputError` where results could not be written, before time is spent on making them."""
    import os

    there = next(each for each in (folder, *folder.absolute().parents) if each.exists())
    if not (there.is_dir() and os.access(there, os.W_OK | os.X_OK)):
        raise OutputError(
            f"The output directory {str(folder)!r} can't be written: {str(there)!r} is no folder to write in."
        )


@contextmanager
def network(*, offline: bool) -> Iterator[None]:
    """Let sources reach the network inside this block, or answer from the cache alone."""
    from eventstudy import sources

    with sources.offline() if offline else nullcontext():
        yield


@contextmanager
def clock() -> Iterator[dict[str, Any]]:
    """Note when what is inside began and how many seconds it took."""
    from datetime import UTC, datetime

    started = datetime.now(UTC)
    times: dict[str, Any] = {"started": started.isoformat(timespec="seconds")}
    yield times
    times["seconds"] = round((datetime.now(UTC) - started).total_seconds(), 3)


def circumstances(config: Path, folder: Path) -> dict[str, Any]:
    """Return what differs from run to run and so stands in ``run.json`` alone."""
    import platform

    return {
        "host": platform.node(),
        "system": platform.platform(),
        "python": sys.executable,
        "arguments": sys.argv[1:],
        "config": str(config.resolve()),
        "folder": str(folder.resolve()),
    }
