"""Real announcements: what the right session does to the size of a reaction, and what a surprise is worth.

Prices are those of survivors; the market is the mean of all symbols of the panel.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from eventstudy._typing import Dates, Floats
from eventstudy.events import Events, Surprise, place, with_surprise


def percent_around(returns: pd.DataFrame, events: Events, dates: Dates, rows: np.ndarray) -> list[float]:
    """Return mean absolute market-adjusted returns on the session before a date, on it and after it, in percent."""
    adjusted = returns.sub(returns.mean(axis=1), axis=0).abs().to_numpy()
    session = returns.index.get_indexer(pd.DatetimeIndex(dates[rows]))
    column = returns.columns.get_indexer(pd.Index(events.symbol[rows]))
    assert (session > 0).all()
    assert (column >= 0).all()
    found = [adjusted[np.minimum(session + day, len(adjusted) - 1), column] for day in (-1, 0, 1)]
    return [float(np.round(100 * np.nanmean(each), 2)) for each in found]


@pytest.fixture(scope="module")
def filed(shared_data: Path) -> tuple[pd.DataFrame, Events]:
    """Study D: filings with results of Nasdaq-100 members, to the minute, 2020-10-20 to 2025-10-22."""
    folder = shared_data / "market"
    prices = pd.read_parquet(folder / "panel" / "us_2020_2025_adj_close.parquet")
    table = pd.read_csv(folder / "earnings" / "edgar_8k202_acceptance_times_ndx_2018_2026.csv")
    inside = table["report_date"].between(str(prices.index[1].date()), str(prices.index[-2].date()))
    table = table[inside & table["ticker"].isin(prices.columns)]
    tags = {"amc": "after_close", "bmo": "before_open", "intraday": "during"}
    frame = pd.DataFrame(
        {
            "symbol": table["ticker"],
            "announced_at": table["accept_et"].str.removesuffix(" ET"),
            "date": table["report_date"],
            "timing": table["timing"].map(tags),
        }
    )
    return prices.pct_change(fill_method=None), Events.from_frame(frame, zone="America/New_York")


def test_filings_after_the_close_move_the_next_session(filed: tuple[pd.DataFrame, Events]) -> None:
    returns, events = filed
    placed = place(events)
    day0 = placed.dates(events.calendar)
    assert {str(phase): int((placed.phase == phase).sum()) for phase in set(placed.phase)} == {
        "pre": 513,
        "intraday": 29,
        "post": 1103,
    }
    # Whoever made this table derived its tags from the same clock.
    assert placed.flags.counts() == {}
    before, after = (np.flatnonzero(placed.phase == phase) for phase in ("pre", "post"))
    assert percent_around(returns, events, events.date, before) == [1.02, 4.09, 1.59]
    assert percent_around(returns, events, day0, before) == [1.02, 4.09, 1.59]
    assert percent_around(returns, events, events.date, after) == [1.32, 1.40, 5.52]
    assert percent_around(returns, events, day0, after) == [1.40, 5.52, 1.86]


def test_filings_during_the_session_lag_the_press_release(filed: tuple[pd.DataFrame, Events]) -> None:
    """The reaction comes a session later all the same: acceptance is when the filing was known, not the news."""
    returns, events = filed
    placed = place(events)
    during = np.flatnonzero(placed.phase == "intraday")
    assert percent_around(returns, events, placed.dates(events.calendar), during) == [1.08, 2.19, 6.42]


def test_day_0_returns_rise_with_the_surprise(shared_data: Path) -> None:
    """Study A: 402 firms, November 2012 to December 2016; surprise (actual - estimate) / |estimate|, quintiles."""
    folder = shared_data / "market"
    returns = pd.read_csv(folder / "panel" / "cvxportfolio_returns_2007_2016.csv.gz", index_col=0, parse_dates=True)
    returns = returns.drop(columns="USDOLLAR")
    table = pd.read_csv(folder / "earnings" / "earnings_eps_prepost_2012_2019.csv")
    table = table.assign(date=pd.to_datetime(table["date"], format="%m/%d/%y"))
    table = table[table["symbol"].isin(returns.columns) & (table["date"] <= returns.index[-1])]
    frame = table.rename(columns={"release_time": "timing"})[["symbol", "date", "timing", "eps", "eps_est"]]
    rule = Surprise(actual="eps", estimate="eps_est", quantiles=5)
    events = with_surprise(Events.from_frame(frame), rule)
    day0 = place(events).dates(events.calendar)
    session = returns.index.get_indexer(pd.DatetimeIndex(day0))
    used = np.flatnonzero((session > 0) & ~np.isnan(events.values["surprise"]))
    assert len(used) == 6711
    adjusted = returns.sub(returns.mean(axis=1), axis=0).to_numpy()
    day = 100 * adjusted[session[used], returns.columns.get_indexer(pd.Index(events.symbol[used]))]

    def by_class(label: np.ndarray) -> Floats:
        return np.round(pd.Series(day).groupby(label).mean().to_numpy(), 2)

    whole = by_class(pd.qcut(events.values["surprise"][used], 5, labels=False))
    assert whole.tolist() == [-1.97, -0.74, 0.15, 1.09, 1.97]
    # The same with break-points that were known at the time.
    known = by_class(events.groups["surprise_quantile"][used])
    assert known[:5].tolist() == [-1.89, -0.84, 0.25, 1.11, 1.88]
    assert (np.diff(whole) > 0).all()
    assert (np.diff(known[:5]) > 0).all()
