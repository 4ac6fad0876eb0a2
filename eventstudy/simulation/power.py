"""Size and power of a study's tests on the user's own returns, in the manner of Brown and Warner."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from eventstudy._typing import Ints
from eventstudy.distributions import rejects
from eventstudy.errors import InputError
from eventstudy.inference.seeds import generator
from eventstudy.returns.windows import interval
from eventstudy.simulation.places import Places, eligible, stocks
from eventstudy.simulation.replicate import Replicated, replicate

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from eventstudy.events import Events
    from eventstudy.panels import FactorPanel, PricePanel
    from eventstudy.reports.display import DisplayTable
    from eventstudy.study import Progress, Study

__all__ = ["Rejections", "Simulation", "parse_effects", "simulate"]

EFFECTS = (0.0, 0.005, 0.01, 0.02)
LEVELS = (0.01, 0.05, 0.10)
# The width of the binomial band of METHODS 9.1: 99% of draws.
BAND = 2.58


@dataclass(frozen=True, slots=True)
class Rejections:
    """How often a test rejected at one level and one effect.

    Parameters
    ----------
    model, window, test, convention, alternative : str
        Which test.
    effect : float
        Abnormal return put on day 0, a decimal.
    level : float
        Nominal size.
    samples : int
        P-values there were.
    missing : int
        P-values that could not be computed.
    rate : float
        Share of the samples whose p-value is the level at most; NaN without any.
    """

    model: str
    window: str
    test: str
    convention: str
    alternative: str
    effect: float
    level: float
    samples: int
    missing: int
    rate: float

    @property
    def std_error(self) -> float:
        """Binomial standard error of the rate."""
        return float(np.sqrt(self.rate * (1 - self.rate) / self.samples)) if self.samples else float("nan")

    @property
    def holds(self) -> bool:
        """Whether, under the null, the rate lies inside ``level -+ 2.58 sqrt(level (1 - level) / samples)``."""
        width = BAND * float(np.sqrt(self.level * (1 - self.level) / max(self.samples, 1)))
        return not self.samples or abs(self.rate - self.level) <= width


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Simulation:
    """Rejection rates of a study's tests on drawn samples; it shows itself in a notebook.

    Parameters
    ----------
    samples, size : int
        Samples drawn for each effect, and events in a sample.
    common_date : bool
        Whether all events of a sample had one date.
    rows : tuple of Rejections
        By model, window, test, effect and level.
    """

    samples: int
    size: int
    common_date: bool
    rows: tuple[Rejections, ...]

    def rate(self, test: str, effect: float = 0.0, level: float = 0.05, window: str | None = None) -> float:
        """Return one rejection rate, of the first model and of the first window where none is named."""
        for each in self.rows:
            if (each.test, each.effect, each.level) == (test, effect, level) and window in (None, each.window):
                return each.rate
        raise InputError(f"Nothing was simulated for the test {test!r} with effect {effect} at level {level}.")

    def to_frame(self) -> pd.DataFrame:
        """Return one row a test, effect and level; `holds` is empty where there is an effect."""
        import pandas as pd

        columns = [*Rejections.__slots__, "std_error"]
        frame = pd.DataFrame([[getattr(each, name) for name in columns] for each in self.rows], columns=columns)
        holds = pd.Series([each.holds if each.effect == 0 else None for each in self.rows], dtype="boolean")
        return frame.assign(holds=holds)

    def table(self) -> DisplayTable:
        """Return rejection rates as a table for people: a row a test, a column an effect and level."""
        from eventstudy.reports.display import Column, clean, share, table
        from eventstudy.reports.simulation import name_of_test

        cells = list(dict.fromkeys((each.effect, each.level) for each in self.rows))
        by_test: dict[tuple[str, ...], dict[tuple[float, float], Rejections]] = {}
        for each in self.rows:
            key = (each.model, each.window, each.test, each.convention, each.alternative)
            by_test.setdefault(key, {})[each.effect, each.level] = each
        heads = [Column(title, "left") for title in ("Test", "Model", "Window")]
        heads += [Column(f"{100 * effect:g}% at {100 * level:g}%") for effect, level in cells]
        rows = [
            (
                name_of_test(*which),
                clean(model),
                clean(window),
                *(share(found[cell].rate) + ("" if cell[0] or found[cell].holds else "!") for cell in cells),
            )
            for (model, window, *which), found in by_test.items()
        ]
        dates = "one date a sample" if self.common_date else "random dates"
        notes = (
            f"{self.samples} samples of {self.size} events, {dates}; the abnormal return above is put on day 0.",
            "! marks a size outside 2.58 binomial standard errors of its level.",
        )
        return table("How often each test rejects", heads, rows, *notes)

    def figure(self, level: float = 0.05, model: str | None = None, window: str | None = None) -> Figure:
        """Return the rejection rates of each test by effect, of the first model and window where none is named."""
        from eventstudy.reports.simulation_figures import power_curves

        return power_curves(self.to_frame(), level, model, window)

    def to_html(self, path: str | Path, *, title: str = "Simulation") -> Path:
        """Write sentences, tables and curves as one self-contained page and return its path."""
        from eventstudy.reports.files import write_text
        from eventstudy.reports.simulation_page import simulation_page

        page = simulation_page(self.to_frame(), self.samples, self.size, common_date=self.common_date, title=title)
        return write_text(Path(path), page)

    def summary(self, *, color: bool = False, width: int = 100) -> str:
        """Return the table as text, `width` columns wide where it wraps."""
        from eventstudy.reports.terminal import render_tables

        return render_tables([], [self.table()], color=color, width=width)

    def __repr__(self) -> str:
        return f"Simulation({self.samples} samples of {self.size} events, {len(self.rows)} rates)"

    def _repr_html_(self) -> str:
        from eventstudy.reports.html import fragment

        return fragment(self.table())


def simulate(
    study: Study,
    events: Events,
    prices: PricePanel,
    factors: FactorPanel | None = None,
    *,
    samples: int = 1000,
    size: int = 50,
    effects: Sequence[float] = EFFECTS,
    levels: Sequence[float] = LEVELS,
    common_date: bool = False,
    progress: Progress | None = None,
) -> Simulation:
    """Measure how often a study's tests reject, where nothing happened and where something did.

    Parameters
    ----------
    study : Study
        Models, windows and tests; its seed begins the draws, so that the same study gives the same rates.
    events, prices, factors
        Its inputs. Samples are drawn from all symbols of the prices that are no benchmark, and from all sessions with
        full windows; the events only stay out of estimation windows where the study masks them.
    samples : int
        Drawn for each effect (the same ones).
    size : int
        Events in a sample: symbols drawn without replacement where there are enough.
    effects : sequence of float
        Added to the return of day 0, decimals; 0 measures size.
    levels : sequence of float
        Nominal sizes.
    common_date : bool
        Whether all events of a sample share one date.
    progress : callable, optional
        Told the samples done.

    Raises
    ------
    InputError
        If there is nothing to draw from, no test, or an effect and no day 0 in the event window.

    Notes
    -----
    Brown and Warner (1980, 1985); METHODS 9.1. A test of single events counts each event.
    """
    if samples < 1 or size < 1:
        raise InputError(f"simulate: samples is {samples} and size {size}; both must be at least 1.")
    if not study.hypothesis_tests:
        raise InputError("simulate: the study has no tests; name some, such as tests: [cross_sectional, bmp].")
    if 0 not in study.windows.days and any(effects):
        raise InputError(
            f"simulate: effects are put on day 0, which the event window {interval(*study.windows.event)} leaves out."
        )
    prepared = study.prepare(events, prices, factors)
    places = eligible(prepared.panel, study.windows, prepared.aligned.masked)
    rng = generator(study.seed, "simulate", str(size), str(common_date))
    draw = _one_date if common_date else _any_date
    code, day0 = draw(places, stocks(study, prepared.panel), samples, size, rng)
    event_id = np.array([f"e{place:05d}" for place in range(size)], dtype=object)
    rows: list[Rejections] = []
    for effect in effects:
        found = replicate(
            study, prepared, code, day0, event_id, effect=effect, name=f"effect {effect:g}", progress=progress
        )
        rows += _rejections(found, effect, levels)
    return Simulation(samples, size, common_date, tuple(rows))


def parse_effects(text: str) -> tuple[float, ...]:
    """Return effects written with commas between them.

    Examples
    --------
    >>> parse_effects("0, 0.01")
    (0.0, 0.01)
    """
    try:
        effects = tuple(float(part) for part in text.split(","))
    except ValueError:
        effects = (float("nan"),)
    if not np.isfinite(effects).all():
        raise InputError(f"effects is {text!r}; decimals such as 0,0.005,0.01 were expected.")
    return effects


def _any_date(places: Places, codes: Ints, samples: int, size: int, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Return symbols and dates, shape (samples, size) each: a symbol first, then any of its sessions."""
    sessions = {int(code): places.sessions(int(code)) for code in codes}
    codes = np.array([code for code, held in sessions.items() if len(held)], dtype=np.int64)
    if not len(codes):
        raise InputError("No symbol has a session with full windows; shorten the windows, or give more prices.")
    code = np.stack([rng.choice(codes, size, replace=size > len(codes)) for _ in range(samples)])
    share = rng.random((samples, size))
    day0 = np.empty_like(code)
    for symbol, held in sessions.items():
        at = code == symbol
        day0[at] = held[(share[at] * len(held)).astype(np.int64)] if len(held) else 0
    return code, day0


def _one_date(places: Places, codes: Ints, samples: int, size: int, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Return symbols and dates, shape (samples, size) each: a date of one exchange first, then symbols."""
    listing = places.panel.listing
    by_date: dict[tuple[str, int], list[int]] = {}
    for code in codes:
        for session in places.sessions(int(code)):
            by_date.setdefault((listing.calendars[code].code, int(session)), []).append(int(code))
    full = [(session, held) for (_, session), held in by_date.items() if len(held) >= size]
    if not full:
        most = max(map(len, by_date.values()), default=0)
        raise InputError(f"No date has {size} symbols with full windows (at most {most}); take a smaller size.")
    picks = rng.integers(0, len(full), samples)
    code = np.stack([rng.choice(full[pick][1], size, replace=False) for pick in picks])
    return code, np.repeat(np.array([full[pick][0] for pick in picks])[:, None], size, axis=1)


def _rejections(found: Iterable[Replicated], effect: float, levels: Sequence[float]) -> list[Rejections]:
    p_values: dict[tuple[str, str, str, str, str], list[float]] = {}
    for each in found:
        outcome = each.outcome
        key = (each.model, each.window, outcome.test, outcome.convention, str(outcome.alternative))
        p_values.setdefault(key, []).append(outcome.p_value)
    rows = []
    for key, held in p_values.items():
        known = np.array(held)[~np.isnan(held)]
        for level in levels:
            rate = float(rejects(known, level).mean()) if len(known) else float("nan")
            rows.append(Rejections(*key, effect, level, len(known), len(held) - len(known), rate))
    return rows
