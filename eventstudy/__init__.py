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
        InputError,
        OutputError,
        Reason,
        UnknownNameError,
    )
    from eventstudy.events import Events, Surprise
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
        AbnormalReturns,
        ExpectedReturnModel,
        MarketAdjustedModel,
        MarketModel,
        MeanAdjustedModel,
        Window,
        Windows,
    )
    from eventstudy.study import Study

__version__ = "0.1.0"

__all__ = [
    "BMP",
    "AbnormalReturns",
    "ConfigError",
    "CrossSectionalT",
    "CrudeDependence",
    "DataError",
    "Engine",
    "EventStudyError",
    "Events",
    "ExpectedReturnModel",
    "Explanation",
    "FactorPanel",
    "GeneralizedSign",
    "HypothesisTest",
    "InputError",
    "MarketAdjustedModel",
    "MarketModel",
    "MeanAdjustedModel",
    "OutputError",
    "PricePanel",
    "Reaction",
    "Reason",
    "ReturnPanel",
    "Sample",
    "SingleEventT",
    "Study",
    "StudyResult",
    "Surprise",
    "TestResult",
    "UnknownNameError",
    "Window",
    "Windows",
    "__version__",
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
        "InputError",
        "OutputError",
        "Reason",
        "UnknownNameError",
    ),
    "events": ("Events", "Surprise"),
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
        "AbnormalReturns",
        "ExpectedReturnModel",
        "MarketAdjustedModel",
        "MarketModel",
        "MeanAdjustedModel",
        "Window",
        "Windows",
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
