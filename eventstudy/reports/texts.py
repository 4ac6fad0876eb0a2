"""Names as Arrow holds text, turned once for all tables that have them."""

from __future__ import annotations

from threading import Lock
from typing import Any

from eventstudy._typing import Labels

__all__ = ["Texts"]


class Texts:
    """Arrays of names as Arrow arrays; what a name is a slice of is turned whole, and once.

    A million names lie all over the memory, and every long table has them.
    """

    def __init__(self) -> None:
        self._known: list[tuple[Labels, Any]] = []
        self._lock = Lock()

    def of(self, names: Labels) -> Any:
        """Return names as an Arrow array, shape (k,)."""
        import pyarrow as pa

        whole = names.base
        if whole is None or whole.dtype != object or whole.ndim != 1 or names.strides != whole.strides:
            return pa.array(names, type=pa.string())
        start = (names.ctypes.data - whole.ctypes.data) // names.itemsize
        return self._whole(whole).slice(start, len(names))

    def _whole(self, whole: Labels) -> Any:
        import pyarrow as pa

        with self._lock:
            for names, text in self._known:
                if names is whole:
                    return text
            self._known.append((whole, pa.array(whole, type=pa.string())))
            return self._known[-1][1]
