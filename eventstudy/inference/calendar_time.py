"""Portfolios in calendar time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from eventstudy._typing import Floats, Ints
from eventstudy.errors import InputError, Reason
from eventstudy.findings import plural
from eventstudy.inference.base import HypothesisTest, Sample, TestResult, dispersion
from eventstudy.returns.accumulators import Accumulator
from eventstudy.returns.calendar_days import (
    LAGS,
    CalendarDays,
    CalendarLags,
    EventDays,
    EventLags,
    ValueDays,
    ValueEventDays,
)

__all__ = ["CalendarTime"]


@dataclass(frozen=True, kw_only=True)
class CalendarTime(HypothesisTest):
    """The alpha of a portfolio that holds, each session, the events whose window contains it: ``t(T - K)``.

    The portfolio's return is regressed on a constant and the model's regressors over the T sessions that hold any
    event; a firm counts once a day. Correlation between events is in the portfolio's variance. The estimate is
    the alpha, a decimal per session. Membership changes, and the portfolio's loadings with it.

    Source: Jaffe (1974), Journal of Business 47, 410-428; Mandelker (1974), Journal of Financial Economics 1, 303-335;
    Fama (1998), Journal of Financial Economics 49, 283-306; Mitchell and Stafford (2000), Journal of Business 73,
    287-329; METHODS 4.10.

    Parameters
    ----------
    form : str
        ``"regression"``; ``"ctar"``: the mean over sessions of the average abnormal return, t(T - 1);
        ``"standardised"``: that average over its dispersion in the 60 sessions before, of the same events (Jaffe).
    portfolio : str
        ``"equal"``: the firms of a day count alike; ``"value"``: by the value of the events that the study's `weights`
        names, such as their market value before the window, events without one left out.
    weights : str
        ``"firms"``: sessions count by their number of firms; ``"equal"``: ordinary least squares.
    errors : str
        ``"ols"``; ``"white"``: HC1; ``"hac"``: Newey and West, Bartlett, lag ``floor(4 (T/100)^(2/9))``.
    membership : str
        ``"firm"``: a firm counts once a day, by the earliest of its events whose window holds the day; ``"event"``:
        once for each of them, and firms and their number are then events and theirs (METHODS 11.17).
    min_firms : int
        Sessions with fewer are left out.

    Examples
    --------
    >>> CalendarTime(weights="equal", errors="hac").label
    'weights=equal, errors=hac'
    """

    kind: ClassVar[str] = "calendar_time"
    null: ClassVar[str] = "The calendar-time portfolio of all events has no abnormal return."
    source: ClassVar[str] = "Jaffe (1974); Mandelker (1974)"
    measure: ClassVar[str] = "alpha"
    choices: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "form": ("regression", "ctar", "standardised"),
        "portfolio": ("equal", "value"),
        "weights": ("firms", "equal"),
        "errors": ("ols", "white", "hac"),
        "membership": ("firm", "event"),
    }

    form: str = "regression"
    portfolio: str = "equal"
    weights: str = "firms"
    errors: str = "ols"
    membership: str = "firm"
    min_firms: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.min_firms < 1:
            raise InputError(f"calendar_time: min_firms is {self.min_firms}; it must be at least 1.")
        if self.form == "standardised" and self.portfolio == "value":
            raise InputError("calendar_time: form standardised has portfolios of equal weights alone.")

    @property
    def needs(self) -> tuple[type[Accumulator], ...]:
        """Portfolios by date."""
        once = self.membership == "firm"
        if self.form == "standardised":
            return (CalendarLags if once else EventLags,)
        if self.portfolio == "value":
            return (ValueDays if once else ValueEventDays,)
        return (CalendarDays if once else EventDays,)

    def run(self, sample: Sample) -> tuple[TestResult, ...]:
        """Test the portfolio's abnormal return."""
        held = sample.accumulated[self.needs[0]]
        assert isinstance(held, CalendarDays)
        found = held.portfolios(sample.window.name, self.min_firms)
        if found is None:
            return self.invalid(sample, Reason.NO_EVENTS)
        count, means = found
        lacking = f", {plural(held.lacking, 'event')} without a weight" if held.lacking else ""
        match self.form:
            case "ctar":
                return self._mean(sample, means[:, 0], lacking)
            case "standardised":
                return self._mean(sample, _standardised(means), lacking)
        return self._regression(sample, count, means[:, 1], means[:, 2:], lacking)

    def _mean(self, sample: Sample, values: Floats, lacking: str) -> tuple[TestResult]:
        sessions = len(values)
        notes = plural(sessions, "session") + lacking
        if sessions < 2:
            return self.invalid(sample, Reason.TOO_FEW_SESSIONS, notes=notes)
        estimate, std_error = float(values.mean()), dispersion(values) / float(np.sqrt(sessions))
        if not std_error > 0:
            return self.invalid(sample, Reason.NO_DISPERSION, estimate=estimate, notes=notes)
        return self.student(
            sample, estimate / std_error, sessions - 1, estimate=estimate, std_error=std_error, notes=notes
        )

    def _regression(self, sample: Sample, count: Ints, left: Floats, design: Floats, lacking: str) -> tuple[TestResult]:
        sessions, columns = design.shape
        notes = plural(sessions, "session") + lacking
        if sessions <= columns or np.linalg.matrix_rank(design) < columns:
            return self.invalid(sample, Reason.TOO_FEW_SESSIONS, notes=notes)
        root = np.sqrt(count if self.weights == "firms" else np.ones(sessions))
        estimate, std_error = _alpha(left * root, design * root[:, None], self.errors)
        if not std_error > 0:
            return self.invalid(sample, Reason.NO_DISPERSION, estimate=estimate, notes=notes)
        return self.student(
            sample, estimate / std_error, sessions - columns, estimate=estimate, std_error=std_error, notes=notes
        )


def _alpha(left: Floats, design: Floats, errors: str) -> tuple[float, float]:
    """Return the first coefficient and its standard error."""
    sessions, columns = design.shape
    inverse = np.linalg.inv(design.T @ design)
    coefficients = np.linalg.lstsq(design, left, rcond=None)[0]
    residuals = left - design @ coefficients
    # A perfect fit leaves rounding, not a variance.
    if float((residuals**2).sum()) <= 1e-28 * float((left**2).sum()):
        return float(coefficients[0]), 0.0
    if errors == "ols":
        covariance = inverse * (residuals**2).sum() / (sessions - columns)
    else:
        scores = design * residuals[:, None]
        middle = scores.T @ scores
        lags = int(4 * (sessions / 100) ** (2 / 9)) if errors == "hac" else 0
        for lag in range(1, min(lags, sessions - 1) + 1):
            crossed = scores[lag:].T @ scores[:-lag]
            middle = middle + (1 - lag / (lags + 1)) * (crossed + crossed.T)
        covariance = inverse @ middle @ inverse * sessions / (sessions - columns)
    return float(coefficients[0]), float(np.sqrt(max(covariance[0, 0], 0.0)))


def _standardised(means: Floats) -> Floats:
    """Return each session's average abnormal return over its dispersion in the sessions before, of the same events.

    A session counts whose events all have at least half of the 60 predecessors.
    """
    lagged, share = means[:, 1 : LAGS + 1], means[:, LAGS + 1 :]
    whole = share == 1.0
    n = whole.sum(axis=1)
    mean = np.where(whole, lagged, 0.0).sum(axis=1) / np.maximum(n, 1)
    squares = (np.where(whole, lagged - mean[:, None], 0.0) ** 2).sum(axis=1)
    spread = np.sqrt(squares / np.maximum(n - 1, 1))
    good = (n >= LAGS // 2) & (spread > 0)
    return np.asarray(means[good, 0] / spread[good])
