"""What is wrong with a configuration, as a sentence: the key, what was given, what would be right."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from eventstudy.config.keys import UNKNOWN_MEMBER, Keys, records
from eventstudy.errors import nearest

__all__ = ["complaint", "dotted"]

Path = tuple[str | int, ...]

WORDS = {
    "string_type": "text",
    "path_type": "a path",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "date_type": "a date such as 2025-02-20",
    "date_parsing": "a date such as 2025-02-20",
    "date_from_datetime_parsing": "a date such as 2025-02-20",
    "list_type": "a list in brackets",
    "tuple_type": "a list in brackets",
    "model_type": "a mapping of keys",
    "model_attributes_type": "a mapping of keys",
    "dict_type": "a mapping of keys",
    "mapping_type": "a mapping of keys",
}


def complaint(error: ValidationError, model: type[Keys], data: Any) -> str:
    """Return one sentence for the first thing that is wrong, and how many more there are.

    Parameters
    ----------
    error : ValidationError
        What pydantic found.
    model : type of Keys
        What the data should have been.
    data : Any
        What was given.
    """
    sentences: dict[Path, str] = {}
    expected: dict[Path, list[str]] = {}
    for fault in error.errors(include_url=False):
        path, value = _walk(fault["loc"], data)
        match fault["type"]:
            case "extra_forbidden":
                sentences[path] = _unknown_key(path, sorted(_fields(model, fault["loc"][:-1])))
            case "missing" if isinstance(fault["loc"][-1], str):
                words = _fields(model, fault["loc"][:-1])[fault["loc"][-1]]
                path = (*path, fault["loc"][-1])
                sentences[path] = f"{dotted(path)!r} is missing. {words.partition('. ')[0].rstrip('.')}."
            case kind if kind == UNKNOWN_MEMBER:
                path, sentences[path] = _unknown_member(path, value, fault["ctx"])
            case "literal_error":
                names = re.findall(r"'([^']*)'", fault["ctx"]["expected"])
                sentences[path] = f"{dotted(path)} is {_shown(value)}. {nearest(str(value), names)}"
            case _:
                expected.setdefault(path, []).append(_expected(fault))
    mistyped = {path: _mistyped(path, _walk(path, data)[1], words) for path, words in expected.items()}
    sentences = mistyped | sentences
    # A union complains in the name of every one of its members; the one that got furthest is meant.
    deepest = [p for p in sentences if not any(len(q) > len(p) and q[: len(p)] == p for q in sentences)]
    deepest.sort(key=lambda path: not sentences[path].startswith("unknown key"))
    more = len(deepest) - 1
    return sentences[deepest[0]] + (f" ({more} more fault{'s' if more > 1 else ''} after this one.)" if more else "")


def dotted(path: Sequence[str | int]) -> str:
    """Return a place in a configuration.

    Examples
    --------
    >>> dotted(["models", 1, "benchmark"])
    'models[1].benchmark'
    """
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")


def _walk(loc: Sequence[str | int], data: Any) -> tuple[Path, Any]:
    """Return the parts of a location that are keys of the data, and what stands there; the others name types."""
    path: list[str | int] = []
    for part in loc:
        inside = part in data if isinstance(data, Mapping) else isinstance(data, list) and part in range(len(data))
        if inside:
            path.append(part)
            data = data[part]
    return tuple(path), data


def _fields(model: type[Keys], loc: Sequence[str | int]) -> dict[str, str]:
    """Return the keys that are known at a location, with their descriptions."""
    options = [model]
    for part in loc:
        inside = [
            record
            for option in options
            for field in option.model_fields.values()
            if field.alias == part
            for record in records(field.annotation)
        ]
        options = [option for option in options if option.__name__ == part] or inside or options
    return {field.alias or "": field.description or "" for o in options for field in o.model_fields.values()}


def _unknown_key(path: Path, known: list[str]) -> str:
    hint = nearest(str(path[-1]), known, most=len(known))
    listed = f" Known here: {', '.join(known)}." if hint.startswith("Did you mean") else ""
    return f"unknown key {dotted(path)!r}. {hint}{listed}"


def _unknown_member(path: Path, value: Any, context: Mapping[str, Any]) -> tuple[Path, str]:
    key, names = context["key"], context["names"]
    if not isinstance(value, Mapping):
        example = value if value in names else names[0]
        mapping = f"{{{key}: {example}}}"
        right = f"{example} or {mapping}" if context["by_name"] else f"a mapping such as {mapping}"
        return path, _mistyped(path, value, [right])
    inside = (*path, key)
    if key not in value:
        return inside, f"{dotted(inside)!r} is missing. {nearest('', names)}"
    if not isinstance(value[key], str):
        return inside, _mistyped(inside, value[key], ["text"])
    return inside, f"{dotted(inside)}: there is no {context['family']} {value[key]!r}. {nearest(value[key], names)}"


def _expected(fault: Mapping[str, Any]) -> str:
    if fault["type"] == "missing":
        return f"a list of at least {fault['loc'][-1] + 1} items"
    if fault["type"] == "too_long":
        return f"a list of {fault['ctx']['max_length']} items"
    return WORDS.get(fault["type"], f"something else ({fault['msg']})")


def _mistyped(path: Path, value: Any, expected: Sequence[str]) -> str:
    right = " or ".join(dict.fromkeys(expected))
    sentence = f"{dotted(path)} is {_shown(value)}; {right} was expected."
    if "text" not in expected or isinstance(value, (list, Mapping)):
        return sentence
    kind = "a truth value" if isinstance(value, bool) else "a number"
    return f'{sentence} Without quotes it is {kind}; a ticker or a name needs quotes, as in "ON" or "7203".'


def _shown(value: Any) -> str:
    text = repr(value) if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}..."
