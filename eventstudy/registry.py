"""Open families: a name stands for a member, and third parties add members by entry points."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Generic, TypeVar

from eventstudy.errors import UnknownNameError

T = TypeVar("T")


class Registry(Generic[T]):
    """The members of one family, by name.

    Parameters
    ----------
    kind : str
        What a member is, for error messages: ``"model"``, ``"test"``, ...
    group : str
        The entry-point group under which other packages offer members, such as ``"eventstudy.models"``.

    Examples
    --------
    >>> greetings = Registry[str]("greeting", "eventstudy.greetings")
    >>> greetings.register("short", "hello")
    >>> greetings.get("short"), greetings.names()
    ('hello', ('short',))
    """

    def __init__(self, kind: str, group: str) -> None:
        self.kind = kind
        self.group = group
        self._members: dict[str, T] = {}

    def register(self, name: str, member: T) -> None:
        """Add a member under its name; a name already taken by another member is an error."""
        if self._members.get(name, member) is not member:
            raise ValueError(f"The {self.kind} name {name!r} is already taken.")
        self._members[name] = member

    def get(self, name: str) -> T:
        """Return the member of this name; `UnknownNameError` with the nearest name if there is none."""
        if name not in self._members:
            self._load_entry_point(name)
        try:
            return self._members[name]
        except KeyError:
            raise UnknownNameError(self.kind, name, self.names()) from None

    def names(self) -> tuple[str, ...]:
        """Return the names of all members, those of other packages included, in alphabetical order."""
        return tuple(sorted({*self._members, *self._entry_points()}))

    def _entry_points(self) -> tuple[str, ...]:
        return tuple(point.name for point in _offered().select(group=self.group))

    def _load_entry_point(self, name: str) -> None:
        for point in _offered().select(group=self.group, name=name):
            self.register(name, point.load())


@lru_cache(maxsize=1)
def _offered() -> Any:
    """Return the entry points of all installed packages, looked through once for every family.

    A package that is installed while this process runs is found by the next one.

    What Python 3.11 returns selects as `EntryPoints` do, but is none.
    """
    # importlib.metadata takes longer to import than everything else that a first call needs.
    from importlib.metadata import entry_points

    return entry_points()
