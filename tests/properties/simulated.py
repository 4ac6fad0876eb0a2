"""Samples under the null: how often does each test reject what is true."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from eventstudy.distributions import rejects
from eventstudy.inference import (
    BMP,
    TESTS,
    CalendarTime,
    CorradoRank,
    CrudeDependence,
    GeneralizedSign,
    GrankT,
    HypothesisTest,
    KolariPynnonen,
    Patell,
    SingleEventT,
    SkewnessAdjusted,
)
from eventstudy.inference.base import Sample
from eventstudy.returns.accumulators import FirstPass, Places
from eventstudy.returns.passes import Needs
from tests.inference.made import Made, looked, made

ESTIMATION, BEFORE, DAYS = 100, 10, 21
WINDOWS = {"1": (0, 0), "3": (-1, 1), "21": (-10, 10)}
LEVELS = (0.01, 0.05, 0.10)


@dataclass(frozen=True)
class Design:
    """What is true of the returns that are drawn; their abnormal returns have the mean zero always.

    Events that are correlated are so on every session that they share: they lie on as many dates, `apart` sessions from
    each other. Others share no session. A design has its `share` of the samples that are drawn of others.
    """

    name: str
    events: int = 20
    correlation: float = 0.0
    dates: int = 1
    apart: int = 0
    share: float = 1.0
    variance: float = 1.0
    tails: float = np.inf


DESIGNS = (
    Design("iid"),
    Design("iid, 50 events", events=50),
    Design("one date, r = 0.1", correlation=0.1),
    Design("event variance x2", variance=2.0),
    Design("heavy tails", tails=4.0),
    Design("12 dates of 4, r = 0.3", events=48, correlation=0.3, dates=12, apart=150, share=0.5),
    Design("20 dates in a row, r = 0.2", correlation=0.2, dates=20, apart=1, share=0.5),
)


def closed_tests() -> tuple[HypothesisTest, ...]:
    """Return every registered test that draws nothing, and the forms whose size is another."""
    plain = [TESTS.get(name)() for name in TESTS.names() if not hasattr(TESTS.get(name), "draws")]
    return (
        *plain,
        SingleEventT(forecast_error="none", reference="normal"),
        CrudeDependence(variance="autocovariance"),
        Patell(scar="patell_sum"),
        BMP(reference="normal"),
        KolariPynnonen(rbar="event_time"),
        SkewnessAdjusted(form="hall"),
        CalendarTime(weights="equal", errors="hac"),
        CalendarTime(form="ctar"),
        CalendarTime(form="standardised"),
        CorradoRank(variance="classical"),
        CalendarTime(membership="event"),
        GeneralizedSign(p_hat="window"),
        GeneralizedSign(p_hat="firms"),
        KolariPynnonen(rbar="estimation_overlap"),
        GrankT(reference="cautious"),
        GrankT(residuals="leverage"),
    )


def drawing_tests() -> tuple[HypothesisTest, ...]:
    """Return every registered test that draws, a few hundred times a sample."""
    drawing = [TESTS.get(name) for name in TESTS.names() if hasattr(TESTS.get(name), "draws")]
    return tuple(kind(draws=399) for kind in drawing)


def draw(design: Design, rng: np.random.Generator) -> Made:
    """Return one sample of events under the null: market model, alpha 0, betas and sigmas of their own."""
    n, sessions = design.events, ESTIMATION + DAYS
    together = design.correlation > 0
    start = design.apart * (np.arange(n) * design.dates // n)
    calendar = int(start.max()) + sessions
    held = start[:, None] + np.arange(sessions)
    x = rng.normal(0, 0.01, calendar)[held] if together else rng.normal(0, 0.01, (n, sessions))
    if np.isinf(design.tails):
        noise = rng.normal(size=(n, sessions))
    else:
        noise = rng.standard_t(design.tails, (n, sessions)) / np.sqrt(design.tails / (design.tails - 2))
    if together:
        common = rng.normal(size=calendar)[held]
        noise = np.sqrt(design.correlation) * common + np.sqrt(1 - design.correlation) * noise
    noise[:, ESTIMATION:] *= np.sqrt(design.variance)
    y = rng.uniform(0.5, 1.5, (n, 1)) * x + rng.uniform(0.01, 0.03, (n, 1)) * noise
    day0 = 500 + (start if together else 150 * np.arange(n))
    return made(y, x, estimation=ESTIMATION, before=BEFORE, named=WINDOWS, day0=day0)


def samples(given: Made, needs: Needs, seed: int) -> Iterator[Sample]:
    """Give the sample of each window, what the tests need gathered once."""
    rows = np.arange(len(given.y))
    residuals = given.residuals(rows)
    abnormal, members = residuals.known.abnormal, np.ones(len(rows), dtype=bool)
    cars = {window.name: abnormal.car(window) for window in given.windows.reported}
    places = Places(given.windows, members, given.code, given.day0, given.calendar, given.sessions)
    held = looked(needs, FirstPass(abnormal, cars, places), [residuals])
    calendar = given.sessions["XNYS"]
    for found in cars.values():
        span = calendar[given.day0[:, None] + [found.window.start, found.window.end]]
        named = rows.astype(object)
        yield Sample.of(abnormal, found, rows, named, held, seed=seed, day0=calendar[given.day0], span=span)


def p_values(design: Design, tests: Sequence[HypothesisTest], draws: int, seed: int) -> np.ndarray:
    """Return p-values, shape (draws, windows, tests), NaN where a test says why it has none."""
    needs = tuple(dict.fromkeys(need for test in tests for need in test.needs))
    found = np.full((draws, len(WINDOWS), len(tests)), np.nan)
    for i in range(draws):
        given = draw(design, np.random.default_rng([seed, i]))
        for j, sample in enumerate(samples(given, needs, i)):
            found[i, j] = [test.run(sample)[0].p_value for test in tests]
    return found


def expected(design: Design, window: str, test: HypothesisTest, level: float) -> float:
    """Return the true size by a closed form (METHODS 9.3), NaN where there is none."""
    if not np.isinf(design.tails):
        return float("nan")
    if design.dates > 1:
        forms = _several_dates(design, level)
    elif design.correlation:
        forms = _one_date(design, level)
    elif design.variance != 1:
        z = stats.norm.isf(level / 2)
        forms = {"patell: default": 2 * stats.norm.sf(z / np.sqrt(design.variance))} | _exact(level, "across")
        forms = forms if window == "1" else {}
    else:
        forms = _independent(design, int(window), level)
    return float(forms.get(f"{test.kind}: {test.label}", np.nan))


def _exact(level: float, which: str) -> dict[str, float]:
    kinds = {"across": ("cross_sectional", "bmp", "hotelling"), "one": ("t", "joint_f"), "all": ("portfolio",)}
    return {f"{kind}: default": level for kind in kinds[which]}


def _one_date(design: Design, level: float) -> dict[str, float]:
    n, r = design.events, design.correlation
    t = stats.t.isf(level / 2, n - 1)
    return {
        "patell: default": 2 * stats.norm.sf(stats.norm.isf(level / 2) / np.sqrt(1 + (n - 1) * r)),
        "bmp: default": 2 * stats.t.sf(t * np.sqrt((1 - r) / (1 + (n - 1) * r)), n - 1),
        **_exact(level, "one"),
        **_exact(level, "all"),
    }


def _several_dates(design: Design, level: float) -> dict[str, float]:
    spread = {}
    if design.apart > ESTIMATION + DAYS:
        inflation = 1 + (design.events // design.dates - 1) * design.correlation
        spread = {"patell: default": 2 * stats.norm.sf(stats.norm.isf(level / 2) / np.sqrt(inflation))}
    return spread | _exact(level, "one")


def _independent(design: Design, length: int, level: float) -> dict[str, float]:
    n, days = design.events, ESTIMATION + DAYS
    z, t = stats.norm.isf(level / 2), stats.t.isf(level / 2, ESTIMATION - 1)
    inflation = np.sqrt(1 + (length - 1) / ESTIMATION)
    positive = np.arange(n + 1)
    tails = np.minimum(stats.binom.cdf(positive, n, 0.5), stats.binom.sf(positive - 1, n, 0.5))
    own = 2 * (tails if n < 50 else stats.norm.sf(np.abs(positive - n / 2) / np.sqrt(n / 4)))
    one_day = {"patell: default": level, **_exact(level, "across")} if length == 1 else {}
    return {
        "corrado_rank: variance=classical": 2 * stats.norm.sf(z / np.sqrt((days - length) / (days - 1))),
        "patell: scar=patell_sum": 2 * stats.norm.sf(z / inflation),
        "crude_dependence: default": 2 * stats.t.sf(t / inflation, ESTIMATION - 1),
        "sign: default": stats.binom.pmf(positive, n, 0.5)[rejects(own, level)].sum(),
        **one_day,
        **_exact(level, "one"),
    }
