"""The compiled loops against their NumPy twins."""

from __future__ import annotations

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


STUDY = """
import hashlib
from eventstudy.execution import Engine
from eventstudy.returns import MarketModel, Regressors, compiled_fit, measure_abnormal_returns
from tests.benchmarks.panels import made_up_panel, made_up_places
from tests.benchmarks.tiers import run_tier
panel = made_up_panel(100, 1_500)
places, engine = made_up_places(panel, 5_000), Engine(path="compiled")
abnormal, _ = measure_abnormal_returns(places, panel, MarketModel("MKT"), Regressors(panel), engine=engine)
tests = [(test.statistic, test.p_value) for test in run_tier("T4", places, panel, engine)]
arrays = b"".join(each.tobytes() for each in (abnormal.ar, abnormal.estimates.parameters, abnormal.std_error))
print(hashlib.sha256(arrays + repr(tests).encode()).hexdigest(), len(compiled_fit.fit.stats.cache_hits))
"""


def test_a_process_that_compiles_gives_the_bits_of_those_that_load(tmp_path: Path) -> None:
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path), "PYTHONPATH": str(Path(__file__).parents[2])}
    said = [
        subprocess.run(
            [sys.executable, "-c", STUDY], capture_output=True, text=True, check=True, env=environment
        ).stdout
        for _ in range(2)
    ]
    (bits, found), (bits_again, found_again) = (each.split() for each in said)
    assert (found, found_again) == ("0", "1")
    assert bits == bits_again
