from __future__ import annotations

import math

import pytest

from eventstudy.errors import InputError
from eventstudy.reactions import Grade, Liquidity, Prints

GOOD = {"count": 9, "age": 3.0, "volume": 9000.0, "notional": 900_000.0, "usual": 1e6, "spread": 0.001}


@pytest.mark.parametrize(
    ("change", "grade"),
    [
        ({}, Grade.A),
        ({"spread": math.nan}, Grade.A),
        ({"usual": math.nan}, Grade.A),
        ({"count": 4}, Grade.B),
        ({"age": 15.0}, Grade.A),
        ({"age": 15.1}, Grade.B),
        ({"volume": 999.0}, Grade.B),
        # 0.05% of 20 million shares are 10,000.
        ({"usual": 2e7}, Grade.B),
        ({"notional": 49_000.0}, Grade.B),
        ({"spread": 0.03}, Grade.B),
        # An unknown volume is one condition that is not met, not two.
        ({"volume": math.nan, "notional": math.nan}, Grade.B),
        ({"volume": math.nan, "notional": math.nan, "count": 1}, Grade.C),
        ({"count": 1, "age": 60.0}, Grade.C),
        ({"count": 0}, Grade.NONE),
    ],
)
def test_grades(change: dict[str, float], grade: Grade) -> None:
    assert Liquidity().grade(Prints(**(GOOD | change))) is grade  # type: ignore[arg-type]


def test_words() -> None:
    assert Prints(count=1, age=25.0).words == "1 bar with a print, the last 25 minutes old, volume unknown"
    assert Prints(count=12, age=0, volume=24798).words == "12 bars with a print, the last 0 minutes old, 24,798 shares"
    assert Prints(count=0).words == "no print"


def test_a_negative_threshold() -> None:
    with pytest.raises(InputError, match="a threshold is negative"):
        Liquidity(notional=-1)
