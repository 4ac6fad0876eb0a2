"""fetch, cache, doctor and --offline, against the loopback server."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfoNotFoundError

import pytest

from eventstudy._doctor import examine
from eventstudy.cli import main
from eventstudy.datasets import load_alibaba
from eventstudy.sources import Client, ReplyCache, YahooPrices, using
from eventstudy.sources.yahoo import daily_request
from tests.sources.network.loopback import NOT_FOUND, Answer, Clock, Server, as_json, chart, seconds
from tests.sources.network.test_yahoo_prices import of_series

CHART = "/v8/finance/chart/"
STUDY = """
name: replayed
events: {source: sample, kind: earnings, symbols: [BABA]}
prices: {source: yahoo}
benchmark: SPY
models: [market]
tests: [t]
report: [json]
"""
Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Call:
    """Return a function that runs a command and returns its status, output and errors."""

    def run(*arguments: object) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as done:
            main([str(each) for each in arguments])
        out = capsys.readouterr()
        return int(done.value.code or 0), out.out, out.err

    return run


@pytest.fixture
def study(client: Client, server: Server, tmp_path: Path) -> Path:
    """Serve the sample as Yahoo would and return a study of it."""
    prices = load_alibaba().prices
    for symbol in ("BABA", "SPY"):
        server.on(CHART + symbol, as_json(of_series(prices.series(symbol), symbol)))
    path = tmp_path / "study.yaml"
    path.write_text(STUDY)
    return path


def results(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.name != "run.json"}


def test_fetch_fills_the_cache_and_goes_on_where_it_was(study: Path, server: Server, call: Call) -> None:
    assert call("fetch", study) == (0, "2 replies fetched, 0 were there already.\n", "")
    assert call("fetch", study) == (0, "0 replies fetched, 2 were there already.\n", "")
    assert call("fetch", study, "--quiet") == (0, "", "")
    assert len(server.paths("chart")) == 2


def test_offline_a_study_gives_the_same_bytes(study: Path, server: Server, call: Call, tmp_path: Path) -> None:
    assert call("run", study, "--out", tmp_path / "online", "--quiet")[0] == 0
    server.close()
    assert call("run", study, "--out", tmp_path / "offline", "--quiet", "--offline")[0] == 0
    online = results(tmp_path / "online")
    assert {"cars.csv", "events.csv", "summary.json", "tests.csv"} <= set(online)
    assert results(tmp_path / "offline") == online


BARS = "bars: {source: yahoo, interval: 60m, start: 2025-02-19, end: 2025-02-20}"
BACKTEST = "backtest: {entry: next_open, exit_after: 2, side: sign(gap)}"


@pytest.mark.parametrize("more", [f"{BARS}\n", f"reaction: false\n{BARS}\n{BACKTEST}\n"], ids=["run", "backtest"])
def test_what_fetch_leaves_is_all_that_is_read(
    study: Path, server: Server, client: Client, call: Call, tmp_path: Path, more: str
) -> None:
    hours = [seconds(f"2025-02-20 {clock}") for clock in ("09:30", "10:30")]
    for symbol in ("BABA", "SPY"):
        daily = server.script[CHART + symbol][0]
        server.on(CHART + symbol, daily, daily, as_json(chart(hours, [136.0, 137.0], symbol=symbol, interval="60m")))
    study.write_text(STUDY.replace("{source: yahoo}", "{source: yahoo, start: 2015-01-02}") + more)
    assert call("fetch", study) == (0, "6 replies fetched, 0 were there already.\n", "")
    asked = [each.query["interval"] for each in server.asked if CHART in each.path]
    assert sorted(asked) == ["1d"] * 4 + ["60m"] * 2
    assert call("fetch", study) == (0, "0 replies fetched, 6 were there already.\n", "")
    server.close()
    verb = "backtest" if "backtest" in more else "run"
    assert call(verb, study, "--offline", "--quiet", "--out", tmp_path / "out") == (0, "", "")


@pytest.mark.parametrize("verb", ["check", "events", "backtest", "audit", "simulate", "reaction"])
def test_every_verb_that_reads_can_be_offline(
    study: Path, server: Server, call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    monkeypatch.chdir(tmp_path)
    study.write_text(f"{STUDY}{BACKTEST}\n")
    line: list[object] = [verb, study, "--offline"]
    if verb == "reaction":
        line = [verb, "BABA", "2025-02-20", "--source", "yahoo", "--offline"]
    status, _, err = call(*line)
    assert (status, err.startswith("Error: Offline, and the cache")) == (2, True)
    assert server.asked == []


def test_offline_the_verbs_say_what_they_say_online(study: Path, server: Server, call: Call) -> None:
    online = [call(verb, study) for verb in ("check", "events")]
    assert [status for status, *_ in online] == [0, 0]
    server.close()
    assert [call(verb, study, "--offline") for verb in ("check", "events")] == online


def test_the_replayed_study_is_that_of_the_sample(study: Path, call: Call, tmp_path: Path) -> None:
    plain = tmp_path / "plain.yaml"
    plain.write_text(STUDY.replace("source: yahoo", "source: sample"))
    for config, out in ((study, "yahoo"), (plain, "sample")):
        assert call("run", config, "--out", tmp_path / out, "--quiet")[0] == 0
    for name in ("events.csv", "abnormal_returns.csv", "estimates.csv", "cars.csv", "tests.csv"):
        assert (tmp_path / "yahoo" / name).read_bytes() == (tmp_path / "sample" / name).read_bytes(), name


def test_offline_a_miss_is_one_paragraph(study: Path, call: Call) -> None:
    status, out, err = call("run", study, "--offline")
    assert (status, out) == (2, "")
    assert err.startswith("Error: Offline, and the cache")
    assert "chart/SPY" in err
    assert "eventstudy fetch CONFIG" in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (NOT_FOUND, "study.yaml: benchmark) named 'SPY'"),
        (Answer(429), "refuses to answer so many requests"),
        (Answer(500), "fails on its side"),
    ],
)
def test_what_goes_wrong_is_status_2_and_keeps_nothing_bad(
    study: Path, server: Server, call: Call, answer: Answer, words: str
) -> None:
    server.on(f"{CHART}SPY", answer)
    status, out, err = call("fetch", study)
    assert (status, out) == (2, "")
    assert words in err
    assert err.count("\n") == 1


def test_a_bar_on_standard_error_for_a_person(study: Path, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    _, _, err = call("fetch", study)
    assert "prices from Yahoo" in err
    assert "2/2" in err


@pytest.mark.parametrize("end", ["2025-13-31", "soon", "7"])
def test_a_date_of_a_config_is_a_date(study: Path, call: Call, end: str) -> None:
    study.write_text(STUDY.replace("source: yahoo", f"source: yahoo, end: {end}"))
    status, _, err = call("fetch", study)
    assert status == 2
    assert "prices.end is" in err
    assert "a date such as 2025-02-20 was expected" in err


FETCH = """
import sys, datetime
from pathlib import Path
from dataclasses import replace
from eventstudy.cli import main
from eventstudy.sources import ReplyCache, using
from tests.sources.network.loopback import Clock, client_of
import yfinance
base, folder, config = sys.argv[1:]
yfinance.set_tz_cache_location(folder + "-yfinance")
clock = Clock(datetime.datetime(2025, 9, 22, 12, tzinfo=datetime.UTC))
with using(replace(client_of(base, ReplyCache(Path(folder)), clock), timeout=60.0)):
    main(["fetch", config])
"""


def test_killed_in_the_middle_nothing_is_corrupt_and_the_next_run_goes_on(
    server: Server, clock: Clock, client: Client, tmp_path: Path
) -> None:
    symbols = [f"SYM{number}" for number in range(6)]
    reply = as_json(chart([seconds("2025-02-20 09:30"), seconds("2025-02-21 09:30")], [10.0, 11.0]))
    for symbol in [*symbols, "SPY"]:
        server.on(CHART + symbol, reply)
    server.on(f"{CHART}SYM3", replace(reply, hold=60.0))
    rows = "".join(f"{symbol},2025-02-20,BMO\n" for symbol in symbols)
    (tmp_path / "events.csv").write_text(f"symbol,date,timing\n{rows}")
    config = tmp_path / "study.yaml"
    config.write_text("events: {source: csv, path: events.csv}\nprices: {source: yahoo}\nbenchmark: SPY\n")
    folder = tmp_path / "killed"
    root = Path(__file__).parents[3]
    process = subprocess.Popen([sys.executable, "-c", FETCH, server.base, str(folder), str(config)], cwd=root)
    deadline = time.monotonic() + 60
    while not server.paths("SYM3"):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    assert process.wait(10) == -signal.SIGKILL

    cache = ReplyCache(folder)
    start = YahooPrices().start
    kept = [symbol for symbol in ["SPY", *symbols] if cache.get(daily_request(symbol, start)) is not None]
    assert kept == ["SPY", "SYM0", "SYM1", "SYM2"]
    assert cache.verify() == (4, ())
    server.on(f"{CHART}SYM3", reply)
    before = len(server.paths("chart"))
    with using(replace(client, cache=cache)), pytest.raises(SystemExit) as done:
        main(["fetch", str(config)])
    assert not done.value.code
    assert server.paths("chart")[before:] == [f"{CHART}SYM3", f"{CHART}SYM4", f"{CHART}SYM5"]


def test_cache_verbs(study: Path, client: Client, call: Call) -> None:
    assert call("cache", "info")[1] == f"{client.cache.folder}: 0 replies, 0.0 MB\n"
    call("fetch", study)
    lines = call("cache", "info")[1].splitlines()
    assert lines[1] == "      2  query2.finance.yahoo.com"
    assert lines[2] == "fetched from 2025-09-22T12:00:00+00:00 to 2025-09-22T12:00:00+00:00"
    assert call("cache", "verify") == (0, "2 replies are whole, 0 were broken and are taken out.\n", "")
    next(client.cache.folder.glob("??/*")).write_bytes(b"broken")
    status, out, err = call("cache", "verify")
    assert (status, out) == (1, "1 replies are whole, 1 were broken and are taken out.\n")
    assert "it can't be read" in err
    assert call("cache", "clear", "--host", "www.sec.gov")[1] == "0 replies deleted.\n"
    assert call("cache", "clear")[1] == "1 replies deleted.\n"


def test_doctor(client: Client, server: Server, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    status, out, _ = call("doctor")
    assert status == 0
    assert "ok     yahoo                    answers (HTTP 200)" in out
    assert "ok     clock                    0 seconds off Yahoo's" in out
    assert "time zones" in out

    monkeypatch.setattr("eventstudy._doctor._version", lambda name: None if name in ("pyarrow", "numpy") else "1.0")
    server.on("/", Answer(429, headers={"Date": "Mon, 22 Sep 2025 12:00:00 GMT"}))
    found = {each.topic: each for each in examine()}
    assert (found["yahoo"].well, found["yahoo"].words) == (False, "answers (HTTP 429); it refuses this machine for now")
    assert found["clock"].well is False
    assert found["numpy"].well is False
    assert found["extra parquet"].words == "without pyarrow; pip install 'eventstudy-backtester[parquet]'"
    assert found["extra sql"].words == "duckdb 1.0, sqlalchemy 1.0, psycopg 1.0"
    assert found["cache"].words == f"0 replies, 0.0 MB, in {client.cache.folder}"
    server.close()
    found = {each.topic: each for each in examine()}
    assert found["yahoo"].well is False
    assert "can't be reached" in found["yahoo"].words
    assert "clock" not in found


def test_doctor_says_what_is_broken_and_goes_on(
    client: Client, server: Server, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    (client.cache.folder / "index.sqlite").mkdir(parents=True)
    server.on("/", Answer(headers={"Date": "yesterday"}))
    monkeypatch.setattr("eventstudy._doctor.PACKAGE", "no-such-package")
    monkeypatch.setattr("zoneinfo.ZoneInfo", _no_zone)
    found = {each.topic: each for each in examine()}
    assert (found["no-such-package"].well, found["no-such-package"].words) == (None, "not installed, only imported")
    assert (found["time zones"].well, found["time zones"].words) == (
        False,
        "there are none on this system; pip install tzdata",
    )
    words = f"The cache {str(client.cache.folder)!r} can't be written (unable to open database file)."
    assert (found["cache"].well, found["cache"].words) == (False, words)
    assert found["yahoo"].well is True
    # Without a date that can be read nothing is said of the clock.
    assert "clock" not in found
    status, out, _ = call("doctor")
    assert status == 0
    assert f"WRONG  cache                    {words}" in out


def _no_zone(name: str) -> None:
    raise ZoneInfoNotFoundError(name)
