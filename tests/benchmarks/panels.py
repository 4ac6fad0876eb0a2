"""Made-up panels and events of any size, for benchmarks: returns without prices, events without dates."""

from __future__ import annotations

import numpy as np

from eventstudy._labels import alike
from eventstudy._listing import Listing
from eventstudy.calendars import get_calendar
from eventstudy.errors import Reason
from eventstudy.panels import FactorPanel, ReturnPanel
from eventstudy.returns import Aligned, Windows
from eventstudy.returns.align import Attrition

WINDOWS = Windows(estimation=(-260, -11), event=(-10, 10), named={"day0": (0, 0), "all": (-10, 10)})


def made_up_panel(symbols: int, sessions: int, seed: int = 0, *, gaps: bool = False) -> ReturnPanel:
    """Return a ragged panel: symbol MKT over all sessions, the others over spans of exponential length.

    With gaps, one symbol in five lacks one return in a hundred, so that 18% of estimation windows lack some.
    """
    calendar, rng = get_calendar("XNYS"), np.random.default_rng(seed)
    length = np.clip(rng.exponential(sessions / 4, symbols).astype(np.int64), 600, sessions - 1)
    first = (rng.random(symbols) * (sessions - length)).astype(np.int64)
    length[0], first[0] = sessions, 0
    offsets = np.concatenate([[0], np.cumsum(length)]).astype(np.int64)
    values = rng.standard_normal(offsets[-1]) * 0.02
    market = rng.standard_normal(sessions) * 0.01
    values[:sessions] = market
    for symbol in range(1, symbols):
        span = slice(offsets[symbol], offsets[symbol + 1])
        values[span] += 0.9 * market[first[symbol] : first[symbol] + length[symbol]]
        if gaps and symbol % 5 == 0:
            values[span][rng.random(length[symbol]) < 0.01] = np.nan
    names = ("MKT", *(f"S{number:05d}" for number in range(1, symbols)))
    return ReturnPanel(Listing(names, (calendar,) * symbols, offsets, first), values)


def made_up_places(panel: ReturnPanel, events: int, seed: int = 1) -> Aligned:
    """Return events at random places with whole windows, in the engine's order."""
    rng, listing = np.random.default_rng(seed), panel.listing
    code = rng.integers(1, len(listing.symbols), events)
    room = listing.lengths[code] - 290
    day0 = listing.first[code] + 270 + (rng.random(events) * room).astype(np.int64)
    order = np.lexsort((day0, code))
    identity = np.arange(events).astype(str).astype(object)
    attrition = Attrition(identity, alike(str(Reason.OK), events), alike("", events))
    return Aligned(WINDOWS, np.arange(events), code[order], day0[order], attrition)


def made_up_factors(panel: ReturnPanel, factors: int, seed: int = 2) -> FactorPanel:
    """Return factors f1, f2, ... and a riskless return on all sessions of a panel's first symbol."""
    rng, dates = np.random.default_rng(seed), panel.listing.dates()[panel.listing.span("MKT")]
    values = rng.standard_normal((len(dates), factors)) * 0.01
    names = tuple(f"f{number}" for number in range(1, factors + 1))
    return FactorPanel(dates, names, values, np.full(len(dates), 0.0001))
