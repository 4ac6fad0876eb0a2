"""What goes together: models, measures, factors. Said before anything is estimated."""

from __future__ import annotations

import warnings
from collections.abc import Iterable

from eventstudy.errors import BiasWarning, InputError
from eventstudy.panels import ReturnPanel
from eventstudy.returns.estimates import Estimates
from eventstudy.returns.measures import LEG, PARTS, RETURN_MEASURES
from eventstudy.returns.models.base import ExpectedReturnModel
from eventstudy.returns.regressors import Regressors

__all__ = ["check_models", "warn_of_bias"]


def check_models(
    models: Iterable[ExpectedReturnModel], panel: ReturnPanel, regressors: Regressors, *, log_factors: bool = False
) -> None:
    """Raise if a model can't be estimated on what is measured.

    Parameters
    ----------
    models : iterable of ExpectedReturnModel
        Bound to their benchmarks.
    panel : ReturnPanel
        What is measured.
    regressors : Regressors
        What there is to compare with.
    log_factors : bool
        Whether somebody said that the factors are log returns.

    Raises
    ------
    InputError
        For a regressor that is not there, factors with log returns or with returns over a part of the day, or excess
        returns of what is no return.
    """
    for model in models:
        for benchmark in model.regressors:
            regressors.check(benchmark)
        with_factors = [each for each in model.regressors if regressors.has_factor(each)]
        if model.excess and not all(regressors.is_factor(each) for each in with_factors):
            raise InputError(
                f"The model {model.kind!r} takes the riskless return off a market that is none of the factors, and "
                f"its benchmark is a factor for some events and a symbol for others; give one kind to all."
            )
        factors = model.excess or with_factors
        if panel.measure == "log" and factors and not log_factors:
            raise InputError(
                f"The model {model.kind!r} uses factors, and published factors are simple returns while the study "
                f"measures log returns; use returns = simple, or log_factors = true if yours are log returns."
            )
        if panel.measure in PARTS and factors:
            beside = "bars" if panel.measure == LEG else "opens"
            raise InputError(
                f"The model {model.kind!r} uses factors, which are returns from close to close, and the study measures "
                f"a part of that time ({panel.measure}); use a benchmark that has {beside}."
            )
        if panel.measure not in RETURN_MEASURES and model.excess:
            raise InputError(f"The model {model.kind!r} explains returns, and the study measures {panel.measure}.")


def warn_of_bias(label: str, model: ExpectedReturnModel, estimates: Estimates) -> None:
    """Warn where the estimation residuals of many events have a mean: every test of a mean takes it for an effect."""
    mean, error = estimates.bias
    if not model.zero_mean and abs(mean) > 2.0 * error:
        warnings.warn(
            f"The estimation residuals of {label} have the mean {mean:.2e} over all events, {mean / error:+.1f} "
            f"standard errors from zero, and tests of a mean take it for an effect; recentre = true, or an intercept, "
            f"removes it.",
            BiasWarning,
            stacklevel=2,
        )
