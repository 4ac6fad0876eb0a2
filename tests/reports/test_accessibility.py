"""Every page, everything unfolded, as axe-core judges it: nothing that shuts somebody out."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from eventstudy.reports import Results, html
from tests.reports import chromium

PROBE = """
  document.querySelectorAll("details").forEach((each) => { each.open = true; });
  const found = await axe.run();
  out.rules = found.passes.length;
  out.faults = found.violations.map((each) => `${each.impact}: ${each.id}: ${each.nodes[0].html.slice(0, 120)}`);
"""


@pytest.fixture(scope="module")
def axe() -> str:
    path = os.environ.get("EVENTSTUDY_AXE", "")
    if not path:
        pytest.skip("EVENTSTUDY_AXE does not name an axe.min.js (.ci/run installs it where it may)")
    return Path(path).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["report", "reaction", "backtest", "simulation"])
def test_axe_finds_no_fault(name: str, axe: str, pages: dict[str, Callable[[], str]]) -> None:
    browser = chromium.find()
    if browser is None:
        pytest.skip("no Chromium is installed (.ci/run installs it where it may)")
    page = pages[name]()
    for dark in (False, True):
        out = chromium.visit(browser, page, PROBE, dark=dark, library=axe, patience=60_000).outcome
        assert out.get("error") is None
        assert out["rules"] > 20
        assert out["faults"] == []


def test_a_fault_is_found(axe: str, results: Results) -> None:
    browser = chromium.find()
    if browser is None:
        pytest.skip("no Chromium is installed (.ci/run installs it where it may)")
    page = html.page(results, beside_files=True).replace("<main", '<img src="data:,"><main', 1)
    out = chromium.visit(browser, page, PROBE, library=axe, patience=60_000).outcome
    assert any("image-alt" in each for each in out["faults"])
