"""Prices, returns and factors: read-only, ragged by symbol, one flat vector a field.

A symbol's values lie one after another over its listed span, from its first to its last session, with NaN
where a session has none. `Listing` says where each span begins; the same listing serves prices and returns.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from eventstudy._listing import Listing
from eventstudy._typing import Dates, Floats, Ints
from eventstudy._units import check_unit
from eventstudy.calendars import Calendar
from eventstudy.errors import DataError
from eventstudy.findings import Finding
from eventstudy.frames import Origin, date_column, number_column, require_columns, stretches

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Basis", "FactorPanel", "Listing", "PricePanel", "PriceSeries", "ReturnPanel"]


class Basis(StrEnum):
    """What a symbol's prices are."""

    UNADJUSTED = "unadjusted"
    """As traded; dividends and splits stand beside them."""
    ADJUSTED = "adjusted"
    """Back-adjusted for dividends and splits: good for returns, not for levels."""
    RETURNS = "returns"
    """No prices at all, only returns."""


@dataclass(frozen=True, slots=True, eq=False)
class PriceSeries:
    """The prices of one symbol over its listed span; every array has shape (n,), NaN where missing.

    Parameters
    ----------
    symbol : str
        Its name.
    calendar : Calendar
        The sessions of its exchange.
    first : int
        Index in the calendar of the first session.
    basis : Basis
        What the prices are.
    open, high, low, close : ndarray of shape (n,)
        Prices in the currency of the listing.
    volume : ndarray of shape (n,)
        Shares.
    dividend : ndarray of shape (n,)
        Cash per old share with this ex-date, 0 where there is none.
    split : ndarray of shape (n,)
        New shares per old share effective on this session, 1 where there is none.
    total_return : ndarray of shape (n,)
        Simple close-to-close total return, a decimal per session.
    """

    symbol: str
    calendar: Calendar
    first: int
    basis: Basis
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    dividend: Floats
    split: Floats
    total_return: Floats

    @property
    def sessions(self) -> Dates:
        """Dates of the span, shape (n,)."""
        return self.calendar.sessions[self.first : self.first + len(self.close)]

    def position(self, session: int) -> int | None:
        """Return the place of a calendar session in the arrays, None where it lies outside the span."""
        place = session - self.first
        return place if 0 <= place < len(self.close) else None


PRICE_FIELDS = ("open", "high", "low", "close", "volume", "dividend", "split")


@dataclass(frozen=True, slots=True, eq=False)
class PricePanel:
    """Prices by symbol, with the total returns made from them once.

    Every array is flat over the listing, shape (n,), read-only, NaN where missing; the fields are those of
    `PriceSeries`. Build one with `from_frame`.

    Parameters
    ----------
    listing : Listing
        Symbols, calendars, spans.
    basis : tuple of Basis
        What the prices of each symbol are.
    open, high, low, close, volume, dividend, split : ndarray of shape (n,)
        See `PriceSeries`.
    total_return : ndarray of shape (n,)
        Simple total return of each session, a decimal: ``(S_t P_t + D_t) / P_{t-1} - 1``.
    findings : tuple of Finding
        What the builder noticed: rows that it was told to drop, midpoints, adjusted closes that disagree. The rest
        is for `eventstudy.findings.find`.
    """

    listing: Listing
    basis: tuple[Basis, ...]
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    dividend: Floats
    split: Floats
    total_return: Floats
    findings: tuple[Finding, ...] = ()

    def __post_init__(self) -> None:
        for name in (*PRICE_FIELDS, "total_return"):
            getattr(self, name).setflags(write=False)

    @property
    def symbols(self) -> tuple[str, ...]:
        """The S names, in alphabetical order."""
        return self.listing.symbols

    @classmethod
    def from_frame(
        cls,
        frame: pd.DataFrame,
        *,
        calendar: str | Mapping[str, str] | None = None,
        basis: str | Mapping[str, str] = Basis.UNADJUSTED,
        midpoints: bool = False,
        date_format: str | None = None,
        off_session: str = "error",
        origin: Origin | None = None,
    ) -> PricePanel:
        """Make a panel from a long table.

        Parameters
        ----------
        frame : DataFrame
            Columns ``date``, ``symbol``, and ``close`` or ``adj_close`` or ``return``; optional ``open``,
            ``high``, ``low``, ``volume``, ``dividend`` (cash per old share), ``split`` (new shares per old).
        calendar : str or mapping, optional
            Exchange code, or one by symbol. Without it the symbol's suffix says (none: New York).
        basis : str or mapping
            ``"unadjusted"`` or ``"adjusted"``, or one by symbol.
        midpoints : bool
            Whether a negative price stands for a bid/ask midpoint (CRSP); else it is an error.
        date_format : str, optional
            ``strptime`` format of the dates; ISO without it.
        off_session : {"error", "drop"}
            What to do with a row whose date is no session of the exchange; a row dropped is a finding.
        origin : Origin, optional
            Where the table came from, for error messages.

        Raises
        ------
        DataError
            Naming the row: a missing column, a duplicate date, a date without a session, a price that is not
            positive.

        Notes
        -----
        Total returns come from ``return`` where the table has it, else from ``adj_close`` where there is
        one and no ``dividend``, else from ``close`` with dividends and splits; those of an adjusted symbol
        are not counted again. A return needs a price on both sessions.

        Examples
        --------
        >>> import pandas as pd
        >>> days = ["2025-06-11", "2025-06-12"]
        >>> closes, cash = [120.33, 116.62], [0, 2.0]
        >>> table = pd.DataFrame({"date": days, "symbol": "BABA", "close": closes, "dividend": cash})
        >>> PricePanel.from_frame(table).total_return.round(6).tolist()
        [nan, -0.014211]
        """
        from eventstudy._long_prices import LongPrices
        from eventstudy._panel_build import build_price_panel

        rows = LongPrices.of_frame(frame, origin or Origin("prices"), midpoints=midpoints, date_format=date_format)
        return build_price_panel(rows, calendar=calendar, basis=basis, off_session=off_session)

    def series(self, symbol: str) -> PriceSeries:
        """Return the prices of one symbol, raising `UnknownNameError` where the panel has none of it."""
        span, code = self.listing.span(symbol), self.listing.code(symbol)
        return PriceSeries(
            symbol=symbol,
            calendar=self.listing.calendars[code],
            first=int(self.listing.first[code]),
            basis=self.basis[code],
            **{name: getattr(self, name)[span] for name in (*PRICE_FIELDS, "total_return")},
        )

    def to_frame(self) -> pd.DataFrame:
        """Return the long table: date, symbol, the price fields and ``total_return``."""
        import pandas as pd

        columns: dict[str, object] = {
            "date": self.listing.dates(),
            "symbol": np.repeat(np.array(self.symbols, dtype=object), self.listing.lengths),
        }
        return pd.DataFrame(columns | {name: getattr(self, name) for name in (*PRICE_FIELDS, "total_return")})

    def digest(self) -> str:
        """Return a SHA-256 over everything in the panel, the same for the same prices in any row order."""
        arrays = [getattr(self, name) for name in (*PRICE_FIELDS, "total_return")]
        return _digest(self.listing, self.basis, arrays)

    def noting(self, findings: Iterable[Finding]) -> PricePanel:
        """Return the same panel with further findings of its source."""
        return replace(self, findings=(*self.findings, *findings))


def _digest(listing: Listing, basis: Sequence[Basis], arrays: Sequence[Floats]) -> str:
    exchanges = [calendar.code for calendar in listing.calendars]
    digest = hashlib.sha256("\0".join([*listing.symbols, *exchanges, *basis]).encode())
    for whole in (listing.offsets, *_of_dates(listing)):
        digest.update(whole.tobytes())
    with ThreadPoolExecutor() as threads:
        for found in threads.map(_digest_of_numbers, arrays):
            digest.update(found)
    return digest.hexdigest()


def _of_dates(listing: Listing) -> Iterator[Ints]:
    """Give what all dates follow from: the sessions each exchange is used on, and where in them its symbols begin."""
    for place, calendar in enumerate(listing.exchanges.values()):
        of = listing.exchange == place
        first, last = listing.first[of], listing.last[of]
        yield calendar.sessions[first.min() : last.max() + 1].astype(np.int64)
        yield first - first.min()


def _digest_of_numbers(numbers: Floats) -> bytes:
    """Return a SHA-256 of numbers; of the first alone where all are the same, as in a field that a table lacks."""
    same = _are_one(numbers)
    digest = hashlib.sha256(b"one" if same else b"each")
    for part in stretches(1 if same else len(numbers)):
        digest.update(np.ascontiguousarray(numbers[part]).data)
    return digest.digest()


def _are_one(numbers: Floats) -> bool:
    """Return whether all numbers have the same bits; False where there are none."""
    if not len(numbers) or numbers.strides == (0,):
        return len(numbers) > 0
    bits = numbers.view(np.int64)
    return all((bits[part] == bits[0]).all() for part in stretches(len(bits)))


@dataclass(frozen=True, slots=True, eq=False)
class ReturnPanel:
    """What the engine reads: one number a session and symbol.

    Parameters
    ----------
    listing : Listing
        Symbols, calendars, spans.
    values : ndarray of shape (n,)
        Flat over the listing, a decimal per session, NaN where missing.
    measure : str
        What is measured: ``"simple"``, ``"log"``, ``"overnight"``, ``"session"``, ``"volume"``, ...
    span : ndarray of shape (n,), optional
        Sessions that each value covers, where returns run from trade to trade; one without it.
    """

    listing: Listing
    values: Floats
    measure: str = "simple"
    span: Floats | None = None

    def __post_init__(self) -> None:
        for array in (self.values, self.span):
            if array is not None:
                array.setflags(write=False)

    def window(self, codes: Ints, starts: Ints, length: int) -> Floats:
        """Return a stretch for each of n symbols, shape (n, length); see `Listing.gather`."""
        return self.listing.gather(self.values, codes, starts, length)

    def dense(self, symbol: str) -> Floats:
        """Return a symbol's values over all sessions of its calendar, shape (T,), NaN outside its span."""
        code = self.listing.code(symbol)
        row = np.full(len(self.listing.calendars[code].sessions), np.nan)
        first = int(self.listing.first[code])
        row[first : first + int(self.listing.lengths[code])] = self.values[self.listing.span(symbol)]
        return row


@dataclass(frozen=True, slots=True, eq=False)
class FactorPanel:
    """Factor returns by date.

    Parameters
    ----------
    dates : ndarray of shape (T,)
        Increasing, ``datetime64[D]``.
    names : tuple of str
        K factor names, such as ``("mkt_rf", "smb", "hml")``.
    values : ndarray of shape (T, K)
        Excess or zero-cost returns, decimals per session, NaN where missing.
    risk_free : ndarray of shape (T,)
        Riskless return, a decimal per session, NaN where unknown.
    """

    dates: Dates
    names: tuple[str, ...]
    values: Floats
    risk_free: Floats

    def __post_init__(self) -> None:
        for array in (self.dates, self.values, self.risk_free):
            array.setflags(write=False)
        if self.values.shape != (len(self.dates), len(self.names)) or self.risk_free.shape != self.dates.shape:
            raise DataError("A factor panel needs one value a date and factor, and one riskless return a date.")
        if (np.diff(self.dates).astype(np.int64) <= 0).any():
            raise DataError("The dates of a factor panel must increase.")

    @classmethod
    def from_frame(cls, frame: pd.DataFrame, *, percent: bool = False, origin: Origin | None = None) -> FactorPanel:
        """Make a panel from a table with a ``date`` column, one column a factor, and optionally ``rf``.

        Parameters
        ----------
        frame : DataFrame
            One row a date, in any order; an empty cell is a missing return.
        percent : bool
            Whether its numbers are percent; decimals without it.
        origin : Origin, optional
            Where the table came from, for error messages.

        Raises
        ------
        DataError
            If a column or a date is missing, a date stands twice, a cell is no number, or the market and its fellows
            (``mkt_rf``, ``smb``, ...) or ``rf`` are too large to be decimals a session, or too small to be percent.

        Examples
        --------
        >>> import pandas as pd
        >>> table = pd.DataFrame({"date": ["2025-02-20", "2025-02-21"], "mkt_rf": [-0.4, -1.5], "rf": 0.02})
        >>> FactorPanel.from_frame(table, percent=True).values[:, 0]
        array([-0.004, -0.015])
        """
        origin = origin or Origin("factors")
        require_columns(frame, ["date"], origin)
        dates = date_column(frame, "date", origin)
        order = np.argsort(dates, kind="stable")
        if (again := np.flatnonzero(np.diff(dates[order]) == np.timedelta64(0))).size:
            row, before = int(order[again[0] + 1]), int(order[again[0]])
            raise DataError(
                f"{origin.row(row)}: {dates[row]} stands a second time (first in {origin.row(before)}); factors have "
                f"one row a date."
            )
        unit = 100.0 if percent else 1.0
        columns = {
            str(name): number_column(frame, str(name), origin) / unit for name in frame.columns if name != "date"
        }
        for name, column in columns.items():
            check_unit(name, column, origin, percent=percent)
        risk_free = columns.pop("rf", np.full(len(frame), np.nan))
        values = np.array(list(columns.values())).reshape(len(columns), len(frame)).T
        return cls(dates[order], tuple(columns), values[order], risk_free[order])

    def digest(self) -> str:
        """Return a SHA-256 over dates, names and values."""
        digest = hashlib.sha256("\0".join(self.names).encode())
        for array in (self.dates.astype(np.int64), self.values, self.risk_free):
            digest.update(np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()
