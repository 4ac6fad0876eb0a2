"""The mean CAR with a standard error clustered by date, or by block of overlapping windows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from eventstudy.errors import InputError, Reason
from eventstudy.inference.base import HypothesisTest, Sample, TestResult, dispersion
from eventstudy.inference.clusters import CLUSTERS, sample_clusters

__all__ = ["ClusterT"]

# What a cluster is called, and why few of them won't do.
CLUSTERED = {
    "date": ("date", Reason.TOO_FEW_DATES),
    "block": ("block", Reason.TOO_FEW_BLOCKS),
    "none": ("event", Reason.TOO_FEW_CLUSTERS),
}


@dataclass(frozen=True, kw_only=True)
class ClusterT(HypothesisTest):
    """``t = CAAR / se ~ t(G - 1)``, ``se^2 = G / (G - 1) sum_g (sum_{i in g} (CAR_i - CAAR))^2 / N^2``.

    The G clusters are the distinct dates of day 0; events of one date may be correlated in any way. Windows that
    overlap across dates are allowed for by ``cluster="block"`` alone.

    ``form="day_means"`` counts each cluster once, however many events it has: the mean of the G mean CARs of a cluster
    over their own dispersion, ``t(G - 1)``.

    Source: Cameron, Gelbach and Miller (2011) for one way of clustering; METHODS 4.12.

    Parameters
    ----------
    form : str
        ``"events"``: the mean over events; ``"day_means"``: over clusters.
    min_clusters : int
        Fewest clusters; with less the variance is not to be trusted, and a wild bootstrap over them is the choice.
    cluster : str
        ``"date"``; ``"block"``: events whose windows overlap, directly or through others, are one cluster; ``"none"``:
        every event is.

    Examples
    --------
    >>> ClusterT().min_clusters
    10
    """

    kind: ClassVar[str] = "cluster_t"
    null: ClassVar[str] = "The mean abnormal return over the window is zero."
    source: ClassVar[str] = "Cameron, Gelbach and Miller (2011)"

    choices: ClassVar[Mapping[str, tuple[str, ...]]] = {"form": ("events", "day_means"), "cluster": CLUSTERS}

    form: str = "events"
    min_clusters: int = 10
    cluster: str = "date"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.min_clusters < 2:
            raise InputError(f"cluster_t: min_clusters is {self.min_clusters}; at least 2 are needed.")

    def run(self, sample: Sample) -> tuple[TestResult, ...]:
        """Test the mean CAR."""
        n = len(sample)
        estimate = float(np.mean(sample.car)) if n else float("nan")
        if n < 2:
            return self.invalid(sample, Reason.NEEDS_TWO_EVENTS, estimate=estimate)
        cluster = sample_clusters(sample, self.cluster)
        count = int(cluster.max()) + 1
        unit, lacking = CLUSTERED[self.cluster]
        notes = f"{count} {unit}{'' if count == 1 else 's'}"
        if count < self.min_clusters:
            return self.invalid(sample, lacking, estimate=estimate, notes=notes)
        if self.form == "day_means":
            means = np.bincount(cluster, weights=sample.car) / np.bincount(cluster)
            estimate, std_error = float(means.mean()), dispersion(means) / float(np.sqrt(count))
        else:
            deviations = sample.car - estimate if dispersion(sample.car) > 0 else np.zeros(n)
            sums = np.bincount(cluster, weights=deviations)
            std_error = float(np.sqrt(count / (count - 1) * (sums**2).sum()) / n)
        if not std_error > 0:
            return self.invalid(sample, Reason.NO_DISPERSION, estimate=estimate, notes=notes)
        return self.student(
            sample, estimate / std_error, count - 1, estimate=estimate, std_error=std_error, notes=notes
        )
