"""The page in a real browser: it sorts, filters, follows links, asks nobody for anything, and opens quickly."""

import re
from collections.abc import Callable

import numpy as np
import pytest

from eventstudy.reports import Results, html
from eventstudy.reports.sections import MOST_PATHS
from tests.reports.chromium import Browser, Tab
from tests.reports.conftest import with_paths

FOCUS = "BABA-2024Q4"
MANY = 10_000
PAGES = ("report", "reaction", "backtest", "simulation")
Pages = dict[str, Callable[[], str]]
Tabs = dict[str, Callable[[], Tab]]
READ_CARS = """
  const table = [...document.querySelectorAll("table")].find((each) => each.caption.textContent.startsWith("CAR of"));
  const head = [...table.tHead.rows[0].cells].find((each) => each.textContent.startsWith("event"));
  const place = head.cellIndex;
  const column = () => [...table.tBodies[0].rows].map((row) => row.cells[place].textContent);
"""


@pytest.fixture(scope="module")
def page(pages: Pages) -> str:
    return pages["report"]()


def many_events(results: Results, number: int) -> Results:
    """Return a study of many events: the focus event over and over, each with a reaction of its own size."""
    rng = np.random.default_rng(1)
    frames = dict(results.tables)
    names = [f"E{place:05d}" for place in range(number)]
    for name in ("events", "reactions", "cars", "estimates", "abnormal_returns", "paths"):
        one = frames[name][frames[name]["event_id"] == FOCUS]
        many = one.iloc[np.tile(np.arange(len(one)), number)].reset_index(drop=True)
        frames[name] = many.assign(event_id=np.repeat(names, len(one)))
    frames["cars"] = frames["cars"].assign(car=rng.normal(0, 0.05, len(frames["cars"])))
    return Results({**results.summary, "focus": None}, frames)


def test_a_column_sorts_both_ways_and_back(browser: Browser, page: str) -> None:
    probe = f"""{READ_CARS}
      const button = head.querySelector("button");
      out.first = column();
      for (const step of ["up", "down", "back"]) {{
        button.focus();
        out.focused = document.activeElement === button;
        button.click();
        out[step] = [head.getAttribute("aria-sort"), column()];
      }}
    """
    out = browser.open(page).look(probe)
    numbers = [float(text.rstrip("%")) for text in out["first"]]
    shown = {
        step: (out[step][0], [float(text.rstrip("%")) for text in out[step][1]]) for step in ("up", "down", "back")
    }
    assert out["focused"]
    assert sorted(numbers) != numbers
    assert shown == {
        "up": ("ascending", sorted(numbers)),
        "down": ("descending", sorted(numbers, reverse=True)),
        "back": (None, numbers),
    }


def test_what_is_missing_comes_last(browser: Browser, page: str) -> None:
    probe = """
      const table = [...document.querySelectorAll("table")].find((each) => each.caption.textContent === "Events");
      const head = [...table.tHead.rows[0].cells].find((each) => each.textContent === "Surprise");
      const column = () => [...table.tBodies[0].rows].map((row) => row.cells[head.cellIndex].textContent);
      head.querySelector("button").click(); out.up = column();
      head.querySelector("button").click(); out.down = column();
    """
    out = browser.open(page).look(probe)
    assert out == {"up": ["-20.16%", "+20.57%", *[""] * 4], "down": ["+20.57%", "-20.16%", *[""] * 4]}


def test_a_filter_shows_the_rows_with_all_words_and_counts_them(browser: Browser, page: str) -> None:
    probe = """
      const field = document.querySelector('input[aria-label="Filter: Tests of no abnormal return"]');
      const rows = [...document.querySelectorAll("table")]
        .find((each) => each.caption.textContent.startsWith("Tests")).tBodies[0].rows;
      field.value = "BMP kweb";
      field.dispatchEvent(new Event("input"));
      out.shown = [...rows].filter((row) => row.checkVisibility()).map((row) => row.cells[0].textContent);
      out.told = field.closest("p").querySelector("output").textContent;
      field.value = "";
      field.dispatchEvent(new Event("input"));
      out.all = [...rows].every((row) => row.checkVisibility());
    """
    out = browser.open(page).look(probe)
    assert out == {"shown": ["bmp"] * 3, "told": "3 of 27 rows", "all": True}


def test_a_link_opens_its_event(browser: Browser, page: str) -> None:
    probe = """
      const fold = document.getElementById("event-BABA-2025Q1");
      out.before = fold.open;
      [...document.querySelectorAll("a")].find((each) => each.textContent === "BABA-2025Q1").click();
      await wait();
      out.after = [fold.open, Math.abs(fold.getBoundingClientRect().top) < 100, location.hash];
    """
    tab = browser.open(page)
    assert tab.look(probe) == {"before": False, "after": [True, True, "#event-BABA-2025Q1"]}
    assert tab.console == []


def test_an_address_with_an_event_opens_it(browser: Browser, page: str) -> None:
    probe = 'await wait(); out.open = [...document.querySelectorAll(".folds > [open]")].map((each) => each.id);'
    tab = browser.open(page, "#event-BABA-2025Q2")
    assert tab.look(probe) == {"open": ["event-BABA-2025Q2"]}


def test_every_link_inside_leads_somewhere(tabs: Tabs) -> None:
    probe = """
      const links = [...document.querySelectorAll('a[href^="#"]')].map((each) => each.hash.slice(1));
      out.number = links.length;
      out.lost = links.filter((each) => !document.getElementById(each));
      const ids = [...document.querySelectorAll("[id]")].map((each) => each.id);
      out.twice = ids.filter((each, place) => ids.indexOf(each) !== place);
    """
    out = tabs["report"]().look(probe)
    assert out["number"] > 15
    assert out["lost"] == out["twice"] == []


@pytest.mark.parametrize("name", PAGES)
def test_the_page_asks_nobody_and_the_console_is_quiet(tabs: Tabs, pages: Pages, name: str) -> None:
    page, tab = pages[name](), tabs[name]()
    probe = 'await wait(); out.asked = performance.getEntriesByType("resource").map((each) => each.name);'
    asked = tab.look(probe)["asked"]
    assert tab.console == []
    assert [name for name in asked if not name.startswith("data:")] == []
    assert set(re.findall(r"https?://[^\"' <)]+", page)) <= {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1999/xlink",
    }


def test_a_script_that_is_not_ours_does_not_run(browser: Browser, page: str) -> None:
    strange = page.replace(
        "</main>", '</main><script>document.title = "taken"</script><img src="https://example.org/a">'
    )
    tab = browser.open(strange)
    assert tab.look("out.title = document.title;") == {"title": "alibaba-earnings: event study"}
    assert sum("Content Security Policy" in line for line in tab.console) == 2


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_is_wider_than_the_window(tabs: Tabs, name: str, width: int) -> None:
    probe = """
      await wait();
      const root = document.documentElement;
      out.width = [root.clientWidth, root.scrollWidth];
    """
    assert tabs[name]().look(probe, width=width) == {"width": [width, width]}


@pytest.mark.parametrize("name", PAGES)
def test_on_a_phone_the_name_of_a_row_stays_beside_its_reason(tabs: Tabs, name: str) -> None:
    probe = """
      await wait();
      const boxes = [...document.querySelectorAll(".scroll")]
        .filter((each) => each.scrollWidth > each.clientWidth + 1 && each.querySelector("td"));
      boxes.forEach((each) => { each.scrollLeft = each.scrollWidth; });
      await wait();
      out.some = boxes.length > 0;
      const left = (each) => each.getBoundingClientRect().left;
      out.moved = boxes.filter((each) => Math.abs(left(each.querySelector("td")) - left(each)) > 1)
        .map((each) => each.ariaLabel);
      boxes.forEach((each) => { each.scrollLeft = 0; });
    """
    assert tabs[name]().look(probe, width=390, unfolded=True) == {"some": True, "moved": []}


@pytest.mark.parametrize("name", PAGES)
def test_no_table_is_cut_on_a_laptop_and_a_shadow_stands_where_one_is(tabs: Tabs, name: str) -> None:
    probe = """
      await wait();
      const boxes = [...document.querySelectorAll(".scroll")];
      out.cut = boxes.filter((each) => each.scrollWidth > each.clientWidth).map((each) => each.ariaLabel);
      out.shadows = [...new Set(boxes.map((each) => getComputedStyle(each).backgroundAttachment))];
    """
    out = tabs[name]().look(probe, unfolded=True)
    assert out == {"cut": [], "shadows": ["local, local, scroll, scroll"]}


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("dark", [False, True])
def test_text_stands_out_from_its_ground(tabs: Tabs, name: str, *, dark: bool) -> None:
    probe = """
      const light = (colour) => {
        const parts = colour.match(/\\d+(\\.\\d+)?/g).slice(0, 3).map((each) => each / 255)
          .map((each) => each <= 0.04045 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4);
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
      };
      const ground = light(getComputedStyle(document.body).backgroundColor);
      out.dark = ground < 0.2;
      const asked = ["h1", "h2", "td", ".note", ".lead", "nav a", "summary span", ".filter"];
      const marked = [...asked.map((each) => document.querySelector(each)).filter((each) => each),
        ...document.querySelectorAll("svg text, svg text tspan")];
      out.number = marked.length;
      out.contrast = marked.map((each) => {
        const style = getComputedStyle(each);
        const ink = light(each.closest("svg") ? style.fill : style.color);
        return (Math.max(ink, ground) + 0.05) / (Math.min(ink, ground) + 0.05);
      });
    """
    out = tabs[name]().look(probe, dark=dark)
    assert out["number"] > 10
    assert out["dark"] is dark
    assert min(out["contrast"]) >= 4.5


@pytest.mark.parametrize("name", PAGES)
def test_on_paper_all_is_dark_on_white_and_fits(tabs: Tabs, name: str) -> None:
    # As wide as A4 between its margins.
    probe = """
      await wait();
      const paper = (each) => getComputedStyle(each);
      out.ground = paper(document.body).backgroundColor;
      out.ink = paper(document.querySelector("h1")).color;
      out.wide = [...document.querySelectorAll("table, figure, p, li, h1, h2")]
        .filter((each) => each.getBoundingClientRect().right > 718 + 1).map((each) => each.textContent.slice(0, 40));
      out.controls = [...document.querySelectorAll("nav, .filter")].filter((each) => each.checkVisibility()).length;
    """
    out = tabs[name]().look(probe, width=718, dark=True, medium="print")
    assert out == {"ground": "rgb(255, 255, 255)", "ink": "rgb(0, 0, 0)", "wide": [], "controls": 0}


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("width", [390, 1280])
def test_letters_of_pictures_can_be_read_and_do_not_overlap(tabs: Tabs, name: str, width: int) -> None:
    probe = """
      await wait();
      out.small = [];
      out.overlapping = [];
      for (const svg of document.querySelectorAll("svg")) {
        const letters = [...svg.querySelectorAll("text")].filter((each) => each.textContent.trim());
        const boxes = letters.map((each) => [each.textContent, each.getBoundingClientRect()]);
        const scale = svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
        for (const each of letters) {
          const size = scale * parseFloat(getComputedStyle(each).fontSize);
          if (size < 8) out.small.push([each.textContent, size]);
        }
        boxes.forEach(([one, first], place) => boxes.slice(place + 1).forEach(([other, second]) => {
          const across = Math.min(first.right, second.right) - Math.max(first.left, second.left);
          const down = Math.min(first.bottom, second.bottom) - Math.max(first.top, second.top);
          if (across > 1 && down > 0.4 * Math.min(first.height, second.height)) out.overlapping.push([one, other]);
        }));
      }
    """
    out = tabs[name]().look(probe, width=width, unfolded=True)
    assert out == {"small": [], "overlapping": []}


def test_ten_thousand_events_are_light_and_open_quickly(browser: Browser, results: Results) -> None:
    page = html.page(many_events(with_paths(results), MANY), beside_files=True)
    assert len(page.encode()) < 5_000_000
    assert page.count('aria-label="Waterfall') == page.count('aria-label="Path of the price') == MOST_PATHS
    probe = """
      out.seconds = performance.getEntriesByType("navigation")[0].loadEventStart / 1000;
      out.sections = document.querySelectorAll(".folds > details").length;
      out.links = [...document.querySelectorAll('a[href="cars.csv"]')].length > 0;
    """
    out = browser.open(page).look(probe)
    assert out["sections"] == html.MOST_EVENTS
    assert out["links"]
    assert out["seconds"] < 2


def test_the_page_is_complete_without_its_script(page: str) -> None:
    without = re.sub(r"<script>.*?</script>", "", page, flags=re.DOTALL)
    assert "<button" not in without
    assert "hidden" not in re.sub(r"<style>.*?</style>", "", without, flags=re.DOTALL)
    assert without.count("<details") > 5
