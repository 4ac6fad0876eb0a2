"""The move that options had priced before an announcement, and whether the move that came lay inside it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from eventstudy.errors import InputError

__all__ = ["Implied", "implied_of", "jump_from_straddle", "jump_from_terms"]

# E|J| of a normal jump is so much of its standard deviation.
MEAN_ABSOLUTE = math.sqrt(2 / math.pi)


@dataclass(frozen=True, slots=True)
class Implied:
    """A move that options had priced, in both ways of saying it.

    Parameters
    ----------
    sigma : float
        Standard deviation of the jump, a decimal.

    Notes
    -----
    ``E|J| = sqrt(2 / pi) sigma_J = 0.798 sigma_J`` (METHODS 6.5). Risk-neutral figures carry a premium, so that moves
    are smaller than E|J| on average.

    Examples
    --------
    >>> priced = Implied.from_expected(0.08)
    >>> round(priced.sigma, 4), round(priced.ratio(-0.10), 3), round(priced.z(-0.10), 3), priced.inside(-0.10)
    (0.1003, 1.25, -0.997, False)
    """

    sigma: float

    def __post_init__(self) -> None:
        if not self.sigma > 0:
            raise InputError(f"An implied move has a standard deviation of {self.sigma:g}; more than 0 was expected.")

    @classmethod
    def from_expected(cls, expected: float) -> Implied:
        """Return it from E|J|, what screens call the expected move."""
        return cls(expected / MEAN_ABSOLUTE)

    @property
    def expected(self) -> float:
        """E|J|, a decimal."""
        return MEAN_ABSOLUTE * self.sigma

    def ratio(self, move: float) -> float:
        """Return the size of a move over E|J|."""
        return abs(move) / self.expected

    def z(self, move: float) -> float:
        """Return a move over sigma_J, which is what a test looks at."""
        return move / self.sigma

    def inside(self, move: float) -> bool:
        """Return whether a move was at most E|J| in size."""
        return bool(abs(move) <= self.expected)


def jump_from_terms(near: float, near_years: float, far: float, far_years: float) -> float:
    """Return sigma_J from the implied volatilities of two expiries after the event, NaN where they show no jump.

    Parameters
    ----------
    near, far : float
        Annual volatilities, decimals.
    near_years, far_years : float
        Years to the expiries, ``near_years < far_years``.

    Notes
    -----
    ``sigma_J^2 = (IV_1^2 - IV_2^2) / (1/T_1 - 1/T_2)`` (Dubinsky, Johannes, Kaeck and Seeger 2019; METHODS 6.5).

    Examples
    --------
    >>> round(jump_from_terms(0.9, 5 / 252, 0.6, 26 / 252), 4)
    0.1051
    """
    if not 0 < near_years < far_years:
        raise InputError(f"Expiries {near_years:g} and {far_years:g} years away; 0 < near < far was expected.")
    square = (near**2 - far**2) / (1 / near_years - 1 / far_years)
    return math.sqrt(square) if square > 0 else math.nan


def jump_from_straddle(price: float, years: float, volatility: float) -> float:
    """Return sigma_J from an at-the-money straddle, NaN where it shows no jump.

    Parameters
    ----------
    price : float
        Price of the straddle over that of the share.
    years : float
        Years to its expiry.
    volatility : float
        Annual volatility without the event; what the days after it add to the straddle is taken out.

    Notes
    -----
    ``sigma_J^2 = (straddle / S)^2 pi / 2 - sigma^2 T`` (METHODS 6.5).

    Examples
    --------
    >>> round(jump_from_straddle(0.08, 2 / 252, 0.35), 4)
    0.0953
    """
    square = price**2 * math.pi / 2 - volatility**2 * years
    return math.sqrt(square) if square > 0 else math.nan


def implied_of(values: Mapping[str, float]) -> Implied | None:
    """Return the implied move that an event's values hold, None where they hold none.

    Parameters
    ----------
    values : mapping of str to float
        ``implied_move`` is E|J|; ``implied_sigma`` is sigma_J; ``implied_near``, ``implied_near_years``,
        ``implied_far`` and ``implied_far_years`` are those of `jump_from_terms`; ``straddle``, ``straddle_years`` and
        ``base_volatility`` those of `jump_from_straddle`. The first that is there counts.

    Raises
    ------
    InputError
        For an implied move of 0 or less.
    """
    known = {name: value for name, value in values.items() if not math.isnan(value)}
    if "implied_move" in known:
        return Implied.from_expected(known["implied_move"])
    if "implied_sigma" in known:
        return Implied(known["implied_sigma"])
    for names, jump in (
        (("implied_near", "implied_near_years", "implied_far", "implied_far_years"), jump_from_terms),
        (("straddle", "straddle_years", "base_volatility"), jump_from_straddle),
    ):
        if all(name in known for name in names):
            sigma = jump(*(known[name] for name in names))
            return None if math.isnan(sigma) else Implied(sigma)
    return None
