"""From the rows of a long table of prices to a `PricePanel`: sessions, ragged layout, total returns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventstudy._long_prices import LongPrices
from eventstudy._typing import Codes, Floats, Labels
from eventstudy.calendars import Calendar, calendar_of, get_calendar
from eventstudy.errors import DataError, UnknownNameError, nearest
from eventstudy.findings import Finding, FindingKind, disagreements, plural
from eventstudy.frames import stretches
from eventstudy.panels import PRICE_FIELDS, Basis, Listing, PricePanel

_OFF_SESSION = ("error", "drop")


def build_price_panel(
    rows: LongPrices,
    *,
    calendar: str | Mapping[str, str] | None,
    basis: str | Mapping[str, str],
    off_session: str,
) -> PricePanel:
    """Return the panel that `PricePanel.from_frame` promises; the arguments are explained there.

    Rows may come in any order; those sorted by symbol and date, as most files are, are laid out without a sort.
    """
    if off_session not in _OFF_SESSION:
        raise UnknownNameError("way with rows off session", off_session, _OFF_SESSION)
    calendars = [get_calendar(code) for code in calendar_codes_of(rows.symbols, calendar)]
    sessions = _sessions(rows, calendars)
    findings = list(rows.findings)
    if len(sessions) and sessions.min() < 0:
        kept = np.flatnonzero(sessions >= 0)
        if off_session == "error" or not kept.size:
            raise DataError(_off_session(rows, calendars, sessions))
        findings += _dropped(rows, calendars, sessions)
        rows, sessions = rows.take(kept), sessions[kept]
        calendars = [get_calendar(code) for code in calendar_codes_of(rows.symbols, calendar)]
    listing = _listing(rows, calendars, sessions)
    positions = _positions(listing, rows, sessions)
    flat = {name: _scatter(column, positions, listing, own=rows.own) for name, column in rows.columns.items()}
    return _panel(listing, flat, basis, findings)


def _panel(
    listing: Listing, flat: Mapping[str, Floats], basis: str | Mapping[str, str], findings: list[Finding]
) -> PricePanel:
    symbols = np.array(listing.symbols, dtype=object)
    no_close = "close" not in flat
    bases = bases_of(symbols, basis, only_returns=no_close and "adj_close" not in flat, no_close=no_close)
    size = int(listing.offsets[-1])
    missing = _all(np.nan, size)
    prices = {name: flat.get(name, missing) for name in PRICE_FIELDS}
    prices["close"] = flat.get("close", flat.get("adj_close", missing))
    # Adjusted prices contain their dividends and splits; standing beside them they would count twice.
    adjusted = _all(False, size)
    if Basis.ADJUSTED in bases:
        adjusted = np.repeat([each is Basis.ADJUSTED for each in bases], listing.lengths)
    for name, none in (("dividend", 0.0), ("split", 1.0)):
        given = flat.get(name)
        prices[name] = _all(none, size) if given is None else np.where(adjusted | np.isnan(given), none, given)
    prices["total_return"] = _total_return(listing, flat, prices)
    both = {"close", "adj_close", "dividend"} <= set(flat)
    told = _disagreements(listing, prices, flat["adj_close"] if both else None)
    return PricePanel(listing=listing, basis=bases, findings=(*findings, *told), **prices)


def _all(value: float | bool, size: int) -> NDArray[Any]:
    """Return one and the same value at every position; it takes no memory."""
    return np.broadcast_to(np.asarray(value), size)


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


def calendar_codes_of(symbols: Labels, calendar: str | Mapping[str, str] | None) -> list[str]:
    """Return the exchange code of each symbol: as given, or as its suffix says."""
    return [calendar_of(symbol, calendar) for symbol in symbols]


def _sessions(rows: LongPrices, calendars: Sequence[Calendar]) -> Codes:
    """Return the session of each row in the calendar of its symbol, shape (n,), -1 where its date is none."""
    found = np.empty(len(rows), dtype=np.int32)
    exchange = np.array([calendar.code for calendar in calendars], dtype=object)
    used = {each.code: each for each in calendars}
    tables = {code: calendar.by_day() for code, calendar in used.items()}
    for part in stretches(len(rows)):
        for code, (before, table) in tables.items():
            sessions = table.take(rows.days[part] - before, mode="clip")
            if len(tables) == 1:
                found[part] = sessions
                continue
            here = (exchange == code)[rows.codes[part]]
            found[part][here] = sessions[here]
    return found


def _off_session(rows: LongPrices, calendars: Sequence[Calendar], sessions: Codes) -> str:
    """Return the complaint about the first row that lies on no session."""
    row = int(np.flatnonzero(sessions < 0)[0])
    calendar = calendars[rows.codes[row]]
    return (
        f"{rows.origin.row(row)}: {rows.date(row)} of {rows.symbol(row)} is not a session of {calendar.code} "
        f"(which is known from {calendar.sessions[0]} to {calendar.sessions[-1]}); "
        f"drop the row, say off_session: drop, or name the symbol's own exchange."
    )


def _dropped(rows: LongPrices, calendars: Sequence[Calendar], sessions: Codes) -> list[Finding]:
    """Return a finding for each symbol that has rows off session."""
    findings = []
    off = np.flatnonzero(sessions < 0)
    for code in np.unique(rows.codes[off]):
        own = np.sort(rows.days[off[rows.codes[off] == code]].astype("datetime64[D]"))
        span = f"{own[0]}" if len(own) == 1 else f"{own[0]} to {own[-1]}"
        words = f"{plural(len(own), 'row')} off the sessions of {calendars[code].code} dropped ({span})."
        findings.append(Finding(str(rows.symbols[code]), own[0], FindingKind.OFF_SESSION, words))
    return findings


def _listing(rows: LongPrices, calendars: Sequence[Calendar], sessions: Codes) -> Listing:
    """Return the span of each symbol, from its first to its last session."""
    count = len(rows.symbols)
    first, last = np.full(count, np.iinfo(np.int64).max), np.full(count, -1, dtype=np.int64)
    for part in stretches(len(rows)):
        codes, own = rows.codes[part], sessions[part]
        # Neighbours mostly have one symbol, so that few runs are left to compare.
        begins = np.concatenate([[0], np.flatnonzero(codes[1:] != codes[:-1]) + 1])
        np.minimum.at(first, codes[begins], np.minimum.reduceat(own, begins))
        np.maximum.at(last, codes[begins], np.maximum.reduceat(own, begins))
    offsets = np.concatenate([[0], np.cumsum(last - first + 1)]).astype(np.int64)
    return Listing(tuple(map(str, rows.symbols)), tuple(calendars), offsets, first)


def _positions(listing: Listing, rows: LongPrices, sessions: Codes) -> Codes | None:
    """Return where in the flat vectors each row belongs, shape (n,), None where they lie so already.

    A symbol with a date twice is an error.
    """
    size = int(listing.offsets[-1])
    kind = np.int32 if size <= np.iinfo(np.int32).max else np.int64
    begin: Codes = (listing.offsets[:-1] - listing.first).astype(kind)
    positions: Codes = sessions.astype(kind, copy=False)
    in_order = size == len(rows)
    for part in stretches(len(rows)):
        positions[part] += begin.take(rows.codes[part], mode="clip")
        in_order = in_order and bool((positions[part] == np.arange(part.start, part.stop, dtype=kind)).all())
    if in_order:
        return None
    taken = np.zeros(size, dtype=bool)
    for part in stretches(len(rows)):
        taken[positions[part]] = True
    if np.count_nonzero(taken) < len(rows):
        raise DataError(_twice(rows, positions))
    return positions


def _twice(rows: LongPrices, positions: Codes) -> str:
    """Return the complaint about the first symbol that has a date twice."""
    order = np.argsort(positions, kind="stable")
    again = int(np.flatnonzero(np.diff(positions[order]) == 0)[0])
    row, before = int(order[again + 1]), int(order[again])
    return (
        f"{rows.origin.row(row)}: {rows.symbol(row)} has {rows.date(row)} a second time "
        f"(first in {rows.origin.row(before)}); a symbol has one row a date."
    )


def _scatter(column: Floats, positions: Codes | None, listing: Listing, *, own: bool) -> Floats:
    """Return a column over the listing, NaN where no row is; itself where it lies so and is nobody else's."""
    if positions is None:
        return column if own else column.copy()
    size = int(listing.offsets[-1])
    flat = np.empty(size) if size == len(column) else np.full(size, np.nan)
    for part in stretches(len(column)):
        flat[positions[part]] = column[part]
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
