"""Study A and study C of the shared data: events and prices as a user would make them."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from eventstudy.events import Events, Surprise, with_surprise
from eventstudy.panels import PricePanel


def study_a(folder: Path) -> tuple[Events, PricePanel]:
    """Return announcements with estimate and time of day, 2012-11 to 2016, and total returns."""
    market = folder / "market"
    wide = pd.read_csv(market / "panel" / "cvxportfolio_returns_2007_2016.csv.gz", index_col="Date", parse_dates=True)
    wide = wide.drop(columns="USDOLLAR").loc["2011":]
    long = wide.stack().rename("return").rename_axis(["date", "symbol"]).reset_index()
    table = pd.read_csv(market / "earnings" / "earnings_eps_prepost_2012_2019.csv")
    table["date"] = pd.to_datetime(table["date"], format="%m/%d/%y")
    table = table[table["symbol"].isin(wide.columns) & (table["date"] <= "2016-12-15")]
    table = table[(table["eps_est"].abs() > 0.01) & (table["eps"].abs() < 100)].drop_duplicates(["symbol", "date"])
    table = table.rename(columns={"release_time": "timing"})[["symbol", "date", "timing", "eps_est", "eps"]]
    return with_surprise(Events.from_frame(table), Surprise(actual="eps", estimate="eps_est")), PricePanel.from_frame(
        long
    )


def study_c(folder: Path, symbols: int | None = None) -> tuple[Events, PricePanel]:
    """Return announcement dates without a time of day, 2020-11 to 2025-10, and adjusted opens and closes."""
    panel = folder / "market" / "panel"
    wide = {
        name: pd.read_parquet(panel / f"us_2020_2025_{name}.parquet")
        for name in ("open", "close", "adj_close", "volume")
    }
    dates = pd.read_csv(folder / "market" / "earnings" / "edgar_8k202_dates_sp500_2003_2025.csv", parse_dates=["d"])
    dates = dates.rename(columns={"s": "symbol", "d": "date"})
    dates = dates[dates["symbol"].isin(wide["close"].columns) & dates["date"].between("2020-11-01", "2025-09-30")]
    if symbols is not None:
        kept = sorted(set(dates["symbol"]))[:symbols]
        dates = dates[dates["symbol"].isin(kept)]
        wide = {name: table[kept] for name, table in wide.items()}
    factor = wide["adj_close"] / wide["close"]
    columns = {"open": wide["open"] * factor, "close": wide["adj_close"], "volume": wide["volume"]}
    long = pd.concat({name: table.stack() for name, table in columns.items()}, axis=1).reset_index()
    long.columns = ["date", "symbol", *columns]
    events = Events.from_frame(dates.drop_duplicates().assign(timing="unknown"))
    return events, PricePanel.from_frame(long, basis="adjusted")
