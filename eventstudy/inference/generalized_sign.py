"""The generalized sign test: more positive CARs than the estimation window would lead one to expect."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from eventstudy._typing import Floats, Ints
from eventstudy.errors import Reason
from eventstudy.inference.base import HypothesisTest, Sample, TestResult, given
from eventstudy.inference.missing import MISSING, estimated, inflation
from eventstudy.inference.presets import Unsaid
from eventstudy.inference.sign import ZEROS, counted
from eventstudy.returns.accumulators import Accumulator, Residuals
from eventstudy.returns.members import Members
from eventstudy.returns.positive_share import PositiveShare

__all__ = ["GeneralizedSign", "PositiveSums"]


@dataclass(slots=True)
class PositiveSums:
    """Positive sums of residuals over as many days as a window has, one after the other, by event and length.

    Parameters
    ----------
    shares : mapping of int to PositiveShare
        By number of days; a stretch with a missing residual is left out.
    """

    shares: dict[int, PositiveShare] = field(default_factory=dict)

    def add(self, residuals: Residuals) -> None:
        """Count the positive sums of a block, stretches counted from the first estimation day."""
        if len(residuals.row):
            for length in {window.length for window in residuals.known.abnormal.windows.reported}:
                whole = residuals.values.shape[1] // length * length
                sums = residuals.values[:, :whole].reshape(len(residuals.row), -1, length).sum(axis=2)
                positive, used = (sums > 0).sum(axis=1), (~np.isnan(sums)).sum(axis=1)
                self._put(length, PositiveShare(((residuals.row, positive, used),)))

    def merge(self, other: PositiveSums) -> None:
        """Append the events of a later block."""
        for length, share in other.shares.items():
            self._put(length, share)

    def _put(self, length: int, share: PositiveShare) -> None:
        joined = PositiveShare()
        joined.merge(self.shares.get(length, PositiveShare()))
        joined.merge(share)
        self.shares = {**self.shares, length: joined}


@dataclass(frozen=True, kw_only=True)
class GeneralizedSign(HypothesisTest):
    """``z = (w - N p) / sqrt(N p (1 - p)) ~ N(0,1)``.

    w counts the CARs above zero (zero is not positive); p is the average over events of the share of positive
    estimation residuals. The estimate is ``w / N``.

    Source: Cowan (1992), Review of Quantitative Finance and Accounting 2, 343-358; METHODS 4.6.

    Parameters
    ----------
    p_hat : str
        ``"daily"``: the share of positive residuals, averaged over events; ``"window"``: the share of positive sums of
        residuals over as many days as the window has; ``"pooled"``: all positive residuals over all residuals;
        ``"firms"``: the share of positive residuals of all events of a symbol together, averaged over symbols
        (METHODS 11.6). All but the second are equal where symbols have as many events and events as many residuals.
    zeros : str
        ``"not_positive"``: a CAR of zero counts as not positive; ``"drop"``: it does not count.
    missing : str
        ``"scaled"``: w counts the n events that have a CAR; ``"inflated"``: it is their share times the N events that
        have an estimate, ``z = (w N / n - n p) / sqrt(n p (1 - p))``, and p is over all N, as estudy2 has it
        (METHODS 12). Equal where no CAR is missing.

    Examples
    --------
    >>> GeneralizedSign().needs[0].__name__
    'PositiveShare'
    """

    kind: ClassVar[str] = "generalized_sign"
    null: ClassVar[str] = "Positive CARs are as frequent as positive returns in the estimation window."
    source: ClassVar[str] = "Cowan (1992)"
    measure: ClassVar[str] = "positive_share"
    choices: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "p_hat": ("daily", "window", "pooled", "firms"),
        "zeros": ZEROS,
        "missing": MISSING,
    }

    p_hat: str = Unsaid("daily")
    zeros: str = "not_positive"
    missing: str = Unsaid("scaled")

    @property
    def needs(self) -> tuple[type[Accumulator], ...]:
        """Signs of residuals, or of their sums; whose they are, where that is asked for."""
        signs = PositiveSums if self.p_hat == "window" else PositiveShare
        return (signs, Members) if self.p_hat == "firms" or self.missing == "inflated" else (signs,)

    def run(self, sample: Sample) -> tuple[TestResult, ...]:
        """Test the share of positive CARs."""
        car, rows = sample.car, sample.row
        if self.zeros == "drop":
            used = counted(sample, self.zeros)
            car, rows = car[used], rows[used]
        n = len(car)
        if n == 0:
            return self.invalid(sample, Reason.ALL_ZERO if len(sample) else Reason.NO_EVENTS)
        inflated = self.missing == "inflated"
        expected = self._expected(sample, estimated(sample) if inflated else rows)
        share = np.count_nonzero(car > 0) / n
        variance = expected * (1 - expected) / n
        if not variance > 0:
            return self.invalid(sample, Reason.NO_VARIANCE, estimate=share)
        std_error = float(np.sqrt(variance))
        notes = f"p-hat = {expected:.4f}"
        above = share * (inflation(sample) if inflated else 1.0) - expected
        return self.normal(sample, above / std_error, estimate=share, std_error=std_error, n=n, notes=notes)

    def _expected(self, sample: Sample, rows: Ints) -> float:
        shares = sample.accumulated[self.needs[0]]
        if isinstance(shares, PositiveSums):
            shares = shares.shares.get(sample.window.length, PositiveShare())
        assert isinstance(shares, PositiveShare)
        if self.p_hat == "pooled":
            positive, used = shares.counts(rows)
            return float(positive.sum() / max(int(used.sum()), 1))
        own = _by_firm(sample, shares, rows) if self.p_hat == "firms" else shares.of(rows)
        there = given(own)
        return float(np.mean(there)) if len(there) else float("nan")


def _by_firm(sample: Sample, shares: PositiveShare, rows: Ints) -> Floats:
    """Return the share of positive residuals of each firm."""
    members = sample.accumulated[Members]
    assert isinstance(members, Members)
    _, firm = np.unique(members.codes(rows), return_inverse=True)
    positive, used = (np.bincount(firm, weights=each) for each in shares.counts(rows))
    return np.where(used > 0, positive / np.maximum(used, 1), np.nan)
