"""Resampling against enumeration and plain loops written from the formulas."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy import stats

from eventstudy.distributions import resampling_p_value, student_p_value
from eventstudy.errors import InputError, Reason, UnknownNameError
from eventstudy.inference import (
    BharBootstrap,
    PairsBootstrap,
    Permutation,
    Placebo,
    ResidualBootstrap,
    WildBootstrap,
)
from eventstudy.inference.resampled import OwnResiduals
from eventstudy.inference.resampling import (
    WEBB,
    Clusters,
    bhar_draws,
    clustered,
    johnson_t,
    pairs_draws,
    residual_draws,
    statistics,
    wild_draws,
)
from eventstudy.inference.seeds import child_seed
from eventstudy.returns.accumulators import Residuals
from tests.inference.samples import sample, shuffled

CAR = [0.021, -0.012, 0.034, 0.002, 0.017, -0.004, 0.009]
DATES = ["2024-01-02", "2024-01-02", "2024-01-03", "2024-01-04", "2024-01-04", "2024-01-04", "2024-01-08"]


def plain_t(x: np.ndarray, cluster: np.ndarray) -> float:
    """Return the cluster-robust t of METHODS 4.12, as a loop."""
    groups = np.unique(cluster)
    mean = x.mean()
    total = sum(float((x[cluster == g] - mean).sum()) ** 2 for g in groups)
    return float(mean / np.sqrt(len(groups) / (len(groups) - 1) * total / len(x) ** 2))


def test_one_event_a_cluster_is_the_cross_sectional_t() -> None:
    x = np.random.default_rng(0).normal(0.001, 0.02, (40, 3))
    mean, error, t = statistics(clustered(x, np.arange(40)))
    reference = stats.ttest_1samp(x, 0)
    np.testing.assert_allclose(t, reference.statistic, rtol=1e-12)
    np.testing.assert_allclose(error, stats.sem(x), rtol=1e-12)
    np.testing.assert_allclose(mean, x.mean(axis=0), rtol=1e-12)


@pytest.mark.parametrize("cluster", [np.arange(7), np.array([0, 0, 1, 2, 2, 2, 3])])
def test_sign_flips_are_enumerated(cluster: np.ndarray) -> None:
    x = np.array(CAR)
    signs = product([-1, 1], repeat=int(cluster.max()) + 1)
    every = np.array([plain_t(x * np.array(flip)[cluster], cluster) for flip in signs])
    drawn = wild_draws(clustered(x[:, None], cluster), 9999, np.random.default_rng(0))
    assert drawn.exact
    np.testing.assert_allclose(np.sort(drawn.values[:, 0]), np.sort(every), rtol=1e-10, atol=1e-12)
    observed = plain_t(x, cluster)
    dates = None if cluster.max() == 6 else DATES
    (result,) = WildBootstrap().run(sample(CAR, day0=dates))
    assert result.statistic == pytest.approx(observed, rel=1e-10)
    assert result.p_value == pytest.approx(np.mean(np.abs(every) >= abs(observed) - 1e-9), abs=1e-15)
    assert result.distribution == "exact"
    (greater,) = WildBootstrap(alternative="greater").run(sample(CAR, day0=dates))
    assert greater.p_value == pytest.approx(np.mean(every >= observed - 1e-9), abs=1e-15)


def test_sign_flips_equal_scipy_permutation_test() -> None:
    x = np.array(CAR)
    reference = stats.permutation_test(
        (x,), lambda x, axis: np.mean(x, axis=axis), permutation_type="samples", n_resamples=np.inf, vectorized=True
    )
    (result,) = WildBootstrap().run(sample(CAR))
    assert result.p_value == pytest.approx(reference.pvalue, abs=1e-12)


def test_drawn_signs_come_near_to_all_signs() -> None:
    x = np.random.default_rng(4).standard_t(3, (13, 1)) / 50 + 0.01
    held = clustered(x, np.arange(13))
    every = wild_draws(held, 9999, np.random.default_rng(0))
    drawn = wild_draws(held, 8000, np.random.default_rng(0))
    assert every.exact
    assert not drawn.exact
    t = float(statistics(held)[2][0])
    exact, sampled = (
        resampling_p_value(t, each.values[:, 0], "two-sided", exact=each.exact) for each in (every, drawn)
    )
    assert sampled == pytest.approx(exact, abs=4 * np.sqrt(exact * (1 - exact) / 8000))


@pytest.mark.parametrize("null_imposed", [True, False])
@pytest.mark.parametrize("weights", ["rademacher", "webb"])
def test_drawn_weights_as_a_loop(weights: str, null_imposed: bool) -> None:
    rng = np.random.default_rng(3)
    x, cluster = rng.normal(0.01, 0.02, 30), np.sort(rng.integers(0, 20, 30))
    cluster = np.unique(cluster, return_inverse=True)[1]
    held, count = clustered(x[:, None], cluster), int(cluster.max()) + 1
    drawn = wild_draws(held, 200, np.random.default_rng(8), weights=weights, null_imposed=null_imposed)
    again = np.random.default_rng(8)
    if weights == "webb":
        v = WEBB[again.integers(0, 6, size=(200, count))]
    else:
        width = -(-count // 8)
        bits = np.unpackbits(np.frombuffer(again.bytes(200 * width), dtype=np.uint8).reshape(200, width), axis=1)
        v = 2.0 * bits[:, :count] - 1
    base = x if null_imposed else x - x.mean()
    expected = [plain_t(base * row[cluster], cluster) for row in v]
    np.testing.assert_allclose(drawn.values[:, 0], expected, rtol=1e-10, atol=1e-12)


def test_webb_weights_have_mean_zero_and_variance_one() -> None:
    assert WEBB.mean() == pytest.approx(0, abs=1e-15)
    assert (WEBB**2).mean() == pytest.approx(1, rel=1e-15)
    (result,) = WildBootstrap(weights="webb", draws=9999).run(sample([0.01, 0.03, -0.01, 0.02, 0.015]))
    x = np.array([0.01, 0.03, -0.01, 0.02, 0.015])
    every = [plain_t(x * np.array(v), np.arange(5)) for v in product(WEBB, repeat=5)]
    assert result.distribution == "exact"
    assert result.p_value == pytest.approx(np.mean(np.abs(every) >= abs(plain_t(x, np.arange(5))) - 1e-9), abs=1e-12)


def test_pairs_as_a_loop_and_missing_values() -> None:
    rng = np.random.default_rng(5)
    x = rng.normal(0.01, 0.02, (24, 2))
    x[[3, 4, 20], 1] = np.nan
    cluster = np.repeat(np.arange(12), 2)
    drawn = pairs_draws(clustered(x, cluster), 300, np.random.default_rng(6))
    picks = np.random.default_rng(6).integers(0, 12, size=(300, 12))
    for b in (0, 17, 299):
        rows = np.concatenate([np.flatnonzero(cluster == g) for g in picks[b]])
        of = np.repeat(np.arange(12), 2)
        for column in range(2):
            there = ~np.isnan(x[rows, column])
            values, groups = x[rows, column][there], of[there]
            mean = values.mean()
            total = sum(float((values[groups == g] - mean).sum()) ** 2 for g in np.unique(groups))
            many = len(np.unique(groups))
            error = np.sqrt(many / (many - 1) * total) / len(values)
            expected = (mean - np.nanmean(x[:, column])) / error
            assert drawn.values[b, column] == pytest.approx(expected, rel=1e-10)


def test_pairs_come_near_to_all_resamples() -> None:
    x = np.array([0.03, -0.01, 0.02, 0.012, 0.005])
    ideal = []
    for picks in product(range(5), repeat=5):
        drawn = x[list(picks)]
        spread = drawn.std(ddof=1) / np.sqrt(5)
        shift = drawn.mean() - x.mean()
        ideal.append(shift / spread if spread > 1e-12 else np.sign(shift) * np.inf if abs(shift) > 1e-12 else 0.0)
    t = stats.ttest_1samp(x, 0).statistic
    exact = float(np.mean(np.abs(ideal) >= abs(t)))
    (result,) = PairsBootstrap().run(sample(x))
    assert result.p_value == pytest.approx(exact, abs=4 * np.sqrt(exact * (1 - exact) / 9999))
    assert result.statistic == pytest.approx(t, rel=1e-10)


def test_johnson_by_hand() -> None:
    x = np.array([0.1, 0.3, -0.2, 0.4, 1.5])
    s = x.mean() / x.std(ddof=1)
    gamma = ((x - x.mean()) ** 3).sum() / (5 * x.std(ddof=1) ** 3)
    assert float(johnson_t(x, 5)) == pytest.approx(np.sqrt(5) * (s + gamma * s**2 / 3 + gamma / 30), rel=1e-12)
    assert float(johnson_t(np.full(4, 0.2), 4)) == np.inf


def test_bhar_bootstrap_takes_both_tails() -> None:
    x = np.random.default_rng(7).lognormal(0, 0.5, 60) - 1.05
    (result,) = BharBootstrap(draws=1999).run(sample(x))
    (less,) = BharBootstrap(draws=1999, alternative="less").run(sample(x))
    (greater,) = BharBootstrap(draws=1999, alternative="greater").run(sample(x))
    assert result.statistic == pytest.approx(float(johnson_t(x, 60)), rel=1e-10)
    assert result.p_value == pytest.approx(2 * min(less.p_value, greater.p_value), rel=1e-12)
    picks = np.random.default_rng(2).integers(0, 60, size=(50, 15))
    loop = [float(johnson_t(x[row] - x.mean(), 15)) for row in picks]
    np.testing.assert_allclose(bhar_draws(x, 15, 50, np.random.default_rng(2)), loop, rtol=1e-10)


def test_residual_bootstrap_as_a_loop() -> None:
    means = np.random.default_rng(9).normal(0, 0.01, 30)
    days = np.random.default_rng(1).integers(0, 30, size=(40, 33))
    loop = []
    for row in days:
        estimation, window = means[row[:30]], means[row[30:]]
        loop.append((window.sum() - 3 * estimation.mean()) / (np.sqrt(3) * estimation.std(ddof=1)))
    np.testing.assert_allclose(residual_draws(means, 3, 40, np.random.default_rng(1)), loop, rtol=1e-10)
    residuals = np.random.default_rng(2).normal(0, 0.02, (5, 30))
    (result,) = ResidualBootstrap().run(sample([0.02, 0.03, 0.01, 0.04, -0.01], residuals=residuals, end=2))
    t = 0.018 / (np.sqrt(3) * residuals.mean(axis=0).std(ddof=1))
    assert result.statistic == pytest.approx(t, rel=1e-10)


def one_firm(length: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray, float]:
    """Return market-model residuals, the regressor, and the residual standard deviation."""
    rng = np.random.default_rng(seed)
    x = rng.normal(0, 0.01, length)
    y = 0.001 + 0.8 * x + rng.normal(0, 0.02, length)
    design = np.column_stack([np.ones(length), x])
    residuals = y - design @ np.linalg.lstsq(design, y, rcond=None)[0]
    return residuals, x, float(np.sqrt((residuals**2).sum() / (length - 2)))


def test_placebo_windows_are_standardised_exactly() -> None:
    residuals, x, sigma = one_firm(100)
    design = np.column_stack([np.ones(100), x])
    hat = design @ np.linalg.inv(design.T @ design) @ design.T
    window = 4
    expected = []
    for start in range(97):
        pick = np.zeros(100)
        pick[start : start + window] = 1
        expected.append(float(pick @ residuals) / (sigma * np.sqrt(window - pick @ hat @ pick)))
    given = sample(
        [0.09], residuals=residuals[None], x=x[None, :, None], std_error=[0.04], sigma=np.array([sigma]), end=3
    )
    (result,) = Placebo().run(given)
    t = 0.09 / 0.04
    as_large = int((np.abs(expected) >= t).sum())
    assert result.p_value == pytest.approx((1 + as_large) / 98, rel=1e-12)
    assert result.statistic == pytest.approx(t)
    assert result.distribution.startswith("placebo(97), ")
    nan = residuals.copy()
    nan[50] = np.nan
    (holed,) = Placebo(fewest=10).run(
        sample([0.09], residuals=nan[None], x=x[None, :, None], std_error=[0.04], sigma=np.array([sigma]), end=3)
    )
    assert holed.distribution.startswith("placebo(93), ")


def test_placebo_refuses_a_p_value_of_few_windows() -> None:
    residuals, x, sigma = one_firm(100)
    given = sample(
        [0.09], residuals=residuals[None], x=x[None, :, None], std_error=[0.04], sigma=np.array([sigma]), end=5
    )
    (result,) = Placebo().run(given)
    assert result.reason == Reason.TOO_FEW_PLACEBO_DAYS
    assert np.isnan(result.p_value)
    assert "% smaller" in result.distribution


def test_what_was_not_fitted_is_not_projected_out() -> None:
    residuals = np.random.default_rng(0).normal(0.01, 0.02, (1, 60))
    held = Residuals(np.array([0]), residuals, np.array([0.02]), np.array([0]))
    own = OwnResiduals([(held, np.full((1, 60, 1), 0.3))])
    assert not own.of(np.array([0])).basis.any()


def test_permutation_of_one_day_is_enumerated() -> None:
    residuals, _, _ = one_firm(60)
    pool = np.append(residuals, 0.07)
    every = []
    for place in range(61):
        rest = np.delete(pool, place)
        every.append(pool[place] / rest.std(ddof=1))
    (result,) = Permutation().run(sample([0.07], residuals=residuals[None]))
    assert result.distribution == "exact"
    assert result.statistic == pytest.approx(every[-1], rel=1e-10)
    assert result.p_value == pytest.approx(np.mean(np.abs(every) >= abs(every[-1]) - 1e-9), abs=1e-15)
    drawn = Permutation(draws=999).run(sample([0.07], residuals=residuals[None], ar=np.full((1, 2), 0.035), end=1))
    assert drawn[0].distribution == "bootstrap(999)"
    rest = residuals.std(ddof=1)
    assert drawn[0].statistic == pytest.approx(0.07 / (np.sqrt(2) * rest), rel=1e-10)


TESTS = [WildBootstrap, PairsBootstrap, BharBootstrap, ResidualBootstrap, Placebo, Permutation]


@pytest.mark.parametrize("kind", TESTS)
def test_the_order_of_events_does_not_matter_and_the_seed_does(kind: type) -> None:
    rng = np.random.default_rng(11)
    residuals = np.array([one_firm(100, seed)[0] for seed in range(30)])
    car = rng.normal(0.004, 0.02, 30)
    dates = np.datetime64("2024-01-02") + rng.integers(0, 25, 30)
    given = sample(car, residuals=residuals, day0=dates, ar=np.column_stack([car / 2, car / 2]), end=1)
    options = {} if kind is Placebo else {"draws": 499}
    results = {result.event_id: result for result in kind(**options).run(given)}
    again = kind(**options).run(shuffled(given, rng.permutation(30)))
    for result in again:
        assert result == results[result.event_id]
    if kind is not Placebo:
        other = kind(**options).run(sample(car, residuals=residuals, day0=dates, seed=2, ar=given.ar, end=1))
        assert any(result.p_value != results[result.event_id].p_value for result in other)


def test_edges_have_reasons() -> None:
    for kind in (WildBootstrap, PairsBootstrap):
        assert kind().run(sample([0.01]))[0].reason == Reason.NEEDS_TWO_EVENTS
        assert kind().run(sample([0.01, 0.01]))[0].reason == Reason.NO_DISPERSION
        assert kind().run(sample([0.01, 0.03], day0=["2024-01-02"] * 2))[0].reason == Reason.NEEDS_TWO_DATES
        assert kind(cluster="none").run(sample([0.01, 0.03], day0=["2024-01-02"] * 2))[0].reason == Reason.OK
    assert BharBootstrap().run(sample([0.01, 0.02]))[0].reason == Reason.NEEDS_THREE_EVENTS
    assert Placebo().run(sample([])) == ()
    with pytest.raises(InputError, match="at least 99"):
        WildBootstrap(draws=10)
    with pytest.raises(UnknownNameError, match="Did you mean 'webb'"):
        WildBootstrap(weights="web")
    with pytest.raises(UnknownNameError, match="no cluster named 'firm'"):
        PairsBootstrap(cluster="firm")
    with pytest.raises(InputError, match="999 or more"):
        WildBootstrap(weights="webb", draws=499)
    with pytest.raises(InputError, match="share"):
        BharBootstrap(share=0)
    with pytest.raises(InputError, match="fewest"):
        Placebo(fewest=0)


def test_child_seeds_are_fixed_for_good() -> None:
    assert child_seed(7, "market", "all") == 10688905148052794317
    assert child_seed(7) != child_seed(8)


def test_a_column_without_dispersion_is_infinitely_far() -> None:
    flat = Clusters(np.array([[1.0], [1.0]]), np.ones((2, 1)))
    drawn = wild_draws(flat, 99, np.random.default_rng(0)).values[:, 0]
    assert sorted(drawn.tolist()) == [-np.inf, 0.0, 0.0, np.inf]
    assert float(student_p_value(0.0, 3)) == 1.0
