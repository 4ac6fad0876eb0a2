"""From a long table of prices to a `PricePanel`: checks, ragged layout, total returns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from eventstudy._typing import Bools, Dates, Floats, Ints, Labels
from eventstudy.calendars import Calendar, calendar_of, get_calendar
from eventstudy.errors import DataError, nearest
from eventstudy.frames import Origin, date_column, number_column, require_columns, text_column
from eventstudy.panels import PRICE_FIELDS, Basis, Listing, PricePanel

if TYPE_CHECKING:
    import pandas as pd

# A price is a number above zero; the other fields may be zero.
_PRICES = ("open", "high", "low", "close", "adj_close")


def build_price_panel(
    frame: pd.DataFrame,
    *,
    calendar: str | Mapping[str, str] | None,
    basis: str | Mapping[str, str],
    midpoints: bool,
    date_format: str | None,
    origin: Origin,
) -> PricePanel:
    """Return the panel that `PricePanel.from_frame` promises; the arguments are explained there."""
    require_columns(frame, ["date", "symbol"], origin)
    if not {"close", "adj_close", "return"} & set(frame.columns):
        raise DataError(f"{origin.name}: the column 'close' is missing (or 'adj_close', or 'return').")
    dates = date_column(frame, "date", origin, date_format=date_format)
    names = text_column(frame, "symbol", origin)
    columns = {
        name: checked_numbers(frame, name, midpoints, origin)
        for name in (*PRICE_FIELDS, "adj_close", "return")
        if name in frame.columns
    }
    symbols, codes = np.unique(names.astype(str), return_inverse=True)
    codes = codes.astype(np.int64)
    calendars = tuple(get_calendar(code) for code in calendar_codes_of(symbols, calendar))
    sessions = _session_index(dates, codes, names, calendars, origin)
    listing, positions = _lay_out(symbols, calendars, codes, sessions, dates, origin)
    flat = {name: _scatter(column, positions, int(listing.offsets[-1])) for name, column in columns.items()}
    no_close = "close" not in flat
    bases = bases_of(symbols, basis, only_returns=no_close and "adj_close" not in flat, no_close=no_close)
    missing = np.full(int(listing.offsets[-1]), np.nan)
    prices = {name: flat.get(name, missing) for name in PRICE_FIELDS}
    prices["close"] = flat.get("close", flat.get("adj_close", missing))
    # Adjusted prices contain their dividends and splits; standing beside them they would count twice.
    adjusted = np.repeat([each is Basis.ADJUSTED for each in bases], listing.lengths)
    for name, none in (("dividend", 0.0), ("split", 1.0)):
        prices[name] = np.where(adjusted | np.isnan(prices[name]), none, prices[name])
    return PricePanel(listing=listing, basis=bases, total_return=_total_return(listing, flat, prices), **prices)


def total_return(close: Floats, dividend: Floats, split: Floats) -> Floats:
    """Return simple total returns over one stretch of sessions.

    Parameters
    ----------
    close : ndarray of shape (n,)
        Closing prices as traded, NaN where missing.
    dividend : ndarray of shape (n,)
        Cash per old share with this ex-date.
    split : ndarray of shape (n,)
        New shares per old share effective on this session, 1 for none.

    Returns
    -------
    ndarray of shape (n,)
        ``(S_t P_t + D_t) / P_{t-1} - 1``, a decimal; NaN on the first session and beside a missing price.
    """
    returns = np.full(len(close), np.nan)
    returns[1:] = (split[1:] * close[1:] + dividend[1:]) / close[:-1] - 1.0
    return returns


def _broken_rule(name: str, numbers: Floats) -> tuple[Bools, str]:
    """Return which numbers of a field break its rule, shape (n,), and the rule."""
    if name in _PRICES:
        hint = " (if a negative price is a bid/ask midpoint, declare midpoints)" if (numbers < 0).any() else ""
        return numbers <= 0, f"a price must be above zero{hint}"
    match name:
        case "return":
            return numbers < -1.0, "a simple return can't be below -100%"
        case "split":
            return numbers <= 0, "a split must be above zero"
        case _:
            return numbers < 0, f"a {name} can't be negative"


def checked_numbers(frame: pd.DataFrame, name: str, midpoints: bool, origin: Origin) -> Floats:
    """Return a column of the table as numbers that keep the rule of their field, shape (n,)."""
    numbers = number_column(frame, name, origin)
    if midpoints and name in _PRICES:
        numbers = np.abs(numbers)
    bad, rule = _broken_rule(name, numbers)
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise DataError(f"{origin.row(row)}: {name} of {frame['symbol'].iloc[row]} is {numbers[row]:g}; {rule}.")
    return numbers


def calendar_codes_of(symbols: Labels, calendar: str | Mapping[str, str] | None) -> list[str]:
    """Return the exchange code of each symbol: as given, or as its suffix says."""
    if isinstance(calendar, str):
        return [calendar] * len(symbols)
    given = calendar or {}
    return [given.get(symbol, calendar_of(symbol)) for symbol in symbols]


def _session_index(dates: Dates, codes: Ints, names: Labels, calendars: tuple[Calendar, ...], origin: Origin) -> Ints:
    sessions = np.empty(len(dates), dtype=np.int64)
    exchange = np.array([calendar.code for calendar in calendars], dtype=object)
    for calendar in {each.code: each for each in calendars}.values():
        rows = (exchange == calendar.code)[codes]
        sessions[rows] = calendar.index(dates[rows])
    if (sessions < 0).any():
        row = int(np.flatnonzero(sessions < 0)[0])
        calendar = calendars[codes[row]]
        raise DataError(
            f"{origin.row(row)}: {dates[row]} of {names[row]} is not a session of {calendar.code} "
            f"(which is known from {calendar.sessions[0]} to {calendar.sessions[-1]}); "
            f"drop the row, or name the symbol's own exchange."
        )
    return sessions


def _lay_out(
    symbols: Labels,
    calendars: tuple[Calendar, ...],
    codes: Ints,
    sessions: Ints,
    dates: Dates,
    origin: Origin,
) -> tuple[Listing, Ints]:
    first = np.full(len(symbols), np.iinfo(np.int64).max)
    last = np.full(len(symbols), -1, dtype=np.int64)
    np.minimum.at(first, codes, sessions)
    np.maximum.at(last, codes, sessions)
    offsets = np.concatenate([[0], np.cumsum(last - first + 1)]).astype(np.int64)
    positions = offsets[codes] + sessions - first[codes]
    order = np.argsort(positions, kind="stable")
    again = np.flatnonzero(np.diff(positions[order]) == 0)
    if again.size:
        row, before = int(order[again[0] + 1]), int(order[again[0]])
        raise DataError(
            f"{origin.row(row)}: {symbols[codes[row]]} has {dates[row]} a second time "
            f"(first in {origin.row(before)}); a symbol has one row a date."
        )
    return Listing(tuple(str(symbol) for symbol in symbols), calendars, offsets, first), positions


def _scatter(column: Floats, positions: Ints, size: int) -> Floats:
    flat = np.full(size, np.nan)
    flat[positions] = column
    return flat


def bases_of(
    symbols: Labels, basis: str | Mapping[str, str], *, only_returns: bool = False, no_close: bool = False
) -> tuple[Basis, ...]:
    """Return what the prices of each symbol are: as given, or as the table's columns say."""
    if only_returns:
        return (Basis.RETURNS,) * len(symbols)
    if no_close:
        return (Basis.ADJUSTED,) * len(symbols)
    given = dict.fromkeys(symbols, basis) if isinstance(basis, str) else basis
    names = [given.get(symbol, Basis.UNADJUSTED) for symbol in symbols]
    for name in names:
        if name not in tuple(Basis):
            raise DataError(f"The basis {name!r} is unknown. {nearest(name, map(str, Basis))}")
    return tuple(Basis(name) for name in names)


def _total_return(listing: Listing, flat: Mapping[str, Floats], prices: Mapping[str, Floats]) -> Floats:
    if "return" in flat:
        return flat["return"]
    if "adj_close" in flat and "dividend" not in flat:
        close = flat["adj_close"]
        returns = total_return(close, np.zeros_like(close), np.ones_like(close))
    else:
        returns = total_return(prices["close"], prices["dividend"], prices["split"])
    returns[listing.offsets[:-1]] = np.nan
    return returns
