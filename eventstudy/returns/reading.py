"""The returns behind abnormal returns, read again from the panel: each only where it is asked for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from eventstudy._typing import Bools, Floats, Ints, Rows
from eventstudy.returns.blocks import BlockReader

__all__ = ["Reading"]

_UNREAD: Floats = np.empty(0)


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """The fields of `Sides`, of which none is kept.

    Parameters
    ----------
    reader : BlockReader
        Of the model.
    forecast : ndarray of shape (E, L) or (E, K)
        As in `Measured`.
    rows : ndarray of shape (E,)
        The events.
    """

    reader: BlockReader
    forecast: Floats
    rows: Ints

    @property
    def actual(self) -> Floats:
        """The returns themselves, shape (E, L), decimals per session, NaN where missing."""
        return self.reader.event_returns(self.rows)

    @property
    def expected(self) -> Floats:
        """Expected returns, shape (E, L), decimals per session, NaN where there is no estimate."""
        return self.forecast if self.reader.dated is None else self.reader.by_date(self.rows, self.forecast)

    @property
    def benchmark(self) -> Floats:
        """What a buy-and-hold return is compared with, decimals per session; see `BlockReader.benchmark`."""
        # Only a model without a regressor is compared with what it expects.
        return self.reader.benchmark(self.rows, _UNREAD if self.reader.model.regressors else self.expected)

    @property
    def delisted(self) -> Bools | None:
        """Sessions after the last of the event's symbol, shape (E, L)."""
        return self.reader.delisted(self.rows)

    def take(self, rows: Rows) -> Reading:
        """Return what reads some of the events."""
        return Reading(self.reader, self.forecast[rows], self.rows[rows])
