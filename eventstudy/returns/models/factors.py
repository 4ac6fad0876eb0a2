"""Factor models: excess returns on factors that are excess or zero-cost returns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from eventstudy._typing import Floats
from eventstudy.errors import InputError
from eventstudy.returns.models.base import LinearModel, with_constant
from eventstudy.returns.regressors import Benchmark

__all__ = ["FF3", "FF5", "Carhart", "FactorModel", "NamedFactors"]


class NamedFactors(LinearModel):
    """Expected return = ``R_f,t + alpha + sum_k beta_k F_k,t``."""

    excess: ClassVar[bool] = True

    @property
    def factors(self) -> tuple[str, ...]:
        """The factors by name."""
        raise NotImplementedError

    @property
    def parameters(self) -> tuple[str, ...]:
        """Alpha, and a beta for each factor."""
        return ("alpha", *(f"beta_{name}" for name in self.factors))

    @property
    def regressors(self) -> tuple[Benchmark, ...]:
        """The factors."""
        return self.factors

    @property
    def column_names(self) -> tuple[str, ...]:
        """The constant, and the factors by name."""
        return ("constant", *self.factors)

    def design(self, x: Floats) -> Floats:
        """Return a constant and the factors, shape (E, n, 1 + K)."""
        return with_constant(x)


@dataclass(frozen=True)
class FactorModel(NamedFactors):
    """Expected return = ``R_f,t + alpha + sum_k beta_k F_k,t`` for factors that you name.

    The factors are excess or zero-cost returns; none is reduced by the riskless return again.

    Source: Fama and French (1993), Journal of Financial Economics 33, 3-56; MacKinlay (1997).

    Parameters
    ----------
    columns : tuple of str
        Names of the factors.

    Raises
    ------
    InputError
        If no factor is named, or one twice.

    Examples
    --------
    >>> FactorModel(("mkt_rf", "mom")).parameters
    ('alpha', 'beta_mkt_rf', 'beta_mom')
    """

    kind: ClassVar[str] = "factors"
    source: ClassVar[str] = "Fama and French (1993)"

    columns: tuple[str, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "columns", tuple(self.columns))
        if not self.columns or len(set(self.columns)) < len(self.columns):
            raise InputError(f"factors: columns is {list(self.columns)}; one name or more, none twice, were expected.")

    @property
    def factors(self) -> tuple[str, ...]:
        """The factors named."""
        return self.columns

    def label(self, benchmark: Benchmark | None) -> str:  # noqa: ARG002
        """Return the kind and the factors."""
        return f"{self.kind}:{'+'.join(self.columns)}"


@dataclass(frozen=True)
class FF3(NamedFactors):
    """Expected return on the three factors of Fama and French: market, size, value.

    Source: Fama and French (1993), Journal of Financial Economics 33, 3-56.

    Examples
    --------
    >>> FF3().factors
    ('mkt_rf', 'smb', 'hml')
    """

    kind: ClassVar[str] = "ff3"
    source: ClassVar[str] = "Fama and French (1993)"
    factors: ClassVar[tuple[str, ...]] = ("mkt_rf", "smb", "hml")


@dataclass(frozen=True)
class FF5(NamedFactors):
    """Expected return on the five factors of Fama and French: market, size, value, profitability, investment.

    Source: Fama and French (2015), Journal of Financial Economics 116, 1-22.

    Examples
    --------
    >>> FF5().factors
    ('mkt_rf', 'smb', 'hml', 'rmw', 'cma')
    """

    kind: ClassVar[str] = "ff5"
    source: ClassVar[str] = "Fama and French (2015)"
    factors: ClassVar[tuple[str, ...]] = ("mkt_rf", "smb", "hml", "rmw", "cma")


@dataclass(frozen=True)
class Carhart(NamedFactors):
    """Expected return on the four factors of Carhart: market, size, value, momentum.

    Source: Carhart (1997), Journal of Finance 52, 57-82.

    Examples
    --------
    >>> Carhart().factors
    ('mkt_rf', 'smb', 'hml', 'mom')
    """

    kind: ClassVar[str] = "carhart"
    source: ClassVar[str] = "Carhart (1997)"
    factors: ClassVar[tuple[str, ...]] = ("mkt_rf", "smb", "hml", "mom")
