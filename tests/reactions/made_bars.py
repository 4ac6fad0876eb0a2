"""Made-up bars of AAA around made-up daily prices, on the clocks of New York."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from eventstudy.bars import BarPanel
from eventstudy.events import Events, place
from eventstudy.panels import PricePanel
from eventstudy.reactions import Reactions, measure_reactions
from tests.made_up import FIRST, SESSIONS

Bar = tuple[str, float]
"""Start of a bar as ``HH:MM`` and its close."""


def bar_frame(days: Mapping[int, Sequence[Bar]], symbol: str = "AAA", volume: float = 0.0) -> pd.DataFrame:
    """Return bars by session offset; open, high and low are the close."""
    rows = [(f"{SESSIONS[FIRST + day]} {time}", price) for day, bars in days.items() for time, price in bars]
    times, prices = [time for time, _ in rows], np.array([price for _, price in rows])
    fields = dict.fromkeys(("open", "high", "low", "close"), prices)
    return pd.DataFrame({"time": times, "symbol": symbol, **fields, "volume": volume})


def panel_of(*frames: pd.DataFrame, interval: int = 300, **options: object) -> BarPanel:
    """Return the panel of such bars."""
    both = pd.concat(frames, ignore_index=True)
    return BarPanel.from_frame(both, interval=interval, label="start", zone="exchange", **options)  # type: ignore[arg-type]


def random_days(seed: int, daily: pd.DataFrame, chance: float = 0.5) -> dict[int, list[Bar]]:
    """Return bars of every session that wander around its prices; extended hours are sparse, and often empty."""
    rng = np.random.default_rng(seed)
    days: dict[int, list[Bar]] = {}
    early = ("04:00", "07:55", "09:00", "09:15", "09:20", "09:25")
    regular = ("09:30", "09:35", "09:55", "12:00", "12:05", "12:55", "15:55")
    late = ("16:00", "16:10", "19:55")
    for day, (opened, closed) in enumerate(zip(daily["open"], daily["close"], strict=True)):
        before = [(time, opened * np.exp(rng.normal(0, 0.02))) for time in early if rng.random() < chance]
        inside = [(time, opened * np.exp(rng.normal(0, 0.01))) for time in regular[:-1]]
        after = [(time, closed * np.exp(rng.normal(0, 0.02))) for time in late if rng.random() < chance]
        days[day] = [*before, *inside, (regular[-1], closed), *after]
    return days


def barred(prices: pd.DataFrame, events: pd.DataFrame, bars: BarPanel, **options: object) -> Reactions:
    """Return the reactions to a table of events in a table of prices and in bars."""
    made = Events.from_frame(events)
    return measure_reactions(made, place(made), PricePanel.from_frame(prices), bars=bars, **options)  # type: ignore[arg-type]
