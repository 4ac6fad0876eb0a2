from __future__ import annotations

import math

import numpy as np
import pytest

from eventstudy.errors import InputError
from eventstudy.reactions import Implied, jump_from_straddle, jump_from_terms
from eventstudy.reactions.implied import implied_of
from tests.reactions.made import event_frame, measured, price_frame


def test_mean_size_and_standard_deviation_of_a_normal_jump() -> None:
    draws = np.abs(np.random.default_rng(1).normal(0, 0.1, 400_000))
    assert Implied(0.1).expected == pytest.approx(draws.mean(), rel=0.005)
    assert Implied.from_expected(Implied(0.07).expected).sigma == pytest.approx(0.07, rel=1e-15)


def test_terms_and_straddle_give_back_the_jump_they_were_made_of() -> None:
    base, jump = 0.30, 0.08
    near, far = (math.sqrt(base**2 + jump**2 / years) for years in (0.02, 0.10))
    assert jump_from_terms(near, 0.02, far, 0.10) == pytest.approx(jump, rel=1e-12)
    straddle = math.sqrt(2 / math.pi) * math.sqrt(base**2 * 0.02 + jump**2)
    assert jump_from_straddle(straddle, 0.02, base) == pytest.approx(jump, rel=1e-12)
    assert math.isnan(jump_from_terms(0.3, 0.02, 0.4, 0.1))
    assert math.isnan(jump_from_straddle(0.01, 0.5, 0.6))
    with pytest.raises(InputError, match="0 < near < far"):
        jump_from_terms(0.3, 0.1, 0.3, 0.1)


@pytest.mark.parametrize(
    ("values", "sigma"),
    [
        ({"implied_move": 0.08}, 0.08 / math.sqrt(2 / math.pi)),
        ({"implied_sigma": 0.1, "implied_move": math.nan}, 0.1),
        ({"straddle": 0.08, "straddle_years": 0.0, "base_volatility": 0.3}, 0.08 * math.sqrt(math.pi / 2)),
        ({"straddle": 0.08, "straddle_years": 0.1}, None),
        ({"implied_near": 0.3, "implied_near_years": 0.02, "implied_far": 0.4, "implied_far_years": 0.1}, None),
        ({}, None),
    ],
)
def test_values_of_an_event(values: dict[str, float], sigma: float | None) -> None:
    found = implied_of(values)
    assert (found is None) == (sigma is None)
    if found is not None and sigma is not None:
        assert found.sigma == pytest.approx(sigma, rel=1e-12)


def test_inside_and_outside_in_words() -> None:
    prices = price_frame(3, 40, actions=False)
    move = prices["close"][30] / prices["close"][29] - 1
    for ratio, word in ((0.5, "outside"), (2.0, "inside")):
        (reaction,) = measured(prices, event_frame(30, implied_move=abs(move) * ratio))
        assert reaction.implied is not None
        assert reaction.implied.inside(move) is (word == "inside")
        said = next(sentence for sentence in reaction.sentences if sentence.startswith("Options had priced"))
        assert f"lay {word}, at {1 / ratio:.2f} times the mean size" in said
    with pytest.raises(InputError, match=r"event 'A': .*more than 0 was expected"):
        measured(prices, event_frame(30, event_id="A", implied_move=0.0))
