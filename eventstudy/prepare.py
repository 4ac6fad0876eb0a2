"""Everything before the first estimate: events on the venue of their prices, placed, screened, aligned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from eventstudy.bars import BarPanel
from eventstudy.errors import InputError
from eventstudy.events import (
    Events,
    Flags,
    News,
    Placed,
    Screening,
    Verdict,
    apply_screens,
    place,
    with_surprise,
)
from eventstudy.execution import Engine, map_chunks, sharing
from eventstudy.findings import Finding, find
from eventstudy.panels import FactorPanel, PricePanel, ReturnPanel
from eventstudy.reactions import Leg, leg_returns
from eventstudy.returns import (
    Aligned,
    Regressors,
    align,
    check_models,
    event_sessions,
    measure,
    on_price_venue,
    shares_outstanding,
)
from eventstudy.returns.regressors import benchmark_symbols

if TYPE_CHECKING:
    import pandas as pd

    from eventstudy.study import Study

__all__ = ["Digested", "Prepared", "digests", "prepare"]


class Digested(Protocol):
    """What has a digest."""

    def digest(self) -> str:
        """Return a SHA-256 over everything in it."""


def digests(given: Mapping[str, Digested | None], engine: Engine | None = None) -> dict[str, str]:
    """Return the digest of each input that there is, by its name; an engine's threads take them side by side."""
    there = {name: each for name, each in given.items() if each is not None}
    found = map_chunks(lambda each: each.digest(), [*there.values()], sharing(engine))
    return dict(zip(there, found, strict=True))


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """Events and returns, aligned: everything before the first estimate.

    Parameters
    ----------
    events : Events
        The events given, on the venue of their prices, with surprises where the study asks for them.
    placed : Placed
        Their day 0 and phase.
    panel : ReturnPanel
        What is measured.
    aligned : Aligned
        The events kept, and the attrition of all.
    regressors : Regressors
        Benchmarks and factors.
    flags : Flags
        What to know of the events given: from their source, from the placing, from the screens.
    findings : tuple of Finding
        What looks wrong in the prices; nothing was done about it.
    """

    events: Events
    placed: Placed
    panel: ReturnPanel
    aligned: Aligned
    regressors: Regressors
    flags: Flags
    findings: tuple[Finding, ...] = ()


def prepare(
    study: Study,
    events: Events,
    prices: PricePanel,
    factors: FactorPanel | None = None,
    *,
    news: News | pd.DataFrame | None = None,
    shares: pd.DataFrame | None = None,
    bars: BarPanel | None = None,
) -> Prepared:
    """Return what a study would estimate on; see `Study.run` for the arguments and `Study.prepare` for errors."""
    if not isinstance(events, Events):
        raise InputError(f"The events are a {type(events).__name__}; make them with Events.from_frame(...).")
    if not isinstance(prices, PricePanel):
        raise InputError(f"The prices are a {type(prices).__name__}; make them with PricePanel.from_frame(...).")
    events = on_price_venue(events.ordered(), prices.listing)
    if study.surprise is not None:
        events = with_surprise(events, study.surprise)
    if study.focus is not None:
        events.position(study.focus)
    panel = _measured(study, prices, shares, bars)
    regressors = Regressors(panel, factors, columns=events.groups)
    check_models(study.labelled.values(), panel, regressors, log_factors=study.log_factors)
    placed = place(events, study.alignment)
    aligned = align(events, placed, panel, study.windows)
    flags = Flags.parse(events.flags) | placed.flags
    if study.screens:
        verdict = _screen(study, Prepared(events, placed, panel, aligned, regressors, flags), prices, news)
        # Only what is masked changes how many returns an estimation window has.
        aligned = (
            aligned.without(verdict) if verdict.masked is None else align(events, placed, panel, study.windows, verdict)
        )
        flags = flags | verdict.flags
    happened = event_sessions(panel.listing.codes(events.symbol), placed.day0)
    regressors = regressors.of_events(aligned.code, events.groups, aligned.row, happened)
    return Prepared(events, placed, panel, aligned, regressors, flags, find(prices))


def _measured(study: Study, prices: PricePanel, shares: pd.DataFrame | None, bars: BarPanel | None) -> ReturnPanel:
    """Return what is measured: of daily prices, or a leg of the bars."""
    stated = None if shares is None else shares_outstanding(shares, prices.listing)
    if not isinstance(study.returns, Leg):
        return measure(prices, study.returns, missing=study.missing, shares=stated)
    if bars is None:
        raise InputError(f"The study measures the leg {study.returns.name}, which needs bars; there are none.")
    if stated is not None or study.missing != "drop":
        raise InputError("Shares outstanding, and returns from trade to trade, don't go with a leg of the bars.")
    for label, model in study.labelled.items():
        for name in [name for benchmark in model.regressors for name in benchmark_symbols(benchmark)]:
            if name in prices.listing and name not in bars:
                raise InputError(f"The benchmark {name} of {label} has no bars, and a leg is measured of both alike.")
    return leg_returns(prices, bars, study.returns, study.clock)


def _screen(study: Study, prepared: Prepared, prices: PricePanel, news: News | pd.DataFrame | None) -> Verdict:
    return apply_screens(
        study.applied_screens,
        Screening(
            events=prepared.events,
            placed=prepared.placed,
            prices=prices,
            kept=prepared.aligned.attrition.kept,
            event_window=study.windows.event,
            estimation_window=study.windows.estimation,
            news=news if news is None or isinstance(news, News) else News.from_frame(news),
        ),
    )
