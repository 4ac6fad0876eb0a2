"""Is it more than chance: tests of abnormal returns, one file each."""

from eventstudy.inference.base import HypothesisTest, Sample, TestResult
from eventstudy.inference.bmp import BMP
from eventstudy.inference.cross_sectional import CrossSectionalT
from eventstudy.inference.crude_dependence import CrudeDependence
from eventstudy.inference.generalized_sign import GeneralizedSign
from eventstudy.inference.single_event import SingleEventT
from eventstudy.registry import Registry

__all__ = [
    "BMP",
    "TESTS",
    "CrossSectionalT",
    "CrudeDependence",
    "GeneralizedSign",
    "HypothesisTest",
    "Sample",
    "SingleEventT",
    "TestResult",
]

TESTS = Registry[type[HypothesisTest]]("test", "eventstudy.tests")
for _test in (SingleEventT, CrossSectionalT, BMP, GeneralizedSign, CrudeDependence):
    TESTS.register(_test.kind, _test)
