"""What a user's function holds on to besides its argument, and the same function holding something else."""

from __future__ import annotations

import contextlib
import copy
import dis
import functools
import inspect
import sys
import types
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any

__all__ = ["held", "is_own_object", "replaced", "texts", "words"]

DEEPEST = 50
Named = tuple[str, Any]


def held(function: Callable[..., Any]) -> list[Named]:
    """Return what a function reaches: closure, defaults, the globals and constants it names, what its object has.

    Functions that it calls are looked into, and so are objects and classes that no library brought, lists and mappings.

    Examples
    --------
    >>> limit = [0.05]
    >>> held(lambda view: view.values["surprise"] > limit[0])
    [('limit', [0.05]), ('limit', 0.05)]
    """
    return [(name, value) for name, value in _reached(function) if not _is_code(value)]


def texts(function: Callable[..., Any]) -> set[str]:
    """Return the words that stand in the code of a function and of those that it calls."""
    reached = (value for _, value in _reached(function))
    codes = (code for value in reached if isinstance(value, types.FunctionType) for code in _codes(value.__code__))
    return {each for code in codes for each in code.co_consts if isinstance(each, str)}


def _reached(function: Callable[..., Any]) -> list[Named]:
    """Return all that a function reaches; of what objects have from their classes what its code names."""
    called, before = {"__call__"}, 0
    found: list[Named] = []
    # A method may call others of an object that was seen before it.
    while len(called) > before:
        before = len(called)
        found = list(_walk("function", function, set(), called, 0))
    return found


def _walk(name: str, value: Any, seen: set[int], called: set[str], depth: int) -> Iterator[Named]:
    if id(value) in seen or depth > DEEPEST:
        return
    seen.add(id(value))
    yield name, value
    if isinstance(value, types.FunctionType) and _is_ours(value.__code__.co_filename):
        called.update(each for code in _codes(value.__code__) for each in code.co_names)
    for part, inside in _parts(name, value, called):
        foreign = isinstance(inside, type) and not _is_own_class(inside)
        if not foreign and not isinstance(inside, types.ModuleType | types.BuiltinFunctionType):
            yield from _walk(part, inside, seen, called, depth + 1)


def _parts(name: str, value: Any, called: set[str]) -> Iterator[Named]:
    """Return the parts of a callable, a container or an object by name, one level deep."""
    if isinstance(value, functools.partial):
        yield "function", value.func
        yield from ((f"argument {place}", each) for place, each in enumerate(value.args))
        yield from value.keywords.items()
    elif isinstance(value, types.MethodType):
        yield "method", value.__func__
        yield "self", value.__self__
    elif isinstance(value, types.FunctionType):
        yield from _parts_of_function(value) if _is_ours(value.__code__.co_filename) else ()
    elif isinstance(value, type):
        # Functions and properties of a class belong to its objects.
        data = ((each, inside) for each, inside in vars(value).items() if not hasattr(inside, "__get__"))
        yield from ((each, inside) for each, inside in data if not each.startswith("__"))
    elif isinstance(value, Mapping):
        yield from ((name, each) for each in value.values() if not isinstance(each, str))
    elif isinstance(value, list | tuple | set | frozenset | deque):
        yield from ((name, each) for each in value if not isinstance(each, str))
    elif isinstance(value, types.SimpleNamespace):
        yield from _attributes(value)
    elif is_own_object(value):
        yield from _attributes(value)
        yield from ((each, inside) for each, inside in _inherited(type(value)) if each in called)


def _parts_of_function(function: types.FunctionType) -> Iterator[Named]:
    yield from _cells(function)
    yield from ((f"default {place}", value) for place, value in enumerate(function.__defaults__ or ()))
    yield from (function.__kwdefaults__ or {}).items()
    yield from _globals(function)
    constants = (each for code in _codes(function.__code__) for each in code.co_consts)
    yield from (("constant", each) for each in constants if isinstance(each, frozenset | tuple))


def _cells(function: types.FunctionType) -> Iterator[Named]:
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        try:
            yield name, cell.cell_contents
        except ValueError:
            continue


def _globals(function: types.FunctionType) -> Iterator[Named]:
    names = [name for code in _codes(function.__code__) for name in code.co_names]
    for name in _global_names(function):
        value = function.__globals__.get(name)
        if isinstance(value, types.ModuleType):
            # A module's own data, where the function names it.
            data = ((each, getattr(value, each, None)) for each in names if each != name)
            yield from ((f"{name}.{each}", found) for each, found in data if found is not None and not callable(found))
        elif value is not None:
            yield name, value


def _global_names(function: types.FunctionType) -> list[str]:
    """Return the names that a function looks up in its module; those of attributes are others."""
    steps = (step for code in _codes(function.__code__) for step in dis.get_instructions(code))
    return list(dict.fromkeys(str(step.argval) for step in steps if step.opname in ("LOAD_GLOBAL", "LOAD_NAME")))


def _codes(code: types.CodeType) -> Iterator[types.CodeType]:
    yield code
    for each in code.co_consts:
        if isinstance(each, types.CodeType):
            yield from _codes(each)


def _attributes(value: Any) -> Iterator[Named]:
    slots = [name for kind in type(value).__mro__ for name in _slots(kind)]
    names = dict.fromkeys([*slots, *getattr(value, "__dict__", {})])
    yield from ((name, getattr(value, name)) for name in names if hasattr(value, name) and not name.startswith("__"))


def _inherited(kind: type) -> Iterator[Named]:
    """Return what objects of a class have from it: the functions of its methods and properties, and its data."""
    for name in dir(kind):
        found = inspect.getattr_static(kind, name)
        inside = found.fget if isinstance(found, property) else getattr(found, "__func__", found)
        if isinstance(inside, types.FunctionType) or not hasattr(inside, "__get__"):
            yield name, inside


def _slots(kind: type) -> tuple[str, ...]:
    found = vars(kind).get("__slots__", ())
    return (found,) if isinstance(found, str) else tuple(found)


def _is_code(value: Any) -> bool:
    return isinstance(value, functools.partial | types.MethodType | types.FunctionType | type)


def _is_ours(file: str) -> bool:
    """Return whether code stands in no library: neither an installed one nor Python's own nor this one."""
    library = str(Path(functools.__file__).parent)
    return "site-packages" not in file and not file.startswith((library, str(Path(__file__).parents[1])))


def is_own_object(value: Any) -> bool:
    """Return whether something is an object of a class that no library brought."""
    return _is_own_class(type(value))


def _is_own_class(kind: type) -> bool:
    module = sys.modules.get(kind.__module__)
    return kind.__module__ != "builtins" and _is_ours(getattr(module, "__file__", None) or "")


def replaced(function: Callable[..., Any], others: Mapping[int, Any]) -> Callable[..., Any]:
    """Return a function that does the same with other objects in the place of those that it holds.

    They stay where no copy can be made: in classes and their methods, in containers of other kinds than Python's own.

    Parameters
    ----------
    function : callable
        Left as it is.
    others : mapping of int to object
        By the ``id`` of what is replaced.
    """
    made: Callable[..., Any] = _swap(function, others, {}, 0)
    return made


def _swap(value: Any, others: Mapping[int, Any], done: dict[int, Any], depth: int) -> Any:
    if id(value) in others:
        return others[id(value)]
    if id(value) in done:
        return done[id(value)]
    if depth > DEEPEST:
        return value
    swap = functools.partial(_swap, others=others, done=done, depth=depth + 1)
    if isinstance(value, functools.partial):
        keywords = {name: swap(each) for name, each in value.keywords.items()}
        return functools.partial(swap(value.func), *map(swap, value.args), **keywords)
    if isinstance(value, types.MethodType):
        return types.MethodType(swap(value.__func__), swap(value.__self__))
    if type(value) is dict:
        made = done[id(value)] = {}
        made.update((key, swap(each)) for key, each in value.items())
        return made
    if type(value) in (list, tuple, set, frozenset):
        done[id(value)] = type(value)(map(swap, value))
        return done[id(value)]
    if isinstance(value, types.FunctionType):
        return _swap_function(value, swap, done) if _is_ours(value.__code__.co_filename) else value
    own = is_own_object(value) or isinstance(value, types.SimpleNamespace)
    return _swap_attributes(value, swap, done) if own and not isinstance(value, type) else value


def _swap_function(function: types.FunctionType, swap: Callable[[Any], Any], done: dict[int, Any]) -> Any:
    scope = dict(function.__globals__)
    cells = tuple(types.CellType() for _ in function.__closure__ or ())
    made = types.FunctionType(function.__code__, scope, function.__name__, None, cells)
    # Known before its parts are: a function that calls itself must find its new self.
    done[id(function)] = made
    for name in set(_global_names(function)) & set(scope):
        if not isinstance(scope[name], types.ModuleType):
            scope[name] = swap(scope[name])
    for cell, old in zip(cells, function.__closure__ or (), strict=True):
        with contextlib.suppress(ValueError):
            cell.cell_contents = swap(old.cell_contents)
    made.__defaults__ = tuple(map(swap, function.__defaults__ or ())) or None
    made.__kwdefaults__ = {name: swap(each) for name, each in (function.__kwdefaults__ or {}).items()}
    return made


def _swap_attributes(value: Any, swap: Callable[[Any], Any], done: dict[int, Any]) -> Any:
    made = done[id(value)] = copy.copy(value)
    for name, each in _attributes(value):
        object.__setattr__(made, name, swap(each))
    return made


def words(value: Any) -> set[str]:
    """Return the words of a collection, its keys if it is a mapping; nothing for anything else."""
    if isinstance(value, Mapping | AbstractSet | list | tuple):
        return {each for each in value if isinstance(each, str)}
    return set()
