"""Bars all the way: `es.reaction`, a study, a config, the command line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from eventstudy.bars import BarPanel
from eventstudy.cli import main
from eventstudy.config import run
from eventstudy.datasets import load_alibaba
from eventstudy.errors import InputError
from eventstudy.explain import reaction
from eventstudy.reactions import Clock
from eventstudy.reactions.path import IntradayPath, paths_frame
from eventstudy.reports import HtmlReport
from eventstudy.result import StudyResult
from eventstudy.study import Study

FIELDS = ("open", "high", "low", "close")


def frame(sessions: int = 20) -> pd.DataFrame:
    """Return made-up bars of BABA and SPY at their real opens and closes of early 2025, with a premarket."""
    prices = load_alibaba().prices
    rows = []
    for symbol in ("BABA", "SPY"):
        series = prices.series(symbol)
        last = int(np.flatnonzero(series.sessions == np.datetime64("2025-02-21"))[0])
        for place in range(last - sessions, last + 1):
            date, close = series.sessions[place], float(series.close[place])
            opened = close if np.isnan(series.open[place]) else float(series.open[place])
            rows += [(symbol, f"{date} {time}", price) for time, price in (("09:30", opened), ("15:55", close))]
            if date == np.datetime64("2025-02-20"):
                rows += [(symbol, f"{date} 09:15", opened * 1.01)]
    made = pd.DataFrame(rows, columns=["symbol", "time", "close"])
    return made.assign(**dict.fromkeys(FIELDS, made["close"]), volume=5e4)


@pytest.fixture(scope="module")
def bars() -> BarPanel:
    return BarPanel.from_frame(frame(), interval=300, label="start", zone="exchange")


def test_the_founding_question_with_bars(bars: BarPanel, tmp_path: Path) -> None:
    answer = reaction("BABA", "2025-02-20", bars=bars)
    ladder = answer.reaction
    assert ladder.rung("premarket").raw == pytest.approx(137.81 * 1.01 / 125.79 - 1, abs=1e-12)
    assert ladder.rung("premarket_quote").raw == 0.11
    assert ladder.rung("close").raw == pytest.approx(135.97 / 125.79 - 1, abs=1e-15)
    # The sample's SPY is adjusted, the bars are not told to be; its premarket move is the bar's all the same.
    spy = load_alibaba().prices.series("SPY")
    at = int(np.flatnonzero(spy.sessions == np.datetime64("2025-02-20"))[0])
    move = spy.open[at] * 1.01 / spy.close[at - 1] - 1
    rung = ladder.rung("premarket")
    assert rung.expected == pytest.approx(rung.beta * move, abs=1e-12)
    assert answer.sentences[-1] == "Prices and dates: the embedded sample, and the bars given."
    assert list(answer.figures()) == ["Path through the day", "Waterfall of the legs", "Past reactions"]
    page = answer.to_html(tmp_path / "page.html").read_text(encoding="utf-8")
    assert page.count("<svg") == 4
    assert answer._repr_html_().count("<svg") == 4
    assert "news 05:36" in page


def test_daily_prices_alone_keep_their_answer() -> None:
    answer = reaction("BABA", "2025-02-20")
    assert not answer.reaction.has_bars
    assert answer.sentences[2] == "The move to the close was larger than those of all its last three reports."
    assert answer.reaction.figures() == {}
    assert list(answer.figures()) == ["Past reactions"]


def test_a_symbol_that_only_the_bars_have(bars: BarPanel) -> None:
    renamed = frame().replace({"symbol": {"BABA": "ZZZ"}})
    panel = BarPanel.from_frame(renamed, interval=300, label="start", zone="exchange")
    answer = reaction("ZZZ", "2025-02-20T05:36-05:00", bars=panel)
    assert answer.sentences[-1] == "Prices and dates: the bars given."
    assert [leg.leg for leg in answer.reaction.legs][:3] == ["after_hours", "premarket_before", "premarket_after"]
    evening = reaction("ZZZ", "2025-02-19", timing="after_close", bars=panel)
    assert evening.reaction.rung("close").raw == answer.reaction.rung("close").raw
    with pytest.raises(InputError, match="has no offset"):
        reaction("ZZZ", "2025-02-20T05:36", bars=panel)


def test_a_study_with_bars_has_rows_of_both_references(bars: BarPanel) -> None:
    sample = load_alibaba()
    study = Study(models=["market"], tests=["t"], benchmark="SPY", focus="BABA-2024Q4", clock=Clock(opening=(5, 60)))
    result = study.run(sample.events, sample.prices, bars=bars)
    table = result.reaction_table
    own = table[(table["reference"] == "own_events") & (table["event_id"] == "BABA-2024Q4")]
    close = own[(own["leg"] == "close")].iloc[0]
    assert (close["n"], close["percentile"]) == (3, 0.75)
    assert "first_60" in set(table["leg"])
    assert set(result.inputs) == {"events", "prices", "bars"}
    # Other reports have no bars, and their ladder is the daily one.
    assert set(table[table["event_id"] == "BABA-2024Q1"]["leg"]) == set(
        study.run(sample.events, sample.prices).reaction_table["leg"]
    )
    assert "Premarket" in result.results.tables["reactions"]["leg"].str.title().tolist()


def test_a_study_with_bars_keeps_the_paths_of_its_focus_and_its_page_draws_them(bars: BarPanel, tmp_path: Path) -> None:
    sample = load_alibaba()
    study = Study(models=["market"], tests=["t"], benchmark="SPY", focus="BABA-2024Q4")
    result = study.run(sample.events, sample.prices, bars=bars)
    path = result.path_table
    # 09:15, 09:30 and 15:55 begin the bars of day 0; a bar of five minutes ends as much later.
    assert path["event_id"].unique().tolist() == ["BABA-2024Q4"]
    assert path["time"].dt.strftime("%H:%M").tolist() == ["14:20", "14:35", "21:00"]
    assert path["segment"].tolist() == ["premarket", "session", "session"]
    np.testing.assert_allclose(path["move"], [137.81 * 1.01 / 125.79 - 1, 137.81 / 125.79 - 1, 135.97 / 125.79 - 1])
    assert path["news"].dt.strftime("%H:%M").unique().tolist() == ["10:36"]
    assert (path["zone"] == "America/New_York").all()
    assert (path["benchmark_name"] == "SPY").all()
    page = result.to_html(tmp_path / "page.html").read_text(encoding="utf-8")
    assert "Path of the price of BABA-2024Q4 from the close before to the close of day 0, which ends at +8.09%" in page
    assert "news 05:36" in page
    again = HtmlReport().write(result.results, tmp_path / "run").read_bytes()
    loaded = StudyResult.load(result.save(tmp_path / "saved"))
    assert HtmlReport().write(loaded, tmp_path / "again").read_bytes() == again


def test_a_path_in_a_table_has_the_last_bar_of_each_minute() -> None:
    close = np.datetime64("2025-02-20T21:00:00", "s")
    time = close - np.array([95, 61, 60, 59, 20, 0]).astype("timedelta64[s]")
    path = IntradayPath(
        time=time,
        segment=np.array(["session"] * 6, dtype=object),
        move=np.arange(6) / 100,
        benchmark=np.full(6, np.nan),
        z=np.full(6, np.nan),
        edges={"close_before": close - np.timedelta64(1, "D"), "open": close - np.timedelta64(6, "h"), "close": close},
        zone="America/New_York",
        benchmark_name="",
    )
    # A bar that ends on the minute ends the minute before.
    frame = paths_frame({"X": path})
    assert frame["time"].dt.strftime("%H:%M:%S").tolist() == ["20:59:00", "21:00:00"]
    assert frame["move"].tolist() == [0.02, 0.05]
    assert frame["news"].isna().all()
    assert list(paths_frame({}).columns) == list(frame.columns)


def test_a_config_with_bars(tmp_path: Path) -> None:
    frame().to_csv(tmp_path / "bars.csv", index=False)
    config = {
        "events": {"source": "sample", "kind": "earnings", "symbols": ["BABA"]},
        "prices": {"source": "sample"},
        "bars": {"source": "csv", "path": "bars.csv", "zone": "exchange", "label": "start", "interval": 300},
        "benchmark": "SPY",
        "models": ["market"],
        "focus": "BABA-2024Q4",
        "reaction": {"cutoff": 20, "scale": "mad", "trust_volume": False},
    }
    (tmp_path / "study.yaml").write_text(yaml.safe_dump(config))
    found = run(tmp_path / "study.yaml").reaction()
    # With a cutoff at 09:10 the bar of 09:15 comes too late.
    assert not found.rung("premarket").printed
    assert found.ordinary.scale == "mad"


def test_the_command_line_with_bars(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    only = frame()
    only[only["symbol"] == "BABA"].drop(columns="symbol").to_csv(tmp_path / "bars.csv", index=False)
    page = tmp_path / "page.html"
    arguments = ["reaction", "BABA", "2025-02-20", "--bars", str(tmp_path / "bars.csv"), "--label", "start"]
    arguments += ["--interval", "300"]
    with pytest.raises(SystemExit) as caught:
        main([*arguments, "--html", str(page)])
    assert caught.value.code in (0, None)
    printed = " ".join(capsys.readouterr().out.split())
    assert "rose 10.7% before the open of 20 February 2025 (last print 09:20, grade B)" in printed
    assert page.read_text(encoding="utf-8").count("<svg") == 4
