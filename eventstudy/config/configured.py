"""What a configuration file describes, and the inputs that it asks for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from eventstudy.errors import UnknownNameError
from eventstudy.events import Events
from eventstudy.panels import PricePanel
from eventstudy.result import StudyResult
from eventstudy.returns.regressors import EQUAL_WEIGHTED
from eventstudy.sources import EventSource, PriceSource
from eventstudy.study import Progress, Study

__all__ = ["Configured", "benchmark_names", "load_inputs"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Configured:
    """A study with its sources, as a file describes it.

    Parameters
    ----------
    path : Path
        The file; paths in it are relative to its folder.
    study : Study
        What to run.
    events, prices : source
        Where the inputs come from.
    reports : tuple of str
        Names of the reports to write.
    out : Path, optional
        Folder of the results, if the file names one.
    """

    path: Path
    study: Study
    events: EventSource
    prices: PriceSource
    reports: tuple[str, ...]
    out: Path | None = None

    @property
    def name(self) -> str:
        """What the study is called."""
        return self.study.name

    def run(self, progress: Progress | None = None) -> StudyResult:
        """Read the inputs and run the study; see `load_inputs` and `Study.run` for errors."""
        return self.study.run(*load_inputs(self), progress=progress)


def load_inputs(configured: Configured) -> tuple[Events, PricePanel]:
    """Read the events and the prices that a configuration asks for.

    A symbol that the file names by hand must be there; one that only an event names may be missing, and the study
    then drops the event with a reason. Prices are read of the symbols needed, or of all that the source has where
    a benchmark is the mean over all.

    Parameters
    ----------
    configured : Configured
        What `load` returned.

    Returns
    -------
    events : Events
        All events of the source.
    prices : PricePanel
        Prices of their symbols and of the benchmarks.

    Raises
    ------
    UnknownNameError
        For a symbol, a benchmark or a focus event that the file names and the inputs do not have.
    DataError
        For an input that breaks a rule.
    """
    focus, benchmarks = configured.study.focus, benchmark_names(configured.study)
    by_hand = dict.fromkeys(getattr(configured.events, "symbols", ()), "events.symbols")
    with _at(configured, by_hand):
        events = configured.events.events()
    if focus is not None:
        with _at(configured, {focus: "focus"}):
            events.position(focus)
    named = {name: key for name, key in benchmarks.items() if name != EQUAL_WEIGHTED} | by_hand
    with _at(configured, named):
        if EQUAL_WEIGHTED in benchmarks:
            prices = configured.prices.prices()
            for symbol in named:
                prices.listing.code(symbol)
        else:
            others = {str(symbol) for symbol in events.symbol} - set(named)
            prices = configured.prices.prices(tuple(named), optional=sorted(others))
    return events, prices


def benchmark_names(study: Study) -> dict[str, str]:
    """Return the names of all benchmarks, each with the place in a configuration that names it.

    Raises
    ------
    InputError
        If a model needs a benchmark and has none.
    """
    found: dict[str, str] = {}
    for label, model in study.labelled.items():
        for benchmark in model.regressors:
            place = "benchmark" if benchmark == study.benchmark else f"models, benchmark of {label}"
            names = benchmark.values() if isinstance(benchmark, Mapping) else [benchmark]
            found = dict.fromkeys(names, place) | found
    return found


@contextmanager
def _at(configured: Configured, keys: Mapping[str, str]) -> Iterator[None]:
    """Say of an unknown name where the file has it."""
    try:
        yield
    except UnknownNameError as error:
        if error.name not in keys:
            raise
        place = f"{configured.path}: {keys[error.name]}"
        raise UnknownNameError(f"{error.kind} ({place})", error.name, error.known) from error
