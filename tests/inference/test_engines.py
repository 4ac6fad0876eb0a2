"""What tests need is the same on every engine, in every order of events, and however blocks are cut."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from eventstudy import execution
from eventstudy.execution import Engine
from eventstudy.inference import (
    TESTS,
    CalendarTime,
    GeneralizedSign,
    GrankT,
    HypothesisTest,
    KolariPynnonen,
    Patell,
)
from eventstudy.panels import PricePanel
from eventstudy.returns import Windows
from eventstudy.study import Study
from tests.inference.made import made, market
from tests.made_up import made_up_events, made_up_returns

CLOSED = [name for name in TESTS.names() if not hasattr(TESTS.get(name), "draws")]
DRAWN = [name for name in TESTS.names() if name not in CLOSED]
WINDOWS = Windows(estimation=(-60, -6), event=(-5, 5), named={"day0": (0, 0), "week": (-2, 2)})


# Forms that read accumulators of their own.
OTHERS = (
    CalendarTime(form="standardised", membership="event"),
    CalendarTime(portfolio="value"),
    GeneralizedSign(p_hat="firms", missing="inflated"),
    GrankT(residuals="leverage"),
    KolariPynnonen(rbar="estimation_overlap"),
    Patell(missing="inflated"),
)


# What a word wants beside it.
BESIDE = {"all_days": {"scar": "patell_sum"}}


def every_form() -> list[HypothesisTest]:
    """Return every test in every form of its options."""
    found = [TESTS.get(name)() for name in CLOSED]
    for name in CLOSED:
        kind = TESTS.get(name)
        for option, known in kind.choices.items():
            found += [kind(**{option: word, **BESIDE.get(word, {})}) for word in known[1:]]  # type: ignore[arg-type]
    return found


@pytest.mark.parametrize("test", every_form(), ids=lambda test: f"{test.kind}: {test.label}")
def test_however_blocks_are_cut(test: HypothesisTest) -> None:
    y, x = market(9, 23, 60, correlation=0.3, missing=0.02)
    given = made(
        y,
        x,
        estimation=50,
        before=4,
        named={"day0": (0, 0), "week": (-2, 2)},
        day0=600 + np.repeat([0, 1, 4, 40], [8, 8, 5, 2]),
        code=np.arange(23) // 2,
    )
    given = dataclasses.replace(given, weights=np.where(np.arange(23) % 7 == 3, np.nan, 1.0 + np.arange(23)))
    whole = given.sample("week", test.needs)
    cut = given.accumulated(test.needs, [np.arange(9), np.arange(9, 9), np.arange(9, 16), np.arange(16, 23)])
    one, two = test.run(whole), test.run(dataclasses.replace(whole, accumulated=cut))
    for a, b in zip(one, two, strict=True):
        assert a.statistic == pytest.approx(b.statistic, rel=1e-10, nan_ok=True)
        assert (a.reason, a.n, a.notes, a.distribution) == (b.reason, b.n, b.notes, b.distribution)


@pytest.fixture(scope="module")
def results() -> list[pd.DataFrame]:
    prices = PricePanel.from_frame(made_up_returns(3, 30, 400, missing=0.01))
    events = made_up_events([f"S{k:02d}" for k in range(30)], list(range(70, 380, 30)))
    events = events.with_columns(values={"size": np.exp(np.random.default_rng(1).normal(size=len(events)))})
    tests = [*CLOSED, *OTHERS]
    study = Study(windows=WINDOWS, models=["market"], benchmark="MKT", tests=tests, weights="size", reaction=False)
    shuffled = events.take(np.random.default_rng(0).permutation(len(events)))
    runs = [
        (study, events),
        (study, shuffled),
        (dataclasses.replace(study, engine=Engine(name="threads", workers=3)), events),
        (dataclasses.replace(study, engine=Engine(name="processes", workers=2)), events),
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(execution, "BLOCK", 128)
        assert len(events) > 2 * execution.BLOCK
        return [each.run(given, prices).tests for each, given in runs]


@pytest.mark.parametrize("other", [1, 2, 3], ids=["shuffled", "threads", "processes"])
def test_the_same_bits(results: list[pd.DataFrame], other: int) -> None:
    assert set(results[0]["test"]) == set(CLOSED)
    assert set(results[0]["reason"]) <= {"", "several_dates", "too_few_placebo_days", "needs_donors"}
    pd.testing.assert_frame_equal(results[0], results[other], check_exact=True)


def test_threads_draw_what_one_thread_draws() -> None:
    prices = PricePanel.from_frame(made_up_returns(4, 12, 300, missing=0.01))
    events = made_up_events([f"S{k:02d}" for k in range(12)], [100, 170, 240])
    # Without donors synthetic_placebo draws nothing; it has engines of its own in its file.
    tests = [TESTS.get(name)(draws=200) for name in DRAWN if name != "synthetic_placebo"]
    study = Study(windows=WINDOWS, models=["market"], benchmark="MKT", tests=tests, reaction=False, seed=3)
    threads = dataclasses.replace(study, engine=Engine(name="threads", workers=3))
    one, other = (each.run(events, prices).tests for each in (study, threads))
    assert one["p_value"].notna().all()
    pd.testing.assert_frame_equal(one, other, check_exact=True)
