"""From a long table of prices to a `PricePanel`: checks, ragged layout, total returns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from eventstudy._typing import Bools, Dates, Floats, Ints, Labels
from eventstudy.calendars import Calendar, calendar_of, get_calendar
from eventstudy.errors import DataError, UnknownNameError, nearest
from eventstudy.findings import Finding, FindingKind, disagreements, plural
from eventstudy.frames import Origin, date_column, number_column, require_columns, text_column
from eventstudy.panels import PRICE_FIELDS, Basis, Listing, PricePanel

if TYPE_CHECKING:
    import pandas as pd

# A price is a number above zero; the other fields may be zero.
_PRICES = ("open", "high", "low", "close", "adj_close")
_OFF_SESSION = ("error", "drop")


def build_price_panel(
    frame: pd.DataFrame,
    *,
    calendar: str | Mapping[str, str] | None,
    basis: str | Mapping[str, str],
    midpoints: bool,
    date_format: str | None,
    off_session: str,
    origin: Origin,
) -> PricePanel:
    """Return the panel that `PricePanel.from_frame` promises; the arguments are explained there."""
    require_columns(frame, ["date", "symbol"], origin)
    if not {"close", "adj_close", "return"} & set(frame.columns):
        raise DataError(f"{origin.name}: the column 'close' is missing (or 'adj_close', or 'return').")
    if off_session not in _OFF_SESSION:
        raise UnknownNameError("way with rows off session", off_session, _OFF_SESSION)
    dates = date_column(frame, "date", origin, date_format=date_format)
    columns, findings = _columns(frame, midpoints, dates, origin)
    codes, symbols = _factorized(frame, origin)
    calendars = tuple(get_calendar(code) for code in calendar_codes_of(symbols, calendar))
    sessions = _session_index(dates, codes, calendars)
    if (sessions < 0).any():
        kept = np.flatnonzero(sessions >= 0)
        if off_session == "error" or not kept.size:
            raise DataError(_off_session(dates, symbols, codes, calendars, sessions, origin))
        findings += _dropped(dates, symbols, codes, calendars, sessions)
        used, codes = np.unique(codes[kept], return_inverse=True)
        symbols, calendars = symbols[used], tuple(calendars[code] for code in used)
        dates, sessions, origin = dates[kept], sessions[kept], origin.take(kept)
        columns = {name: column[kept] for name, column in columns.items()}
    listing, positions = _lay_out(symbols, calendars, codes, sessions, dates, origin)
    flat = {name: _scatter(column, positions, int(listing.offsets[-1])) for name, column in columns.items()}
    return _panel(listing, flat, basis, findings)


def _columns(
    frame: pd.DataFrame, midpoints: bool, dates: Dates, origin: Origin
) -> tuple[dict[str, Floats], list[Finding]]:
    """Return the numbers of the table by field, and which symbols have midpoints among them."""
    names = [name for name in (*PRICE_FIELDS, "adj_close", "return") if name in frame.columns]
    findings = []
    if midpoints and "close" in names:
        signed = np.flatnonzero(number_column(frame, "close", origin) < 0)
        owners = frame["symbol"].to_numpy(dtype=object)[signed]
        for symbol in sorted(set(owners)):
            own = signed[owners == symbol]
            words = f"{plural(len(own), 'close')} {'is a midpoint' if len(own) == 1 else 'are midpoints'}: no trade."
            findings.append(Finding(str(symbol), dates[own].min(), FindingKind.MIDPOINT, words))
    return {name: checked_numbers(frame, name, midpoints, origin) for name in names}, findings


def _factorized(frame: pd.DataFrame, origin: Origin) -> tuple[Ints, Labels]:
    """Return the symbol of each row, shape (n,), as a position among the symbols, shape (S,), in alphabetical order."""
    import pandas as pd

    column = frame["symbol"]
    if isinstance(column.dtype, pd.CategoricalDtype) and not column.isna().any():
        # Large tables come with categories; to look at each row's text again would take their memory twice.
        codes = column.cat.codes.to_numpy()
        there = np.bincount(codes, minlength=len(column.cat.categories)) > 0
        used, codes = np.flatnonzero(there), (np.cumsum(there) - 1)[codes]
        names = text_column(pd.DataFrame({"symbol": column.cat.categories[used]}), "symbol", origin)
        order = np.argsort(names.astype(str), kind="stable")
        places = np.empty(len(order), dtype=np.int64)
        places[order] = np.arange(len(order))
        return places[codes], names[order]
    codes, symbols = pd.factorize(text_column(frame, "symbol", origin), sort=True)
    return codes.astype(np.int64), np.array([str(symbol) for symbol in symbols], dtype=object)


def _panel(
    listing: Listing, flat: Mapping[str, Floats], basis: str | Mapping[str, str], findings: list[Finding]
) -> PricePanel:
    symbols = np.array(listing.symbols, dtype=object)
    no_close = "close" not in flat
    bases = bases_of(symbols, basis, only_returns=no_close and "adj_close" not in flat, no_close=no_close)
    missing = np.full(int(listing.offsets[-1]), np.nan)
    prices = {name: flat.get(name, missing) for name in PRICE_FIELDS}
    prices["close"] = flat.get("close", flat.get("adj_close", missing))
    # Adjusted prices contain their dividends and splits; standing beside them they would count twice.
    adjusted = np.repeat([each is Basis.ADJUSTED for each in bases], listing.lengths)
    for name, none in (("dividend", 0.0), ("split", 1.0)):
        prices[name] = np.where(adjusted | np.isnan(prices[name]), none, prices[name])
    prices["total_return"] = _total_return(listing, flat, prices)
    both = {"close", "adj_close", "dividend"} <= set(flat)
    told = _disagreements(listing, prices, flat["adj_close"] if both else None)
    return PricePanel(listing=listing, basis=bases, findings=(*findings, *told), **prices)


def _disagreements(listing: Listing, prices: Mapping[str, Floats], adjusted: Floats | None) -> tuple[Finding, ...]:
    """Return where adjusted closes tell of other returns than those made of closes, dividends and splits."""
    if adjusted is None:
        return ()
    close, made = prices["close"], prices["total_return"]
    told = total_return(adjusted, np.zeros_like(close), np.ones_like(close))
    # Vendors adjust by 1 - D / P, which reinvests the cash at the price before its ex-date; that is no disagreement.
    reinvested = np.full(len(close), np.nan)
    reinvested[1:] = prices["split"][1:] * close[1:] / (close[:-1] - prices["dividend"][1:]) - 1.0
    nearer = np.where(np.abs(reinvested - told) < np.abs(made - told), reinvested, made)
    told[listing.offsets[:-1]] = np.nan
    return disagreements(nearer, told, listing.symbols, listing.offsets, listing.dates())


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


def _session_index(dates: Dates, codes: Ints, calendars: tuple[Calendar, ...]) -> Ints:
    """Return the session of each row in the calendar of its symbol, shape (n,), -1 where its date is none."""
    sessions = np.empty(len(dates), dtype=np.int64)
    exchange = np.array([calendar.code for calendar in calendars], dtype=object)
    for calendar in {each.code: each for each in calendars}.values():
        rows = (exchange == calendar.code)[codes]
        sessions[rows] = calendar.index(dates[rows])
    return sessions


def _off_session(
    dates: Dates, symbols: Labels, codes: Ints, calendars: tuple[Calendar, ...], sessions: Ints, origin: Origin
) -> str:
    """Return the complaint about the first row that lies on no session."""
    row = int(np.flatnonzero(sessions < 0)[0])
    calendar = calendars[codes[row]]
    return (
        f"{origin.row(row)}: {dates[row]} of {symbols[codes[row]]} is not a session of {calendar.code} "
        f"(which is known from {calendar.sessions[0]} to {calendar.sessions[-1]}); "
        f"drop the row, say off_session: drop, or name the symbol's own exchange."
    )


def _dropped(
    dates: Dates, symbols: Labels, codes: Ints, calendars: tuple[Calendar, ...], sessions: Ints
) -> list[Finding]:
    """Return a finding for each symbol that has rows off session."""
    findings = []
    off = np.flatnonzero(sessions < 0)
    for code in np.unique(codes[off]):
        own = np.sort(dates[off[codes[off] == code]])
        span = f"{own[0]}" if len(own) == 1 else f"{own[0]} to {own[-1]}"
        words = f"{plural(len(own), 'row')} off the sessions of {calendars[code].code} dropped ({span})."
        findings.append(Finding(str(symbols[code]), own[0], FindingKind.OFF_SESSION, words))
    return findings


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
