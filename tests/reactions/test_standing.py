from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from eventstudy.errors import InputError, Reason, UnknownNameError
from eventstudy.reactions import OrdinaryDays, own_standing, standing
from eventstudy.reactions.ordinary import free_starts, ordinary_starts
from eventstudy.reactions.samples import Samples
from eventstudy.reactions.standing import own_standings, standings


def test_z_and_percentile_by_hand_and_by_scipy() -> None:
    ordinary = np.random.default_rng(5).normal(0, 0.02, 99)
    ordinary[7] = np.nan
    known = ordinary[~np.isnan(ordinary)]
    among = standing(-0.031, ordinary, fewest=20)
    assert among.n == 98
    assert among.z == pytest.approx(stats.zmap(np.array([-0.031]), known, ddof=1)[0], rel=1e-12)
    p_value = (1 + (np.abs(known) >= 0.031).sum()) / 99
    assert among.percentile == pytest.approx(1 - p_value, abs=1e-15)
    assert among.reason is None


def test_percentile_never_reaches_one_and_ties_are_not_smaller() -> None:
    ordinary = np.tile([0.01, -0.02], 10)
    assert standing(0.5, ordinary, 20).percentile == 20 / 21
    assert standing(-0.02, ordinary, 20).percentile == 10 / 21
    assert standing(0.0, ordinary, 20).percentile == 0.0


def test_too_few_ordinary_days() -> None:
    ordinary = np.linspace(-0.02, 0.02, 20)
    assert standing(0.01, ordinary, 20).reason is None
    among = standing(0.01, ordinary[1:], 20)
    assert (among.n, among.reason) == (19, Reason.NO_HISTORY)
    assert np.isnan(among.z)
    assert np.isnan(among.percentile)


def test_equal_ordinary_days_have_a_percentile_and_no_z() -> None:
    among = standing(0.02, np.full(30, 0.1 + 0.2 - 0.29), 20)
    assert among.reason is Reason.NO_DISPERSION
    assert np.isnan(among.z)
    assert among.percentile == 30 / 31


def test_missing_move_has_a_count_and_no_standing() -> None:
    among = standing(np.nan, np.linspace(-1, 1, 30) / 100, 20)
    assert among.n == 30
    assert np.isnan([among.z, among.percentile]).all()


@pytest.mark.parametrize(
    ("day0", "length", "rule", "starts"),
    [
        (10, 1, OrdinaryDays(sessions=10, fewest=2), [0, 1, 2, 6, 7, 8]),
        (10, 3, OrdinaryDays(sessions=10, fewest=2), [0, 6]),
        (10, 1, OrdinaryDays(sessions=4, fewest=2), [6, 7, 8]),
        (10, 1, OrdinaryDays(sessions=10, fewest=2, apart=0), [0, 1, 2, 3, 5, 6, 7, 8, 9]),
        (10, 1, OrdinaryDays(sessions=10, fewest=2, apart=9), []),
        (0, 1, OrdinaryDays(), []),
        (2, 4, OrdinaryDays(), []),
    ],
)
def test_which_days_are_ordinary(day0: int, length: int, rule: OrdinaryDays, starts: list[int]) -> None:
    own = np.array([4, 10]) if day0 == 10 else np.array([day0])
    assert ordinary_starts(own, day0, length, rule).tolist() == starts


@pytest.mark.parametrize("length", [1, 2, 5])
def test_starts_that_touch_no_stretch_by_a_plain_loop(length: int) -> None:
    rng = np.random.default_rng(length)
    low = rng.integers(0, 40, 6)
    high = np.minimum(low + rng.integers(0, 4, 6), 40)
    taken = {session for a, b in zip(low, high, strict=True) for session in range(a, b)}
    free = [start + length <= 40 and not taken & {*range(start, start + length)} for start in range(40)]
    assert free_starts(low, high, 40, length).tolist() == free


@pytest.mark.parametrize("scale", ["sd", "mad"])
def test_one_move_stands_among_many_where_it_stands_alone(scale: str) -> None:
    rng = np.random.default_rng(8)
    ordinary = rng.normal(0, 0.02, (40, 30))
    ordinary[rng.random(ordinary.shape) < np.linspace(0, 0.9, 40)[:, None]] = np.nan
    ordinary[3] = 0.01
    x = rng.normal(0, 0.02, (40, 2))
    x[5, 1] = np.nan
    together = standings(x, Samples.of(ordinary), 20, scale)
    past = own_standings(x[:, 0], Samples.of(ordinary[:, :5]))
    reasons = set()
    for row in range(len(x)):
        for column in range(2):
            alone = standing(x[row, column], ordinary[row], 20, scale)
            assert repr(together.at((row, column))) == repr(alone)
            reasons.add(alone.reason)
        assert repr(past.at(row)) == repr(own_standing(x[row, 0], ordinary[row, :5]))
    assert reasons == {None, Reason.NO_HISTORY, Reason.NO_DISPERSION}


def test_later_events_leave_no_trace() -> None:
    rule = OrdinaryDays()
    alone = ordinary_starts(np.array([100]), 100, 2, rule)
    assert ordinary_starts(np.array([100, 101, 130]), 100, 2, rule).tolist() == alone.tolist() == list(range(98))


def test_rules_that_make_no_sense() -> None:
    with pytest.raises(InputError, match="apart is -1"):
        OrdinaryDays(apart=-1)
    with pytest.raises(InputError, match="fewest is 1 of 250"):
        OrdinaryDays(fewest=1)
    with pytest.raises(InputError, match="fewest is 20 of 10"):
        OrdinaryDays(sessions=10)


def test_a_robust_scale_is_not_widened_by_wild_days() -> None:
    ordinary = np.random.default_rng(5).normal(0.001, 0.02, 101)
    wild = np.append(ordinary, [0.9, -0.8])
    robust = standing(0.05, wild, 20, "mad")
    deviation = stats.median_abs_deviation(wild, scale=1 / 1.4826)
    assert robust.z == pytest.approx((0.05 - np.median(wild)) / deviation, rel=1e-12)
    assert robust.z > 2 * standing(0.05, wild, 20).z
    assert robust.percentile == standing(0.05, wild, 20).percentile
    with pytest.raises(UnknownNameError, match="Did you mean 'mad'"):
        OrdinaryDays(scale="made")  # type: ignore[arg-type]


def test_among_own_events_by_scipy() -> None:
    past = np.array([0.02, -0.04, 0.01, 0.08, np.nan, -0.03])
    among = own_standing(-0.06, past)
    t = -0.06 / np.sqrt(np.nanmean(past**2))
    assert (among.n, among.larger_than, among.rank, among.percentile) == (5, 4, 2, 4 / 6)
    assert (among.t, among.p_value) == (pytest.approx(t), pytest.approx(2 * stats.t.sf(abs(t), 5)))
    assert own_standing(0.1, np.array([])).reason is Reason.NO_HISTORY
    assert own_standing(np.nan, past).reason is None
    assert own_standing(0.1, np.zeros(3)).reason is Reason.NO_DISPERSION
