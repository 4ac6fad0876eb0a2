"""Records whose fields are arrays, put one after another or beside each other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields, is_dataclass
from typing import Any, TypeVar

import numpy as np

__all__ = ["each", "joined"]

Columns = TypeVar("Columns")


def each(columns: Columns, change: Callable[[Any], Any]) -> Columns:
    """Return a record with every array changed alike, those of records within it too."""
    kept = {field.name: getattr(columns, field.name) for field in fields(columns)}  # type: ignore[arg-type]
    changed = {name: each(held, change) if is_dataclass(held) else change(held) for name, held in kept.items()}
    return type(columns)(**changed)


def joined(parts: Sequence[Columns], axis: int = 0) -> Columns:
    """Return records of one kind as one, their arrays put together along an axis."""
    return type(parts[0])(
        **{
            field.name: (
                joined([getattr(part, field.name) for part in parts], axis)
                if is_dataclass(getattr(parts[0], field.name))
                else np.concatenate([getattr(part, field.name) for part in parts], axis)
            )
            for field in fields(parts[0])  # type: ignore[arg-type]
        }
    )
