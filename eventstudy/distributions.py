"""Tail probabilities: of the reference distributions, without the import time of scipy.stats, and of draws."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

import numpy as np

from eventstudy._typing import Bools, Floats, Ints
from eventstudy.errors import UnknownNameError

__all__ = [
    "NO_DIRECTION",
    "Alternative",
    "PValues",
    "chi2_p_values",
    "f_p_value",
    "f_p_values",
    "normal_p_value",
    "normal_p_values",
    "rejects",
    "resampling_p_value",
    "resampling_p_values",
    "student_p_value",
    "student_p_values",
    "student_quantile",
]

NO_DIRECTION = "the statistic has no direction: no p_greater, no p_less"
# Two patterns that give the same statistic differ by rounding only.
TIE = 1e-10


class Alternative(StrEnum):
    """Which departures from the null count."""

    TWO_SIDED = "two-sided"
    GREATER = "greater"
    LESS = "less"


class PValues(NamedTuple):
    """The p-values of a statistic under every alternative.

    Parameters
    ----------
    two_sided, greater, less : float or ndarray
        NaN where there is none: a statistic without a direction has only the first.

    Examples
    --------
    >>> float(PValues.of_tails(greater=0.75, less=0.25).two_sided)
    0.5
    """

    two_sided: Floats | float = float("nan")
    greater: Floats | float = float("nan")
    less: Floats | float = float("nan")

    @classmethod
    def of_tails(cls, greater: Floats | float, less: Floats | float) -> PValues:
        """Return both tails, and twice the smaller one, at most 1; NaN stays NaN."""
        return cls(np.minimum(1.0, 2.0 * np.minimum(greater, less)), greater, less)

    def of(self, alternative: str) -> Floats:
        """Return the p-value of one alternative.

        Raises
        ------
        UnknownNameError
            If there is no such alternative.
        """
        match alternative:
            case Alternative.TWO_SIDED:
                return np.asarray(self.two_sided)
            case Alternative.GREATER:
                return np.asarray(self.greater)
            case Alternative.LESS:
                return np.asarray(self.less)
        raise UnknownNameError("alternative", alternative, tuple(Alternative))

    def each(self) -> list[PValues]:
        """Return those of single statistics, from arrays of shape (N,)."""
        return [PValues(*found) for found in zip(*(np.asarray(tail).tolist() for tail in self), strict=True)]


def student_p_values(statistic: Floats | float, df: Floats | Ints | float) -> PValues:
    """Return the p-values of a statistic that is Student t under the null; see `student_p_value`."""
    from scipy.special import stdtr

    value = np.asarray(statistic, dtype=np.float64)
    greater, less = (np.asarray(stdtr(df, side), dtype=np.float64) for side in (-value, value))
    return PValues.of_tails(greater, less)


def normal_p_values(statistic: Floats | float) -> PValues:
    """Return the p-values of a statistic that is standard normal under the null; see `normal_p_value`."""
    from scipy.special import ndtr

    value = np.asarray(statistic, dtype=np.float64)
    greater, less = (np.asarray(ndtr(side), dtype=np.float64) for side in (-value, value))
    return PValues.of_tails(greater, less)


def f_p_values(statistic: Floats | float, df1: Floats | Ints | float, df2: Ints | float) -> PValues:
    """Return the p-value of a statistic that is F(df1, df2) under the null, as that of any departure.

    F tells how large a departure is and not where it points to, so neither one-sided p-value exists.
    """
    p_value = f_p_value(statistic, df1, df2)
    none = np.full(p_value.shape, np.nan)
    return PValues(p_value, none, none)


def chi2_p_values(statistic: Floats | float, df: Floats | Ints | float) -> PValues:
    """Return the p-value of a statistic that is chi-squared under the null, which has no direction either.

    Examples
    --------
    >>> round(float(chi2_p_values(3.841459, 1).two_sided), 6), float(chi2_p_values(3.841459, 1).greater)
    (0.05, nan)
    """
    from scipy.special import chdtrc

    p_value = np.asarray(chdtrc(df, statistic), dtype=np.float64)
    none = np.full(p_value.shape, np.nan)
    return PValues(p_value, none, none)


def student_p_value(
    statistic: Floats | float, df: Floats | Ints | float, alternative: str = Alternative.TWO_SIDED
) -> Floats:
    """Return the p-value of a statistic that is Student t under the null.

    Parameters
    ----------
    statistic : ndarray or float
        t values; NaN stays NaN.
    df : ndarray or float
        Degrees of freedom, broadcast against the statistic.
    alternative : str
        ``"two-sided"``, ``"greater"`` or ``"less"``.

    Examples
    --------
    >>> round(float(student_p_value(2.0, 10)), 6)
    0.073388
    """
    if alternative != Alternative.TWO_SIDED:
        return student_p_values(statistic, df).of(alternative)
    from scipy.special import stdtr

    # The smaller of both tails, without the other.
    return np.minimum(1.0, 2.0 * np.asarray(stdtr(df, -np.abs(statistic)), dtype=np.float64))


def normal_p_value(statistic: Floats | float, alternative: str = Alternative.TWO_SIDED) -> Floats:
    """Return the p-value of a statistic that is standard normal under the null; NaN stays NaN.

    Examples
    --------
    >>> round(float(normal_p_value(1.959964)), 6)
    0.05
    """
    return normal_p_values(statistic).of(alternative)


def f_p_value(statistic: Floats | float, df1: Floats | Ints | float, df2: Ints | float) -> Floats:
    """Return the p-value of a statistic that is F(df1, df2) under the null, large values counting; NaN stays NaN.

    Examples
    --------
    >>> round(float(f_p_value(4.0, 1, 10)), 6) == round(float(student_p_value(2.0, 10)), 6)
    True
    """
    from scipy.special import fdtrc

    return np.asarray(fdtrc(df1, df2, statistic), dtype=np.float64)


def student_quantile(probability: float, df: Floats | Ints | float) -> Floats:
    """Return the quantile of Student's t with `df` degrees of freedom; NaN where df is below 1."""
    from scipy.special import stdtrit

    return np.asarray(stdtrit(np.where(np.asarray(df) >= 1, df, np.nan), probability), dtype=np.float64)


def resampling_p_values(observed: Floats | float, draws: Floats, *, exact: bool) -> PValues:
    """Return the shares of draws at least as large as the observed statistic; two-sided compares sizes.

    Parameters
    ----------
    observed : float or ndarray of shape (S,)
        The sample's statistic, or those of S hypotheses.
    draws : ndarray of shape (B,) or (B, S)
        The same under the null.
    exact : bool
        Whether the draws are all patterns there are: then ``# / B``, else ``(1 + #) / (B + 1)``.

    Examples
    --------
    >>> [float(each) for each in resampling_p_values(2.0, np.array([-3.0, 0.5, 2.0, 1.0]), exact=True)]
    [0.5, 0.25, 1.0]
    """
    size = np.abs(observed)
    # Nothing is near to infinity but infinity.
    slack = np.where(np.isfinite(size), TIE * np.maximum(1.0, size), 0.0)

    def share(as_large: Bools) -> Floats:
        count = as_large.sum(axis=0)
        return np.asarray(count / len(draws) if exact else (1 + count) / (len(draws) + 1))

    return PValues(
        two_sided=share(np.abs(draws) >= size - slack),
        greater=share(draws >= observed - slack),
        less=share(draws <= observed + slack),
    )


def rejects(p_value: Floats, level: float) -> Bools:
    """Return where a test rejects: its p-value is the level at most, but for rounding; a missing one never is.

    Examples
    --------
    >>> rejects(np.array([0.05, 0.0501, np.nan]), 0.05).tolist()
    [True, False, False]
    """
    return np.asarray(p_value <= level + 1e-12)


def resampling_p_value(observed: float, draws: Floats, alternative: str, *, exact: bool) -> float:
    """Return one of `resampling_p_values`.

    Examples
    --------
    >>> resampling_p_value(2.0, np.array([-3.0, 0.5, 1.0, 1.0]), "greater", exact=False)
    0.2
    """
    return float(resampling_p_values(observed, draws, exact=exact).of(alternative))
