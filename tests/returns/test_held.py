"""What is read again from the panel a block at a time is what it is read at once."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from eventstudy import execution
from eventstudy.execution import Engine
from eventstudy.returns import MarketModel, Windows
from eventstudy.returns.aggregate import mean_and_error
from eventstudy.returns.bhar import BuyAndHold
from eventstudy.returns.held import HeldReturns, in_blocks, thin_days
from eventstudy.returns.models import MeanAdjustedModel
from tests.returns.test_abnormal import WINDOWS, run, windows_of

ENGINES = [None, Engine(name="threads", workers=2), Engine(name="processes", workers=2)]


@pytest.mark.parametrize("engine", ENGINES)
def test_blocks_of_events_come_in_their_order(
    panel_frame: pd.DataFrame, engine: Engine | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(execution, "BLOCK", 5)
    abnormal, _ = run(panel_frame, MarketModel("MKT"))
    blocks = list(in_blocks(abnormal, lambda block: block, engine))
    assert [len(block.ar) for block in blocks] == [5, 5, 2]
    for name in ("ar", "actual", "expected", "std_error"):
        found = np.concatenate([getattr(block, name) for block in blocks])
        np.testing.assert_array_equal(found, getattr(abnormal, name))
    none = list(in_blocks(abnormal.take(slice(0, 0)), lambda block: len(block.ar), engine))
    assert none == [0]


def test_held_returns_of_all_windows_at_once(panel_frame: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(execution, "BLOCK", 5)
    windows = Windows(estimation=(-130, -11), event=(-10, 10), named={"reaction": (0, 1), "all": (-10, 10)}, min_obs=60)
    for model, hold in ((MarketModel("MKT"), BuyAndHold()), (MeanAdjustedModel(), BuyAndHold(benchmark="model"))):
        abnormal, _ = run(panel_frame, model, windows=windows, hold=hold)
        made = HeldReturns(abnormal, windows.reported, Engine(name="threads", workers=2))
        for window in windows.reported:
            np.testing.assert_array_equal(made.of(window), abnormal.car(window).bhar)
        actual, compared = abnormal.actual, abnormal.source.benchmark
        by_hand = np.prod(1 + actual[:, 10:12], axis=1) - np.prod(1 + compared[:, 10:12], axis=1)
        there = ~np.isnan(by_hand)
        assert there.any()
        np.testing.assert_allclose(made.of(windows.window("reaction"))[there], by_hand[there], rtol=0, atol=1e-15)


def test_thin_days_are_those_without_a_move(panel_frame: pd.DataFrame) -> None:
    abnormal, _ = run(panel_frame, MarketModel("MKT"), windows=WINDOWS)
    counts = []
    for symbol in ("S00", "S01", "S02", "S03"):
        for offset in (200, 260, 330):
            returns = windows_of(panel_frame, symbol, offset)[1].to_numpy()
            counts.append(int(((returns == 0) | np.isnan(returns)).sum()))
    assert thin_days(abnormal).tolist() == counts
    assert sum(counts) > 0


@pytest.mark.parametrize("gaps", [0.0, 0.1])
def test_means_over_many_rows_are_sums_in_one_order(gaps: float) -> None:
    rng = np.random.default_rng(5)
    values = np.where(rng.random((9_001, 3)) < gaps, np.nan, rng.normal(0.01, 1, (9_001, 3)))
    mean, error, n = mean_and_error(values)
    there = ~np.isnan(values)
    assert n.tolist() == there.sum(axis=0).tolist()
    assert mean.tolist() == (np.where(there, values, 0.0).sum(axis=0) / n).tolist()
    squares = (np.where(there, values - mean, 0.0) ** 2).sum(axis=0)
    assert error.tolist() == np.sqrt(squares / (n - 1) / n).tolist()
    np.testing.assert_allclose(mean, np.nanmean(values, axis=0), rtol=1e-12)
