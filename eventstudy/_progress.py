"""Progress for a person who watches: bars on standard error, drawn with rich; nothing where nobody sees them."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["progress_bars"]

# Seconds between two drawings.
PAUSE = 0.1


@contextmanager
def progress_bars(*, quiet: bool = False) -> Iterator[Callable[[str, int, int], None] | None]:
    """Give a reporter of what is being done, how much of it is done and how much there is; None if nobody watches.

    Parameters
    ----------
    quiet : bool
        Whether to show nothing even on a terminal.
    """
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    # Drawn by the reporter: a thread of its own would not survive the start of worker processes.
    bars = Progress(*columns, console=Console(stderr=True), auto_refresh=False, transient=True)
    tasks: dict[str, TaskID] = {}
    drawn = -PAUSE

    def report(what: str, done: int, total: int) -> None:
        nonlocal drawn
        if what not in tasks:
            tasks[what] = bars.add_task(what, total=total)
        due = done >= total or time.monotonic() - drawn >= PAUSE
        bars.update(tasks[what], completed=done, total=total, refresh=due)
        drawn = time.monotonic() if due else drawn

    with bars:
        yield report
