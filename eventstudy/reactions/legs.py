"""A leg of the day as what is measured: one return a session and symbol, read off the bars."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import numpy as np

from eventstudy._typing import Floats
from eventstudy.bars import BarPanel
from eventstudy.errors import InputError, UnknownNameError
from eventstudy.panels import PricePanel, ReturnPanel
from eventstudy.reactions.barmoves import BarMoves, bar_moves_of
from eventstudy.reactions.clock import Clock
from eventstudy.returns import LEG

__all__ = ["Leg", "leg_returns"]

# In the order of time; first_<n> comes between the open and the close.
_POINTS = ("previous_close", "after_hours", "premarket", "open", "close")
_FIRST = re.compile(r"first_([1-9]\d{0,2})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """A part of the day as what a study measures, from one price of the bars to a later one (METHODS 6.1).

    The prices are, in order, ``previous_close``; ``after_hours``, the last one of the evening before;
    ``premarket``, the last one by the cutoff of the `Clock`; ``open``; ``first_30``, the last one by so many minutes
    after the open; ``close``.

    Parameters
    ----------
    start : str
        Where the leg begins; where nothing was printed there, at the price before it.
    end : str
        Where it ends; without a print there the session has no return.

    Raises
    ------
    InputError
        For a price that there is not, or a leg that does not run forward.

    Examples
    --------
    >>> Leg(start="open", end="first_30").name
    'open_to_first_30'
    """

    start: str = "previous_close"
    end: str = "premarket"

    def __post_init__(self) -> None:
        if _order(self.start) >= _order(self.end):
            raise InputError(
                f"returns: a leg from {self.start} to {self.end} does not run forward; the prices of a day are, in "
                f"order, previous_close, after_hours, premarket, open, first_<minutes>, close."
            )

    @property
    def name(self) -> str:
        """Both ends in a word."""
        return f"{self.start}_to_{self.end}"

    @property
    def opening(self) -> tuple[int, ...]:
        """Minutes after the open that the leg asks for."""
        found = (_FIRST.fullmatch(each) for each in (self.start, self.end))
        return tuple(int(each[1]) for each in found if each)


def _order(point: str) -> tuple[int, int]:
    """Return where a price stands among the prices of a day."""
    if found := _FIRST.fullmatch(point):
        return _POINTS.index("open"), int(found[1])
    if point not in _POINTS:
        raise UnknownNameError("price of a leg", point, (*_POINTS, "first_30"))
    return _POINTS.index(point), 0


def leg_returns(prices: PricePanel, bars: BarPanel, leg: Leg, clock: Clock | None = None) -> ReturnPanel:
    """Make the panel of a leg's returns, for firm and benchmark alike.

    Parameters
    ----------
    prices : PricePanel
        Daily prices: the two closes, splits and dividends, and the open where they have one.
    bars : BarPanel
        Bars of the same symbols; a symbol without any has no return.
    leg : Leg
        From which price to which.
    clock : Clock, optional
        For the cutoff of the premarket.

    Returns
    -------
    ReturnPanel
        ``P_end / P_start - 1``, decimals per session over the listing of the prices, both prices on the basis of the
        session (METHODS 1.1). NaN where nothing was printed at the end of the leg, where a daily price is missing, and
        for symbols that come as returns alone.

    Raises
    ------
    InputError
        If the bars have none of the symbols, are too long for the minutes asked for, or lie on another calendar.

    Notes
    -----
    Each symbol's own last print by the same moment counts. A benchmark that trades all morning is at the cutoff where a
    thin stock may be an hour behind it (METHODS 6.2).
    """
    shared = [symbol for symbol in prices.symbols if symbol in bars]
    if not shared:
        raise InputError(f"The bars have no symbol of the prices, so there is no leg {leg.name}.")
    if too_short := [each for each in leg.opening if 60 * each < bars.interval]:
        raise InputError(f"Bars of {bars.interval} seconds don't tell the price {too_short[0]} minutes after the open.")
    clock = replace(clock or Clock(), opening=tuple(sorted(leg.opening)))
    values = np.full(int(prices.listing.offsets[-1]), np.nan)
    for symbol in shared:
        moves = bar_moves_of(prices.series(symbol), bars.series(symbol), 0, clock)
        if moves is not None:
            values[prices.listing.span(symbol)] = _growth(moves, leg.end) / _standing(moves, leg.start) - 1.0
    return ReturnPanel(prices.listing, values, LEG)


def _growth(moves: BarMoves, point: str) -> Floats:
    """Return the gross move from the close before to a price, shape (n,), NaN where nothing was printed."""
    if point == "previous_close":
        return np.where(np.isnan(moves.moves.base), np.nan, 1.0)
    if point in ("open", "close"):
        return moves.moves.growth[point]
    return moves.marks[point].growth


def _standing(moves: BarMoves, point: str) -> Floats:
    """Return the same, at the price before it where nothing was printed in extended hours."""
    growth = _growth(moves, point)
    if point not in ("after_hours", "premarket"):
        return growth
    before = _standing(moves, _POINTS[_POINTS.index(point) - 1])
    return np.where(np.isnan(growth), before, growth)
