"""LaTeX, Markdown and Excel: the same display tables in other clothes."""

import shutil
import subprocess
from pathlib import Path

import pandas as pd
import pytest

from eventstudy.errors import OutputError
from eventstudy.reports import (
    REPORTS,
    CsvReport,
    ExcelReport,
    LatexReport,
    MarkdownReport,
    ParquetReport,
    Results,
    excel,
)
from eventstudy.reports.contract import TABLES, conform
from eventstudy.reports.display import Column, DisplayTable
from eventstudy.reports.files import read_tables, write_tables
from eventstudy.reports.latex import FIT, latex_table
from eventstudy.reports.tables import significance
from tests.reports.conftest import with_paths


# That pictures are the same each time is shown of the page.
@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("name", sorted({*REPORTS.names()} - {"csv", "parquet"}))
def test_every_format_writes_one_file_and_the_same_bytes(name: str, results: Results, tmp_path: Path) -> None:
    one, two = (REPORTS.get(name).write(results, tmp_path / folder) for folder in ("one", "two"))
    assert one.name == two.name
    assert list((tmp_path / "one").iterdir()) == [one]
    assert one.read_bytes() == two.read_bytes()


@pytest.mark.parametrize("name", ["csv", "parquet"])
def test_the_tables_are_a_file_each_and_the_same_bytes(name: str, results: Results, tmp_path: Path) -> None:
    one, two = (REPORTS.get(name).write(with_paths(results), tmp_path / folder) for folder in ("one", "two"))
    assert one == tmp_path / "one"
    assert {path.name for path in one.iterdir()} == {f"{each}.{name}" for each in (*TABLES, "paths")}
    assert all(path.read_bytes() == (two / path.name).read_bytes() for path in one.iterdir())


def test_parquet_files_are_the_tables_with_their_types(results: Results, tmp_path: Path) -> None:
    ParquetReport().write(results, tmp_path)
    for name in TABLES:
        read, held = pd.read_parquet(tmp_path / f"{name}.parquet"), conform(name, results.tables[name])
        pd.testing.assert_frame_equal(conform(name, read), held)
    events = pd.read_parquet(tmp_path / "events.parquet")
    assert events["date"].iloc[1] == pd.Timestamp("2024-08-15")
    assert events["announced_at"].iloc[1] == pd.Timestamp("2024-08-15T10:30Z")


def test_csv_files_are_those_of_the_run(results: Results, tmp_path: Path) -> None:
    write_tables(results, tmp_path / "run")
    CsvReport().write(results, tmp_path / "again")
    for path in (tmp_path / "again").iterdir():
        assert path.read_bytes() == (tmp_path / "run" / path.name).read_bytes()


def test_parquet_files_of_another_study_are_not_left_nor_read(results: Results, tmp_path: Path) -> None:
    write_tables(with_paths(results), tmp_path)
    ParquetReport().write(with_paths(results), tmp_path)
    changed = pd.read_parquet(tmp_path / "cars.parquet").assign(car=9.0)
    changed.to_parquet(tmp_path / "cars.parquet")
    assert (read_tables(tmp_path).tables["cars"]["car"] != 9.0).all()
    write_tables(results, tmp_path)
    assert list(tmp_path.glob("*.parquet")) == []


def test_parquet_without_pyarrow_says_what_is_missing(
    results: Results, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("eventstudy.reports.files.find_spec", lambda _: None)
    with pytest.raises(OutputError, match=r"^A Parquet report needs pyarrow; install it with: pip install "):
        ParquetReport().write(results, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_markdown_has_the_headline_and_the_tables(results: Results, tmp_path: Path) -> None:
    text = MarkdownReport().write(results, tmp_path).read_text(encoding="utf-8")
    assert "| Dropped: too few estimation days |" in text
    assert "| market | " in text
    assert "+8.22%" in text


def test_markdown_escapes_what_came_from_data(results: Results, tmp_path: Path) -> None:
    named = Results({**results.summary, "name": "a|b <script> *x*"}, results.tables)
    text = MarkdownReport().write(named, tmp_path).read_text(encoding="utf-8")
    assert text.startswith("# a\\|b \\<script\\> \\*x\\*\n")


def test_latex_tables_as_journals_print_them(results: Results, tmp_path: Path) -> None:
    plain = LatexReport().write(results, tmp_path / "plain").read_text(encoding="utf-8")
    assert plain.count(r"\toprule") == plain.count(r"\bottomrule") == 4
    assert r"+8.22\%" in plain
    assert "***" not in plain
    starred = LatexReport(stars=True).write(results, tmp_path / "stars").read_text(encoding="utf-8")
    assert r"+8.22\%***" in starred
    assert "mark p-values below" in starred


def test_latex_tables_fit_the_text_without_more_than_two_packages(results: Results, tmp_path: Path) -> None:
    text = LatexReport().write(results, tmp_path).read_text(encoding="utf-8")
    assert r"\usepackage{booktabs,graphicx}" in text
    assert "threeparttable" not in text
    assert text.count(FIT) == text.count(r"\end{tabular}}") == 4
    first = text[text.index(r"\begin{tabular}") :]
    assert first.startswith(r"\begin{tabular}{lrp{0.42\textwidth}}")
    assert r"Kept & 4 & \raggedright BABA-2024Q3, BABA-2024Q4, BABA-2025Q1, BABA-2025Q2 \tabularnewline" in first


def test_latex_tables_longer_than_a_page_are_set_in_parts(results: Results, tmp_path: Path) -> None:
    tests = pd.concat([results.tables["tests"]] * 40, ignore_index=True)
    rows = len(significance({**results.tables, "tests": tests}).rows)
    long = Results(results.summary, {**results.tables, "tests": tests})
    text = LatexReport().write(long, tmp_path).read_text(encoding="utf-8")
    parts = text.split(r"\begin{table}")[1:]
    own = [part for part in parts if r"\caption{Tests of no abnormal return (part " in part]
    count = -(-rows // 40)
    assert count > 2
    assert [f"(part {place} of {count})" in part for place, part in enumerate(own, start=1)] == [True] * count
    # Every row once, a heading and its rules in each part, the notes under the last one.
    assert [part.count(r"\tabularnewline") - 1 for part in own] == [*([40] * (count - 1)), rows - 40 * (count - 1)]
    assert ["footnotesize" in part for part in own] == [False] * (count - 1) + [True]


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no pdflatex is installed")
def test_latex_overflows_nowhere_in_the_default_class(results: Results, tmp_path: Path) -> None:
    tests = results.tables["tests"].assign(group="[<i>g1</i> & 50%_", adjustment="holm")
    tests.loc[::2, "group"] = "all"
    frames = {**results.tables, "tests": tests.assign(p_adjusted=1.0, reason="too_few_events")}
    LatexReport().write(Results(results.summary, frames), tmp_path)
    display = DisplayTable("[0]", (Column("[a]", "left"), Column("b")), (("[0]", "1"), ("[1pt] of it", "2")))
    (tmp_path / "own.tex").write_text(latex_table(display), encoding="utf-8")
    body = r"\input{tables.tex}\input{own.tex}"
    head = r"\documentclass{article}\usepackage{booktabs,graphicx}"
    (tmp_path / "all.tex").write_text(rf"{head}\begin{{document}}{body}\end{{document}}", encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "all.tex"]
    done = subprocess.run(command, check=False, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout[-2000:]
    assert [line for line in done.stdout.splitlines() if line.startswith(("Overfull", "!"))] == []


def test_latex_escapes_what_came_from_data(results: Results, tmp_path: Path) -> None:
    events = results.tables["events"].assign(event_id=r"A&B_$\input{x}")
    named = Results(results.summary, {**results.tables, "events": events})
    text = LatexReport().write(named, tmp_path).read_text(encoding="utf-8")
    assert r"A\&B\_\$\textbackslash{}input\{x\}" in text


def test_excel_holds_numbers_as_numbers(results: Results, tmp_path: Path) -> None:
    path = ExcelReport().write(results, tmp_path)
    book = pd.read_excel(path, sheet_name=None)
    assert list(book) == ["headline", "attrition", "mean_returns", *TABLES]
    read = book["cars"]
    assert read["car"].dtype == "float64"
    pd.testing.assert_series_equal(read["car"], results.tables["cars"]["car"], check_names=False, rtol=1e-15)


def test_excel_holds_dates_as_dates_and_moments_in_utc(results: Results, tmp_path: Path) -> None:
    import openpyxl

    events = results.tables["events"].assign(date=pd.to_datetime(["1871-01-03", *results.tables["events"]["date"][1:]]))
    path = ExcelReport().write(Results(results.summary, {**results.tables, "events": events}), tmp_path)
    sheet = openpyxl.load_workbook(path)["events"]
    head = [cell.value for cell in sheet[1]]
    told, moment = sheet.cell(3, head.index("date") + 1), sheet.cell(3, head.index("announced_at") + 1)
    assert (told.value, told.number_format, told.is_date) == (pd.Timestamp("2024-08-15"), "yyyy-mm-dd", True)
    assert (moment.value, moment.is_date) == (pd.Timestamp("2024-08-15 10:30"), True)
    assert moment.number_format == 'yyyy-mm-dd hh:mm:ss" UTC"'
    assert sheet.cell(2, head.index("date") + 1).value == "1871-01-03"
    assert sheet.cell(2, head.index("announced_at") + 1).value is None


def test_excel_has_what_fell_out_and_the_mean_as_on_the_page(results: Results, tmp_path: Path) -> None:
    import openpyxl

    book = openpyxl.load_workbook(ExcelReport().write(results, tmp_path))
    lost = list(book["attrition"].iter_rows(min_row=3, values_only=True))
    assert lost[0] == ("Step", "Events", "Which")
    assert [row[:2] for row in lost[1:]] == [("Given", 6), ("Dropped: too few estimation days", -2), ("Kept", 4)]
    mean = list(book["mean_returns"].iter_rows(min_row=3))
    row = dict(zip([cell.value for cell in mean[0]], mean[1], strict=True))
    tests = results.tables["tests"]
    expected = tests[tests["test"] == "cross_sectional"].iloc[0]
    assert row["CAAR"].value == round(expected["estimate"], 4)
    assert row["CAAR"].number_format == ("#,##0.00%" if expected["estimate"] < 0 else "+#,##0.00%;-#,##0.00%")
    assert row["t"].value == round(expected["statistic"], 2)
    assert row["N"].value == 4
    assert row["95% interval"].value.startswith("[")


def test_a_formula_in_the_data_stays_text(results: Results, tmp_path: Path) -> None:
    import openpyxl

    events = results.tables["events"].assign(symbol='=HYPERLINK("x")')
    path = ExcelReport().write(Results(results.summary, {**results.tables, "events": events}), tmp_path)
    cell = openpyxl.load_workbook(path)["events"]["B2"]
    assert (cell.value, cell.data_type) == ('=HYPERLINK("x")', "s")


def test_an_infinite_statistic_is_a_text_in_a_workbook(results: Results, tmp_path: Path) -> None:
    import openpyxl

    tests = results.tables["tests"].assign(statistic=float("-inf"))
    path = ExcelReport().write(Results(results.summary, {**results.tables, "tests": tests}), tmp_path)
    names, first = openpyxl.load_workbook(path)["tests"].iter_rows(max_row=2, values_only=True)
    assert dict(zip(names, first, strict=True))["statistic"] == "-inf"


def test_a_sheet_that_is_full_says_how_many_rows_it_lacks(
    results: Results, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import openpyxl

    # A sheet has 2 ** 20 rows: a header, as many of the table as may be, and the sentence.
    assert excel.MOST_ROWS + 2 == 2**20
    monkeypatch.setattr(excel, "MOST_ROWS", 4)
    book = openpyxl.load_workbook(ExcelReport().write(results, tmp_path))
    sheet, events = book["events"], results.tables["events"]
    assert sheet.max_row == 6
    assert [sheet.cell(row, 1).value for row in range(1, 7)] == [
        "event_id",
        *events["event_id"][:4],
        "Rows of events.csv that a sheet has no room for: 2.",
    ]
    assert sheet.auto_filter.ref.endswith("5")
    assert book["reactions"].cell(6, 1).value == (
        f"Rows of reactions.csv that a sheet has no room for: {len(results.tables['reactions']) - 4}."
    )


def test_excel_without_xlsxwriter_says_what_is_missing(
    results: Results, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(excel, "find_spec", lambda _: None)
    with pytest.raises(OutputError) as caught:
        ExcelReport().write(results, tmp_path)
    assert str(caught.value) == (
        "An Excel report needs xlsxwriter; install it with: pip install 'eventstudy-backtester[excel]'."
    )


def test_labels_that_are_no_text_become_text_in_parquet(results: Results, tmp_path: Path) -> None:
    rank = pd.Series([1, "two", None, 2.5, "", 1], dtype=object)
    events = results.tables["events"]
    # A column of one's own, one of the contract with other things in it, and one of whole numbers.
    events = events.drop(columns="detail").assign(
        rank=rank, timing=rank, symbol=range(700, 706), detail=events["detail"]
    )
    given = Results(results.summary, {**results.tables, "events": events})
    ParquetReport().write(given, tmp_path / "parquet")
    given.save(tmp_path / "csv")
    read = pd.read_parquet(tmp_path / "parquet" / "events.parquet")
    for name in ("rank", "timing"):
        assert [None if pd.isna(each) else each for each in read[name]] == ["1", "two", None, "2.5", None, "1"]
    assert read["symbol"].tolist() == ["700", "701", "702", "703", "704", "705"]
    pd.testing.assert_frame_equal(conform("events", read), read_tables(tmp_path / "csv").tables["events"])
