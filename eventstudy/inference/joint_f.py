"""All abnormal returns of one event at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from eventstudy._typing import Floats
from eventstudy.distributions import NO_DIRECTION, Alternative, chi2_p_values, f_p_values
from eventstudy.errors import Reason
from eventstudy.inference.base import HypothesisTest, Sample, TestResult
from eventstudy.returns.autocorrelation import serial_covariance

__all__ = ["JointF", "joint_f"]


@dataclass(frozen=True, kw_only=True)
class JointF(HypothesisTest):
    """``F = AR' V^-1 AR / L ~ F(L, df)`` of one event: no abnormal return on any day of the window.

    Equal to the F of a dummy variable for each day in one pooled regression (Salkever 1976). Exact where errors are
    independent and normal; V has the autocorrelation that a study asks for. Days without an abnormal return are left
    out of L.

    Source: Campbell, Lo and MacKinlay (1997), chapter 4.4; METHODS 4.1.

    Parameters
    ----------
    reference : str
        ``"f"``; ``"chi2"``: Wald's statistic ``L F ~ chi2(L)``, which takes the variance as known.

    Examples
    --------
    >>> JointF().null, JointF(reference="chi2").label
    ('No day of the window has an abnormal return, for this event.', 'reference=chi2')
    """

    kind: ClassVar[str] = "joint_f"
    null: ClassVar[str] = "No day of the window has an abnormal return, for this event."
    source: ClassVar[str] = "Campbell, Lo and MacKinlay (1997), chapter 4.4"
    choices: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "alternative": (Alternative.TWO_SIDED,),
        "reference": ("f", "chi2"),
    }

    reference: str = "f"

    def run(self, sample: Sample) -> Sequence[TestResult]:
        """Test each event of the sample by itself."""
        if not len(sample):
            return ()
        spread = sample.part(sample.whole.spread)
        if sample.whole.forecast_error == "none":
            spread = np.zeros_like(spread)
        noise = sample.part(sample.whole.noise)
        apart = np.zeros_like(noise)
        if sample.whole.forecast_error == "diagonal":
            apart, spread = (spread**2).sum(axis=2), np.zeros_like(spread)
        rho = sample.whole.rho
        if rho is None:
            statistic, length = joint_f(sample.ar, noise + apart, spread)
        else:
            statistic, length = serial_f(sample.ar, noise, spread, rho[sample.row], apart)
        good = np.isfinite(statistic)
        statistic = np.where(good, statistic, np.nan)
        wald = self.reference == "chi2"
        if wald:
            statistic = length * statistic
        df = zip(length.tolist(), sample.dof.tolist(), strict=True)
        return self._each(
            sample,
            chi2_p_values(statistic, length) if wald else f_p_values(statistic, length, sample.dof),
            std_error=sample.std_error,
            statistic=statistic,
            distribution=[f"chi2({df1:g})" if wald else f"F({df1:g},{df2})" for df1, df2 in df],
            df=length,
            df2=np.where(wald, np.nan, sample.dof),
            reason=[Reason.OK if each else Reason.NO_VARIANCE for each in good.tolist()],
            notes=[NO_DIRECTION if each else "" for each in good.tolist()],
        )


def joint_f(ar: Floats, noise: Floats, spread: Floats) -> tuple[Floats, Floats]:
    """Return ``AR' V^-1 AR / L`` and L of each event, ``V = diag(noise) + spread spread'``.

    Parameters
    ----------
    ar, noise : ndarray of shape (N, L)
        Abnormal returns, decimals, NaN where missing, and their own variances.
    spread : ndarray of shape (N, L, P)
        Parameter error.

    Notes
    -----
    By the identity of Woodbury, ``V^-1 = D^-1 - D^-1 S (I + S' D^-1 S)^-1 S' D^-1``: a system of P equations in
    place of one of L.
    """
    there = ~np.isnan(ar)
    weight = np.where(there, 1.0 / np.where(there, noise, 1.0), 0.0)
    values, shared = np.where(there, ar, 0.0), np.where(there[..., None], spread, 0.0)
    plain = (values**2 * weight).sum(axis=1)
    crossed = np.einsum("nlp,nl->np", shared, values * weight)
    inner = np.eye(shared.shape[2]) + np.einsum("nlp,nl,nlq->npq", shared, weight, shared)
    explained = (crossed * np.linalg.solve(inner, crossed[..., None])[..., 0]).sum(axis=1)
    length = there.sum(axis=1).astype(np.float64)
    return (plain - explained) / np.maximum(length, 1), length


def serial_f(ar: Floats, noise: Floats, spread: Floats, rho: Floats, apart: Floats) -> tuple[Floats, Floats]:
    """Return the same where disturbances are autocorrelated.

    Parameters
    ----------
    ar, noise, spread : ndarray
        As in `joint_f`.
    rho : ndarray of shape (N,)
        From one session to the next.
    apart : ndarray of shape (N, L)
        Variance that a day has beside them, and shares with no other.
    """
    statistic, length = np.full(len(ar), np.nan), (~np.isnan(ar)).sum(axis=1).astype(np.float64)
    for event in np.flatnonzero(length > 0):
        days = ~np.isnan(ar[event])
        # Days left out count in the distance between those that are there.
        own = serial_covariance(noise[event], float(rho[event]))[np.ix_(days, days)]
        v = own + np.diag(apart[event, days]) + spread[event, days] @ spread[event, days].T
        if np.isfinite(v).all() and (np.diagonal(v) > 0).all():
            statistic[event] = ar[event, days] @ np.linalg.solve(v, ar[event, days]) / length[event]
    return statistic, length
