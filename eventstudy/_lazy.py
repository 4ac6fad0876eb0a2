"""Attributes that are made when they are first asked for, by threads side by side."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, cast

__all__ = ["Asked", "later", "lazy"]

P = ParamSpec("P")
T = TypeVar("T")

if TYPE_CHECKING:
    from functools import cached_property as lazy
else:

    class lazy:  # noqa: N801 - read as a decorator
        """What `functools.cached_property` is from Python 3.12 on.

        Before, one lock for all objects of a class lets no two threads compute at once, of whatever object each.
        """

        def __init__(self, function: Callable[[Any], Any]) -> None:
            self.function, self.__doc__ = function, function.__doc__

        def __set_name__(self, owner: type, name: str) -> None:
            self.name = name

        def __get__(self, instance: Any, owner: type | None = None) -> Any:
            if instance is None:
                return self
            value = instance.__dict__[self.name] = self.function(instance)
            return value


class _Later:
    """A value that nobody has asked for yet; not any callable, since a value may be one."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self.make = make


def later(function: Callable[P, T], *arguments: P.args, **options: P.kwargs) -> T:
    """Return what stands for a value in a field that is `Asked`, until it is asked for."""
    return cast("T", _Later(partial(function, *arguments, **options)))


class Asked:
    """A field of a dataclass without slots: a value, or what `later` gives for one, made when it is first asked for.

    Examples
    --------
    >>> from dataclasses import dataclass
    >>> @dataclass(frozen=True)
    ... class Named:
    ...     names: tuple[str, ...] = Asked()
    >>> Named(("a", "b")).names, Named(later(tuple, "ab")).names
    (('a', 'b'), ('a', 'b'))
    """

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        if instance is None:  # A dataclass then takes the field to have no default.
            raise AttributeError(self.name)
        value = instance.__dict__[self.name]
        if isinstance(value, _Later):
            value = instance.__dict__[self.name] = value.make()
        return value

    def __set__(self, instance: Any, value: Any) -> None:
        instance.__dict__[self.name] = value
