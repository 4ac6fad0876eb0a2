"""The skewness-adjusted bootstrap of the mean buy-and-hold abnormal return."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from eventstudy.errors import InputError, Reason
from eventstudy.inference.base import Sample, TestResult, dispersion, few, given
from eventstudy.inference.resampled import ResamplingTest, canonical
from eventstudy.inference.resampling import Draws, bhar_draws, johnson_t

__all__ = ["BharBootstrap"]

# METHODS 4.9.
FEW_RESAMPLED = 20


@dataclass(frozen=True, kw_only=True)
class BharBootstrap(ResamplingTest):
    """Johnson's t of the mean BHAR against that of resamples of N/4 events, each tail by itself.

    ``t = sqrt(n) (S + g S^2 / 3 + g / (6 n))``. The two-sided p-value is twice that of the smaller tail. Below 20
    events resamples hold so few that the p-value is rough, and the notes say so.

    Source: Lyon, Barber and Tsai (1999), Journal of Finance 54, 173-175; METHODS 4.9.

    Parameters
    ----------
    share : float
        Size of a resample as a share of N.

    Examples
    --------
    >>> BharBootstrap().measure
    'bhar'
    """

    kind: ClassVar[str] = "bhar_bootstrap"
    null: ClassVar[str] = "The mean buy-and-hold abnormal return over the window is zero."
    source: ClassVar[str] = "Lyon, Barber and Tsai (1999)"
    measure: ClassVar[str] = "bhar"

    share: float = 0.25

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 < self.share <= 1:
            raise InputError(f"bhar_bootstrap: share is {self.share}; it is above 0, at most 1.")

    def run(self, sample: Sample) -> tuple[TestResult, ...]:
        """Test the mean BHAR of the events that have one."""
        values = sample.bhar[canonical(sample)]
        values = given(values)
        n = len(values)
        estimate = float(values.mean()) if n else float("nan")
        if n < 3:
            return (replace(self.invalid(sample, Reason.NEEDS_THREE_EVENTS, estimate=estimate)[0], n=n),)
        error = dispersion(values) / np.sqrt(n)
        if error == 0:
            return (replace(self.invalid(sample, Reason.NO_DISPERSION, estimate=estimate)[0], n=n),)
        statistic = float(johnson_t(values, n))
        drawn = bhar_draws(values, max(3, int(n * self.share)), self.draws, self.generator(sample))
        draws, notes = Draws(drawn[:, None], exact=False), few(n, fewest=FEW_RESAMPLED)
        result = self.counted(n, statistic, draws, estimate=estimate, std_error=error, notes=notes)
        return (replace(result, p_two_sided=min(1.0, 2 * min(result.p_greater, result.p_less))),)
