"""The same result in the forms that other tools read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

    from eventstudy.backtest.result import BacktestResult

__all__ = ["pyfolio_tables", "quantstats_returns", "vectorbt_orders"]


def quantstats_returns(result: BacktestResult, *, gross: bool = False) -> pd.Series[float]:
    """Return daily returns, decimals, on naive dates: what ``quantstats.reports.html`` reads.

    Parameters
    ----------
    result : BacktestResult
        What was traded.
    gross : bool
        Before costs.
    """
    import pandas as pd

    values = result.gross_returns if gross else result.returns
    return pd.Series(
        values, index=pd.DatetimeIndex(result.dates[1:].astype("datetime64[ns]"), name="date"), name="strategy"
    )


def pyfolio_tables(result: BacktestResult) -> tuple[pd.Series[float], pd.DataFrame, pd.DataFrame]:
    """Return returns, positions and transactions: what ``pyfolio.create_full_tear_sheet`` reads.

    Returns
    -------
    returns : Series
        Daily, on UTC midnights.
    positions : DataFrame
        Market value by symbol and ``cash`` at each close, on UTC midnights.
    transactions : DataFrame
        ``amount`` (signed shares), ``price``, ``symbol`` by the time of the fill.
    """
    import pandas as pd

    days = pd.DatetimeIndex(result.dates.astype("datetime64[ns]"), tz="UTC", name="date")
    returns = pd.Series(result.returns, index=days[1:], name="strategy")
    positions = _positions(result, days)
    fills = result.fills
    transactions = pd.DataFrame(
        {
            "amount": fills["shares"].to_numpy(),
            "price": fills["price"].to_numpy(),
            "symbol": fills["symbol"].to_numpy(),
        },
        index=pd.DatetimeIndex(fills["time"], name="date"),
    ).sort_index(kind="stable")
    return returns, positions, transactions


def _positions(result: BacktestResult, days: pd.DatetimeIndex) -> pd.DataFrame:
    """Return market values by symbol at each close, made from the fills and the prices."""
    import pandas as pd

    tape, listing = result.market.tape, result.market.tape.listing
    fills = result.fills
    values = {}
    for symbol in dict.fromkeys(fills["symbol"]):
        code = listing.code(symbol)
        sessions = result.timeline.latest[listing.calendars[code].code]
        today = result.timeline.sessions[listing.calendars[code].code]
        at = tape.position(np.full(len(days), code), np.minimum(sessions, listing.last[code]))
        own = fills[fills["symbol"] == symbol]
        traded = np.zeros(len(days))
        np.add.at(traded, np.searchsorted(result.dates, own["date"].to_numpy().astype("datetime64[D]")), own["shares"])
        held = np.zeros(len(days))
        for day in range(len(days)):
            split = tape.split[at[day]] if today[day] >= 0 and at[day] >= 0 else 1.0
            held[day] = (held[day - 1] * split if day else 0.0) + traded[day]
        price = np.where(at >= 0, tape.mark[at], np.nan)
        values[symbol] = np.where(np.abs(held) > 1e-9, held * price, 0.0)
    return pd.DataFrame(values, index=days).assign(cash=result.days.cash)


def vectorbt_orders(result: BacktestResult) -> pd.DataFrame:
    """Return order records as vectorbt has them: ``id``, ``col``, ``idx``, ``size``, ``price``, ``fees``, ``side``.

    ``col`` counts the symbols in alphabetical order, ``idx`` the days of the account, ``side`` is 0 for buy and 1 for
    sell; ``.to_records(index=False)`` has the dtype of ``vectorbt.portfolio.enums.order_dt``. ``fees`` are commission,
    spread and impact; borrow and financing have no place there.
    """
    import pandas as pd

    fills = result.fills
    symbols = sorted(set(fills["symbol"]))
    place = {symbol: number for number, symbol in enumerate(symbols)}
    frame = pd.DataFrame(
        {
            "col": [place[symbol] for symbol in fills["symbol"]],
            "idx": np.searchsorted(result.dates, fills["date"].to_numpy().astype("datetime64[D]")),
            "size": fills["shares"].abs(),
            "price": fills["price"],
            "fees": fills["commission"] + fills["spread"] + fills["impact"],
            "side": (fills["shares"] < 0).astype(int),
        }
    )
    frame = frame.sort_values(["col", "idx"], kind="stable", ignore_index=True)
    frame.insert(0, "id", np.arange(len(frame)))
    return frame.astype({"id": "int64", "col": "int64", "idx": "int64", "side": "int64"})
