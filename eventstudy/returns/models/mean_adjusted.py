"""The mean-adjusted model: the stock's own average."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from eventstudy._typing import Floats
from eventstudy.returns.models.base import LinearModel
from eventstudy.returns.regressors import Benchmark

__all__ = ["MeanAdjustedModel"]


@dataclass(frozen=True)
class MeanAdjustedModel(LinearModel):
    """Expected return = mean of the estimation window: ``E(R_t) = alpha``.

    Abnormal returns have the covariance ``s^2 (I + iota iota'/M)``.

    Source: Brown and Warner (1980), Journal of Financial Economics 8, 205-258.

    Examples
    --------
    >>> MeanAdjustedModel().label(None)
    'mean_adjusted'
    """

    kind: ClassVar[str] = "mean_adjusted"
    source: ClassVar[str] = "Brown and Warner (1980)"
    parameters: ClassVar[tuple[str, ...]] = ("alpha",)

    @property
    def regressors(self) -> tuple[Benchmark, ...]:
        """None."""
        return ()

    def design(self, x: Floats) -> Floats:
        """Return a column of ones, shape (E, n, 1)."""
        return np.ones((*x.shape[:2], 1))
