"""LaTeX, Markdown and Excel: the same display tables in other clothes."""

from pathlib import Path

import pandas as pd
import pytest

from eventstudy.reports import REPORTS, ExcelReport, LatexReport, MarkdownReport, Results
from eventstudy.reports.contract import TABLES


@pytest.mark.parametrize("name", REPORTS.names())
def test_every_format_writes_one_file_and_the_same_bytes(name: str, results: Results, tmp_path: Path) -> None:
    one, two = (REPORTS.get(name).write(results, tmp_path / folder) for folder in ("one", "two"))
    assert one.name == two.name
    assert list((tmp_path / "one").iterdir()) == [one]
    assert one.read_bytes() == two.read_bytes()


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


def test_latex_escapes_what_came_from_data(results: Results, tmp_path: Path) -> None:
    events = results.tables["events"].assign(event_id=r"A&B_$\input{x}")
    named = Results(results.summary, {**results.tables, "events": events})
    text = LatexReport().write(named, tmp_path).read_text(encoding="utf-8")
    assert r"A\&B\_\$\textbackslash{}input\{x\}" in text


def test_excel_holds_numbers_as_numbers(results: Results, tmp_path: Path) -> None:
    path = ExcelReport().write(results, tmp_path)
    book = pd.read_excel(path, sheet_name=None)
    assert list(book) == ["headline", *TABLES]
    read = book["cars"]
    assert read["car"].dtype == "float64"
    pd.testing.assert_series_equal(read["car"], results.tables["cars"]["car"], check_names=False, rtol=1e-15)
    assert book["events"]["date"].iloc[0] == "2024-05-14"


def test_a_formula_in_the_data_stays_text(results: Results, tmp_path: Path) -> None:
    import openpyxl

    events = results.tables["events"].assign(symbol='=HYPERLINK("x")')
    path = ExcelReport().write(Results(results.summary, {**results.tables, "events": events}), tmp_path)
    cell = openpyxl.load_workbook(path)["events"]["B2"]
    assert (cell.value, cell.data_type) == ('=HYPERLINK("x")', "s")
