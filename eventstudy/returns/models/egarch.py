"""A market model whose disturbances have a variance with asymmetry: EGARCH (METHODS 2.5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from eventstudy._typing import Floats
from eventstudy.returns.egarch_errors import coefficient_covariance
from eventstudy.returns.models.garch import EXPLOSIVE, ConditionalVarianceModel
from eventstudy.returns.variance_paths import Volatility, egarch_path

__all__ = ["EGARCHModel"]


@dataclass(frozen=True)
class EGARCHModel(ConditionalVarianceModel):
    """Expected return = ``alpha + beta R_m,t``, disturbances EGARCH(1,1).

    ``ln h_t = w + g ln h_{t-1} + a (|z_{t-1}| - E|z|) + c z_{t-1}``. The forecast is the expectation of h for normal z;
    with the t distribution h has none, and the forecast is the exponential of the expectation of ln h. g is at least 0.

    The likelihood has several maxima: the best of three searches is taken. It has kinks where a disturbance is zero, so
    that ``Cov(b)`` comes from first derivatives alone (Bollerslev and Wooldridge 1992).

    Source: Nelson (1991), Econometrica 59, 347-370; Bollerslev and Wooldridge (1992), Econometric Reviews 11, 143-172.

    Parameters
    ----------
    benchmark : str or mapping, optional
        The market; the study's benchmark where it is None.

    Examples
    --------
    >>> EGARCHModel("SPY").parameters
    ('alpha', 'beta', 'omega', 'arch', 'asymmetry', 'garch')
    """

    kind: ClassVar[str] = "egarch"
    source: ClassVar[str] = "Nelson (1991)"
    volatility_parameters: ClassVar[tuple[str, ...]] = ("omega", "arch", "asymmetry", "garch")

    def specified(self, y: Floats, x: Floats) -> Any:
        """Return an EGARCH(1,1) market model."""
        return self._arch(y, x, "EGARCH", 1)

    def starts(self, y: Floats, x: Floats, variance: float) -> list[Floats | None]:
        """Return the start of `arch`, one of little persistence and one of much."""
        slope = float(np.cov(y, x)[0, 1] / x.var(ddof=1))
        line, tails = [y.mean() - slope * x.mean(), slope], [8.0] if self.distribution == "t" else []
        return [
            None,
            *(
                np.array([*line, (1.0 - garch) * np.log(variance), arch, asymmetry, garch, *tails])
                for arch, asymmetry, garch in ((0.2, -0.1, 0.5), (0.1, 0.0, 0.9))
            ),
        ]

    def coefficient_covariance(self, found: Any, x: Floats, variance: float) -> Floats:
        """Return the sandwich covariance of intercept and slope from first derivatives."""
        degrees = float(found.params["nu"]) if self.distribution == "t" else np.inf
        return coefficient_covariance(np.asarray(found.resid), x, self.read(found)[0], variance, degrees)

    def read(self, found: Any) -> tuple[Volatility, bool]:
        """Return omega, a, g and c."""
        names = ("omega", "alpha[1]", "beta[1]", "gamma[1]")
        omega, arch, garch, asymmetry = (float(found.params[name]) for name in names)
        last = float(found.conditional_volatility[-1]) ** 2, float(found.resid[-1])
        return Volatility(omega, arch, garch, asymmetry, *last, logs=True), abs(garch) < EXPLOSIVE

    def path(self, volatility: Volatility, start: int, shocks: Floats) -> Floats:
        """Return the variances of the event days."""
        return egarch_path(volatility, start, shocks, expectation=self.distribution == "normal")

    def constant(self, variance: Floats) -> Floats:
        """Return the logarithm of the variance as omega, and nothing else."""
        with np.errstate(invalid="ignore", divide="ignore"):
            logarithm = np.log(variance)
        return np.stack([logarithm, 0.0 * variance, 0.0 * variance, 0.0 * variance], axis=1)
