"""A leg of the bars as what a study measures: by hand, against the ladder, and against numpy's line."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from eventstudy.bars import BarPanel
from eventstudy.config import check, load
from eventstudy.errors import InputError, UnknownNameError
from eventstudy.events import Events
from eventstudy.panels import FactorPanel, PricePanel
from eventstudy.reactions import Clock, Leg, leg_returns
from eventstudy.returns import FactorModel, MarketModel, Windows
from eventstudy.study import Study
from tests.made_up import FIRST, SESSIONS
from tests.reactions.made import event_frame, price_frame, tiny_frame
from tests.reactions.made_bars import bar_frame, panel_of, random_days

DAYS = {
    0: [("15:55", 100.0), ("16:00", 101.0), ("16:30", 102.0)],
    1: [("08:00", 103.0), ("09:20", 105.0), ("09:25", 90.0), ("09:30", 104.5), ("09:55", 106.0), ("15:55", 110.0)],
    # Nothing before the open of the third session.
    2: [("09:30", 111.0), ("15:55", 121.0)],
}
# A dividend of 2 is paid on the second session: the close before it counts for 98.
TINY = tiny_frame([100.0, 110.0, 121.0], open=[100.0, 104.0, 110.0], dividend=[0.0, 2.0, 0.0])

SESSION_COUNT = 80
PRICES = pd.concat([price_frame(7, SESSION_COUNT), price_frame(8, SESSION_COUNT, "MKT")], ignore_index=True)
BARS = panel_of(
    bar_frame(random_days(1, price_frame(7, SESSION_COUNT), chance=0.95)),
    bar_frame(random_days(2, price_frame(8, SESSION_COUNT), chance=0.95), "MKT"),
)
WINDOWS = Windows(estimation=(-55, -6), event=(-1, 1), named={"news": (0, 0)}, min_obs=20)


@pytest.mark.parametrize(
    ("start", "end", "second", "third"),
    [
        # The price after hours is before the dividend is paid: it moved from 100.
        ("previous_close", "after_hours", 102 / 100, np.nan),
        ("previous_close", "premarket", 105 / 98, np.nan),
        ("after_hours", "premarket", 105 / 98 / 1.02, np.nan),
        # Where nothing was printed before the open, the leg begins at the price before: the close.
        ("premarket", "open", 104 / 105, 1.0),
        ("after_hours", "open", 104 / 98 / 1.02, 1.0),
        ("open", "first_30", 106 / 104, 111 / 110),
        ("open", "first_5", 104.5 / 104, 111 / 110),
        ("first_5", "first_30", 106 / 104.5, 1.0),
        ("first_30", "close", 110 / 106, 121 / 111),
        ("open", "close", 110 / 104, 121 / 110),
    ],
)
def test_legs_by_hand(start: str, end: str, second: float, third: float) -> None:
    panel = leg_returns(PricePanel.from_frame(TINY), panel_of(bar_frame(DAYS)), Leg(start=start, end=end))
    np.testing.assert_allclose(panel.values, [np.nan, second - 1, third - 1][: len(panel.values)], rtol=1e-12)


def test_a_leg_by_another_cutoff() -> None:
    prices, bars = PricePanel.from_frame(TINY), panel_of(bar_frame(DAYS))
    early = leg_returns(prices, bars, Leg(), Clock(cutoff=60))
    assert early.values[1] == pytest.approx(103 / 98 - 1, rel=1e-12)


def test_successive_legs_compound_to_the_whole_move() -> None:
    prices = PricePanel.from_frame(PRICES)
    points = ["previous_close", "after_hours", "premarket", "open", "first_30", "close"]
    legs = [leg_returns(prices, BARS, Leg(start=a, end=b)).values for a, b in pairwise(points)]
    whole = np.prod(1.0 + np.array(legs), axis=0) - 1.0
    there = np.isfinite(whole)
    assert there.sum() > 100
    # Of the shares of the session and without its dividend: S P / (C - D) - 1, METHODS 1.1.
    before = np.roll(prices.close, 1)
    by_hand = prices.split * prices.close / (before - prices.dividend) - 1.0
    np.testing.assert_allclose(whole[there], by_hand[there], atol=1e-12)


def test_abnormal_returns_of_a_leg_are_those_of_a_line_through_it() -> None:
    leg = Leg(start="open", end="first_30")
    day0 = 70
    study = Study(
        windows=WINDOWS, models=[MarketModel("MKT")], tests=["t"], returns=leg, reaction=False, screens=(), name="leg"
    )
    events = Events.from_frame(event_frame(day0))
    result = study.run(events, PricePanel.from_frame(PRICES), bars=BARS)

    def by_hand(seed: int, days: dict[int, list[tuple[str, float]]]) -> np.ndarray:
        opened = price_frame(seed, SESSION_COUNT)["open"].to_numpy()
        last = [[price for time, price in days[k] if "09:30" <= time < "10:00"][-1] for k in range(SESSION_COUNT)]
        return np.asarray(np.array(last) / opened - 1.0)

    y = by_hand(7, random_days(1, price_frame(7, SESSION_COUNT), chance=0.95))
    x = by_hand(8, random_days(2, price_frame(8, SESSION_COUNT), chance=0.95))
    used = slice(day0 - 55, day0 - 5)
    slope, level = np.polyfit(x[used], y[used], 1)
    (car,) = result.cars["car"]
    assert car == pytest.approx(y[day0] - level - slope * x[day0], rel=1e-10)
    (bhar,) = result.cars["bhar"]
    assert bhar == pytest.approx(y[day0] - x[day0], rel=1e-10)


def test_a_session_without_a_print_has_no_return_and_a_reason() -> None:
    days = random_days(3, price_frame(7, SESSION_COUNT), chance=0.8)
    days[70] = [bar for bar in days[70] if bar[0] >= "09:30"]
    bars = panel_of(bar_frame(days), bar_frame(random_days(2, price_frame(8, SESSION_COUNT), chance=0.95), "MKT"))
    study = Study(windows=WINDOWS, benchmark="MKT", tests=["t"], returns=Leg(), reaction=False, screens=())
    result = study.run(Events.from_frame(event_frame(70)), PricePanel.from_frame(PRICES), bars=bars)
    assert result.cars["reason"].tolist() == ["incomplete_window"]


def test_complaints() -> None:
    events, prices = Events.from_frame(event_frame(70)), PricePanel.from_frame(PRICES)
    study = Study(windows=WINDOWS, benchmark="MKT", returns=Leg(), reaction=False)
    with pytest.raises(InputError, match="does not run forward"):
        Leg(start="open", end="premarket")
    with pytest.raises(UnknownNameError, match="lunch"):
        Leg(end="lunch")
    with pytest.raises(InputError, match="needs bars"):
        study.run(events, prices)
    with pytest.raises(InputError, match="The benchmark MKT of market has no bars"):
        study.run(events, prices, bars=BARS.select(["AAA"]))
    with pytest.raises(InputError, match="no symbol of the prices"):
        leg_returns(prices, BARS.select([]), Leg())
    with pytest.raises(InputError, match="300 seconds don't tell"):
        leg_returns(prices, BARS, Leg(start="open", end="first_2"))
    factors = FactorPanel.from_frame(
        pd.DataFrame({"date": SESSIONS[FIRST : FIRST + SESSION_COUNT], "hml": 0.001, "rf": 0.0})
    )
    with pytest.raises(InputError, match=r"measures a part of that time \(leg\); use a benchmark that has bars"):
        Study(windows=WINDOWS, models=[FactorModel(("hml",))], returns=Leg()).run(events, prices, factors, bars=BARS)


def test_through_a_configuration(tmp_path: Path) -> None:
    PRICES.to_csv(tmp_path / "prices.csv", index=False)
    event_frame(70, 72).to_csv(tmp_path / "events.csv", index=False)
    BARS.to_frame().to_csv(tmp_path / "bars.csv", index=False)
    path = tmp_path / "leg.yaml"
    path.write_text(
        """
        events: {source: csv, path: events.csv}
        prices: {source: csv, path: prices.csv}
        bars: {source: csv, path: bars.csv, interval: 300, label: start}
        benchmark: MKT
        windows: {estimation: [-55, -6], event: [-1, 1], min_obs: 20}
        returns: {start: open, end: first_30}
        reaction: false
        """,
        encoding="utf-8",
    )
    configured = load(path)
    assert configured.study.returns == Leg(start="open", end="first_30")
    assert check(configured).kept == 2
    result = configured.run()
    direct = configured.study.run(
        Events.from_frame(event_frame(70, 72)), PricePanel.from_frame(PRICES), bars=_again(BARS)
    )
    np.testing.assert_allclose(result.cars["car"], direct.cars["car"], rtol=1e-9)
    assert result.results.summary["provenance"]["study"]["returns"] == {"start": "open", "end": "first_30"}


def _again(bars: BarPanel) -> BarPanel:
    return BarPanel.from_frame(bars.to_frame(), interval=300, label="start")


def test_a_leg_knows_neither_shares_nor_gaps() -> None:
    prices, events = PricePanel.from_frame(PRICES), Events.from_frame(event_frame(70))
    study = Study(models=["market"], benchmark="MKT", windows=WINDOWS, returns=Leg(), reaction=False)
    shares = pd.DataFrame({"symbol": ["AAA"], "date": [str(SESSIONS[FIRST])], "shares": [1e6]})
    words = r"^Shares outstanding, and returns from trade to trade, don't go with a leg of the bars\.$"
    with pytest.raises(InputError, match=words):
        study.run(events, prices, bars=BARS, shares=shares)
    with pytest.raises(InputError, match=words):
        replace(study, missing="trade_to_trade").run(events, prices, bars=BARS)
