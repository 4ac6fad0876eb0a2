"""The sign-flip test of the mean CAR, and its wild relatives."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar

from eventstudy.errors import InputError, Reason
from eventstudy.inference.base import Sample, TestResult, few
from eventstudy.inference.clusters import single_cluster
from eventstudy.inference.resampled import CLUSTERS, ResamplingTest, canonical, clusters_of
from eventstudy.inference.resampling import clustered, statistics, wild_draws

__all__ = ["WildBootstrap"]

WEIGHTS = ("rademacher", "webb")


@dataclass(frozen=True, kw_only=True)
class WildBootstrap(ResamplingTest):
    """The mean CAR against the same CARs with random signs: exact where they are symmetric about zero.

    t is the cross-sectional t, robust to clusters where dates are shared; the signs of a date flip together. With no
    more patterns than draws all of them are gone through.

    Source: Cameron, Gelbach and Miller (2008), Review of Economics and Statistics 90, 414-427; METHODS 4.9.

    Parameters
    ----------
    weights : str
        ``"rademacher"``: signs. ``"webb"``: six points, for fewer than twelve clusters where 2^G patterns give
        too coarse a p-value.
    null_imposed : bool
        False weights what the CARs differ from their mean, and asks how often that strays as far.
    cluster : str
        What flips together: ``"date"``: events of one day 0; ``"block"``: those whose windows overlap, directly or
        through others; ``"none"``: each event flips by itself.

    Examples
    --------
    >>> WildBootstrap(draws=999, weights="webb").kind
    'wild_bootstrap'
    """

    kind: ClassVar[str] = "wild_bootstrap"
    null: ClassVar[str] = "The mean abnormal return over the window is zero."
    source: ClassVar[str] = "Cameron, Gelbach and Miller (2008)"
    choices = MappingProxyType({"weights": WEIGHTS, "cluster": CLUSTERS})

    weights: str = "rademacher"
    null_imposed: bool = True
    cluster: str = "date"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.weights == "webb" and self.draws < 999:
            raise InputError(f"wild_bootstrap: draws is {self.draws}; Webb's weights need 999 or more.")

    def run(self, sample: Sample) -> tuple[TestResult, ...]:
        """Test the mean CAR."""
        n = len(sample)
        held = clustered(sample.car[canonical(sample)][:, None], clusters_of(sample, self.cluster))
        estimate, error, t = (float(each[0]) for each in statistics(held))
        if len(held.sums) < 2:
            return self.invalid(sample, single_cluster(sample, self.cluster), estimate=estimate)
        if not error > 0:
            return self.invalid(sample, Reason.NO_DISPERSION, estimate=estimate)
        rng = self.generator(sample)
        drawn = wild_draws(held, self.draws, rng, weights=self.weights, null_imposed=self.null_imposed)
        return (self.counted(n, t, drawn, estimate=estimate, std_error=error, notes=few(n)),)
