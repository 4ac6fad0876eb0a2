"""The compiled loops against their NumPy twins."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from eventstudy.errors import InputError, UnknownNameError
from eventstudy.execution import Engine
from eventstudy.returns import paths
from eventstudy.returns.ranking import row_ranks
from eventstudy.returns.remade import as_rows
from tests.returns.designs import factorised, fit_shared


def test_fits_agree_to_twelve_digits() -> None:
    rng = np.random.default_rng(0)
    x = np.concatenate([np.ones((30, 250, 1)), rng.normal(0, 0.01, (30, 250, 5))], axis=2)
    designs, date = factorised(x, x[:, :21]), rng.integers(0, 30, 500)
    y = rng.standard_t(4, (500, 250)) * 0.02
    plain = fit_shared(y, designs, date)
    with paths.running(paths.COMPILED):
        fast = fit_shared(y, designs, date)
    for name in ("coefficients", "sigma", "r_squared"):
        np.testing.assert_allclose(getattr(fast, name), getattr(plain, name), rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(as_rows(fast.residuals), as_rows(plain.residuals), rtol=0, atol=1e-15)


def test_ranks_are_the_same_ties_and_holes_included() -> None:
    values = np.random.default_rng(1).normal(0, 0.02, (40, 271))
    values[3, 5], values[4, 7], values[5, :3] = np.nan, values[4, 8], 0.0
    values[6, 0], values[6, 1] = 0.0, -0.0
    plain = row_ranks(values)
    with paths.running(paths.COMPILED):
        np.testing.assert_array_equal(row_ranks(values), plain)


def test_the_choice_of_path(monkeypatch: pytest.MonkeyPatch) -> None:
    assert paths.choose("auto", 99_999) == "numpy"
    assert paths.choose("auto", 100_000) == "compiled"
    assert paths.choose("numpy", 10**7) == "numpy"
    with pytest.raises(UnknownNameError, match="Did you mean 'numpy'"):
        Engine(path="nunpy")
    monkeypatch.setattr(paths, "find_spec", lambda _: None)
    assert paths.choose("auto", 10**6) == "numpy"
    with pytest.raises(InputError, match=r"eventstudy-backtester\[fast\]"):
        paths.choose("compiled", 1)


def test_a_path_ends_with_its_block() -> None:
    with paths.running(paths.COMPILED):
        assert paths.compiled()
    assert not paths.compiled()


LOOPS = ("compiled", "compiled_cars", "compiled_errors", "compiled_fit", "compiled_ranks")


@pytest.mark.parametrize("name", LOOPS)
def test_loops_call_nothing_but_parts(name: str) -> None:
    """What is compiled into a loop is the same code wherever the loop comes from; what it calls may be another."""
    loops = {
        each: value
        for each, value in vars(importlib.import_module(f"eventstudy.returns.{name}")).items()
        if hasattr(value, "py_func")
    }
    called = {each for loop in loops.values() for each in loop.py_func.__code__.co_names if each in loops}
    assert called
    assert [each for each in sorted(called) if not loops[each].targetoptions.get("forceinline")] == []


def test_every_compiled_module_is_looked_at() -> None:
    assert {each.stem for each in Path(paths.__file__).parent.glob("compiled*.py")} == {*LOOPS}


# The fit has the most parts, and sums in the most orders; were its parts called, these bits would differ.
FIT = """
import hashlib
import numpy as np
from eventstudy.returns import compiled_fit, paths
from tests.returns.designs import factorised, fit_shared
rng = np.random.default_rng(0)
x = np.concatenate([np.ones((30, 250, 1)), rng.normal(0, 0.01, (30, 250, 2))], axis=2)
y, designs = rng.normal(0, 0.02, (500, 250)), factorised(x, x[:, :21])
y[::3][rng.random((167, 250)) < 0.01] = np.nan
with paths.running(paths.COMPILED):
    fit = fit_shared(y, designs, rng.integers(0, 30, 500))
arrays = (fit.coefficients, fit.sigma, fit.r_squared, fit.mean_residual)
bits = [hashlib.sha256(each.tobytes()).hexdigest() for each in arrays]
print(*bits, len(compiled_fit.fit.stats.cache_hits))
"""


def test_a_process_that_compiles_gives_the_bits_of_those_that_load(tmp_path: Path) -> None:
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path), "PYTHONPATH": str(Path(__file__).parents[2])}
    said = [
        subprocess.run(
            [sys.executable, "-c", FIT], capture_output=True, text=True, check=True, env=environment
        ).stdout.split()
        for _ in range(2)
    ]
    assert [each.pop() for each in said] == ["0", "1"]
    assert said[0] == said[1]
