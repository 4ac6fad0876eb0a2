"""Few events, equal events, nothing but zeros, a missing day, one date, ties: a value or a reason (METHODS 4.13)."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from scipy import stats

from eventstudy.errors import Reason
from eventstudy.inference import TESTS, HypothesisTest
from eventstudy.returns.models.raw import RawModel
from tests.inference.made import Made, good, made, market
from tests.inference.samples import sample

M, NAMED = 60, {"day0": (0, 0), "three": (-1, 1)}
CLOSED = [name for name in TESTS.names() if not hasattr(TESTS.get(name), "draws")]
ONE_EVENT = {"t", "joint_f", "placebo", "synthetic_placebo"}


def events(n: int, *, correlation: float = 0.0, day0: list[int] | None = None, seed: int = 1) -> Made:
    y, x = market(seed, n, M + 3, correlation=correlation)
    return made(y, x, estimation=M, before=1, named=NAMED, day0=day0)


def all_at(value: float) -> Made:
    """Return events whose abnormal return is one value on every day of the event window."""
    y, x = market(1, 12, M + 3)
    y[:, M:] = value
    return made(y, x, estimation=M, before=1, named=NAMED, model=RawModel())


def reasons(given: Made, window: str = "three") -> dict[str, Reason]:
    found = {}
    for name in CLOSED:
        test: HypothesisTest = TESTS.get(name)()
        results = given.run(test, window)
        for result in results:
            complete = result.reason == Reason.OK
            assert np.isnan(result.p_value) != complete
            assert np.isnan(result.statistic) != complete
        found[name] = results[0].reason if results else Reason.OK
    return found


def test_no_event_at_all() -> None:
    assert {reason for name, reason in reasons(events(0)).items() if name not in ONE_EVENT} <= {
        Reason.NO_EVENTS,
        Reason.NEEDS_TWO_EVENTS,
        Reason.NEEDS_THREE_EVENTS,
        Reason.TOO_FEW_EVENTS,
        Reason.TOO_FEW_ESTIMATION_DAYS,
    }


def test_one_event() -> None:
    found = reasons(events(1))
    across = {"cross_sectional", "bmp", "kolari_pynnonen", "cluster_t", "jackknife", "grank_t", "grank_z"}
    assert {found[name] for name in across} == {Reason.NEEDS_TWO_EVENTS}
    assert found["skewness_adjusted"] == Reason.NEEDS_THREE_EVENTS
    assert found["corrado_zivney_rank"] == Reason.NEEDS_TWO_EVENTS
    assert found["hotelling"] == Reason.TOO_FEW_EVENTS
    # One event is a portfolio of its own, and its ranks and signs are defined.
    for name in ("t", "joint_f", "portfolio", "patell", "corrado_rank", "sign", "wilcoxon", "crude_dependence"):
        assert found[name] == Reason.OK


def test_two_events() -> None:
    found = reasons(events(2), "day0")
    assert found["skewness_adjusted"] == Reason.NEEDS_THREE_EVENTS
    for name in ("cross_sectional", "bmp", "kolari_pynnonen", "hotelling", "grank_t", "jackknife"):
        assert found[name] == Reason.OK
    assert reasons(events(2), "three")["hotelling"] == Reason.TOO_FEW_EVENTS


@pytest.mark.parametrize("value", [0.01, 0.0])
def test_all_equal(value: float) -> None:
    found = reasons(all_at(value))
    for name in ("cross_sectional", "skewness_adjusted", "jackknife", "cluster_t", "hotelling"):
        assert found[name] == Reason.NO_DISPERSION
    for name in ("t", "joint_f", "patell", "sign", "corrado_rank", "corrado_zivney_sign", "cumrank_t"):
        assert found[name] == Reason.OK
    # The events differ in sigma, so equal CARs are different SCARs, unless they are zero.
    standard = Reason.NO_DISPERSION if value == 0 else Reason.OK
    assert {found[name] for name in ("bmp", "kolari_pynnonen", "grank_t", "grank_z")} == {standard}
    assert found["wilcoxon"] == (Reason.ALL_ZERO if value == 0 else Reason.OK)


def test_a_missing_day() -> None:
    given = events(12)
    given.y[3, M] = np.nan
    for name, reason in reasons(given, "three").items():
        assert reason == Reason.OK or name in ("portfolio", "synthetic_placebo"), name
    drawn = given.sample("three", TESTS.get("corrado_rank")().needs)
    (result,) = TESTS.get("corrado_rank")().run(drawn)
    # The event has no CAR, and still ranks on the days that it has.
    assert len(drawn) == 11
    assert result.n == 12
    names = [f"e{i:03d}" for i in range(12) if i != 3]
    assert drawn.event_id.tolist() == dataclasses.replace(drawn, seed=4).event_id.tolist() == names


def test_all_on_one_date() -> None:
    found = reasons(events(12, correlation=0.2, day0=[600] * 12), "three")
    assert found["cluster_t"] == Reason.TOO_FEW_DATES
    assert found["portfolio"] == found["kolari_pynnonen"] == found["grank_t"] == Reason.OK
    assert found["calendar_time"] == Reason.OK
    assert reasons(events(12, correlation=0.2, day0=[600] * 12), "day0")["calendar_time"] == Reason.TOO_FEW_SESSIONS


def test_the_same_event_many_times() -> None:
    """Correlation one leaves nothing to divide by."""
    y, x = market(1, 1, M + 3)
    same = made(np.repeat(y, 5, axis=0), np.repeat(x, 5, axis=0), estimation=M, before=1, named=NAMED, day0=[600] * 5)
    found = reasons(same)
    assert found["cross_sectional"] == found["bmp"] == Reason.NO_DISPERSION
    assert found["kolari_pynnonen"] in {Reason.TOO_CORRELATED, Reason.NO_DISPERSION}
    assert found["portfolio"] == found["adjusted_patell"] == Reason.OK
    assert found["corrado_zivney_rank"] == Reason.NO_DISPERSION


@pytest.mark.parametrize("seed", range(5))
def test_identical_firms_have_no_dispersion(seed: int) -> None:
    """Six identical firms of one date have one return a day."""
    y, x = market(seed, 1, M + 3)
    y, x = np.repeat(y, 6, axis=0), np.repeat(x, 6, axis=0)
    same = made(y, x, estimation=M, before=1, named=NAMED, day0=[600] * 6)
    for window in NAMED:
        found = reasons(same, window)
        assert found["hotelling"] == found["corrado_zivney_rank"] == Reason.NO_DISPERSION
        assert same.one(TESTS.get("hotelling")(), window).estimate == pytest.approx(
            same.one(TESTS.get("cross_sectional")(), window).estimate, rel=1e-12
        )


def test_hotelling_takes_rounding_for_no_dispersion() -> None:
    """The mean of six times 0.1 is not 0.1 but for its last digit."""
    same = np.full(6, 0.1)
    assert (same - same.mean() != 0).all()
    (result,) = TESTS.get("hotelling")().run(sample(same))
    assert (result.reason, result.estimate) == (Reason.NO_DISPERSION, pytest.approx(0.1, rel=1e-12))


def test_a_correlation_that_cannot_be_estimated_is_told() -> None:
    """Twenty estimation sessions are fewer than the thirty that a correlation needs, so rbar is 0 (METHODS 4.3)."""
    y, x = market(1, 12, 20 + 3, correlation=0.5)
    short = made(y, x, estimation=20, before=1, named=NAMED, day0=[600] * 12)
    plain = short.one(TESTS.get("bmp")(), "day0").statistic
    for name in ("kolari_pynnonen", "adjusted_patell"):
        assert short.one(TESTS.get(name)(), "day0").notes == "rbar = 0, since no correlation could be estimated"
    assert short.one(TESTS.get("kolari_pynnonen")(), "day0").statistic == pytest.approx(plain, rel=1e-12)
    apart = made(y, x, estimation=20, before=1, named=NAMED)
    assert apart.one(TESTS.get("adjusted_patell")(), "day0").notes == "rbar = 0 over 0 overlapping pairs"
    assert events(1).one(TESTS.get("adjusted_patell")(), "day0").notes == "only 1 event"


def test_zeros_through_a_regression_are_zeros() -> None:
    """Returns on their event days that lie on the fitted line leave 1e-17 of rounding, which is no return."""
    y, x = market(1, 12, M + 3)
    for i in range(12):
        design = np.column_stack([np.ones(M + 3), x[i]])
        y[i, M:] = (design @ np.linalg.lstsq(design[:M], y[i, :M], rcond=None)[0])[M:]
    given = made(y, x, estimation=M, before=1, named=NAMED)
    block = given.block(np.arange(12))
    left = block.y_event - given.model.fit(block).expected
    assert 0 < np.abs(left).max() < 1e-15
    found = reasons(given)
    for name in ("cross_sectional", "bmp", "kolari_pynnonen", "jackknife", "hotelling", "skewness_adjusted"):
        assert found[name] == Reason.NO_DISPERSION, name
    assert found["wilcoxon"] == Reason.ALL_ZERO
    for form in ("ctar", "standardised"):
        result = given.one(TESTS.get("calendar_time")(form=form), "three")
        assert result.reason == Reason.NO_DISPERSION, form
    for name in ("t", "patell", "crude_dependence"):
        assert given.run(TESTS.get(name)(), "three")[0].statistic == 0
    # A real return, however small beside sigma, stays as it is.
    y[:, M:] += 1e-9 * np.arange(1.0, 13.0)[:, None]
    car = 3e-9 * np.arange(1.0, 13.0)
    t = stats.ttest_1samp(car, 0).statistic
    assert good(given.one(TESTS.get("cross_sectional")(), "three")).statistic == pytest.approx(t, rel=1e-6)


def test_ties_everywhere() -> None:
    given = events(14)
    given.y[:] = np.round(given.y, 2)
    given.x[:] = 0.01 * np.sign(np.round(given.x, 2))
    for name, reason in reasons(given).items():
        assert reason == Reason.OK or name in ("portfolio", "synthetic_placebo"), name


def test_negative_correlation_may_leave_no_variance() -> None:
    rng = np.random.default_rng(0)
    y, x = market(1, 2, M + 3, correlation=0.5)
    y[1, :M] = 2 * x[1, :M] - y[0, :M] + rng.normal(0, 1e-9, M)
    opposite = made(y, x, estimation=M, before=1, named=NAMED, day0=[600, 600])
    found = reasons(opposite)
    assert found["kolari_pynnonen"] in {Reason.OK, Reason.TOO_CORRELATED}
    rbar = opposite.one(TESTS.get("adjusted_patell")(floor_at_zero=True), "three").notes
    assert rbar == "rbar = 0 over 1 overlapping pair; only 2 events"


def test_few_events_are_told() -> None:
    assert events(4).one(TESTS.get("cross_sectional")(), "day0").notes == "only 4 events"
    assert events(4).one(TESTS.get("kolari_pynnonen")(), "day0").notes.endswith("pairs; only 4 events")
    assert events(10).one(TESTS.get("bmp")(), "day0").notes == ""


def test_windows_of_their_own_are_refused_where_days_are_shared() -> None:
    y, x = market(11, 20, 80)
    given = made(y, x, estimation=60, before=5, named={"week": (-2, 2)}, day0=np.full(20, 600))
    own = np.tile(np.array([-2, 2]), (20, 1, 1))
    refused = ("corrado_rank", "corrado_zivney_rank", "corrado_zivney_sign", "cumrank_t", "cumrank_z", "portfolio")
    for name in (*refused, "crude_dependence", "cross_sectional", "bmp", "sign", "grank_t"):
        test = TESTS.get(name)()
        plain = given.sample("week", test.needs)
        for narrow in (False, True):
            own[3, 0, 1] = 1 if narrow else 2
            abnormal = dataclasses.replace(plain.whole, own_windows=own.copy())
            (result,) = test.run(dataclasses.replace(plain, abnormal=abnormal))
            expected = name in (*refused, "crude_dependence") and narrow
            assert result.reason == (Reason.OWN_WINDOWS if expected else Reason.OK), name


LEAN_ON_EVENTS = (
    "adjusted_patell",
    "bmp",
    "corrado_rank",
    "corrado_zivney_rank",
    "corrado_zivney_sign",
    "cross_sectional",
    "crude_dependence",
    "cumrank_t",
    "cumrank_z",
    "jackknife",
    "kolari_pynnonen",
    "pairs_bootstrap",
    "patell",
    "residual_bootstrap",
    "wild_bootstrap",
)


@pytest.mark.parametrize("name", LEAN_ON_EVENTS)
def test_what_leans_on_many_events_tells_that_they_are_few(name: str) -> None:
    for n, told in ((2, "only 2 events"), (9, "only 9 events"), (10, "")):
        test = TESTS.get(name)()
        result = good(events(n).one(test, "day0"))
        assert result.notes.endswith(told)
        assert ("only" in result.notes) == bool(told)


def test_few_resamples_of_buy_and_hold_returns_are_told() -> None:
    """Below twenty events (METHODS 4.9)."""
    for n, told in ((19, "only 19 events"), (20, "")):
        assert good(events(n).one(TESTS.get("bhar_bootstrap")(), "day0")).notes == told
