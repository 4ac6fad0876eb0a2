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
from eventstudy.returns.models.market import MarketModel
from eventstudy.returns.models.market_adjusted import MarketAdjustedModel
from eventstudy.returns.models.mean_adjusted import MeanAdjustedModel

__all__ = [
    "MODELS",
    "BenchmarkModel",
    "Block",
    "EstimationResult",
    "ExpectedReturnModel",
    "FixedModel",
    "LinearModel",
    "MarketAdjustedModel",
    "MarketModel",
    "MeanAdjustedModel",
]

MODELS = Registry[type[ExpectedReturnModel]]("model", "eventstudy.models")
for _model in (MeanAdjustedModel, MarketAdjustedModel, MarketModel):
    MODELS.register(_model.kind, _model)
