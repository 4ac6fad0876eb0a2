"""The files of the output directory: written whole or not at all, read back as they were."""

from __future__ import annotations

import csv
import json
import os
import secrets
from collections.abc import Callable, Iterable, Mapping
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np

from eventstudy._typing import Floats
from eventstudy.errors import InputError, OutputError
from eventstudy.reports.base import SUMMARY_KEYS, Results
from eventstudy.reports.contract import OPTIONAL, TABLES, Kind, conform, held, is_missing, kinds
from eventstudy.reports.long_tables import length
from eventstudy.reports.parquet import write_columns
from eventstudy.reports.texts import Texts

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "as_written",
    "csv_text",
    "file_names",
    "json_text",
    "plain",
    "read_tables",
    "records",
    "write_bytes",
    "write_parquet",
    "write_tables",
    "write_text",
]

# A CSV of that length takes minutes to write and is read by nobody.
MOST_CSV_ROWS = 1_000_000
# So many numbers of a column tell whether its numbers come more than once.
FIRST = 1_000
# From here to there Python writes a number without an exponent.
SMALL, LARGE = 1e-4, 1e16


def write_tables(results: Results, folder: str | Path, run: Mapping[str, Any] | None = None) -> list[Path]:
    r"""Write ``summary.json`` and a CSV file for each table there is; Parquet for a million abnormal returns and more.

    Numbers keep all their digits, a missing value is an empty cell (null in JSON), lines end in ``\\n``;
    the same results give the same bytes.

    Parameters
    ----------
    results : Results
        What to write.
    folder : str or Path
        Made if it does not exist.
    run : mapping, optional
        Clock time, host, paths: what differs from run to run. Goes to ``run.json`` and nowhere else.

    Returns
    -------
    list of Path
        The files, in the order written.

    Raises
    ------
    OutputError
        If the folder can't be made or written in.
    """
    folder = Path(folder)
    paths = []
    for name in held(results.tables):
        path, other = folder / f"{name}.csv", folder / f"{name}.parquet"
        if _is_columnar(name, results.tables):
            path, other = other, path
            needed = f"{length(results.tables, name):,} abnormal returns are too many for a CSV file: Parquet"
            paths.append(write_parquet(path, results.tables, name, needed))
        else:
            paths.append(write_text(path, csv_text(as_written(name, results.tables[name]))))
        # Another study was there before; its table must not be taken for this one's.
        other.unlink(missing_ok=True)
    for name in {*OPTIONAL} - {*held(results.tables)}:
        for path in (folder / f"{name}.csv", folder / f"{name}.parquet"):
            path.unlink(missing_ok=True)
    ordered = {key: results.summary[key] for key in SUMMARY_KEYS}
    ordered |= {key: results.summary[key] for key in sorted(results.summary) if key not in ordered}
    paths.append(write_text(folder / "summary.json", json_text(ordered)))
    if run is not None:
        paths.append(write_text(folder / "run.json", json_text(run)))
    return paths


def csv_text(frame: pd.DataFrame) -> str:
    """Return a table as CSV: numbers with all their digits, an empty cell where a value is missing."""
    lines = map(",".join, zip(*(_cells(frame[name]) for name in frame.columns), strict=True))
    return "\n".join([",".join(_quoted(frame.columns)), *lines, ""])


def _cells(column: pd.Series) -> list[str]:
    """Return the cells of a column as they are written; a value that stands in many rows is written out once."""
    import pandas as pd

    if column.dtype == np.float64:
        numbers = column.to_numpy()
        if len(np.unique(numbers[:FIRST])) == FIRST:
            # Where the first differ there are hardly any that come again.
            return _written(numbers)
        # By their bits, since zero and minus zero are two texts.
        code, known = pd.factorize(numbers.view(np.int64))
        texts = _written(known.view(np.float64))
    elif column.dtype == object:
        # Of several kinds of value those that are equal may be written in several ways.
        return _quoted(column.where(column.notna(), None))
    else:
        code, values = pd.factorize(column)
        texts = _quoted(np.asarray(values, dtype=object))
    # A missing value has the code -1.
    cells: list[str] = np.array([*texts, ""], dtype=object)[code].tolist()
    return cells


def _written(numbers: Floats) -> list[str]:
    """Return the shortest text of each number that reads back as it, as `repr` gives it; empty for NaN."""
    from pydantic_core import to_json

    if not len(numbers):
        return []
    # A writer of JSON finds the same digits in a third of the time, but has another form for small and large numbers.
    texts = to_json(numbers.tolist()).decode()[1:-1].split(",")
    size = np.abs(numbers)
    alike = (numbers == 0) | ((size >= SMALL) & (size < LARGE))
    for place in np.flatnonzero(~alike).tolist():
        text = repr(float(numbers[place]))
        texts[place] = "" if text == "nan" else text
    return texts


def _quoted(values: Iterable[object]) -> list[str]:
    lines: list[str] = []
    # A text with a letter of the line's end is quoted: readers take a bare carriage return for the end of a row.
    ending = "\r\n"
    write = csv.writer(SimpleNamespace(write=lines.append), lineterminator=ending).writerow
    for value in values:
        write((value, None))
    return [line.removesuffix(f",{ending}") for line in lines]


def _is_columnar(name: str, tables: Mapping[str, pd.DataFrame]) -> bool:
    return name == "abnormal_returns" and length(tables, name) > MOST_CSV_ROWS


def file_names(results: Results) -> list[str]:
    """Return the names of the files that `write_tables` makes of results."""
    frames = results.tables
    names = [f"{name}.parquet" if _is_columnar(name, frames) else f"{name}.csv" for name in held(frames)]
    return [*names, "summary.json"]


def read_tables(folder: str | Path) -> Results:
    """Return the results that `write_tables` left in a folder.

    Each table equals ``contract.conform`` of the one that was written. A cell is missing only where it is
    empty: a symbol ``NA`` is a symbol.

    Raises
    ------
    InputError
        If a file is absent or not what it should be.
    """
    import pandas as pd

    folder = Path(folder)
    _check_saved(folder)
    tables = {}
    for name in (*TABLES, *(each for each in OPTIONAL if (folder / f"{each}.csv").exists())):
        path, columnar = folder / f"{name}.csv", folder / f"{name}.parquet"
        try:
            # Where both are there, the Parquet file is a copy that a report made.
            if columnar.exists() and not path.exists():
                tables[name] = conform(name, pd.read_parquet(columnar))
                continue
            cells = pd.read_csv(path, dtype="str", keep_default_na=False)
            tables[name] = _as_read(name, cells)
        except (OSError, ValueError) as error:
            raise InputError(f"The saved results in {folder} can't be read: {path.name}: {error}") from error
    try:
        summary = json.loads((folder / "summary.json").read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"The saved results in {folder} can't be read: summary.json: {error}") from error
    return Results(summary, tables)


def _check_saved(folder: Path) -> None:
    """Raise `InputError` where a study has left nothing, or not all of its tables."""
    right = "the folder that a study was saved in was expected, such as results/NAME"
    if not folder.is_dir():
        raise InputError(f"{folder}: there is no such folder; {right}.")
    for files in (*((f"{name}.csv", f"{name}.parquet") for name in TABLES), ("summary.json",)):
        if not any((folder / file).exists() for file in files):
            raise InputError(f"{folder}: there is no {files[0]} in this folder; {right}.")


def write_text(path: Path, text: str) -> Path:
    """Write a file so that it appears whole or not at all, and return its path.

    Raises
    ------
    OutputError
        If it can't be written; what stood there before is untouched.
    """
    return _write_whole(path, lambda partial: partial.write_text(text, encoding="utf-8", newline="\n"))


def write_bytes(path: Path, content: bytes) -> Path:
    """Write a file of bytes as `write_text` writes text, and return its path."""
    return _write_whole(path, lambda partial: partial.write_bytes(content))


def write_parquet(
    path: Path, tables: Mapping[str, pd.DataFrame], name: str, what: str, texts: Texts | None = None
) -> Path:
    """Write a table as a Parquet file so that it appears whole or not at all, and return its path.

    Parameters
    ----------
    path : Path
        The file.
    tables : mapping of str to DataFrame
        The tables of a study.
    name : str
        Which of them.
    what : str
        What needs pyarrow, as the beginning of the sentence that says so.
    texts : Texts, optional
        Names that other tables have too.

    Raises
    ------
    OutputError
        If pyarrow is not installed, or the file can't be written.
    """
    if find_spec("pyarrow") is None:
        raise OutputError(f"{what} needs pyarrow; install it with: pip install 'eventstudy-backtester[parquet]'.")
    return _write_whole(path, lambda partial: write_columns(partial, tables, name, texts))


def _write_whole(path: Path, write: Callable[[Path], object]) -> Path:
    partial = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            write(partial)
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
    except OSError as error:
        what = error.strerror or str(error)
        raise OutputError(
            f"The result {path.name!r} can't be written to the directory {str(path.parent)!r}: {what}. "
            f"Give a directory that exists or can be made, and in which you may write."
        ) from error
    return path


def json_text(value: Any) -> str:
    """Return plain JSON with NaN as null, two spaces of indent and a last newline."""
    return json.dumps(plain(value), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def plain(value: Any) -> Any:
    """Return a value made of dict, list, str, bool, int, float and None; dates become ISO text, NaN becomes None.

    Raises
    ------
    TypeError
        If a value has no such form.
    """
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return str(value)
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    if is_missing(value) or value in (float("inf"), float("-inf")):
        return None
    if isinstance(value, (int, float)):
        return value
    if hasattr(value, "isoformat"):
        return value.isoformat()
    raise TypeError(f"{value!r} has no form in JSON.")


def records(results: Results, name: str) -> list[dict[str, Any]]:
    """Return a table as plain rows, missing cells as None, dates as ISO text."""
    frame = as_written(name, results.tables[name])
    return [plain(row) for row in frame.to_dict("records")]


def as_written(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Return the table with dates and moments as ISO text and whole numbers as integers, empty where missing."""
    frame = conform(name, frame)
    for column, kind in kinds(name, list(frame.columns)).items():
        match kind:
            case Kind.DATE:
                frame[column] = _formatted(frame[column], "%Y-%m-%d")
            case Kind.TIME:
                frame[column] = _formatted(frame[column], "%Y-%m-%dT%H:%M:%SZ")
            case Kind.WHOLE:
                frame[column] = frame[column].astype("Int64")
    return frame


def _formatted(moments: pd.Series, form: str) -> pd.Series:
    """Return dates or moments as text, missing where they are; one that stands in many rows is put into words once."""
    import pandas as pd

    code, known = pd.factorize(moments)
    # A missing value has the code -1.
    return pd.Series(np.array([*pd.DatetimeIndex(known).strftime(form), None], dtype=object)[code], dtype="str")


def _as_read(name: str, cells: pd.DataFrame) -> pd.DataFrame:
    frame = cells.mask(cells == "")
    for column, kind in kinds(name, list(cells.columns)).items():
        held = _decide(cells[column]) if kind is Kind.OPEN else kind
        if held in (Kind.NUMBER, Kind.WHOLE):
            # Python's own parser reads back every digit that repr wrote; the fast one of read_csv does not.
            numbers = frame[column].map(float, na_action="ignore").astype("float64")
            whole = held is Kind.WHOLE and not numbers.isna().any()
            frame[column] = numbers.astype("int64") if whole else numbers
    return conform(name, frame)


def _decide(cells: pd.Series) -> Kind:
    """Return what an open column held when it was written: text that is no number's own form stays text."""
    filled = [cell for cell in cells if cell]
    if all(_is_form_of(int, cell) for cell in filled) and len(filled) == len(cells) > 0:
        return Kind.WHOLE
    if all(_is_form_of(float, cell) for cell in filled):
        return Kind.NUMBER
    return Kind.TEXT


def _is_form_of(kind: type[int | float], cell: str) -> bool:
    try:
        return repr(kind(cell)) == cell and cell != "nan"
    except ValueError:
        return False
