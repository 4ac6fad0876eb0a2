"""The founding case, number by number, and what must hold of any study."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from eventstudy.datasets import load_alibaba
from eventstudy.errors import InputError, UnknownNameError
from eventstudy.events import Surprise
from eventstudy.execution import Engine
from eventstudy.inference import BMP, CalendarTime, GeneralizedSign
from eventstudy.panels import PricePanel
from eventstudy.result import StudyResult
from eventstudy.returns import MarketAdjustedModel, MarketModel, MeanAdjustedModel, Windows
from eventstudy.simulation import simulate
from eventstudy.study import Study

FOCUS = "BABA-2024Q4"
STUDY = Study(
    name="alibaba-earnings",
    windows=Windows(
        estimation=(-210, -11),
        event=(-10, 10),
        named={"day0": (0, 0), "reaction": (0, 1), "drift": (2, 10)},
        min_obs=120,
    ),
    models=["market", MarketModel("KWEB"), "market_adjusted", MeanAdjustedModel()],
    tests=["t", "cross_sectional", BMP(), GeneralizedSign(), "crude_dependence"],
    benchmark="SPY",
    group_by=["surprise_sign"],
    surprise=Surprise(actual="net_income_actual", estimate="net_income_estimate"),
    focus=FOCUS,
)


@pytest.fixture(scope="module")
def result() -> StudyResult:
    sample = load_alibaba()
    return STUDY.run(sample.events, sample.prices)


@pytest.fixture(scope="module")
def returns() -> pd.DataFrame:
    """Return total returns by date and symbol, with day 0 of the focus event at row 0 of the event window."""
    table = load_alibaba().prices.to_frame()
    return table.pivot_table(index="date", columns="symbol", values="total_return", dropna=False)


def test_headline_numbers(result: StudyResult) -> None:
    day0 = result.cars.query("event_id == @FOCUS and window == 'day0'").set_index("model")
    assert day0.loc["market", "car"] == pytest.approx(0.0822, abs=5e-5)
    assert day0.loc["market", "t"] == pytest.approx(3.42, abs=5e-3)
    assert day0.loc["market:KWEB", "car"] == pytest.approx(0.0655, abs=5e-5)
    assert day0.loc["market:KWEB", "t"] == pytest.approx(5.28, abs=5e-3)
    estimates = result.estimates.query("event_id == @FOCUS").set_index("model")
    assert estimates.loc["market", "beta"] == pytest.approx(0.71, abs=5e-3)
    assert estimates.loc["market", "n_obs"] == 200


@pytest.mark.parametrize(("label", "market"), [("market", "SPY"), ("market:KWEB", "KWEB")])
@pytest.mark.parametrize(("window", "days"), [("day0", (0, 0)), ("reaction", (0, 1)), ("drift", (2, 10))])
def test_cars_are_those_of_the_dummy_regression(
    result: StudyResult, returns: pd.DataFrame, label: str, market: str, window: str, days: tuple[int, int]
) -> None:
    """Salkever (1976): a dummy for each event day gives the abnormal returns and their whole covariance."""
    place = returns.index.get_loc(pd.Timestamp("2025-02-20"))
    rows = [*range(place - 210, place - 10), *range(place - 10, place + 11)]
    y, x = returns["BABA"].to_numpy()[rows], returns[market].to_numpy()[rows]
    dummies = np.vstack([np.zeros((200, 21)), np.eye(21)])
    pooled = sm.OLS(y, np.column_stack([np.ones(221), x, dummies])).fit()
    days_of = np.zeros(23)
    days_of[2 + days[0] + 10 : 2 + days[1] + 11] = 1
    reference = pooled.t_test(days_of)
    row = result.cars.query("event_id == @FOCUS and window == @window and model == @label").iloc[0]
    assert row["car"] == pytest.approx(float(reference.effect[0]), rel=1e-10)
    assert row["std_error"] == pytest.approx(float(np.squeeze(reference.sd)), rel=1e-10)
    assert row["t"] == pytest.approx(float(np.squeeze(reference.tvalue)), rel=1e-10)
    assert row["p_value"] == pytest.approx(float(reference.pvalue), rel=1e-9)
    alone = sm.OLS(y[:200], sm.add_constant(x[:200])).fit()
    estimate = result.estimates.query("event_id == @FOCUS and model == @label").iloc[0]
    assert [estimate["alpha"], estimate["beta"]] == pytest.approx(alone.params.tolist(), rel=1e-10)
    assert estimate["sigma"] == pytest.approx(float(np.sqrt(alone.mse_resid)), rel=1e-10)
    assert estimate["r_squared"] == pytest.approx(alone.rsquared, rel=1e-10)


def test_attrition(result: StudyResult) -> None:
    dropped = result.dropped.set_index("event_id")
    assert dropped["reason"].to_dict() == {
        "BABA-2024Q1": "too_few_estimation_days",
        "BABA-2024Q2": "too_few_estimation_days",
    }
    assert dropped["detail"].tolist() == ["27 of 120 estimation returns", "91 of 120 estimation returns"]
    counts = result.results.summary["counts"]
    assert counts == {"given": 6, "kept": 4, "dropped": {"too_few_estimation_days": 2}}


def test_surprise_and_groups(result: StudyResult) -> None:
    events = result.event_table.set_index("event_id")
    assert events.loc[FOCUS, "surprise"] == pytest.approx(0.2057, abs=5e-5)
    assert events["surprise_sign"].to_dict()["BABA-2024Q2"] == "miss"
    assert set(result.aar["group"]) == {"all", "surprise_sign=beat", "surprise_sign=unknown"}
    beat = result.tests.query("group == 'surprise_sign=beat' and test == 'cross_sectional'")
    assert set(beat["reason"]) == {"needs_two_events"}


def test_ladder_of_the_founding_case(result: StudyResult) -> None:
    ladder = result.reaction()
    rungs = {rung.leg: rung.raw for rung in ladder.rungs}
    expected = {"premarket": 0.11, "open": 0.0956, "close": 0.0809, "d1": 0.1428, "d2": 0.0258}
    for leg, value in expected.items():
        assert rungs[leg] == pytest.approx(value, abs=5e-5)
    legs = {leg.leg: leg.raw for leg in ladder.legs}
    assert legs["d1"] == pytest.approx(0.0572, abs=5e-5)
    assert legs["d2"] == pytest.approx(-0.1023, abs=5e-5)
    assert ladder.run_up == pytest.approx(0.48, abs=5e-3)
    assert len(result.reactions) == 6


def test_cumulated_days_are_any_windows(result: StudyResult) -> None:
    ar = result.abnormal_returns.query("event_id == @FOCUS and model == 'market'").set_index("day")["abnormal"]
    assert result.car((-3, 4)).set_index("event_id").loc[FOCUS, "car"] == pytest.approx(ar.loc[-3:4].sum(), abs=1e-14)
    assert result.car("reaction", "market:KWEB")["window"].tolist() == ["reaction"] * 4


def test_an_average_as_benchmark_has_no_ladder_of_its_own() -> None:
    sample = load_alibaba()
    study = replace(STUDY, benchmark="equal_weighted", models=["market"], premarket=False)
    ladder = study.run(sample.events, sample.prices).reaction()
    assert ladder.benchmark is None
    assert ladder.rung("close").reason == "no_benchmark_price"
    assert "premarket" not in {rung.leg for rung in ladder.rungs}


def test_order_of_events_and_engine_do_not_matter(result: StudyResult) -> None:
    sample = load_alibaba()
    backwards = sample.events.take(np.arange(6)[::-1])
    for study in (STUDY, replace(STUDY, engine=Engine(name="threads", workers=2))):
        again = study.run(backwards, sample.prices)
        for name in ("estimates", "abnormal_returns", "cars", "aar", "tests"):
            pd.testing.assert_frame_equal(getattr(again, name), getattr(result, name), check_exact=True)
        assert again.inputs == result.inputs


def test_it_shows_itself(result: StudyResult) -> None:
    assert "4 of 6 events" in repr(result)
    page = result._repr_html_()
    assert "+8.22%" in page
    assert "<script" not in page
    assert "BABA-2024Q1" in result.summary()
    assert result.plot.caar().axes
    assert result.plot.ladder().axes


def test_headline_speaks_of_the_focus_and_of_four_events(result: StudyResult) -> None:
    assert result.headline[0].startswith("Alibaba (BABA) rose 11.0% before the open of 20 February 2025 (press quote)")
    assert result.headline[1].startswith("Abnormal return on day 0: +8.22% (t = 3.42, p = 0.0008) under market")
    assert result.headline[-1].startswith("4 events cannot show a mean effect: ")


def test_models_written_by_hand_and_labels_of_ones_own() -> None:
    sample = load_alibaba()
    named = Study(models={"china": MarketModel("KWEB"), "us": "market"}, benchmark="SPY", windows=STUDY.windows)
    found = named.run(sample.events, sample.prices)
    assert list(found.models) == ["china", "us"]

    class HalfMarket(MarketAdjustedModel):
        kind = "half_market"

        def expected(self, x: np.ndarray) -> np.ndarray:
            return 0.5 * x[..., 0]

    half = Study(models=[HalfMarket("SPY")], windows=STUDY.windows).run(sample.events, sample.prices)
    table = half.abnormal_returns
    spy = sample.prices.series("SPY").total_return
    assert table["expected"].iloc[0] == pytest.approx(
        0.5
        * spy[np.isfinite(spy)][list(sample.prices.series("SPY").sessions[1:].astype(str)).index(table["date"].iloc[0])]
    )


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"models": ["markt"]}, UnknownNameError, "Did you mean 'market'"),
        ({"tests": ["bpm"]}, UnknownNameError, "Did you mean 'bmp'"),
        ({"models": []}, InputError, "at least one model"),
        ({"models": ["market", "market"]}, InputError, "Two models would be called 'market'"),
        ({"tests": ["t", "bmp", BMP()]}, InputError, "tests[2] is the same as tests[1]"),
        ({"models": "market"}, InputError, "models is 'market'; a list was expected, such as ['market']"),
        ({"tests": BMP()}, InputError, "tests is BMP("),
        ({"screens": "overlaps"}, InputError, "screens is 'overlaps'; a list was expected, such as ['overlaps']"),
        ({"group_by": "kind"}, InputError, "group_by is 'kind'; a list was expected, such as ['kind']"),
        (
            {"windows": (-120, -11)},
            InputError,
            "windows is (-120, -11); Windows(estimation=..., event=...) was expected",
        ),
        ({"seed": -1}, InputError, "seed is -1; a whole number of at least 0"),
        ({"benchmark": "SPYX"}, UnknownNameError, "Did you mean 'SPY'"),
        ({"benchmark": None, "models": ["market"]}, InputError, "needs a benchmark"),
        ({"focus": "BABA-2024Q5"}, UnknownNameError, "Did you mean 'BABA-2024Q"),
        ({"returns": "logs"}, UnknownNameError, "Did you mean 'log'"),
        ({"group_by": ["sector"]}, UnknownNameError, "column of the events to group by"),
        ({"surprise": Surprise(actual="net_income", estimate="eps_estimate")}, UnknownNameError, "net_income"),
        (
            {"windows": Windows(estimation=(-376, -11), min_obs=366)},
            InputError,
            "fell out: BABA-2024Q1 too_few_estimation_days (27 of 366 estimation returns)",
        ),
    ],
)
def test_what_makes_no_sense_is_an_error(changes: dict[str, object], error: type[Exception], words: str) -> None:
    sample = load_alibaba()
    with pytest.raises(error) as caught:
        replace(STUDY, **changes).run(sample.events, sample.prices)  # type: ignore[arg-type]
    assert words in str(caught.value)


def test_events_weigh_as_a_value_of_theirs_says() -> None:
    """All weight on one event is a study of that event alone, and an unknown weight is none."""
    data = load_alibaba()
    values = {"market_value": np.array([0.0, -1.0, np.nan, 2.5e11, np.nan, 0.0])}
    events = data.events.with_columns(values=values)
    study = Study(benchmark="SPY", tests=[CalendarTime(portfolio="value")], weights="market_value", reaction=False)
    found = study.run(events, data.prices)
    alone = replace(study, tests=[CalendarTime()], weights=None).run(events.take(np.array([3])), data.prices)
    for name in ("estimate", "std_error", "statistic", "p_value"):
        np.testing.assert_allclose(found.tests[name].tolist(), alone.tests[name].tolist(), rtol=1e-9)
    long = found.tests.iloc[-1]
    assert (long["reason"], long["note"]) == ("", f"21 sessions, {len(found.aligned) - 1} events without a weight")
    average = found.averages("weighted").iloc[-1:]
    assert average["n"].tolist() == [1]
    with pytest.raises(UnknownNameError, match=r"value of the events.*market_value"):
        replace(study, weights="market_valu").run(events, data.prices)
    with pytest.raises(InputError, match="weights: market_value"):
        replace(study, weights=None)
    with pytest.raises(InputError, match="a simulation draws weigh nothing"):
        simulate(study, events, data.prices, samples=2, size=2)


def test_the_order_of_rows_does_not_show(result: StudyResult) -> None:
    sample = load_alibaba()
    again = STUDY.run(sample.events.take(np.array([3, 0, 5, 1, 4, 2])), sample.prices)
    for name, frame in result.results.tables.items():
        pd.testing.assert_frame_equal(again.results.tables[name], frame, check_exact=True)
    assert again.results.summary == result.results.summary


def test_natural_mistakes_are_told_apart(result: StudyResult) -> None:
    sample = load_alibaba()
    with pytest.raises(UnknownNameError, match="Did you mean 'market'"):
        result.car((0, 1), model="markets")
    with pytest.raises(UnknownNameError, match="Did you mean 'BABA-2024Q"):
        result.reaction("BABA-2024Q9")
    with pytest.raises(InputError, match=r"Events\.from_frame"):
        STUDY.run(pd.DataFrame(), sample.prices)  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"PricePanel\.from_frame"):
        STUDY.run(sample.events, pd.DataFrame())  # type: ignore[arg-type]
    with pytest.raises(InputError, match="no focus"):
        replace(STUDY, focus=None).run(sample.events, sample.prices).reaction()


def test_a_missing_session_leaves_the_price_and_a_true_reason() -> None:
    sample = load_alibaba()
    table = sample.prices.to_frame().drop(columns="total_return")
    holed = table[~((table["symbol"] == "BABA") & (table["date"] == "2025-02-21"))]
    prices = PricePanel.from_frame(holed, basis={"SPY": "adjusted", "KWEB": "adjusted"})
    ladder = STUDY.run(sample.events, prices).reaction()
    assert ladder.rung("d1").reason == "no_price"
    assert ladder.rung("d2").price == 129.04
    assert ladder.rung("d2").reason == "incomplete_window"


def test_no_event_at_all_is_said() -> None:
    sample = load_alibaba()
    with pytest.raises(InputError, match="No event is left to study: none was given"):
        replace(STUDY, focus=None).run(sample.events.take(np.empty(0, dtype=np.int64)), sample.prices)


@pytest.mark.parametrize("measure", ["session", "overnight"])
def test_parts_of_the_day_through_the_market_model(measure: str) -> None:
    sample = load_alibaba()
    found = replace(STUDY, returns=measure, models=["market"], reaction=False).run(sample.events, sample.prices)
    own = found.cars.query("event_id == @FOCUS and window == 'day0'").iloc[0]
    table = sample.prices.to_frame()
    within = table.pivot_table(index="date", columns="symbol", values="close", dropna=False)
    within /= table.pivot_table(index="date", columns="symbol", values="open", dropna=False)
    whole = 1 + table.pivot_table(index="date", columns="symbol", values="total_return", dropna=False)
    returns = (within if measure == "session" else whole / within) - 1
    place = [str(each)[:10] for each in returns.index].index("2025-02-20")
    before, day0 = returns.iloc[place - 210 : place - 10], returns.iloc[[place]]
    fit = sm.OLS(before["BABA"], sm.add_constant(before["SPY"])).fit()
    expected = fit.get_prediction(sm.add_constant(day0["SPY"], has_constant="add"))
    assert own["car"] == pytest.approx(float(day0["BABA"].iloc[0]) - float(expected.predicted_mean[0]), rel=1e-10)
    assert own["std_error"] == pytest.approx(float(expected.se_obs[0]), rel=1e-10)
