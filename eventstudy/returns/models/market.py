"""The market model: alpha and beta by least squares, on one benchmark or several."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from eventstudy._typing import Floats
from eventstudy.returns.models.base import BenchmarkModel, LinearModel, named, with_constant
from eventstudy.returns.regressors import Benchmark

__all__ = ["MarketModel"]


@dataclass(frozen=True)
class MarketModel(BenchmarkModel, LinearModel):
    """Expected return = ``alpha + beta R_m,t``.

    With `also` there are further benchmarks on the right: ``alpha + beta R_m,t + beta_2 R_2,t + ...``.

    The covariance of abnormal returns, ``s^2 (I + X* (X'X)^-1 X*')``, gives CARs the variance of Mikkelson and
    Partch (1988): ``s^2 [L + L^2/M + (sum_W (R_m - mean))^2 / sum_E (R_m - mean)^2]``.

    Source: Fama, Fisher, Jensen and Roll (1969); Brown and Warner (1985), Journal of Financial Economics 14, 3-31.

    Parameters
    ----------
    benchmark : str or mapping, optional
        The market; the study's benchmark where it is None.
    also : tuple of str or mapping
        Further benchmarks beside it: a sector's index, a column of the events that names each event's own,
        ``"peers"``.

    Examples
    --------
    >>> MarketModel("KWEB").label("SPY"), MarketModel("SPY").label("SPY")
    ('market:KWEB', 'market')
    >>> MarketModel("SPY", also=("KWEB",)).parameters
    ('alpha', 'beta', 'beta_KWEB')
    """

    kind: ClassVar[str] = "market"
    source: ClassVar[str] = "Brown and Warner (1985)"

    also: tuple[Benchmark, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "also", tuple(self.also))

    @property
    def parameters(self) -> tuple[str, ...]:
        """Alpha, beta, and a beta for each further benchmark."""
        return ("alpha", "beta", *(f"beta_{named(each)}" for each in self.also))

    @property
    def regressors(self) -> tuple[Benchmark, ...]:
        """The benchmark and those beside it."""
        return (*super().regressors, *self.also)

    @property
    def column_names(self) -> tuple[str, ...]:
        """The constant, and the benchmarks by their names."""
        return ("constant", *(named(each) for each in (self.benchmark, *self.also)))

    def label(self, benchmark: Benchmark | None) -> str:
        """Return the kind, the benchmark where it is not the study's, and those beside it."""
        own = super().label(benchmark)
        beside = "+".join(named(each) for each in self.also)
        if not beside:
            return own
        return f"{own}+{beside}" if ":" in own else f"{own}:+{beside}"

    def design(self, x: Floats) -> Floats:
        """Return a constant and the benchmarks, shape (E, n, 1 + K)."""
        return with_constant(x)
