"""What every registered model must do, a third party's included."""

from __future__ import annotations

from dataclasses import MISSING, dataclass, fields, replace

import numpy as np
import pytest

from eventstudy.errors import Reason
from eventstudy.returns.models import MODELS, Block, EstimationResult, ExpectedReturnModel

MODEL_NAMES = MODELS.names()
# What a model can't be made without.
NEEDED: dict[str, object] = {"columns": ("mkt_rf", "smb")}
SESSIONS, DAYS = 130, 21


@dataclass(frozen=True)
class MadeUpDonors:
    """Four donors for each event, of which the last lacks a return."""

    estimation: np.ndarray
    event: np.ndarray

    def of(self, event: int) -> tuple[tuple[str, ...], np.ndarray, np.ndarray]:
        return ("D1", "D2", "D3", "HOLED"), self.estimation[event], self.event[event]

    def part(self, events: slice, sessions: slice) -> MadeUpDonors:
        return MadeUpDonors(self.estimation[events, sessions], self.event[events])


def make(name: str) -> ExpectedReturnModel:
    cls = MODELS.get(name)
    lacking = [each.name for each in fields(cls) if each.default is each.default_factory is MISSING]  # type: ignore[arg-type]
    return cls(**{each: NEEDED[each] for each in lacking}).bind("MKT")


def block(model: ExpectedReturnModel, events: int = 5, seed: int = 0) -> Block:
    rng = np.random.default_rng(seed)
    count = len(model.regressors)
    before, after = model.margin
    x = rng.normal(0.0005, 0.01, (events, before + SESSIONS + after, count))
    x_event = rng.normal(0.0005, 0.01, (events, before + DAYS + after, count))
    own, own_event = x[:, before : before + SESSIONS], x_event[:, before : before + DAYS]
    donors = MadeUpDonors(rng.normal(0, 0.02, (events, SESSIONS, 4)), rng.normal(0, 0.02, (events, DAYS, 4)))
    donors.estimation[:, 60, 3] = np.nan
    risk_free, risk_free_event = rng.uniform(0, 2e-4, (events, SESSIONS)), rng.uniform(0, 2e-4, (events, DAYS))
    y = 0.001 + own.sum(axis=2) + rng.normal(0, 0.02, (events, SESSIONS)) + donors.estimation[..., :2].sum(axis=2) / 2
    return Block(
        y=y,
        x=x,
        y_event=own_event.sum(axis=2) + rng.normal(0, 0.02, (events, DAYS)),
        x_event=x_event,
        risk_free=risk_free if model.excess else None,
        risk_free_event=risk_free_event if model.excess else None,
        factor=(True,) * count if model.excess else (),
        donors=donors if model.donor_symbols is not None else None,
    )


def part(whole: Block, events: slice, first: int = 0) -> Block:
    """Return some events of a block, from a session of the estimation window on."""
    donors = whole.donors.part(events, slice(first, None)) if isinstance(whole.donors, MadeUpDonors) else None
    riskless = None if whole.risk_free is None else whole.risk_free[events, first:]
    riskless_event = None if whole.risk_free_event is None else whole.risk_free_event[events]
    return replace(
        whole,
        y=whole.y[events, first:],
        x=whole.x[events, first:],
        y_event=whole.y_event[events],
        x_event=whole.x_event[events],
        risk_free=riskless,
        risk_free_event=riskless_event,
        donors=donors,
    )


def usable(model: ExpectedReturnModel, sessions: int = SESSIONS) -> int:
    """Return how many sessions of a complete window the model says that it can use."""
    return sessions - sum(model.edges)


def own_sessions(model: ExpectedReturnModel, x: np.ndarray, length: int) -> np.ndarray:
    return x[:, model.margin[0] : model.margin[0] + length]


def covariance(result: EstimationResult, event: int) -> np.ndarray:
    spread = result.spread[event]
    return np.diag(result.noise[event]) + spread @ spread.T


@pytest.mark.parametrize("name", MODEL_NAMES)
def test_says_who_it_is(name: str) -> None:
    model = make(name)
    assert model.kind == name
    assert model.source
    assert model.label("MKT").split(":")[0] == name
    assert hash(model) == hash(make(name))
    assert len(set(model.parameters)) == len(model.parameters)
    assert not model.looks_ahead


@pytest.mark.parametrize("name", MODEL_NAMES)
def test_shapes_and_finite_numbers_on_complete_data(name: str) -> None:
    model = make(name)
    result = model.fit(block(model))
    assert result.parameters.shape == (5, len(model.parameters))
    assert result.expected.shape == result.noise.shape == (5, DAYS)
    assert result.spread.shape[:2] == (5, DAYS)
    assert result.residuals.shape == (5, SESSIONS)
    for array in (result.parameters, result.expected, result.noise, result.spread, result.sigma):
        assert np.isfinite(array).all()
    assert (result.reason == Reason.OK).all()
    assert (result.noise > 0).all()
    np.testing.assert_array_equal(result.n_obs, usable(model))
    np.testing.assert_array_equal((~np.isnan(result.residuals)).sum(axis=1), usable(model))
    assert (result.dof > 0).all()
    assert (result.dof <= result.n_obs).all()


@pytest.mark.parametrize("name", MODEL_NAMES)
def test_sigma_is_the_dispersion_of_the_residuals(name: str) -> None:
    """Whatever the estimator: all residuals, over the degrees of freedom that the model states."""
    model = make(name)
    result = model.fit(block(model))
    centre = np.nanmean(result.residuals, axis=1) if not model.parameters else np.zeros(5)
    squares = np.nansum((result.residuals - centre[:, None]) ** 2, axis=1)
    np.testing.assert_allclose(result.sigma, np.sqrt(squares / result.dof), rtol=1e-10)


@pytest.mark.parametrize("name", [n for n in MODEL_NAMES if make(n).zero_mean and "alpha" in make(n).parameters])
def test_a_model_says_when_its_residuals_have_another_mean_than_zero(name: str) -> None:
    model = make(name)
    result = model.fit(block(model))
    np.testing.assert_allclose(np.nanmean(result.residuals, axis=1), 0.0, atol=1e-15)


@pytest.mark.parametrize("name", MODEL_NAMES)
def test_event_window_does_not_touch_the_estimate(name: str) -> None:
    model = make(name)
    before = block(model)
    first, second = model.fit(before), model.fit(replace(before, y_event=before.y_event + 1.0))
    np.testing.assert_array_equal(first.parameters, second.parameters)
    np.testing.assert_array_equal(first.sigma, second.sigma)
    np.testing.assert_array_equal(first.expected, second.expected)
    np.testing.assert_array_equal(first.noise, second.noise)


@pytest.mark.parametrize("name", MODEL_NAMES)
def test_missing_returns_are_left_out_not_filled(name: str) -> None:
    model = make(name)
    whole = block(model)
    y, x = whole.y.copy(), whole.x.copy()
    y[:, :30] = np.nan
    if model.edges != (0, 0):
        # The market of a session without a return still stands beside the session after it.
        x[:, : 30 + model.margin[0]] = np.nan
    holed = model.fit(replace(whole, y=y, x=x))
    short = model.fit(part(whole, slice(None), first=30))
    np.testing.assert_allclose(holed.parameters, short.parameters, rtol=1e-9)
    np.testing.assert_allclose(holed.sigma, short.sigma, rtol=1e-10)
    np.testing.assert_array_equal(holed.n_obs, usable(model, 100))
    assert np.isnan(holed.residuals[:, :30]).all()


@pytest.mark.parametrize("name", MODEL_NAMES)
def test_what_can_not_be_estimated_has_a_reason(name: str) -> None:
    model = make(name)
    whole = block(model)
    y = whole.y.copy()
    y[0] = np.nan  # nothing
    y[1, 1:] = np.nan  # a single observation
    y[2] = own_sessions(model, whole.x, SESSIONS)[2].sum(axis=1)  # a perfect fit, or a constant
    if whole.risk_free is not None:
        y[2] += whole.risk_free[2]
    result = model.fit(replace(whole, y=y))
    assert [str(reason) for reason in result.reason] == [
        "too_few_estimation_days",
        "too_few_estimation_days",
        "degenerate_estimation",
        "ok",
        "ok",
    ]
    assert all(result.detail[:3])
    assert np.isnan(result.expected[:3]).all()
    assert np.isnan(result.sigma[:3]).all()
    assert np.isnan(result.parameters[:3]).all()


@pytest.mark.parametrize("name", [name for name in MODEL_NAMES if make(name).regressors and make(name).parameters])
def test_a_regressor_that_does_not_vary_is_named(name: str) -> None:
    model = make(name)
    whole = block(model)
    x = whole.x.copy()
    x[1, :, -1] = 0.01
    result = model.fit(replace(whole, x=x))
    assert result.reason[1] == Reason.DEGENERATE_ESTIMATION
    assert str(model.regressors[-1]) in result.detail[1]
    assert [str(each) for each in np.delete(result.reason, 1)] == ["ok"] * 4


@pytest.mark.parametrize("name", MODEL_NAMES)
def test_an_event_does_not_depend_on_its_neighbours(name: str) -> None:
    model = make(name)
    whole = block(model)
    together = model.fit(whole)
    alone = model.fit(part(whole, slice(3, 4)))
    for field in ("expected", "sigma", "parameters", "noise", "spread", "residuals"):
        assert getattr(alone, field).tobytes() == getattr(together, field)[3:4].tobytes()


@pytest.mark.parametrize("name", MODEL_NAMES)
def test_the_covariance_is_one(name: str) -> None:
    model = make(name)
    result = model.fit(block(model))
    for event in range(5):
        matrix = covariance(result, event)
        assert np.linalg.eigvalsh(matrix).min() > 0
        assert (np.diag(matrix) >= result.noise[event]).all()


@pytest.mark.parametrize("name", MODEL_NAMES)
def test_a_missing_regressor_in_the_event_window_is_a_missing_day(name: str) -> None:
    model = make(name)
    whole = block(model)
    x_event, days = whole.x_event.copy(), np.zeros(DAYS, dtype=bool)
    if model.regressors:
        x_event[:, 4 + model.margin[0]] = np.nan
        days = np.arange(DAYS) == 4
    result = model.fit(replace(whole, x_event=x_event))
    np.testing.assert_array_equal(np.isnan(result.expected[0]), days)


@pytest.mark.parametrize("name", MODEL_NAMES)
def test_no_event_at_all(name: str) -> None:
    model = make(name)
    result = model.fit(part(block(model), slice(0, 0)))
    assert result.expected.shape == (0, DAYS)
    assert result.parameters.shape == (0, len(model.parameters))


@pytest.mark.parametrize("name", [name for name in MODEL_NAMES if make(name).takes_spans])
def test_a_model_that_takes_spans_scales_with_them(name: str) -> None:
    """Every return over two sessions: the variance of a session is half of that of the pair."""
    model = make(name)
    whole = block(model)
    twice = replace(whole, span=np.full(whole.y.shape, 2.0), span_event=np.full(whole.y_event.shape, 2.0))
    plain, spanned = model.fit(whole), model.fit(twice)
    np.testing.assert_allclose(spanned.sigma, plain.sigma / np.sqrt(2), rtol=1e-10)
    np.testing.assert_allclose(spanned.noise, plain.noise, rtol=1e-10)
    np.testing.assert_allclose(covariance(spanned, 2), covariance(plain, 2), rtol=1e-9)
