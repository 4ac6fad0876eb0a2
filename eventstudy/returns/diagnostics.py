"""What estimation residuals say of the assumptions that were made of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from eventstudy._typing import Floats, Ints
from eventstudy.returns.linear import least_squares
from eventstudy.returns.models.base import Block, ExpectedReturnModel, with_constant

__all__ = ["Diagnostics", "diagnose_model", "diagnose_residuals"]

ARCH_LAGS = 5


@dataclass(frozen=True, slots=True, eq=False)
class Diagnostics:
    """Diagnostics of the estimation of E events; every array has shape (E,), NaN where there is no estimate.

    Parameters
    ----------
    durbin_watson : ndarray
        ``sum (e_t - e_{t-1})^2 / sum e_t^2``: near 2 without autocorrelation (Durbin and Watson 1950).
    arch_lm, arch_lm_p : ndarray
        Engle's (1982) test of conditional heteroskedasticity: n R2 of squared residuals on their own lags, and its
        p-value by chi-squared.
    jarque_bera, jarque_bera_p : ndarray
        Jarque and Bera's (1980) test of normality, ``n/6 (skewness^2 + excess kurtosis^2 / 4)``, and its p-value by
        chi-squared with two degrees of freedom.
    condition_number : ndarray
        Largest over smallest singular value of the design; NaN for a model without one.
    mean_residual, mean_residual_t : ndarray
        Mean of the residuals, a decimal per session, and over its standard error.
    """

    durbin_watson: Floats
    arch_lm: Floats
    arch_lm_p: Floats
    jarque_bera: Floats
    jarque_bera_p: Floats
    condition_number: Floats
    mean_residual: Floats
    mean_residual_t: Floats


def diagnose_model(model: ExpectedReturnModel, block: Block, residuals: Floats) -> Diagnostics:
    """Return the diagnostics of a model's estimation on a block, from its residuals of shape (E, M)."""
    condition = np.where(np.isnan(residuals).all(axis=1), np.nan, model.condition(block))
    return diagnose_residuals(residuals, condition_number=condition)


def diagnose_residuals(
    residuals: Floats, *, lags: int = ARCH_LAGS, condition_number: Floats | None = None
) -> Diagnostics:
    """Return the diagnostics of residuals.

    Parameters
    ----------
    residuals : ndarray of shape (E, M)
        Decimals per session, NaN on sessions that were not used: they are left out, and the next residual follows on
        the one before.
    lags : int
        Of squared residuals, in the test of conditional heteroskedasticity.
    condition_number : ndarray of shape (E,), optional
        Of the design.

    Examples
    --------
    >>> found = diagnose_residuals(np.array([[1.0, -1.0, 1.0, -1.0]]), lags=1)
    >>> found.durbin_watson.tolist(), found.mean_residual.tolist()
    ([3.0], [0.0])
    """
    series, count = _closed_up(residuals)
    there = np.arange(series.shape[1]) < count[:, None]
    filled = np.where(there, series, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = filled.sum(axis=1) / count
        apart = np.where(there, filled - mean[:, None], 0.0)
        squares, variance = (filled**2).sum(axis=1), (apart**2).sum(axis=1) / count
        steps = np.where(there[:, 1:], np.diff(filled, axis=1), 0.0)
        skewness = (apart**3).sum(axis=1) / count / variance**1.5
        excess = (apart**4).sum(axis=1) / count / variance**2 - 3.0
        error = np.sqrt(variance / np.maximum(count - 1, 1))
        arch, arch_p = _arch_lm(series, count, lags)
        bera = count / 6.0 * (skewness**2 + excess**2 / 4.0)
        return Diagnostics(
            durbin_watson=(steps**2).sum(axis=1) / squares,
            arch_lm=arch,
            arch_lm_p=arch_p,
            jarque_bera=bera,
            jarque_bera_p=np.exp(-bera / 2.0),
            condition_number=np.full(len(mean), np.nan) if condition_number is None else condition_number,
            mean_residual=mean,
            mean_residual_t=mean / error,
        )


def _closed_up(residuals: Floats) -> tuple[Floats, Ints]:
    """Return the residuals that are there one after another, NaN behind them, and their number."""
    missing = np.isnan(residuals)
    order = np.argsort(missing, axis=1, kind="stable")
    return np.take_along_axis(residuals, order, axis=1), np.asarray((~missing).sum(axis=1), dtype=np.int64)


def _arch_lm(series: Floats, count: Ints, lags: int) -> tuple[Floats, Floats]:
    from scipy.special import gammaincc

    if series.shape[1] <= lags + 1:
        return np.full(len(series), np.nan), np.full(len(series), np.nan)
    squares = series**2
    length = squares.shape[1]
    # Least squares is scale-free, but its test of collinearity is easier to read near one.
    scale = np.where(count > 0, np.nansum(squares, axis=1) / np.maximum(count, 1), 1.0)
    squares = squares / np.where(scale > 0, scale, 1.0)[:, None]
    lagged = np.stack([squares[:, lags - lag : length - lag] for lag in range(1, lags + 1)], axis=2)
    design = with_constant(lagged)
    fit = least_squares(squares[:, lags:], design, design[:, :1])
    statistic = np.where(fit.n_obs > lags + 1, fit.n_obs * fit.r_squared, np.nan)
    return statistic, np.asarray(gammaincc(lags / 2.0, statistic / 2.0))
