"""Results announcements from SEC EDGAR: when a filing was accepted, to the second."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, ClassVar

from eventstudy.errors import DataError, InputError, ParseError, SourceError, UnknownNameError, UnknownSymbolError
from eventstudy.events import Events, Precision
from eventstudy.frames import Origin
from eventstudy.sources._edgar_parse import (
    RESULT_ITEMS,
    Filing,
    Header,
    earnings_words,
    read_filings,
    read_header,
    read_more,
    read_tickers,
)
from eventstudy.sources._http import current_client, read_json
from eventstudy.sources.base import select_events
from eventstudy.sources.cache import Reply, Request

__all__ = ["EdgarEvents"]

VARIABLE = "EVENTSTUDY_EDGAR_USER_AGENT"
TICKERS = Request("https://www.sec.gov/files/company_tickers.json")
SUBMISSIONS = "https://data.sec.gov/submissions/"
PLACE = "EDGAR"
FORMS = ("8-K", "6-K")
FRESH = timedelta(days=1)

_DECLARED = re.compile(r"\S.*\S@\S+\.\S+")


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgarEvents:
    """Results announcements by the time at which EDGAR accepted the filing.

    Of US companies these are the 8-K with item 2.02 (item 12 before August 2004). Foreign companies file a 6-K,
    which has no items: there a document's description must read like a release of results, a guess that stands in
    the group ``match``. Amendments are left out. The wire often has the release minutes to hours before EDGAR: the
    time is the latest at which it can have become public, good for choosing the session and no finer.

    Parameters
    ----------
    symbols : tuple of str
        Whose filings, by ticker.
    ciks : mapping
        Company numbers of symbols that EDGAR's list of tickers does not have, ``{"9988.HK": 1577552}``, say.
    user_agent : str, optional
        Who asks, with an address, as the SEC demands: ``"Jane Doe jane@example.org"``; the environment variable
        EVENTSTUDY_EDGAR_USER_AGENT without it.
    forms : tuple of str
        ``"8-K"``, ``"6-K"``.
    start, end : date, optional
        First and last filing date wanted, both included.
    kind : str, optional
        ``"earnings"`` is what there is.
    """

    name: ClassVar[str] = "edgar"
    symbols: tuple[str, ...] = ()
    ciks: Mapping[str, int] = field(default_factory=dict)
    user_agent: str | None = None
    forms: tuple[str, ...] = FORMS
    start: date | None = None
    end: date | None = None
    kind: str | None = None

    def __post_init__(self) -> None:
        for form in self.forms:
            if form not in FORMS:
                raise UnknownNameError("form of results", form, FORMS)

    def events(self, symbols: Sequence[str] | None = None) -> Events:
        """Return the announcements of some symbols; see `EventSource.events`.

        ``announced_at`` and ``known_at`` are the acceptance; the groups ``form`` and ``match`` say which form it was
        and what made it one of results, the group ``accession`` which filing.

        Raises
        ------
        InputError
            If no user agent is declared.
        """
        import pandas as pd

        given = [*self.symbols, *self.ciks] if symbols is None else symbols
        wanted = list(dict.fromkeys(given))
        if not wanted:
            raise InputError("EDGAR has too many companies to list; name symbols under events.")
        records = [
            record
            for symbol, filing in current_client().counted(list(self._filings(wanted)), "filings from EDGAR")
            for record in self._records(symbol, filing)
        ]
        if not records:
            raise DataError(
                f"{PLACE}: there is no filing of results of {', '.join(wanted)} between the dates asked for."
            )
        frame = pd.DataFrame(_named(records))
        events = Events.from_frame(frame, source=self.name, origin=Origin("EDGAR's filings"))
        return select_events(events, wanted, self.kind, PLACE)

    def fetch(self, request: Request, read: Any) -> Reply:
        """Return a reply of EDGAR, from the cache if it can't have changed or is fresh enough."""
        client = current_client()

        def check(reply: Reply) -> None:
            if reply.status == 403:
                raise SourceError("EDGAR does not let this client in; is the user agent a name and an e-mail address?")
            if reply.status != 200:
                raise ParseError(f"EDGAR answers with HTTP {reply.status} for {request.full_url}.")
            read(reply)

        fixed = "/Archives/" in request.url
        return client.get(
            request,
            check,
            fresh_after=None if fixed else client.now() - FRESH,
            headers={} if client.offline else {"User-Agent": self._declared()},
        )

    def _declared(self) -> str:
        given = self.user_agent or os.environ.get(VARIABLE, "")
        if not _DECLARED.fullmatch(given):
            raise InputError(
                f"EDGAR wants to know who asks: give events.user_agent, or set {VARIABLE}, to a name and an e-mail "
                f"address such as 'Jane Doe jane@example.org'; it is {given!r}."
            )
        return given

    def _json(self, request: Request) -> Any:
        return read_json(request, self.fetch(request, lambda reply: read_json(request, reply)))

    def _filings(self, symbols: Sequence[str]) -> Iterator[tuple[str, Filing]]:
        """Give the filings that may be of results, the earliest of each symbol first."""
        numbers = dict(self.ciks)
        if any(symbol not in numbers for symbol in symbols):
            numbers = read_tickers(self._json(TICKERS)) | numbers
        for symbol in symbols:
            # EDGAR writes a class of shares with a dash: BRK-B.
            cik = numbers.get(symbol, numbers.get(symbol.upper().replace(".", "-")))
            if cik is None:
                raise UnknownSymbolError("ticker at EDGAR", symbol, ())
            found = [filing for filing in self._listed(cik) if self._may_be_results(filing)]
            for filing in sorted(found, key=lambda each: (each.filed, each.accession)):
                yield symbol, filing

    def _listed(self, cik: int) -> Iterator[Filing]:
        filings, further = read_filings(self._json(Request(f"{SUBMISSIONS}CIK{cik:010d}.json")), cik)
        yield from filings
        for name, first, last in further:
            if (self.end is None or first <= self.end) and (self.start is None or last >= self.start):
                yield from read_more(self._json(Request(SUBMISSIONS + name)), cik)

    def _may_be_results(self, filing: Filing) -> bool:
        in_time = (self.start is None or filing.filed >= self.start) and (self.end is None or filing.filed <= self.end)
        fits = filing.form == "6-K" or not filing.items.isdisjoint(RESULT_ITEMS)
        return in_time and filing.form in self.forms and fits

    def _records(self, symbol: str, filing: Filing) -> Iterator[dict[str, str]]:
        header = self._header(filing)
        words = earnings_words(header.descriptions) if filing.form == "6-K" else ""
        if filing.form == "6-K" and not words:
            return
        accepted = header.accepted.isoformat()
        yield {
            "symbol": symbol,
            "announced_at": accepted,
            "known_at": accepted,
            "precision": Precision.MINUTE,
            "form": filing.form,
            "match": f"by its words: {words}" if words else "item 2.02",
            "accession": filing.accession,
        }

    def _header(self, filing: Filing) -> Header:
        request = Request(filing.header_url)
        reply = self.fetch(request, lambda each: read_header(each.body, filing.accession))
        return read_header(reply.body, filing.accession)


def _named(records: Sequence[dict[str, str]]) -> list[dict[str, str]]:
    """Return the records with ids; a second filing of one symbol and day is numbered."""
    seen: dict[str, int] = {}
    named = []
    for record in records:
        name = f"{record['symbol']}-{record['announced_at'][:10]}"
        seen[name] = seen.get(name, 0) + 1
        named.append({"event_id": name + (f"-{seen[name]}" if seen[name] > 1 else ""), **record})
    return named
