"""Prices, bars and events from tables in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

from eventstudy.bars import BarPanel
from eventstudy.errors import InputError
from eventstudy.events import Events
from eventstudy.frames import Origin, rename_columns
from eventstudy.panels import PricePanel
from eventstudy.sources._tables import BarTable, EventTable, PriceTable

__all__ = ["FrameBars", "FrameEvents", "FramePrices"]

_PLACE = "the frame"


def _check_frame(frame: object) -> None:
    import pandas as pd

    if not isinstance(frame, pd.DataFrame):
        raise InputError(
            f"A source of kind frame reads a pandas DataFrame in memory, not {type(frame).__name__}; a configuration "
            f"names a file or a database instead: csv, parquet, sql."
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FramePrices(PriceTable):
    """Prices or returns from a DataFrame, long or wide; only in a program, never from a configuration.

    Parameters
    ----------
    frame : DataFrame
        Long: ``date``, ``symbol`` and the fields of `PricePanel.from_frame`. Wide: ``date`` and a column a symbol.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"date": ["2025-02-19", "2025-02-20"], "BABA": [125.79, 135.97]})
    >>> FramePrices(frame=table).prices(["BABA"]).total_return.round(4).tolist()
    [nan, 0.0809]
    """

    name: ClassVar[str] = "frame"
    frame: Any

    def __post_init__(self) -> None:
        _check_frame(self.frame)
        PriceTable.__post_init__(self)

    def prices(
        self,
        symbols: Sequence[str] = (),
        first: date | None = None,
        last: date | None = None,
        *,
        optional: Sequence[str] = (),
    ) -> PricePanel:
        """Return the prices of some symbols; see `PriceSource.prices`."""
        return self.panel(self.frame, Origin(_PLACE), symbols, first, last, optional=optional)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FrameBars(BarTable):
    """Bars from a DataFrame; only in a program, never from a configuration.

    Parameters
    ----------
    frame : DataFrame
        The columns of `BarPanel.from_frame`.
    """

    name: ClassVar[str] = "frame"
    frame: Any

    def __post_init__(self) -> None:
        _check_frame(self.frame)
        BarTable.__post_init__(self)

    def bars(
        self,
        symbols: Sequence[str] = (),
        first: date | None = None,
        last: date | None = None,
        *,
        optional: Sequence[str] = (),
    ) -> BarPanel:
        """Return the bars of some symbols; see `BarSource.bars`."""
        return self.panel(self.frame, Origin(_PLACE), symbols, first, last, optional=optional)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FrameEvents(EventTable):
    """Events from a DataFrame; only in a program, never from a configuration.

    Parameters
    ----------
    frame : DataFrame
        The columns of `Events.from_frame`.
    """

    name: ClassVar[str] = "frame"
    frame: Any

    def __post_init__(self) -> None:
        _check_frame(self.frame)

    def events(self, symbols: Sequence[str] | None = None) -> Events:
        """Return the events of some symbols; see `EventSource.events`."""
        origin = Origin(_PLACE)
        return self.events_in(rename_columns(self.frame, self.columns, origin), origin, self.name, symbols)
