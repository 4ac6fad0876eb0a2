"""Simulations and placebos of made-up data against the study itself, run draw by draw on prices that were changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from eventstudy.errors import InputError
from eventstudy.events import Events
from eventstudy.events.own import OverlappingEvents
from eventstudy.inference import CalendarTime, CrossSectionalT, GrankT, SyntheticPlacebo
from eventstudy.panels import PricePanel
from eventstudy.returns import SyntheticControlModel, Windows
from eventstudy.simulation import placebo_study, simulate
from eventstudy.simulation.placebo import _places
from eventstudy.simulation.places import eligible
from eventstudy.simulation.replicate import replicate
from eventstudy.study import Study
from tests.made_up import FIRST, SESSIONS, made_up_events, made_up_returns

WINDOWS = Windows(estimation=(-60, -6), event=(-2, 3), named={"day0": (0, 0), "wide": (-1, 2)}, min_obs=40)
FRAME = made_up_returns(50, 9, 180, missing=0.01)
COMPLETE = made_up_returns(51, 9, 140)
TESTS = (
    *("t", "joint_f", "cross_sectional", "bmp", "patell", "kolari_pynnonen", "crude_dependence", "portfolio", "sign"),
    *("corrado_rank", "grank_t", "wilcoxon", "hotelling", "jackknife", "bhar_bootstrap", "cluster_t"),
    *(CalendarTime(weights="equal"), CalendarTime(form="ctar"), GrankT(residuals="leverage")),
)
STUDY = Study(windows=WINDOWS, benchmark="MKT", tests=TESTS, reaction=False, screens=())
CODES = [f"S{number:02d}" for number in range(9)]


def at(symbols: Sequence[str], days: Sequence[int]) -> Events:
    """Return one event a symbol and session, named in this order."""
    dates = [str(SESSIONS[day]) for day in days]
    named = [f"e{place}" for place in range(len(days))]
    return Events.from_frame(
        pd.DataFrame({"event_id": named, "symbol": symbols, "date": dates, "timing": "before_open"})
    )


def moved(symbols: Sequence[str], days: Sequence[int], effect: float, frame: pd.DataFrame = FRAME) -> PricePanel:
    """Return prices with an effect on one day of each symbol."""
    frame = frame.copy()
    for symbol, day in zip(symbols, days, strict=True):
        frame.loc[(frame["symbol"] == symbol) & (frame["date"] == SESSIONS[day]), "return"] += effect
    return PricePanel.from_frame(frame)


def numbers(outcome: Any) -> tuple[Any, ...]:
    return outcome.statistic, outcome.estimate, outcome.std_error


@pytest.mark.parametrize("effect", [0.0, 0.03])
@pytest.mark.parametrize("common", [False, True])
def test_a_draw_is_a_study_of_changed_prices(effect: float, common: bool) -> None:
    """Regressions of calendar time and leverages read the model and its returns: both must be the study's own."""
    prices, ids = PricePanel.from_frame(FRAME), np.array([f"e{place}" for place in range(6)], dtype=object)
    prepared = STUDY.prepare(made_up_events(["S00"], [100]), prices)
    days = [[FIRST + 90] * 6, [FIRST + 111] * 6] if common else FIRST + np.array([[80, 95, 96, 101, 120, 150]] * 2)
    draws = [CODES[:6], CODES[3:]]
    code = np.array([[prices.listing.code(each) for each in draw] for draw in draws])
    found: dict[tuple[Any, ...], Any] = {}
    for each in replicate(STUDY, prepared, code, np.array(days), ids, effect=effect):
        found[each.draw, each.window, each.outcome.test, each.outcome.convention, each.outcome.event_id] = each.outcome
    for draw, symbols in enumerate(draws):
        result = STUDY.run(at(symbols, days[draw]), moved(symbols, days[draw], effect))
        (model,) = result.models.values()
        assert len(model.tests) == len(found) / 2
        for tested in model.tests:
            own = tested.outcome
            other = found[draw, tested.window.name, own.test, own.convention, own.event_id]
            assert (own.reason, own.n, own.df) == pytest.approx((other.reason, other.n, other.df), nan_ok=True)
            np.testing.assert_allclose(numbers(other), numbers(own), rtol=1e-9, atol=1e-12)


def test_donors_take_the_place_of_a_firm_with_an_effect() -> None:
    study = replace(STUDY, models=[SyntheticControlModel()], tests=[SyntheticPlacebo(fewest=3)])
    prices, ids = PricePanel.from_frame(COMPLETE), np.array(["e0"], dtype=object)
    prepared, day = study.prepare(made_up_events(["S00"], [100]), prices), FIRST + 90
    code = np.array([[prices.listing.code(each)] for each in CODES[:3]])
    found = list(replicate(study, prepared, code, np.full((3, 1), day), ids, effect=0.05))
    own = [study.run(at([each], [day]), moved([each], [day], 0.05, COMPLETE)).tests for each in CODES[:3]]
    assert [each.outcome.p_value for each in found] == [p for tests in own for p in tests["p_value"]]
    statistics = [statistic for tests in own for statistic in tests["statistic"]]
    assert [each.outcome.statistic for each in found] == pytest.approx(statistics, rel=1e-9)


def test_both_sides_of_a_test_are_told_apart() -> None:
    """Brown and Warner count upper and lower rejections: the table showed one row for both, the figure one curve."""
    sides = [CrossSectionalT(alternative=each) for each in ("greater", "less", "two-sided")]
    study, events = replace(STUDY, tests=sides), made_up_events(["S00"], [100])
    found = simulate(study, events, PricePanel.from_frame(FRAME), samples=8, size=6, effects=(0.0, 0.05), levels=(0.1,))
    names = ["cross_sectional (greater)", "cross_sectional (less)", "cross_sectional"]
    rates = {(each.window, each.alternative, each.effect): each.rate for each in found.rows}
    assert (rates["day0", "greater", 0.05], rates["day0", "less", 0.05]) == (1.0, 0.0)
    rows = [row for row in found.table().rows if row[2] == "day0"]
    assert [row[0] for row in rows] == names
    assert [row[4] for row in rows] == ["100.0%", "0.0%", "100.0%"]
    figure = found.figure(0.1, window="day0")
    curves = {str(line.get_label()): line.get_ydata() for line in figure.axes[0].lines}
    for name, side in zip(names, ("greater", "less", "two-sided"), strict=True):
        np.testing.assert_array_equal(curves[name], [rates["day0", side, 0.0], rates["day0", side, 0.05]])


def test_an_effect_needs_its_day() -> None:
    study = replace(STUDY, windows=Windows(estimation=(-60, -6), event=(1, 3), min_obs=40), tests=["cross_sectional"])
    events, prices = made_up_events(["S00"], [100]), PricePanel.from_frame(FRAME)
    with pytest.raises(InputError) as caught:
        simulate(study, events, prices, samples=2, size=3)
    assert str(caught.value) == "simulate: effects are put on day 0, which the event window [+1,+3] leaves out."
    assert simulate(study, events, prices, samples=2, size=3, effects=(0,)).rows[0].samples == 2


def test_placebos_keep_the_windows_that_events_narrow() -> None:
    """The study's own statistic is of narrowed windows, and so is that of each shift."""
    frame = pd.DataFrame(
        {
            "symbol": CODES,
            "date": [str(SESSIONS[FIRST + 90 + place]) for place in range(9)],
            "timing": "before_open",
            "from": [-60 + 2 * place for place in range(9)],
            "to": -6,
            "first": [0, -1, 0] * 3,
            "last": [0, 2, 1] * 3,
        }
    )
    windows = replace(WINDOWS, min_obs=30, columns={"estimation": ("from", "to"), "wide": ("first", "last")})
    study, prices = replace(STUDY, windows=windows, tests=["bmp"]), PricePanel.from_frame(COMPLETE)
    found = placebo_study(study, Events.from_frame(frame), prices, design="shift").rows

    def plain(shift: int) -> list[float]:
        dates = [str(SESSIONS[FIRST + 90 + place + shift]) for place in range(9)]
        return study.run(Events.from_frame(frame.assign(date=dates)), prices).tests["statistic"].tolist()

    assert [each.statistic for each in found] == pytest.approx(plain(0), rel=1e-12)
    # Sixty sessions before the first, three after the last, and eight between a shift and where the events were.
    shifts = [shift for shift in range(-140, 140) if 90 + shift >= 60 and 98 + shift + 3 < 140 and abs(shift) > 8]
    assert [len(each.draws) for each in found] == [len(shifts)] * 2
    some = [0, 7, 20, len(shifts) - 1]
    drawn = np.array([each.draws[some] for each in found]).T
    np.testing.assert_allclose(drawn, [plain(shifts[place]) for place in some], rtol=1e-9)


def test_a_place_holds_all_parts_of_its_windows() -> None:
    """Ten sessions of both parts are masked; those that have a return and no mask are counted."""
    windows = replace(WINDOWS, estimation=(-20, -6), estimation_after=(6, 20), min_obs=25)
    panel = STUDY.prepare(made_up_events(["S00"], [100]), PricePanel.from_frame(FRAME)).panel
    masked = np.zeros(len(panel.values), dtype=bool)
    code = panel.listing.code("S03")
    span = panel.listing.span("S03")
    masked[span][70:75] = masked[span][80:85] = True
    returns, found = panel.values[span], []
    for day in range(180):
        inside = day - 20 >= 0 and day + 20 < 180
        if inside and not np.isnan(returns[day - 2 : day + 4]).any():
            days = [*range(day - 20, day - 5), *range(day + 6, day + 21)]
            if sum(not np.isnan(returns[each]) and not masked[span][each] for each in days) >= 25:
                found.append(day)
    assert (eligible(panel, windows, masked).sessions(code) - FIRST).tolist() == found
    assert (eligible(panel, windows).sessions(code) - FIRST).tolist() != found


def test_no_placebo_comes_near_an_event_that_the_study_drops() -> None:
    """A screen drops the second of two events; it happened all the same."""
    windows = replace(WINDOWS, event=(-1, 1), named={"day0": (0, 0)})
    study = replace(STUDY, windows=windows, tests=["cross_sectional"], screens=[OverlappingEvents(policy="first")])
    events, prices = made_up_events(["S00", "S01"], [100, 102]), PricePanel.from_frame(COMPLETE)
    prepared = study.prepare(events, prices)
    assert (prepared.aligned.day0 - FIRST).tolist() == [100, 100]
    _, days = _places(study, prepared, "independent", 500)
    # Two sessions less than the windows' length, and four between event and estimation window.
    assert {*(days.ravel() - FIRST).tolist()} == {
        day for day in range(60, 139) if min(abs(day - 100), abs(day - 102)) > 6
    }
