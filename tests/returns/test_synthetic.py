"""Counterfactuals: weights against general solvers, donors that may not be."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from eventstudy.errors import InputError, Reason
from eventstudy.events import place
from eventstudy.panels import PricePanel
from eventstudy.returns import (
    Regressors,
    Windows,
    align,
    event_sessions,
    measure,
    measure_abnormal_returns,
    on_price_venue,
)
from eventstudy.returns.models import Block, ElasticNetModel, SyntheticControlModel
from eventstudy.returns.weights import elastic_net, simplex_weights
from tests.made_up import FIRST, SESSIONS, made_up_events, made_up_returns


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), donors=st.integers(1, 40), ridge=st.sampled_from([0.0, 0.01]))
def test_weights_on_the_simplex_meet_the_conditions_of_an_optimum(seed: int, donors: int, ridge: float) -> None:
    """Karush, Kuhn and Tucker: the gradient is the same for all donors with a weight, and no smaller for the rest."""
    rng = np.random.default_rng(seed)
    market = rng.normal(0, 0.01, 60)
    x = rng.uniform(0.5, 1.5, donors) * market[:, None] + rng.normal(0, 0.01, (60, donors))
    y = market + rng.normal(0, 0.01, 60)
    w = simplex_weights(y, x, ridge=ridge)
    assert w.sum() == pytest.approx(1.0, abs=1e-12)
    assert (w >= 0).all()
    gradient = x.T @ (x @ w - y) + ridge * w
    level = gradient[w > 0]
    scale = np.abs(x.T @ x).max()
    assert np.ptp(level) <= 1e-9 * scale
    assert (gradient >= level.min() - 1e-9 * scale).all()


def test_weights_on_the_simplex_are_those_of_a_general_solver() -> None:
    rng = np.random.default_rng(2)
    x = rng.normal(0, 0.02, (100, 6))
    y = x @ [0.5, 0.3, 0.2, 0, 0, 0] + rng.normal(0, 0.005, 100)
    solved = minimize(
        lambda w: 1e4 * ((y - x @ w) ** 2).sum(),
        np.full(6, 1 / 6),
        method="SLSQP",
        bounds=[(0, 1)] * 6,
        constraints={"type": "eq", "fun": lambda w: w.sum() - 1},
        options={"ftol": 1e-14, "maxiter": 1000},
    )
    np.testing.assert_allclose(simplex_weights(y, x), solved.x, atol=1e-5)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), share=st.sampled_from([0.05, 0.3]), l1_ratio=st.sampled_from([0.3, 1.0]))
def test_elastic_net_is_that_of_statsmodels(seed: int, share: float, l1_ratio: float) -> None:
    rng = np.random.default_rng(seed)
    x, y = rng.normal(0, 1.0, (80, 8)), rng.normal(0, 1.0, 80)
    y = y + x[:, 0]
    alpha, weights = elastic_net(y, x, share=share, l1_ratio=l1_ratio)
    scaled = (x - x.mean(axis=0)) / x.std(axis=0)
    target = y - y.mean()
    penalty = share * np.abs(scaled.T @ target / 80).max() / l1_ratio
    fit = sm.OLS(target, scaled).fit_regularized(
        method="elastic_net", alpha=penalty, L1_wt=l1_ratio, cnvrg_tol=1e-14, maxiter=10_000, zero_tol=0.0
    )
    np.testing.assert_allclose(weights, fit.params / x.std(axis=0), atol=1e-9)
    assert alpha == pytest.approx(y.mean() - x.mean(axis=0) @ weights, abs=1e-14)


class Donors:
    def __init__(self, estimation: np.ndarray, event: np.ndarray) -> None:
        self.returns = estimation, event

    def of(self, event: int) -> tuple[tuple[str, ...], np.ndarray, np.ndarray]:  # noqa: ARG002
        return tuple(f"D{j}" for j in range(self.returns[0].shape[1])), *self.returns


def donor_block(seed: int, noise: float = 0.01) -> Block:
    rng = np.random.default_rng(seed)
    x, x_event = rng.normal(0, 0.02, (100, 5)), rng.normal(0, 0.02, (6, 5))
    y = x @ [0.6, 0.4, 0, 0, 0] + rng.normal(0, noise, 100)
    return Block(y[None], np.empty((1, 100, 0)), np.zeros((1, 6)), np.empty((1, 6, 0)), donors=Donors(x, x_event))


def test_synthetic_control_says_whom_it_is_made_of() -> None:
    block = donor_block(1)
    result = SyntheticControlModel().fit(block)
    names, x, x_event = block.donors.of(0)  # type: ignore[union-attr]
    w = simplex_weights(block.y[0], x)
    order = [f"{names[j]} {w[j]:.4f}" for j in np.argsort(-w) if w[j] > 0]
    assert result.detail[0] == ", ".join(order)
    assert result.detail[0].startswith("D0 0.")
    np.testing.assert_allclose(result.expected[0], x_event @ w, rtol=1e-12)
    residuals = block.y[0] - x @ w
    p = int((w > 0).sum())
    assert result.parameters[0].tolist() == pytest.approx([0.0, p, np.sqrt((residuals**2).mean())])
    assert result.dof[0] == 100 - p + 1
    assert result.sigma[0] == pytest.approx(np.sqrt((residuals**2).sum() / (100 - p + 1)), rel=1e-12)


def test_an_intercept_takes_up_the_mean() -> None:
    block = donor_block(1)
    shifted = Block(block.y + 0.005, block.x, block.y_event, block.x_event, donors=block.donors)
    result = SyntheticControlModel(intercept=True).fit(shifted)
    assert np.nanmean(result.residuals) == pytest.approx(0.0, abs=1e-16)
    assert result.parameters[0, 0] == pytest.approx(0.005, abs=0.003)
    spread_out = SyntheticControlModel(ridge=10.0).fit(block)
    assert spread_out.parameters[0, 1] == 5


def test_a_firm_that_is_its_donors_has_no_variance() -> None:
    result = SyntheticControlModel().fit(donor_block(1, noise=0.0))
    assert result.reason.tolist() == [Reason.DEGENERATE_ESTIMATION]
    assert result.detail.tolist() == ["the residuals are all zero"]


def test_without_a_complete_donor_there_is_a_reason() -> None:
    block = donor_block(1)
    block.donors.returns[0][50] = np.nan  # type: ignore[union-attr]
    result = SyntheticControlModel().fit(block)
    assert result.reason.tolist() == [Reason.NO_DONORS]
    assert result.detail.tolist() == ["of 5 donors none is complete in both windows"]


def test_donors_have_no_event_of_their_own_nearby() -> None:
    frame = made_up_returns(seed=5, symbols=6, sessions=300)
    frame.loc[(frame["symbol"] == "S05") & (frame["date"] == SESSIONS[FIRST + 150]), "return"] = np.nan
    prices = PricePanel.from_frame(frame)
    panel = measure(prices)
    events = on_price_venue(made_up_events(["S00", "S01"], [200]), prices.listing)
    placed = place(events)
    windows = Windows(estimation=(-100, -11), event=(-5, 5), min_obs=60)
    aligned = align(events, placed, panel, windows)
    happened = event_sessions(panel.listing.codes(events.symbol), placed.day0)
    regressors = Regressors(panel, code=aligned.code, happened=happened)
    abnormal, _ = measure_abnormal_returns(aligned, panel, SyntheticControlModel(), regressors)
    chosen = [{part.split()[0] for part in text.split(", ")} for text in abnormal.estimates.detail]
    # S00 and S01 report on the same day; S05 lacks a return.
    assert all(names <= {"MKT", "S02", "S03", "S04"} for names in chosen)
    named, _ = measure_abnormal_returns(aligned, panel, SyntheticControlModel(("S02", "S03")), regressors)
    wide = frame.pivot_table(index="date", columns="symbol", values="return", dropna=False)
    y, x = wide["S00"].to_numpy()[100:190], wide[["S02", "S03"]].to_numpy()[100:190]
    w = simplex_weights(y, x)
    expected = wide[["S02", "S03"]].to_numpy()[195:206] @ w
    np.testing.assert_allclose(named.expected[0], expected, rtol=1e-12)
    assert pd.isna(named.estimates.r_squared).sum() == 0


def test_options_that_can_not_be() -> None:
    with pytest.raises(InputError, match=r"penalty is 0\.0"):
        ElasticNetModel(penalty=0.0)
    with pytest.raises(InputError, match=r"ridge is -1\.0"):
        SyntheticControlModel(ridge=-1.0)
