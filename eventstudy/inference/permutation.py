"""One event against all ways to choose its days among its estimation days."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import numpy as np

from eventstudy._typing import Floats
from eventstudy.errors import Reason
from eventstudy.inference.base import Sample, TestResult, given
from eventstudy.inference.resampled import OwnResiduals, ResamplingTest
from eventstudy.inference.resampling import permutation_draws
from eventstudy.returns.accumulators import Accumulator

__all__ = ["Permutation"]


@dataclass(frozen=True, kw_only=True)
class Permutation(ResamplingTest):
    """One event's CAR over the dispersion of the days left, under permutations of window and estimation days.

    ``t = CAR / (sqrt(L) s)``, s the standard deviation of the estimation days' abnormal returns; in a permutation s is
    that of the days not chosen. Exact where days are exchangeable, whatever their distribution; the forecast error of
    the window's days is ignored.

    Source: Nguyen and Wolf (2023), Empirical Economics; METHODS 4.9.

    Examples
    --------
    >>> Permutation(draws=999).draws
    999
    """

    kind: ClassVar[str] = "permutation"
    null: ClassVar[str] = "The abnormal returns of this event's window are exchangeable with those before it."
    source: ClassVar[str] = "Nguyen and Wolf (2023)"

    @property
    def needs(self) -> tuple[type[Accumulator], ...]:
        """The estimation residuals of each event."""
        return (OwnResiduals,)

    def run(self, sample: Sample) -> tuple[TestResult, ...]:
        """Test each event of the sample by itself."""
        if not len(sample):
            return ()
        own = sample.accumulated[OwnResiduals]
        assert isinstance(own, OwnResiduals)
        residuals, ar = own.of(sample.row).residuals, sample.ar
        return tuple(self._one(sample, i, given(residuals[i]), given(ar[i])) for i in range(len(sample)))

    def _one(self, sample: Sample, i: int, residuals: Floats, window: Floats) -> TestResult:
        estimate, event_id = float(sample.car[i]), str(sample.event_id[i])
        spread = float(np.std(residuals, ddof=1)) if len(residuals) > 2 else 0.0
        if not spread > 0 or not len(window):
            return self._result(n=1, estimate=estimate, reason=Reason.NO_VARIANCE, event_id=event_id)
        pool = np.concatenate([residuals, window])
        # Events with as many days share their draws, whatever their order.
        draw = partial(self.generator, sample, str(len(pool)))
        statistic, drawn = permutation_draws(pool, len(window), self.draws, draw)
        error = spread * float(np.sqrt(len(window)))
        return self.counted(1, statistic, drawn, estimate=estimate, std_error=error, event_id=event_id)
