"""The raw return: nothing is expected."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from eventstudy._typing import Floats
from eventstudy.returns.models.base import FixedModel
from eventstudy.returns.regressors import Benchmark

__all__ = ["RawModel"]


@dataclass(frozen=True)
class RawModel(FixedModel):
    """Expected return = zero: the abnormal return is the return itself.

    The variance is the centred variance of R over the estimation window, with M - 1 degrees of freedom.

    Source: Brown and Warner (1980), Journal of Financial Economics 8, 205-258.

    Examples
    --------
    >>> RawModel().label(None)
    'raw'
    """

    kind: ClassVar[str] = "raw"
    source: ClassVar[str] = "Brown and Warner (1980)"

    @property
    def regressors(self) -> tuple[Benchmark, ...]:
        """None."""
        return ()

    def expected(self, x: Floats) -> Floats:
        """Return zeros, shape (E, n)."""
        return np.zeros(x.shape[:2])
