"""Abnormal returns through the whole path, against statsmodels on the same sessions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from eventstudy import execution
from eventstudy.errors import InputError, Reason, UnknownNameError
from eventstudy.events import place
from eventstudy.execution import Engine
from eventstudy.panels import FactorPanel, PricePanel
from eventstudy.returns import (
    AbnormalReturns,
    Aligned,
    MarketAdjustedModel,
    MarketModel,
    MeanAdjustedModel,
    Regressors,
    Windows,
    align,
    average_returns,
    calendar_correlation,
    measure,
    measure_abnormal_returns,
    on_price_venue,
    paths,
)
from eventstudy.returns.accumulators import Accumulator
from eventstudy.returns.calendar_correlation import CalendarCorrelation
from eventstudy.returns.estimation_means import EstimationMeans
from eventstudy.returns.models import ExpectedReturnModel
from eventstudy.returns.positive_share import PositiveShare
from tests.made_up import FIRST, SESSIONS, made_up_events, made_up_returns

WINDOWS = Windows(estimation=(-130, -11), event=(-10, 10), named={"reaction": (0, 1), "all": (-10, 10)}, min_obs=60)
SYMBOLS = ["S00", "S01", "S02", "S03"]


def run(
    frame: pd.DataFrame,
    model: ExpectedReturnModel,
    *,
    windows: Windows = WINDOWS,
    kind: str = "simple",
    **options: object,
) -> tuple[AbnormalReturns, Aligned]:
    prices = PricePanel.from_frame(frame)
    panel = measure(prices, kind)
    events = on_price_venue(made_up_events(SYMBOLS, [200, 260, 330]), prices.listing)
    aligned = align(events, place(events), panel, windows)
    abnormal, _ = measure_abnormal_returns(aligned, panel, model, Regressors(panel), **options)  # type: ignore[arg-type]
    return abnormal, aligned


def windows_of(frame: pd.DataFrame, symbol: str, offset: int) -> tuple[pd.Series, pd.Series]:
    """Return the estimation and event window of one symbol as its own rows, found by date."""
    series = frame[frame["symbol"] == symbol].set_index("date")["return"]
    sessions = SESSIONS[FIRST : FIRST + 400]
    return series.reindex(sessions[offset - 130 : offset - 10]), series.reindex(sessions[offset - 10 : offset + 11])


def test_market_model_equals_statsmodels(panel_frame: pd.DataFrame) -> None:
    abnormal, aligned = run(panel_frame, MarketModel("MKT"))
    assert len(aligned) == 12
    for place_, (symbol, offset) in enumerate((symbol, offset) for symbol in SYMBOLS for offset in (200, 260, 330)):
        y, y_event = windows_of(panel_frame, symbol, offset)
        x, x_event = windows_of(panel_frame, "MKT", offset)
        used = y.notna().to_numpy()
        fit = sm.OLS(y[used].to_numpy(), sm.add_constant(x[used].to_numpy())).fit()
        design = sm.add_constant(x_event.to_numpy())
        np.testing.assert_allclose(abnormal.estimates.parameters[place_], fit.params, rtol=1e-10)
        np.testing.assert_allclose(abnormal.ar[place_], y_event.to_numpy() - fit.predict(design), rtol=0, atol=1e-14)
        covariance = fit.mse_resid * np.eye(21) + design @ fit.cov_params() @ design.T
        there = y_event.notna().to_numpy()
        np.testing.assert_allclose(abnormal.std_error[place_][there], np.sqrt(np.diag(covariance))[there], rtol=1e-10)
        cars = abnormal.car("all")
        if there.all():
            assert cars.car[place_] == pytest.approx((y_event.to_numpy() - fit.predict(design)).sum(), abs=1e-13)
            assert cars.std_error[place_] == pytest.approx(np.sqrt(covariance.sum()), rel=1e-10)
            assert cars.reason[place_] == Reason.OK
        else:
            assert np.isnan(cars.car[place_])
            assert np.isnan(cars.std_error[place_])
            assert cars.reason[place_] == Reason.INCOMPLETE_WINDOW


def test_some_windows_are_incomplete_and_some_are_not(panel_frame: pd.DataFrame) -> None:
    abnormal, _ = run(panel_frame, MarketModel("MKT"))
    reasons = set(map(str, abnormal.car("all").reason))
    assert reasons == {"ok", "incomplete_window"}


def test_coverage_below_one_sums_the_days_there_are(panel_frame: pd.DataFrame) -> None:
    loose = Windows(estimation=(-130, -11), event=(-10, 10), named={"all": (-10, 10)}, min_obs=60, min_coverage=0.5)
    abnormal, _ = run(panel_frame, MarketModel("MKT"), windows=loose)
    cars = abnormal.car("all")
    assert (cars.reason == Reason.OK).all()
    row = int(np.flatnonzero(np.isnan(abnormal.ar).any(axis=1))[0])
    there = ~np.isnan(abnormal.ar[row])
    spread = abnormal.spread[row][there]
    covariance = np.diag(abnormal.noise[row][there]) + spread @ spread.T
    assert cars.car[row] == pytest.approx(abnormal.ar[row][there].sum(), abs=1e-14)
    assert cars.std_error[row] == pytest.approx(np.sqrt(covariance.sum()), rel=1e-12)


def test_mean_adjusted_and_market_adjusted_variances() -> None:
    frame = made_up_returns(seed=21, symbols=4, sessions=400)
    y, y_event = windows_of(frame, "S02", 260)
    x, x_event = windows_of(frame, "MKT", 260)
    mean, _ = run(frame, MeanAdjustedModel())
    place_ = 2 * 3 + 1
    np.testing.assert_allclose(mean.ar[place_], y_event - y.mean(), atol=1e-15)
    variance = y.var(ddof=1) * (21 + 21**2 / 120)
    assert mean.car("all").std_error[place_] == pytest.approx(np.sqrt(variance), rel=1e-10)
    adjusted, _ = run(frame, MarketAdjustedModel("MKT"))
    np.testing.assert_allclose(adjusted.ar[place_], y_event - x_event, atol=1e-15)
    assert adjusted.car("reaction").std_error[place_] == pytest.approx(np.sqrt(2 * (y - x).var(ddof=1)), rel=1e-10)
    assert adjusted.estimates.dof[place_] == 119


def test_bhar_compounds_both_legs() -> None:
    frame = made_up_returns(seed=22, symbols=4, sessions=400)
    _, y_event = windows_of(frame, "S01", 200)
    _, x_event = windows_of(frame, "MKT", 200)
    for kind in ("simple", "log"):
        abnormal, _ = run(frame, MarketModel("MKT"), kind=kind)
        expected = np.prod(1 + y_event[10:12]) - np.prod(1 + x_event[10:12])
        assert abnormal.car("reaction").bhar[3] == pytest.approx(expected, rel=1e-12)


def test_forecast_error_options_order_the_standard_errors() -> None:
    frame = made_up_returns(seed=23, symbols=4, sessions=400)
    full, _ = run(frame, MarketModel("MKT"))
    diagonal, _ = run(frame, MarketModel("MKT"), forecast_error="diagonal")
    none, _ = run(frame, MarketModel("MKT"), forecast_error="none")
    np.testing.assert_allclose(none.car("all").std_error, full.estimates.sigma * np.sqrt(21), rtol=1e-12)
    np.testing.assert_allclose(diagonal.car("all").std_error, np.sqrt((full.std_error**2).sum(axis=1)), rtol=1e-12)
    assert (none.car("all").std_error < diagonal.car("all").std_error).all()
    assert (diagonal.car("all").std_error < full.car("all").std_error).all()
    with pytest.raises(InputError, match="one of full, diagonal, none"):
        run(frame, MarketModel("MKT"), forecast_error="some")
    with pytest.raises(UnknownNameError, match="no autocorrelation named 'ar2'"):
        run(frame, MarketModel("MKT"), autocorrelation="ar2")


def read(found: Mapping[type[Accumulator], Any], events: int) -> list[np.ndarray]:
    """Return the arrays that tests read of three accumulators."""
    positive, used = found[PositiveShare].counts(np.arange(events))
    means, every = found[EstimationMeans], np.arange(events)
    # Windows of other lengths weigh the correlation of each lag otherwise.
    rbars = [found[CalendarCorrelation].mean(WINDOWS.window(name), every) for name in ("reaction", "all")]
    assert {each.events for each in rbars} == {events}
    assert all(each.value != 0 for each in rbars)
    return [positive, used, means.total, means.count, *(np.array([each.value, each.pairs]) for each in rbars)]


@pytest.mark.parametrize(
    ("engine", "path"), [(engine, path) for engine in ("threads", "processes") for path in ("numpy", "compiled")]
)
def test_engines_give_the_same_bits(engine: str, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    frame = made_up_returns(seed=31, symbols=4, sessions=400, missing=0.05)
    prices = PricePanel.from_frame(frame)
    panel = measure(prices)
    events = on_price_venue(made_up_events(SYMBOLS, list(range(150, 380))), prices.listing)
    aligned = align(events, place(events), panel, WINDOWS)
    monkeypatch.setattr(execution, "BLOCK", 256)
    monkeypatch.setitem(paths.TIMES, "compiled", 1)
    monkeypatch.setattr(calendar_correlation, "HELD", 10)
    assert len(aligned) > 2 * 256
    members = {"all": np.ones(len(aligned), dtype=bool)}
    model, regressors = MarketModel("equal_weighted"), Regressors(panel)
    needs = (PositiveShare, EstimationMeans, CalendarCorrelation)
    (alone, sums), (other, again) = (
        measure_abnormal_returns(aligned, panel, model, regressors, needs=needs, groups=members, engine=each)
        for each in (Engine(path=path), Engine(name=engine, workers=2, path=path))
    )
    assert alone.ar.tobytes() == other.ar.tobytes()
    assert alone.spread.tobytes() == other.spread.tobytes()
    first, second = (read(each["all"], len(aligned)) for each in (sums, again))
    assert [each.tobytes() for each in first] == [each.tobytes() for each in second]


def test_benchmarks_by_factor_and_exchange(panel_frame: pd.DataFrame) -> None:
    market = panel_frame[panel_frame["symbol"] == "MKT"]
    factors = FactorPanel.from_frame(pd.DataFrame({"date": market["date"], "mkt": market["return"]}))
    prices = PricePanel.from_frame(panel_frame)
    panel = measure(prices)
    events = on_price_venue(made_up_events(SYMBOLS, [200]), prices.listing)
    aligned = align(events, place(events), panel, WINDOWS)
    regressors = Regressors(panel, factors)
    by_symbol, _ = measure_abnormal_returns(aligned, panel, MarketModel("MKT"), regressors)
    by_factor, _ = measure_abnormal_returns(aligned, panel, MarketModel("mkt"), regressors)
    by_exchange, _ = measure_abnormal_returns(aligned, panel, MarketModel({"XNYS": "MKT"}), regressors)
    assert by_symbol.ar.tobytes() == by_factor.ar.tobytes() == by_exchange.ar.tobytes()
    with pytest.raises(UnknownNameError, match="Did you mean 'MKT'"):
        regressors.check("MKTT")
    with pytest.raises(InputError, match=r"A benchmark is \('MKT', 'S00'\); a name .* expected"):
        regressors.check(("MKT", "S00"))  # type: ignore[arg-type]
    with pytest.raises(InputError, match="given for XHKG only"):
        measure_abnormal_returns(aligned, panel, MarketModel({"XHKG": "MKT"}), regressors)
    with pytest.raises(InputError) as caught:
        measure_abnormal_returns(aligned, panel, MarketModel({"NYSE": "MKT"}), regressors)
    assert str(caught.value) == (
        "There are events on XNYS, and the benchmark is given for NYSE only; {XNYS: ...} was expected. 'NYSE' is no "
        "exchange code. Did you mean 'XNYS'?"
    )


def test_equal_weighted_is_the_mean_of_what_is_there(panel_frame: pd.DataFrame) -> None:
    panel = measure(PricePanel.from_frame(panel_frame))
    calendar = panel.listing.calendars[0]
    from eventstudy.returns.regressors import equal_weighted

    market = equal_weighted(panel, calendar)
    wide = panel_frame.pivot_table(index="date", columns="symbol", values="return", dropna=False)
    np.testing.assert_allclose(market[FIRST : FIRST + 400], wide.mean(axis=1).to_numpy(), rtol=1e-12)


def test_an_equal_weighted_benchmark_is_of_the_symbols_of_its_exchange() -> None:
    from eventstudy.returns.regressors import equal_weighted

    here = made_up_returns(seed=3, symbols=2, sessions=300)
    there = made_up_returns(seed=4, symbols=0, sessions=300).assign(symbol="1321.T")
    there = there[there["date"].isin(prices_sessions("XTKS"))]
    panel = measure(PricePanel.from_frame(pd.concat([here, there])))
    for code, frame in (("XNYS", here), ("XTKS", there)):
        calendar = panel.listing.exchanges[code]
        mean = frame.groupby("date")["return"].mean()
        found = equal_weighted(panel, calendar)[calendar.index(mean.index.to_numpy(dtype="datetime64[D]"))]
        np.testing.assert_allclose(found, mean.to_numpy(), rtol=1e-12)


def test_a_benchmark_on_other_sessions_is_refused() -> None:
    frame = made_up_returns(seed=3, symbols=1, sessions=300)
    prices = PricePanel.from_frame(frame)
    tokyo = made_up_returns(seed=4, symbols=0, sessions=300).assign(symbol="1321.T")
    tokyo = tokyo[tokyo["date"].isin(prices_sessions("XTKS"))]
    both = PricePanel.from_frame(pd.concat([frame, tokyo]))
    panel = measure(both)
    with pytest.raises(InputError, match=r"1321\.T trades on XTKS"):
        Regressors(panel).tables(["1321.T"])
    assert "MKT" in prices.listing


def prices_sessions(code: str) -> np.ndarray:
    from eventstudy.calendars import get_calendar

    return get_calendar(code).sessions


def test_degenerate_estimations_carry_their_reason() -> None:
    frame = made_up_returns(seed=41, symbols=4, sessions=400)
    frame.loc[frame["symbol"] == "S00", "return"] = 0.001
    copy = frame[frame["symbol"] == "MKT"]["return"].to_numpy()
    frame.loc[frame["symbol"] == "S01", "return"] = copy
    abnormal, _ = run(frame, MarketModel("MKT"))
    reasons = abnormal.estimates.reason
    assert [str(reason) for reason in reasons[[0, 3, 6]]] == ["degenerate_estimation", "degenerate_estimation", "ok"]
    assert abnormal.estimates.detail[0] == "the residuals are all zero"
    assert np.isnan(abnormal.ar[0]).all()
    assert abnormal.car("reaction").reason[0] == Reason.DEGENERATE_ESTIMATION
    flat = frame.copy()
    flat.loc[flat["symbol"] == "MKT", "return"] = 0.0005
    abnormal, _ = run(flat, MarketModel("MKT"))
    assert abnormal.estimates.detail[6] == "MKT does not vary apart from the columns before it"


def test_averages_by_hand() -> None:
    frame = made_up_returns(seed=51, symbols=4, sessions=400, missing=0.02)
    abnormal, aligned = run(frame, MarketModel("MKT"))
    averages = average_returns(abnormal, np.ones(len(aligned), dtype=bool))
    table = pd.DataFrame(abnormal.ar)
    np.testing.assert_allclose(averages.aar, table.mean(), rtol=1e-12)
    np.testing.assert_allclose(averages.std_error, table.sem(), rtol=1e-12)
    assert averages.n.tolist() == table.count().tolist()
    complete = table.dropna()
    assert 0 < len(complete) < len(table)
    assert averages.balanced == len(complete)
    np.testing.assert_allclose(averages.caar, complete.cumsum(axis=1).mean(), rtol=1e-12)
    from scipy import stats

    low, high = stats.t.interval(
        0.95, len(complete) - 1, loc=averages.caar, scale=complete.cumsum(axis=1).sem().to_numpy()
    )
    np.testing.assert_allclose(averages.ci_low, low, rtol=1e-9)
    np.testing.assert_allclose(averages.ci_high, high, rtol=1e-9)


def test_exchanges_without_events_need_no_benchmark() -> None:
    frame = made_up_returns(seed=3, symbols=4, sessions=400)
    tokyo = made_up_returns(seed=4, symbols=0, sessions=400).assign(symbol="1321.T")
    tokyo = tokyo[tokyo["date"].isin(prices_sessions("XTKS"))]
    alone, _ = run(frame, MarketModel("MKT"))
    beside, _ = run(pd.concat([frame, tokyo]), MarketModel("MKT"))
    assert beside.ar.tobytes() == alone.ar.tobytes()


@pytest.mark.parametrize("rows", [[0, 2, 1, 3], [0, 2, 2], [3, 2, 1], [1, 1, 3], [0, 1, 2]])
@pytest.mark.parametrize("path", ["numpy", "compiled"])
def test_events_in_any_order(rows: list[int], path: str) -> None:
    frame = made_up_returns(seed=41, symbols=5, sessions=400)
    abnormal, _ = run(frame, MarketModel("MKT"), engine=Engine(path=path))
    some = abnormal.take(np.array(rows))
    np.testing.assert_array_equal(some.actual, abnormal.actual[rows])
    np.testing.assert_allclose(some.ar, some.actual - some.expected, rtol=0, atol=1e-15)
    np.testing.assert_array_equal(some.car("reaction").bhar, abnormal.car("reaction").bhar[rows])
