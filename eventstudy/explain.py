"""One event explained, without a configuration: what `es.reaction` and ``eventstudy reaction`` answer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import numpy as np

from eventstudy.errors import InputError, UnknownNameError
from eventstudy.events import Events, Placed
from eventstudy.panels import PricePanel
from eventstudy.reactions import Reaction
from eventstudy.reports.words import abnormal_sentences
from eventstudy.result import StudyResult
from eventstudy.returns import Benchmark, Windows
from eventstudy.sources import EVENT_SOURCES, PRICE_SOURCES
from eventstudy.study import Prepared, Study

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
    """

    reaction: Reaction
    evidence: tuple[str, ...]
    source: str

    @property
    def sentences(self) -> tuple[str, ...]:
        """The answer in words: the reaction, its test, its source."""
        return (*self.reaction.sentences, *self.evidence, f"Prices and dates: {self.source}.")

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
        return write_text(Path(path), reaction_page(title, self.sentences, self.plot(), self.tables()))

    def _repr_html_(self) -> str:
        from eventstudy.reports.html import reaction_fragment

        return reaction_fragment(self.reaction.event_id, self.sentences, self.plot(), self.tables())

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
) -> Explanation:
    """Explain how a stock reacted to an announcement.

    Parameters
    ----------
    symbol : str
        Whose announcement.
    date : str or date, optional
        Date of the announcement; the latest one known without it. A date on which no announcement is known is
        taken as one whose time of day is unknown.
    source : str, optional
        Name of the source of prices and events; the embedded sample without it.
    benchmark : str or mapping
        The market that the stock is compared with.
    windows : Windows
        Estimation window of the market model.

    Returns
    -------
    Explanation
        The ladder of prices, its standing among ordinary days, and the market model's test of day 0.

    Raises
    ------
    InputError
        If the source does not have the symbol, the benchmark or the date.

    Examples
    --------
    >>> answer = reaction("BABA", "2025-02-20")
    >>> answer.sentences[0]
    'Alibaba (BABA) rose 11.0% before the open of 20 February 2025 (press quote), opened 9.56% up and closed 8.09% up;
    74% of the premarket move was left at the close.'
    """
    name = source or SAMPLE
    prices = _made(PRICE_SOURCES.get(name)).prices()
    if symbol not in prices.listing:
        raise UnknownNameError(f"symbol in the source {name!r}", symbol, prices.symbols)
    known = _made(EVENT_SOURCES.get(name)).events()
    events, event_id = _with_event(known, symbol, None if date is None else _as_date(date))
    study = Study(models=["market"], tests=["t"], benchmark=benchmark, windows=windows, focus=event_id)
    prepared = study.prepare(events, prices)
    _check_date(prepared, event_id, prices, symbol)
    models, groups = study.estimate(prepared)
    result = StudyResult(
        study=study,
        events=prepared.events,
        placed=prepared.placed,
        panel=prepared.panel,
        aligned=prepared.aligned,
        groups=groups,
        models=models,
        reactions=study.ladders(prepared, prices, models),
        inputs={},
    )
    return Explanation(
        reaction=result.reaction(event_id),
        evidence=tuple(abnormal_sentences(result.results.tables, event_id)),
        source="the embedded sample" if name == SAMPLE else f"the source {name}",
    )


def _made(source: Callable[[], Source]) -> Source:
    needed = [each.name for each in fields(cast("Any", source)) if each.default is MISSING is each.default_factory]
    if needed:
        name = getattr(source, "name", "")
        raise InputError(
            f"The source {name!r} needs settings ({', '.join(needed)}), which one line can't give; write a config."
        )
    return source()


def _as_date(date: str | dt.date) -> dt.date:
    if isinstance(date, dt.date):
        return date
    try:
        return dt.date.fromisoformat(date)
    except ValueError:
        raise InputError(f"The date is {date!r}; an ISO date such as 2025-02-20 was expected.") from None


def _with_event(known: Events, symbol: str, date: dt.date | None) -> tuple[Events, str]:
    """Return the symbol's events and the id of the one asked for, which is added where it is not known."""
    own = known.take(np.flatnonzero(known.symbol == symbol))
    if date is None:
        if not len(own):
            raise InputError(f"No announcement of {symbol} is known; name its date.")
        return own, str(own.event_id[np.argmax(own.date)])
    at = np.flatnonzero(own.date == np.datetime64(date, "D"))
    if at.size:
        return own, str(own.event_id[at[0]])
    import pandas as pd

    added = Events.from_frame(pd.DataFrame({"symbol": [symbol], "date": [str(date)]}), source="asked for by date")
    return _joined(own, added), str(added.event_id[0])


def _joined(own: Events, added: Events) -> Events:
    import pandas as pd

    if not len(own):
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
