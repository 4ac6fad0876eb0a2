"""Contentious conventions as options (METHODS 11 and 12), each against a plain loop written from its formula."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from eventstudy.config import load
from eventstudy.errors import InputError, Reason
from eventstudy.inference import (
    CalendarTime,
    CorradoRank,
    CorradoZivneySign,
    CrudeDependence,
    GeneralizedSign,
    GrankT,
    GrankZ,
    HypothesisTest,
    KolariPynnonen,
    Patell,
    Sign,
    Wilcoxon,
)
from eventstudy.returns.calendar_days import LAGS
from eventstudy.returns.models import Block, HuberModel, MarketAdjustedModel, MarketModel, MeanAdjustedModel
from tests.inference.made import Made, good, made, market

CLOSE = 1e-10
EVENTS, M, L, BEFORE = 14, 70, 9, 4
NAMED = {"day0": (0, 0), "three": (-1, 1), "long": (-4, 4)}


def returns(missing: float = 0.0, *, seed: int = 3, **options: object) -> Made:
    y, x = market(seed, EVENTS, M + L, missing=missing)
    return made(y, x, estimation=M, before=BEFORE, named=NAMED, **options)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def holed() -> Made:
    """Events of which some lack returns on some days, and one CAR is missing at least in each window."""
    given = returns(0.04)
    given.y[5, M + BEFORE] = np.nan
    return given


def lines(given: Made) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Abnormal returns over both windows, sigma and leverage of the estimation days, by least squares."""
    ar, sigma, h = np.full(given.y.shape, np.nan), np.empty(len(given.y)), np.full((len(given.y), M), np.nan)
    for i, y in enumerate(given.y):
        kept = np.flatnonzero(~np.isnan(y[:M]))
        design = np.column_stack([np.ones(M + L), given.x[i, :, 0]])
        inverse = np.linalg.inv(design[kept].T @ design[kept])
        ar[i] = y - design @ (inverse @ design[kept].T @ y[kept])
        sigma[i] = np.sqrt((ar[i, kept] ** 2).sum() / (len(kept) - 2))
        for t in kept:
            h[i, t] = design[t] @ inverse @ design[t]
    return ar, sigma, h


def inside(window: str) -> np.ndarray:
    a, b = NAMED[window]
    return np.arange(M + BEFORE + a, M + BEFORE + b + 1)


@pytest.mark.parametrize("window", NAMED)
def test_p_hat_by_firm(window: str) -> None:
    """Firms 0 to 2 have six, five and three events."""
    code = np.array([0, 1, 2, 0, 1, 0, 1, 2, 0, 0, 1, 1, 2, 0])
    given = returns(0.05, code=code)
    ar, *_ = lines(given)
    car = ar[:, inside(window)].sum(axis=1)
    shares = []
    for firm in range(3):
        of_firm = [ar[i, :M] for i in range(EVENTS) if code[i] == firm and not np.isnan(car[i])]
        values = [e for row in of_firm for e in row if not np.isnan(e)]
        shares.append(sum(e > 0 for e in values) / len(values))
    p, n, w = sum(shares) / 3, int((~np.isnan(car)).sum()), int((car > 0).sum())
    result = good(given.one(GeneralizedSign(p_hat="firms"), window))
    assert result.statistic == pytest.approx((w - n * p) / np.sqrt(n * p * (1 - p)), rel=CLOSE)
    assert result.notes == f"p-hat = {p:.4f}"
    assert result.statistic != given.one(GeneralizedSign(), window).statistic
    assert given.one(GeneralizedSign(convention="sipemu"), window).statistic == result.statistic


def test_p_hat_by_firm_is_cowans_where_every_firm_has_one_event() -> None:
    given = returns(0.05)
    firms, daily = (given.one(GeneralizedSign(p_hat=how), "three").statistic for how in ("firms", "daily"))
    assert firms == pytest.approx(daily, rel=CLOSE)


def loop_grank(residuals: np.ndarray, scar: np.ndarray) -> tuple[float, float]:
    """GRANK's t and Z of standardised residuals (E, M) and SCARs, NaN where missing (METHODS 4.7b)."""
    used = np.flatnonzero(~np.isnan(scar))
    joined = np.column_stack([residuals[used], scar[used] / scar[used].std(ddof=1)])
    own = (~np.isnan(joined)).sum(axis=1)
    u = np.array([stats.rankdata(row, nan_policy="omit") for row in joined]) / (own[:, None] + 1) - 0.5
    n, days, total = len(used), M + 1, 0.0
    for t in range(days):
        there = u[~np.isnan(u[:, t]), t]
        total += len(there) / n * there.mean() ** 2
    mean = u[:, -1].mean()
    z = mean / np.sqrt(total / days)
    return z * np.sqrt((days - 2) / (days - 1 - z**2)), mean / np.sqrt(((own - 1) / (12 * (own + 1))).sum() / n**2)


@pytest.mark.parametrize("window", NAMED)
def test_grank_of_residuals_freed_of_their_leverage(holed: Made, window: str) -> None:
    ar, sigma, h = lines(holed)
    scar = holed.residuals(np.arange(EVENTS)).known.abnormal.car(holed.windows.window(window)).t
    freed = ar[:, :M] / (sigma[:, None] * np.sqrt(1 - h))
    t, z = loop_grank(freed, scar)
    result = good(holed.one(GrankT(residuals="leverage"), window))
    assert result.statistic == pytest.approx(t, rel=CLOSE)
    assert result.convention == "residuals=leverage"
    assert good(holed.one(GrankZ(residuals="leverage"), window)).statistic == pytest.approx(z, rel=CLOSE)
    plain, _ = loop_grank(ar[:, :M] / sigma[:, None], scar)
    assert good(holed.one(GrankT(), window)).statistic == pytest.approx(plain, rel=CLOSE)


def test_leverage_changes_ranks() -> None:
    """A market day far out pulls the line to it, so its residual is small until it is freed of its leverage."""
    given = returns()
    given.x[:, 10, 0] = 0.2
    ar, sigma, h = lines(given)
    assert h[:, 10].min() > 0.8
    scar = given.residuals(np.arange(EVENTS)).known.abnormal.car(given.windows.window("three")).t
    t, _ = loop_grank(ar[:, :M] / (sigma[:, None] * np.sqrt(1 - h)), scar)
    freed = given.one(GrankT(residuals="leverage"), "three").statistic
    assert freed == pytest.approx(t, rel=CLOSE)
    assert freed != given.one(GrankT(), "three").statistic


def test_leverage_of_models() -> None:
    """One over M where only a mean is estimated, none where nothing is; a robust line has none to speak of."""
    y, x = market(3, EVENTS, M + L)
    for model in (MeanAdjustedModel(), MarketAdjustedModel("MKT")):
        given = made(y, x, estimation=M, before=BEFORE, named=NAMED, model=model)
        h = 1 / M if isinstance(model, MeanAdjustedModel) else 0.0
        found = given.residuals(np.arange(EVENTS))
        scar = found.known.abnormal.car(given.windows.window("three")).t
        t, _ = loop_grank(found.values / found.sigma[:, None] / np.sqrt(1 - h), scar)
        assert good(given.one(GrankT(residuals="leverage"), "three")).statistic == pytest.approx(t, rel=CLOSE)
    robust = made(y, x, estimation=M, before=BEFORE, named=NAMED, model=HuberModel("MKT"))
    for test in (GrankT(residuals="leverage"), GrankZ(residuals="leverage")):
        assert robust.one(test, "three").reason == Reason.NO_LEVERAGE
    assert robust.one(GrankT(), "three").reason == Reason.OK


def test_the_design_of_returns_over_gaps_is_weighted() -> None:
    """A return over n sessions has the row (n, x) / sqrt(n), x the market's over the same sessions."""
    rng = np.random.default_rng(1)
    x, span = rng.normal(0, 0.01, (2, 30, 1)), rng.integers(1, 4, (2, 30)).astype(float)
    block = Block(rng.normal(0, 0.02, (2, 30)), x, np.zeros((2, 1)), np.zeros((2, 1, 1)), span=span)
    found = MarketModel("MKT").weighted_design(block)
    for i in range(2):
        for t in range(30):
            row = [span[i, t] / np.sqrt(span[i, t]), x[i, t, 0] / np.sqrt(span[i, t])]
            np.testing.assert_allclose(found[i, t], row, rtol=1e-12)


def test_a_day_that_its_own_coefficient_fits_is_no_day_of_grank() -> None:
    """All market returns but one are equal: the line passes through that day, whose residual is rounding."""
    given = returns()
    given.x[0, :M, 0] = 0.01
    given.x[0, 7, 0] = 0.05
    ar, sigma, h = lines(given)
    assert h[0, 7] == pytest.approx(1.0, abs=1e-12)
    freed = ar[:, :M] / (sigma[:, None] * np.sqrt(1 - np.where(h > 1 - 1e-10, np.nan, h)))
    scar = given.residuals(np.arange(EVENTS)).known.abnormal.car(given.windows.window("three")).t
    t, _ = loop_grank(freed, scar)
    assert good(given.one(GrankT(residuals="leverage"), "three")).statistic == pytest.approx(t, rel=CLOSE)


@pytest.fixture(scope="module")
def crowded() -> Made:
    """Five firms, six events each, of windows that overlap."""
    y, x = market(8, 30, M + L)
    day0 = 600 + np.array([0, 3, 9, 11, 20, 26] * 5) + 5 * np.repeat(np.arange(5), 6)
    return made(y, x, estimation=M, before=BEFORE, named=NAMED, day0=day0, code=np.repeat(np.arange(5), 6))


def test_calendar_time_once_per_event(crowded: Made) -> None:
    ar, *_ = lines(crowded)
    held: dict[int, list[tuple[float, float, float]]] = {}
    for i in range(30):
        for k in range(-4, 5):
            at = M + BEFORE + k
            row = (ar[i, at], crowded.y[i, at], crowded.x[i, at, 0])
            held.setdefault(int(crowded.day0[i]) + k, []).append(row)
    days = sorted(held)
    means = np.array([np.mean(held[day], axis=0) for day in days])
    weight = np.sqrt([len(held[day]) for day in days])
    ctar = good(crowded.one(CalendarTime(form="ctar", membership="event"), "long"))
    assert ctar.statistic == pytest.approx(stats.ttest_1samp(means[:, 0], 0).statistic, rel=CLOSE)
    assert ctar.df == len(days) - 1
    design = np.column_stack([np.ones(len(days)), means[:, 2]]) * weight[:, None]
    left = means[:, 1] * weight
    inverse = np.linalg.inv(design.T @ design)
    alpha = inverse @ design.T @ left
    variance = ((left - design @ alpha) ** 2).sum() / (len(days) - 2) * inverse[0, 0]
    result = good(crowded.one(CalendarTime(membership="event"), "long"))
    assert result.statistic == pytest.approx(alpha[0] / np.sqrt(variance), rel=1e-9)
    assert result.convention == "membership=event"
    assert result.statistic != crowded.one(CalendarTime(), "long").statistic


def test_calendar_time_standardised_once_per_event(crowded: Made) -> None:
    ar, *_ = lines(crowded)
    members: dict[int, list[tuple[int, int]]] = {}
    for i in range(30):
        for k in range(-4, 5):
            members.setdefault(int(crowded.day0[i]) + k, []).append((i, M + BEFORE + k))
    ratios = []
    for day in sorted(members):
        before = [np.mean([ar[i, at - lag] for i, at in members[day]]) for lag in range(1, LAGS + 1)]
        ratios.append(np.mean([ar[i, at] for i, at in members[day]]) / np.std(before, ddof=1))
    result = good(crowded.one(CalendarTime(form="standardised", membership="event"), "long"))
    assert result.statistic == pytest.approx(stats.ttest_1samp(ratios, 0).statistic, rel=CLOSE)


def test_membership_is_one_where_no_windows_of_a_firm_overlap() -> None:
    apart = returns(code=np.arange(EVENTS) // 2)
    firm, event = (apart.one(CalendarTime(membership=how), "long").statistic for how in ("firm", "event"))
    assert firm == event


@pytest.mark.parametrize("window", NAMED)
def test_sums_of_events_inflated_where_returns_are_missing(holed: Made, window: str) -> None:
    """A sum over the n events that have a value is their mean times N, all that were estimated (METHODS 12)."""
    ar, sigma, _ = lines(holed)
    car = ar[:, inside(window)].sum(axis=1)
    there = ~np.isnan(car)
    n, length, obs = int(there.sum()), len(inside(window)), (~np.isnan(ar[:, :M])).sum(axis=1)
    assert n < EVENTS
    found = holed.residuals(np.arange(EVENTS)).known.abnormal.car(holed.windows.window(window))
    dof = obs - 2
    mean = found.t[there].mean()
    z = mean * EVENTS / np.sqrt((dof / (dof - 2)).sum())
    result = good(holed.one(Patell(missing="inflated"), window))
    assert (result.statistic, result.n) == (pytest.approx(z, rel=CLOSE), n)
    assert result.estimate == pytest.approx(mean, rel=CLOSE)
    squares = (sigma**2 * dof / (obs - 1)).sum()
    t = car[there].mean() / (np.sqrt(length * squares) / EVENTS)
    no_dependence = CrudeDependence(variance="no_dependence", missing="inflated")
    assert good(holed.one(no_dependence, window)).statistic == pytest.approx(t, rel=CLOSE)
    positive = int((car > 0).sum())
    count = positive / n * EVENTS
    sign = good(holed.one(Sign(missing="inflated"), window))
    assert sign.statistic == pytest.approx((count - n / 2) / np.sqrt(n / 4), rel=CLOSE)
    assert sign.p_value == pytest.approx(2 * stats.norm.sf(abs(sign.statistic)), rel=CLOSE)
    assert (sign.distribution, sign.estimate) == ("N(0,1)", positive / n)
    p = sum(e > 0 for row in ar[:, :M] for e in row if not np.isnan(e)) / obs.sum()
    general = good(holed.one(GeneralizedSign(p_hat="pooled", missing="inflated"), window))
    assert general.statistic == pytest.approx((count - n * p) / np.sqrt(n * p * (1 - p)), rel=CLOSE)
    ranks = stats.rankdata(np.abs(car[there]))
    total = ranks[car[there] > 0].sum() / n * EVENTS
    wilcoxon = good(holed.one(Wilcoxon(missing="inflated", alternative="greater"), window))
    assert wilcoxon.statistic == pytest.approx(total, rel=CLOSE)
    sums = [sum(k + 1 for k in range(n) if pattern >> k & 1) for pattern in range(2**n)]
    assert wilcoxon.p_value == pytest.approx(np.mean(np.array(sums) >= total - 1e-9), rel=CLOSE)
    signs = np.sign(ar - np.nanmedian(ar, axis=1, keepdims=True))
    g = np.array([np.nanmean(column) * EVENTS / np.sqrt((~np.isnan(column)).sum()) for column in signs.T])
    spread = (g**2).sum() / (~np.isnan(signs)).sum(axis=1).mean()
    z = g[inside(window)].sum() / np.sqrt(length * spread)
    assert good(holed.one(CorradoZivneySign(convention="estudy2"), window)).statistic == pytest.approx(z, rel=CLOSE)


@pytest.mark.parametrize("missing", ["scaled", "inflated"])
@pytest.mark.parametrize("divisor", ["days", "mean_length"])
def test_corrado_where_returns_are_missing(holed: Made, missing: str, divisor: str) -> None:
    """Sums of the ranks there are, or means times N; S^2 divided by D, or by the mean number of returns."""
    ar, *_ = lines(holed)
    own = (~np.isnan(ar)).sum(axis=1)
    u = np.array([stats.rankdata(row, nan_policy="omit") for row in ar]) / (own[:, None] + 1) - 0.5
    g = []
    for column in u.T:
        there = column[~np.isnan(column)]
        g.append((there.mean() * EVENTS if missing == "inflated" else there.sum()) / np.sqrt(len(there)))
    spread = np.square(g).sum() / (len(g) if divisor == "days" else own.mean())
    z = sum(g[t] for t in inside("three")) / np.sqrt(3 * (len(g) - 3) / (len(g) - 1) * spread)
    result = good(holed.one(CorradoRank(missing=missing, divisor=divisor), "three"))
    assert result.statistic == pytest.approx(z, rel=CLOSE)


INFLATED = (
    Patell(missing="inflated"),
    CrudeDependence(variance="no_dependence", missing="inflated"),
    Sign(missing="inflated"),
    GeneralizedSign(missing="inflated"),
    Wilcoxon(missing="inflated"),
)


@pytest.mark.parametrize("test", INFLATED, ids=lambda test: test.kind)
def test_nothing_is_inflated_where_nothing_is_missing(test: HypothesisTest) -> None:
    given = returns()
    plain = type(test)(variance="no_dependence") if isinstance(test, CrudeDependence) else type(test)()
    found, same = given.one(test, "three"), given.one(plain, "three")
    assert found.statistic == pytest.approx(same.statistic, rel=CLOSE)
    if not isinstance(test, Sign):
        assert found.p_value == pytest.approx(same.p_value, rel=CLOSE)
    assert type(test)(convention="estudy2").missing == "inflated"  # type: ignore[attr-defined]


def test_an_inflated_count_has_no_exact_p_value() -> None:
    with pytest.raises(InputError, match="no exact p-value"):
        Sign(missing="inflated", exact="always")


def test_a_negative_rbar_of_grank_counts_as_zero_where_asked() -> None:
    given = returns(seed=1)
    raw, floored = (good(given.one(GrankZ(rbar="event_time", floor_at_zero=f), "three")) for f in (False, True))
    assert raw.notes.startswith("rbar = -")
    assert floored.notes.startswith("rbar = 0 over")
    assert floored.statistic == pytest.approx(given.one(GrankZ(), "three").statistic, rel=CLOSE)


def test_a_config_names_them(tmp_path: Path) -> None:
    config = tmp_path / "study.yaml"
    config.write_text(
        "events: {source: sample}\nprices: {source: sample}\nbenchmark: SPY\ntests:\n"
        "  - {kind: generalized_sign, p_hat: firms, missing: inflated}\n"
        "  - {kind: grank_t, residuals: leverage}\n"
        "  - {kind: grank_z, rbar: estimation_overlap, floor_at_zero: true}\n"
        "  - {kind: calendar_time, membership: event, portfolio: value}\n"
        "  - {kind: kolari_pynnonen, rbar: estimation_overlap}\n"
        "  - {kind: wilcoxon, missing: inflated}\n"
        "weights: market_value\n",
        encoding="utf-8",
    )
    study = load(config).study
    assert study.weights == "market_value"
    assert study.hypothesis_tests == (
        GeneralizedSign(p_hat="firms", missing="inflated"),
        GrankT(residuals="leverage"),
        GrankZ(rbar="estimation_overlap", floor_at_zero=True),
        CalendarTime(membership="event", portfolio="value"),
        KolariPynnonen(rbar="estimation_overlap"),
        Wilcoxon(missing="inflated"),
    )
