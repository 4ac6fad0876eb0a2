"""Made-up studies with all that can lack, and one event's part of them by plain indexing; no market data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd

from eventstudy.calendars import get_calendar
from eventstudy.events import Events, place
from eventstudy.panels import PricePanel
from eventstudy.returns import (
    AbnormalReturns,
    Aligned,
    ExpectedReturnModel,
    Regressors,
    Windows,
    align,
    event_sessions,
    measure,
    measure_abnormal_returns,
    on_price_venue,
)

Array = np.ndarray
SESSIONS, STOPS, LISTED = 300, 232, 60
MARKETS = {"XNYS": "MKT", "XTKS": "TPX.T"}
CALENDARS = {code: get_calendar(code).sessions for code in MARKETS}
FIRST = {code: int(np.searchsorted(days, np.datetime64("2018-01-04"))) for code, days in CALENDARS.items()}
EVENT = (-6, 6)
DAYS = np.arange(EVENT[0], EVENT[1] + 1)
NAMED = {"all": EVENT, "news": (0, 1), "around": (-3, 5)}


@dataclass(frozen=True)
class Study:
    """Made-up returns: the long table, each symbol's over all sessions with NaN, its last session, and the events."""

    table: pd.DataFrame
    returns: dict[str, Array]
    last: dict[str, int]
    events: pd.DataFrame

    def peers(self, symbol: str, label: str | None = None) -> Array:
        """The mean of the other symbols of the exchange, or of those that have an event of this label."""
        names = [name for name in self.returns if name.endswith(".T") == symbol.endswith(".T") and name != symbol]
        if label is not None:
            of_label = set(self.events["symbol"][self.events["sector"] == label])
            names = [name for name in names if name in of_label]
        return self.mean(names)

    def mean(self, names: Sequence[str]) -> Array:
        """The mean of those that have a return."""
        return pd.DataFrame({name: self.returns[name] for name in names}).mean(axis=1).to_numpy()


@dataclass(frozen=True)
class Event:
    """One event: where it is and what it names."""

    study: Study
    windows: Windows
    row: pd.Series

    @property
    def symbol(self) -> str:
        return str(self.row["symbol"])

    @property
    def market(self) -> Array:
        return self.study.returns["TPX.T" if self.symbol.endswith(".T") else "MKT"]

    @property
    def estimation(self) -> slice:
        return slice(self.row["at"] + self.windows.stretch[0], self.row["at"] + self.windows.stretch[1] + 1)

    @property
    def days(self) -> slice:
        return slice(self.row["at"] + EVENT[0], self.row["at"] + EVENT[1] + 1)

    @property
    def inside(self) -> Array:
        """Which sessions of the stretch are of the event's own estimation window."""
        days = np.arange(self.windows.stretch[0], self.windows.stretch[1] + 1)
        first, last = self.windows.estimation
        if self.windows.columns:
            first, last = self.row["first"], self.row["final"]
        inside = (days >= first) & (days <= last)
        after = self.windows.estimation_after
        return inside if after is None else inside | ((days >= after[0]) & (days <= after[1]))

    def own(self, values: Array) -> Array:
        """What a series is in the event's own estimation window, NaN elsewhere."""
        return np.where(self.inside, values[self.estimation], np.nan)

    @property
    def y(self) -> Array:
        return self.own(self.study.returns[self.symbol])

    @property
    def match(self) -> Array:
        first, second = self.row["match"].split(";")
        sessions = np.arange(SESSIONS)
        return np.where(sessions <= self.study.last[first], self.study.returns[first], self.study.returns[second])

    def donors(self) -> list[str]:
        """Symbols of the exchange without an event in either window, and with all the returns that there must be."""
        there, at, found = np.isfinite(self.y), self.row["at"], []
        happened = list(zip(self.study.events["symbol"], self.study.events["at"], strict=True))
        for name, values in self.study.returns.items():
            if name.endswith(".T") != self.symbol.endswith(".T") or name == self.symbol:
                continue
            apart = [day - at for symbol, day in happened if symbol == name]
            near = any(first <= day <= last for day in apart for first, last in (self.windows.stretch, EVENT))
            if not near and np.isfinite([*values[self.estimation][there], *values[self.days]]).all():
                found.append(name)
        return found


@cache
def made_up_study(seed: int) -> Study:
    rng = np.random.default_rng(seed)
    returns, last, tables, events = {}, {}, [], []
    for code, market in MARKETS.items():
        suffix = market.partition(".")[2]
        end = f".{suffix}" if suffix else ""
        moves = 0.0004 + 0.01 * rng.standard_t(4, SESSIONS)
        moves[1:] += 0.15 * moves[:-1]
        own = {market: np.where(rng.random(SESSIONS) < 0.01, np.nan, moves)}
        for number in range(8):
            noise = 0.015 * rng.standard_t(4, SESSIONS)
            noise[1:] += rng.uniform(-0.2, 0.3) * noise[:-1]
            values = 0.0002 + rng.uniform(0.4, 1.6) * moves + noise
            if number == 0:
                values[rng.random(SESSIONS) < 0.3] = 0.0
            if number < 4:
                values[rng.random(SESSIONS) < 0.05] = np.nan
            own[f"S{number}{end}"] = values
        for name, unbounded in own.items():
            first, length = (LISTED if name[1] == "2" else 0), (STOPS + 1 if name[1] == "3" else SESSIONS)
            values = np.clip(unbounded, -0.6, 0.8)
            values[[first, length - 1]] = 0.001
            values[:first] = values[length:] = np.nan
            dates = CALENDARS[code][FIRST[code] : FIRST[code] + SESSIONS]
            table = pd.DataFrame({"date": dates, "symbol": name, "return": values})
            tables.append(table.iloc[first:length])
            returns[name], last[name] = values, length - 1
        for number, at in ((0, 220), (0, 228), (1, 225), (2, 240), (3, STOPS - 3)):
            others = [f"S{each}{end}" for each in range(8) if each != number]
            events.append(
                {
                    "symbol": f"S{number}{end}",
                    "date": str(CALENDARS[code][FIRST[code] + at]),
                    "timing": "before_open",
                    "match": f"S3{end};{others[-1]}" if number != 3 else f"{others[0]};{others[1]}",
                    "portfolio": "+".join(others[-3:]),
                    "sector": "ab"[number % 2],
                    "first": float(rng.integers(-120, -100)),
                    "final": float(rng.integers(-30, -11)),
                    "at": at,
                }
            )
    return Study(pd.concat(tables, ignore_index=True), returns, last, pd.DataFrame(events))


def run(
    model: ExpectedReturnModel, prices: PricePanel, events: pd.DataFrame, windows: Windows, **options: object
) -> tuple[AbnormalReturns, Aligned]:
    """Run a model on the events, by the measure among the options."""
    panel = measure(prices, str(options.pop("kind", "simple")), shares=options.pop("shares", None))  # type: ignore[arg-type]
    placed_events = on_price_venue(Events.from_frame(events.drop(columns="at")), prices.listing)
    placed = place(placed_events)
    aligned = align(placed_events, placed, panel, windows)
    happened = event_sessions(panel.listing.codes(placed_events.symbol), placed.day0)
    regressors = Regressors(panel).of_events(aligned.code, placed_events.groups, aligned.row, happened)
    return measure_abnormal_returns(aligned, panel, model, regressors, diagnostics=True, **options)[0], aligned  # type: ignore[arg-type]
