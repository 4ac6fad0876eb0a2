"""The page, the notebook cell, the terminal and the summary block: what is on them, and that they are safe."""

import re
from base64 import b64encode
from collections.abc import Callable
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest

from eventstudy.errors import UnknownNameError
from eventstudy.reports import REPORTS, HtmlReport, Report, Results, html, tables, terminal, text
from eventstudy.reports.display import Column, DisplayTable
from eventstudy.reports.files import write_tables
from tests.reports.conftest import of_one_reaction, with_paths
from tests.reports.opened import Opened

FOCUS = "BABA-2024Q4"
HOSTILE = "<script>alert(1)</script>\"'&\x1b[31m[bold]"


class Outline(HTMLParser):
    """Headings, table titles and everything that could run or be fetched."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.handlers: list[str] = []
        self.heads: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in {"src", "href", "xlink:href"}]
        self.handlers += [name for name, _ in attrs if name.startswith("on")]

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1] in {"h1", "h2", "caption"} and data.strip():
            self.heads.append(data.strip())


def hostile(results: Results) -> Results:
    """Return the study with every text that comes from outside replaced by an attack."""
    frames = {}
    for name, frame in results.tables.items():
        swap = {FOCUS: HOSTILE, "BABA": HOSTILE, "market": HOSTILE, "news_nearby": HOSTILE, "all": HOSTILE}
        swap |= {"literature": HOSTILE, "27 of 120 estimation returns": HOSTILE}
        frames[name] = frame.replace(swap)
    summary = {**results.summary, "name": HOSTILE, "headline": [HOSTILE], "focus": HOSTILE}
    return Results({**summary, "provenance": {HOSTILE: HOSTILE}}, frames)


def test_the_page_tells_the_story_in_order(page: str) -> None:
    assert Outline(page).heads == [
        "alibaba-earnings",
        "What is in the study",
        "Which events are in the study",
        "Events",
        "How good the list of events is",
        "Findings in the prices",
        f"How {FOCUS} unfolded",
        f"Reaction of {FOCUS}: from the base price",
        f"Reaction of {FOCUS}: leg by leg",
        "Abnormal returns",
        f"Abnormal returns of {FOCUS}",
        "Mean abnormal return of the kept events",
        "The mean path around the announcement",
        "Mean abnormal return day by day",
        "In pictures",
        "Tests",
        "Tests of no abnormal return",
        "Event by event",
        "CAR of each event under market",
        *[
            title
            for event_id in ("BABA-2024Q1", "BABA-2024Q2", "BABA-2024Q3", "BABA-2025Q1", "BABA-2025Q2")
            for title in (
                f"Reaction of {event_id}: from the base price",
                f"Reaction of {event_id}: leg by leg",
                *([f"Abnormal returns of {event_id}"] if event_id > "BABA-2024Q2" else []),
            )
        ],
        "How it was made",
        "Expected-return models",
        "Provenance",
    ]


def test_the_page_asks_nobody_for_anything(page: str) -> None:
    outline = Outline(page)
    assert outline.tags.count("script") == 1
    assert "link" not in outline.tags
    assert all(link.startswith(("#", "data:image/png;base64,")) for link in outline.links)
    assert set(re.findall(r"https?://[^\"' <]+", page)) <= {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1999/xlink",
    }
    # The ladder of the focus event and its waterfall, the mean paths, six pictures of the study, the ladders of five
    # other events, the waterfalls of the three strongest.
    assert outline.tags.count("svg") == 17
    policy = re.search(r"script-src 'sha256-([^']+)'\"", page)
    script = re.search(r"<script>(.*)</script>", page, re.DOTALL)
    assert policy
    assert script
    assert policy[1] == b64encode(sha256(script[1].encode()).digest()).decode()


@pytest.mark.usefixtures("undrawn")
def test_files_are_linked_only_where_they_are(results: Results, page: str, tmp_path: Path) -> None:
    assert 'href="cars.csv"' not in page
    path = HtmlReport().write(results, tmp_path)
    assert path.name == "report.html"
    page = path.read_text("utf-8")
    write_tables(results, tmp_path)
    files = {link for link in Outline(page).links if not link.startswith(("#", "data:"))}
    assert files == {path.name for path in tmp_path.iterdir()} - {"report.html"}


def test_the_page_is_the_same_each_time(make_results: Callable[..., Results], page: str) -> None:
    assert html.page(make_results()) == page


@pytest.mark.usefixtures("few_events_drawn")
def test_hostile_texts_stay_texts(results: Results) -> None:
    results = hostile(results)
    for page, scripts in ((html.page(results, beside_files=True), 1), (html.overview(results), 0)):
        outline = Outline(page)
        assert outline.tags.count("script") == scripts
        assert outline.handlers == []
        assert "&lt;script&gt;alert(1)" in page
    for color in (False, True):
        shown = terminal.render(results, color=color, width=100)
        assert "\x1b[31m" not in shown
    assert "\x1b" not in text.summary_text(results)


@pytest.mark.usefixtures("undrawn")
def test_the_page_without_a_focus_speaks_of_the_mean_alone(make_results: Callable[..., Results]) -> None:
    heads = Outline(html.page(make_results(focus=None))).heads
    assert not any(head.startswith("How BABA") for head in heads)
    # Those of the single events stand in their own sections, after the tests.
    single = [place for place, head in enumerate(heads) if head.startswith("Abnormal returns of")]
    assert len(single) == 4
    assert min(single) > heads.index("Tests")
    assert "Mean abnormal return of the kept events" in heads


def test_the_page_of_a_study_that_kept_nothing(results: Results) -> None:
    frames = {name: frame.head(0) for name, frame in results.tables.items()}
    page = html.page(Results({**results.summary, "focus": None}, frames))
    assert "The mean path" not in page
    assert ">Given<" in page


@pytest.mark.usefixtures("undrawn")
def test_ten_thousand_events_are_capped(results: Results) -> None:
    reactions = results.tables["reactions"]
    ladder = reactions[reactions["event_id"] == FOCUS]
    many = pd.concat([ladder.assign(event_id=f"E{place}") for place in range(70)])
    page = html.page(Results(results.summary, {**results.tables, "reactions": many}))
    # The kept events have abnormal returns and come first; of the others as many as there is room for.
    assert len(re.findall(r"<summary>(?:E|BABA-)\d", page)) == 50
    assert "23 more events are in cars.csv and reactions.csv." in page
    # The first twelve may have a picture; the three kept events among them have no ladder here.
    assert len(re.findall(r'aria-label="Price ladder', page)) == 9


@pytest.mark.usefixtures("undrawn")
def test_the_strongest_events_have_their_waterfall_and_their_day(results: Results) -> None:
    pictures = Opened(html.page(with_paths(results))).pictures
    told = {each.partition(":")[0].partition(" from")[0] for each in pictures}
    # CARs over [0, +1] of the first model; of the other events two have none.
    assert {each for each in told if each.startswith("Waterfall")} == {
        f"Waterfall of the legs of BABA-{quarter}" for quarter in ("2024Q3", "2024Q4", "2025Q1", "2025Q2")
    }
    assert {each for each in told if each.startswith("Path")} == {
        f"Path of the price of BABA-{quarter}" for quarter in ("2024Q4", "2025Q2")
    }
    legs = "Gap (close to open) +9.56%, Session (open to close) -1.34%, Day D+1 +5.72%, Day D+2 -10.23%"
    assert any(each.startswith(f"Waterfall of the legs of {FOCUS}: {legs}") for each in pictures)
    close = f"{100 * (135.97 / 125.79 - 1):+.2f}%"
    assert (
        f"Path of the price of {FOCUS} from the close before to the close of day 0, which ends at {close}" in pictures
    )


def test_a_path_of_hostile_words_stays_text(results: Results) -> None:
    results = of_one_reaction(with_paths(results))
    paths = results.tables["paths"].assign(benchmark_name=HOSTILE)
    page = html.page(Results(results.summary, {**results.tables, "paths": paths}))
    assert "Path of the price" in page
    assert Outline(page).tags.count("script") == 1
    assert "&lt;script&gt;" in page


def test_fragment_is_an_escaped_table(results: Results) -> None:
    shown = html.fragment(tables.attrition(results.tables))
    assert '<td style="text-align:right">-2</td>' in shown
    assert Outline(shown).tags.count("td") == 9


def test_plain_terminal_output_is_aligned(results: Results) -> None:
    shown = terminal.render(results, color=False, width=100)
    assert shown.startswith("A headline for the test.\n\nWhich events are in the study\n")
    assert "\x1b" not in shown
    lines = shown.splitlines()
    start = lines.index(f"Reaction of {FOCUS}: from the base price")
    assert lines[start + 2] == (
        "Rung        Price  Source        Raw  Expected  Abnormal     z  Larger than  of N  Reason"
    )
    assert lines[start + 4] == (
        "Premarket  139.63  quoted    +11.00%         –         –  4.40      > 99.9%   208  no benchmark price"
    )


def test_colour_is_asked_for(results: Results) -> None:
    shown = terminal.render(results, color=True, width=120)
    assert "\x1b[" in shown
    assert max(len(re.sub(r"\x1b\[[0-9;]*m", "", line)) for line in shown.splitlines()) <= 120


@pytest.mark.parametrize("width", [60, 80, 100, 120])
def test_a_terminal_cuts_no_word_and_no_number(results: Results, width: int) -> None:
    for display in terminal.shown_tables(results):
        shown = terminal.render_tables([], [display], color=True, width=width)
        lines = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in shown.splitlines()]
        assert max(map(len, lines)) <= width
        said = " ".join(" ".join(lines).split())
        for row in display.rows:
            for column, cell in zip(display.columns, row, strict=True):
                words = [cell] if column.align == "right" else cell.split()
                assert all(word in said for word in words)


def test_columns_that_do_not_fit_stand_below_with_their_names() -> None:
    columns = (Column("Test", "left"), *(Column(f"number {place}") for place in range(4)), Column("Reason", "left"))
    display = DisplayTable("", columns, (("cross_sectional", *["+10.00%"] * 4, "no benchmark price at all"),))
    # 15 for the first column, 8 for a number whose title wraps, 2 beside each; the reason gets what is left.
    assert terminal.fit(display, 100) == [{0: 15, 1: 8, 2: 8, 3: 8, 4: 8, 5: 25}]
    assert terminal.fit(display, 75) == [{0: 15, 1: 8, 2: 8, 3: 8, 4: 8, 5: 16}]
    assert [list(block) for block in terminal.fit(display, 40)] == [[0, 1, 2], [0, 3, 4], [0, 5]]


def test_summary_reads_like_statsmodels(results: Results) -> None:
    lines = text.summary_text(results).splitlines()
    assert lines[0].strip() == "Event study: alibaba-earnings"
    assert max(map(len, lines)) == text.WIDTH
    assert lines[2] == ("Events given:                              6  First day 0:                      2024-11-15")
    assert lines[11].split() == ["sessions", "coef", "std", "err", "t", "P>|t|", "[0.025", "0.975]"]
    assert lines[13].split()[:7] == ["market", "day", "0", "[0]", "+8.22%", "2.40%", "3.42"]
    assert lines[-1] == "Dropped: BABA-2024Q2, too few estimation days (91 of 120 estimation returns)."


def test_reports_are_found_by_name() -> None:
    assert REPORTS.names() == ("csv", "excel", "html", "json", "latex", "markdown", "parquet")
    for name in REPORTS.names():
        report = REPORTS.get(name)
        assert isinstance(report, Report)
        assert report.name == name
    with pytest.raises(UnknownNameError, match="Did you mean 'html'"):
        REPORTS.get("htm")
