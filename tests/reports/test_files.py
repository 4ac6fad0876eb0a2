import csv
import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from eventstudy.errors import InputError, OutputError
from eventstudy.reports import JsonReport, Results, html
from eventstudy.reports.contract import TABLES, conform
from eventstudy.reports.files import csv_text, file_names, plain, read_tables, write_tables, write_text
from tests.reports.conftest import with_paths


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_the_directory_holds_the_contract(results: Results, tmp_path: Path) -> None:
    write_tables(results, tmp_path, run={"host": "here"})
    assert set(contents(tmp_path)) == {f"{name}.csv" for name in TABLES} | {"summary.json", "run.json"}
    first = (tmp_path / "events.csv").read_text().splitlines()
    assert first[0] == (
        "event_id,symbol,announced_at,date,timing,phase,day0,status,reason,flags,surprise,surprise_sign,detail"
    )
    assert first[1] == (
        "BABA-2024Q1,BABA,,2024-05-14,before_open,pre,2024-05-14,dropped,too_few_estimation_days,,,unknown,"
        "27 of 120 estimation returns"
    )
    assert "2025-02-20T10:36:00Z" in first[4]


def test_a_carriage_return_in_a_text_is_read_back(results: Results, tmp_path: Path) -> None:
    tests = results.tables["tests"].assign(group="sector=a\rb", note="\r")
    write_tables(Results(results.summary, {**results.tables, "tests": tests}), tmp_path)
    assert b',"sector=a\rb",' in (tmp_path / "tests.csv").read_bytes()
    read = read_tables(tmp_path).tables["tests"]
    pd.testing.assert_frame_equal(read, conform("tests", tests), check_exact=True)


def test_paths_are_written_where_there_are_any_and_read_back(
    results: Results, pages: dict[str, Callable[[], str]], tmp_path: Path
) -> None:
    full = with_paths(results)
    write_tables(full, tmp_path)
    assert "paths.csv" in file_names(full)
    lines = (tmp_path / "paths.csv").read_text().splitlines()
    assert lines[0] == "event_id,time,segment,move,benchmark,close_before,open,close,news,zone,benchmark_name"
    assert lines[1] == (
        "BABA-2024Q4,2025-02-19T22:00:00Z,after_hours,0.0,,2025-02-19T21:00:00Z,2025-02-20T14:30:00Z,"
        "2025-02-20T21:00:00Z,2025-02-20T10:36:00Z,America/New_York,SPY"
    )
    read = read_tables(tmp_path).tables["paths"]
    pd.testing.assert_frame_equal(read, conform("paths", full.tables["paths"]), check_exact=True)
    assert html.page(read_tables(tmp_path), beside_files=True) == pages["report"]()
    # A study without bars leaves nothing of the one before.
    write_tables(results, tmp_path)
    assert not (tmp_path / "paths.csv").exists()
    assert "paths" not in read_tables(tmp_path).tables
    assert "paths.csv" not in file_names(results)


def test_a_path_with_columns_of_its_own_is_refused(results: Results) -> None:
    paths = with_paths(results).tables["paths"].rename(columns={"move": "moves"})
    with pytest.raises(InputError, match=r"The table 'paths' lacks the column 'move'\. Did you mean 'moves'"):
        Results(results.summary, {**results.tables, "paths": paths})


def test_cells_are_what_a_plain_writer_makes_of_them() -> None:
    frame = pd.DataFrame(
        {
            "number": [0.0, -0.0, 1e-5, np.nan, np.inf, 1e16, 0.1 + 0.2],
            "whole": [3, 3, -1, 0, 10**15, 7, 3],
            "text": ["a,b", 'say "x"', "two\nlines", None, "a,b", "", " plain "],
            "mixed": [1, True, 1.0, None, "1", 0, False],
            "some": pd.array([1, None, 2, 2, 1, None, 3], dtype="Int64"),
        }
    )
    plain_text = StringIO()
    writer = csv.writer(plain_text, lineterminator="\n")
    writer.writerow(frame.columns)
    for row in zip(*(frame[name].astype(object).tolist() for name in frame), strict=True):
        writer.writerow([None if pd.isna(cell) else cell for cell in row])
    assert csv_text(frame) == plain_text.getvalue()
    assert csv_text(frame.head(0)) == "number,whole,text,mixed,some\n"


def test_numbers_have_the_digits_of_python_whatever_their_size() -> None:
    rng = np.random.default_rng(3)
    bits = rng.integers(-(2**63), 2**63 - 1, 20_000).view(np.float64)
    sizes = 10 ** rng.uniform(-7, 18, 20_000) * rng.choice([-1, 1], 20_000)
    edges = [1e-4, np.nextafter(1e-4, 0), 1e16, np.nextafter(1e16, 0), 5e-324, 1.7976931348623157e308, -np.inf, 100.0]
    numbers = np.concatenate([bits[~np.isnan(bits)], sizes, sizes.round(3), edges])
    assert csv_text(pd.DataFrame({"x": numbers})).splitlines()[1:] == [*map(repr, numbers.tolist())]


def test_a_column_whose_first_numbers_differ_is_written_as_any_other() -> None:
    later = [np.nan, 0.0, -0.0, 1e-5, 1 / 7, np.nan]
    numbers = [*(np.arange(2_000) / 7).tolist(), *later]
    written = csv_text(pd.DataFrame({"x": numbers, "y": numbers[::-1]})).splitlines()[1:]
    texts = ["" if np.isnan(each) else repr(each) for each in numbers]
    assert written == [f"{x},{y}" for x, y in zip(texts, texts[::-1], strict=True)]


def test_the_same_results_give_the_same_bytes(results: Results, tmp_path: Path) -> None:
    for folder in ("one", "two"):
        write_tables(results, tmp_path / folder)
        JsonReport().write(results, tmp_path / folder)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")
    assert not any(b"\r" in text for text in contents(tmp_path / "one").values())


def test_what_is_read_is_what_was_written(results: Results, tmp_path: Path) -> None:
    write_tables(results, tmp_path / "one")
    again = read_tables(tmp_path / "one")
    for name in TABLES:
        pd.testing.assert_frame_equal(again.tables[name], conform(name, results.tables[name]), check_exact=True)
    write_tables(again, tmp_path / "two")
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


@pytest.mark.parametrize("value", [0.1 + 0.2, 5e-324, 1.7976931348623157e308, -np.pi / 1e7, np.inf])
def test_every_digit_survives(results: Results, tmp_path: Path, value: float) -> None:
    aar = results.tables["aar"].head(2).assign(aar=[value, np.nan])
    write_tables(Results(results.summary, {**results.tables, "aar": aar}), tmp_path)
    read = read_tables(tmp_path).tables["aar"]["aar"]
    assert read[0] == value
    assert np.isnan(read[1])


@pytest.mark.parametrize("symbol", ["NA", "NULL", "nan", "010", "1e5", 'a "b", c', "TRUE", "line\nbreak"])
def test_a_text_that_looks_like_something_else_stays_text(results: Results, tmp_path: Path, symbol: str) -> None:
    events = results.tables["events"].assign(symbol=symbol, surprise_sign=symbol)
    write_tables(Results(results.summary, {**results.tables, "events": events}), tmp_path)
    read = read_tables(tmp_path).tables["events"]
    assert list(read["symbol"]) == [symbol] * 6
    assert list(read["surprise_sign"]) == [symbol] * 6


def test_nothing_is_a_table_too(results: Results, tmp_path: Path) -> None:
    empty = {name: frame.head(0) for name, frame in results.tables.items()}
    write_tables(Results(results.summary, empty), tmp_path)
    assert [len(frame) for frame in read_tables(tmp_path).tables.values()] == [0] * len(TABLES)


def test_summary_keeps_its_order_and_has_no_nan(results: Results, tmp_path: Path) -> None:
    write_tables(results, tmp_path)
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert list(summary) == ["name", "headline", "counts", "models", "focus", "provenance"]
    assert summary["models"]["market"] == {"caar": 0.01, "nothing": None}
    assert summary["counts"] == {"given": 6, "kept": 4, "dropped": {"too_few_estimation_days": 2}}


def test_json_report_holds_the_rows(results: Results, tmp_path: Path) -> None:
    report = json.loads(JsonReport().write(results, tmp_path).read_text())
    assert list(report["tables"]) == list(TABLES)
    event = report["tables"]["events"][0]
    assert (event["date"], event["announced_at"], event["surprise"]) == ("2024-05-14", None, None)
    assert report["tables"]["estimates"][1]["beta"] == 0.710808


def test_plain_values() -> None:
    given = {
        "a": np.float64("nan"),
        1: (np.int64(3), np.bool_(True)),
        "d": pd.Timestamp("2025-02-20"),
        "n": pd.NaT,
    }
    assert plain(given) == {"a": None, "1": [3, True], "d": "2025-02-20T00:00:00", "n": None}
    with pytest.raises(TypeError, match="no form in JSON"):
        plain(object())


def test_a_failed_write_leaves_the_old_file_and_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_text(tmp_path / "a.csv", "old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OutputError, match=r"'a.csv' can't be written .*No space left on device"):
        write_text(path, "new")
    assert contents(tmp_path) == {"a.csv": b"old"}


def test_a_folder_that_is_a_file_is_refused_in_one_paragraph(results: Results, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(OutputError) as caught:
        write_tables(results, tmp_path / "taken")
    assert "can't be written to the directory" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_saved_folder_that_lacks_a_file_is_named(results: Results, tmp_path: Path) -> None:
    write_tables(results, tmp_path)
    (tmp_path / "cars.csv").unlink()
    with pytest.raises(InputError, match=r"cars\.csv"):
        read_tables(tmp_path)


def test_results_are_checked_at_the_door(results: Results) -> None:
    with pytest.raises(InputError, match="lacks the key 'focus'"):
        Results({key: 1 for key in results.summary if key != "focus"}, results.tables)
    with pytest.raises(InputError, match="lack the table 'aar'"):
        Results(results.summary, {name: frame for name, frame in results.tables.items() if name != "aar"})
    cars = results.tables["cars"]
    with pytest.raises(InputError, match=r"lacks the column 'p_value'. Did you mean 'pvalue'"):
        Results(results.summary, {**results.tables, "cars": cars.rename(columns={"p_value": "pvalue"})})
    with pytest.raises(InputError, match="column 'extra' of no meaning"):
        Results(results.summary, {**results.tables, "cars": cars.assign(extra=1)})
    with pytest.raises(InputError, match="another order"):
        Results(results.summary, {**results.tables, "cars": cars[cars.columns[::-1]]})


def test_a_million_abnormal_returns_are_parquet(
    results: Results, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_tables(results, tmp_path)
    monkeypatch.setattr("eventstudy.reports.files.MOST_CSV_ROWS", 10)
    write_tables(results, tmp_path)
    assert (tmp_path / "abnormal_returns.parquet").exists()
    assert not (tmp_path / "abnormal_returns.csv").exists()
    read = read_tables(tmp_path).tables["abnormal_returns"]
    pd.testing.assert_frame_equal(read, conform("abnormal_returns", results.tables["abnormal_returns"]))


def test_whole_numbers_and_truth_values_of_ones_own_come_back(results: Results, tmp_path: Path) -> None:
    own = {"analysts": [3, 0, 12, 7, 7, 1], "guided": [True, False] * 3, "rank": [1, None] * 3}
    events = results.tables["events"]
    events = events.drop(columns="detail").assign(**own, detail=events["detail"])
    given = Results(results.summary, {**results.tables, "events": events})
    given.save(tmp_path)
    lines = (tmp_path / "events.csv").read_text(encoding="utf-8").splitlines()
    assert [line.split(",")[-4:-1] for line in lines[1:3]] == [["3", "True", "1.0"], ["0", "False", ""]]
    read = read_tables(tmp_path).tables["events"]
    assert read["analysts"].tolist() == [3, 0, 12, 7, 7, 1]
    assert read["analysts"].dtype == "int64"
    assert read["guided"].tolist() == ["True", "False"] * 3
    assert read["rank"].dtype == "float64"
    pd.testing.assert_frame_equal(read, conform("events", events))


def test_a_summary_that_cannot_be_read_is_named(results: Results, tmp_path: Path) -> None:
    results.save(tmp_path)
    (tmp_path / "summary.json").write_text("{", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_tables(tmp_path)
    assert str(caught.value).startswith(f"The saved results in {tmp_path} can't be read: summary.json: Expecting ")
    (tmp_path / "summary.json").unlink()
    right = "the folder that a study was saved in was expected, such as results/NAME."
    with pytest.raises(InputError) as caught:
        read_tables(tmp_path)
    assert str(caught.value) == f"{tmp_path}: there is no summary.json in this folder; {right}"
    (tmp_path / "tests.csv").unlink()
    with pytest.raises(InputError) as caught:
        read_tables(tmp_path)
    assert str(caught.value) == f"{tmp_path}: there is no tests.csv in this folder; {right}"
