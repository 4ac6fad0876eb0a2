"""From events and daily prices to one `Reaction` each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np

from eventstudy._typing import Ints
from eventstudy.calendars import Calendar
from eventstudy.errors import InputError, UnknownNameError
from eventstudy.events import Events, Placed
from eventstudy.panels import Basis, PricePanel, PriceSeries
from eventstudy.reactions.moves import Moves, matching_place, moves_of, run_up
from eventstudy.reactions.record import Reaction
from eventstudy.reactions.standing import OrdinaryDays
from eventstudy.reactions.steps import Ladder, Pace, ladder_steps

__all__ = ["measure_reactions"]


def measure_reactions(
    events: Events,
    placed: Placed,
    prices: PricePanel,
    *,
    benchmark: str | Mapping[str, str] | None = None,
    betas: Mapping[str, float] | None = None,
    quote: str | None = "premarket_quote",
    days: int = 5,
    since: date | None = None,
    ordinary: OrdinaryDays | None = None,
) -> tuple[Reaction, ...]:
    """Measure the reaction to every event whose day 0 lies in the prices of its symbol.

    Parameters
    ----------
    events : Events
        E announcements, on the venue of their prices.
    placed : Placed
        Their day 0.
    prices : PricePanel
        Prices of the symbols and of the benchmarks.
    benchmark : str or mapping, optional
        A symbol, or one by event id or by exchange code. Without it nothing is expected.
    betas : mapping of str to float, optional
        Beta by event id; an event without one (or with NaN) still gets its ladder.
    quote : str or None
        Value of the events that holds a quoted premarket move, a decimal against the base price. Events without
        it have an empty rung; with None there is no such rung.
    days : int
        How many sessions after day 0 are followed.
    since : date, optional
        Date from whose close (or the last one before) the run-up counts. Without it the last session of the
        year before day 0.
    ordinary : OrdinaryDays, optional
        What a move is compared with; by default up to 250 earlier sessions, own events +-1 left out.

    Returns
    -------
    tuple of Reaction
        In the order of the events; the attrition table tells of the others.

    Raises
    ------
    InputError
        For a benchmark that the prices lack, an event placed on another exchange than its prices, or a quoted
        move of -100% or less.

    Notes
    -----
    Every rung is a simple total return from one base price, ``C* = (C_{-1} - D_0) / S_0``; an announcement during
    or after a session has the close before its day 0 as base like any other. On day 0 it is ``P / C* - 1``, k days
    later ``(P_close / C*) (1 + R_1) ... (1 + R_k) - 1``, with ``R = (S P + D) / P_before - 1``. In logs gap and
    session add up to the close, and the days to the later rungs (METHODS 6.1). `expected` is beta times the
    benchmark's simple move over the same leg, without alpha (METHODS 6.2), and `abnormal` the simple difference,
    so those of several legs do not add up; their logs do.

    Examples
    --------
    >>> from eventstudy.datasets import load_alibaba
    >>> from eventstudy.events import place
    >>> sample = load_alibaba()
    >>> reactions = measure_reactions(sample.events, place(sample.events), sample.prices)
    >>> [f"{rung.leg} {rung.raw:+.4f}" for rung in reactions[3].rungs[:2]]
    ['premarket +0.1100', 'open +0.0956']
    """
    if days < 0:
        raise InputError(f"reaction: days is {days}; it can't be negative.")
    if quote is not None:
        _check_quotes(events, quote)
    known: dict[str, Moves] = {}

    def moves(symbol: str) -> Moves:
        if symbol not in known:
            known[symbol] = moves_of(prices.series(symbol), days)
        return known[symbol]

    given = _Given(
        events=events,
        placed=placed,
        prices=prices,
        benchmark=benchmark,
        betas=betas or {},
        quote=quote,
        days=days,
        since=since,
        ordinary=ordinary or OrdinaryDays(),
        own={symbol: placed.day0[events.symbol == symbol] for symbol in dict.fromkeys(events.symbol)},
    )
    return tuple(_measure(given, row, moves) for row in range(len(events)) if _day0_in_prices(given, row))


@dataclass(frozen=True, slots=True, eq=False)
class _Given:
    events: Events
    placed: Placed
    prices: PricePanel
    benchmark: str | Mapping[str, str] | None
    betas: Mapping[str, float]
    quote: str | None
    days: int
    since: date | None
    ordinary: OrdinaryDays
    own: Mapping[str, Ints]

    def benchmark_of(self, row: int) -> str | None:
        if self.benchmark is None or isinstance(self.benchmark, str):
            return self.benchmark
        by_exchange = self.benchmark.get(str(self.events.calendar[row]))
        return self.benchmark.get(str(self.events.event_id[row]), by_exchange)

    def quote_of(self, row: int) -> float:
        values = self.events.values.get(self.quote or "")
        return np.nan if values is None else float(values[row])


def _check_quotes(events: Events, quote: str) -> None:
    values = events.values.get(quote, np.array([]))
    if (values <= -1).any():
        row = int(np.flatnonzero(values <= -1)[0])
        raise InputError(
            f"{quote} of {events.event_id[row]} is {values[row]:g}; a move is a decimal above -1, such as 0.11."
        )


def _day0_in_prices(given: _Given, row: int) -> bool:
    listing, symbol = given.prices.listing, str(given.events.symbol[row])
    if symbol not in listing:
        return False
    code = listing.code(symbol)
    venue, exchange = listing.calendars[code].code, given.events.calendar[row]
    if venue != exchange:
        raise InputError(
            f"{given.events.event_id[row]} is placed in the sessions of {exchange}, but the prices of {symbol} are "
            f"on {venue}; place the events on the venue of their prices."
        )
    return bool(listing.first[code] <= given.placed.day0[row] <= listing.last[code])


def _measure(given: _Given, row: int, moves: Callable[[str], Moves]) -> Reaction:
    events, symbol = given.events, str(given.events.symbol[row])
    mine, day0 = moves(symbol), int(given.placed.day0[row])
    series = mine.series
    place, calendar = day0 - series.first, series.calendar
    pace = _pace(given, row, moves, calendar, day0)
    last = given.prices.listing.last_session_of(calendar.code)
    ladder = Ladder(mine, place, day0, last, given.own[symbol] - series.first, pace, given.ordinary)
    measured = [ladder.rung(step) for step in ladder_steps(given.days)]
    quoted = [ladder.quoted(given.quote_of(row), measured)] if given.quote is not None else []
    since, gained = _run_up(series, place, given.since)
    company = events.groups.get("company")
    return Reaction(
        event_id=str(events.event_id[row]),
        symbol=symbol,
        company="" if company is None else str(company[row]),
        phase=str(given.placed.phase[row]),
        day0=_date(calendar, day0),
        base_date=_date(calendar, day0 - 1) if day0 > 0 else None,
        base_price=float(mine.base[place]),
        base_definition=_base_definition(series, place),
        basis=series.basis,
        benchmark=pace.name,
        beta=pace.beta,
        run_up_since=since,
        run_up=gained,
        ordinary=given.ordinary,
        moves=(*quoted, *measured),
    )


def _pace(given: _Given, row: int, moves: Callable[[str], Moves], calendar: Calendar, day0: int) -> Pace:
    name = given.benchmark_of(row)
    beta = float(given.betas.get(str(given.events.event_id[row]), np.nan))
    if name is None:
        return Pace(None, beta, None, 0, 0)
    try:
        theirs = moves(name)
    except UnknownNameError as error:
        raise UnknownNameError("benchmark in the prices", name, error.known) from None
    dates = calendar.sessions[day0 - 1 : day0 + given.days + 1]
    return Pace(name, beta, theirs, *matching_place(dates, theirs.series))


def _run_up(series: PriceSeries, place: int, since: date | None) -> tuple[date | None, float]:
    sessions, day0 = series.calendar.sessions, series.first + place
    start = np.datetime64(since, "D") if since else sessions[day0].astype("datetime64[Y]") - np.timedelta64(1, "D")
    session = int(series.calendar.after(np.array([start], dtype="datetime64[D]"))[0]) - 1
    if session < 0:
        return None, np.nan
    return _date(series.calendar, session), run_up(series, session - series.first, place - 1)


def _base_definition(series: PriceSeries, place: int) -> str:
    if series.basis is Basis.RETURNS:
        return "there is no price, only returns"
    if place == 0:
        return "the prices begin on day 0, so there is no close before it"
    before = f"close of {series.sessions[place - 1]}"
    dividend, split = float(series.dividend[place]), float(series.split[place])
    if series.basis is Basis.ADJUSTED:
        return f"back-adjusted {before}: a level that was never traded"
    less = f" less the dividend of {dividend:g} of day 0" if dividend else ""
    over = f", divided by the split of {split:g} of day 0" if split != 1 else ""
    return f"regular {before}{less}{over}"


def _date(calendar: Calendar, session: int) -> date:
    day: date = calendar.sessions[session].astype(object)
    return day
