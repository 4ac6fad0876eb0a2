"""The floors of the house: a module imports only from below."""

from __future__ import annotations

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "eventstudy"


def test_imports_go_down_only() -> None:
    # In a process of its own: the linter silences the loggers of the one that it runs in.
    linter = Path(sys.executable).parent / "lint-imports"
    done = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("library", "homes"),
    [
        ("pydantic", ["config"]),
        ("matplotlib", ["reports"]),
        ("yfinance", ["sources"]),
        ("sqlalchemy", ["sources"]),
        ("duckdb", ["sources"]),
        ("yaml", ["config"]),
        ("typer", ["cli"]),
        ("pandas_market_calendars", ["calendars.py"]),
    ],
)
def test_a_library_is_known_in_one_room(library: str, homes: list[str]) -> None:
    importers = {room for room, names in _imported().items() if library in names}
    assert importers <= {name for name in importers if any(name.startswith(home) for home in homes)}


@cache
def _imported() -> dict[str, set[str]]:
    """Return the libraries that each room imports when it runs."""
    rooms: dict[str, set[str]] = {}
    for path in PACKAGE.rglob("*.py"):
        names = rooms.setdefault(path.relative_to(PACKAGE).parts[0], set())
        for node in ast.walk(_without_type_checking(path)):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                names.add((node.module or "").split(".")[0])
    return rooms


def _without_type_checking(path: Path) -> ast.Module:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            node.body = [ast.Pass()]
    return tree
