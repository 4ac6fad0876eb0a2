"""Prices from CRSP's tables in a database, WRDS's own or one with the same columns."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from eventstudy.errors import DataError, InputError, UnknownNameError
from eventstudy.findings import Finding, FindingKind
from eventstudy.frames import Origin
from eventstudy.panels import PricePanel
from eventstudy.sources import _crsp
from eventstudy.sources._database import Bound, Database, open_database, quoted_column, table_name, variable_name
from eventstudy.sources.base import select_rows
from eventstudy.sources.delistings import check_fill
from eventstudy.sources.sql import MOST_SYMBOLS, columns_of

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["CrspPrices"]

_TABLES = {"siz": "dsf", "ciz": "dsf_v2"}
_MARKETS = {"siz": "dsi", "ciz": "inddlyseriesdata"}
# The one index of CIZ whose number is settled here.
_INDEX_NUMBERS = {"vwretd": 1000200}
# A dividend or split is deduced from the price before it.
_BEFORE = timedelta(days=45)
_INDICES = ("vwretd", "vwretx", "ewretd", "ewretx", "sprtrn")


@dataclass(frozen=True, slots=True, kw_only=True)
class CrspPrices:
    """CRSP's daily stocks in a database: total returns with delisting returns, unadjusted prices, market indices.

    A symbol is a permno (``"14593"``), a name under `permnos`, of which several may be one permno's, or an index:
    ``vwretd`` and, in SIZ, ``vwretx``, ``ewretd``, ``ewretx``, ``sprtrn``.

    Parameters
    ----------
    url_env : str
        Environment variable that holds the database's address; see `SqlPrices`.
    layout : {"siz", "ciz"}
        ``dsf``, which ends with 2024, or ``dsf_v2``.
    schema : str
        Schema of the tables.
    table : str, optional
        Name of the table in the schema; ``dsf`` or ``dsf_v2`` without it.
    delistings : str, optional
        SIZ's table of delistings; CIZ's returns have them already, so there it is an error.
    delisting_fill : float or "shumway", optional
        What stands for the missing return of a delisting for cause: a decimal, or -0.30 and on Nasdaq -0.55. Without
        it the session's return is missing.
    permnos : mapping
        From a symbol of the events to its permno: ``{AAPL: 14593}``.
    """

    name: ClassVar[str] = "crsp"
    url_env: str
    layout: Literal["siz", "ciz"]
    schema: str = "crsp"
    table: str | None = None
    delistings: str | None = None
    delisting_fill: float | Literal["shumway"] | None = None
    permnos: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        variable_name(self.url_env)
        if self.layout not in _TABLES:
            raise UnknownNameError("layout of CRSP", self.layout, _TABLES)
        check_fill(self.delisting_fill)
        if self.layout == "ciz" and (self.delistings is not None or self.delisting_fill is not None):
            raise InputError(
                "CIZ's dlyret has the delisting returns in it already; adding dlret would count them twice."
            )
        for name in (self.schema, self.table, self.delistings):
            if name is not None:
                table_name(name)

    def prices(
        self,
        symbols: Sequence[str] = (),
        first: date | None = None,
        last: date | None = None,
        *,
        optional: Sequence[str] = (),
    ) -> PricePanel:
        """Return the prices of some symbols; see `PriceSource.prices`."""
        import pandas as pd

        wanted = [*symbols, *optional]
        if not wanted:
            raise InputError("CRSP's tables are not read as a whole: say which symbols are wanted.")
        origin = Origin(f"{self._table(_TABLES)} on {self.url_env}")
        with open_database(self.url_env) as database:
            stocks, findings = self._stocks(database, self._permnos(wanted), (first, last), origin)
            indices = [self._index(database, name) for name in dict.fromkeys(wanted) if name in _INDICES]
        frame = pd.concat([stocks, *indices], ignore_index=True)
        dates = frame["date"].to_numpy().astype("datetime64[D]")
        names = frame["symbol"].to_numpy(dtype=object)
        rows = select_rows(names, dates, symbols, optional, first, last, origin.name)
        basis = dict.fromkeys(_INDICES, "returns")
        panel = PricePanel.from_frame(frame.iloc[rows], calendar="XNYS", basis=basis, origin=origin)
        return panel.noting(each for each in findings if each.symbol in panel.listing)

    def _table(self, names: Mapping[str, str], own: str | None = None) -> str:
        return table_name(f"{self.schema}.{own or (self.table if names is _TABLES else None) or names[self.layout]}")

    def _permnos(self, wanted: Sequence[str]) -> dict[int, list[str]]:
        """Return the symbols of each permno that is asked for; a name that is none is not there."""
        found: dict[int, list[str]] = {}
        for symbol in dict.fromkeys(wanted):
            if symbol in self.permnos:
                found.setdefault(self.permnos[symbol], []).append(symbol)
            elif symbol.isascii() and symbol.isdigit() and len(symbol) < 10:
                found.setdefault(int(symbol), []).append(symbol)
        return found

    def _stocks(
        self,
        database: Database,
        permnos: Mapping[int, Sequence[str]],
        between: tuple[date | None, date | None],
        origin: Origin,
    ) -> tuple[pd.DataFrame, list[Finding]]:
        import pandas as pd

        table = self._table(_TABLES)
        there = columns_of(database, table)
        found = _crsp.detect(there, origin.name)
        if found != self.layout:
            raise DataError(f"{origin.name}: the columns are those of {found.upper()}; say layout: {found}.")
        fields = _crsp.FIELDS[self.layout]
        wanted = {"permno", *fields.values()} | ({_crsp.PRICE_FLAG} if self.layout == "ciz" else set())
        columns = [name for name in there if name.lower() in wanted]
        frame = _of_permnos(database, table, columns, permnos, fields["date"], between)
        if absent := set(permnos) - set(_crsp.lower_columns(frame)["permno"].astype(int)):
            # That its rows lie outside the dates is another complaint than that there are none.
            outside = _of_permnos(database, table, columns, absent)
            frame = pd.concat([frame, outside], ignore_index=True) if len(outside) else frame
        left = None
        if self.layout == "siz":
            listed = self._table({"siz": "dsedelist"}, self.delistings)
            known = [name for name in columns_of(database, listed) if name.lower() in _crsp.DELISTING_FIELDS]
            left = _of_permnos(database, listed, known, permnos, "dlstdt", between)
        tidied, findings = _crsp.tidy(frame, self.layout, origin, delistings=left, delisting_fill=self.delisting_fill)
        pairs = [(str(permno), name) for permno, names in permnos.items() for name in names]
        named = pd.DataFrame(pairs, columns=["permno", "symbol"], dtype=object)
        tidied = tidied.rename(columns={"symbol": "permno"}).merge(named, on="permno").drop(columns="permno")
        told = [
            Finding(name, each.date, each.kind, each.words)
            for each in findings
            if each.kind is not FindingKind.DELISTING_RETURN or _is_between(each.date, between)
            for name in permnos[int(each.symbol)]
        ]
        return tidied, told

    def _index(self, database: Database, name: str) -> pd.DataFrame:
        """Return an index's returns as rows of the long table; none where the table does not have it."""
        table = self._table(_MARKETS)
        if self.layout == "siz":
            columns = {each.lower(): each for each in columns_of(database, table)}
            if name not in columns:
                return _empty()
            query = f"SELECT {quoted_column(columns['date'])}, {quoted_column(columns[name])} FROM {table}"  # noqa: S608
            frame = database.rows(query, {})
        else:
            if name not in _INDEX_NUMBERS:
                return _empty()
            query = f"SELECT dlycaldt, dlytotret FROM {table} WHERE indno = :indno"  # noqa: S608
            frame = database.rows(query, {"indno": _INDEX_NUMBERS[name]})
        return frame.set_axis(["date", "return"], axis="columns").dropna(subset=["return"]).assign(symbol=name)


def _empty() -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame({"date": [], "return": [], "symbol": []})


def _is_between(day: np.datetime64, between: tuple[date | None, date | None]) -> bool:
    first, last = between
    return (first is None or bool(day >= np.datetime64(first))) and (last is None or bool(day <= np.datetime64(last)))


def _of_permnos(
    database: Database,
    table: str,
    columns: Sequence[str],
    permnos: Collection[int],
    day: str | None = None,
    between: tuple[date | None, date | None] = (None, None),
) -> pd.DataFrame:
    """Return some columns of the rows of some permnos, from a few weeks before the first date to the last one."""
    import pandas as pd

    lower = {name.lower(): name for name in columns}
    key, day = lower.get("permno"), lower.get(day or "")
    if key is None:
        raise DataError(f"{table}: the column 'permno' is missing.")
    query = f"SELECT {', '.join(map(quoted_column, columns))} FROM {table} WHERE {quoted_column(key)} IN :permnos"  # noqa: S608
    bounds: dict[str, Bound] = {}
    if day is not None and between[0] is not None:
        query += f" AND {quoted_column(day)} >= :first"
        bounds["first"] = between[0] - _BEFORE
    if day is not None and between[1] is not None:
        query += f" AND {quoted_column(day)} <= :last"
        bounds["last"] = between[1]
    numbers = sorted(permnos) or [-1]
    blocks = [numbers[at : at + MOST_SYMBOLS] for at in range(0, len(numbers), MOST_SYMBOLS)]
    frames = [database.rows(query, {**bounds, "permnos": block}) for block in blocks]
    return pd.concat(frames, ignore_index=True)
