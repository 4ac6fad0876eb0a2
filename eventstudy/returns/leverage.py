"""Leverage of estimation days, and generalised ranks of residuals freed of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from eventstudy._typing import Bools, Floats, Ints
from eventstudy.execution import Engine
from eventstudy.returns.accumulators import Places, Residuals
from eventstudy.returns.grank import EstimationRanks, GeneralizedRanks
from eventstudy.returns.models.base import FixedModel, LinearModel
from eventstudy.returns.ranking import uniform_sums
from eventstudy.returns.remade import Remade

__all__ = ["LeveragedRanks", "leverages", "residual_leverages"]

# A day that its own coefficient fits has a leverage of one but for rounding, and a residual that says nothing.
FITTED = 1e-10


def leverages(design: Floats, used: Bools) -> Floats:
    """Return the diagonal of ``X (X'X)^-1 X'``.

    Parameters
    ----------
    design : ndarray of shape (E, M, P)
        Design rows X, of full rank over the rows used.
    used : ndarray of shape (E, M)
        Which rows are.

    Returns
    -------
    ndarray of shape (E, M)
        Between 0 and 1; 0 on rows that are not used.

    Examples
    --------
    >>> x = np.array([[[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]]])
    >>> leverages(x, np.ones((1, 3), dtype=bool)).round(4).tolist()
    [[0.8333, 0.3333, 0.8333]]
    """
    orthogonal, _ = np.linalg.qr(np.where(used[..., None], design, 0.0))
    return np.asarray((orthogonal**2).sum(axis=2))


def residual_leverages(residuals: Residuals) -> Floats | None:
    """Return the leverage of each estimation day of a block, shape (E, M); None where the model has none.

    A linear regression has that of its design over the rows it used; a model that estimates nothing has zero. One
    that is estimated otherwise (robust, GARCH, Scholes-Williams, synthetic control) has no such thing.
    """
    model, block = residuals.known.model, residuals.known.block
    if isinstance(model, FixedModel):
        return np.zeros(residuals.values.shape)
    if isinstance(model, LinearModel) and type(model).fit is LinearModel.fit:
        return leverages(model.weighted_design(block), ~np.isnan(residuals.values))
    return None


@dataclass(slots=True)
class LeveragedRanks(GeneralizedRanks):
    """Generalised ranks of ``e / (s sqrt(1 - h))`` in the place of ``e / s``, h the leverage of the day.

    A day of leverage one has no residual to speak of, and is missing.

    Source: Kolari and Pynnonen (2011); METHODS 4.7.

    Parameters
    ----------
    lacking : bool
        Whether the model has no leverages, so that nothing is ranked.
    """

    lacking: bool = False

    def add(self, residuals: Residuals) -> None:
        """Rank each event once, and place every window's return among its ranks."""
        if not len(residuals.row):
            return
        found = residual_leverages(residuals)
        if found is None:
            self.lacking = True
            return
        left = 1.0 - found
        freed = residuals.values / np.sqrt(np.where(left > FITTED, left, np.nan))
        # A class with slots is made twice, so that super() would not find its own.
        GeneralizedRanks.add(self, replace(residuals, given=freed, complete=False))
        _, alone = uniform_sums(freed)
        self.sums = {name: sums + EstimationRanks(alone).joined for name, sums in self.sums.items()}

    def finish(self, engine: Engine, places: Places, remade: Callable[[Ints], Remade] | None) -> None:  # noqa: ARG002
        """Forget the SCARs: every block has brought the ranks that its days have without them."""
        self.scars = {}

    def merge(self, other: GeneralizedRanks) -> None:
        """Add the sums of a later block."""
        self.lacking |= isinstance(other, LeveragedRanks) and other.lacking
        GeneralizedRanks.merge(self, other)
