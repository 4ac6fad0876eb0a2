"""The families over one table: frames, CSV and Parquet agree, and symbols are safe as names everywhere."""

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from eventstudy.bars import BarPanel
from eventstudy.config import load
from eventstudy.errors import ConfigError, DataError, InputError, UnknownNameError
from eventstudy.panels import PricePanel
from eventstudy.sources import (
    CsvBars,
    CsvPrices,
    FrameBars,
    FrameEvents,
    FramePrices,
    ParquetBars,
    ParquetEvents,
    ParquetPrices,
    SqlEvents,
    SqlPrices,
)
from tests.sources.databases import Store

ODD = [
    "../../etc",
    "A/B",
    "BRK.B",
    "9988.HK",
    "^GSPC",
    "005930",
    "NA",
    "ON",
    "x' OR '1'='1",
    "a;b",
    'q"q',
    "日経",
    "%2F",
]
DAYS = ["2025-02-18", "2025-02-19", "2025-02-20", "2025-02-21"]
CALENDAR = "XNYS"


def long_table(symbols: list[str]) -> pd.DataFrame:
    rng = np.random.default_rng(5)
    return pd.DataFrame(
        {
            "date": pd.to_datetime(DAYS * len(symbols)),
            "symbol": [symbol for symbol in symbols for _ in DAYS],
            "close": rng.lognormal(3, 1, len(symbols) * len(DAYS)),
            "volume": 10.0,
        }
    )


def partition(frame: pd.DataFrame, folder: Path, by: str = "symbol") -> Path:
    ds.write_dataset(
        pa.Table.from_pandas(frame, preserve_index=False),
        folder,
        format="parquet",
        partitioning=ds.partitioning(pa.schema([(by, pa.string())]), flavor="hive"),
    )
    return folder


def test_files_and_frames_give_the_same_panel(tmp_path: Path) -> None:
    frame = long_table(ODD)
    expected = PricePanel.from_frame(frame, calendar=CALENDAR).digest()
    wide = frame.pivot(index="date", columns="symbol", values="close").reset_index()
    frame.to_csv(tmp_path / "long.csv", index=False)
    frame.to_parquet(tmp_path / "long.parquet", index=False)
    wide.to_parquet(tmp_path / "wide.parquet", index=False)
    for source in (
        CsvPrices(path=tmp_path / "long.csv", calendar=CALENDAR),
        ParquetPrices(path=tmp_path / "long.parquet", calendar=CALENDAR),
        ParquetPrices(path=partition(frame, tmp_path / "parts"), calendar=CALENDAR),
        FramePrices(frame=frame, calendar=CALENDAR),
    ):
        assert source.prices().digest() == expected
        assert source.prices([], optional=ODD).digest() == expected
    expected = PricePanel.from_frame(frame.drop(columns="volume"), calendar=CALENDAR).digest()
    for source in (
        ParquetPrices(path=tmp_path / "wide.parquet", calendar=CALENDAR),
        FramePrices(frame=wide, calendar=CALENDAR),
    ):
        assert source.prices().digest() == expected


@pytest.mark.parametrize("kind", [pa.date32(), pa.date64(), pa.timestamp("us"), pa.timestamp("ns"), pa.string()])
@pytest.mark.parametrize("symbol", [pa.string(), pa.large_string(), pa.dictionary(pa.int16(), pa.string())])
def test_a_date_and_a_symbol_of_any_type_give_the_same_panel(
    tmp_path: Path, kind: pa.DataType, symbol: pa.DataType
) -> None:
    frame, path = long_table(ODD), tmp_path / "p.parquet"
    days = pa.array(frame["date"].dt.date)
    columns = {
        "date": days.cast(kind),
        "symbol": pa.array(frame["symbol"].tolist()).cast(symbol),
        "close": pa.array(frame["close"]),
        "volume": pa.array([10] * len(frame)),
    }
    pq.write_table(pa.table(columns), path, row_group_size=7)
    expected = PricePanel.from_frame(frame, calendar=CALENDAR).digest()
    assert ParquetPrices(path=path, calendar=CALENDAR).prices().digest() == expected
    some = ParquetPrices(path=path, calendar=CALENDAR).prices(["BRK.B"], optional=["NA"])
    assert some.symbols == ("BRK.B", "NA")
    np.testing.assert_array_equal(some.series("NA").close, frame.loc[frame["symbol"] == "NA", "close"])


@pytest.mark.parametrize(
    ("field", "cells", "message"),
    [
        ("symbol", ["A", None, "B", "B"], "row 1: symbol is empty; it must not be empty"),
        ("symbol", ["A", "B", " ", "B"], "row 2: symbol is ' '; it must be text"),
        ("symbol", [1, 2, 3, 4], "row 0: symbol is '1'; it must be text"),
        ("date", [date(2025, 2, 18), None, date(2025, 2, 18), date(2025, 2, 19)], "row 1: date is empty"),
        ("date", [date(2025, 2, 18)] * 2 + [date(2025, 2, 22)] * 2, "row 2: 2025-02-22 of B is not a session"),
        ("date", [date(2025, 2, 18)] * 4, r"row 1: A has 2025-02-18 a second time \(first in .*, row 0\)"),
        ("close", [1.0, float("inf"), 2.0, 3.0], "row 1: close is 'inf'; it must be finite"),
        ("close", [1.0, 2.0, -2.0, 3.0], "row 2: close of B is -2; a price must be above zero"),
    ],
)
def test_a_broken_row_of_a_parquet_file_is_named(tmp_path: Path, field: str, cells: list[object], message: str) -> None:
    days = [date(2025, 2, 18), date(2025, 2, 19)] * 2
    columns = {"date": days, "symbol": ["A", "A", "B", "B"], "close": [1.0, 2.0, 3.0, 4.0]} | {field: cells}
    pq.write_table(pa.table(columns), tmp_path / "p.parquet")
    with pytest.raises(DataError, match=f"p.parquet, {message}"):
        ParquetPrices(path=tmp_path / "p.parquet").prices()


@pytest.mark.parametrize("symbol", ODD)
def test_an_odd_symbol_is_only_a_name_in_files(tmp_path: Path, symbol: str) -> None:
    frame = long_table(ODD)
    expected = frame.loc[frame["symbol"] == symbol, "close"].tolist()
    folder = tmp_path / "deep" / "parts"
    folder.parent.mkdir()
    assert ParquetPrices(path=partition(frame, folder)).prices([symbol]).close.tolist() == expected
    assert sorted(path.name for path in tmp_path.rglob("*.parquet")) == ["part-0.parquet"] * len(ODD)
    assert [path.name for path in folder.parent.iterdir()] == ["parts"]
    assert {path.parent.parent for path in tmp_path.rglob("*.parquet")} == {folder}


def test_odd_symbols_are_only_names_in_databases(store: Store) -> None:
    store.fill("prices", long_table(ODD))
    frame = long_table(ODD)
    table = SqlPrices(url_env=store.url_env, table="prices", calendar=CALENDAR)
    query = SqlPrices(
        url_env=store.url_env,
        calendar=CALENDAR,
        query="SELECT * FROM prices WHERE symbol IN :symbols AND date BETWEEN :first AND :last",
    )
    assert table.prices().digest() == PricePanel.from_frame(frame, calendar=CALENDAR).digest()
    for symbol in ODD:
        expected = frame.loc[frame["symbol"] == symbol, "close"].tolist()
        assert table.prices([symbol]).close.tolist() == expected
        assert query.prices([symbol], date(2025, 2, 19), date(2025, 2, 20)).close.tolist() == expected[1:3]
    assert query.prices(["A/B"], optional=["ON", "none"]).symbols == ("A/B", "ON")


def test_columns_and_dates_are_chosen(tmp_path: Path) -> None:
    frame = long_table(["BABA", "SPY"]).rename(columns={"date": "day", "symbol": "ticker", "close": "PRC"})
    columns = {"date": "day", "symbol": "ticker", "close": "PRC"}
    frame.to_parquet(tmp_path / "p.parquet", index=False)
    for path in (tmp_path / "p.parquet", partition(frame, tmp_path / "parts", "ticker")):
        source = ParquetPrices(path=path, columns=columns)
        panel = source.prices(["BABA"], date(2025, 2, 19), date(2025, 2, 20))
        assert panel.symbols == ("BABA",)
        assert panel.close.tolist() == frame["PRC"].iloc[1:3].tolist()
    wide = frame.pivot(index="day", columns="ticker", values="PRC").reset_index()
    wide.to_parquet(tmp_path / "w.parquet", index=False)
    ours = ParquetPrices(path=tmp_path / "w.parquet", columns={"date": "day", "Alibaba": "BABA"}, layout="wide")
    assert ours.prices(["SPY"]).symbols == ("SPY",)
    assert ours.prices(optional=["Alibaba"]).close.tolist() == frame["PRC"].head(4).tolist()


@pytest.mark.parametrize("partitioned", [False, True])
def test_what_is_missing_is_told_apart(tmp_path: Path, partitioned: bool) -> None:
    frame, path = long_table(["BABA", "SPY"]), tmp_path / "p"
    partition(frame, path) if partitioned else frame.to_parquet(path, index=False)
    source = ParquetPrices(path=path)
    with pytest.raises(UnknownNameError, match=r"named 'BABBA'\. Did you mean 'BABA'"):
        source.prices(["SPY", "BABBA"])
    with pytest.raises(
        DataError, match="BABA has no price between the dates asked for; it has 2025-02-18 to 2025-02-21"
    ):
        source.prices(["BABA"], date(2026, 1, 1))
    assert source.prices(["SPY"], optional=["BABBA"]).symbols == ("SPY",)


def test_what_is_no_parquet(tmp_path: Path) -> None:
    (tmp_path / "x.parquet").write_text("date,symbol,close\n")
    (tmp_path / "empty").mkdir()
    for name, words in (
        ("none.parquet", "there is no such file or folder"),
        ("x.parquet", "this is no Parquet file"),
        ("empty", "the folder has no Parquet file"),
    ):
        with pytest.raises(DataError, match=words):
            ParquetPrices(path=tmp_path / name).prices()
    long_table(["A"]).drop(columns="symbol").to_parquet(tmp_path / "p.parquet")
    with pytest.raises(DataError, match="the column 'symbol' is missing beside"):
        ParquetPrices(path=tmp_path / "p.parquet").prices()
    with pytest.raises(DataError, match="the column 'symbol' is missing"):
        ParquetPrices(path=tmp_path / "p.parquet", layout="long").prices(["A"])


def test_a_cut_file(tmp_path: Path) -> None:
    path = tmp_path / "p.parquet"
    long_table(["A"]).to_parquet(path)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(DataError, match="this is no Parquet file"):
        ParquetPrices(path=path).prices()


def test_parts_that_do_not_fit_are_the_fault_of_the_data_set(tmp_path: Path) -> None:
    for name, close in (("a", 1.0), ("b", "x")):
        pd.DataFrame({"date": ["2025-02-19"], "symbol": [name], "close": [close]}).to_parquet(
            tmp_path / f"{name}.parquet"
        )
    with pytest.raises(DataError) as caught:
        ParquetPrices(path=tmp_path).prices(["A"])
    assert str(caught.value).startswith(f"{tmp_path}: the data set can't be read (Failed to parse string: 'x'")


def test_symbols_that_are_numbers_are_not_looked_for_as_text(tmp_path: Path) -> None:
    path = tmp_path / "p.parquet"
    pd.DataFrame({"date": ["2025-02-19"], "symbol": [700], "close": [1.0]}).to_parquet(path)
    with pytest.raises(DataError) as caught:
        ParquetPrices(path=path).prices(["700"])
    assert str(caught.value) == f"{path}: the column 'symbol' holds int64; names of symbols as text were expected."


def test_a_file_without_dates_says_so_whatever_dates_are_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "p.parquet"
    pd.DataFrame({"symbol": ["A"], "close": [1.0]}).to_parquet(path)
    for first in (None, date(2025, 2, 19)):
        with pytest.raises(DataError) as caught:
            ParquetPrices(path=path, layout="long").prices(["A"], first)
        assert str(caught.value) == f"{path}: the column 'date' is missing. Known: close, symbol."
    # A file of one symbol's bars need not name it.
    pd.DataFrame({"open": [1.0], "high": [1.0], "low": [1.0], "close": [1.0]}).to_parquet(path)
    with pytest.raises(DataError) as caught:
        ParquetBars(path=path, symbol="A").bars(["A"], date(2025, 2, 19))
    assert (
        str(caught.value)
        == f"{path} (rows of 1 symbol): the column 'time' is missing. Known: close, high, low, open, symbol. "
        "Another name for it goes under columns: {time: ...}."
    )


def test_events_of_every_kind(tmp_path: Path, store: Store) -> None:
    frame = pd.DataFrame(
        {
            "symbol": ["BABA", "A/B"],
            "announced_at": pd.to_datetime(["2025-02-20T10:36:00Z", "2025-02-20T21:05:00Z"]),
            "eps": [1.5, np.nan],
            "sector": ["retail", None],
        }
    )
    frame.to_parquet(tmp_path / "e.parquet", index=False)
    store.fill("events", frame)
    found = [
        FrameEvents(frame=frame).events(),
        ParquetEvents(path=tmp_path / "e.parquet").events(),
        SqlEvents(url_env=store.url_env, table="events").events(),
        SqlEvents(url_env=store.url_env, query="SELECT * FROM events WHERE symbol IN :symbols").events(["BABA", "A/B"]),
    ]
    for events in found:
        order = np.argsort(events.symbol)
        assert events.event_id[order].tolist() == ["A/B-2025-02-20", "BABA-2025-02-20"]
        assert [str(moment) for moment in events.announced_at[order]] == ["2025-02-20T21:05:00", "2025-02-20T10:36:00"]
        assert events.groups["sector"][order].tolist() == ["", "retail"]
        np.testing.assert_array_equal(events.values["eps"][order], [np.nan, 1.5])
    one = SqlEvents(url_env=store.url_env, table="events", symbols=("A/B",)).events()
    assert one.symbol.tolist() == ["A/B"]


def test_bars_of_every_kind(tmp_path: Path) -> None:
    times = pd.to_datetime([f"2025-02-{day}T{hour}:00:00Z" for day in (19, 20, 21) for hour in ("09", "15", "20")])
    frame = pd.DataFrame({"time": times, "symbol": "A/B", **dict.fromkeys(("open", "high", "low", "close"), 7.5)})
    expected = BarPanel.from_frame(frame, interval=3600, label="start")
    frame.to_csv(tmp_path / "b.csv", index=False)
    frame.to_parquet(tmp_path / "b.parquet", index=False)
    options = {"interval": 3600, "label": "start"}
    sources = (
        CsvBars(path=tmp_path / "b.csv", **options),  # type: ignore[arg-type]
        ParquetBars(path=tmp_path / "b.parquet", **options),  # type: ignore[arg-type]
        ParquetBars(path=partition(frame, tmp_path / "parts"), **options),  # type: ignore[arg-type]
        FrameBars(frame=frame, **options),  # type: ignore[arg-type]
    )
    for source in sources:
        assert source.bars(["A/B"]).digest() == expected.digest()
        day = source.bars(["A/B"], date(2025, 2, 20), date(2025, 2, 20))
        assert [str(moment)[8:13] for moment in day.start] == ["20T09", "20T15", "20T20"]
        with pytest.raises(UnknownNameError, match="named 'AB'"):
            source.bars(["AB"])
        with pytest.raises(DataError, match="has no bar between the dates asked for"):
            source.bars(["A/B"], date(2026, 1, 2))
    frame.drop(columns="symbol").to_parquet(tmp_path / "one.parquet", index=False)
    assert ParquetBars(path=tmp_path / "one.parquet", symbol="A/B", **options).bars().digest() == expected.digest()  # type: ignore[arg-type]


def test_nobody_s_bars_between_the_dates_is_an_error() -> None:
    frame = pd.DataFrame({"time": ["2025-02-20T09:30-05:00"], "symbol": ["A"], "open": 1.0, "high": 1.0, "low": 1.0})
    frame["close"] = 1.0
    source = FrameBars(frame=frame, interval=60)
    assert source.bars(optional=["A"]).symbols == ("A",)
    with pytest.raises(DataError, match=r"there is no bar between the dates asked for\.$"):
        source.bars(optional=["A"], first=date(2025, 2, 21))


def test_no_event_at_all_is_an_error() -> None:
    frame = pd.DataFrame({"symbol": ["A"], "date": ["2025-02-20"]}).iloc[:0]
    with pytest.raises(DataError, match=r": there is no event\.$"):
        FrameEvents(frame=frame).events()


def test_a_frame_is_no_key_of_a_configuration(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="reads a pandas DataFrame in memory, not str"):
        FramePrices(frame="prices.csv")
    path = tmp_path / "study.yaml"
    path.write_text("events: {source: sample}\nprices: {source: frame, frame: x}\nbenchmark: SPY\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="a configuration names a file or a database instead"):
        load(path)
