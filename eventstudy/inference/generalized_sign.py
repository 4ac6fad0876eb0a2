"""The generalized sign test: more positive CARs than the estimation window would lead one to expect."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from eventstudy.errors import Reason
from eventstudy.inference.base import HypothesisTest, Sample, TestResult
from eventstudy.returns.accumulators import PositiveShare

__all__ = ["GeneralizedSign"]


@dataclass(frozen=True, kw_only=True)
class GeneralizedSign(HypothesisTest):
    """``z = (w - N p) / sqrt(N p (1 - p)) ~ N(0,1)``.

    w counts the CARs above zero (zero is not positive); p is the average over events of the share of positive
    estimation residuals. The estimate is ``w / N``.

    Source: Cowan (1992), Review of Quantitative Finance and Accounting 2, 343-358; METHODS 4.6.

    Examples
    --------
    >>> GeneralizedSign().needs[0].__name__
    'PositiveShare'
    """

    kind: ClassVar[str] = "generalized_sign"
    null: ClassVar[str] = "Positive CARs are as frequent as positive returns in the estimation window."
    source: ClassVar[str] = "Cowan (1992)"
    measure: ClassVar[str] = "positive_share"
    needs = (PositiveShare,)

    def run(self, sample: Sample) -> tuple[TestResult, ...]:
        """Test the share of positive CARs."""
        n = len(sample)
        if n == 0:
            return self.invalid(sample, Reason.NEEDS_TWO_EVENTS)
        shares = sample.accumulated[PositiveShare]
        assert isinstance(shares, PositiveShare)
        expected = float(np.mean(shares.of(sample.row)))
        share = float(np.mean(sample.car > 0))
        variance = expected * (1 - expected) / n
        if not variance > 0:
            return self.invalid(sample, Reason.NO_VARIANCE, estimate=share)
        std_error = float(np.sqrt(variance))
        return self.normal(sample, (share - expected) / std_error, estimate=share, std_error=std_error)
