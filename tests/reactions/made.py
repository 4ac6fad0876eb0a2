"""Made-up prices with dividends and splits, and events in them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from eventstudy.events import Events, place
from eventstudy.panels import PricePanel
from eventstudy.reactions import Reactions, measure_reactions
from tests.made_up import FIRST, SESSIONS


def price_frame(seed: int, sessions: int, symbol: str = "AAA", *, actions: bool = True) -> pd.DataFrame:
    """Return daily prices; with `actions` about one session in ten has a dividend, one in twenty a split."""
    rng = np.random.default_rng(seed)
    close = 50 * np.exp(np.cumsum(rng.normal(0, 0.03, sessions)))
    opened = close * np.exp(rng.normal(0, 0.02, sessions))
    paid = actions * (rng.random(sessions) < 0.1)
    split = actions * (rng.random(sessions) < 0.05)
    return pd.DataFrame(
        {
            "date": SESSIONS[FIRST : FIRST + sessions],
            "symbol": symbol,
            "open": opened,
            "high": np.maximum(opened, close) * 1.01,
            "low": np.minimum(opened, close) * 0.99,
            "close": close,
            "dividend": paid * rng.uniform(0.1, 2.0, sessions),
            "split": np.where(split, rng.choice([0.1, 0.5, 2.0, 3.0], sessions), 1.0),
        }
    )


def tiny_frame(closes: Sequence[float], **columns: Sequence[float]) -> pd.DataFrame:
    """Return prices of AAA on successive sessions."""
    return pd.DataFrame(
        {"date": SESSIONS[FIRST : FIRST + len(closes)], "symbol": "AAA", "close": list(closes)}
        | {name: list(values) for name, values in columns.items()}
    )


def event_frame(*offsets: int, symbol: str = "AAA", **columns: object) -> pd.DataFrame:
    """Return one event a session offset, before the open."""
    days = [str(SESSIONS[FIRST + offset]) for offset in offsets]
    return pd.DataFrame({"symbol": symbol, "date": days, "timing": "before_open"} | columns)


def measured(prices: pd.DataFrame, events: pd.DataFrame, **options: object) -> Reactions:
    """Return the reactions to a table of events in a table of prices."""
    made = Events.from_frame(events)
    return measure_reactions(made, place(made), PricePanel.from_frame(prices), **options)  # type: ignore[arg-type]
