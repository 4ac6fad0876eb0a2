"""Groups of events: everything is given for each of them and in total."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np

from eventstudy._typing import Bools, Ints
from eventstudy.events import Events

__all__ = ["ALL", "CROSSED", "group_members"]

ALL = "all"
"""The group of all events kept."""
CROSSED = "*"
"""Between columns whose labels are taken together."""


def group_members(events: Events, rows: Ints, columns: Sequence[str]) -> dict[str, Bools]:
    """Return the members of each group among some events, in total first.

    Parameters
    ----------
    events : Events
        All events.
    rows : ndarray of shape (E,)
        Those that are studied.
    columns : sequence of str
        Columns of the events; ``"sector*surprise_sign"`` makes a group of each pair of labels that there is.

    Returns
    -------
    dict of ndarray of shape (E,)
        By name, such as ``"sector=Tech"`` or ``"sector=Tech,surprise_sign=beat"``.

    Raises
    ------
    UnknownNameError
        For a column that the events do not have.
    """
    groups = {ALL: np.ones(len(rows), dtype=bool)}
    for column in columns:
        names = [name.strip() for name in column.split(CROSSED)]
        labels = [np.array([str(each) for each in events.column(name)[rows]], dtype=object) for name in names]
        for chosen in product(*(sorted(set(each)) for each in labels)):
            members = np.logical_and.reduce([each == label for each, label in zip(labels, chosen, strict=True)])
            if members.any():
                groups[",".join(f"{name}={label}" for name, label in zip(names, chosen, strict=True))] = members
    return groups
