"""The capital asset pricing model: excess returns on the excess return of the market."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from eventstudy._typing import Floats
from eventstudy.returns.models.base import BenchmarkModel, LinearModel, named, with_constant
from eventstudy.returns.regressors import Benchmark

__all__ = ["CAPM"]


@dataclass(frozen=True)
class CAPM(BenchmarkModel, LinearModel):
    """Expected return = ``R_f,t + alpha + beta (R_m,t - R_f,t)``.

    A market that is a factor is an excess return already, and is not reduced by the riskless return again. Without
    alpha the abnormal return contains the firm's mean pricing error.

    Source: Sharpe (1964), Journal of Finance 19, 425-442; MacKinlay (1997), Journal of Economic Literature 35, 13-39.

    Parameters
    ----------
    benchmark : str or mapping, optional
        The market; the study's benchmark where it is None, and the factor ``mkt_rf`` where there is none either.
    alpha : bool
        Whether the expected return includes the estimated alpha.

    Examples
    --------
    >>> CAPM(alpha=False).bind(None).regressors
    ('mkt_rf',)
    """

    kind: ClassVar[str] = "capm"
    source: ClassVar[str] = "Sharpe (1964)"
    parameters: ClassVar[tuple[str, ...]] = ("alpha", "beta")
    excess: ClassVar[bool] = True

    alpha: bool = True

    @property
    def regressors(self) -> tuple[Benchmark, ...]:
        """The market."""
        return ("mkt_rf" if self.benchmark is None else self.benchmark,)

    def label(self, benchmark: Benchmark | None) -> str:
        """Return the kind, the benchmark where it is not the study's, and whether alpha is left out."""
        return super().label(benchmark) if self.alpha else f"{super().label(benchmark)}, zero alpha"

    @property
    def column_names(self) -> tuple[str, ...]:
        """The constant, if there is one, and the market by its name."""
        market = named(self.regressors[0])
        return ("constant", market) if self.alpha else (market,)

    def regressed(self, x: Floats, risk_free: Floats | None, factor: tuple[bool, ...]) -> Floats:
        """Return the excess return of the market."""
        return x if any(factor) or risk_free is None else x - risk_free[..., None]

    def design(self, x: Floats) -> Floats:
        """Return the market's excess return after a constant, or alone, shape (E, n, 2) or (E, n, 1)."""
        return with_constant(x) if self.alpha else x

    def reported(self, coefficients: Floats) -> Floats:
        """Return alpha, zero where it is left out, and beta."""
        if self.alpha:
            return coefficients
        return np.concatenate([np.where(np.isnan(coefficients), np.nan, 0.0), coefficients], axis=1)
