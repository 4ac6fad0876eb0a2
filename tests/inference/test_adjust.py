"""Many tests at once: against statsmodels and a plain loop."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from eventstudy.errors import UnknownNameError
from eventstudy.inference.adjust import ADJUSTMENTS, adjust, adjust_families, romano_wolf, step_down
from eventstudy.inference.resampling import clustered, pairs_draws, statistics, wild_draws

ORACLE = {"holm": "holm", "benjamini_hochberg": "fdr_bh", "benjamini_yekutieli": "fdr_by"}


@pytest.mark.parametrize("method", ADJUSTMENTS)
@pytest.mark.parametrize("seed", range(5))
def test_adjusted_p_values_equal_statsmodels(method: str, seed: int) -> None:
    p = np.random.default_rng(seed).beta(0.5, 3, 17).round(2)
    np.testing.assert_allclose(adjust(p, method), multipletests(p, method=ORACLE[method])[1], rtol=1e-10)
    assert adjust(p[:1], method)[0] == p[0]


def test_a_missing_p_value_is_in_no_family() -> None:
    adjusted = adjust(np.array([0.02, np.nan, 0.03]))
    assert adjusted.tolist()[0::2] == [0.04, 0.04]
    assert np.isnan(adjusted[1])
    assert np.isnan(adjust(np.array([np.nan]))).all()
    families = adjust_families(np.array([0.01, 0.02, 0.03, np.nan]), ["a", "b", "a", "b"])
    assert families[:3].tolist() == [0.02, 0.02, 0.03]
    assert np.isnan(adjust_families(np.array([0.01]), ["a"], "none")).all()
    with pytest.raises(UnknownNameError, match="Did you mean 'holm'"):
        adjust(np.array([0.1]), "holmes")


@pytest.mark.parametrize("method", ADJUSTMENTS)
def test_many_families_at_once_are_each_adjusted_alone(method: str) -> None:
    rng = np.random.default_rng(9)
    p, families = rng.beta(0.5, 3, 60), rng.integers(0, 12, 60).tolist()
    p[rng.random(60) < 0.2] = np.nan
    together = adjust_families(p, families, method)
    for family in {*families}:
        members = [place for place, each in enumerate(families) if each == family]
        np.testing.assert_array_equal(together[members], adjust(p[members], method))
    with pytest.raises(UnknownNameError, match="Did you mean 'holm'"):
        adjust_families(p, families, "holmes")


def plain_romano_wolf(t: np.ndarray, draws: np.ndarray) -> np.ndarray:
    """Return the step-down of METHODS 4.11, one hypothesis after another."""
    left = list(range(len(t)))
    found, before = np.empty(len(t)), 0.0
    while left:
        k = max(left, key=lambda s: abs(t[s]))
        count = sum(max(abs(row[s]) for s in left) >= abs(t[k]) - 1e-9 for row in draws)
        before = max(before, (1 + count) / (len(draws) + 1))
        found[k] = before
        left.remove(k)
    return found


def test_romano_wolf_equals_a_plain_loop() -> None:
    rng = np.random.default_rng(2)
    draws = rng.multivariate_normal(np.zeros(4), 0.6 + 0.4 * np.eye(4), 300)
    t = np.array([2.4, -3.1, 0.2, 1.9])
    np.testing.assert_allclose(romano_wolf(t, draws), plain_romano_wolf(t, draws), rtol=1e-12)
    assert (
        romano_wolf(t, draws) <= 4 * np.array([(1 + (abs(draws[:, s]) >= abs(t[s])).sum()) / 301 for s in range(4)])
    ).all()


@pytest.mark.parametrize("scheme", ["pairs", "wild"])
def test_step_down_tests_columns_on_common_draws(scheme: str) -> None:
    rng = np.random.default_rng(3)
    common = rng.normal(0, 0.02, 60)
    x = np.column_stack([common + 0.008, common + rng.normal(0, 0.005, 60), rng.normal(0, 0.02, 60), np.full(60, 0.01)])
    x[:52, 2] = np.nan
    cluster = np.repeat(np.arange(30), 2)
    found = step_down(x, cluster, 499, np.random.default_rng(4), scheme=scheme)
    assert found.n.tolist() == [60, 60, 8, 60]
    # Four dates are too few to be drawn with replacement; equal values have no standard error.
    assert found.tested.tolist() == [True, True, scheme == "wild", False]
    family = clustered(x[:, found.tested], cluster)
    drawn = (pairs_draws if scheme == "pairs" else wild_draws)(family, 499, np.random.default_rng(4)).values
    t = statistics(family)[2]
    np.testing.assert_allclose(found.p_adjusted[found.tested], plain_romano_wolf(t, drawn), rtol=1e-10)
    assert (found.p_adjusted[found.tested] >= found.p_value[found.tested]).all()
    with pytest.raises(UnknownNameError, match="scheme"):
        step_down(x, cluster, 99, np.random.default_rng(0), scheme="pair")


def test_all_patterns_of_signs_give_exact_p_values() -> None:
    """Seven events: 128 patterns, gone through one by one; the observed one is among them and is not counted twice."""
    rng = np.random.default_rng(6)
    x = rng.normal(0.012, 0.02, (7, 3))

    def t(values: np.ndarray) -> np.ndarray:
        return np.array([stats.ttest_1samp(column, 0).statistic for column in values.T])

    every = np.array([t(x * np.array(signs)[:, None]) for signs in product([-1, 1], repeat=7)])
    observed = t(x)
    expected, left = np.empty(3), [0, 1, 2]
    before = 0.0
    while left:
        k = max(left, key=lambda s: abs(observed[s]))
        count = sum(max(abs(row[s]) for s in left) >= abs(observed[k]) - 1e-9 for row in every)
        before = expected[k] = max(before, count / 128)
        left.remove(k)
    found = step_down(x, np.arange(7), 999, np.random.default_rng(0), scheme="wild")
    assert (found.draws, found.exact) == (128, True)
    np.testing.assert_allclose(found.p_adjusted, expected, rtol=1e-12)
    alone = [sum(abs(row[s]) >= abs(observed[s]) - 1e-9 for row in every) / 128 for s in range(3)]
    np.testing.assert_allclose(found.p_value, alone, rtol=1e-12)
    assert not step_down(x, np.arange(7), 99, np.random.default_rng(0), scheme="wild").exact
