"""CRSP's two layouts of daily stock data, made into the long table that a panel is built from: pure functions.

SIZ (``dsf``, frozen at the end of 2024): a negative price is a bid/ask midpoint, a price of zero is none, letters or
numbers below -1 stand for a missing return, and delisting returns lie in a table of their own. CIZ (``dsf_v2``):
prices are positive, a flag beside them says which are midpoints, and ``dlyret`` has the delisting return in it already.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from eventstudy._typing import Bools, Dates, Floats, Ints
from eventstudy.calendars import get_calendar
from eventstudy.errors import DataError, InputError
from eventstudy.findings import Finding, FindingKind
from eventstudy.frames import Origin, date_column, number_column, require_columns
from eventstudy.sources.delistings import SHUMWAY, Fill

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["DELISTING_FIELDS", "FIELDS", "PRICE_FLAG", "Layout", "detect", "lower_columns", "tidy"]

Layout = Literal["siz", "ciz"]

# Our name -> theirs.
FIELDS: dict[str, dict[str, str]] = {
    "siz": {
        "date": "date",
        "return": "ret",
        "retx": "retx",
        "close": "prc",
        "open": "openprc",
        "high": "askhi",
        "low": "bidlo",
        "volume": "vol",
    },
    "ciz": {
        "date": "dlycaldt",
        "return": "dlyret",
        "retx": "dlyretx",
        "close": "dlyprc",
        "open": "dlyopen",
        "high": "dlyhigh",
        "low": "dlylow",
        "volume": "dlyvol",
    },
}
# CIZ's letters beside a price, and those of a bid/ask average.
PRICE_FLAG = "dlyprcflg"
_MIDPOINT_FLAG = "BA"
DELISTING_FIELDS = ("permno", "dlstdt", "dlret", "dlstcd", "hexcd")

# Shumway (1997): delistings for performance are codes 500 and 520 to 584. Code 100 is a stock still listed.
_STILL_LISTED = 100
_NASDAQ = 3
# A split deduced from a return of six digits and two prices is a split if it is this far from one for one.
_SPLIT_NOISE = 0.005
_CASH_NOISE = 2e-6


def detect(columns: tuple[str, ...], place: str) -> Layout:
    """Return which layout a table's columns belong to, in any case of letters.

    Examples
    --------
    >>> detect(("PERMNO", "DlyCalDt", "DlyRet"), "dsf_v2")
    'ciz'
    """
    lower = {name.lower() for name in columns}
    if "dlyret" in lower:
        return "ciz"
    if "ret" in lower:
        return "siz"
    raise DataError(f"{place}: neither 'dlyret' (CIZ) nor 'ret' (SIZ) is among the columns: {', '.join(columns)}.")


def lower_columns(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table with its column names in lower case."""
    return frame.set_axis([str(name).lower() for name in frame.columns], axis="columns")


@dataclass(frozen=True, slots=True)
class _Delistings:
    """One row a delisting, shape (d,): permno, session index, return (NaN where unknown), code, exchange."""

    permno: Ints
    session: Ints
    returns: Floats
    code: Floats
    exchange: Floats

    @property
    def for_cause(self) -> Bools:
        """Which were for bad performance, shape (d,)."""
        return np.asarray((self.code == 500) | ((self.code >= 520) & (self.code <= 584)), dtype=bool)


def tidy(
    frame: pd.DataFrame,
    layout: Layout,
    origin: Origin,
    *,
    delistings: pd.DataFrame | None = None,
    delisting_fill: Fill = None,
) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
    """Return CRSP's table under our names, and what was done about delistings and midpoints.

    Parameters
    ----------
    frame : DataFrame
        Rows of ``dsf`` or ``dsf_v2``, column names in any case.
    layout : {"siz", "ciz"}
        Which it is; see `detect`.
    origin : Origin
        For error messages.
    delistings : DataFrame, optional
        Rows of ``dsedelist``, for SIZ only.
    delisting_fill : float or "shumway", optional
        What stands for a missing return of a delisting for cause: a decimal, or -0.30 and on Nasdaq -0.55 (Shumway
        1997, Shumway and Warther 1999). Without it the return of that session is missing, and a finding.

    Returns
    -------
    frame : DataFrame
        ``date``, ``symbol`` (the permno as text), prices, ``dividend``, ``split``, ``return``: the total return,
        ``(1 + ret) (1 + dlret) - 1`` on a delisting session of SIZ.
    findings : tuple of Finding
        By symbol.

    Raises
    ------
    InputError
        If delistings, or a fill for them, are given beside CIZ, whose returns have them already.
    """
    import pandas as pd

    if layout == "ciz" and (delistings is not None or delisting_fill is not None):
        raise InputError("CIZ's dlyret has the delisting returns in it already; adding dlret would count them twice.")
    frame = lower_columns(frame)
    fields = FIELDS[layout]
    require_columns(frame, ["permno", fields["date"], fields["return"], fields["close"]], origin)
    rows = pd.DataFrame({"date": date_column(frame, fields["date"], origin), "permno": _whole(frame, "permno", origin)})
    for ours, theirs in fields.items():
        if ours != "date":
            given = theirs in frame.columns
            rows[ours] = _codes_as_missing(frame, theirs, origin, layout) if given else np.nan
    findings = _midpoints(rows, _flagged(frame) if layout == "ciz" else (rows["close"] < 0).to_numpy())
    for name in ("open", "high", "low", "close"):
        rows[name] = rows[name].abs().replace(0.0, np.nan)
    rows["volume"] = rows["volume"].where(rows["volume"] >= 0)
    rows = _with_actions(rows.sort_values(["permno", "date"], kind="stable", ignore_index=True))
    if delistings is not None:
        rows, told = _with_delistings(rows, _delistings(lower_columns(delistings), origin), delisting_fill)
        findings = [*findings, *told]
    return rows.assign(symbol=rows["permno"].astype(str).astype(object)).drop(columns=["permno", "retx"]), tuple(
        findings
    )


def _whole(frame: pd.DataFrame, name: str, origin: Origin) -> Ints:
    numbers = number_column(frame, name, origin)
    if np.isnan(numbers).any():
        raise DataError(f"{origin.row(int(np.flatnonzero(np.isnan(numbers))[0]))}: {name} is empty.")
    return numbers.astype(np.int64)


def _codes_as_missing(frame: pd.DataFrame, name: str, origin: Origin, layout: Layout) -> Floats:
    """Return a column of numbers, NaN for a letter code; of returns also for SIZ's -66, -77, -88, -99."""
    import pandas as pd

    column = frame[name]
    if not pd.api.types.is_numeric_dtype(column.dtype):
        letters = column.map(lambda cell: isinstance(cell, str) and cell.strip().isalpha()).astype(bool)
        frame = frame.assign(**{name: column.where(~letters, None)})
    numbers = number_column(frame, name, origin)
    if layout == "siz" and name in ("ret", "retx", "dlret"):
        numbers = np.where(np.isin(numbers, (-44.0, -55.0, -66.0, -77.0, -88.0, -99.0)), np.nan, numbers)
    return numbers


def _flagged(frame: pd.DataFrame) -> Bools:
    """Return which rows of CIZ are flagged as bid/ask averages, shape (n,); none where the flag is not there."""
    if PRICE_FLAG not in frame.columns:
        return np.zeros(len(frame), dtype=bool)
    return np.array([str(flag).strip().upper() == _MIDPOINT_FLAG for flag in frame[PRICE_FLAG]], dtype=bool)


def _midpoints(rows: pd.DataFrame, midpoint: Bools) -> list[Finding]:
    found = []
    for permno, own in rows.loc[midpoint].groupby("permno"):
        count, first = len(own), own["date"].min().to_datetime64().astype("datetime64[D]")
        words = f"{count:,} close{'s are midpoints' if count > 1 else ' is a midpoint'}: no trade."
        found.append(Finding(str(permno), first, FindingKind.MIDPOINT, words))
    return found


def _with_actions(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the table with dividends and splits, deduced from the two returns and the prices.

    ``ret - retx`` is the cash over the last price; ``(1 + retx)`` is the change of the price times the split.
    """
    before = rows.groupby("permno")["close"].transform(lambda price: price.ffill().shift())
    split = (1.0 + rows["retx"]) * before / rows["close"]
    plain = split.isna() | ((split - 1.0).abs() < _SPLIT_NOISE)
    cash = (rows["return"] - rows["retx"]) * before
    none = cash.isna() | ((rows["return"] - rows["retx"]).abs() < _CASH_NOISE)
    return rows.assign(split=split.where(~plain, 1.0), dividend=cash.where(~none, 0.0).clip(lower=0.0))


def _delistings(frame: pd.DataFrame, origin: Origin) -> _Delistings:
    require_columns(frame, ["permno", "dlstdt", "dlret", "dlstcd"], origin)
    code = number_column(frame, "dlstcd", origin)
    frame = frame[code != _STILL_LISTED].reset_index(drop=True)
    dates: Dates = date_column(frame, "dlstdt", origin)
    return _Delistings(
        permno=_whole(frame, "permno", origin),
        session=get_calendar("XNYS").at_or_after(dates),
        returns=_codes_as_missing(frame, "dlret", origin, "siz"),
        code=code[code != _STILL_LISTED],
        exchange=number_column(frame, "hexcd", origin) if "hexcd" in frame else np.full(len(frame), np.nan),
    )


def _with_delistings(rows: pd.DataFrame, delistings: _Delistings, fill: Fill) -> tuple[pd.DataFrame, list[Finding]]:
    """Return the table with each delisting return in the return of its session, and a finding for each."""
    import pandas as pd

    days = get_calendar("XNYS").sessions[delistings.session]
    returns, words = _filled(delistings, fill)
    at = pd.DataFrame({"permno": delistings.permno, "date": days.astype("datetime64[s]"), "dlret": returns})
    at["unknown"] = delistings.for_cause & np.isnan(returns)
    both = rows.assign(date=rows["date"].astype("datetime64[s]")).merge(at, on=["permno", "date"], how="outer")
    own, leaving = both["return"].to_numpy(dtype=np.float64), both["dlret"].to_numpy(dtype=np.float64)
    total = np.where(np.isnan(leaving), own, np.where(np.isnan(own), leaving, (1 + own) * (1 + leaving) - 1))
    total[both["unknown"].to_numpy(dtype=object) == True] = np.nan  # noqa: E712 (empty where nothing was delisted)
    findings = [
        Finding(str(permno), day, FindingKind.DELISTING_RETURN, text)
        for permno, day, text in zip(delistings.permno, days, words, strict=True)
    ]
    filled = both.assign(**{"return": total}).fillna({"dividend": 0.0, "split": 1.0})
    return filled.drop(columns=["dlret", "unknown"]), findings


def _filled(delistings: _Delistings, fill: Fill) -> tuple[Floats, list[str]]:
    """Return the delisting returns, those for cause filled in where they are missing, and a sentence on each."""
    returns = delistings.returns.copy()
    fills = _fills(delistings, fill)
    words = []
    for row, code in enumerate(delistings.code):
        if not np.isnan(returns[row]):
            words.append(f"The delisting return of {100 * returns[row]:+.1f}% (code {code:.0f}) is included.")
        elif delistings.for_cause[row] and not np.isnan(fills[row]):
            returns[row] = fills[row]
            words.append(f"The delisting return (code {code:.0f}) is missing; {100 * fills[row]:+.0f}% stands for it.")
        else:
            words.append(f"The delisting return (code {code:.0f}) is missing.")
    return returns, words


def _fills(delistings: _Delistings, fill: Fill) -> Floats:
    if fill is None:
        return np.full(len(delistings.code), np.nan)
    if isinstance(fill, str):
        if np.isnan(delistings.exchange).any():
            raise InputError(
                "delisting_fill is 'shumway', which depends on the exchange; the column 'hexcd' is missing or empty "
                "in the delistings. Give a number such as -0.3 instead."
            )
        return np.where(delistings.exchange == _NASDAQ, SHUMWAY["nasdaq"], SHUMWAY["other"])
    return np.full(len(delistings.code), float(fill))
