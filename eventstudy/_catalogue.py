"""What there is: the members of each open family and the closed lists, with a line on each."""

from __future__ import annotations

from collections.abc import Callable

from eventstudy.errors import Reason, UnknownNameError

__all__ = ["FAMILIES", "catalogue"]

Entries = dict[str, str]


def catalogue(family: str) -> Entries:
    """Return the names of a family, each with a line that says what it is.

    Parameters
    ----------
    family : str
        A key of `FAMILIES`.

    Raises
    ------
    UnknownNameError
        If there is no such family.

    Examples
    --------
    >>> list(catalogue("models"))
    ['market', 'market_adjusted', 'mean_adjusted']
    """
    if family not in FAMILIES:
        raise UnknownNameError("list", family, FAMILIES)
    return FAMILIES[family]()


def _models() -> Entries:
    from eventstudy.returns import MODELS

    return {name: f"{_first_line(MODELS.get(name))} {MODELS.get(name).source}." for name in MODELS.names()}


def _tests() -> Entries:
    from eventstudy.inference import TESTS

    return {name: f"Null: {TESTS.get(name).null} {TESTS.get(name).source}." for name in TESTS.names()}


def _sources() -> Entries:
    from eventstudy.sources import EVENT_SOURCES, PRICE_SOURCES

    prices = {name: _first_line(PRICE_SOURCES.get(name)) for name in PRICE_SOURCES.names()}
    events = {name: _first_line(EVENT_SOURCES.get(name)) for name in EVENT_SOURCES.names()}
    return {f"prices: {name}": line for name, line in prices.items()} | {
        f"events: {name}": line for name, line in events.items()
    }


def _reports() -> Entries:
    from eventstudy.reports import REPORTS

    return {name: _first_line(REPORTS.get(name)) for name in REPORTS.names()}


def _measures() -> Entries:
    from eventstudy.returns.measures import MEASURES

    return {name: _first_line(measured) for name, measured in MEASURES.items()}


def _reasons() -> Entries:
    return {str(reason): reason.sentence for reason in Reason if reason is not Reason.OK}


def _calendars() -> Entries:
    from eventstudy.calendars import EXCHANGES

    return {code: zone for code, (_, zone) in EXCHANGES.items()}


FAMILIES: dict[str, Callable[[], Entries]] = {
    "models": _models,
    "tests": _tests,
    "sources": _sources,
    "reports": _reports,
    "measures": _measures,
    "reasons": _reasons,
    "calendars": _calendars,
}
"""What can be listed."""


def _first_line(described: object) -> str:
    lines = (described.__doc__ or "").strip().splitlines()
    return lines[0].replace("``", "") if lines else ""
