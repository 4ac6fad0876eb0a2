"""What every registered model must do, a third party's included."""

from __future__ import annotations

import numpy as np
import pytest

from eventstudy.errors import Reason
from eventstudy.returns.models import MODELS, Block, ExpectedReturnModel

MODEL_NAMES = MODELS.names()


def make(name: str) -> ExpectedReturnModel:
    return MODELS.get(name)().bind("MKT")


def block(model: ExpectedReturnModel, events: int = 5, seed: int = 0) -> Block:
    rng = np.random.default_rng(seed)
    count = len(model.regressors)
    x = rng.normal(0.0005, 0.01, (events, 130, count))
    x_event = rng.normal(0.0005, 0.01, (events, 21, count))
    y = 0.001 + x.sum(axis=2) + rng.normal(0, 0.02, (events, 130))
    return Block(y, x, x_event.sum(axis=2) + rng.normal(0, 0.02, (events, 21)), x_event)


@pytest.mark.parametrize("name", MODEL_NAMES)
def test_says_who_it_is(name: str) -> None:
    model = make(name)
    assert model.kind == name
    assert model.source
    assert model.label("MKT") == name
    assert hash(model) == hash(make(name))


@pytest.mark.parametrize("name", MODEL_NAMES)
def test_shapes_and_finite_numbers_on_complete_data(name: str) -> None:
    model = make(name)
    result = model.fit(block(model))
    assert result.parameters.shape == (5, len(model.parameters))
    assert result.expected.shape == result.noise.shape == (5, 21)
    assert result.spread.shape[:2] == (5, 21)
    assert result.residuals.shape == (5, 130)
    for array in (result.parameters, result.expected, result.noise, result.spread, result.sigma):
        assert np.isfinite(array).all()
    assert (result.reason == Reason.OK).all()
    assert (result.noise > 0).all()
    np.testing.assert_array_equal(result.n_obs, 130)


@pytest.mark.parametrize("name", MODEL_NAMES)
def test_event_window_does_not_touch_the_estimate(name: str) -> None:
    model = make(name)
    before = block(model)
    after = Block(before.y, before.x, before.y_event + 1.0, before.x_event)
    first, second = model.fit(before), model.fit(after)
    np.testing.assert_array_equal(first.parameters, second.parameters)
    np.testing.assert_array_equal(first.sigma, second.sigma)
    np.testing.assert_array_equal(first.expected, second.expected)


@pytest.mark.parametrize("name", MODEL_NAMES)
def test_missing_returns_are_left_out_not_filled(name: str) -> None:
    model = make(name)
    whole = block(model)
    y, x = whole.y.copy(), whole.x.copy()
    y[:, :30] = np.nan
    holed = model.fit(Block(y, x, whole.y_event, whole.x_event))
    short = model.fit(Block(whole.y[:, 30:], whole.x[:, 30:], whole.y_event, whole.x_event))
    np.testing.assert_allclose(holed.parameters, short.parameters, rtol=1e-9)
    np.testing.assert_allclose(holed.sigma, short.sigma, rtol=1e-10)
    np.testing.assert_array_equal(holed.n_obs, 100)
    assert np.isnan(holed.residuals[:, :30]).all()


@pytest.mark.parametrize("name", MODEL_NAMES)
def test_what_can_not_be_estimated_has_a_reason(name: str) -> None:
    model = make(name)
    whole = block(model)
    y = whole.y.copy()
    y[0] = np.nan  # nothing
    y[1, 1:] = np.nan  # a single observation
    y[2] = whole.x[2].sum(axis=1)  # a perfect fit, or a constant
    result = model.fit(Block(y, whole.x, whole.y_event, whole.x_event))
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


@pytest.mark.parametrize("name", MODEL_NAMES)
def test_an_event_does_not_depend_on_its_neighbours(name: str) -> None:
    model = make(name)
    whole = block(model)
    together = model.fit(whole)
    alone = model.fit(Block(whole.y[3:4], whole.x[3:4], whole.y_event[3:4], whole.x_event[3:4]))
    assert alone.expected.tobytes() == together.expected[3:4].tobytes()
    assert alone.sigma.tobytes() == together.sigma[3:4].tobytes()


@pytest.mark.parametrize("name", MODEL_NAMES)
def test_a_missing_regressor_in_the_event_window_is_a_missing_day(name: str) -> None:
    model = make(name)
    whole = block(model)
    if not model.regressors:
        x_event = whole.x_event
        days = np.zeros(21, dtype=bool)
    else:
        x_event = whole.x_event.copy()
        x_event[:, 4] = np.nan
        days = np.arange(21) == 4
    result = model.fit(Block(whole.y, whole.x, whole.y_event, x_event))
    np.testing.assert_array_equal(np.isnan(result.expected[0]), days)
