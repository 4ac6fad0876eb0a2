"""The market-adjusted model: alpha zero, beta one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from eventstudy._typing import Floats
from eventstudy.returns.models.base import BenchmarkModel, FixedModel

__all__ = ["MarketAdjustedModel"]


@dataclass(frozen=True)
class MarketAdjustedModel(BenchmarkModel, FixedModel):
    """Expected return = the market's: ``E(R_t) = R_m,t``.

    The variance is the centred variance of ``R - R_m`` over the estimation window, with M - 1 degrees of freedom.

    Source: Brown and Warner (1980), Journal of Financial Economics 8, 205-258.

    Parameters
    ----------
    benchmark : str or mapping, optional
        The market; the study's benchmark where it is None.

    Examples
    --------
    >>> MarketAdjustedModel("SPY").regressors
    ('SPY',)
    """

    kind: ClassVar[str] = "market_adjusted"
    source: ClassVar[str] = "Brown and Warner (1980)"

    def expected(self, x: Floats) -> Floats:
        """Return the market's return, shape (E, n)."""
        return x[..., 0]
