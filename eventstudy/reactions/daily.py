"""Daily prices made from bars, for whoever has nothing else."""

from __future__ import annotations

import numpy as np

from eventstudy.bars import BAR_FIELDS, BarPanel
from eventstudy.panels import PricePanel

__all__ = ["daily_prices"]


def daily_prices(bars: BarPanel) -> PricePanel:
    """Return open, high, low, close and volume of the regular session of every day that has a bar.

    Parameters
    ----------
    bars : BarPanel
        Bars of any interval. A bar of the extended hours is in none of the figures; a session with only a premarket,
        such as this morning's, has none (NaN).

    Returns
    -------
    PricePanel
        On the basis of the bars. They know of no dividend or split: of unadjusted bars the returns across an ex-date
        lack it. The close is the last bar's, not that of the closing auction.

    Examples
    --------
    >>> import pandas as pd
    >>> times = ["2025-02-20 09:00", "2025-02-20 09:30", "2025-02-20 15:30"]
    >>> prices = {name: [139.0, 137.81, 135.97] for name in ("open", "high", "low", "close")}
    >>> table = pd.DataFrame({"time": times, "symbol": "BABA", **prices})
    >>> daily = daily_prices(BarPanel.from_frame(table, interval=1800, zone="exchange", label="start"))
    >>> daily.open.tolist(), daily.close.tolist()
    ([137.81], [135.97])
    """
    import pandas as pd

    parts = []
    for symbol in bars.symbols:
        each = bars.series(symbol)
        calendar = each.calendar
        regular = (each.start >= calendar.opens[each.session]) & (each.start < calendar.closes[each.session])
        # A morning before the open is a session too, of which only the early prices are known.
        counted = (each.start < calendar.closes[each.session]) & np.isfinite(each.close)
        columns = {name: np.where(regular, getattr(each, name), np.nan)[counted] for name in BAR_FIELDS}
        sessions = pd.DataFrame({"session": each.session[counted], **columns}).groupby("session")
        daily = sessions.agg({"open": "first", "high": "max", "low": "min", "close": "last"})
        # Without a volume in any bar that of the day is unknown, not 0.
        daily["volume"] = sessions["volume"].sum(min_count=1)
        dates = calendar.sessions[daily.index.to_numpy()].astype(str).astype(object)
        parts.append(daily.assign(date=dates, symbol=symbol))
    return PricePanel.from_frame(
        pd.concat(parts, ignore_index=True),
        calendar={symbol: each.code for symbol, each in zip(bars.symbols, bars.calendars, strict=True)},
        basis=dict(zip(bars.symbols, map(str, bars.basis), strict=True)),
    )
