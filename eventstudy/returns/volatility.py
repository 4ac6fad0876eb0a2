"""Abnormal volatility: how much larger than usual abnormal returns are, whatever their sign."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from eventstudy._typing import Floats
from eventstudy.returns.abnormal import AbnormalReturns, Sides
from eventstudy.returns.covariance import Covariance

__all__ = ["abnormal_volatility", "beaver_u"]


def beaver_u(abnormal: AbnormalReturns) -> Floats:
    """Return Beaver's U, ``AR_t^2 / V[t, t]``, shape (E, L), NaN where there is no abnormal return.

    Under normality it is F(1, df), with the mean ``df / (df - 2)``. Source: Beaver (1968), Journal of Accounting
    Research 6 (Supplement), 67-92.

    Parameters
    ----------
    abnormal : AbnormalReturns
        E events over L days.
    """
    return abnormal.sar**2


def abnormal_volatility(abnormal: AbnormalReturns) -> AbnormalReturns:
    """Return ``ln U - E ln U`` as something to be averaged and tested like abnormal returns.

    U is far from symmetric, its logarithm much less so; exp of an average is a ratio to the usual variance.

    Parameters
    ----------
    abnormal : AbnormalReturns
        E events over L days; an abnormal return of exactly zero is missing.

    Returns
    -------
    AbnormalReturns
        `actual` is ``ln U``, `expected` its expectation under normality, the mean of ``ln F(1, df)``:
        ``psi(1/2) - ln(1/2) - psi(df/2) + ln(df/2)``. The variance of a day's own part is ``psi'(1/2) = pi^2/2``; the
        error of s^2, common to all days, adds ``psi'(df/2)``. Days are taken as independent given s^2.
    """
    from scipy.special import polygamma, psi

    u = beaver_u(abnormal)
    actual = np.log(np.where(u > 0, u, np.nan))
    half = np.maximum(abnormal.estimates.dof, 1) / 2.0
    expected = (psi(0.5) - np.log(0.5)) - (psi(half) - np.log(half))
    spread = np.sqrt(polygamma(1, half))
    shape = actual.shape
    usual = np.broadcast_to(expected[:, None], shape)
    return replace(
        abnormal,
        ar=actual - usual,
        covariance=Covariance.of(
            np.full(shape, float(polygamma(1, 0.5))), np.broadcast_to(spread[:, None, None], (*shape, 1))
        ),
        source=Sides(actual, usual, usual),
        log=False,
        returns=False,
    )
