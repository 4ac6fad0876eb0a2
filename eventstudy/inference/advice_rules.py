"""The rules of the adviser: when the assumptions of a test fail, and which test comes first where."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from eventstudy.inference.diagnostics import Diagnostics

__all__ = ["CAVEATS", "ORDINARY", "RULES", "SITUATIONS", "Rule", "Situation"]

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
OF_CLUSTERS = ("wild_bootstrap", "pairs_bootstrap", "cluster_t")
BY_RELATIVE_DAY = (
    "grank_t",
    "cumrank_t",
    "corrado_rank",
    "corrado_zivney_sign",
    "corrado_zivney_rank",
    "crude_dependence",
    "residual_bootstrap",
)
BY_DATE, BY_BLOCK, BY_EVENT = ({"cluster": word} for word in ("date", "block", "none"))

ORDINARY: Mapping[str, str] = {"cluster": "date", "form": "regression", "weights": "firms", "rbar": "calendar"}
"""What the options that rules look at say of a test that nobody asked for."""


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
    where : mapping of str to str
        Words that options of the test must say for the rule to speak of it.
    """

    name: str
    tests: tuple[str, ...]
    fails: Callable[[Diagnostics], bool]
    because: str
    source: str
    where: Mapping[str, str] = field(default_factory=dict)


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
        "shared dates, each event a cluster",
        OF_CLUSTERS,
        lambda d: d.clustered,
        "with cluster: none it takes events as independent; {largest} of {n} share a date, mean correlation "
        "{correlation:.3f}, effective number {effective_n:.0f}",
        "Kolari and Pynnonen (2010); METHODS 4.12",
        BY_EVENT,
    ),
    Rule(
        "one date",
        OF_CLUSTERS,
        lambda d: d.n > 1 and d.dates < 2,
        "it compares dates, and all {n} events have one",
        "Cameron, Gelbach and Miller (2008)",
        BY_DATE,
    ),
    Rule(
        "one block",
        OF_CLUSTERS,
        lambda d: d.n > 1 and d.blocks < 2,
        "it compares blocks of overlapping windows, and all {n} events are in one",
        "Cameron, Gelbach and Miller (2008)",
        BY_BLOCK,
    ),
    Rule(
        "few dates",
        ("cluster_t",),
        lambda d: 2 <= d.dates < FEW,
        "clusters by date need ten dates or more, and there are {dates}",
        "METHODS 4.12",
        BY_DATE,
    ),
    Rule(
        "few blocks",
        ("cluster_t",),
        lambda d: 2 <= d.blocks < FEW,
        "clusters by block need ten blocks or more, and there are {blocks}",
        "METHODS 4.12",
        BY_BLOCK,
    ),
    Rule(
        "few patterns",
        ("wild_bootstrap", "pairs_bootstrap"),
        lambda d: 2 <= d.dates < FEW_FOR_SIGNS,
        "{dates} dates have too few patterns of signs for a p-value below 5%",
        "METHODS 4.9",
        BY_DATE,
    ),
    Rule(
        "few patterns of blocks",
        ("wild_bootstrap", "pairs_bootstrap"),
        lambda d: 2 <= d.blocks < FEW_FOR_SIGNS,
        "{blocks} blocks have too few patterns of signs for a p-value below 5%",
        "METHODS 4.9",
        BY_BLOCK,
    ),
    Rule(
        "windows overlap across dates",
        BY_RELATIVE_DAY,
        lambda d: d.staggered,
        "it matches events by relative day, and windows overlap across {dates} dates: with what events of one calendar "
        "day have in common the variance of the mean is {staggering:.1f} times as large as it allows for",
        "Kolari, Pape and Pynnonen (2018); METHODS 4.3",
    ),
    Rule(
        "windows overlap across dates, clusters by date",
        OF_CLUSTERS,
        lambda d: d.staggered,
        "it takes dates as independent, and windows overlap across {dates} of them: the variance of the mean is "
        "{staggering:.1f} times as large as it allows for; cluster: block takes such events together",
        "Kolari, Pape and Pynnonen (2018); METHODS 4.9",
        BY_DATE,
    ),
    Rule(
        "windows overlap across dates, correlation by relative day",
        ("kolari_pynnonen", "adjusted_patell"),
        lambda d: d.staggered,
        "with rbar: event_time it sees no correlation between events of different dates, and their windows overlap; "
        "rbar: calendar does",
        "Kolari, Pape and Pynnonen (2018); METHODS 4.3",
        {"rbar": "event_time"},
    ),
    Rule(
        "windows overlap across dates, sessions by their firms",
        ("calendar_time",),
        lambda d: d.staggered,
        "with weights: firms a session counts by its firms as if these were independent, and the sessions of many of "
        "them, {overlapping} pairs of windows overlapping, are no surer than others; weights: equal holds its size",
        "Mitchell and Stafford (2000); METHODS 4.10",
        {"form": "regression", "weights": "firms"},
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
