"""Diagnostics against plain loops, and the adviser's rules one by one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from eventstudy.datasets import load_alibaba
from eventstudy.errors import Reason
from eventstudy.events import Events
from eventstudy.inference import TESTS, TestResult
from eventstudy.inference.advice_rules import CAVEATS, RULES, SITUATIONS
from eventstudy.inference.adviser import Advice, advise, rules_table, without_value
from eventstudy.inference.diagnostics import CommonVariation, Diagnostics, diagnose, overlaps
from eventstudy.panels import PricePanel
from eventstudy.returns.accumulators import Residuals
from eventstudy.study import Study
from tests.inference.samples import sample

PLAIN = Diagnostics(
    n=100,
    length=3,
    dates=100,
    largest=1,
    overlapping=0,
    correlation=0.0,
    effective_n=100.0,
    variance_ratio=1.05,
    variance_p=0.4,
    skewness=0.2,
    thin=0.01,
)
NAMES = sorted({name for rule in RULES for name in rule.tests} | {name for each in SITUATIONS for name in each.tests})


def advice(**changes: float) -> Advice:
    return advise(replace(PLAIN, **changes), NAMES)  # type: ignore[arg-type]


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
    found = diagnose(given, returns)
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
    none = diagnose(sample([]), np.empty((0, 3)))
    assert (none.n, none.dates, none.largest) == (0, 0, 0)
    assert advise(none, NAMES).headline == ""
    one = diagnose(sample([0.01], residuals=np.ones((1, 9)) / 100, sigma=np.array([0.01])), np.array([[0.01]]))
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
        ("one date", {"dates": 1, "largest": 100}),
        ("few dates", {"dates": 7}),
        ("few patterns", {"dates": 4}),
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
    greyed = set(advice(**changes).greyed)
    assert found.fails(replace(PLAIN, **changes))  # type: ignore[arg-type]
    assert not found.fails(PLAIN)
    assert set(found.tests) <= greyed
    for name in found.tests:
        verdict = advice(**changes).verdict(name)
        assert verdict.because
        assert verdict.source
        assert "{" not in verdict.because


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
