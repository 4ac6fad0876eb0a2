"""Reactions in a row: the same one alone, among others, in one block or several, as a record or as rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from eventstudy.errors import Reason
from eventstudy.reactions import Reactions, ladder, reactions_frame
from eventstudy.reactions.peers import peers_of
from tests.reactions.made import event_frame, measured, price_frame

SYMBOLS = ("AAA", "BBB", "CCC")


@pytest.fixture(scope="module")
def prices() -> pd.DataFrame:
    frame = pd.concat([price_frame(seed, 400, name) for seed, name in enumerate(SYMBOLS)], ignore_index=True)
    hole = np.random.default_rng(4).random(len(frame)) < 0.05
    frame.loc[hole, ["open", "high"]] = np.nan
    return frame


@pytest.fixture(scope="module")
def events() -> pd.DataFrame:
    quotes = {"premarket_quote": [0.05, np.nan, np.nan, -0.02, 0.01]}
    tables = [event_frame(*range(20 + 7 * at, 399, 80), symbol=name, **quotes) for at, name in enumerate(SYMBOLS)]
    return pd.concat(tables, ignore_index=True)


@pytest.fixture(scope="module")
def many(prices: pd.DataFrame, events: pd.DataFrame) -> Reactions:
    betas = {f"{row.symbol}-{row.date}": 1.1 for row in events.iloc[1:].itertuples()}
    return measured(prices, events, benchmark="CCC", betas=betas)


def test_rows_of_arrays_are_rows_of_records(many: Reactions) -> None:
    records = reactions_frame([*many])
    pd.testing.assert_frame_equal(reactions_frame(many), records, check_exact=True)
    assert {*records["reason"]} >= {"", Reason.NO_PRICE, f"{Reason.NO_BETA}; {Reason.NO_HISTORY}"}
    assert (records["price_source"] == "quoted").sum() == len(many)


def test_blocks_of_symbols_change_nothing(
    many: Reactions, prices: pd.DataFrame, events: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ladder, "MOST_SESSIONS", 1)
    betas = dict(zip(many.event_id, many.beta.tolist(), strict=True))
    assert repr([*measured(prices, events, benchmark="CCC", betas=betas)]) == repr([*many])


def test_an_event_has_the_ladder_of_its_symbol_alone(
    many: Reactions, prices: pd.DataFrame, events: pd.DataFrame
) -> None:
    alone = measured(prices, events[events["symbol"] == "BBB"].iloc[::-1])
    wanted = reactions_frame([each for each in many if each.symbol == "BBB"][::-1])
    columns = ["event_id", "leg", "kind", "start", "end", "price", "raw", "raw_log", "n", "z", "percentile"]
    pd.testing.assert_frame_equal(reactions_frame(alone)[columns], wanted[columns], check_exact=True)


def test_a_sequence_of_records(many: Reactions) -> None:
    assert len(many) == 15
    assert many[-1].event_id == many.event_id[14]
    assert [each.event_id for each in many[1:3]] == many.event_id[1:3].tolist()
    assert repr(many.named(many.event_id[4])) == repr(many[4])
    assert many.named("nobody") is None
    assert not many.has_bars.any()
    assert repr(many) == "Reactions(15 events)"
    with pytest.raises(IndexError):
        many[15]


def test_peers_by_a_plain_loop() -> None:
    rng = np.random.default_rng(2)
    symbol = rng.choice(np.array(["A", "B", "C", "D"], dtype=object), 60)
    day0 = np.datetime64("2025-01-02") + rng.integers(0, 25, 60)
    moves = rng.normal(0, 0.05, (60, 2))
    moves[rng.random(moves.shape) < 0.2] = np.nan
    square, peers = peers_of(symbol, day0, moves)
    for row in range(60):
        earlier = moves[(symbol != symbol[row]) & (day0 < day0[row])]
        for column in range(2):
            known = earlier[~np.isnan(earlier[:, column]), column]
            assert peers[row, column] == len(known)
            if len(known):
                assert square[row, column] == pytest.approx(np.mean(known**2), rel=1e-12)
            else:
                assert np.isnan(square[row, column])
