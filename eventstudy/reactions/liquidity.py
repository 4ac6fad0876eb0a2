"""How far a price made outside the regular session may be trusted: prints, age, volume, spread, and a grade."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from eventstudy.errors import InputError

__all__ = ["Grade", "Liquidity", "Prints"]


class Grade(StrEnum):
    """What stands behind a price."""

    OFFICIAL = "official"
    """The regular session's own figure, as traded."""
    ADJUSTED = "adjusted"
    """The same, back-adjusted: the move is right, the level was never traded."""
    RETURNS = "returns"
    """No price at all, a return."""
    QUOTED = "quoted"
    """Somebody's words; no print of ours."""
    REGULAR = "regular"
    """Read off the bars of the regular session."""
    A = "A"
    """Extended hours: prints, age, volume and notional are all sufficient."""
    B = "B"
    """Extended hours: one of them is not, or the volume is unknown."""
    C = "C"
    """Extended hours: prints only."""
    NONE = "none"
    """Extended hours without a print; the price before stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prints:
    """What traded in one part of the day up to the moment at which a price was read.

    Parameters
    ----------
    count : int
        Bars with a price; each holds one trade or more.
    age : float
        Minutes from the end of the last of them to the moment, NaN without any.
    volume, notional : float
        Shares, and shares times price; NaN where unknown. A vendor's zero beside a price is unknown, not thin.
    usual : float
        Mean volume of the regular session over the 20 sessions before, NaN where unknown.
    spread : float
        Quoted bid-ask spread over the midpoint, NaN without quotes.
    """

    count: int
    age: float = math.nan
    volume: float = math.nan
    notional: float = math.nan
    usual: float = math.nan
    spread: float = math.nan

    @property
    def words(self) -> str:
        """What traded, in words."""
        if not self.count:
            return "no print"
        volume = "volume unknown" if math.isnan(self.volume) else f"{self.volume:,.0f} shares"
        bars = f"{self.count} bar{'' if self.count == 1 else 's'} with a print"
        return f"{bars}, the last {self.age:.0f} minutes old, {volume}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Liquidity:
    """From which figures on a price of the extended hours is usable (METHODS 6.3).

    Parameters
    ----------
    fewest : int
        Bars with a print.
    shares, share_of_usual : float
        Volume: so many shares, and so much of a usual day's.
    notional : float
        Currency of the listing.
    oldest : float
        Minutes since the last print; a benchmark's print that is older is none.
    widest : float
        Relative spread, where quotes are known.
    trust_volume : bool
        Whether the volume means anything; one venue's share of it does not.

    Notes
    -----
    Grade A meets every condition, B all but one, C has a print. Volume and notional that are unknown count together as
    one condition that is not met; a spread that is unknown is not asked for.

    Examples
    --------
    >>> rule = Liquidity()
    >>> str(rule.grade(Prints(count=12, age=0, volume=90_000, notional=2e6, usual=1e7)))
    'A'
    >>> [str(rule.grade(prints)) for prints in (Prints(count=12, age=0), Prints(count=1, age=40), Prints(count=0))]
    ['B', 'C', 'none']
    """

    fewest: int = 5
    shares: float = 1000.0
    share_of_usual: float = 0.0005
    notional: float = 50_000.0
    oldest: float = 15.0
    widest: float = 0.02
    trust_volume: bool = True

    def __post_init__(self) -> None:
        if min(self.fewest, self.shares, self.share_of_usual, self.notional, self.oldest, self.widest) < 0:
            raise InputError("liquidity: a threshold is negative; 0 or more was expected.")

    def grade(self, prints: Prints) -> Grade:
        """Return the grade of a price, from what traded up to it."""
        if prints.count == 0:
            return Grade.NONE
        met = [prints.count >= self.fewest, prints.age <= self.oldest]
        if math.isnan(prints.volume) or not self.trust_volume:
            met.append(False)
        else:
            usual = 0.0 if math.isnan(prints.usual) else prints.usual
            met += [prints.volume >= max(self.shares, self.share_of_usual * usual), prints.notional >= self.notional]
        if not math.isnan(prints.spread):
            met.append(prints.spread <= self.widest)
        return (Grade.A, Grade.B, Grade.C)[min(met.count(False), 2)]
