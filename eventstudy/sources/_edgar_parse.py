"""What EDGAR sends, read: pure functions from JSON and filing headers to filings."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from eventstudy.errors import ParseError

__all__ = ["Filing", "Header", "earnings_words", "read_filings", "read_header", "read_more", "read_tickers"]

EASTERN = ZoneInfo("America/New_York")

# Results of operations: item 2.02 since August 2004, item 12 before.
RESULT_ITEMS = frozenset({"2.02", "12"})

_ACCEPTED = re.compile(r"<ACCEPTANCE-DATETIME>\s*(\d{14})")
_DESCRIPTION = re.compile(r"<DESCRIPTION>([^\n<]*)")

_PERIOD = r"quarter|quarterly|half[- ]year|interim|full[- ]year|fiscal year|annual|[1-4]q\s?\d{2}|q[1-4]"
_RESULTS = re.compile(
    rf"\b(?:{_PERIOD})\b.*\bresults\b|\bresults\b.*\b(?:{_PERIOD})\b"
    r"|\b(?:earnings|financial results|results announcement)\b",
    re.IGNORECASE,
)
_NOT_RESULTS = re.compile(
    r"\b(?:to (?:announce|report|release|hold)|date of|notice|meeting|poll|voting|call|conference|transcript)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Filing:
    """One filing of a company's list.

    Parameters
    ----------
    cik : int
        Number of the company.
    accession : str
        Number of the filing, such as ``"0001104659-25-015222"``.
    form : str
        ``"8-K"``, ``"6-K"``, ...
    filed : date
        Filing date: the next business day for what came after 17:30 in New York.
    items : frozenset of str
        Items of an 8-K.
    """

    cik: int
    accession: str
    form: str
    filed: date
    items: frozenset[str]

    @property
    def header_url(self) -> str:
        """Where the filing's header is, with the descriptions of its documents."""
        folder = self.accession.replace("-", "")
        return f"https://www.sec.gov/Archives/edgar/data/{self.cik}/{folder}/{self.accession}-index-headers.html"


@dataclass(frozen=True, slots=True)
class Header:
    """What the header of a filing says.

    Parameters
    ----------
    accepted : datetime
        When EDGAR took it in, New York time with its offset.
    descriptions : tuple of str
        Of its documents.
    """

    accepted: datetime
    descriptions: tuple[str, ...]


def read_tickers(payload: Any) -> dict[str, int]:
    """Return the company number of each ticker that ``company_tickers.json`` lists."""
    try:
        return {str(row["ticker"]).upper(): int(row["cik_str"]) for row in payload.values()}
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ParseError(
            f"EDGAR's list of tickers does not have its shape ({type(error).__name__}: {error})."
        ) from None


def read_filings(payload: Any, cik: int) -> tuple[list[Filing], list[tuple[str, date, date]]]:
    """Return the filings of a company's ``submissions`` JSON, and the further files that it names.

    Returns
    -------
    filings : list of Filing
        The most recent ones, the latest first.
    further : list of (name, first, last)
        Files with earlier ones, and the filing dates that they span.

    Raises
    ------
    ParseError
        If the shape is another one.
    """
    try:
        further = [
            (str(each["name"]), date.fromisoformat(each["filingFrom"]), date.fromisoformat(each["filingTo"]))
            for each in payload["filings"]["files"]
        ]
        return _filings(payload["filings"]["recent"], cik), further
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _misshapen(cik, error) from None


def read_more(payload: Any, cik: int) -> list[Filing]:
    """Return the filings of one of the further files of a company."""
    try:
        return _filings(payload, cik)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _misshapen(cik, error) from None


def _misshapen(cik: int, error: Exception) -> ParseError:
    return ParseError(f"EDGAR's filings of company {cik} do not have their shape ({type(error).__name__}: {error}).")


def _filings(columns: Mapping[str, Sequence[str]], cik: int) -> list[Filing]:
    names = ("accessionNumber", "form", "filingDate", "items")
    rows = zip(*(columns[name] for name in names), strict=True)
    return [
        Filing(cik, accession, form, date.fromisoformat(filed), frozenset(filter(None, str(items).split(","))))
        for accession, form, filed, items in rows
    ]


def read_header(body: bytes, accession: str) -> Header:
    """Return what the header of a filing says.

    The times in a header are New York's, without an offset; those of the ``submissions`` JSON are labelled UTC and
    are not, for some filers, which is why the header is asked for.

    Parameters
    ----------
    body : bytes
        The header in SGML, plain or as the web page that EDGAR makes of it.
    accession : str
        Number of the filing, for error messages.

    Raises
    ------
    ParseError
        If it states no acceptance time.

    Examples
    --------
    >>> header = read_header(b"<ACCEPTANCE-DATETIME>20250220061402", "0001104659-25-015222")
    >>> header.accepted.isoformat()
    '2025-02-20T06:14:02-05:00'
    """
    text = html.unescape(body.decode("utf-8", errors="replace"))
    found = _ACCEPTED.search(text)
    if found is None:
        raise ParseError(f"The header of filing {accession} states no acceptance time ({len(body)} bytes).")
    try:
        accepted = datetime.strptime(found[1], "%Y%m%d%H%M%S").replace(tzinfo=EASTERN)
    except ValueError:
        raise ParseError(f"The header of filing {accession} has the acceptance time {found[1]!r}.") from None
    return Header(accepted, tuple(each.strip() for each in _DESCRIPTION.findall(text)))


def earnings_words(descriptions: Sequence[str]) -> str:
    """Return the first description that reads like the release of results, an empty text if none does.

    A 6-K has no items, so that this is a guess by words: results of a quarter, half or year, or earnings, and no
    notice, call, meeting or date of a release to come.

    Examples
    --------
    >>> earnings_words(["FORM 6-K", "ALIBABA GROUP ANNOUNCES DECEMBER QUARTER 2024 RESULTS"])
    'ALIBABA GROUP ANNOUNCES DECEMBER QUARTER 2024 RESULTS'
    >>> earnings_words(["Alibaba Group to announce December Quarter 2024 Results on February 20, 2025"])
    ''
    """
    fitting = (each for each in descriptions if _RESULTS.search(each) and not _NOT_RESULTS.search(each))
    return next(fitting, "")
