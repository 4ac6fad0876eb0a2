"""The page that a second process makes is the one that this process makes, and its failure is nobody's loss."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from eventstudy.errors import OutputError
from eventstudy.reports import HtmlReport, Results, beside, html
from eventstudy.reports.beside import MANY_EVENTS, MOST_EVENTS, PageBeside
from tests.reports.conftest import of_one_reaction


@pytest.fixture(scope="module")
def results(results: Results) -> Results:
    """Return a study whose page is soon drawn; how many events it has is told apart from it."""
    return of_one_reaction(results)


@pytest.fixture(autouse=True)
def _two_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beside, "_processors", lambda: 2)


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> list[Results]:
    """Return the results of which this process makes the page itself."""
    made: list[Results] = []

    def write(_: HtmlReport, results: Results, folder: Path) -> Path:
        made.append(results)
        return folder / "report.html"

    monkeypatch.setattr(HtmlReport, "write", write)
    return made


def written(results: Results, folder: Path, events: int = MANY_EVENTS) -> Path:
    """Return the page of a study of so many events, begun and written as the command does."""
    with PageBeside() as report:
        report.expect(events)
        report.begin(results)
        return report.write(results, folder)


def test_the_second_process_makes_the_same_bytes_and_this_one_makes_none(
    results: Results, tmp_path: Path, here: list[Results]
) -> None:
    path = written(results, tmp_path)
    assert path == tmp_path / "report.html"
    assert path.read_bytes() == html.page(results, beside_files=True).encode()
    assert here == []


@pytest.mark.parametrize("events", [0, MANY_EVENTS - 1, MOST_EVENTS + 1])
def test_no_process_begins_for_few_events_or_for_too_many(
    events: int, results: Results, tmp_path: Path, here: list[Results], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(beside, "Popen", None)
    written(results, tmp_path, events)
    assert here == [results]


def test_no_process_begins_on_one_processor(
    results: Results, tmp_path: Path, here: list[Results], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(beside, "Popen", None)
    monkeypatch.setattr(beside, "_processors", lambda: 1)
    written(results, tmp_path)
    assert here == [results]


@pytest.mark.parametrize(
    "child",
    [
        "import sys; sys.exit(1)",  # before it has read anything: nobody is there to hand the results to
        "import sys; sys.stdin.buffer.read(); print('<html>'); sys.exit(1)",
        "import sys; sys.stdin.buffer.read()",
    ],
)
def test_a_process_that_fails_leaves_the_page_to_this_one(
    child: str, results: Results, tmp_path: Path, here: list[Results], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(beside, "CHILD", child)
    written(results, tmp_path)
    assert here == [results]
    assert not (tmp_path / "report.html").exists()


def test_a_python_that_can_t_be_started_leaves_the_page_to_this_one(
    results: Results, tmp_path: Path, here: list[Results], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    written(results, tmp_path)
    assert here == [results]


def test_results_that_can_t_be_sent_leave_the_page_to_this_process(
    results: Results, tmp_path: Path, here: list[Results]
) -> None:
    odd = replace(results, summary={**results.summary, "odd": lambda: 0})
    written(odd, tmp_path)
    assert here == [odd]


def test_an_error_of_the_page_is_raised_here_and_printed_nowhere(
    results: Results, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    broken = replace(results, summary={**results.summary, "provenance": {"made": object()}})
    with pytest.raises(TypeError, match="has no form in JSON"):
        written(broken, tmp_path)
    assert capfd.readouterr() == ("", "")


def test_a_page_that_can_t_be_written_says_so_as_any_other(results: Results, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match=r"report\.html"):
        written(results, tmp_path / "file")


@pytest.mark.parametrize("events", [MANY_EVENTS, MOST_EVENTS])
def test_the_process_ends_with_the_block_though_nothing_was_asked_of_it(events: int) -> None:
    with PageBeside() as report:
        report.expect(events)
        started = report._child
    assert started is not None
    assert started.returncode not in (None, 0)
