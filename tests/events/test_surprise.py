"""Surprises by hand: (actual - estimate) / |estimate|."""

import numpy as np
import pytest

from eventstudy.datasets import load_alibaba
from eventstudy.errors import InputError, UnknownNameError
from eventstudy.events import Surprise, with_surprise
from eventstudy.events.surprise import relative_surprise, surprise_sign


def test_the_founding_surprise() -> None:
    rule = Surprise(actual="net_income_actual", estimate="net_income_estimate")
    events = with_surprise(load_alibaba().events, rule)
    at = events.position("BABA-2024Q4")
    assert events.values["surprise"][at] == pytest.approx(8.35 / 40.6, rel=1e-12)
    assert events.values["surprise"][at].round(4) == 0.2057
    assert events.groups["surprise_sign"].tolist() == ["unknown", "miss", "unknown", "beat", "unknown", "unknown"]


def test_signs_and_scales() -> None:
    actual = np.array([1.1, -0.5, 0.0, 1.0, np.nan])
    estimate = np.array([1.0, -1.0, 0.0, np.nan, 1.0])
    np.testing.assert_allclose(relative_surprise(actual, estimate), [0.1, 0.5, np.nan, np.nan, np.nan], rtol=1e-12)


def test_a_tolerance_widens_in_line() -> None:
    surprise = np.array([0.02, 0.01, 0.0, -0.01, -0.02, np.nan])
    exact = ["beat", "beat", "inline", "miss", "miss", "unknown"]
    assert surprise_sign(surprise).tolist() == exact
    wide = ["beat", "inline", "inline", "inline", "miss", "unknown"]
    assert surprise_sign(surprise, 0.01).tolist() == wide


def test_wrong_words_and_numbers() -> None:
    with pytest.raises(UnknownNameError, match=r"named 'eps_actul'. Did you mean 'eps_actual'?"):
        with_surprise(load_alibaba().events, Surprise(actual="eps_actul", estimate="eps_estimate"))
    for tolerance in (-0.1, float("nan")):
        with pytest.raises(InputError, match=r"tolerance is .*; it can't be negative"):
            Surprise(actual="a", estimate="b", tolerance=tolerance)
