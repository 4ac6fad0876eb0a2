"""How long a backtest takes: events over ten years; ``EVENTSTUDY_FULL_BENCHMARK=1`` takes 10,000 instead of 2,000."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pandas as pd
import pytest

from eventstudy.backtest import Backtest, BacktestResult, Limits
from eventstudy.calendars import get_calendar
from eventstudy.events import Events
from eventstudy.panels import PricePanel

SYMBOLS = 250 if os.environ.get("EVENTSTUDY_FULL_BENCHMARK") == "1" else 50
SESSIONS, EACH = 2520, 40


@pytest.fixture(scope="module")
def inputs() -> tuple[Events, PricePanel]:
    """Return made-up announcements, forty of each symbol, over 2,520 sessions."""
    rng = np.random.default_rng(1)
    calendar = get_calendar("XNYS")
    start = int(calendar.at_or_after(np.array(["2014-01-02"], dtype="datetime64[D]"))[0])
    days = calendar.sessions[start : start + SESSIONS]
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.02, (SYMBOLS, SESSIONS)), axis=1))
    opened = close * np.exp(rng.normal(0, 0.005, close.shape))
    names = np.repeat([f"S{number:03d}" for number in range(SYMBOLS)], SESSIONS)
    table = pd.DataFrame(
        {
            "date": np.tile(days, SYMBOLS),
            "symbol": names.astype(object),
            "open": opened.ravel(),
            "high": (np.maximum(opened, close) * 1.01).ravel(),
            "low": (np.minimum(opened, close) * 0.99).ravel(),
            "close": close.ravel(),
            "volume": 1e6,
        }
    )
    rows = [(f"S{number:03d}", days[300 + 55 * k + number % 50]) for number in range(SYMBOLS) for k in range(EACH)]
    events = pd.DataFrame(rows, columns=["symbol", "date"]).assign(timing="before_open")
    events["surprise"] = rng.normal(size=len(events))
    return Events.from_frame(events), PricePanel.from_frame(table)


@pytest.mark.parametrize("exits", [{}, {"stop": 0.05, "target": 0.1}], ids=["horizon", "stop and target"])
def test_forty_events_of_every_symbol_over_ten_years(
    benchmark: Any, inputs: tuple[Events, PricePanel], exits: dict[str, float]
) -> None:
    rule = Backtest(limits=Limits(positions=4 * SYMBOLS // 5), before_next_announcement=True, **exits)  # type: ignore[arg-type]

    def whole() -> tuple[BacktestResult, dict[str, Any]]:
        result = rule.run(*inputs)
        return result, result.performance

    result, performance = benchmark.pedantic(whole, rounds=1)
    assert len(result.status) == SYMBOLS * EACH
    assert performance["trades"] > 0.9 * SYMBOLS * EACH
