"""The honesty panel, the log of trials, placebos."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from eventstudy.backtest import Backtest, BacktestResult, Costs, Limits, Trials, audit, walk_forward
from eventstudy.backtest.placebo import placebo, shifted
from eventstudy.backtest.relocate import move, random_firms
from eventstudy.errors import InputError
from eventstudy.events import place
from tests.backtest.made import day, events, random_events, random_market

PRICES = random_market(3)
EVENTS = random_events(5)


def run(**options: object) -> BacktestResult:
    rule = {"limits": Limits(positions=6), "exit_after": 8} | options
    return Backtest(**rule).run(EVENTS, PRICES)  # type: ignore[arg-type]


def test_the_tool_counts_the_variants() -> None:
    trials = Trials()
    for held in (3, 5, 8, 5):
        result = Backtest(exit_after=held, limits=Limits(positions=6)).run(EVENTS, PRICES, trials=trials)
        trials = result.trials
    assert trials.count == 3
    known = list(trials.sharpe.values())
    assert trials.spread == pytest.approx(np.std(known, ddof=1))
    assert result.performance["trials"]["count"] == 3
    net = result.performance["net"]
    assert net["deflated_sharpe"]["value"] < net["probabilistic_sharpe"]["value"]


def test_the_same_rule_is_the_same_variant_and_another_is_not() -> None:
    assert run().digest == run().digest
    assert run().digest != run(stop=0.1).digest
    assert run(side=lambda view: view.values["surprise"]).digest != run(side=lambda view: 1.0).digest  # noqa: ARG005
    assert run().digest != run(costs=Costs(half_spread=0.001)).digest


def test_the_log_survives_in_its_folder(tmp_path: Path) -> None:
    log = Trials().record("a", 0.1).record("b", float("nan"))
    log.save(tmp_path)
    read = Trials.load(tmp_path)
    assert read.count == 2
    assert read.sharpe["a"] == 0.1
    assert np.isnan(read.sharpe["b"])
    assert Trials.load(tmp_path / "none").count == 0
    (tmp_path / "trials.json").write_text("[]", encoding="utf-8")
    with pytest.raises(InputError, match="is no log of trials"):
        Trials.load(tmp_path)


def test_walk_forward_chooses_what_was_best_before() -> None:
    variants = [run(exit_after=8, side=side) for side in ("sign(surprise)", "-sign(surprise)")]
    walked = walk_forward(variants, folds=4)
    returns = np.stack([each.excess_returns for each in variants])
    edges = np.linspace(0, returns.shape[1], 5).astype(int)
    for fold, (start, chosen) in enumerate(zip(edges[1:-1], walked.chosen, strict=True)):
        train = returns[:, : start - 9]
        best = int(np.argmax(train.mean(axis=1) / train.std(axis=1, ddof=1)))
        assert chosen == variants[best].digest[:12], fold
    assert walked.whole.sessions == sum(part.sessions for part in walked.folds) == returns.shape[1] - edges[1]
    with pytest.raises(InputError, match="different days"):
        walk_forward([variants[0], run(exit_after=20)])
    with pytest.raises(InputError, match="folds is 1"):
        walk_forward(variants, folds=1)


def test_samples_do_not_touch() -> None:
    """Between them lie as many sessions as a position is held."""
    result = run()
    first, second = result.honesty(draws=0).parts
    days = result.dates.astype(str).tolist()
    assert days.index(second.first) - days.index(first.last) == 8 + 1 + 1
    assert first.sessions == int(0.7 * len(result.returns))
    with pytest.raises(InputError, match="in_sample is 1"):
        result.honesty(in_sample=1.0)


@pytest.mark.parametrize("kind", ["dates", "firms"])
def test_a_real_effect_stands_out_of_its_placebos(kind: str) -> None:
    """Events whose sign is that of the five sessions after them beat every draw; noise does not."""
    rule = Backtest(exit_after=5, entry="close", limits=Limits(positions=6))
    base = rule.run(EVENTS, PRICES)
    tape, codes, day0 = base.market.tape, base.market.codes, base.market.clock.placed.day0
    ahead = np.prod(1 + tape.window(tape.total_return, codes, day0 + 1, 5), axis=1) - 1
    table = EVENTS.with_columns(values={"surprise": np.sign(ahead)})
    real = placebo(rule, rule.run(table, PRICES).market, kind, draws=39, seed=1)
    assert real.percentile == 1.0
    assert real.p_value == 1 / 40
    percentiles = []
    for seed in range(10):
        signs = np.random.default_rng(seed).normal(size=len(EVENTS))
        market = rule.run(EVENTS.with_columns(values={"surprise": signs}), PRICES).market
        percentiles.append(placebo(rule, market, kind, draws=19, seed=seed).percentile)
    # The mean of ten uniforms has a standard error of 0.09.
    assert 0.25 < np.mean(percentiles) < 0.75
    again = placebo(rule, market, kind, draws=19, seed=9)
    np.testing.assert_array_equal(again.draws, placebo(rule, market, kind, draws=19, seed=9).draws)


def test_moved_events_keep_hour_and_values() -> None:
    table = events(
        [
            {"symbol": "AAA", "day": 5, "timing": "after_close", "size": 1.0},
            {"symbol": "BBB", "day": 5, "timing": "before_open", "size": 2.0},
            {"symbol": "CCC", "day": 5, "announced_at": f"{day(5)}T07:02:00-05:00", "size": 3.0},
        ]
    )
    placed = place(table)
    # To the other side of the change to summer time.
    moved = move(table, placed, placed.day0 + 60)
    again = place(moved)
    assert (again.day0 - placed.day0).tolist() == [60, 60, 60]
    assert again.phase.tolist() == placed.phase.tolist()
    assert str(moved.announced_at[2])[11:] == "11:02:00"
    assert moved.values["size"].tolist() == [1.0, 2.0, 3.0]


def test_a_session_later_is_a_session_later() -> None:
    rule = Backtest(exit_after=5, limits=Limits(positions=6))
    market = rule.run(EVENTS, PRICES).market
    assert shifted(rule, market, 0) == pytest.approx(rule.run(EVENTS, PRICES).orders.gross)
    assert (shifted(rule, market, 1) != shifted(rule, market, 0)).any()


def test_random_firms_keep_their_dates() -> None:
    market = run().market
    drawn = random_firms(market, np.random.default_rng(0))
    assert (drawn.date == EVENTS.date).all()
    assert (drawn.symbol != EVENTS.symbol).mean() > 0.8


def test_the_verdict_speaks_against() -> None:
    said = " ".join(run(costs=Costs(half_spread=0.05)).honesty(draws=9).verdict)
    assert "After costs nothing was earned." in said
    assert "below 95%" in said
    few = Backtest(exit_after=3).run(EVENTS.take([0, 1]), PRICES).honesty(draws=0)
    assert "2 trades are too few to tell skill from luck." in few.verdict


def test_concentration_is_by_position() -> None:
    result = run()
    shares = result.honesty(draws=0).concentration
    net = result.positions["net"]
    if net.sum() > 0:
        assert shares["best_five_trades"] == pytest.approx(net.nlargest(5).sum() / net.sum())
        by_name = result.positions.groupby("symbol")["net"].sum()
        assert shares["best_name"] == pytest.approx(by_name.max() / net.sum())
    else:
        assert all(np.isnan(each) for each in shares.values())


def test_the_order_of_the_events_does_not_show() -> None:
    """Draws go through the events one after another, in one order whatever order they came in."""
    turned = EVENTS.take(np.arange(len(EVENTS))[::-1])
    one, two = (Backtest(exit_after=3).run(given, PRICES) for given in (EVENTS, turned))
    placebos = one.honesty(draws=9).as_dict()["placebos"]
    assert np.isfinite([each["mean"] for each in placebos]).all()
    assert placebos == two.honesty(draws=9).as_dict()["placebos"]
    pd.testing.assert_frame_equal(one.order_table, two.order_table)
    found, again = (audit(Backtest(exit_after=3), given, PRICES, draws=9) for given in (EVENTS, turned))
    assert found.findings == again.findings
