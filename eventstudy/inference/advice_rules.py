"""The rules of the adviser: when the assumptions of a test fail, and which test comes first where."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from eventstudy.inference.diagnostics import Diagnostics

__all__ = ["CAVEATS", "RULES", "SITUATIONS", "Rule", "Situation"]

LONG = 60
FEW, FEW_FOR_SIGNS, FEW_FOR_GRANK, FEW_FOR_BHAR = 10, 6, 30, 20
SKEWED, THIN, UNUSUAL = 1.0, 0.10, 0.05

# A test of each kind by what it can't bear (METHODS 4.0).
INDEPENDENT = (
    "cross_sectional",
    "patell",
    "bmp",
    "skewness_adjusted",
    "sign",
    "generalized_sign",
    "wilcoxon",
    "cumrank_z",
    "grank_z",
    "jackknife",
    "hotelling",
    "bhar_bootstrap",
)
SAME_VARIANCE = (
    "crude_dependence",
    "portfolio",
    "patell",
    "adjusted_patell",
    "corrado_rank",
    "cumrank_t",
    "cumrank_z",
    "residual_bootstrap",
)
OF_MEANS = (
    "cross_sectional",
    "crude_dependence",
    "portfolio",
    "patell",
    "adjusted_patell",
    "bmp",
    "kolari_pynnonen",
    "skewness_adjusted",
    "cluster_t",
    "sign",
    "generalized_sign",
    "wilcoxon",
    "corrado_rank",
    "cumrank_t",
    "cumrank_z",
    "corrado_zivney_sign",
    "corrado_zivney_rank",
    "grank_t",
    "grank_z",
    "jackknife",
    "wild_bootstrap",
    "pairs_bootstrap",
    "bhar_bootstrap",
    "residual_bootstrap",
    "hotelling",
)
OF_DRAWN_DATES = ("wild_bootstrap", "pairs_bootstrap", "cluster_t")


@dataclass(frozen=True, slots=True)
class Rule:
    """When the assumptions of some tests fail.

    Parameters
    ----------
    name : str
        What it looks at.
    tests : tuple of str
        Which tests it speaks of.
    fails : callable
        Whether they fail on a sample with these diagnostics.
    because : str
        Why, with the fields of `Diagnostics` in braces.
    source : str
        Who says so.
    """

    name: str
    tests: tuple[str, ...]
    fails: Callable[[Diagnostics], bool]
    because: str
    source: str


@dataclass(frozen=True, slots=True)
class Situation:
    """Which tests to show first in a situation, the best one first; the first that fails no rule is the headline."""

    name: str
    holds: Callable[[Diagnostics], bool]
    tests: tuple[str, ...]
    because: str
    source: str


def _wilder(d: Diagnostics) -> bool:
    return d.variance_ratio > 1 and d.variance_p < UNUSUAL


RULES: tuple[Rule, ...] = (
    Rule(
        "one event",
        OF_MEANS,
        lambda d: d.n < 2,
        "a mean needs two events, and there is {n}",
        "METHODS 4.13",
    ),
    Rule(
        "shared dates",
        INDEPENDENT,
        lambda d: d.clustered,
        "it takes events as independent; {largest} of {n} share a date, mean correlation {correlation:.3f}, "
        "effective number {effective_n:.0f}",
        "Kolari and Pynnonen (2010); METHODS 4.12",
    ),
    Rule(
        "one date",
        OF_DRAWN_DATES,
        lambda d: d.n > 1 and d.dates < 2,
        "it compares dates, and all {n} events have one",
        "Cameron, Gelbach and Miller (2008)",
    ),
    Rule(
        "few dates",
        ("cluster_t",),
        lambda d: 2 <= d.dates < FEW,
        "clusters by date need ten dates or more, and there are {dates}",
        "METHODS 4.12",
    ),
    Rule(
        "few patterns",
        ("wild_bootstrap", "pairs_bootstrap"),
        lambda d: 2 <= d.dates < FEW_FOR_SIGNS,
        "{dates} dates have too few patterns of signs for a p-value below 5%",
        "METHODS 4.9",
    ),
    Rule(
        "event-induced variance",
        SAME_VARIANCE,
        _wilder,
        "its variance is that of ordinary days; around these events it is {variance_ratio:.1f} times as large",
        "Boehmer, Musumeci and Poulsen (1991)",
    ),
    Rule(
        "skewness",
        ("wilcoxon", "wild_bootstrap"),
        lambda d: abs(d.skewness) > SKEWED,
        "it takes CARs as symmetric; their skewness is {skewness:.1f}",
        "METHODS 4.8, 4.9",
    ),
    Rule(
        "skewness of a small sample",
        ("cross_sectional", "bmp", "kolari_pynnonen", "cluster_t", "jackknife"),
        lambda d: abs(d.skewness) > SKEWED and 2 <= d.n < FEW_FOR_GRANK,
        "a t of {n} events with skewness {skewness:.1f} is not Student t",
        "Lyon, Barber and Tsai (1999)",
    ),
    Rule(
        "thin trading",
        ("patell", "adjusted_patell"),
        lambda d: d.thin > THIN,
        "{thin:.0%} of the returns are zero or missing",
        "Cowan and Sergeant (1996)",
    ),
    Rule(
        "few events for GRANK",
        ("grank_t", "grank_z"),
        lambda d: 2 <= d.n < FEW_FOR_GRANK,
        "below 30 events it rejects too often (7% at 5% with ten), and there are {n}",
        "METHODS 4.7",
    ),
    Rule(
        "few events for resamples",
        ("bhar_bootstrap", "pairs_bootstrap"),
        lambda d: 2 <= d.n < FEW_FOR_BHAR,
        "resamples of so few events ({n}) say little",
        "Lyon, Barber and Tsai (1999)",
    ),
    Rule(
        "no more events than days",
        ("hotelling",),
        lambda d: 2 <= d.n <= d.length,
        "it needs more events ({n}) than days ({length})",
        "METHODS 4.11",
    ),
    Rule(
        "long window",
        ("corrado_rank", "cumrank_t", "cumrank_z", "crude_dependence", "residual_bootstrap", "generalized_sign"),
        lambda d: d.length > LONG,
        "over {length} sessions its days no longer stand for the window's",
        "Kothari and Warner (2007)",
    ),
    Rule(
        "long window against itself",
        ("placebo",),
        lambda d: d.length > LONG,
        "the estimation window holds too few windows of {length} sessions",
        "METHODS 4.9",
    ),
)
"""When the assumptions of a test fail; read top to bottom, the first that fails is the reason given."""

CAVEATS: tuple[Rule, ...] = (
    Rule(
        "correlation of quiet days",
        ("kolari_pynnonen", "grank_t"),
        lambda d: d.clustered and _wilder(d),
        "its correlation is that of quiet days, and around these events the variance is {variance_ratio:.1f} times as "
        "large; where that is each firm's own, it rejects too seldom",
        "METHODS 4.3, 4.12",
    ),
)
"""What to know of tests that fail no rule; the first that holds is told beside the reason."""

SITUATIONS: tuple[Situation, ...] = (
    Situation(
        "one event",
        lambda d: d.n == 1,
        ("t", "joint_f", "permutation", "placebo"),
        "there is one event, so its own estimation window is the yardstick",
        "METHODS 4.0",
    ),
    Situation(
        "long horizon",
        lambda d: d.length > LONG,
        ("bhar_bootstrap", "calendar_time", "skewness_adjusted", "kolari_pynnonen", "cluster_t"),
        "over {length} sessions returns compound, and are skewed",
        "Lyon, Barber and Tsai (1999)",
    ),
    Situation(
        "one date",
        lambda d: d.n > 1 and d.dates == 1,
        ("portfolio", "kolari_pynnonen", "grank_t", "crude_dependence"),
        "all {n} events share one date, and the variance of their portfolio alone needs no estimate of their "
        "correlation",
        "Brown and Warner (1980); METHODS 4.12",
    ),
    Situation(
        "common or overlapping dates",
        lambda d: d.clustered,
        ("kolari_pynnonen", "grank_t", "cluster_t", "portfolio", "wild_bootstrap", "crude_dependence"),
        "{largest} of {n} events share a date and {overlapping} pairs of windows overlap; as information they count "
        "for {effective_n:.0f}",
        "Kolari and Pynnonen (2010)",
    ),
    Situation(
        "skewed and few",
        lambda d: abs(d.skewness) > SKEWED and d.n < FEW_FOR_GRANK,
        ("generalized_sign", "sign", "skewness_adjusted", "corrado_rank", "pairs_bootstrap"),
        "{n} CARs have a skewness of {skewness:.1f}, so signs and ranks are safer than means",
        "Cowan (1992); Corrado (1989)",
    ),
    Situation(
        "dates spread",
        lambda d: d.n > 1,
        ("bmp", "kolari_pynnonen", "grank_t", "generalized_sign", "cross_sectional", "wild_bootstrap"),
        "{n} events on {dates} dates hardly overlap, and each counts by its own precision",
        "Boehmer, Musumeci and Poulsen (1991)",
    ),
)
"""Which tests to show first; the first situation that holds is the sample's."""
