"""From events and daily prices to one `Reaction` each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache

import numpy as np

from eventstudy._typing import Floats, Ints, Labels
from eventstudy.bars import BarPanel
from eventstudy.errors import InputError, Reason, UnknownNameError
from eventstudy.events import Events, Placed
from eventstudy.panels import PricePanel
from eventstudy.reactions.barladder import BarLadder
from eventstudy.reactions.barmoves import BarMoves, Pairing, bar_moves_of
from eventstudy.reactions.chain import news_of
from eventstudy.reactions.clock import Clock
from eventstudy.reactions.implied import Implied, implied_of
from eventstudy.reactions.measuring import Ladders, beside_gap
from eventstudy.reactions.moves import Moves, moves_of
from eventstudy.reactions.ordinary import OrdinaryDays
from eventstudy.reactions.pace import Pace
from eventstudy.reactions.path import PathSource
from eventstudy.reactions.peers import with_peers
from eventstudy.reactions.record import Rung
from eventstudy.reactions.rungs import Rungs
from eventstudy.reactions.sequence import STANDING_REASONS, Barred, Reactions
from eventstudy.reactions.stack import Stack
from eventstudy.reactions.standing import Standings
from eventstudy.reactions.steps import GRADES, ladder_steps

__all__ = ["measure_reactions"]

# So many sessions of prices are measured side by side: a few hundred megabytes.
MOST_SESSIONS = 2_000_000


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
) -> Reactions:
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
        A symbol, or one by event id or by exchange code. Without it nothing is expected. One of another exchange is
        matched by date: its open and its close stand for those of that date, at whatever time they are. A price read
        off the bars has it at the same moment.
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
        Bars of the symbols and of the benchmarks, as far as there are any. An event with bars on its day 0 and a close
        before it has the prices between the two closes in its ladder, and each leg a beta of its own; the others have
        the ladder of daily prices.
    clock : Clock, optional
        At which times prices are read off the bars.

    Returns
    -------
    Reactions
        A sequence of `Reaction`, in the order of the events; the attrition table tells of the others.

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
    row = _in_prices(events, placed, prices)
    if not len(row):
        return Reactions.none(events, placed, prices)
    given = _Given(
        events=events,
        placed=placed,
        prices=prices,
        row=row,
        benchmark=_benchmarks(benchmark, events, row, prices),
        beta=np.array([(betas or {}).get(name, np.nan) for name in events.event_id[row]], dtype=np.float64),
        quote=None if quote is None else _quotes(events, quote)[row],
        days=days,
        ordinary=ordinary or OrdinaryDays(),
        read=_Read.of(prices, bars, days, clock or Clock()),
    )
    ladders = given.bar_ladders() if bars is not None else {}
    rungs, beside = with_peers(*given.measure(ladders), events.symbol[row], placed.dates(events.calendar)[row])
    return Reactions(
        events=events,
        placed=placed,
        prices=prices,
        row=row,
        rungs=rungs,
        benchmark=given.benchmark,
        beta=given.beta,
        implied=tuple(_implied(events, place) for place in row.tolist()) if events.values else (None,) * len(row),
        ordinary=given.ordinary,
        since=since,
        barred=beside,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Read:
    """What is known of a symbol by name: its moves, those from bars where it has any, and a pair's side by side."""

    moves: Callable[[str], Moves]
    barred: Callable[[str], BarMoves | None]
    pairing: Callable[[str, str], Pairing]

    @classmethod
    def of(cls, prices: PricePanel, bars: BarPanel | None, days: int, clock: Clock) -> _Read:
        """Read prices and bars; what bars have to tell of a symbol, or of a pair, is found once."""

        @cache
        def barred(symbol: str) -> BarMoves | None:
            there = bars is not None and symbol in bars
            return bar_moves_of(prices.series(symbol), bars.series(symbol), days, clock) if there and bars else None

        def moves(symbol: str) -> Moves:
            found = barred(symbol)
            return moves_of(prices.series(symbol), days) if found is None else found.moves

        @cache
        def pairing(symbol: str, name: str) -> Pairing:
            theirs = barred(name)
            day = None if theirs is None else theirs.day
            return Pairing.of(moves(symbol).series, moves(name), day, clock.liquidity.oldest)

        return cls(moves, barred, pairing)


@dataclass(frozen=True, slots=True, eq=False)
class _Given:
    """What was given of n events, each array of shape (n,); `row` says which of all events they are."""

    events: Events
    placed: Placed
    prices: PricePanel
    row: Ints
    benchmark: Labels
    beta: Floats
    quote: Floats | None
    days: int
    ordinary: OrdinaryDays
    read: _Read

    def bar_ladders(self) -> dict[int, BarLadder]:
        """Return the ladders of those that have bars on day 0, by place among the n."""
        made = {}
        for place, row in enumerate(self.row.tolist()):
            symbol, name = str(self.events.symbol[row]), self.benchmark[place]
            mine = self.read.barred(symbol)
            if mine is None:
                continue
            first = mine.moves.series.first
            day0 = int(self.placed.day0[row]) - first
            if not mine.day.covered(day0):
                continue
            made[place] = BarLadder(
                mine=mine,
                pairing=None if name is None else self.read.pairing(symbol, name),
                news=news_of(mine, day0, self.events.announced_at[row]),
                place=day0,
                own=np.sort(self.placed.day0[self.events.symbol == symbol]) - first,
                ordinary=self.ordinary,
                beta=float(self.beta[place]),
            ).with_beta()
        return made

    def measure(self, ladders: Mapping[int, BarLadder]) -> tuple[Rungs, dict[int, Barred]]:
        """Return the moves of all from daily prices, and those of the events with bars in their place."""
        beta = self.beta.copy()
        beta[[*ladders]] = [each.beta for each in ladders.values()]
        rungs = self._daily(beta)
        return rungs, {place: self._barred(place, each, rungs.of(place)) for place, each in ladders.items()}

    def _daily(self, beta: Floats) -> Rungs:
        """Return the moves from daily prices, symbol after symbol, so that no more than a few lie side by side."""
        listing = self.prices.listing
        every = listing.codes(self.events.symbol)
        code, day0 = every[self.row], self.placed.day0[self.row]
        exchanges = {each.code: each for each in listing.calendars}
        number = {name: place for place, name in enumerate(exchanges)}
        exchange = np.array([number[each.code] for each in listing.calendars], dtype=np.int64)[code]
        last = np.array([listing.last_session_of(name) for name in exchanges], dtype=np.int64)[exchange]
        grade = np.array([GRADES[basis] for basis in self.prices.basis], dtype=object)[code]
        names = list(dict.fromkeys(name for name in self.benchmark if name is not None))
        of_name = {name: place for place, name in enumerate(names)} | {None: -1}
        paced = np.array([of_name[name] for name in self.benchmark], dtype=np.int64)
        calendars = tuple(exchanges.values())
        pace = Pace.of(
            self.beta, paced, day0, exchange, calendars, [self.read.moves(name) for name in names], self.days
        )
        parts, order = [], []
        for symbols in _blocks(np.unique(code), listing.lengths):
            own, rows = np.flatnonzero(np.isin(every, symbols)), np.flatnonzero(np.isin(code, symbols))
            ladders = Ladders(
                stack=Stack.of([self.read.moves(listing.symbols[each]) for each in symbols]),
                code=np.searchsorted(symbols, code[rows]),
                place=day0[rows] - listing.first[code[rows]],
                day0=day0[rows],
                last=last[rows],
                exchange=exchange[rows],
                grade=grade[rows],
                calendars=calendars,
                own_code=np.searchsorted(symbols, every[own]),
                own=self.placed.day0[own] - listing.first[every[own]],
                pace=replace(pace.take(rows), beta=beta[rows]),
                ordinary=self.ordinary,
            )
            measured = ladders.measure(ladder_steps(self.days))
            if self.quote is not None:
                quoted = replace(ladders, pace=pace.take(rows)).quote(self.quote[rows], measured.standing("gap"))
                measured = quoted.beside(measured)
            parts.append(measured)
            order.append(rows)
        return Rungs.one_after_another(parts, np.argsort(np.concatenate(order)))

    def _barred(self, place: int, ladder: BarLadder, daily: tuple[Rung, ...]) -> Barred:
        moves, whole = ladder.measure(daily)
        source = PathSource(
            ladder.mine,
            ladder.pairing,
            ladder.place,
            ladder.starts,
            self.events.announced_at[self.row[place]],
            self.benchmark[place] or "",
        )
        if self.quote is None or np.isnan(self.quote[place]):
            return Barred(moves, whole, source)
        # Beside a measured premarket the quoted move bears a name of its own.
        quoted = replace(_beside_gap(daily[0], whole[0]), leg="premarket_quote")
        at = 1 + next(place for place, move in enumerate(moves) if move.leg == "premarket")
        return Barred((*moves[:at], quoted, *moves[at:]), whole, source)


def _blocks(symbols: Ints, lengths: Ints) -> Iterator[Ints]:
    """Give the symbols in blocks of so many sessions as may be held at once."""
    block = np.cumsum(lengths[symbols]) // MOST_SESSIONS
    yield from np.split(symbols, np.flatnonzero(np.diff(block)) + 1)


def _beside_gap(quoted: Rung, gap: Rung) -> Rung:
    """Return a quoted move with the standing of the gap beside it."""
    of_gap = Standings(
        n=np.array([gap.n]),
        z=np.array([gap.z]),
        percentile=np.array([gap.percentile]),
        reason=np.array([Reason.NO_HISTORY if Reason.NO_HISTORY in gap.reasons else None], dtype=object),
        width=np.array([gap.ordinary_sd]),
    )
    among = beside_gap(np.array([quoted.raw]), of_gap).at(0)
    reasons = (*(each for each in quoted.reasons if each not in STANDING_REASONS), *filter(None, [among.reason]))
    return replace(quoted, n=among.n, z=among.z, percentile=among.percentile, reasons=reasons)


def _quotes(events: Events, quote: str) -> Floats:
    return events.values.get(quote, np.full(len(events), np.nan))


def _check_quotes(events: Events, quote: str) -> None:
    values = _quotes(events, quote)
    if (values <= -1).any():
        row = int(np.flatnonzero(values <= -1)[0])
        raise InputError(
            f"{quote} of {events.event_id[row]} is {values[row]:g}; a move is a decimal above -1, such as 0.11."
        )


def _in_prices(events: Events, placed: Placed, prices: PricePanel) -> Ints:
    """Return the events whose day 0 lies in the prices of their symbol."""
    listing = prices.listing
    codes = listing.codes(events.symbol)
    known = np.flatnonzero(codes >= 0)
    code = codes[known]
    venue = np.array([each.code for each in listing.calendars], dtype=object)[code]
    elsewhere = np.flatnonzero(venue != events.calendar[known])
    if len(elsewhere):
        row, at = known[elsewhere[0]], venue[elsewhere[0]]
        raise InputError(
            f"{events.event_id[row]} is placed in the sessions of {events.calendar[row]}, but the prices of "
            f"{events.symbol[row]} are on {at}; place the events on the venue of their prices."
        )
    day0 = placed.day0[known]
    return known[(listing.first[code] <= day0) & (day0 <= listing.last[code])]


def _benchmarks(benchmark: str | Mapping[str, str] | None, events: Events, row: Ints, prices: PricePanel) -> Labels:
    """Return whose move is expected of each event, None where nobody's."""
    named = np.full(len(row), benchmark if isinstance(benchmark, str) else None, dtype=object)
    if isinstance(benchmark, Mapping):
        by_exchange = [benchmark.get(str(code)) for code in events.calendar[row]]
        named[:] = [
            benchmark.get(str(event_id), other)
            for event_id, other in zip(events.event_id[row], by_exchange, strict=True)
        ]
    for name in dict.fromkeys(named):
        if name is not None and name not in prices.listing:
            raise UnknownNameError("benchmark in the prices", name, prices.symbols)
    return named


def _implied(events: Events, row: int) -> Implied | None:
    try:
        return implied_of({name: float(values[row]) for name, values in events.values.items()})
    except InputError as error:
        raise InputError(f"The event {events.event_id[row]!r}: {error}") from error
