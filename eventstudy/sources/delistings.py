"""Delisting returns: a table of the firms that left, put into the returns of any source (METHODS 1.3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from eventstudy._typing import Bools, Floats, Ints, Labels
from eventstudy.errors import DataError, InputError, UnknownNameError
from eventstudy.findings import Finding, FindingKind
from eventstudy.frames import Origin, date_column, number_column, rename_columns, require_columns, text_column
from eventstudy.panels import PRICE_FIELDS, Listing, PricePanel
from eventstudy.sources import _csv

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["SHUMWAY", "CsvDelistings", "Fill", "check_fill", "with_delistings"]

Fill = float | Literal["shumway"] | None

SHUMWAY: Mapping[str, float] = {"nasdaq": -0.55, "other": -0.30}
"""What stands for the missing return of a delisting for cause: Shumway and Warther (1999), Shumway (1997)."""

_EXCHANGES = {"nyse": "other", "amex": "other", "nasdaq": "nasdaq"}
_YES_NO = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvDelistings:
    """Delistings from one CSV file, for whatever source the prices come from.

    Parameters
    ----------
    path : Path
        The file, with the columns of `with_delistings`.
    delisting_fill : float or "shumway", optional
        What stands for the missing return of a delisting for cause: a decimal, or -0.30 and on Nasdaq -0.55. Without
        it the session's return is missing.
    columns : mapping
        From our name of a column to the file's.
    date_format : str, optional
        ``strptime`` format of ``date``; ISO without it.
    """

    path: Path
    delisting_fill: float | Literal["shumway"] | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    date_format: str | None = None

    def __post_init__(self) -> None:
        check_fill(self.delisting_fill)

    def include(self, prices: PricePanel) -> PricePanel:
        """Return prices with the delistings of the file in their returns."""
        frame, lines = _csv.parse(_csv.fetch(self.path), str(self.path))
        origin = Origin(str(self.path), lines=lines)
        frame = rename_columns(frame, self.columns, origin)
        return with_delistings(
            prices, frame, delisting_fill=self.delisting_fill, date_format=self.date_format, origin=origin
        )


def check_fill(fill: Fill) -> None:
    """Raise `InputError` for a fill that is no return, or a word that is not known."""
    if isinstance(fill, str):
        if fill != "shumway":
            raise UnknownNameError("delisting_fill", fill, ("shumway",))
    elif fill is not None and not -1.0 <= fill < np.inf:
        raise InputError(f"delisting_fill is {fill}; a return of at least -1, such as -0.3, was expected.")


@dataclass(frozen=True, slots=True, eq=False)
class _Delistings:
    """One row a delisting of a symbol that has prices; every array has shape (d,)."""

    code: Ints
    session: Ints
    returns: Floats
    for_cause: Bools
    filled: Bools


def with_delistings(
    prices: PricePanel,
    frame: pd.DataFrame,
    *,
    delisting_fill: Fill = None,
    date_format: str | None = None,
    origin: Origin | None = None,
) -> PricePanel:
    """Return prices with each delisting return in the total return of its session.

    Parameters
    ----------
    prices : PricePanel
        Any prices; those of CRSP have their delistings already.
    frame : DataFrame
        Columns ``date``, ``symbol``, ``return`` (a decimal, empty where it is missing) and ``for_cause`` (``true``, or
        ``false`` for a merger and the like); for ``"shumway"`` also ``exchange``: ``NYSE``, ``AMEX``, ``Nasdaq``. A
        symbol without prices is passed over.
    delisting_fill : float or "shumway", optional
        What stands for the missing return of a delisting for cause: a decimal, or -0.30 on NYSE and AMEX (Shumway
        1997) and -0.55 on Nasdaq (Shumway and Warther 1999). Without it that session's return is missing: the right
        value depends on the vendor. A merger is never filled: its last return is the last.
    date_format : str, optional
        ``strptime`` format of ``date``; ISO without it.
    origin : Origin, optional
        Where the table came from, for error messages.

    Returns
    -------
    PricePanel
        ``(1 + R) (1 + R_delisting) - 1`` on a session that has a return, the delisting return on a later one, without
        prices. Each delisting is a finding.

    Raises
    ------
    DataError
        Naming the row: a missing column, a return below -100%, prices after the delisting, a symbol that stands twice.
    InputError
        For a fill that is no return, and for ``"shumway"`` without the exchange.

    Notes
    -----
    After the delisting CARs end (`Windows.min_coverage`), and a buy-and-hold return goes on as `BuyAndHold.delisting`
    says.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"date": ["2025-02-19", "2025-02-20"], "symbol": "XYZ", "close": [2.0, 1.0]})
    >>> left = pd.DataFrame({"date": ["2025-02-21"], "symbol": "XYZ", "return": [None], "for_cause": ["true"]})
    >>> panel = PricePanel.from_frame(table)
    >>> with_delistings(panel, left, delisting_fill=-0.3).total_return.tolist()
    [nan, -0.5, -0.3]
    """
    check_fill(delisting_fill)
    origin = origin or Origin("delistings")
    found = _read(prices.listing, frame, delisting_fill, date_format, origin)
    if not len(found.code):
        return prices
    longer = _extended(prices, found)
    at = longer.listing.offsets[found.code] + found.session - longer.listing.first[found.code]
    own, total = longer.total_return[at], longer.total_return.copy()
    both = np.where(np.isnan(own), found.returns, (1.0 + own) * (1.0 + found.returns) - 1.0)
    total[at] = np.where(np.isnan(found.returns) & ~found.for_cause, own, both)
    told = [_finding(longer.listing, found, row) for row in range(len(found.code))]
    return replace(longer, total_return=total).noting(told)


def _read(listing: Listing, frame: pd.DataFrame, fill: Fill, date_format: str | None, origin: Origin) -> _Delistings:
    require_columns(frame, ["date", "symbol", "return", "for_cause"], origin)
    names = text_column(frame, "symbol", origin).astype(str)
    dates = date_column(frame, "date", origin, date_format=date_format)
    returns, for_cause = number_column(frame, "return", origin), _yes_no(frame, origin)
    code, seen = listing.codes(names), dict[int, int]()
    session = np.full(len(code), -1, dtype=np.int64)
    for row in np.flatnonzero(code >= 0):
        owner = int(code[row])
        calendar, place = listing.calendars[owner], f"{origin.row(int(row))}: {names[row]}"
        session[row] = int(calendar.at_or_after(dates[row : row + 1])[0])
        if owner in seen:
            raise DataError(f"{place} was delisted a second time (first in {origin.row(seen[owner])}).")
        seen[owner] = int(row)
        if returns[row] < -1.0:
            raise DataError(f"{place}: return is {returns[row]:g}; a simple return can't be below -100%.")
        if session[row] >= len(calendar.sessions):
            raise DataError(f"{place}: {dates[row]} lies after the last known session of {calendar.code}.")
        if session[row] < listing.last[owner]:
            last = calendar.sessions[int(listing.last[owner])]
            raise DataError(
                f"{place} was delisted on {dates[row]}, and its prices go on to {last}; correct one of them."
            )
    missing = np.isnan(returns) & for_cause & (code >= 0)
    fills = _fills(frame, missing, fill, origin)
    filled = missing & ~np.isnan(fills)
    kept = np.flatnonzero(code >= 0)
    kept = kept[np.argsort(code[kept], kind="stable")]
    every = np.where(filled, fills, returns)
    return _Delistings(code[kept], session[kept], every[kept], for_cause[kept], filled[kept])


def _yes_no(frame: pd.DataFrame, origin: Origin) -> Bools:
    words = [str(cell).strip().lower().removesuffix(".0") for cell in frame["for_cause"]]
    for row, word in enumerate(words):
        if word not in _YES_NO:
            raise DataError(
                f"{origin.row(row)}: for_cause is {frame['for_cause'].iloc[row]!r}; true or false is needed."
            )
    return np.array([_YES_NO[word] for word in words], dtype=bool)


def _fills(frame: pd.DataFrame, missing: Bools, fill: Fill, origin: Origin) -> Floats:
    """Return what stands for each missing return, shape (d,), NaN where nothing does."""
    if fill is None or not missing.any():
        return np.full(len(frame), np.nan)
    if not isinstance(fill, str):
        return np.full(len(frame), float(fill))
    exchange: Labels = frame["exchange"].to_numpy(dtype=object) if "exchange" in frame else np.full(len(frame), "")
    words = [str(cell).strip().lower() for cell in exchange]
    for row in np.flatnonzero(missing):
        if words[row] not in _EXCHANGES:
            raise InputError(
                f"{origin.row(int(row))}: delisting_fill is 'shumway', which depends on the exchange; NYSE, AMEX or "
                f"Nasdaq was expected in the column 'exchange'. Give a number such as -0.3 instead."
            )
    return np.array([SHUMWAY[_EXCHANGES[word]] if word in _EXCHANGES else np.nan for word in words])


def _extended(prices: PricePanel, found: _Delistings) -> PricePanel:
    """Return the prices with spans that reach to each delisting, and nothing on the sessions added."""
    listing = prices.listing
    more = np.zeros(len(listing.symbols), dtype=np.int64)
    more[found.code] = found.session - listing.last[found.code]
    if not more.any():
        return prices
    offsets = np.concatenate([[0], np.cumsum(listing.lengths + more)]).astype(np.int64)
    place = np.arange(listing.offsets[-1]) + np.repeat(offsets[:-1] - listing.offsets[:-1], listing.lengths)
    fields: dict[str, Any] = {}
    for name in (*PRICE_FIELDS, "total_return"):
        nothing = {"dividend": 0.0, "split": 1.0}.get(name, np.nan)
        fields[name] = np.full(int(offsets[-1]), nothing)
        fields[name][place] = getattr(prices, name)
    return replace(prices, listing=Listing(listing.symbols, listing.calendars, offsets, listing.first), **fields)


def _finding(listing: Listing, found: _Delistings, row: int) -> Finding:
    code, value = int(found.code[row]), found.returns[row]
    if found.filled[row]:
        words = f"The delisting return is missing; {100 * value:+.0f}% stands for it."
    elif np.isnan(value):
        words = f"The delisting return is missing{'' if found.for_cause[row] else '; it was not for cause'}."
    else:
        words = f"The delisting return of {100 * value:+.1f}% is included."
    day = listing.calendars[code].sessions[int(found.session[row])]
    return Finding(listing.symbols[code], day, FindingKind.DELISTING_RETURN, words)
