"""Events that lack some returns, fitted by the designs of their dates: against statsmodels, 80 bits and one by one."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st

from eventstudy.errors import Reason
from eventstudy.execution import Engine
from eventstudy.inference import TESTS, Sample
from eventstudy.panels import ReturnPanel
from eventstudy.returns import (
    CAPM,
    ExpectedReturnModel,
    MarketAdjustedModel,
    MarketModel,
    MeanAdjustedModel,
    RawModel,
    Regressors,
    blocks,
    measure_abnormal_returns,
    paths,
)
from eventstudy.returns.accumulators import Residuals
from eventstudy.returns.by_date import fit_by_date
from eventstudy.returns.day_series import DaySeries, Summed
from eventstudy.returns.estimation_means import EstimationMeans
from eventstudy.returns.fixed import fit_fixed, known_designs
from eventstudy.returns.linear import least_squares
from eventstudy.returns.remade import Remade, as_rows
from eventstudy.returns.rows import filled
from eventstudy.returns.shared import SharedDesigns, factorise
from eventstudy.returns.shared_fit import SharedFit
from tests.benchmarks.panels import made_up_factors, made_up_panel, made_up_places

BOTH = [paths.NUMPY, paths.COMPILED]
SESSIONS, AHEAD, DATES = 60, 7, 20


class Gapped:
    """Events of random designs whose returns have gaps."""

    def __init__(self, seed: int, columns: int, *, constant: bool, excess: bool, share: float = 0.05) -> None:
        self.rng, self.columns = np.random.default_rng(seed), columns
        length = DATES + SESSIONS + AHEAD
        self.x = self.rng.normal(0.001, 0.01, (columns, length))
        if constant:
            self.x[0] = 1.0
        self.riskless = self.rng.uniform(0, 0.001, length) if excess else np.zeros(length)
        self.date = self.rng.integers(0, DATES, 80)
        self.y = self.rng.standard_t(4, (80, SESSIONS)) * 0.02
        self.y[self.rng.random(self.y.shape) < share] = np.nan
        first, days = np.arange(DATES), np.arange(AHEAD)
        self.ahead = np.moveaxis(self.x[:, first[:, None] + SESSIONS + days], 0, 2)
        riskless = (self.riskless, self.riskless[first[:, None] + SESSIONS + days]) if excess else None
        self.designs: SharedDesigns = factorise(self.x, first, first + SESSIONS, SESSIONS, self.ahead, riskless)

    def fit(self, path: str) -> tuple[SharedFit, np.ndarray]:
        """Return the fits on a path, and their residuals as rows."""
        with paths.running(path):
            found = fit_by_date(self.y.ravel(), np.arange(len(self.y)) * SESSIONS, self.designs, self.date)
            return found, as_rows(found.residuals)

    def explained(self) -> np.ndarray:
        """Return what the model explains, (E, M)."""
        return self.y - self.riskless[self.date[:, None] + np.arange(SESSIONS)]

    def design(self) -> np.ndarray:
        """Return the design of each event, (E, M, K)."""
        return np.moveaxis(self.x[:, self.date[:, None] + np.arange(SESSIONS)], 0, 2)


@pytest.mark.parametrize("path", BOTH)
@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    columns=st.integers(1, 6),
    constant=st.booleans(),
    excess=st.booleans(),
    share=st.sampled_from([0.01, 0.1, 0.5]),
)
def test_equals_statsmodels(path: str, seed: int, columns: int, constant: bool, excess: bool, share: float) -> None:
    gapped = Gapped(seed, columns, constant=constant, excess=excess, share=share)
    fit, residuals = gapped.fit(path)
    y, x = gapped.explained(), gapped.design()
    event = int(np.flatnonzero(np.isfinite(fit.sigma) & np.isnan(y).any(axis=1))[0])
    there = ~np.isnan(y[event])
    expected = sm.OLS(y[event, there], x[event, there]).fit()
    np.testing.assert_allclose(fit.coefficients[event], expected.params, rtol=1e-10, atol=1e-14)
    np.testing.assert_allclose(fit.sigma[event] ** 2, expected.scale, rtol=1e-10)
    np.testing.assert_allclose(residuals[event, there], expected.resid, rtol=0, atol=1e-14)
    assert np.isnan(residuals[event, ~there]).all()
    assert (fit.n_obs[event], fit.dof[event]) == (there.sum(), expected.df_resid)
    ahead = gapped.ahead[gapped.date[event]]
    assert fit.turned is not None
    spread = fit.sigma[event] * gapped.designs.spread[gapped.date[event]] @ fit.turned.take(np.array([event])).by[0]
    of_parameters = ahead @ expected.cov_params() @ ahead.T
    np.testing.assert_allclose(spread @ spread.T, of_parameters, rtol=1e-9, atol=1e-12 * np.abs(of_parameters).max())


@pytest.mark.parametrize("path", BOTH)
@pytest.mark.parametrize("constant", [True, False])
def test_equals_the_general_fit_in_every_field(path: str, *, constant: bool) -> None:
    gapped = Gapped(3, 3, constant=constant, excess=False)
    fit, residuals = gapped.fit(path)
    general = least_squares(gapped.explained(), gapped.design(), gapped.ahead[gapped.date])
    for name in ("coefficients", "sigma", "r_squared"):
        np.testing.assert_allclose(getattr(fit, name), getattr(general, name), rtol=1e-10, atol=1e-14)
    np.testing.assert_allclose(residuals, general.residuals, rtol=0, atol=1e-15)
    np.testing.assert_allclose(fit.mean_residual, np.nanmean(general.residuals, axis=1), rtol=0, atol=1e-16)
    np.testing.assert_array_equal(fit.dof, general.dof)


@pytest.mark.parametrize("path", BOTH)
@pytest.mark.parametrize(("level", "noise"), [(0.0, 1.0), (1e3, 1.0), (1e6, 1.0), (0.0, 1e-6)])
def test_levels_and_tight_fits(level: float, noise: float, path: str) -> None:
    rng = np.random.default_rng(7)
    factor = rng.normal(0, 0.01, 250)
    y = level + 0.8 * factor + noise * rng.normal(0, 0.02, (40, 250))
    y[rng.random(y.shape) < 0.02] = np.nan
    designs = factorise(np.stack([np.ones(250), factor]), np.array([0]), np.array([-1]), 250, np.ones((1, 1, 2)))
    with paths.running(path):
        found = fit_by_date(y.ravel(), np.arange(40) * 250, designs, np.zeros(40, dtype=np.int64)).sigma ** 2
    expected = []
    for row in y:
        there = ~np.isnan(row)
        left, right = row[there].astype(np.longdouble), factor[there].astype(np.longdouble)
        left, right = left - left.mean(), right - right.mean()
        expected.append(((left - (left @ right) / (right @ right) * right) ** 2).sum() / (there.sum() - 2))
    np.testing.assert_allclose(found, np.array(expected, dtype=float), rtol=1e-9)


@pytest.mark.parametrize("path", BOTH)
def test_too_much_missing_is_left_to_the_general_fit(path: str) -> None:
    gapped = Gapped(1, 2, constant=True, excess=False, share=0.02)
    gapped.y[0] = np.nan
    gapped.y[1, 2:] = np.nan
    gapped.y[2, 1:] = gapped.y[2, 0] = 0.0
    gapped.y[2, 5] = np.nan
    fit, residuals = gapped.fit(path)
    assert np.flatnonzero(np.isnan(fit.sigma)).tolist() == [0, 1]
    assert np.isnan(residuals[:2]).all()
    assert fit.sigma[2] == 0.0
    assert np.isnan(fit.r_squared[2])


def gapped_panel() -> ReturnPanel:
    """Return a made-up panel of 30 symbols, most of which lack some returns."""
    panel, rng = made_up_panel(30, 1_500), np.random.default_rng(4)
    values = panel.values.copy()
    own = values[panel.listing.offsets[1] :]
    own[rng.random(len(own)) < 0.004] = np.nan
    own[20_000:20_500] = np.nan
    return ReturnPanel(panel.listing, values)


MODELS: dict[str, ExpectedReturnModel] = {
    "market": MarketModel("MKT"),
    "market_adjusted": MarketAdjustedModel("MKT"),
    "uncentred": MarketAdjustedModel("MKT", centred=False),
    "raw": RawModel(),
    "capm": CAPM("MKT"),
    "capm without alpha": CAPM("MKT", alpha=False),
    "mean_adjusted": MeanAdjustedModel(),
}
TESTED = ("patell", "bmp", "crude_dependence", "kolari_pynnonen", "generalized_sign", "corrado_rank", "grank_t")


def study(model: str, path: str, engine: str = "serial") -> dict[str, np.ndarray]:
    """Return what a study of events with and without gaps finds."""
    panel = gapped_panel()
    regressors = Regressors(panel, made_up_factors(panel, 1))
    aligned = made_up_places(panel, 6_000)
    tests = [TESTS.get(name)() for name in TESTED]
    needs = tuple(dict.fromkeys(need for test in tests for need in test.needs))
    how = Engine(name=engine, path=path, workers=2 if engine != "serial" else None)
    abnormal, found = measure_abnormal_returns(
        aligned, panel, MODELS[model], regressors, needs=needs, groups={"all": np.full(6_000, True)}, engine=how,
    )  # fmt: skip
    cars, some = abnormal.cars(how)["all"], np.arange(0, 6_000, 50)
    plain = abnormal.car("all")
    np.testing.assert_allclose(cars.car, plain.car, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(cars.std_error, plain.std_error, rtol=1e-12)
    assert cars.reason.tolist() == plain.reason.tolist()
    # Fewer events than there are designs.
    of_some = abnormal.take(some).std_errors(how)
    np.testing.assert_allclose(of_some, abnormal.std_error[some], rtol=1e-13)
    sample = Sample.of(abnormal, cars, np.arange(6_000), aligned.attrition.event_id, found["all"])
    with paths.running(path):
        results = [each for test in tests for each in test.run(sample)]
    return {
        "ar": abnormal.ar,
        "std_error": abnormal.std_errors(how),
        "parameters": abnormal.estimates.parameters,
        "n_obs": abnormal.estimates.n_obs,
        "reason": abnormal.estimates.reason,
        "expected": abnormal.expected,
        "dof": abnormal.estimates.dof,
        "mean_residual": abnormal.estimates.mean_residual,
        "car": cars.car,
        "car_std_error": cars.std_error,
        "statistics": np.array([result.statistic for result in results]),
    }


@pytest.fixture(scope="module", params=list(MODELS))
def one_by_one(request: pytest.FixtureRequest) -> tuple[str, dict[str, np.ndarray]]:
    """Return a study of each model with every event fitted by itself."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "_dated", lambda *_: None)
        return request.param, study(request.param, paths.NUMPY)


@pytest.mark.parametrize("path", BOTH)
def test_a_study_with_gaps_is_that_of_events_one_by_one(
    one_by_one: tuple[str, dict[str, np.ndarray]], path: str
) -> None:
    model, alone = one_by_one
    found = study(model, path)
    gapped = (found["n_obs"] < 250) & (found["reason"] == Reason.OK)
    assert 1_000 < gapped.sum() < 5_000
    assert (found["reason"] == Reason.TOO_FEW_ESTIMATION_DAYS).any()
    assert np.isfinite(found["statistics"]).all()
    for name, expected in alone.items():
        if expected.dtype == object:
            assert found[name].tolist() == expected.tolist()
        else:
            np.testing.assert_allclose(found[name], expected, rtol=1e-9, atol=1e-14, err_msg=name)


@pytest.mark.filterwarnings("ignore:invalid value encountered")
@pytest.mark.parametrize("model", ["market", "market_adjusted", "raw"])
def test_an_infinite_return_is_left_out_of_the_fit(model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    panel = gapped_panel()
    values, places = panel.values.copy(), np.random.default_rng(8).integers(panel.listing.offsets[1], 20_000, 20)
    values[places] = np.where(places % 2, np.inf, -np.inf)
    monkeypatch.setattr(f"{__name__}.gapped_panel", lambda: ReturnPanel(panel.listing, values))
    together = [study(model, path) for path in BOTH]
    monkeypatch.setattr(blocks, "_dated", lambda *_: None)
    alone = study(model, paths.NUMPY)
    for found, path in zip(together, BOTH, strict=True):
        assert (found["n_obs"] == 249).sum() > 100
        for name in ("ar", "std_error", "parameters", "n_obs", "dof", "car", "statistics"):
            np.testing.assert_allclose(found[name], alone[name], rtol=1e-9, atol=1e-14, err_msg=f"{name}, {path}")
        assert found["reason"].tolist() == alone["reason"].tolist()


@pytest.mark.usefixtures("kept_processes")
@pytest.mark.parametrize(("path", "engine"), [(paths.COMPILED, "threads"), *((path, "processes") for path in BOTH)])
@pytest.mark.parametrize("model", ["market", "market_adjusted"])
def test_engines_give_the_same_bits(model: str, path: str, engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    panel = gapped_panel()
    values = panel.values.copy()
    # Events of a symbol that does not vary have no estimate in the end.
    market, first = panel.dense("MKT"), int(panel.listing.first[3])
    span = slice(int(panel.listing.offsets[3]), int(panel.listing.offsets[4]))
    values[span] = market[first : first + len(values[span])] if model == "market_adjusted" else 0.001
    monkeypatch.setattr(f"{__name__}.gapped_panel", lambda: ReturnPanel(panel.listing, values))
    alone = study(model, path)
    assert (alone["reason"] == Reason.DEGENERATE_ESTIMATION).sum() > 20
    for name, found in study(model, path, engine).items():
        np.testing.assert_array_equal(found, alone[name])


@pytest.mark.filterwarnings("ignore:invalid value encountered")
@pytest.mark.parametrize("path", BOTH)
def test_an_infinite_return_and_an_event_without_any_are_in_no_sum(path: str) -> None:
    rng = np.random.default_rng(14)
    y = rng.normal(0, 0.02, (6, 250))
    y[0], y[1, 7], y[2, 9], y[3, 1:] = np.nan, np.inf, np.nan, np.nan
    designs = known_designs(np.zeros((1, 250)), np.array([0]), np.array([-1]), 250, np.ones((1, 1, 1)))
    with paths.running(path):
        fit = fit_fixed(y.ravel(), np.arange(6) * 250, designs, np.zeros(6, dtype=np.int64), centred=True)
        means = EstimationMeans()
        means.add(Residuals(np.arange(6), fit.residuals, fit.sigma, np.zeros(6, dtype=np.int64)))
    there = y[[2, 4, 5]]
    assert means.count.tolist() == (~np.isnan(there)).sum(axis=0).tolist()
    np.testing.assert_allclose(means.total, np.nansum(there, axis=0), rtol=0, atol=1e-15)


@pytest.mark.parametrize("path", BOTH)
@pytest.mark.parametrize("centred", [True, False])
@pytest.mark.parametrize("level", [0.0, 1e3, 1e6])
def test_dispersion_of_what_is_not_estimated(level: float, path: str, *, centred: bool) -> None:
    rng = np.random.default_rng(7)
    expected = rng.normal(0, 0.01, (1, 250))
    y = level + expected + rng.normal(0, 0.02, (40, 250))
    y[rng.random(y.shape) < 0.01] = np.nan
    y[3], y[4, 1:], y[5] = expected + 0.5, np.nan, expected
    designs = known_designs(expected, np.array([0]), np.array([-1]), 250, np.ones((1, 1, 1)))
    with paths.running(path):
        fit = fit_fixed(y.ravel(), np.arange(40) * 250, designs, np.zeros(40, dtype=np.int64), centred=centred)
    # One event does not vary, one has one return, and one is what was expected.
    assert (fit.sigma[3], fit.sigma[5]) == (0.0, 0.0)
    assert np.isnan(fit.sigma[4])
    for event in {*range(40)} - {3, 4, 5}:
        left = (y[event] - expected[0])[~np.isnan(y[event])].astype(np.longdouble)
        about = left - left.mean() if centred else left
        np.testing.assert_allclose(fit.sigma[event] ** 2, float((about @ about) / (len(left) - centred)), rtol=1e-12)
        assert (fit.n_obs[event], fit.dof[event]) == (len(left), len(left) - centred)


def test_what_is_summed_of_residuals_to_be_made_is_that_of_rows() -> None:
    fit, rows = Gapped(5, 2, constant=True, excess=False).fit(paths.COMPILED)
    assert isinstance(fit.residuals, Remade)
    # Events of a date have one day 0.
    day0, places = np.random.default_rng(0).integers(0, 9, DATES)[fit.residuals.date], np.arange(len(rows))
    made, given = DaySeries.empty(0, 8, SESSIONS), DaySeries.empty(0, 8, SESSIONS)
    made.add_remade(day0, fit.residuals)
    given.add(Summed.of(day0, filled(rows)))
    np.testing.assert_allclose(made.total, given.total, rtol=0, atol=1e-12)
    assert made.lacking is not None
    assert given.lacking is not None
    np.testing.assert_array_equal(made.lacking, given.lacking)
    np.testing.assert_array_equal(made.count, given.count)
    means, expected = EstimationMeans(), EstimationMeans()
    means.add(Residuals(places, fit.residuals, fit.sigma, day0))
    expected.add(Residuals(places, rows, fit.sigma, day0))
    np.testing.assert_allclose(means.total, expected.total, rtol=0, atol=1e-15)
    np.testing.assert_array_equal(means.count, expected.count)


def test_events_without_an_estimate_after_all_are_in_no_sum() -> None:
    fit, rows = Gapped(6, 2, constant=True, excess=False).fit(paths.COMPILED)
    gone, places = np.array([0, 7, 30]), np.arange(len(rows))
    left = fit.without(gone)
    rows[gone] = np.nan
    assert isinstance(left.residuals, Remade)
    np.testing.assert_array_equal(left.residuals.rows(), rows)
    assert np.flatnonzero(left.residuals.n_obs == 0).tolist() == gone.tolist()
    means, expected = EstimationMeans(), EstimationMeans()
    means.add(Residuals(places, left.residuals, left.sigma, places))
    expected.add(Residuals(places, rows, left.sigma, places))
    np.testing.assert_allclose(means.total, expected.total, rtol=0, atol=1e-15)
    np.testing.assert_array_equal(means.count, expected.count)
