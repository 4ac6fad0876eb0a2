"""Correlations matched by date: from pairs, from sums, over windows that do or don't meet."""

from __future__ import annotations

import numpy as np
import pytest

from eventstudy.inference import KolariPynnonen
from eventstudy.returns import calendar_correlation
from eventstudy.returns.accumulators import Places
from eventstudy.returns.calendar_correlation import CalendarCorrelation
from tests.inference.made import Made, made


def common_market(events: int, sessions: int, day0: np.ndarray, *, holes: float = 0.0, seed: int = 0) -> Made:
    """Return events on one calendar whose residuals have a correlation of 0.3 on a date."""
    rng = np.random.default_rng(seed)
    dates = int(day0.max()) + sessions + 1
    shared, x = rng.normal(0, 0.02, dates), rng.normal(0, 0.01, dates)
    rows = day0[:, None] - sessions + 15 + np.arange(sessions)
    own = rng.normal(0, 0.02, (events, sessions))
    y = x[rows] + np.sqrt(0.3) * shared[rows] + np.sqrt(0.7) * own
    y[:, : sessions - 21][rng.random((events, sessions - 21)) < holes] = np.nan
    return made(y, x[rows], estimation=sessions - 21, before=5, named={"week": (-2, 2), "all": (-5, 15)}, day0=day0)


@pytest.mark.parametrize("holes", [0.0, 0.05, 0.2])
def test_sums_are_near_the_pairs(monkeypatch: pytest.MonkeyPatch, holes: float) -> None:
    day0 = 600 + np.repeat(np.arange(0, 40, 2), 6)
    given = common_market(len(day0), 221, day0, holes=holes)
    exact = [given.sample(window, (CalendarCorrelation,)) for window in ("week", "all")]
    pairs = [each.accumulated[CalendarCorrelation].mean(each.window, each.row) for each in exact]  # type: ignore[attr-defined]
    monkeypatch.setattr(calendar_correlation, "HELD", 0)
    summed = [given.sample(window, (CalendarCorrelation,)) for window in ("week", "all")]
    sums = [each.accumulated[CalendarCorrelation].mean(each.window, each.row) for each in summed]  # type: ignore[attr-defined]
    for one, two in zip(pairs, sums, strict=True):
        assert one.exact
        assert not two.exact
        assert one.pairs == two.pairs
        assert two.value == pytest.approx(one.value, rel=0.02)


def test_event_windows_may_meet_where_estimation_windows_do_not() -> None:
    rng = np.random.default_rng(3)
    y, x = rng.normal(0, 0.02, (2, 401)), rng.normal(0, 0.01, (2, 401))
    given = made(y, x, estimation=150, before=0, named={"year": (0, 250)}, day0=np.array([600, 780]))
    assert given.one(KolariPynnonen(), "year").notes.startswith("rbar = 0, since no correlation could be estimated")


def test_windows_of_their_own_overlap_by_their_own_days() -> None:
    given = common_market(2, 221, np.array([600, 605]), seed=4)
    windows, both = given.windows, np.arange(2)
    where = (np.ones(2, dtype=bool), given.code, given.day0, given.calendar, given.sessions)

    def rbar(window: str, days: list[tuple[int, int]]) -> float:
        own = np.tile(np.array([(each.start, each.end) for each in windows.reported]), (2, 1, 1))
        own[:, windows.reported.index(windows.window(window))] = days
        held = CalendarCorrelation.before(Places(windows, *where, own))
        held.add(given.residuals(both))
        return held.mean(windows.window(window), both).value

    one, two = given.residuals(both).values
    rho = np.corrcoef(one[5:], two[:-5])[0, 1]
    # The second event comes five sessions later: its days -5 to 10 are days 0 to 15 of the first.
    assert rbar("all", [(-5, 15), (-5, 15)]) == pytest.approx(rho * 16 / 21, rel=1e-10)
    assert rbar("all", [(3, 15), (-5, 15)]) == pytest.approx(rho * 13 / np.sqrt(13 * 21), rel=1e-10)
    assert rbar("all", [(-5, 1), (-2, 0)]) == 0.0
    assert rbar("week", [(1, 2), (-2, 2)]) == 0.0
