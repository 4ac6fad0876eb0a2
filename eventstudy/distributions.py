"""Tail probabilities of the reference distributions, without the import time of scipy.stats."""

from __future__ import annotations

from enum import StrEnum

import numpy as np

from eventstudy._typing import Floats, Ints
from eventstudy.errors import UnknownNameError

__all__ = ["Alternative", "f_p_value", "normal_p_value", "student_p_value", "student_quantile"]


class Alternative(StrEnum):
    """Which departures from the null count."""

    TWO_SIDED = "two-sided"
    GREATER = "greater"
    LESS = "less"


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
    from scipy.special import stdtr

    return _p_value(np.asarray(statistic, dtype=np.float64), lambda value: stdtr(df, value), alternative)


def normal_p_value(statistic: Floats | float, alternative: str = Alternative.TWO_SIDED) -> Floats:
    """Return the p-value of a statistic that is standard normal under the null; NaN stays NaN.

    Examples
    --------
    >>> round(float(normal_p_value(1.959964)), 6)
    0.05
    """
    from scipy.special import ndtr

    return _p_value(np.asarray(statistic, dtype=np.float64), ndtr, alternative)


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


def _p_value(statistic: Floats, lower_tail: object, alternative: str) -> Floats:
    assert callable(lower_tail)
    match alternative:
        case Alternative.TWO_SIDED:
            return np.asarray(2.0 * lower_tail(-np.abs(statistic)))
        case Alternative.GREATER:
            return np.asarray(lower_tail(-statistic))
        case Alternative.LESS:
            return np.asarray(lower_tail(statistic))
    raise UnknownNameError("alternative", alternative, tuple(Alternative))
