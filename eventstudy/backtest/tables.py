"""The tables of a backtest: trades, fills, orders, equity."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from eventstudy._typing import Bools, Ints, Labels, Times
from eventstudy.backtest.exits import next_announcements
from eventstudy.backtest.fills import Moment
from eventstudy.backtest.statuses import ExitReason, OrderStatus

if TYPE_CHECKING:
    import pandas as pd

    from eventstudy.backtest.result import BacktestResult

__all__ = ["details", "equity", "fills", "orders", "positions", "trades"]


def legs(result: BacktestResult) -> Ints:
    """Return the legs that were opened, in the order of their entries, a hedge after its position, shape (m,)."""
    book = result.book
    opened = np.flatnonzero(book.opened)
    order = opened % max(len(result.orders), 1)
    return opened[np.lexsort([opened, order, result.orders.entry_time[order]])]


def trades(result: BacktestResult) -> pd.DataFrame:
    """Return one row a trade, with the columns of ``trades.csv``; money in the currency of the listing.

    ``gross`` is what prices brought and ``net`` what was left: gross and dividends less all costs.
    """
    import pandas as pd

    book, market, which = result.book, result.market, legs(result)
    order = which % max(len(result.orders), 1)
    gross = -book.paid[which]
    income = gross + book.dividends[which]
    kinds = ("commission", "spread", "impact", "borrow", "financing")
    costs = {name: getattr(book, name)[which] for name in kinds}
    row = result.orders.row[order]
    return pd.DataFrame(
        {
            "event_id": market.events.event_id[row],
            "symbol": _symbols(result, book.code[which]),
            "side": np.where(book.entry_shares[which] > 0, "long", "short").astype(object),
            "shares": np.abs(book.entry_shares[which]),
            "information_time": _utc(result.orders.information[order]),
            "decision_time": _utc(result.orders.decision[order]),
            "entry_time": _utc(entry_times(result, which)),
            "entry_price": book.entry_price[which],
            "exit_time": _utc(exit_times(result, which)),
            "exit_price": book.exit_price[which],
            "gross": gross,
            "dividends": book.dividends[which],
            **costs,
            "net": income - sum(costs.values()),
            "exit_reason": _words(book.exit_reason[which]),
        }
    )


def details(result: BacktestResult) -> pd.DataFrame:
    """Return what else is known of each trade.

    Returns are of the entry notional, decimals; ``gross_return`` includes dividends. ``flags`` are ``fractions`` (no
    prices as traded), ``adv_unknown`` (no cap by volume, no impact), ``quoted_price`` (a premarket quote, not a trade)
    and ``next_date_unproven`` (nobody says when the next announcement's date was known).
    """
    import pandas as pd

    book, which, table = result.book, legs(result), result.trades
    count = len(result.orders)
    order = which % max(count, 1)
    notional = np.abs(book.entry_shares[which]) * book.entry_price[which]
    own = which < count
    return pd.DataFrame(
        {
            "event_id": table["event_id"],
            "symbol": table["symbol"],
            "leg": np.where(own, "position", "hedge").astype(object),
            "entry_date": result.market.tape.listing.dates()[book.entry[which]].astype("datetime64[s]"),
            "exit_date": result.market.tape.listing.dates()[book.exit[which]].astype("datetime64[s]"),
            "signal": result.orders.signal[order],
            "strength": result.orders.strength[order],
            "notional": notional,
            "sigma": book.sigma[which],
            "adv": book.adv[which],
            "ratio": np.where(own, 1.0, result.orders.hedge_ratio[order]),
            "gross_return": (table["gross"] + table["dividends"]) / notional,
            "net_return": table["net"] / notional,
            "sessions": book.exit[which] - book.entry[which],
            "exit_shares": np.abs(book.exit_shares[which]),
            "flags": _words(_flags(result, which)),
        }
    )


def positions(result: BacktestResult) -> pd.DataFrame:
    """Return one row a position with its hedge counted in: money, returns on the entry notional of the position.

    Columns are those of `details` without ``leg``, with ``side``, ``net`` and ``gross`` (money, dividends in both).
    """
    trades, found = result.trades, result.details
    own = found["leg"] == "position"
    income = (trades["gross"] + trades["dividends"]).groupby(trades["event_id"]).sum()
    net = trades["net"].groupby(trades["event_id"]).sum()
    table = found[own].drop(columns=["leg", "gross_return", "net_return"]).reset_index(drop=True)
    table["side"] = trades["side"][own].to_numpy()
    table["gross"] = income.reindex(table["event_id"]).to_numpy(dtype=float)
    table["net"] = net.reindex(table["event_id"]).to_numpy(dtype=float)
    return table.assign(gross_return=table["gross"] / table["notional"], net_return=table["net"] / table["notional"])


def _flags(result: BacktestResult, which: Ints) -> list[str]:
    book, orders = result.book, result.orders
    fractional = result.market.tape.fractional
    unproven = _unproven(result)
    found = []
    for leg in which:
        flags = ["fractions"] if fractional[book.code[leg]] else []
        if np.isnan(book.adv[leg]):
            flags.append("adv_unknown")
        if book.exit_reason[leg] == ExitReason.NEXT_ANNOUNCEMENT and unproven[leg % len(orders)]:
            flags.append("next_date_unproven")
        if leg < len(orders) and orders.quoted[leg]:
            flags.append("quoted_price")
        found.append(";".join(flags))
    return found


def _unproven(result: BacktestResult) -> Bools:
    """Return of which orders nobody says when the date of the symbol's next announcement was known, shape (n,)."""
    market, row = result.market, result.orders.row
    if not result.rule.before_next_announcement:
        return np.zeros(len(row), dtype=bool)
    events, day0 = market.events, market.clock.placed.day0
    silent = np.flatnonzero(np.isnat(events.known_at))
    dates = set(zip(events.symbol[silent], day0[silent], strict=True))
    following = zip(events.symbol[row], next_announcements(market)[row], strict=True)
    return np.array([each in dates for each in following], dtype=bool)


def fills(result: BacktestResult) -> pd.DataFrame:
    """Return one row a fill: signed shares, price before costs, costs by kind."""
    import pandas as pd

    book, market = result.book, result.market
    rows = np.array([fill[:3] for fill in book.fills], dtype=np.int64).reshape(-1, 3)
    numbers = np.array([fill[3:] for fill in book.fills], dtype=np.float64).reshape(-1, 5)
    leg, count = rows[:, 0], max(len(result.orders), 1)
    seen: dict[int, int] = {}
    is_exit = np.array([seen.setdefault(int(each), k) != k for k, each in enumerate(leg)], dtype=bool)
    time = np.where(is_exit, exit_times(result, leg), entry_times(result, leg))
    frame = {
        "event_id": market.events.event_id[result.orders.row[leg % count]],
        "symbol": _symbols(result, book.code[leg]),
        "date": result.dates[rows[:, 1]].astype("datetime64[s]"),
        "time": _utc(time),
        "moment": _words(Moment(int(each)).name.lower() for each in rows[:, 2]),
        "side": np.where(is_exit, "exit", "entry").astype(object),
    }
    names = ("shares", "price", "commission", "spread", "impact")
    return pd.DataFrame(frame | {name: numbers[:, k] for k, name in enumerate(names)})


def orders(result: BacktestResult) -> pd.DataFrame:
    """Return one row an event: signal, times, what became of its order and why."""
    import pandas as pd

    decisions, events = result.decisions, result.market.events
    return pd.DataFrame(
        {
            "event_id": events.event_id,
            "symbol": events.symbol,
            "signal": decisions.signal,
            "strength": decisions.strength,
            "information_time": _utc(decisions.information),
            "decision_time": _utc(decisions.moment),
            "status": _words(result.status),
            "reason": [OrderStatus(each).sentence for each in result.status],
        }
    )


def equity(result: BacktestResult) -> pd.DataFrame:
    """Return one row a day, with the columns of ``equity.csv``; the return of the first is missing."""
    import pandas as pd

    days = result.days
    return pd.DataFrame(
        {
            "date": result.dates.astype("datetime64[s]"),
            "equity": days.equity,
            "cash": days.cash,
            "long": days.long,
            "short": days.short,
            "return": np.concatenate([[np.nan], result.returns])[: len(days.equity)],
        }
    )


def entry_times(result: BacktestResult, which: Ints) -> Times:
    """Return when legs were opened; a hedge at the open or the close at which it was bought, shape (m,)."""
    orders = result.orders
    return np.concatenate([orders.entry_time, orders.hedge_time])[which]


def exit_times(result: BacktestResult, which: Ints) -> Times:
    """Return when legs were closed; a stop or target within a session at its close, when it is known for certain."""
    book = result.book
    found = _auction(result, which, book.exit[which], book.exit_moment[which])
    told = ~np.isnat(book.exit_time[which])
    return np.where(told, book.exit_time[which], found)


def _auction(result: BacktestResult, which: Ints, positions: Ints, moment: Ints) -> Times:
    tape, code = result.market.tape, result.book.code[which]
    sessions = tape.session(code, positions)
    calendars = [tape.listing.calendars[each] for each in code]
    times = [
        (calendar.opens if when <= Moment.OPEN else calendar.closes)[session]
        for calendar, session, when in zip(calendars, sessions, moment, strict=True)
    ]
    return np.array(times, dtype="datetime64[s]")


def _symbols(result: BacktestResult, codes: Ints) -> Labels:
    return np.array(result.market.tape.listing.symbols, dtype=object)[codes]


def _words(values: Iterable[str]) -> Labels:
    """Return words as a column that is one of words also where there is none."""
    return np.array([str(each) for each in values], dtype=object)


def _utc(times: Times) -> pd.DatetimeIndex:
    import pandas as pd

    return pd.DatetimeIndex(times.astype("datetime64[s]"), tz="UTC")
