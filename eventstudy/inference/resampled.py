"""What tests by resampling have in common: how many draws, from where, and in which order of events."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from eventstudy._lazy import lazy
from eventstudy._typing import Floats, Ints
from eventstudy.distributions import resampling_p_values
from eventstudy.errors import InputError
from eventstudy.inference.base import HypothesisTest, Sample, TestResult
from eventstudy.inference.clusters import CLUSTERS, sample_clusters
from eventstudy.inference.resampling import Draws
from eventstudy.inference.seeds import generator
from eventstudy.returns.accumulators import Residuals
from eventstudy.returns.models import LinearModel

__all__ = ["CLUSTERS", "OwnResiduals", "ResamplingTest", "canonical", "clusters_of"]

FEWEST_DRAWS = 99


@dataclass(frozen=True, kw_only=True)
class ResamplingTest(HypothesisTest):
    """A test whose p-value is counted.

    Parameters
    ----------
    draws : int
        How many are drawn; ``(draws + 1) alpha`` should be whole. Where there are no more patterns than that, all of
        them are gone through and the p-value is exact.
    """

    draws: int = 9999

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.draws < FEWEST_DRAWS:
            raise InputError(f"{self.kind}: draws is {self.draws}; at least {FEWEST_DRAWS} give a p-value of any use.")

    def generator(self, sample: Sample, *names: str) -> np.random.Generator:
        """Return the generator of this test on this sample, whatever was drawn before."""
        return generator(sample.seed, self.kind, *names)

    def counted(
        self,
        n: int,
        statistic: float,
        drawn: Draws,
        *,
        estimate: float,
        std_error: float = float("nan"),
        event_id: str = "",
        notes: str = "",
    ) -> TestResult:
        """Return the result of a statistic that is compared with draws of shape (B, 1)."""
        return self._result(
            n=n,
            estimate=estimate,
            std_error=std_error,
            statistic=statistic,
            p=resampling_p_values(statistic, drawn.values[:, 0], exact=drawn.exact),
            distribution="exact" if drawn.exact else f"bootstrap({len(drawn.values)})",
            event_id=event_id,
            notes=notes,
        )


def canonical(sample: Sample) -> Ints:
    """Return the order of the events by name, shape (N,): draws do not depend on the order in which they came."""
    return np.argsort(sample.event_id.astype(str), kind="stable")


def clusters_of(sample: Sample, cluster: str) -> Ints:
    """Return the cluster of each event in canonical order, codes of shape (N,).

    Parameters
    ----------
    sample : Sample
        N events.
    cluster : str
        A word of `CLUSTERS`: what is drawn together.
    """
    return sample_clusters(sample, cluster)[canonical(sample)]


@dataclass(slots=True)
class OwnResiduals:
    """The estimation residuals of each event, kept whole: for tests of one event by its own history."""

    parts: list[tuple[Residuals, Floats]] = field(default_factory=list)

    def add(self, residuals: Residuals) -> None:
        """Keep the residuals of a block, and the regressors beside them."""
        x = np.empty((len(residuals.row), 0, 0)) if residuals.around is None else _regressors(residuals)
        self.parts = [*self.parts, (replace(residuals, given=residuals.values, around=None), x)]

    def merge(self, other: OwnResiduals) -> None:
        """Append the events of a later block."""
        self.parts = [*self.parts, *other.parts]

    def of(self, rows: Ints) -> OwnHistory:
        """Return the residuals of these events, in their order."""
        row = np.concatenate([part.row for part, _ in self.parts])
        order = np.argsort(row, kind="stable")
        place = order[np.searchsorted(row[order], rows)]
        return OwnHistory(
            residuals=np.concatenate([part.values for part, _ in self.parts])[place],
            sigma=np.concatenate([part.sigma for part, _ in self.parts])[place],
            x=np.concatenate([x for _, x in self.parts])[place],
        )


@dataclass(frozen=True)
class OwnHistory:
    """Estimation residuals (E, M), their standard deviations (E,) and the regressors beside them (E, M, K)."""

    residuals: Floats
    sigma: Floats
    x: Floats

    @lazy
    def basis(self) -> Floats:
        """Orthonormal columns that the residuals were made orthogonal to, shape (E, M, P); rows not used are zero.

        They are found among the regressors and the constant: a column was fitted if the residuals have no
        product with it.
        """
        used = ~np.isnan(self.residuals)
        e = np.where(used, self.residuals, 0.0)
        x = self.x if self.x.shape[1] == e.shape[1] else np.empty((*e.shape, 0))
        columns = np.concatenate([x, np.ones((*e.shape, 1))], axis=2) * used[..., None]
        columns = np.nan_to_num(columns)
        product = np.abs((e[..., None] * columns).sum(axis=1))
        size = (np.abs(e)[..., None] * np.abs(columns)).sum(axis=1)
        fitted = product <= 1e-9 * size
        # A column of zeros, or one that those before it make, would take a direction from those after it.
        order = np.argsort(~fitted, axis=1, kind="stable")
        fitted = np.take_along_axis(fitted, order, axis=1)
        columns = np.take_along_axis(columns, order[:, None, :], axis=2)
        q, r = np.linalg.qr(columns * fitted[:, None, :])
        lead = np.abs(np.diagonal(r, axis1=1, axis2=2))
        kept = fitted & (lead > 1e-10 * np.sqrt((columns**2).sum(axis=1)))
        return np.asarray(q * kept[:, None, :])


def _regressors(residuals: Residuals) -> Floats:
    """Return what stood beside the residuals in their regression, as it was weighted; else what the model reads."""
    model, block = residuals.known.model, residuals.known.block
    if isinstance(model, LinearModel) and type(model).fit is LinearModel.fit:
        return model.weighted_design(block)
    return block.x
