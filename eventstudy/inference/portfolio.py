"""The equally weighted portfolio of the events of one date, as one asset."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from eventstudy.errors import Reason
from eventstudy.inference.base import HypothesisTest, Sample, TestResult
from eventstudy.returns.autocorrelation import first_order, serial_variance
from eventstudy.returns.portfolio import PortfolioReturns

__all__ = ["Portfolio"]


@dataclass(frozen=True, kw_only=True)
class Portfolio(HypothesisTest):
    """The model estimated on the portfolio's returns, and its CAR over its exact standard error: t(df).

    Only where all events share day 0. However they are correlated, the portfolio's own variance has it. A session
    on which any event has no return is left out.

    Source: Brown and Warner (1980); METHODS 4.5.

    Examples
    --------
    >>> Portfolio().needs[0].__name__
    'PortfolioReturns'
    """

    kind: ClassVar[str] = "portfolio"
    null: ClassVar[str] = "The portfolio of all events has no abnormal return over the window."
    source: ClassVar[str] = "Brown and Warner (1980)"
    needs = (PortfolioReturns,)

    def run(self, sample: Sample) -> tuple[TestResult, ...]:
        """Test the portfolio's CAR."""
        held = sample.accumulated[PortfolioReturns]
        assert isinstance(held, PortfolioReturns)
        if not len(sample) or held.block is None:
            return self.invalid(sample, Reason.NO_EVENTS)
        caar = float(np.mean(sample.car))
        if (reason := _unfit(sample, held)) is not None:
            return self.invalid(sample, reason, estimate=caar)
        ar, fit = held.fit()
        if fit.reason[0] != Reason.OK:
            return self.invalid(sample, fit.reason[0], estimate=caar)
        days = sample.days
        estimate = float(ar[days].sum())
        if not np.isfinite(estimate):
            return self.invalid(sample, Reason.INCOMPLETE_WINDOW, estimate=caar)
        variance = fit.noise[0, days].sum()
        if sample.whole.rho is not None:
            rho = first_order(fit.residuals)
            variance = serial_variance(np.ones((1, len(ar[days]))), fit.noise[:, days], rho)[0]
        if sample.whole.forecast_error == "full":
            variance += (fit.spread[0, days].sum(axis=0) ** 2).sum()
        elif sample.whole.forecast_error == "diagonal":
            variance += (fit.spread[0, days] ** 2).sum()
        if not variance > 0:
            return self.invalid(sample, Reason.NO_VARIANCE, estimate=estimate)
        std_error = float(np.sqrt(variance))
        return self.student(
            sample, estimate / std_error, float(fit.dof[0]), estimate=estimate, std_error=std_error, n=held.events
        )


def _unfit(sample: Sample, held: PortfolioReturns) -> Reason | None:
    """Return why the events are no portfolio that the model can be estimated on."""
    if sample.narrowed:
        return Reason.OWN_WINDOWS
    if held.several:
        return Reason.SEVERAL_DATES
    return Reason.NO_PORTFOLIO if held.model is not None and held.model.donor_symbols is not None else None
