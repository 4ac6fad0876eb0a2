"""Diagnostics against plain loops, and the adviser's rules one by one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from eventstudy.datasets import load_alibaba
from eventstudy.errors import Reason
from eventstudy.events import Events
from eventstudy.inference import (
    TESTS,
    CalendarTime,
    ClusterT,
    HypothesisTest,
    PairsBootstrap,
    TestResult,
    WildBootstrap,
)
from eventstudy.inference.advice_rules import CAVEATS, ORDINARY, RULES, SITUATIONS
from eventstudy.inference.adviser import Advice, advise, rules_table, without_value
from eventstudy.inference.diagnostics import CommonVariation, Diagnostics, diagnose, overlaps
from eventstudy.panels import PricePanel
from eventstudy.returns.accumulators import Residuals
from eventstudy.study import Study
from tests.inference.made import Made, made
from tests.inference.samples import sample

PLAIN = Diagnostics(
    n=100,
    length=3,
    dates=100,
    largest=1,
    overlapping=0,
    blocks=100,
    correlation=0.0,
    effective_n=100.0,
    staggering=1.0,
    variance_ratio=1.05,
    variance_p=0.4,
    skewness=0.2,
    thin=0.01,
)
NAMES = sorted({name for rule in RULES for name in rule.tests} | {name for each in SITUATIONS for name in each.tests})


def advice(*asked: HypothesisTest, **changes: float) -> Advice:
    return advise(replace(PLAIN, **changes), NAMES, asked=asked)  # type: ignore[arg-type]


def test_mean_correlation_is_that_of_all_pairs() -> None:
    rng = np.random.default_rng(0)
    sessions = np.array([0, 3, 3, 40, 200])
    values = rng.normal(0, 0.02, (5, 60)) + 0.01
    values[1, 10] = np.nan
    sigma = np.array([0.02, 0.03, 0.01, 0.02, 0.02])
    held = CommonVariation()
    for part in (slice(0, 2), slice(2, 5)):
        block = CommonVariation()
        block.add(Residuals(np.arange(5)[part], values[part], sigma[part], sessions[part]))
        held.merge(block)
    products = []
    for i in range(5):
        for j in range(i):
            for t in range(300):
                a, b = t - sessions[i], t - sessions[j]
                if 0 <= a < 60 and 0 <= b < 60 and not np.isnan(values[i, a] * values[j, b]):
                    products.append(values[i, a] / sigma[i] * values[j, b] / sigma[j])
    assert held.mean_correlation == pytest.approx(np.mean(products), rel=1e-10)
    assert held.sessions(np.array([4, 0])).tolist() == [200, 0]
    assert np.isnan(CommonVariation().mean_correlation)


@pytest.mark.parametrize("seed", range(4))
def test_overlaps_as_a_loop(seed: int) -> None:
    sessions = np.random.default_rng(seed).integers(0, 40, 15)
    shared = [max(0, 5 - abs(int(a) - int(b))) for place, a in enumerate(sessions) for b in sessions[:place]]
    pairs, share = overlaps(sessions, 5)
    assert pairs == sum(each > 0 for each in shared)
    assert share == pytest.approx(sum(shared) / 5 / len(shared), rel=1e-12)
    assert overlaps(sessions[:1], 5) == (0, 0.0)


def test_diagnostics_by_hand() -> None:
    rng = np.random.default_rng(1)
    car = rng.lognormal(0, 1, 12) / 50
    residuals = rng.normal(0, 0.02, (12, 50))
    given = sample(
        car,
        residuals=residuals,
        day0=["2024-01-02"] * 3 + [f"2024-02-{day:02d}" for day in range(1, 10)],
        session=np.array([0, 0, 0, *range(20, 29)]),
        sigma=np.full(12, 0.02),
        end=1,
    )
    returns = np.where(rng.random((12, 5)) < 0.3, 0.0, 0.01)
    found = diagnose(given, (returns == 0).sum(axis=1), 5)
    assert (found.n, found.length, found.dates, found.largest) == (12, 2, 10, 3)
    assert found.overlapping == 3 + 8
    scar = car / 0.02
    ratio = scar.var(ddof=1) / (98 / 96)
    assert found.variance_ratio == pytest.approx(ratio, rel=1e-12)
    assert found.variance_p == pytest.approx(stats.chi2.sf(11 * ratio, 11), rel=1e-10)
    assert found.skewness == pytest.approx(stats.skew(car), rel=1e-10)
    assert found.thin == pytest.approx((returns == 0).mean(), rel=1e-12)
    overlap = (3 * 2 + 8 * 1) / 2 / 66
    common = given.accumulated[CommonVariation]
    assert isinstance(common, CommonVariation)
    assert found.correlation == pytest.approx(common.mean_correlation * overlap, rel=1e-12)
    assert found.effective_n == pytest.approx(12 / (1 + 11 * found.correlation), rel=1e-12)


def test_diagnostics_of_no_event_and_of_one() -> None:
    none = diagnose(sample([]), np.empty(0, dtype=np.int64), 3)
    assert (none.n, none.dates, none.largest) == (0, 0, 0)
    assert advise(none, NAMES).headline == ""
    one = diagnose(
        sample([0.01], residuals=np.ones((1, 9)) / 100, sigma=np.array([0.01])), np.zeros(1, dtype=np.int64), 1
    )
    assert np.isnan(one.variance_ratio)
    assert advise(one, NAMES).headline == "t"


@pytest.mark.parametrize(
    ("changes", "headline"),
    [
        ({}, "bmp"),
        ({"n": 1, "dates": 1, "effective_n": 1}, "t"),
        ({"largest": 6}, "kolari_pynnonen"),
        ({"effective_n": 70, "overlapping": 900}, "kolari_pynnonen"),
        ({"largest": 5}, "bmp"),
        ({"dates": 1, "largest": 100, "effective_n": 4}, "portfolio"),
        ({"n": 2, "dates": 1, "largest": 2, "effective_n": 1.5}, "portfolio"),
        ({"n": 2, "dates": 1, "largest": 2, "effective_n": 1.5, "skewness": float("nan")}, "portfolio"),
        ({"dates": 1, "largest": 100, "variance_ratio": 2.0, "variance_p": 0.001}, "kolari_pynnonen"),
        ({"n": 15, "dates": 15, "skewness": 1.6, "effective_n": 15}, "generalized_sign"),
        ({"length": 120, "largest": 9}, "calendar_time"),
        ({"length": 120}, "bhar_bootstrap"),
        ({"skewness": 1.6}, "bmp"),
        ({"effective_n": 30, "staggering": 3.0, "overlapping": 700, "blocks": 1}, "kolari_pynnonen"),
        ({"length": 120, "largest": 9, "staggering": 3.0}, "kolari_pynnonen"),
    ],
)
def test_the_headline_of_each_situation(changes: dict[str, float], headline: str) -> None:
    assert advice(**changes).headline == headline
    assert advice(**changes).verdict(headline).standing == "headline"


@pytest.mark.parametrize(
    ("rule", "changes"),
    [
        ("one event", {"n": 1}),
        ("shared dates", {"largest": 40}),
        ("shared dates, each event a cluster", {"largest": 40}),
        ("one date", {"dates": 1, "largest": 100}),
        ("one block", {"blocks": 1}),
        ("few dates", {"dates": 7}),
        ("few blocks", {"blocks": 7}),
        ("few patterns", {"dates": 4}),
        ("few patterns of blocks", {"blocks": 4}),
        ("windows overlap across dates", {"staggering": 1.3}),
        ("windows overlap across dates, clusters by date", {"staggering": 1.3}),
        ("windows overlap across dates, correlation by relative day", {"staggering": 1.3}),
        ("windows overlap across dates, sessions by their firms", {"staggering": 1.3}),
        ("event-induced variance", {"variance_ratio": 2.0, "variance_p": 0.001}),
        ("skewness", {"skewness": -1.4}),
        ("skewness of a small sample", {"n": 20, "skewness": 1.4}),
        ("thin trading", {"thin": 0.3}),
        ("few events for GRANK", {"n": 25}),
        ("few events for resamples", {"n": 15}),
        ("no more events than days", {"n": 10, "length": 10}),
        ("long window", {"length": 61}),
        ("long window against itself", {"length": 61}),
    ],
)
def test_each_rule_greys_its_tests_where_it_holds_and_not_elsewhere(rule: str, changes: dict[str, float]) -> None:
    (found,) = [each for each in RULES if each.name == rule]
    asked = [worded(name, found.where) for name in found.tests] if found.where else []
    greyed = set(advice(*asked, **changes).greyed)
    assert found.fails(replace(PLAIN, **changes))  # type: ignore[arg-type]
    assert not found.fails(PLAIN)
    assert set(found.tests) <= greyed
    for name in found.tests:
        verdict = advice(*asked, **changes).verdict(name)
        assert verdict.because
        assert verdict.source
        assert "{" not in verdict.because


def worded(name: str, words: Mapping[str, str]) -> HypothesisTest:
    return TESTS.get(name)(**words)


def test_what_rules_take_as_ordinary_are_the_defaults() -> None:
    for rule in RULES:
        for name in rule.tests:
            for option in rule.where:
                assert getattr(TESTS.get(name)(), option) == ORDINARY[option]


STAGGERED = {"dates": 100, "staggering": 2.0, "effective_n": 40, "overlapping": 900}


def test_blocks_enough_in_number_are_not_greyed() -> None:
    by_block = [kind(cluster="block") for kind in (WildBootstrap, PairsBootstrap, ClusterT)]
    kinds = [each.kind for each in by_block]
    assert set(kinds) <= set(advice(**STAGGERED, blocks=30).greyed)
    assert set(kinds).isdisjoint(advice(*by_block, **STAGGERED, blocks=30).greyed)
    few = advice(*by_block, **STAGGERED, blocks=8)
    assert (few.verdict("cluster_t").standing, few.verdict("wild_bootstrap").standing) == ("greyed", "shown")
    assert few.verdict("cluster_t").because == "clusters by block need ten blocks or more, and there are 8"
    # Whoever runs both forms hears of the one that fails.
    both = advice(*by_block, WildBootstrap(), **STAGGERED, blocks=30)
    assert "cluster: block takes such events together" in both.verdict("wild_bootstrap").because
    equal = advice(CalendarTime(weights="equal"), **STAGGERED, blocks=1)
    assert equal.verdict("calendar_time").standing == "shown"


def staggered(rng: np.random.Generator, day0: np.ndarray, correlation: float) -> Made:
    """Return events with a common factor of each session, 100 estimation sessions and windows of 21."""
    n, days = len(day0), 121
    start = day0 - day0.min()
    market, factor = rng.normal(0, 0.01, start.max() + days), rng.normal(size=start.max() + days)
    x = np.array([market[place : place + days] for place in start])
    common = np.array([factor[place : place + days] for place in start])
    noise = np.sqrt(correlation) * common + np.sqrt(1 - correlation) * rng.normal(size=(n, days))
    return made(x + 0.02 * noise, x, estimation=100, before=10, named={"w": (-10, 10)}, day0=day0)


def test_windows_on_consecutive_dates_grey_what_does_not_see_them() -> None:
    given = staggered(np.random.default_rng(1), 500 + np.arange(40), 0.2)
    found = diagnose(given.sample("w", (CommonVariation,)), np.zeros(40, dtype=np.int64), 21)
    # Each pair of events a and b shares max(0, 21 - |a - b|) of 21 sessions; none shares a date.
    shares = [max(0, 21 - (a - b)) / 21 for a in range(40) for b in range(a)]
    held = given.accumulated((CommonVariation,))[CommonVariation]
    assert isinstance(held, CommonVariation)
    assert found.correlation == pytest.approx(held.mean_correlation * np.mean(shares), rel=1e-12)
    assert found.staggering == pytest.approx(1 + 39 * found.correlation, rel=1e-12)
    assert (found.blocks, found.dates) == (1, 40)
    said = advise(found, TESTS.names())
    assert said.headline == "kolari_pynnonen"
    blind = "grank_t cumrank_t corrado_rank corrado_zivney_sign corrado_zivney_rank crude_dependence residual_bootstrap"
    clusters = "cluster_t wild_bootstrap pairs_bootstrap calendar_time"
    assert {*blind.split(), *clusters.split()} <= set(said.greyed)
    assert "windows overlap across 40 dates" in said.verdict("corrado_rank").because


def test_dates_that_are_shared_and_far_apart_change_nothing() -> None:
    given = staggered(np.random.default_rng(2), np.repeat(500 + 40 * np.arange(12), 4), 0.3)
    found = diagnose(given.sample("w", (CommonVariation,)), np.zeros(48, dtype=np.int64), 21)
    assert found.staggering == pytest.approx(1.0, rel=1e-12)
    assert (found.blocks, found.dates) == (12, 12)
    assert found.clustered
    said = advise(found, TESTS.names())
    assert said.headline == "kolari_pynnonen"
    shown = {"grank_t", "corrado_rank", "crude_dependence", "cluster_t", "wild_bootstrap", "calendar_time"}
    assert shown.isdisjoint(said.greyed)


def test_staggering_leaves_out_what_dates_share() -> None:
    day0 = np.array([500, 500, 500, 507, 507, 514, 521, 521])
    given = staggered(np.random.default_rng(3), day0, 0.4)
    found = diagnose(given.sample("w", (CommonVariation,)), np.zeros(8, dtype=np.int64), 21)
    held = given.accumulated((CommonVariation,))[CommonVariation]
    assert isinstance(held, CommonVariation)
    pairs = [(a, b) for place, a in enumerate(day0) for b in day0[:place]]
    whole = 7 * held.mean_correlation * np.mean([max(0, 21 - abs(a - b)) / 21 for a, b in pairs])
    same = 7 * held.mean_correlation * np.mean([a == b for a, b in pairs])
    assert found.staggering == pytest.approx((1 + whole) / (1 + same), rel=1e-12)


def test_the_rules_above_are_all_the_rules() -> None:
    parameters = test_each_rule_greys_its_tests_where_it_holds_and_not_elsewhere.pytestmark[0].args[1]
    assert [rule for rule, _ in parameters] == [rule.name for rule in RULES]
    assert advice().greyed == ()


def test_only_tests_that_there_are_are_named() -> None:
    assert advise(PLAIN, ["cross_sectional", "sign"]).headline == "cross_sectional"
    nothing = advise(replace(PLAIN, largest=90), ["sign"])
    assert nothing.headline == ""
    assert nothing.why.startswith("No test of the list fits (common or overlapping dates)")


def test_every_test_of_the_rules_is_a_test() -> None:
    assert set(NAMES) <= set(TESTS.names())


def test_it_shows_itself() -> None:
    found = advice(largest=6)
    assert repr(found).startswith(
        "Advice(kolari_pynnonen: Believe kolari_pynnonen (common or overlapping dates): 6 of 100"
    )
    assert "N = 100 on 100 dates" in found.summary()
    assert "<table" in found._repr_html_()
    assert found.to_frame()["standing"].value_counts()["headline"] == 1
    rules = rules_table().rows
    assert len(rules) == len(RULES) + len(SITUATIONS) + len(CAVEATS)
    assert rules[-1 - len(CAVEATS)][2] == "the estimation window holds too few windows of <length> sessions"
    assert rules[-1][1] == "beware: kolari_pynnonen, grank_t"


def test_quiet_correlation_is_told_where_event_days_are_wilder() -> None:
    wild = advice(largest=6, variance_ratio=2.0, variance_p=0.001)
    sentence = (
        "its correlation is that of quiet days, and around these events the variance is 2.0 times as large; where that "
        "is each firm's own, it rejects too seldom"
    )
    assert wild.headline == "kolari_pynnonen"
    assert wild.verdict("kolari_pynnonen").because.endswith(f"; {sentence}")
    assert sentence in wild.why
    assert (wild.verdict("grank_t").standing, wild.verdict("grank_t").because) == ("shown", sentence)
    assert "quiet" not in advice(largest=6).why
    assert "quiet" not in advice(variance_ratio=2.0, variance_p=0.001).verdict("kolari_pynnonen").because


def test_a_test_without_a_value_is_no_headline() -> None:
    def result(test: str, reason: Reason = Reason.OK) -> TestResult:
        return TestResult(test=test, null="", measure="car", n=5, reason=reason)

    lost = Reason.TOO_CORRELATED
    found = without_value([result("t", lost), result("kolari_pynnonen", lost), result("t"), result("bmp")])
    assert found == {"kolari_pynnonen": lost}
    crowded = replace(PLAIN, largest=6)
    assert advise(crowded, NAMES, found).headline == "grank_t"
    greyed = advise(crowded, NAMES, found).verdict("kolari_pynnonen")
    assert (greyed.standing, greyed.because) == ("greyed", "it has no value here (too_correlated)")


def test_the_same_firm_five_times_on_one_date() -> None:
    sample = load_alibaba()
    frame = sample.prices.to_frame()
    own = frame[frame["symbol"] == "BABA"]
    copies = [own.assign(symbol=f"B{i}") for i in range(5)]
    prices = PricePanel.from_frame(pd.concat([frame[frame["symbol"] == "SPY"], *copies]))
    events = Events.from_frame(pd.DataFrame({"symbol": [f"B{i}" for i in range(5)], "date": "2025-02-20"}))
    asked = ["kolari_pynnonen", "portfolio", "hotelling"]
    result = Study(benchmark="SPY", tests=asked, reaction=False).run(events, prices)
    assert result.advice.headline == "portfolio"
    assert result.advice.verdict("kolari_pynnonen").standing == "greyed"
    table = result.tests.drop_duplicates("test").set_index("test")
    assert np.isfinite(table.loc["portfolio", "statistic"])
    assert table.loc["kolari_pynnonen", "reason"] in {"too_correlated", "no_dispersion"}
