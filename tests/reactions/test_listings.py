from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from eventstudy.bars import BarPanel
from eventstudy.errors import InputError
from eventstudy.events import Events
from eventstudy.panels import PricePanel
from eventstudy.reactions import Listings, two_listings

BOTH = ("BABA", "9988.HK")
# Thursday 20 February 2025: before New York's open, after Hong Kong's close.
NEWS = "2025-02-20T05:36-05:00"


@pytest.fixture(scope="module")
def event() -> Events:
    return Events.from_frame(
        pd.DataFrame({"event_id": ["Q4"], "symbol": ["BABA"], "announced_at": [NEWS], "company": ["Alibaba"]})
    )


@pytest.fixture(scope="module")
def prices() -> PricePanel:
    """Return New York as it was and made-up prices of Hong Kong; the fifth row of each is day 2."""
    new_york = [("2025-02-19", 126.0, 125.79), ("2025-02-20", 137.81, 135.97), ("2025-02-21", 145.0, 143.75)]
    hong_kong = [("2025-02-19", 121.0, 122.0), ("2025-02-20", 121.0, 120.0), ("2025-02-21", 134.4, 138.0)]
    later = {"BABA": ("2025-02-24", 136.0, 129.04), "9988.HK": ("2025-02-24", 139.0, 132.0)}
    rows = [
        (symbol, *row) for symbol, own in zip(BOTH, (new_york, hong_kong), strict=True) for row in [*own, later[symbol]]
    ]
    return PricePanel.from_frame(pd.DataFrame(rows, columns=["symbol", "date", "open", "close"]))


@pytest.fixture(scope="module")
def both(event: Events, prices: PricePanel) -> Listings:
    return two_listings(event, BOTH, prices)


def test_each_listing_has_its_own_day_zero(both: Listings) -> None:
    assert (str(both.first.day0), both.first.base_price) == ("2025-02-20", 125.79)
    # Hong Kong had closed at 08:00 UTC, two and a half hours before the news.
    assert (str(both.second.day0), both.second.base_price) == ("2025-02-21", 120.0)
    assert both.second.rung("open").raw == pytest.approx(134.4 / 120 - 1, abs=1e-15)


def test_the_prices_of_both_in_the_order_of_time(both: Listings) -> None:
    told = [(str(each.time)[5:16], each.symbol, each.what) for each in both.quotes]
    assert told[:6] == [
        ("02-19T21:00", "BABA", "base"),
        ("02-20T08:00", "9988.HK", "base"),
        ("02-20T14:30", "BABA", "open"),
        ("02-20T21:00", "BABA", "close"),
        ("02-21T01:30", "9988.HK", "open"),
        ("02-21T08:00", "9988.HK", "close"),
    ]
    by_what = {(each.symbol, each.what): each for each in both.quotes}
    opened = by_what["9988.HK", "open"]
    assert opened.other == pytest.approx(135.97 / 125.79 - 1, abs=1e-15)
    assert by_what["BABA", "d1"].other == pytest.approx(138 / 120 - 1, abs=1e-15)
    assert np.isnan(by_what["BABA", "base"].other)
    frame = both.to_frame()
    assert frame["time"].is_monotonic_increasing
    assert list(frame.columns) == ["time", "symbol", "what", "price", "move", "other"]


def test_in_words(both: Listings) -> None:
    assert both.sentences == (
        (
            "BABA could react first, at its open of 2025-02-20 14:30 UTC (+9.56%); 9988.HK at its open of "
            "2025-02-21 01:30 UTC (+12.00%)."
        ),
        (
            "By then BABA had moved +8.09%, so that the first price of 9988.HK stood +3.91 points from it, each in its "
            "own currency."
        ),
    )


@pytest.mark.parametrize("both", [("RY", "RY.TO"), ("RY.TO", "RY")])
def test_two_exchanges_that_open_together_have_no_first(event: Events, both: tuple[str, str]) -> None:
    """Made-up prices of New York and Toronto, whichever is named first."""
    moves = {"RY": (137.81, 135.97, 125.79), "RY.TO": (56.0, 57.0, 50.0)}
    rows = [
        (symbol, *row)
        for symbol, (opened, closed, base) in moves.items()
        for row in (("2025-02-19", base, base), ("2025-02-20", opened, closed))
    ]
    prices = PricePanel.from_frame(pd.DataFrame(rows, columns=["symbol", "date", "open", "close"]))
    found = two_listings(event, both, prices, days=0)
    told = {"RY": "RY, by its open (+9.56%)", "RY.TO": "RY.TO, by its open (+12.00%)"}
    assert str(found) == (
        f"{told[both[0]]}, and {told[both[1]]}, could react at the same time, 2025-02-20 14:30 UTC, each in its own "
        "currency."
    )
    frame = found.to_frame().set_index(["what", "symbol"])
    for symbol, other in (("RY", "RY.TO"), ("RY.TO", "RY")):
        assert frame.loc[("open", symbol), "other"] == frame.loc[("open", other), "move"]


def test_the_text_is_the_sentences(both: Listings) -> None:
    assert str(both) == " ".join(both.sentences)


def test_bars_of_both_on_one_clock(event: Events, prices: PricePanel) -> None:
    def frame(symbol: str, bars: list[tuple[str, float]]) -> pd.DataFrame:
        made = pd.DataFrame(bars, columns=["time", "close"]).assign(symbol=symbol)
        return made.assign(open=made["close"], high=made["close"], low=made["close"])

    new_york = [("2025-02-19 15:55", 125.79), ("2025-02-20 06:00", 138.0), ("2025-02-20 09:20", 139.0)]
    hong_kong = [("2025-02-20 15:55", 120.0), ("2025-02-21 09:30", 135.0), ("2025-02-21 10:00", 136.0)]
    bars = BarPanel.from_frame(
        pd.concat([frame("BABA", [*new_york, ("2025-02-20 15:55", 135.97)]), frame("9988.HK", hong_kong)]),
        interval=300,
        label="start",
        zone="exchange",
    )
    both = two_listings(event, BOTH, prices, bars=bars, days=1)
    told = {(each.symbol, each.what): (str(each.time)[5:16], round(each.move, 4)) for each in both.quotes}
    assert told["BABA", "premarket"] == ("02-20T14:25", round(139 / 125.79 - 1, 4))
    assert told["9988.HK", "first_5"] == ("02-21T01:35", 0.125)
    assert both.sentences[0].startswith("BABA could react first, at its premarket first of 2025-02-20 11:00 UTC")
    assert both.first.has_bars
    assert both.second.has_bars


def test_real_bars_of_new_york_beside_daily_prices_of_hong_kong(event: Events, shared_data: Path) -> None:
    read = pd.read_csv(shared_data / "market" / "baba" / "bars_5min_2025_2026" / "BABA_5min.csv")
    bars = BarPanel.from_frame(
        read.rename(columns={"datetime": "time"}).assign(symbol="BABA"), zone="exchange", label="start"
    )
    daily = pd.DataFrame(
        {
            "date": ["2025-11-25", "2025-11-26", "2025-11-24", "2025-11-25", "2025-11-26"],
            "symbol": ["9988.HK"] * 2 + ["BABA"] * 3,
            "open": [155.0, 153.0, 158.0, 165.2, 157.0],
            "close": [156.0, 154.0, 160.81, 157.01, 157.6],
        }
    )
    autumn = Events.from_frame(pd.DataFrame({"symbol": ["BABA"], "announced_at": ["2025-11-25T05:30-05:00"]}))
    both = two_listings(autumn, BOTH, PricePanel.from_frame(daily), bars=bars, days=0)
    assert (str(both.first.day0), str(both.second.day0)) == ("2025-11-25", "2025-11-26")
    assert 100 * both.first.rung("premarket").raw == pytest.approx(2.3, abs=0.05)
    assert both.first.has_bars
    assert not both.second.has_bars


def test_what_cannot_be_compared(event: Events, prices: PricePanel) -> None:
    untimed = Events.from_frame(pd.DataFrame({"symbol": ["BABA"], "date": ["2025-02-20"]}))
    with pytest.raises(InputError, match="give announced_at"):
        two_listings(untimed, BOTH, prices)
    late = Events.from_frame(pd.DataFrame({"symbol": ["BABA"], "announced_at": ["2025-03-20T05:36-05:00"]}))
    with pytest.raises(InputError, match="BABA has no price on the first session"):
        two_listings(late, BOTH, prices)
    table = prices.to_frame()[["date", "symbol", "open", "close"]]
    unopened = table[~((table["symbol"] == "9988.HK") & (table["date"] == "2025-02-21"))]
    words = r"^9988\.HK has no price after the announcement that can be measured from its close before it\.$"
    with pytest.raises(InputError, match=words):
        str(two_listings(event, BOTH, PricePanel.from_frame(unopened), days=0))
    with pytest.raises(InputError, match="2 were given"):
        two_listings(
            Events.from_frame(pd.DataFrame({"symbol": ["BABA"] * 2, "date": ["2025-02-20", "2025-02-21"]})),
            BOTH,
            prices,
        )
