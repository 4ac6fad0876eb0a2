"""What a study says of many questions at once: adjusted tests, groups, regressions, advice."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from scipy import stats
from statsmodels.stats.multitest import multipletests

from eventstudy.errors import InputError, UnknownNameError
from eventstudy.events import Events
from eventstudy.execution import Engine
from eventstudy.inference import BharBootstrap, PairsBootstrap, Permutation, ResidualBootstrap, WildBootstrap
from eventstudy.panels import PricePanel
from eventstudy.result import StudyResult
from eventstudy.returns import Windows
from eventstudy.study import Study
from tests.made_up import made_up_events, made_up_returns

SYMBOLS = [f"S{number:02d}" for number in range(12)]
DRAWS = 199
STUDY = Study(
    windows=Windows(estimation=(-120, -11), event=(-2, 5), named={"day0": (0, 0), "week": (0, 4)}),
    models=["market", "market_adjusted"],
    benchmark="MKT",
    tests=[
        "t",
        "cross_sectional",
        WildBootstrap(draws=DRAWS),
        PairsBootstrap(draws=DRAWS),
        BharBootstrap(draws=DRAWS),
        ResidualBootstrap(draws=DRAWS),
        "placebo",
        Permutation(draws=DRAWS),
    ],
    group_by=["quintile"],
    reaction=False,
    seed=11,
)


def inputs() -> tuple[Events, PricePanel]:
    prices = PricePanel.from_frame(made_up_returns(3, 12, 500))
    frame = made_up_events(SYMBOLS, [150, 250, 330, 410]).to_frame()
    rng = np.random.default_rng(5)
    frame["quintile"] = [str(place % 3 + 1) for place in range(len(frame))]
    frame["growth"] = rng.normal(0, 1, len(frame))
    # One date an event: those of a date are drawn together.
    shift = rng.integers(0, 30, len(frame))
    frame["date"] = pd.to_datetime(frame["date"]) + pd.to_timedelta(shift, unit="D")
    keep = frame["date"].dt.day_of_week < 5
    frame = frame[keep].assign(date=lambda each: each["date"].dt.strftime("%Y-%m-%d"))
    columns = ["event_id", "symbol", "date", "timing", "quintile", "growth"]
    return Events.from_frame(frame[columns].reset_index(drop=True)), prices


@pytest.fixture(scope="module")
def result() -> StudyResult:
    return STUDY.run(*inputs())


def test_the_seed_reaches_the_tests_in_any_order_and_on_any_engine(result: StudyResult) -> None:
    events, prices = inputs()
    backwards = events.take(np.arange(len(events))[::-1])
    for study in (STUDY, replace(STUDY, engine=Engine(name="threads", workers=2))):
        pd.testing.assert_frame_equal(study.run(backwards, prices).tests, result.tests, check_exact=True)
    fewer = replace(STUDY, tests=[WildBootstrap(draws=DRAWS)], models=["market_adjusted"]).run(events, prices).tests
    same = result.tests.query("test == 'wild_bootstrap' and model == 'market_adjusted'")
    np.testing.assert_array_equal(fewer["p_value"], same["p_value"])
    other = replace(STUDY, seed=12).run(events, prices).tests
    drawn = result.tests["test"].isin(["wild_bootstrap", "pairs_bootstrap", "bhar_bootstrap"])
    assert (other.loc[drawn, "p_value"] != result.tests.loc[drawn, "p_value"]).mean() > 0.5
    still = result.tests["test"].isin(["t", "cross_sectional", "placebo"])
    pd.testing.assert_frame_equal(other[still], result.tests[still])


def test_no_two_samples_share_their_draws(result: StudyResult) -> None:
    seeds = [sample.p_value for sample in (tested.outcome for tested in result.models["market"].tests)]
    assert len(seeds) > 10
    wild = result.tests.query("test == 'wild_bootstrap'")
    assert wild["p_value"].nunique() > len(wild) / 2


def test_p_values_are_adjusted_over_windows_and_groups_of_one_test(result: StudyResult) -> None:
    family = result.tests.query("test == 'cross_sectional' and model == 'market'")
    assert len(family) == 8
    np.testing.assert_allclose(family["p_adjusted"], multipletests(family["p_value"], method="holm")[1], rtol=1e-10)
    assert set(result.tests["adjustment"]) == {"holm"}
    single = result.tests.query("test == 't' and model == 'market' and group == 'all'")
    event = single[single["event_id"] == single["event_id"].iloc[0]]
    np.testing.assert_allclose(event["p_adjusted"], multipletests(event["p_value"], method="holm")[1], rtol=1e-10)
    bare = replace(STUDY, tests=["cross_sectional"], adjustment="none").run(*inputs()).tests
    assert bare["p_adjusted"].isna().all()
    assert set(bare["adjustment"]) == {"none"}
    with pytest.raises(UnknownNameError, match="adjustment"):
        replace(STUDY, adjustment="bonferoni")


def labelled(result: StudyResult, window: str) -> pd.DataFrame:
    table = result.car(window, "market").merge(result.event_table[["event_id", "quintile", "growth", "day0"]])
    assert len(table) == len(result.aligned)
    return table


def test_differences_and_trends_of_groups(result: StudyResult) -> None:
    table = labelled(result, "week")
    by_name = {name: part["car"].to_numpy() for name, part in table.groupby("quintile")}
    found = result.differences("quintile")
    row = found.query("model == 'market' and window == 'week' and group == 'quintile: 3 - 1'").iloc[0]
    reference = stats.ttest_ind(by_name["3"], by_name["1"], equal_var=False)
    assert row["p_value"] == pytest.approx(reference.pvalue, rel=1e-10)
    assert row["statistic"] == pytest.approx(reference.statistic, rel=1e-10)
    family = found[found["model"] == "market"]
    assert len(family) == 6
    np.testing.assert_allclose(family["p_adjusted"], multipletests(family["p_value"], method="holm")[1], rtol=1e-10)
    assert found.columns.tolist() == result.tests.columns.tolist()
    ranks = result.differences("quintile", method="rank_sum").query("model == 'market' and window == 'week'")
    reference = stats.mannwhitneyu(by_name["2"], by_name["1"], use_continuity=False, method="asymptotic")
    assert ranks.iloc[0]["p_value"] == pytest.approx(reference.pvalue, rel=1e-10)
    dated = table[table["quintile"].isin(["2", "1"])]
    fit = smf.ols("car ~ C(quintile)", dated).fit(
        cov_type="cluster", cov_kwds={"groups": pd.factorize(dated["day0"])[0]}, use_t=True
    )
    held = result.differences("quintile", method="clustered").query("model == 'market' and window == 'week'").iloc[0]
    assert (held["group"], held["distribution"]) == ("quintile: 2 - 1", f"t({dated['day0'].nunique() - 1})")
    assert held["std_error"] == pytest.approx(fit.bse.iloc[1], rel=1e-10)
    assert held["p_value"] == pytest.approx(fit.pvalues.iloc[1], rel=1e-9)
    trend = result.trend("quintile").query("model == 'market' and window == 'week'").iloc[0]
    fit = smf.ols("car ~ place", table.assign(place=table["quintile"].astype(float))).fit(cov_type="HC3", use_t=True)
    assert trend["group"] == "quintile: 1 < 2 < 3"
    assert trend["estimate"] == pytest.approx(fit.params["place"], rel=1e-10)
    assert trend["p_value"] == pytest.approx(fit.pvalues["place"], rel=1e-9)
    back = result.trend("quintile", order=["3", "2", "1"], method="jonckheere").query("window == 'week'").iloc[0]
    forth = result.trend("quintile", method="jonckheere").query("window == 'week'").iloc[0]
    assert back["statistic"] == pytest.approx(-forth["statistic"], rel=1e-10)


def test_groups_that_are_not_there_are_errors(result: StudyResult) -> None:
    with pytest.raises(UnknownNameError, match="group of quintile"):
        result.trend("quintile", order=["1", "4"])
    with pytest.raises(UnknownNameError, match="test of a difference"):
        result.differences("quintile", method="welsh")
    with pytest.raises(UnknownNameError, match="test of a trend"):
        result.trend("quintile", method="jonkheere")
    with pytest.raises(InputError, match="1 known group of kind"):
        result.differences("kind")


def test_romano_wolf_over_windows_groups_and_models(result: StudyResult) -> None:
    found = result.romano_wolf(draws=499)
    assert len(found) == 2 * 4 * 2
    assert found.columns.tolist() == result.tests.columns.tolist()
    assert (found["p_adjusted"] >= found["p_value"]).all()
    own = result.tests.query("test == 'pairs_bootstrap'").sort_values(["model", "group", "window"])
    same = found.sort_values(["model", "group", "window"])
    np.testing.assert_allclose(same["statistic"], own["statistic"], rtol=1e-10)
    # Everything is under the null, and no step-down is larger than Bonferroni's bound.
    assert (found["p_adjusted"] <= np.minimum(1, found["p_value"] * len(found)) + 1e-12).all()
    events, prices = inputs()
    again = STUDY.run(events.take(np.arange(len(events))[::-1]), prices).romano_wolf(draws=499)
    pd.testing.assert_frame_equal(again, found, check_exact=True)


def test_a_regression_is_one_line(result: StudyResult) -> None:
    table = labelled(result, "week")
    found = result.regress("growth + C(quintile)", window="week", covariance="HC3")
    fit = smf.ols("car ~ growth + C(quintile)", table).fit().get_robustcov_results("HC3", use_t=True)
    np.testing.assert_allclose(found.estimate, fit.params, rtol=1e-10)
    np.testing.assert_allclose(found.std_error, fit.bse, rtol=1e-10)
    assert found.of == "market, week"
    first = result.regress("growth", model="market_adjusted")
    assert first.of == "market_adjusted, day0"
    assert first.kind == "two_way(symbol, day0)"
    assert result.regress("growth", window=(-1, 1)).of == "market, (-1, 1)"


def test_advice_of_a_study(result: StudyResult) -> None:
    d = result.advice.diagnostics
    dates = result.aligned.dates(result.panel.listing)
    assert (d.n, d.length, d.dates) == (len(result.aligned), 1, len(np.unique(dates)))
    assert d.largest == np.unique(dates, return_counts=True)[1].max()
    assert result.advise("week", "quintile=1").diagnostics.length == 5
    assert result.advise(model="market_adjusted").diagnostics.variance_ratio != d.variance_ratio
    with pytest.raises(UnknownNameError, match="group"):
        result.advise(group="quintile=9")
