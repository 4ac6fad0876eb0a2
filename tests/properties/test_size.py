"""Size: under a true null each test rejects as often as it says, or as theory says that it does.

`size_table.csv` holds what `make_size_table.py` measured; a fast part of it is measured again here. What the tests that
draw are made for is in `test_resampling_size.py`.
"""

from __future__ import annotations

import csv

import numpy as np
import pytest

from eventstudy.distributions import rejects
from eventstudy.inference import TESTS
from tests.properties.make_size_table import TABLE
from tests.properties.simulated import DESIGNS, WINDOWS, closed_tests, drawing_tests, p_values

SAMPLES, SEED = 200, 4
CLOSED = closed_tests()
Key = tuple[str, str, str, str]


@pytest.fixture(scope="module")
def table() -> dict[Key, dict[str, str]]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        return {(row["design"], row["days"], row["test"], row["form"]): row for row in csv.DictReader(file)}


@pytest.fixture(scope="module")
def again() -> np.ndarray:
    return p_values(DESIGNS[0], CLOSED, SAMPLES, SEED)


def test_the_table_has_every_test(table: dict[Key, dict[str, str]]) -> None:
    """Run `python -m tests.properties.make_size_table` after adding a test."""
    assert {test for _, _, test, _ in table} == set(TESTS.names())
    assert len(table) == len(DESIGNS) * len(WINDOWS) * (len(CLOSED) + len(drawing_tests()))
    for row in table.values():
        if row["size_0.05"]:
            assert float(row["size_0.01"]) <= float(row["size_0.05"]) <= float(row["size_0.1"])


def test_closed_forms_are_met(table: dict[Key, dict[str, str]]) -> None:
    met = [row for row in table.values() if row["closed_0.05"]]
    assert {row["test"] for row in met} >= {"t", "joint_f", "patell", "bmp", "corrado_rank", "sign", "hotelling"}
    for row in met:
        closed, draws = float(row["closed_0.05"]), int(row["draws"])
        band = 3 * np.sqrt(closed * (1 - closed) / draws)
        assert abs(float(row["size_0.05"]) - closed) < band, row


@pytest.mark.parametrize("number", range(len(CLOSED)), ids=[f"{test.kind}: {test.label}" for test in CLOSED])
def test_measured_again(number: int, again: np.ndarray, table: dict[Key, dict[str, str]]) -> None:
    test = CLOSED[number]
    for j, window in enumerate(WINDOWS):
        row = table[DESIGNS[0].name, window, test.kind, test.label]
        own = again[:, j, number]
        if not row["size_0.05"]:
            assert np.isnan(own).mean() > 0.5
            continue
        for level in (0.05, 0.1):
            size = float(row[f"size_{level:g}"])
            band = 3.3 * np.sqrt(max(size, 0.01) * (1 - size) / SAMPLES)
            assert abs(rejects(own[~np.isnan(own)], level).mean() - size) < band


# What METHODS 4.0 says a test survives, at 5%, with what twenty events and the Monte-Carlo error add.
SURVIVES = {
    "one date, r = 0.1": ["kolari_pynnonen", "grank_t", "corrado_rank", "crude_dependence", "portfolio", "cumrank_t"],
    "event variance x2": ["cross_sectional", "bmp", "kolari_pynnonen", "grank_t", "grank_z", "wilcoxon"],
    "heavy tails": ["cross_sectional", "bmp", "corrado_rank", "generalized_sign", "grank_t", "grank_z"],
}
SUFFERS = {
    "one date, r = 0.1": ["cross_sectional", "bmp", "patell", "generalized_sign", "wilcoxon", "grank_z", "cumrank_z"],
    "event variance x2": ["patell", "adjusted_patell", "crude_dependence", "corrado_rank", "t", "joint_f"],
}


@pytest.mark.parametrize("design", SURVIVES)
def test_what_each_survives(design: str, table: dict[Key, dict[str, str]]) -> None:
    for test in SURVIVES[design]:
        assert 0.03 < float(table[design, "1", test, "default"]["size_0.05"]) < 0.075, test
    for test in SUFFERS.get(design, []):
        assert float(table[design, "1", test, "default"]["size_0.05"]) > 0.08, test
