"""Wilcoxon's signed rank test of CARs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from eventstudy._typing import Floats
from eventstudy.distributions import Alternative, PValues, normal_p_value
from eventstudy.errors import Reason
from eventstudy.inference.base import HypothesisTest, Sample, TestResult
from eventstudy.inference.missing import MISSING, inflation
from eventstudy.inference.presets import Unsaid
from eventstudy.returns.accumulators import Accumulator
from eventstudy.returns.members import Members
from eventstudy.returns.ranking import row_ranks

__all__ = ["Wilcoxon", "signed_rank_counts"]

# Up to so many values, and without ties, the distribution is counted out.
EXACT_UP_TO = 50
# A sum nearer to a whole number than this is one, but for rounding.
WHOLE = 1e-6


@dataclass(frozen=True, kw_only=True)
class Wilcoxon(HypothesisTest):
    """``W+``, the sum of the ranks of |CAR| that belong to positive CARs; CARs of zero are left out.

    Exact by counting for n <= 50 without ties, else ``z = (W+ - n (n + 1) / 4) / s ~ N(0,1)``, ``s^2 = n (n + 1) (2 n +
    1) / 24 - sum (t^3 - t) / 48``, t the sizes of ties. It takes CARs to be symmetric about zero under the null. The
    estimate is W+; the statistic is W+ where the p-value is exact and z where it is not.

    Source: Wilcoxon (1945), Biometrics Bulletin 1, 80-83; METHODS 4.8.

    Parameters
    ----------
    correction : bool
        Whether z is taken half a rank nearer to zero, for continuity.
    missing : str
        ``"scaled"``: W+ sums over the events that have a CAR; ``"inflated"``: it is their mean rank times all events
        that have an estimate, held against the same distribution, as estudy2 has it (METHODS 12). It may then pass
        the largest sum there can be, and the p-value be 0. Equal where no CAR is missing.

    Examples
    --------
    >>> signed_rank_counts(3).tolist()
    [1.0, 1.0, 1.0, 2.0, 1.0, 1.0, 1.0]
    """

    kind: ClassVar[str] = "wilcoxon"
    null: ClassVar[str] = "Abnormal returns over the window are symmetric about zero."
    source: ClassVar[str] = "Wilcoxon (1945)"
    measure: ClassVar[str] = "rank_sum"

    choices: ClassVar[Mapping[str, tuple[str, ...]]] = {"missing": MISSING}

    correction: bool = False
    missing: str = Unsaid("scaled")

    @property
    def needs(self) -> tuple[type[Accumulator], ...]:
        """All events of the group, where the sum is blown up to them."""
        return (Members,) if self.missing == "inflated" else ()

    def run(self, sample: Sample) -> tuple[TestResult, ...]:
        """Test the signed ranks."""
        car = sample.car[sample.car != 0]
        n = len(car)
        if n == 0:
            return self.invalid(sample, Reason.ALL_ZERO if len(sample) else Reason.NO_EVENTS)
        ranks = row_ranks(np.abs(car)[None, :])[0]
        total = float(ranks[car > 0].sum())
        if self.missing == "inflated":
            total *= inflation(sample)
        _, ties = np.unique(ranks, return_counts=True)
        if n <= EXACT_UP_TO and ties.max() == 1:
            return (self._result(n=n, estimate=total, statistic=total, p=_counted(total, n), distribution="exact"),)
        std_error = float(np.sqrt(n * (n + 1) * (2 * n + 1) / 24 - (ties**3 - ties).sum() / 48))
        away = total - n * (n + 1) / 4
        half = 0.5 if self.correction else 0.0
        nearer = {
            Alternative.TWO_SIDED: float(np.sign(away) * max(abs(away) - half, 0.0)),
            Alternative.GREATER: away - half,
            Alternative.LESS: away + half,
        }
        z = {side: value / std_error for side, value in nearer.items()}
        greater, less = (normal_p_value(z[side], side) for side in (Alternative.GREATER, Alternative.LESS))
        return (
            self._result(
                n=n,
                estimate=total,
                std_error=std_error,
                statistic=z[Alternative(self.alternative)],
                p=PValues.of_tails(greater, less),
                distribution="N(0,1)",
            ),
        )


def signed_rank_counts(n: int) -> Floats:
    """Return how many sets of the ranks 1 to n have the sums 0, 1, ..., n (n + 1) / 2; exact up to n = 53."""
    counts = np.zeros(n * (n + 1) // 2 + 1)
    counts[0] = 1.0
    for rank in range(1, n + 1):
        counts[rank:] = counts[rank:] + counts[:-rank]
    return counts


def _counted(total: float, n: int) -> PValues:
    share = signed_rank_counts(n) / 2.0**n
    # Ranks without ties sum to a whole number; an inflated sum may lie between two.
    below, above = int(np.floor(total + WHOLE)), int(np.ceil(total - WHOLE))
    return PValues.of_tails(greater=float(share[above:].sum()), less=float(share[: below + 1].sum()))
