"""Stock event studies: announcements on the right session, exact abnormal returns, tests that say what they assume.

>>> import eventstudy as es
>>> es.reaction("BABA", "2025-02-20").reaction.symbol
'BABA'

Every public name loads the module behind it on first use, so that importing the package is quick.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from eventstudy import datasets
    from eventstudy.config import run
    from eventstudy.errors import (
        ConfigError,
        DataError,
        EventStudyError,
        Flag,
        InputError,
        OutputError,
        Reason,
        UnknownNameError,
    )
    from eventstudy.events import (
        Alignment,
        CallsAndMeetings,
        ConfoundingNews,
        DuplicateQuarters,
        Events,
        LiquidityFloor,
        MinimumHistory,
        News,
        OverlappingEvents,
        Surprise,
    )
    from eventstudy.execution import Engine
    from eventstudy.explain import Explanation, reaction
    from eventstudy.inference import (
        BMP,
        CrossSectionalT,
        CrudeDependence,
        GeneralizedSign,
        HypothesisTest,
        Sample,
        SingleEventT,
        TestResult,
    )
    from eventstudy.panels import FactorPanel, PricePanel, ReturnPanel
    from eventstudy.reactions import Reaction
    from eventstudy.result import StudyResult
    from eventstudy.returns import (
        CAPM,
        FF3,
        FF5,
        AbnormalReturns,
        BuyAndHold,
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
        Window,
        Windows,
        abnormal_volatility,
        average_cars,
        beaver_u,
    )
    from eventstudy.study import Study

__version__ = "0.1.0"

__all__ = [
    "BMP",
    "CAPM",
    "FF3",
    "FF5",
    "AbnormalReturns",
    "Alignment",
    "BuyAndHold",
    "CallsAndMeetings",
    "Carhart",
    "CharacteristicModel",
    "ConfigError",
    "ConfoundingNews",
    "CrossSectionalT",
    "CrudeDependence",
    "DataError",
    "DimsonModel",
    "DuplicateQuarters",
    "EGARCHModel",
    "ElasticNetModel",
    "Engine",
    "EventStudyError",
    "Events",
    "ExpectedReturnModel",
    "Explanation",
    "FactorModel",
    "FactorPanel",
    "Flag",
    "GARCHModel",
    "GeneralizedSign",
    "HuberModel",
    "HypothesisTest",
    "InputError",
    "LADModel",
    "LiquidityFloor",
    "MarketAdjustedModel",
    "MarketModel",
    "MatchedModel",
    "MeanAdjustedModel",
    "MinimumHistory",
    "News",
    "OutputError",
    "OverlappingEvents",
    "PricePanel",
    "RawModel",
    "Reaction",
    "Reason",
    "ReturnPanel",
    "Sample",
    "ScholesWilliamsModel",
    "SingleEventT",
    "Study",
    "StudyResult",
    "Surprise",
    "SyntheticControlModel",
    "TestResult",
    "TheilSenModel",
    "UnknownNameError",
    "Window",
    "Windows",
    "__version__",
    "abnormal_volatility",
    "average_cars",
    "beaver_u",
    "datasets",
    "reaction",
    "run",
]

_HOMES = {
    "config": ("run",),
    "datasets": ("datasets",),
    "errors": (
        "ConfigError",
        "DataError",
        "EventStudyError",
        "Flag",
        "InputError",
        "OutputError",
        "Reason",
        "UnknownNameError",
    ),
    "events": (
        "Alignment",
        "CallsAndMeetings",
        "ConfoundingNews",
        "DuplicateQuarters",
        "Events",
        "LiquidityFloor",
        "MinimumHistory",
        "News",
        "OverlappingEvents",
        "Surprise",
    ),
    "execution": ("Engine",),
    "explain": ("Explanation", "reaction"),
    "inference": (
        "BMP",
        "CrossSectionalT",
        "CrudeDependence",
        "GeneralizedSign",
        "HypothesisTest",
        "Sample",
        "SingleEventT",
        "TestResult",
    ),
    "panels": ("FactorPanel", "PricePanel", "ReturnPanel"),
    "reactions": ("Reaction",),
    "result": ("StudyResult",),
    "returns": (
        "CAPM",
        "FF3",
        "FF5",
        "AbnormalReturns",
        "BuyAndHold",
        "Carhart",
        "CharacteristicModel",
        "DimsonModel",
        "EGARCHModel",
        "ElasticNetModel",
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
        "ScholesWilliamsModel",
        "SyntheticControlModel",
        "TheilSenModel",
        "Window",
        "Windows",
        "abnormal_volatility",
        "average_cars",
        "beaver_u",
    ),
    "study": ("Study",),
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    module = import_module(f"{__name__}.{_HOME[name]}")
    value: object = module if name == _HOME[name] else getattr(module, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
