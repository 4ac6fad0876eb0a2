"""One event against all windows of its own estimation days."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from eventstudy._typing import Floats
from eventstudy.distributions import resampling_p_values
from eventstudy.errors import InputError, Reason
from eventstudy.inference.base import UNKNOWN, HypothesisTest, Sample, TestResult, given
from eventstudy.inference.resampled import OwnHistory, OwnResiduals
from eventstudy.returns.accumulators import Accumulator

__all__ = ["Placebo", "placebo_windows"]


@dataclass(frozen=True, kw_only=True)
class Placebo(HypothesisTest):
    """One event's standardised CAR among all standardised windows of the same length before it.

    ``p = (1 + #{as large}) / (1 + K)``, K overlapping windows of estimation residuals, each over its own exact
    standard error. No distribution is assumed, only that days are alike; windows that overlap are few in truth,
    so with fewer than twenty windows' worth of estimation days only the percentile is given, as text.
    For placebo dates of many events see `eventstudy.simulation.placebo`.

    Source: Fisher (1935), The Design of Experiments, section 21, whose test compares what was seen with all that chance
    could have made of the same data; Salkever (1976), Journal of Econometrics 4, 393-397, for exact standard errors of
    windows; METHODS 4.9.

    Parameters
    ----------
    fewest : int
        Estimation days a window must be shorter by, as a multiple, for a p-value.

    Examples
    --------
    >>> Placebo().null
    'The abnormal return of this event is one of those of ordinary days.'
    """

    kind: ClassVar[str] = "placebo"
    null: ClassVar[str] = "The abnormal return of this event is one of those of ordinary days."
    source: ClassVar[str] = "Fisher (1935); standardised as in Salkever (1976)"

    fewest: int = 20

    @property
    def needs(self) -> tuple[type[Accumulator], ...]:
        """The estimation residuals of each event."""
        return (OwnResiduals,)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.fewest < 1:
            raise InputError(f"placebo: fewest is {self.fewest}; it must be at least 1.")

    def run(self, sample: Sample) -> tuple[TestResult, ...]:
        """Test each event of the sample by itself."""
        if not len(sample):
            return ()
        own = sample.accumulated[OwnResiduals]
        assert isinstance(own, OwnResiduals)
        history = own.of(sample.row)
        windows = placebo_windows(history, sample.window.length)
        days = (~np.isnan(history.residuals)).sum(axis=1)
        enough = days >= self.fewest * sample.window.length
        return tuple(self._one(sample, i, windows[i], enough=bool(enough[i])) for i in range(len(sample)))

    def _one(self, sample: Sample, i: int, windows: Floats, *, enough: bool) -> TestResult:
        windows = given(windows)
        statistic, count = float(sample.scar[i]), len(windows)
        usable = enough and bool(np.isfinite(statistic)) and count > 0
        smaller = float(np.mean(np.abs(windows) < abs(statistic))) if count else float("nan")
        return self._result(
            n=1,
            estimate=float(sample.car[i]),
            std_error=float(sample.std_error[i]),
            statistic=statistic if usable else float("nan"),
            p=resampling_p_values(statistic, windows, exact=False) if usable else UNKNOWN,
            distribution=f"placebo({count}), {100 * smaller:.1f}% smaller" if count else "",
            reason=Reason.OK if usable else Reason.TOO_FEW_PLACEBO_DAYS if not enough else Reason.NO_VARIANCE,
            event_id=str(sample.event_id[i]),
        )


def placebo_windows(history: OwnHistory, length: int) -> Floats:
    """Return the standardised sums of all windows of estimation residuals.

    Parameters
    ----------
    history : OwnHistory
        Residuals of E events on M days.
    length : int
        L.

    Returns
    -------
    ndarray of shape (E, M - L + 1)
        ``sum_W e / (s sqrt(L - i_W' X (X'X)^-1 X' i_W))``: residuals sum to zero over the estimation window, so
        sums of them vary less than forecast errors do. NaN where a residual of the window is missing.
    """
    e, basis = history.residuals, history.basis
    if e.shape[1] < length:
        return np.empty((len(e), 0))
    sums = np.lib.stride_tricks.sliding_window_view(e, length, axis=1).sum(axis=-1)
    fitted = np.lib.stride_tricks.sliding_window_view(basis, length, axis=1).sum(axis=-1)
    variance = length - (fitted**2).sum(axis=-1)
    scale = history.sigma[:, None] * np.sqrt(np.where(variance > 1e-9 * length, variance, np.nan))
    return np.asarray(sums / np.where(scale > 0, scale, np.nan))
