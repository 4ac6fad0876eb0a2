"""How far a reported figure lay from what was expected: the rule, and what it makes of the events.

The formulas stand in `eventstudy.events.expectation`; the quantiles in `eventstudy.events.quantiles`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from eventstudy._typing import Floats, Labels
from eventstudy.errors import InputError, UnknownNameError
from eventstudy.events.expectation import (
    quarter_number,
    relative_surprise,
    scaled_surprise,
    seasonal_surprise,
    surprise_sign,
)
from eventstudy.events.quantiles import BREAKPOINTS, point_in_time_quantiles
from eventstudy.events.table import RECORD_FIELDS, RESULT_FIELDS, Events

__all__ = ["Surprise", "relative_surprise", "surprise_sign", "with_surprise"]

METHODS = ("percent", "scaled", "seasonal")


@dataclass(frozen=True, slots=True, kw_only=True)
class Surprise:
    """Which values of the events are the actual and the expected figure, and how they are compared.

    Parameters
    ----------
    actual : str
        Name of the value that was reported: earnings per share, revenue, ...
    estimate : str, optional
        Name of the value that was expected; all methods but ``seasonal`` need it.
    tolerance : float
        A surprise no larger than this, in the unit of the method, counts as in line.
    method : {"percent", "scaled", "seasonal"}
        ``percent``: ``(A - F) / |F|``. ``scaled``: ``(A - F) / S`` with S the value named by `scale`. ``seasonal``:
        the standardized departure from a seasonal random walk (Foster, Olsen and Shevlin 1984).
    scale : str, optional
        Name of the value that scales: a price (Livnat and Mendenhall 2006) or the dispersion of the forecasts.
    period : str
        Group of the events with the last day of the fiscal quarter, for ``seasonal``.
    drift : bool
        Whether the seasonal random walk has a drift.
    quantiles : int, optional
        How many classes of equal size to sort surprises into, by break-points that were known at the time.
    breakpoints : {"previous_quarter", "expanding"}
        Whether break-points come from the calendar quarter before, or from all quarters before.
    name : str
        What the value is called; the groups are ``<name>_sign`` and ``<name>_quantile``.

    Examples
    --------
    >>> Surprise(actual="revenue_actual", estimate="revenue_estimate", tolerance=0.01, name="revenue_surprise").method
    'percent'
    """

    actual: str
    estimate: str | None = None
    tolerance: float = 0.0
    method: Literal["percent", "scaled", "seasonal"] = "percent"
    scale: str | None = None
    period: str = "period_end"
    drift: bool = True
    quantiles: int | None = None
    breakpoints: Literal["previous_quarter", "expanding"] = "previous_quarter"
    name: str = "surprise"

    def __post_init__(self) -> None:
        if not self.tolerance >= 0:
            raise InputError(f"surprise: tolerance is {self.tolerance}; it can't be negative.")
        if self.method not in METHODS:
            raise UnknownNameError("method of a surprise", self.method, METHODS)
        if self.breakpoints not in BREAKPOINTS:
            raise UnknownNameError("kind of break-points", self.breakpoints, BREAKPOINTS)
        if self.estimate is None and self.method != "seasonal":
            raise InputError(f"surprise: the method {self.method} needs estimate, the name of the expected value.")
        if self.scale is None and self.method == "scaled":
            raise InputError("surprise: the method scaled needs scale, the name of a price or of a dispersion.")
        if self.quantiles is not None and self.quantiles < 2:
            raise InputError(f"surprise: quantiles is {self.quantiles}; at least 2 were expected.")
        if self.name in ("", *RECORD_FIELDS, *RESULT_FIELDS, self.actual, self.estimate, self.scale):
            raise InputError(f"surprise: name is {self.name!r}; one that the events have for nothing else is needed.")


def with_surprise(events: Events, rule: Surprise | Sequence[Surprise]) -> Events:
    """Return the events with the value ``surprise`` and the groups ``surprise_sign`` and ``surprise_quantile``.

    The quantile is there only if the rule asks for it; an event that can't be classed is ``unknown``. Several rules,
    of earnings and revenue, say, each have a `name` of their own.

    Raises
    ------
    UnknownNameError
        For a value or a group that the events do not have.
    InputError
        For two rules of one name.
    """
    if not isinstance(rule, Surprise):
        check_names(rule)
        for each in rule:
            events = with_surprise(events, each)
        return events
    surprise = _surprise(events, rule)
    groups: dict[str, Labels] = {f"{rule.name}_sign": surprise_sign(surprise, rule.tolerance)}
    if rule.quantiles is not None:
        found = point_in_time_quantiles(surprise, events.date, rule.quantiles, breakpoints=rule.breakpoints)
        groups[f"{rule.name}_quantile"] = np.array([str(each) if each else "unknown" for each in found], dtype=object)
    return events.with_columns(values={rule.name: surprise}, groups=groups)


def check_names(rules: Sequence[Surprise]) -> None:
    """Raise `InputError` if two rules have one name."""
    names = [rule.name for rule in rules]
    for name in names:
        if names.count(name) > 1:
            raise InputError(f"surprise: two would be called {name!r}; give one of them a name of its own.")


def _surprise(events: Events, rule: Surprise) -> Floats:
    actual = events.value(rule.actual)
    if rule.method == "seasonal":
        if rule.period not in events.groups:
            raise UnknownNameError("group of the events", rule.period, events.groups)
        quarter = quarter_number(events.groups[rule.period])
        dates = events.date.astype("datetime64[s]")
        reported_at = np.where(np.isnat(events.announced_at), dates, events.announced_at)
        return seasonal_surprise(events.symbol, quarter, actual, reported_at=reported_at, drift=rule.drift)
    estimate = events.value(rule.estimate or "")
    if rule.method == "scaled":
        return scaled_surprise(actual, estimate, events.value(rule.scale or ""))
    return relative_surprise(actual, estimate)
