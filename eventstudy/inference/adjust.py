"""Many questions at once: p-values that stay honest when a whole table is read."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from eventstudy._typing import Bools, Floats, Ints
from eventstudy.distributions import PValues, resampling_p_values
from eventstudy.errors import UnknownNameError
from eventstudy.inference.resampling import clustered, pairs_draws, statistics, wild_draws

__all__ = [
    "ADJUSTMENTS",
    "JointTests",
    "adjust",
    "adjust_families",
    "benjamini_hochberg",
    "benjamini_yekutieli",
    "holm",
    "romano_wolf",
    "step_down",
]

SCHEMES = ("pairs", "wild")
# Of ten clusters, a draw with replacement holds one alone in one of a thousand draws at most.
FEWEST_CLUSTERS = 10


def holm(p_values: Floats) -> Floats:
    """Return Holm's step-down p-values: the chance of any false rejection is held, under any dependence.

    Parameters
    ----------
    p_values : ndarray of shape (..., S)
        Without missing values; each row is a family.

    Notes
    -----
    ``max over j <= k of (S - j + 1) p_(j)`` (Holm 1979).

    Examples
    --------
    >>> holm(np.array([0.01, 0.04, 0.03])).round(3).tolist()
    [0.03, 0.06, 0.06]
    """
    order, rising, count = _rising(p_values)
    stepped = np.maximum.accumulate(rising * (count - np.arange(count)), axis=-1)
    return _back(np.minimum(stepped, 1.0), order)


def benjamini_hochberg(p_values: Floats) -> Floats:
    """Return step-up p-values that hold the share of false rejections, for independent or positively dependent tests.

    Parameters
    ----------
    p_values : ndarray of shape (..., S)
        Without missing values; each row is a family.

    Notes
    -----
    ``min over j >= k of S p_(j) / j`` (Benjamini and Hochberg 1995).
    """
    order, rising, count = _rising(p_values)
    return _stepped_up(rising * count / np.arange(1, count + 1), order)


def benjamini_yekutieli(p_values: Floats) -> Floats:
    """Return Benjamini and Hochberg's p-values times ``sum 1/j``, good under any dependence (2001)."""
    order, rising, count = _rising(p_values)
    harmonic = float((1.0 / np.arange(1, count + 1)).sum())
    return _stepped_up(rising * count * harmonic / np.arange(1, count + 1), order)


def _rising(p_values: Floats) -> tuple[Ints, Floats, int]:
    order = np.argsort(p_values, axis=-1, kind="stable")
    return order, np.take_along_axis(p_values, order, axis=-1), p_values.shape[-1]


def _stepped_up(scaled: Floats, order: Ints) -> Floats:
    stepped = np.minimum.accumulate(scaled[..., ::-1], axis=-1)[..., ::-1]
    return _back(np.minimum(stepped, 1.0), order)


def _back(stepped: Floats, order: Ints) -> Floats:
    found = np.empty_like(stepped)
    np.put_along_axis(found, order, stepped, axis=-1)
    return found


ADJUSTMENTS: Mapping[str, Callable[[Floats], Floats]] = MappingProxyType(
    {"holm": holm, "benjamini_hochberg": benjamini_hochberg, "benjamini_yekutieli": benjamini_yekutieli}
)
"""By name, what adjusts the p-values of a family."""


def adjust(p_values: Floats, method: str = "holm") -> Floats:
    """Return the adjusted p-values of one family; a missing one stays missing and does not count.

    Parameters
    ----------
    p_values : ndarray of shape (S,)
        NaN where a test could not be computed.
    method : str
        A key of `ADJUSTMENTS`.

    Examples
    --------
    >>> adjust(np.array([0.01, np.nan, 0.04])).tolist()
    [0.02, nan, 0.04]
    """
    if method not in ADJUSTMENTS:
        raise UnknownNameError("adjustment", method, ADJUSTMENTS)
    known = ~np.isnan(p_values)
    adjusted = np.full(len(p_values), np.nan)
    adjusted[known] = ADJUSTMENTS[method](p_values[known])
    return adjusted


def adjust_families(p_values: Floats, families: Sequence[Hashable], method: str = "holm") -> Floats:
    """Return the adjusted p-values of many families at once.

    Parameters
    ----------
    p_values : ndarray of shape (S,)
        NaN where missing.
    families : sequence
        Which family each belongs to.
    method : str
        A key of `ADJUSTMENTS`, or ``"none"``.
    """
    adjusted = np.full(len(p_values), np.nan)
    if method == "none":
        return adjusted
    if method not in ADJUSTMENTS:
        raise UnknownNameError("adjustment", method, ADJUSTMENTS)
    places: dict[Hashable, list[int]] = {}
    for place in np.flatnonzero(~np.isnan(p_values)).tolist():
        places.setdefault(families[place], []).append(place)
    # Families of one size are adjusted together.
    sizes: dict[int, list[list[int]]] = {}
    for held in places.values():
        sizes.setdefault(len(held), []).append(held)
    for alike in sizes.values():
        members = np.array(alike)
        adjusted[members] = ADJUSTMENTS[method](p_values[members])
    return adjusted


def romano_wolf(t: Floats, draws: Floats, *, exact: bool = False) -> Floats:
    """Return step-down p-values from draws of all statistics at once.

    Parameters
    ----------
    t : ndarray of shape (S,)
        Statistics of S hypotheses.
    draws : ndarray of shape (B, S)
        The same under the null, each row from one draw of the data.
    exact : bool
        Whether the draws are all patterns there are, the observed one among them.

    Notes
    -----
    With ``|t|`` in falling order, ``p_(k) = (1 + #{max over hypotheses k..S of |t*| >= |t_(k)|}) / (B + 1)``, or
    ``# / B`` where the draws are `exact`, made monotone (Romano and Wolf 2005, 2016). Dependence between the
    hypotheses is in the draws, which is why it is
    sharper than Holm's bound.
    """
    order = np.argsort(-np.abs(t), kind="stable")
    largest = np.maximum.accumulate(np.abs(draws[:, order])[:, ::-1], axis=1)[:, ::-1]
    size = np.abs(t[order])
    exceeded = (largest >= size - 1e-10 * np.maximum(1.0, size)).sum(axis=0)
    share = exceeded / len(draws) if exact else (1 + exceeded) / (len(draws) + 1)
    return _back(np.maximum.accumulate(share), order)


@dataclass(frozen=True, slots=True, eq=False)
class JointTests:
    """The means of S columns tested at once; every array has shape (S,).

    Parameters
    ----------
    n : ndarray
        Values in each column.
    estimate, std_error, statistic : ndarray
        Mean, its standard error (robust to clusters), t.
    p : PValues
        Of each column alone, from the same draws.
    p_adjusted : ndarray
        Romano and Wolf's, two-sided. NaN, like `p`, where a column has too few clusters or no dispersion.
    tested : ndarray of bool
        Which columns were in the family.
    draws : int
        How many draws, or patterns, there were.
    exact : bool
        Whether these were all patterns of signs, so that p-values are no estimates.
    """

    n: Ints
    estimate: Floats
    std_error: Floats
    statistic: Floats
    p: PValues
    p_adjusted: Floats
    tested: Bools
    draws: int
    exact: bool = False

    @property
    def p_value(self) -> Floats:
        """The two-sided p-values."""
        return np.asarray(self.p.two_sided)


def step_down(x: Floats, cluster: Ints, draws: int, rng: np.random.Generator, *, scheme: str = "pairs") -> JointTests:
    """Test the means of many columns on common draws.

    Parameters
    ----------
    x : ndarray of shape (N, S)
        One column a hypothesis (a model, group and window), one row an event, NaN where it is not in it.
    cluster : ndarray of shape (N,)
        Codes 0 to G - 1 of what is drawn together.
    draws : int
        B.
    rng : Generator
        Where the draws come from.
    scheme : str
        ``"pairs"``: clusters drawn with replacement, for columns with ten clusters or more. ``"wild"``: signs of
        clusters, with the null imposed, for two or more; all patterns where there are no more of them than draws.
    """
    if scheme not in SCHEMES:
        raise UnknownNameError("scheme of draws", scheme, SCHEMES)
    held = clustered(x, cluster)
    estimate, error, t = statistics(held)
    fewest = FEWEST_CLUSTERS if scheme == "pairs" else 2
    tested = np.isfinite(t) & ((held.sizes > 0).sum(axis=0) >= fewest)
    p, p_adjusted = np.full((len(PValues._fields), len(t)), np.nan), np.full(len(t), np.nan)
    count, exact = 0, False
    if tested.any():
        family = clustered(x[:, tested], cluster)
        drawn = (pairs_draws if scheme == "pairs" else wild_draws)(family, draws, rng)
        count, exact = len(drawn.values), drawn.exact
        p[:, tested] = resampling_p_values(t[tested], drawn.values, exact=exact)
        p_adjusted[tested] = romano_wolf(t[tested], drawn.values, exact=exact)
    return JointTests(held.n.astype(np.int64), estimate, error, t, PValues(*p), p_adjusted, tested, count, exact)
