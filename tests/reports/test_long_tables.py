"""Tables made a part at a time: the rows of a plain loop, and the bytes of a table that is a frame."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from eventstudy import _event_tables
from eventstudy.events import Events
from eventstudy.panels import PricePanel
from eventstudy.reports import ParquetReport, Results, files, parquet
from eventstudy.reports.files import read_tables, write_tables
from eventstudy.reports.long_tables import LongTable, Tables, Words, length, names_of
from eventstudy.result import StudyResult
from eventstudy.returns import Windows
from eventstudy.study import Study
from tests.made_up import FIRST, SESSIONS, made_up_events, made_up_returns

WINDOWS = Windows(estimation=(-120, -11), event=(-2, 2), named={"reaction": (0, 1)}, min_obs=60)


@pytest.fixture(scope="module")
def result() -> StudyResult:
    prices = PricePanel.from_frame(made_up_returns(seed=5, symbols=4, sessions=300, missing=0.1))
    events = made_up_events(["S00", "S01", "S02", "S03"], [150, 200, 250])
    study = Study(windows=WINDOWS, models=["mean_adjusted", "raw"], tests=["cross_sectional"], reaction=False)
    return study.run(events, prices)


@pytest.mark.parametrize("part", [1, 7, 60, 1 << 20])
def test_the_rows_are_those_of_a_plain_loop(result: StudyResult, monkeypatch: pytest.MonkeyPatch, part: int) -> None:
    monkeypatch.setattr(_event_tables, "PART", part)
    table = _event_tables.abnormal_returns(result._event_id, result.aligned, result.panel, result.models)
    rows = []
    for label, model in result.models.items():
        abnormal = model.abnormal
        for event, name in enumerate(result._event_id):
            for place, day in enumerate(WINDOWS.days):
                date = str(SESSIONS[result.aligned.day0[event] + day])
                numbers = (abnormal.actual, abnormal.expected, abnormal.ar, abnormal.std_error, abnormal.sar)
                rows.append((name, label, day, date, *(each[event, place] for each in numbers)))
    expected = pd.DataFrame(rows, columns=list(table.columns))
    pd.testing.assert_frame_equal(table.frame(), expected, check_exact=True)
    assert table.rows == len(expected) == 2 * 12 * 5


@pytest.mark.parametrize("part", [1, 7, 16, 1 << 20])
def test_cars_and_estimates_are_those_of_a_plain_loop(
    result: StudyResult, monkeypatch: pytest.MonkeyPatch, part: int
) -> None:
    monkeypatch.setattr(_event_tables, "PART", part)
    cars, estimates = [], []
    for label, model in result.models.items():
        found = model.abnormal.estimates
        for event, name in enumerate(result._event_id):
            parameters = {each: found.parameter(each)[event] for each in found.names}
            estimates.append(
                {
                    "event_id": name,
                    "model": label,
                    "n_obs": found.n_obs[event],
                    "dof": found.dof[event],
                    "sigma": found.sigma[event],
                    "r_squared": found.r_squared[event],
                    "alpha": parameters.get("alpha", np.nan),
                    "reason": "",
                    "detail": found.detail[event],
                }
            )
        for window, each in model.cars.items():
            numbers = zip(each.car, each.std_error, each.t, each.p_value, each.bhar, each.reason, strict=True)
            for name, (*row, reason) in zip(result._event_id, numbers, strict=True):
                days = (each.window.start, each.window.end)
                cars.append((name, label, window, *days, *row, "" if reason == "ok" else str(reason)))
    made = _event_tables.cars(result._event_id, result.models)
    expected = pd.DataFrame(cars, columns=list(_event_tables.CAR_COLUMNS))
    pd.testing.assert_frame_equal(made.frame(), expected, check_exact=True)
    assert "incomplete_window" in set(expected["reason"])
    made = _event_tables.estimates(result._event_id, result.models)
    pd.testing.assert_frame_equal(made.frame(), pd.DataFrame(estimates), check_exact=True)
    assert (made.rows, len(cars)) == (2 * 12, 2 * 12)


def test_parameters_of_all_models_stand_before_what_else_is_estimated() -> None:
    prices = PricePanel.from_frame(made_up_returns(seed=5, symbols=4, sessions=300))
    study = Study(
        windows=WINDOWS,
        models=["mean_adjusted", "market"],
        benchmark="MKT",
        tests=[],
        reaction=False,
        diagnostics=True,
        autocorrelation="ar1",
    )
    found = study.run(made_up_events(["S00", "S01"], [200]), prices).estimates
    names = ["event_id", "model", "n_obs", "dof", "sigma", "r_squared", "alpha", "beta", "rho", "durbin_watson"]
    assert found.columns.tolist()[: len(names)] == names
    assert found.columns.tolist()[-2:] == ["reason", "detail"]
    assert found["beta"].isna().tolist() == [True, True, False, False]
    assert found["durbin_watson"].notna().all()


@pytest.mark.parametrize("part", [1, 3, 1 << 20])
def test_the_events_as_they_are_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: int) -> None:
    monkeypatch.setattr(_event_tables, "PART", part)
    day = [str(each) for each in SESSIONS[FIRST : FIRST + 300]]
    given = pd.DataFrame(
        {
            "event_id": ["c", "a", "b", "d"],
            "symbol": ["S00", "S00", "S01", "GONE"],
            "announced_at": ["", f"{day[200]}T18:05:00Z", f"{day[200]}T10:05:00-05:00", ""],
            "date": [day[each] for each in (150, 200, 200, 260)],
            "timing": ["bmo", "", "dmh", ""],
            "sector": ["tech", "", "tech", "food"],
            "size": [1.0, np.nan, 3.0, 4.0],
        }
    )
    prices = PricePanel.from_frame(made_up_returns(seed=5, symbols=2, sessions=300))
    study = Study(windows=WINDOWS, models=["raw"], tests=[], screens=[], reaction=False)
    result = study.run(Events.from_frame(given), prices)
    rows = [
        ("d", "GONE", "", day[260], "unknown", "unknown", day[260], "dropped", "unknown_symbol", "timing_unknown"),
        ("c", "S00", "", day[150], "before_open", "pre", day[150], "ok", "", ""),
        ("a", "S00", f"{day[200]}T18:05:00Z", day[200], "unknown", "intraday", day[200], "ok", "", ""),
        ("b", "S01", f"{day[200]}T15:05:00Z", day[200], "during", "intraday", day[200], "ok", "", ""),
    ]
    own = [("food", 4.0, "no prices of GONE"), ("tech", 1.0, ""), ("", np.nan, ""), ("tech", 3.0, "")]
    names = [
        "event_id",
        "symbol",
        "announced_at",
        "date",
        "timing",
        "phase",
        "day0",
        "status",
        "reason",
        "flags",
        "sector",
        "size",
        "detail",
    ]
    expected = pd.DataFrame([(*row, *more) for row, more in zip(rows, own, strict=True)], columns=names)
    pd.testing.assert_frame_equal(result.event_table, expected, check_exact=True)
    ParquetReport().write(result.results, tmp_path)
    found = pq.read_table(tmp_path / "events.parquet")
    assert [found.schema.field(each).type for each in ("announced_at", "date", "day0", "size")] == [
        pa.timestamp("ms", "UTC"),
        pa.timestamp("ms"),
        pa.timestamp("ms"),
        pa.float64(),
    ]
    assert found.column("reason").to_pylist() == ["unknown_symbol", None, None, None]
    assert found.column("sector").to_pylist() == ["food", "tech", None, "tech"]
    assert found.column("announced_at").null_count == 2


@pytest.mark.parametrize("part", [7, 60, 1 << 20])
def test_a_frame_has_the_same_bytes(
    result: StudyResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: int
) -> None:
    monkeypatch.setattr(_event_tables, "PART", part)
    monkeypatch.setattr(parquet, "PART", part)
    long, whole = result.results, Results(result.results.summary, dict(result.results.tables))
    for results, folder in ((long, "long"), (whole, "whole")):
        ParquetReport().write(results, tmp_path / folder)
    for path in (tmp_path / "long").iterdir():
        assert path.read_bytes() == (tmp_path / "whole" / path.name).read_bytes()
    found = pq.read_table(tmp_path / "long" / "abnormal_returns.parquet")
    kinds = [pa.string(), pa.string(), pa.int64(), pa.timestamp("ms"), *[pa.float64()] * 5]
    assert list(zip(found.column_names, found.schema.types, strict=True)) == list(
        zip(names_of(long.tables, "abnormal_returns"), kinds, strict=True)
    )
    for name, plain in (("abnormal_returns", False), ("events", True)):
        metadata = pq.read_metadata(tmp_path / "long" / f"{name}.parquet")
        encodings = metadata.row_group(0).column(0).encodings
        assert ("RLE_DICTIONARY" in encodings) is not plain
    assert "RLE_DICTIONARY" not in pq.read_metadata(tmp_path / "long" / "cars.parquet").row_group(0).column(3).encodings
    assert [each.name for each in found.schema if not each.nullable] == ["event_id", "model", "day"]
    missing = int(result.abnormal_returns["abnormal"].isna().sum())
    assert found.column("abnormal").null_count == missing > 0


def test_long_results_are_saved_and_read_again(
    result: StudyResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "MOST_CSV_ROWS", 10)
    write_tables(result.results, tmp_path)
    assert not (tmp_path / "abnormal_returns.csv").exists()
    read = read_tables(tmp_path)
    write_tables(read, tmp_path / "again")
    assert (tmp_path / "abnormal_returns.parquet").read_bytes() == (
        tmp_path / "again" / "abnormal_returns.parquet"
    ).read_bytes()
    np.testing.assert_array_equal(read.tables["abnormal_returns"]["sar"], result.abnormal_returns["sar"])


def test_a_long_table_is_counted_and_named_without_being_made() -> None:
    def parts() -> list[dict[str, np.ndarray]]:
        raise AssertionError

    tables = Tables({"a": LongTable(("x", "y"), 5, parts), "b": lambda: pd.DataFrame({"z": [1.0]})})  # type: ignore[arg-type]
    assert (list(tables), len(tables), "a" in tables) == (["a", "b"], 2, True)
    assert (names_of(tables, "a"), length(tables, "a")) == (["x", "y"], 5)
    assert (names_of(tables, "b"), length(tables, "b")) == (["z"], 1)
    assert tables["b"]["z"].tolist() == [1.0]
    with pytest.raises(KeyError):
        tables["c"]


@pytest.mark.parametrize("places", [[0, 0, 2, 2, 5], [1, 1, 2, 3], [3, 3, 0, 1, 3], []])
def test_words_are_those_that_there_are_as_they_first_appear(places: list[int]) -> None:
    names = np.array(list("abcdef"), dtype=object)
    words = Words.of(np.array(places, dtype=np.int64), names)
    assert words.names[words.codes].tolist() == [names[place] for place in places]
    assert words.names.tolist() == list(dict.fromkeys(names[places].tolist() if places else []))
