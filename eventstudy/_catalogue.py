"""What there is: the members of each open family and the closed lists, with a line on each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from typing import Any

from eventstudy.errors import Flag, Reason, UnknownNameError
from eventstudy.registry import Registry

__all__ = ["EVERY", "FAMILIES", "catalogue", "options"]

Entries = dict[str, str]
EVERY = "every test"


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
    >>> catalogue("models")["market_adjusted"]
    "Expected return = the market's: E(R_t) = R_m,t. Brown and Warner (1980)."
    """
    if family not in FAMILIES:
        raise UnknownNameError("list", family, FAMILIES)
    return FAMILIES[family]()


def options(family: str) -> dict[str, list[str]]:
    """Return the options of each member of a family, a line each: its default, and what else it may say.

    Parameters
    ----------
    family : str
        A key of `FAMILIES`; all but tests and models are without options here.

    Returns
    -------
    dict of str to list of str
        By name; what every test has stands under `EVERY`, at the end.

    Examples
    --------
    >>> options("tests")["cluster_t"]
    ['form: events (or day_means)', 'min_clusters: 10', 'cluster: date (or block, none)']
    """
    from eventstudy.inference import TESTS, HypothesisTest
    from eventstudy.inference.words import COMMON
    from eventstudy.returns import MODELS

    families: dict[str, Registry[Any]] = {"tests": TESTS, "models": MODELS}
    if family not in families:
        return {}
    registry = families[family]
    common = COMMON if family == "tests" else {}
    found = {name: _options(registry.get(name), common) for name in registry.names()}
    return found | ({EVERY: _options(HypothesisTest, {})} if common else {})


def _options(member: type, common: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Return a line for each field that has a default and is not as `common` to all."""
    from eventstudy.inference.words import words_of

    lines = []
    for each in fields(member) if is_dataclass(member) else ():
        words = words_of(member).get(each.name, ())
        if not each.init or each.default is MISSING or words == common.get(each.name):
            continue
        others = ", ".join(word for word in words if word != each.default)
        lines.append(f"{each.name}: {_shown(each.default)}{f' (or {others})' if others else ''}")
    return lines


def _shown(default: object) -> str:
    """Return a default as a configuration writes it."""
    if isinstance(default, bool) or default is None:
        return {True: "true", False: "false", None: "none given"}[default]
    return str(list(default) if isinstance(default, tuple) else default)


def _models() -> Entries:
    from eventstudy.returns import MODELS

    return {name: f"{_first_line(MODELS.get(name))} {MODELS.get(name).source}." for name in MODELS.names()}


def _tests() -> Entries:
    from eventstudy.inference import TESTS

    return {name: f"Null: {TESTS.get(name).null} {TESTS.get(name).source}." for name in TESTS.names()}


def _sources() -> Entries:
    from eventstudy.sources import BAR_SOURCES, EVENT_SOURCES, FACTOR_SOURCES, PRICE_SOURCES

    families: dict[str, Registry[Any]] = {
        "prices": PRICE_SOURCES,
        "bars": BAR_SOURCES,
        "events": EVENT_SOURCES,
        "factors": FACTOR_SOURCES,
    }
    return {
        f"{family}: {name}": _first_line(registry.get(name))
        for family, registry in families.items()
        for name in registry.names()
    }


def _reports() -> Entries:
    from eventstudy.reports import REPORTS

    return {name: _first_line(REPORTS.get(name)) for name in REPORTS.names()}


def _measures() -> Entries:
    from eventstudy.reactions import Leg
    from eventstudy.returns.measures import LEG, MEASURES

    return {name: _first_line(measured) for name, measured in (*MEASURES.items(), (LEG, Leg))}


def _reasons() -> Entries:
    return {str(reason): reason.sentence for reason in Reason if reason is not Reason.OK}


def _flags() -> Entries:
    return {str(flag): flag.sentence for flag in Flag}


def _screens() -> Entries:
    from eventstudy.events import SCREENS

    return {name: _first_line(SCREENS.get(name)) for name in SCREENS.names()}


def _corrections() -> Entries:
    from eventstudy.calendars import corrections

    return {f"{each.exchange} {each.date}": f"{each.says}. {each.source}." for each in corrections()}


def _calendars() -> Entries:
    from eventstudy._exchanges import EXCHANGES

    return {code: zone for code, (_, zone) in EXCHANGES.items()}


FAMILIES: dict[str, Callable[[], Entries]] = {
    "models": _models,
    "tests": _tests,
    "sources": _sources,
    "reports": _reports,
    "measures": _measures,
    "reasons": _reasons,
    "flags": _flags,
    "screens": _screens,
    "calendars": _calendars,
    "corrections": _corrections,
}
"""What can be listed."""


def _first_line(described: object) -> str:
    lines = (described.__doc__ or "").strip().splitlines()
    return lines[0].replace("``", "") if lines else ""
