"""What a sample looks like to a test: how many dates, how much in common, how wide, how skewed, how thinly traded."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from eventstudy._typing import Floats, Ints
from eventstudy.inference.base import Sample, dispersion
from eventstudy.inference.clusters import sample_clusters
from eventstudy.returns.accumulators import Residuals
from eventstudy.returns.session_sums import session_sums

__all__ = ["CommonVariation", "Diagnostics", "diagnose"]

NAN = float("nan")
# As information so small a share of the events makes a sample clustered (METHODS 4.12).
EFFECTIVE = 0.8


@dataclass(slots=True)
class CommonVariation:
    """Sums of standardised estimation residuals by session, which give their mean correlation without any pair.

    ``sum_t (sum_i u_it)^2 - sum u^2`` is twice the sum over pairs of ``u_it u_jt``. Sessions are those of the
    events' own calendars, so exchanges with different holidays are matched only roughly.
    """

    remakes: ClassVar[bool] = True

    row: Ints = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    session: Ints = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    first: int = 0
    total: Floats = field(default_factory=lambda: np.empty(0))
    count: Ints = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    squares: float = 0.0

    def add(self, residuals: Residuals) -> None:
        """Add the residuals of each session."""
        events, days = residuals.given.shape
        if not events * days:
            return
        first = int(residuals.session.min())
        sums = session_sums(residuals.readable, residuals.sigma, residuals.session - first)
        self.merge(CommonVariation(residuals.row, residuals.session, first, *sums))

    def merge(self, other: CommonVariation) -> None:
        """Add the sums of a later block."""
        if not len(other.total):
            return
        if not len(self.total):
            self.first, self.total, self.count = other.first, other.total, other.count
        else:
            first = min(self.first, other.first)
            length = max(self.first + len(self.total), other.first + len(other.total)) - first
            total, count = np.zeros(length), np.zeros(length, dtype=np.int64)
            for each in (self, other):
                span = slice(each.first - first, each.first - first + len(each.total))
                total[span] += each.total
                count[span] += each.count
            self.first, self.total, self.count = first, total, count
        self.row = np.concatenate([self.row, other.row])
        self.session = np.concatenate([self.session, other.session])
        self.squares += other.squares

    @property
    def mean_correlation(self) -> float:
        """Mean product of the standardised residuals of two events on a common session; NaN without any."""
        pairs = float((self.count * (self.count - 1)).sum())
        return float((self.total**2).sum() - self.squares) / pairs if pairs else NAN

    def sessions(self, rows: Ints) -> Ints:
        """Return the first estimation session of these events, shape (len(rows),)."""
        if len(rows) == len(self.row) and (rows == self.row).all():
            return self.session
        if (np.diff(self.row) > 0).all():  # As blocks bring them, and a million rows take a while to sort.
            return self.session[np.searchsorted(self.row, rows)]
        order = np.argsort(self.row, kind="stable")
        return self.session[order][np.searchsorted(self.row[order], rows)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostics:
    """What the rules of the adviser read.

    Parameters
    ----------
    n : int
        Events with a CAR in the window.
    length : int
        Sessions in the window.
    dates : int
        Distinct day 0's.
    largest : int
        Events on the date that has most.
    overlapping : int
        Pairs of events whose windows share a session.
    blocks : int
        Blocks of windows that overlap, directly or through others, in calendar dates.
    correlation : float
        Mean correlation of the CARs of two events: that of the residuals times the mean overlap of windows.
    effective_n : float
        ``n / (1 + (n - 1) correlation)``; NaN where the divisor is not positive.
    staggering : float
        How many times as large windows that overlap across different dates make the variance of the mean CAR:
        ``(1 + (n - 1) r) / (1 + (n - 1) r_0)``, r the `correlation` and r_0 the part of it from pairs of one date;
        one where no windows of different dates overlap, NaN where either is not positive.
    variance_ratio, variance_p : float
        Variance of the SCARs over what the estimation window leads one to expect, and its chi-square p-value
        against no increase.
    skewness : float
        Of the CARs, divisor n.
    thin : float
        Share of the event window's returns that are zero or missing.
    """

    n: int
    length: int
    dates: int
    largest: int
    overlapping: int
    blocks: int
    correlation: float
    effective_n: float
    staggering: float
    variance_ratio: float
    variance_p: float
    skewness: float
    thin: float

    @property
    def clustered(self) -> bool:
        """Whether events move together: more than 5% of them on one date, or ``N_eff < 0.8 N`` (METHODS 4.12)."""
        crowded = self.largest > 1 and self.largest > 0.05 * self.n
        return self.n > 1 and (crowded or self.effective_n < EFFECTIVE * self.n)

    @property
    def staggered(self) -> bool:
        """Whether windows overlap across different dates with a correlation that matters: ``staggering > 1 / 0.8``."""
        return self.n > 1 and self.staggering > 1 / EFFECTIVE


def diagnose(sample: Sample, thin: Ints, days: int) -> Diagnostics:
    """Return what a sample looks like.

    Parameters
    ----------
    sample : Sample
        N events; `CommonVariation` is among what was accumulated.
    thin : ndarray of shape (N,)
        How many actual returns of each event's event window are zero or missing.
    days : int
        Days of the event window.

    Notes
    -----
    The correlation is that of Kolari, Pape and Pynnonen (2018): average residual correlation times average overlap
    of the windows in calendar time (METHODS 4.3). Two events of one date overlap wholly, so their part of it is the
    same average times their share of all pairs.
    """
    n, length = len(sample), sample.window.length
    common = sample.accumulated[CommonVariation]
    assert isinstance(common, CommonVariation)
    sessions = common.sessions(sample.row)
    held = _shares(sample.day0.astype(np.int64) if len(sample.day0) == n else sessions)
    overlapping, overlap = overlaps(sessions, length)
    correlation = common.mean_correlation * overlap if overlap > 0 else 0.0
    divisor = 1 + (n - 1) * correlation
    same = _shares(sessions)
    together = float((same * (same - 1)).sum()) / n if n else 0.0  # Times n - 1, of the pairs of a mean event.
    aligned = 1 + (common.mean_correlation * together if together > 0 else 0.0)
    ratio, p_value = variance_increase(sample.scar, sample.dof)
    return Diagnostics(
        n=n,
        length=length,
        dates=len(held),
        largest=int(held.max(initial=0)),
        overlapping=overlapping,
        blocks=int(sample_clusters(sample, "block").max(initial=-1)) + 1,
        correlation=correlation,
        effective_n=n / divisor if divisor > 0 else NAN,
        staggering=divisor / aligned if min(divisor, aligned) > 0 else NAN,
        variance_ratio=ratio,
        variance_p=p_value,
        skewness=skewness(sample.car),
        thin=float(thin.sum() / (n * days)) if n else NAN,
    )


def overlaps(sessions: Ints, length: int) -> tuple[int, float]:
    """Return how many pairs of windows share a session, and the share of a window that a mean pair has in common.

    Parameters
    ----------
    sessions : ndarray of shape (N,)
        First sessions of the windows.
    length : int
        Sessions in each.

    Examples
    --------
    >>> overlaps(np.array([0, 1, 10]), 2)
    (1, 0.16666666666666666)
    """
    n = len(sessions)
    if n < 2:
        return 0, 0.0
    begin = np.bincount(sessions - sessions.min())
    covered = np.convolve(begin, np.ones(length, dtype=np.int64))
    # A window has in common a session with those that begin on its own, or on one of the next before it ends.
    later = covered[length - 1 :] - begin
    pairs = int((begin * (begin - 1) // 2 + begin * later).sum())
    return pairs, float((covered * (covered - 1)).sum()) / (n * (n - 1) * length)


def _shares(codes: Ints) -> Ints:
    """Return how many rows share each whole number that there is, in their order."""
    if not len(codes):
        return codes
    held = np.bincount(codes - codes.min())
    return held[held > 0]


def variance_increase(scar: Floats, dof: Ints) -> tuple[float, float]:
    """Return ``var(SCAR) / mean(df / (df - 2))`` and its p-value, ``(N - 1) ratio ~ chi2(N - 1)`` (METHODS 4.12)."""
    from scipy.special import chdtrc

    used = (dof > 2) & np.isfinite(scar)
    if used.sum() < 2:
        return NAN, NAN
    expected = float(np.mean(dof[used] / (dof[used] - 2)))
    ratio = float(np.var(scar[used], ddof=1)) / expected
    freedom = int(used.sum()) - 1
    return ratio, float(chdtrc(freedom, freedom * ratio))


def skewness(values: Floats) -> float:
    """Return ``sum (x - mean)^3 / (n m2^1.5)``, m2 with divisor n; NaN below three values or without dispersion."""
    if len(values) < 3 or dispersion(values) == 0:
        return NAN
    centred = values - values.mean()
    squares = centred**2
    return float(np.mean(squares * centred) / np.mean(squares) ** 1.5)
