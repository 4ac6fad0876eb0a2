"""The steps of a ladder.

A step is a move between two prices; a further price, such as one after hours, is a further step.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from eventstudy._typing import Floats
from eventstudy.panels import Basis
from eventstudy.reactions.liquidity import Grade
from eventstudy.reactions.record import Kind

__all__ = ["GRADES", "LAST_EVENTS", "QUOTED", "Step", "is_later", "ladder_steps", "log_of"]

GRADES = {Basis.UNADJUSTED: Grade.OFFICIAL, Basis.ADJUSTED: Grade.ADJUSTED, Basis.RETURNS: Grade.RETURNS}

# Own events that a move is compared with: METHODS 6.4 has 8 to 20 quarters.
LAST_EVENTS = 20


@dataclass(frozen=True, slots=True)
class Step:
    """One move of the ladder.

    Parameters
    ----------
    leg : str
        Its name.
    kind : Kind
        From the base, or from the rung before.
    growth : str
        Which of `Moves.growth` it is, and what it is compared with.
    start, end : (int, str)
        Day relative to day 0, and price of that day; ``base`` is the converted close before day 0.
    """

    leg: str
    kind: Kind
    growth: str
    start: tuple[int, str]
    end: tuple[int, str]

    @property
    def at(self) -> int:
        """Day at which `growth` is read."""
        return self.end[0] if self.growth == "day" else 0

    @property
    def source(self) -> Literal["measured", "quoted"]:
        """Where its price comes from: the price table, or the event."""
        return "quoted" if self.end[1] == "premarket" else "measured"

    @property
    def length(self) -> int:
        """Sessions that the move spans."""
        return self.end[0] - self.at + 1


QUOTED = Step("premarket", Kind.RUNG, "premarket", (-1, "base"), (0, "premarket"))
"""The move to a price that somebody quoted before the open."""


def ladder_steps(days: int) -> tuple[Step, ...]:
    """Return the steps that daily prices can measure, followed over `days` sessions after day 0."""
    base, later = (-1, "base"), range(1, days + 1)
    return (
        *(Step(name, Kind.RUNG, name, base, (0, name)) for name in ("open", "high", "low", "close")),
        *(Step(f"d{day}", Kind.RUNG, f"d{day}", base, (day, "close")) for day in later),
        Step("gap", Kind.LEG, "open", base, (0, "open")),
        Step("session", Kind.LEG, "session", (0, "open"), (0, "close")),
        *(Step(f"d{day}", Kind.LEG, "day", (day - 1, "close"), (day, "close")) for day in later),
    )


def is_later(leg: str) -> bool:
    """Return whether a move ends on a day after day 0.

    Examples
    --------
    >>> is_later("d1"), is_later("day")
    (True, False)
    """
    return leg[:1] == "d" and leg[1:].isdigit()


def log_of(growth: Floats) -> Floats:
    """Return the logs of gross moves, NaN where one is missing, minus infinity for a price of zero.

    NumPy's own log has other last digits on other processors, and these are written out.
    """
    logs = np.where(np.isnan(growth), np.nan, -np.inf)
    positive = growth > 0
    logs[positive] = [math.log(each) for each in growth[positive].tolist()]
    return logs
