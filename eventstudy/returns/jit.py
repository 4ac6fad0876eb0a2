"""How hot loops are compiled; needs the extra ``fast``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit as _njit

__all__ = ["IN_ORDER", "REORDERED", "njit", "part"]

F = TypeVar("F", bound=Callable[..., Any])


def njit(**options: Any) -> Callable[[F], F]:
    """Compile a loop without the interpreter's lock, once a machine where there is a place to keep it."""

    def compiled(loop: F) -> F:
        try:
            return cast("F", _njit(nogil=True, cache=True, **options)(loop))
        except RuntimeError:  # neither beside the source nor in the user's own folder may a file be written
            return cast("F", _njit(nogil=True, **options)(loop))

    return compiled


def part(**options: Any) -> Callable[[F], F]:
    """Compile what other loops call, into each of them.

    A call would find the part as it was compiled for itself where this process compiled it, and as it was compiled with
    its caller where that comes from the cache: the two add in different orders.
    """
    return njit(forceinline=True, **options)


REORDERED: Any = {"reassoc", "contract", "nsz", "arcp"}
# As they are written, since a large return less a large level keeps digits that it has not in another order.
IN_ORDER: Any = {"contract"}
