"""Expressions over the values of events: parsed, checked against a list of what is allowed, never run as code."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Protocol

import numpy as np

from eventstudy._typing import Floats, Labels
from eventstudy.errors import InputError, UnknownNameError

__all__ = ["FUNCTIONS", "Expression", "Scope", "read"]

LONGEST = 1000
DEEPEST = 50

_BINARY: Mapping[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_COMPARE: Mapping[type, Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_PLAIN: Mapping[str, tuple[int, Callable[..., Any]]] = {
    "sign": (1, np.sign),
    "abs": (1, np.abs),
    "log": (1, np.log),
    "isnan": (1, np.isnan),
    "min": (2, np.minimum),
    "max": (2, np.maximum),
}
_QUANTILES = {"quantile": "previous_quarter", "expanding_quantile": "expanding"}
FUNCTIONS = (*_PLAIN, *_QUANTILES)
"""What an expression may call."""


class Scope(Protocol):
    """What the names of an expression stand for."""

    def value(self, name: str) -> Floats | Labels:
        """Return a value of each event, shape (E,)."""

    def quantile(self, values: Floats, names: frozenset[str], count: int, breakpoints: str) -> Floats:
        """Return the class of each value among those known before, shape (E,)."""


@dataclass(frozen=True, slots=True)
class Expression:
    """A rule such as ``sign(surprise)``, ``surprise > 0.05`` or ``quantile(surprise, 5) == 5``.

    Parameters
    ----------
    text : str
        Names, numbers, quoted words, ``+ - * /``, comparisons, ``and or not``, ``a if b else c`` and `FUNCTIONS`.

    Raises
    ------
    InputError
        For anything else, naming it.

    Examples
    --------
    >>> sorted(Expression("sign(surprise) * (revenue_growth > 0.05)").names)
    ['revenue_growth', 'surprise']
    >>> Expression("open('/etc/passwd')")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    eventstudy.errors.UnknownNameError: There is no function in the expression ...
    """

    text: str
    tree: ast.expr = field(init=False, repr=False, compare=False)
    names: frozenset[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if len(self.text) > LONGEST:
            raise InputError(f"An expression of {len(self.text)} letters; at most {LONGEST} were expected.")
        try:
            tree = ast.parse(self.text.strip(), mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            raise InputError(f"The expression {self.text!r} can't be read: {error}.") from None
        self._check(tree, 0)
        object.__setattr__(self, "tree", tree)
        object.__setattr__(self, "names", _names(tree))

    def evaluate(self, scope: Scope) -> Floats:
        """Return the value for each event, shape (E,); true is 1, false 0, what is missing NaN.

        A comparison with a missing number is false.
        """
        with np.errstate(all="ignore"):
            result: Floats = _number(self._evaluate(self.tree, scope))
        return result

    def _check(self, node: ast.expr, depth: int) -> None:
        if depth > DEEPEST:
            raise InputError(f"The expression {self.text[:60]!r} is nested too deeply.")
        if isinstance(node, ast.Call):
            self._check_call(node)
        children = _children(node)
        if children is None:
            raise InputError(
                f"The expression {self.text!r} has {ast.unparse(node)!r}, which is not allowed; names, numbers, "
                f"arithmetic, comparisons, and/or/not and {', '.join(FUNCTIONS)} are."
            )
        for child in children:
            self._check(child, depth + 1)

    def _check_call(self, node: ast.Call) -> None:
        if not isinstance(node.func, ast.Name):
            return
        name = node.func.id
        if name not in FUNCTIONS:
            raise UnknownNameError(f"function in the expression {self.text!r}", name, FUNCTIONS)
        wanted = 2 if name in _QUANTILES else _PLAIN[name][0]
        if len(node.args) != wanted:
            raise InputError(f"The expression {self.text!r}: {name} takes {wanted} values, not {len(node.args)}.")
        if name in _QUANTILES:
            count = node.args[1]
            if not (isinstance(count, ast.Constant) and type(count.value) is int and count.value >= 2):
                raise InputError(f"The expression {self.text!r}: {name} needs a whole number of classes, 2 or more.")

    def _evaluate(self, node: ast.expr, scope: Scope) -> Any:
        match node:
            case ast.Name():
                return scope.value(node.id)
            case ast.Constant():
                return node.value
            case ast.UnaryOp():
                operand = self._evaluate(node.operand, scope)
                if isinstance(node.op, ast.Not):
                    return np.logical_not(_truth(operand))
                return -_number(operand) if isinstance(node.op, ast.USub) else _number(operand)
            case ast.BinOp():
                left, right = (_number(self._evaluate(each, scope)) for each in (node.left, node.right))
                return _BINARY[type(node.op)](left, right)
            case ast.BoolOp():
                parts = [_truth(self._evaluate(each, scope)) for each in node.values]
                join = np.logical_and if isinstance(node.op, ast.And) else np.logical_or
                return join.reduce(np.broadcast_arrays(*parts))
            case ast.Compare():
                return self._compare(node, scope)
            case ast.IfExp():
                test, body, other = (self._evaluate(each, scope) for each in (node.test, node.body, node.orelse))
                return np.where(_truth(test), _number(body), _number(other))
            case ast.Call():
                return self._call(node, scope)
        raise AssertionError(node)

    def _compare(self, node: ast.Compare, scope: Scope) -> Any:
        values = [self._evaluate(each, scope) for each in (node.left, *node.comparators)]
        if any(_is_word(value) for value in values) and not all(isinstance(op, ast.Eq | ast.NotEq) for op in node.ops):
            raise InputError(f"The expression {self.text!r} orders words; words can only be compared with == and !=.")
        pairs = zip(values, node.ops, values[1:], strict=False)
        found = [np.asarray(_COMPARE[type(op)](left, right), dtype=bool) for left, op, right in pairs]
        return np.logical_and.reduce(np.broadcast_arrays(*found))

    def _call(self, node: ast.Call, scope: Scope) -> Any:
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name in _QUANTILES:
            count = node.args[1].value if isinstance(node.args[1], ast.Constant) else 0
            values = np.asarray(_number(self._evaluate(node.args[0], scope)))
            return scope.quantile(values, _names(node.args[0]), int(str(count)), _QUANTILES[name])
        return _PLAIN[name][1](*(_number(self._evaluate(each, scope)) for each in node.args))


@lru_cache(maxsize=64)
def read(text: str) -> Expression:
    """Return an expression, read once though every decision asks for it."""
    return Expression(text)


def _children(node: ast.expr) -> list[ast.expr] | None:
    """Return the parts of a node that is allowed, None for one that is not."""
    match node:
        case ast.Name() | ast.Constant(value=bool() | int() | float() | str()):
            return []
        case ast.UnaryOp(op=ast.USub() | ast.UAdd() | ast.Not()):
            return [node.operand]
        case ast.BinOp() if type(node.op) in _BINARY:
            return [node.left, node.right]
        case ast.BoolOp():
            return node.values
        case ast.Compare() if all(type(op) in _COMPARE for op in node.ops):
            return [node.left, *node.comparators]
        case ast.IfExp():
            return [node.test, node.body, node.orelse]
        case ast.Call(func=ast.Name(), keywords=[]):
            return node.args
        case _:
            return None


def _names(tree: ast.expr) -> frozenset[str]:
    called = {node.func for node in ast.walk(tree) if isinstance(node, ast.Call)}
    return frozenset(node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and node not in called)


def _number(value: Any) -> Any:
    array = np.asarray(value)
    if _is_word(array):
        raise InputError("An expression counts with a word; words can only be compared with == and !=.")
    return array.astype(np.float64)


def _truth(value: Any) -> Any:
    array = _number(value)
    return (array != 0) & ~np.isnan(array)


def _is_word(value: Any) -> bool:
    return np.asarray(value).dtype.kind in "OUS"
