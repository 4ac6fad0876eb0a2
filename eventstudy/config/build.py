"""From validated values to the records that they describe."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar, cast

from eventstudy.backtest import Backtest, Costs, Limits
from eventstudy.config.configured import Configured, benchmark_names
from eventstudy.config.keys import required
from eventstudy.errors import ConfigError, InputError
from eventstudy.events import SCREENS, Alignment, Surprise
from eventstudy.events.surprise import check_names
from eventstudy.execution import Engine
from eventstudy.inference import TESTS
from eventstudy.reactions import Clock, Leg, Liquidity, OrdinaryDays
from eventstudy.registry import Registry
from eventstudy.returns import MODELS, Benchmark, BuyAndHold, ExpectedReturnModel, Windows
from eventstudy.sources import (
    BAR_SOURCES,
    EVENT_SOURCES,
    FACTOR_SOURCES,
    PRICE_SOURCES,
    CsvDelistings,
    EventSource,
    MergedEvents,
)
from eventstudy.sources.news import NEWS_SOURCES
from eventstudy.study import Study

__all__ = ["build"]

T = TypeVar("T")

BACKTEST_PARTS: dict[str, type[Costs | Limits]] = {"costs": Costs, "limits": Limits}

# The name becomes a folder, on any system.
SAFE_NAME = re.compile(r"\w(?:[\w.\- ]{0,98}[\w\-])?")


def build(values: Mapping[str, Any], path: Path) -> Configured:
    """Return what the values of a file describe.

    Parameters
    ----------
    values : mapping
        As `eventstudy.config.keys.config_model` lets them pass; only the keys given.
    path : Path
        The file.

    Raises
    ------
    InputError
        Where the values contradict each other.
    """
    folder = path.parent
    return Configured(
        path=path,
        study=_study(values, path),
        events=_events(values["events"], folder),
        prices=_member(PRICE_SOURCES, "source", values["prices"], "prices", folder),
        delistings=_delistings(values["delistings"], folder) if "delistings" in values else None,
        factors=_optional(FACTOR_SOURCES, values, "factors", folder),
        bars=_optional(BAR_SOURCES, values, "bars", folder),
        news=_optional(NEWS_SOURCES, values, "news", folder),
        backtest=_backtest(values["backtest"]) if "backtest" in values else None,
        reports=tuple(dict.fromkeys(_listed(values.get("report", "html")))),
        out=_beside(folder, Path(values["out"])) if "out" in values else None,
    )


def _events(given: Mapping[str, Any] | Sequence[Mapping[str, Any]], folder: Path) -> EventSource:
    """Return the source that a mapping stands for, or the sources of a list, merged."""
    if isinstance(given, Mapping):
        return cast("EventSource", _member(EVENT_SOURCES, "source", given, "events", folder))
    if not given:
        raise ConfigError("events is an empty list; at least one source was expected, such as {source: sample}.")
    parts = (_member(EVENT_SOURCES, "source", spec, f"events[{i}]", folder) for i, spec in enumerate(given))
    return MergedEvents(parts=tuple(parts))


def _delistings(given: Mapping[str, Any], folder: Path) -> CsvDelistings:
    try:
        return CsvDelistings(**{**given, "path": _beside(folder, given["path"])})
    except InputError as error:
        raise ConfigError(f"delistings: {error}") from error


def _backtest(given: Mapping[str, Any]) -> Backtest:
    parts = {key: _record(f"backtest.{key}", cls, given.get(key, {})) for key, cls in BACKTEST_PARTS.items()}
    return _record("backtest", Backtest, {**given, **parts})


def _study(values: Mapping[str, Any], path: Path) -> Study:
    as_they_are: tuple[str, ...] = ("benchmark", "focus", "returns", "missing", "log_factors", "balanced", "weights")
    as_they_are += ("diagnostics", "forecast_error", "autocorrelation", "convention", "adjustment", "seed")
    given = {key: values[key] for key in as_they_are if key in values}
    if isinstance(values.get("returns"), Mapping):
        given["returns"] = _record("returns", Leg, values["returns"])
    if "models" in values:
        given["models"] = _models(values["models"], values.get("benchmark"))
    if "tests" in values:
        given["tests"] = tuple(_member(TESTS, "kind", spec, f"tests[{i}]") for i, spec in enumerate(values["tests"]))
    if "screens" in values:
        screens = enumerate(values["screens"])
        given["screens"] = tuple(_member(SCREENS, "kind", spec, f"screens[{i}]") for i, spec in screens)
    if "alignment" in values:
        given["alignment"] = _record("alignment", Alignment, values["alignment"])
    if "hold" in values:
        given["hold"] = _record("hold", BuyAndHold, values["hold"])
    if "surprise" in values:
        given["surprise"] = _surprises(values["surprise"])
    run = values.get("run", {})
    study = Study(
        name=_name(values.get("name"), path),
        windows=Windows(**values.get("windows", {})),
        group_by=tuple(_listed(values.get("group_by", ()))),
        **_reaction(values.get("reaction", True)),
        engine=Engine(name=run.get("engine", "serial"), workers=run.get("workers"), path=run.get("path", "auto")),
        **given,
    )
    benchmark_names(study)
    return study


def _record(key: str, cls: type[T], given: Mapping[str, Any]) -> T:
    """Return the record of a key, which its complaints name too."""
    try:
        return cls(**given)
    except InputError as error:
        own = f"{key.rpartition('.')[2]}: "
        raise ConfigError(f"{key}: {str(error).removeprefix(own)}") from error


def _surprises(given: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> Surprise | tuple[Surprise, ...]:
    """Return the rule that a mapping stands for, or those of a list."""
    if isinstance(given, Mapping):
        return Surprise(**given)
    rules = tuple(Surprise(**each) for each in given)
    check_names(rules)
    return rules


def _optional(registry: Registry[Any], values: Mapping[str, Any], key: str, folder: Path) -> Any:
    """Return the source under a key, None where the file does not have it."""
    return _member(registry, "source", values[key], key, folder) if key in values else None


def _member(
    registry: Registry[Any], key: str, given: str | Mapping[str, Any], place: str, folder: Path | None = None
) -> Any:
    """Return the member of a family that a name, or a mapping of its fields, stands for."""
    name = given if isinstance(given, str) else given[key]
    options = {} if isinstance(given, str) else {each: value for each, value in given.items() if each != key}
    cls = registry.get(name)
    if lacking := [each for each in required(cls) if each not in options]:
        example = f"{{{key}: {name}, {lacking[0]}: ...}}"
        raise ConfigError(f"{place} is {name!r}, which needs {' and '.join(lacking)}, as in {example}.")
    if folder is not None:
        options |= {each: _beside(folder, value) for each, value in options.items() if isinstance(value, Path)}
    try:
        return cls(**options)
    except InputError as error:
        raise ConfigError(f"{place}: {error}") from error


def _models(
    given: Sequence[str | Mapping[str, Any]], benchmark: Benchmark | None
) -> Sequence[ExpectedReturnModel] | Mapping[str, ExpectedReturnModel]:
    """Return the models, by label if any has a name of its own."""
    names = [None if isinstance(spec, str) else spec.get("name") for spec in given]
    models = [
        _member(MODELS, "kind", spec if isinstance(spec, str) else _without(spec, "name"), f"models[{i}]")
        for i, spec in enumerate(given)
    ]
    if not any(names):
        return tuple(models)
    labels = [name or model.label(benchmark) for name, model in zip(names, models, strict=True)]
    for label in labels:
        if labels.count(label) > 1:
            raise ConfigError(f"models: two would be called {label!r}; give one of them a name of its own.")
    return dict(zip(labels, models, strict=True))


def _without(mapping: Mapping[str, Any], key: str) -> dict[str, Any]:
    return {each: value for each, value in mapping.items() if each != key}


def _beside(folder: Path, path: Path) -> Path:
    return folder / path.expanduser()


def _name(given: str | None, path: Path) -> str:
    if given is None:
        return re.sub(r"[^\w.\-]+", "-", path.stem).strip(".-") or "study"
    if not SAFE_NAME.fullmatch(given):
        raise ConfigError(
            f"name is {given!r}, and it becomes the name of a folder: at most 100 letters, digits, dots, dashes, "
            f"underscores and spaces, the first a letter or a digit, were expected."
        )
    return given


def _listed(value: str | Sequence[str]) -> Sequence[str]:
    return [value] if isinstance(value, str) else value


def _reaction(given: bool | Mapping[str, Any]) -> dict[str, Any]:
    """Return how the ladders are measured, as settings of a study."""
    if isinstance(given, bool):
        return {"reaction": given}
    settings: dict[str, Any] = {"reaction": True, "premarket": given.get("premarket", True)}
    if "cutoff" in given or "trust_volume" in given:
        liquidity = Liquidity(trust_volume=given.get("trust_volume", True))
        settings["clock"] = Clock(cutoff=given.get("cutoff", Clock().cutoff), liquidity=liquidity)
    if "scale" in given:
        settings["ordinary"] = OrdinaryDays(scale=given["scale"])
    return settings
