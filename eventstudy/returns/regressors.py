"""What stands on the right side of a model: benchmarks and factors, gathered around each event."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from eventstudy._typing import Floats, Ints, Labels
from eventstudy.calendars import Calendar, calendar_codes
from eventstudy.errors import InputError, UnknownNameError, nearest
from eventstudy.panels import FactorPanel, ReturnPanel
from eventstudy.returns.measures import READS
from eventstudy.returns.own import Named, OwnSeries, Peers, labels_to_symbols

__all__ = [
    "EQUAL_WEIGHTED",
    "PEERS",
    "Benchmark",
    "RegressorTables",
    "Regressors",
    "benchmark_symbols",
    "equal_weighted",
]

Benchmark: TypeAlias = str | Mapping[str, str]
"""What an event is compared with.

A symbol, a factor, ``"equal_weighted"`` (the mean of all symbols), ``"peers"`` (the same without the event's own),
``"peers:COLUMN"`` (the other symbols with an event that was kept and has the same label in a column; a symbol without
one is no peer), or a column of the events that names each event's own: a symbol or factor, ``"A+B"`` for a mean,
``"A;B"`` where B takes over when A stops trading. Or a mapping to any of the first three from exchange codes, or to
names from the events' symbols.
"""

EQUAL_WEIGHTED = "equal_weighted"
PEERS = "peers"


def benchmark_symbols(benchmark: Benchmark) -> list[str]:
    """Return the names in a benchmark; an `InputError` where it is neither a name nor a mapping.

    Examples
    --------
    >>> benchmark_symbols("SPY"), benchmark_symbols({"BABA": "JD;PDD"})
    (['SPY'], ['JD', 'PDD'])
    """
    if isinstance(benchmark, str):
        return [benchmark]
    if not isinstance(benchmark, Mapping):
        raise InputError(
            f"A benchmark is {benchmark!r}; a name such as 'SPY' was expected, or a mapping to names from exchange "
            f"codes or symbols. Several at once are MarketModel('SPY', also=('QQQ',))."
        )
    return [name for cell in benchmark.values() for names in labels_to_symbols(cell) for name in names]


def equal_weighted(panel: ReturnPanel, calendar: Calendar) -> Floats:
    """Return the mean over all symbols of a calendar on each of its sessions.

    Parameters
    ----------
    panel : ReturnPanel
        Returns by symbol.
    calendar : Calendar
        The exchange.

    Returns
    -------
    ndarray of shape (T,)
        A decimal per session; NaN on sessions where no symbol has a return.
    """
    total, count = _sums(panel, calendar, range(len(panel.listing.symbols)))
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _sums(panel: ReturnPanel, calendar: Calendar, codes: Iterable[int]) -> tuple[Floats, Floats]:
    """Return the sum over these symbols of a calendar on each session, and how many have a value."""
    total = np.zeros(len(calendar.sessions))
    count = np.zeros(len(calendar.sessions))
    listing = panel.listing
    for code in codes:
        if listing.calendars[code].code != calendar.code:
            continue
        values = panel.values[listing.offsets[code] : listing.offsets[code + 1]]
        stretch = slice(int(listing.first[code]), int(listing.first[code]) + len(values))
        total[stretch] += np.nan_to_num(values)
        count[stretch] += ~np.isnan(values)
    return total, count


@dataclass(frozen=True, slots=True, eq=False)
class RegressorTables:
    """K regressors over all sessions of each exchange, shared by all events of a date.

    Parameters
    ----------
    values : mapping of str to ndarray of shape (T, K)
        By exchange code; decimals per session, NaN where missing.
    own : mapping of int to OwnSeries
        By position among the K: those that differ from event to event.
    factor : tuple of bool
        Which of the K are factors, and so excess or zero-cost returns already.
    risk_free : mapping of str to ndarray of shape (T,)
        The riskless return by exchange code, empty where there is none.
    """

    values: Mapping[str, Floats]
    own: Mapping[int, OwnSeries] = field(default_factory=dict)
    factor: tuple[bool, ...] = ()
    risk_free: Mapping[str, Floats] = field(default_factory=dict)

    def gather(self, exchange: Labels, starts: Ints, length: int, rows: Ints | None = None) -> Floats:
        """Return the regressors over a stretch of sessions for each event.

        Parameters
        ----------
        exchange : ndarray of shape (E,)
            Exchange code of each event.
        starts : ndarray of shape (E,)
            Session index at which each stretch starts.
        length : int
            Sessions in each stretch.
        rows : ndarray of shape (E,), optional
            Positions of the events among all that the tables were made for; all of them without it.

        Returns
        -------
        ndarray of shape (E, length, K)
            NaN where a regressor has no value.
        """
        gathered = _gather(self.values, exchange, starts, length)
        for place, series in self.own.items():
            every = np.arange(len(starts)) if rows is None else rows
            gathered[..., place] = series.gather(every, exchange, starts, length)
        return gathered

    def gather_risk_free(self, exchange: Labels, starts: Ints, length: int) -> Floats:
        """Return the riskless return over a stretch of sessions, shape (E, length)."""
        columns = {code: values[:, None] for code, values in self.risk_free.items()}
        return _gather(columns, exchange, starts, length)[..., 0]


def _gather(tables: Mapping[str, Floats], exchange: Labels, starts: Ints, length: int) -> Floats:
    count = next(iter(tables.values())).shape[1]
    if len(tables) == 1:
        # A study of one exchange needs no sorting of events, and windows copy faster than indexed cells.
        (table,) = tables.values()
        if len(table) >= length and (starts >= 0).all() and (starts + length <= len(table)).all():
            return np.swapaxes(sliding_window_view(table, length, axis=0)[starts], 1, 2)
    gathered = np.full((len(starts), length, count), np.nan)
    for code, table in tables.items():
        at = np.flatnonzero(exchange == code)
        sessions = starts[at][:, None] + np.arange(length)
        inside = (sessions >= 0) & (sessions < len(table))
        gathered[at] = np.where(inside[..., None], table[np.where(inside, sessions, 0)], np.nan)
    return gathered


@dataclass(frozen=True, slots=True, eq=False)
class Regressors:
    """Benchmarks out of the panel, and factors beside it.

    Parameters
    ----------
    panel : ReturnPanel
        Returns by symbol; any symbol can be a benchmark.
    factors : FactorPanel, optional
        Factors by date.
    code : ndarray of shape (E,)
        Symbol of each event; needed only by regressors that differ from event to event.
    columns : mapping of str to ndarray of shape (E,)
        Labels of the events, which may name each event's own benchmark.
    happened : mapping of int to ndarray
        By symbol, the days 0 of all events known, kept or not (`event_sessions`); who had one is no donor then.
    """

    panel: ReturnPanel
    factors: FactorPanel | None = None
    code: Ints = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    columns: Mapping[str, Labels] = field(default_factory=dict)
    happened: Mapping[int, Ints] = field(default_factory=dict)

    def of_events(
        self, code: Ints, labels: Mapping[str, Labels], rows: Ints, happened: Mapping[int, Ints]
    ) -> Regressors:
        """Return the same for some events.

        Parameters
        ----------
        code : ndarray of shape (E,)
            Their symbols.
        labels : mapping of str to ndarray of shape (G,)
            Labels of all events.
        rows : ndarray of shape (E,)
            Which of all they are.
        happened : mapping of int to ndarray
            Days 0 of all events, by symbol.
        """
        columns = {name: each[rows] for name, each in labels.items()}
        return replace(self, code=code, columns=columns, happened=happened)

    def check(self, benchmark: Benchmark) -> None:
        """Raise `UnknownNameError` if a benchmark is nothing that there is, `InputError` if it was never measured."""
        for name in benchmark_symbols(benchmark):
            plain = name.removeprefix(f"{PEERS}:") if isinstance(benchmark, str) else name
            if plain in self.columns and (plain != name or not self._is_series(name)):
                continue
            if not self._is_series(name):
                known = [*self.panel.listing.symbols, *self._factor_names]
                raise UnknownNameError("benchmark", name, known)
            if name in self.panel.listing and np.isnan(self.panel.values[self.panel.listing.span(name)]).all():
                reads = READS.get(self.panel.measure, "two closes in a row")
                raise InputError(
                    f"There is nothing of the benchmark {name} to compare with: the study measures "
                    f"{self.panel.measure}, which reads {reads}, and {name} has none; give a benchmark that has them."
                )

    def is_factor(self, benchmark: Benchmark) -> bool:
        """Return whether a benchmark is a factor, and so an excess or zero-cost return, for every event."""
        found = self._are_factors(benchmark)
        return bool(found) and all(found)

    def has_factor(self, benchmark: Benchmark) -> bool:
        """Return whether a benchmark is a factor for any event."""
        return any(self._are_factors(benchmark))

    def _are_factors(self, benchmark: Benchmark) -> list[bool]:
        """Return of each symbol and factor that a benchmark stands for, by a column of the events too, which it is."""
        if isinstance(benchmark, str) and self._differs(benchmark) and benchmark in self.columns:
            benchmark = {str(label): str(label) for label in self.columns[benchmark]}
        names = benchmark_symbols(benchmark)
        series = [name for name in names if self._is_series(name) or name.startswith(f"{PEERS}:")]
        return [name not in self.panel.listing and name in self._factor_names for name in series]

    def _is_series(self, name: str) -> bool:
        return name in self.panel.listing or name in (EQUAL_WEIGHTED, PEERS) or name in self._factor_names

    @property
    def _factor_names(self) -> tuple[str, ...]:
        return self.factors.names if self.factors else ()

    def tables(self, benchmarks: Sequence[Benchmark], exchanges: Iterable[str] | None = None) -> RegressorTables:
        """Lay the K regressors out over the sessions of exchanges.

        Parameters
        ----------
        benchmarks : sequence of Benchmark
            The K regressors.
        exchanges : iterable of str, optional
            Those that have events; all of the panel without it.

        Raises
        ------
        InputError
            If a benchmark is unknown, or trades on other sessions than the events it is meant for.
        """
        calendars = self.panel.listing.exchanges
        if exchanges is not None:
            wanted = set(exchanges)
            calendars = {code: calendar for code, calendar in calendars.items() if code in wanted}
        own = {place: self._own(each, calendars) for place, each in enumerate(benchmarks) if self._differs(each)}
        values = {
            code: np.stack(
                [
                    np.full(len(calendar.sessions), np.nan)
                    if place in own
                    else self._series(_for_exchange(each, code), calendar)
                    for place, each in enumerate(benchmarks)
                ],
                axis=1,
            )
            if benchmarks
            else np.empty((len(calendar.sessions), 0))
            for code, calendar in calendars.items()
        }
        factor = tuple(self.is_factor(each) for each in benchmarks)
        return RegressorTables(values, own, factor, self._risk_free(calendars))

    def _differs(self, benchmark: Benchmark) -> bool:
        """Return whether a benchmark differs from event to event."""
        if isinstance(benchmark, str):
            column = benchmark in self.columns and not self._is_series(benchmark)
            return column or benchmark == PEERS or benchmark.startswith(f"{PEERS}:")
        exchanges = self.panel.listing.exchanges
        return not exchanges.keys() & benchmark and any(key in self.panel.listing for key in benchmark)

    def _own(self, benchmark: Benchmark, calendars: Mapping[str, Calendar]) -> OwnSeries:
        listing = self.panel.listing
        if isinstance(benchmark, str) and benchmark.partition(":")[0] == PEERS:
            return self._peers(benchmark.partition(":")[2], calendars)
        if isinstance(benchmark, str):
            labels = self.columns[benchmark]
        else:
            labels = np.array([benchmark.get(listing.symbols[code], "") for code in self.code], dtype=object)
        exchange = np.array([listing.calendars[code].code for code in self.code], dtype=object)
        factors = {} if self.factors is None else {code: self._factors(each) for code, each in calendars.items()}
        return Named.of(labels, self.panel, self._factor_names, factors, exchange)

    def _peers(self, column: str, calendars: Mapping[str, Calendar]) -> Peers:
        if not column:
            group, members = np.full(len(self.code), "", dtype=object), {"": range(len(self.panel.listing.symbols))}
            by_group: dict[str, Iterable[int]] = dict(members)
        else:
            group = self.columns[column]
            by_group = {
                label: sorted({int(code) for code in self.code[group == label]}) for label in sorted(set(group))
            }
        totals = {
            (label, code): _sums(self.panel, calendar, codes)
            for label, codes in by_group.items()
            for code, calendar in calendars.items()
        }
        return Peers(self.panel, self.code, group, totals)

    def _series(self, name: str, calendar: Calendar) -> Floats:
        """Return a benchmark over all sessions of a calendar, shape (T,)."""
        listing = self.panel.listing
        if name in listing:
            own = listing.calendars[listing.code(name)]
            if own.code != calendar.code and not np.array_equal(own.sessions, calendar.sessions):
                raise InputError(
                    f"The benchmark {name} trades on {own.code} and can't be compared session by session with an "
                    f"event on {calendar.code}; give a benchmark for each exchange, such as "
                    f"{{{own.code}: {name}, {calendar.code}: ...}}."
                )
            return self.panel.dense(name)
        if name == EQUAL_WEIGHTED:
            return equal_weighted(self.panel, calendar)
        if self.factors is None or name not in self.factors.names:
            raise UnknownNameError("benchmark", name, [*listing.symbols, *self._factor_names])
        return self._factors(calendar)[:, self.factors.names.index(name)]

    def _factors(self, calendar: Calendar) -> Floats:
        """Return all factors over the sessions of a calendar, shape (T, F)."""
        if self.factors is None:
            return np.empty((len(calendar.sessions), 0))
        return _on_sessions(calendar, self.factors, self.factors.values)

    def _risk_free(self, calendars: Mapping[str, Calendar]) -> dict[str, Floats]:
        if self.factors is None or np.isnan(self.factors.risk_free).all():
            return {}
        riskless = self.factors.risk_free[:, None]
        return {code: _on_sessions(calendar, self.factors, riskless)[:, 0] for code, calendar in calendars.items()}


def _on_sessions(calendar: Calendar, factors: FactorPanel, values: Floats) -> Floats:
    series = np.full((len(calendar.sessions), values.shape[1]), np.nan)
    index = calendar.index(factors.dates)
    on_session = index >= 0
    series[index[on_session]] = values[on_session]
    return series


def _for_exchange(benchmark: Benchmark, code: str) -> str:
    if isinstance(benchmark, str):
        return benchmark
    if code not in benchmark:
        odd = [key for key in benchmark if key not in calendar_codes()]
        hint = f" {odd[0]!r} is no exchange code. {nearest(odd[0], calendar_codes())}" if odd else ""
        given = f"given for {', '.join(benchmark)} only" if benchmark else "a mapping of nothing"
        raise InputError(
            f"There are events on {code}, and the benchmark is {given}; {{{code}: ...}} was expected.{hint}"
        )
    return benchmark[code]
