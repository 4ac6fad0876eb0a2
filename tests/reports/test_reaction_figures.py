from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.patches import Rectangle

from eventstudy.errors import InputError
from eventstudy.reports.figures import ladder
from eventstudy.reports.reaction_figures import history_strip, intraday, waterfall
from eventstudy.reports.style import PALETTE
from tests.reports.test_figures import overlaps

ZONE = "America/New_York"
LEGS = {
    "after_hours_before": 0.0,
    "after_hours_after": -0.05,
    "premarket": 0.02,
    "open_gap": 0.01,
    "session": -0.03,
    "d1": 0.08,
}


def moment(text: str) -> np.datetime64:
    return np.datetime64(text, "s")


@pytest.fixture
def reactions() -> pd.DataFrame:
    rows = [
        {
            "event_id": "X-2026-01-28",
            "leg": leg,
            "kind": kind,
            "raw": np.expm1(log),
            "raw_log": log,
            "base_price": 50.0,
            "price_source": "measured",
            "reference": "ordinary_days",
            "reason": "no_print" if leg.endswith("before") else "",
        }
        for kind in ("rung", "leg")
        for leg, log in LEGS.items()
    ]
    return pd.DataFrame(rows)


@pytest.fixture
def path() -> pd.DataFrame:
    day = [moment("2026-01-29T14:35:00") + np.timedelta64(300 * place, "s") for place in range(78)]
    evening = [moment("2026-01-28T21:05:00"), moment("2026-01-28T22:00:00")]
    morning = [moment("2026-01-29T13:20:00"), moment("2026-01-29T14:25:00")]
    rng = np.random.default_rng(1)
    steps = np.cumsum(rng.normal(0, 0.002, 82))
    return pd.DataFrame(
        {
            "time": [*evening, *morning, *day],
            "segment": ["after_hours"] * 2 + ["premarket"] * 2 + ["session"] * 78,
            "move": -0.05 + steps,
            "benchmark": [np.nan, 0.001, 0.002, 0.002, *(0.002 + np.cumsum(rng.normal(0, 0.0005, 78)))],
        }
    )


EDGES = {
    "close_before": moment("2026-01-28T21:00:00"),
    "open": moment("2026-01-29T14:30:00"),
    "close": moment("2026-01-29T21:00:00"),
}


def test_each_bar_of_the_waterfall_begins_where_the_last_ended(reactions: pd.DataFrame) -> None:
    figure = waterfall(reactions, "X-2026-01-28")
    bars = [patch for patch in figure.axes[0].patches if isinstance(patch, Rectangle)]
    ends = np.expm1(np.cumsum(list(LEGS.values())))
    # The leg without a print is a mark, not a bar.
    assert [bar.get_x() for bar in bars] == pytest.approx([0.0, *ends[1:-1]], abs=1e-12)
    assert [bar.get_x() + bar.get_width() for bar in bars] == pytest.approx(list(ends[1:]), abs=1e-12)
    told = [text.get_text() for text in figure.axes[0].texts]
    assert told == ["no print", "-4.88%", "+2.02%", "+1.01%", "-2.96%", "+8.33%"]
    assert overlaps(figure) == []


def test_a_rung_that_nobody_printed_is_open_and_says_so(reactions: pd.DataFrame) -> None:
    figure = ladder(reactions, "X-2026-01-28")
    assert next(text.get_text() for text in figure.axes[0].texts) == "no print"
    assert overlaps(figure) == []


@pytest.mark.parametrize("news", [None, "2026-01-28T21:04:00", "2026-01-29T12:02:00", "2026-01-29T17:00:00"])
def test_the_path_ends_with_both_moves_and_marks_the_news(path: pd.DataFrame, news: str | None) -> None:
    edges = EDGES if news is None else EDGES | {"news": moment(news)}
    figure = intraday(path, edges, ZONE, "X-2026-01-28", "SPY")
    told = [text.get_text() for text in figure.axes[0].texts]
    assert told[:3] == ["After hours", "Premarket", "Session"]
    last = path.iloc[-1]
    assert f"{100 * last['move']:+.2f}%" in told
    assert f"SPY {100 * last['benchmark']:+.2f}%" in told
    shown = {"2026-01-28T21:04:00": "16:04", "2026-01-29T12:02:00": "07:02", "2026-01-29T17:00:00": "12:00"}
    assert [text for text in told if text.startswith("news")] == ([] if news is None else [f"news {shown[news]}"])
    assert overlaps(figure) == []


def test_a_long_evening_has_an_hour_of_its_own(path: pd.DataFrame) -> None:
    """Four hours after the close take a good part of the picture; five minutes of it take none."""

    def hours(times: list[str]) -> list[str]:
        moments = [moment(each) for each in times]
        evening = path.iloc[: len(times)].assign(time=moments, segment="after_hours")
        figure = intraday(pd.concat([evening, path.iloc[2:]]), EDGES, ZONE, "X")
        return [label.get_text() for label in figure.axes[0].get_xticklabels()]

    assert hours(["2026-01-28T21:05:00", "2026-01-29T00:55:00"]) == ["16:00", "19:55", "09:30", "12:45", "16:00"]
    assert hours(["2026-01-28T21:05:00", "2026-01-28T21:10:00"]) == ["16:00", "09:30", "12:45", "16:00"]


def test_a_price_stands_until_the_next_print_in_extended_hours(path: pd.DataFrame) -> None:
    lines = intraday(path, EDGES, ZONE, "X").axes[0].lines
    line = next(each for each in lines if each.get_color() == PALETTE[0] and each.get_marker() == "None")
    x, y = (np.asarray(each) for each in (line.get_xdata(), line.get_ydata()))
    # Base, then for each sparse print the old price at its minute before its own.
    assert y[:5] == pytest.approx([0.0, 0.0, path["move"][0], path["move"][0], path["move"][1]])
    assert x[1] == x[2] == 5.0
    assert (np.diff(x) >= 0).all()


def test_every_past_reaction_is_a_dot_and_the_last_is_marked() -> None:
    moves = [0.02, -0.05, 0.021, 0.08, -0.1, 0.081]
    figure = history_strip(pd.DataFrame({"day0": ["2025-02-20"] * 6, "move": moves}), "BABA")
    dots, last = (line for line in figure.axes[0].lines if line.get_marker() in ("o", "D"))
    assert list(dots.get_xdata()) == moves[:-1]
    assert list(last.get_xdata()) == [0.081]
    # Two that fall together stand on one another.
    heights = dict(zip(moves[:-1], dots.get_ydata(), strict=True))
    assert heights[0.021] == heights[0.02] + 1
    assert list(last.get_ydata()) == [1.0]
    assert "2025-02-20  +8.10%" in [text.get_text() for text in figure.axes[0].texts]
    assert overlaps(figure) == []


def test_nothing_to_draw(path: pd.DataFrame, reactions: pd.DataFrame) -> None:
    with pytest.raises(InputError, match="no bar to draw"):
        intraday(path.iloc[:0], EDGES, ZONE, "X")
    with pytest.raises(InputError, match="no reaction to draw"):
        history_strip(pd.DataFrame({"day0": [], "move": []}), "X")
    with pytest.raises(InputError, match="No leg of"):
        waterfall(reactions.assign(raw_log=np.nan), "X-2026-01-28")
