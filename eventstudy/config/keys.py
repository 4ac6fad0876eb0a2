"""What keys a configuration has: pydantic models made from the dataclasses that the keys set.

A new model, test, source or report needs no line here: its keys are the fields that its registry shows.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from functools import lru_cache, reduce
from operator import or_
from typing import Annotated, Any, Literal, get_args, get_type_hints

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, create_model
from pydantic.fields import FieldInfo

from eventstudy.backtest import Backtest, Costs, Limits
from eventstudy.events import SCREENS, Alignment, Surprise
from eventstudy.execution import ENGINES
from eventstudy.inference import TESTS
from eventstudy.inference.adjust import ADJUSTMENTS
from eventstudy.inference.presets import DEFAULT, PRESETS, Unsaid
from eventstudy.inference.words import words_of
from eventstudy.reactions import Leg
from eventstudy.registry import Registry
from eventstudy.reports import REPORTS
from eventstudy.returns import AUTOCORRELATIONS, MEASURES, MISSING_RULES, MODELS, Benchmark, BuyAndHold, Windows
from eventstudy.sources import BAR_SOURCES, EVENT_SOURCES, FACTOR_SOURCES, PRICE_SOURCES, CsvDelistings
from eventstudy.sources.news import NEWS_SOURCES

__all__ = ["UNKNOWN_MEMBER", "Keys", "config_model", "records", "required", "without_null"]

UNKNOWN_MEMBER = "unknown_member"
NAME = "(name)"
FAMILIES: tuple[Registry[Any], ...] = (
    EVENT_SOURCES,
    PRICE_SOURCES,
    FACTOR_SOURCES,
    BAR_SOURCES,
    NEWS_SOURCES,
    MODELS,
    TESTS,
    SCREENS,
)

Key = tuple[Any, Any, str]
"""Type, default (``...`` for a key that must be given), description."""


class Keys(BaseModel):
    """A mapping with known keys and nothing else; no value is bent into another type."""

    model_config = ConfigDict(extra="forbid", strict=True, defer_build=True)


def config_model() -> type[Keys]:
    """Return the pydantic model of a configuration, of what the registries hold now."""
    members = ((name, family.get(name)) for family in FAMILIES for name in family.names())
    return _built((*members, *REPORTS.names()))


@lru_cache(maxsize=1)
def _built(_held: tuple[Any, ...]) -> type[Keys]:
    # Making the model takes longer than reading a file with it.
    keys = _inputs() | _questions() | _of_events() | _beside() | _measures() | _ways()
    return _keys("Configuration", "A configured event study.", keys)


def _inputs() -> dict[str, Key]:
    """Where everything comes from."""
    event_source: Any = _member(EVENT_SOURCES, "source")
    return {
        "name": (str, None, "What the study and the folder of its results are called; the file's name without it."),
        "events": (
            event_source | _list_of(event_source),
            ...,
            "Where the announcements come from. Several sources in a list are merged.",
        ),
        "prices": (_member(PRICE_SOURCES, "source"), ..., "Where the prices come from."),
        "delistings": (
            _record("delistings", CsvDelistings),
            None,
            "Firms that left, whose delisting returns belong into the prices' returns.",
        ),
        "factors": (_member(FACTOR_SOURCES, "source"), None, "Where factor returns come from."),
        "bars": (_member(BAR_SOURCES, "source"), None, "Where bars come from, for the ladders of prices."),
    }


def _questions() -> dict[str, Key]:
    """What is estimated, and what is tested."""
    model: Any = _member(MODELS, "kind", {"name": (str, None, "Its label in tables.")}, by_name=True)
    test: Any = _member(TESTS, "kind", by_name=True)
    return {
        "benchmark": (
            Benchmark,
            None,
            "Benchmark of models that name none: a symbol, equal_weighted, or one for each exchange code.",
        ),
        "windows": (_record("windows", Windows), None, "Which sessions around day 0 are used for what."),
        "models": (_list_of(model), ("market",), "Expected-return models: names, or {kind: name, ...}."),
        "tests": (
            _list_of(test),
            ("t", "cross_sectional", "bmp"),
            "Hypothesis tests: names, or {kind: name, ...}.",
        ),
        "focus": (str, None, "The event_id that the headline speaks of."),
    }


def _of_events() -> dict[str, Key]:
    """What becomes of the events before anything is measured."""
    surprise: Any = _record("surprise", Surprise)
    return {
        "news": (_member(NEWS_SOURCES, "source"), None, "Where other news comes from, for confounding_news."),
        "alignment": (_record("alignment", Alignment), None, "What to do where the rule of day 0 leaves a choice."),
        "screens": (
            _list_of(_member(SCREENS, "kind", by_name=True)),
            ("overlaps", "confounding_news"),
            "Flags and drops before anything is estimated: names, or {kind: name, ...}.",
        ),
        "surprise": (
            surprise | _list_of(surprise),
            None,
            "Which values of the events make a surprise; a list of several, each with a name of its own.",
        ),
    }


def _beside() -> dict[str, Key]:
    """What else is made of the events, and for whom it is written."""
    report: Any = Literal[REPORTS.names()]
    return {
        "reaction": (bool | _reaction(), True, "Whether to measure each event's ladder of prices."),
        "backtest": (_backtest(), None, "How eventstudy backtest trades the events."),
        "report": (_list_of(report) | report, ("html",), "Reports to write beside the tables."),
    }


def _measures() -> dict[str, Key]:
    """How returns and their variances are measured."""
    return {
        "returns": (
            Literal[tuple(MEASURES)] | _record("leg", Leg),
            "simple",
            "What is measured each session: a name, or {start: ..., end: ...} for a leg of the bars.",
        ),
        "missing": (Literal[MISSING_RULES], "drop", "What becomes of a session without a price."),
        "log_factors": (bool, False, "Whether factors are log returns; published ones are not."),
        "hold": (_record("hold", BuyAndHold), None, "How buy-and-hold abnormal returns are taken."),
        "balanced": (bool, True, "Whether average CARs by day are of one set of events, complete on every day."),
        "weights": (str, None, "Which value of the events, such as market_value, weighs them in portfolios by value."),
        "diagnostics": (bool, False, "Whether estimates come with diagnostics of their residuals."),
        "forecast_error": (
            Literal["full", "diagonal", "none"],
            "full",
            "How much of the error of estimated parameters enters variances.",
        ),
        "autocorrelation": (
            Literal[AUTOCORRELATIONS],
            "none",
            "Whether the variance of a CAR counts that an event's disturbances follow on each other.",
        ),
    }


def _ways() -> dict[str, Key]:
    """By which conventions, and how the study is run."""
    return {
        "convention": (Literal[(DEFAULT, *PRESETS)], DEFAULT, "Whose conventions: a preset of options."),
        "adjustment": (
            Literal[(*ADJUSTMENTS, "none")],
            "holm",
            "What adjusts the p-values of all windows and groups of one test.",
        ),
        "group_by": (list[str] | str, (), "Columns of the events; every statistic for each of their values."),
        "seed": (int, 0, "For whatever is drawn at random."),
        "run": (_run(), None, "How the study is run."),
        "out": (str, None, "Folder of the results, relative to this file; results/<name> without it."),
    }


def _list_of(kind: Any) -> Any:
    return list[kind]


def _run() -> type[Keys]:
    return _keys(
        "run",
        "How the study is run; every engine gives the same bits.",
        {
            "engine": (Literal[ENGINES], "serial", "What runs blocks of events."),
            "path": (Literal["auto", "numpy", "compiled"], "auto", "Plain NumPy, or compiled loops."),
            "workers": (int, None, "How many blocks at once; the machine's processors without it."),
        },
    )


def _backtest() -> type[Keys]:
    side = "An expression over the values of the events, such as sign(surprise) or quantile(reaction, 5) == 5."
    instead: dict[str, Key] = {
        "side": (str, "sign(surprise)", side),
        "costs": (_record("costs", Costs), None, "What trading costs."),
        "limits": (_record("limits", Limits), None, "What may not be exceeded."),
    }
    return _record("backtest", Backtest, instead=instead)


def _reaction() -> type[Keys]:
    quoted = "The quoted premarket move is a rung of the ladder wherever the events have one."
    cutoff = "Minutes before the open by which a premarket price must have been made."
    scale = "What z divides by: sd or mad, the standard deviation or the median absolute deviation."
    volume = "Whether the bars' volume in extended hours means anything."
    keys: dict[str, Key] = {
        "premarket": (bool, True, quoted),
        "cutoff": (int, 5, cutoff),
        "scale": (Literal["sd", "mad"], "sd", scale),
        "trust_volume": (bool, True, volume),
    }
    return _keys("reaction", "Each event's ladder of prices.", keys)


class _Context(dict[str, Any]):
    """What a complaint needs to know; hashable, since only hashable types make a union."""

    __hash__ = object.__hash__  # type: ignore[assignment]


def _member(registry: Registry[Any], key: str, extra: Mapping[str, Key] | None = None, *, by_name: bool = False) -> Any:
    """Return the type of a member of a family: a mapping that `key` tells from the others, or a name."""
    names = registry.names()
    options: list[Any] = []
    for name in names:
        keys: dict[str, Key] = {key: (Literal[name], ..., "Which one."), **(extra or {})}
        options.append(Annotated[_record(name, registry.get(name), keys), Tag(name)])
    if by_name:
        options.append(Annotated[Literal[names], Tag(NAME)])
    context = _Context(key=key, names=list(names), family=registry.kind, by_name=by_name)
    told_apart = Discriminator(
        _teller(key),
        custom_error_type=UNKNOWN_MEMBER,
        custom_error_message="Unknown member",
        custom_error_context=context,
    )
    return Annotated[reduce(or_, options), told_apart]


def _teller(key: str) -> Callable[[Any], str | None]:
    def tag(value: Any) -> str | None:
        if isinstance(value, str):
            return NAME
        if isinstance(value, Mapping):
            named = value.get(key)
            return named if isinstance(named, str) else None
        return type(value).__name__

    return tag


def _record(
    name: str, cls: type, extra: Mapping[str, Key] | None = None, instead: Mapping[str, Key] | None = None
) -> type[Keys]:
    """Return the keys of a dataclass: its fields, with what its docstring says of each, some replaced."""
    described = _described(cls)
    hints = get_type_hints(cls) if is_dataclass(cls) else {}
    hints |= {option: Literal[words] for option, words in words_of(cls).items() if hints.get(option) is str}
    own = {
        each.name: (hints[each.name], _default(each), described.get(each.name, ""))
        for each in (fields(cls) if is_dataclass(cls) else ())
        if each.init
    }
    return _keys(name, (inspect.getdoc(cls) or name).splitlines()[0], {**(extra or {}), **own, **(instead or {})})


def records(annotation: Any) -> list[type[Keys]]:
    """Return the mappings of keys that a type is made of."""
    if isinstance(annotation, type) and issubclass(annotation, Keys):
        return [annotation]
    return [record for part in get_args(annotation) for record in records(part)]


def without_null(data: Any, options: Sequence[type[Keys]]) -> Any:
    """Return the data without the keys that have no value, as if they had not been written.

    Parameters
    ----------
    data : Any
        What stands in a file.
    options : sequence of type of Keys
        What it may be. A null stays where one of them has something else as the default and may be without: it is no
        limit then, not the usual one.
    """
    if isinstance(data, list):
        return [without_null(each, options) for each in data]
    if not isinstance(data, Mapping):
        return data
    kept = {}
    for key, value in data.items():
        own = [field for option in options for field in option.model_fields.values() if field.alias == key]
        if value is not None or any(_may_be_without(field) for field in own):
            kept[key] = without_null(value, [record for field in own for record in records(field.annotation)])
    return kept


def _may_be_without(field: FieldInfo) -> bool:
    # A default of none is a factory (`_as_default`).
    has_default = not field.is_required() and field.default_factory is None
    return has_default and type(None) in get_args(field.annotation)


def required(cls: type) -> list[str]:
    """Return the fields of a dataclass that have no default."""
    return [each.name for each in (fields(cls) if is_dataclass(cls) else ()) if _default(each) is ...]


def _default(each: Any) -> Any:
    if isinstance(each.default, Unsaid):  # pydantic writes plain words only into a schema.
        return str(each.default)
    if each.default is not MISSING:
        return each.default
    return ... if each.default_factory is MISSING else each.default_factory()


def _keys(name: str, doc: str, keys: Mapping[str, Key]) -> type[Keys]:
    # The alias is the key. A field may not be called as an attribute of pydantic's own, such as schema or json.
    columns: dict[str, Any] = {
        f"{key}_": (hint, Field(alias=key, description=words, **_as_default(default)))
        for key, (hint, default, words) in keys.items()
    }
    return create_model(name, __base__=Keys, __doc__=doc, **columns)


def _as_default(default: Any) -> dict[str, Any]:
    # A key without a default shows none in the schema.
    return {"default_factory": lambda: None} if default is None else {"default": default}


def _described(cls: type) -> dict[str, str]:
    """Return what the Parameters sections of a class and its bases say of each parameter."""
    found: dict[str, str] = {}
    for base in reversed(cls.__mro__):
        lines = inspect.cleandoc(base.__doc__ or "").splitlines()
        if "Parameters" not in lines:
            continue
        names: list[str] = []
        for line in lines[lines.index("Parameters") + 2 :]:
            if not line.strip():
                break
            if not line.startswith(" "):
                names = [name.strip() for name in line.partition(" : ")[0].split(",")]
                found |= dict.fromkeys(names, "")
            else:
                found |= {name: f"{found[name]} {line.strip()}".strip() for name in names}
    return found
