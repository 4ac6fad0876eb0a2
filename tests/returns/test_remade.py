"""Residuals that are made again where they are read, against statsmodels, scipy and plain loops."""

from __future__ import annotations

import pickle
from collections.abc import Iterator

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats

from eventstudy.execution import Engine
from eventstudy.returns import day_series, paths
from eventstudy.returns.accumulators import Residuals, take
from eventstudy.returns.by_date import fit_by_date
from eventstudy.returns.compiled import triangles
from eventstudy.returns.day_series import DaySeries, Summed
from eventstudy.returns.estimation_means import EstimationMeans
from eventstudy.returns.grank import EstimationRanks, GeneralizedRanks
from eventstudy.returns.positive_share import PositiveShare
from eventstudy.returns.ranking import uniform_sums
from eventstudy.returns.remade import Fits, Remade
from eventstudy.returns.rows import filled, whole
from eventstudy.returns.session_sums import session_sums
from eventstudy.returns.shared import SharedDesigns, factorise, forecast_errors, remade
from eventstudy.returns.shared_fit import SharedFit

SESSIONS, AHEAD, DATES = 60, 7, 40
KINDS = ("mean", "through the origin", "market", "three factors", "excess", "nearly collinear")


@pytest.fixture(autouse=True)
def on_the_compiled_path() -> Iterator[None]:
    with paths.running(paths.COMPILED):
        yield


class Given:
    """Events of one kind of design: returns in a flat vector, windows that overlap, dates that share sessions."""

    def __init__(self, kind: str, events: int = 1_300) -> None:
        rng = np.random.default_rng(KINDS.index(kind))
        length = DATES + SESSIONS + AHEAD
        market = rng.normal(0, 0.01, length)
        columns = {
            "mean": [np.ones(length)],
            "through the origin": [market],
            "three factors": [np.ones(length), market, *rng.normal(0, 0.01, (2, length))],
            "nearly collinear": [np.ones(length), market, market + rng.normal(0, 0.002, length)],
        }.get(kind, [np.ones(length), market])
        self.x = np.array(columns).T
        self.riskless = rng.uniform(0, 0.001, length) if kind == "excess" else None
        self.first, self.date = np.arange(DATES), rng.integers(0, DATES, events)
        # The events of a symbol lie one after another, by date.
        self.date[: events // 2].sort()
        symbol = np.arange(events) // 50
        series = rng.standard_t(4, (symbol[-1] + 1, length)) * 0.02 + 0.9 * market
        self.values, self.at = series.ravel(), symbol * length + self.date
        self.designs = self._designs()
        self.fit: SharedFit = fit_by_date(self.values, self.at, self.designs, self.date)

    def _designs(self) -> SharedDesigns:
        windows = np.lib.stride_tricks.sliding_window_view(self.x, AHEAD, axis=0)[SESSIONS : SESSIONS + DATES]
        ahead = np.ascontiguousarray(np.moveaxis(windows, 1, 2))
        riskless = None
        if self.riskless is not None:
            riskless = self.riskless, self.riskless[SESSIONS + self.first[:, None] + np.arange(AHEAD)]
        return factorise(self.x.T, self.first, self.first + SESSIONS, SESSIONS, ahead, riskless)

    @property
    def remade(self) -> Remade:
        assert isinstance(self.fit.residuals, Remade)
        return self.fit.residuals

    def explained(self, event: int, days: slice) -> tuple[np.ndarray, np.ndarray]:
        """Return the returns of an event that the model explains, and its design, on days from the first."""
        at = np.arange(days.start, days.stop)
        y = self.values[self.at[event] + at]
        return y - (0 if self.riskless is None else self.riskless[self.date[event] + at]), self.x[self.date[event] + at]


@pytest.fixture(params=KINDS)
def given(request: pytest.FixtureRequest) -> Given:
    return Given(request.param)


def test_fits_and_forecasts_equal_statsmodels(given: Given) -> None:
    rows = given.remade.rows()
    ahead = forecast_errors(given.values, given.at + SESSIONS, given.designs, given.date, given.fit)
    for event in (0, 1, 649, 1_000, 1_299):
        expected = sm.OLS(*given.explained(event, slice(0, SESSIONS))).fit()
        np.testing.assert_allclose(given.fit.coefficients[event], expected.params, rtol=1e-10, atol=1e-15)
        np.testing.assert_allclose(given.fit.sigma[event] ** 2, expected.scale, rtol=1e-11)
        np.testing.assert_allclose(rows[event], expected.resid, rtol=0, atol=1e-15)
        y, x = given.explained(event, slice(SESSIONS, SESSIONS + AHEAD))
        np.testing.assert_allclose(ahead[event], y - x @ expected.params, rtol=0, atol=1e-15)


def test_what_the_fit_says_of_the_residuals(given: Given) -> None:
    remade, rows = given.remade, given.remade.rows()
    np.testing.assert_allclose(remade.total, rows.sum(axis=0), rtol=0, atol=1e-13)
    np.testing.assert_allclose(remade.mean_residual, rows.mean(axis=1), rtol=0, atol=1e-16)
    np.testing.assert_allclose(remade.scale, 1 / rows.std(axis=1), rtol=1e-12)
    np.testing.assert_array_equal(remade.positive, (rows > 0).sum(axis=1))


def test_some_events_and_what_stays_of_them(given: Given) -> None:
    made, rows = given.remade, given.remade.rows()
    odd = np.arange(1, len(rows), 2)
    np.testing.assert_array_equal(made.take(odd).rows(), rows[odd])
    assert not len(made.take(odd).total)
    some = pickle.loads(pickle.dumps(take(made.fits, odd)))
    again = remade(given.values, given.designs, given.date[odd], some)
    np.testing.assert_array_equal(again.rows(), rows[odd])
    assert not len(again.total)
    assert np.isnan(
        remade(given.values, given.designs, given.date, Fits.none(given.at, made.slopes.shape[1])).rows()
    ).all()


def test_triangles_are_those_of_householder(given: Given) -> None:
    first = np.where(given.first == 3, -1, given.first)
    triangle, length, mean = triangles(given.x.T.copy(), first, SESSIONS)
    for date in (0, 17, DATES - 1):
        x = given.x[date : date + SESSIONS]
        expected = np.linalg.qr(x, mode="r")
        np.testing.assert_allclose(
            triangle[date], expected * np.sign(np.diag(expected))[:, None], rtol=1e-11, atol=1e-16
        )
        np.testing.assert_allclose(length[date], np.sqrt((x**2).sum(axis=0)), rtol=1e-13)
        np.testing.assert_allclose(mean[date], x.mean(axis=0), rtol=1e-12, atol=1e-17)
    assert np.isnan(triangle[3]).all()


def residuals_of(given: Given, ar: np.ndarray | None = None, *, made: bool = False) -> Residuals:
    """Return a block's residuals, with abnormal returns beside them."""

    class Abnormal:
        pass

    class Known:
        abnormal = Abnormal()

    Known.abnormal.ar = ar  # type: ignore[attr-defined]
    rows = np.arange(len(given.at))
    values = given.remade.rows() if made else given.remade
    return Residuals(rows, values, given.fit.sigma, rows, Known(), complete=True)  # type: ignore[arg-type]


def test_rank_sums_are_those_of_scipy(given: Given) -> None:
    remade, rows = given.remade, given.remade.rows()
    more = np.random.default_rng(5).normal(0, 0.02, (len(rows), AHEAD))
    more[7, 2] = rows[7, 3]
    more[900] = rows[900, :AHEAD]
    together, alone = uniform_sums(remade, more)
    days, half = SESSIONS + AHEAD, len(rows) / 2
    ranks = stats.rankdata(np.hstack([rows, more]), axis=1).sum(axis=0)
    np.testing.assert_allclose(together.total, ranks / (days + 1) - half, rtol=0, atol=1e-10)
    ranks = stats.rankdata(rows, axis=1).sum(axis=0)
    np.testing.assert_allclose(alone.total, ranks / (SESSIONS + 2) - half, rtol=0, atol=1e-10)
    np.testing.assert_allclose(uniform_sums(remade)[0].total, ranks / (SESSIONS + 1) - half, rtol=0, atol=1e-10)


def test_one_sort_serves_events_with_and_without_a_gap(given: Given) -> None:
    rows, ar = given.remade.rows(), np.random.default_rng(6).normal(0, 0.02, (len(given.at), AHEAD))
    ar[[3, 600, 601], [0, 1, 6]] = np.nan
    together, alone = residuals_of(given, ar).rank_sums
    joined = np.hstack([rows, ar])
    count = (~np.isnan(joined)).sum(axis=1, keepdims=True)
    expected = stats.rankdata(joined, axis=1, nan_policy="omit") / (count + 1) - 0.5
    np.testing.assert_allclose(together.total, np.nansum(expected, axis=0), rtol=0, atol=1e-10)
    np.testing.assert_array_equal(together.count, (~np.isnan(joined)).sum(axis=0))
    np.testing.assert_array_equal(together.lengths, np.bincount(count.ravel()))
    expected = stats.rankdata(rows, axis=1) / (SESSIONS + 2) - 0.5
    np.testing.assert_allclose(alone.total, expected.sum(axis=0), rtol=0, atol=1e-10)
    assert set(alone.count) == {len(rows)}


@pytest.mark.parametrize("made", [False, True])
def test_generalised_ranks_are_those_of_the_joined_rows(given: Given, *, made: bool) -> None:
    events, rng = len(given.at), np.random.default_rng(8)
    scars = {"day0": rng.normal(0, 1, events), "all": rng.normal(0, 3, events)}
    scars["all"][[2, 700]] = np.nan
    residuals = residuals_of(given, np.zeros((events, AHEAD)), made=made)
    alone = EstimationRanks()
    alone.add(residuals)
    ranks = GeneralizedRanks(scars, alone)
    ranks.add(residuals)
    ranks.finish(Engine(), None, None)  # type: ignore[arg-type]
    standard = given.remade.rows() / given.fit.sigma[:, None]
    for window, scar in scars.items():
        used = ~np.isnan(scar)
        joined = np.hstack([standard, scar[:, None]])[used]
        expected = (stats.rankdata(joined, axis=1) / (SESSIONS + 2) - 0.5).sum(axis=0)
        np.testing.assert_allclose(ranks.sums[window].total, expected, rtol=0, atol=1e-10)
        assert ranks.sums[window].events == used.sum()


def test_means_and_counts_without_making_anything(given: Given) -> None:
    rows, means, share = given.remade.rows(), EstimationMeans(), PositiveShare()
    some = np.arange(len(rows)) % 3 == 0
    for residuals in (residuals_of(given), residuals_of(given).take(some)):
        means.add(residuals)
    np.testing.assert_allclose(means.total, rows.sum(axis=0) + rows[some].sum(axis=0), rtol=0, atol=1e-13)
    assert set(means.count.tolist()) == {len(rows) + some.sum()}
    share.add(residuals_of(given))
    np.testing.assert_array_equal(share.of(np.arange(len(rows))), (rows > 0).mean(axis=1))


@pytest.mark.parametrize("engine", ["serial", "threads", "processes"])
def test_sums_by_day(given: Given, engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # Few rows at once, so that there are many stretches of days.
    monkeypatch.setattr(day_series, "TABLE", 3 * 8 * SESSIONS)
    rows, day0 = given.remade.rows(), given.date + 100
    standard = (rows - rows.mean(axis=1, keepdims=True)) / rows.std(axis=1, keepdims=True)
    expected = np.zeros((DATES, SESSIONS))
    np.add.at(expected, given.date, standard)
    series, whole = DaySeries.empty(100, 100 + DATES - 1, SESSIONS), DaySeries.empty(100, 100 + DATES - 1, SESSIONS)
    series.add_remade(day0, given.remade, Engine(name=engine, workers=2))
    np.testing.assert_allclose(series.total, expected, rtol=0, atol=1e-12)
    np.testing.assert_array_equal(series.count, np.bincount(given.date, minlength=DATES))
    monkeypatch.setattr(day_series, "TABLE", 1 << 30)
    whole.add_remade(day0, given.remade)
    np.testing.assert_array_equal(series.total, whole.total)


@pytest.mark.parametrize("path", [paths.NUMPY, paths.COMPILED])
@pytest.mark.parametrize("lacking", [False, True])
def test_products_by_lag_are_those_of_all_pairs(*, lacking: bool, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(day_series, "TABLE", 4 * 8 * SESSIONS)
    rng, lags = np.random.default_rng(11), 9
    # On some days there is no event.
    rows, day0 = rng.normal(0, 0.02, (50, SESSIONS)), rng.choice([0, 1, 2, 5, 6, 9, 10, 11], 50)
    if lacking:
        rows[rng.random(rows.shape) < 0.05] = np.nan
    series = DaySeries.empty(0, 11, SESSIONS)
    series.add(Summed.of(day0, filled(rows)))
    standard = (rows - np.nanmean(rows, axis=1, keepdims=True)) / np.nanstd(rows, axis=1, keepdims=True)
    product, common, pairs = np.zeros(lags), np.zeros(lags), np.zeros(lags, int)
    for i in range(50):
        for j in range(i):
            early, late = sorted((i, j), key=lambda event: day0[event])
            lag = day0[late] - day0[early]
            if lag < lags:
                both = standard[early, lag:] * standard[late, : SESSIONS - lag]
                product[lag] += np.nansum(both)
                common[lag] += (~np.isnan(both)).sum()
                pairs[lag] += 1
    found = paths.run_on(path, series.products, lags, Engine(name="threads", workers=2))
    np.testing.assert_allclose(found[0], product, rtol=1e-10, atol=1e-10)
    np.testing.assert_array_equal(found[1], common)
    np.testing.assert_array_equal(found[2], pairs)


def test_sums_by_session_are_those_of_the_rows(given: Given) -> None:
    sigma = given.fit.sigma.copy()
    sigma[[3, 700]] = 0.0, np.nan
    made = session_sums(given.remade, sigma, given.date)
    total, count, squares = np.zeros(DATES + SESSIONS - 1), np.zeros(DATES + SESSIONS - 1, dtype=int), 0.0
    for event, left in enumerate(given.remade.rows()):
        if sigma[event] > 0:
            at = given.date[event] + np.arange(SESSIONS)
            total[at] += left / sigma[event]
            count[at] += 1
            squares += ((left / sigma[event]) ** 2).sum()
    with np.errstate(invalid="ignore", divide="ignore"):
        of_rows = session_sums(given.remade.rows(), sigma, given.date)
    for found in (made, of_rows):
        np.testing.assert_allclose(found.total, total, rtol=0, atol=1e-9)
        assert found.events.tolist() == count.tolist()
        assert found.squares == pytest.approx(squares, rel=1e-11)


def test_a_mean_that_is_most_of_a_row_costs_no_digits() -> None:
    rng = np.random.default_rng(13)
    rows = 10.0 + rng.normal(0, 0.02, (4, SESSIONS))
    rows[2:, ::7] = np.nan
    series = DaySeries.empty(0, 0, SESSIONS)
    series.add(Summed.of(np.zeros(4, dtype=np.int64), filled(rows)))
    standard = (rows - np.nanmean(rows, axis=1, keepdims=True)) / np.nanstd(rows, axis=1, keepdims=True)
    np.testing.assert_allclose(series.total[0], np.nansum(standard, axis=0), rtol=0, atol=1e-11)


def test_a_row_that_does_not_vary_adds_nothing() -> None:
    varied = np.random.default_rng(12).normal(0.001, 0.02, SESSIONS)
    series = DaySeries.empty(0, 1, SESSIONS)
    rows = np.array([np.full(SESSIONS, 0.01), varied, np.full(SESSIONS, -0.3)])
    series.add(Summed.of(np.array([1, 1, 0]), whole(rows)))
    expected = (varied - varied.mean()) / varied.std()
    np.testing.assert_allclose(series.total, [np.zeros(SESSIONS), expected], rtol=0, atol=1e-12)
    assert series.count.tolist() == [1, 2]
