"""One event against its own donors, each of which takes the firm's place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from eventstudy._typing import Bools
from eventstudy.distributions import NO_DIRECTION, Alternative, PValues, resampling_p_values
from eventstudy.errors import InputError, Reason
from eventstudy.inference.base import UNKNOWN, HypothesisTest, Sample, TestResult
from eventstudy.returns.accumulators import Accumulator, Residuals
from eventstudy.returns.models import CounterfactualModel, PlaceboGaps

__all__ = ["DonorPlacebos", "SyntheticPlacebo"]


@dataclass(slots=True)
class DonorPlacebos:
    """The gaps of each event's firm and of its donors in its place; nothing under a model without donors."""

    found: dict[int, PlaceboGaps] = field(default_factory=dict)

    def add(self, residuals: Residuals) -> None:
        """Fit the donors of the events of a block."""
        model, block = residuals.known.model, residuals.known.block
        if isinstance(model, CounterfactualModel):
            good = np.flatnonzero(residuals.known.abnormal.estimates.reason == Reason.OK)
            self.found = self.found | {int(residuals.row[each]): model.placebos(int(each), block) for each in good}

    def merge(self, other: DonorPlacebos) -> None:
        """Take over the events of a later block."""
        self.found = self.found | other.found


@dataclass(frozen=True, kw_only=True)
class SyntheticPlacebo(HypothesisTest):
    """One event's statistic among those of its donors, each fitted as if the event had been its own.

    ``p = (1 + #{as large}) / (J + 1)``, J donors; exact where firm and donors are exchangeable. Each donor's portfolio
    is made of the other donors and the firm, as California goes to the donors of a placebo state. A donor that the
    others repeat, or that does not vary, is no placebo.

    Source: Abadie, Diamond and Hainmueller (2010), Journal of the American Statistical Association 105, 493-505.

    Parameters
    ----------
    statistic : str
        ``"car"``: ``CAR / (RMSPE sqrt(L))``, RMSPE the root mean squared residual of the estimation window;
        ``"rmspe_ratio"``: the root mean squared abnormal return of the window over the RMSPE, which has no sign.
    fewest : int
        Donors for a p-value: with J of them none lies below ``1 / (J + 1)``, and 19 can say 5%.

    Raises
    ------
    InputError
        For fewer than one donor, and for a one-sided test of a statistic without a sign.

    Examples
    --------
    >>> SyntheticPlacebo(statistic="rmspe_ratio").fewest
    19
    """

    kind: ClassVar[str] = "synthetic_placebo"
    null: ClassVar[str] = "The event's firm departs from its counterfactual no more than its donors do from theirs."
    source: ClassVar[str] = "Abadie, Diamond and Hainmueller (2010)"
    choices: ClassVar[Mapping[str, tuple[str, ...]]] = {"statistic": ("car", "rmspe_ratio")}

    statistic: str = "car"
    fewest: int = 19

    @property
    def needs(self) -> tuple[type[Accumulator], ...]:
        """The donors in the firm's place."""
        return (DonorPlacebos,)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.fewest < 1:
            raise InputError(f"synthetic_placebo: fewest is {self.fewest}; it must be at least 1.")
        if self.statistic == "rmspe_ratio" and self.alternative != Alternative.TWO_SIDED:
            raise InputError("synthetic_placebo: rmspe_ratio has no sign, and no side; use statistic = car for one.")

    def run(self, sample: Sample) -> tuple[TestResult, ...]:
        """Test each event of the sample by itself."""
        placebos = sample.accumulated[DonorPlacebos]
        assert isinstance(placebos, DonorPlacebos)
        there = ~np.isnan(sample.ar)
        return tuple(self._one(sample, i, placebos.found.get(int(sample.row[i])), there[i]) for i in range(len(sample)))

    def _one(self, sample: Sample, i: int, gaps: PlaceboGaps | None, days: Bools) -> TestResult:
        event_id, car = str(sample.event_id[i]), float(sample.car[i])
        if gaps is None:
            return self._result(n=1, estimate=car, reason=Reason.NEEDS_DONORS, event_id=event_id)
        window, length = gaps.abnormal[:, sample.days][:, days], int(days.sum())
        if self.statistic == "car":
            statistics = window.sum(axis=1) / (gaps.rmspe * np.sqrt(length))
        else:
            statistics = np.sqrt((window**2).mean(axis=1)) / gaps.rmspe
        own, donors = float(statistics[0]), statistics[1:]
        count, enough = len(donors), len(donors) >= self.fewest
        p = resampling_p_values(own, donors, exact=False)
        notes = [f"{gaps.left_out} donors could be no placebo"] if gaps.left_out else []
        if self.statistic == "rmspe_ratio":
            p = PValues(p.two_sided, float("nan"), float("nan"))
            notes.append(NO_DIRECTION)
        return self._result(
            n=1,
            estimate=car,
            std_error=float(gaps.rmspe[0] * np.sqrt(length)) if self.statistic == "car" else float("nan"),
            statistic=own if enough else float("nan"),
            p=p if enough else UNKNOWN,
            distribution=f"placebo({count})" if enough else "",
            reason=Reason.OK if enough else Reason.TOO_FEW_DONORS,
            event_id=event_id,
            notes="; ".join(notes),
        )
