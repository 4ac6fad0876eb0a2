"""What a configuration file describes, and the inputs that it asks for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from eventstudy.backtest import Backtest
from eventstudy.bars import BarPanel
from eventstudy.errors import UnknownNameError
from eventstudy.events import Events, News
from eventstudy.panels import FactorPanel, PricePanel
from eventstudy.prepare import Prepared
from eventstudy.reactions import Leg
from eventstudy.result import StudyResult
from eventstudy.returns.models.factors import NamedFactors
from eventstudy.returns.own import labels_to_symbols
from eventstudy.returns.regressors import EQUAL_WEIGHTED, PEERS, benchmark_symbols
from eventstudy.sources import BarSource, CsvDelistings, EventSource, FactorSource, PriceSource, current_client, using
from eventstudy.sources.news import NewsSource
from eventstudy.study import Progress, Study

__all__ = ["Configured", "benchmark_names", "fetch", "load_inputs"]


class Inputs(NamedTuple):
    """What a study is run on, as `Study.run` takes it."""

    events: Events
    prices: PricePanel
    factors: FactorPanel | None
    bars: BarPanel | None
    news: News | None


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
    bars : source, optional
        Where bars come from.
    delistings : CsvDelistings, optional
        Firms that left, whose delisting returns belong into the prices' returns.
    factors : source, optional
        Where factor returns come from.
    news : source, optional
        Where other news comes from.
    backtest : Backtest, optional
        How the events are traded.
    out : Path, optional
        Folder of the results, if the file names one.
    """

    path: Path
    study: Study
    events: EventSource
    prices: PriceSource
    reports: tuple[str, ...]
    bars: BarSource | None = None
    delistings: CsvDelistings | None = None
    factors: FactorSource | None = None
    news: NewsSource | None = None
    backtest: Backtest | None = None
    out: Path | None = None

    @property
    def name(self) -> str:
        """What the study is called."""
        return self.study.name

    @property
    def measures_bars(self) -> bool:
        """Whether what is measured is a leg of the bars."""
        return isinstance(self.study.returns, Leg)

    def run(self, progress: Progress | None = None) -> StudyResult:
        """Read the inputs and run the study; see `load_inputs` and `Study.run` for errors."""
        return self.run_on(self.read(progress), progress)

    def read(self, progress: Progress | None = None) -> Inputs:
        """Read all inputs; see `load_inputs` for errors."""
        with using(replace(current_client(), progress=progress)):
            news = self.other_news()
            events, prices = load_inputs(self)
            bars = self.bar_panel(prices) if self.study.reaction or self.measures_bars else None
            return Inputs(events, prices, self.factor_panel(), bars, news)

    def run_on(self, inputs: Inputs, progress: Progress | None = None) -> StudyResult:
        """Run the study on inputs that were read; see `Study.run` for errors."""
        events, prices, factors, bars, news = inputs
        return self.study.run(events, prices, factors, bars=bars, news=news, progress=progress)

    def prepare(self) -> Prepared:
        """Read the inputs and place, screen and align the events; nothing is estimated."""
        news = self.other_news()
        inputs = load_inputs(self)
        bars = self.bar_panel(inputs[1]) if self.measures_bars else None
        return self.study.prepare(*inputs, self.factor_panel(), news=news, bars=bars)

    def bar_panel(self, prices: PricePanel) -> BarPanel | None:
        """Read the bars of whatever has prices, as far as the source has any; None where the file names none."""
        return None if self.bars is None else self.bars.bars(optional=prices.symbols)

    def other_news(self) -> News | None:
        """Read the other news, None where the file names none."""
        return None if self.news is None else self.news.news()

    def factor_panel(self) -> FactorPanel | None:
        """Read the factors, None where the file names none."""
        return None if self.factors is None else self.factors.factors()


def load_inputs(configured: Configured) -> tuple[Events, PricePanel]:
    """Read the events and the prices that a configuration asks for.

    A symbol that the file names by hand must be there; one that only an event names may be missing, and the study
    then drops the event with a reason. Prices are read of the symbols needed, or of all that the source has where
    a benchmark or a counterfactual is made of all. A benchmark that is a column of the events stands for the symbols
    in it.

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
    everything, columns = _of_events(configured.study, events)
    factors = configured.factor_panel()
    factor_names = () if factors is None else factors.names
    columns |= {name: set() for name in factor_names}
    named = {name: key for name, key in benchmarks.items() if name not in columns} | by_hand
    if configured.backtest is not None:
        named |= dict.fromkeys(configured.backtest.hedge_symbols, "backtest.hedge_with")
    with _at(configured, named, factor_names):
        if everything:
            prices = configured.prices.prices()
            for symbol in named:
                prices.listing.code(symbol)
        else:
            others = {str(symbol) for symbol in events.symbol}.union(*columns.values()) - set(named)
            prices = configured.prices.prices(tuple(named), optional=sorted(others))
    return events, prices if configured.delistings is None else configured.delistings.include(prices)


def _of_events(study: Study, events: Events) -> tuple[bool, dict[str, set[str]]]:
    """Return whether a model needs all symbols there are, and the symbols behind each benchmark that is no symbol."""
    everything, columns = False, dict[str, set[str]]()
    for model in study.labelled.values():
        everything = everything or model.donor_symbols == ()
        for name in [name for benchmark in model.regressors for name in benchmark_symbols(benchmark)]:
            if name in (EQUAL_WEIGHTED, PEERS):
                everything, columns[name] = True, set()
            elif name.startswith(f"{PEERS}:"):
                columns[name] = set()
            elif name in events.groups:
                cells = {str(cell) for cell in events.groups[name]}
                columns[name] = {each for cell in cells for names in labels_to_symbols(cell) for each in names}
    return everything, columns


def fetch(configured: Configured, progress: Progress | None = None) -> Counter[str]:
    """Fill the cache with what a study and its backtest need from the network: all that they read.

    What is kept already is not asked for again, so that a fetch that was stopped goes on where it was.

    Parameters
    ----------
    configured : Configured
        What `load` returned.
    progress : callable, optional
        Told what is fetched, how many are done and how many there are.

    Returns
    -------
    Counter
        How many replies were ``fetched``, and how many were ``cached`` already.

    Raises
    ------
    InputError
        As for `load_inputs`; a `SourceError` where a provider can't be reached or refuses.
    """
    tally: dict[str, str] = {}
    with using(replace(current_client(), progress=progress, tally=tally)):
        configured.other_news()
        # These read the factors too.
        _, prices = load_inputs(configured)
        if configured.study.reaction or configured.measures_bars or configured.backtest is not None:
            configured.bar_panel(prices)
    return Counter(tally.values())


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
            what = "a factor" if isinstance(model, NamedFactors) else "benchmark"
            place = "benchmark" if benchmark == study.benchmark else f"models, {what} of {label}"
            found = dict.fromkeys(benchmark_symbols(benchmark), place) | found
        found = dict.fromkeys(model.donor_symbols or (), f"models, donors of {label}") | found
    return found


@contextmanager
def _at(configured: Configured, keys: Mapping[str, str], known_too: Sequence[str] = ()) -> Iterator[None]:
    """Say of an unknown name where the file has it, and what else would have been known there."""
    try:
        yield
    except UnknownNameError as error:
        if error.name not in keys:
            raise
        place = f"{configured.path}: {keys[error.name]}"
        if configured.factors is None and ", a factor of " in place:
            place += "; there is no key factors, such as factors: {source: french}"
        known = (*error.known, *known_too)
        raise UnknownNameError(f"{error.kind} ({place})", error.name, known) from error
