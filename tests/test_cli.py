"""The command line: what it prints, what it writes, and how it exits."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest

import eventstudy
from eventstudy.cli import main
from eventstudy.config import schema
from eventstudy.datasets import load_alibaba
from eventstudy.errors import Reason
from eventstudy.reports import REPORTS

ROOT = Path(__file__).parents[1]
ALIBABA = ROOT / "configs" / "alibaba.yaml"
TABLES = ("events", "estimates", "abnormal_returns", "cars", "aar", "tests", "reactions")
EVENTS = "event_id,symbol,announced_at\nq4,BABA,2025-02-20T05:36-05:00\n"


class Done(NamedTuple):
    """How a command ended."""

    status: int
    out: str
    err: str


Call = Callable[..., Done]


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Call:
    """Return a caller of the command line in an empty directory."""
    monkeypatch.chdir(tmp_path)

    def _call(*arguments: str | Path) -> Done:
        with pytest.raises(SystemExit) as caught:
            main([str(each) for each in arguments])
        printed = capsys.readouterr()
        return Done(int(caught.value.code or 0), printed.out, printed.err)

    return _call


def command(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "eventstudy", *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


UNNEEDED = ("statsmodels", "patsy", "yfinance", "scipy.stats", "scipy.optimize", "matplotlib.pyplot", "numba", "rich")
# What `python -m eventstudy` does, and at the end a file with the names of all that was loaded.
WATCHED = """
import atexit, sys
from pathlib import Path
from eventstudy.cli import main
told = Path(sys.argv.pop())
atexit.register(lambda: told.write_text(" ".join(sys.modules)))
main()
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the results of the shipped study."""
    folder = tmp_path_factory.mktemp("results")
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(StringIO()), redirect_stderr(StringIO()) as said:
        patch.chdir(ROOT)
        patch.setattr(sys, "argv", ["eventstudy", "run", "configs/alibaba.yaml", "--out", str(folder)])
        with pytest.raises(SystemExit) as caught:
            main()
    assert (caught.value.code or 0, said.getvalue()) == (0, "")
    return folder


@pytest.fixture(scope="module")
def summary(folder: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    return loaded


def test_the_alibaba_study_keeps_four_of_six(summary: dict[str, Any]) -> None:
    assert summary["name"] == "alibaba-earnings"
    assert summary["counts"] == {"given": 6, "kept": 4, "dropped": {"too_few_estimation_days": 2}}
    assert summary["focus"] == "BABA-2024Q4"
    assert list(summary["models"]) == ["market", "market:KWEB", "market_adjusted"]


@pytest.mark.parametrize(("model", "car", "t"), [("market", 0.0822, 3.419), ("market:KWEB", 0.0655, 5.277)])
def test_the_abnormal_return_of_20_february_2025(summary: dict[str, Any], model: str, car: float, t: float) -> None:
    day0 = summary["models"][model]["focus"]["windows"]["day0"]
    assert day0["car"] == pytest.approx(car, abs=5e-5)
    assert day0["t"] == pytest.approx(t, abs=5e-4)


def test_every_file_of_the_contract_is_there(folder: Path) -> None:
    files = {*(f"{name}.csv" for name in TABLES), "findings.csv"}
    files |= {"summary.json", "run.json", "report.html", "report.json"}
    assert {path.name for path in folder.iterdir()} == files
    events = pd.read_csv(folder / "events.csv")
    assert events["day0"].tolist()[3] == "2025-02-20"
    assert events["status"].tolist() == ["dropped", "dropped", "ok", "ok", "ok", "ok"]
    assert events["surprise"].tolist()[3] == pytest.approx(48.95 / 40.6 - 1)


def test_what_differs_from_run_to_run_is_in_run_json_alone(folder: Path) -> None:
    told = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    assert told["config"] == str(ALIBABA)
    assert told["folder"] == str(folder)
    assert told["arguments"] == ["run", "configs/alibaba.yaml", "--out", str(folder)]
    assert told["started"].endswith("+00:00")
    for path in folder.iterdir():
        text = path.read_text(encoding="utf-8")
        assert (str(ROOT) in text or told["host"] in text.split() or told["started"] in text) is (
            path.name == "run.json"
        )


def test_the_same_input_gives_the_same_bytes_and_loads_no_library_that_it_does_not_need(
    folder: Path, tmp_path: Path
) -> None:
    told, out = tmp_path / "loaded", tmp_path / "out"
    done = subprocess.run(
        [sys.executable, "-c", WATCHED, "run", ALIBABA, "--out", out, "--quiet", told],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo", "LC_ALL": "C"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    for path in folder.iterdir():
        assert (path.read_bytes() == (out / path.name).read_bytes()) is (path.name != "run.json")
    loaded = {*told.read_text(encoding="utf-8").split()}
    assert [name for name in (*UNNEEDED, "pandas") if name in loaded] == ["pandas"]


@pytest.mark.parametrize("engine", ["threads", "processes"])
def test_every_engine_gives_the_same_tables(
    call: Call, folder: Path, summary: dict[str, Any], tmp_path: Path, engine: str
) -> None:
    sets = ["--set", f"run.engine={engine}", "--set", "run.workers=2", "--set", "report=[json]"]
    assert call("run", ALIBABA, "--out", tmp_path, "-q", *sets) == (0, "", "")
    for name in TABLES:
        assert (tmp_path / f"{name}.csv").read_bytes() == (folder / f"{name}.csv").read_bytes()
    other = json.loads((tmp_path / "summary.json").read_text(encoding="utf-8"))
    assert other == summary
    assert json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))["engine"] == engine


def test_run_prints_headline_and_tables_and_where_the_files_are(call: Call, tmp_path: Path) -> None:
    done = call("run", ALIBABA, "--set", "report=[json]")
    assert (done.status, done.err) == (0, "")
    text = " ".join(done.out.split())
    assert "opened 9.56% up and closed 8.09% up" in text
    assert "4 events cannot show a mean effect" in text
    assert "\x1b" not in done.out
    folder = Path("results") / "alibaba-earnings"
    assert done.out.splitlines()[-2:] == [f"Results: {folder}", f"Report:  {folder / 'report.json'}"]
    assert (tmp_path / folder / "summary.json").is_file()


def test_settings_on_the_line_change_a_run(call: Call, tmp_path: Path) -> None:
    sets = ("--set", "windows.min_obs=60", "--set", "models=[market]", "--set", "report=[]")
    assert call("run", ALIBABA, "--out", "out", "--quiet", *sets) == (0, "", "")
    summary = json.loads((tmp_path / "out" / "summary.json").read_text(encoding="utf-8"))
    assert summary["counts"]["kept"] == 5
    assert list(summary["models"]) == ["market"]
    assert not (tmp_path / "out" / "report.html").exists()


def test_the_file_may_name_the_folder(call: Call, tmp_path: Path) -> None:
    inner = tmp_path / "studies"
    inner.mkdir()
    (inner / "a.yaml").write_text(
        "events: {source: sample}\nprices: {source: sample}\nbenchmark: SPY\nout: there\nreport: []\n"
    )
    assert call("run", "studies/a.yaml", "-q").status == 0
    assert (inner / "there" / "summary.json").is_file()
    assert call("run", "studies/a.yaml", "-q", "--out", "here").status == 0
    assert (tmp_path / "here" / "summary.json").is_file()


def test_progress_is_for_people_only(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    short = ("--set", "report=[]", "--set", "models=[market]")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    drawn = call("run", ALIBABA, *short).err
    assert "market" in drawn
    assert "1/1" in drawn
    # Nothing of it is left on the screen.
    assert drawn.endswith("\x1b[1A\x1b[2K")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    assert call("run", ALIBABA, "--quiet", *short).err == ""


def test_reports_are_written_again_from_saved_results(
    call: Call, small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = "report=[html,markdown]"
    assert call("run", small, "--out", "run", "--set", both, "-q") == (0, "", "")
    done = call("report", "run", "--format", "html", "--format", "markdown", "--out", "again")
    assert done.out == f"Report:  {Path('again', 'report.html')}\nReport:  {Path('again', 'report.md')}\n"
    for name in ("report.html", "report.md"):
        assert (tmp_path / "again" / name).read_bytes() == (tmp_path / "run" / name).read_bytes()
    (tmp_path / "run" / "report.html").unlink()
    # What stands on the page has been seen; now it is only whether and where it is written.
    monkeypatch.setattr("eventstudy.reports.style.to_svg", lambda _: "<svg></svg>\n")
    assert call("report", "run", "-q").out == ""
    assert (tmp_path / "run" / "report.html").is_file()


def test_results_that_are_not_there_are_an_error(call: Call) -> None:
    done = call("report", "nowhere")
    assert done.status == 2
    assert done.err == (
        "Error: nowhere: there is no such folder; the folder that a study was saved in was expected, such as "
        "results/NAME.\n"
    )
    assert (
        call("report", "nowhere", "--format", "htm").err.strip()
        == "Error: There is no report named 'htm'. Did you mean 'html'?"
    )


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """Return a study whose page is soon drawn: one event, no reaction."""
    return write_files(tmp_path, models="[market]", reaction="false", windows="{estimation: [-210, -11]}")


@dataclass(frozen=True)
class BrokenReport:
    """A report that fails."""

    name: str = "broken"

    def write(self, results: object, folder: Path) -> Path:  # noqa: ARG002
        raise ZeroDivisionError("a fault inside")


def test_a_page_made_by_a_second_process_is_the_same_file(
    call: Call, small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert call("run", small, "--out", "here", "--set", "report=[html]", "-q") == (0, "", "")
    monkeypatch.setattr("eventstudy.reports.beside.MANY_EVENTS", 1)
    monkeypatch.setattr("eventstudy.reports.beside._processors", lambda: 2)
    monkeypatch.setattr("eventstudy.reports.html.HtmlReport.write", None)
    assert call("run", small, "--out", "beside", "--set", "report=[html]", "-q") == (0, "", "")
    assert (tmp_path / "beside" / "report.html").read_bytes() == (tmp_path / "here" / "report.html").read_bytes()


def test_a_report_that_fails_keeps_none_of_the_others(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(REPORTS._members, "broken", BrokenReport())
    done = call("run", ALIBABA, "--out", "out", "--set", "report=[broken, json]")
    assert done.status == 1
    assert done.err == "Error: the report 'broken' could not be written (ZeroDivisionError: a fault inside).\n"
    assert (tmp_path / "out" / "report.json").is_file()
    assert (tmp_path / "out" / "tests.csv").is_file()


def test_a_report_of_saved_results_that_fails_is_a_failed_part(
    call: Call, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("eventstudy.reports.excel.find_spec", lambda _: None)
    done = call("report", folder, "--format", "excel", "--format", "markdown", "--out", "again")
    assert done.status == 1
    assert done.out == f"Report:  {Path('again', 'report.md')}\n"
    assert done.err == (
        "Error: the report 'excel' could not be written (OutputError: An Excel report needs xlsxwriter; install it "
        "with: pip install 'eventstudy-backtester[excel]'.).\n"
    )
    assert (tmp_path / "again" / "report.md").is_file()


def write_files(folder: Path, prices: str | None = None, events: str = EVENTS, **keys: str) -> Path:
    """Write a study on CSV files: the sample's prices, one event."""
    if prices is None:
        table = load_alibaba().prices.to_frame()[["date", "symbol", "close"]]
        prices = table.to_csv(index=False)
    (folder / "prices.csv").write_text(prices, encoding="utf-8")
    (folder / "events.csv").write_text(events, encoding="utf-8")
    config = {
        "events": "{source: csv, path: events.csv}",
        "prices": "{source: csv, path: prices.csv}",
        "benchmark": "SPY",
        "report": "[]",
    } | keys
    path = folder / "study.yaml"
    path.write_text("\n".join(f"{key}: {value}" for key, value in config.items()), encoding="utf-8")
    return path


def test_a_model_that_could_be_estimated_for_no_event_is_a_failed_part(call: Call, tmp_path: Path) -> None:
    table = load_alibaba().prices.to_frame()[["date", "symbol", "close"]]
    table.loc[table["symbol"] == "SPY", "close"] = 100.0
    config = write_files(
        tmp_path, table.to_csv(index=False), models="[market, mean_adjusted]", windows="{estimation: [-210, -11]}"
    )
    done = call("run", config, "--out", "out")
    assert done.status == 1
    assert done.err == "Error: the model 'market' could be estimated for no event; estimates.csv says why.\n"
    estimates = pd.read_csv(tmp_path / "out" / "estimates.csv", index_col="model")
    assert estimates["reason"].to_dict() == {"market": Reason.DEGENERATE_ESTIMATION, "mean_adjusted": np.nan}


def test_one_dead_ticker_is_a_dropped_row(call: Call, tmp_path: Path) -> None:
    config = write_files(tmp_path, events=EVENTS + "dead,DEAD,2025-02-20T05:36-05:00\n", windows="{event: [0, 1]}")
    assert call("run", config, "-q", "--out", "out") == (0, "", "")
    events = pd.read_csv(tmp_path / "out" / "events.csv", index_col="event_id")
    assert events["reason"].to_dict() == {"q4": np.nan, "dead": "unknown_symbol"}


LINES = "date,symbol,close\n2025-02-18,SPY,600\n2025-02-19,BABA,125.79\n2025-02-20,BABA,135.97\n"

BROKEN_FILES = {
    "duplicate date": ({"prices": LINES + "2025-02-20,BABA,136.0\n"}, ("prices.csv, line 5", "2025-02-20", "BABA")),
    "zero price": ({"prices": LINES + "2025-02-21,BABA,0\n"}, ("prices.csv, line 5", "close", "0")),
    "negative price": ({"prices": LINES + "2025-02-21,BABA,-5\n"}, ("prices.csv, line 5", "close", "-5", "midpoint")),
    "missing column": ({"prices": "date,symbol,price\n2025-02-18,SPY,600\n"}, ("prices.csv", "close")),
    "naive timestamp": (
        {"events": "symbol,announced_at\nBABA,2025-02-20T05:36\n"},
        ("events.csv, line 2", "2025-02-20T05:36", "zone"),
    ),
    "no symbol": ({"events": "ticker,date\nBABA,2025-02-20\n"}, ("events.csv", "symbol")),
    "no CSV": ({"prices": "PK\x03\x04"}, ("prices.csv", "ZIP")),
}


@pytest.mark.parametrize(("files", "words"), BROKEN_FILES.values(), ids=BROKEN_FILES)
def test_a_broken_file_is_named_with_the_place(
    call: Call, tmp_path: Path, files: dict[str, str], words: tuple[str, ...]
) -> None:
    refused(call("run", write_files(tmp_path, **files)), *words)


def test_a_negative_price_is_a_midpoint_where_the_file_says_so(call: Call, tmp_path: Path) -> None:
    table = load_alibaba().prices.to_frame()[["date", "symbol", "close"]]
    table.loc[5, "close"] *= -1
    files = {"prices": table.to_csv(index=False), "windows": "{event: [0, 1]}"}
    config = write_files(tmp_path, **files)
    refused(call("run", config), "prices.csv, line 7", "midpoints")
    assert call("run", config, "-q", "--set", "prices.midpoints=true") == (0, "", "")


def refused(done: Done, *words: str) -> None:
    """Hold that a command ended with one paragraph and status 2."""
    assert done.status == 2
    assert done.err.startswith("Error: ")
    assert done.err.count("\n") == 1
    for word in words:
        assert word in done.err, done.err


@pytest.mark.parametrize("verb", ["backtest", "audit"])
def test_draws_are_not_below_zero(call: Call, verb: str) -> None:
    done = call(verb, ROOT / "configs" / "backtest_alibaba.yaml", "--draws", "-1")
    assert done.status == 2
    assert "Invalid value for '--draws': Input should be greater than or equal to 0" in done.err


BAD_CALLS = {
    "missing config": (["run", "alibba.yaml"], ["alibba.yaml: there is no such file. Did you mean 'alibaba.yaml'?"]),
    "unknown key": (["run", ALIBABA, "--set", "windos.min_obs=60"], ["unknown key 'windos'. Did you mean 'windows'?"]),
    "overlapping windows": (
        ["run", ALIBABA, "--set", "windows.estimation=[-210, -5]"],
        ["the estimation window [-210,-5] overlaps the event window [-10,+10]; end it at -11 or earlier."],
    ),
    "unknown benchmark": (["run", ALIBABA, "--set", "benchmark=SPYY"], ["'SPYY'. Did you mean 'SPY'?"]),
    "unknown symbol": (["run", ALIBABA, "--set", "events.symbols=[BABBA]"], ["'BABBA'. Did you mean 'BABA'?"]),
    "unknown focus": (["run", ALIBABA, "--set", "focus=BABA-2024"], ["'BABA-2024'. Did you mean 'BABA-2024Q"]),
    "ticker ON": (["run", ALIBABA, "--set", "events.symbols=[ON]"], ["named 'ON'. Known: BABA."]),
    "ticker true": (["run", ALIBABA, "--set", "events.symbols=[true]"], ['needs quotes, as in "ON"']),
    "no event left": (
        ["run", ALIBABA, "--set", "windows.estimation=[-600, -400]"],
        ["of 6 given, 6 fell out: BABA-2024Q1 too"],
    ),
    "no event left to check": (["check", ALIBABA, "--set", "windows.estimation=[-600, -400]"], ["no event is left"]),
    "not YAML": (["run", "broken.yaml"], ["broken.yaml, line 1, column 9: this is not YAML"]),
    "not a config": (["check", "prices.csv"], ["prices.csv: this is text or a number, not a configuration"]),
    "not TOML": (["run", "broken.toml"], ["broken.toml: this is not TOML"]),
    "binary": (["run", "binary.yaml"], ["binary.yaml: byte 1 is not UTF-8 text"]),
    "out is a file": (["run", ALIBABA, "--out", "prices.csv"], ["The output directory 'prices.csv' can't be written"]),
    "out below a file": (["run", ALIBABA, "--out", "prices.csv/x"], ["The output directory 'prices.csv/x' can't be"]),
    "out nowhere": (["run", ALIBABA, "-q", "--out", "/proc/nowhere"], ["/proc/nowhere"]),
    "reaction of no symbol": (
        ["reaction", "BABBA", "2025-02-20", "--source", "sample"],
        ["'BABBA'. Did you mean 'BABA'?"],
    ),
    "reaction to no benchmark": (
        ["reaction", "BABA", "2025-02-20", "--benchmark", "SPX"],
        ["'SPX'. Did you mean 'SPY'?"],
    ),
    "reaction of no source": (["reaction", "BABA", "--source", "sampel"], ["'sampel'. Did you mean 'sample'?"]),
    "reaction on no date": (["reaction", "BABA", "2025-13-20"], ["'2025-13-20'; an ISO date such as 2025-02-20"]),
    "unknown list": (["list", "modls"], ["'modls'. Did you mean 'models'?"]),
    "init elsewhere": (["init", "study.toml"], ["'study.toml'; a name that ends in .yaml was expected."]),
    "init again": (["init", "broken.yaml"], ["broken.yaml exists already; give another name, or --force"]),
}


@pytest.mark.parametrize(("arguments", "words"), BAD_CALLS.values(), ids=BAD_CALLS)
def test_bad_input_is_one_paragraph_and_status_2(
    call: Call, tmp_path: Path, arguments: list[str | Path], words: list[str]
) -> None:
    (tmp_path / "alibaba.yaml").write_text("name: x\n")
    (tmp_path / "broken.yaml").write_text("a: [1, 2")
    (tmp_path / "broken.toml").write_text("a = ")
    (tmp_path / "prices.csv").write_text("date,close\n2025-01-02,1\n")
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00")
    refused(call(*arguments), *words)


@pytest.mark.parametrize("arguments", [["rn"], ["run"], ["run", "a.yaml", "--nope"], ["reaction"], ["run", "a", "b"]])
def test_a_call_that_can_not_be_parsed_ends_with_status_2(call: Call, arguments: list[str]) -> None:
    done = call(*arguments)
    assert done.status == 2
    assert done.err.startswith("Usage: eventstudy")
    assert "Traceback" not in done.err


def test_an_error_shows_no_control_characters(call: Call) -> None:
    done = call("reaction", "\x1b[31mX", "--source", "sample")
    assert done.status == 2
    assert "\x1b" not in done.err


def test_a_traceback_is_shown_on_demand_only(call: Call) -> None:
    sentence = "nix.yaml: there is no such file. Make a first one with: eventstudy init\n"
    assert call("run", "nix.yaml") == (2, "", f"Error: {sentence}")
    shown = command("run", "nix.yaml", "--debug")
    assert (shown.returncode, shown.stdout) == (2, "")
    assert "Traceback (most recent call last)" in shown.stderr
    assert "ConfigError: nix.yaml: there is no such file." in shown.stderr


def test_a_traceback_takes_the_place_of_the_sentence(call: Call) -> None:
    done = call("run", "nix.yaml", "--debug")
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith("Traceback (most recent call last):")
    assert done.err.endswith("ConfigError: nix.yaml: there is no such file. Make a first one with: eventstudy init\n")


def test_a_fault_of_the_program_says_so(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("eventstudy._catalogue.catalogue", lambda _: 1 / 0)
    done = call("list", "models")
    assert done.status == 1
    assert done.err == (
        "Error: a fault of this program, not of yours (ZeroDivisionError: division by zero); --debug shows where.\n"
    )


def test_version_and_help(call: Call) -> None:
    assert call("--version") == (0, f"{eventstudy.__version__}\n", "")
    done = call("--help")
    assert done.status == 0
    for verb in ("run", "reaction", "check", "list", "schema", "init"):
        assert f"\n  {verb} " in done.out


def test_reaction_answers_the_founding_question(call: Call, tmp_path: Path) -> None:
    done = call("reaction", "BABA", "2025-02-20", "--html", "page.html")
    assert (done.status, done.err) == (0, "")
    said = " ".join(done.out.split())
    assert "rose 11.0% before the open of 20 February 2025 (press quote), opened 9.56% up and closed 8.09% up" in said
    for figure in ("+11.00%", "+9.56%", "+8.09%", "+14.28%", "+2.58%", "+5.72%", "-10.23%"):
        assert figure in done.out
    assert done.out.endswith("Page: page.html\n")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "<svg" in page
    assert "opened 9.56% up" in page
    latest = call("reaction", "BABA")
    assert latest.status == 0
    assert "29 August 2025" in " ".join(latest.out.split())


def test_check_estimates_nothing_and_warns(call: Call, tmp_path: Path) -> None:
    done = call("check", ALIBABA)
    assert (done.status, done.err) == (0, "")
    assert done.out.startswith("alibaba-earnings: 6 events given, 4 to study; 3 models, 3 tests.")
    assert "Warning: 4 events are too few to show a mean effect" in done.out
    assert "Dropped: too few estimation days      -2  BABA-2024Q1 (27 of 120" in done.out
    assert list(tmp_path.iterdir()) == []


def test_list_names_what_there_is(call: Call) -> None:
    assert "\nreports: csv, excel, html, json, latex, markdown, parquet\n" in call("list").out
    assert "\nmarket             Expected return = alpha + beta R_m,t." in call("list", "models").out
    assert "\nbmp " in "\n" + call("list", "tests").out
    listed = [line.strip() for line in call("list", "tests").out.splitlines()]
    start = next(place for place, line in enumerate(listed) if line.startswith("wild_bootstrap "))
    assert listed[start + 1 : start + 5] == [
        "draws: 9999",
        "weights: rademacher (or webb)",
        "null_imposed: true",
        "cluster: date (or block, none)",
    ]
    assert listed[-1].startswith(
        "every test           alternative: two-sided (or greater, less); convention: default (or"
    )
    assert "    variance: forecast (or updated, savickas)\n" in call("list", "models").out
    assert "prices: csv              Prices or returns from one CSV file" in call("list", "sources").out
    assert {line.split()[0] for line in call("list", "reasons").out.splitlines()} == set(Reason) - {Reason.OK}
    assert call("list", "measures").out.startswith("simple ")
    assert "XHKG  Asia/Hong_Kong\n" in call("list", "calendars").out


def test_schema_is_json(call: Call) -> None:
    assert json.loads(call("schema").out) == json.loads(json.dumps(schema()))


def test_init_writes_a_config_that_runs(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The pictures of further events are of the same kinds.
    monkeypatch.setattr("eventstudy.reports.sections.MOST_PICTURES", 1)
    monkeypatch.setattr("eventstudy.reports.sections.MOST_PATHS", 1)
    assert call("init") == (0, "Written: study.yaml\n", "")
    assert "eventstudy run study.yaml" in (tmp_path / "study.yaml").read_text(encoding="utf-8")
    assert call("check", "study.yaml").status == 0
    assert call("run", "study.yaml", "-q") == (0, "", "")
    assert (tmp_path / "results" / "first-study" / "report.html").is_file()
    (tmp_path / "study.yaml").write_text("mine")
    assert call("init").status == 2
    assert (tmp_path / "study.yaml").read_text(encoding="utf-8") == "mine"
    assert call("init", "--force").status == 0
    assert "name: first-study" in (tmp_path / "study.yaml").read_text(encoding="utf-8")
