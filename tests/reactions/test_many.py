from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from eventstudy.datasets import Alibaba
from eventstudy.errors import InputError, Reason, UnknownNameError
from eventstudy.reactions import (
    Reaction,
    battery,
    held,
    history,
    kept,
    kept_frame,
    leg_sample,
    move_statistics,
    moves_frame,
    price_contributions,
)
from eventstudy.reactions.holding import share_contributed
from eventstudy.reactions.many import gap_bucket
from tests.reactions.made import event_frame, measured, price_frame

CLOSES = [-0.0602, 0.0009, -0.0220, 0.0809, -0.0757, 0.1290]


@pytest.fixture(scope="module")
def twenty() -> tuple[Reaction, ...]:
    prices = pd.concat([price_frame(seed, 400, name, actions=False) for seed, name in ((1, "AAA"), (2, "BBB"))])
    events = [event_frame(*range(150, 390, 25), symbol=name) for name in ("AAA", "BBB")]
    return measured(prices, pd.concat(events, ignore_index=True))


def numbers(reactions: tuple[Reaction, ...], rung: str) -> np.ndarray:
    return np.array([each.rung(rung).raw_log for each in reactions])


def test_statistics_of_the_six_alibaba_reports(reactions: dict[str, Reaction], sample: Alibaba) -> None:
    frame = moves_frame(reactions.values(), sample.events)
    table = move_statistics(frame[(frame["leg"] == "close") & (frame["kind"] == "rung")])
    close = table.iloc[0]
    moves = np.array([each.rung("close").raw for each in reactions.values()])
    assert moves == pytest.approx(CLOSES, abs=6e-5)
    assert (close["n"], close["n_printed"], close["share_up"]) == (6, 6, 3 / 6)
    assert close["mean"] == pytest.approx(moves.mean(), abs=1e-15)
    assert close["median"] == pytest.approx(np.median(moves), abs=1e-15)
    assert close["std_error"] == pytest.approx(stats.sem(moves), rel=1e-12)
    low, high = stats.t.interval(0.95, 5, moves.mean(), stats.sem(moves))
    assert (close["ci_low"], close["ci_high"]) == (pytest.approx(low), pytest.approx(high))
    assert (close["mean_size"], close["min"], close["max"]) == pytest.approx(
        (np.abs(moves).mean(), moves.min(), moves.max())
    )


def test_groups(reactions: dict[str, Reaction], sample: Alibaba) -> None:
    frame = moves_frame(reactions.values(), sample.events, columns=["company"])
    close = frame[(frame["leg"] == "close") & (frame["kind"] == "rung")]
    by_year = move_statistics(close, ["year"]).set_index("year")
    assert by_year["n"].to_dict() == {2024: 3, 2025: 3}
    assert by_year.loc[2025, "mean"] == pytest.approx(np.mean(CLOSES[3:]), abs=6e-5)
    assert list(move_statistics(close, ["company"])["company"]) == ["Alibaba"]
    # The premarket quote is known of three reports.
    assert (
        move_statistics(frame[frame["leg"] == "premarket"])["n"].iloc[0]
        == frame[(frame["leg"] == "premarket") & frame["printed"]].shape[0]
    )
    with pytest.raises(UnknownNameError, match="Did you mean 'year'"):
        move_statistics(close, ["years"])
    with pytest.raises(InputError, match="give the events too"):
        moves_frame(reactions.values(), columns=["company"])


@pytest.mark.parametrize(
    ("gap", "words"),
    [(-0.11, "below -10%"), (-0.05, "-5% to -2%"), (0.0, "0% to +2%"), (0.019, "0% to +2%"), (0.3, "+10% and more")],
)
def test_gap_buckets(gap: float, words: str) -> None:
    assert gap_bucket(gap) == words


def test_kept_of_the_february_move(february: Reaction) -> None:
    shares = kept(february)
    assert shares["close"] == pytest.approx(0.0809285 / 0.11, abs=1e-5)
    assert kept(february, "open", ["close"])["close"] == pytest.approx(0.0809285 / 0.0955561, abs=1e-5)
    frame = kept_frame([february])
    assert list(frame.columns) == ["event_id", "premarket", "left_at_open", "left_at_close", "left_at_d5"]
    small = dataclasses.replace(
        february, moves=tuple(dataclasses.replace(m, raw=0.009) if m.leg == "premarket" else m for m in february.moves)
    )
    assert np.isnan(kept(small)["close"])


def test_held_against_a_regression_by_statsmodels(twenty: tuple[Reaction, ...]) -> None:
    import statsmodels.api as sm

    found = held(twenty, "open", "close", draws=500, seed=3)
    x, y = numbers(twenty, "open"), numbers(twenty, "close")
    fit = sm.OLS(y, sm.add_constant(x)).fit(cov_type="HC3", use_t=True)
    assert (found.n, found.reason) == (len(x), Reason.OK)
    assert (found.slope, found.slope_error) == pytest.approx((fit.params[1], fit.bse[1]), rel=1e-9)
    assert (found.slope_low, found.slope_high) == pytest.approx(tuple(fit.conf_int()[1]), rel=1e-9)
    assert found.share == pytest.approx((np.sign(x) * y).sum() / np.abs(x).sum(), rel=1e-12)
    assert found.share_low < found.share < found.share_high
    moved_on = np.sign(y - x) == np.sign(x)
    assert found.continued == moved_on.mean()
    from statsmodels.stats.proportion import proportion_confint

    assert (found.continued_low, found.continued_high) == pytest.approx(
        proportion_confint(moved_on.sum(), len(x), method="wilson"), rel=1e-9
    )
    assert held(twenty, "open", "close", draws=500, seed=3) == found


def test_held_needs_three_events_and_two_rungs(february: Reaction) -> None:
    assert held([february]).reason is Reason.NEEDS_THREE_EVENTS
    with pytest.raises(InputError, match="name a later rung"):
        held([february], "close", "close")


def test_contributions_by_hand(twenty: tuple[Reaction, ...]) -> None:
    gap, session = price_contributions(twenty, draws=300)
    total, own = numbers(twenty, "close"), numbers(twenty, "open")
    weights = np.abs(total) / np.abs(total).sum()
    assert gap.share == pytest.approx((weights * own / total).sum(), rel=1e-10)
    assert gap.share + session.share == pytest.approx(1.0, abs=1e-12)
    without = [share_contributed(np.delete(own, i), np.delete(total, i)) for i in range(len(own))]
    n = len(own)
    assert gap.std_error == pytest.approx(np.sqrt((n - 1) / n * np.sum((without - np.mean(without)) ** 2)), rel=1e-12)
    assert gap.low < gap.share < gap.high
    assert gap.slope == pytest.approx(np.polyfit(own, total, 1)[0], rel=1e-9)


def test_history_marks_the_event_asked_for(reactions: dict[str, Reaction]) -> None:
    every = list(reactions.values())
    latest = history(every, "BABA")
    assert (len(latest), latest.larger_than, latest.rank) == (6, 5, 1)
    # The largest of six: the empirical p-value is one sixth.
    assert latest.percentile == 5 / 6
    february = history(every, "BABA", event_id="BABA-2024Q4")
    assert (len(february), february.larger_than) == (4, 3)
    assert february.percentile == 3 / 4
    assert february.sentence == "The move of BABA to the close, +8.09%, was larger than 3 of its last 3 reports."
    assert history(every, "BABA", event_id="BABA-2024Q1").sentence == (
        "There is no earlier report of BABA to compare with."
    )
    with pytest.raises(UnknownNameError, match="Did you mean 'BABA'"):
        history(every, "BABBA")
    with pytest.raises(UnknownNameError, match="BABA-2024Q4"):
        history(every, "BABA", event_id="BABA-2024Q9")


def test_the_battery_on_a_leg(twenty: tuple[Reaction, ...]) -> None:
    mean, bmp = battery(twenty, "session", "leg", measure="raw")
    moves = np.array([each.leg("session").raw for each in twenty])
    t = stats.ttest_1samp(moves, 0.0)
    assert (mean.test, mean.statistic, mean.p_value) == (
        "cross_sectional",
        pytest.approx(t.statistic),
        pytest.approx(t.pvalue),
    )
    sample = leg_sample(twenty, "session", "leg", measure="raw")
    spread = [(move.raw, move.z, move.ordinary_sd) for move in (each.leg("session") for each in twenty)]
    assert sample.std_error.tolist() == [sd for *_, sd in spread]
    standardised = moves / sample.std_error
    assert bmp.statistic == pytest.approx(standardised.mean() / stats.sem(standardised), rel=1e-10)
    with pytest.raises(InputError, match="reads residuals of an estimation window"):
        battery(twenty, "close", tests=["generalized_sign"])


def test_a_test_that_standardises_takes_the_moves_with_an_ordinary_spread(twenty: tuple[Reaction, ...]) -> None:
    def without(each: Reaction) -> Reaction:
        moves = tuple(dataclasses.replace(move, ordinary_sd=np.nan) for move in each.moves)
        return dataclasses.replace(each, moves=moves)

    some = [without(each) if place in (0, 7) else each for place, each in enumerate(twenty)]
    mean, bmp = battery(some, "session", "leg", measure="raw")
    moves = [each.leg("session") for each in some]
    standardised = [move.raw / move.ordinary_sd for move in moves if not np.isnan(move.ordinary_sd)]
    assert (mean.n, bmp.n) == (len(twenty), len(twenty) - 2)
    assert bmp.statistic == pytest.approx(np.mean(standardised) / stats.sem(standardised), rel=1e-10)
    assert mean.statistic == pytest.approx(stats.ttest_1samp([move.raw for move in moves], 0.0).statistic)
    none = battery([without(each) for each in twenty], "session", "leg", measure="raw", tests=["bmp"])
    assert [each.reason for each in none] == [Reason.NO_HISTORY]


def test_abnormal_moves_without_a_benchmark_are_no_sample(twenty: tuple[Reaction, ...]) -> None:
    assert len(leg_sample(twenty, "close")) == 0
    with pytest.raises(UnknownNameError, match="Did you mean 'raw'"):
        leg_sample(twenty, "close", measure="rav")


def test_few_own_events_are_shrunk_towards_peers(twenty: tuple[Reaction, ...]) -> None:
    by_symbol = {name: [each for each in twenty if each.symbol == name] for name in ("AAA", "BBB")}
    first, second = by_symbol["AAA"][0].rung("close").own, by_symbol["AAA"][2].rung("close").own
    assert first is not None
    assert (first.n, first.peers, first.reason) == (0, 0, Reason.NO_HISTORY)
    assert second is not None
    own = [each.rung("close").raw for each in by_symbol["AAA"][:2]]
    peers = [each.rung("close").raw for each in by_symbol["BBB"][:2]]
    square = (2 * np.mean(np.square(own)) + 4 * np.mean(np.square(peers))) / 6
    x = by_symbol["AAA"][2].rung("close").raw
    assert (second.n, second.peers, second.df) == (2, 2, 6)
    assert second.t == pytest.approx(x / np.sqrt(square), rel=1e-10)
    assert second.p_value == pytest.approx(2 * stats.t.sf(abs(second.t), 6), rel=1e-9)
    eighth = by_symbol["AAA"][8].rung("close").own
    assert eighth is not None
    assert (eighth.n, eighth.peers, eighth.df) == (8, 0, 8)
