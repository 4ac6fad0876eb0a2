"""Resampling tests on random samples with ties, gaps and clusters, against METHODS 4.9 and 4.11 as plain loops.

Where all patterns are gone through, the loops go through them too; else they take the same draws.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations, product
from math import copysign, inf, isinf, sqrt

import numpy as np
import pytest

from eventstudy.errors import Reason
from eventstudy.inference import (
    BharBootstrap,
    PairsBootstrap,
    Permutation,
    ResidualBootstrap,
    TestResult,
    WildBootstrap,
)
from eventstudy.inference.adjust import step_down
from eventstudy.inference.seeds import generator
from tests.inference.samples import sample

SIGNS = (-1.0, 1.0)
SIX = (-sqrt(1.5), -1.0, -sqrt(0.5), sqrt(0.5), 1.0, sqrt(1.5))
LENGTH = 3
Values = Sequence[float]


def mean(x: Values) -> float:
    return sum(x) / len(x)


def deviation(x: Values) -> float:
    return sqrt(sum((each - mean(x)) ** 2 for each in x) / (len(x) - 1))


def far(x: float) -> float:
    return copysign(inf, x) if x else 0.0


def clustered_t(x: Values, cluster: Sequence[int]) -> float:
    """Return t of METHODS 4.12 of the values that are there; infinite without dispersion, NaN without two clusters."""
    there = [place for place, each in enumerate(x) if not np.isnan(each)]
    x, cluster = [x[place] for place in there], [cluster[place] for place in there]
    groups = {*cluster}
    if len(groups) < 2:
        return far(mean(x)) if x else 0.0
    sums = [sum(each - mean(x) for each, code in zip(x, cluster, strict=True) if code == group) for group in groups]
    spread, size = sum(each**2 for each in sums), sum(each**2 for each in x)
    if spread <= 1e-13 * size:
        return far(mean(x)) if abs(mean(x)) > 1e-9 * sqrt(size) else 0.0
    return mean(x) / sqrt(len(groups) / (len(groups) - 1) * spread) * len(x)


def p_values(t: float, drawn: Values, *, exact: bool) -> tuple[float, float, float]:
    """Return the two-sided, the greater and the less p-value."""
    slack = 1e-9 * max(1.0, abs(t))
    two = sum(abs(each) >= abs(t) - slack for each in drawn)
    greater, less = sum(each >= t - slack for each in drawn), sum(each <= t + slack for each in drawn)
    added = 0 if exact else 1
    return tuple((count + added) / (len(drawn) + added) for count in (two, greater, less))  # type: ignore[return-value]


def check(found: TestResult, t: float, drawn: Values, *, exact: bool = False) -> None:
    assert found.reason == Reason.OK
    assert found.statistic == pytest.approx(t, rel=1e-9)
    tails = (found.p_two_sided, found.p_greater, found.p_less)
    assert tails == pytest.approx(p_values(t, drawn, exact=exact), abs=1e-12)
    assert found.distribution == ("exact" if exact else f"bootstrap({len(drawn)})")


def codes(how: str, days: Sequence[int]) -> list[int]:
    """Return what is drawn together, numbered in the order of time, of windows of `LENGTH` days from each day on."""
    if how == "none":
        return list(range(len(days)))
    reach = 0 if how == "date" else LENGTH - 1
    number, cluster = -1, dict[int, int]()
    for day in sorted(set(days)):
        number += not any(other in cluster for other in range(day - reach, day))
        cluster[day] = number
    return [cluster[day] for day in days]


def signs(rng: np.random.Generator, draws: int, count: int) -> np.ndarray:
    width = -(-count // 8)
    bits = np.frombuffer(rng.bytes(draws * width), dtype=np.uint8).reshape(draws, width)
    return 2.0 * np.unpackbits(bits, axis=1)[:, :count] - 1.0


def redrawn(x: Values, cluster: Sequence[int], picked: Sequence[int]) -> float:
    """Return t of clusters drawn with replacement; each draw of one is a cluster of its own."""
    pairs = [
        (each, place)
        for place, wanted in enumerate(picked)
        for each, code in zip(x, cluster, strict=True)
        if code == wanted
    ]
    return clustered_t([each for each, _ in pairs], [place for _, place in pairs])


def events(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return CARs and days of two to nine events: heavy tails, in every other sample with ties and zeros."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 10))
    car = rng.standard_t(3, n) / 50 + rng.choice([0, 0.01])
    return (car.round(2) if seed % 2 else car), rng.integers(0, 10, n)


@pytest.mark.parametrize("how", ["none", "date", "block"])
@pytest.mark.parametrize("seed", range(12))
def test_wild_and_pairs_bootstrap(seed: int, how: str) -> None:
    car, days = events(seed)
    day0 = np.datetime64("2024-01-02") + days
    span = np.column_stack([day0, day0 + LENGTH - 1])
    given = sample(car, day0=day0, end=LENGTH - 1, span=span, seed=seed)
    cluster = codes(how, days.tolist())
    count, t = len({*cluster}), clustered_t(car.tolist(), cluster)
    if count < 2 or isinf(t) or not car.any():
        assert WildBootstrap(cluster=how).run(given)[0].reason != Reason.OK
        return
    for weights, points in (("rademacher", SIGNS), ("webb", SIX)):
        for null_imposed in (True, False):
            test = WildBootstrap(draws=999, weights=weights, null_imposed=null_imposed, cluster=how)
            exact = null_imposed and len(points) ** count <= 999
            rng = generator(given.seed, "wild_bootstrap")
            made = (
                list(product(points, repeat=count))
                if exact
                else signs(rng, 999, count)
                if weights == "rademacher"
                else np.array(SIX)[rng.integers(0, 6, (999, count))]
            )
            base = car if null_imposed else car - car.mean()
            drawn = [clustered_t([x * v[code] for x, code in zip(base, cluster, strict=True)], cluster) for v in made]
            check(test.run(given)[0], t, drawn, exact=exact)
    picks = generator(given.seed, "pairs_bootstrap").integers(0, count, (199, count))
    drawn = [redrawn((car - car.mean()).tolist(), cluster, picked) for picked in picks]
    check(PairsBootstrap(draws=199, cluster=how).run(given)[0], t, drawn)


@pytest.mark.parametrize("seed", range(20))
def test_permutation_of_days(seed: int) -> None:
    rng = np.random.default_rng(seed)
    days, length = int(rng.integers(6, 13)), int(rng.integers(1, 4))
    residuals, ar = rng.standard_t(4, (2, days)) / 50, rng.standard_t(4, (2, length)) / 50 + 0.01
    residuals[rng.random(residuals.shape) < 0.1] = np.nan
    if length > 1:
        ar[0, 0] = np.nan
    given = sample(np.nansum(ar, axis=1), residuals=residuals, ar=ar, end=length - 1, seed=seed)
    for draws in (999, 99):
        for row, found in enumerate(Permutation(draws=draws).run(given)):
            before, window = ([x for x in each[row].tolist() if not np.isnan(x)] for each in (residuals, ar))
            pool, chosen = before + window, len(window)

            def t(places: Sequence[int], pool: list[float] = pool) -> float:
                left = [x for place, x in enumerate(pool) if place not in {*places}]
                return sum(pool[place] for place in places) / (sqrt(len(places)) * deviation(left))

            every = list(combinations(range(len(pool)), chosen))
            exact = len(every) <= draws
            if not exact:
                uniform = generator(given.seed, "permutation", str(len(pool))).random((draws, len(pool)))
                every = [tuple(np.argsort(each)[:chosen].tolist()) for each in uniform]
            check(found, t(range(len(before), len(pool))), [t(each) for each in every], exact=exact)


def johnson(x: Values, about: float) -> float:
    n, s = len(x), deviation(x)
    if s <= 1e-12 * max(map(abs, x)):
        return far(mean(x) - about)
    ratio, skew = (mean(x) - about) / s, sum((each - mean(x)) ** 3 for each in x) / (n * s**3)
    return sqrt(n) * (ratio + skew * ratio**2 / 3 + skew / (6 * n))


@pytest.mark.parametrize("share", [0.25, 1.0])
@pytest.mark.parametrize("seed", range(6))
def test_skewness_adjusted_bootstrap(seed: int, share: float) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(5, 40))
    held = rng.lognormal(0, 0.3, n) - 1
    held = held.round(1) if seed % 2 else held
    held[3] = np.nan
    given = sample(held, seed=seed)
    x = [held[place] for place in sorted(range(n), key=lambda place: f"e{place}") if place != 3]
    picks = generator(given.seed, "bhar_bootstrap").integers(0, n - 1, (199, max(3, int((n - 1) * share))))
    drawn = [johnson([x[place] for place in picked], float(np.mean(x))) for picked in picks]
    (found,) = BharBootstrap(draws=199, share=share).run(given)
    t = johnson(x, 0.0)
    _, greater, less = p_values(t, drawn, exact=False)
    assert (found.n, found.statistic) == (n - 1, pytest.approx(t, rel=1e-9))
    tails = (found.p_two_sided, found.p_greater, found.p_less)
    assert tails == pytest.approx((min(1.0, 2 * min(greater, less)), greater, less), abs=1e-12)


@pytest.mark.parametrize("seed", range(8))
def test_whole_days_of_residuals(seed: int) -> None:
    rng = np.random.default_rng(seed)
    count, days, length = int(rng.integers(1, 6)), int(rng.integers(8, 30)), int(rng.integers(1, 4))
    residuals, car = rng.normal(0, 0.02, (count, days)), rng.normal(0.01, 0.02, count)
    residuals[rng.random(residuals.shape) < 0.2] = np.nan
    given = sample(car, residuals=residuals, end=length - 1, seed=seed)
    of_day = [[x for x in day if not np.isnan(x)] for day in residuals.T.tolist()]
    means = [mean(day) for day in of_day if day]
    drawn = []
    for picked in generator(given.seed, "residual_bootstrap").integers(0, len(means), (199, len(means) + length)):
        estimation, window = ([means[place] for place in part] for part in np.split(picked, [len(means)]))
        drawn.append((sum(window) - length * mean(estimation)) / (sqrt(length) * deviation(estimation)))
    (found,) = ResidualBootstrap(draws=199).run(given)
    check(found, mean(car.tolist()) / (sqrt(length) * deviation(means)), drawn)


def stepped_down(t: dict[int, float], drawn: list[dict[int, float]], *, exact: bool) -> dict[int, float]:
    left, found, before, added = {*t}, dict[int, float](), 0.0, 0 if exact else 1
    while left:
        largest = max(left, key=lambda each: abs(t[each]))
        size = abs(t[largest])
        count = sum(max(abs(row[each]) for each in left) >= size - 1e-9 * max(1.0, size) for row in drawn)
        before = found[largest] = max(before, (count + added) / (len(drawn) + added))
        left.remove(largest)
    return found


@pytest.mark.parametrize("scheme", ["pairs", "wild"])
@pytest.mark.parametrize("seed", range(14))
def test_romano_and_wolf(seed: int, scheme: str) -> None:
    """Events of some columns are missing, some columns are ties or mirrors of each other, and clusters may be few."""
    rng = np.random.default_rng(seed)
    n, columns = int(rng.integers(12, 25)), int(rng.integers(2, 5))
    x = rng.normal(0.006, 0.02, (n, columns))
    x = x.round(2) if seed % 3 == 0 else x
    if seed % 2:
        x[rng.random(x.shape) < 0.15] = np.nan
    if seed % 4 == 0:
        x[:, 1] = -x[:, 0]
    most = n if scheme == "pairs" or seed % 2 else 6
    cluster = np.unique(rng.integers(0, most, n), return_inverse=True)[1].tolist()
    count = max(cluster) + 1
    found = step_down(x, np.array(cluster), 99, np.random.default_rng(seed), scheme=scheme)

    def each_column(t: Callable[[list[float]], float], values: np.ndarray) -> dict[int, float]:
        return {column: t(values[:, column].tolist()) for column in tested}

    fewest = 10 if scheme == "pairs" else 2
    tested = [
        column
        for column in range(columns)
        if len({code for each, code in zip(x[:, column], cluster, strict=True) if not np.isnan(each)}) >= fewest
    ]
    assert np.flatnonzero(found.tested).tolist() == tested
    own, again = each_column(lambda each: clustered_t(each, cluster), x), np.random.default_rng(seed)
    exact = scheme == "wild" and 2**count <= 99
    if scheme == "pairs":
        centred = x - np.nanmean(x, axis=0)
        picks = again.integers(0, count, (99, count)) if tested else []
        drawn = [each_column(lambda each, picked=picked: redrawn(each, cluster, picked), centred) for picked in picks]
    else:
        made = list(product(SIGNS, repeat=count)) if exact else signs(again, 99, count)
        flips = [np.array([[v[code]] for code in cluster]) for v in made]
        drawn = [each_column(lambda each: clustered_t(each, cluster), x * flip) for flip in flips]
    expected = stepped_down(own, drawn, exact=exact)
    for column in tested:
        assert found.p_adjusted[column] == pytest.approx(expected[column], abs=1e-12)
        alone = p_values(own[column], [row[column] for row in drawn], exact=exact)
        assert [float(tail[column]) for tail in found.p] == pytest.approx(alone, abs=1e-12)
    assert (found.exact, found.draws) == (exact and bool(tested), len(drawn))
