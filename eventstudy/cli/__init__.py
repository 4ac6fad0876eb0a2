"""The command line: parse, call the public API, print."""

from __future__ import annotations

import atexit
import gc
import sys
from collections.abc import Sequence
from typing import Annotated, NoReturn

import typer

from eventstudy.cli import about, data, studies, trading
from eventstudy.cli.common import app, complain
from eventstudy.errors import EventStudyError

__all__ = ["about", "app", "data", "main", "studies", "trading"]

# In the order in which somebody new would want them.
VERBS = (
    *("run", "report", "reaction", "events", "check", "fetch", "simulate", "backtest", "audit"),
    *("doctor", "list", "schema", "init"),
)
# Records come by the hundred thousand and hold hardly a cycle; at Python's own pace, of 700 new objects, a tenth of the
# time would go into looking for one.
NEW_OBJECTS = 1_000_000
app.registered_commands.sort(key=lambda each: VERBS.index(each.name or getattr(each.callback, "__name__", "")))


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command and exit: 0 done, 1 a part of the study failed, 2 the input was wrong.

    Parameters
    ----------
    arguments : sequence of str, optional
        Those of the process without it.
    """
    gc.set_threshold(NEW_OBJECTS)
    # What is there at the end goes with the process; to take it apart first would cost a tenth of the time.
    atexit.register(gc.freeze)
    given = list(sys.argv[1:] if arguments is None else arguments)
    # Where somebody adds it to the command that has just failed.
    debug = "--debug" in given
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        typer.main.get_command(app)([each for each in given if each != "--debug"], prog_name="eventstudy")
    except EventStudyError as error:
        _fail(2, str(error), debug=debug)
    except Exception as error:  # noqa: BLE001
        what = f"{type(error).__name__}: {error}"
        _fail(1, f"a fault of this program, not of yours ({what}); --debug shows where.", debug=debug)


def _print_version(wanted: bool) -> None:
    if wanted:
        from eventstudy import __version__

        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _options(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    """Take what stands before the command; `main` has seen to it."""


def _fail(status: int, sentence: str, *, debug: bool) -> NoReturn:
    import traceback

    if debug:
        traceback.print_exc()
    else:
        complain(sentence)
    sys.exit(status)
