"""Abnormal returns against expected-return models."""

from eventstudy.returns.abnormal import AbnormalReturns, Cars
from eventstudy.returns.aggregate import AverageReturns, average_returns
from eventstudy.returns.align import Aligned, Attrition, align, on_price_venue
from eventstudy.returns.autocorrelation import AUTOCORRELATIONS
from eventstudy.returns.bhar import BuyAndHold
from eventstudy.returns.diagnostics import Diagnostics
from eventstudy.returns.donors import event_sessions
from eventstudy.returns.estimates import Estimates
from eventstudy.returns.groups import ALL, group_members
from eventstudy.returns.measure import measure_abnormal_returns
from eventstudy.returns.measures import LEG, MEASURES, MISSING_RULES, RETURN_MEASURES, measure, shares_outstanding
from eventstudy.returns.models import (
    CAPM,
    FF3,
    FF5,
    MODELS,
    Carhart,
    CharacteristicModel,
    DimsonModel,
    EGARCHModel,
    ElasticNetModel,
    ExpectedReturnModel,
    FactorModel,
    GARCHModel,
    HuberModel,
    LADModel,
    MarketAdjustedModel,
    MarketModel,
    MatchedModel,
    MeanAdjustedModel,
    RawModel,
    ScholesWilliamsModel,
    SyntheticControlModel,
    TheilSenModel,
)
from eventstudy.returns.regressors import Benchmark, Regressors
from eventstudy.returns.rules import check_models, warn_of_bias
from eventstudy.returns.volatility import abnormal_volatility, beaver_u
from eventstudy.returns.weighted import AVERAGES, Average, average_cars
from eventstudy.returns.windows import Window, Windows

__all__ = [
    "ALL",
    "AUTOCORRELATIONS",
    "AVERAGES",
    "CAPM",
    "FF3",
    "FF5",
    "LEG",
    "MEASURES",
    "MISSING_RULES",
    "MODELS",
    "RETURN_MEASURES",
    "AbnormalReturns",
    "Aligned",
    "Attrition",
    "Average",
    "AverageReturns",
    "Benchmark",
    "BuyAndHold",
    "Carhart",
    "Cars",
    "CharacteristicModel",
    "Diagnostics",
    "DimsonModel",
    "EGARCHModel",
    "ElasticNetModel",
    "Estimates",
    "ExpectedReturnModel",
    "FactorModel",
    "GARCHModel",
    "HuberModel",
    "LADModel",
    "MarketAdjustedModel",
    "MarketModel",
    "MatchedModel",
    "MeanAdjustedModel",
    "RawModel",
    "Regressors",
    "ScholesWilliamsModel",
    "SyntheticControlModel",
    "TheilSenModel",
    "Window",
    "Windows",
    "abnormal_volatility",
    "align",
    "average_cars",
    "average_returns",
    "beaver_u",
    "check_models",
    "event_sessions",
    "group_members",
    "measure",
    "measure_abnormal_returns",
    "on_price_venue",
    "shares_outstanding",
    "warn_of_bias",
]
