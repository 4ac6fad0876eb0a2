"""From events and daily prices to one `Reaction` each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache

import numpy as np

from eventstudy._typing import Ints
from eventstudy.bars import BarPanel
from eventstudy.calendars import Calendar
from eventstudy.errors import InputError, UnknownNameError
from eventstudy.events import Events, Placed
from eventstudy.panels import Basis, PricePanel, PriceSeries
from eventstudy.reactions.barladder import BarLadder
from eventstudy.reactions.barmoves import BarMoves, Pairing, bar_moves_of
from eventstudy.reactions.chain import news_of
from eventstudy.reactions.clock import Clock
from eventstudy.reactions.implied import Implied, implied_of
from eventstudy.reactions.moves import Moves, matching_place, moves_of, run_up
from eventstudy.reactions.path import PathSource
from eventstudy.reactions.peers import with_peers
from eventstudy.reactions.record import Reaction, Rung
from eventstudy.reactions.standing import OrdinaryDays, ordinary_starts
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
    bars: BarPanel | None = None,
    clock: Clock | None = None,
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
    bars : BarPanel, optional
        Bars of the symbols and of the benchmarks, as far as there are any. An event with bars on its day 0 has the
        prices between the two closes in its ladder, and each leg a beta of its own; the others have the ladder of daily
        prices.
    clock : Clock, optional
        At which times prices are read off the bars.

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

    With bars the log moves after hours, before the open, at the open and in the session add up to the close, for any
    prices: where nobody traded the price before stands (reason ``no_print``, grade ``none``). A known time of the
    announcement splits the part of the day it fell in. The benchmark is read at the moment of the stock's own print.
    Betas of legs come from the ordinary days, so that expected moves of legs add up to another total than the one
    beside the close.

    Past events compared with (METHODS 6.4, second question) are those of the symbol among `events`; with fewer than 8
    of them those of the other symbols, earlier than this one, count too.

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
    clock = clock or Clock()

    @cache
    def moves(symbol: str) -> Moves:
        found = barred(symbol)
        return moves_of(prices.series(symbol), days) if found is None else found.moves

    @cache
    def barred(symbol: str) -> BarMoves | None:
        there = bars is not None and symbol in bars
        return bar_moves_of(prices.series(symbol), bars.series(symbol), days, clock) if there and bars else None

    @cache
    def pairing(symbol: str, name: str) -> Pairing:
        theirs = barred(name)
        day = None if theirs is None else theirs.day
        return Pairing.of(moves(symbol).series, moves(name), day, clock.liquidity.oldest)

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
        own={symbol: np.sort(placed.day0[events.symbol == symbol]) for symbol in dict.fromkeys(events.symbol)},
        moves=moves,
        barred=barred,
        pairing=pairing,
    )
    return with_peers([_measure(given, row) for row in range(len(events)) if _day0_in_prices(given, row)])


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
    moves: Callable[[str], Moves]
    barred: Callable[[str], BarMoves | None]
    pairing: Callable[[str, str], Pairing]

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


def _measure(given: _Given, row: int) -> Reaction:
    events, symbol = given.events, str(given.events.symbol[row])
    mine, day0 = given.moves(symbol), int(given.placed.day0[row])
    series = mine.series
    place, calendar = day0 - series.first, series.calendar
    pace = _pace(given, row, calendar, day0)
    last = given.prices.listing.last_session_of(calendar.code)
    ladder = Ladder(mine, place, day0, last, given.own[symbol] - series.first, pace, given.ordinary)
    barred = _bar_ladder(given, row, ladder)
    measured: tuple[Rung, ...]
    whole: tuple[Rung, ...]
    measured, whole = (
        (tuple(ladder.rung(step) for step in ladder_steps(given.days)), ()) if barred is None else barred.measure()
    )
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
        moves=_with_quote(given, row, ladder, measured, whole),
        whole=whole,
        implied=_implied(events, row),
        source=None if barred is None else _path_source(barred, events.announced_at[row], pace.name),
    )


def _with_quote(
    given: _Given, row: int, ladder: Ladder, measured: tuple[Rung, ...], whole: tuple[Rung, ...]
) -> tuple[Rung, ...]:
    """Return the moves with the quoted one; beside a measured premarket it bears a name of its own."""
    if given.quote is None:
        return measured
    quote = given.quote_of(row)
    quoted = ladder.quoted(quote, [*measured, *whole])
    if not whole:
        return (quoted, *measured)
    if np.isnan(quote):
        return measured
    at = next(place for place, move in enumerate(measured) if move.leg == "premarket")
    return (*measured[: at + 1], replace(quoted, leg="premarket_quote"), *measured[at + 1 :])


def _bar_ladder(given: _Given, row: int, ladder: Ladder) -> BarLadder | None:
    """Return the ladder of the bars, None where there are none on day 0."""
    mine = given.barred(str(given.events.symbol[row]))
    if mine is None or not mine.day.covered(ladder.place):
        return None
    name = ladder.pace.name
    pairing = None if name is None else given.pairing(str(given.events.symbol[row]), name)
    return BarLadder(ladder, mine, pairing, news_of(mine, ladder.place, given.events.announced_at[row]), given.days)


def _path_source(barred: BarLadder, announced_at: np.datetime64, benchmark: str | None) -> PathSource:
    ladder = barred.ladder
    starts = ordinary_starts(ladder.own, ladder.place, 1, ladder.ordinary)
    return PathSource(barred.mine, barred.pairing, ladder.place, starts, announced_at, benchmark or "")


def _implied(events: Events, row: int) -> Implied | None:
    try:
        return implied_of({name: float(values[row]) for name, values in events.values.items()})
    except InputError as error:
        raise InputError(f"The event {events.event_id[row]!r}: {error}") from error


def _pace(given: _Given, row: int, calendar: Calendar, day0: int) -> Pace:
    name = given.benchmark_of(row)
    beta = float(given.betas.get(str(given.events.event_id[row]), np.nan))
    if name is None:
        return Pace(None, beta, None, 0, 0)
    try:
        theirs = given.moves(name)
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
