"""How much of an order the limits leave room for, and which of them binds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from eventstudy.backtest.statuses import OrderStatus

if TYPE_CHECKING:
    from eventstudy.backtest.account import Account

__all__ = ["room_for"]

MOST_SCALED = 2.0
# What a limit takes less than this share of is taken by rounding.
ROUNDING = 1e-9


def room_for(account: Account, order: int, side: float) -> tuple[float, OrderStatus]:
    """Return the notional that an order may have, and the limit that makes it less than what it asks for.

    Parameters
    ----------
    account : Account
        Equity of the last close, exposure as it stands.
    order : int
        Which order.
    side : float
        1 for long, -1 for short.

    Returns
    -------
    notional : float
        Money, 0 or more.
    why : OrderStatus
        ``filled`` where nothing binds.
    """
    rule, orders = account.rule, account.orders
    limits, equity = rule.limits, account.equity
    symbol = account.market.tape.listing.symbols[orders.code[order]]
    if side < 0 and symbol in rule.costs.no_borrow:
        return 0.0, OrderStatus.NO_BORROW
    if int((account.book.live < len(orders)).sum()) >= limits.positions:
        return 0.0, OrderStatus.MAX_POSITIONS
    if limits.day is not None and account.opened_today >= limits.day:
        return 0.0, OrderStatus.DAY_LIMIT
    whole = equity * (limits.long if side > 0 else limits.short) / limits.positions
    notional, why = whole * _weight(account, order), OrderStatus.FILLED
    for room, status in _rooms(account, order, side):
        if room < notional * (1.0 - ROUNDING):
            notional, why = max(room, 0.0), status
    return max(notional, 0.0), why


def _weight(account: Account, order: int) -> float:
    """Return the size of a position as a multiple of an equal one."""
    rule, orders = account.rule, account.orders
    match rule.sizing:
        case "inverse_volatility":
            return min(rule.volatility / float(orders.sigma[order]), MOST_SCALED)
        case "signal":
            return min(abs(float(orders.signal[order])), 1.0)
        case _:
            return 1.0


def _rooms(account: Account, order: int, side: float) -> list[tuple[float, OrderStatus]]:
    limits, equity, orders = account.rule.limits, account.equity, account.orders
    long, short = account.long, account.short
    rooms = [
        (limits.long * equity - account.own_long, OrderStatus.LONG_LIMIT)
        if side > 0
        else (limits.short * equity - account.own_short, OrderStatus.SHORT_LIMIT)
    ]
    if limits.gross is not None:
        rooms.append((limits.gross * equity - long - short, OrderStatus.GROSS_LIMIT))
    if limits.net is not None:
        rooms.append((limits.net * equity - side * (long - short), OrderStatus.NET_LIMIT))
    if limits.name is not None:
        rooms.append((limits.name * equity - _held(account, [int(orders.code[order])]), OrderStatus.NAME_LIMIT))
    if limits.sector is not None:
        rooms.append((limits.sector * equity - _held(account, _sector(account, order)), OrderStatus.SECTOR_LIMIT))
    if limits.adv is not None and not np.isnan(orders.adv[order]):
        rooms.append((limits.adv * float(orders.adv[order]), OrderStatus.ADV_LIMIT))
    return rooms


def _held(account: Account, codes: list[int]) -> float:
    return sum(abs(float(account.book.value[leg])) for code in codes for leg in account.open.get(code, ()))


def _sector(account: Account, order: int) -> list[int]:
    """Return the open symbols of an order's sector, as the events that opened them say."""
    sector = account.market.events.column(account.rule.sector)
    own = sector[account.orders.row[order]]
    return [code for code, legs in account.open.items() if any(sector[account.orders.row[leg]] == own for leg in legs)]
