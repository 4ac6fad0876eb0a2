"""The files that a backtest leaves."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eventstudy.reports.files import csv_text, json_text, write_text

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["write_backtest"]


def write_backtest(
    trades: pd.DataFrame,
    equity: pd.DataFrame,
    performance: Mapping[str, Any],
    folder: str | Path,
    run: Mapping[str, Any] | None = None,
) -> list[Path]:
    """Write ``trades.csv``, ``equity.csv`` and ``performance.json``, whole or not at all, the same bytes each time.

    Parameters
    ----------
    trades, equity : DataFrame
        Columns as the contract of the output directory has them.
    performance : mapping
        Plain values.
    folder : str or Path
        Made if it does not exist.
    run : mapping, optional
        Clock time, host, paths; goes to ``run.json`` and nowhere else.

    Raises
    ------
    OutputError
        If the folder can't be written in.
    """
    folder = Path(folder)
    written = trades.copy()
    for name in ("information_time", "decision_time", "entry_time", "exit_time"):
        written[name] = written[name].dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    days = equity.assign(date=equity["date"].dt.strftime("%Y-%m-%d"))
    paths = [
        write_text(folder / "trades.csv", csv_text(written)),
        write_text(folder / "equity.csv", csv_text(days)),
        write_text(folder / "performance.json", json_text(performance)),
    ]
    if run is not None:
        paths.append(write_text(folder / "run.json", json_text(run)))
    return paths
