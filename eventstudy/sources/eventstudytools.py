"""The three files of EventStudyTools: requests, prices of firms, prices of markets."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from eventstudy.errors import DataError
from eventstudy.events import Events
from eventstudy.frames import Origin
from eventstudy.panels import PricePanel
from eventstudy.sources import _csv
from eventstudy.sources._tables import EventTable, PriceTable

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["EventStudyToolsEvents", "EventStudyToolsPrices"]

_DATE_FORMAT = "%d.%m.%Y"
_REQUEST = (
    "event_id",
    "symbol",
    "market",
    "date",
    "group",
    "event_window_start",
    "event_window_end",
    "estimation_window_end",
    "estimation_window_length",
)
_PRICES = ("symbol", "date", "close")


def _parse(raw: bytes, place: str, columns: Sequence[str], text: Sequence[str]) -> tuple[pd.DataFrame, Origin]:
    """Return the table of a file without a header, semicolons between its cells."""
    import pandas as pd

    reader = csv.reader(io.StringIO(_csv.decode(raw, place), newline=""), delimiter=";", skipinitialspace=True)
    rows: list[list[str | None]] = []
    lines: list[int] = []
    for cells in reader:
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(columns):
            raise DataError(
                f"{place}, line {reader.line_num}: there are {len(cells)} cells; {len(columns)} with semicolons "
                f"between them were expected: {', '.join(columns)}."
            )
        rows.append([cell.strip() or None for cell in cells])
        lines.append(reader.line_num)
    origin = Origin(place, lines=np.array(lines, dtype=np.int64))
    frame = pd.DataFrame(rows, columns=list(columns), dtype="str")
    return _csv.numbers_where_all_are(frame, text, origin), origin


@dataclass(frozen=True, slots=True, kw_only=True)
class EventStudyToolsPrices(PriceTable):
    """Prices of firms and markets from the second and third file of EventStudyTools.

    No header, semicolons, the columns name, date (``30.04.1997``) and price; a negative price is a bid/ask midpoint.

    Parameters
    ----------
    firms : Path
        The prices of the firms.
    markets : Path
        The prices of the reference markets.
    midpoints : bool
        Whether a negative price stands for a bid/ask midpoint.
    basis : str or mapping
        The layout has neither dividends nor splits, so its prices should be adjusted for them.
    """

    name: ClassVar[str] = "eventstudytools"
    firms: Path
    markets: Path
    midpoints: bool = True
    basis: str = "adjusted"
    date_format: str | None = _DATE_FORMAT

    def prices(
        self,
        symbols: Sequence[str] = (),
        first: date | None = None,
        last: date | None = None,
        *,
        optional: Sequence[str] = (),
    ) -> PricePanel:
        """Return the prices of some symbols; see `PriceSource.prices`."""
        raws = [_csv.fetch(self.firms), _csv.fetch(self.markets)]
        return self.parse(raws[0], raws[1], symbols, first, last, optional=optional)

    def parse(
        self,
        firms: bytes,
        markets: bytes,
        symbols: Sequence[str] = (),
        first: date | None = None,
        last: date | None = None,
        *,
        optional: Sequence[str] = (),
    ) -> PricePanel:
        """Return the prices that the bytes of the two files hold; see `PriceSource.prices`."""
        import pandas as pd

        tables = [
            _parse(raw, str(path), _PRICES, ("symbol", "date"))
            for raw, path in ((firms, self.firms), (markets, self.markets))
        ]
        frame = pd.concat([table for table, _ in tables], ignore_index=True)
        return self.panel(frame, _joined([origin for _, origin in tables]), symbols, first, last, optional=optional)


def _joined(origins: Sequence[Origin]) -> Origin:
    """Return the origin of tables one after another; the lines of the second count on from the first."""
    first, second = (origin.lines for origin in origins)
    assert first is not None
    assert second is not None
    return Origin(" and ".join(origin.name for origin in origins), lines=np.concatenate([first, second]))


@dataclass(frozen=True, slots=True, kw_only=True)
class EventStudyToolsEvents(EventTable):
    """Events from the first file of EventStudyTools, the requests.

    No header, semicolons, nine columns: event id, firm, market, date (``30.04.1997``), group, and the start and end of
    the event window, the end and length of the estimation window in sessions. Market and group become groups,
    the windows become values: a study has its own. The time of day is unknown.

    Parameters
    ----------
    path : Path
        The file.
    """

    name: ClassVar[str] = "eventstudytools"
    path: Path
    date_format: str | None = _DATE_FORMAT

    def events(self, symbols: Sequence[str] | None = None) -> Events:
        """Return the events of some symbols; see `EventSource.events`."""
        return self.parse(_csv.fetch(self.path), symbols)

    def parse(self, raw: bytes, symbols: Sequence[str] | None = None) -> Events:
        """Return the events that the bytes of a file hold; see `EventSource.events`."""
        frame, origin = _parse(raw, str(self.path), _REQUEST, _REQUEST[:5])
        return self.events_in(frame, origin, self.name, symbols)
