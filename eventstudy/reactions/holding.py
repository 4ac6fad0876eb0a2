"""Did it hold: what was kept of an early move, over one reaction and over many, and when the price was discovered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from eventstudy._typing import Floats
from eventstudy.distributions import student_quantile
from eventstudy.errors import InputError, Reason
from eventstudy.reactions.record import Reaction, Rung

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Contribution", "Held", "held", "kept", "kept_frame", "price_contributions", "share_contributed"]

CONFIDENCE = 0.95
# A share of an early move smaller than this says nothing.
SMALLEST = 0.01
LATER = ("open", "close", "d5")


def kept(reaction: Reaction, early: str = "premarket", later: Sequence[str] = LATER) -> dict[str, float]:
    """Return which share of an early move was left at later rungs, all from the base price.

    Parameters
    ----------
    reaction : Reaction
        What was measured.
    early : str
        A rung; ``premarket`` falls back on a quoted move.
    later : sequence of str
        Later rungs.

    Returns
    -------
    dict of str to float
        ``raw_later / raw_early``: 1 all of it, below 0 its opposite, NaN for an early move below 1% or unknown.

    Examples
    --------
    >>> from eventstudy.datasets import load_alibaba
    >>> from eventstudy.events import place
    >>> from eventstudy.reactions import measure_reactions
    >>> sample = load_alibaba()
    >>> february = measure_reactions(sample.events, place(sample.events), sample.prices)[3]
    >>> {rung: round(share, 2) for rung, share in kept(february).items()}
    {'open': 0.87, 'close': 0.74, 'd5': 0.78}
    """
    first = _rung(reaction, early)
    base = first.raw if first is not None and abs(first.raw) >= SMALLEST else np.nan
    last = {name: _rung(reaction, name) for name in later}
    return {name: np.nan if rung is None else rung.raw / base for name, rung in last.items()}


def kept_frame(reactions: Iterable[Reaction], early: str = "premarket", later: Sequence[str] = LATER) -> pd.DataFrame:
    """Return `kept` of many reactions: one row each, ``event_id``, the early move, a column a later rung."""
    import pandas as pd

    rows = []
    for each in reactions:
        first = _rung(each, early)
        move = np.nan if first is None else first.raw
        rows.append(
            {"event_id": each.event_id, early: move} | {f"left_at_{k}": v for k, v in kept(each, early, later).items()}
        )
    return pd.DataFrame(rows, columns=["event_id", early, *(f"left_at_{name}" for name in later)])


def _rung(reaction: Reaction, name: str) -> Rung | None:
    """Return a rung that was printed or quoted, None without one."""
    found = {move.leg: move for move in reaction.rungs if move.printed}
    return found.get(name) or (found.get("premarket_quote") if name == "premarket" else None)


@dataclass(frozen=True, slots=True)
class Held:
    """Continuation or reversal of an early move, over many events; all of log moves.

    Parameters
    ----------
    n : int
        Events with both moves.
    share : float
        ``sum sign(x) y / sum |x|``: of all early moves together, the share left at the later rung; NaN without any.
    share_low, share_high : float
        Its 95% interval, by the bootstrap over events.
    slope : float
        Of the later total on the early move: 1 unbiased, below 1 the early price overshot, above 1 it fell short.
    slope_error, slope_low, slope_high : float
        Its standard error (HC3) and 95% interval, t(n - 2).
    continued : float
        Share of events in which the price moved on in the direction of the early move.
    continued_low, continued_high : float
        Its 95% interval (Wilson 1927).
    reason : Reason
        Why figures are missing, ``ok`` where none are.
    """

    n: int
    share: float
    share_low: float
    share_high: float
    slope: float
    slope_error: float
    slope_low: float
    slope_high: float
    continued: float
    continued_low: float
    continued_high: float
    reason: Reason = Reason.OK


def held(
    reactions: Iterable[Reaction], early: str = "premarket", later: str = "close", *, draws: int = 2000, seed: int = 0
) -> Held:
    """Return how an early move held until a later rung, over many events.

    Parameters
    ----------
    reactions : iterable of Reaction
        Those without a price of their own at either rung are left out.
    early, later : str
        Two rungs.
    draws, seed : int
        Bootstrap draws of events, and what they begin from.

    Notes
    -----
    Barclay and Warner (1993) and METHODS 6.4: a share of a single event is undefined near a move of 0, sums and the
    regression are not.

    Raises
    ------
    InputError
        If the two rungs are one.
    """
    if early == later:
        raise InputError(f"What was left of {early!r} at {later!r} is all of it; name a later rung.")
    pairs = [(_rung(each, early), _rung(each, later)) for each in reactions]
    both = np.array([(a.raw_log, b.raw_log) for a, b in pairs if a is not None and b is not None]).reshape(-1, 2)
    x, y = both[:, 0], both[:, 1]
    n = len(x)
    if n < 3 or float(np.ptp(x)) == 0.0:
        nan = float("nan")
        why = Reason.NEEDS_THREE_EVENTS if n < 3 else Reason.NO_DISPERSION
        return Held(n, nan, nan, nan, nan, nan, nan, nan, nan, nan, nan, why)
    low, high = _bootstrapped(np.sign(x) * y, np.abs(x), draws, seed)
    slope, error = _slope(x, y)
    reach = float(student_quantile(0.5 + CONFIDENCE / 2, n - 2)) * error
    moved = int((np.sign(y - x) * np.sign(x) > 0).sum())
    continued = _wilson(moved, n)
    return Held(
        n=n,
        share=float((np.sign(x) * y).sum() / np.abs(x).sum()),
        share_low=low,
        share_high=high,
        slope=slope,
        slope_error=error,
        slope_low=slope - reach,
        slope_high=slope + reach,
        continued=moved / n,
        continued_low=continued[0],
        continued_high=continued[1],
    )


def _bootstrapped(over: Floats, under: Floats, draws: int, seed: int) -> tuple[float, float]:
    """Return the 95% percentile interval of ``sum over / sum under`` over draws of events."""
    drawn = np.random.default_rng(seed).integers(0, len(over), size=(draws, len(over)))
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = over[drawn].sum(axis=1) / under[drawn].sum(axis=1)
    low, high = np.nanquantile(ratio, [0.5 - CONFIDENCE / 2, 0.5 + CONFIDENCE / 2])
    return float(low), float(high)


def _slope(x: Floats, y: Floats) -> tuple[float, float]:
    """Return the slope of y on x with an intercept, and its HC3 standard error."""
    centred = x - x.mean()
    square = float(centred @ centred)
    slope = float(centred @ y) / square
    residual = y - y.mean() - slope * centred
    leverage = 1 / len(x) + centred**2 / square
    room = np.maximum(1 - leverage, 1e-12)
    return slope, float(np.sqrt(((centred * residual / room) ** 2).sum()) / square)


def _wilson(successes: int, n: int) -> tuple[float, float]:
    z = 1.959963984540054
    share = successes / n
    middle = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    reach = z / (1 + z**2 / n) * (share * (1 - share) / n + z**2 / (4 * n**2)) ** 0.5
    return middle - reach, middle + reach


@dataclass(frozen=True, slots=True)
class Contribution:
    """How much of the whole move one leg made, over many events.

    Parameters
    ----------
    leg : str
        The leg.
    n, n_printed : int
        Events, and those in which the leg had a price of its own.
    share : float
        Weighted price contribution; those of all legs add up to 1.
    low, high : float
        Its 95% interval, by the bootstrap over events.
    std_error : float
        By the jackknife over events.
    slope, slope_error : float
        Of the whole log move on the leg's, with its HC3 standard error; NaN where the leg never moved.
    """

    leg: str
    n: int
    n_printed: int
    share: float
    low: float
    high: float
    std_error: float
    slope: float
    slope_error: float


def share_contributed(leg: Floats, total: Floats) -> float:
    """Return the weighted price contribution of a leg.

    Parameters
    ----------
    leg, total : ndarray of shape (n,)
        Log moves of the leg and of the whole.

    Notes
    -----
    ``WPC = sum_i (|r_i| / sum |r|) (leg_i / r_i) = sum sign(r_i) leg_i / sum |r_i|`` (Barclay and Warner 1993); an
    event that did not move at all weighs nothing.

    Examples
    --------
    >>> share_contributed(np.array([0.03, -0.01]), np.array([0.04, -0.04]))
    0.5
    """
    whole = float(np.abs(total).sum())
    return float((np.sign(total) * leg).sum()) / whole if whole > 0 else float("nan")


def price_contributions(
    reactions: Sequence[Reaction],
    legs: Sequence[str] | None = None,
    total: str = "close",
    *,
    draws: int = 2000,
    seed: int = 0,
) -> tuple[Contribution, ...]:
    """Return when the price was discovered: the weighted contribution of each leg to the move to the close.

    Parameters
    ----------
    reactions : sequence of Reaction
        Those with every leg and the total count.
    legs : sequence of str, optional
        Legs that add up to the total; of reactions with bars ``after_hours``, ``premarket``, ``open_gap`` and
        ``session``, otherwise ``gap`` and ``session``.
    total : str
        The rung that they add up to.
    draws, seed : int
        Bootstrap draws of events, and what they begin from.

    Examples
    --------
    >>> from eventstudy.datasets import load_alibaba
    >>> from eventstudy.events import place
    >>> from eventstudy.reactions import measure_reactions
    >>> sample = load_alibaba()
    >>> measured = measure_reactions(sample.events, place(sample.events), sample.prices)
    >>> [(each.leg, round(each.share, 2)) for each in price_contributions(measured)]
    [('gap', 0.75), ('session', 0.25)]
    """
    barred = [each for each in reactions if each.has_bars]
    counted = barred if barred and legs is None else list(reactions)
    names = legs or (("after_hours", "premarket", "open_gap", "session") if barred else ("gap", "session"))
    found = [{name: each.leg(name) for name in names} | {"": each.rung(total)} for each in counted]
    rows = [row for row in found if not any(np.isnan(move.raw_log) for move in row.values())]
    whole = np.array([row[""].raw_log for row in rows])
    return tuple(_contribution(name, rows, whole, draws, seed) for name in names)


def _contribution(name: str, rows: Sequence[Mapping[str, Rung]], whole: Floats, draws: int, seed: int) -> Contribution:
    own = np.array([row[name].raw_log for row in rows])
    n = len(own)
    low = high = error = slope = slope_error = float("nan")
    if n >= 2 and np.abs(whole).sum() > 0:
        low, high = _bootstrapped(np.sign(whole) * own, np.abs(whole), draws, seed)
        without = np.array([share_contributed(np.delete(own, i), np.delete(whole, i)) for i in range(n)])
        error = float(np.sqrt((n - 1) / n * ((without - without.mean()) ** 2).sum()))
    if n >= 3 and np.ptp(own) > 0:
        slope, slope_error = _slope(own, whole)
    printed = sum(row[name].printed for row in rows)
    return Contribution(name, n, printed, share_contributed(own, whole), low, high, error, slope, slope_error)
