"""Configuration text to plain data: dictionaries, lists, text, numbers, true, false and null; nothing else.

YAML 1.1 reads the tickers ON, NO and Y as booleans, 16:30 as 990 and 010 as 8. The loader here knows only the
lower-case words ``true``, ``false`` and ``null`` and decimal numbers; all else is text.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, ClassVar

import yaml

from eventstudy.errors import ConfigError, nearest

__all__ = ["parse_value", "read_text", "read_toml", "read_yaml"]

_PREFIX = "tag:yaml.org,2002:"
# More digits than these are no count and no day; they stay text.
_WHOLE = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,17})")
_DECIMAL = re.compile(r"[-+]?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")


class Refused(yaml.MarkedYAMLError):
    """Something that YAML has and a configuration does not."""

    def __init__(self, problem: str, mark: yaml.Mark) -> None:
        super().__init__(problem=problem, problem_mark=mark)


class PlainLoader(yaml.SafeLoader):
    """A YAML loader of plain data: no tags, no anchors, no key twice; every key is text."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012
    yaml_constructors: ClassVar[dict[str | None, Any]] = {}

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        """Refuse what is not plain data, and compose the rest."""
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if getattr(event, "anchor", None) is not None:
            raise Refused("anchors (&) and aliases (*) are not read; write the value out", event.start_mark)
        if getattr(event, "tag", None) is not None:
            tag = event.tag.replace(_PREFIX, "!!")
            raise Refused(f"the tag {tag} is not read; plain values need none", event.start_mark)
        return super().compose_node(parent, index)

    def construct_plain_mapping(self, node: yaml.MappingNode) -> dict[str, Any]:
        """Return a mapping with text keys, each of them once."""
        mapping: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise Refused("a key must be a word", key_node.start_mark)
            key = str(key_node.value)
            if key in mapping:
                raise Refused(f"the key {key!r} stands twice", key_node.start_mark)
            mapping[key] = self.construct_object(value_node, deep=True)
        return mapping

    def construct_plain_sequence(self, node: yaml.SequenceNode) -> list[Any]:
        """Return a list."""
        return [self.construct_object(child, deep=True) for child in node.value]


def _prepare_loader() -> None:
    digits, signs = list("0123456789"), list("+-.")
    for tag, pattern, first in (
        ("bool", re.compile(r"(?:true|false)\Z"), ["t", "f"]),
        ("null", re.compile(r"(?:null)?\Z"), ["n", ""]),
        ("int", re.compile(rf"(?:{_WHOLE.pattern})\Z"), digits + signs),
        ("float", re.compile(rf"(?:(?={'[-+.0-9]*[.eE]'}){_DECIMAL.pattern})\Z"), digits + signs),
    ):
        PlainLoader.add_implicit_resolver(_PREFIX + tag, pattern, first)
    PlainLoader.add_constructor(_PREFIX + "str", lambda _, node: str(node.value))
    PlainLoader.add_constructor(_PREFIX + "bool", lambda _, node: node.value == "true")
    PlainLoader.add_constructor(_PREFIX + "null", lambda _, __: None)
    PlainLoader.add_constructor(_PREFIX + "int", lambda _, node: int(node.value))
    PlainLoader.add_constructor(_PREFIX + "float", lambda _, node: float(node.value))
    PlainLoader.add_constructor(_PREFIX + "map", PlainLoader.construct_plain_mapping)
    PlainLoader.add_constructor(_PREFIX + "seq", PlainLoader.construct_plain_sequence)


_prepare_loader()


def read_text(path: Path) -> str:
    """Return the text of a configuration file.

    Raises
    ------
    ConfigError
        If there is no such file, or it can't be read as UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        beside = [each.name for each in path.parent.glob("*") if each.suffix in (".yaml", ".yml", ".toml")]
        near = nearest(path.name, beside)
        hint = near if near.startswith("Did you mean") else "Make a first one with: eventstudy init"
        raise ConfigError(f"{path}: there is no such file. {hint}") from None
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"{path}: byte {error.start + 1} is not UTF-8 text; a YAML or TOML file was expected."
        ) from None
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path}: the file can't be read ({getattr(error, 'strerror', None) or error}).") from None


def read_yaml(text: str, name: str) -> dict[str, Any]:
    """Return the mapping that a YAML text holds.

    Parameters
    ----------
    text : str
        YAML of plain data.
    name : str
        What to call it in errors.

    Raises
    ------
    ConfigError
        Naming the line: for text that is not YAML, or is no mapping.

    Examples
    --------
    >>> read_yaml("symbols: [ON, NO, 010, 16:30]", "study.yaml")
    {'symbols': ['ON', 'NO', '010', '16:30']}
    """
    return _mapping(_load(text, name), name)


def read_toml(text: str, name: str) -> dict[str, Any]:
    """Return the mapping that a TOML text holds; dates and times become ISO text.

    Raises
    ------
    ConfigError
        For text that is not TOML.
    """
    import tomllib

    try:
        return _mapping(_without_dates(tomllib.loads(text)), name)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{name}: this is not TOML: {error}.") from None
    except RecursionError:
        raise ConfigError(f"{name}: the values are nested too deeply.") from None


def parse_value(text: str, name: str) -> Any:
    """Return the value that a text stands for where YAML expects one.

    Examples
    --------
    >>> parse_value("[market, {kind: market, benchmark: KWEB}]", "models")
    ['market', {'kind': 'market', 'benchmark': 'KWEB'}]
    >>> parse_value("ON", "benchmark"), parse_value("1e-3", "tolerance"), parse_value("", "focus")
    ('ON', 0.001, None)
    """
    return _load(text, name)


def _load(text: str, name: str) -> Any:
    try:
        return yaml.load(text, Loader=PlainLoader)  # noqa: S506
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        problem = error.problem or error.context or "it can't be read"
        verdict = "" if isinstance(error, Refused) else "this is not YAML: "
        raise ConfigError(f"{name}{place}: {verdict}{problem}.") from None
    except yaml.YAMLError as error:
        raise ConfigError(f"{name}: this is not YAML: {' '.join(str(error).split())}.") from None
    except RecursionError:
        raise ConfigError(f"{name}: the values are nested too deeply.") from None


def _mapping(data: Any, name: str) -> dict[str, Any]:
    if data is None:
        raise ConfigError(f"{name}: the file is empty; keys such as 'events: {{source: sample}}' were expected.")
    if not isinstance(data, dict):
        kind = "a list" if isinstance(data, list) else "text or a number"
        raise ConfigError(
            f"{name}: this is {kind}, not a configuration; keys such as 'events: {{source: sample}}' were expected."
        )
    return data


def _without_dates(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_dates(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_without_dates(each) for each in value]
    return value.isoformat() if hasattr(value, "isoformat") else value
