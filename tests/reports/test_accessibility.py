"""Every page, everything unfolded, as axe-core judges it: nothing that shuts somebody out."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.reports.chromium import Browser

# A row with the marks of one before it, whatever its words, has no fault of its own.
FEWER_ROWS = """
  for (const body of document.querySelectorAll("tbody")) {
    const seen = new Set();
    for (const row of [...body.rows]) {
      const marks = row.innerHTML.replaceAll(/>[^<]+</g, ">x<").replaceAll(/href="[^"]*"/g, "");
      if (seen.has(marks)) row.remove();
      seen.add(marks);
    }
  }
  out.rows = document.querySelectorAll("td").length;
"""
PROBE = """
  const found = await axe.run({ %s resultTypes: ["violations"] });
  out.rules = found.passes.length;
  out.faults = found.violations.map((each) => `${each.impact}: ${each.id}: ${each.nodes[0].html.slice(0, 120)}`);
"""
EVERY = PROBE % ""
# A dark page is a light one in other colours.
COLOURS = PROBE % 'runOnly: ["color-contrast", "link-in-text-block"],'


@pytest.fixture(scope="module")
def axe() -> str:
    path = os.environ.get("EVENTSTUDY_AXE", "")
    if not path:
        pytest.skip("EVENTSTUDY_AXE does not name an axe.min.js (.ci/run installs it where it may)")
    return Path(path).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["report", "reaction", "backtest", "simulation"])
def test_axe_finds_no_fault(name: str, axe: str, browser: Browser, pages: dict[str, Callable[[], str]]) -> None:
    tab = browser.open(pages[name]())
    assert tab.look(FEWER_ROWS, library=axe)["rows"] > 10
    for probe, dark, least in ((EVERY, False, 20), (COLOURS, True, 0)):
        out = tab.look(probe, dark=dark, unfolded=True)
        assert out.get("error") is None
        assert out["rules"] > least
        assert out["faults"] == []


def test_a_fault_is_found(axe: str, browser: Browser) -> None:
    inside = '<details><p style="color: #999">Pale</p><img src="data:,"></details>'
    page = f'<!doctype html><html lang="en"><title>One</title><main><h1>One</h1>{inside}</main></html>'
    tab = browser.open(page)
    every = tab.look(EVERY, unfolded=True, library=axe)["faults"]
    assert [each.split(": ")[1] for each in every] == ["color-contrast", "image-alt"]
    assert [each.split(": ")[1] for each in tab.look(COLOURS, unfolded=True)["faults"]] == ["color-contrast"]
