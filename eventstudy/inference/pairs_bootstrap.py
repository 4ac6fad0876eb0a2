"""The mean CAR against means of events drawn again."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar

from eventstudy.errors import Reason
from eventstudy.inference.base import Sample, TestResult, few
from eventstudy.inference.clusters import single_cluster
from eventstudy.inference.resampled import CLUSTERS, ResamplingTest, canonical, clusters_of
from eventstudy.inference.resampling import clustered, pairs_draws, statistics

__all__ = ["PairsBootstrap"]


@dataclass(frozen=True, kw_only=True)
class PairsBootstrap(ResamplingTest):
    """``t* = (mean* - mean) / se*`` of events, or dates, drawn with replacement; needs no symmetry, but a large N.

    Source: Efron and Tibshirani (1993), chapter 16.4; METHODS 4.9.

    Parameters
    ----------
    cluster : str
        ``"date"``: events of one day 0 are drawn together; ``"block"``: those whose windows overlap, directly or
        through others. ``"none"``: each by itself.

    Examples
    --------
    >>> PairsBootstrap(draws=999).draws
    999
    """

    kind: ClassVar[str] = "pairs_bootstrap"
    null: ClassVar[str] = "The mean abnormal return over the window is zero."
    source: ClassVar[str] = "Efron and Tibshirani (1993)"
    choices = MappingProxyType({"cluster": CLUSTERS})

    cluster: str = "date"

    def run(self, sample: Sample) -> tuple[TestResult, ...]:
        """Test the mean CAR."""
        n = len(sample)
        held = clustered(sample.car[canonical(sample)][:, None], clusters_of(sample, self.cluster))
        estimate, error, t = (float(each[0]) for each in statistics(held))
        if len(held.sums) < 2:
            return self.invalid(sample, single_cluster(sample, self.cluster), estimate=estimate)
        if not error > 0:
            return self.invalid(sample, Reason.NO_DISPERSION, estimate=estimate)
        drawn = pairs_draws(held, self.draws, self.generator(sample))
        return (self.counted(n, t, drawn, estimate=estimate, std_error=error, notes=few(n)),)
