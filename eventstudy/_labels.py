"""Columns of labels: many rows, few texts, and work that is done once a text or only where texts decide."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventstudy._typing import Bools, Codes, Ints, Labels

__all__ = [
    "alike",
    "are",
    "counts",
    "distinct",
    "each_once",
    "in_order",
    "is_alike",
    "order_by_id",
    "run_starts",
    "taken",
]


_MOST = 1 << 62


def alike(label: Any, count: int) -> Labels:
    """Return a column of one label, shape (count,), read-only; it takes no memory.

    A copy can be written to, and holds the text once, where `numpy.full` makes one for each row.
    """
    one = np.empty(1, dtype=object)
    one[0] = label
    return np.broadcast_to(one, count)


def taken(values: NDArray[Any], rows: Ints) -> NDArray[Any]:
    """Return some rows of a column; one made by `alike` stays one."""
    return np.broadcast_to(values[:1], len(rows)) if is_alike(values) else values[rows]


def is_alike(values: NDArray[Any]) -> bool:
    """Return whether a column holds one value for all its rows, as one made by `alike` does."""
    return len(values) > 1 and values.strides == (0,)


def are(labels: Labels, label: Any) -> Bools:
    """Return which rows have a label, shape (n,)."""
    return np.full(len(labels), labels[0] == label) if is_alike(labels) else np.asarray(labels == label)


def run_starts(labels: Labels) -> Ints:
    """Return where each run of equal neighbours begins.

    Examples
    --------
    >>> run_starts(np.array(["b", "b", "a", "b"], dtype=object)).tolist()
    [0, 2, 3]
    """
    if is_alike(labels):
        return np.zeros(1, dtype=np.int64)
    return np.flatnonzero(np.concatenate([np.ones(len(labels[:1]), dtype=bool), labels[1:] != labels[:-1]]))


def distinct(labels: Labels) -> tuple[Codes, Labels]:
    """Return labels as positions among those that there are, in the order in which these first appear.

    Examples
    --------
    >>> codes, known = distinct(np.array(["b", "a", "b"], dtype=object))
    >>> codes.tolist(), known.tolist()
    ([0, 1, 0], ['b', 'a'])
    """
    if is_alike(labels):
        return np.zeros(len(labels), dtype=np.int64), labels[:1].astype(object)
    import pandas as pd

    codes, known = pd.factorize(labels)
    return codes, np.asarray(known, dtype=object)


def each_once(labels: Labels, function: Callable[[Any], Any]) -> Labels:
    """Return what a function makes of every label, shape (n,); it is called once for each that there is."""
    if is_alike(labels):
        return alike(function(labels[0]), len(labels))
    codes, known = distinct(labels)
    made = np.empty(len(known), dtype=object)
    made[:] = [function(label) for label in known]
    return made[codes]


def counts(labels: Labels) -> dict[str, int]:
    """Return how many rows have each label, by the order in which these first appear.

    Examples
    --------
    >>> counts(np.array(["b", "a", "b"], dtype=object))
    {'b': 2, 'a': 1}
    """
    codes, known = distinct(labels)
    return dict(zip(map(str, known), np.bincount(codes, minlength=len(known)).tolist(), strict=True))


def in_order(keys: Sequence[NDArray[Any]]) -> Ints:
    """Return the order of rows by numbers or dates; rows that agree stay as they are.

    Parameters
    ----------
    keys : sequence of ndarray of shape (n,)
        The most important one first.

    Examples
    --------
    >>> in_order([np.array([2, 1, 1]), np.array([0, 5, 4])]).tolist()
    [2, 1, 0]
    """
    joined, room = np.zeros(len(keys[0]), dtype=np.int64), 1
    for key in keys if len(joined) else ():
        numbers = key.astype(np.int64)
        low = int(numbers.min())
        span = int(numbers.max()) - low + 1
        room *= span
        if room >= _MOST:
            return np.lexsort(tuple(reversed(keys)))
        joined = joined * span + (numbers - low)
    # One number a row is sorted in one go, and in hardly any time where rows come in order.
    return np.argsort(joined, kind="stable")


def order_by_id(keys: Sequence[NDArray[Any]], ids: Labels, of: Ints | None = None) -> Ints:
    """Return the order of rows by numbers or dates, and by the text of their ids only where these agree.

    Parameters
    ----------
    keys : sequence of ndarray of shape (n,)
        The most important one first.
    ids : ndarray of shape (n,) or more
        Text; by code points.
    of : ndarray of shape (n,), optional
        Which of the ids the rows have.

    Examples
    --------
    >>> order_by_id([np.array([2, 1, 1])], np.array(["a", "c", "b"], dtype=object)).tolist()
    [2, 1, 0]
    """
    order = in_order(keys)
    same = np.zeros(len(order) + 1, dtype=bool)
    same[1:-1] = np.logical_and.reduce([key[1:] == key[:-1] for key in (each[order] for each in keys)])
    tied = np.flatnonzero(same[1:] | same[:-1])
    rows, group = order[tied], np.cumsum(~same)[tied]
    own = ids[rows if of is None else of[rows]]
    order[tied] = rows[np.lexsort((own.astype(str), group))]
    return order
