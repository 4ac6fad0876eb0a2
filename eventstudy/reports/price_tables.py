"""Display table of what looks wrong in the prices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eventstudy.findings import FindingKind, plural
from eventstudy.reports.display import Column, DisplayTable, clean, date, table

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["findings"]


def findings(frame: pd.DataFrame) -> DisplayTable:
    """Return what looks wrong in the prices, one row a finding.

    Parameters
    ----------
    frame : DataFrame
        As `eventstudy.findings.findings_frame` makes it: symbol, date, kind, words.

    Examples
    --------
    >>> from eventstudy.findings import findings_frame
    >>> findings(findings_frame(())).notes
    ('Nothing looks wrong in the prices.',)
    """
    columns = [Column(title, "left") for title in ("Symbol", "Session", "Kind", "Finding")]
    rows = [
        (clean(row["symbol"]), date(row["date"]), clean(row["kind"]).replace("_", " "), clean(row["words"]))
        for row in frame.to_dict("records")
    ]
    if not rows:
        return table("Findings in the prices", columns, rows, "Nothing looks wrong in the prices.")
    count, symbols = plural(len(rows), "finding"), plural(frame["symbol"].nunique(), "symbol")
    notes = [f"{count} in {symbols}; only what a finding says was done was done, and nothing else changed."]
    kinds = [kind for kind in FindingKind if (frame["kind"] == str(kind)).any()]
    notes += [f"{kind.replace('_', ' ').capitalize()}: {kind.sentence}" for kind in kinds]
    return table("Findings in the prices", columns, rows, *notes)
