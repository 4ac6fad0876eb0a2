"""One event explained, without a configuration: what `es.reaction` and ``eventstudy reaction`` answer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import numpy as np

from eventstudy.bars import BarPanel
from eventstudy.errors import InputError, SourceError, UnknownNameError, nearest
from eventstudy.events import Events, Placed, place
from eventstudy.panels import PricePanel
from eventstudy.prepare import Prepared
from eventstudy.reactions import Clock, History, Reaction, daily_prices, history
from eventstudy.reports.words import abnormal_sentences
from eventstudy.result import StudyResult
from eventstudy.returns import Benchmark, Windows, on_price_venue
from eventstudy.returns.regressors import benchmark_symbols
from eventstudy.sources import EVENT_SOURCES, PRICE_SOURCES, SampleEvents, SamplePrices
from eventstudy.study import Study

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from eventstudy.reports.display import DisplayTable

__all__ = ["Explanation", "reaction"]

Source = TypeVar("Source")

SAMPLE = "sample"
MARKET = "SPY"
# A year of sessions less the ten before the event; day 0 alone is tested, so that an event at the end of the
# prices has its answer too.
WINDOWS = Windows(estimation=(-210, -11), event=(0, 0), named={"day0": (0, 0)}, min_obs=120)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Explanation:
    """The reaction to one event, with its test; it shows itself in a notebook.

    Parameters
    ----------
    reaction : Reaction
        The ladder: rungs, legs, and where each stands among ordinary days.
    evidence : tuple of str
        What the single-event test says of day 0, in sentences.
    source : str
        Where prices and events came from, in words.
    history : History, optional
        The move to the close at every event of the stock up to this one.
    """

    reaction: Reaction
    evidence: tuple[str, ...]
    source: str
    history: History | None = None

    @property
    def sentences(self) -> tuple[str, ...]:
        """The answer in words: the reaction, how it compares with past ones, its test, its source."""
        said = self.reaction.sentences
        own = self.reaction.own_sentence
        beside = (own,) if own and own not in said else ()
        return (*said[:2], *beside, *said[2:], *self.evidence, f"Prices and dates: {self.source}.")

    def figures(self) -> dict[str, Figure]:
        """Return the figures beside the ladder: the history strip and, with bars, path and waterfall."""
        strip = {} if self.history is None or len(self.history) < 2 else {"Past reactions": self.history.plot()}
        return self.reaction.figures() | strip

    def to_frame(self) -> pd.DataFrame:
        """Return rungs and legs as a table with the columns of ``reactions.csv``."""
        return self.reaction.to_frame()

    def plot(self) -> Figure:
        """Draw the ladder."""
        return self.reaction.plot()

    def tables(self) -> list[DisplayTable]:
        """Return rungs and legs as tables for people."""
        return self.reaction.tables()

    def summary(self, *, color: bool = False, width: int = 100) -> str:
        """Return sentences, rungs and legs as text."""
        from eventstudy.reports.terminal import render_tables

        return render_tables(self.sentences, self.tables(), color=color, width=width)

    def to_html(self, path: str | Path) -> Path:
        """Write the answer as one self-contained page and return its path."""
        from eventstudy.reports.files import write_text
        from eventstudy.reports.html import reaction_page

        title = f"{self.reaction.symbol}, {self.reaction.day0}"
        return write_text(Path(path), reaction_page(title, self.sentences, self.plot(), self.tables(), self.figures()))

    def _repr_html_(self) -> str:
        from eventstudy.reports.html import reaction_fragment

        return reaction_fragment(self.reaction.event_id, self.sentences, self.plot(), self.tables(), self.figures())

    def __str__(self) -> str:
        return self.summary()

    def __repr__(self) -> str:
        return f"Explanation({self.sentences[0]})"


def reaction(
    symbol: str,
    date: str | dt.date | None = None,
    *,
    source: str | None = None,
    benchmark: Benchmark = MARKET,
    windows: Windows = WINDOWS,
    timing: str | None = None,
    bars: BarPanel | None = None,
    clock: Clock | None = None,
) -> Explanation:
    """Explain how a stock reacted to an announcement.

    Parameters
    ----------
    symbol : str
        Whose announcement.
    date : str or date, optional
        Date of the announcement, or its time with an offset (``"2026-01-28T16:04-05:00"``); without it the latest
        one that has a price. A date on which no announcement is known is taken as one of that `timing`.
    source : str, optional
        Name of the source of prices and events. Without it the embedded sample where it has the symbol and the date,
        else Yahoo; the answer says which.
    benchmark : str or mapping
        The market that the stock is compared with; one of another exchange date by date, its open beside the stock's.
    windows : Windows
        Estimation window of the market model.
    timing : str, optional
        ``"before_open"``, ``"during"`` or ``"after_close"``, for a date on which no announcement is known.
    bars : BarPanel, optional
        Bars of the symbol and of the benchmark, for the prices between the two closes. Where no source is named and
        the sample has not got the symbol, daily prices are made of them too.
    clock : Clock, optional
        At which times prices are read off the bars.

    Returns
    -------
    Explanation
        The ladder of prices, its standing among ordinary days, and the market model's test of day 0.

    Raises
    ------
    InputError
        If the symbol is empty, or the source does not have it, the benchmark or the date.

    Examples
    --------
    >>> answer = reaction("BABA", "2025-02-20")
    >>> answer.sentences[0]
    'Alibaba (BABA) rose 11.0% before the open of 20 February 2025 (press quote), opened 9.56% up and closed 8.09% up;
    74% of the premarket move was left at the close.'
    """
    if not isinstance(symbol, str):
        raise InputError(f"The symbol is {symbol!r}; a ticker as text was expected, such as 'BABA' or '7203.T'.")
    if not symbol.strip():
        raise InputError("reaction: the symbol is empty; say whose announcement, such as BABA.")
    day = None if date is None else _as_moment(date)[0]
    prices, known, told = _found(source, symbol, day, benchmark, bars)
    events, event_id = _with_event(known, symbol, date, timing, prices)
    study = Study(models=["market"], tests=["t"], benchmark=benchmark, windows=windows, focus=event_id, clock=clock)
    prepared = study.prepare(events, prices)
    _check_date(prepared, event_id, prices, symbol)
    models, groups = study.estimate(prepared)
    result = StudyResult.of(
        study, prepared, models, groups, reactions=study.ladders(prepared, prices, models, bars), inputs={}
    )
    answered = result.reaction(event_id)
    closed = answered.rung("close").printed
    return Explanation(
        reaction=answered,
        evidence=tuple(abnormal_sentences(result.results.tables, event_id)),
        source=told,
        history=history(result.reactions, symbol, event_id=event_id) if closed else None,
    )


def _found(
    source: str | None, symbol: str, date: dt.date | None, benchmark: Benchmark, bars: BarPanel | None
) -> tuple[PricePanel, Events | None, str]:
    """Return prices, events and where they came from.

    Without a name: the embedded sample where it has the symbol and the date; the bars, where they have the symbol;
    else Yahoo.
    """
    with_bars = "" if bars is None else ", and the bars given"
    if source is None:
        sample = SamplePrices().prices()
        missing = _not_in_sample(sample, symbol, date)
        if not missing:
            return sample, SampleEvents().events(), f"the embedded sample{with_bars}"
        if bars is not None and symbol in bars:
            return daily_prices(bars), SampleEvents().events(), "the bars given"
        try:
            prices, known = _from("yahoo", symbol, benchmark)
        except SourceError as error:
            raise InputError(f"{missing} Yahoo was asked next: {error}") from error
        return prices, known, f"Yahoo{with_bars}"
    return *_from(source, symbol, benchmark), f"{'the embedded sample' if source == SAMPLE else source}{with_bars}"


def _not_in_sample(sample: PricePanel, symbol: str, date: dt.date | None) -> str:
    """Return in a sentence what the sample lacks; nothing where it has all."""
    if symbol not in sample.listing:
        return f"The embedded sample has no {symbol}. {nearest(symbol, sample.symbols)}"
    sessions = sample.series(symbol).sessions
    if date is not None and not sessions[0] <= np.datetime64(date, "D") <= sessions[-1]:
        return f"The embedded sample has {symbol} from {sessions[0]} to {sessions[-1]} only."
    return ""


def _from(source: str, symbol: str, benchmark: Benchmark) -> tuple[PricePanel, Events | None]:
    """Return the prices of a symbol and its benchmark, and its events, out of one source."""
    prices = _made(PRICE_SOURCES.get(source)).prices((symbol, *benchmark_symbols(benchmark)))
    events = _made(EVENT_SOURCES.get(source))
    try:
        return prices, events.events((symbol,))
    except UnknownNameError:
        # A symbol without a known announcement can still be explained by date.
        return prices, None


def _made(source: Callable[[], Source]) -> Source:
    needed = [each.name for each in fields(cast("Any", source)) if each.default is MISSING is each.default_factory]
    if needed:
        name = getattr(source, "name", "")
        raise InputError(
            f"The source {name!r} needs settings ({', '.join(needed)}), which one line can't give; write a config."
        )
    return source()


def _as_moment(date: str | dt.date) -> tuple[dt.date, str | None]:
    """Return the date, and the moment where one was given."""
    if isinstance(date, str):
        try:
            date = dt.datetime.fromisoformat(date) if len(date) > len("2025-02-20") else dt.date.fromisoformat(date)
        except ValueError:
            raise InputError(f"The date is {date!r}; an ISO date such as 2025-02-20 was expected.") from None
    if not isinstance(date, dt.datetime):
        return date, None
    if date.tzinfo is None and date.time() == dt.time():
        return date.date(), None
    if date.tzinfo is None:
        raise InputError(f"The time {date.isoformat()} has no offset; write one, such as {date.isoformat()}-05:00.")
    return date.date(), date.isoformat()


def _with_event(
    known: Events | None, symbol: str, date: str | dt.date | None, timing: str | None, prices: PricePanel
) -> tuple[Events, str]:
    """Return the symbol's events and the id of the one asked for, which is added where it is not known."""
    own = None if known is None else known.take(np.flatnonzero(known.symbol == symbol))
    if date is None:
        if own is None or not len(own):
            raise InputError(f"No announcement of {symbol} is known; name its date.")
        return own, _latest(own, symbol, prices)
    day, moment = _as_moment(date)
    if own is not None and (own.date == np.datetime64(day, "D")).any():
        return own, str(own.event_id[np.argmax(own.date == np.datetime64(day, "D"))])
    import pandas as pd

    asked = {"symbol": symbol} | ({"date": str(day)} if moment is None else {"announced_at": moment})
    asked |= {} if timing is None else {"timing": timing}
    added = Events.from_frame(pd.DataFrame([asked]), source="asked for by date")
    return _joined(own, added), str(added.event_id[0])


def _latest(own: Events, symbol: str, prices: PricePanel) -> str:
    """Return the id of the latest event with a price; only where none has one, of the latest to come."""
    series = prices.series(symbol)
    day0 = place(on_price_venue(own, prices.listing)).day0
    priced = np.flatnonzero([series.position(int(each)) is not None for each in day0])
    # Yahoo lists the next announcement too.
    among = priced if priced.size else np.arange(len(own))
    return str(own.event_id[among[np.argmax(own.date[among])]])


def _joined(own: Events | None, added: Events) -> Events:
    import pandas as pd

    if own is None or not len(own):
        return added
    both = pd.concat([own.to_frame(), added.to_frame()], ignore_index=True)
    for moment in ("announced_at", "known_at"):
        both[moment] = both[moment].dt.tz_localize("UTC")
    return Events.from_frame(both)


def _check_date(prepared: Prepared, event_id: str, prices: PricePanel, symbol: str) -> None:
    placed: Placed = prepared.placed
    row = prepared.events.position(event_id)
    series = prices.series(symbol)
    if series.position(int(placed.day0[row])) is None:
        date, sessions = prepared.events.date[row], series.sessions
        raise InputError(
            f"There is no price of {symbol} on the session of {date}; "
            f"the prices run from {sessions[0]} to {sessions[-1]}."
        )
