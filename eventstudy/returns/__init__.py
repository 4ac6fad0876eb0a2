"""Abnormal returns against expected-return models."""

from eventstudy.returns.abnormal import AbnormalReturns, Cars, Estimates, measure_abnormal_returns
from eventstudy.returns.aggregate import AverageReturns, average_returns
from eventstudy.returns.align import Aligned, Attrition, align, on_price_venue
from eventstudy.returns.measures import measure
from eventstudy.returns.models import (
    MODELS,
    ExpectedReturnModel,
    MarketAdjustedModel,
    MarketModel,
    MeanAdjustedModel,
)
from eventstudy.returns.regressors import Benchmark, Regressors
from eventstudy.returns.windows import Window, Windows

__all__ = [
    "MODELS",
    "AbnormalReturns",
    "Aligned",
    "Attrition",
    "AverageReturns",
    "Benchmark",
    "Cars",
    "Estimates",
    "ExpectedReturnModel",
    "MarketAdjustedModel",
    "MarketModel",
    "MeanAdjustedModel",
    "Regressors",
    "Window",
    "Windows",
    "align",
    "average_returns",
    "measure",
    "measure_abnormal_returns",
    "on_price_venue",
]
