"""The floors of the house: a module imports only from below."""

from __future__ import annotations

import ast
import subprocess
import sys
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
    importers = {
        path.relative_to(PACKAGE).parts[0]
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(_without_type_checking(path))
        if (isinstance(node, ast.Import) and any(alias.name.split(".")[0] == library for alias in node.names))
        or (isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == library and node.level == 0)
    }
    assert importers <= {name for name in importers if any(name.startswith(home) for home in homes)}


def _without_type_checking(path: Path) -> ast.Module:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            node.body = [ast.Pass()]
    return tree
