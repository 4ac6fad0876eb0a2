"""What sends requests: yfinance to Yahoo, the standard library to everybody else."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from eventstudy.errors import InputError, NetworkError, ParseError
from eventstudy.sources.cache import Reply, Request

__all__ = ["WebTransport", "YahooTransport"]

USER_AGENT = "eventstudy-backtester (Python urllib)"


class WebTransport:
    """Plain HTTP with a declared user agent."""

    def send(self, request: Request, headers: Mapping[str, str], timeout: float) -> Reply:
        """Return the reply, whatever its status; see `Transport.send`."""
        import urllib.request
        from http.client import HTTPException, IncompleteRead
        from urllib.error import HTTPError

        if not request.url.startswith(("https://", "http://")):
            raise InputError(f"{request.url!r} is no web address.")
        asked = urllib.request.Request(request.full_url, headers={"User-Agent": USER_AGENT, **headers})  # noqa: S310
        try:
            with urllib.request.urlopen(asked, timeout=timeout) as response:  # noqa: S310
                return _reply(response.status, response.headers.items(), response.read())
        except HTTPError as error:
            with error:
                return _reply(error.code, error.headers.items(), error.read())
        except IncompleteRead as error:
            raise ParseError(f"{request.host} cut its reply short ({len(error.partial)} bytes came).") from None
        except (OSError, HTTPException) as error:
            reason = getattr(error, "reason", None) or error
            raise NetworkError(f"{request.host} can't be reached ({reason}).") from None


class YahooTransport:
    """yfinance's own client: its browser-like session, cookie, crumb and consent page.

    Prices and dates are not taken from yfinance's tables but from the replies that it gets: the tables come late
    (adjusted, rescaled, shifted against their dates, remembered when they were failures), and a reply can be kept
    and read again.

    Parameters
    ----------
    session : object, optional
        A curl_cffi or requests session; yfinance makes its own without it.
    """

    def __init__(self, session: object = None) -> None:
        self._session = session
        self._client: Any = None

    def send(self, request: Request, headers: Mapping[str, str], timeout: float) -> Reply:
        """Return the reply, whatever its status; see `Transport.send`."""
        from yfinance.exceptions import YFRateLimitError

        del headers
        try:
            with _unsaid():
                response = self._yfinance().get(request.url, dict(request.params), timeout=timeout)
            return _reply(response.status_code, response.headers.items(), response.content)
        except YFRateLimitError:
            return _reply(429, (), b"")
        except OSError as error:
            if type(error).__name__ in ("IncompleteRead", "ChunkedEncodingError"):
                raise ParseError(f"{request.host} cut its reply short ({error}).") from None
            raise NetworkError(f"{request.host} can't be reached ({error}).") from None
        except Exception as error:
            # yfinance lets faults of its own escape where a page is not what it expects.
            raise ParseError(
                f"yfinance fails on what {request.host} sent ({type(error).__name__}: {error})."
            ) from error

    def _yfinance(self) -> Any:
        if self._client is None:
            from yfinance.data import YfData

            # Calling the class would hand this session to every other user of yfinance in the process.
            self._client = YfData.__new__(YfData)
            self._client.__init__(session=self._session)
        return self._client


@contextmanager
def _unsaid() -> Iterator[None]:
    """Keep yfinance's warnings off a terminal where nobody listens to its logger; what fails is our error to tell."""
    logger, ear = logging.getLogger("yfinance"), logging.NullHandler()
    logger.addHandler(ear)
    try:
        yield
    finally:
        logger.removeHandler(ear)


def _reply(status: int, headers: Any, body: bytes) -> Reply:
    named = {str(name).lower(): str(value) for name, value in headers}
    return Reply(status, body, named, datetime.now(UTC).replace(microsecond=0))
