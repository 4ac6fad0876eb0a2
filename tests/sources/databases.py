"""Real databases for the tests of sources: DuckDB files, and a PostgreSQL server on loopback."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pandas as pd
import psycopg
import pytest

Fill = Callable[[str, pd.DataFrame], None]


@dataclass(frozen=True)
class Store:
    """A database that a test may fill, and the environment variable that holds its address."""

    kind: str
    url_env: str
    fill: Fill


def _binaries() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    beside = shutil.which("initdb")
    return found[-1].parent if found else Path(beside).parent if beside else None


def _somebody() -> str | None:
    """Return as whom to start the server, since the superuser may not; None for whoever runs the tests."""
    if os.geteuid() != 0:
        return None
    return "postgres" if any(each.pw_name == "postgres" for each in pwd.getpwall()) else "nobody"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """Start a PostgreSQL server of our own and return its address."""
    binaries = _binaries()
    if binaries is None:
        pytest.skip("PostgreSQL's initdb is not installed; apt-get install postgresql brings it")
    folder, port, user = Path(tempfile.mkdtemp(prefix="eventstudy-")), _free_port(), _somebody()
    if user is not None:
        shutil.chown(folder, user)
    data, log = folder / "data", folder / "log"
    trust = ["-U", "eventstudy", "-A", "trust", "-E", "UTF8", "--locale", "C", "--no-sync"]
    made = subprocess.run(
        [binaries / "initdb", "-D", data, *trust], cwd=folder, capture_output=True, text=True, check=False, user=user
    )
    assert made.returncode == 0, made.stderr
    options = [f"port={port}", f"unix_socket_directories={folder}", "listen_addresses=127.0.0.1", "fsync=off"]
    command = [binaries / "postgres", "-D", data, *(part for option in options for part in ("-c", option))]
    with log.open("wb") as output:
        server = subprocess.Popen(command, cwd=folder, stdout=output, stderr=output, user=user)
    url = f"postgresql://eventstudy@127.0.0.1:{port}/postgres"
    try:
        _await(url, server, log)
        yield url
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(timeout=30)
        shutil.rmtree(folder, ignore_errors=True)


def _await(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(300):
        assert server.poll() is None, log.read_text()
        try:
            psycopg.connect(url, connect_timeout=2).close()
        except psycopg.OperationalError:
            time.sleep(0.1)
        else:
            return
    pytest.fail(f"PostgreSQL did not start: {log.read_text()}")


_TYPES = {"float64": "double precision", "int64": "bigint", "bool": "boolean"}


def _definition(name: str, table: pd.DataFrame) -> str:
    columns = ", ".join(f'"{each}" {_sql_type(table[each])}' for each in table.columns)
    return f"CREATE TABLE {name} ({columns})"


def _sql_type(column: pd.Series) -> str:
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        return "timestamptz"
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        return "date"
    return _TYPES.get(str(column.dtype), "text")


@pytest.fixture
def postgres(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """Return empty schemas of a real PostgreSQL server."""
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        for schema in ("public", "crsp"):
            connection.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE")
            connection.execute(f"CREATE SCHEMA {schema}")

        def fill(name: str, table: pd.DataFrame) -> None:
            connection.execute(_definition(name, table))
            cells = table.astype(object).where(table.notna(), None)
            with connection.cursor().copy(f"COPY {name} FROM STDIN") as copy:
                for row in cells.itertuples(index=False, name=None):
                    copy.write_row(row)

        monkeypatch.setenv("STUDY_POSTGRES", postgres_url)
        yield Store("postgres", "STUDY_POSTGRES", fill)


@pytest.fixture
def duck(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """Return an empty DuckDB file."""
    path = tmp_path / "study.duckdb"
    with duckdb.connect(path) as connection:
        connection.execute("CREATE SCHEMA crsp")

    def fill(name: str, table: pd.DataFrame) -> None:
        with duckdb.connect(path) as connection:
            connection.register("given", table)
            connection.execute("SET TimeZone = 'UTC'")
            connection.execute(_definition(name, table))
            connection.execute(f"INSERT INTO {name} SELECT * FROM given")

    monkeypatch.setenv("STUDY_DUCKDB", f"duckdb:///{path}")
    return Store("duckdb", "STUDY_DUCKDB", fill)


@pytest.fixture(params=["duck", "postgres"])
def store(request: pytest.FixtureRequest) -> Store:
    """Return one database after the other."""
    found: Store = request.getfixturevalue(request.param)
    return found
