"""From a file to a configured study."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from eventstudy.config.build import build
from eventstudy.config.complaints import complaint
from eventstudy.config.configured import Configured
from eventstudy.config.keys import config_model, without_null
from eventstudy.config.text import parse_value, read_text, read_toml, read_yaml
from eventstudy.errors import ConfigError, InputError
from eventstudy.result import StudyResult
from eventstudy.study import Progress

__all__ = ["load", "run", "schema"]


def run(path: str | Path, overrides: Sequence[str] = (), *, progress: Progress | None = None) -> StudyResult:
    r"""Run the study that a file describes.

    Parameters
    ----------
    path : str or Path
        A YAML or TOML file.
    overrides : sequence of str
        Settings in the place of the file's, such as ``"windows.min_obs=60"``; see `load`.
    progress : callable, optional
        Told what is being done, how much of it is done and how much there is.

    Raises
    ------
    InputError
        For a file that can't be read, a name that nothing answers to, a broken input, or no event left.

    Examples
    --------
    >>> from tempfile import mkdtemp
    >>> file = Path(mkdtemp()) / "alibaba.yaml"
    >>> _ = file.write_text("events: {source: sample}\nprices: {source: sample}\nbenchmark: SPY\n")
    >>> run(file, ["windows.estimation=[-210, -11]", "tests=[t]"])
    StudyResult(alibaba: 4 of 6 events, market)
    """
    return load(path, overrides).run(progress)


def load(path: str | Path, overrides: Sequence[str] = ()) -> Configured:
    """Read a configuration, without reading its inputs.

    Parameters
    ----------
    path : str or Path
        A file in TOML if its name ends so, else in YAML.
    overrides : sequence of str
        ``key=value``: dots go down into keys, the value is written as in YAML, such as ``"models=[market]"``; an
        empty value takes the key out.

    Raises
    ------
    ConfigError
        Naming the file and the key, what was given and what would be right.
    """
    path = Path(path)
    data = (read_toml if path.suffix.lower() == ".toml" else read_yaml)(read_text(path), str(path))
    for override in overrides:
        _override(data, override)
    try:
        return build(_validated(data), path)
    except InputError as error:
        raise ConfigError(f"{path}: {error}") from error


def schema() -> dict[str, Any]:
    """Return the JSON schema of a configuration, with every model, test, source and report that there is.

    Examples
    --------
    >>> {"events", "prices", "windows"} <= set(schema()["properties"])
    True
    """
    return {"$schema": "https://json-schema.org/draft/2020-12/schema"} | config_model().model_json_schema()


def _override(data: dict[str, Any], override: str) -> None:
    """Set one ``key=value`` in the data of a file."""
    name, equals, text = override.partition("=")
    *above, last = (key.strip() for key in name.split("."))
    if not equals or not all([*above, last]):
        raise ConfigError(f"--set {override}: key=value was expected, such as --set windows.min_obs=60.")
    place: Any = data
    for depth, key in enumerate(above):
        if isinstance(place, dict):
            place.setdefault(key, {})
        place = place[_step(place, key, above[:depth], override)]
    step = _step(place, last, above, override)
    if isinstance(place, dict) and not text.strip():
        place.pop(step, None)
    else:
        place[step] = parse_value(text, f"--set {name}")


def _step(place: Any, key: str, above: Sequence[str], override: str) -> Any:
    """Return what leads from a mapping or a list to what a key means there."""
    if isinstance(place, dict):
        return key
    if isinstance(place, list) and key.isdecimal() and int(key) < len(place):
        return int(key)
    whole = ".".join(above)
    raise ConfigError(f"--set {override}: {whole} has no {key!r} in this file; give all of it, as in --set {whole}=...")


def _validated(data: dict[str, Any]) -> dict[str, Any]:
    """Return the values of the keys given, each of the type that it is known to have."""
    model = config_model()
    data = without_null(data, [model])
    try:
        # As JSON, since pydantic then bends nothing but lists to tuples: "120" is no number and true is no 1.
        return model.model_validate_json(json.dumps(data)).model_dump(by_alias=True, exclude_unset=True)
    except ValidationError as error:
        raise ConfigError(complaint(error, model, data)) from None
