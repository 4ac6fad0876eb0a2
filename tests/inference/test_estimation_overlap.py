"""The mean correlation over all pairs whose estimation windows overlap, against a loop over pairs (METHODS 11.2)."""

from __future__ import annotations

import numpy as np
import pytest

from eventstudy.inference import BMP, AdjustedPatell, GrankZ, KolariPynnonen, Patell
from eventstudy.returns import estimation_overlap
from tests.inference.made import SESSIONS, Made, good, made, market
from tests.inference.test_conventions import BEFORE, CLOSE, EVENTS, NAMED, L, M, lines, returns


def by_date(given: Made) -> list[dict[np.datetime64, float]]:
    """Each event's residuals by the date of their session."""
    ar, *_ = lines(given)
    found = []
    for i in range(len(given.y)):
        days = given.sessions[given.calendar[i]][given.day0[i] - BEFORE - M + np.arange(M)]
        found.append(dict(zip(days, ar[i, :M], strict=True)))
    return found


def loop_overlap(given: Made) -> tuple[float, int]:
    """Mean residual correlation over the pairs that share an estimation session; 30 common residuals at least."""
    series, rho, pairs = by_date(given), [], 0
    for i in range(len(series)):
        for j in range(i + 1, len(series)):
            shared = sorted(set(series[i]) & set(series[j]))
            pairs += bool(shared)
            two = np.array([[series[i][day], series[j][day]] for day in shared]).reshape(-1, 2)
            two = two[~np.isnan(two).any(axis=1)]
            if len(two) >= 30:
                rho.append(np.corrcoef(two.T)[0, 1])
    return float(np.mean(rho)), pairs


def scattered(missing: float) -> Made:
    """Events of two exchanges, some on one day, some of which share no estimation session with others."""
    y, x = market(5, EVENTS, M + L, correlation=0.4, missing=missing)
    y[:, M:] = np.where(np.isnan(y[:, M:]), 0.002, y[:, M:])
    day0 = [600, 600, 600, 602, 610, 625, 645, 665, 700, 1000, 516, 518, 540, 516]
    sessions = {"XNYS": SESSIONS, "XHKG": np.delete(SESSIONS, np.arange(3, 9000, 7))}
    calendar = ["XNYS"] * 10 + ["XHKG"] * 4
    return made(y, x, estimation=M, before=BEFORE, named=NAMED, day0=day0, calendar=calendar, sessions=sessions)


@pytest.mark.parametrize("missing", [0.0, 0.04])
@pytest.mark.parametrize("tile", [3, 128])
def test_rbar_over_overlapping_estimation_windows(missing: float, tile: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(estimation_overlap, "TILE", tile)
    given = scattered(missing)
    rbar, pairs = loop_overlap(given)
    assert pairs < EVENTS * (EVENTS - 1) // 2
    for window in NAMED:
        result = good(given.one(KolariPynnonen(rbar="estimation_overlap"), window))
        bmp = given.one(BMP(), window).statistic
        assert result.statistic == pytest.approx(bmp * np.sqrt((1 - rbar) / (1 + (EVENTS - 1) * rbar)), rel=CLOSE)
        assert result.notes == f"rbar = {rbar:.4g} over {pairs} overlapping pairs"
        patell = given.one(Patell(), window).statistic / np.sqrt(1 + (EVENTS - 1) * rbar)
        adjusted = given.one(AdjustedPatell(rbar="estimation_overlap"), window)
        assert adjusted.statistic == pytest.approx(patell, rel=CLOSE)
        z = given.one(GrankZ(), window).statistic / np.sqrt(1 + (EVENTS - 1) * rbar)
        assert given.one(GrankZ(rbar="estimation_overlap"), window).statistic == pytest.approx(z, rel=CLOSE)


@pytest.mark.parametrize("missing", [0.0, 0.04])
def test_rbar_from_sums_by_place(missing: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """Standardised over their own sessions; of two places, the sum of all products over that of those in common."""
    given = scattered(missing)
    series, places, pairs = by_date(given), dict[tuple[object, ...], list[tuple[float, int]]](), 0
    scaled = [
        {day: (x - np.nanmean([*each.values()])) / np.nanstd([*each.values()]) for day, x in each.items()}
        for each in series
    ]
    for i in range(EVENTS):
        for j in range(i + 1, EVENTS):
            shared = sorted(set(scaled[i]) & set(scaled[j]))
            pairs += bool(shared)
            products = [scaled[i][day] * scaled[j][day] for day in shared]
            products = [each for each in products if not np.isnan(each)]
            which = tuple(sorted((str(given.calendar[k]), int(given.day0[k])) for k in (i, j)))
            if shared:
                places.setdefault(which, []).append((sum(products), len(products)))
    rho = []
    for held in places.values():
        total, common = (sum(each) for each in zip(*held, strict=True))
        rho += [total / common] * len(held) if common >= 30 * len(held) else []
    rbar = float(np.mean(rho))
    monkeypatch.setattr(estimation_overlap, "HELD", 3)
    for tile in (2, 128):
        monkeypatch.setattr(estimation_overlap, "TILE", tile)
        result = good(given.one(KolariPynnonen(rbar="estimation_overlap"), "three"))
        t = given.one(BMP(), "three").statistic * np.sqrt((1 - rbar) / (1 + (EVENTS - 1) * rbar))
        assert result.statistic == pytest.approx(t, rel=CLOSE)
        assert result.notes == f"rbar = {rbar:.4g} over {pairs} overlapping pairs, from sums by day"


@pytest.mark.parametrize("held", [3, 4096])
def test_on_one_day_the_three_rbars_are_one(held: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(estimation_overlap, "HELD", held)
    y, x = market(2, EVENTS, M + L, correlation=0.3)
    given = made(y, x, estimation=M, before=BEFORE, named=NAMED, day0=[600] * EVENTS)
    for window in NAMED:
        found = [
            given.one(KolariPynnonen(rbar=how), window) for how in ("estimation_overlap", "calendar", "event_time")
        ]
        for other in found[1:]:
            assert found[0].statistic == pytest.approx(other.statistic, rel=CLOSE)
            assert found[0].notes == other.notes


def test_rbar_where_no_windows_overlap_or_none_long_enough() -> None:
    apart = returns(day0=1000 + 200 * np.arange(EVENTS))
    result = good(apart.one(KolariPynnonen(rbar="estimation_overlap"), "three"))
    assert result.notes == "rbar = 0 over 0 overlapping pairs"
    assert result.statistic == pytest.approx(apart.one(BMP(), "three").statistic, rel=CLOSE)
    touching = returns(day0=1000 + (M - 20) * np.arange(EVENTS))
    assert (
        touching.one(KolariPynnonen(rbar="estimation_overlap"), "three").notes
        == "rbar = 0, since no correlation could be estimated"
    )
