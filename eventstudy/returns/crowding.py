"""Days on which several events are in their windows at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from eventstudy._typing import Bools, Dates, Ints, Labels
from eventstudy.returns.windows import Window

__all__ = ["crowded_days", "on_exchange"]


def on_exchange(code: str, calendar: Labels, known: Mapping[str, Any]) -> Bools:
    """Return which of these exchange codes are the one asked for; all are where there is only one."""
    return np.ones(len(calendar), dtype=bool) if len(known) == 1 else np.asarray(calendar == code)


def crowded_days(counts: list[tuple[Dates, Ints]], reported: Sequence[Window]) -> list[Bools]:
    """Return on which days 0 the windows of events share a date with those of others.

    Parameters
    ----------
    counts : list of (ndarray, ndarray)
        By exchange, its sessions, and how many events have each as their day 0.
    reported : sequence of Window
        The days from the first of any to the last of any count.
    """
    ends = min(window.start for window in reported), max(window.end for window in reported)
    dates = [
        [sessions[np.clip(np.flatnonzero(count) + end, 0, len(sessions) - 1)].astype("datetime64[D]") for end in ends]
        for sessions, count in counts
    ]
    if not dates:
        return []
    origin = min(first.min() for first, _ in dates)
    start, end = (np.concatenate([each[side] for each in dates]).astype(np.int64) for side in (0, 1))
    start, end = start - origin.astype(np.int64), end - origin.astype(np.int64)
    events, days = np.concatenate([count[count > 0] for _, count in counts]), int(end.max()) + 1
    begun, ended = (np.cumsum(np.bincount(each, events, days)) for each in (start, end))
    # Those that began by its end, less those that were over before its start: itself among them.
    crowded = begun[end] - np.where(start > 0, ended[np.maximum(start - 1, 0)], 0) > 1
    found = []
    for (_, count), of in zip(
        counts, np.split(crowded, np.cumsum([len(first) for first, _ in dates])[:-1]), strict=True
    ):
        whole = np.zeros(len(count), dtype=bool)
        whole[count > 0] = of
        found.append(whole)
    return found
