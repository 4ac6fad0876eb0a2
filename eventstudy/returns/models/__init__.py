"""Expected-return models, one file each."""

from eventstudy.registry import Registry
from eventstudy.returns.models.base import (
    BenchmarkModel,
    Block,
    EstimationResult,
    ExpectedReturnModel,
    FixedModel,
    LinearModel,
)
from eventstudy.returns.models.block import Donors
from eventstudy.returns.models.capm import CAPM
from eventstudy.returns.models.dimson import DimsonModel
from eventstudy.returns.models.egarch import EGARCHModel
from eventstudy.returns.models.factors import FF3, FF5, Carhart, FactorModel
from eventstudy.returns.models.garch import GARCHModel
from eventstudy.returns.models.market import MarketModel
from eventstudy.returns.models.market_adjusted import MarketAdjustedModel
from eventstudy.returns.models.matched import CharacteristicModel, MatchedModel
from eventstudy.returns.models.mean_adjusted import MeanAdjustedModel
from eventstudy.returns.models.raw import RawModel
from eventstudy.returns.models.robust import HuberModel, LADModel, TheilSenModel
from eventstudy.returns.models.scholes_williams import ScholesWilliamsModel
from eventstudy.returns.models.synthetic import CounterfactualModel, ElasticNetModel, PlaceboGaps, SyntheticControlModel

__all__ = [
    "CAPM",
    "FF3",
    "FF5",
    "MODELS",
    "BenchmarkModel",
    "Block",
    "Carhart",
    "CharacteristicModel",
    "CounterfactualModel",
    "DimsonModel",
    "Donors",
    "EGARCHModel",
    "ElasticNetModel",
    "EstimationResult",
    "ExpectedReturnModel",
    "FactorModel",
    "FixedModel",
    "GARCHModel",
    "HuberModel",
    "LADModel",
    "LinearModel",
    "MarketAdjustedModel",
    "MarketModel",
    "MatchedModel",
    "MeanAdjustedModel",
    "PlaceboGaps",
    "RawModel",
    "ScholesWilliamsModel",
    "SyntheticControlModel",
    "TheilSenModel",
]

MODELS = Registry[type[ExpectedReturnModel]]("model", "eventstudy.models")
for _model in (
    RawModel,
    MeanAdjustedModel,
    MarketAdjustedModel,
    MarketModel,
    CAPM,
    FactorModel,
    FF3,
    FF5,
    Carhart,
    ScholesWilliamsModel,
    DimsonModel,
    HuberModel,
    TheilSenModel,
    LADModel,
    GARCHModel,
    EGARCHModel,
    MatchedModel,
    CharacteristicModel,
    SyntheticControlModel,
    ElasticNetModel,
):
    MODELS.register(_model.kind, _model)
