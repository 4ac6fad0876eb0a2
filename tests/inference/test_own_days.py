"""A firm counts once a day in a calendar-time portfolio, by the days that its events have of their own."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from eventstudy.events import Events
from eventstudy.inference import CalendarTime
from eventstudy.panels import PricePanel
from eventstudy.returns import Windows
from eventstudy.returns.calendar_days import _held_before
from eventstudy.study import Study
from tests.made_up import FIRST, SESSIONS, made_up_returns

LENGTH = 5


def held_by_a_loop(code: np.ndarray, day0: np.ndarray, inside: np.ndarray) -> np.ndarray:
    taken = np.zeros(inside.shape, dtype=bool)
    for later in range(len(code)):
        for earlier in range(later):
            for day in range(LENGTH):
                at = day + int(day0[later] - day0[earlier])
                taken[later, day] |= code[earlier] == code[later] and at < LENGTH and bool(inside[earlier, at])
    return taken


def test_days_that_earlier_events_of_a_symbol_hold() -> None:
    rng = np.random.default_rng(4)
    for _ in range(50):
        code, day0 = rng.integers(0, 3, 12), rng.integers(0, 15, 12)
        order = np.lexsort((day0, code))
        inside = rng.random((12, LENGTH)) < 0.6
        found = _held_before(code[order], day0[order], inside)
        np.testing.assert_array_equal(found, held_by_a_loop(code[order], day0[order], inside))


@pytest.mark.parametrize("form", ["regression", "ctar"])
def test_a_firm_is_held_where_its_other_event_has_no_day(form: str) -> None:
    """Windows of [0,+3] that overlap, narrowed to one day or two that do not: as many firms as events."""
    prices = PricePanel.from_frame(made_up_returns(seed=8, symbols=4, sessions=200))
    days, last = [120, 121, 123, 140, 141, 160], [0, 1, 0, 0, 3, 0]
    frame = pd.DataFrame(
        {
            "symbol": ["S00", "S00", "S00", "S01", "S01", "S02"],
            "date": [str(SESSIONS[FIRST + day]) for day in days],
            "timing": "before_open",
            "first": 0.0,
            "last": np.array(last, dtype=float),
        }
    )
    windows = Windows(
        estimation=(-90, -11), event=(0, 3), named={"after": (0, 3)}, min_obs=60, columns={"after": ("first", "last")}
    )
    tests = [CalendarTime(form=form), CalendarTime(form=form, membership="event")]
    study = Study(windows=windows, tests=tests, benchmark="MKT", reaction=False, screens=())
    firm, event = study.run(Events.from_frame(frame), prices).tests["statistic"].tolist()
    assert np.isfinite(firm)
    assert firm == pytest.approx(event, rel=1e-12)
