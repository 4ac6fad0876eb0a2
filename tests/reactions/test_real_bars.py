"""Ladders of real announcements from real bars, against figures that were worked out by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from eventstudy.bars import BarPanel
from eventstudy.events import Events, place
from eventstudy.panels import PricePanel
from eventstudy.reactions import (
    Clock,
    Reaction,
    battery,
    daily_prices,
    held,
    history,
    measure_reactions,
    move_statistics,
    moves_frame,
    price_contributions,
)

TAGS = {"amc": "after_close", "bmo": "before_open", "intraday": "unknown"}
# In percent against the last regular close, as published beside the data: after hours, premarket, open, close.
TABLE = {
    "BABA-2025-11-25": (None, 2.3, 2.7, -2.4),
    "NVDA-2025-11-19": (4.3, 5.1, 5.0, -3.1),
    "SHOP-2026-02-11": (None, 10.7, 9.1, -6.7),
    "AMZN-2025-10-30": (11.7, 12.4, 12.2, 9.6),
    "PLTR-2026-02-02": (7.2, 11.4, 11.7, 6.8),
    "MSFT-2026-01-28": (-4.7, -8.6, -8.7, -10.0),
    "AMD-2026-02-03": (-5.4, -10.1, -11.3, -17.3),
}


@pytest.fixture(scope="module")
def folder(shared_data: Path) -> Path:
    return shared_data / "market" / "extended_hours"


@pytest.fixture(scope="module")
def bars(folder: Path) -> BarPanel:
    frame = pd.read_parquet(folder / "ext_5min_59tickers_2025-09_2026-03.parquet")
    frame = frame.rename(columns={"datetime": "time", "ticker": "symbol"}).astype({"symbol": str})
    frame["time"] = frame["time"].dt.strftime("%Y-%m-%d %H:%M:%S")
    return BarPanel.from_frame(frame, zone="exchange", label="start")


@pytest.fixture(scope="module")
def prices(bars: BarPanel) -> PricePanel:
    return daily_prices(bars)


@pytest.fixture(scope="module")
def known(folder: Path) -> pd.DataFrame:
    return pd.read_csv(folder / "earnings_events_with_extended_bars.csv")


@pytest.fixture(scope="module")
def events(known: pd.DataFrame) -> Events:
    timed = known["edgar_acceptance_et"].str[:16]
    # Of the one filed during the session the results had been out before the open.
    has_time = timed.str[:4].str.isnumeric() & (known["timing"] != "intraday")
    stamps = [
        pd.Timestamp(each).tz_localize("America/New_York").isoformat() if good else ""
        for each, good in zip(timed, has_time, strict=True)
    ]
    frame = pd.DataFrame({"symbol": known["ticker"], "date": known["date"], "timing": known["timing"].map(TAGS)})
    return Events.from_frame(frame.assign(announced_at=stamps))


def measured(events: Events, prices: PricePanel, bars: BarPanel, **options: object) -> tuple[Reaction, ...]:
    return measure_reactions(events, place(events), prices, bars=bars, benchmark="SPY", quote=None, **options)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def reactions(events: Events, prices: PricePanel, bars: BarPanel) -> tuple[Reaction, ...]:
    """Return the ladders with a cutoff at the open, as the table has its premarket prices."""
    return measured(events, prices, bars, clock=Clock(cutoff=0))


def test_the_size_of_the_data(bars: BarPanel) -> None:
    assert (bars.interval, len(bars), len(bars.symbols)) == (300, 583_851, 59)


def test_all_23_events_agree_with_their_figures(reactions: tuple[Reaction, ...], known: pd.DataFrame) -> None:
    assert len(reactions) == 23
    columns = {"open": "open_vs_prev_close_pct", "close": "close_vs_prev_close_pct"}
    columns |= {"after_hours": "last_post_vs_close_pct", "premarket": "last_pre_vs_prev_close_pct"}
    compared = 0
    for reaction, row in zip(reactions, known.to_dict("records"), strict=True):
        for rung, column in columns.items():
            if np.isnan(row[column]):
                assert rung in ("after_hours", "premarket")
                assert reaction.symbol == "INTC" or not reaction.rung(rung).printed
            else:
                compared += 1
                assert 100 * reaction.rung(rung).raw == pytest.approx(row[column], abs=0.0051), (reaction, rung)
    assert compared == 23 * 2 + 18 + 18


@pytest.mark.parametrize("event_id", TABLE)
def test_the_published_rows_to_one_decimal(reactions: tuple[Reaction, ...], event_id: str) -> None:
    reaction = next(each for each in reactions if each.event_id == event_id)
    for rung, percent in zip(("after_hours", "premarket", "open", "close"), TABLE[event_id], strict=True):
        if percent is None:
            assert not reaction.rung(rung).printed
        else:
            # Half a unit, and what the table's own second decimal was rounded by.
            assert 100 * reaction.rung(rung).raw == pytest.approx(percent, abs=0.055)


def test_a_cutoff_of_five_minutes_leaves_out_the_last_bar(events: Events, prices: PricePanel, bars: BarPanel) -> None:
    strict = {each.event_id: each.rung("premarket") for each in measured(events, prices, bars)}
    assert strict["AMZN-2025-10-30"].end == "2025-10-31 09:25"
    assert 100 * strict["AMZN-2025-10-30"].raw == pytest.approx(13.39, abs=0.006)
    assert strict["GOOG-2026-02-04"].printed is False
    assert 100 * strict["SHOP-2026-02-11"].raw == pytest.approx(10.72, abs=0.006)


def test_legs_of_real_events_sum_to_the_close(reactions: tuple[Reaction, ...]) -> None:
    for reaction in reactions:
        legs = [leg.raw_log for leg in reaction.legs if not leg.leg[1:].isdigit()]
        assert sum(legs) == pytest.approx(reaction.rung("close").raw_log, abs=1e-12)


def test_sentences(reactions: tuple[Reaction, ...]) -> None:
    said = {each.event_id: each.sentences for each in reactions}
    assert said["SHOP-2026-02-11"][0] == (
        "SHOP rose 10.7% before the open of 11 February 2026 (last print 09:20, grade C), opened 9.05% up and closed "
        "6.73% down; the premarket move had turned into its opposite by the close."
    )
    assert said["MSFT-2026-01-28"][0] == (
        "MSFT fell 4.7% after hours on 28 January 2026 (last print 17:00, grade A), stood 8.6% down before the open of "
        "29 January 2026 (last print 09:30, grade B), opened 8.71% down and closed 10.01% down; the close went beyond "
        "the premarket move, to 117% of it."
    )
    assert "and the move to the close was larger than that of its last report." in said["MSFT-2026-01-28"][2]


def test_the_day_of_msft_leg_by_leg(reactions: tuple[Reaction, ...]) -> None:
    msft = next(each for each in reactions if each.event_id == "MSFT-2026-01-28")
    assert [leg.leg for leg in msft.legs][:5] == [
        *("after_hours_before", "after_hours_after", "premarket", "open_gap", "session"),
    ]
    assert not msft.leg("after_hours_before").printed
    assert msft.rung("news_15m").end == "2026-01-28 16:15"
    prints = msft.rung("after_hours").prints
    assert prints is not None
    assert (prints.count, prints.age) == (12, 0.0)
    path = msft.path
    assert path is not None
    assert path.move[-1] == pytest.approx(msft.rung("close").raw, abs=1e-12)
    assert path.benchmark_name == "SPY"
    assert np.isfinite(path.z[path.segment == "session"]).all()


def test_many_real_reactions(reactions: tuple[Reaction, ...]) -> None:
    table = move_statistics(moves_frame(reactions), ["phase"])
    close = table[(table["leg"] == "close") & (table["phase"] == "post")].iloc[0]
    by_hand = [each.rung("close").raw for each in reactions if each.phase == "post"]
    assert (close["n"], close["mean"]) == (19, pytest.approx(np.mean(by_hand), abs=1e-15))
    assert close["mean_size"] == pytest.approx(np.mean(np.abs(by_hand)), abs=1e-15)
    shares = price_contributions(reactions, draws=200)
    assert [each.leg for each in shares] == ["after_hours", "premarket", "open_gap", "session"]
    assert sum(each.share for each in shares) == pytest.approx(1.0, abs=1e-12)
    assert held(reactions, draws=200).n == 18
    assert [each.n for each in battery(reactions, "close")] == [23, 23]
    assert history(reactions, "MSFT").sentence == (
        "The move of MSFT to the close, -10.01%, was larger than that of its last report."
    )


def test_ibm_from_bars_labelled_by_their_end(folder: Path) -> None:
    frame = pd.read_csv(folder / "IBM_15min_2021-09-29_2021-10-28.csv").assign(symbol="IBM")
    bars = BarPanel.from_frame(frame, zone="exchange", basis="adjusted")
    assert bars.interval == 900
    news = pd.DataFrame({"event_id": ["IBM"], "symbol": ["IBM"], "announced_at": ["2021-10-20T16:08-04:00"]})
    (ibm,) = measured_without_benchmark(news, bars)
    assert ibm.base_price == pytest.approx(141.73)
    quarter = ibm.rung("news_15m")
    assert (quarter.end, quarter.price) == ("2021-10-20 16:15", pytest.approx(135.00))
    assert 100 * quarter.raw == pytest.approx(-4.7, abs=0.05)
    assert ibm.rung("premarket").price == pytest.approx(134.49)
    assert ibm.rung("close").price == pytest.approx(128.31)
    assert 100 * ibm.rung("close").raw == pytest.approx(-9.5, abs=0.05)
    assert ibm.rung("premarket").grade == "A"
    assert ibm.rung("premarket_vwap").price == pytest.approx(134.8, abs=0.3)


def measured_without_benchmark(news: pd.DataFrame, bars: BarPanel) -> tuple[Reaction, ...]:
    events = Events.from_frame(news)
    return measure_reactions(events, place(events), daily_prices(bars), bars=bars, quote=None)
