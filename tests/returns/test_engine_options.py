"""Windows, gaps between trades, delistings and factors through the whole path, against the same sessions by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from eventstudy.errors import DataError, InputError, Reason, UnknownNameError
from eventstudy.events import Events, place
from eventstudy.execution import Engine
from eventstudy.panels import FactorPanel, PricePanel
from eventstudy.returns import (
    CAPM,
    FF3,
    AbnormalReturns,
    Aligned,
    BuyAndHold,
    DimsonModel,
    ExpectedReturnModel,
    GARCHModel,
    HuberModel,
    MarketAdjustedModel,
    MarketModel,
    MeanAdjustedModel,
    RawModel,
    Regressors,
    ScholesWilliamsModel,
    Windows,
    abnormal_volatility,
    align,
    beaver_u,
    measure,
    measure_abnormal_returns,
    on_price_venue,
)
from tests.made_up import FIRST, SESSIONS, made_up_returns

FRAME = made_up_returns(seed=18, symbols=3, sessions=400)
WIDE = FRAME.pivot_table(index="date", columns="symbol", values="return", dropna=False)
MARKET, OWN = WIDE["MKT"].to_numpy(), WIDE["S00"].to_numpy()


def run(
    model: ExpectedReturnModel,
    windows: Windows,
    *,
    frame: pd.DataFrame = FRAME,
    factors: FactorPanel | None = None,
    kind: str = "simple",
    missing: str = "drop",
    values: dict[str, list[float]] | None = None,
    **options: object,
) -> tuple[AbnormalReturns, Aligned]:
    """Run a model on events of S00 on the sessions 200 and 230."""
    table = pd.DataFrame(
        {"symbol": "S00", "date": [str(SESSIONS[FIRST + 200]), str(SESSIONS[FIRST + 230])], "timing": "before_open"}
    )
    prices = PricePanel.from_frame(frame)
    panel = measure(prices, kind, missing=missing)
    events = on_price_venue(Events.from_frame(table.assign(**(values or {}))), prices.listing)
    aligned = align(events, place(events), panel, windows)
    abnormal, _ = measure_abnormal_returns(aligned, panel, model, Regressors(panel, factors), **options)  # type: ignore[arg-type]
    return abnormal, aligned


def expected_by_hand(rows: np.ndarray, event: np.ndarray) -> np.ndarray:
    fit = sm.OLS(OWN[rows], sm.add_constant(MARKET[rows])).fit()
    return fit.params[0] + fit.params[1] * MARKET[event]


def test_estimation_before_and_after() -> None:
    windows = Windows(estimation=(-100, -11), event=(-5, 5), estimation_after=(20, 80))
    assert windows.looks_ahead
    assert (windows.estimated.sum(), windows.fewest) == (151, 76)
    abnormal, _ = run(MarketModel("MKT"), windows)
    rows = np.concatenate([np.arange(100, 190), np.arange(220, 281)])
    assert abnormal.estimates.n_obs[0] == 151
    np.testing.assert_allclose(abnormal.expected[0], expected_by_hand(rows, np.arange(195, 206)), rtol=1e-10)


def test_estimation_after_the_event_alone() -> None:
    windows = Windows(estimation=(11, 100), event=(-5, 5))
    assert windows.looks_ahead
    abnormal, _ = run(MarketModel("MKT"), windows)
    np.testing.assert_allclose(
        abnormal.expected[0], expected_by_hand(np.arange(211, 301), np.arange(195, 206)), rtol=1e-10
    )
    assert not Windows().looks_ahead


def test_columns_of_the_events_narrow_the_windows_of_single_events() -> None:
    windows = Windows(
        estimation=(-100, -11),
        event=(-5, 10),
        named={"deal": (0, 10), "day0": (0, 0)},
        min_obs=40,
        columns={"estimation": ("clean_from", "clean_to"), "deal": ("signed", "closed")},
    )
    nan = float("nan")
    values = {"clean_from": [-80.0, nan], "clean_to": [-31.0, nan], "signed": [1.0, nan], "closed": [4.0, nan]}
    abnormal, aligned = run(MarketModel("MKT"), windows, values=values)
    assert abnormal.estimates.n_obs.tolist() == [50, 90]
    np.testing.assert_allclose(
        abnormal.expected[0], expected_by_hand(np.arange(120, 170), np.arange(195, 211)), rtol=1e-10
    )
    cars = abnormal.car("deal")
    assert cars.car[0] == pytest.approx(abnormal.ar[0, 6:10].sum(), abs=1e-15)
    assert cars.car[1] == pytest.approx(abnormal.ar[1, 5:].sum(), abs=1e-15)
    spread = abnormal.spread[0, 6:10]
    exact = np.diag(abnormal.noise[0, 6:10]) + spread @ spread.T
    assert cars.std_error[0] == pytest.approx(np.sqrt(exact.sum()), rel=1e-12)
    assert cars.bhar[0] == pytest.approx(np.prod(1 + OWN[201:205]) - np.prod(1 + MARKET[201:205]), rel=1e-12)
    narrowed = abnormal.narrowed(windows.window("deal"))
    assert np.isnan(narrowed.ar[0]).tolist() == [*[False] * 5, True, *[False] * 4, *[True] * 6]
    assert abnormal.take(np.array([0])).car("deal").car[0] == cars.car[0]
    assert abnormal.car("day0").car[0] == abnormal.ar[0, 5]
    assert len(aligned) == 2


def test_columns_that_can_not_be() -> None:
    windows = Windows(estimation=(-100, -11), event=(-5, 5), min_obs=40, columns={"estimation": ("from", "to")})
    with pytest.raises(DataError, match=r"narrows the window 'estimation' to \[-120,-11\], which does not lie within"):
        run(MarketModel("MKT"), windows, values={"from": [-120.0, -50.0], "to": [-11.0, -11.0]})
    misspelt = replace(windows, columns={"estimation": ("fro", "to")})
    with pytest.raises(UnknownNameError, match="Did you mean 'from'"):
        run(MarketModel("MKT"), misspelt, values={"from": [-50.0] * 2, "to": [-11.0] * 2})
    with pytest.raises(UnknownNameError, match="window to narrow"):
        Windows(columns={"drift": ("a", "b")})
    with pytest.raises(InputError, match=r"estimation_after \[\+3,\+80\] after it"):
        Windows(estimation=(-100, -11), event=(-5, 5), estimation_after=(3, 80))


def with_prices(holes: list[int]) -> pd.DataFrame:
    """Return closes that grow by the made-up returns; S00 has none on some sessions."""
    parts = []
    for symbol in ("MKT", "S00"):
        close = 100 * np.cumprod(1 + WIDE[symbol].to_numpy())
        if symbol == "S00":
            close[holes] = np.nan
        parts.append(pd.DataFrame({"date": WIDE.index, "symbol": symbol, "close": close}))
    return pd.concat(parts)


def test_trade_to_trade_through_the_whole_path() -> None:
    holes = [105, 106, 150, 202]
    windows = Windows(estimation=(-100, -11), event=(-5, 5), named={"all": (-5, 5), "to the gap": (-5, 2)}, min_obs=60)
    abnormal, _ = run(MarketModel("MKT"), windows, frame=with_prices(holes), kind="log", missing="trade_to_trade")
    own, market = np.log1p(OWN), np.log1p(MARKET)
    y, x, n = [], [], []
    total_y = total_x = span = 0.0
    for session in range(100, 190):
        total_y, total_x, span = total_y + own[session], total_x + market[session], span + 1
        if session not in holes:
            y, x, n = [*y, total_y], [*x, total_x], [*n, span]
            total_y = total_x = span = 0.0
    fit = sm.WLS(y, np.column_stack([n, x]), weights=1 / np.array(n)).fit()
    np.testing.assert_allclose(abnormal.estimates.parameters[0], fit.params, rtol=1e-9)
    assert abnormal.estimates.n_obs[0] == 87
    alpha, beta = fit.params
    booked = own[202] + own[203] - 2 * alpha - beta * (market[202] + market[203])
    assert abnormal.ar[0, 8] == pytest.approx(booked, abs=1e-14)
    assert np.isnan(abnormal.ar[0, 7])
    row = np.array([2.0, market[202] + market[203]])
    variance = fit.mse_resid * 2 + row @ fit.cov_params() @ row
    assert abnormal.std_error[0, 8] == pytest.approx(np.sqrt(variance), rel=1e-9)
    cars = abnormal.car("all")
    # The window is covered whole: the abnormal return of the missing session is in the one after it.
    assert cars.reason[0] == Reason.OK
    plain = (own[195:206] - alpha - beta * market[195:206]).sum()
    assert cars.car[0] == pytest.approx(plain, abs=1e-13)
    assert cars.bhar[0] == pytest.approx(np.prod(1 + OWN[195:206]) - np.prod(1 + MARKET[195:206]), rel=1e-9)
    assert abnormal.car("to the gap").reason[0] == Reason.INCOMPLETE_WINDOW
    with pytest.raises(InputError, match="'huber' can't weight returns from trade to trade"):
        run(HuberModel("MKT"), windows, frame=with_prices(holes), kind="log", missing="trade_to_trade")


@pytest.mark.parametrize("against", ["market", "model"])
@pytest.mark.parametrize("model", [MarketModel("MKT"), MarketAdjustedModel("MKT"), MeanAdjustedModel(), RawModel()])
def test_what_is_held_over_a_gap_counts_its_sessions_once(model: ExpectedReturnModel, against: str) -> None:
    windows = Windows(estimation=(-100, -11), event=(-5, 5), named={"all": (-5, 5)}, min_obs=60)
    abnormal, _ = run(
        model,
        windows,
        frame=with_prices([105, 202, 203]),
        kind="log",
        missing="trade_to_trade",
        hold=BuyAndHold(benchmark=against),
    )
    market, parameters = np.log1p(MARKET[195:206]), abnormal.estimates.parameters[0]
    by_session = {
        "market": parameters[0] + parameters[1] * market if len(parameters) == 2 else market,
        "market_adjusted": market,
        "mean_adjusted": np.full(11, parameters[0]) if len(parameters) else market,
        "raw": np.zeros(11),
    }[model.kind]
    legs = market if model.regressors and against == "market" else by_session
    expected = np.prod(1 + OWN[195:206]) - np.exp(legs.sum())
    assert abnormal.car("all").bhar[0] == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize(("start", "held"), [(6.0, True), (8.0, False)])
def test_a_return_that_begins_before_the_days_of_an_event_is_not_held(*, start: float, held: bool) -> None:
    windows = Windows(
        estimation=(-100, -11),
        event=(-5, 10),
        named={"deal": (0, 10)},
        min_obs=40,
        columns={"deal": ("signed", "closed")},
    )
    values = {"signed": [start, 0.0], "closed": [10.0, 10.0]}
    # The price of day 8 stands beside that of day 5.
    frame, days = with_prices([206, 207]), slice(200 + int(start), 211)
    abnormal, _ = run(MarketModel("MKT"), windows, frame=frame, values=values, kind="log", missing="trade_to_trade")
    expected = np.prod(1 + OWN[days]) - np.prod(1 + MARKET[days])
    assert abnormal.car("deal").bhar[0] == pytest.approx(expected if held else np.nan, rel=1e-9, nan_ok=True)


@pytest.mark.parametrize("path", ["numpy", "compiled"])
@pytest.mark.parametrize("model", [MarketModel("NEW"), MarketAdjustedModel("NEW"), ScholesWilliamsModel("NEW")])
@pytest.mark.parametrize(("rows", "reason"), [(60, Reason.OK), (59, Reason.TOO_FEW_ESTIMATION_DAYS)])
def test_rows_without_a_benchmark_count_for_nothing(
    model: ExpectedReturnModel, rows: int, reason: Reason, path: str
) -> None:
    new = FRAME[FRAME["symbol"] == "MKT"].assign(symbol="NEW").iloc[190 - rows :]
    windows = Windows(estimation=(-100, -11), event=(-5, 5), min_obs=60)
    frame = pd.concat([FRAME, new])
    abnormal, _ = run(model, windows, frame=frame, engine=Engine(path=path))
    lost = sum(model.edges)
    # The second event, 30 sessions later, has 30 rows more.
    assert abnormal.estimates.n_obs.tolist() == [rows - lost, rows + 30 - lost]
    assert abnormal.estimates.reason.tolist() == [reason, Reason.OK]
    few = reason != Reason.OK
    assert abnormal.estimates.detail[0] == (f"{59 - lost} complete rows, {60 - lost} needed" if few else "")
    for numbers in (abnormal.ar, abnormal.std_error, abnormal.expected, abnormal.estimates.sigma[:, None]):
        assert np.isnan(numbers).all(axis=1).tolist() == [few, False]


@pytest.mark.parametrize("rows", [1, 4])
def test_a_model_says_how_many_rows_it_needs_itself(rows: int) -> None:
    """Two columns take five rows, whatever fewer are asked for."""
    new = FRAME[FRAME["symbol"] == "MKT"].assign(symbol="NEW").iloc[190 - rows :]
    windows = Windows(estimation=(-100, -11), event=(-5, 5), min_obs=2)
    abnormal, _ = run(MarketModel("NEW"), windows, frame=pd.concat([FRAME, new]))
    assert abnormal.estimates.detail.tolist() == [f"{rows} complete rows, 5 needed", ""]


def test_a_firm_that_stops_trading_inside_the_window() -> None:
    gone = FRAME[~((FRAME["symbol"] == "S00") & (FRAME["date"] > SESSIONS[FIRST + 202]))]
    windows = Windows(estimation=(-100, -11), event=(-5, 5), named={"all": (-5, 5)})
    firm, market = np.prod(1 + OWN[195:203]), np.prod(1 + MARKET[195:206])
    last = np.prod(1 + MARKET[203:206])
    for rule, expected in (
        ("benchmark", firm * last - market),
        ("cash", firm - market),
        ("truncate", firm - market / last),
    ):
        abnormal, _ = run(MarketModel("MKT"), windows, frame=gone, hold=BuyAndHold(delisting=rule))
        cars = abnormal.car("all")
        assert cars.bhar[0] == pytest.approx(expected, rel=1e-12)
        assert cars.reason[0] == Reason.INCOMPLETE_WINDOW
        assert np.isnan(cars.car[0])


def test_buy_and_hold_against_the_model() -> None:
    windows = Windows(estimation=(-100, -11), event=(-5, 5), named={"all": (-5, 5)})
    abnormal, _ = run(MarketModel("MKT"), windows, hold=BuyAndHold(benchmark="model"))
    expected = np.prod(1 + OWN[195:206]) - np.prod(1 + abnormal.expected[0])
    assert abnormal.car("all").bhar[0] == pytest.approx(expected, rel=1e-12)


def test_excess_returns_need_a_riskless_one_and_hold_the_whole_market() -> None:
    windows = Windows(estimation=(-100, -11), event=(-5, 5), named={"all": (-5, 5)})
    riskless = np.full(400, 1e-4)
    table = pd.DataFrame({"date": WIDE.index, "mkt_rf": MARKET - riskless, "rf": riskless})
    factors = FactorPanel.from_frame(table)
    by_factor, _ = run(CAPM(), windows, factors=factors)
    by_symbol, _ = run(CAPM("MKT"), windows, factors=factors)
    np.testing.assert_allclose(by_factor.ar, by_symbol.ar, rtol=0, atol=1e-15)
    np.testing.assert_allclose(by_factor.car("all").bhar, by_symbol.car("all").bhar, rtol=1e-10)
    with pytest.raises(InputError, match="give factors with a column rf"):
        run(CAPM("MKT"), windows, factors=FactorPanel.from_frame(table.drop(columns="rf")))


def test_margins_reach_past_the_windows() -> None:
    windows = Windows(estimation=(-100, -11), event=(-5, 5))
    abnormal, _ = run(DimsonModel("MKT", p=1, q=2, dynamic=True), windows)
    rows = np.arange(101, 188)
    design = sm.add_constant(np.column_stack([MARKET[rows + lag] for lag in (0, -1, 1, 2)]))
    fit = sm.OLS(OWN[rows], design).fit()
    event = np.arange(195, 206)
    ahead = np.column_stack([np.ones(11), *(MARKET[event + lag] for lag in (0, -1, 1, 2))])
    np.testing.assert_allclose(abnormal.expected[0], ahead @ fit.params, rtol=0, atol=1e-14)


def test_the_gap_reaches_models_of_variance() -> None:
    rng = np.random.default_rng(1)
    h, e = 4e-4, np.empty(400)
    for t in range(400):
        e[t] = np.sqrt(h) * rng.normal()
        h = 2e-5 + 0.25 * e[t] ** 2 + 0.7 * h
    frame = FRAME.copy()
    frame.loc[frame["symbol"] == "S00", "return"] = MARKET + e
    near, _ = run(GARCHModel("MKT", min_obs=100), Windows(estimation=(-190, -6), event=(-5, 5)), frame=frame)
    far, _ = run(GARCHModel("MKT", min_obs=100), Windows(estimation=(-190, -6), event=(0, 5)), frame=frame)
    assert near.estimates.detail.tolist() == ["", ""]
    np.testing.assert_allclose(far.noise, near.noise[:, 5:], rtol=1e-9)


def test_abnormal_volatility_is_centred_for_normal_returns() -> None:
    """ln F(1, df): scipy's expectation and variance, and the covariance of days that share one s^2."""
    from scipy import integrate, stats

    abnormal, _ = run(MarketModel("MKT"), Windows(estimation=(-100, -11), event=(-5, 5), named={"all": (-5, 5)}))
    found = abnormal_volatility(abnormal)
    u = beaver_u(abnormal)
    np.testing.assert_allclose(u, (abnormal.ar / abnormal.std_error) ** 2, rtol=1e-12)
    density = stats.f(1, 88).pdf

    def moment(power: int) -> float:
        # In logarithms the density has no pole.
        value, _ = integrate.quad(lambda v: v**power * density(np.exp(v)) * np.exp(v), -60, 10, limit=500)
        return float(value)

    np.testing.assert_allclose(found.expected, moment(1), rtol=1e-6)
    variance = moment(2) - moment(1) ** 2
    np.testing.assert_allclose(found.std_error**2, variance, rtol=1e-6)
    shared = stats.chi2(88)
    logs = integrate.quad(lambda v: np.log(v) ** 2 * shared.pdf(v), 1e-9, 400, limit=300)[0]
    mean = integrate.quad(lambda v: np.log(v) * shared.pdf(v), 1e-9, 400, limit=300)[0]
    cars = found.car("all")
    assert cars.std_error[0] ** 2 == pytest.approx(11 * np.pi**2 / 2 + 121 * (logs - mean**2), rel=1e-5)
    assert np.isnan(cars.bhar).all()


def test_factors_of_french_on_a_real_stock(shared_data: Path) -> None:
    """IBM against the five factors and momentum, from the files as published, in percent."""
    from eventstudy.returns import FF5, Carhart

    folder = shared_data / "market"
    five = published(folder / "factors" / "F-F_Research_Data_5_Factors_2x3_daily.csv")
    momentum = published(folder / "factors" / "F-F_Momentum_Factor_daily.csv")
    table = pd.concat([five, momentum], axis=1, join="inner")
    table.columns = ["mkt_rf", "smb", "hml", "rmw", "cma", "rf", "mom"]
    table = (table / 100).loc["2007-01-01":"2016-12-31"]
    factors = FactorPanel.from_frame(table.rename_axis("date").reset_index())
    returns = pd.read_csv(folder / "panel" / "cvxportfolio_returns_2007_2016.csv.gz", index_col=0, parse_dates=True)
    own = returns["IBM"].loc[lambda series: series.index.isin(table.index)]
    frame = pd.DataFrame({"date": own.index, "symbol": "IBM", "return": own.to_numpy()})
    prices = PricePanel.from_frame(frame)
    panel = measure(prices)
    day = 1500
    events = Events.from_frame(
        pd.DataFrame({"symbol": ["IBM"], "date": [str(own.index[day].date())], "timing": ["before_open"]})
    )
    windows = Windows(estimation=(-250, -11), event=(-1, 1), named={"three": (-1, 1)})
    events = on_price_venue(events, prices.listing)
    aligned = align(events, place(events), panel, windows)
    for model, names in (
        (FF3(), ["mkt_rf", "smb", "hml"]),
        (FF5(), ["mkt_rf", "smb", "hml", "rmw", "cma"]),
        (Carhart(), ["mkt_rf", "smb", "hml", "mom"]),
    ):
        abnormal, _ = measure_abnormal_returns(aligned, panel, model, Regressors(panel, factors))
        both = table.join(own, how="inner")
        rows, event = both.iloc[day - 250 : day - 10], both.iloc[day - 1 : day + 2]
        fit = sm.OLS(rows["IBM"] - rows["rf"], sm.add_constant(rows[names])).fit()
        assert abnormal.estimates.n_obs[0] == 240
        np.testing.assert_allclose(abnormal.estimates.parameters[0], fit.params, rtol=1e-8, atol=1e-12)
        ahead = sm.add_constant(event[names], has_constant="add")
        ar = event["IBM"] - event["rf"] - fit.predict(ahead)
        np.testing.assert_allclose(abnormal.ar[0], ar, rtol=0, atol=1e-13)
        exact = fit.mse_resid * np.eye(3) + ahead.to_numpy() @ fit.cov_params().to_numpy() @ ahead.to_numpy().T
        assert abnormal.car("three").std_error[0] == pytest.approx(np.sqrt(exact.sum()), rel=1e-8)
        assert abnormal.estimates.parameters[0, 1] == pytest.approx(1.0, abs=0.4)  # a market beta


def published(path: Path) -> pd.DataFrame:
    """Read the daily rows of a file of French: those that begin with a date of eight digits."""
    lines = path.read_text(encoding="utf-8").splitlines()
    rows = [line.split(",") for line in lines if line[:8].strip().isdigit() and len(line.split(",")[0].strip()) == 8]
    table = pd.DataFrame([[float(cell) for cell in row[1:]] for row in rows])
    table.index = pd.to_datetime([row[0].strip() for row in rows], format="%Y%m%d")
    return table.where(table > -99)
