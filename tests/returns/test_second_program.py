"""Every model that is no plain regression against `plain_models`, through the whole path, on made-up returns.

Two exchanges, gaps, thin trading, a firm that is listed late and one that stops trading in its event window; estimation
before and after the event or narrowed by columns of it; every `forecast_error`, both paths, all rules of delisting.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import numpy as np
import pandas as pd
import pytest
from scipy.special import digamma
from statsmodels.stats.stattools import durbin_watson, jarque_bera

from eventstudy.errors import Reason
from eventstudy.execution import Engine
from eventstudy.panels import PricePanel
from eventstudy.returns import (
    AbnormalReturns,
    BuyAndHold,
    Cars,
    ExpectedReturnModel,
    Windows,
    abnormal_volatility,
)
from eventstudy.returns.measures import shares_outstanding
from eventstudy.returns.models import (
    Block,
    CharacteristicModel,
    DimsonModel,
    EGARCHModel,
    ElasticNetModel,
    GARCHModel,
    HuberModel,
    LADModel,
    MarketAdjustedModel,
    MarketModel,
    MatchedModel,
    MeanAdjustedModel,
    ScholesWilliamsModel,
    SyntheticControlModel,
    TheilSenModel,
)
from tests.returns import plain_models as plain
from tests.returns.made_up_study import (
    CALENDARS,
    DAYS,
    EVENT,
    FIRST,
    MARKETS,
    NAMED,
    SESSIONS,
    Array,
    Event,
    made_up_study,
    run,
)


def scholes_williams(event: Event, *, outside: bool = False) -> plain.Plain:
    lends = np.pad(event.inside, 1)
    if outside:
        lends = lends | np.roll(lends, 1) | np.roll(lends, -1)
    longer = event.market[event.estimation.start - 1 : event.estimation.stop + 1]
    return plain.scholes_williams(event.y, np.where(lends, longer, np.nan), event.market[event.days])


def dimson(event: Event, p: int, q: int, weights: str = "one") -> plain.Plain:
    return plain.dimson(event.y, event.own(event.market), event.market[event.days], p, q, weights)


def dynamic(event: Event, p: int, q: int) -> plain.Plain:
    around = event.market[event.days.start - p : event.days.stop + q]
    return plain.dynamic_dimson(event.y, event.own(event.market), around, p, q)


def robust(event: Event, kind: str, *, recentre: bool = False) -> plain.Plain:
    return plain.robust(event.y, event.own(event.market), event.market[event.days], kind, recentre=recentre)


def fixed(event: Event, expected: Array, *, centred: bool = True) -> plain.Plain:
    return plain.no_parameters(event.y, event.own(expected), expected[event.days], centred=centred)


def synthetic(event: Event, *, intercept: bool = False, ridge: float = 0.0) -> plain.Plain:
    y, x, x_event = _of_donors(event)
    there = np.isfinite(y)
    alpha, weights = plain.simplex(y[there], x[there], intercept=intercept, ridge=ridge)
    return plain.counterfactual(y, x, x_event, alpha, weights, int((weights > 0).sum()) - 1 + intercept)


def elastic(event: Event, share: float, l1_ratio: float) -> plain.Plain:
    y, x, x_event = _of_donors(event)
    there = np.isfinite(y)
    alpha, weights = plain.elastic_net(y[there], x[there], share, l1_ratio)
    return plain.counterfactual(y, x, x_event, alpha, weights, int((weights != 0).sum()) + 1)


def _of_donors(event: Event) -> tuple[Array, Array, Array]:
    donors = [event.study.returns[name] for name in event.donors()]
    x, x_event = (np.column_stack([each[part] for each in donors]) for part in (event.estimation, event.days))
    return event.y, x, x_event


Second = Callable[[Event], plain.Plain]
MODELS: dict[str, tuple[ExpectedReturnModel, Second]] = {
    "scholes_williams": (ScholesWilliamsModel(MARKETS), scholes_williams),
    "scholes_williams outside": (
        ScholesWilliamsModel(MARKETS, outside=True),
        lambda e: scholes_williams(e, outside=True),
    ),
    "dimson": (DimsonModel(MARKETS), lambda e: dimson(e, 1, 1)),
    "dimson 2, 0": (DimsonModel(MARKETS, p=2, q=0), lambda e: dimson(e, 2, 0)),
    "dimson 0, 3": (DimsonModel(MARKETS, p=0, q=3), lambda e: dimson(e, 0, 3)),
    "dimson dynamic": (DimsonModel(MARKETS, p=1, q=2, dynamic=True), lambda e: dynamic(e, 1, 2)),
    "fowler_rorke 1": (DimsonModel(MARKETS, fowler_rorke=True), lambda e: dimson(e, 1, 1, "fowler_rorke")),
    "fowler_rorke 2": (DimsonModel(MARKETS, p=2, q=2, fowler_rorke=True), lambda e: dimson(e, 2, 2, "fowler_rorke")),
    "huber": (HuberModel(MARKETS), lambda e: robust(e, "huber")),
    "theil_sen": (TheilSenModel(MARKETS), lambda e: robust(e, "theil_sen")),
    "lad": (LADModel(MARKETS), lambda e: robust(e, "lad")),
    "lad recentred": (LADModel(MARKETS, recentre=True), lambda e: robust(e, "lad", recentre=True)),
    "matched": (MatchedModel(), lambda e: fixed(e, e.match)),
    "matched uncentred": (MatchedModel(centred=False), lambda e: fixed(e, e.match, centred=False)),
    "characteristic": (CharacteristicModel(), lambda e: fixed(e, e.study.mean(e.row["portfolio"].split("+")))),
    "peers": (MarketAdjustedModel("peers"), lambda e: fixed(e, e.study.peers(e.symbol))),
    "peers of a sector": (
        MarketAdjustedModel("peers:sector"),
        lambda e: fixed(e, e.study.peers(e.symbol, e.row["sector"])),
    ),
    "synthetic_control": (SyntheticControlModel(), synthetic),
    "synthetic_control intercept": (SyntheticControlModel(intercept=True), lambda e: synthetic(e, intercept=True)),
    "synthetic_control ridge": (SyntheticControlModel(ridge=0.2), lambda e: synthetic(e, ridge=0.2)),
    "elastic_net": (ElasticNetModel(), lambda e: elastic(e, 0.1, 0.5)),
    "lasso": (ElasticNetModel(penalty=0.02, l1_ratio=1.0), lambda e: elastic(e, 0.02, 1.0)),
}
# Both are iterations that stop when steps are small; the elastic net at 1e-13 of the largest weight.
LOOSER = {"huber": 1e-8, "lasso": 1e-9, "elastic_net": 1e-9}
SETTINGS = {
    "whole": (
        Windows(estimation=(-120, -11), event=EVENT, named=NAMED, min_obs=50),
        {"forecast_error": "full", "engine": Engine(path="numpy"), "hold": BuyAndHold()},
    ),
    "before and after": (
        Windows(
            estimation=(-120, -21), event=EVENT, named=NAMED, min_obs=50, estimation_after=(10, 28), min_coverage=0.5
        ),
        {
            "forecast_error": "diagonal",
            "autocorrelation": "ar1",
            "engine": Engine(path="compiled"),
            "hold": BuyAndHold(delisting="cash"),
        },
    ),
    "of their own": (
        Windows(
            estimation=(-120, -11),
            event=EVENT,
            named=NAMED,
            min_obs=50,
            columns={"estimation": ("first", "final")},
            min_coverage=0.6,
        ),
        {
            "forecast_error": "full",
            "autocorrelation": "ar1",
            "engine": Engine(path="compiled"),
            "hold": BuyAndHold(delisting="truncate", benchmark="model"),
        },
    ),
    "without parameter error": (
        Windows(estimation=(-120, -11), event=EVENT, named=NAMED, min_obs=50, min_coverage=0.6),
        {
            "forecast_error": "none",
            "autocorrelation": "ar1",
            "engine": Engine(path="numpy"),
            "hold": BuyAndHold(benchmark="model"),
        },
    ),
}


@pytest.mark.parametrize(("name", "setting"), list(product(MODELS, SETTINGS)))
def test_equals_the_second_program(name: str, setting: str) -> None:
    (model, second), (windows, options), study = MODELS[name], SETTINGS[setting], made_up_study(1)
    abnormal, aligned = run(model, PricePanel.from_frame(study.table), study.events, windows, **options)
    assert len(aligned) == len(study.events)
    rtol = LOOSER.get(name, 1e-10)
    cars = abnormal.cars()
    held = {name_: each.bhar for name_, each in cars.items()}
    errors = abnormal.std_error
    for place_, row in enumerate(aligned.row):
        event = Event(study, windows, study.events.iloc[int(row)])
        found = second(event)
        check_estimates(abnormal, place_, found, rtol)
        rho = plain.first_order(found.residuals) if "autocorrelation" in options else 0.0
        covariance = found.covariance(str(options["forecast_error"]), rho)
        actual = study.returns[event.symbol][event.days]
        ar = actual - found.expected
        # Abnormal returns are differences: what is exact of them is so beside sigma.
        np.testing.assert_allclose(abnormal.ar[place_], ar, rtol=0, atol=rtol * found.sigma)
        usual = np.where(np.isfinite(ar), np.sqrt(np.diag(covariance)), np.nan)
        np.testing.assert_allclose(errors[place_], usual, rtol=rtol)
        check_windows(cars, place_, ar, covariance, windows.min_coverage, 10 * rtol, found.sigma)
        check_held(abnormal, held, place_, event, actual, found.expected, 100 * rtol * found.sigma)


def check_estimates(abnormal: AbnormalReturns, place_: int, found: plain.Plain, rtol: float) -> None:
    estimates, e = abnormal.estimates, found.residuals[np.isfinite(found.residuals)]
    assert estimates.reason[place_] == Reason.OK
    assert (estimates.dof[place_], estimates.n_obs[place_]) == (found.dof, found.n_obs)
    np.testing.assert_allclose(estimates.parameters[place_], found.parameters, rtol=rtol, atol=rtol * found.sigma)
    np.testing.assert_allclose(estimates.sigma[place_], found.sigma, rtol=rtol)
    np.testing.assert_allclose(estimates.r_squared[place_], found.r_squared, rtol=0, atol=10 * rtol)
    told, rtol = estimates.diagnostics, 100 * rtol
    assert told is not None
    np.testing.assert_allclose(told.durbin_watson[place_], durbin_watson(e), rtol=rtol)
    found_lm = [told.arch_lm[place_], told.arch_lm_p[place_]]
    np.testing.assert_allclose(found_lm, plain.arch_lm(e, 5), rtol=100 * rtol)
    statistic, p_value = jarque_bera(e)[:2]
    np.testing.assert_allclose(told.jarque_bera[place_], statistic, rtol=rtol)
    np.testing.assert_allclose(told.jarque_bera_p[place_], p_value, rtol=1e-5, atol=1e-200)
    # The mean of a line through the mean is rounding.
    np.testing.assert_allclose(told.mean_residual[place_], e.mean(), rtol=rtol, atol=rtol * found.sigma)
    t = e.mean() / (e.std(ddof=1) / np.sqrt(len(e)))
    np.testing.assert_allclose(told.mean_residual_t[place_], t, rtol=rtol, atol=rtol)


def check_windows(
    cars: dict[str, Cars], place_: int, ar: Array, covariance: Array, coverage: float, rtol: float, sigma: float
) -> None:
    for name, (start, end) in NAMED.items():
        found, inside = cars[name], (start <= DAYS) & (end >= DAYS)
        there = inside & np.isfinite(ar)
        if there.sum() / inside.sum() < coverage:
            assert found.reason[place_] == Reason.INCOMPLETE_WINDOW
            assert np.isnan(found.car[place_])
            continue
        np.testing.assert_allclose(found.car[place_], ar[there].sum(), rtol=0, atol=rtol * sigma)
        error = np.sqrt(covariance[np.ix_(there, there)].sum())
        np.testing.assert_allclose(found.std_error[place_], error, rtol=rtol)


def check_held(
    abnormal: AbnormalReturns,
    held: dict[str, Array],
    place_: int,
    event: Event,
    actual: Array,
    expected: Array,
    atol: float,
) -> None:
    legs, model = expected[:, None], abnormal.source.reader.model  # type: ignore[attr-defined]
    if abnormal.hold.benchmark == "market" and isinstance(model, CharacteristicModel):
        names = event.row["portfolio"].split("+")
        legs = np.column_stack([event.study.returns[name][event.days] for name in names])
    elif abnormal.hold.benchmark == "market" and model.regressors == (MARKETS,):
        legs = event.market[event.days][:, None]
    for name, (start, end) in NAMED.items():
        inside = (start <= DAYS) & (end >= DAYS)
        gone = event.row["at"] + DAYS[inside] > event.study.last[event.symbol]
        by_hand = plain.held(actual[inside], legs[inside], gone, abnormal.hold.delisting)
        np.testing.assert_allclose(held[name][place_], by_hand, rtol=0, atol=atol)


@pytest.mark.parametrize("stated", [False, True])
def test_abnormal_volume(*, stated: bool) -> None:
    """Log volume, or percent turnover, against its own mean and against the mean of all (METHODS 7)."""
    study, rng = made_up_study(2), np.random.default_rng(3)
    table = study.table[~study.table["symbol"].str.endswith(".T")].drop(columns="return")
    table = table.assign(close=50.0, volume=np.round(rng.lognormal(10, 1, len(table))) * (rng.random(len(table)) > 0.1))
    table.loc[rng.random(len(table)) < 0.03, "volume"] = np.nan
    prices = PricePanel.from_frame(table)
    dates = CALENDARS["XNYS"][FIRST["XNYS"] : FIRST["XNYS"] + SESSIONS]
    statements = pd.DataFrame([(dates[at], n, s) for n in study.returns for at, s in ((0, 1e6), (150, 1.2e6))])
    statements.columns = pd.Index(["date", "symbol", "shares"])
    wide = table.pivot_table(index="date", columns="symbol", values="volume", dropna=False)
    shares = np.where(np.arange(SESSIONS) < 150, 1e6, 1.2e6)[:, None]
    logs = np.log(100 * wide / shares + 0.000255) if stated else np.log(1 + wide)
    everybody, windows = logs.mean(axis=1).to_numpy(), SETTINGS["whole"][0]
    events = study.events[~study.events["symbol"].str.endswith(".T")].reset_index(drop=True)
    for model in (MeanAdjustedModel(), MarketModel("equal_weighted")):
        given = shares_outstanding(statements, prices.listing) if stated else None
        abnormal, aligned = run(model, prices, events, windows, kind="volume", shares=given)
        for place_, row in enumerate(aligned.row):
            event = Event(study, windows, events.iloc[int(row)])
            own = logs[event.symbol].to_numpy()
            x = np.column_stack([np.ones(SESSIONS), everybody])[:, : 1 + (model.kind == "market")]
            fit = plain.sm.OLS(own[event.estimation], x[event.estimation], missing="drop").fit()
            ar = own[event.days] - x[event.days] @ fit.params
            np.testing.assert_allclose(abnormal.ar[place_], ar, rtol=0, atol=1e-11)
            v = fit.mse_resid * (np.eye(len(DAYS)) + x[event.days] @ fit.normalized_cov_params @ x[event.days].T)
            error = np.where(np.isfinite(ar), np.sqrt(np.diag(v)), np.nan)
            np.testing.assert_allclose(abnormal.std_error[place_], error, rtol=1e-10)
            assert np.isnan(abnormal.car("all").bhar[place_])


def test_abnormal_volatility() -> None:
    """ln of AR^2 / V, less the mean of the logarithm of F(1, df) (METHODS 7)."""
    study, (windows, _) = made_up_study(1), SETTINGS["without parameter error"]
    abnormal, aligned = run(MarketModel(MARKETS), PricePanel.from_frame(study.table), study.events, windows)
    volatility = abnormal_volatility(abnormal)
    for place_, row in enumerate(aligned.row):
        event = Event(study, windows, study.events.iloc[int(row)])
        x = plain.sm.add_constant(event.market)
        fit = plain.sm.OLS(event.y, x[event.estimation], missing="drop").fit()
        ar = study.returns[event.symbol][event.days] - x[event.days] @ fit.params
        ahead = x[event.days]
        variance = fit.mse_resid + np.einsum("ij,jk,ik->i", ahead, fit.cov_params(), ahead)
        df = fit.df_resid
        expected = digamma(0.5) - digamma(df / 2) + np.log(df)
        np.testing.assert_allclose(volatility.ar[place_], np.log(ar**2 / variance) - expected, rtol=0, atol=1e-8)
        days = np.isfinite(ar).sum()
        common = float(plain.trigamma(df / 2))
        by_hand = np.sqrt(days * np.pi**2 / 2 + days**2 * common)
        cars = volatility.car("all")
        if cars.reason[place_] == Reason.OK:
            assert cars.std_error[place_] == pytest.approx(by_hand, rel=1e-12)


@pytest.mark.parametrize("variance", ["forecast", "updated"])
@pytest.mark.parametrize("kind", [GARCHModel, EGARCHModel])
def test_conditional_variances(kind: type[GARCHModel], variance: str) -> None:
    """From the parameters reported: the recursion over the window, over the gap, and over the days (METHODS 2.5)."""
    rng, sessions, days, gap = np.random.default_rng(6), 300, 6, 4
    market, shock = 0.01 * rng.normal(size=sessions + days), rng.standard_t(6, sessions + days)
    e = 0.012 * shock * np.exp(0.3 * np.sin(np.arange(sessions + days) / 20))
    y = 0.0003 + 0.9 * market + e
    y[sessions - 2 : sessions] = y[sessions + 2] = np.nan
    block = Block(
        y[None, :sessions], market[None, :sessions, None], y[None, sessions:], market[None, sessions:, None], gap=gap
    )
    result = kind("M", variance=variance).fit(block)
    assert result.detail.tolist() == [""]
    alpha, beta, *parameters = result.parameters[0].tolist()
    there = np.isfinite(y[:sessions])
    fit = plain.sm.OLS(y[:sessions][there], plain.sm.add_constant(market[:sessions][there])).fit()
    before, ahead = float((fit.resid**2).mean()), gap + 2
    used, shocks = (y - alpha - beta * market)[:sessions][there], (y - alpha - beta * market)[sessions:]
    if variance == "forecast":
        shocks = np.full(days, np.nan)
    by_hand = []
    if kind is GARCHModel:
        omega, a, g = parameters
        h = plain.garch_variances(used, omega, a, g, before)[-1]
        for day in range(-ahead, days):
            if day >= 0:
                by_hand.append(h)
            h = omega + g * h + a * (shocks[day] ** 2 if day >= 0 and np.isfinite(shocks[day]) else h)
    else:
        omega, a, c, g = parameters
        log_h, unknown = plain.egarch_log_variances(used, omega, a, c, g, before)[-1], 0
        for day in range(-ahead, days):
            if day >= 0:
                by_hand.append(np.exp(log_h) * np.prod([plain.premium(a, c, g**lag) for lag in range(unknown)]))
            if day >= 0 and np.isfinite(shocks[day]):
                log_h, unknown, z = np.log(by_hand[-1]), 0, shocks[day] / np.sqrt(by_hand[-1])
                log_h = omega + g * log_h + a * (abs(z) - np.sqrt(2 / np.pi)) + c * z
            else:
                log_h, unknown = omega + g * log_h, unknown + 1
    # The integrals of the premium are good to ten digits.
    np.testing.assert_allclose(result.noise[0], by_hand, rtol=1e-10 if kind is GARCHModel else 1e-9)
    np.testing.assert_allclose(result.sigma[0], np.sqrt((used**2).sum() / (there.sum() - 2)), rtol=1e-10)
