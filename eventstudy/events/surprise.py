"""How far a reported figure lay from what was expected."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from eventstudy._typing import Floats, Labels
from eventstudy.errors import InputError, UnknownNameError
from eventstudy.events.table import Events

__all__ = ["Surprise", "relative_surprise", "surprise_sign", "with_surprise"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Surprise:
    """Which values of the events are the actual and the expected figure.

    Parameters
    ----------
    actual, estimate : str
        Names of two values of the events.
    tolerance : float
        A surprise no larger than this, as a decimal, counts as in line.
    """

    actual: str
    estimate: str
    tolerance: float = 0.0

    def __post_init__(self) -> None:
        if not self.tolerance >= 0:
            raise InputError(f"surprise: tolerance is {self.tolerance}; it can't be negative.")


def relative_surprise(actual: Floats, estimate: Floats) -> Floats:
    """Return ``(actual - estimate) / |estimate|``, a decimal.

    Parameters
    ----------
    actual, estimate : ndarray of shape (E,)
        The figure reported and the one expected, in one unit.

    Returns
    -------
    ndarray of shape (E,)
        NaN where either is missing or the estimate is zero.

    Examples
    --------
    >>> relative_surprise(np.array([48.95]), np.array([40.6])).round(4)
    array([0.2057])
    """
    scale = np.where(estimate == 0, np.nan, np.abs(estimate))
    return (actual - estimate) / scale


def surprise_sign(surprise: Floats, tolerance: float = 0.0) -> Labels:
    """Return beat, inline, miss or unknown for each surprise.

    Parameters
    ----------
    surprise : ndarray of shape (E,)
        Decimals, NaN where unknown.
    tolerance : float
        Half-width of what counts as in line.
    """
    return np.select(
        [surprise > tolerance, surprise < -tolerance, ~np.isnan(surprise)],
        ["beat", "miss", "inline"],
        default="unknown",
    ).astype(object)


def with_surprise(events: Events, rule: Surprise) -> Events:
    """Return the events with the value ``surprise`` and the group ``surprise_sign``."""
    for name in (rule.actual, rule.estimate):
        if name not in events.values:
            raise UnknownNameError("value of the events", name, events.values)
    surprise = relative_surprise(events.values[rule.actual], events.values[rule.estimate])
    return events.with_columns(
        values={"surprise": surprise}, groups={"surprise_sign": surprise_sign(surprise, rule.tolerance)}
    )
