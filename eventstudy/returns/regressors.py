"""What stands on the right side of a model: benchmarks and factors, gathered around each event."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from eventstudy._typing import Floats, Ints, Labels
from eventstudy.calendars import Calendar
from eventstudy.errors import InputError, UnknownNameError
from eventstudy.panels import FactorPanel, ReturnPanel

__all__ = ["EQUAL_WEIGHTED", "Benchmark", "RegressorTables", "Regressors", "equal_weighted"]

Benchmark: TypeAlias = str | Mapping[str, str]
"""A symbol, a factor, ``"equal_weighted"``, or one of them for each exchange code."""

EQUAL_WEIGHTED = "equal_weighted"


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
    total = np.zeros(len(calendar.sessions))
    count = np.zeros(len(calendar.sessions))
    listing = panel.listing
    for code, each in enumerate(listing.calendars):
        if each.code != calendar.code:
            continue
        values = panel.values[listing.offsets[code] : listing.offsets[code + 1]]
        stretch = slice(int(listing.first[code]), int(listing.first[code]) + len(values))
        total[stretch] += np.nan_to_num(values)
        count[stretch] += ~np.isnan(values)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


@dataclass(frozen=True, slots=True, eq=False)
class RegressorTables:
    """K regressors over all sessions of each exchange, shared by all events of a date.

    Parameters
    ----------
    values : mapping of str to ndarray of shape (T, K)
        By exchange code; decimals per session, NaN where missing.
    """

    values: Mapping[str, Floats]

    def gather(self, exchange: Labels, starts: Ints, length: int) -> Floats:
        """Return the regressors over a stretch of sessions for each event.

        Parameters
        ----------
        exchange : ndarray of shape (E,)
            Exchange code of each event.
        starts : ndarray of shape (E,)
            Session index at which each stretch starts.
        length : int
            Sessions in each stretch.

        Returns
        -------
        ndarray of shape (E, length, K)
            NaN where a regressor has no value.
        """
        count = next(iter(self.values.values())).shape[1]
        gathered = np.full((len(starts), length, count), np.nan)
        for code, table in self.values.items():
            rows = np.flatnonzero(exchange == code)
            sessions = starts[rows][:, None] + np.arange(length)
            inside = (sessions >= 0) & (sessions < len(table))
            gathered[rows] = np.where(inside[..., None], table[np.where(inside, sessions, 0)], np.nan)
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
    """

    panel: ReturnPanel
    factors: FactorPanel | None = None

    def check(self, benchmark: Benchmark) -> None:
        """Raise `UnknownNameError` if a benchmark is neither a symbol of the prices nor a factor."""
        for name in benchmark.values() if isinstance(benchmark, Mapping) else [benchmark]:
            if not (name in self.panel.listing or name == EQUAL_WEIGHTED or name in self._factor_names):
                raise UnknownNameError("benchmark", name, [*self.panel.listing.symbols, *self._factor_names])

    @property
    def _factor_names(self) -> tuple[str, ...]:
        return self.factors.names if self.factors else ()

    def tables(self, benchmarks: Sequence[Benchmark]) -> RegressorTables:
        """Lay the K regressors out over the sessions of every exchange in the panel.

        Raises
        ------
        InputError
            If a benchmark is unknown, or trades on other sessions than the events it is meant for.
        """
        calendars = {calendar.code: calendar for calendar in self.panel.listing.calendars}
        return RegressorTables(
            {
                code: np.stack([self._series(_for_exchange(each, code), calendar) for each in benchmarks], axis=1)
                if benchmarks
                else np.empty((len(calendar.sessions), 0))
                for code, calendar in calendars.items()
            }
        )

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
        series = np.full(len(calendar.sessions), np.nan)
        index = calendar.index(self.factors.dates)
        on_session = index >= 0
        series[index[on_session]] = self.factors.values[on_session, self.factors.names.index(name)]
        return series


def _for_exchange(benchmark: Benchmark, code: str) -> str:
    if isinstance(benchmark, str):
        return benchmark
    if code not in benchmark:
        raise InputError(f"There are events on {code}, and the benchmark is given for {', '.join(benchmark)} only.")
    return benchmark[code]
