"""News: other things that happened to the symbols of a study, by date."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from eventstudy._typing import Dates, Labels
from eventstudy.frames import Origin, date_column, require_columns, text_column

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["News"]


@dataclass(frozen=True, slots=True, eq=False)
class News:
    """Other news, one row each; every array has shape (n,).

    Parameters
    ----------
    symbol : ndarray of str
        Whom it concerns.
    date : ndarray of datetime64[D]
        When it came out, in the exchange's zone.
    what : ndarray of str
        In words; empty where nobody says.
    """

    symbol: Labels
    date: Dates
    what: Labels

    def __len__(self) -> int:
        return len(self.symbol)

    @classmethod
    def from_frame(cls, frame: pd.DataFrame, *, date_format: str | None = None, origin: Origin | None = None) -> News:
        """Make news from a table with ``date``, ``symbol`` and optionally ``what``.

        Raises
        ------
        DataError
            Naming the row: a missing column, no date, no symbol.

        Examples
        --------
        >>> from eventstudy.datasets import load_alibaba
        >>> len(News.from_frame(load_alibaba().news))
        4
        """
        origin = origin or Origin("news")
        require_columns(frame, ["date", "symbol"], origin)
        what = np.full(len(frame), "", dtype=object)
        if "what" in frame.columns:
            column = frame["what"]
            what = column.astype(object).where(column.notna(), "").astype(str).to_numpy(dtype=object)
        symbol = text_column(frame, "symbol", origin)
        return cls(
            # As events and prices do, or a blank would hide the news.
            symbol=np.array([name.strip() for name in symbol], dtype=object),
            date=date_column(frame, "date", origin, date_format=date_format),
            what=what,
        )

    def digest(self) -> str:
        """Return a SHA-256 over all news, the same in any row order."""
        rows = sorted(zip(self.symbol, self.date.astype(str), self.what, strict=True))
        return hashlib.sha256("\0".join("\0".join(map(str, row)) for row in rows).encode()).hexdigest()
