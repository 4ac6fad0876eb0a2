"""Lines that outliers don't move: Huber, Theil-Sen, least absolute deviations (METHODS 2.6)."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from eventstudy._typing import Bools, Floats
from eventstudy.errors import InputError
from eventstudy.returns.models.line import Line, LineModel, centred, column_mean

__all__ = ["HuberModel", "LADModel", "TheilSenModel"]

# The median absolute deviation of a normal variable with standard deviation one, to the digits of METHODS' sources.
NORMAL_MAD = 0.6744897501960817
CONVERGED = 1e-10
# Where half of the returns are zero, thousands of steps may be needed.
MOST_STEPS = 50_000


@dataclass(frozen=True)
class RobustModel(LineModel):
    """A robust line; its variance comes from all residuals, not from the robust scale.

    ``s^2 = sum e^2 / (n - 2)`` and ``var(beta) = s^2 / sum (R_m - mean)^2``: with a robust scale instead, standardised
    abnormal returns would have a variance above one under fat tails, and tests would reject too often.

    With skewed returns a robust intercept estimates the centre, not the mean: estimation residuals then have a mean
    other than zero, which every test of a mean reports as an effect.

    Parameters
    ----------
    recentre : bool
        Whether the intercept is set so that estimation residuals have a mean of zero.
    """

    recentre: bool = False

    @property
    def zero_mean(self) -> bool:
        """Whether residuals were recentred."""
        return self.recentre

    @abstractmethod
    def robust(self, y: Floats, x: Floats, used: Bools) -> tuple[Floats, Floats]:
        """Return intercepts and slopes of E events, each of shape (E,); `y` and `x` are zero where not used."""

    def line(self, y: Floats, x: Floats, used: Bools) -> Line:
        """Return the robust lines, recentred where asked for."""
        market = np.where(used, x[..., 0], 0.0)
        alpha, beta = self.robust(y, market, used)
        squares = (centred(market, used) ** 2).sum(axis=1)
        line = Line(alpha, beta, 1.0 / np.sqrt(np.where(squares > 0, squares, np.nan)))
        if not self.recentre:
            return line
        return replace(line, alpha=column_mean(y, used) - beta * column_mean(market, used))


@dataclass(frozen=True)
class HuberModel(RobustModel):
    """Expected return = ``alpha + beta R_m,t`` by Huber's M-estimator.

    Iteratively reweighted least squares from ordinary least squares, weights ``min(1, k s / |e|)``, the scale
    ``s = median |e| / 0.6745`` estimated anew in every step, until coefficients change by less than 1e-10 of
    themselves. Where half of the sessions lie on one line the scale shrinks to nothing, and the estimate is that line;
    an event whose steps don't end has a reason.

    Source: Huber (1964), Annals of Mathematical Statistics 35, 73-101.

    Parameters
    ----------
    benchmark : str or mapping, optional
        The market; the study's benchmark where it is None.
    tuning : float
        k: residuals beyond so many scales lose weight.

    Raises
    ------
    InputError
        For a tuning constant that is not positive.

    Examples
    --------
    >>> HuberModel("SPY").tuning
    1.345
    """

    kind: ClassVar[str] = "huber"
    source: ClassVar[str] = "Huber (1964)"

    tuning: float = 1.345

    def __post_init__(self) -> None:
        if not self.tuning > 0:
            raise InputError(f"huber: tuning is {self.tuning}; it must be positive.")

    def robust(self, y: Floats, x: Floats, used: Bools) -> tuple[Floats, Floats]:
        """Return the M-estimates, NaN where the steps don't end; an event that has converged does not move any more."""
        alpha, beta = _weighted_line(y, x, used.astype(np.float64))
        moving, smallest = np.asarray(used.any(axis=1)), np.full(len(y), np.nan)
        for _ in range(MOST_STEPS):
            rows = np.flatnonzero(moving)
            if not rows.size:
                break
            size = np.abs(np.where(used[rows], y[rows] - alpha[rows, None] - beta[rows, None] * x[rows], np.nan))
            scale = np.nanmedian(size, axis=1)[:, None] / NORMAL_MAD
            smallest[rows] = np.fmax(smallest[rows], CONVERGED * scale[:, 0])
            bound = self.tuning * scale
            weight = np.where(used[rows], np.where(size <= bound, 1.0, bound / np.where(size > 0, size, 1.0)), 0.0)
            new_alpha, new_beta = _weighted_line(y[rows], x[rows], weight)
            # Without a scale half of the sessions lie on the line: it stays. It is reached in ever smaller steps, by
            # ever the same share of what is left, so that no step is small beside a coefficient that goes to zero.
            stays = (scale[:, 0] <= smallest[rows]) | ~np.isfinite(new_beta)
            new_alpha, new_beta = np.where(stays, alpha[rows], new_alpha), np.where(stays, beta[rows], new_beta)
            change = np.maximum(_change(new_alpha, alpha[rows]), _change(new_beta, beta[rows]))
            alpha[rows], beta[rows] = new_alpha, new_beta
            moving[rows] = ~stays & (change > CONVERGED)
        return np.where(moving, np.nan, alpha), np.where(moving, np.nan, beta)


@dataclass(frozen=True)
class TheilSenModel(RobustModel):
    """Expected return = ``alpha + beta R_m,t`` with the median slope between pairs of sessions.

    Slope = median of ``(y_i - y_j) / (x_i - x_j)`` over pairs with ``x_i != x_j``; intercept = ``median(y) - slope
    median(x)``.

    Source: Theil (1950), Indagationes Mathematicae 12; Sen (1968), Journal of the American Statistical Association 63,
    1379-1389.

    Parameters
    ----------
    benchmark : str or mapping, optional
        The market; the study's benchmark where it is None.

    Examples
    --------
    >>> TheilSenModel("SPY").parameters
    ('alpha', 'beta')
    """

    kind: ClassVar[str] = "theil_sen"
    source: ClassVar[str] = "Theil (1950), Sen (1968)"

    def robust(self, y: Floats, x: Floats, used: Bools) -> tuple[Floats, Floats]:
        """Return the medians, an event at a time: its pairs are many."""
        lines = np.full((2, len(y)), np.nan)
        for row in np.flatnonzero(used.any(axis=1)):
            own_y, own_x = y[row, used[row]], x[row, used[row]]
            first, second = np.triu_indices(len(own_x), k=1)
            run = own_x[second] - own_x[first]
            slope = np.median((own_y[second] - own_y[first])[run != 0] / run[run != 0])
            lines[:, row] = np.median(own_y) - slope * np.median(own_x), slope
        return lines[0], lines[1]


@dataclass(frozen=True)
class LADModel(RobustModel):
    """Expected return = ``alpha + beta R_m,t`` by least absolute deviations: the median regression.

    Solved exactly, as a linear programme.

    Source: Koenker and Bassett (1978), Econometrica 46, 33-50.

    Parameters
    ----------
    benchmark : str or mapping, optional
        The market; the study's benchmark where it is None.

    Examples
    --------
    >>> LADModel("SPY", recentre=True).zero_mean
    True
    """

    kind: ClassVar[str] = "lad"
    source: ClassVar[str] = "Koenker and Bassett (1978)"

    def robust(self, y: Floats, x: Floats, used: Bools) -> tuple[Floats, Floats]:
        """Return the median regressions, an event at a time."""
        lines = np.full((2, len(y)), np.nan)
        for row in np.flatnonzero(used.any(axis=1)):
            lines[:, row] = _least_absolute(y[row, used[row]], x[row, used[row]])
        return lines[0], lines[1]


def _least_absolute(y: Floats, x: Floats) -> tuple[float, float]:
    """Return intercept and slope that minimise the sum of absolute residuals.

    From the dual programme ``max y'd, sum d = 0, x'd = 0, -1 <= d <= 1``, whose multipliers are the coefficients; in
    units of the standard deviations, since the solver's tolerances are absolute.
    """
    from scipy.optimize import linprog

    scale_y, scale_x, mean_x = float(np.std(y)), float(np.std(x)), float(np.mean(x))
    design = np.stack([np.ones(len(x)), (x - mean_x) / scale_x])
    solved = linprog(-y / scale_y, A_eq=design, b_eq=np.zeros(2), bounds=(-1.0, 1.0), method="highs-ds")
    if not solved.success:
        return float("nan"), float("nan")
    level, slope = -np.asarray(solved.eqlin.marginals) * scale_y
    return float(level - slope * mean_x / scale_x), float(slope / scale_x)


def _weighted_line(y: Floats, x: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """Return intercept and slope of weighted least squares, each of shape (E,)."""
    total = weight.sum(axis=1)
    total = np.where(total > 0, total, np.nan)[:, None]
    mean_x, mean_y = (weight * x).sum(axis=1)[:, None] / total, (weight * y).sum(axis=1)[:, None] / total
    squares = (weight * (x - mean_x) ** 2).sum(axis=1)
    slope = (weight * (x - mean_x) * (y - mean_y)).sum(axis=1) / np.where(squares > 0, squares, np.nan)
    return (mean_y - slope[:, None] * mean_x)[:, 0], slope


def _change(new: Floats, old: Floats) -> Floats:
    return np.abs(new - old) / np.maximum(np.abs(new), np.finfo(float).tiny)
