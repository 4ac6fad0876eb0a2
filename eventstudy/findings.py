"""What looks wrong in prices: said, symbol by symbol, and never silently applied."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Self

import numpy as np

from eventstudy._typing import Bools, Dates, Floats, Ints
from eventstudy.frames import stretches

if TYPE_CHECKING:
    import pandas as pd

    from eventstudy.panels import PricePanel

__all__ = ["Finding", "FindingKind", "find", "findings_frame"]

STALE_RUN = 5
"""Sessions in a row with one and the same close and no volume that make a stale run."""
LARGE_MOVE = 0.5
"""Size of a total return, a decimal, above which a session without an action is worth a look."""
RANGE_ROUNDING = 1e-4
"""Share of a price by which it may lie outside the day's range: vendors round prices one by one."""
SPLIT_IN_PRICES = 1.5
"""Size of a split, or of its inverse, above which prices must show it."""


class FindingKind(StrEnum):
    """The closed list of findings; each is its code, and carries a sentence.

    Examples
    --------
    >>> FindingKind("gap").sentence
    'Sessions inside the listed span without a price.'
    """

    sentence: str

    def __new__(cls, code: str, sentence: str = "") -> Self:
        """Make a member that is its code; `FindingKind(code)` finds it again."""
        member = str.__new__(cls, code)
        member._value_ = code
        member.sentence = sentence
        return member

    GAP = "gap", "Sessions inside the listed span without a price."
    LARGE_MOVE = "large_move", "A total return above 50% in size on a session without a dividend or split."
    OUT_OF_RANGE = "out_of_range", "A high below the low, or an open or close outside the two."
    STALE_RUN = "stale_run", "Five or more sessions with one and the same close and no volume: thin trading."
    ADJUSTED_DISAGREES = (
        "adjusted_disagrees",
        "The adjusted closes give another return than closes, dividends and splits.",
    )
    SPLIT_NOT_IN_PRICES = (
        "split_not_in_prices",
        "A split that the closes don't show: they may be adjusted for it already, and it would count twice.",
    )
    OFF_SESSION = "off_session", "Rows on dates that are no session of the exchange; they were dropped."
    MIDPOINT = "midpoint", "Closes that are bid/ask midpoints: nothing was traded."
    ENDS_EARLY = "ends_early", "The prices end before the sample does: delisted, renamed, or cut off."
    DELISTING_RETURN = "delisting_return", "A delisting return was included, filled in, or is missing."


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One thing that looks wrong.

    Parameters
    ----------
    symbol : str
        Whose prices they are.
    date : datetime64[D]
        The session, the first one where it is several.
    kind : FindingKind
        What it is.
    words : str
        A sentence with the numbers.
    """

    symbol: str
    date: np.datetime64
    kind: FindingKind
    words: str


def find(prices: PricePanel) -> tuple[Finding, ...]:
    """Return what looks wrong in prices, by symbol, date and kind.

    Parameters
    ----------
    prices : PricePanel
        Left as it is. What its builder noticed (rows dropped, midpoints, adjusted closes that disagree) is
        among the findings.

    Returns
    -------
    tuple of Finding
        Empty where nothing does. Duplicate dates and prices that are not positive are errors at the door, not
        findings.

    Examples
    --------
    >>> import pandas as pd
    >>> from eventstudy.panels import PricePanel
    >>> table = pd.DataFrame({"date": ["2025-02-19", "2025-02-21"], "symbol": "BABA", "close": [125.79, 143.75]})
    >>> find(PricePanel.from_frame(table))[0].words
    '1 session without a price (2025-02-20).'
    """
    if not prices.symbols:
        return tuple(sorted(prices.findings))
    checks = (_gaps, _large_moves, _out_of_range, _stale_runs, _splits_not_in_prices, _early_ends)
    return tuple(sorted([*prices.findings, *(finding for check in checks for finding in check(prices))]))


def findings_frame(findings: Iterable[Finding]) -> pd.DataFrame:
    """Return findings as a table: symbol, date, kind, words."""
    import pandas as pd

    rows = [(each.symbol, str(each.date), str(each.kind), each.words) for each in findings]
    return pd.DataFrame(rows, columns=["symbol", "date", "kind", "words"])


def runs(mask: Bools, offsets: Ints) -> tuple[Ints, Ints]:
    """Return where the stretches of a mask that are true begin and end (excluded), each of shape (k,).

    Parameters
    ----------
    mask : ndarray of shape (n,)
        Flat over symbols.
    offsets : ndarray of shape (S + 1,)
        Where each symbol's values begin; no stretch goes on from one symbol to the next.
    """
    if not mask.any():
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    before, after = np.zeros(len(mask), dtype=bool), np.zeros(len(mask), dtype=bool)
    before[1:], after[:-1] = mask[:-1], mask[1:]
    before[offsets[:-1]] = False
    after[offsets[1:] - 1] = False
    return np.flatnonzero(mask & ~before), np.flatnonzero(mask & ~after) + 1


def plural(count: int, noun: str) -> str:
    """Return a count with its noun, such as ``"1 session"``."""
    return f"{count:,} {noun}" + ("" if count == 1 else "s")


class _Places:
    """Symbol and date of positions in the flat vectors."""

    def __init__(self, prices: PricePanel) -> None:
        self.listing = prices.listing

    def finding(self, position: int, kind: FindingKind, words: str) -> Finding:
        symbol = self.listing.symbols[self._code(position)]
        return Finding(symbol, self.date(position), kind, words)

    def date(self, position: int) -> np.datetime64:
        code, listing = self._code(position), self.listing
        session = listing.first[code] + position - listing.offsets[code]
        return np.datetime64(listing.calendars[code].sessions[session], "D")

    def span(self, begin: int, end: int) -> str:
        first, last = self.date(begin), self.date(end - 1)
        return f"{first}" if first == last else f"{first} to {last}"

    def _code(self, position: int) -> int:
        return int(np.searchsorted(self.listing.offsets, position, side="right")) - 1


def _positions(values: Floats, test: Callable[[Floats], Bools]) -> Ints:
    """Return where a test holds; a field of one number throughout, as one that a table lacks, is looked at once."""
    if len(values) > 1 and values.strides == (0,) and not test(values[:1]).any():
        return np.empty(0, dtype=np.int64)
    found = [part.start + np.flatnonzero(test(values[part])) for part in stretches(len(values))]
    return np.concatenate([np.empty(0, dtype=np.int64), *found])


def _gaps(prices: PricePanel) -> Iterator[Finding]:
    missing = np.isnan(prices.total_return)
    missing[missing] = np.isnan(prices.close[missing])
    places = _Places(prices)
    for begin, end in zip(*runs(missing, prices.listing.offsets), strict=True):
        words = f"{plural(int(end - begin), 'session')} without a price ({places.span(begin, end)})."
        yield places.finding(begin, FindingKind.GAP, words)


def _large_moves(prices: PricePanel) -> Iterator[Finding]:
    returns = prices.total_return
    large = _positions(returns, lambda part: np.abs(part) > LARGE_MOVE)
    acted = (prices.dividend[large] > 0) | (prices.split[large] != 1)
    places = _Places(prices)
    for position in map(int, large[~acted]):
        words = f"The total return is {100 * returns[position]:+.1f}% with neither a dividend nor a split."
        yield places.finding(position, FindingKind.LARGE_MOVE, words)


def _out_of_range(prices: PricePanel) -> Iterator[Finding]:
    """Find prices of a day that can't all be true; a symbol has one finding, with the worst of its sessions."""
    if prices.high.strides == prices.low.strides == (0,):
        return
    positions, sizes = [np.empty(0, dtype=np.int64)], [np.empty(0)]
    for part in stretches(len(prices.close)):
        beyond = _beyond_range(prices.open[part], prices.high[part], prices.low[part], prices.close[part])
        far = np.flatnonzero(beyond > RANGE_ROUNDING)
        positions.append(part.start + far)
        sizes.append(beyond[far])
    bad, away = np.concatenate(positions), np.concatenate(sizes)
    places = _Places(prices)
    codes = np.searchsorted(prices.listing.offsets, bad, side="right") - 1
    for code in np.unique(codes):
        own = codes == code
        worst = int(bad[own][np.argmax(away[own])])
        day = ", ".join(f"{name} {getattr(prices, name)[worst]:g}" for name in ("open", "high", "low", "close"))
        words = (
            f"{plural(int(own.sum()), 'session')} with a high below the low, or an open or close outside the two, "
            f"worst on {places.date(worst)}: {day}."
        )
        yield places.finding(int(bad[own][0]), FindingKind.OUT_OF_RANGE, words)


def _beyond_range(open_: Floats, high: Floats, low: Floats, close: Floats) -> Floats:
    """Return the share by which the farthest price of a day lies outside its high and low, NaN where none is known."""
    above = np.fmax(np.fmax(open_, close), low) / high
    below = low / np.fmin(np.fmin(open_, close), high)
    return np.fmax(above, below) - 1.0


def _stale_runs(prices: PricePanel) -> Iterator[Finding]:
    idle = _positions(prices.volume, lambda part: part == 0)
    again = idle[1:][np.diff(idle) == 1]
    same = np.zeros(len(prices.close) if len(again) else 0, dtype=bool)
    same[again] = prices.close[again] == prices.close[again - 1]
    if not same.any():
        return
    same[prices.listing.offsets[:-1]] = False
    places = _Places(prices)
    for begin, end in zip(*runs(same, prices.listing.offsets), strict=True):
        first, length = int(begin) - 1, int(end - begin) + 1
        if length >= STALE_RUN:
            words = f"{length:,} sessions close at {prices.close[first]:g} without volume ({places.span(first, end)})."
            yield places.finding(first, FindingKind.STALE_RUN, words)


def _splits_not_in_prices(prices: PricePanel) -> Iterator[Finding]:
    splits = np.setdiff1d(_positions(prices.split, lambda part: part != 1.0), prices.listing.offsets[:-1])
    change = np.log(prices.close[splits] / prices.close[splits - 1])
    expected = -np.log(prices.split[splits])
    large = np.abs(expected) > np.log(SPLIT_IN_PRICES)
    places = _Places(prices)
    for each in np.flatnonzero(large & (np.abs(change) < np.abs(change - expected))):
        words = (
            f"A split of {prices.split[splits[each]]:g} new shares for one old, while the close moves by "
            f"{100 * np.expm1(change[each]):+.1f}%: the prices may be adjusted for it already."
        )
        yield places.finding(int(splits[each]), FindingKind.SPLIT_NOT_IN_PRICES, words)


def _early_ends(prices: PricePanel) -> Iterator[Finding]:
    listing = prices.listing
    ends: dict[str, int] = {}
    for calendar, last in zip(listing.calendars, listing.last, strict=True):
        ends[calendar.code] = max(int(last), ends.get(calendar.code, -1))
    for symbol, calendar, last in zip(listing.symbols, listing.calendars, listing.last, strict=True):
        if short := ends[calendar.code] - int(last):
            words = f"The prices end {plural(short, 'session')} before the sample does; they don't say why."
            yield Finding(symbol, calendar.sessions[last], FindingKind.ENDS_EARLY, words)


def disagreements(
    made: Floats, adjusted: Floats, symbols: Iterable[str], offsets: Ints, dates: Dates, *, tolerance: float = 5e-4
) -> tuple[Finding, ...]:
    """Return where two ways to the same total return disagree, one finding a symbol.

    Parameters
    ----------
    made : ndarray of shape (n,)
        Total returns from closes, dividends and splits, decimals per session.
    adjusted : ndarray of shape (n,)
        Total returns from adjusted closes.
    symbols : iterable of str
        S names.
    offsets : ndarray of shape (S + 1,)
        Where each symbol's stretch begins.
    dates : ndarray of shape (n,)
        Session dates.
    tolerance : float
        Largest difference that rounding may make.
    """
    apart = np.abs(made - adjusted)
    found = []
    for symbol, begin, end in zip(symbols, offsets[:-1], offsets[1:], strict=True):
        bad = np.flatnonzero(apart[begin:end] > tolerance) + begin
        if bad.size:
            worst = int(bad[np.argmax(apart[bad])])
            words = (
                f"The adjusted closes disagree on {plural(len(bad), 'session')}, most on {dates[worst]}: "
                f"{100 * made[worst]:+.2f}% from prices and actions, {100 * adjusted[worst]:+.2f}% from them."
            )
            found.append(Finding(symbol, dates[bad[0]], FindingKind.ADJUSTED_DISAGREES, words))
    return tuple(found)
