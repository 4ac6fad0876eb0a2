"""Is it more than chance: tests of abnormal returns, one file each."""

from eventstudy.inference.base import HypothesisTest, Sample, TestResult
from eventstudy.inference.bhar_bootstrap import BharBootstrap
from eventstudy.inference.bmp import BMP
from eventstudy.inference.calendar_time import CalendarTime
from eventstudy.inference.cluster_t import ClusterT
from eventstudy.inference.corrado import CorradoRank, CorradoZivneyRank, CorradoZivneySign
from eventstudy.inference.cross_sectional import CrossSectionalT
from eventstudy.inference.crude_dependence import CrudeDependence
from eventstudy.inference.cumrank import CumrankT, CumrankZ
from eventstudy.inference.generalized_sign import GeneralizedSign
from eventstudy.inference.grank import GrankT, GrankZ
from eventstudy.inference.hotelling import Hotelling
from eventstudy.inference.jackknife import Jackknife
from eventstudy.inference.joint_f import JointF
from eventstudy.inference.kolari_pynnonen import AdjustedPatell, KolariPynnonen
from eventstudy.inference.pairs_bootstrap import PairsBootstrap
from eventstudy.inference.patell import Patell
from eventstudy.inference.permutation import Permutation
from eventstudy.inference.placebo import Placebo
from eventstudy.inference.portfolio import Portfolio
from eventstudy.inference.residual_bootstrap import ResidualBootstrap
from eventstudy.inference.sign import Sign
from eventstudy.inference.single_event import SingleEventT
from eventstudy.inference.skewness import SkewnessAdjusted
from eventstudy.inference.synthetic_placebo import SyntheticPlacebo
from eventstudy.inference.wilcoxon import Wilcoxon
from eventstudy.inference.wild_bootstrap import WildBootstrap
from eventstudy.registry import Registry

__all__ = [
    "BMP",
    "TESTS",
    "AdjustedPatell",
    "BharBootstrap",
    "CalendarTime",
    "ClusterT",
    "CorradoRank",
    "CorradoZivneyRank",
    "CorradoZivneySign",
    "CrossSectionalT",
    "CrudeDependence",
    "CumrankT",
    "CumrankZ",
    "GeneralizedSign",
    "GrankT",
    "GrankZ",
    "Hotelling",
    "HypothesisTest",
    "Jackknife",
    "JointF",
    "KolariPynnonen",
    "PairsBootstrap",
    "Patell",
    "Permutation",
    "Placebo",
    "Portfolio",
    "ResidualBootstrap",
    "Sample",
    "Sign",
    "SingleEventT",
    "SkewnessAdjusted",
    "SyntheticPlacebo",
    "TestResult",
    "Wilcoxon",
    "WildBootstrap",
]

TESTS = Registry[type[HypothesisTest]]("test", "eventstudy.tests")
_MEMBERS = (
    SingleEventT,
    CrossSectionalT,
    BMP,
    GeneralizedSign,
    CrudeDependence,
    JointF,
    Portfolio,
    Patell,
    AdjustedPatell,
    KolariPynnonen,
    SkewnessAdjusted,
    ClusterT,
    CalendarTime,
    Hotelling,
    Sign,
    Wilcoxon,
    CorradoRank,
    CumrankT,
    CumrankZ,
    CorradoZivneySign,
    CorradoZivneyRank,
    GrankT,
    GrankZ,
    Jackknife,
    WildBootstrap,
    PairsBootstrap,
    BharBootstrap,
    ResidualBootstrap,
    Placebo,
    SyntheticPlacebo,
    Permutation,
)
for _test in _MEMBERS:
    TESTS.register(_test.kind, _test)
