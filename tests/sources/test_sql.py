"""Databases: bound parameters only, addresses only in the environment, and errors that give nothing away."""

import importlib
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import psycopg
import pytest

from eventstudy.errors import DataError, InputError, UnknownNameError
from eventstudy.sources import ParquetPrices, SqlBars, SqlPrices
from eventstudy.sources import sql as module
from eventstudy.sources._database import open_database, parameters_of
from tests.sources.databases import Store

PRICES = pd.DataFrame(
    {
        "date": pd.to_datetime(["2025-02-19", "2025-02-20", "2025-02-20"]),
        "symbol": ["BABA", "BABA", "SPY"],
        "close": [125.79, 135.97, 610.38],
        "venue": ["N", "N", "P"],
    }
)


def test_a_query_with_further_parameters(store: Store) -> None:
    store.fill("prices", PRICES.rename(columns={"close": "px"}))
    query = (
        "SELECT date, symbol, px AS close FROM prices WHERE symbol IN :symbols AND date >= :first AND date <= :last"
        " AND venue = :venue AND '12:30' <> '100%'"
    )
    source = SqlPrices(url_env=store.url_env, query=query, parameters={"venue": "N"})
    assert source.prices(["BABA"], optional=["SPY"]).close.tolist() == [125.79, 135.97]
    assert source.prices(["BABA"], date(2025, 2, 20), date(2025, 2, 20)).close.tolist() == [135.97]
    with pytest.raises(InputError, match="names :symbols, so say which symbols"):
        source.prices()
    lacking = SqlPrices(url_env=store.url_env, query=query)
    with pytest.raises(UnknownNameError, match="no parameter for the query named 'venue'"):
        lacking.prices(["BABA"])


def test_what_is_missing_is_told_apart(store: Store) -> None:
    store.fill("prices", PRICES)
    source = SqlPrices(url_env=store.url_env, table="prices")
    with pytest.raises(UnknownNameError, match=r"named 'BABBA'\. Did you mean 'BABA'"):
        source.prices(["BABA", "BABBA"])
    with pytest.raises(
        DataError, match="SPY has no price between the dates asked for; it has 2025-02-20 to 2025-02-20"
    ):
        source.prices(["SPY"], last=date(2025, 2, 19))
    with pytest.raises(DataError, match="SPY has no price between the dates"):
        source.prices(["BABA", "SPY"], last=date(2025, 2, 19))
    with pytest.raises(DataError, match="the column 'ticker' is missing"):
        SqlPrices(url_env=store.url_env, table="prices", columns={"symbol": "ticker"}).prices(["SPY"])


def test_more_symbols_than_one_query_takes(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.fill("prices", PRICES)
    monkeypatch.setattr(module, "MOST_SYMBOLS", 2)
    others = [f"X{number}" for number in range(9)]
    panel = SqlPrices(url_env=store.url_env, table="prices").prices(["BABA", "SPY"], optional=others)
    assert panel.close.tolist() == [125.79, 135.97, 610.38]


def test_exact_decimals_become_the_nearest_numbers(postgres: Store, postgres_url: str) -> None:
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("CREATE TABLE exact (date date, symbol text, close numeric(12, 4), volume numeric)")
        connection.execute("INSERT INTO exact VALUES ('2025-02-19', 'A', 125.79, 7), ('2025-02-20', 'A', 135.97, NULL)")
    panel = SqlPrices(url_env=postgres.url_env, table="public.exact").prices(["A"])
    assert panel.close.tolist() == [125.79, 135.97]
    np.testing.assert_array_equal(panel.volume, [7.0, np.nan])


def test_a_wide_table(store: Store) -> None:
    wide = PRICES.pivot(index="date", columns="symbol", values="close").reset_index()
    store.fill("wide", wide)
    source = SqlPrices(url_env=store.url_env, table="wide", layout="wide")
    panel = source.prices(["SPY"], optional=["BABA"])
    np.testing.assert_array_equal(panel.series("BABA").close, [125.79, 135.97])
    np.testing.assert_array_equal(panel.series("SPY").close, [610.38])
    assert source.prices(["BABA"], date(2025, 2, 20)).close.tolist() == [135.97]
    query = "SELECT * FROM wide WHERE date <= :last"
    assert SqlPrices(url_env=store.url_env, query=query, layout="wide").prices().symbols == ("BABA", "SPY")


def test_nothing_can_be_written(store: Store) -> None:
    store.fill("prices", PRICES)
    with open_database(store.url_env) as database, pytest.raises(DataError, match="the query failed"):
        database.rows("DELETE FROM prices", {})
    assert len(SqlPrices(url_env=store.url_env, table="prices").prices().close) == 3


def test_files_by_query(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    PRICES.to_parquet(tmp_path / "p.parquet")
    monkeypatch.setenv("STUDY_FILES", "duckdb://")
    query = "SELECT * FROM read_parquet(:path) WHERE symbol IN :symbols"
    source = SqlPrices(url_env="STUDY_FILES", query=query, parameters={"path": str(tmp_path / "p.parquet")})
    assert source.prices(["SPY"]).close.tolist() == [610.38]


def test_another_database_through_sqlalchemy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sqlite3

    with sqlite3.connect(tmp_path / "p.sqlite") as connection:
        connection.execute("CREATE TABLE prices (date TEXT, symbol TEXT, close REAL)")
        connection.execute("INSERT INTO prices VALUES ('2025-02-20', 'BABA', 135.97)")
    connection.close()
    monkeypatch.setenv("STUDY_LITE", f"sqlite:///{tmp_path / 'p.sqlite'}")
    assert SqlPrices(url_env="STUDY_LITE", table="prices").prices(["BABA"]).close.tolist() == [135.97]


def test_bars(store: Store) -> None:
    moments = pd.to_datetime([f"2025-02-20T{hour}:00:00Z" for hour in ("09", "15", "20")])
    frame = pd.DataFrame({"time": moments, "symbol": "BABA", **dict.fromkeys(("open", "high", "low", "close"), 130.0)})
    store.fill("bars", frame)
    source = SqlBars(url_env=store.url_env, table="bars", interval=3600, label="start")
    bars = source.bars(["BABA"], date(2025, 2, 20), date(2025, 2, 20))
    assert [str(moment)[11:13] for moment in bars.start] == ["09", "15", "20"]
    with pytest.raises(DataError, match="BABA has no bar between the dates asked for; it has some from 2025-02-20"):
        source.bars(["BABA"], date(2026, 1, 2))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"url_env": "postgresql://u:secret@host/db", "table": "p"}, "the address itself may hold a password"),
        ({"url_env": "STUDY_URL"}, "needs a query or the name of a table, and not both"),
        ({"url_env": "STUDY_URL", "table": "p", "query": "SELECT 1"}, "and not both"),
        ({"url_env": "STUDY_URL", "table": "p; DROP TABLE q"}, "letters, digits and underscores were expected"),
        ({"url_env": "STUDY_URL", "query": "q", "parameters": {"first": 1}}, "'first' is set by the study"),
    ],
)
def test_what_a_source_may_say(options: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words) as caught:
        SqlPrices(**options)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("", "The environment variable STUDY_URL is not set"),
        ("postgresql://study:secret@127.0.0.1:9/db", "the database of STUDY_URL can't be reached"),
        ("secret", "the database of STUDY_URL can't be reached. What STUDY_URL holds is no address"),
        ("postgresql://u:p@h:secret/db", "What STUDY_URL holds is no address"),
        ("postgresql://u:secret@secret.invalid:9/db", "can't be reached"),
        ("nothing://u:secret@h/db", "the database of STUDY_URL can't be reached"),
        ("duckdb:////no/such/folder/x.duckdb", "the database of STUDY_URL can't be opened"),
    ],
)
def test_a_database_that_is_not_there(monkeypatch: pytest.MonkeyPatch, address: str, words: str) -> None:
    monkeypatch.setenv("STUDY_URL", address)
    with pytest.raises(InputError, match=words) as caught:
        SqlPrices(url_env="STUDY_URL", table="prices").prices(["BABA"])
    assert "secret" not in str(caught.value)


def test_names_of_parameters() -> None:
    assert parameters_of("a = :one AND b::date > :two -- c::text") == {"one", "two"}


@pytest.mark.parametrize(
    ("library", "extra", "call"),
    [
        ("duckdb", "sql", lambda: SqlPrices(url_env="STUDY_URL", table="p").prices(["A"])),
        ("pyarrow.dataset", "parquet", lambda: ParquetPrices(path=Path("p.parquet")).prices()),
    ],
)
def test_a_missing_extra_names_the_command(
    monkeypatch: pytest.MonkeyPatch, library: str, extra: str, call: Any
) -> None:
    monkeypatch.setenv("STUDY_URL", "duckdb://")
    real = importlib.import_module

    def without(name: str, package: str | None = None) -> Any:
        if name == library:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name.partition(".")[0])
        return real(name, package)

    monkeypatch.setattr("eventstudy.sources._extras.import_module", without)
    with pytest.raises(InputError, match=rf"pip install 'eventstudy-backtester\[{extra}\]'"):
        call()
