"""Surprises by hand: (actual - estimate) / |estimate|."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eventstudy.datasets import load_alibaba
from eventstudy.errors import DataError, InputError, UnknownNameError
from eventstudy.events import Events, Surprise, with_surprise
from eventstudy.events.expectation import (
    consensus,
    quarter_number,
    relative_surprise,
    scaled_surprise,
    seasonal_surprise,
    surprise_sign,
)
from eventstudy.events.quantiles import point_in_time_quantiles


def test_the_founding_surprise() -> None:
    rule = Surprise(actual="net_income_actual", estimate="net_income_estimate")
    events = with_surprise(load_alibaba().events, rule)
    at = events.position("BABA-2024Q4")
    assert events.values["surprise"][at] == pytest.approx(8.35 / 40.6, rel=1e-12)
    assert events.values["surprise"][at].round(4) == 0.2057
    assert events.groups["surprise_sign"].tolist() == ["unknown", "miss", "unknown", "beat", "unknown", "unknown"]


def test_signs_and_scales() -> None:
    actual = np.array([1.1, -0.5, 0.0, 1.0, np.nan])
    estimate = np.array([1.0, -1.0, 0.0, np.nan, 1.0])
    np.testing.assert_allclose(relative_surprise(actual, estimate), [0.1, 0.5, np.nan, np.nan, np.nan], rtol=1e-12)


def test_a_tolerance_widens_in_line() -> None:
    surprise = np.array([0.02, 0.01, 0.0, -0.01, -0.02, np.nan])
    exact = ["beat", "beat", "inline", "miss", "miss", "unknown"]
    assert surprise_sign(surprise).tolist() == exact
    wide = ["beat", "inline", "inline", "inline", "miss", "unknown"]
    assert surprise_sign(surprise, 0.01).tolist() == wide


def test_wrong_words_and_numbers() -> None:
    with pytest.raises(UnknownNameError, match=r"named 'eps_actul'. Did you mean 'eps_actual'?"):
        with_surprise(load_alibaba().events, Surprise(actual="eps_actul", estimate="eps_estimate"))
    for tolerance in (-0.1, float("nan")):
        with pytest.raises(InputError, match=r"tolerance is .*; it can't be negative"):
            Surprise(actual="a", estimate="b", tolerance=tolerance)


def test_a_surprise_scaled_by_price_or_dispersion() -> None:
    found = scaled_surprise(np.array([2.93, 1.0, 1.0]), np.array([2.66, 1.0, 0.9]), np.array([84.79, 10.0, 0.0]))
    np.testing.assert_allclose(found, [0.27 / 84.79, 0.0, np.nan], rtol=1e-12, atol=1e-15)
    rule = Surprise(actual="eps", estimate="mean", scale="spread", method="scaled", tolerance=0.5, name="sue")
    table = pd.DataFrame(
        {"symbol": ["A", "B"], "date": "2025-02-20", "eps": [1.2, 1.0], "mean": [1.0, 0.9], "spread": [0.1, 0.5]}
    )
    events = with_surprise(Events.from_frame(table), rule)
    np.testing.assert_allclose(events.values["sue"], [2.0, 0.2], rtol=1e-12)
    assert events.groups["sue_sign"].tolist() == ["beat", "inline"]


def test_revenue_surprises_are_other_fields_under_another_name() -> None:
    table = pd.DataFrame(
        {"symbol": ["A"], "date": "2025-02-20", "eps": 1.0, "eps_f": 2.0, "sales": 11.0, "sales_f": 10.0}
    )
    events = with_surprise(Events.from_frame(table), Surprise(actual="eps", estimate="eps_f"))
    events = with_surprise(events, Surprise(actual="sales", estimate="sales_f", name="revenue_surprise"))
    assert events.values["surprise"].tolist() == [-0.5]
    assert events.values["revenue_surprise"].round(12).tolist() == [0.1]
    assert events.groups["revenue_surprise_sign"].tolist() == ["beat"]


# Twelve quarters by hand: seasonal differences are .1 .2 .1 .2 .1 .1 .2 and then .5.
EARNINGS = np.array([1.0, 1.0, 1.0, 1.0, 1.1, 1.2, 1.1, 1.2, 1.2, 1.3, 1.3, 1.7])
DIFFERENCES = [0.1, 0.2, 0.1, 0.2, 0.1, 0.1, 0.2, 0.5]


@pytest.mark.parametrize("drift", [True, False])
def test_a_seasonal_random_walk_by_hand(drift: bool) -> None:
    found = seasonal_surprise(np.full(12, "A", dtype=object), np.arange(12), EARNINGS, drift=drift)
    assert np.isnan(found[:10]).all()
    for quarter in (10, 11):
        earlier = DIFFERENCES[: quarter - 4]
        expected = (DIFFERENCES[quarter - 4] - (np.mean(earlier) if drift else 0)) / np.std(earlier, ddof=1)
        assert found[quarter] == pytest.approx(expected, rel=1e-9)


def test_only_the_eight_quarters_before_count_and_gaps_are_gaps() -> None:
    rng = np.random.default_rng(0)
    earnings = rng.normal(1, 0.2, 24)
    quarter, symbol = np.arange(24), np.full(24, "A", dtype=object)
    changed = earnings.copy()
    changed[:10] += 5  # before the differences of quarters 15 to 22 begin, at quarter 11
    whole, other = (seasonal_surprise(symbol, quarter, each) for each in (earnings, changed))
    assert whole[23] == other[23]
    earlier = earnings[15:23] - earnings[11:19]
    assert whole[23] == pytest.approx((earnings[23] - earnings[19] - earlier.mean()) / earlier.std(ddof=1), rel=1e-12)
    kept = np.delete(np.arange(24), 19)
    assert np.isnan(seasonal_surprise(symbol[kept], quarter[kept], earnings[kept])[-1])


def test_symbols_do_not_mix_and_nothing_moves_is_no_number() -> None:
    symbol = np.repeat(np.array(["A", "B"], dtype=object), 12)
    figures = np.concatenate([EARNINGS, np.ones(12)])
    found = seasonal_surprise(symbol, np.tile(np.arange(12), 2), figures)
    alone = seasonal_surprise(symbol[:12], np.arange(12), EARNINGS)
    np.testing.assert_array_equal(found[:12], alone)
    assert np.isnan(found[12:]).all()


def test_differences_that_are_equal_on_paper_are_no_spread() -> None:
    """Ten cents more than a year before, every quarter: 1.1 - 1.0 and 1.2 - 1.1 differ in binary."""
    earnings = np.repeat([1.0, 1.1, 1.2, 1.3], 4)
    earnings[13] = 1.31
    quarter, symbol = np.arange(16), np.full(16, "A", dtype=object)
    found = seasonal_surprise(symbol, quarter, earnings)
    assert np.isnan(found[:14]).all()
    # The cent of quarter 13 is the first spread there is: seven tenths and one eleven hundredths.
    earlier = np.array([0.1] * 7 + [0.11])
    assert found[14] == pytest.approx((0.1 - earlier.mean()) / earlier.std(ddof=1), rel=1e-9)
    np.testing.assert_allclose(seasonal_surprise(symbol, quarter, earnings * 1e9)[14], found[14], rtol=1e-9)


def test_a_quarter_that_is_unknown_has_no_surprise_and_is_nobody_s_past() -> None:
    ends = pd.period_range("2020Q1", periods=12, freq="Q").end_time.strftime("%Y-%m-%d").tolist()
    table = pd.DataFrame({"symbol": "A", "date": ends, "period_end": ends, "eps": EARNINGS})
    unknown = table.tail(1).assign(date="2023-01-15", period_end="", eps=99.0)
    rule = Surprise(actual="eps", method="seasonal")
    alone = with_surprise(Events.from_frame(table), rule)
    both = with_surprise(Events.from_frame(pd.concat([table, unknown])), rule)
    np.testing.assert_array_equal(both.values["surprise"][:12], alone.values["surprise"])
    assert np.isnan(both.values["surprise"][12])
    assert both.groups["surprise_sign"][12] == "unknown"


def test_what_was_reported_later_is_nobody_s_past() -> None:
    """Quarter 9 comes out after quarter 11: it may be no part of the surprise of quarters 10 and 11."""
    ends = pd.period_range("2020Q1", periods=12, freq="Q").end_time.strftime("%Y-%m-%d")
    table = pd.DataFrame({"symbol": "A", "date": ends, "period_end": ends, "eps": EARNINGS})
    table.loc[9, "date"] = "2023-06-30"
    rule = Surprise(actual="eps", method="seasonal", drift=False)
    found = with_surprise(Events.from_frame(table), rule).values["surprise"]
    earlier = [0.1, 0.2, 0.1, 0.2, 0.1, 0.2]  # the differences before quarter 11, that of quarter 9 left out
    assert found[11] == pytest.approx(0.5 / np.std(earlier, ddof=1), rel=1e-9)
    assert np.isnan(found[10])  # five differences are too few
    together = with_surprise(Events.from_frame(table.assign(event_id=ends, date="2023-06-30")), rule).values["surprise"]
    assert together[11] == pytest.approx(0.5 / np.std(DIFFERENCES[:7], ddof=1), rel=1e-9)


def test_fiscal_quarters_follow_each_other_whatever_day_they_end() -> None:
    ends = ["2023-01-29", "2023-04-30", "2023-07-30", "2023-10-29", "2024-01-28"]
    assert np.diff(quarter_number(np.array(ends, dtype=object))).tolist() == [1, 1, 1, 1]
    weeks = ["2023-07-01", "2023-09-30", "2023-12-30", "2024-03-30", "2024-06-29"]
    assert np.diff(quarter_number(np.array(weeks, dtype=object))).tolist() == [1, 1, 1, 1]
    with pytest.raises(DataError, match="ISO date such as 2024-12-31"):
        quarter_number(np.array(["FQ3"], dtype=object))


def test_a_seasonal_surprise_of_events() -> None:
    ends = pd.period_range("2020Q1", periods=12, freq="Q").end_time.strftime("%Y-%m-%d")
    table = pd.DataFrame({"symbol": "A", "date": ends, "period_end": ends, "eps": EARNINGS})
    events = with_surprise(Events.from_frame(table), Surprise(actual="eps", method="seasonal"))
    expected = (0.5 - np.mean(DIFFERENCES[:7])) / np.std(DIFFERENCES[:7], ddof=1)
    assert events.values["surprise"][11] == pytest.approx(expected, rel=1e-9)
    assert events.groups["surprise_sign"].tolist() == ["unknown"] * 10 + ["beat"] * 2


def test_a_consensus_is_the_median_of_latest_forecasts_before_the_day() -> None:
    report = np.array(["2025-02-20"], dtype="datetime64[D]")
    rows = [
        ("x", "2025-01-10", 1.0),  # superseded
        ("x", "2025-02-10", 1.2),
        ("y", "2025-02-01", 1.0),
        ("z", "2025-02-19", 1.5),
        ("late", "2025-02-20", 9.0),  # on the day
        ("old", "2024-11-21", 9.0),  # 91 days before
        ("none", "2025-02-11", np.nan),
    ]
    analyst, day, value = (np.array(each) for each in zip(*rows, strict=True))
    median, spread, count = consensus(
        np.array(["A"], dtype=object),
        report,
        np.full(len(rows), "A", dtype=object),
        analyst.astype(object),
        day.astype("datetime64[D]"),
        value.astype(float),
    )
    assert (median[0], count[0]) == (1.2, 3)
    assert spread[0] == pytest.approx(np.std([1.2, 1.0, 1.5], ddof=1), rel=1e-12)


def quarters(*counts: int) -> np.ndarray:
    firsts = [f"{2020 + place // 4}-{1 + 3 * (place % 4):02d}-15" for place in range(len(counts))]
    return np.repeat(np.array(firsts, dtype="datetime64[D]"), counts)


def test_break_points_come_from_the_quarter_before() -> None:
    values = np.concatenate([np.arange(1.0, 11), [1.0, 2.8, 2.81, 9.0, 99.0], [50.0]])
    date = quarters(10, 5, 1)
    found = point_in_time_quantiles(values, date, 5, at_least=5)
    # Quantiles of 1..10 at .2 .4 .6 .8 are 2.8 4.6 6.4 8.2; those of 1, 2.8, 2.81, 9, 99 are 2.44 2.806 5.286 27.
    assert found.tolist() == [0] * 10 + [1, 1, 2, 5, 5] + [5]
    every = point_in_time_quantiles(values, date, 5, breakpoints="expanding", at_least=5)
    assert every.tolist() == [0] * 10 + [1, 1, 2, 5, 5] + [5]
    assert point_in_time_quantiles(values, date, 5, at_least=11).tolist() == [0] * 16


def test_classes_that_make_no_sense() -> None:
    values, date = np.zeros(2), quarters(1, 1)
    with pytest.raises(
        UnknownNameError, match=r"no kind of break-points named 'expandng'\. Did you mean 'expanding'\?"
    ):
        point_in_time_quantiles(values, date, breakpoints="expandng")
    with pytest.raises(
        UnknownNameError, match=r"no kind of break-points named 'expandng'\. Did you mean 'expanding'\?"
    ):
        Surprise(actual="a", estimate="b", breakpoints="expandng")  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"^quantiles: 1 classes were asked for; at least 2 were expected\.$"):
        point_in_time_quantiles(values, date, 1)


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 1500), st.floats(-1, 1)), min_size=2, max_size=60),
    st.integers(1, 1500),
    st.sampled_from(["previous_quarter", "expanding"]),
)
def test_later_events_never_change_earlier_quantiles(rows: list[tuple[int, float]], cut: int, breakpoints: str) -> None:
    date = np.datetime64("2020-01-01", "D") + np.array([day for day, _ in rows])
    values = np.array([value for _, value in rows])
    early = np.flatnonzero(date < np.datetime64("2020-01-01") + cut)
    whole = point_in_time_quantiles(values, date, 3, breakpoints=breakpoints, at_least=2)
    alone = point_in_time_quantiles(values[early], date[early], 3, breakpoints=breakpoints, at_least=2)
    assert whole[early].tolist() == alone.tolist()


@settings(max_examples=30, deadline=None)
@given(st.integers(8, 30), st.integers(0, 99))
def test_later_quarters_never_change_an_earlier_seasonal_surprise(cut: int, seed: int) -> None:
    earnings = np.random.default_rng(seed).normal(1, 0.3, 31)
    symbol = np.full(31, "A", dtype=object)
    whole = seasonal_surprise(symbol, np.arange(31), earnings)
    np.testing.assert_array_equal(whole[:cut], seasonal_surprise(symbol[:cut], np.arange(cut), earnings[:cut]))


@settings(max_examples=30, deadline=None)
@given(st.permutations(range(14)))
def test_a_quarter_counts_as_it_was_first_reported_in_any_order_of_rows(order: list[int]) -> None:
    """Quarter 7 is told again later with another figure, and earlier without any."""
    ends = pd.period_range("2020Q1", periods=12, freq="Q").end_time.strftime("%Y-%m-%d").tolist()
    rows = [*zip(ends, ends, EARNINGS, strict=True), ("2022-12-01", ends[7], 9.0), ("2021-12-01", ends[7], np.nan)]
    table = pd.DataFrame(rows, columns=["date", "period_end", "eps"]).assign(symbol="A", event_id=range(14))
    found = with_surprise(Events.from_frame(table.iloc[order]), Surprise(actual="eps", method="seasonal"))
    expected = (0.5 - np.mean(DIFFERENCES[:7])) / np.std(DIFFERENCES[:7], ddof=1)
    assert found.values["surprise"][found.position("11")] == pytest.approx(expected, rel=1e-9)


def test_several_surprises_stand_together() -> None:
    table = pd.DataFrame({"symbol": ["A"], "date": "2025-02-20", "eps": 1.0, "eps_f": 2.0, "rev": 11.0, "rev_f": 10.0})
    rules = [Surprise(actual="eps", estimate="eps_f"), Surprise(actual="rev", estimate="rev_f", name="revenue")]
    events = with_surprise(Events.from_frame(table), rules)
    assert events.values["surprise"].tolist() == [-0.5]
    assert events.values["revenue"].tolist() == [pytest.approx(0.1)]
    assert (events.groups["surprise_sign"][0], events.groups["revenue_sign"][0]) == ("miss", "beat")
    with pytest.raises(InputError, match="two would be called 'surprise'"):
        with_surprise(events, rules[:1] * 2)


def test_rules_that_lack_something() -> None:
    with pytest.raises(InputError, match="method scaled needs scale"):
        Surprise(actual="a", estimate="b", method="scaled")
    with pytest.raises(InputError, match="method percent needs estimate"):
        Surprise(actual="a")
    with pytest.raises(UnknownNameError, match=r"Did you mean 'seasonal'?"):
        Surprise(actual="a", method="seasnal")  # type: ignore[arg-type]
    for name in ("", "symbol", "status", "eps", "est"):
        with pytest.raises(InputError, match=f"^surprise: name is '{name}'; one that the events have for nothing else"):
            Surprise(actual="eps", estimate="est", name=name)
    with pytest.raises(InputError, match="quantiles is 1"):
        Surprise(actual="a", estimate="b", quantiles=1)
    with pytest.raises(UnknownNameError, match=r"Did you mean 'period_end'?"):
        with_surprise(load_alibaba().events, Surprise(actual="eps_actual", method="seasonal", period="period_ends"))
