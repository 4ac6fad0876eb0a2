"""The public names: all resolve, none leaks, and none costs anything before it is used."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

import eventstudy as es

ROOT = Path(__file__).parents[1]

HEAVY = (
    "numpy",
    "pandas",
    "scipy",
    "statsmodels",
    "matplotlib",
    "yfinance",
    "pydantic",
    "yaml",
    "jinja2",
    "rich",
    "pandas_market_calendars",
)


def fresh(program: str) -> str:
    """Return the last line that a fresh process prints."""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout.strip().splitlines()[-1]


def loaded_after(code: str, names: Sequence[str] = HEAVY) -> list[str]:
    """Return which libraries a fresh process has loaded once it has run some code."""
    watch = (
        "import atexit, sys\n"
        "@atexit.register\n"
        "def tell():\n"
        f"    print([name for name in {tuple(names)!r} if name in sys.modules])\n"
    )
    loaded: list[str] = ast.literal_eval(fresh(watch + code))
    return loaded


@pytest.mark.parametrize("name", es.__all__)
def test_every_name_resolves_to_what_its_room_calls_so(name: str) -> None:
    value = getattr(es, name)
    if inspect.isclass(value) or inspect.isfunction(value):
        assert value.__name__ == name
        assert value.__module__.startswith("eventstudy.")
        assert value.__doc__


def test_names_are_listed_once_in_order() -> None:
    assert len(set(es.__all__)) == len(es.__all__)
    assert dir(es) == sorted(es.__all__)


def test_the_table_of_homes_is_the_list_of_names() -> None:
    assert set(es._HOME) | {"__version__"} == set(es.__all__)
    for name, home in es._HOME.items():
        module = importlib.import_module(f"eventstudy.{home}")
        assert name == home or name in module.__all__


def test_no_module_stands_in_the_way_of_a_public_name() -> None:
    modules = {module.name for module in pkgutil.iter_modules(es.__path__)}
    assert modules & set(es.__all__) == {"datasets"}
    for module in modules - {"__main__"}:
        importlib.import_module(f"eventstudy.{module}")
    assert callable(es.reaction)
    assert callable(es.run)


def test_nothing_leaks() -> None:
    program = (
        "import eventstudy, types\n"
        "leaks = [n for n, v in vars(eventstudy).items() if not n.startswith('_') and n not in eventstudy.__all__]\n"
        "print(sorted(leaks))"
    )
    assert fresh(program) == "['TYPE_CHECKING', 'annotations']"


def test_a_name_that_does_not_exist_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'eventstudy' has no attribute 'Studdy'"):
        _ = es.Studdy  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "code",
    [
        "import eventstudy",
        "from eventstudy.cli import main; main(['--help'])",
        "from eventstudy.cli import main; main(['--version'])",
        "import eventstudy.errors",
    ],
)
def test_nothing_heavy_is_loaded_before_it_is_needed(code: str) -> None:
    assert loaded_after(code) == []


@pytest.mark.parametrize("verb", ["run", "reaction", "check", "list", "schema", "init"])
def test_the_help_of_a_verb_loads_no_more_than_typer_does(verb: str) -> None:
    # typer reads the options of a verb with pydantic.
    assert loaded_after(f"from eventstudy.cli import main; main(['{verb}', '--help'])") in ([], ["pydantic"])


@pytest.mark.parametrize(
    "code", ["import eventstudy as es; es.Study, es.StudyResult", "import eventstudy as es; es.reaction, es.datasets"]
)
def test_the_engine_needs_numpy_alone(code: str) -> None:
    assert set(loaded_after(code)) <= {"numpy", "scipy"}


def test_scipy_stats_is_not_loaded_by_a_study() -> None:
    code = (
        "import eventstudy as es\n"
        "sample = es.datasets.load_alibaba()\n"
        "study = es.Study(benchmark='SPY', windows=es.Windows(estimation=(-210, -11)))\n"
        "assert len(study.run(sample.events, sample.prices).cars) > 0"
    )
    assert loaded_after(code, ["scipy.stats", "statsmodels", "matplotlib", "yfinance", "pydantic", "typer"]) == []
