"""The ladder with bars against a plain program on random days: prices, legs, the market beside, where they stand."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from eventstudy.bars import BarPanel
from eventstudy.errors import Reason
from eventstudy.events import Events, place
from eventstudy.panels import PricePanel
from eventstudy.reactions import Clock, OrdinaryDays, Reaction, Reactions, measure_reactions
from tests.reactions.plain_ladder import Move, News, PlainLadder
from tests.reactions.random_bars import ZONES, BarMarket, random_bar_market

BETA = 1.3
CLOCKS = (Clock(), Clock(cutoff=0, opening=(5, 30, 120)), Clock(cutoff=30))
# Growth is a quotient of prices of about a hundred; standing divides by spreads of some tenths of a percent.
PRICE, STANDING = 1e-12, 1e-7


def measured(market: BarMarket, clock: Clock, ordinary: OrdinaryDays, seed: int) -> Reactions:
    """Measure the tables in any order of their rows, bars labelled by either end."""
    end = bool(seed % 2)
    shift = pd.Timedelta(minutes=market.minutes if end else 0)
    local = (market.bars["start"] + shift).dt.tz_convert(ZONES[market.exchange])
    bars = market.bars.drop(columns="start").assign(time=local.dt.strftime("%Y-%m-%d %H:%M:%S"))
    given = {"zone": "exchange", "calendar": market.exchange, "label": "end" if end else "start"}
    panel = BarPanel.from_frame(bars.sample(frac=1, random_state=seed), interval=60 * market.minutes, **given)
    daily = market.daily.assign(date=market.daily["date"].astype(str)).sample(frac=1, random_state=seed)
    rows = [
        {"announced_at": at.isoformat()} if isinstance(at, pd.Timestamp) else {"date": str(at), "timing": "before_open"}
        for at in market.news
    ]
    table = pd.DataFrame(rows).assign(event_id=[f"E{number}" for number in range(len(rows))])
    events = Events.from_frame(table.assign(symbol=market.symbols[0], calendar=market.exchange))
    return measure_reactions(
        events,
        place(events),
        PricePanel.from_frame(daily, calendar=market.exchange),
        benchmark=market.symbols[1],
        betas=dict.fromkeys(table["event_id"], BETA),
        bars=panel,
        clock=clock,
        ordinary=ordinary,
        days=1,
    )


def day0_of(market: BarMarket, at: object) -> int | None:
    """The first session that closes after the news, or that of a date before the open."""
    if not isinstance(at, pd.Timestamp):
        return next(place for place, day in enumerate(market.days) if day.date == at)
    return next((place for place, day in enumerate(market.days) if day.closes > at), None)


@pytest.mark.parametrize("seed", range(10))
def test_every_move_is_that_of_the_plain_ladder(seed: int) -> None:
    market, clock = random_bar_market(seed), CLOCKS[seed % 3]
    ordinary = OrdinaryDays(scale=("sd", "mad")[seed % 2], fewest=5, apart=seed % 3, sessions=30)
    plain = PlainLadder(market, clock)
    found = {each.event_id: each for each in measured(market, clock, ordinary, seed)}
    day0 = [day0_of(market, at) for at in market.news]
    checked = 0
    for number, (at, day) in enumerate(zip(market.news, day0, strict=True)):
        reaction = found.get(f"E{number}")
        if day is None:
            assert reaction is None
            continue
        assert reaction is not None
        assert reaction.day0 == market.days[day].date
        traded = plain.own.bars[day]["premarket"] or plain.own.bars[day]["session"]
        assert reaction.has_bars == bool(day and traded)
        if reaction.has_bars:
            news = plain.news_of(day, at) if isinstance(at, pd.Timestamp) else None
            own = [each for each in day0 if each is not None]
            quiet = [q for q in range(max(day - 30, 0), day) if all(abs(q - each) > ordinary.apart for each in own)]
            checked += compare(reaction, plain, day, news, quiet, ordinary)
    assert checked > 10


def compare(
    reaction: Reaction, plain: PlainLadder, day: int, news: News | None, quiet: list[int], ordinary: OrdinaryDays
) -> int:
    expected = plain.moves(day, news)
    others = [plain.moves(each, news) for each in quiet]
    daily = {"high", "low", "d1"}
    moves = {(str(m.kind), m.leg): m for m in (*reaction.whole, *reaction.moves) if m.leg not in daily}
    assert moves.keys() == expected.keys()
    for key, move in moves.items():
        mine = expected[key]
        assert move.raw == pytest.approx(mine.growth - 1, abs=PRICE, nan_ok=True), key
        assert mine.made or math.isnan(move.raw) or Reason.NO_PRINT in move.reasons, key
        assert not (mine.made and Reason.NO_PRINT in move.reasons), key
        # Of its own kind: printed as it was, and from a print, or from none, as it was (METHODS 6.4).
        alike = [each[key] for each in others if each[key].made and each[key].from_print == mine.from_print]
        alike = [each for each in alike if not math.isnan(each.growth)]
        beta = BETA if key == ("rung", "close") else leg_beta(alike, ordinary.fewest)
        assert move.expected == pytest.approx(beta * (mine.pace - 1), rel=STANDING, abs=STANDING, nan_ok=True), key
        if mine.made and not math.isnan(mine.growth):
            stands(move, mine, np.array([each.growth - 1 for each in alike]), ordinary)
    if not math.isnan(plain.own.base(day)):
        for part in ("after_hours", "premarket"):
            assert str(reaction.rung(part).grade) == plain.grade(day, part)
    return len(moves)


def leg_beta(alike: list[Move], fewest: int) -> float:
    """The slope of a leg on the same leg of the market over the ordinary days, that of whole days with too few."""
    pairs = np.array([(each.growth - 1, each.pace - 1) for each in alike if not math.isnan(each.pace)])
    if len(pairs) < fewest or np.var(pairs[:, 1]) == 0:
        return BETA
    return float(np.cov(pairs.T)[0, 1] / np.var(pairs[:, 1], ddof=1))


def stands(move: object, mine: Move, alike: np.ndarray, ordinary: OrdinaryDays) -> None:
    """METHODS 6.4, question 1: z = (x - mean) / sd or its robust form, p = (1 + #{|x_d| >= |x|}) / (1 + n)."""
    x = mine.growth - 1
    assert move.n == len(alike)
    if len(alike) < ordinary.fewest:
        assert math.isnan(move.z)
        return
    centre, width = alike.mean(), alike.std(ddof=1)
    if ordinary.scale == "mad":
        centre = np.median(alike)
        width = 1.4826 * np.median(np.abs(alike - centre))
    if width > PRICE:
        assert move.z == pytest.approx((x - centre) / width, rel=STANDING, abs=STANDING)
    # An unchanged price is a move of 0 or of a rounding error, and so are others: a tie may be told either way.
    least, most = ((np.abs(alike) >= abs(x) + slack).sum() for slack in (PRICE, -PRICE))
    assert 1 - (1 + most) / (1 + len(alike)) - 1e-9 <= move.percentile <= 1 - (1 + least) / (1 + len(alike)) + 1e-9
