"""Expressions: what they may say, what they mean, and that nothing else gets through."""

from __future__ import annotations

import numpy as np
import pytest

from eventstudy._typing import Floats, Labels
from eventstudy.backtest.expression import Expression
from eventstudy.errors import InputError


class Fixed:
    """A scope of three events."""

    def value(self, name: str) -> Floats | Labels:
        return {
            "surprise": np.array([0.1, -0.2, np.nan]),
            "growth": np.array([1.0, 2.0, 3.0]),
            "tag": np.array(["beat", "miss", "beat"], dtype=object),
        }[name]

    def quantile(self, values: Floats, names: frozenset[str], count: int, breakpoints: str) -> Floats:
        assert names == {"surprise"}
        assert len(values) == 3
        return np.array([float(count), 1.0, {"previous_quarter": 0.0, "expanding": 9.0}[breakpoints]])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sign(surprise)", [1, -1, np.nan]),
        ("surprise > 0.05", [1, 0, 0]),
        ("-0.3 < surprise <= 0.1", [1, 1, 0]),
        ("not surprise > 0.05", [0, 1, 1]),
        ("growth * 2 - 1", [1, 3, 5]),
        ("-growth / 2", [-0.5, -1, -1.5]),
        ("max(growth, 2) + min(growth, 2)", [3, 4, 5]),
        ("tag == 'beat'", [1, 0, 1]),
        ("(tag == 'beat') - (tag == 'miss')", [1, -1, 1]),
        ("1 if tag == 'beat' and growth > 1 else -1", [-1, -1, 1]),
        ("surprise > 0 or growth > 2", [1, 0, 1]),
        ("isnan(surprise)", [0, 0, 1]),
        ("quantile(surprise, 5) == 5", [1, 0, 0]),
        ("expanding_quantile(surprise, 5)", [5, 1, 9]),
        ("log(surprise)", [np.log(0.1), np.nan, np.nan]),
        ("1", 1),
        ("growth / 0", [np.inf, np.inf, np.inf]),
    ],
)
def test_means(text: str, expected: list[float]) -> None:
    np.testing.assert_array_equal(Expression(text).evaluate(Fixed()), expected)


@pytest.mark.parametrize(
    "text",
    [
        "surprise.__class__",
        "().__class__.__bases__",
        "[x for x in (1, 2)]",
        "lambda: 0",
        "surprise[0]",
        "f'{surprise}'",
        "2 ** 10000",
        "surprise if (y := 1) else 0",
        "{1: 2}",
        "surprise @ growth",
        "~growth",
        "growth in (1, 2)",
        "growth is 1",
        "None",
        "b'x'",
        "sign(*growth)",
        "sign(x=growth)",
        "(sign)(growth)(1)",
    ],
)
def test_nothing_else_gets_through(text: str) -> None:
    with pytest.raises(InputError):
        Expression(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("exec('x')", "There is no function .* named 'exec'"),
        ("__import__('os')", "named '__import__'"),
        ("sing(surprise)", "Did you mean 'sign'"),
        ("sign(surprise, 2)", "sign takes 1 values, not 2"),
        ("quantile(surprise, growth)", "whole number of classes"),
        ("quantile(surprise, 1)", "2 or more"),
        ("quantile(surprise, 2.5)", "whole number"),
        ("surprise +", "can't be read"),
        ("", "can't be read"),
        ("1 + " * 400 + "1", "letters"),
        ("-" * 100 + "1", "nested too deeply"),
    ],
)
def test_says_what_is_wrong(text: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        Expression(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("tag + 1", "counts with a word"),
        ("tag", "counts with a word"),
        ("'beat'", "counts with a word"),
        ("tag < 'm'", "orders words"),
    ],
)
def test_words_are_no_numbers(text: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        Expression(text).evaluate(Fixed())


def test_a_word_is_never_read_as_a_name() -> None:
    assert Expression("tag == 'surprise'").names == {"tag"}
    assert Expression("sign(surprise)").names == {"surprise"}
