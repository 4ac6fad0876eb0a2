import numpy as np
import pandas as pd
import pytest
from scipy import stats

from eventstudy.errors import InputError
from eventstudy.reports import Results, tables
from eventstudy.reports.display import DisplayTable

FOCUS = "BABA-2024Q4"


def cells(made: DisplayTable, row: int) -> dict[str, str]:
    return dict(zip([column.title for column in made.columns], made.rows[row], strict=True))


def test_attrition_adds_up_and_names_the_lost(results: Results) -> None:
    made = tables.attrition(results.tables)
    assert [row[:2] for row in made.rows] == [
        ("Given", "6"),
        ("Dropped: too few estimation days", "-2"),
        ("Kept", "4"),
    ]
    assert made.rows[1][2] == ("BABA-2024Q1 (27 of 120 estimation returns), BABA-2024Q2 (91 of 120 estimation returns)")


def test_events_show_their_clock_and_fate(results: Results) -> None:
    made = tables.events(results.tables)
    assert cells(made, 3) == {
        "Event": FOCUS,
        "Symbol": "BABA",
        "Announced": "2025-02-20 10:36 UTC",
        "Timing": "before open",
        "Day 0": "2025-02-20",
        "Surprise": "+20.57%",
        "Flags": "news nearby",
        "In the study": "yes",
    }
    assert cells(made, 0)["In the study"] == "no: too few estimation days"


def test_estimates_show_parameters_in_their_unit(results: Results) -> None:
    row = cells(tables.estimates(results.tables), 1)
    assert row["alpha"] == "+0.17%"
    assert row["beta"] == "0.711"
    assert row["sigma"] == "2.40%"
    assert row["N"] == "200"


def test_day_zero_of_the_focus_event(results: Results) -> None:
    row = cells(tables.event_cars(results.tables, FOCUS), 0)
    # The market model on SPY, statsmodels OLS over [-210, -11]: 8.2206%, standard error 2.4042%, 198 df.
    reach = stats.t.ppf(0.975, 198) * 0.024042
    assert row == {
        "Model": "market",
        "Window": "day 0",
        "Sessions": "[0]",
        "CAR": "+8.22%",
        "s.e.": "2.40%",
        "t": "3.42",
        "p": f"{2 * stats.t.sf(0.082206 / 0.024042, 198):.4f}",
        "95% interval": f"[+{100 * (0.082206 - reach):.2f}%, +{100 * (0.082206 + reach):.2f}%]",
    }


def test_a_window_of_day_zero_is_not_shown_twice(results: Results) -> None:
    cars = results.tables["cars"]
    zero = cars[cars["window"] == "reaction"].assign(window="announcement", end=0)
    made = tables.event_cars({**results.tables, "cars": zero}, FOCUS)
    assert [row[1] for row in made.rows] == ["announcement"] * 3


def test_a_missing_car_shows_its_reason(results: Results) -> None:
    figures = ["car", "std_error", "t", "p_value", "bhar"]
    cars = results.tables["cars"].assign(reason="incomplete_window", **dict.fromkeys(figures, np.nan))
    row = cells(tables.event_cars({**results.tables, "cars": cars}, FOCUS), 1)
    assert (row["CAR"], row["t"], row["p"], row["95% interval"]) == ("–", "–", "–", "–")
    assert row["Reason"] == "incomplete window"


def test_mean_is_the_cross_sectional_test(results: Results) -> None:
    cars = results.tables["cars"]
    values = cars[(cars["model"] == "market") & (cars["window"] == "reaction")]["car"]
    expected = stats.ttest_1samp(values, 0)
    low, high = expected.confidence_interval(0.95)
    row = cells(tables.mean_cars(results.tables), 0)
    assert row["CAAR"] == f"{100 * values.mean():+.2f}%"
    assert row["t"] == f"{expected.statistic:.2f}"
    assert row["95% interval"] == f"[{100 * low:+.2f}%, {100 * high:+.2f}%]"
    assert row["N"] == "4"


def test_mean_without_a_test_is_the_end_of_the_path(results: Results) -> None:
    made = tables.mean_cars({**results.tables, "tests": results.tables["tests"].head(0)})
    last = results.tables["aar"].query("model == 'market' and day == 10").iloc[0]
    row = cells(made, 0)
    assert (row["Sessions"], row["CAAR"], row["t"]) == ("[-10, +10]", f"{100 * last.caar:+.2f}%", "–")
    assert made.notes[0].startswith("No cross-sectional test")


def single(results: Results) -> dict[str, pd.DataFrame]:
    """Return the tables of the focus event alone: the mean is its own CAR, and no test of it has a value."""
    tests = results.tables["tests"].query("event_id.isna() or event_id == ''").copy()
    tests["n"], tests["reason"] = 1, "too_few_events"
    tests[["std_error", "statistic", "p_value", "df"]] = np.nan
    aar = results.tables["aar"].assign(n=1)
    aar[["std_error", "caar_std_error", "ci_low", "ci_high"]] = np.nan
    return {**results.tables, "tests": tests, "aar": aar}


def test_one_event_has_no_interval_across_events(results: Results) -> None:
    asked = single(results)
    made = tables.mean_cars(asked)
    assert made.notes == (
        "The cross-sectional test has no value; one event has no spread, so there is no interval across events.",
    )
    assert cells(made, 0)["Reason"] == "too few events"
    unasked = tables.mean_cars({**asked, "tests": asked["tests"].head(0)})
    assert unasked.notes == (
        "No cross-sectional test was asked for; one event has no spread, so there is no interval across events.",
    )
    several = {**asked, "tests": asked["tests"].assign(n=3)}
    assert tables.mean_cars(several).notes == ("The cross-sectional test has no value, and there is no interval.",)


def test_tests_without_a_value_show_their_reason_and_no_empty_columns(results: Results) -> None:
    made = tables.significance(single(results))
    shown = [column.title for column in made.columns]
    assert shown == ["Test", "Of", "Model", "Sessions", "N", "Estimate", "Reference", "Reason"]
    assert {row[-1] for row in made.rows} == {"too few events"}


def test_tests_of_scaled_returns_are_not_percentages(results: Results) -> None:
    made = tables.significance(results.tables)
    assert {row[0] for row in made.rows} == {"cross_sectional", "bmp"}
    by_test = {row[0]: dict(zip([c.title for c in made.columns], row, strict=True)) for row in made.rows}
    assert by_test["bmp"]["Of"] == "mean SCAR"
    assert "%" not in by_test["bmp"]["Estimate"]
    assert by_test["cross_sectional"]["Estimate"].endswith("%")
    assert by_test["bmp"]["Reference"] == "t(3)"
    of_focus = [row for row in tables.significance(results.tables, FOCUS).rows if row[1] == FOCUS]
    assert len(of_focus) == 9


def test_the_ladder_of_the_founding_case(results: Results) -> None:
    made = tables.ladder(results.tables, FOCUS)
    raw = {row["Rung"]: row["Raw"] for row in (cells(made, place) for place in range(len(made.rows)))}
    assert raw == {
        "Premarket": "+11.00%",
        "Open": "+9.56%",
        "High": "+14.88%",
        "Low": "+4.47%",
        "Close": "+8.09%",
        "Close D+1": "+14.28%",
        "Close D+2": "+2.58%",
        "Close D+3": "+6.53%",
        "Close D+4": "+10.57%",
        "Close D+5": "+8.55%",
    }
    first = cells(made, 0)
    assert (first["Source"], first["Abnormal"], first["Reason"]) == ("quoted", "–", "no benchmark price")
    assert made.notes[0] == "Every rung is measured from one base price, 125.79."
    assert made.notes[-1] == "No benchmark price: The benchmark has no price for this leg."
    legs = {row[0]: row[3] for row in tables.legs(results.tables, FOCUS).rows}
    assert (legs["Gap (close to open)"], legs["Day D+1"], legs["Day D+2"]) == ("+9.56%", "+5.72%", "-10.23%")


def test_a_quote_that_is_not_there_is_not_called_quoted(results: Results) -> None:
    reactions = results.tables["reactions"]
    gone = reactions["leg"] == "premarket"
    figures = ["price", "raw", "raw_log"]
    without = reactions.assign(**{name: reactions[name].mask(gone) for name in figures})
    made = tables.ladder({"reactions": without}, FOCUS)
    first = cells(made, 0)
    assert (first["Price"], first["Source"], first["Raw"]) == ("–", "–", "–")
    assert not any(note.startswith("Quoted") for note in made.notes)


def test_the_standing_among_own_events_does_not_double_a_rung(results: Results) -> None:
    import pandas as pd

    reactions = results.tables["reactions"]
    doubled = pd.concat([reactions.assign(reference="own_events", percentile=0.5), reactions])
    made = tables.ladder({"reactions": doubled}, FOCUS)
    assert made == tables.ladder(results.tables, FOCUS)


def test_an_unknown_event_is_named_with_the_nearest(results: Results) -> None:
    with pytest.raises(InputError, match=r"'BABA-2024Q5'. Did you mean 'BABA-2024Q"):
        tables.ladder(results.tables, "BABA-2024Q5")


def test_aar_gives_path_and_band(results: Results) -> None:
    made = tables.aar(results.tables)
    assert len(made.rows) == 63
    assert made.rows[10][:3] == ("market", "0", "4")
    mean = np.mean([-0.013553, 0.082206, -0.08169, 0.132214])
    assert made.rows[10][3] == f"{100 * mean:+.2f}%"
