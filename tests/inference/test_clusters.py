"""Clusters of events: blocks against a search through all pairs, and the tests that take them against plain loops."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from eventstudy.calendars import get_calendar
from eventstudy.config import load
from eventstudy.errors import Reason, UnknownNameError
from eventstudy.events import Events
from eventstudy.inference import ClusterT, PairsBootstrap, WildBootstrap
from eventstudy.inference.clusters import blocks, cluster_codes, sample_clusters
from eventstudy.panels import PricePanel
from eventstudy.returns import Windows
from eventstudy.study import Study
from tests.inference.samples import sample, shuffled

DAY = np.timedelta64(1, "D")
START = np.datetime64("2024-01-01")


def plain_blocks(first: np.ndarray, last: np.ndarray) -> list[set[int]]:
    """Return the connected components of the windows that share a day, by spreading from each."""
    left, found = set(range(len(first))), []
    while left:
        block = {left.pop()}
        while more := {j for j in left for i in block if first[i] <= last[j] and first[j] <= last[i]}:
            block |= more
            left -= more
        found.append(block)
    return sorted(found, key=lambda block: min(first[i] for i in block))


@pytest.mark.parametrize("seed", range(6))
def test_blocks_are_the_connected_components(seed: int) -> None:
    rng = np.random.default_rng(seed)
    first = rng.integers(0, 120, 25)
    last = first + rng.integers(0, 8, 25)
    codes = blocks(first, last)
    assert [set(np.flatnonzero(codes == code)) for code in range(codes.max() + 1)] == plain_blocks(first, last)
    order = rng.permutation(25)
    assert blocks(first[order], last[order]).tolist() == codes[order].tolist()
    dates = blocks(START + first * DAY, START + last * DAY)
    assert dates.tolist() == codes.tolist()
    assert blocks(first[:0], last[:0]).tolist() == []


def test_codes_of_each_way() -> None:
    day0 = np.array(["2024-01-05", "2024-01-02", "2024-01-05", "2024-02-01"], dtype="datetime64[D]")
    span = np.column_stack([day0 - 2 * DAY, day0 + 2 * DAY])
    names = np.array(["b", "a", "d", "c"], dtype=object)
    assert cluster_codes("date", names, day0, span).tolist() == [1, 0, 1, 2]
    assert cluster_codes("block", names, day0, span).tolist() == [0, 0, 0, 1]
    assert cluster_codes("none", names, day0, span).tolist() == [1, 0, 3, 2]
    with pytest.raises(UnknownNameError, match=r"way to cluster named 'blocks'\. Did you mean 'block'"):
        cluster_codes("blocks", names, day0, span)


def test_without_dates_of_windows_weekdays_are_counted() -> None:
    # Friday and Tuesday: [0,+1] ends on Monday, the day before; [0,+2] on Tuesday itself.
    dates = ["2024-01-05", "2024-01-09"]
    assert sample_clusters(sample([0.01, 0.02], day0=dates, end=1), "block").tolist() == [0, 1]
    assert sample_clusters(sample([0.01, 0.02], day0=dates, end=2), "block").tolist() == [0, 0]
    # With the dates told, these count.
    told = np.array([["2024-01-05", "2024-01-08"], ["2024-01-09", "2024-01-11"]], dtype="datetime64[D]")
    assert sample_clusters(sample([0.01, 0.02], day0=dates, end=2, span=told), "block").tolist() == [0, 1]
    assert sample_clusters(sample([0.01, 0.02], end=2), "block").tolist() == [0, 1]


# Fifteen events in pairs and triples whose windows [0,+2] overlap, on dates of their own.
GAPS = np.array([0, 1, 10, 12, 13, 30, 31, 50, 52, 60, 70, 71, 72, 90, 91])
BLOCK = np.array([0, 0, 1, 1, 1, 2, 2, 3, 3, 4, 5, 5, 5, 6, 6])
CAR = np.random.default_rng(7).normal(0.01, 0.03, len(GAPS))
SPAN = np.column_stack([START + GAPS * DAY, START + (GAPS + 2) * DAY])
GIVEN = sample(CAR, day0=SPAN[:, 0], end=2, span=SPAN)


def test_cluster_t_by_block_is_that_of_statsmodels() -> None:
    result = ClusterT(cluster="block", min_clusters=5).run(GIVEN)[0]
    fit = sm.OLS(CAR, np.ones(len(CAR))).fit()
    # Theirs has the factor (N - 1) / (N - K) too, which is one here.
    robust = fit.get_robustcov_results("cluster", groups=BLOCK, use_correction=True, use_t=True)
    assert result.statistic == pytest.approx(robust.tvalues[0], rel=1e-12)
    assert result.p_value == pytest.approx(robust.pvalues[0], rel=1e-10)
    assert (result.df, result.notes) == (6, "7 blocks")
    means = np.array([CAR[code == BLOCK].mean() for code in range(7)])
    by_block = ClusterT(cluster="block", min_clusters=5, form="day_means").run(GIVEN)[0]
    assert by_block.statistic == pytest.approx(means.mean() / (means.std(ddof=1) / np.sqrt(7)), rel=1e-12)


def plain_t(car: np.ndarray, groups: np.ndarray) -> float:
    count, mean = groups.max() + 1, car.mean()
    squares = sum(((car[groups == g] - mean).sum()) ** 2 for g in range(count))
    return float(mean / (np.sqrt(count / (count - 1) * squares) / len(car)))


def test_signs_of_blocks_flip_together() -> None:
    result = WildBootstrap(cluster="block").run(GIVEN)[0]
    observed = plain_t(CAR, BLOCK)
    drawn = [plain_t(CAR * np.array(signs)[BLOCK], BLOCK) for signs in product([-1, 1], repeat=7)]
    assert result.distribution == "exact"
    assert result.statistic == pytest.approx(observed, rel=1e-12)
    assert result.p_value == pytest.approx(np.mean(np.abs(drawn) >= abs(observed) - 1e-9), rel=1e-12)


def test_a_pairs_bootstrap_draws_blocks() -> None:
    result = PairsBootstrap(cluster="block", draws=4999).run(GIVEN)[0]
    assert result.statistic == pytest.approx(plain_t(CAR, BLOCK), rel=1e-12)
    # The same clusters under other dates are the same draws.
    dates = sample(CAR, day0=START + 30 * BLOCK * DAY)
    assert PairsBootstrap(cluster="date", draws=4999).run(dates)[0].p_value == result.p_value
    order = np.random.default_rng(3).permutation(len(CAR))
    assert PairsBootstrap(cluster="block", draws=4999).run(shuffled(GIVEN, order))[0].p_value == result.p_value


def test_events_that_share_dates_and_do_not_overlap_are_the_same_in_blocks() -> None:
    days = np.repeat(START + 10 * np.arange(12) * DAY, 4)
    given = sample(
        np.random.default_rng(2).normal(0, 0.02, 48), day0=days, span=np.column_stack([days, days + 2 * DAY])
    )
    for kind in (ClusterT, WildBootstrap, PairsBootstrap):
        by_date, by_block = (kind(cluster=word).run(given)[0] for word in ("date", "block"))
        assert (by_date.statistic, by_date.p_value) == (by_block.statistic, by_block.p_value)


def test_one_chain_of_windows_has_a_reason() -> None:
    days = START + np.arange(40) * DAY
    chain = sample(
        np.random.default_rng(0).normal(0, 0.02, 40), day0=days, span=np.column_stack([days, days + 5 * DAY])
    )
    assert WildBootstrap(cluster="block").run(chain)[0].reason == Reason.NEEDS_TWO_BLOCKS
    assert PairsBootstrap(cluster="block").run(chain)[0].reason == Reason.NEEDS_TWO_BLOCKS
    few = ClusterT(cluster="block").run(chain)[0]
    assert (few.reason, few.notes) == (Reason.TOO_FEW_BLOCKS, "1 block")
    assert ClusterT().run(chain)[0].reason == Reason.OK
    alone = ClusterT(cluster="none").run(sample([0.01, 0.02, 0.03]))[0]
    assert (alone.reason, alone.notes) == (Reason.TOO_FEW_CLUSTERS, "3 events")
    assert ClusterT(cluster="none").run(GIVEN)[0].statistic == pytest.approx(
        CAR.mean() / (CAR.std(ddof=1) / np.sqrt(len(CAR))), rel=1e-12
    )


def staggered_inputs() -> tuple[Events, PricePanel]:
    """Return 24 events of 24 firms, two on each second session of twelve stretches, and a market."""
    rng = np.random.default_rng(11)
    known = get_calendar("XNYS").sessions
    sessions = pd.DatetimeIndex(known[known >= np.datetime64("2022-01-03")][:500])
    frames, rows = [], []
    market = rng.normal(0, 0.01, len(sessions))
    for number in range(25):
        own = market if number == 24 else market + rng.normal(0, 0.02, len(sessions))
        name = "MKT" if number == 24 else f"F{number:02d}"
        frames.append(pd.DataFrame({"symbol": name, "date": sessions, "close": 100 * np.cumprod(1 + own)}))
        if number < 24:
            day = sessions[200 + 20 * (number // 2) + number % 2]
            rows.append({"event_id": name, "symbol": name, "date": day.strftime("%Y-%m-%d"), "timing": "during"})
    return Events.from_frame(pd.DataFrame(rows)), PricePanel.from_frame(pd.concat(frames))


def test_a_study_tells_the_dates_of_its_windows() -> None:
    events, prices = staggered_inputs()
    tests = [ClusterT(cluster="block"), PairsBootstrap(cluster="block", draws=499)]
    windows = Windows(estimation=(-120, -11), event=(-10, 10), named={"w": (-1, 1)}, min_obs=60)
    study = Study(benchmark="MKT", tests=tests, reaction=False, windows=windows)
    result = study.run(events, prices)
    found = result.tests.set_index("test")
    assert found.loc["cluster_t", "note"].startswith("12 blocks")
    car = result.cars.set_index("event_id")["car"]
    block = np.arange(24) // 2
    ordered = car.sort_index().to_numpy()
    assert found.loc["cluster_t", "statistic"] == pytest.approx(plain_t(ordered, block), rel=1e-10)
    joint = result.romano_wolf(draws=499, cluster="block").iloc[0]
    assert joint["statistic"] == pytest.approx(found.loc["pairs_bootstrap", "statistic"], rel=1e-12)
    by_date = result.romano_wolf(draws=499).iloc[0]
    assert abs(by_date["statistic"] - joint["statistic"]) > 1e-3
    # Windows of 21 sessions, 20 apart, are one chain.
    chained = replace(study, windows=replace(windows, named={"w": (-10, 10)})).run(events, prices)
    assert set(chained.tests["reason"]) == {"too_few_blocks", "needs_two_blocks"}
    assert chained.romano_wolf(draws=499, cluster="block")["reason"].tolist() == ["no_dispersion"]
    with pytest.raises(UnknownNameError, match="way to cluster"):
        result.romano_wolf(cluster="week")


def test_a_configuration_may_ask_for_blocks(tmp_path: Path) -> None:
    path = tmp_path / "study.yaml"
    asked = "[{kind: wild_bootstrap, cluster: block}, {kind: cluster_t, cluster: block}, {kind: pairs_bootstrap}]"
    path.write_text(f"events: {{source: sample}}\nprices: {{source: sample}}\nbenchmark: SPY\ntests: {asked}\n")
    assert load(path).study.hypothesis_tests == (
        WildBootstrap(cluster="block"),
        ClusterT(cluster="block"),
        PairsBootstrap(),
    )
