"""Factor returns from the files of Kenneth French's data library."""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np

from eventstudy._typing import Dates, Floats
from eventstudy.errors import DataError, InputError, ParseError, UnknownNameError
from eventstudy.panels import FactorPanel
from eventstudy.sources._http import current_client
from eventstudy.sources.cache import Reply, Request

__all__ = ["Block", "FrenchFactors", "FrenchFile", "read_french"]

LIBRARY = "https://mba.tuck.dartmouth.edu/pages/faculty/ken.french/ftp/"

SETS = {
    "ff3": "F-F_Research_Data_Factors",
    "ff5": "F-F_Research_Data_5_Factors_2x3",
    "momentum": "F-F_Momentum_Factor",
    "short_term_reversal": "F-F_ST_Reversal_Factor",
    "long_term_reversal": "F-F_LT_Reversal_Factor",
}

# The library is revised once a month.
FRESH = timedelta(days=7)

_KEY = re.compile(r"\s*(\d{4}|\d{6}|\d{8})\s*,")


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """One table of a file.

    Parameters
    ----------
    title : str
        The line above it, empty where there is none.
    names : tuple of str
        K column names, as in the file.
    dates : ndarray of shape (T,)
        ``datetime64[D]``; a month or a year is its last day.
    digits : int
        How many digits a date has: 8 daily, 6 monthly, 4 annual.
    values : ndarray of shape (T, K)
        Decimals per period, NaN where missing.
    """

    title: str
    names: tuple[str, ...]
    dates: Dates
    digits: int
    values: Floats


@dataclass(frozen=True, slots=True, eq=False)
class FrenchFile:
    """A file of the library.

    Parameters
    ----------
    vintage : str
        What the file says of its making: "This file was created by using the 202511 CRSP database".
    sha256 : str
        Of the text.
    blocks : tuple of Block
        Its tables, the first of which is what the file is about.
    """

    vintage: str
    sha256: str
    blocks: tuple[Block, ...]


def read_french(raw: bytes, name: str) -> FrenchFile:
    r"""Return the tables of a file.

    Parameters
    ----------
    raw : bytes
        Text in the library's layout, or a ZIP file with one such text.
    name : str
        What to call it in error messages.

    Raises
    ------
    ParseError
        If it is neither, or has no table.

    Notes
    -----
    A table is a header that starts with a comma, and rows keyed by a date, up to the first line that is neither.
    Percent become decimals; -99.99 and -999 are missing.

    Examples
    --------
    >>> text = b"This file was created by using the 202511 CRSP database.\n\n,Mkt-RF,RF\n20250220,  -0.50,  0.02\n"
    >>> block = read_french(text, "example").blocks[0]
    >>> block.names, block.values.tolist()
    (('Mkt-RF', 'RF'), [[-0.005, 0.0002]])
    """
    raw = _unzipped(raw, name)
    if raw[:200].lstrip().startswith(b"<"):
        raise ParseError(f"{name}: this is a web page; a file of the data library was expected.")
    lines = raw.decode("utf-8", errors="replace").splitlines()
    starts = [n for n, line in enumerate(lines[:-1]) if line.lstrip().startswith(",") and _KEY.match(lines[n + 1])]
    if not starts:
        raise ParseError(f"{name}: there is no table; a header such as ',Mkt-RF,SMB,HML,RF' was expected above dates.")
    vintage = " ".join(lines[0].partition(".")[0].split())
    blocks = tuple(_block(lines, start, name) for start in starts)
    return FrenchFile(vintage, hashlib.sha256(raw).hexdigest(), blocks)


def _unzipped(raw: bytes, name: str) -> bytes:
    if not raw.startswith(b"PK"):
        return raw
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            inside = [each for each in archive.namelist() if each.lower().endswith((".csv", ".txt"))]
            if len(inside) != 1:
                raise ParseError(f"{name}: one text was expected in the ZIP file; there are {len(inside)}.")
            return archive.read(inside[0])
    except zipfile.BadZipFile:
        raise ParseError(f"{name}: the ZIP file is broken or cut short.") from None


def _block(lines: Sequence[str], start: int, name: str) -> Block:
    names = tuple(cell.strip() for cell in lines[start].split(",")[1:])
    above = lines[start - 1].strip() if start else ""
    keys: list[str] = []
    rows: list[list[float]] = []
    for place, line in enumerate(lines[start + 1 :], start + 2):
        if not _KEY.match(line):
            break
        key, *cells = (cell.strip() for cell in line.split(","))
        if len(cells) != len(names) or (keys and len(key) != len(keys[0])):
            raise ParseError(f"{name}, line {place}: a date and {len(names)} numbers were expected, not {line!r}.")
        try:
            rows.append([float(cell) if cell else np.nan for cell in cells])
        except ValueError:
            raise ParseError(f"{name}, line {place}: {line!r} has something that is no number.") from None
        keys.append(key)
    percent = np.array(rows)
    missing = (percent == -99.99) | (percent == -999.0)
    return Block(above, names, _dates(keys, name), len(keys[0]), np.where(missing, np.nan, percent / 100))


def _dates(keys: Sequence[str], name: str) -> Dates:
    text = np.array(keys)
    try:
        match len(keys[0]):
            case 8:
                dates = np.array([f"{key[:4]}-{key[4:6]}-{key[6:]}" for key in keys], dtype="datetime64[D]")
            case 6:
                months = np.array([f"{key[:4]}-{key[4:]}" for key in keys], dtype="datetime64[M]")
                dates = (months + 1).astype("datetime64[D]") - 1
            case _:
                dates = (text.astype("datetime64[Y]") + 1).astype("datetime64[D]") - 1
    except ValueError as error:
        raise ParseError(f"{name}: a date can't be read ({error}).") from None
    if (np.diff(dates).astype(np.int64) <= 0).any():
        raise ParseError(f"{name}: the dates do not increase.")
    return dates


@dataclass(frozen=True, slots=True, kw_only=True)
class FrenchFactors:
    """Factors of Kenneth French's data library, fetched or from files at hand.

    Parameters
    ----------
    sets : tuple of str
        ``"ff3"``, ``"ff5"``, ``"momentum"``, ``"short_term_reversal"``, ``"long_term_reversal"``, or the name of a
        file in the library without its ending. Several are joined on the dates that all of them have.
    frequency : {"daily", "monthly"}
        Which file; a month's factors stand on its last day.
    path : Path, optional
        A file (CSV or ZIP) in the place of the one set, or a folder that holds the files of the sets under the
        library's names.
    block : str, optional
        A part of the title of the table to read, such as ``"Equal Weighted"``; the first table without it.
    """

    name: ClassVar[str] = "french"
    sets: tuple[str, ...] = ("ff3",)
    frequency: Literal["daily", "monthly"] = "daily"
    path: Path | None = None
    block: str | None = None

    def __post_init__(self) -> None:
        if self.frequency not in ("daily", "monthly"):
            raise UnknownNameError("frequency of factors", self.frequency, ["daily", "monthly"])
        if not self.sets:
            raise InputError(f"factors: sets is empty; one of {', '.join(SETS)} was expected.")
        if len(self.sets) > 1 and self.path is not None and not self.path.is_dir():
            raise InputError(f"factors: {self.path} is no folder, and {len(self.sets)} sets of factors are asked for.")

    def factors(self) -> FactorPanel:
        """Return the factors; see `FactorSource.factors`.

        Names are those of the file in lower case, with an underscore for a dash: ``mkt_rf``, ``smb``, ``hml``, ...;
        ``rf`` is the riskless return.
        """
        blocks = [self._block(file, name) for name, file in self._files().items()]
        dates = blocks[0].dates
        for block in blocks[1:]:
            dates = np.intersect1d(dates, block.dates)
        if not len(dates):
            raise DataError(f"factors: the sets {', '.join(self.sets)} have no date in common.")
        columns: dict[str, Floats] = {}
        for block in blocks:
            rows = np.searchsorted(block.dates, dates)
            for place, name in enumerate(block.names):
                columns.setdefault(name.lower().replace("-", "_").replace(" ", "_"), block.values[rows, place])
        risk_free = columns.pop("rf", np.full(len(dates), np.nan))
        return FactorPanel(dates, tuple(columns), np.array(list(columns.values())).T, risk_free)

    def provenance(self) -> Mapping[str, str]:
        """Return what each file says of its making, and its SHA-256."""
        return {name: f"{file.vintage}; SHA-256 {file.sha256}" for name, file in self._files().items()}

    def fetch(self, name: str) -> bytes:
        """Return the bytes of a set's file, from `path` or from the library by way of the cache."""
        stem = SETS.get(name, name) + ("_daily" if self.frequency == "daily" and name in SETS else "")
        if self.path is not None:
            return _local(self.path, stem)
        client = current_client()
        request = Request(f"{LIBRARY}{stem}_CSV.zip")

        def check(reply: Reply) -> None:
            if reply.status == 404:
                known = ", ".join(SETS)
                raise InputError(f"The data library has no file {stem!r} (asked for {request.url}). Known: {known}.")
            if reply.status != 200:
                raise ParseError(f"{request.host} answers with HTTP {reply.status} for {request.url}.")
            read_french(reply.body, request.url)

        return client.get(request, check, fresh_after=client.now() - FRESH).body

    def _files(self) -> dict[str, FrenchFile]:
        return {name: read_french(self.fetch(name), f"factors {name!r}") for name in self.sets}

    def _block(self, file: FrenchFile, name: str) -> Block:
        block = file.blocks[0]
        if self.block is not None:
            titled = [each for each in file.blocks if self.block.lower() in each.title.lower()]
            if not titled:
                titles = [each.title for each in file.blocks if each.title]
                raise UnknownNameError(f"table of factors {name!r}", self.block, titles)
            block = titled[0]
        if block.digits == 8 and self.frequency == "monthly":
            raise InputError(f"factors {name!r}: the file is daily, and frequency says monthly.")
        if block.digits != 8 and self.frequency == "daily":
            raise InputError(f"factors {name!r}: the table is not daily; say frequency: monthly, or give another file.")
        return block


def _local(path: Path, stem: str) -> bytes:
    if path.is_dir():
        there = [each for ending in (".csv", ".CSV", "_CSV.zip", ".zip") if (each := path / f"{stem}{ending}").exists()]
        if not there:
            raise InputError(f"{path}: there is no {stem}.csv nor {stem}_CSV.zip in this folder.")
        path = there[0]
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: the file can't be read ({error.strerror}).") from None
