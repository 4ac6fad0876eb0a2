"""A long table of prices, one row a symbol and date: its columns checked, its rows chosen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from eventstudy._typing import Bools, Codes, Floats, Ints, Labels
from eventstudy._units import FEWEST_JUDGED
from eventstudy.errors import DataError, nearest
from eventstudy.findings import Finding, FindingKind, plural
from eventstudy.frames import Origin, code_column, day_column, number_column, require_columns, stretches
from eventstudy.panels import PRICE_FIELDS

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["NUMBERS", "LongPrices", "checked_numbers"]

NUMBERS = (*PRICE_FIELDS, "adj_close", "return")
"""The columns of numbers that a long table of prices may have."""
# A price is a number above zero; the other fields may be zero.
_PRICES = ("open", "high", "low", "close", "adj_close")

# No market moves so far on most of its days; so many returns tell that a table has another unit.
LARGE_RETURN = 0.5

Choose: TypeAlias = Callable[[Labels, Codes, Codes], Ints | None]


@dataclass(frozen=True, slots=True, eq=False)
class LongPrices:
    """The rows of a long table of prices; every array has shape (n,), and none is to be written in.

    Parameters
    ----------
    symbols : ndarray of shape (S,)
        Their names, in alphabetical order.
    codes : ndarray of shape (n,)
        Position of each row's symbol among them, whole numbers of any width.
    days : ndarray of shape (n,)
        Its date as days since 1970, whole numbers of any width.
    columns : mapping of str to ndarray of shape (n,)
        Numbers by field, NaN where empty.
    origin : Origin
        Where the rows came from, for error messages.
    findings : tuple of Finding
        Which symbols have midpoints among their closes.
    own : bool
        Whether nobody else has the numbers, and what is made of the rows may keep them.
    """

    symbols: Labels
    codes: Codes
    days: Codes
    columns: Mapping[str, Floats]
    origin: Origin
    findings: tuple[Finding, ...] = ()
    own: bool = False

    def __len__(self) -> int:
        return len(self.codes)

    @classmethod
    def of_frame(
        cls,
        frame: pd.DataFrame,
        origin: Origin,
        *,
        midpoints: bool = False,
        date_format: str | None = None,
        choose: Choose | None = None,
        own: bool = False,
    ) -> LongPrices:
        """Return the rows of a table with our column names; see `PricePanel.from_frame`.

        With `choose`, only the rows that it returns of symbols, codes and days; the numbers of others are not looked
        at. None means all of them.

        Raises
        ------
        DataError
            Naming the row: a missing column, what is no date or no number, a number that breaks the rule of its field.
        """
        require_columns(frame, ["date"], origin)
        _check_long(frame, origin)
        days = day_column(frame, "date", origin, date_format=date_format)
        codes, symbols = code_column(frame, "symbol", origin)
        rows = cls(symbols, codes, days, {}, origin)
        chosen = None if choose is None else choose(symbols, codes, days)
        if chosen is not None:
            rows, frame = rows.take(chosen), frame.iloc[chosen]
        names = [name for name in NUMBERS if name in frame.columns]
        columns = {name: checked_numbers(frame, name, midpoints, rows.origin) for name in names}
        findings = _midpoints(frame, rows) if midpoints and "close" in names else ()
        return replace(rows, columns=columns, findings=findings, own=own)

    def date(self, row: int) -> np.datetime64:
        """Return the date of a row."""
        return np.datetime64(int(self.days[row]), "D")

    def symbol(self, row: int) -> str:
        """Return the symbol of a row."""
        return str(self.symbols[self.codes[row]])

    def take(self, rows: Ints) -> LongPrices:
        """Return some rows, and the symbols that they have."""
        there = np.zeros(len(self.symbols), dtype=bool)
        there[self.codes[rows]] = True
        places = np.cumsum(there) - 1
        return replace(
            self,
            symbols=self.symbols[there],
            codes=places[self.codes[rows]],
            days=self.days[rows],
            columns={name: numbers[rows] for name, numbers in self.columns.items()},
            origin=self.origin.take(rows),
        )


def _check_long(frame: pd.DataFrame, origin: Origin) -> None:
    """Raise `DataError` for a table that lacks the symbols or the prices of a long one."""
    names = [str(name) for name in frame.columns]
    if "symbol" not in names and not set(NUMBERS) & set(names):
        raise DataError(
            f"{origin.name}: the column 'symbol' is missing. {nearest('symbol', names)} A wide table, a column of "
            f"closes for each symbol, is read by eventstudy.sources.FramePrices(frame=...).prices()."
        )
    require_columns(frame, ["symbol"], origin)
    if not {"close", "adj_close", "return"} & set(names):
        raise DataError(
            f"{origin.name}: the column 'close' is missing (or 'adj_close', or 'return'). {nearest('close', names)}"
        )


def checked_numbers(frame: pd.DataFrame, name: str, midpoints: bool, origin: Origin) -> Floats:
    """Return a column of the table as numbers that keep the rule of their field, shape (n,)."""
    numbers = number_column(frame, name, origin, copy=False)
    if midpoints and name in _PRICES:
        numbers = np.abs(numbers)
    if any(_broken_rule(name, numbers[part])[0].any() for part in stretches(len(numbers))):
        bad, rule = _broken_rule(name, numbers)
        row = int(np.flatnonzero(bad)[0])
        raise DataError(f"{origin.row(row)}: {name} of {frame['symbol'].iloc[row]} is {numbers[row]:g}; {rule}.")
    if name == "return":
        _check_size(numbers, origin)
    return numbers


def _check_size(returns: Floats, origin: Origin) -> None:
    """Raise `DataError` for returns too large, most of them, to be decimals a session."""
    there = int(np.count_nonzero(~np.isnan(returns)))
    large = int(np.count_nonzero(np.abs(returns) > LARGE_RETURN))
    if there >= FEWEST_JUDGED and large > there / 2:
        raise DataError(
            f"{origin.name}: {large} of {there} returns are larger than {LARGE_RETURN:.0%}; they are decimals a "
            f"session, 0.012 for 1.2%, and these look like percent or like prices."
        )


def _broken_rule(name: str, numbers: Floats) -> tuple[Bools, str]:
    """Return which numbers of a field break its rule, shape (n,), and the rule."""
    if name in _PRICES:
        hint = " (if a negative price is a bid/ask midpoint, declare midpoints)" if (numbers < 0).any() else ""
        zero = "; a cell of a session without a price is left empty" if not hint and (numbers == 0).any() else ""
        return numbers <= 0, f"a price must be above zero{hint}{zero}"
    match name:
        case "return":
            return numbers < -1.0, "a simple return can't be below -100%; it is written as a decimal, 0.012 for 1.2%"
        case "split":
            return numbers <= 0, "a split must be above zero"
        case _:
            return numbers < 0, f"a {name} can't be negative"


def _midpoints(frame: pd.DataFrame, rows: LongPrices) -> tuple[Finding, ...]:
    """Return a finding for each symbol with closes that are midpoints: negative in the table."""
    signed = np.flatnonzero(number_column(frame, "close", rows.origin, copy=False) < 0)
    findings = []
    for code in np.unique(rows.codes[signed]):
        own = signed[rows.codes[signed] == code]
        words = f"{plural(len(own), 'close')} {'is a midpoint' if len(own) == 1 else 'are midpoints'}: no trade."
        first = np.datetime64(int(rows.days[own].min()), "D")
        findings.append(Finding(str(rows.symbols[code]), first, FindingKind.MIDPOINT, words))
    return tuple(findings)
