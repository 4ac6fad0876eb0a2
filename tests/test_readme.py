"""The README's commands are the ones that run."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]


def command(marker: str) -> str:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    found = re.search(rf"<!-- {marker} -->\n```\n(.+)\n```", text)
    assert found, f"no {marker} in the README"
    return found[1]


def test_commands_are_single_lines_that_set_themselves_up() -> None:
    for marker, ends in (("run command", "eventstudy run configs/alibaba.yaml"), ("test command", "pytest -q -n 2")):
        line = command(marker)
        assert line.startswith("python3 -m venv ")
        assert line.endswith(ends)


def test_ci_runs_the_test_command() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "<!-- test command -->" in script
    assert "README.md" in script


def test_what_the_readme_names_exists() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for path in re.findall(r"`((?:configs|notebooks|eventstudy)/[\w./-]+)`", text):
        assert (ROOT / path).exists(), path
