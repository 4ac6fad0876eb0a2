"""Parametric tests against statsmodels, or loops written from their formulas."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats

from eventstudy.errors import InputError, Reason, UnknownNameError
from eventstudy.inference import (
    BMP,
    AdjustedPatell,
    CalendarTime,
    ClusterT,
    CrudeDependence,
    Hotelling,
    Jackknife,
    JointF,
    KolariPynnonen,
    Patell,
    Portfolio,
    SingleEventT,
    SkewnessAdjusted,
)
from eventstudy.inference.kolari_pynnonen import mean_correlation
from eventstudy.inference.standard import AllDayLeverage
from eventstudy.returns.calendar_correlation import CalendarCorrelation
from eventstudy.returns.calendar_days import LAGS
from eventstudy.returns.correlation import EventTimeCorrelation
from eventstudy.returns.models import FF3, MarketAdjustedModel, MeanAdjustedModel
from tests.inference.made import Made, good, made, market

CLOSE = 1e-10
EVENTS, M, L = 12, 80, 9
NAMED = {"day0": (0, 0), "three": (-1, 1), "long": (-4, 4)}


@pytest.fixture(scope="module")
def apart() -> Made:
    y, x = market(1, EVENTS, M + L)
    y[2, 5] = y[7, 30] = np.nan
    return made(y, x, estimation=M, before=4, named=NAMED)


@pytest.fixture(scope="module")
def together() -> Made:
    y, x = market(2, EVENTS, M + L, correlation=0.3)
    return made(y, x, estimation=M, before=4, named=NAMED, day0=[600] * EVENTS)


def dummies(made_up: Made, i: int, y: np.ndarray | None = None) -> sm.regression.linear_model.RegressionResults:
    """Salkever's regression: a dummy for every event day."""
    left = made_up.y[i] if y is None else y
    kept = ~np.isnan(left)
    design = np.column_stack([np.ones(M + L), made_up.x[i, :, 0], np.vstack([np.zeros((M, L)), np.eye(L)])])
    return sm.OLS(left[kept], design[kept]).fit()


def scars(made_up: Made, window: tuple[int, int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """CARs, their standard errors and degrees of freedom, from the dummy regressions."""
    car, error, dof = [], [], []
    for i in range(len(made_up.y)):
        fit = dummies(made_up, i)
        weights = np.zeros(2 + L)
        weights[2 + 4 + window[0] : 2 + 4 + window[1] + 1] = 1
        test = fit.t_test(weights)
        car.append(float(test.effect[0]))
        error.append(float(np.squeeze(test.sd)))
        dof.append(int(fit.df_resid))
    return np.array(car), np.array(error), np.array(dof)


@pytest.mark.parametrize("window", NAMED)
def test_joint_f_is_that_of_the_dummies(apart: Made, window: str) -> None:
    (a, b), results = NAMED[window], apart.run(JointF(), window)
    for i in (0, 2, 11):
        fit = dummies(apart, i)
        matrix = np.zeros((b - a + 1, 2 + L))
        matrix[np.arange(b - a + 1), 2 + 4 + a + np.arange(b - a + 1)] = 1
        reference = fit.f_test(matrix)
        assert results[i].statistic == pytest.approx(float(reference.fvalue), rel=CLOSE)
        assert results[i].p_value == pytest.approx(float(reference.pvalue), rel=1e-8)
        assert results[i].distribution == f"F({b - a + 1},{int(fit.df_resid)})"
        assert results[i].event_id == f"e{i:03d}"
        wald, known = fit.wald_test(matrix, use_f=False, scalar=True), apart.run(JointF(reference="chi2"), window)[i]
        assert known.statistic == pytest.approx(float(wald.statistic), rel=CLOSE)
        assert known.p_value == pytest.approx(float(wald.pvalue), rel=1e-8)
        assert (known.distribution, known.df) == (f"chi2({b - a + 1})", b - a + 1)
    with pytest.raises(UnknownNameError, match="greater"):
        JointF(alternative="greater")


def test_single_event_without_forecast_error(apart: Made) -> None:
    results = apart.run(SingleEventT(forecast_error="none", reference="normal"), "long")
    for i in (0, 7):
        alone = dummies(apart, i)
        t = scars(apart, (-4, 4))[0][i] / (np.sqrt(alone.mse_resid) * 3)
        assert results[i].statistic == pytest.approx(t, rel=CLOSE)
        assert results[i].p_value == pytest.approx(2 * stats.norm.sf(abs(t)), rel=CLOSE)
        assert results[i].convention == "forecast_error=none, reference=normal"


@pytest.mark.parametrize("window", NAMED)
def test_patell_and_bmp(apart: Made, window: str) -> None:
    car, error, dof = scars(apart, NAMED[window])
    z = (car / error).sum() / np.sqrt((dof / (dof - 2)).sum())
    result = good(apart.one(Patell(), window))
    assert result.statistic == pytest.approx(z, rel=CLOSE)
    assert result.p_value == pytest.approx(2 * stats.norm.sf(abs(z)), rel=CLOSE)
    assert result.estimate / result.std_error == pytest.approx(z, rel=CLOSE)
    reference = stats.ttest_1samp(car / error, 0)
    assert apart.one(BMP(), window).statistic == pytest.approx(reference.statistic, rel=CLOSE)
    normal = apart.one(BMP(reference="normal"), window)
    assert normal.p_value == pytest.approx(2 * stats.norm.sf(abs(reference.statistic)), rel=CLOSE)


def test_patell_in_its_own_form_and_with_plain_sigma(apart: Made) -> None:
    fits = [dummies(apart, i) for i in range(EVENTS)]
    dof = np.array([fit.df_resid for fit in fits])
    sar = np.array([fit.tvalues[2:] for fit in fits])
    summed = sar.sum(axis=1) / 3
    z = summed.sum() / np.sqrt((dof / (dof - 2)).sum())
    assert apart.one(Patell(scar="patell_sum"), "long").statistic == pytest.approx(z, rel=CLOSE)
    sigma = np.sqrt([fit.mse_resid for fit in fits])
    plain = np.array([fit.params[2:] for fit in fits]).sum(axis=1) / sigma / 3
    reference = stats.ttest_1samp(plain, 0).statistic
    assert apart.one(BMP(forecast_error="none"), "long").statistic == pytest.approx(reference, rel=CLOSE)
    both = apart.one(BMP(forecast_error="none", scar="patell_sum"), "long").statistic
    assert both == pytest.approx(reference, rel=CLOSE)
    count = stats.ttest_1samp(plain * np.sqrt((dof + 1) / dof), 0).statistic
    assert apart.one(BMP(forecast_error="none", divisor="count"), "long").statistic == pytest.approx(count, rel=CLOSE)


def loop_rbar(made_up: Made, window: tuple[int, int]) -> tuple[float, int]:
    """Average over pairs of the residual correlation on common sessions, times the windows' common sessions."""
    n, length = len(made_up.y), window[1] - window[0] + 1
    series = []
    for i in range(n):
        residuals = dummies(made_up, i)
        kept = np.flatnonzero(~np.isnan(made_up.y[i]))
        days = made_up.sessions[made_up.calendar[i]][made_up.day0[i] - 4 - M + np.arange(M + L)]
        series.append({days[k]: e for k, e in zip(kept, residuals.resid, strict=True) if k < M})
    rho, weight = {}, {}
    for i in range(n):
        for j in range(i + 1, n):
            one, two = (
                {made_up.sessions[made_up.calendar[k]][made_up.day0[k] + d] for d in range(window[0], window[1] + 1)}
                for k in (i, j)
            )
            if not one & two:
                continue
            weight[i, j] = len(one & two) / length
            common = sorted(set(series[i]) & set(series[j]))
            if len(common) >= 30:
                rho[i, j] = np.corrcoef([series[i][d] for d in common], [series[j][d] for d in common])[0, 1]
    mean = np.mean(list(rho.values())) if rho else 0.0
    total = sum(weight[pair] * rho.get(pair, mean) for pair in weight)
    return 2 * total / (n * (n - 1)), len(weight)


def close_by() -> Made:
    y, x = market(5, 10, M + L, correlation=0.4, missing=0.03)
    y[:, M:] = np.where(np.isnan(y[:, M:]), 0.002, y[:, M:])
    other = np.delete(np.arange(np.datetime64("2000-01-01"), np.datetime64("2030-01-01")), np.arange(3, 9000, 7))
    every = np.arange(np.datetime64("2000-01-01"), np.datetime64("2030-01-01"))
    day0 = np.array([600, 600, 600, 602, 605, 609, 640, 690, 516, 518])
    calendar = ["XNYS"] * 8 + ["XHKG"] * 2
    sessions = {"XNYS": every, "XHKG": other}
    return made(y, x, estimation=M, before=4, named=NAMED, day0=day0, calendar=calendar, sessions=sessions)


@pytest.mark.parametrize("window", NAMED)
def test_kolari_pynnonen_by_a_loop_over_pairs(window: str) -> None:
    near = close_by()
    rbar, pairs = loop_rbar(near, NAMED[window])
    car, error, dof = scars(near, NAMED[window])
    n = len(car)
    t = stats.ttest_1samp(car / error, 0).statistic * np.sqrt((1 - rbar) / (1 + (n - 1) * rbar))
    result = good(near.one(KolariPynnonen(), window))
    assert result.statistic == pytest.approx(t, rel=CLOSE)
    assert result.p_value == pytest.approx(2 * stats.t.sf(abs(t), n - 1), rel=CLOSE)
    assert result.notes == f"rbar = {rbar:.4g} over {pairs} overlapping pairs"
    z = (car / error).sum() / np.sqrt((dof / (dof - 2)).sum() * (1 + (n - 1) * rbar))
    assert near.one(AdjustedPatell(), window).statistic == pytest.approx(z, rel=CLOSE)


def test_sums_by_date_give_the_same_rbar_on_one_date(together: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    from eventstudy.returns import calendar_correlation

    held = good(together.one(KolariPynnonen(), "three"))
    monkeypatch.setattr(calendar_correlation, "HELD", 3)
    summed = good(together.one(KolariPynnonen(), "three"))
    assert summed.statistic == pytest.approx(held.statistic, rel=CLOSE)
    assert summed.notes == held.notes
    assert "from sums by day" in close_by().one(KolariPynnonen(), "three").notes


def test_event_time_rbar_is_the_mean_of_all_correlations(together: Made, apart: Made) -> None:
    for made_up in (together,):
        residuals = np.array([dummies(made_up, i).resid[:M] for i in range(EVENTS)])
        rbar = np.corrcoef(residuals)[np.triu_indices(EVENTS, 1)].mean()
        calendar, event = (made_up.one(KolariPynnonen(rbar=how), "three") for how in ("calendar", "event_time"))
        assert f"rbar = {rbar:.4g} over 66" in calendar.notes
        assert event.statistic == pytest.approx(calendar.statistic, rel=CLOSE)
    floored = apart.one(KolariPynnonen(rbar="event_time", floor_at_zero=True), "three")
    raw = apart.one(KolariPynnonen(rbar="event_time"), "three")
    assert "rbar = -" in raw.notes or floored.statistic == raw.statistic
    assert "rbar = -" not in floored.notes
    # Without a common session Kolari and Pynnonen's test is Boehmer's.
    far = made(apart.y, apart.x, estimation=M, before=4, named=NAMED, day0=1000 + 200 * np.arange(EVENTS))
    assert far.one(KolariPynnonen(), "long").statistic == pytest.approx(far.one(BMP(), "long").statistic, rel=CLOSE)


@pytest.mark.parametrize("form", ["johnson", "hall"])
@pytest.mark.parametrize("gamma", ["plain", "adjusted"])
def test_skewness_adjusted_by_hand(apart: Made, form: str, gamma: str) -> None:
    car = scars(apart, (-1, 1))[0]
    n, s = len(car), car.std(ddof=1)
    skew = ((car - car.mean()) ** 3).sum() / s**3 * (1 / n if gamma == "plain" else n / ((n - 1) * (n - 2)))
    ratio = car.mean() / s
    t = np.sqrt(n) * (ratio + skew * ratio**2 / 3 + skew / (6 * n))
    if form == "hall":
        t += np.sqrt(n) * skew**2 * ratio**3 / 27
    result = good(apart.one(SkewnessAdjusted(form=form, gamma=gamma), "three"))
    assert result.statistic == pytest.approx(t, rel=CLOSE)
    assert result.p_value == pytest.approx(2 * stats.t.sf(abs(t), n - 1), rel=CLOSE)


def test_cluster_t_is_that_of_statsmodels() -> None:
    y, x = market(4, 40, M + L)
    dates = 700 + np.repeat(np.arange(11), [4, 3, 5, 1, 2, 4, 6, 3, 3, 5, 4]) * 10
    clustered = made(y, x, estimation=M, before=4, named=NAMED, day0=dates)
    car = scars(clustered, (-1, 1))[0]
    fit = sm.OLS(car, np.ones(40)).fit(cov_type="cluster", cov_kwds={"groups": dates}, use_t=True)
    result = good(clustered.one(ClusterT(), "three"))
    assert result.statistic == pytest.approx(float(fit.tvalues[0]), rel=CLOSE)
    assert result.p_value == pytest.approx(float(fit.pvalues[0]), rel=1e-8)
    assert result.df == 10
    means = [car[dates == date].mean() for date in np.unique(dates)]
    by_date = good(clustered.one(ClusterT(form="day_means"), "three"))
    assert (by_date.statistic, by_date.p_value) == pytest.approx(tuple(stats.ttest_1samp(means, 0)), rel=CLOSE)
    assert clustered.one(ClusterT(min_clusters=12), "three").reason == Reason.TOO_FEW_DATES
    with pytest.raises(InputError, match="at least 2"):
        ClusterT(min_clusters=1)


def test_portfolio_is_the_dummy_regression_of_the_mean(together: Made, apart: Made) -> None:
    fit = dummies(together, 0, together.y.mean(axis=0))
    for window, (a, b) in NAMED.items():
        weights = np.zeros(2 + L)
        weights[2 + 4 + a : 2 + 4 + b + 1] = 1
        reference = fit.t_test(weights)
        result = good(together.one(Portfolio(), window))
        assert result.statistic == pytest.approx(float(np.squeeze(reference.tvalue)), rel=CLOSE)
        assert result.p_value == pytest.approx(float(reference.pvalue), rel=1e-8)
        assert result.estimate == pytest.approx(scars(together, (a, b))[0].mean(), rel=CLOSE)
    assert apart.one(Portfolio(), "day0").reason == Reason.SEVERAL_DATES


@pytest.mark.parametrize("forecast_error", ["diagonal", "none"])
def test_portfolio_with_less_of_the_forecast_error(together: Made, forecast_error: str) -> None:
    given = dataclasses.replace(together, forecast_error=forecast_error)
    fit = dummies(together, 0, together.y.mean(axis=0))
    for window, (a, b) in NAMED.items():
        inside = slice(2 + 4 + a, 2 + 4 + b + 1)
        own = fit.bse[inside] ** 2 if forecast_error == "diagonal" else np.full(b - a + 1, fit.mse_resid)
        result = good(given.one(Portfolio(), window))
        assert result.statistic == pytest.approx(fit.params[inside].sum() / np.sqrt(own.sum()), rel=CLOSE)


def test_portfolio_leaves_out_sessions_that_any_event_misses(together: Made) -> None:
    y = together.y.copy()
    y[3, 10] = np.nan
    fit = dummies(together, 0, y.mean(axis=0))
    holed = made(y, together.x, estimation=M, before=4, named=NAMED, day0=together.day0)
    assert good(holed.one(Portfolio(), "day0")).statistic == pytest.approx(fit.tvalues[2 + 4], rel=CLOSE)
    y[3, M] = np.nan
    holed = made(y, together.x, estimation=M, before=4, named=NAMED, day0=together.day0)
    assert good(holed.one(Portfolio(), "day0")).df == M - 3
    assert holed.one(Portfolio(), "long").reason == Reason.INCOMPLETE_WINDOW


def test_crude_dependence_in_its_other_forms(apart: Made) -> None:
    fits = [dummies(apart, i) for i in range(EVENTS)]
    residuals = np.full((EVENTS, M), np.nan)
    for i, fit in enumerate(fits):
        kept = ~np.isnan(apart.y[i, :M])
        residuals[i, kept] = fit.resid[: kept.sum()]
    series, caar = np.nanmean(residuals, axis=0), scars(apart, (-1, 1))[0].mean()
    centred = series - series.mean()
    gamma = [(centred[k:] * centred[: M - k]).sum() / (M - 1) for k in range(3)]
    error = np.sqrt(sum(gamma[abs(j - k)] for j in range(3) for k in range(3)))
    result = good(apart.one(CrudeDependence(variance="autocovariance"), "three"))
    assert result.statistic == pytest.approx(caar / error, rel=CLOSE)
    assert result.df == M - 1
    own = np.array([np.nanvar(each, ddof=1) for each in residuals])
    result = apart.one(CrudeDependence(variance="no_dependence", reference="normal"), "three")
    assert result.statistic == pytest.approx(caar / np.sqrt(3 * own.sum() / EVENTS**2), rel=CLOSE)
    assert result.distribution == "N(0,1)"


def test_hotelling_over_days(apart: Made) -> None:
    ar = np.array([dummies(apart, i).params[2:] for i in range(EVENTS)])[:, 3:6]
    a, covariance = ar.mean(axis=0), np.cov(ar.T)
    f = EVENTS * (EVENTS - 3) / ((EVENTS - 1) * 3) * a @ np.linalg.inv(covariance) @ a
    result = good(apart.one(Hotelling(), "three"))
    assert result.statistic == pytest.approx(f, rel=CLOSE)
    assert result.p_value == pytest.approx(stats.f.sf(f, 3, EVENTS - 3), rel=CLOSE)
    fewer = made(apart.y[:9], apart.x[:9], estimation=M, before=4, named=NAMED)
    assert fewer.one(Hotelling(), "long").reason == Reason.TOO_FEW_EVENTS


def test_hotelling_over_firms_is_the_multivariate_dummy_regression(together: Made, apart: Made) -> None:
    """Wilks' statistic of a rank-one hypothesis is exactly F."""
    for window, (a, b) in NAMED.items():
        x = together.x[0, :, 0]
        columns = np.vstack([np.zeros((M, L)), np.eye(L)])
        inside = columns[:, 4 + a : 4 + b + 1]
        # One column for the window's mean; the others free its days, and the days outside, of any restriction.
        contrasts = inside[:, 1:] - inside[:, :1] if b > a else inside[:, :0]
        outside = np.delete(columns, np.arange(4 + a, 4 + b + 1), axis=1)
        free = np.column_stack([np.ones(M + L), x, contrasts, outside])
        full = np.column_stack([free, inside.sum(axis=1)])
        left = together.y.T
        restricted, unrestricted = (
            (left - d @ np.linalg.lstsq(d, left, rcond=None)[0]).T
            @ (left - d @ np.linalg.lstsq(d, left, rcond=None)[0])
            for d in (free, full)
        )
        wilks = np.linalg.det(unrestricted) / np.linalg.det(restricted)
        df2 = M - 2 - EVENTS + 1
        f = (1 - wilks) / wilks * df2 / EVENTS
        result = good(together.one(Hotelling(across="firms"), window))
        assert result.statistic == pytest.approx(f, rel=1e-8)
        assert result.distribution == f"F({EVENTS},{df2})"
    assert apart.one(Hotelling(across="firms"), "day0").reason == Reason.SEVERAL_DATES


def test_hotelling_over_firms_needs_more_days_than_firms_and_firms_apart(together: Made) -> None:
    few = made(
        together.y[:, M - EVENTS :],
        together.x[:, M - EVENTS :],
        estimation=EVENTS,
        before=4,
        named=NAMED,
        day0=[600] * EVENTS,
    )
    assert few.one(Hotelling(across="firms"), "day0").reason == Reason.TOO_FEW_ESTIMATION_DAYS
    y = together.y.copy()
    y[1] = y[0]
    twins = made(y, together.x, estimation=M, before=4, named=NAMED, day0=[600] * EVENTS)
    assert twins.one(Hotelling(across="firms"), "day0").reason == Reason.SINGULAR


def calendar_loop(
    made_up: Made, window: tuple[int, int], weights: np.ndarray | None = None, *, per_event: bool = False
) -> tuple[np.ndarray, ...]:
    """By date, each symbol once or each event: number, mean abnormal return, mean return, market."""
    ar = np.array([dummies(made_up, i).params[2:] for i in range(len(made_up.y))])
    weight = np.ones(len(ar)) if weights is None else weights
    held: dict[int, dict[int, tuple[float, ...]]] = {}
    for i in np.lexsort((made_up.day0, made_up.code)):
        if not weight[i] > 0:
            continue
        for k in range(window[0], window[1] + 1):
            found = held.setdefault(int(made_up.day0[i]) + k, {})
            row = (weight[i], ar[i, k + 4], made_up.y[i, M + k + 4], made_up.x[i, M + k + 4, 0])
            found.setdefault(int(i if per_event else made_up.code[i]), row)
    days = sorted(held)
    rows = [np.array(list(held[day].values())) for day in days]
    means = np.array([np.average(each[:, 1:], axis=0, weights=each[:, 0]) for each in rows])
    return np.array([len(held[day]) for day in days]), means[:, 0], means[:, 1], means[:, 2]


@pytest.fixture(scope="module")
def many() -> Made:
    y, x = market(8, 30, M + L)
    day0 = 600 + np.array([0, 3, 9, 11, 20, 26] * 5) + 5 * np.repeat(np.arange(5), 6)
    return made(y, x, estimation=M, before=4, named=NAMED, day0=day0, code=np.repeat(np.arange(5), 6))


@pytest.mark.parametrize("window", ["three", "long"])
def test_calendar_time_regressions(many: Made, window: str) -> None:
    n, _, left, index = calendar_loop(many, NAMED[window])
    design = sm.add_constant(index)
    lag = int(4 * (len(n) / 100) ** (2 / 9))
    references = {
        CalendarTime(): sm.WLS(left, design, weights=n).fit(),
        CalendarTime(weights="equal"): sm.OLS(left, design).fit(),
        CalendarTime(weights="equal", errors="white"): sm.OLS(left, design).fit(cov_type="HC1", use_t=True),
        CalendarTime(weights="equal", errors="hac"): sm.OLS(left, design).fit(
            cov_type="HAC", cov_kwds={"maxlags": lag, "use_correction": True}, use_t=True
        ),
    }
    for test, reference in references.items():
        result = good(many.one(test, window))
        assert result.estimate == pytest.approx(float(reference.params[0]), rel=CLOSE)
        assert result.statistic == pytest.approx(float(reference.tvalues[0]), rel=1e-9)
        assert result.p_value == pytest.approx(float(reference.pvalues[0]), rel=1e-8)
        assert result.notes == f"{len(n)} sessions"
    few = many.one(CalendarTime(weights="equal", min_firms=2), window)
    kept = n >= 2
    assert few.statistic == pytest.approx(float(sm.OLS(left[kept], design[kept]).fit().tvalues[0]), rel=1e-9)
    with pytest.raises(InputError, match="at least 1"):
        CalendarTime(min_firms=0)


@pytest.mark.parametrize("membership", ["firm", "event"])
def test_calendar_time_by_value(many: Made, membership: str) -> None:
    """Events of one date that weigh differently; one unknown and one of nothing are in no portfolio."""
    weights = np.exp(np.random.default_rng(5).normal(size=len(many.y)))
    weights[[4, 17]] = np.nan, 0.0
    held = dataclasses.replace(many, weights=weights)
    n, abnormal, left, index = calendar_loop(many, NAMED["long"], weights, per_event=membership == "event")
    result = good(held.one(CalendarTime(portfolio="value", membership=membership), "long"))
    reference = sm.WLS(left, sm.add_constant(index), weights=n).fit()
    assert result.estimate == pytest.approx(float(reference.params[0]), rel=CLOSE)
    assert result.statistic == pytest.approx(float(reference.tvalues[0]), rel=1e-9)
    assert result.notes == f"{len(n)} sessions, 2 events without a weight"
    mean = good(held.one(CalendarTime(portfolio="value", membership=membership, form="ctar"), "long"))
    assert mean.statistic == pytest.approx(stats.ttest_1samp(abnormal, 0).statistic, rel=CLOSE)
    # Weights that are alike are none, whatever their unit.
    alike = dataclasses.replace(many, weights=np.full(len(many.y), 3e9)).one(CalendarTime(portfolio="value"), "long")
    assert alike.statistic == pytest.approx(many.one(CalendarTime(), "long").statistic, rel=1e-9)
    blocks = held.accumulated(CalendarTime(portfolio="value").needs, [np.arange(0, 7), np.arange(7, 30)])
    (of_blocks,) = blocks.values()
    (of_all,) = held.accumulated(CalendarTime(portfolio="value").needs).values()
    np.testing.assert_allclose(of_blocks.portfolios("long", 1)[1], of_all.portfolios("long", 1)[1], rtol=1e-12)


def test_calendar_time_by_value_needs_weights(many: Made) -> None:
    with pytest.raises(InputError, match="must know what each event weighs"):
        many.one(CalendarTime(portfolio="value"), "long")
    with pytest.raises(InputError, match="equal weights alone"):
        CalendarTime(portfolio="value", form="standardised")


def test_calendar_time_abnormal_returns(many: Made) -> None:
    n, abnormal, _, _ = calendar_loop(many, NAMED["long"])
    reference = stats.ttest_1samp(abnormal, 0)
    result = good(many.one(CalendarTime(form="ctar"), "long"))
    assert result.statistic == pytest.approx(reference.statistic, rel=CLOSE)
    assert result.df == len(n) - 1
    flat = made(many.y, many.x, estimation=M, before=4, named=NAMED, day0=many.day0, model=MeanAdjustedModel())
    # A model without a line in the market leaves abnormal returns and a constant.
    equal = flat.one(CalendarTime(weights="equal"), "long").statistic
    assert equal == pytest.approx(flat.one(CalendarTime(form="ctar"), "long").statistic, rel=1e-9)


def test_calendar_time_standardised_by_a_loop(many: Made) -> None:
    whole = [np.concatenate([dummies(many, i).resid[:M], dummies(many, i).params[2:]]) for i in range(30)]
    members: dict[int, list[tuple[int, int]]] = {}
    for i in range(30):
        earlier = [j for j in range(30) if many.code[j] == many.code[i] and many.day0[j] < many.day0[i]]
        for k in range(-4, 5):
            day = int(many.day0[i]) + k
            if not any(many.day0[j] + 4 >= day for j in earlier):
                members.setdefault(day, []).append((i, M + 4 + k))
    ratios = []
    for day in sorted(members):
        before = [np.mean([whole[i][at - lag] for i, at in members[day]]) for lag in range(1, LAGS + 1)]
        ratios.append(np.mean([whole[i][at] for i, at in members[day]]) / np.std(before, ddof=1))
    reference = stats.ttest_1samp(ratios, 0)
    result = good(many.one(CalendarTime(form="standardised"), "long"))
    assert result.statistic == pytest.approx(reference.statistic, rel=CLOSE)
    assert result.df == len(ratios) - 1


def factors(seed: int = 21) -> Made:
    """Events of a three-factor model that miss three estimation days each."""
    rng = np.random.default_rng(seed)
    x = rng.normal(0, 0.01, (EVENTS, M + L, 3))
    y = x @ [1.1, 0.4, -0.3] + rng.uniform(0.01, 0.03, (EVENTS, 1)) * rng.standard_t(5, (EVENTS, M + L))
    for i in range(EVENTS):
        y[i, [i, i + 20, i + 40]] = np.nan
    x[3, 50, 1] = np.nan
    return made(y, x, estimation=M, before=4, named=NAMED, model=FF3())


def all_day_sums(given: Made, window: str) -> np.ndarray:
    """Sums of standardised abnormal returns over the root of their number, leverages over the firm's missing days."""
    (a, b), found = NAMED[window], []
    for y, x in zip(given.y, given.x, strict=True):
        known = ~np.isnan(x[:M]).any(axis=1)
        used = known & ~np.isnan(y[:M])
        design = np.column_stack([np.ones(M + L), x])
        fit = sm.OLS(y[:M][used], design[:M][used]).fit()
        inverse, every = np.linalg.inv(design[:M][known].T @ design[:M][known]), int(known.sum())
        ratios = []
        for t in range(M + 4 + a, M + 4 + b + 1):
            leverage = design[t] @ inverse @ design[t] - 1 / every + 1 / int(used.sum())
            ratios.append((y[t] - design[t] @ fit.params) / np.sqrt(fit.mse_resid * (1 + leverage)))
        found.append(sum(ratios) / np.sqrt(len(ratios)))
    return np.array(found)


@pytest.mark.parametrize("window", NAMED)
def test_leverage_over_all_days_of_several_regressors(window: str) -> None:
    given = factors()
    scar = all_day_sums(given, window)
    dof = np.full(EVENTS, M - 3.0 - 4.0)
    dof[3] -= 1
    reference = stats.ttest_1samp(scar, 0)
    result = good(given.one(BMP(scar="patell_sum", forecast_error="all_days"), window))
    assert result.statistic == pytest.approx(reference.statistic, rel=CLOSE)
    assert result.p_value == pytest.approx(reference.pvalue, rel=1e-8)
    result = good(given.one(Patell(convention="sipemu"), window))
    assert result.statistic == pytest.approx(scar.sum() / np.sqrt((dof / (dof - 2)).sum()), rel=CLOSE)
    assert result.estimate == pytest.approx(scar.mean(), rel=CLOSE)
    theirs = scar * np.sqrt((dof + 3) / dof)
    result = good(given.one(Patell(convention="estudy2"), window))
    assert result.statistic == pytest.approx(theirs.sum() / np.sqrt((dof / (dof - 2)).sum()), rel=CLOSE)


def test_event_time_rbar_of_residuals_with_gaps_says_that_it_is_from_sums() -> None:
    y, x = market(2, EVENTS, M + L, correlation=0.3)
    y[4, 10:16] = y[7, 12] = np.nan
    holed = made(y, x, estimation=M, before=4, named=NAMED, day0=[600] * EVENTS)
    z = np.full((EVENTS, M), np.nan)
    for i in range(EVENTS):
        used = ~np.isnan(y[i, :M])
        e = sm.OLS(y[i, :M][used], sm.add_constant(x[i, :M][used])).fit().resid
        z[i, used] = e / e.std()
    pairs = [z[i] * z[j] for i in range(EVENTS) for j in range(i)]
    rbar = sum(np.nansum(pair) for pair in pairs) / sum((~np.isnan(pair)).sum() for pair in pairs)
    assert len(pairs) == 66
    result = good(holed.one(KolariPynnonen(rbar="event_time"), "three"))
    assert result.notes == f"rbar = {rbar:.4g} over 66 overlapping pairs, from sums by day"
    found = holed.accumulated((EventTimeCorrelation,), [np.arange(3), np.arange(3, EVENTS)])[EventTimeCorrelation]
    assert found.mean().value == pytest.approx(rbar, rel=1e-9)
    assert not found.mean().exact
    whole = made(*market(2, EVENTS, M + L, correlation=0.3), estimation=M, before=4, named=NAMED, day0=[600] * EVENTS)
    assert "from sums" not in whole.one(KolariPynnonen(rbar="event_time"), "three").notes


def test_missing_residuals_do_not_make_event_time_rbar_smaller() -> None:
    """A third is missing at random; counted as zero they took a third of the correlation."""
    y, x = market(3, 40, M + L, correlation=0.4)
    y[:, :M][np.random.default_rng(5).random((40, M)) < 1 / 3] = np.nan
    holed = made(y, x, estimation=M, before=4, named=NAMED, day0=[600] * 40)
    residuals = []
    for i in range(40):
        used = ~np.isnan(y[i, :M])
        fit = sm.OLS(y[i, :M][used], sm.add_constant(x[i, :M][used])).fit()
        residuals.append(np.where(used, y[i, :M] - fit.params @ sm.add_constant(x[i, :M]).T, np.nan))
    rho = pd.DataFrame(np.array(residuals).T).corr(min_periods=30).to_numpy()[np.triu_indices(40, 1)]
    pairwise = np.nanmean(rho)
    found = holed.accumulated((EventTimeCorrelation,))[EventTimeCorrelation].mean().value
    calendar = holed.sample("three", (CalendarCorrelation,))
    exact = mean_correlation(calendar, "calendar").value
    assert exact == pytest.approx(pairwise, rel=1e-9)
    # From sums the correlations of 780 pairs over 35 days are nearly those taken pair by pair.
    assert found == pytest.approx(exact, abs=0.01)


def test_the_null_is_that_of_the_options(together: Made) -> None:
    firms, days = (together.one(Hotelling(across=across), "day0").null for across in ("firms", "days"))
    assert firms == "No firm has an abnormal return over the window."
    assert days == "The mean abnormal return is zero on every day of the window."
    plain, weighted = (together.one(Jackknife(weights=how), "day0").null for how in ("equal", "inverse_sd"))
    assert plain == "The mean abnormal return over the window is zero."
    assert weighted == "The precision-weighted mean abnormal return over the window is zero."


def test_leverage_over_all_days_of_one_regressor_is_the_textbooks(apart: Made) -> None:
    leverage = apart.accumulated((AllDayLeverage,))[AllDayLeverage].of(np.array([2]))[0]
    x = apart.x[2, :, 0]
    mean = x[:M].mean()
    # One of the firm's 80 returns is missing.
    expected = 1 / 79 + (x[M:] - mean) ** 2 / ((x[:M] - mean) ** 2).sum()
    np.testing.assert_allclose(leverage, expected, rtol=CLOSE)


def test_what_cannot_be_standardised_is_no_zero(apart: Made) -> None:
    fixed = made(apart.y, apart.x, estimation=M, before=4, named=NAMED, model=MarketAdjustedModel("MKT"))
    for kind in (Patell, BMP, KolariPynnonen, AdjustedPatell):
        assert good(fixed.one(kind(scar="patell_sum", forecast_error="all_days"), "day0")).n == EVENTS
    still = fixed.x.copy()
    still[:4, :M] = 0.001
    some = made(apart.y, still, estimation=M, before=4, named=NAMED, model=MarketAdjustedModel("MKT"))
    rest = made(apart.y[4:], still[4:], estimation=M, before=4, named=NAMED, model=MarketAdjustedModel("MKT"))
    none = made(apart.y[:4], still[:4], estimation=M, before=4, named=NAMED, model=MarketAdjustedModel("MKT"))
    for kind in (Patell, BMP):
        test = kind(scar="patell_sum", forecast_error="all_days")
        assert good(some.one(test, "three")).statistic == good(rest.one(test, "three")).statistic
        assert some.one(test, "three").n == EVENTS - 4
    for kind in (Patell, BMP, KolariPynnonen, AdjustedPatell):
        result = none.one(kind(scar="patell_sum", forecast_error="all_days"), "three")
        assert result.reason == Reason.NO_LEVERAGE
        assert np.isnan([result.statistic, result.p_value]).all()
