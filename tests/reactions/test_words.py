from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from eventstudy.errors import Reason
from eventstudy.reactions import Reaction

NAN = np.nan


def told(reaction: Reaction, **raw: float) -> Reaction:
    """Return the reaction with other simple returns at its rungs, and no name of the company."""
    moves = [replace(m, raw=raw.get(m.leg, m.raw)) if m.kind == "rung" else m for m in reaction.moves]
    return replace(reaction, moves=tuple(moves), company="")


def test_february_in_words(february: Reaction) -> None:
    assert february.sentences == (
        (
            "Alibaba (BABA) rose 11.0% before the open of 20 February 2025 (press quote), opened 9.56% up and closed "
            "8.09% up; 74% of the premarket move was left at the close."
        ),
        "The close-to-close move was larger than 99% of 219 ordinary days.",
        "Less beta times the move of SPY (beta 0.70, without alpha) the move to the close was +8.38%.",
        (
            "From the same base of 125.79 it stood 14.28% up one session later, 2.58% up two sessions later and 8.55% "
            "up five sessions later."
        ),
        "It had risen 48.4% from the close of 31 December 2024 to that of 19 February 2025.",
    )
    assert str(february) == " ".join(february.sentences)


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        (
            {"premarket": -0.05, "open": -0.0585, "close": -0.0602},
            (
                "BABA fell 5.0% before the open of 20 February 2025 (press quote), opened 5.85% down and closed 6.02% "
                "down; the close went beyond the premarket move, to 120% of it."
            ),
        ),
        (
            {"premarket": -0.05, "open": 0.0, "close": 0.03},
            (
                "BABA fell 5.0% before the open of 20 February 2025 (press quote), opened unchanged and closed 3.00% "
                "up; the premarket move had turned into its opposite by the close."
            ),
        ),
        (
            {"premarket": 0.05, "open": 0.01, "close": -0.00004},
            (
                "BABA rose 5.0% before the open of 20 February 2025 (press quote), opened 1.00% up and closed "
                "unchanged; nothing of the premarket move was left at the close."
            ),
        ),
        (
            {"premarket": 0.0, "open": 0.01, "close": 0.02},
            (
                "BABA was unchanged before the open of 20 February 2025 (press quote), opened 1.00% up and closed "
                "2.00% up."
            ),
        ),
        (
            {"premarket": NAN, "open": 0.04, "close": 0.03},
            "BABA opened 4.00% up and closed 3.00% up on 20 February 2025; 75% of the gap was left at the close.",
        ),
        (
            {"premarket": NAN, "open": 0.004, "close": -0.03},
            "BABA opened 0.40% up and closed 3.00% down on 20 February 2025.",
        ),
        ({"premarket": NAN, "open": NAN, "close": 0.03}, "BABA closed 3.00% up on 20 February 2025."),
        (
            {"premarket": NAN, "open": 0.03, "close": NAN},
            "BABA opened 3.00% up on 20 February 2025; its close is not known.",
        ),
        (
            {"premarket": 0.11, "open": NAN, "close": NAN},
            "BABA rose 11.0% before the open of 20 February 2025 (press quote); its close is not known.",
        ),
    ],
)
def test_the_day(february: Reaction, raw: dict[str, float], sentence: str) -> None:
    assert told(february, **raw).sentences[0] == sentence


def test_nothing_known(february: Reaction) -> None:
    moves = tuple(
        replace(move, raw=NAN, abnormal=NAN, percentile=NAN, reasons=(Reason.NO_PRICE,)) for move in february.moves
    )
    empty = replace(february, moves=moves, run_up=NAN)
    assert empty.sentences == ("The move of Alibaba (BABA) on 20 February 2025 is not known: no price.",)
    assert "The run-up since 2024-12-31 is not known: the prices do not reach back, or lack a session." in empty.notes


@pytest.mark.parametrize(
    ("n", "percentile", "sentence"),
    [
        (232, 232 / 233, "The close-to-close move was larger than on all 232 ordinary days before it."),
        (232, 231 / 233, "The close-to-close move was larger than 99% of 232 ordinary days."),
        (99, 0.29, "The close-to-close move was larger than 29% of 99 ordinary days."),
        (50, 0.0, "The close-to-close move was larger than 0% of 50 ordinary days."),
        (12, NAN, "There are 12 ordinary days before it to compare with, fewer than the 20 needed."),
    ],
)
def test_standing(february: Reaction, n: int, percentile: float, sentence: str) -> None:
    moves = [replace(m, n=n, percentile=percentile) if m.leg == "close" else m for m in february.moves]
    assert replace(february, moves=tuple(moves)).sentences[1] == sentence


def test_run_up_down_flat_and_none(february: Reaction) -> None:
    assert replace(february, run_up=-0.1).sentences[-1].startswith("It had fallen 10.0% from the close of 31 December")
    assert replace(february, run_up=0.0).sentences[-1].startswith("It had been unchanged from the close of 31 December")
    assert "It had" not in str(replace(february, run_up_since=february.base_date, run_up=0.0))
    assert "It had" not in str(replace(february, run_up=NAN))


def test_afterwards_stops_where_the_prices_stop(february: Reaction) -> None:
    one = told(february, d2=NAN, d3=NAN, d4=NAN, d5=NAN).sentences[3]
    assert one == "From the same base of 125.79 it stood 14.28% up one session later."
    none = told(february, d1=NAN, d2=NAN, d3=NAN, d4=NAN, d5=NAN).sentences
    assert not any("same base" in sentence for sentence in none)
