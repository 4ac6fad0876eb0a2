"""What is measured each session: from a panel of prices to one number a session and symbol."""

from __future__ import annotations

import numpy as np

from eventstudy._typing import Floats
from eventstudy.errors import UnknownNameError
from eventstudy.panels import PricePanel, ReturnPanel

__all__ = ["MEASURES", "measure"]


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


MEASURES = {
    "simple": close_to_close,
    "log": log_close_to_close,
    "session": session,
    "overnight": overnight,
}


def measure(prices: PricePanel, name: str = "simple") -> ReturnPanel:
    """Make the panel that the engine reads.

    Parameters
    ----------
    prices : PricePanel
        Prices and total returns.
    name : str
        A key of `MEASURES`.

    Raises
    ------
    UnknownNameError
        If there is no such measure.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"date": ["2025-02-19", "2025-02-20"], "symbol": "BABA", "close": [125.79, 135.97]})
    >>> measure(PricePanel.from_frame(table)).values.round(4).tolist()
    [nan, 0.0809]
    """
    if name not in MEASURES:
        raise UnknownNameError("measure of returns", name, MEASURES)
    return ReturnPanel(prices.listing, MEASURES[name](prices), name)
