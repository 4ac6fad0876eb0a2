"""What is measured each session: from a panel of prices to one number a session and symbol."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from eventstudy._typing import Bools, Floats, Ints
from eventstudy.errors import DataError, InputError, UnknownNameError
from eventstudy.frames import Origin, date_column, number_column, require_columns
from eventstudy.panels import Listing, PricePanel, ReturnPanel

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["LEG", "MEASURES", "MISSING_RULES", "RETURN_MEASURES", "measure", "shares_outstanding"]

MISSING_RULES = ("drop", "trade_to_trade")
"""What becomes of a session without a trade."""

# Percent turnover that stands beside no trade at all (Cready and Ramanan 1991, as METHODS 7 gives it).
NO_TURNOVER = 0.000255


def close_to_close(prices: PricePanel) -> Floats:
    """Simple total return from the previous close to the close, shape (n,)."""
    return prices.total_return


def log_close_to_close(prices: PricePanel) -> Floats:
    """Log total return, ``ln(1 + R)``, shape (n,)."""
    return np.log1p(prices.total_return)


def session(prices: PricePanel) -> Floats:
    """Return from the open to the close of the same session, ``P_close / P_open - 1``, shape (n,)."""
    return prices.close / prices.open - 1.0


def overnight(prices: PricePanel) -> Floats:
    """Total return from the previous close to the open, ``(1 + R) / (P_close / P_open) - 1``, shape (n,).

    The dividend of an ex-date belongs to the night before it, so the two legs compound to the whole return.
    """
    return (1.0 + prices.total_return) * prices.open / prices.close - 1.0


def volume(prices: PricePanel, shares: Floats | None = None) -> Floats:
    """Log volume ``ln(1 + n)``, or with shares outstanding log percent turnover ``ln(100 n/S + 0.000255)``, (n,).

    Source: Ajinkya and Jain (1989); Cready and Ramanan (1991); Campbell and Wasley (1996).
    """
    if shares is None:
        return np.log1p(prices.volume)
    return np.log(100.0 * prices.volume / shares + NO_TURNOVER)


def price_range(prices: PricePanel) -> Floats:
    """Log variance from the range, ``ln(ln(H / L)^2 / (4 ln 2))`` (Parkinson 1980), shape (n,).

    A session whose high is its low has none.
    """
    span = np.log(prices.high / prices.low)
    return np.asarray(2.0 * np.log(np.where(span > 0, span, np.nan)) - np.log(4.0 * np.log(2.0)))


MEASURES = {
    "simple": close_to_close,
    "log": log_close_to_close,
    "session": session,
    "overnight": overnight,
    "volume": volume,
    "range": price_range,
}

LEG = "leg"
"""The measure of a part of the day that is read off the bars (`eventstudy.reactions.legs`)."""

READS = {
    "session": "opens",
    "overnight": "opens",
    "volume": "volumes, or shares outstanding where any are given",
    "range": "highs and lows",
    LEG: "bars at both ends of it",
}
"""What measures read beside two closes in a row."""

PARTS = ("session", "overnight", LEG)
"""Those that are returns over a part of the time from close to close."""

RETURN_MEASURES = ("simple", "log", *PARTS)
"""Those that are returns, and can be compounded."""


def measure(
    prices: PricePanel, name: str = "simple", *, missing: str = "drop", shares: Floats | None = None
) -> ReturnPanel:
    """Make the panel that the engine reads.

    Parameters
    ----------
    prices : PricePanel
        Prices and total returns.
    name : str
        A key of `MEASURES`.
    missing : str
        ``"drop"``: a session without a price has no return, nor has the one after it; ``"trade_to_trade"``: the next
        session with a price has the log return over the whole gap (Maynes and Rumsey 1993).
    shares : ndarray of shape (n,), optional
        Shares outstanding, on the basis of the volume (`shares_outstanding`); for ``"volume"`` alone.

    Raises
    ------
    UnknownNameError
        If there is no such measure.
    InputError
        For returns from trade to trade that are not log returns, shares without volume, or prices that lack what is
        measured.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"date": ["2025-02-19", "2025-02-20"], "symbol": "BABA", "close": [125.79, 135.97]})
    >>> measure(PricePanel.from_frame(table)).values.round(4).tolist()
    [nan, 0.0809]
    """
    if name not in MEASURES:
        raise UnknownNameError("measure of returns", name, MEASURES)
    if missing not in MISSING_RULES:
        raise UnknownNameError("rule for missing returns", missing, MISSING_RULES)
    if missing == "trade_to_trade":
        if name != "log":
            raise InputError(f"Returns from trade to trade are log returns; the measure is {name}, use returns = log.")
        values, span = _trade_to_trade(prices)
        return ReturnPanel(prices.listing, values, name, span)
    if shares is not None and name != "volume":
        raise InputError(f"Shares outstanding go with the measure volume, not with {name}.")
    values = volume(prices, shares) if name == "volume" else MEASURES[name](prices)
    if name in READS and np.isnan(values).all():
        raise InputError(f"The study measures {name}, which reads {READS[name]}, and the prices have none.")
    return ReturnPanel(prices.listing, values, name)


def shares_outstanding(frame: pd.DataFrame, listing: Listing, *, origin: Origin | None = None) -> Floats:
    """Return the shares outstanding on each session, as last stated.

    Parameters
    ----------
    frame : DataFrame
        Columns ``date``, ``symbol``, ``shares``: each statement holds from its date on.
    listing : Listing
        Symbols and spans of the prices; a symbol without a statement has NaN.
    origin : Origin, optional
        Where the table came from, for error messages.

    Returns
    -------
    ndarray of shape (n,)
        Flat over the listing, NaN before the first statement.

    Raises
    ------
    DataError
        For a missing column, a date that is none, or shares that are not positive.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"date": ["2025-02-19", "2025-02-20"], "symbol": "BABA", "close": [125.79, 135.97]})
    >>> stated = pd.DataFrame({"date": ["2025-02-01"], "symbol": "BABA", "shares": [19e9]})
    >>> shares_outstanding(stated, PricePanel.from_frame(table).listing).tolist()
    [19000000000.0, 19000000000.0]
    """
    origin = origin or Origin("shares")
    require_columns(frame, ["date", "symbol", "shares"], origin)
    dates, stated = date_column(frame, "date", origin), number_column(frame, "shares", origin)
    if not (stated > 0).all():
        row = int(np.flatnonzero(~(stated > 0))[0])
        raise DataError(f"{origin.row(row)}: shares is {stated[row]}; a positive number was expected.")
    symbols = frame["symbol"].astype(str).to_numpy()
    known, shares = listing.dates(), np.full(int(listing.offsets[-1]), np.nan)
    for symbol in sorted(set(symbols) & set(listing.symbols)):
        own = np.flatnonzero(symbols == symbol)
        own = own[np.argsort(dates[own], kind="stable")]
        span = listing.span(symbol)
        latest = np.searchsorted(dates[own], known[span], side="right") - 1
        shares[span] = np.where(latest >= 0, stated[own][np.maximum(latest, 0)], np.nan)
    return shares


def _trade_to_trade(prices: PricePanel) -> tuple[Floats, Floats]:
    """Return log returns since the last session with a price, and how many sessions each covers, both (n,).

    A return over one session is the panel's own. One over a gap counts the splits and, at face value, the dividends in
    it: ``ln((S P_t + sum of S_{k-1} D_k) / P_{t-n})``, S the shares that one has become.
    """
    listing = prices.listing
    values, span = np.log1p(prices.total_return), np.ones(len(prices.close))
    owner = np.repeat(np.arange(len(listing.symbols)), listing.lengths)
    _need_prices(prices, owner)
    traded = np.flatnonzero(~np.isnan(prices.close))
    before, after = traded[:-1], traded[1:]
    gap = (after - before > 1) & (owner[before] == owner[after])
    for start, end in zip(before[gap], after[gap], strict=True):
        stretch = slice(start + 1, end + 1)
        shares = np.cumprod(prices.split[stretch])
        held = np.concatenate([[1.0], shares[:-1]])
        proceeds = shares[-1] * prices.close[end] + float((held * prices.dividend[stretch]).sum())
        values[end], span[end] = np.log(proceeds / prices.close[start]), end - start
    return values, span


def _need_prices(prices: PricePanel, owner: Ints) -> None:
    """Raise if a symbol that comes as returns alone lacks one: what a gap returned can't be known."""
    returns_only = np.array([str(basis) == "returns" for basis in prices.basis])[owner]
    first: Bools = np.concatenate([[True], owner[1:] != owner[:-1]])
    lacking = np.flatnonzero(returns_only & np.isnan(prices.total_return) & ~first)
    if lacking.size:
        symbol = prices.symbols[owner[lacking[0]]]
        raise DataError(f"Returns from trade to trade need prices, and {symbol} comes as returns with some missing.")
