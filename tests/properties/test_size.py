"""Size: under a true null each test rejects as often as it says, or as theory says that it does.

`size_table.csv` holds what `make_size_table.py` measured; a fast part of it is measured again here. What the tests that
draw are made for is in `test_resampling_size.py`.
"""

from __future__ import annotations

import csv

import numpy as np
import pytest

from eventstudy.distributions import rejects
from eventstudy.inference import TESTS, ClusterT, KolariPynnonen, Patell, SingleEventT, WildBootstrap
from tests.properties.make_size_table import TABLE
from tests.properties.simulated import DESIGNS, WINDOWS, closed_tests, draw, drawing_tests, expected, p_values

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
    "12 dates of 4, r = 0.3": ["kolari_pynnonen", "grank_t", "corrado_rank", "cluster_t", "calendar_time", "cumrank_t"],
    "20 dates in a row, r = 0.2": ["kolari_pynnonen"],
}
SUFFERS = {
    "one date, r = 0.1": ["cross_sectional", "bmp", "patell", "generalized_sign", "wilcoxon", "grank_z", "cumrank_z"],
    "event variance x2": ["patell", "adjusted_patell", "crude_dependence", "corrado_rank", "t", "joint_f"],
    "12 dates of 4, r = 0.3": [
        "cross_sectional",
        "bmp",
        "patell",
        "generalized_sign",
        "wilcoxon",
        "grank_z",
        "cumrank_z",
    ],
    "20 dates in a row, r = 0.2": [
        *("grank_t", "cumrank_t", "corrado_rank", "corrado_zivney_rank", "corrado_zivney_sign", "crude_dependence"),
        *("cluster_t", "wild_bootstrap", "pairs_bootstrap", "residual_bootstrap", "cross_sectional", "bmp", "patell"),
    ],
}
# Windows of one day on dates of their own share nothing.
DAYS_OF = {"20 dates in a row, r = 0.2": "21"}


@pytest.mark.parametrize("design", SURVIVES)
def test_what_each_survives(design: str, table: dict[Key, dict[str, str]]) -> None:
    days = DAYS_OF.get(design, "1")
    for test in SURVIVES[design]:
        assert 0.03 < float(table[design, days, test, "default"]["size_0.05"]) < 0.075, test
    for test in SUFFERS.get(design, []):
        assert float(table[design, days, test, "default"]["size_0.05"]) > 0.08, test


@pytest.mark.parametrize("number", [5, 6])
def test_events_share_the_sessions_that_they_have_in_common(number: int) -> None:
    design = DESIGNS[number]
    given = [draw(design, np.random.default_rng([1, seed])) for seed in range(30)]
    day0 = given[0].day0
    assert len(np.unique(day0)) == design.dates
    assert len(day0) == design.events
    days = given[0].y.shape[1]
    products = {True: [0.0], False: [0.0]}
    for each in given:
        e = each.residuals(np.arange(design.events)).values
        standard = (e - e.mean(axis=1, keepdims=True)) / e.std(axis=1, keepdims=True)
        for i, j in ((0, 1), (0, 2), (1, 3), (0, design.events - 1)):
            shift = int(day0[j] - day0[i])
            if shift >= days:
                products[False].append(float((standard[i] * standard[j]).mean()))
            else:
                aligned = standard[i, shift:], standard[j, : standard.shape[1] - shift]
                products[True].append(float((aligned[0] * aligned[1]).mean()))
                np.testing.assert_array_equal(each.x[i, shift:], each.x[j, : days - shift])
    assert np.mean(products[True]) == pytest.approx(design.correlation, abs=0.03)
    assert np.mean(products[False]) == pytest.approx(0.0, abs=0.03)


def test_closed_forms_of_several_dates() -> None:
    apart, row = DESIGNS[5], DESIGNS[6]
    # Four events of a date: 2 Phi(-1.96 / sqrt(1 + 3 x 0.3)).
    assert expected(apart, "21", Patell(), 0.05) == pytest.approx(0.1551, abs=5e-5)
    assert np.isnan(expected(row, "21", Patell(), 0.05))
    assert expected(row, "21", SingleEventT(), 0.05) == 0.05


@pytest.mark.parametrize("number", [5, 6])
def test_designs_of_several_dates_have_p_values(number: int) -> None:
    found = p_values(DESIGNS[number], [KolariPynnonen(), ClusterT(), WildBootstrap(draws=99)], 3, SEED)
    assert ((found > 0) & (found <= 1)).all()
