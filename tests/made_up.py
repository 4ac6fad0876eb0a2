"""Made-up returns with known structure; no market data."""

from __future__ import annotations

import numpy as np
import pandas as pd

from eventstudy.calendars import get_calendar
from eventstudy.events import Events

SESSIONS = get_calendar("XNYS").sessions
FIRST = int(get_calendar("XNYS").at_or_after(np.array(["2020-01-02"], dtype="datetime64[D]"))[0])


def made_up_returns(seed: int, symbols: int, sessions: int, missing: float = 0.0) -> pd.DataFrame:
    """Return a long table of made-up returns: symbols S00, S01, ... and a market MKT that is never missing."""
    rng = np.random.default_rng(seed)
    market = rng.normal(0.0004, 0.01, sessions)
    frames = [pd.DataFrame({"date": SESSIONS[FIRST : FIRST + sessions], "symbol": "MKT", "return": market})]
    for number in range(symbols):
        own = 0.0002 + rng.uniform(0.5, 1.5) * market + rng.normal(0, 0.02, sessions)
        table = pd.DataFrame(
            {"date": SESSIONS[FIRST : FIRST + sessions], "symbol": f"S{number:02d}", "return": np.maximum(own, -0.9)}
        )
        hole = rng.random(sessions) < missing
        table.loc[hole, "return"] = np.nan
        frames.append(table)
    return pd.concat(frames, ignore_index=True)


def made_up_events(symbols: list[str], offsets: list[int]) -> Events:
    """Return one event a symbol and offset, before the open of the session that many after the first."""
    frame = pd.DataFrame(
        {
            "symbol": [symbol for symbol in symbols for _ in offsets],
            "date": [str(SESSIONS[FIRST + offset]) for _ in symbols for offset in offsets],
            "timing": "before_open",
        }
    )
    return Events.from_frame(frame)
