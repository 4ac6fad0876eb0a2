"""Rank and sign tests against scipy, enumeration, or loops written from their formulas."""

from __future__ import annotations

from dataclasses import fields
from itertools import product

import numpy as np
import pytest
from scipy import stats

from eventstudy.errors import Reason
from eventstudy.inference import (
    CorradoRank,
    CorradoZivneyRank,
    CorradoZivneySign,
    CumrankT,
    CumrankZ,
    GeneralizedSign,
    GrankT,
    GrankZ,
    Jackknife,
    Sign,
    Wilcoxon,
)
from eventstudy.inference.scores import cumulated
from eventstudy.returns.accumulators import Residuals
from eventstudy.returns.correlation import EventTimeCorrelation
from eventstudy.returns.day_sums import DaySums
from eventstudy.returns.days import column_dispersion
from eventstudy.returns.grank import EstimationRanks, GeneralizedRanks
from eventstudy.returns.ranking import uniform_sums
from tests.inference.made import Made, good, made, market
from tests.inference.samples import sample

CLOSE = 1e-10
EVENTS, M, L, BEFORE = 11, 70, 9, 4
NAMED = {"day0": (0, 0), "three": (-1, 1), "long": (-4, 4)}


def returns(missing: float) -> Made:
    y, x = market(3, EVENTS, M + L, missing=missing)
    y[4, M:] = np.where(np.isnan(y[4, M:]), 0.003, y[4, M:])
    return made(y, x, estimation=M, before=BEFORE, named=NAMED)


@pytest.fixture(scope="module", params=[0.0, 0.04], ids=["complete", "missing"])
def given(request: pytest.FixtureRequest) -> Made:
    return returns(request.param)


def lines(given: Made) -> tuple[np.ndarray, np.ndarray]:
    """Abnormal returns over both windows, (E, M + L), and sigma, by ordinary least squares."""
    ar, sigma = np.full(given.y.shape, np.nan), np.empty(len(given.y))
    for i, y in enumerate(given.y):
        kept = np.flatnonzero(~np.isnan(y[:M]))
        design = np.column_stack([np.ones(M + L), given.x[i, :, 0]])
        coefficients = np.linalg.lstsq(design[kept], y[kept], rcond=None)[0]
        ar[i] = y - design @ coefficients
        sigma[i] = np.sqrt((ar[i, kept] ** 2).sum() / (len(kept) - 2))
    return ar, sigma


def inside(window: str) -> np.ndarray:
    a, b = NAMED[window]
    return np.arange(M + BEFORE + a, M + BEFORE + b + 1)


def uniform(values: np.ndarray) -> np.ndarray:
    ranks = np.array([stats.rankdata(row, nan_policy="omit") for row in values])
    return ranks / ((~np.isnan(values)).sum(axis=1, keepdims=True) + 1) - 0.5


def loop_z(scores: np.ndarray, days: np.ndarray, *, classical: bool = False) -> tuple[float, int]:
    g = [np.nansum(scores[:, t]) / np.sqrt((~np.isnan(scores[:, t])).sum()) for t in range(scores.shape[1])]
    count, length = len(g), len(days)
    spread = np.mean(np.square(g))
    factor = length if classical else length * (count - length) / (count - 1)
    return sum(g[t] for t in days) / np.sqrt(factor * spread), count


@pytest.mark.parametrize("window", NAMED)
def test_corrado(given: Made, window: str) -> None:
    ar, _ = lines(given)
    for variance in ("finite_population", "classical"):
        z, _ = loop_z(uniform(ar), inside(window), classical=variance == "classical")
        result = good(given.one(CorradoRank(variance=variance), window))
        assert result.statistic == pytest.approx(z, rel=CLOSE)
        assert result.p_value == pytest.approx(2 * stats.norm.sf(abs(z)), rel=CLOSE)
    pool = np.concatenate([np.arange(M), inside(window)])
    z, _ = loop_z(uniform(ar[:, pool]), np.arange(M, len(pool)))
    assert good(given.one(CorradoRank(pool="window"), window)).statistic == pytest.approx(z, rel=CLOSE)


def test_corrado_1989_is_the_same_without_missing_returns() -> None:
    complete, holed = returns(0.0), returns(0.04)
    same = [complete.one(CorradoRank(scale=scale), "three").statistic for scale in ("uniform", "ranks")]
    assert same[0] == pytest.approx(same[1], rel=CLOSE)
    ar, _ = lines(holed)
    ranks = np.array([stats.rankdata(row, nan_policy="omit") for row in ar])
    ranks = ranks - ((~np.isnan(ar)).sum(axis=1, keepdims=True) + 1) / 2
    means = np.nanmean(ranks, axis=0)
    count, length = len(means), 3
    spread = np.mean(means**2) * length * (count - length) / (count - 1)
    z = means[inside("three")].sum() / np.sqrt(spread)
    assert holed.one(CorradoRank(scale="ranks"), "three").statistic == pytest.approx(z, rel=CLOSE)


@pytest.mark.parametrize("window", NAMED)
def test_corrado_1989_over_the_days_tested(window: str) -> None:
    holed = returns(0.04)
    ar, _ = lines(holed)
    pool = np.concatenate([ar[:, :M], ar[:, inside(window)]], axis=1)
    count, length, means = pool.shape[1], pool.shape[1] - M, []
    ranks = [stats.rankdata(row, nan_policy="omit") - ((~np.isnan(row)).sum() + 1) / 2 for row in pool]
    for t in range(count):
        there = [row[t] for row in ranks if not np.isnan(row[t])]
        means.append(sum(there) / len(there))
    spread = sum(k**2 for k in means) / count * length * (count - length) / (count - 1)
    result = good(holed.one(CorradoRank(pool="window", scale="ranks"), window))
    assert result.statistic == pytest.approx(sum(means[M:]) / np.sqrt(spread), rel=CLOSE)
    assert result.statistic != holed.one(CorradoRank(pool="window"), window).statistic


@pytest.mark.parametrize("window", NAMED)
def test_cumrank(given: Made, window: str) -> None:
    ar, _ = lines(given)
    u, days = uniform(ar), inside(window)
    z, count = loop_z(u, days)
    t = z * np.sqrt((count - 2) / (count - 1 - z**2))
    result = good(given.one(CumrankT(), window))
    assert result.statistic == pytest.approx(t, rel=CLOSE)
    assert result.p_value == pytest.approx(2 * stats.t.sf(abs(t), count - 2), rel=CLOSE)
    own, length = (~np.isnan(ar)).sum(axis=1), len(days)
    variance = (length * (own - length) / (12 * (own + 1))).sum() / EVENTS**2
    total = np.nanmean(u[:, days], axis=0).sum()
    assert good(given.one(CumrankZ(), window)).statistic == pytest.approx(total / np.sqrt(variance), rel=CLOSE)


def test_cumrank_has_one_variance_only() -> None:
    """Z has that of independent events, and the bound of T is that of the finite population."""
    for kind in (CumrankT, CumrankZ):
        assert "variance" not in {*kind.choices, *(each.name for each in fields(kind))}
        with pytest.raises(TypeError, match="variance"):
            kind(variance="classical")  # type: ignore[call-arg]


@pytest.mark.parametrize("window", NAMED)
def test_corrado_zivney(given: Made, window: str) -> None:
    ar, sigma = lines(given)
    signs = np.sign(ar - np.nanmedian(ar, axis=1, keepdims=True))
    z, _ = loop_z(signs, inside(window))
    assert good(given.one(CorradoZivneySign(), window)).statistic == pytest.approx(z, rel=CLOSE)
    sar = given.residuals(np.arange(EVENTS)).known.abnormal.sar
    standard = np.concatenate([ar[:, :M] / sigma[:, None], sar / np.nanstd(sar, axis=0, ddof=1)], axis=1)
    z, _ = loop_z(uniform(standard), inside(window))
    assert good(given.one(CorradoZivneyRank(), window)).statistic == pytest.approx(z, rel=CLOSE)


@pytest.mark.parametrize("window", NAMED)
def test_grank(given: Made, window: str) -> None:
    ar, sigma = lines(given)
    every = np.arange(EVENTS)
    scar = given.residuals(every).known.abnormal.car(given.windows.window(window)).t
    used = ~np.isnan(scar)
    joined = np.column_stack([ar[used, :M] / sigma[used, None], scar[used] / scar[used].std(ddof=1)])
    u, n = uniform(joined), int(used.sum())
    counts = (~np.isnan(u)).sum(axis=0)
    means = np.nanmean(u, axis=0)
    days = M + 1
    z = means[-1] / np.sqrt((counts / n * means**2).sum() / days)
    t = z * np.sqrt((days - 2) / (days - 1 - z**2))
    result = good(given.one(GrankT(), window))
    assert result.statistic == pytest.approx(t, rel=CLOSE)
    assert result.p_value == pytest.approx(2 * stats.t.sf(abs(t), days - 2), rel=CLOSE)
    assert result.n == n
    assert "fewer than 30 events" in result.notes
    cautious = given.one(GrankT(reference="cautious"), window)
    assert cautious.p_value == pytest.approx(2 * stats.t.sf(abs(t), n - 1), rel=CLOSE)
    own = (~np.isnan(joined)).sum(axis=1)
    plain = means[-1] / np.sqrt(((own - 1) / (12 * (own + 1))).sum() / n**2)
    assert good(given.one(GrankZ(), window)).statistic == pytest.approx(plain, rel=CLOSE)
    correlated = good(given.one(GrankZ(rbar="event_time"), window))
    rbar = given.sample(window, (EventTimeCorrelation,)).accumulated[EventTimeCorrelation].mean().value  # type: ignore[attr-defined]
    assert correlated.statistic == pytest.approx(plain / np.sqrt(1 + (n - 1) * rbar), rel=CLOSE)
    assert correlated.notes.startswith(f"rbar = {rbar:.4g} over")


def test_one_more_value_joins_the_ranks_as_if_all_were_ranked() -> None:
    rng = np.random.default_rng(0)
    values = rng.integers(-4, 5, (200, 15)).astype(float)
    values[rng.random(values.shape) < 0.1] = np.nan
    more = rng.integers(-5, 6, 200).astype(float)
    more[[3, 90]] = np.nan
    joined = ~np.isnan(more)
    expected = DaySums.of(uniform(np.column_stack([values, more])[joined]))
    residuals = Residuals(np.arange(200), values, np.ones(200), np.zeros(200, dtype=np.int64))
    alone = EstimationRanks(uniform_sums(values)[1])
    ranks = GeneralizedRanks({"day0": more}, alone)
    ranks.add(residuals)
    ranks.finish(None, None, None)  # type: ignore[arg-type]
    found = ranks.sums["day0"]
    np.testing.assert_allclose(found.total, expected.total, rtol=0, atol=1e-12)
    np.testing.assert_array_equal(found.count, expected.count)
    np.testing.assert_array_equal(found.lengths, expected.lengths)


def test_finite_population_variance_by_enumeration() -> None:
    """All orders of one event's ranks: the sum over three of eight days has the variance L (D - L)/(D - 1) S^2."""
    days, length = 8, 3
    u = np.arange(1, days + 1) / (days + 1) - 0.5
    places = [combination for combination in product(range(days), repeat=length) if len(set(combination)) == length]
    sums = [u[list(place)].sum() for place in places]
    assert np.mean(np.square(sums)) == pytest.approx(length * (days - length) / (days - 1) * np.mean(u**2), rel=1e-12)


def test_sign_is_the_binomial_test() -> None:
    rng = np.random.default_rng(2)
    for n in (1, 2, 9, 30, 80):
        car = rng.normal(0.004, 0.02, n)
        positive = int((car > 0).sum())
        for side in ("two-sided", "greater", "less"):
            exact = stats.binomtest(positive, n, 0.5, alternative=side).pvalue
            (result,) = Sign(alternative=side, exact="always").run(sample(car))
            assert result.p_value == pytest.approx(exact, rel=CLOSE)
            (auto,) = Sign(alternative=side).run(sample(car))
            assert auto.distribution == ("exact" if n < 50 else "N(0,1)")
            z = (positive - n / 2) / np.sqrt(n / 4)
            assert auto.statistic == pytest.approx(z, rel=CLOSE)
            if n >= 50:
                assert f"exact binomial p = {exact:.6g}" in auto.notes
    (kept,) = Sign().run(sample([0.0, 0.0, 0.01]))
    (dropped,) = Sign(zeros="drop").run(sample([0.0, 0.0, 0.01]))
    assert (kept.n, dropped.n) == (3, 1)


@pytest.mark.parametrize("side", ["two-sided", "greater", "less"])
def test_wilcoxon_is_scipys(side: str) -> None:
    rng = np.random.default_rng(4)
    for n in (1, 3, 12, 50):
        car = rng.normal(0.005, 0.02, n)
        reference = stats.wilcoxon(car, alternative=side, method="exact")
        (result,) = Wilcoxon(alternative=side).run(sample(car))
        assert result.p_value == pytest.approx(float(reference.pvalue), rel=CLOSE)
        assert result.estimate == stats.rankdata(np.abs(car))[car > 0].sum()
    for car in (rng.normal(0.004, 0.02, 70), np.round(rng.normal(0.01, 0.02, 40), 2)):
        for correction in (False, True):
            kept = car[car != 0]
            reference = stats.wilcoxon(kept, alternative=side, method="approx", correction=correction)
            (result,) = Wilcoxon(alternative=side, correction=correction).run(sample(car))
            assert result.p_value == pytest.approx(float(reference.pvalue), rel=1e-9)
            assert result.distribution == "N(0,1)"


def test_wilcoxon_by_enumeration() -> None:
    car = np.array([0.011, -0.004, 0.025, -0.016, 0.003, 0.008])
    ranks = stats.rankdata(np.abs(car))
    sums = [ranks[np.array(signs, dtype=bool)].sum() for signs in product([0, 1], repeat=6)]
    observed = ranks[car > 0].sum()
    (result,) = Wilcoxon(alternative="greater").run(sample(car))
    assert result.p_value == np.mean(np.array(sums) >= observed)


def test_generalized_sign_in_its_other_forms() -> None:
    holed = returns(0.04)
    ar, _ = lines(holed)
    car = ar[:, inside("three")].sum(axis=1)
    used = ~np.isnan(car)
    residuals, positive = ar[used, :M], int((car[used] > 0).sum())
    n = int(used.sum())
    stretches = residuals[:, : M // 3 * 3].reshape(n, -1, 3).sum(axis=2)
    shares = {
        "daily": np.mean([(row > 0).sum() / (~np.isnan(row)).sum() for row in residuals]),
        "pooled": (residuals > 0).sum() / (~np.isnan(residuals)).sum(),
        "window": np.mean([(row > 0).sum() / (~np.isnan(row)).sum() for row in stretches]),
    }
    for p_hat, p in shares.items():
        z = (positive - n * p) / np.sqrt(n * p * (1 - p))
        assert good(holed.one(GeneralizedSign(p_hat=p_hat), "three")).statistic == pytest.approx(z, rel=CLOSE)


@pytest.mark.parametrize("weights", ["inverse_variance", "inverse_sd", "equal"])
def test_jackknife_by_leaving_each_event_out(weights: str) -> None:
    rng = np.random.default_rng(6)
    car, error = rng.normal(0.004, 0.02, 15), rng.uniform(0.01, 0.04, 15)
    weight = {"inverse_variance": error**-2, "inverse_sd": 1 / error, "equal": np.ones(15)}[weights]
    theta = np.average(car, weights=weight)
    pseudo = [15 * theta - 14 * np.average(np.delete(car, i), weights=np.delete(weight, i)) for i in range(15)]
    reference = stats.ttest_1samp(pseudo, 0)
    (result,) = Jackknife(weights=weights).run(sample(car, std_error=error))
    assert result.statistic == pytest.approx(reference.statistic, rel=CLOSE)
    assert result.p_value == pytest.approx(reference.pvalue, rel=CLOSE)
    assert result.estimate == pytest.approx(theta, rel=CLOSE)
    if weights == "equal":
        assert result.statistic == pytest.approx(stats.ttest_1samp(car, 0).statistic, rel=CLOSE)


def test_dispersion_of_columns_needs_two_different_values() -> None:
    values = np.array([[1.0, 2.0, np.nan, 0.1], [1.0, 4.0, 3.0, 0.1], [1.0, np.nan, np.nan, 0.1]])
    np.testing.assert_allclose(column_dispersion(values), [np.nan, np.sqrt(2), np.nan, np.nan])
    assert np.isnan(column_dispersion(np.empty((0, 2)))).all()


def test_a_window_of_all_ranked_days_has_no_rank_test() -> None:
    scores = np.array([[-0.25, 0.0, 0.25], [0.0, 0.25, -0.25]])
    assert cumulated(DaySums.of(scores), slice(0, 3)) == Reason.WINDOW_TOO_LONG
    assert cumulated(DaySums.of(np.zeros((2, 3))), slice(0, 1)) == Reason.NO_DISPERSION
    y, x = market(1, 6, 12)
    y[:, 3:6] = np.nan
    few = made(y, x, estimation=6, before=0, named={"all": (0, 5)})
    assert few.one(CorradoRank(), "all").reason == Reason.NO_EVENTS
