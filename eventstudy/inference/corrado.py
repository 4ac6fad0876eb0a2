"""Corrado's rank test, and the sign and rank tests of Corrado and Zivney."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from eventstudy.errors import Reason
from eventstudy.inference.base import Sample, dispersion
from eventstudy.inference.scores import CorradoTest, Cumulated, GappedScoreTest, window_days
from eventstudy.returns.accumulators import Accumulator
from eventstudy.returns.day_sums import DaySums
from eventstudy.returns.days import (
    DayScores,
    Ranks,
    RawRanks,
    RawWindowRanks,
    Signs,
    StandardRanks,
    WindowRanks,
)

__all__ = ["CorradoRank", "CorradoZivneyRank", "CorradoZivneySign"]


@dataclass(frozen=True, kw_only=True)
class CorradoRank(GappedScoreTest):
    """``z = sum_W g_t / (S sqrt(L (D - L) / (D - 1))) ~ N(0,1)``, ``g_t = sum_i U_it / sqrt(N_t)``.

    U is the rank of an abnormal return among all those of its event, estimation and event window, as a share of
    their number, less a half. S^2 is the mean of g^2 over all D days, so correlation between events on one calendar is
    in it; variance that the event induces is not. Days outside the window are in the pool: the statistic of one
    day changes a little with the event window.

    Source: Corrado (1989), Journal of Financial Economics 23, 385-395; Corrado and Zivney (1992), Journal of Financial
    and Quantitative Analysis 27, 465-478; METHODS 4.7.

    Parameters
    ----------
    variance : str
        Of several days: ``"finite_population"``, exact since ranks sum to a constant; ``"classical"``, L S^2.
    pool : str
        ``"event_window"``: ranks over the estimation and the whole event window; ``"window"``: over the estimation
        window and the days tested.
    scale : str
        ``"uniform"``: ranks as a share of the number of returns (1992); ``"ranks"``: ranks less their mean, averaged
        over events (1989). Equal where no return is missing.
    missing : str
        ``"scaled"``: sums over the events there are; ``"inflated"``: a day's mean times N, as estudy2 has it.
    divisor : str
        Of S^2: ``"days"``: D; ``"mean_length"``: the mean number of returns of an event, as estudy2 has it.

    Examples
    --------
    >>> CorradoRank().needs[0].__name__
    'Ranks'
    """

    kind: ClassVar[str] = "corrado_rank"
    null: ClassVar[str] = "Abnormal returns in the window rank no higher and no lower than others."
    source: ClassVar[str] = "Corrado (1989); Corrado and Zivney (1992)"
    measure: ClassVar[str] = "mean_rank"
    choices: ClassVar[Mapping[str, tuple[str, ...]]] = {
        **GappedScoreTest.choices,
        "pool": ("event_window", "window"),
        "scale": ("uniform", "ranks"),
    }

    pool: str = "event_window"
    scale: str = "uniform"

    @property
    def needs(self) -> tuple[type[Accumulator], ...]:
        """Ranks over the pool."""
        if self.pool == "window":
            return (RawWindowRanks,) if self.scale == "ranks" else (WindowRanks,)
        return (RawRanks,) if self.scale == "ranks" else (Ranks,)

    def found(self, sample: Sample) -> Cumulated | Reason:
        """Return the window's cumulated ranks, or why there are none."""
        sums = self.sums(sample)
        if not len(sample) or not len(sums.total):
            return Reason.NO_EVENTS
        days = window_days(sample, sums.total)
        if self.pool == "window":
            days = slice(len(sums.total) - sample.window.length, len(sums.total))
        power = 1.0 if self.scale == "ranks" else 0.5
        return self.cumulate(sums, days, power)

    def sums(self, sample: Sample) -> DaySums:
        """Return the daily sums of ranks."""
        ranks = sample.accumulated[self.needs[0]]
        if isinstance(ranks, WindowRanks):
            return ranks.sums.get(sample.window.name, DaySums())
        assert isinstance(ranks, DayScores)
        return ranks.sums


@dataclass(frozen=True, kw_only=True)
class CorradoZivneySign(GappedScoreTest):
    """Corrado's statistic with ``G_it = sign(AR_it - median_i)`` in the place of ranks; N(0,1).

    The median is that of the event's abnormal returns over estimation and event window, so skewness does no harm.

    Source: Corrado and Zivney (1992), Journal of Financial and Quantitative Analysis 27, 465-478; METHODS 4.6.

    Parameters
    ----------
    variance : str
        As in `CorradoRank`.
    missing, divisor : str
        As in `CorradoRank`.

    Examples
    --------
    >>> CorradoZivneySign().measure
    'mean_score'
    """

    kind: ClassVar[str] = "corrado_zivney_sign"
    null: ClassVar[str] = "Abnormal returns in the window lie above their median as often as below."
    source: ClassVar[str] = "Corrado and Zivney (1992)"
    needs = (Signs,)


@dataclass(frozen=True, kw_only=True)
class CorradoZivneyRank(CorradoTest):
    """Corrado's statistic of standardised abnormal returns, an event day's divided by their dispersion over events.

    Residuals are ranked as ``e / s``; the standardised abnormal returns of an event day are first divided by their
    standard deviation over events, so variance that the event induces does no harm.

    Source: Corrado and Zivney (1992), Journal of Financial and Quantitative Analysis 27, 465-478; METHODS 4.7.

    Parameters
    ----------
    variance : str
        As in `CorradoRank`.

    Examples
    --------
    >>> CorradoZivneyRank().needs[0].__name__
    'StandardRanks'
    """

    kind: ClassVar[str] = "corrado_zivney_rank"
    null: ClassVar[str] = "Standardised abnormal returns in the window rank no higher and no lower than others."
    source: ClassVar[str] = "Corrado and Zivney (1992)"
    measure: ClassVar[str] = "mean_rank"
    needs = (StandardRanks,)

    def found(self, sample: Sample) -> Cumulated | Reason:
        """Return the window's cumulated ranks, or why there are none."""
        if not len(sample):
            return Reason.NO_EVENTS
        if len(sample) < 2:
            return Reason.NEEDS_TWO_EVENTS
        days = sample.part(sample.whole.sar).T
        if not any(dispersion(day[~np.isnan(day)]) > 0 for day in days if (~np.isnan(day)).sum() > 1):
            return Reason.NO_DISPERSION
        return super().found(sample)
