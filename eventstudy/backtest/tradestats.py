"""Measures of trades: pure functions of what each earned."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np

from eventstudy._typing import Dates, Floats, Labels
from eventstudy.distributions import student_p_value, student_quantile

__all__ = ["Bootstrap", "bootstrap_by_date", "hit_rate", "leave_one_out", "profit_factor", "quantile_means", "wilson"]

Z95 = 1.959963984540054


def wilson(wins: int, count: int, z: float = Z95) -> tuple[float, float]:
    """Return the interval of a share (Wilson 1927).

    Examples
    --------
    >>> low, high = wilson(8, 10)
    >>> round(low, 4), round(high, 4)
    (0.4902, 0.9433)
    """
    if count == 0:
        return float("nan"), float("nan")
    share, widened = wins / count, 1.0 + z**2 / count
    centre = (share + z**2 / (2 * count)) / widened
    half = z * sqrt(share * (1 - share) / count + z**2 / (4 * count**2)) / widened
    return centre - half, centre + half


# Below it, a percentile interval covers less than it says.
FEW_DATES = 30


def hit_rate(profits: Floats) -> tuple[float, float, float]:
    """Return the share of trades that won and its 95% Wilson interval; a profit of 0 is no win."""
    wins = int((profits > 0).sum())
    share = wins / len(profits) if len(profits) else float("nan")
    return share, *wilson(wins, len(profits))


def profit_factor(profits: Floats) -> float:
    """Return the sum of gains over the sum of losses; NaN without a loss."""
    losses = -float(profits[profits < 0].sum())
    return float(profits[profits > 0].sum()) / losses if losses > 0 else float("nan")


@dataclass(frozen=True, slots=True)
class Bootstrap:
    """The mean of trades, with trades of one date as one observation.

    Parameters
    ----------
    mean : float
        Of all trades.
    std_error : float
        Standard deviation of the resampled means, times ``sqrt(G / (G - 1))`` for G dates.
    low, high : float
        The 2.5% and 97.5% quantiles of the resampled means; below thirty dates, of which resampling says too little,
        those of Student's t with G - 1 degrees of freedom, times the standard error, around the mean.
    p_value : float
        Two-sided, against a mean of 0, of the same kind as the interval; at least ``1 / (draws + 1)`` where resampled.
    clusters, draws : int
        Dates, and how often they were drawn.
    """

    mean: float
    std_error: float
    low: float
    high: float
    p_value: float
    clusters: int
    draws: int


def bootstrap_by_date(returns: Floats, dates: Dates, seed: int = 0, draws: int = 999) -> Bootstrap:
    """Return the mean of trades with its bootstrap distribution over dates.

    Parameters
    ----------
    returns : ndarray of shape (n,)
        Decimals a trade.
    dates : ndarray of shape (n,)
        Entry date of each.
    seed : int
        Of the generator.
    draws : int
        Resamples.
    """
    _, cluster = np.unique(dates, return_inverse=True)
    groups = int(cluster.max(initial=-1)) + 1
    mean = float(returns.mean()) if len(returns) else float("nan")
    if groups < 2:
        return Bootstrap(mean, np.nan, np.nan, np.nan, np.nan, groups, 0)
    sums, sizes = np.bincount(cluster, returns, groups), np.bincount(cluster, minlength=groups)
    drawn = np.random.default_rng(seed).multinomial(groups, np.full(groups, 1.0 / groups), size=draws)
    means = (drawn @ sums) / np.maximum(drawn @ sizes, 1)
    beyond = int((np.abs(means - mean) >= abs(mean)).sum())
    error = float(means.std(ddof=1) * np.sqrt(groups / (groups - 1)))
    if groups < FEW_DATES:
        reach = float(student_quantile(0.975, groups - 1)) * error
        p_value = float(student_p_value(mean / error, groups - 1)) if error > 0 else float("nan")
        return Bootstrap(mean, error, mean - reach, mean + reach, p_value, groups, draws)
    low, high = np.quantile(means, [0.025, 0.975])
    return Bootstrap(mean, error, float(low), float(high), (1 + beyond) / (draws + 1), groups, draws)


def leave_one_out(profits: Floats, returns: Floats, labels: Labels) -> list[dict[str, object]]:
    """Return what is left when the trades of each label are taken out, the worst for the strategy first.

    Parameters
    ----------
    profits : ndarray of shape (n,)
        Money.
    returns : ndarray of shape (n,)
        Decimals a trade.
    labels : ndarray of shape (n,)
        Year or name of each.
    """
    rows = []
    for label in sorted({str(each) for each in labels}):
        kept = np.asarray(labels != label)
        rest = returns[kept]
        rows.append(
            {
                "without": label,
                "trades": int((~kept).sum()),
                "net_of_it": float(profits[~kept].sum()),
                "net_of_rest": float(profits[kept].sum()),
                "mean_return_of_rest": float(rest.mean()) if len(rest) else float("nan"),
            }
        )
    return sorted(rows, key=lambda row: (float(str(row["net_of_rest"])), str(row["without"])))


def quantile_means(
    values: Floats, returns: dict[str, Floats], count: int = 10
) -> tuple[list[dict[str, object]], float]:
    """Return mean returns by class of a value, and the rank correlation of class and first mean.

    Classes are those of the trades at hand, for looking at; no trade was decided by them.

    Parameters
    ----------
    values : ndarray of shape (n,)
        What to sort by.
    returns : mapping of str to ndarray of shape (n,)
        What to average.
    count : int
        Classes.
    """
    good = ~np.isnan(values) & np.isfinite(values)
    if len(np.unique(values[good])) < count:
        return [], float("nan")
    breaks = np.quantile(values[good], np.arange(1, count) / count)
    classes = 1 + np.searchsorted(breaks, values, side="left")
    rows: list[dict[str, object]] = []
    for each in range(1, count + 1):
        here = good & (classes == each)
        row: dict[str, object] = {"class": each, "trades": int(here.sum())}
        for name, numbers in returns.items():
            n, mean = int(here.sum()), float(numbers[here].mean()) if here.any() else float("nan")
            error = float(numbers[here].std(ddof=1)) / sqrt(n) if n > 1 else float("nan")
            row |= {name: mean, f"{name}_std_error": error}
        rows.append(row)
    means = np.array([float(str(row[next(iter(returns))])) for row in rows])
    return rows, _rank_correlation(means)


def _rank_correlation(means: Floats) -> float:
    """Return Spearman's correlation of means with their order."""
    if len(means) < 3 or np.isnan(means).any():
        return float("nan")
    ranks = np.argsort(np.argsort(means)).astype(np.float64)
    return float(np.corrcoef(np.arange(len(means)), ranks)[0, 1])


def mean_with_error(returns: Floats) -> dict[str, float]:
    """Return mean, standard error, t and p-value of independent returns."""
    n = len(returns)
    mean = float(returns.mean()) if n else float("nan")
    error = float(returns.std(ddof=1)) / sqrt(n) if n > 1 else float("nan")
    t = mean / error if error > 0 else float("nan")
    return {"n": n, "mean": mean, "std_error": error, "t": t, "p_value": float(student_p_value(t, max(n - 1, 1)))}
