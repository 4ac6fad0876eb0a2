"""The market model: alpha and beta by least squares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from eventstudy._typing import Floats
from eventstudy.returns.models.base import BenchmarkModel, LinearModel

__all__ = ["MarketModel"]


@dataclass(frozen=True)
class MarketModel(BenchmarkModel, LinearModel):
    """Expected return = ``alpha + beta R_m,t``.

    The covariance of abnormal returns, ``s^2 (I + X* (X'X)^-1 X*')``, gives CARs the variance of Mikkelson and
    Partch (1988): ``s^2 [L + L^2/M + (sum_W (R_m - mean))^2 / sum_E (R_m - mean)^2]``.

    Source: Fama, Fisher, Jensen and Roll (1969); Brown and Warner (1985), Journal of Financial Economics 14, 3-31.

    Parameters
    ----------
    benchmark : str or mapping, optional
        The market; the study's benchmark where it is None.

    Examples
    --------
    >>> MarketModel("KWEB").label("SPY"), MarketModel("SPY").label("SPY")
    ('market:KWEB', 'market')
    """

    kind: ClassVar[str] = "market"
    source: ClassVar[str] = "Brown and Warner (1985)"
    parameters: ClassVar[tuple[str, ...]] = ("alpha", "beta")

    @property
    def column_names(self) -> tuple[str, ...]:
        """The constant, and the benchmark by its name."""
        return ("constant", str(self.benchmark))

    def design(self, x: Floats) -> Floats:
        """Return a constant and the market, shape (E, n, 2)."""
        return np.concatenate([np.ones((*x.shape[:2], 1)), x], axis=2)
