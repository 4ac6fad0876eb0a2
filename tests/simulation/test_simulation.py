"""Placebo studies and size on made-up data, against plain loops through the public study."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from eventstudy.errors import InputError, UnknownNameError
from eventstudy.events import Events
from eventstudy.execution import Engine
from eventstudy.panels import PricePanel
from eventstudy.returns import Windows
from eventstudy.simulation import placebo_study, simulate
from eventstudy.simulation.places import away_from_events, eligible
from eventstudy.simulation.power import parse_effects
from eventstudy.simulation.replicate import replicate
from eventstudy.study import Study
from tests.made_up import FIRST, SESSIONS, made_up_events, made_up_returns

SYMBOLS = [f"S{number:02d}" for number in range(8)]
STUDY = Study(
    windows=Windows(estimation=(-80, -6), event=(-2, 3), named={"day0": (0, 0), "wide": (-1, 2)}, min_obs=60),
    benchmark="MKT",
    tests=["cross_sectional", "bmp", "crude_dependence", "corrado_rank", "grank_t"],
    reaction=False,
    seed=4,
)


@pytest.fixture(scope="module")
def prices() -> PricePanel:
    return PricePanel.from_frame(made_up_returns(8, 30, 300, missing=0.01))


@pytest.fixture(scope="module")
def events() -> Events:
    return made_up_events(SYMBOLS, [120, 200])


def test_eligible_sessions_are_those_that_a_study_keeps(prices: PricePanel) -> None:
    places = eligible(STUDY.prepare(made_up_events(["S01"], [120]), prices).panel, STUDY.windows)
    code = prices.listing.code("S01")
    found = set((places.sessions(code) - FIRST).tolist())
    every = made_up_events(["S01"], list(range(5, 296)))
    kept = STUDY.prepare(every, prices).aligned
    values = prices.total_return[prices.listing.span("S01")]
    complete = {
        int(day) - FIRST
        for day in kept.day0
        if not np.isnan(values[int(day) - FIRST - 2 : int(day) - FIRST + 4]).any() and int(day) - FIRST >= 80
    }
    assert {day for day in complete if day <= 296} == {day for day in found if 5 <= day < 296}
    near = away_from_events(places, STUDY.windows, np.array([code]), np.array([FIRST + 150]))
    # The event window has six days, and three lie between it and the estimation window.
    assert set((near.sessions(code) - FIRST).tolist()) == {day for day in found if abs(day - 150) > 5 + 3}


def test_a_replica_is_the_study_itself(prices: PricePanel, events: Events) -> None:
    prepared = STUDY.prepare(events, prices)
    aligned = prepared.aligned
    names = prepared.events.event_id[aligned.row]
    twice = [np.stack([each, each]) for each in (aligned.code, aligned.day0)]
    found = list(replicate(STUDY, prepared, *twice, names, own=True))
    tests = STUDY.run(events, prices).tests
    for each in found:
        row = tests[(tests["test"] == each.outcome.test) & (tests["window"] == each.window)].iloc[0]
        assert each.outcome.statistic == pytest.approx(row["statistic"], rel=1e-9)
    assert len(found) == 2 * len(tests)


def test_an_effect_is_on_day_zero_alone(prices: PricePanel, events: Events) -> None:
    prepared = STUDY.prepare(events, prices)
    aligned, tests = prepared.aligned, ("cross_sectional",)
    names = prepared.events.event_id[aligned.row]
    study = replace(STUDY, tests=tests, windows=replace(STUDY.windows, named={"day0": (0, 0), "after": (1, 3)}))
    places = (aligned.code[None], aligned.day0[None], names)
    plain = {each.window: each.outcome.estimate for each in replicate(study, prepared, *places)}
    moved = {each.window: each.outcome.estimate for each in replicate(study, prepared, *places, effect=0.013)}
    assert moved["day0"] - plain["day0"] == pytest.approx(0.013, rel=1e-10)
    assert moved["after"] == pytest.approx(plain["after"], rel=1e-12)


def test_placebo_p_values_are_counted(prices: PricePanel, events: Events) -> None:
    found = placebo_study(STUDY, events, prices, draws=49, design="independent")
    tests = STUDY.run(events, prices).tests
    for row in found.rows:
        own = tests[(tests["test"] == row.test) & (tests["window"] == row.window)].iloc[0]
        assert row.statistic == pytest.approx(own["statistic"], rel=1e-9)
        assert row.reported == pytest.approx(own["p_value"], rel=1e-9)
        assert row.p_value == pytest.approx((1 + (abs(row.draws) >= abs(row.statistic)).sum()) / (1 + len(row.draws)))
        counts, edges = row.histogram(7)
        assert counts.sum() == len(row.draws) == 49
        assert len(edges) == 8
    assert found.design == "independent"
    assert "Placebo p" in found.summary()
    assert "<table" in found._repr_html_()
    assert len(found.to_frame()) == len(found.rows) == 10
    assert found.row("bmp", "wide").window == "wide"
    with pytest.raises(UnknownNameError):
        found.row("sign")


def test_a_placebo_without_a_p_value_has_a_reason(prices: PricePanel, events: Events) -> None:
    one = events.take(np.arange(1))
    study = replace(STUDY, tests=["t", "cross_sectional"])
    frame = placebo_study(study, one, prices, draws=25, design="independent").to_frame()
    assert frame.columns[-1] == "reason"
    assert set(frame.loc[frame["test"] == "t", "reason"]) == {"ok"}
    lacking = frame[frame["test"] == "cross_sectional"]
    assert set(lacking["reason"]) == {"needs_two_events"}
    assert lacking[["p_value", "rejected"]].isna().all(axis=None)


def test_placebos_do_not_depend_on_order_or_engine(prices: PricePanel, events: Events) -> None:
    study = replace(STUDY, tests=["bmp", "cross_sectional"])
    backwards = events.take(np.arange(len(events))[::-1])
    for design in ("independent", "shift"):
        one = placebo_study(study, events, prices, draws=25, design=design)
        two = placebo_study(
            replace(study, engine=Engine(name="threads", workers=2)), backwards, prices, draws=25, design=design
        )
        for a, b in zip(one.rows, two.rows, strict=True):
            np.testing.assert_array_equal(a.draws, b.draws)
            assert a.p_value == b.p_value
    assert not np.array_equal(
        placebo_study(replace(study, seed=5), events, prices, draws=25).rows[0].draws, one.rows[0].draws
    )


def test_shifts_keep_the_pattern_and_end_where_there_are_no_more(prices: PricePanel, events: Events) -> None:
    clean = PricePanel.from_frame(made_up_returns(8, 30, 300))
    study = replace(STUDY, tests=["cross_sectional"])
    found = placebo_study(study, events, clean, draws=9999)
    # Two dates for each of eight symbols: they cluster, so all move together, as far as the prices reach.
    assert found.design == "shift"
    shifts = [
        k
        for k in range(-300, 300)
        if 120 + k >= 80 and 200 + k <= 296 and all(abs(a - b) > 8 for a in (120 + k, 200 + k) for b in (120, 200))
    ]
    assert found.draws == len(shifts)
    with pytest.raises(InputError, match="design='independent'"):
        placebo_study(study, made_up_events(SYMBOLS, [84, 200, 290]), clean, design="shift")


def test_firms_stand_in_for_each_other(prices: PricePanel, events: Events) -> None:
    clean = PricePanel.from_frame(made_up_returns(8, 30, 300))
    found = placebo_study(replace(STUDY, tests=["cross_sectional"]), events, clean, draws=39, design="firms")
    assert len(found.rows[0].draws) == 39
    alone = PricePanel.from_frame(made_up_returns(8, 8, 300))
    with pytest.raises(InputError, match="No other symbol could stand in for S00"):
        placebo_study(STUDY, events, alone, design="firms")
    with pytest.raises(UnknownNameError, match="placebo design"):
        placebo_study(STUDY, events, clean, design="firm")


def test_size_and_power(prices: PricePanel, events: Events) -> None:
    study = replace(STUDY, tests=["t", "cross_sectional"])
    found = simulate(study, events, prices, samples=300, size=20, effects=(0, 0.02))
    size, power = found.rate("cross_sectional"), found.rate("cross_sectional", 0.02)
    assert size == pytest.approx(0.05, abs=2.58 * np.sqrt(0.05 * 0.95 / 300))
    # The mean of twenty with sd 0.02 shifted by one sd: noncentral t.
    assert power > 0.95
    assert found.rate("t") == pytest.approx(0.05, abs=2.58 * np.sqrt(0.05 * 0.95 / 6000) * 1.5)
    frame = found.to_frame()
    assert len(frame) == 2 * 2 * 2 * 3
    null = frame[frame["effect"] == 0]
    assert (null["samples"] == np.where(null["test"] == "t", 6000, 300)).all()
    assert null["holds"].notna().all()
    assert frame[frame["effect"] > 0]["holds"].isna().all()
    again = simulate(
        replace(study, engine=Engine(name="threads", workers=2)), events, prices, samples=300, size=20, effects=(0,)
    )
    assert again.rows == tuple(each for each in found.rows if each.effect == 0)
    assert "300 samples of 20 events" in found.summary()
    assert "<table" in found._repr_html_()
    with pytest.raises(InputError, match="Nothing was simulated"):
        found.rate("sign")


def test_one_date_a_sample(prices: PricePanel, events: Events) -> None:
    study = replace(STUDY, tests=["cross_sectional", "bmp"])
    found = simulate(study, events, prices, samples=20, size=10, effects=(0,), levels=(0.05,), common_date=True)
    assert {each.samples for each in found.rows} == {20}
    with pytest.raises(InputError, match="No date has 31 symbols"):
        simulate(study, events, prices, samples=2, size=31, common_date=True)
    with pytest.raises(InputError, match="at least 1"):
        simulate(study, events, prices, samples=0)
    with pytest.raises(InputError, match="decimals such as"):
        parse_effects("1%")


def test_a_study_that_keeps_nothing_has_no_placebos(prices: PricePanel) -> None:
    early = made_up_events(["S01"], [3])
    with pytest.raises(InputError) as caught:
        placebo_study(STUDY, early, prices)
    assert str(caught.value) == "No event is left to study, so there is nothing to compare placebos with."


def test_an_event_with_no_other_session_has_no_placebo() -> None:
    """Ninety sessions: 80 before day 0, 3 after; all of those left are near the event."""
    few = PricePanel.from_frame(made_up_returns(8, 3, 90))
    with pytest.raises(InputError, match=r"^S01 has no session with full windows away from its own events; shorten"):
        placebo_study(STUDY, made_up_events(["S01"], [84]), few, design="independent")


def test_symbols_too_short_for_the_windows_are_never_drawn() -> None:
    table = made_up_returns(8, 3, 300)
    late = str(SESSIONS[FIRST + 240])
    panel = PricePanel.from_frame(table[(table["symbol"] != "S01") | (table["date"].astype(str) >= late)])
    prepared = STUDY.prepare(made_up_events(["S00"], [120]), panel)
    places = eligible(prepared.panel, STUDY.windows)
    assert len(places.sessions(panel.listing.code("S01"))) == 0
    assert len(places.sessions(panel.listing.code("S00"))) == 300 - 80 - 3
    found = simulate(STUDY, made_up_events(["S00"], [120]), panel, samples=20, size=2, effects=(0.0,))
    assert {row.samples for row in found.rows} == {20}
    with pytest.raises(InputError) as caught:
        simulate(STUDY, made_up_events(["S00"], [20]), PricePanel.from_frame(made_up_returns(8, 3, 60)), samples=2)
    assert str(caught.value) == ("No symbol has a session with full windows; shorten the windows, or give more prices.")


def test_it_tells_how_far_it_is_and_what_it_is(
    prices: PricePanel, events: Events, monkeypatch: pytest.MonkeyPatch
) -> None:
    study, told = replace(STUDY, tests=["cross_sectional"]), list[tuple[str, int, int]]()
    # Sixteen events a draw, so that two draws are a batch.
    monkeypatch.setattr("eventstudy.simulation.replicate.BATCH", 32)

    def tell(what: str, done: int, total: int) -> None:
        told.append((what, done, total))

    found = placebo_study(study, events, prices, draws=5, design="shift", progress=tell)
    assert told == [("placebo shift", done, 5) for done in (2, 4, 5)]
    assert repr(found) == "PlaceboStudy(shift, 5 draws, 2 statistics)"
    told.clear()
    simulated = simulate(study, events, prices, samples=3, size=16, effects=(0.0, 0.01), levels=(0.05,), progress=tell)
    assert told == [(f"effect {effect}", done, 3) for effect in ("0", "0.01") for done in (2, 3)]
    assert repr(simulated) == f"Simulation(3 samples of 16 events, {len(simulated.rows)} rates)"
