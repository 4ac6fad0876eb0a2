"""Signs of CARs against a fair coin, and how signs are counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from eventstudy._typing import Bools
from eventstudy.distributions import PValues, normal_p_values
from eventstudy.errors import InputError, Reason
from eventstudy.inference.base import HypothesisTest, Sample, TestResult
from eventstudy.inference.missing import MISSING, inflation
from eventstudy.inference.presets import Unsaid
from eventstudy.returns.accumulators import Accumulator
from eventstudy.returns.members import Members

__all__ = ["ZEROS", "Sign", "binomial_p_values", "counted"]

ZEROS = ("not_positive", "drop")
# Below this many events the normal approximation is not used.
EXACT_BELOW = 50


@dataclass(frozen=True, kw_only=True)
class Sign(HypothesisTest):
    """``z = (w - N/2) / sqrt(N/4)``, w the CARs above zero; the p-value is the exact binomial one below 50 events.

    It takes half of all CARs to be positive under the null, which skewed returns are not. The estimate is ``w / N``.

    Source: Dixon and Mood (1946), Journal of the American Statistical Association 41, 557-566; of abnormal returns in
    Brown and Warner (1980), Journal of Financial Economics 8, 205-258; METHODS 4.6.

    Parameters
    ----------
    zeros : str
        ``"not_positive"``: a CAR of zero counts as not positive; ``"drop"``: it does not count.
    exact : str
        ``"auto"``: below 50 events; ``"always"``; ``"never"``.
    missing : str
        ``"scaled"``: w counts the N events that have a CAR; ``"inflated"``: it is their share times all events that
        have an estimate, while N stays, as estudy2 has it (METHODS 12). It is then no number of heads, and the p-value
        is the normal one. Equal where no CAR is missing.

    Raises
    ------
    InputError
        If an exact p-value is asked for always, and w is inflated.

    Examples
    --------
    >>> round(float(binomial_p_values(9, 10).two_sided), 6)
    0.021484
    """

    kind: ClassVar[str] = "sign"
    null: ClassVar[str] = "Positive and negative abnormal returns over the window are equally frequent."
    source: ClassVar[str] = "Dixon and Mood (1946); Brown and Warner (1980)"
    measure: ClassVar[str] = "positive_share"
    choices: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "zeros": ZEROS,
        "exact": ("auto", "always", "never"),
        "missing": MISSING,
    }

    zeros: str = "not_positive"
    exact: str = Unsaid("auto")
    missing: str = Unsaid("scaled")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.missing == "inflated" and self.exact == "always":
            raise InputError("sign: an inflated count has no exact p-value; use exact = never, or missing = scaled.")

    @property
    def needs(self) -> tuple[type[Accumulator], ...]:
        """All events of the group, where the count is blown up to them."""
        return (Members,) if self.missing == "inflated" else ()

    def run(self, sample: Sample) -> tuple[TestResult, ...]:
        """Test the share of positive CARs."""
        used = counted(sample, self.zeros)
        n, positive = int(used.sum()), int((sample.car[used] > 0).sum())
        if n == 0:
            return self.invalid(sample, Reason.ALL_ZERO if len(sample) else Reason.NO_EVENTS)
        inflated = self.missing == "inflated"
        z = (positive * (inflation(sample) if inflated else 1.0) - n / 2) / np.sqrt(n / 4)
        exact = binomial_p_values(positive, n)
        shown = not inflated and (self.exact == "always" or (self.exact == "auto" and n < EXACT_BELOW))
        return (
            self._result(
                n=n,
                estimate=positive / n,
                std_error=float(np.sqrt(0.25 / n)),
                statistic=float(z),
                p=exact if shown else normal_p_values(z),
                distribution="exact" if shown else "N(0,1)",
                notes="" if shown or inflated else f"exact binomial p = {float(exact.of(self.alternative)):.6g}",
            ),
        )


def counted(sample: Sample, zeros: str) -> Bools:
    """Return which events count, shape (N,)."""
    return np.ones(len(sample), dtype=bool) if zeros == "not_positive" else sample.car != 0


def binomial_p_values(positive: int, n: int) -> PValues:
    """Return the exact p-values of a number of heads in n tosses of a fair coin."""
    from scipy.special import bdtr

    # As many heads or more is as many tails or fewer.
    return PValues.of_tails(greater=float(bdtr(n - positive, n, 0.5)), less=float(bdtr(positive, n, 0.5)))
