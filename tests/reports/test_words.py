import numpy as np
import pandas as pd

from eventstudy.reports import Results, words

FOCUS = "BABA-2024Q4"


def with_mean(results: Results, **changes: float) -> dict[str, pd.DataFrame]:
    """Only the mean row that the headline reads, changed: +2.00%, s.e. 1%, t 2, N 40, 39 df."""
    row = {
        "n": 40,
        "estimate": 0.02,
        "std_error": 0.01,
        "statistic": 2.0,
        "df": 39,
        "p_value": 0.0525,
    } | changes
    row = {"p_two_sided": row["p_value"]} | row
    return {
        **results.tables,
        "tests": results.tables["tests"].query("test == 'cross_sectional'").head(1).assign(**row),
    }


def test_the_abnormal_return_of_the_founding_case(results: Results) -> None:
    assert words.abnormal_sentences(results.tables, FOCUS) == [
        (
            "Abnormal return on day 0: +8.22% (t = 3.42, p = 0.0008) under market, +6.55% (t = 5.28, p < 0.0001) "
            "under market:KWEB and +8.51% (t = 3.55, p = 0.0005) under market_adjusted; beyond what ordinary days "
            "of the stock show (single-event t test, 5% level) under all 3 models."
        ),
    ]


def test_few_events_cannot_show_a_mean(results: Results) -> None:
    few = with_mean(results, n=4, df=3, p_value=0.001)
    # 2% -+ 3.182446 * 1%, the 97.5% point of t(3) from tables; a small p-value changes nothing.
    assert words.mean_sentences(few) == [
        (
            "4 events cannot show a mean effect: the CAAR over [0, +1] under market is +2.00%, 95% interval "
            "[-1.18%, +5.18%]; this tells neither whether such announcements move the stock on average nor what "
            "the next one will do."
        )
    ]


def test_one_event_has_no_interval(results: Results) -> None:
    one = with_mean(results, n=1, std_error=np.nan, statistic=np.nan, df=np.nan, p_value=np.nan)
    assert words.mean_sentences(one)[0].startswith(
        "1 event cannot show a mean effect: the CAAR over [0, +1] under market is +2.00%, with no interval; "
    )


def test_many_events_are_told_apart_from_zero_or_not(results: Results) -> None:
    assert words.mean_sentences(with_mean(results)) == [
        (
            "Mean of 40 events: the CAAR over [0, +1] under market is +2.00%, 95% interval [-0.02%, +4.02%], and is "
            "not told apart from zero at the 5% level (cross-sectional t = 2.00, p = 0.052)."
        )
    ]
    strong = with_mean(results, estimate=0.05, statistic=5.0, p_value=0.00001)
    assert words.mean_sentences(strong)[0].endswith(
        "and differs from zero at the 5% level (cross-sectional t = 5.00, p < 0.0001)."
    )


def test_a_one_sided_test_is_told_by_the_p_value_of_its_interval(results: Results) -> None:
    # 39 degrees of freedom: t = 2 has 0.0262 above it and 0.0525 beyond on both sides, t = -3 has 0.9977 above it.
    one = with_mean(results, p_value=0.0262, p_two_sided=0.0525)
    assert words.mean_sentences(one) == words.mean_sentences(with_mean(results))
    below = with_mean(results, estimate=-0.03, statistic=-3.0, p_value=0.9977, p_two_sided=0.0047)
    assert words.mean_sentences(below)[0].endswith(
        "95% interval [-5.02%, -0.98%], and differs from zero at the 5% level (cross-sectional t = -3.00, p = 0.005)."
    )


def test_thousands_of_events_have_a_comma(results: Results) -> None:
    many = with_mean(results, n=12345)
    assert words.mean_sentences(many)[0].startswith("Mean of 12,345 events: the CAAR over [0, +1] under market is ")
    many["tests"] = many["tests"].assign(p_value=np.nan, p_two_sided=np.nan)
    assert words.mean_sentences(many)[0].startswith("Mean of 12,345 events: the CAAR over [0, +1] under market is ")


def test_a_test_without_a_value_was_asked_for_all_the_same(results: Results) -> None:
    none = with_mean(results, **dict.fromkeys(["std_error", "statistic", "df", "p_value"], np.nan))
    none["tests"] = none["tests"].assign(reason="no_variation")
    figure = "Mean of 40 events: the CAAR over [0, +1] under market is +2.00%, with no interval"
    assert words.mean_sentences(none) == [f"{figure}; its test has no value: no variation."]
    none["tests"] = none["tests"].assign(reason=None)
    assert words.mean_sentences(none) == [f"{figure}; no test of it was asked for."]


def test_no_claim_where_the_test_carries_none(results: Results) -> None:
    weak = results.tables["abnormal_returns"].assign(std_error=1.0)
    sentence = words.abnormal_sentences({**results.tables, "abnormal_returns": weak}, FOCUS)[0]
    assert sentence.endswith(
        "; within what ordinary days of the stock show (single-event t test, 5% level), so no reaction is shown."
    )
    models = weak["model"].ne("market")
    mixed = weak.assign(std_error=weak["std_error"].where(models, 0.01))
    sentence = words.abnormal_sentences({**results.tables, "abnormal_returns": mixed}, FOCUS)[0]
    assert sentence.endswith(
        "beyond what ordinary days of the stock show (single-event t test, 5% level) under 1 of 3 models."
    )


def test_a_dropped_focus_event_says_why(results: Results) -> None:
    assert words.abnormal_sentences(results.tables, "BABA-2024Q1") == [
        "No abnormal return can be given for it: too few estimation days (27 of 120 estimation returns)."
    ]


def test_an_abnormal_return_without_a_standard_error_is_not_tested(results: Results) -> None:
    days = results.tables["abnormal_returns"]
    focus = days["event_id"] == FOCUS
    one = days.assign(std_error=days["std_error"].mask(focus & (days["model"] == "market")))
    assert words.abnormal_sentences({**results.tables, "abnormal_returns": one}, FOCUS) == [
        (
            "Abnormal return on day 0: +8.22% (no standard error) under market, +6.55% (t = 5.28, p < 0.0001) under "
            "market:KWEB and +8.51% (t = 3.55, p = 0.0005) under market_adjusted; beyond what ordinary days of the "
            "stock show (single-event t test, 5% level) under 2 of 3 models."
        )
    ]
    none = days.assign(std_error=days["std_error"].mask(focus))
    assert words.abnormal_sentences({**results.tables, "abnormal_returns": none}, FOCUS) == [
        (
            "Abnormal return on day 0: +8.22% (no standard error) under market, +6.55% (no standard error) under "
            "market:KWEB and +8.51% (no standard error) under market_adjusted; none of them can be tested."
        )
    ]
