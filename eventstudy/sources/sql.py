"""Prices, bars and events from DuckDB, PostgreSQL and other databases, by a query with bound parameters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, ClassVar

from eventstudy._long_prices import NUMBERS
from eventstudy.bars import BAR_FIELDS, BarPanel
from eventstudy.errors import DataError, InputError, nearest
from eventstudy.events import Events
from eventstudy.frames import Origin, rename_columns
from eventstudy.panels import PricePanel
from eventstudy.sources._database import (
    Bound,
    Database,
    open_database,
    parameters_of,
    quoted_column,
    table_name,
    variable_name,
)
from eventstudy.sources._tables import BarTable, EventTable, PriceTable

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Ask", "SqlBars", "SqlEvents", "SqlPrices", "columns_of"]

MOST_SYMBOLS = 10_000
"""Symbols bound in one query; PostgreSQL takes 65,535 parameters at most."""

_EARLIEST, _LATEST = date(1, 1, 1), date(9999, 12, 31)


@dataclass(frozen=True, slots=True)
class Ask:
    """What is asked of a database: a query, or the rows of a table.

    Parameters
    ----------
    url_env : str
        Environment variable that holds the database's address.
    query : str, optional
        SQL; see `SqlPrices`.
    table : str, optional
        Name of a table, in the place of a query.
    parameters : mapping
        Further parameters of the query.
    """

    url_env: str
    query: str | None
    table: str | None
    parameters: Mapping[str, str | int | float]

    def __post_init__(self) -> None:
        variable_name(self.url_env)
        if (self.query is None) == (self.table is None):
            raise InputError("A source of kind sql needs a query or the name of a table, and not both.")
        if self.table is not None:
            table_name(self.table)
        taken = {"symbols", "first", "last"} & set(self.parameters)
        if taken:
            raise InputError(f"The parameter {min(taken)!r} is set by the study; call yours something else.")

    @property
    def place(self) -> str:
        """What to call it in error messages."""
        return f"{self.table or 'the query'} on {self.url_env}"

    @property
    def by_symbol(self) -> bool:
        """Whether the database chooses the symbols."""
        return self.query is None or "symbols" in parameters_of(self.query)

    def rows(
        self,
        names: Mapping[str, str],
        when: str,
        symbols: Sequence[str],
        between: tuple[date | None, date | None],
        *,
        everything: bool = False,
    ) -> pd.DataFrame:
        """Return the rows of some symbols between two dates.

        Parameters
        ----------
        names : mapping
            From our name of a column to the table's; those that the table does not have are not read.
        when : str
            Our name of the column of dates.
        symbols : sequence of str
            All where there is none.
        between : (first, last)
            Both included.
        everything : bool
            Whether to read the table's other columns too.
        """
        first, last = between
        bounds: dict[str, Bound] = {**self.parameters, "first": first or _EARLIEST, "last": last or _LATEST}
        with open_database(self.url_env) as database:
            query = self.query or self._select(database, names, when, bool(symbols), between, everything)
            if "symbols" not in parameters_of(query):
                return database.rows(query, bounds)
            if not symbols:
                raise InputError(f"{self.place}: the query names :symbols, so say which symbols are wanted.")
            return _concatenated(database.rows(query, {**bounds, "symbols": block}) for block in _blocks(symbols))

    def _select(
        self,
        database: Database,
        names: Mapping[str, str],
        when: str,
        some: bool,
        between: tuple[date | None, date | None],
        everything: bool,
    ) -> str:
        table = table_name(self.table or "")
        there = columns_of(database, table)
        chosen = [name for name in dict.fromkeys(names.values()) if name in there]
        conditions = []
        for wanted, ours, condition in (
            (some, "symbol", "IN :symbols"),
            (between[0] is not None, when, ">= :first"),
            (between[1] is not None, when, "<= :last"),
        ):
            if wanted:
                if names[ours] not in there:
                    hint = nearest(names[ours], there)
                    raise DataError(f"{self.place}: the column {names[ours]!r} is missing. {hint}")
                conditions.append(f"{quoted_column(names[ours])} {condition}")
        where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        listed = "*" if everything or not chosen else ", ".join(map(quoted_column, chosen))
        # The table's name has passed a check, the columns' names come from the database and are quoted.
        return f"SELECT {listed} FROM {table}{where}"  # noqa: S608


def columns_of(database: Database, table: str) -> tuple[str, ...]:
    """Return the names of a table's columns as the database writes them."""
    empty = database.rows(f"SELECT * FROM {table_name(table)} WHERE 1 = 0", {})  # noqa: S608
    return tuple(str(name) for name in empty.columns)


def _blocks(symbols: Sequence[str]) -> Iterator[list[str]]:
    distinct = sorted(set(symbols))
    for at in range(0, len(distinct), MOST_SYMBOLS):
        yield distinct[at : at + MOST_SYMBOLS]


def _concatenated(frames: Iterable[pd.DataFrame]) -> pd.DataFrame:
    import pandas as pd

    read = list(frames)
    full = [frame for frame in read if len(frame)] or read[:1]
    return pd.concat(full, ignore_index=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlPrices(PriceTable):
    """Prices or returns from a database: DuckDB, PostgreSQL, or another one that SQLAlchemy knows.

    Parameters
    ----------
    url_env : str
        Environment variable that holds the database's address, such as
        ``postgresql://user:password@host/database`` or ``duckdb:///prices.duckdb``.
    query : str, optional
        SQL that returns ``date``, ``symbol`` and the fields of `PricePanel.from_frame`. The study binds ``:symbols``
        (as in ``symbol IN :symbols``), ``:first`` and ``:last``; nothing is ever pasted into it.
    table : str, optional
        Name of a table or view with these columns, in the place of a query.
    parameters : mapping
        Further parameters that the query names.

    Examples
    --------
    >>> query = "SELECT date, ticker, px AS close FROM daily WHERE ticker IN :symbols AND date >= :first"
    >>> source = SqlPrices(url_env="PRICES_URL", query=query, columns={"symbol": "ticker"})
    """

    name: ClassVar[str] = "sql"
    url_env: str
    query: str | None = None
    table: str | None = None
    parameters: Mapping[str, str | int | float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        PriceTable.__post_init__(self)
        self._ask()

    def prices(
        self,
        symbols: Sequence[str] = (),
        first: date | None = None,
        last: date | None = None,
        *,
        optional: Sequence[str] = (),
    ) -> PricePanel:
        """Return the prices of some symbols; see `PriceSource.prices`."""
        ask = self._ask()
        if self.layout == "wide":
            frame = ask.rows({}, "date", (), (None, None))
        else:
            names = {name: self.columns.get(name, name) for name in ("date", "symbol", *NUMBERS, *self.columns)}
            frame = _rows(ask, names, "date", symbols, optional, (first, last))
        return self.panel(frame, Origin(ask.place), symbols, first, last, optional=optional)

    def _ask(self) -> Ask:
        return Ask(self.url_env, self.query, self.table, self.parameters)


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlBars(BarTable):
    """Bars from a database: DuckDB, PostgreSQL, or another one that SQLAlchemy knows.

    Parameters
    ----------
    url_env : str
        Environment variable that holds the database's address; see `SqlPrices`.
    query : str, optional
        SQL that returns the columns of `BarPanel.from_frame`. The study binds ``:symbols``, ``:first`` and ``:last``
        (dates, a day wider than asked for on either side).
    table : str, optional
        Name of a table or view with these columns, in the place of a query.
    parameters : mapping
        Further parameters that the query names.
    """

    name: ClassVar[str] = "sql"
    url_env: str
    query: str | None = None
    table: str | None = None
    parameters: Mapping[str, str | int | float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        BarTable.__post_init__(self)
        self._ask()

    def bars(
        self,
        symbols: Sequence[str] = (),
        first: date | None = None,
        last: date | None = None,
        *,
        optional: Sequence[str] = (),
    ) -> BarPanel:
        """Return the bars of some symbols; see `BarSource.bars`."""
        ask = self._ask()
        names = {name: self.columns.get(name, name) for name in ("time", "symbol", *BAR_FIELDS, *self.columns)}
        # A moment's date depends on the zone; what is too much is dropped by the session that it belongs to.
        wide = (first and first - timedelta(days=1), last and last + timedelta(days=2))
        frame = _rows(ask, names, "time", symbols, optional, wide)
        return self.panel(frame, Origin(ask.place), symbols, first, last, optional=optional)

    def _ask(self) -> Ask:
        return Ask(self.url_env, self.query, self.table, self.parameters)


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlEvents(EventTable):
    """Events from a database: DuckDB, PostgreSQL, or another one that SQLAlchemy knows.

    Parameters
    ----------
    url_env : str
        Environment variable that holds the database's address; see `SqlPrices`.
    query : str, optional
        SQL that returns the columns of `Events.from_frame`; a further column of numbers is a value, another one a
        group. The study binds ``:symbols`` where it names them.
    table : str, optional
        Name of a table or view with these columns, in the place of a query.
    parameters : mapping
        Further parameters that the query names.
    """

    name: ClassVar[str] = "sql"
    url_env: str
    query: str | None = None
    table: str | None = None
    parameters: Mapping[str, str | int | float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._ask()

    def events(self, symbols: Sequence[str] | None = None) -> Events:
        """Return the events of some symbols; see `EventSource.events`."""
        ask, wanted = self._ask(), self.symbols if symbols is None else symbols
        frame = ask.rows(
            {"symbol": self.columns.get("symbol", "symbol")}, "date", wanted, (None, None), everything=True
        )
        origin = Origin(ask.place)
        return self.events_in(rename_columns(frame, self.columns, origin), origin, self.name, symbols)

    def _ask(self) -> Ask:
        return Ask(self.url_env, self.query, self.table, self.parameters)


def _rows(
    ask: Ask,
    names: Mapping[str, str],
    when: str,
    symbols: Sequence[str],
    optional: Sequence[str],
    between: tuple[date | None, date | None],
) -> pd.DataFrame:
    """Return the rows of some symbols; of one that has none between the dates, those outside them."""
    frame = ask.rows(names, when, [*symbols, *optional], between)
    missing = set(symbols) - set(frame[names["symbol"]]) if names["symbol"] in frame.columns else set()
    if missing and ask.by_symbol:
        # That its rows lie outside the dates is another complaint than that there are none.
        frame = _concatenated([frame, ask.rows(names, when, sorted(missing), (None, None))])
    return frame
