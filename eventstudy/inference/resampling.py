"""Resampling, as functions of arrays and a generator: sign flips, weights, redrawn clusters, permuted days.

A mean over events that share dates is a sum over clusters, so every scheme here works on the sums ``S_g`` and
sizes ``n_g`` of G clusters (of one event each where dates are apart) and on one t for all of them::

    t = m / sqrt( G/(G-1) sum_g (S_g - n_g m)^2 ) N

which is the cross-sectional t where every cluster is one event (METHODS 4.9, 4.12).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np

from eventstudy._typing import Floats, Ints
from eventstudy.distributions import TIE

__all__ = [
    "Clusters",
    "Draws",
    "bhar_draws",
    "clustered",
    "johnson_t",
    "pairs_draws",
    "permutation_draws",
    "residual_draws",
    "statistics",
    "wild_draws",
]

# Cells of a chunk of weights: 32 MB, so that memory does not grow with the draws.
CELLS = 1 << 22
# Differences of sums below this share of them are rounding.
ROUNDING = 1e-14
WEBB = np.array([-np.sqrt(1.5), -1.0, -np.sqrt(0.5), np.sqrt(0.5), 1.0, np.sqrt(1.5)])

Weights = Iterator[Floats]


@dataclass(frozen=True, slots=True, eq=False)
class Clusters:
    """Sums over G clusters for each of W columns; a missing value counts in neither.

    Parameters
    ----------
    sums, sizes : ndarray of shape (G, W)
        Sum of the values of a cluster, and how many there are.
    """

    sums: Floats
    sizes: Floats

    @property
    def n(self) -> Floats:
        """Values in each column, shape (W,)."""
        return np.asarray(self.sizes.sum(axis=0))

    @property
    def means(self) -> Floats:
        """Mean of each column, shape (W,); NaN without a value."""
        return np.asarray(self.sums.sum(axis=0) / np.where(self.n > 0, self.n, np.nan))

    def centred(self) -> Clusters:
        """Return the same about the mean of each column."""
        return Clusters(self.sums - self.sizes * np.nan_to_num(self.means), self.sizes)


@dataclass(frozen=True, slots=True, eq=False)
class Draws:
    """Statistics drawn under the null.

    Parameters
    ----------
    values : ndarray of shape (B, W)
        One row a draw, or a pattern where all of them were gone through.
    exact : bool
        Whether these are all patterns there are, the observed one among them.
    """

    values: Floats
    exact: bool


def clustered(x: Floats, cluster: Ints) -> Clusters:
    """Return the sums and sizes of clusters.

    Parameters
    ----------
    x : ndarray of shape (N, W)
        Values of N events, NaN where missing.
    cluster : ndarray of shape (N,)
        Codes 0 to G - 1.

    Examples
    --------
    >>> clustered(np.array([[1.0], [2.0], [5.0]]), np.array([0, 0, 1])).sums.tolist()
    [[3.0], [5.0]]
    """
    count = int(cluster.max(initial=-1)) + 1
    there = ~np.isnan(x)
    sums, sizes = np.zeros((count, x.shape[1])), np.zeros((count, x.shape[1]))
    np.add.at(sums, cluster, np.where(there, x, 0.0))
    np.add.at(sizes, cluster, there.astype(np.float64))
    return Clusters(sums, sizes)


def statistics(clusters: Clusters) -> tuple[Floats, Floats, Floats]:
    """Return the mean, the standard error and t of each column, shape (W,) each.

    The standard error is NaN with fewer than two clusters, and 0 where the sums do not differ about the mean.
    """
    groups = (clusters.sizes > 0).sum(axis=0)
    means = clusters.means
    squares = ((clusters.sums - clusters.sizes * means) ** 2).sum(axis=0)
    squares = np.where(squares <= ROUNDING * (clusters.sums**2).sum(axis=0), 0.0, squares)
    factor = np.where(groups > 1, groups / np.maximum(groups - 1, 1), np.nan)
    errors = np.sqrt(factor * squares) / clusters.n
    return means, errors, means / np.where(errors > 0, errors, np.nan)


def wild_draws(
    clusters: Clusters, draws: int, rng: np.random.Generator, *, weights: str = "rademacher", null_imposed: bool = True
) -> Draws:
    """Return t of the same clusters under random weights: ``S*_g = v_g S_g``.

    Parameters
    ----------
    clusters : Clusters
        G clusters, W columns.
    draws : int
        B; where there are no more patterns of weights than that, all of them are gone through.
    rng : Generator
        Where weights come from.
    weights : str
        ``"rademacher"`` (+-1, exact under symmetry) or ``"webb"`` (six points, for few clusters).
    null_imposed : bool
        Whether the values themselves are weighted, or what they differ from their mean.

    Notes
    -----
    With ``+-1`` the sum of squares never changes, so only linear sums are drawn, as one matrix product a chunk.
    """
    base = clusters if null_imposed else clusters.centred()
    count = len(base.sums)
    points = 2 if weights == "rademacher" else len(WEBB)
    exact = null_imposed and points**count <= draws
    made = _patterns(count, points) if exact else _random_weights(count, points, draws, rng)
    own = np.concatenate([base.sums, base.sizes * base.sums], axis=1)
    singles = bool((base.sizes == 1).all())
    squares, sizes2 = base.sums**2, (base.sizes**2).sum(axis=0)
    parts = []
    for v in made:
        first = v @ (base.sums if singles else own)
        linear, crossed = (first, first) if singles else np.split(first, 2, axis=1)
        energy = squares.sum(axis=0) if points == 2 else (v**2) @ squares
        parts.append(_t(linear / base.n, energy, crossed, sizes2, base.n, _groups(base)))
    return Draws(np.concatenate(parts), exact)


def pairs_draws(clusters: Clusters, draws: int, rng: np.random.Generator) -> Draws:
    """Return ``t* = (mean* - mean) / se*`` of G clusters drawn with replacement, all columns of a cluster together.

    Parameters
    ----------
    clusters : Clusters
        G clusters, W columns.
    draws : int
        B.
    rng : Generator
        Where the draws come from.
    """
    base = clusters.centred()
    count = len(base.sums)
    columns = (
        base.sums,
        base.sizes,
        base.sums**2,
        base.sizes * base.sums,
        base.sizes**2,
        (base.sizes > 0).astype(np.float64),
    )
    stacked = np.concatenate(columns, axis=1)
    parts = []
    for size in _chunks(draws, count):
        drawn = rng.integers(0, count, size=(size, count)) + count * np.arange(size)[:, None]
        counts = np.bincount(drawn.ravel(), minlength=size * count).reshape(size, count).astype(np.float64)
        sums, n, squares, crossed, sizes2, groups = np.split(counts @ stacked, len(columns), axis=1)
        held = np.maximum(n, 1.0)
        parts.append(_t(sums / held, squares, crossed, sizes2, held, groups))
    return Draws(np.concatenate(parts), exact=False)


def _t(means: Floats, squares: Floats, crossed: Floats, sizes2: Floats, n: Floats, groups: Floats) -> Floats:
    """Return t from sums: ``sum (S - n m)^2 = sum S^2 - 2 m sum n S + m^2 sum n^2``."""
    spread = squares - 2 * means * crossed + means**2 * sizes2
    spread = np.where(spread <= ROUNDING * squares, 0.0, spread)
    error = np.sqrt(groups / np.maximum(groups - 1, 1) * spread) / n
    flat = error == 0
    t = means / np.where(flat, 1.0, error)
    # Without dispersion any mean but zero is infinitely far from it.
    return np.asarray(np.where(flat, _far(np.where(np.abs(means) > TIE * np.sqrt(squares), means, 0.0)), t))


def _far(values: Floats) -> Floats:
    """Return an infinity of the sign of each value, 0 for 0."""
    return np.where(values > 0, np.inf, np.where(values < 0, -np.inf, 0.0))


def _groups(clusters: Clusters) -> Floats:
    return np.asarray((clusters.sizes > 0).sum(axis=0), dtype=np.float64)


def _chunks(draws: int, width: int) -> Iterator[int]:
    step = max(1, CELLS // max(width, 1))
    for start in range(0, draws, step):
        yield min(step, draws - start)


def _patterns(count: int, points: int) -> Weights:
    """Give all patterns of weights of `count` clusters."""
    values = np.array([-1.0, 1.0]) if points == 2 else WEBB
    numbers = np.arange(points**count)
    yield np.asarray(values[numbers[:, None] // points ** np.arange(count) % points], dtype=np.float64)


def _random_weights(count: int, points: int, draws: int, rng: np.random.Generator) -> Weights:
    for size in _chunks(draws, count):
        if points == 2:
            width = -(-count // 8)
            bits = np.unpackbits(np.frombuffer(rng.bytes(size * width), dtype=np.uint8).reshape(size, width), axis=1)
            yield np.asarray(2.0 * bits[:, :count] - 1.0, dtype=np.float64)
        else:
            yield WEBB[rng.integers(0, points, size=(size, count))]


def johnson_t(x: Floats, n: int, *, about: float = 0.0) -> Floats:
    """Return Johnson's skewness-adjusted t of rows of values.

    Parameters
    ----------
    x : ndarray of shape (..., n)
        Values.
    n : int
        How many in a row.
    about : float
        The mean under the null.

    Returns
    -------
    ndarray of shape (...,)
        ``sqrt(n) (S + g S^2 / 3 + g / (6 n))``, S = (mean - about) / s, g = sum (x - mean)^3 / (n s^3), s with
        divisor n - 1 (Lyon, Barber and Tsai 1999, eq. 5); infinite for a row without dispersion.
    """
    mean = x.mean(axis=-1)
    centred = x - mean[..., None]
    scale = np.sqrt((centred**2).sum(axis=-1) / (n - 1))
    flat = scale <= 1e-12 * np.abs(x).max(axis=-1)
    safe = np.where(flat, 1.0, scale)
    ratio = (mean - about) / safe
    skew = (centred**3).mean(axis=-1) / safe**3
    adjusted = np.sqrt(n) * (ratio + skew * ratio**2 / 3 + skew / (6 * n))
    return np.asarray(np.where(flat, _far(mean - about), adjusted))


def bhar_draws(x: Floats, size: int, draws: int, rng: np.random.Generator) -> Floats:
    """Return Johnson's t, about the sample mean, of resamples of `size` values drawn with replacement.

    Parameters
    ----------
    x : ndarray of shape (N,)
        Buy-and-hold abnormal returns.
    size : int
        Values in a resample; Lyon, Barber and Tsai (1999) take N / 4.
    draws : int
        B.
    rng : Generator
        Where the draws come from.
    """
    mean = float(x.mean())
    parts = [
        johnson_t(x[rng.integers(0, len(x), size=(chunk, size))], size, about=mean) for chunk in _chunks(draws, size)
    ]
    return np.concatenate(parts)


def residual_draws(means: Floats, length: int, draws: int, rng: np.random.Generator) -> Floats:
    """Return t of windows of days redrawn from the estimation days.

    Parameters
    ----------
    means : ndarray of shape (M,)
        Average residual of each estimation day.
    length : int
        L, days in the window.
    draws : int
        B.
    rng : Generator
        Where the draws come from.

    Returns
    -------
    ndarray of shape (B,)
        ``(sum of L drawn days - L mean of M drawn days) / (sqrt(L) s of the M drawn days)``: the estimation
        window is redrawn too, so that the error of its mean is in the distribution.
    """
    count = len(means)
    parts = []
    for size in _chunks(draws, count + length):
        drawn = means[rng.integers(0, count, size=(size, count + length))]
        estimation, window = drawn[:, :count], drawn[:, count:]
        scale = estimation.std(axis=1, ddof=1)
        sums = window.sum(axis=1) - length * estimation.mean(axis=1)
        t = sums / (np.sqrt(length) * np.where(scale > 0, scale, 1.0))
        parts.append(np.where(scale > 0, t, _far(sums)))
    return np.concatenate(parts)


def permutation_draws(
    pool: Floats, length: int, draws: int, rng: Callable[[], np.random.Generator]
) -> tuple[float, Draws]:
    """Return t of the last `length` values of a pool, and of as many values drawn from it without replacement.

    Parameters
    ----------
    pool : ndarray of shape (M + L,)
        Abnormal returns of the estimation days, then of the window.
    length : int
        L.
    draws : int
        B; where there are no more subsets than that, all of them are gone through.
    rng : callable
        Gives the generator, where one is needed.

    Notes
    -----
    ``t = sum of the L / (sqrt(L) s)``, s the standard deviation of the M values that are left (Nguyen and Wolf 2023).
    """
    size = len(pool)
    exact = comb(size, length) <= draws
    if exact:
        places = np.array(list(combinations(range(size), length)))
    else:
        places = np.argpartition(rng().random((draws, size)), length - 1, axis=1)[:, :length]
    observed = _permutation_t(pool, np.arange(size - length, size)[None])
    return float(observed[0]), Draws(_permutation_t(pool, places)[:, None], exact)


def _permutation_t(pool: Floats, places: Ints) -> Floats:
    length = places.shape[1]
    left = len(pool) - length
    centre = pool.mean()
    values = pool - centre
    chosen = values[places]
    sums, squares = chosen.sum(axis=1), (chosen**2).sum(axis=1)
    # The values sum to zero about their mean, so those left sum to minus the chosen.
    spread = (values**2).sum() - squares - sums**2 / left
    scale = np.sqrt(np.where(spread > ROUNDING * (values**2).sum(), spread, 0.0) / (left - 1))
    total = sums + length * centre
    t = total / (np.sqrt(length) * np.where(scale > 0, scale, 1.0))
    return np.asarray(np.where(scale > 0, t, _far(total)))
