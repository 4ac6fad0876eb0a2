"""The embedded sample as a source of prices and events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from eventstudy.datasets import load_alibaba
from eventstudy.events import Events
from eventstudy.frames import Origin
from eventstudy.panels import PricePanel
from eventstudy.sources.base import select_events, select_rows

__all__ = ["SampleEvents", "SamplePrices"]

_PLACE = "the sample"


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplePrices:
    """Prices of BABA, KWEB and SPY, March 2024 to September 2025; see `eventstudy.datasets.load_alibaba`.

    Examples
    --------
    >>> SamplePrices().prices(["SPY"]).symbols
    ('SPY',)
    """

    name: ClassVar[str] = "sample"

    def prices(
        self,
        symbols: Sequence[str] = (),
        first: date | None = None,
        last: date | None = None,
        *,
        optional: Sequence[str] = (),
    ) -> PricePanel:
        """Return the prices of some symbols; see `PriceSource.prices`."""
        panel = load_alibaba().prices
        table = panel.to_frame().drop(columns="total_return")
        dates = table["date"].to_numpy().astype("datetime64[D]")
        names = table["symbol"].to_numpy(dtype=object)
        rows = select_rows(names, dates, symbols, optional, first, last, _PLACE)
        basis = dict(zip(panel.symbols, panel.basis, strict=True))
        return PricePanel.from_frame(table.iloc[rows], basis=basis, origin=Origin(_PLACE))


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleEvents:
    """The six results announcements of the sample.

    Parameters
    ----------
    kind : str, optional
        Only events of this kind; the sample has ``"earnings"``.
    symbols : tuple of str
        Only events of these symbols; the sample has ``"BABA"``.

    Examples
    --------
    >>> len(SampleEvents(kind="earnings").events())
    6
    """

    name: ClassVar[str] = "sample"
    kind: str | None = None
    symbols: tuple[str, ...] = ()

    def events(self, symbols: Sequence[str] | None = None) -> Events:
        """Return the events of some symbols; see `EventSource.events`."""
        wanted = self.symbols if symbols is None else symbols
        return select_events(load_alibaba().events, wanted, self.kind, _PLACE)
