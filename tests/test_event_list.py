"""What `eventstudy events` says of a study's events, in the shell and from Python."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from eventstudy.cli import main
from eventstudy.config import list_events, load
from eventstudy.errors import ConfigError, DataError
from eventstudy.events import Alignment, ConfoundingNews, OverlappingEvents
from eventstudy.sources import CsvEvents, current_client, using
from eventstudy.sources.news import CsvNews, SampleNews

ALIBABA = Path(__file__).parents[1] / "configs" / "alibaba.yaml"
EVENTS = """event_id,symbol,announced_at,date,timing,precision
q4,BABA,2025-02-20T05:36-05:00,,BMO,minute
saturday,BABA,,2025-03-15,AMC,
hour,BABA,2025-05-15T12:00-04:00,,,hour
gone,ZZZ,2025-05-15T05:36-04:00,,BMO,minute
"""
OTHERS = "symbol,date\nBABA,2025-02-20\nBABA,2025-05-16\nBABA,2025-06-30\n"
CONFIG = """
events: {source: csv, path: e.csv}
prices: {source: sample}
news: {source: csv, path: n.csv, columns: {what: headline}}
benchmark: SPY
windows: {estimation: [-120, -11], event: [-5, 5]}
models: [market_adjusted]
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "e.csv").write_text(EVENTS)
    (tmp_path / "others.csv").write_text(OTHERS)
    (tmp_path / "n.csv").write_text("date,symbol,headline\n2025-03-18,BABA,A rumour\n2025-03-18,KWEB,Another\n")
    path = tmp_path / "study.yaml"
    path.write_text(CONFIG)
    return path


def test_events_are_placed_screened_and_counted(config: Path) -> None:
    found = list_events(load(config), config.parent / "others.csv")
    table = found.table.set_index("event_id")
    assert table["day0"].tolist() == ["2025-02-20", "2025-03-17", "2025-05-15", "2025-05-15"]
    assert table["phase"].tolist() == ["pre", "closed", "unknown", "pre"]
    assert table["flags"].tolist() == [
        "",
        "moved_to_next_session;confounding_news",
        "timing_unknown;placeholder_time",
        "",
    ]
    assert table["reason"].tolist() == ["", "", "", "unknown_symbol"]
    quality = found.quality
    assert (quality.given, quality.used, quality.timed, quality.tagged, quality.unknown) == (4, 3, 2, 1, 1)
    assert quality.shifts == {0: 3, 2: 1}
    # Of the three others one is later than our last date; the others are captured, one of them a day after it.
    assert quality.capture is not None
    assert (quality.capture.reference, quality.capture.captured, quality.capture.same_date) == (2, 2, 1)


def test_the_verb_prints_what_python_returns(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["events", str(config), "--against", str(config.parent / "others.csv")])
    assert not caught.value.code
    printed = capsys.readouterr().out
    assert printed.startswith("study: 4 events given, 3 to study.")
    for words in (
        "saturday  BABA    2025-03-15",
        "moved to next session, confounding news",
        "no: unknown symbol (no prices of ZZZ)",
        "Placeholder time: The source gives an hour that it also puts where it knows none",
        "Events whose day 0 is not their stated date",
        "The timing of 1 of 4 events is unknown; the headline window is [0,+1] for all.",
        "Of 2 events of the second calendar 100.00% are captured",
    ):
        assert words in printed


def test_alignment_screens_and_news_are_keys(config: Path) -> None:
    configured = load(
        config,
        [
            "alignment={non_session: drop, late_cutoff: 10}",
            "screens=[{kind: overlaps, policy: first, mask_events: 2}, {kind: confounding_news, action: drop}]",
        ],
    )
    assert configured.study.alignment == Alignment(non_session="drop", late_cutoff=10)
    assert configured.study.screens == (
        OverlappingEvents(policy="first", mask_events=2),
        ConfoundingNews(action="drop"),
    )
    assert configured.news == CsvNews(path=config.parent / "n.csv", columns={"what": "headline"})
    assert list_events(configured).quality.lost == {"not_a_session": 1, "unknown_symbol": 1}
    assert load(config, ["news={source: sample}"]).news == SampleNews()


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("screens=[overlap]", r"screens\[0\] is 'overlap'. Did you mean 'overlaps'\?"),
        ("screens=[{kind: liquidity}]", r"screens\[0\]: screens: liquidity needs min_price"),
        ("alignment={non_session: nxt}", r"alignment.non_session is 'nxt'. Did you mean 'next'\?"),
        ("alignment={late_cutoff: -5}", "late_cutoff is -5; minutes from 0 to 240"),
        ("surprise={actual: a, method: scaled, estimate: b}", "method scaled needs scale"),
    ],
)
def test_wrong_keys_are_named(config: Path, override: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        load(config, [override])


def test_a_run_uses_the_news_and_records_them(config: Path) -> None:
    result = load(config).run()
    assert result.event_table.set_index("event_id").loc["saturday", "flags"].endswith("confounding_news")
    assert set(result.inputs) == {"events", "prices", "news"}
    without = replace(load(config), news=None).run()
    assert set(without.inputs) == {"events", "prices"}


def test_broken_news_are_named_by_their_line(config: Path) -> None:
    (config.parent / "n.csv").write_text("date,symbol,headline\n2025-03-18,BABA,x\n18.3.2025,BABA,y\n")
    with pytest.raises(DataError, match=r"n.csv, line 3: date is '18.3.2025'; an ISO date"):
        load(config).run()


def test_the_headline_takes_two_days_where_times_are_unknown(config: Path) -> None:
    """One in three is unknown, so that the mean is told over [0,+1] for all; without it over day 0."""
    assert "CAAR over [0, +1]" in load(config).run().headline[-1]
    (config.parent / "e.csv").write_text("\n".join(EVENTS.splitlines()[:3]) + "\n")
    assert "CAAR over [0]" in load(config).run().headline[-1]


def test_a_headline_window_without_a_name_is_said(config: Path) -> None:
    found = load(config, ["windows={estimation: [-120, -11], event: [-5, 5], named: {day: [0, 0]}}"]).run()
    assert found.headline == (
        (
            "The timing of more than 5% of the events is unknown: the headline window is [0, +1], which is not among "
            "the named windows; name it to see the mean."
        ),
    )
    found = load(config, ["windows={estimation: [-120, -11], event: [-5, 5], named: {later: [2, 5]}}"]).run()
    assert "[0, +1], which is not among" in found.headline[0]


def test_reading_a_long_file_reports_its_progress(tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    rows = "\n".join(f"{row},A,2025-02-20,BMO" for row in range(120_000))
    path.write_text(f"event_id,symbol,date,timing\n{rows}\n")
    told: list[tuple[str, int, int]] = []
    client = replace(current_client(), progress=lambda *report: told.append(report))
    with using(client):
        assert len(CsvEvents(path=path).events()) == 120_000
    assert told == [(f"reading {path}", 50_001, 120_001), (f"reading {path}", 100_001, 120_001)]
