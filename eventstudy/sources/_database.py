"""The one seam to databases: a query with bound parameters becomes a table.

PostgreSQL, and whatever else SQLAlchemy has a driver for, goes through SQLAlchemy; DuckDB through its own client. The
address stands in an environment variable and nowhere else: it may hold a password.
"""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING, Any, Protocol

from eventstudy.errors import DataError, InputError, UnknownNameError
from eventstudy.sources._extras import need

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Bound", "Database", "open_database", "parameters_of", "quoted_column", "table_name", "variable_name"]

Bound = str | int | float | date | Sequence[str] | Sequence[int]
"""What can stand for a parameter; a sequence stands after ``IN``."""

# As SQLAlchemy reads them: a name after one colon, where no other colon or letter stands beside it.
_PARAMETER = re.compile(r"(?<![:\w\\]):(\w+)(?!:)")
_TABLE = re.compile(r"[A-Za-z_][\w$]*(\.[A-Za-z_][\w$]*){0,2}")
_BLOCK = 50_000


class Database(Protocol):
    """A connection that only reads."""

    def rows(self, query: str, parameters: Mapping[str, Bound]) -> pd.DataFrame:
        """Return the rows of a query.

        Parameters
        ----------
        query : str
            SQL with a name after a colon for each parameter: ``WHERE symbol IN :symbols AND date >= :first``.
        parameters : mapping
            The value of each; those that the query does not name are not used.
        """
        ...


@contextmanager
def open_database(variable: str) -> Iterator[Database]:
    """Open the database whose address stands in an environment variable.

    Parameters
    ----------
    variable : str
        Name of the variable. It holds ``postgresql://user:password@host/database``,
        ``duckdb:///folder/file.duckdb``, or ``duckdb://`` for queries that read files.

    Raises
    ------
    InputError
        Where there is no such variable, or a library is missing.
    DataError
        Where the database can't be reached, or a query fails. No message has the address in it.
    """
    address = _address(variable)
    opened = _duckdb(address, variable) if address.startswith("duckdb:") else _sqlalchemy(address, variable)
    with opened as database:
        yield database


def parameters_of(query: str) -> frozenset[str]:
    """Return the names of a query's parameters.

    Examples
    --------
    >>> sorted(parameters_of("SELECT day::date FROM p WHERE symbol IN :symbols AND day >= :first"))
    ['first', 'symbols']
    """
    return frozenset(_PARAMETER.findall(query))


def table_name(name: str) -> str:
    """Return the name of a table that may stand in a query, such as ``"crsp.dsf"``; anything else is an error."""
    if not _TABLE.fullmatch(name):
        raise InputError(
            f"The table is {name!r}; letters, digits and underscores were expected, with dots between a schema and "
            f"its table. Write a query for anything else."
        )
    return name


def quoted_column(name: str) -> str:
    """Return a column's name as it stands in a query.

    Examples
    --------
    >>> print(quoted_column("BRK.B"))
    "BRK.B"
    """
    return '"' + name.replace('"', '""') + '"'


def variable_name(variable: str) -> str:
    """Return the name of an environment variable, an error where an address stands in its place."""
    if not re.fullmatch(r"[A-Za-z_]\w*", variable):
        raise InputError(
            "url_env names the environment variable that holds the database's address, such as PRICES_URL; the "
            "address itself may hold a password and is never written into a configuration."
        )
    return variable


def _address(variable: str) -> str:
    address = os.environ.get(variable_name(variable), "").strip()
    if not address:
        raise InputError(
            f"The environment variable {variable} is not set; it should hold the database's address, such as "
            f"postgresql://user:password@host/database or duckdb:///prices.duckdb."
        )
    return address


def _bound(query: str, parameters: Mapping[str, Bound]) -> dict[str, Bound]:
    """Return the parameters that a query names; a name without a value is an error."""
    named = parameters_of(query)
    for name in sorted(named):
        if name not in parameters:
            raise UnknownNameError("parameter for the query", name, parameters)
    return {name: parameters[name] for name in sorted(named)}


class _DuckDB:
    def __init__(self, connection: Any, place: str, error: type[Exception]) -> None:
        self.connection, self.place, self.error = connection, place, error

    def rows(self, query: str, parameters: Mapping[str, Bound]) -> pd.DataFrame:
        values = {name: _plain(value) for name, value in _bound(query, parameters).items()}
        try:
            with warnings.catch_warnings():
                # DuckDB's own: it still asks pandas to work in place.
                warnings.filterwarnings("ignore", message="The inplace keyword")
                frame: pd.DataFrame = self.connection.execute(_PARAMETER.sub(r"$\1", query), values).df()
        except self.error as error:
            raise DataError(f"{self.place}: the query failed. {_first_line(error)}") from None
        return frame


@contextmanager
def _duckdb(address: str, variable: str) -> Iterator[Database]:
    duckdb = need("duckdb", "sql", "DuckDB databases")
    place = f"the database of {variable}"
    path = re.sub(r"^duckdb:(//)?/?", "", address)
    in_memory = path in ("", ":memory:")
    try:
        connection = duckdb.connect(":memory:") if in_memory else duckdb.connect(path, read_only=True)
    except duckdb.Error as error:
        raise DataError(f"{place} can't be opened. {_first_line(error)}") from None
    try:
        yield _DuckDB(connection, place, duckdb.Error)
    finally:
        connection.close()


class _SQLAlchemy:
    def __init__(self, connection: Any, place: str) -> None:
        self.connection, self.place = connection, place

    def rows(self, query: str, parameters: Mapping[str, Bound]) -> pd.DataFrame:
        import pandas as pd
        from sqlalchemy import bindparam, text
        from sqlalchemy.exc import SQLAlchemyError

        values = _bound(query, parameters)
        lists = [name for name, value in values.items() if not isinstance(value, str | int | float | date)]
        statement = text(query).bindparams(*(bindparam(name, expanding=True) for name in lists))
        try:
            result = self.connection.execute(statement, {name: _plain(value) for name, value in values.items()})
            names = [str(name) for name in result.keys()]  # noqa: SIM118 (a result is no mapping)
            blocks = [_block(block, names) for block in result.partitions(_BLOCK)]
        except SQLAlchemyError as error:
            raise DataError(f"{self.place}: the query failed. {_first_line(_cause(error))}") from None
        return pd.concat(blocks, ignore_index=True) if blocks else pd.DataFrame(columns=names)


@contextmanager
def _sqlalchemy(address: str, variable: str) -> Iterator[Database]:
    sqlalchemy = need("sqlalchemy", "sql", "SQL databases")
    place = f"the database of {variable}"
    try:
        url = sqlalchemy.make_url(address)
    except (sqlalchemy.exc.ArgumentError, ValueError):
        # What the library says of it may hold a part of the password.
        raise DataError(
            f"{place} can't be reached. What {variable} holds is no address such as "
            f"postgresql://user:password@host:5432/database; a password is written with %40 for @ and %2F for /."
        ) from None
    if url.drivername in ("postgresql", "postgres"):
        need("psycopg", "sql", "PostgreSQL databases")
        url = url.set(drivername="postgresql+psycopg")
    try:
        engine = sqlalchemy.create_engine(url, poolclass=sqlalchemy.pool.NullPool)
        readonly = {"postgresql_readonly": True} if engine.dialect.name == "postgresql" else {}
        connection = engine.connect().execution_options(stream_results=True, **readonly)
    except (sqlalchemy.exc.SQLAlchemyError, ImportError) as error:
        said = _first_line(_cause(error)).replace(str(url.password or "\0"), "***")
        raise DataError(f"{place} can't be reached. {said}") from None
    try:
        yield _SQLAlchemy(connection, place)
    finally:
        connection.close()
        engine.dispose()


def _block(rows: Sequence[Sequence[Any]], names: Sequence[str]) -> pd.DataFrame:
    """Return some rows as a table; exact decimals become the nearest numbers."""
    from decimal import Decimal

    import pandas as pd

    columns: dict[str, Any] = {}
    for name, cells in zip(names, zip(*rows, strict=True), strict=True):
        decimal = any(isinstance(cell, Decimal) for cell in cells)
        columns[name] = [None if cell is None else float(cell) for cell in cells] if decimal else list(cells)
    return pd.DataFrame(columns)


def _plain(value: Bound) -> Any:
    return value if isinstance(value, str | int | float | date) else list(value)


def _cause(error: Exception) -> BaseException:
    return getattr(error, "orig", None) or error


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
