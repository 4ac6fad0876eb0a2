"""Averages of CARs and BHARs over events: weighted, trimmed, in the middle."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from eventstudy._typing import Bools, Floats
from eventstudy.distributions import student_quantile
from eventstudy.errors import InputError, UnknownNameError
from eventstudy.returns.abnormal import Cars

__all__ = ["AVERAGES", "Average", "average_cars"]

Z_95 = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Average:
    """An average over events.

    Parameters
    ----------
    method : str
        A key of `AVERAGES`.
    n : int
        Events in it.
    estimate, std_error : float
        Decimals; NaN where there are too few events, or no standard error is defined.
    ci_low, ci_high : float
        95 percent confidence interval.
    """

    method: str
    n: int
    estimate: float = float("nan")
    std_error: float = float("nan")
    ci_low: float = float("nan")
    ci_high: float = float("nan")


def average_cars(cars: Cars, members: Bools, method: str = "mean", *, weights: Floats | None = None) -> Average:
    """Average the CARs, or BHARs, of a group of events.

    Parameters
    ----------
    cars : Cars
        Over one window, E events.
    members : ndarray of shape (E,)
        The group.
    method : str
        A key of `AVERAGES`.
    weights : ndarray of shape (E,), optional
        For ``"weighted"``: what is known of each event before the window, such as its market value; an event without
        one, or one that is not positive, is left out.

    Raises
    ------
    UnknownNameError
        If there is no such method.
    InputError
        If weights are missing for ``"weighted"``.

    Notes
    -----
    ``mean`` is CAAR, ``abhar`` the mean of BHARs, both with ``s / sqrt(N)`` and t(N-1). ``inverse_variance`` weights by
    ``1 / Var(CAR_i)``: ``sum w CAR / sum w`` with the standard error ``1 / sqrt(sum w)``; ``inverse_sd`` by
    ``1 / se_i``, with ``sqrt(N) / sum w``, whose z is Patell's ``sum SCAR_i / sqrt(N)``: both normal and exact only for
    independent events. ``weighted`` has the variance ``N/(N-1) sum w_i^2 (CAR_i - mean)^2``, the w_i with the sum one.
    ``median`` has the interval of the order statistics that holds for any distribution. ``trimmed`` leaves a tenth out
    at either end, with the standard error of Tukey and McLaughlin (1963) from the winsorised variance.

    Examples
    --------
    >>> from eventstudy.returns.windows import Window
    >>> three, none = np.array([0.01, 0.02, 0.06]), np.zeros(3)
    >>> cars = Cars(Window("w", 0, 0), three, np.array([0.01, 0.01, 0.02]), none, three, np.full(3, "ok", object))
    >>> all_three = np.ones(3, dtype=bool)
    >>> round(average_cars(cars, all_three).estimate, 6)
    0.03
    >>> round(average_cars(cars, all_three, "inverse_variance").estimate, 6)
    0.02
    """
    if method not in AVERAGES:
        raise UnknownNameError("average", method, AVERAGES)
    if method == "weighted" and weights is None:
        raise InputError("A weighted average needs weights: the name of a value of the events, such as market_value.")
    values = cars.bhar if method == "abhar" else cars.car
    used = members & ~np.isnan(values)
    given = np.ones(len(values)) if weights is None else weights
    if method == "weighted":
        used &= np.nan_to_num(given) > 0
    if not used.any():
        return Average(method, 0)
    return AVERAGES[method](method, values[used], cars.std_error[used], given[used])


def _student(method: str, n: int, estimate: float, std_error: float, df: float) -> Average:
    half = float(student_quantile(0.975, df)) * std_error if df > 0 else float("nan")
    return Average(method, n, estimate, std_error, estimate - half, estimate + half)


def _normal(method: str, n: int, estimate: float, std_error: float) -> Average:
    return Average(method, n, estimate, std_error, estimate - Z_95 * std_error, estimate + Z_95 * std_error)


def _mean(method: str, values: Floats, errors: Floats, weights: Floats) -> Average:  # noqa: ARG001
    n = len(values)
    error = float(values.std(ddof=1) / np.sqrt(n)) if n > 1 else float("nan")
    return _student(method, n, float(values.mean()), error, n - 1)


def _inverse_variance(method: str, values: Floats, errors: Floats, weights: Floats) -> Average:  # noqa: ARG001
    precision = 1.0 / errors**2
    return _normal(
        method, len(values), float((precision * values).sum() / precision.sum()), float(1.0 / np.sqrt(precision.sum()))
    )


def _inverse_sd(method: str, values: Floats, errors: Floats, weights: Floats) -> Average:  # noqa: ARG001
    share = 1.0 / errors
    estimate, error = float((share * values).sum() / share.sum()), float(np.sqrt(len(values)) / share.sum())
    return _normal(method, len(values), estimate, error)


def _weighted(method: str, values: Floats, errors: Floats, weights: Floats) -> Average:  # noqa: ARG001
    n, share = len(values), weights / weights.sum()
    estimate = float((share * values).sum())
    variance = float((share**2 * (values - estimate) ** 2).sum() * n / (n - 1)) if n > 1 else float("nan")
    return _student(method, n, estimate, float(np.sqrt(variance)), n - 1)


def _median(method: str, values: Floats, errors: Floats, weights: Floats) -> Average:  # noqa: ARG001
    from scipy.special import bdtr

    n, ordered = len(values), np.sort(values)
    # The largest r with P(fewer than r of n below the median) <= 2.5%: order statistics r and n + 1 - r.
    rank = int((bdtr(np.arange(n), n, 0.5) <= 0.025).sum())
    low, high = (float(ordered[rank - 1]), float(ordered[n - rank])) if rank else (float("nan"), float("nan"))
    return Average(method, n, float(np.median(values)), ci_low=low, ci_high=high)


def _trimmed(method: str, values: Floats, errors: Floats, weights: Floats) -> Average:  # noqa: ARG001
    n, cut = len(values), len(values) // 10
    ordered = np.sort(values)
    kept = ordered[cut : n - cut]
    winsorised = np.clip(values, kept[0], kept[-1])
    error = float(winsorised.std(ddof=1) * np.sqrt(n) / len(kept)) if len(kept) > 1 else float("nan")
    return _student(method, n, float(kept.mean()), error, len(kept) - 1)


AVERAGES: dict[str, Callable[[str, Floats, Floats, Floats], Average]] = {
    "mean": _mean,
    "inverse_variance": _inverse_variance,
    "inverse_sd": _inverse_sd,
    "weighted": _weighted,
    "median": _median,
    "trimmed": _trimmed,
    "abhar": _mean,
}
"""The averages that there are."""
