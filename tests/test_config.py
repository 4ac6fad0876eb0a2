"""Configuration files: what is read, what is refused, and in which words."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventstudy.config import Configured, check, load, load_inputs, run, schema
from eventstudy.config.text import parse_value, read_toml, read_yaml
from eventstudy.config.trading import trade
from eventstudy.datasets import load_alibaba
from eventstudy.errors import ConfigError, DataError, InputError, UnknownNameError, nearest
from eventstudy.events import DuplicateQuarters, Surprise
from eventstudy.execution import Engine
from eventstudy.inference import TESTS, CrossSectionalT, SingleEventT
from eventstudy.inference.words import words_of
from eventstudy.returns import MODELS, MarketAdjustedModel, MarketModel, MeanAdjustedModel, Windows
from eventstudy.sources import PRICE_SOURCES, CsvEvents, CsvPrices, SampleEvents, SamplePrices

ROOT = Path(__file__).parents[1]
ALIBABA = ROOT / "configs" / "alibaba.yaml"
BASE = "events: {source: sample, kind: earnings, symbols: [BABA]}\nprices: {source: sample}\nbenchmark: SPY\n"
TOP_KEYS = (
    "adjustment, alignment, autocorrelation, backtest, balanced, bars, benchmark, convention, delistings, diagnostics, "
    "events, factors, focus, forecast_error, group_by, hold, log_factors, missing, models, name, news, out, prices, "
    "reaction, report, returns, run, screens, seed, surprise, tests, weights, windows"
)

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def _write(text: str, name: str = "study.yaml") -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return _write


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *((word, word) for word in ("ON", "OFF", "NO", "Y", "N", "YES", "TRUE", "True", "FALSE", "NULL", "Null", "~")),
        *((word, word) for word in ("010", "0700.HK", "16:30", "0x1F", "0o17", "1_000", ".inf", ".nan", "2025-02-20")),
        *(
            (word, word)
            for word in ("BRK.B", "^HSI", "on", "yes", "=", "<<", "--", "1e", "1.2.3", "12345678901234567890")
        ),
        ("true", True),
        ("false", False),
        ("null", None),
        ("", None),
        ("7203", 7203),
        ("-210", -210),
        ("+4", 4),
        ("0.5", 0.5),
        (".5", 0.5),
        ("5.", 5.0),
        ("1e-3", 0.001),
        ("1E5", 100000.0),
        ("-1.5e+3", -1500.0),
        ('"true"', "true"),
        ("'7203'", "7203"),
        ("[0, 1]", [0, 1]),
        ("{NO: ON, 700: 1}", {"NO": "ON", "700": 1}),
    ],
)
def test_yaml_reads_decimal_numbers_and_lower_case_words_and_leaves_all_else_text(text: str, value: object) -> None:
    read = parse_value(text, "key")
    assert read == value
    assert type(read) is type(value)


@given(st.from_regex(r"[A-Z0-9]{0,4}[A-Z]{1,5}(?:[.\-][A-Z]{1,3})?", fullmatch=True).filter(lambda t: not is_number(t)))
def test_no_ticker_is_anything_but_text(ticker: str) -> None:
    assert read_yaml(f"symbols: [{ticker}]", "study.yaml") == {"symbols": [ticker]}


def is_number(text: str) -> bool:
    return text.replace("E", "", 1).replace("-", "", 1).isdecimal()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: 1\nb: 2\na: 3", "study.yaml, line 3, column 1: the key 'a' stands twice."),
        ("a: &x 1", "study.yaml, line 1, column 4: anchors (&) and aliases (*) are not read; write the value out."),
        ("a: !!bool ON", "study.yaml, line 1, column 4: the tag !!bool is not read; plain values need none."),
        ("a: !!python/object/apply:os.system [ls]", "the tag !!python/object/apply:os.system is not read"),
        ("a: !mine 1", "the tag !mine is not read"),
        ("a: [1, 2", "study.yaml, line 1, column 9: this is not YAML: expected ',' or ']'"),
        ("a: 1\n\tb: 2", "study.yaml, line 2, column 1: this is not YAML: found character '\\t'"),
        ("a: 1\n---\nb: 2", "study.yaml, line 2, column 1: this is not YAML: but found another document."),
        ("a: \x07", "study.yaml: this is not YAML: unacceptable character #x0007"),
        ("[a]: 1", "study.yaml, line 1, column 1: a key must be a word."),
        ("[" * 5000, "study.yaml: the values are nested too deeply."),
        ("date,close\n2025-01-02,1", "study.yaml: this is text or a number, not a configuration;"),
        ("- a", "study.yaml: this is a list, not a configuration;"),
        ("# nothing", "study.yaml: the file is empty;"),
    ],
)
def test_what_is_not_plain_yaml_is_refused_with_its_line(text: str, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_yaml(text, "study.yaml")
    assert str(caught.value).startswith(words) or f": {words}" in str(caught.value)


@pytest.mark.parametrize("text", ["a = ", "a = 1\na = 2", "a: 1"])
def test_what_is_not_toml_is_refused_with_its_line(text: str) -> None:
    with pytest.raises(ConfigError, match=r"^study\.toml: this is not TOML: .* \(at (line 1|end of document)"):
        read_toml(text, "study.toml")


def test_toml_that_is_nested_too_deeply_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"^study\.toml: the values are nested too deeply\.$"):
        read_toml("a = " + "[" * 5000, "study.toml")


def test_a_file_that_can_not_be_read(write: Write, tmp_path: Path) -> None:
    with pytest.raises(
        ConfigError, match=r"nix\.yaml: there is no such file\. Make a first one with: eventstudy init$"
    ):
        load(tmp_path / "nix.yaml")
    write(BASE, "alibaba.yaml")
    with pytest.raises(ConfigError, match=r"there is no such file\. Did you mean 'alibaba\.yaml'\?$"):
        load(tmp_path / "alibba.yaml")
    (tmp_path / "latin.yaml").write_bytes("name: Zürich".encode("latin-1"))
    with pytest.raises(ConfigError, match=r"latin\.yaml: byte 8 is not UTF-8 text"):
        load(tmp_path / "latin.yaml")
    with pytest.raises(ConfigError, match=r"the file can't be read \(Is a directory\)"):
        load(tmp_path)


def test_the_shipped_config_is_the_study_of_the_design() -> None:
    configured = load(ALIBABA)
    study = configured.study
    assert (configured.name, configured.reports, configured.out) == ("alibaba-earnings", ("html", "json"), None)
    assert configured.events == SampleEvents(kind="earnings", symbols=("BABA",))
    assert configured.prices == SamplePrices()
    named = {"day0": (0, 0), "reaction": (0, 1), "drift": (2, 10)}
    assert study.windows == Windows(estimation=(-210, -11), event=(-10, 10), named=named, min_obs=120)
    assert study.labelled == {
        "market": MarketModel("SPY"),
        "market:KWEB": MarketModel("KWEB"),
        "market_adjusted": MarketAdjustedModel("SPY"),
    }
    assert [test.kind for test in study.hypothesis_tests] == ["t", "cross_sectional", "bmp"]
    assert study.surprise == Surprise(actual="net_income_actual", estimate="net_income_estimate")
    assert (study.focus, study.benchmark, study.seed, study.reaction) == ("BABA-2024Q4", "SPY", 7, True)
    assert study.engine == Engine()


def test_toml_describes_the_same_study(write: Write) -> None:
    toml = """
        name = "alibaba-earnings"
        benchmark = "SPY"
        models = ["market", {kind = "market", benchmark = "KWEB"}, "market_adjusted"]
        tests = ["t", "cross_sectional", "bmp"]
        focus = "BABA-2024Q4"
        report = ["html", "json"]
        seed = 7
        surprise = {actual = "net_income_actual", estimate = "net_income_estimate"}
        reaction = {premarket = true}
        run = {engine = "serial", path = "auto"}
        [events]
        source = "sample"
        kind = "earnings"
        symbols = ["BABA"]
        [prices]
        source = "sample"
        [windows]
        estimation = [-210, -11]
        event = [-10, 10]
        named = {day0 = [0, 0], reaction = [0, 1], drift = [2, 10]}
        min_obs = 120
    """
    from_toml, from_yaml = load(write(toml, "alibaba.toml")), load(ALIBABA)
    assert from_toml.study == from_yaml.study
    assert (from_toml.events, from_toml.prices) == (from_yaml.events, from_yaml.prices)
    assert (from_toml.reports, from_toml.out) == (from_yaml.reports, from_yaml.out)


def test_defaults_are_those_of_a_study(write: Write) -> None:
    configured = load(write(BASE, "my first study.yaml"))
    study = configured.study
    assert (study.name, configured.reports) == ("my-first-study", ("html",))
    assert study.windows == Windows()
    assert list(study.labelled) == ["market"]
    assert [test.kind for test in study.hypothesis_tests] == ["t", "cross_sectional", "bmp"]
    assert (study.returns, study.forecast_error, study.reaction, study.focus) == ("simple", "full", True, None)


def test_every_option_arrives_where_it_belongs(write: Write) -> None:
    options = """
        models: [{kind: market, benchmark: KWEB, name: China}, mean_adjusted]
        tests: [{kind: t, alternative: greater}, cross_sectional]
        windows: {estimation: [-100, -21], event: [-5, 5], min_obs: 30, min_coverage: 0.5, allow_overlap: true}
        returns: log
        forecast_error: diagonal
        group_by: surprise_sign
        surprise: {actual: eps_actual, estimate: eps_estimate, tolerance: 1e-2}
        reaction: false
        report: json
        run: {engine: threads, workers: 2, path: numpy}
        out: ../there
    """
    configured = load(write(BASE + "\n".join(line.strip() for line in options.splitlines())))
    study = configured.study
    assert study.labelled == {"China": MarketModel("KWEB"), "mean_adjusted": MeanAdjustedModel()}
    assert study.hypothesis_tests == (SingleEventT(alternative="greater"), CrossSectionalT())
    windows = Windows(estimation=(-100, -21), event=(-5, 5), min_obs=30, min_coverage=0.5, allow_overlap=True)
    assert study.windows == windows
    assert (study.returns, study.forecast_error, study.group_by) == ("log", "diagonal", ("surprise_sign",))
    assert study.surprise == Surprise(actual="eps_actual", estimate="eps_estimate", tolerance=0.01)
    assert (study.reaction, configured.reports) == (False, ("json",))
    assert study.engine == Engine(name="threads", workers=2, path="numpy")
    assert configured.out == configured.path.parent / "../there"


def test_paths_are_relative_to_the_file(write: Write, tmp_path: Path) -> None:
    configured = load(
        write(
            "events: {source: csv, path: in/e.csv}\n"
            "prices: {source: csv, path: /data/p.csv, kind: returns}\n"
            "benchmark: A"
        )
    )
    assert configured.events == CsvEvents(path=tmp_path / "in" / "e.csv")
    assert configured.prices == CsvPrices(path=Path("/data/p.csv"), kind="returns")


UNKNOWN = {
    "windos: {}": f"unknown key 'windos'. Did you mean 'windows'? Known here: {TOP_KEYS}.",
    "screans: []": f"unknown key 'screans'. Did you mean 'screens'? Known here: {TOP_KEYS}.",
    "screens: {}": "screens is {}; a list in brackets was expected.",
    "bars: {}": "'bars.source' is missing. Known: csv, frame, parquet, sql, yahoo.",
    "reaction: {scale: made}": "reaction.scale is 'made'. Did you mean 'mad'?",
    "windows: {estmation: [1, 2]}": (
        "unknown key 'windows.estmation'. Did you mean 'estimation'? "
        "Known here: allow_overlap, columns, estimation, estimation_after, event, min_coverage, min_obs, named."
    ),
    "models: [market, {kind: market, benchmrk: KWEB}]": (
        "unknown key 'models[1].benchmrk'. Did you mean 'benchmark'? Known here: also, benchmark, kind, name."
    ),
    "tests: [{kind: bmp, draws: 9}]": (
        "unknown key 'tests[0].draws'. Known: alternative, convention, divisor, forecast_error, kind, reference, scar."
    ),
    "run: {engin: serial}": ("unknown key 'run.engin'. Did you mean 'engine'? Known here: engine, path, workers."),
    "models: [markt]": "models[0] is 'markt'. Did you mean 'market'?",
    "models: [{kind: 3}]": (
        "models[0].kind is 3; text was expected. Without quotes it is a number; a ticker or a name needs quotes, "
        'as in "ON" or "7203".'
    ),
    "models: [{kind: [market]}]": 'models[0].kind is ["market"]; text was expected.',
    "models: [{kind: markt}]": "models[0].kind: there is no model 'markt'. Did you mean 'market'?",
    "tests: [bmpp]": "tests[0] is 'bmpp'. Did you mean 'bmp'?",
    "report: [htm]": "report[0] is 'htm'. Did you mean 'html'?",
    "report: pdf": "report is 'pdf'. Known: csv, excel, html, json, latex, markdown, parquet.",
    "run: {engine: dask}": "run.engine is 'dask'. Known: processes, serial, threads.",
    "run: {path: numba}": "run.path is 'numba'. Did you mean 'numpy'?",
    "returns: lg": "returns is 'lg'. Did you mean 'log'?",
    "tests: [{kind: t, alternative: less-than}]": "tests[0].alternative is 'less-than'. Did you mean 'less'?",
    "tests: [{kind: cluster_t, cluster: blok}]": "tests[0].cluster is 'blok'. Did you mean 'block'?",
    "models: [{kind: garch, variance: savicka}]": "models[0].variance is 'savicka'. Did you mean 'savickas'?",
}

MISTYPED = {
    "windows: {min_obs: 60.5}": "windows.min_obs is 60.5; a whole number was expected.",
    "windows: {min_obs: true}": "windows.min_obs is true; a whole number was expected.",
    'windows: {min_obs: "60"}': "windows.min_obs is '60'; a whole number was expected.",
    "windows: {estimation: -210}": "windows.estimation is -210; a list in brackets was expected.",
    "windows: {estimation: [-210]}": "windows.estimation is [-210]; a list of at least 2 items was expected.",
    "windows: {estimation: [1, 2, 3]}": "windows.estimation is [1, 2, 3]; a list of 2 items was expected.",
    "windows: {named: {day0: [0, x]}}": "windows.named.day0[1] is 'x'; a whole number was expected.",
    "windows: 5": "windows is 5; a mapping of keys was expected.",
    "models: market": "models is 'market'; a list in brackets was expected.",
    "models: [7]": "models[0] is 7; capm or {kind: capm} was expected.",
    "models: [{benchmark: SPY}]": f"'models[0].kind' is missing. {nearest('', MODELS.names())}",
    "surprise: {actual: eps}": "surprise: the method percent needs estimate, the name of the expected value.",
    "focus: 2024": (
        "focus is 2024; text was expected. Without quotes it is a number; a ticker or a name needs quotes, "
        'as in "ON" or "7203".'
    ),
    "reaction: maybe": "reaction is 'maybe'; true or false or a mapping of keys was expected.",
    "reaction: {premarket: 1}": "reaction.premarket is 1; true or false was expected.",
    "seed: 7.5\nname: [x]\nrun: {workers: two}": ('name is ["x"]; text was expected. (2 more faults after this one.)'),
    "seed: x\nfocs: y": (
        f"unknown key 'focs'. Did you mean 'focus'? Known here: {TOP_KEYS}. (1 more fault after this one.)"
    ),
}

CONTRADICTORY = {
    "windows: {estimation: [-210, -5], event: [-10, 10]}": (
        "windows: the estimation window [-210,-5] overlaps the event window [-10,+10]; end it at -11 or earlier."
    ),
    "windows: {event: [-5, 5], named: {drift: [2, 10]}}": (
        "windows: 'drift' [+2,+10] reaches outside the event window [-5,+5]; widen the event window."
    ),
    "windows: {min_obs: 500}": "windows: min_obs is 500; the estimation window [-250,-11] has 240 sessions.",
    "windows: {estimation: [-99999999999, -11]}": (
        "windows: estimation is [-99999999999, -11]; days within 100,000 of day 0 were expected."
    ),
    "hold: {delisting: sold}": (
        "hold: There is no delisting of buy-and-hold returns named 'sold'. Known: benchmark, cash, truncate."
    ),
    "returns: {start: noon}": (
        "returns: There is no price of a leg named 'noon'. Known: after_hours, close, first_30, open, premarket, "
        "previous_close."
    ),
    "backtest: {costs: {minimum: -1}}": "backtest.costs: minimum is -1.0; a number of at least 0 was expected.",
    "backtest: {limits: {adv: -1}}": "backtest.limits: adv is -1.0; a number of at least 0 was expected.",
    "models: []": "A study needs at least one model.",
    "models: [market, market]": "Two models would be called 'market'; give one of them a name of its own.",
    "models: [market, {kind: mean_adjusted, name: market}]": (
        "models: two would be called 'market'; give one of them a name of its own."
    ),
    "run: {workers: 0}": "run: workers is 0; it must be at least 1.",
    "seed: -1": "seed is -1; a whole number of at least 0 was expected.",
    "tests: [t, bmp, {kind: bmp}]": "tests[2] is the same as tests[1]; take one of them out.",
    "surprise: {actual: a, estimate: b, tolerance: -1}": "surprise: tolerance is -1.0; it can't be negative.",
}


@pytest.mark.parametrize(("text", "words"), (UNKNOWN | MISTYPED | CONTRADICTORY).items())
def test_a_fault_is_one_sentence_with_file_and_key(write: Write, text: str, words: str) -> None:
    path = write(BASE + text)
    with pytest.raises(ConfigError) as caught:
        load(path)
    assert str(caught.value) == f"{path}: {words}"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("prices: {source: sample}", "'events' is missing. Where the announcements come from."),
        ("event: {source: sample}\nprices: {source: sample}", "unknown key 'event'. Did you mean 'events'?"),
        ("events: {source: sampel}\nprices: {source: sample}", "events.source: there is no event source 'sampel'."),
        ("events: {path: x}\nprices: {source: sample}", "'events.source' is missing. Known: csv, "),
        (
            "events: sample\nprices: {source: sample}",
            "events is 'sample'; a mapping such as {source: sample} was expected.",
        ),
        ("events: {source: sample}\nprices: {source: csv}", "'prices.path' is missing. The file."),
        (
            "events: {source: sample}\nprices: {source: csv, path: x, kind: price}",
            "prices.kind is 'price'. Did you mean",
        ),
        ("events: {source: sample, symbols: BABA}\nprices: {source: sample}", "events.symbols is 'BABA'; a list"),
    ],
)
def test_a_fault_of_a_source(write: Write, text: str, words: str) -> None:
    path = write(text)
    with pytest.raises(ConfigError) as caught:
        load(path)
    assert str(caught.value).startswith(f"{path}: {words}")


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("events.symbols=[true]", "events.symbols[0]"),
        ("benchmark=true", "benchmark"),
        ("models=[{kind: market, benchmark: {XNYS: true}}]", "models[0].benchmark.XNYS"),
    ],
)
def test_a_ticker_read_as_a_truth_value_needs_quotes(write: Write, key: str, name: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(write(BASE), [key])
    assert f": {name} is true; text" in str(caught.value)
    assert 'Without quotes it is a truth value; a ticker or a name needs quotes, as in "ON" or "7203".' in str(
        caught.value
    )


def test_a_toml_ticker_read_as_a_truth_value_needs_quotes(write: Write) -> None:
    path = write('[events]\nsource = "sample"\nsymbols = [true]\n[prices]\nsource = "sample"\n', "study.toml")
    with pytest.raises(ConfigError, match=r"events\.symbols\[0\] is true; text was expected\. Without quotes"):
        load(path)


@pytest.mark.parametrize("name", ["../up", "a/b", "", ".hidden", "a:b", "tail.", "x" * 101, "a\nb", "-flag"])
def test_a_name_must_be_good_for_a_folder(write: Write, name: str) -> None:
    with pytest.raises(ConfigError, match="it becomes the name of a folder"):
        load(write(BASE + f"name: {json.dumps(name)}"))


@pytest.mark.parametrize("name", ["alibaba-earnings", "Zürich 2025", "v1.2_final", "x" * 100, "阿里巴巴"])
def test_a_name_in_any_script_is_good(write: Write, name: str) -> None:
    assert load(write(BASE + f"name: {json.dumps(name)}")).name == name


def test_overrides_take_the_place_of_keys() -> None:
    overrides = [
        "windows.min_obs=60",
        "models=[market, {kind: market, benchmark: BABA}]",
        "models.1.benchmark=KWEB",
        "run.engine=threads",
        "focus=",
        "surprise.tolerance=1e-3",
    ]
    study = load(ALIBABA, overrides).study
    assert study.windows.min_obs == 60
    assert study.windows.estimation == (-210, -11)
    assert study.labelled == {"market": MarketModel("SPY"), "market:KWEB": MarketModel("KWEB")}
    assert (study.engine.name, study.focus) == ("threads", None)
    assert study.surprise is not None
    assert study.surprise.tolerance == 0.001


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("focus", "--set focus: key=value was expected, such as --set windows.min_obs=60."),
        ("=5", "--set =5: key=value was expected"),
        ("windows..a=5", "--set windows..a=5: key=value was expected"),
        ("models.3.benchmark=X", "--set models.3.benchmark=X: models has no '3' in this file; give all of it"),
        ("benchmark.XNYS=SPY", "--set benchmark.XNYS=SPY: benchmark has no 'XNYS' in this file; give all of it"),
        ("models=[market", "--set models, line 1, column 8: this is not YAML: expected ',' or ']'"),
        ("windows.min_ob=60", "unknown key 'windows.min_ob'. Did you mean 'min_obs'?"),
    ],
)
def test_an_override_that_can_not_be_taken(override: str, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(ALIBABA, [override])
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        (["benchmark=SPYY"], "(configs/alibaba.yaml: benchmark) named 'SPYY'. Did you mean 'SPY'?"),
        (["models.1.benchmark=KWBE"], "benchmark of market:KWBE) named 'KWBE'. Did you mean 'KWEB'?"),
        (["benchmark={XNYS: SPX}"], "(configs/alibaba.yaml: benchmark) named 'SPX'. Did you mean 'SPY'?"),
        (["events.symbols=[BABBA]"], "(configs/alibaba.yaml: events.symbols) named 'BABBA'. Did you mean 'BABA'?"),
        (["events.symbols=[ON]"], "(configs/alibaba.yaml: events.symbols) named 'ON'. Known: BABA."),
        (["focus=BABA-2024Q5"], "(configs/alibaba.yaml: focus) named 'BABA-2024Q5'. Did you mean 'BABA-2024Q4'?"),
        (["benchmark=equal_weighted", "models.1.benchmark=KWBE"], "named 'KWBE'. Did you mean 'KWEB'?"),
    ],
)
def test_a_name_that_the_inputs_do_not_have(monkeypatch: pytest.MonkeyPatch, overrides: list[str], words: str) -> None:
    monkeypatch.chdir(ROOT)
    with pytest.raises(UnknownNameError) as caught:
        load_inputs(load("configs/alibaba.yaml", overrides))
    assert words in str(caught.value)


def test_a_model_without_a_benchmark_is_found_before_anything_is_read() -> None:
    with pytest.raises(
        ConfigError, match="The model 'market' needs a benchmark, and neither it nor the study names one"
    ):
        load(ALIBABA, ["benchmark="])


def test_only_the_prices_needed_are_read(write: Write) -> None:
    _, prices = load_inputs(load(write(BASE)))
    assert prices.symbols == ("BABA", "SPY")
    _, prices = load_inputs(load(write(BASE), ["benchmark=equal_weighted"]))
    assert prices.symbols == ("BABA", "KWEB", "SPY")


@pytest.fixture
def csv_study(write: Write, tmp_path: Path) -> Path:
    """Return a config on CSV files with the sample's prices, and one event of a symbol that has none."""
    table = load_alibaba().prices.to_frame()[["date", "symbol", "open", "high", "low", "close", "dividend"]]
    table.to_csv(tmp_path / "prices.csv", index=False)
    (tmp_path / "events.csv").write_text(
        "event_id,symbol,announced_at\nfirst,BABA,2025-02-20T05:36-05:00\nlost,DEAD,2025-02-20T05:36-05:00\n"
    )
    return write(
        "events: {source: csv, path: events.csv}\n"
        "prices: {source: csv, path: prices.csv, basis: {SPY: adjusted, KWEB: adjusted}}\n"
        "benchmark: SPY\n"
        "windows: {estimation: [-210, -11], event: [-10, 10], named: {day0: [0, 0]}}\n"
    )


def test_files_give_what_the_sample_gives(csv_study: Path) -> None:
    from_files, from_sample = run(csv_study), run(ALIBABA)
    assert from_files.dropped["event_id"].tolist() == ["lost"]
    assert from_files.dropped["reason"].tolist() == ["unknown_symbol"]
    expected = from_sample.cars.query("event_id == 'BABA-2024Q4' and model == 'market' and window == 'day0'")
    figures = ["car", "std_error", "t", "p_value"]
    assert from_files.cars[figures].to_numpy()[0] == pytest.approx(expected[figures].to_numpy()[0], rel=1e-12)


def test_factors_stand_where_a_benchmark_is_named(write: Write, tmp_path: Path) -> None:
    """The sample's own fund of the market and of China, as factors in percent, give the numbers of the symbols."""
    table = load_alibaba().prices.to_frame().pivot(index="date", columns="symbol", values="total_return").dropna()
    factors = pd.DataFrame({"date": table.index.astype(str), "usa": 100 * table["SPY"], "china": 100 * table["KWEB"]})
    factors.to_csv(tmp_path / "factors.csv", index=False)
    path = write(
        BASE.replace("benchmark: SPY", "factors: {source: csv, path: factors.csv, percent: true}")
        + "windows: {estimation: [-210, -11], event: [-10, 10], named: {day0: [0, 0]}}\n"
        + "models: [{kind: market, benchmark: usa}, {kind: market, benchmark: china}]\n"
    )
    configured = load(path)
    # No price is asked for of a factor.
    assert load_inputs(configured)[1].symbols == ("BABA",)
    found = configured.run().cars.query("event_id == 'BABA-2024Q4' and window == 'day0'").set_index("model")
    sample = run(ALIBABA).cars.query("event_id == 'BABA-2024Q4' and window == 'day0'").set_index("model")
    for factor, symbol in (("market:usa", "market"), ("market:china", "market:KWEB")):
        for figure in ("car", "std_error", "t"):
            assert found.loc[factor, figure] == pytest.approx(sample.loc[symbol, figure], rel=1e-9)
    misspelt = load(path, ["models=[{kind: market, benchmark: chna}]"])
    with pytest.raises(UnknownNameError) as caught:
        load_inputs(misspelt)
    assert str(caught.value) == (
        f"There is no symbol in the sample ({path}: models, benchmark of market:chna) named 'chna'. "
        "Did you mean 'china'?"
    )


def test_an_unknown_name_that_no_key_of_symbols_holds_is_told_as_it_is(write: Write) -> None:
    configured = load(write(BASE.replace("earnings", "earnigs")))
    with pytest.raises(
        UnknownNameError, match=r"^There is no kind of event in .* named 'earnigs'\. Did you mean 'earn"
    ):
        load_inputs(configured)


def test_a_symbol_named_by_hand_must_have_prices(csv_study: Path) -> None:
    with pytest.raises(
        UnknownNameError, match=r"study\.yaml: events\.symbols\) named 'DEAD'\. Known: BABA, KWEB, SPY\."
    ):
        run(csv_study, ["events.symbols=[DEAD]"])


def test_a_broken_file_is_named_with_its_line(csv_study: Path) -> None:
    prices = csv_study.parent / "prices.csv"
    prices.write_text("date,symbol,close\n2025-02-19,BABA,125.79\n2025-02-20,BABA,0\n2025-02-20,SPY,600\n")
    with pytest.raises(DataError, match=r"prices\.csv, line 3"):
        run(csv_study)


def test_no_event_left_says_how_many_fell_out_for_what() -> None:
    with pytest.raises(InputError, match=r"6 fell out: BABA-2024Q1 too_few_estimation_days \(0 of 120"):
        run(ALIBABA, ["windows.estimation=[-600, -400]"])


def test_a_check_counts_without_estimating() -> None:
    found = check(load(ALIBABA))
    assert (found.kept, len(found.prepared.events)) == (4, 6)
    assert found.coverage["estimation", "the event's symbol"].tolist() == [156, 200, 200, 200]
    assert found.coverage["event", "KWEB"].tolist() == [21, 21, 21, 21]
    assert found.warnings == ("4 events are too few to show a mean effect, whatever a test of the mean says.",)
    text = found.summary()
    assert "alibaba-earnings: 6 events given, 4 to study; 3 models, 3 tests. Nothing was estimated." in text
    assert "BABA-2024Q1 (27 of 120 estimation returns), BABA-2024Q2 (91 of 120 estimation returns)" in text


def test_a_check_warns_of_what_results_will_not_show(csv_study: Path) -> None:
    prices = csv_study.parent / "prices.csv"
    lines = prices.read_text().splitlines()
    prices.write_text("\n".join(line for line in lines if not line.startswith("2025-02-24,BABA")))
    (csv_study.parent / "events.csv").write_text(
        "event_id,symbol,date,timing\na,BABA,2025-02-20,unknown\nb,BABA,2025-02-25,before_open\nc,BABA,2025-02-25,before_open\n"
    )
    assert check(load(csv_study)).warnings[1:] == (
        "3 events lack a return of the event's symbol in the event window; a CAR over such a day has no value.",
        "of 1 events the time of day is unknown, so that day 0 may be a session early or late.",
        "the event windows of 2 pairs of events of one symbol overlap; their CARs share days.",
        "2 events share their day 0 with another; tests that take events as independent say too much.",
    )


def test_a_check_knows_what_to_group_by() -> None:
    with pytest.raises(UnknownNameError, match=r"group by named 'timming'\. Did you mean 'timing'\?$"):
        check(load(ALIBABA, ["group_by=timming"]))


def test_placebos_draw_the_same_whatever_order_a_file_has_its_events_in(csv_study: Path) -> None:
    days = ["2024-08-15", "2024-11-15", "2025-02-20", "2025-05-15"]
    rows = [f"{place},BABA,{day},before_open" for place, day in enumerate(days)]
    found = []
    for order in (rows, rows[::-1]):
        (csv_study.parent / "events.csv").write_text("\n".join(["event_id,symbol,date,timing", *order]) + "\n")
        result = trade(load(csv_study, ['backtest={side: "1", exit_after: 5}']))
        found.append(result.honesty(draws=9).as_dict()["placebos"])
    assert found[0] == found[1]


def test_null_is_none_where_the_default_is_something(write: Write) -> None:
    """No limit was taken for the usual one; where nothing is the default, null changes nothing."""
    text = "seed: null\nscreens: [{kind: duplicates, period: null}]\n"
    configured = load(write(BASE + text + "backtest: {exit_after: null, stop: 0.1, limits: {adv: null}}\n"))
    assert configured.study.screens == (DuplicateQuarters(period=None),)
    assert configured.study.seed == 0
    assert configured.backtest is not None
    assert (configured.backtest.exit_after, configured.backtest.limits.adv) == (None, None)
    again = load(configured.path, ["backtest.exit_after=", "backtest.limits.adv=", "screens.0.period=period_end"])
    assert again.backtest is not None
    assert (again.backtest.exit_after, again.backtest.limits.adv) == (20, 0.01)


def test_a_check_shows_what_looks_wrong_in_the_prices(csv_study: Path) -> None:
    prices = csv_study.parent / "prices.csv"
    lines = prices.read_text().splitlines()
    prices.write_text("\n".join(line for line in lines if not line.startswith("2025-03-04,BABA")))
    found = check(load(csv_study))
    assert [each.words for each in found.prepared.findings] == ["1 session without a price (2025-03-04)."]
    assert "1 session without a price (2025-03-04)." in found.summary()
    assert len(found.tables()) == 3
    assert len(check(load(ALIBABA)).tables()) == 2


def test_a_check_with_no_event_left_says_so() -> None:
    found = check(load(ALIBABA, ["windows.estimation=[-600, -400]"]))
    assert (found.kept, found.warnings) == (0, ("no event is left to study.",))


@dataclass(frozen=True)
class Doubled(MeanAdjustedModel):
    """Twice the mean.

    Parameters
    ----------
    schema : str
        An option called like something of pydantic's.
    """

    kind: ClassVar[str] = "doubled"
    schema: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere(SamplePrices):
    """Prices from elsewhere."""

    name: ClassVar[str] = "elsewhere"
    token: str


@pytest.fixture
def newcomers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(MODELS._members, "doubled", Doubled)
    monkeypatch.setitem(PRICE_SOURCES._members, "elsewhere", Elsewhere)


@pytest.mark.usefixtures("newcomers")
def test_a_new_member_is_a_key_without_a_line_in_config(write: Write) -> None:
    text = BASE.replace("prices: {source: sample}", "prices: {source: elsewhere, token: secret}")
    configured = load(write(text + "models: [doubled, {kind: doubled, schema: x, name: other}]"))
    assert configured.study.labelled == {"doubled": Doubled(), "other": Doubled(schema="x")}
    assert configured.prices == Elsewhere(token="secret")
    keys = {record["title"]: record["properties"] for record in schema()["$defs"].values()}
    assert keys["doubled"]["schema"]["description"] == "An option called like something of pydantic's."
    assert keys["elsewhere"]["source"]["const"] == "elsewhere"


def test_a_name_that_needs_more_than_a_name_says_what(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    @dataclass(frozen=True)
    class Picky(MeanAdjustedModel):
        kind: ClassVar[str] = "picky"
        columns: tuple[str, ...]

    monkeypatch.setitem(MODELS._members, "picky", Picky)
    with pytest.raises(ConfigError, match=r"models\[0\] is 'picky', which needs columns, as in \{kind: picky, columns"):
        load(write(BASE + "models: [picky]"))
    assert load(write(BASE + "models: [{kind: picky, columns: [a]}]")).study.labelled == {
        "picky": Picky(columns=("a",))
    }


def test_the_schema_knows_every_key_and_every_member() -> None:
    found = schema()
    shipped = read_yaml(ALIBABA.read_text(encoding="utf-8"), "alibaba.yaml")
    assert set(shipped) <= set(found["properties"]) == set(TOP_KEYS.split(", "))
    assert found["required"] == ["events", "prices"]
    assert found["additionalProperties"] is False
    definitions = found["$defs"]
    for key, names in (("models", MODELS.names()), ("tests", TESTS.names())):
        options = found["properties"][key]["items"]["oneOf"]
        assert {definition(each, definitions)["properties"]["kind"]["const"] for each in options[:-1]} == set(names)
        assert set(options[-1]["enum"]) == set(names)
    members = {
        record["properties"]["kind"]["const"]: record["properties"]
        for key in ("models", "tests")
        for record in (definition(each, definitions) for each in found["properties"][key]["items"]["oneOf"][:-1])
    }
    for registry in (MODELS, TESTS):
        for name in registry.names():
            for option, words in words_of(registry.get(name)).items():
                given = members[name][option]
                assert given.get("enum", [given.get("const")]) == list(words), (name, option)
    assert members["wild_bootstrap"]["cluster"]["enum"] == ["date", "block", "none"]
    assert members["egarch"]["variance"]["enum"] == ["forecast", "updated"]
    windows = definition(found["properties"]["windows"], definitions)
    assert set(shipped["windows"]) <= set(windows["properties"])
    assert windows["properties"]["min_coverage"]["default"] == 1.0
    assert all(each["description"] for each in found["properties"].values())
    assert json.loads(json.dumps(found)) == found


def definition(node: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    return definitions[node["$ref"].rpartition("/")[2]] if "$ref" in node else node


def test_a_configured_study_is_a_value() -> None:
    assert isinstance(load(ALIBABA), Configured)
    assert load(ALIBABA) == load(ALIBABA)


def test_several_surprises_are_a_list(tmp_path: Path) -> None:
    text = "events: {source: sample}\nprices: {source: sample}\nbenchmark: SPY\nsurprise:\n"
    rules = "  - {actual: eps_actual, estimate: eps_estimate}\n"
    path = tmp_path / "study.yaml"
    path.write_text(f"{text}{rules}  - {{actual: revenue_actual, estimate: revenue_estimate, name: revenue}}\n")
    assert load(path).study.surprise == (
        Surprise(actual="eps_actual", estimate="eps_estimate"),
        Surprise(actual="revenue_actual", estimate="revenue_estimate", name="revenue"),
    )
    for second, words in {
        "{actual: a, estimate: b}": "two would be called 'surprise'",
        "{actual: a, estmate: b}": r"unknown key 'surprise\[1\].estmate'",
        "{estimate: b}": r"surprise\[1\]",
    }.items():
        path.write_text(f"{text}{rules}  - {second}\n")
        with pytest.raises(ConfigError, match=words):
            load(path)


def test_a_factor_model_without_factors_names_the_key(write: Write) -> None:
    path = write(BASE + "models: [carhart]\n")
    with pytest.raises(UnknownNameError) as caught:
        load(path).run()
    assert str(caught.value).startswith(
        f"There is no symbol in the sample ({path}: models, a factor of carhart; there is no key factors, such as "
        "factors: {source: french}) named 'm"
    )
