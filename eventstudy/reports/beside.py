"""The page of a large study, made by a second process while the first one measures and writes the tables.

Half of what a page of many events costs is the import of matplotlib and its layout of figures, all under Python's one
lock. Whatever goes wrong over there is left there: the page is then made here, and an error shows as it always would.
"""

from __future__ import annotations

import gc
import os
import pickle
import sys
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Self

from eventstudy.reports.base import Results
from eventstudy.reports.files import write_text
from eventstudy.reports.html import HtmlReport, environment, page

__all__ = ["MANY_EVENTS", "MOST_EVENTS", "PageBeside"]

# With fewer events the page is done before a second process has begun; with more, their tables are long to hand over.
MANY_EVENTS, MOST_EVENTS = 5_000, 100_000
# Not a fork, which would copy locks of threads that it has not, and not multiprocessing, which runs a caller's script
# again. It finds the package where we do.
CHILD = """
import signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)  # Whoever interrupts the study hears of it from the first process.
sys.path[:] = sys.argv[1:]
from eventstudy.reports.beside import answer
answer()
"""


class PageBeside:
    """`HtmlReport`, with the page made by a second process once one was asked for; it ends with the block.

    Examples
    --------
    >>> with PageBeside() as report:
    ...     report.expect(events=12)  # too few: nothing is started, and `write` makes the page itself
    """

    name: str = "html"

    def __init__(self) -> None:
        self._child: Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._child is not None:
            with self._child as child:
                child.kill()

    def expect(self, events: int) -> None:
        """Start a process that will make the page, if there are so many events and processors that it pays."""
        if MANY_EVENTS <= events <= MOST_EVENTS and _processors() > 1:
            command = [sys.executable, "-P", "-c", CHILD, *sys.path]
            with suppress(OSError):
                self._child = Popen(command, stdin=PIPE, stdout=PIPE)  # noqa: S603

    def begin(self, results: Results) -> None:
        """Hand the results over; the other process begins with the page."""
        if self._child is None or self._child.stdin is None:
            return
        # A pipe that nobody reads any more, or a value that can't be sent.
        with suppress(OSError, pickle.PicklingError, TypeError, AttributeError), self._child.stdin as sent:
            pickle.dump(Results(results.summary, dict(results.tables)), sent, protocol=5)

    def write(self, results: Results, folder: Path) -> Path:
        """Write ``report.html`` into a folder and return its path."""
        text = self._answer()
        return write_text(folder / "report.html", text) if text else HtmlReport().write(results, folder)

    def _answer(self) -> str:
        """Return the page as the other process made it, nothing where it made none."""
        if self._child is None or self._child.stdout is None:
            return ""
        text = self._child.stdout.read().decode()
        return text if self._child.wait() == 0 else ""


def answer() -> None:
    """Read results from standard input, write their page to standard output, and end: with 1 where that fails."""
    # It lives for one page, and nothing else may stand there.
    gc.disable()
    given, told, sys.stdout = sys.stdin.buffer, sys.stdout.buffer, sys.stderr
    try:
        # While there is time for it.
        for name in ("pandas", "matplotlib.backends.backend_svg", "eventstudy.reports.canvas", "scipy.special"):
            import_module(name)
        environment().get_template("report.html.j2")
        text = page(pickle.load(given), beside_files=True)  # noqa: S301
    except Exception:  # noqa: BLE001
        sys.exit(1)
    told.write(text.encode())
    told.flush()
    # To take apart what is there at the end would keep the first process waiting.
    os._exit(0)


def _processors() -> int:
    """Return how many this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
